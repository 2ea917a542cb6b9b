//! The page that mends a record: old and new side by side, why, and what will change.

use event::Day;
use maud::{Markup, html};

use crate::office::draft::DraftNote;
use crate::office::form::{self, Sheet, WhenTyped, radio, told};
use crate::office::{EntryLine, Frame};
use crate::{Words, text};

/// One thing that changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// What.
    pub what: String,
    /// As it stood.
    pub old: String,
    /// As it is to be.
    pub new: String,
}

/// A correction or a void, as it is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amended {
    /// The record that it is about: 「 8 月 19 日那次走访」.
    pub of: String,
    /// What changed; nothing for a void.
    pub changes: Vec<Changed>,
    /// Why, where the text is here.
    pub reason: String,
    /// Who asked.
    pub asked: String,
    /// Who checked, where somebody did.
    pub checked: Vec<String>,
    /// Whether it is a void.
    pub is_void: bool,
}

/// Rows of old and new.
pub(crate) fn differences(w: Words, changes: &[Changed]) -> Markup {
    let comma = if w.lang() == crate::Lang::Zh { "，" } else { ", " };
    html! { @for one in changes { tr {
        th scope="row" { (one.what) }
        td { (w.was()) " " del { (text::visible(&one.old)) } (comma) (w.became()) " " ins { (text::visible(&one.new)) } }
    } } }
}

impl Amended {
    /// What stands in a timeline under the heading: what changed, why, who asked, who checked.
    pub(crate) fn told(&self, w: Words) -> Markup {
        let people = if self.checked.is_empty() {
            w.asked_by(&self.asked)
        } else {
            w.asked_and_checked(&self.asked, &self.checked.join("、"))
        };
        html! { table.diff { tbody {
            (differences(w, &self.changes))
            tr { th scope="row" { (w.why()) } td { (text::visible(&self.reason)) (text::visible(&people)) } }
        } } }
    }

    pub(crate) fn lead(&self, w: Words) -> String {
        if self.is_void {
            w.voids(&self.of)
        } else {
            w.corrects(&self.of)
        }
    }
}

/// What of a record can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mend {
    /// Of a visit: outcome and way, by their words.
    Visit {
        /// The outcome's word.
        outcome: String,
        /// The way's word.
        how: String,
    },
    /// Of a talk: whether something is to be followed up.
    Talk {
        /// Whether it is.
        follow_up: bool,
    },
    /// Of a diary: its day.
    Diary,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correct {
    /// Its key, its draft, what is wrong with it.
    pub sheet: Sheet,
    /// The page's own address.
    pub here: String,
    /// Where one goes who leaves the record as it is.
    pub leave: String,
    /// The record.
    pub line: EntryLine,
    /// As it stands: name and value of each thing.
    pub stands: Vec<(String, String)>,
    /// Its text.
    pub text: String,
    /// What can be changed of it.
    pub mend: Mend,
    /// When, as it is to be.
    pub when: WhenTyped,
    /// Why.
    pub reason: String,
    /// Whether it is to be made void; then the second persons that may be chosen.
    pub void: Option<Vec<(String, String, bool)>>,
    /// What will change, once it was looked at: the changes, in words, and what shows that they were seen.
    pub looked: Option<(Vec<Changed>, Vec<String>, String)>,
    /// Earlier corrections of it.
    pub before: Vec<Amended>,
}

fn stands(page: &Correct, w: Words, now_ms: i64) -> Markup {
    html! {
        section aria-labelledby="old" {
            div.sh { h2 #old { (w.correct_now()) } }
            dl.sl { @for (what, value) in &page.stands { div { dt { (what) } dd { (text::visible(value)) } } } }
            @if !page.text.is_empty() { p.entry { (text::visible(&page.text)) } }
            (page.line.receipt_line(w, now_ms))
        }
        @if !page.before.is_empty() {
            section aria-labelledby="before" { div.sh { h2 #before { (w.correct_before()) } }
                @for one in &page.before { p.m { (one.lead(w)) } (one.told(w)) } }
        }
    }
}

fn mended(page: &Correct, w: Words) -> Markup {
    match &page.mend {
        Mend::Visit { outcome, how } => html! {
            fieldset.f {
                legend { (w.correct_outcome()) }
                div.opts { @for value in ["met", "not_home", "declined", "moved"] { label {
                    (radio("o", value, None, outcome == value, false)) (w.value(value))
                } } }
            }
            div.f { label for="how" { (w.correct_how()) } select.sel #how name="how" {
                @for value in ["home", "phone", "video", "elsewhere"] { option value=(value) selected[how == value] { (w.value(value)) } }
            } }
            p.f.hint { (w.correct_text_stays()) }
        },
        Mend::Talk { follow_up } => html! {
            div.f.opts { label { input type="checkbox" name="f" value="1" checked[*follow_up]; (w.talk_follow_up()) } }
            p.f.hint { (w.correct_text_stays()) }
        },
        Mend::Diary => html! { p.f.hint { (w.correct_text_stays()) } },
    }
}

fn reason(page: &Correct, w: Words) -> Markup {
    let wrong = page.sheet.wrong_at("t");
    let label = if page.void.is_some() {
        w.void_reason()
    } else {
        w.correct_reason()
    };
    html! {
        div.f.e[wrong.is_some()] {
            label for="t" { (label) } p.hint #t-h { (w.correct_reason_hint()) }
            (told(w, "t", wrong))
            (form::text_box("t", &page.reason, 2, wrong.is_some()))
        }
    }
}

fn second(w: Words, who: &[(String, String, bool)], sheet: &Sheet) -> Markup {
    let wrong = sheet.wrong_at("second");
    html! {
        fieldset.f.e[wrong.is_some()] #second {
            legend { (w.void_second()) " " span.hint { (w.void_second_hint()) } }
            (told(w, "second", wrong))
            @if who.is_empty() { p { (w.void_alone()) } }
            div.opts { @for (id, name, on) in who { label { (radio("second", id, None, *on, false)) (text::visible(name)) } } }
        }
    }
}

fn looked(page: &Correct, w: Words) -> Markup {
    html! { @if let Some((changes, effects, seen)) = &page.looked {
        div.say role="status" { h2 { (w.correct_will()) }
            @if !changes.is_empty() { table.diff { tbody { (differences(w, changes)) } } }
            @for effect in effects { p { (effect) } }
            p { (w.correct_keeps()) }
        }
        input type="hidden" name="looked" value=(seen);
    } }
}

/// The page.
#[must_use]
pub fn correct(frame: &Frame, page: &Correct) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let title = if page.void.is_some() {
        w.void_title()
    } else {
        w.correct_title()
    };
    let with_time = !matches!(page.mend, Mend::Diary);
    let other = if page.void.is_some() {
        (page.here.clone(), w.correct_instead())
    } else {
        (format!("{}?void=1", page.here), w.void_instead())
    };
    let note = DraftNote {
        back: None,
        ..page.sheet.note.clone()
    };
    let body = html! {
        (page.sheet.over(w))
        div.head.tight { div { h1 { (title) } p.lead.gap-s { (page.line.title(w)) } } (note.line(w, frame.now_ms)) }
        form.cols2 method="post" action=(page.here) autocomplete="off" data-keep {
            div {
                (form::first_button(("look", w.correct_look())))
                (page.sheet.stamp.fields())
                (stands(page, w, frame.now_ms))
            }
            div { section aria-labelledby="new" {
                @match &page.void {
                    None => {
                        div.sh { h2 #new { (w.correct_new()) } }
                        div.gap-s { (form::when(w, today, &page.when, &page.sheet, (false, with_time))) }
                        (mended(page, w))
                        (reason(page, w))
                        (looked(page, w))
                        div.acts {
                            a.btn href=(page.leave) { (w.correct_leave()) }
                            @if page.looked.is_some() {
                                button.pri name="do" value="save" accesskey="s" { (w.correct_save()) kbd { "Alt S" } }
                                button name="do" value="look" { (w.correct_look()) }
                            } @else { button.pri name="do" value="look" accesskey="s" { (w.correct_look()) kbd { "Alt S" } } }
                        }
                    },
                    Some(who) => {
                        div.sh { h2 #new { (w.void_do()) } }
                        input type="hidden" name="void" value="1";
                        div.gap-s { (second(w, who, &page.sheet)) }
                        (reason(page, w))
                        (looked(page, w))
                        div.acts {
                            a.btn href=(page.leave) { (w.correct_leave()) }
                            @if !who.is_empty() { button.pri name="do" value="save" { (w.void_do()) } }
                        }
                    },
                }
                p.gap-s { a.btn href=(other.0) { (other.1) } }
            } }
        }
        (form::script())
    };
    frame.around(title, page.sheet.is_refused(), &body)
}
