//! One request: where it stands, its course with receipts, how old it is, what can be done now and why not that.

use event::Day;
use maud::{Markup, html};

use crate::office::household::timeline;
use crate::office::{EntryLine, Frame, Story};
use crate::{Words, dates, text};

/// A step that the page speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Can {
    /// Its name in addresses.
    pub step: &'static str,
    /// `None` where it can be made here; else why not.
    pub why_not: Option<WhyNot>,
}

/// Why a step cannot be made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// The state does not allow it.
    State,
    /// It is the township's.
    Township,
}

/// One request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matter {
    /// Its identity.
    pub request: String,
    /// Its wording, where it is here; else empty.
    pub text: String,
    /// Channel, sort and urgency, by their words.
    pub sort: [String; 3],
    /// How many people ask for it.
    pub people: u16,
    /// Head of the household and the page about it.
    pub household: Option<(String, String)>,
    /// Where it stands, by its word; as if what waits here were received.
    pub state: String,
    /// Whether something of it waits here.
    pub pending: bool,
    /// Its round, from 1; 0 before the first assignment.
    pub round: u16,
    /// Who handles it: unit (`None` for this village) and person.
    pub handler: Option<(Option<String>, String)>,
    /// Day of registration.
    pub registered_on: Option<Day>,
    /// Day of first acceptance.
    pub accepted_on: Option<Day>,
    /// When it is due in this round.
    pub due: Option<Day>,
    /// Days past that.
    pub overdue_days: u32,
    /// Day of the answer in this round, and its word.
    pub replied: Option<(Day, String)>,
    /// Day of the close, and its word.
    pub closed: Option<(Day, String)>,
    /// Days since acceptance, while it is open; days from acceptance to the close else.
    pub age_days: u32,
    /// Its course, newest first, as much of it as a page takes.
    pub course: Vec<Story>,
    /// How many steps it has in all.
    pub course_in_all: usize,
    /// Entries of it that were received and are not counted, newest first.
    pub not_counted: Vec<EntryLine>,
    /// What can be done now.
    pub can: Vec<Can>,
    /// The cut of what is confirmed.
    pub cut: String,
    /// Whether something was saved just now, and whether it had been before.
    pub saved: Option<bool>,
}

impl Matter {
    pub(crate) fn title(&self, w: Words) -> String {
        let text = self.text.lines().next().unwrap_or_default().trim();
        if text.is_empty() {
            return w.request_no_wording().to_owned();
        }
        text::visible(text).into_owned()
    }

    fn age(&self, w: Words, today: Day) -> Markup {
        let lang = w.lang();
        let days = text::number(self.age_days.into());
        html! { div.fig {
            p { (days) span { @match (self.closed.is_some(), self.accepted_on, self.registered_on) {
                (true, ..) => (w.request_took()),
                (_, Some(day), _) => (w.request_age_since(&dates::day(day, today, lang))),
                (_, None, Some(day)) => (w.request_age_registered(&dates::day(day, today, lang))),
                _ => (w.unknown()),
            } } }
            p.cut {
                (w.request_from(&text::number(self.course_in_all as u64)))
                br; (text::visible(&self.cut))
            }
        } }
    }

    fn facts(&self, w: Words, today: Day) -> Markup {
        let day = |day: Day| dates::day(day, today, w.lang());
        html! { dl.sl {
            div { dt { (w.request_now()) } dd { span.tag.t-st { (w.value(&self.state)) }
                @if self.round > 0 { " " (w.round(self.round)) } } }
            div { dt { (w.request_whose()) } dd { @match &self.household {
                Some((head, address)) => a href=(address) { @if head.is_empty() { (w.household_nameless()) } @else { (text::visible(&w.house_of(head))) } },
                None => (w.anonymous()),
            } } }
            @if let Some((unit, person)) = &self.handler { div { dt { (w.request_handler()) } dd {
                @match unit { Some(unit) => { (w.request_elsewhere()) " " (unit) }, None => (text::visible(person)) } } } }
            div { dt { (w.request_first()) } dd { @match self.accepted_on { Some(on) => (day(on)), None => (w.request_not_accepted()) } } }
            div { dt { (w.request_due()) } dd { @match (self.due, &self.replied) {
                (None, _) => (w.no_due()),
                (Some(due), _) if self.overdue_days > 0 =>
                    span.tag.t-late { (w.request_overdue(&day(due), &text::number(self.overdue_days.into()))) },
                (Some(due), Some((on, _))) => (w.request_answered(&day(due), &day(*on))),
                (Some(due), None) => (day(due)),
            } } }
            @if let Some((on, outcome)) = &self.replied { div { dt { (w.request_reply()) } dd { (day(*on)) " · " (w.value(outcome)) } } }
            @if let Some((on, closing)) = &self.closed { div { dt { (w.request_closed()) } dd { (day(*on)) " · " (w.value(closing)) } } }
        } }
    }

    fn can(&self, w: Words) -> Markup {
        html! { ul.rows.two { @for one in &self.can { li {
            @match one.why_not {
                None => { span { a href={ "/request/" (self.request) "/" (one.step) } { (w.step(one.step)) } } span.m { (w.request_can_yes()) } },
                Some(WhyNot::State) => { span { (w.step(one.step)) } span.m { (w.request_can_no()) }
                    span.d { (w.not_now(one.step, &self.state)) } },
                Some(WhyNot::Township) => { span { (w.step(one.step)) } span.m { (w.request_can_township()) }
                    span.d { (w.township_step(one.step)) } },
            }
        } } } }
    }
}

/// What was received of it and is not counted: why, and what to do.
fn not_counted(page: &Matter, w: Words, now_ms: i64) -> Markup {
    html! { @for line in &page.not_counted {
        div.say.stop role="status" {
            p { b { (line.title(w)) } " " (line.tag(w)) }
            @if let Some(effect) = &line.effect {
                p { (text::visible(&effect.why(w))) }
                p { (text::visible(&effect.todo(w))) " "
                    @if effect.word == "conflict" { a.noprint href={ "/request?after=" (page.request) } { (w.raise_new()) } } }
            }
            p.m { (line.came.receipt(w)) " · " (line.came.at(w, now_ms)) }
        }
    } }
}

/// The page.
#[must_use]
pub fn matter(frame: &Frame, page: &Matter) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let first = page.can.iter().find(|one| one.why_not.is_none());
    let [channel, kind, urgency] = &page.sort;
    let body = html! {
        @if let Some(known) = page.saved {
            div.say role="status" { p { b { @if known { (w.visit_known()) } @else { (w.visit_saved()) } } } }
        }
        (not_counted(page, w, frame.now_ms))
        div.head {
            div { p.crumb.noprint { a href="/requests" { (w.office_requests()) } } h1 { (page.title(w)) }
                p.m { (w.value(channel)) " · " (w.value(kind)) " · " (w.value(urgency)) " · " (w.request_people(&text::number(page.people.into()))) } }
            @if let Some(first) = first { div.acts { a.btn.pri href={ "/request/" (page.request) "/" (first.step) } { (w.step(first.step)) } } }
        }
        div.cols {
            div {
                @if page.pending { p.m { (w.request_pending()) } }
                (page.facts(w, today))
                section aria-labelledby="a" {
                    div.sh { h2 #a { (w.request_course()) } span.s { (w.request_course_note()) } }
                    (timeline(&page.course, w, frame.now_ms))
                    @if page.course.len() < page.course_in_all {
                        p.m { (w.household_story_cut(&text::number(page.course.len() as u64), &text::number(page.course_in_all as u64))) }
                    }
                }
            }
            aside.side aria-label=(w.request_can()) {
                section aria-labelledby="s1" { div.sh { h2 #s1 { (w.request_age()) } } (page.age(w, today)) }
                section.noprint aria-labelledby="s2" { div.sh { h2 #s2 { (w.request_can()) } } (page.can(w)) }
            }
        }
    };
    // The title of the window carries no wording: titles stay in histories.
    frame.around(w.request(), false, &body)
}
