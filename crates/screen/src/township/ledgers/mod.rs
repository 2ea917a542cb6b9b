//! The township's ledgers: what is true as of a day and as known on a day, what changed and why, and the entries behind
//! every figure.

mod asked;
mod coverage;
mod cut;
mod entries;
mod entry;
mod grid;
mod rows;
mod weeks;
mod why;

pub use asked::{Asked, Ledger, Quarter, Wrong, WrongDay};
pub use coverage::{Counts, Coverage, VillageCounts, coverage};
pub use cut::{CutLine, Received};
pub use entries::{BehindLine, Entries, entries};
pub use entry::{Entry, Text, entry};
pub use grid::{Grid, GridCell};
pub use rows::{Changed, ChangedRow, Rows, RowsLead, rows};
pub use why::{Count, Why, WhyRow};

use event::Day;
use maud::{Markup, html};

use crate::office::Frame;
use crate::{Words, text};

/// Seconds after which a page looks again for what is being worked out.
const AGAIN_S: u16 = 2;

/// The head of a ledger's page: its name, period and villages, and what can be done.
fn head(frame: &Frame, asked: &Asked, acts: &Markup) -> Markup {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let whose = match &asked.unit {
        Some(unit) => asked::name(unit),
        None => w.ledgers_units(&text::number(asked.units.len() as u64)),
    };
    html! {
        div.head { div {
            p.crumb { a href="/ledgers" { (w.ledgers_title()) } }
            h1 { (asked.ledger.name(w)) }
            p.m { (asked.quarter.short(today, w)) " · " (whose) }
        } div.acts { (acts) } }
    }
}

fn csv_button(asked: &Asked, w: Words) -> Markup {
    html! { @if asked.wrong.is_empty() { a.btn href=(asked.csv()) { (w.ledgers_csv()) } } }
}

/// Ways to the pages before and after, where there are several. `address` ends where `page=` follows.
fn turn(address: &str, (page, pages): (u64, u64), all: u64, w: Words) -> Markup {
    let to = |page: u64| format!("{address}page={page}");
    html! {
        @if pages > 1 {
            nav.turn aria-label=(w.ledgers_rows()) {
                span { (w.ledgers_page_of(&text::number(page), &text::number(pages), &text::number(all))) }
                @if page > 1 { a rel="prev" href=(to(page - 1)) { (w.ledgers_previous()) } }
                @if page < pages { a rel="next" href=(to(page + 1)) { (w.ledgers_next()) } }
            }
        }
    }
}

/// Which ledgers there are.
#[must_use]
pub fn index(frame: &Frame, asked: &Asked) -> String {
    let w = frame.words();
    let body = html! {
        div.head { div { h1 { (w.ledgers_title()) } p.m { (w.ledgers_which()) } } }
        ul.rows.two { @for ledger in Ledger::ALL {
            @let address = Asked { ledger, ..asked.clone() }.address();
            li { a href=(address) { b { (ledger.name(w)) } } span.m { (asked.quarter.name(w)) }
                p.d { (ledger.about(w)) } }
        } }
    };
    frame.around(w.ledgers_title(), false, &body)
}

/// A question that cannot be asked as it was typed: the bar with what is wrong, and nothing below.
#[must_use]
pub fn refused(frame: &Frame, asked: &Asked) -> String {
    let w = frame.words();
    let body = html! { (head(frame, asked, &html! {})) (asked.bar(w)) };
    frame.around(asked.ledger.name(w), true, &body)
}

/// What stands while an answer is being worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// It is this question's turn, or will be soon; the page asks for itself again.
    Working,
    /// Too many questions wait.
    Busy,
    /// It failed.
    Failed,
}

/// The page while an answer is being worked out. `address` is where it will stand.
#[must_use]
pub fn waiting(frame: &Frame, asked: &Asked, address: &str, wait: Wait) -> String {
    let w = frame.words();
    let (said, more) = match wait {
        Wait::Working => (w.ledgers_working(), w.ledgers_working_text()),
        Wait::Busy => (w.ledgers_busy(), ""),
        Wait::Failed => (w.ledgers_failed(), ""),
    };
    let body = html! {
        (head(frame, asked, &html! {}))
        (asked.bar(w))
        div.say role="status" { p { b { (said) } } @if !more.is_empty() { p { (more) } }
            p { a href=(address) { (w.ledgers_working_again()) } } }
    };
    let again_s = (wait == Wait::Working).then_some(AGAIN_S);
    let frame = Frame {
        again_s,
        ..frame.clone()
    };
    frame.around(asked.ledger.name(w), false, &body)
}
