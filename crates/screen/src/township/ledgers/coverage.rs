//! L4 走访覆盖台账: a row for each village, by code and never by a number.

use event::Day;
use maud::{Markup, html};

use super::asked::{Asked, Ledger, name};
use super::cut::CutLine;
use super::why::{Count, Why};
use super::{csv_button, head, weeks};
use crate::office::Frame;
use crate::{Place, Words, text};

/// One village's counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// 应访户.
    pub households: u64,
    /// 见到.
    pub met: u64,
    /// 只通电话.
    pub contacted: u64,
    /// 去了不在家.
    pub knocked: u64,
    /// 还没去.
    pub unvisited: u64,
    /// Visits to nobody on the books.
    pub off_books: u64,
}

impl Counts {
    /// The counts by name.
    #[must_use]
    pub fn all(&self) -> [(Count, u64); 6] {
        [
            (Count::Met, self.met),
            (Count::Households, self.households),
            (Count::Contacted, self.contacted),
            (Count::Knocked, self.knocked),
            (Count::Unvisited, self.unvisited),
            (Count::OffBooks, self.off_books),
        ]
    }

    fn of(&self, count: Count) -> u64 {
        self.all()
            .into_iter()
            .find(|(own, _)| *own == count)
            .map_or(0, |(_, n)| n)
    }

    /// Met of all, floored; 「无」 for 0/0.
    fn percent(&self, w: Words) -> String {
        text::percent(self.met, self.households).unwrap_or_else(|| w.ledgers_none().to_owned())
    }

    fn add(self, other: Self) -> Self {
        Self {
            households: self.households + other.households,
            met: self.met + other.met,
            contacted: self.contacted + other.contacted,
            knocked: self.knocked + other.knocked,
            unvisited: self.unvisited + other.unvisited,
            off_books: self.off_books + other.off_books,
        }
    }
}

/// One village.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VillageCounts {
    /// The village.
    pub unit: Place,
    /// As asked.
    pub now: Counts,
    /// At the earlier cut, where one was asked for.
    pub then: Option<Counts>,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// What was asked.
    pub asked: Asked,
    /// Up to where.
    pub cut: CutLine,
    /// The villages, by code.
    pub rows: Vec<VillageCounts>,
    /// What changed since an earlier cut, where one was asked for.
    pub why: Option<Why>,
    /// Of one village: met by the end of each week of the period that has come.
    pub weeks: Vec<(Day, u64)>,
    /// Whether the ledgers are still reading what came in.
    pub reading: bool,
}

impl Coverage {
    fn total(&self) -> Counts {
        self.rows.iter().map(|row| row.now).fold(Counts::default(), Counts::add)
    }

    fn total_then(&self) -> Counts {
        let then = self.rows.iter().filter_map(|row| row.then);
        then.fold(Counts::default(), Counts::add)
    }

    /// The sentence that answers the page's question.
    fn lead(&self, frame: &Frame) -> String {
        let (w, lang, today) = (frame.words(), frame.lang, Day::of_instant(frame.now_ms));
        let total = self.total();
        if self.why.is_none() && total.households == 0 {
            return w.visits_none().to_owned();
        }
        let percent = total.percent(w);
        let Some(why) = &self.why else {
            return w.ledgers_lead(&text::number(total.households), &text::number(total.met), &percent);
        };
        let what = if self.asked.until.is_empty() {
            w.ledgers_what_period(&self.asked.quarter.short(today, w))
        } else {
            w.ledgers_what_until(&Asked::said(&self.asked.until, today, lang))
        };
        let (then, now) = (why.from.moment(frame.now_ms, w), self.cut.seen(frame.now_ms, w));
        let was = self.total_then().percent(w);
        if was == percent && self.total_then() == total {
            w.ledgers_lead_same(&what, &then, &now, &percent)
        } else {
            w.ledgers_lead_compare(&what, &then, &was, &now, &percent)
        }
    }

    /// By how much met and in scope moved, in words; empty if neither did.
    fn moved(&self, w: Words) -> String {
        let (was, is) = (self.total_then(), self.total());
        let mut parts = Vec::new();
        match is.met.cmp(&was.met) {
            std::cmp::Ordering::Greater => parts.push(w.ledgers_more_met(&text::number(is.met - was.met))),
            std::cmp::Ordering::Less => parts.push(w.ledgers_fewer_met(&text::number(was.met - is.met))),
            std::cmp::Ordering::Equal => {}
        }
        match is.households.cmp(&was.households) {
            std::cmp::Ordering::Greater => {
                parts.push(w.ledgers_more_scope(&text::number(is.households - was.households)));
            }
            std::cmp::Ordering::Less => {
                parts.push(w.ledgers_fewer_scope(&text::number(was.households - is.households)));
            }
            std::cmp::Ordering::Equal => {}
        }
        let comma = if w.lang() == crate::Lang::Zh { "，" } else { ", " };
        parts.join(comma)
    }

    fn figure(&self, row: &VillageCounts, count: Count) -> Markup {
        let number = row.now.of(count);
        // Visits off the books belong to nobody that a figure could list.
        html! {
            @if number == 0 || count == Count::OffBooks { (text::number(number)) }
            @else { a href=(self.asked.behind(&row.unit, count.key())) { (text::number(number)) } }
        }
    }

    fn change(row: &VillageCounts, w: Words) -> Markup {
        let Some(then) = row.then else {
            return html! { (text::DASH) };
        };
        let by = |is: u64, was: u64| i64::try_from(i128::from(is) - i128::from(was)).unwrap_or(0);
        let (met, scope) = (by(row.now.met, then.met), by(row.now.households, then.households));
        let mut parts = Vec::new();
        if met > 0 {
            parts.push(w.ledgers_more(&text::number(met.unsigned_abs())));
        } else if met < 0 {
            parts.push(w.ledgers_fewer(&text::number(met.unsigned_abs())));
        }
        if scope != 0 {
            parts.push(w.ledgers_scope_change(&super::why::signed(scope)));
        }
        let comma = if w.lang() == crate::Lang::Zh { "，" } else { ", " };
        html! {
            @if row.now == then { (text::DASH) }
            @else if parts.is_empty() { a href="#why" { (w.ledgers_changed_elsewhere()) } }
            @else { a href="#why" { (parts.join(comma)) } }
        }
    }

    fn table(&self, frame: &Frame) -> Markup {
        let w = frame.words();
        let total = self.total();
        let counts: Vec<(Count, &str)> = [
            (Count::Households, w.ledgers_col_households()),
            (Count::Met, w.ledgers_col_met()),
            (Count::Contacted, w.ledgers_col_contacted()),
            (Count::Knocked, w.ledgers_col_knocked()),
            (Count::Unvisited, w.ledgers_col_unvisited()),
            (Count::OffBooks, w.ledgers_col_off_books()),
        ]
        .into_iter()
        .filter(|(count, _)| *count != Count::OffBooks || total.off_books > 0)
        .collect();
        let before = self.why.as_ref().map(|why| why.from.moment(frame.now_ms, w));
        html! {
            div.scrollx tabindex="0" role="region" aria-label=(w.ledgers_villages()) { table.led.dense {
                thead { tr {
                    th scope="col" { (w.ledgers_unit()) }
                    @for (_, head) in &counts { th.n scope="col" { (head) } }
                    th.n scope="col" { (w.ledgers_col_coverage()) }
                    @if let Some(day) = &before {
                        th.n scope="col" { (w.ledgers_as_seen(day)) } th.n scope="col" { (w.ledgers_col_change()) }
                    }
                } }
                tbody { @for row in &self.rows { tr {
                    th.nb scope="row" { a href=(self.asked.of_unit(Ledger::Households, &row.unit).address()) { (name(&row.unit)) } }
                    @for (count, _) in &counts { td.n { (self.figure(row, *count)) } }
                    td.n { (row.now.percent(w)) }
                    @if before.is_some() {
                        td.n.m { (row.then.unwrap_or_default().percent(w)) } td.n { (Self::change(row, w)) }
                    }
                } } }
                @if self.rows.len() > 1 { tfoot { tr {
                    th scope="row" { (w.total()) }
                    @for (count, _) in &counts { td.n { (text::number(total.of(*count))) } }
                    td.n { (total.percent(w)) }
                    @if before.is_some() {
                        @let whole = VillageCounts { unit: Place::default(), now: total, then: Some(self.total_then()) };
                        td.n { (self.total_then().percent(w)) } td.n { (Self::change(&whole, w)) }
                    }
                } } }
            } }
        }
    }
}

/// The page of coverage.
#[must_use]
pub fn coverage(frame: &Frame, page: &Coverage) -> String {
    let w = frame.words();
    let moved = page
        .why
        .as_ref()
        .map(|_| page.moved(w))
        .filter(|moved| !moved.is_empty());
    let (was, is) = (page.total_then().all(), page.total().all());
    let body = html! {
        (head(frame, &page.asked, &csv_button(&page.asked, w)))
        (page.asked.bar(w))
        @if page.reading { div.say role="status" { p { (w.ledgers_reading()) } } }
        @if page.rows.is_empty() {
            p.lead { (w.ledgers_no_rows()) } p { (w.ledgers_no_rows_next()) }
        } @else {
            p.lead { (page.lead(frame)) }
            @if let Some(moved) = &moved { p { (w.ledgers_below(moved)) " " a href="#why" { (w.ledgers_why()) } } }
            section aria-labelledby="v" {
                div.sh { h2 #v { @if page.asked.unit.is_some() { (w.ledgers_this_village()) } @else { (w.ledgers_villages()) } } span.s { (page.cut.say(frame.now_ms, w)) } }
                (page.table(frame))
                p.cut.gap-s { (w.ledgers_formula()) " "
                    @if page.rows.len() > 1 { (w.ledgers_digest_is()) } @else { (w.ledgers_digest_of_unit()) } }
            }
            (weeks::draw(&page.weeks, page.total().households, Day::of_instant(frame.now_ms), w))
            @if let Some(why) = &page.why { (why.draw(&page.cut, &was, &is, frame.now_ms, w)) }
        }
    };
    frame.around(page.asked.ledger.name(w), !page.asked.wrong.is_empty(), &body)
}
