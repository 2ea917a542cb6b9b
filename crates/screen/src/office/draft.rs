//! What every form has whose text is kept: its hidden fields, what is said of the draft, the page that drops one.

use event::Day;
use maud::{Markup, html};

use crate::office::Frame;
use crate::{Lang, Words, dates, text};

/// What a form carries unseen, so that it is known again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The form's own key: sent twice it is recorded once.
    pub key: String,
    /// Shows whose form it is, to the machine that handed it out.
    pub mark: String,
    /// The day on which "today" was written on it.
    pub on: Option<Day>,
}

impl Stamp {
    pub(crate) fn fields(&self) -> Markup {
        html! {
            input type="hidden" name="key" value=(self.key);
            input type="hidden" name="mark" value=(self.mark);
            @if let Some(on) = self.on { input type="hidden" name="on" value=(on); }
        }
    }
}

/// What is said of a form's draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftNote {
    /// When it was kept, in milliseconds; `None` where nothing is kept.
    pub kept_ms: Option<i64>,
    /// Where it can be dropped, if the form was opened again with it.
    pub back: Option<DraftBack>,
    /// Why it was not kept, as a sentence.
    pub trouble: Option<String>,
}

/// The ways on from a form that was opened again with its draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftBack {
    /// An empty form of the same sort.
    pub fresh: String,
    /// The page that drops the draft.
    pub drop: String,
}

/// 14:19 on the day itself, with the day on others.
fn at(ms: i64, now_ms: i64, lang: Lang) -> String {
    if Day::of_instant(ms) == Day::of_instant(now_ms) {
        dates::clock(ms)
    } else {
        dates::moment(ms, now_ms, lang)
    }
}

impl DraftNote {
    /// The line beside the heading of a form: whether what stands in it is on the disk.
    pub(crate) fn line(&self, w: Words, now_ms: i64) -> Markup {
        html! {
            @if let Some(trouble) = &self.trouble { p.s.em role="status" { (text::visible(trouble)) } }
            // Where nothing is kept yet the script says here when it is.
            @else { p.s.m #kept role="status" {
                @if let Some(kept) = self.kept_ms { (w.draft_kept(&at(kept, now_ms, w.lang()))) } } }
        }
    }

    /// What stands over a form that was opened again.
    pub(crate) fn over(&self, w: Words) -> Markup {
        html! { @if let Some(back) = &self.back {
            div.say role="status" { p { b { (w.draft_back()) } }
                p { a href=(back.fresh) { (w.draft_fresh()) } "　" a href=(back.drop) { (w.draft_drop()) } } }
        } }
    }
}

/// A draft in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftLine {
    /// The form, by its word.
    pub form: String,
    /// Head of the household that it is about, where one was chosen.
    pub about: Option<String>,
    /// The form with the draft in it.
    pub address: String,
    /// When it was kept last, in milliseconds.
    pub kept_ms: i64,
}

impl DraftLine {
    fn title(&self, w: Words) -> String {
        let form = w.form(&self.form);
        let title = match &self.about {
            Some(head) => format!("{form} · {}", w.house_of(head)),
            None => form,
        };
        text::visible(&title).into_owned()
    }
}

/// Somebody's drafts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftList {
    /// Newest first.
    pub lines: Vec<DraftLine>,
    /// Files that cannot be read any more.
    pub damaged: usize,
    /// How long a draft is kept, in days.
    pub days: u64,
}

impl DraftList {
    /// The section of the page of today; nothing where there is no draft.
    pub(crate) fn section(&self, w: Words, now_ms: i64) -> Markup {
        html! { @if !self.lines.is_empty() || self.damaged > 0 {
            section.noprint aria-labelledby="drafts" {
                div.sh { h2 #drafts { (w.drafts()) } }
                ul.rows.two { @for line in &self.lines { li {
                    a href=(line.address) { (line.title(w)) }
                    span.m { (w.draft_of(&at(line.kept_ms, now_ms, w.lang()))) }
                } } }
                @if self.damaged > 0 { p.em { (w.drafts_damaged(self.damaged)) } }
                p.cut { (w.drafts_days(self.days)) }
            }
        } }
    }
}

/// What is about to be dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropping {
    /// The draft.
    pub line: DraftLine,
    /// What was written in it.
    pub text: String,
    /// The page itself, which takes the decision.
    pub here: String,
}

/// The page that drops a draft: what goes, and two buttons whose words are the act, the safe one first.
#[must_use]
pub fn drop_draft(frame: &Frame, page: &Dropping) -> String {
    let w = frame.words();
    let body = html! {
        div.head { div { h1 { (w.draft_drop_title()) }
            p.lead.gap-s { (page.line.title(w)) }
            p.m { (w.draft_of(&at(page.line.kept_ms, frame.now_ms, w.lang()))) } } }
        @if !page.text.trim().is_empty() { p.entry { (text::visible(&page.text)) } }
        p { (w.draft_drop_what()) }
        form.acts.gap-s method="post" action=(page.here) {
            a.btn href=(page.line.address) { (w.draft_go_on()) }
            button { (w.draft_drop()) }
        }
    };
    frame.around(w.draft_drop_title(), false, &body)
}
