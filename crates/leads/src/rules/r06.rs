//! R06 end-of-month bulk. Source: domain study §5 R06. Benign: a pairing that began late.

use event::Day;

use super::r05::delay_days;
use super::{Sink, by_cadre_and_month, named};
use crate::chance::tail_is_below;
use crate::lead::count;
use crate::visit::Visit;
use crate::{History, Parameters};

/// For each cadre and month: of the visits claimed before its last days, those recorded in the last days or later, and late. A visit of the last days
/// is rightly recorded then and is left out. Both the share and the odds must be passed: with few records a share alone is chance.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r06;
    let skew_ms = parameters.clock_skew_ms;
    let own = history.visits.values().filter(|visit| !visit.entered.is_foreign);
    for ((cadre, month), visits) in by_cadre_and_month(own) {
        let days = month.days();
        let last_days = u32::from(rule.last_days).clamp(1, days - 1);
        let from = month.last.plus(1 - i32::from(rule.last_days));
        let earlier = visits
            .into_iter()
            .filter(|visit| visit.entered.occurred.day() < from && visit.entered.clock_holds(skew_ms));
        let earlier: Vec<&Visit> = earlier.collect();
        let all = earlier.len();
        let is_bulk = |visit: &&Visit| {
            let is_late = delay_days(visit) > i64::from(rule.delay_days_max);
            is_late && Day::of_instant(visit.entered.recorded_ms) >= from
        };
        let bulk: Vec<&Visit> = earlier.into_iter().filter(is_bulk).collect();
        let passes = all >= usize::from(rule.records_min.max(1))
            && bulk.len() * 1_000 > all * usize::from(rule.share_permille)
            && tail_is_below(small(bulk.len()), small(all), last_days, days, rule.one_in);
        if passes {
            let figures = [
                ("bulk", count(bulk.len())),
                ("records", count(all)),
                ("last_days", last_days.into()),
            ];
            sink.cadre(cadre, named(bulk), &figures);
        }
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
