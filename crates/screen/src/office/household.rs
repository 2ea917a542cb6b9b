//! Households: the search, and one household's page with its story and requests.

use event::{Day, When};
use maud::{Markup, html};

use crate::office::correct::Amended;
use crate::office::entry::AmendedTo;
use crate::office::request::{RequestLine, table};
use crate::office::which::Candidate;
use crate::office::{EntryLine, Frame};
use crate::{Words, dates, text};

/// One step of a household's story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// What it is, with its states.
    pub line: EntryLine,
    /// When it happened, as claimed.
    pub occurred: When,
    /// Who did it.
    pub actors: Vec<String>,
    /// The text, where it is here.
    pub text: String,
    /// Whether the township wrote it.
    pub by_township: bool,
    /// What it changed, where it corrects another one.
    pub amends: Option<Amended>,
}

impl Story {
    /// Who did it and who recorded it.
    fn people(&self, w: Words) -> String {
        let recorder = &self.line.recorder;
        let comma = if w.lang() == crate::Lang::Zh { "、" } else { ", " };
        let actors = self.actors.join(comma);
        match self.line.kind.as_str() {
            _ if self.actors.is_empty() => w.recorded_by(recorder),
            "visit_recorded" => w.went(&actors, recorder),
            _ if actors == *recorder => w.recorded_by(recorder),
            _ => w.did(&actors, recorder),
        }
    }
}

/// One household.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Household {
    /// Its identity.
    pub household: String,
    /// Its head; empty where no name is kept here.
    pub head: String,
    /// Its address.
    pub address: String,
    /// Its telephone number.
    pub phone: String,
    /// Its members.
    pub size: Option<u16>,
    /// Its status, by its word; empty where unknown.
    pub status: String,
    /// Last time that somebody was met, of what the township has confirmed.
    pub last_met: Option<Day>,
    /// Its requests.
    pub requests: Vec<RequestLine>,
    /// Its story, newest first.
    pub story: Vec<Story>,
    /// How many steps it has in all; more than stand here where it is long.
    pub story_in_all: usize,
    /// The cut of what is confirmed.
    pub cut: String,
    /// Whether something was saved just now, and whether it had been before.
    pub saved: Option<bool>,
    /// Whether that was a visit which found that they have moved.
    pub moved: bool,
    /// Where it was merged to: since when, head, the page about it.
    pub merged: Option<(Day, String, String)>,
    /// Households that were merged into it: head and the page about each.
    pub merged_from: Vec<(String, String)>,
    /// Its status as waiting entries would make it, by its word.
    pub status_ahead: Option<String>,
}

/// Steps with their days, states and receipts, as they are given.
pub(crate) fn timeline(story: &[Story], w: Words, now_ms: i64) -> Markup {
    let (lang, today) = (w.lang(), Day::of_instant(now_ms));
    html! {
        ol.tl { @for step in story {
            @let (on, precision) = dates::claim(step.occurred, today, lang);
            li.p[step.line.came == crate::office::Came::Waiting].k[step.by_township || step.amends.is_some()] {
                time datetime=(step.occurred.day()) { (on) @if !precision.is_empty() { small { (precision) } } }
                p { b { @match &step.amends {
                        Some(amends) if amends.is_void => (w.became_void()),
                        Some(_) => (w.correct()),
                        None => (step.line.title(w)),
                    } } "　"
                    @if let Some(amends) = &step.amends { (text::visible(&amends.lead(w))) }
                    @else if step.by_township { (w.by_township()) }
                    @else { (text::visible(&step.people(w))) }
                    @match step.line.amended {
                        AmendedTo::Nothing => {}, AmendedTo::Corrected => { span.m { (w.tag_corrected()) } },
                        AmendedTo::Voided => { span.m { (w.tag_voided()) } },
                    } }
                @match &step.amends { Some(amends) => (amends.told(w)), None => {} }
                @if step.amends.is_none() && !step.text.is_empty() { p { (text::visible(&step.text)) } }
                (step.line.receipt_line(w, now_ms))
            }
        } }
    }
}

/// The page of one household. Its title names it on this machine's window only; its address does not.
#[must_use]
pub fn household(frame: &Frame, page: &Household) -> String {
    let w = frame.words();
    let (lang, today) = (frame.lang, Day::of_instant(frame.now_ms));
    let name = if page.head.is_empty() {
        w.household_nameless().to_owned()
    } else {
        w.house_of(&page.head)
    };
    let name = text::visible(&name);
    let or_dash = |text: &str| {
        if text.is_empty() {
            text::DASH.to_owned()
        } else {
            text::visible(text).into_owned()
        }
    };
    let open = page
        .requests
        .iter()
        .filter(|request| request.open_days.is_some())
        .count();
    let body = html! {
        @if let Some(known) = page.saved {
            div.say role="status" { p { b { @if known { (w.visit_known()) } @else { (w.visit_saved()) } } } }
        }
        @if page.moved { div.say role="status" { p { (w.change_moved_offer()) " "
            a href={ "/household/" (page.household) "/change?k=moved_out" } { (w.change()) } } } }
        @if let Some((day, head, address)) = &page.merged { div.say role="status" {
            p { (w.household_merged(&dates::day(*day, today, lang))) a href=(address) {
                @if head.is_empty() { (w.household_nameless()) } @else { (text::visible(&w.house_of(head))) } } }
            p { (w.household_merged_note()) } } }
        div.head {
            div { p.crumb.noprint { a href="/households" { (w.office_households()) } } h1 { (name) } @if !page.address.is_empty() { p.m { (text::visible(&page.address)) } } }
            div.acts { a.btn.pri href={ "/visit?h=" (page.household) } { (w.visit()) kbd { "Alt N" } }
                a.btn href={ "/request?h=" (page.household) } { (w.raise()) } a.btn href={ "/talk?h=" (page.household) } { (w.talk()) }
                a.btn href={ "/household/" (page.household) "/change" } { (w.change()) } }
        }
        div.sl2 {
            dl.sl {
                div { dt { (w.household_head()) } dd { (or_dash(&page.head)) } }
                div { dt { (w.household_size()) } dd { @match page.size { Some(size) => (w.people(size)), None => (text::DASH) } } }
                div { dt { (w.household_phone()) } dd { (or_dash(&page.phone)) } }
                div { dt { (w.household_number()) } dd { code { (page.household) } } }
            }
            dl.sl {
                div { dt { (w.household_status()) } dd { @if page.status.is_empty() { (text::DASH) } @else { (w.value(&page.status)) }
                    @if let Some(ahead) = &page.status_ahead { " → " (w.value(ahead)) span.m { " （" (w.not_counted_yet()) "）" } } } }
                @if !page.merged_from.is_empty() { div { dt { (w.household_from()) } dd {
                    @for (at, (head, address)) in page.merged_from.iter().enumerate() { @if at > 0 { " · " } a href=(address) {
                        @if head.is_empty() { (w.household_nameless()) } @else { (text::visible(&w.house_of(head))) } } }
                    " " span.m { (w.household_from_note()) } } } }
                div { dt { (w.visit_last_met()) } dd {
                    @match page.last_met { Some(day) => (dates::day(day, today, lang)), None => (w.visit_never()) } } }
                div { dt { (w.household_open()) } dd { (text::number(open as u64)) } }
            }
        }
        section aria-labelledby="a" {
            div.sh { h2 #a { (w.household_requests()) } span.s { (text::visible(&page.cut)) } }
            @if page.requests.is_empty() { p { (w.household_no_requests()) } } @else { (table(&page.requests, w, today, false)) }
        }
        section aria-labelledby="b" {
            div.sh { h2 #b { (w.household_story()) } span.s { (w.household_story_note()) } }
            @if page.story.is_empty() { p { (w.household_no_story()) } }
            (timeline(&page.story, w, frame.now_ms))
            @if page.story.len() < page.story_in_all {
                p.m { (w.household_story_cut(&text::number(page.story.len() as u64), &text::number(page.story_in_all as u64))) }
            }
        }
    };
    frame.around(&name, false, &body)
}

/// The search, with what it found.
#[must_use]
pub fn households(frame: &Frame, query: &str, found: &[Candidate], more: bool) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let body = html! {
        div.head { div { h1 { (w.find_household()) } } div.acts { a.btn href="/households/new" { (w.enlist()) } } }
        form method="post" action="/households" autocomplete="off" {
            div.f { label for="hh" { (w.visit_which()) } span.hint #hh-h { (w.visit_which_hint()) }
                div.find.one {
                    input #hh name="q" value=(query) autocomplete="off" spellcheck="false" maxlength="64" autofocus aria-describedby="hh-h";
                    button.pri { (w.visit_find()) }
                } }
        }
        @if found.is_empty() {
            p role="status" { @if query.trim().is_empty() { (w.find_none()) } @else { (text::visible(&w.found_none(query.trim()))) } }
        } @else {
            ul.rows { @for one in found { li {
                span.m { (text::visible(&one.address)) }
                span { a href={ "/household/" (one.household) } {
                    @if one.head.is_empty() { (w.household_nameless()) } @else { (text::visible(&w.house_of(&one.head))) } }
                    @if let Some(size) = one.size { " · " (w.people(size)) } }
                span.m.nb { (w.visit_last_met()) " "
                    @match one.last_met { Some(day) => (dates::day(day, today, frame.lang)), None => (w.visit_never()) } }
            } } }
            @if more { p.m { (w.found_more(found.len())) } }
        }
    };
    frame.around(w.office_households(), false, &body)
}
