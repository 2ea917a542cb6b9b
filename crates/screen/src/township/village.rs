//! One village, to look at before one calls: what to say, its machines, what did not count, what is open.

use event::Day;
use maud::{Markup, html};

use crate::chart::Spark;
use crate::office::{Effect, Frame};
use crate::township::{Clock, Help, Need, PendingThere, VillageLine};
use crate::{Words, dates, text};

/// One of the village's machines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineLine {
    /// The first digits of its origin.
    pub origin: String,
    /// Its name.
    pub name: String,
    /// When it was enrolled, in milliseconds.
    pub enrolled_ms: i64,
    /// Its last hello, in milliseconds.
    pub heard_ms: Option<i64>,
    /// Its last receipt, in milliseconds.
    pub received_ms: Option<i64>,
    /// Its program, as of its last hello.
    pub software: String,
    /// Its clock.
    pub clock: Clock,
    /// Whether it follows a time server.
    pub ntp: bool,
    /// What waits on it.
    pub pending: PendingThere,
    /// Entries of it that are here.
    pub received: u64,
    /// Entries of a long push that is not whole yet.
    pub staged: u64,
    /// Taken out of use.
    pub revoked: bool,
    /// Another one goes on for it.
    pub replaced: bool,
    /// Its log forked.
    pub forked: bool,
}

/// An entry that was received and is not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UncountedLine {
    /// The kind's name; empty where it cannot be read.
    pub kind: String,
    /// Its receipt.
    pub position: u64,
    /// When it was received, in milliseconds.
    pub received_ms: i64,
    /// What it came to, and why.
    pub effect: Effect,
    /// The page about its matter.
    pub address: Option<String>,
}

/// An open request. No name and no wording: they stand on its own page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLine {
    /// The page about it.
    pub address: Option<String>,
    /// Its sort, by its word.
    pub kind: String,
    /// Where it stands, by its word.
    pub state: String,
    /// When it is due.
    pub due: Option<Day>,
    /// Days past that.
    pub overdue_days: u32,
    /// Round, from 1; 0 before the first assignment.
    pub round: u16,
    /// Days since it was accepted, or registered.
    pub open_days: u32,
    /// Who handles it: the name of the unit.
    pub handled_by: String,
}

/// What stands on the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Village {
    /// The line of the list.
    pub line: VillageLine,
    /// Its machines, those in use first.
    pub machines: Vec<MachineLine>,
    /// Entries that are not counted, newest first; and how many there are in all.
    pub uncounted: Vec<UncountedLine>,
    /// How many there are in all.
    pub uncounted_in_all: u64,
    /// Open requests, the first due ones first.
    pub open: Vec<OpenLine>,
    /// Households contacted otherwise.
    pub contacted: u64,
    /// Households where nobody was met.
    pub knocked: u64,
    /// Households not visited.
    pub unvisited: u64,
    /// Visits of households that were not on the books.
    pub off_books: u64,
    /// The quarter, from 1 to 4.
    pub quarter: u8,
    /// Its cut.
    pub cut: String,
}

impl MachineLine {
    fn state(&self, w: Words) -> Markup {
        let (class, word) = match () {
            () if self.forked => ("tag t-conf", w.machine_forked()),
            () if self.revoked => ("tag t-st", w.machine_revoked()),
            () if self.replaced => ("tag t-st", w.machine_replaced()),
            () => ("tag t-in", w.machine_in_use()),
        };
        html! {
            span class=(class) { (word) }
            @if self.forked && self.revoked { " " span.tag.t-st { (w.machine_revoked()) } }
            @if self.staged > 0 { br; span.m { (w.machine_staged()) } }
        }
    }
}

fn needs(page: &Village, frame: &Frame) -> Markup {
    let (w, now) = (frame.words(), frame.now_ms);
    html! {
        section aria-labelledby="h" {
            div.sh { h2 #h { (w.village_help()) } }
            @if page.line.needs.is_empty() { p { (w.say_nothing()) } }
            ul.rows.two { @for need in &page.line.needs { li {
                span { @if need.first { b { (need.help.line(w)) } } @else { (need.help.line(w)) } }
                span.m { (need.waited(w, now)) " · " (w.village_since(&since(need, frame))) }
                p.d.why { (need.help.say(w)) }
            } } }
        }
    }
}

/// Since when. A due day has no time of day.
fn since(need: &Need, frame: &Frame) -> String {
    match need.help {
        Help::Overdue { .. } => {
            let today = Day::of_instant(frame.now_ms);
            dates::day(Day::of_instant(need.since_ms), today, frame.lang)
        }
        _ => dates::moment(need.since_ms, frame.now_ms, frame.lang),
    }
}

fn machines(page: &Village, frame: &Frame) -> Markup {
    let (w, now) = (frame.words(), frame.now_ms);
    let moment = |at: Option<i64>| at.map_or_else(|| text::DASH.to_owned(), |at| dates::moment(at, now, frame.lang));
    html! {
        section aria-labelledby="m" {
            div.sh { h2 #m { (w.village_machines()) } span.s { (w.village_machines_note()) } }
            @if page.machines.is_empty() { p { (w.village_no_machines()) } } @else {
                div.scrollx tabindex="0" role="region" aria-label=(w.villages_scroll()) {
                    table.dense {
                        thead { tr {
                            th scope="col" { (w.village_machine()) } th scope="col" { (w.village_state()) }
                            th scope="col" { (w.village_heard()) } th scope="col" { (w.village_last_receipt()) }
                            th.n scope="col" { (w.village_received()) } th.n scope="col" { (w.village_waiting()) }
                            th scope="col" { (w.villages_clock()) } th scope="col" { (w.village_software()) }
                        } }
                        tbody { @for one in &page.machines { tr {
                            th scope="row" { (text::visible(&one.name)) " " code.m { (one.origin) } br;
                                span.s.m { (w.village_enrolled(&dates::moment(one.enrolled_ms, now, frame.lang))) } }
                            td { (one.state(w)) }
                            td.nb { (moment(one.heard_ms)) }
                            td.nb { (moment(one.received_ms)) }
                            td.n { (text::number(one.received)) }
                            td.n { (one.pending.say(w)) }
                            td.nb { @if matches!(one.clock, Clock::Off { .. }) { b { (one.clock.say(w)) } } @else { (one.clock.say(w)) }
                                @if one.ntp { br; span.s.m { (w.village_ntp()) } } }
                            td { @if one.software.is_empty() { (w.unknown()) } @else { (text::visible(&one.software)) } }
                        } } }
                    }
                }
            }
        }
    }
}

fn uncounted(page: &Village, frame: &Frame) -> Markup {
    let (w, now) = (frame.words(), frame.now_ms);
    let shown = page.uncounted.len() as u64;
    html! {
        section aria-labelledby="u" {
            div.sh { h2 #u { (w.village_uncounted()) } span.s { (text::number(page.uncounted_in_all)) } }
            @if page.uncounted.is_empty() { p { (w.village_all_counted()) } }
            ul.rows.two { @for one in &page.uncounted { li {
                span {
                    @let kind = w.kind(&one.kind).unwrap_or(if one.kind.is_empty() { w.unknown() } else { &one.kind });
                    @match &one.address { Some(address) => a href=(address) { (text::visible(kind)) }, None => (text::visible(kind)) }
                    " · " span.m { (w.received_line(&text::number(one.position), &dates::moment(one.received_ms, now, frame.lang))) }
                }
                (one.effect.draw(w))
                p.d.why { (one.effect.why(w)) }
            } } }
            @if shown < page.uncounted_in_all {
                p.m { (w.village_uncounted_more(&text::number(shown), &text::number(page.uncounted_in_all))) }
            }
        }
    }
}

/// Most open requests on a village's page; the board has them all.
const OPEN_MAX: usize = 100;

fn open(page: &Village, frame: &Frame) -> Markup {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    html! {
        section aria-labelledby="r" {
            div.sh { h2 #r { (w.village_open()) } span.s { (text::number(page.open.len() as u64)) } }
            @if page.open.is_empty() { p { (w.village_no_open()) } } @else {
                table.stk {
                    thead { tr {
                        th scope="col" { (w.village_due()) } th scope="col" { (w.today_matter()) } th scope="col" { (w.village_state()) }
                        th scope="col" { (w.village_handled_by()) }
                        th.n scope="col" { (w.today_round()) } th.n scope="col" { (w.today_age()) }
                    } }
                    tbody { @for one in page.open.iter().take(OPEN_MAX) { tr {
                        td.nb {
                            @if one.overdue_days > 0 { span.tag.t-late { (w.overdue_by(&text::number(one.overdue_days.into()))) } " · " }
                            @match one.due { Some(day) => (dates::day(day, today, frame.lang)), None => (w.no_due()) }
                        }
                        th scope="row" { @match &one.address {
                            Some(address) => a href=(address) { (w.value(&one.kind)) }, None => (w.value(&one.kind)) } }
                        td.nb { (w.value(&one.state)) }
                        td { @if one.handled_by.is_empty() { (text::DASH) } @else { (text::visible(&one.handled_by)) } }
                        td.n { @if one.round == 0 { (text::DASH) } @else { (w.round(one.round)) } }
                        td.n { (w.days(&text::number(one.open_days.into()))) }
                    } } }
                }
                @if page.open.len() > OPEN_MAX {
                    p.m { (w.village_open_more(&text::number(OPEN_MAX as u64), &text::number(page.open.len() as u64))) }
                }
            }
        }
    }
}

fn beside(page: &Village, frame: &Frame) -> Markup {
    let w = frame.words();
    let line = &page.line;
    html! {
        aside.side aria-label=(w.village_quarter()) {
            section aria-labelledby="c" {
                div.sh { h2 #c { (w.village_quarter()) } span.s { (w.quarter(page.quarter)) } }
                div.fig {
                    @match text::percent(line.met, line.of) {
                        Some(percent) => p { (text::number(line.met)) span { (w.village_met_of(&text::number(line.of), &percent)) } },
                        None => p { span { (w.visits_none()) } },
                    }
                    p.cut { (text::visible(&page.cut)) }
                }
                ul.rows.two {
                    @for (word, count) in [
                        (w.village_met(), line.met), (w.village_contacted(), page.contacted), (w.village_knocked(), page.knocked),
                        (w.village_unvisited(), page.unvisited), (w.village_off_books(), page.off_books),
                    ] { li { span { (word) } span { (text::number(count)) } } }
                }
            }
            section aria-labelledby="s" {
                div.sh { h2 #s { (w.village_days()) } span.s { (text::number(line.received.sum())) } }
                p.spk.gap-s { (line.received.draw(w)) }
                (days(&line.received, frame))
            }
        }
    }
}

/// The picture's numbers, newest first.
fn days(spark: &Spark, frame: &Frame) -> Markup {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    html! {
        details { summary { (w.table()) }
            table.dense {
                thead { tr { th scope="col" { (w.village_day()) } th.n scope="col" { (w.village_count()) } } }
                tbody { @for (back, count) in (0..).zip(spark.0.iter().rev()) { tr {
                    th scope="row" { (dates::day(today.plus(-back), today, frame.lang)) }
                    td.n { @match count { Some(count) => (text::number(*count)), None => span.m { (w.village_silent_day()) } } }
                } } }
            }
        }
    }
}

/// The page.
#[must_use]
pub fn village(frame: &Frame, page: &Village) -> String {
    let w = frame.words();
    let line = &page.line;
    let body = html! {
        p.crumb.noprint { a href="/" { (w.village_back()) } }
        div.head { div {
            h1 { (text::visible(line.called())) }
            p.m { (w.village_before_call()) " · " (w.village_code()) " " (line.unit) }
        } }
        div.cols {
            div { (needs(page, frame)) (machines(page, frame)) (uncounted(page, frame)) (open(page, frame)) }
            (beside(page, frame))
        }
    };
    frame.around(line.called(), false, &body)
}
