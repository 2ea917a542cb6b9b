//! The ledgers of requests, households and diaries: a row for each village, or the rows of one village, page by page.

use maud::{Markup, html};

use super::asked::Asked;
use super::cut::CutLine;
use super::grid::Grid;
use super::{csv_button, head, turn};
use crate::office::Frame;
use crate::reports::{RowChange, Why as Way};
use crate::{Words, text};

/// The sentence that answers the page's question, by the numbers that stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowsLead {
    /// Raised, closed, open.
    Requests(u64, u64, u64),
    /// Households, visits, open requests.
    Households(u64, u64, u64),
    /// Days, cadres.
    Diary(u64, u64),
}

/// A row that changed between two cuts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedRow {
    /// What it is about: the end of its identifier.
    pub name: String,
    /// The page with its entries.
    pub address: String,
    /// Whether it came, went or changed.
    pub change: RowChange,
    /// Column, what stood, what stands.
    pub cells: Vec<(String, String, String)>,
    /// Ways in which it changed: how many entries, the first and last receipt.
    pub ways: Vec<(Way, u64, u64, u64)>,
    /// Whether its entries explain it.
    pub explained: bool,
}

/// What changed between two cuts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The earlier cut.
    pub from: CutLine,
    /// The rows that are shown.
    pub rows: Vec<ChangedRow>,
    /// How many changed in all.
    pub all: u64,
}

/// The page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// What was asked.
    pub asked: Asked,
    /// Up to where.
    pub cut: CutLine,
    /// The answer.
    pub lead: RowsLead,
    /// The table: villages, or the rows of this page.
    pub grid: Grid,
    /// Rows in all.
    pub all: u64,
    /// Which page, from 1, and how many there are.
    pub page: (u64, u64),
    /// What changed since an earlier cut, where one was asked for.
    pub changed: Option<Changed>,
    /// Whether the ledgers are still reading what came in.
    pub reading: bool,
    /// Whether small shares are hidden in the table.
    pub hides: bool,
    /// Whether a comparison was asked for that only one village's rows can show.
    pub choose: bool,
}

impl RowsLead {
    fn say(self, w: Words) -> String {
        let n = text::number;
        match self {
            Self::Requests(raised, closed, open) => w.ledgers_requests_lead(&n(raised), &n(closed), &n(open)),
            Self::Households(rows, visits, open) => w.ledgers_households_lead(&n(rows), &n(visits), &n(open)),
            Self::Diary(days, cadres) => w.ledgers_diary_lead(&n(days), &n(cadres)),
        }
    }
}

impl ChangedRow {
    fn draw(&self, w: Words) -> Markup {
        let word = match self.change {
            RowChange::New => Some(w.row_new()),
            RowChange::Gone => Some(w.row_gone()),
            RowChange::Changed => None,
        };
        let dash = |value: &str| {
            if value.is_empty() {
                text::DASH.to_owned()
            } else {
                text::visible(value).into_owned()
            }
        };
        html! {
            tr {
                th.nb scope="row" { a href=(self.address) { code { (text::visible(&self.name)) } } }
                td { @if let Some(word) = word { b { (word) } } @else {
                    @for (column, was, is) in &self.cells {
                        p { (w.column(column)) " " del { (dash(was)) } " → " ins { (dash(is)) } }
                    } } }
                td {
                    @for (way, entries, first, last) in &self.ways {
                        @let receipts = if first == last { w.ledgers_receipt_no(&text::number(*first)) }
                            else { w.ledgers_receipts_no(&text::number(*first), &text::number(*last)) };
                        p { b { (way.word(w)) } " " (w.ledgers_entries(&text::number(*entries))) " · " (receipts) }
                    }
                    @if !self.explained { p { b { (w.ledgers_unexplained_row()) } } }
                }
            }
        }
    }
}

impl Changed {
    fn draw(&self, to: &CutLine, now_ms: i64, w: Words) -> Markup {
        html! {
            section #why aria-labelledby="why-h" {
                div.sh { h2 #why-h { (w.ledgers_why()) }
                    span.s { (w.ledgers_from_to(&self.from.short(now_ms, w), &to.short(now_ms, w))) } }
                @if self.rows.is_empty() { p.empty { (w.ledgers_nothing_changed()) } } @else {
                    table.stk { thead { tr {
                        th scope="col" { (w.subject()) } th scope="col" { (w.ledgers_difference()) } th scope="col" { (w.ledgers_because()) }
                    } } tbody { @for row in &self.rows { (row.draw(w)) } } }
                    @if (self.rows.len() as u64) < self.all {
                        p.cut.gap-s { (w.ledgers_first_rows(&text::number(self.rows.len() as u64), &text::number(self.all))) }
                    }
                }
            }
        }
    }
}

/// The page of a ledger that has rows.
#[must_use]
pub fn rows(frame: &Frame, page: &Rows) -> String {
    let w = frame.words();
    let of_unit = page.asked.unit.is_some();
    let title = if of_unit {
        w.ledgers_rows()
    } else {
        w.ledgers_villages()
    };
    let address = format!("{}&", page.asked.address());
    let body = html! {
        (head(frame, &page.asked, &csv_button(&page.asked, w)))
        (page.asked.bar(w))
        @if page.reading { div.say role="status" { p { (w.ledgers_reading()) } } }
        @if page.grid.rows.is_empty() {
            p.lead { (w.ledgers_no_rows()) } p { (w.ledgers_no_rows_next()) }
        } @else {
            p.lead { (page.lead.say(w)) }
            @if let Some(changed) = page.changed.as_ref().filter(|changed| changed.all > 0) {
                p { (w.ledgers_changed_rows(&text::number(changed.all), &changed.from.moment(frame.now_ms, w), &page.cut.seen(frame.now_ms, w)))
                    " " a href="#why" { (w.ledgers_why()) } }
            }
            @if page.choose { p { (w.ledgers_choose()) } }
            section aria-labelledby="v" {
                div.sh { h2 #v { (title) } span.s { (page.cut.say(frame.now_ms, w)) } }
                (page.grid.draw(title, w))
                (turn(&address, page.page, page.all, w))
                @if of_unit || page.hides { p.cut.gap-s {
                    @if of_unit { (w.ledgers_digest_of_unit()) }
                    @if page.hides { (w.ledgers_small_cells()) } } }
            }
        }
        @if let Some(changed) = &page.changed { (changed.draw(&page.cut, frame.now_ms, w)) }
    };
    frame.around(page.asked.ledger.name(w), !page.asked.wrong.is_empty(), &body)
}
