//! Today: what came back, what is open, what waits. Confirmed and waiting are two numbers.

use event::Day;
use maud::html;

use crate::office::draft::{DraftList, DraftNote};
use crate::office::request::{RequestLine, table};
use crate::office::which::{Candidate, named};
use crate::office::{EntryLine, Frame};
use crate::{dates, text};

/// Something that came from the township.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// When it came, in milliseconds.
    pub at_ms: i64,
    /// The kind's name.
    pub kind: String,
    /// The matter or household that it is about.
    pub about: String,
    /// The page about it.
    pub address: Option<String>,
    /// Where the matter stands since, by its word.
    pub state: Option<String>,
}

/// Households met in the quarter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Met at home.
    pub met: u64,
    /// On the books.
    pub of: u64,
}

/// What stands on the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Today {
    /// What came back, newest first.
    pub news: Vec<News>,
    /// Received entries of this village that are not counted, newest first.
    pub uncounted: Vec<EntryLine>,
    /// Open requests, the first due ones; and how many there are in all.
    pub open: Vec<RequestLine>,
    /// How many there are in all.
    pub open_in_all: usize,
    /// Households that were not met in this quarter and are not in what waits, the longest ago first; and how many.
    pub due: Vec<Candidate>,
    /// How many there are in all.
    pub due_in_all: usize,
    /// The quarter's figure.
    pub coverage: Coverage,
    /// Its cut.
    pub cut: String,
    /// What was recorded here last, newest first.
    pub just: Vec<EntryLine>,
    /// What whoever looks has not finished.
    pub drafts: DraftList,
    /// Whether something was saved just now, and whether it had been before.
    pub saved: Option<bool>,
    /// When a form was left and kept just now, in milliseconds.
    pub kept_ms: Option<i64>,
}

/// The page.
#[must_use]
pub fn today(frame: &Frame, page: &Today) -> String {
    let w = frame.words();
    let (lang, now) = (frame.lang, frame.now_ms);
    let day = Day::of_instant(now);
    let pending = frame.strip.as_ref().map_or(0, |strip| strip.pending);
    let heard = frame.strip.as_ref().and_then(|strip| strip.heard_ms);
    let comma = if lang == crate::Lang::Zh { "，" } else { ", " };
    let body = html! {
        @if let Some(known) = page.saved {
            div.say role="status" { p { b { @if known { (w.visit_known()) } @else { (w.visit_saved()) } } } }
        }
        @if page.kept_ms.is_some() {
            @let note = DraftNote { kept_ms: page.kept_ms, ..DraftNote::default() };
            div.say { (note.line(w, now)) }
        }
        div.head {
            div { h1 { (w.office_today()) (comma) (dates::day(day, day, lang)) " " (w.weekday(dates::weekday(day))) } }
            div.acts { a.btn.pri href="/visit" { (w.visit()) kbd { "Alt N" } } a.btn href="/request" { (w.raise()) kbd { "Alt R" } }
                a.btn href="/diary" accesskey="j" { (w.diary_write()) kbd { "Alt J" } } }
        }
        div.cols {
            div {
                section aria-labelledby="a" {
                    div.sh { h2 #a { (w.today_from_township()) }
                        @if let Some(at) = heard { span.s { (w.delivery_last_contact()) " " (dates::moment(at, now, lang)) } } }
                    @if page.news.is_empty() && page.uncounted.is_empty() { p { (w.today_nothing_new()) } }
                    ul.rows {
                        @for line in &page.uncounted { li {
                            span.m { (line.came.at(w, now)) }
                            span { (line.link(w)) " " (line.effect.as_ref().map(|effect| effect.why(w)).unwrap_or_default()) }
                            (line.tag(w))
                        } }
                        @for news in &page.news { li {
                            span.m { (dates::moment(news.at_ms, now, lang)) }
                            span {
                                (w.kind(&news.kind).unwrap_or(&news.kind)) " · "
                                @match &news.address {
                                    Some(address) => a href=(address) { (text::visible(&news.about)) },
                                    None => (text::visible(&news.about)),
                                }
                            }
                            @if let Some(state) = &news.state { span.tag.t-st { (w.value(state)) } }
                        } }
                    }
                }
                section aria-labelledby="b" {
                    div.sh { h2 #b { (w.today_open()) }
                        @if page.open_in_all > 0 { a href="/requests" { (w.all_of(&text::number(page.open_in_all as u64))) } } }
                    @if page.open.is_empty() { p { (w.today_no_open()) } } @else { (table(&page.open, w, day, true)) }
                }
                section aria-labelledby="due" {
                    div.sh { h2 #due { (w.due_households()) }
                        @if page.due_in_all > 0 { a href="/ledgers" { (w.due_all(&text::number(page.due_in_all as u64))) } } }
                    @if page.due.is_empty() { p { (w.due_none()) } }
                    ul.rows.two { @for one in &page.due { li {
                        span { a href={ "/household/" (one.household) } { (named(one, w)) } " · " (text::visible(&one.address)) }
                        span.m.nb { (w.visit_last_met()) " "
                            @match one.last_met { Some(on) => (dates::day(on, day, lang)), None => (w.visit_never()) }
                            " " a href={ "/visit?h=" (one.household) } { (w.covered_visit()) } }
                    } } }
                }
            }
            aside.side aria-label=(w.today_quarter()) {
                section aria-labelledby="d" {
                    div.sh { h2 #d { (w.today_quarter()) } }
                    div.fig {
                        @match text::percent(page.coverage.met, page.coverage.of) {
                            Some(percent) => p { (text::number(page.coverage.met))
                                span { (w.visits_met(&text::number(page.coverage.of), &percent)) } },
                            None => p { span { (w.visits_none()) } },
                        }
                        p.cut { (w.confirmed_by_township()) " " (text::visible(&page.cut)) }
                    }
                    div.fig {
                        p { (text::number(pending)) span { (w.pending_here()) } }
                        @if pending > 0 { p.cut { (w.pending_apart()) } }
                    }
                }
                (page.drafts.section(w, now))
                section aria-labelledby="g" {
                    div.sh { h2 #g { (w.today_just()) } }
                    @if page.just.is_empty() { p { (w.today_nothing_recorded()) } }
                    ul.rows.two { @for line in &page.just { li { span { (line.link(w)) span.s { (line.mend(w)) } } (line.tag(w)) } } }
                }
            }
        }
    };
    frame.around(w.office_today(), false, &body)
}
