//! The village's ledgers of requests and of diary days, as lists of pages.

use event::Day;
use maud::{Markup, html};

use crate::office::Frame;
use crate::office::covered::tabs;
use crate::office::request::{RequestLine, table};
use crate::{Words, dates, text};

/// Which page of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turned {
    /// The page, from 1.
    pub page: u64,
    /// How many there are, at least 1.
    pub pages: u64,
    /// Rows in all.
    pub rows: u64,
}

impl Turned {
    fn draw(self, address: &str, w: Words) -> Markup {
        html! {
            p.m { (w.books_page(self.page, self.pages, &text::number(self.rows))) }
            @if self.pages > 1 { div.acts.noprint {
                @if self.page > 1 { a.btn href={ (address) "?p=" (self.page - 1) } { (w.books_before()) } }
                @if self.page < self.pages { a.btn href={ (address) "?p=" (self.page + 1) } { (w.books_after()) } }
            } }
        }
    }
}

/// A diary day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiaryLine {
    /// The day that it tells of.
    pub day: Day,
    /// Who wrote it.
    pub cadre: String,
    /// Days between the day and its recording; `None` where nobody knows.
    pub lag_days: Option<i64>,
    /// The page with its proof.
    pub proof: String,
}

/// The ledger of requests.
#[must_use]
pub fn request_ledger(frame: &Frame, lines: &[RequestLine], turned: Turned, cut: &str) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let body = html! {
        div.head { div { h1 { (w.all_requests()) } p.cut { (text::visible(cut)) } } }
        (tabs("/ledgers/requests", w))
        @if lines.is_empty() { p { (w.books_no_requests()) } } @else { (table(lines, w, today, true)) }
        (turned.draw("/ledgers/requests", w))
    };
    frame.around(w.all_requests(), false, &body)
}

/// The ledger of diary days, the latest day first.
#[must_use]
pub fn diary_ledger(frame: &Frame, lines: &[DiaryLine], turned: Turned, cut: &str) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let body = html! {
        div.head { div { h1 { (w.books_diary()) } p.cut { (text::visible(cut)) } } }
        (tabs("/ledgers/diary", w))
        @if lines.is_empty() { p { (w.books_no_diary()) } } @else { table.stk {
            thead { tr { th scope="col" { (w.books_day()) } th scope="col" { (w.books_cadre()) }
                th.n scope="col" { (w.books_lag()) } th scope="col" { (w.delivery_receipt()) } } }
            tbody { @for line in lines { tr {
                th scope="row" { (dates::day(line.day, today, w.lang())) } td { (text::visible(&line.cadre)) }
                td.n { @match line.lag_days {
                    Some(days) if days <= 0 => (w.books_same_day()),
                    Some(days) => (w.days(&text::number(days.unsigned_abs()))),
                    None => (w.unknown()),
                } }
                td { a href=(line.proof) { (w.see_proof()) } }
            } } }
        } }
        (turned.draw("/ledgers/diary", w))
    };
    frame.around(w.books_diary(), false, &body)
}
