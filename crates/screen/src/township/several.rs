//! Several requests at once: what is asked of all, what of each, and one page that says what came of it.

use event::Day;
use maud::{Markup, html};

use super::act::{ActForm, Group, WrongField, choice};
use super::board::title;
use super::why::WhyNot;
use crate::field::described;
use crate::office::Frame;
use crate::{Words, dates, text};

/// How much of a wording a line shows, in characters.
const TITLE_CHARS: usize = 28;

/// A request that was selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// What the form sends: the request, and the moment that this line shows.
    pub pick: String,
    /// Its identity: the name of its own choice in the form ends with it.
    pub request: String,
    /// Village and end of its identity.
    pub number: String,
    /// The page about it.
    pub address: String,
    /// Its wording; empty where it is not here.
    pub text: String,
    /// Its sort, by its word.
    pub kind: String,
    /// Where it stands, by its word.
    pub state: String,
    /// When it is due.
    pub due: Option<Day>,
    /// To whom it can be given.
    pub people: Vec<Group>,
    /// What was chosen for it alone: a person, or how the call ended.
    pub choice: String,
    /// What is wrong with that.
    pub error: Option<String>,
    /// Why it cannot be done.
    pub not: Option<WhyNot>,
}

/// The page that asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Several {
    /// What is asked of all; its act is `accept`, `assign` or `follow`.
    pub form: ActForm,
    /// What was selected.
    pub chosen: Vec<Chosen>,
    /// What went wrong below, in a sentence.
    pub trouble: Option<String>,
}

/// What came of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was recorded.
    Done {
        /// Its receipt, where the ledgers have come that far.
        receipt: Option<u64>,
        /// Whether it counts, where that is known.
        counted: Option<bool>,
    },
    /// It had been recorded before this form was sent again.
    Known,
    /// Nothing was chosen for it.
    Skipped,
    /// It was not done.
    Not(WhyNot),
}

/// One line of the outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Village and end of its identity.
    pub number: String,
    /// The page about it.
    pub address: String,
    /// Its wording; empty where it is not here.
    pub text: String,
    /// Its sort, by its word.
    pub kind: String,
    /// What came of it.
    pub outcome: Outcome,
}

impl Chosen {
    fn own(&self, act: &str, w: Words) -> Markup {
        let id = format!("x.{}", self.request);
        let results = ["unreached", "satisfied", "mostly", "unsatisfied", "no_opinion"];
        html! {
            @if let Some(words) = &self.error { p.em id={ (id) "-e" } { span.vh { (w.office_error_prefix()) } (text::visible(words)) } }
            @match act {
                "assign" => {
                    label.vh for=(id) { (w.act_who()) " " (text::visible(&self.number)) }
                    @if self.people.iter().all(|group| group.people.is_empty()) { (w.act_nobody()) }
                    @else { (choice(&id, &self.people, &self.choice, false, self.error.is_some(), w)) }
                },
                "follow" => {
                    label.vh for=(id) { (w.bulk_result()) " " (text::visible(&self.number)) }
                    select id=(id) name=(id) aria-describedby=[described(&id, false, self.error.is_some())] aria-invalid=[self.error.is_some().then_some("true")] {
                        option value="" selected[self.choice.is_empty()] { (w.bulk_result_choose()) }
                        @for result in results { option value=(result) selected[self.choice == result] { (w.call_known(result).unwrap_or_default()) } }
                    }
                },
                _ => @match self.due { Some(day) => (day), None => (text::DASH) },
            }
        }
    }
}

fn list(page: &Several, w: Words, today: Day) -> Markup {
    let act = page.form.act.as_str();
    let head = match act {
        "assign" => w.act_who(),
        "follow" => w.bulk_result(),
        _ => w.today_due(),
    };
    html! {
        table.led.dense.stk {
            thead { tr { th scope="col" { (w.board_number()) } th scope="col" { (w.today_matter()) } th scope="col" { (w.matter_now()) } th scope="col" { (head) } } }
            tbody { @for one in page.chosen.iter().filter(|one| one.not.is_none()) { tr {
                td.nb { input type="hidden" name="r" value=(one.pick); (text::visible(&one.number)) }
                th scope="row" { a href=(one.address) { (title(&one.text, &one.kind, w, TITLE_CHARS)) } }
                td.nb { (w.standing(&one.state)) }
                td { @if act == "accept" {
                    @match one.due { Some(day) => (dates::day(day, today, w.lang())), None => (text::DASH) }
                } @else { (one.own(act, w)) } }
            } } }
        }
    }
}

/// Says of each that cannot be done why.
fn cannot<'a>(lines: impl Iterator<Item = (&'a str, &'a str, String, String)>, w: Words, head: &str) -> Markup {
    let lines: Vec<_> = lines.collect();
    html! {
        @if !lines.is_empty() {
            section aria-labelledby="not" {
                div.sh { h2 #not { (head) } span.s { (w.bulk_count(lines.len())) } }
                ul.rows.two { @for (number, address, title, why) in lines { li {
                    span { a href=(address) { (text::visible(number)) } "　" (title) } span {} span.d.why { (why) }
                } } }
            }
        }
    }
}

/// The page that asks what is needed for all the selected, and says which of them cannot be done.
#[must_use]
pub fn several(frame: &Frame, page: &Several) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let form = &page.form;
    let can = page.chosen.iter().filter(|one| one.not.is_none()).count();
    let (heading, go) = match form.act.as_str() {
        "accept" => (w.bulk_accept(), w.bulk_go_accept(can)),
        "assign" => (w.bulk_assign(), w.bulk_go_assign(can)),
        _ => (w.bulk_follow(), w.bulk_go_follow(can)),
    };
    let refused =
        !form.errors.is_empty() || page.trouble.is_some() || page.chosen.iter().any(|one| one.error.is_some());
    let not = page.chosen.iter().filter_map(|one| {
        let why = one.not.as_ref()?;
        let title = title(&one.text, &one.kind, w, TITLE_CHARS);
        Some((one.number.as_str(), one.address.as_str(), title, why.sentence(w, today)))
    });
    let body = html! {
        @if let Some(trouble) = &page.trouble { div.err-sum role="alert" { h2 { (text::visible(trouble)) } p { (w.act_as_typed()) } } }
        (form.summary(w))
        div.head.tight { div { p.crumb { a href="/requests" { (w.office_requests()) } } h1 { (heading) } } }
        @if can == 0 { p.lead { (w.bulk_none_can()) } } @else {
            form method="post" action="/requests" autocomplete="off" {
                button.vh tabindex="-1" name="do" value=(form.act) { (w.board_look()) }
                input type="hidden" name="key" value=(form.key);
                @match form.act.as_str() {
                    "accept" => div.one { (form.path_and_rule(w)) (form.due_line(w)) },
                    "assign" => div.one { (form.due_line(w)) (form.note_box(w.act_note_assign_hint(), w)) },
                    _ => div.one { (form.day(w, today)) },
                }
                section aria-labelledby="can" {
                    div.sh { h2 #can { (w.bulk_can()) } span.s { (w.bulk_count(can)) } }
                    (list(page, w, today))
                }
                div.acts.gap-s {
                    button.pri name="do" value={ "go-" (form.act) } accesskey="s" { (go) kbd { "Alt S" } }
                    a href="/requests" { (w.act_not_now()) }
                }
            }
        }
        (cannot(not, w, w.bulk_cannot()))
    };
    frame.around(heading, refused, &body)
}

/// The page that says what came of each.
#[must_use]
pub fn outcome(frame: &Frame, act: &str, lines: &[Done]) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let is_done = |line: &&Done| matches!(line.outcome, Outcome::Done { .. } | Outcome::Known);
    let done: Vec<&Done> = lines.iter().filter(is_done).collect();
    let not = lines.iter().filter(|line| !is_done(line)).map(|line| {
        let why = match &line.outcome {
            Outcome::Not(why) => why.sentence(w, today),
            _ => w.bulk_skipped().to_owned(),
        };
        let title = title(&line.text, &line.kind, w, TITLE_CHARS);
        (line.number.as_str(), line.address.as_str(), title, why)
    });
    let body = html! {
        div.head.tight { div {
            p.crumb { a href="/requests" { (w.office_requests()) } }
            h1 { (w.bulk_outcome_of(w.act(act))) }
            p.m { (w.bulk_summary(done.len(), lines.len() - done.len())) }
        } }
        @if !done.is_empty() {
            section aria-labelledby="done" {
                div.sh { h2 #done { (w.bulk_done()) } span.s { (w.bulk_count(done.len())) } }
                ul.rows.two { @for line in &done { li {
                    span { a href=(line.address) { (text::visible(&line.number)) } "　" (title(&line.text, &line.kind, w, TITLE_CHARS)) }
                    span { @match &line.outcome {
                        Outcome::Done { receipt: Some(receipt), counted: Some(true) } => {
                            span.tag.t-in { (w.counted()) } " " span.m { (w.bulk_receipt(&text::number(*receipt))) } },
                        Outcome::Done { counted: Some(false), .. } => span.tag.t-conf { (w.conflict()) },
                        Outcome::Known => span.m { (w.bulk_known()) },
                        _ => span.m { (w.act_recorded_pending()) },
                    } }
                } } }
            }
        }
        (cannot(not, w, w.bulk_not_done()))
        p.acts.gap-s { a.btn href="/requests" { (w.board_back()) } }
    };
    frame.around(w.bulk_outcome(), false, &body)
}

impl ActForm {
    fn due_line(&self, w: Words) -> Markup {
        let hint = match self.act.as_str() {
            "accept" => w.act_due_accept_hint(),
            _ => w.act_due_keep_hint(),
        };
        self.line(WrongField::Due, w.act_due(), hint, &self.typed.due, w)
    }
}
