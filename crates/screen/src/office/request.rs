//! Requests in a table: by due day, with round and age.

use event::Day;
use maud::{Markup, html};

use crate::office::Frame;
use crate::{Words, dates, text};

/// A request as it is named elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestLink {
    /// Its identity.
    pub request: String,
    /// The page about it.
    pub address: String,
    /// Its wording, cut short; or its sort.
    pub title: String,
}

/// A request as the village sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestLine {
    /// The page about it.
    pub address: String,
    /// Its wording, where it is here; else empty.
    pub text: String,
    /// Its sort, by its word.
    pub kind: String,
    /// Head of the household and the page about it; `None` if raised without a name.
    pub household: Option<(String, String)>,
    /// When it is due.
    pub due: Option<Day>,
    /// Days past that.
    pub overdue_days: u32,
    /// Day of acceptance, or of registration.
    pub since: Day,
    /// Days since then, while it is open.
    pub open_days: Option<u32>,
    /// Round, from 1; 0 before the first assignment.
    pub round: u16,
    /// Where it stands, by its word.
    pub state: String,
}

/// How much of a request's wording a table shows, in characters.
const TITLE_CHARS: usize = 28;

impl RequestLine {
    pub(crate) fn title(&self, w: Words) -> String {
        let text = self.text.lines().next().unwrap_or_default().trim();
        if text.is_empty() {
            return w.value(&self.kind);
        }
        let title = match text.char_indices().nth(TITLE_CHARS) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
        };
        text::visible(&title).into_owned()
    }
}

pub(crate) fn table(lines: &[RequestLine], w: Words, today: Day, with_household: bool) -> Markup {
    html! {
        table.stk {
            thead { tr {
                th scope="col" { (w.today_due()) } th scope="col" { (w.today_matter()) }
                @if with_household { th scope="col" { (w.household()) } }
                th scope="col" { (w.today_now()) }
                th.n scope="col" { (w.today_round()) } th.n scope="col" { (w.today_age()) }
            } }
            tbody { @for line in lines { tr {
                td.nb {
                    @if line.overdue_days > 0 {
                        span.tag.t-late { (w.overdue_by(&text::number(line.overdue_days.into()))) } " · "
                    }
                    @match line.due { Some(day) => (dates::day(day, today, w.lang())), None => (w.no_due()) }
                }
                th scope="row" { a href=(line.address) { (line.title(w)) } }
                @if with_household { td.nb { @match &line.household {
                    Some((head, address)) => a href=(address) { (text::visible(&w.house_of(head))) },
                    None => (w.anonymous()),
                } } }
                td.nb { (w.value(&line.state)) }
                td.n { @if line.round == 0 { (text::DASH) } @else { (w.round(line.round)) } }
                td.n { @match line.open_days { Some(days) => (w.days(&text::number(days.into()))), None => (text::DASH) } }
            } } }
        }
    }
}

/// The list of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Open ones, as the township has confirmed them, the first due ones first.
    pub open: Vec<RequestLine>,
    /// Those that wait here, or that entries which wait here would change.
    pub waiting: Vec<RequestLine>,
    /// The cut of what is confirmed.
    pub cut: String,
}

/// Most open requests in the list: with those that wait here the page stays below 100 kB.
const OPEN_MAX: usize = 180;
/// Most requests in the list that the township does not have yet.
const WAITING_MAX: usize = 60;

/// The first of some requests, and how many there are where that is more.
fn listed(lines: &[RequestLine], max: usize, w: Words, today: Day) -> Markup {
    let shown = lines.get(..max).unwrap_or(lines);
    html! {
        (table(shown, w, today, true))
        @if shown.len() < lines.len() {
            p.m { (w.requests_listed(&text::number(shown.len() as u64), &text::number(lines.len() as u64))) }
        }
    }
}

/// Every open request of the village; what waits here stands apart.
#[must_use]
pub fn requests(frame: &Frame, page: &Requests) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let body = html! {
        div.head { div { h1 { (w.office_requests()) } }
            div.acts { a.btn.pri href="/request" { (w.raise()) } } }
        section aria-labelledby="a" {
            div.sh { h2 #a { (w.today_open()) } span.s { (text::visible(&page.cut)) } }
        @if page.open.is_empty() { p { (w.today_no_open()) } } @else { (listed(&page.open, OPEN_MAX, w, today)) }
        }
        @if !page.waiting.is_empty() {
            section aria-labelledby="b" {
                div.sh { h2 #b { (w.request_waiting()) } span.s { (w.pending_apart()) } }
                (listed(&page.waiting, WAITING_MAX, w, today))
            }
        }
    };
    frame.around(w.office_requests(), false, &body)
}
