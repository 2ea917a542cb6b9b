//! How one village came along in a period: met by the end of each week, of all in scope, every number beside its bar.

use event::Day;
use maud::{Markup, html};

use crate::{Words, dates, text};

/// Length of a bar that stands for all households, in pixels.
const LONG: u64 = 240;

/// Households met at home by the end of a day; the last one is the figure of the page.
pub(crate) type Weeks = [(Day, u64)];

/// The section; nothing where there is no week.
pub(crate) fn draw(weeks: &Weeks, households: u64, today: Day, w: Words) -> Markup {
    let length = |met: u64| {
        let scaled = u128::from(met.min(households)) * u128::from(LONG);
        scaled.checked_div(u128::from(households)).unwrap_or(0).to_string()
    };
    html! {
        @if !weeks.is_empty() && households > 0 {
            section aria-labelledby="weeks" {
                div.sh { h2 #weeks { (w.ledgers_weeks()) } span.s { (w.ledgers_weeks_note()) } }
                div.scrollx tabindex="0" role="region" aria-label=(w.ledgers_weeks()) { table.led.dense.weeks { thead { tr {
                    th scope="col" { (w.ledgers_by_day()) } th.n scope="col" { (w.ledgers_col_met()) }
                    th.n scope="col" { (w.ledgers_col_coverage()) } td {}
                } }
                tbody { @for (day, met) in weeks { tr {
                    th.nb scope="row" { (dates::day(*day, today, w.lang())) }
                    td.n { (text::number(*met)) }
                    td.n { (text::percent(*met, households).unwrap_or_default()) }
                    td { svg width=(LONG) height="10" aria-hidden="true" {
                        rect.rest width=(LONG) height="10" {} rect width=(length(*met)) height="10" {} } }
                } } } } }
            }
        }
    }
}
