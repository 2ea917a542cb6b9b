//! R05 late entry. Source: domain study §5 R05. Benign: a paper diary. The recorded time is that of the machine where it was
//! typed, never that of the receipt: being offline is no delay.

use event::{Day, EntryMode};

use super::{Sink, by_cadre_and_month, named};
use crate::lead::count;
use crate::visit::Visit;
use crate::{History, Parameters};

/// Days from the claimed day to the recorded one.
pub(super) fn delay_days(visit: &Visit) -> i64 {
    i64::from(Day::of_instant(visit.entered.recorded_ms).0) - i64::from(visit.entered.occurred.day().0)
}

/// For each cadre and claimed month: visits whose machine's clock holds and that were recorded late.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r05;
    let skew_ms = parameters.clock_skew_ms;
    let own = history.visits.values().filter(|visit| !visit.entered.is_foreign);
    for ((cadre, _), visits) in by_cadre_and_month(own) {
        let is_late = |visit: &&Visit| {
            let from_paper = visit.entered.mode == EntryMode::BatchFromPaper;
            let most = if from_paper { rule.paper_days_max } else { rule.days_max };
            visit.entered.clock_holds(skew_ms) && delay_days(visit) > i64::from(most)
        };
        let all = visits.len();
        let late: Vec<&Visit> = visits.into_iter().filter(is_late).collect();
        if late.len() >= usize::from(rule.records_min.max(1)) {
            let longest = late.iter().map(|visit| delay_days(visit)).max().unwrap_or(0);
            let figures = [
                ("late", count(late.len())),
                ("visits", count(all)),
                ("longest_days", longest),
            ];
            sink.cadre(cadre, named(late), &figures);
        }
    }
}
