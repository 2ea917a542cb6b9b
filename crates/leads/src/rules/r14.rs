//! R14 met an absent household. Source: domain study §5 R14 and the reference case in §4.6. Benign: a relative at home.

use std::collections::BTreeSet;

use super::{Sink, by_cadre_and_month, named};
use crate::lead::count;
use crate::visit::Visit;
use crate::{History, Parameters};

/// For each cadre and claimed month: visits that met at home a household that is recorded as moved out, closed or (where the
/// personal part is at hand) away on that day and so many days before and after.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r14;
    let is_absent = |visit: &&Visit| {
        let day = visit.entered.occurred.day();
        history.absences.covers(visit.household, day, rule.margin_days)
    };
    let met = history.visits.values().filter(|visit| visit.met_at_home());
    for ((cadre, _), visits) in by_cadre_and_month(met.filter(is_absent)) {
        let households: BTreeSet<_> = visits.iter().map(|visit| visit.household).collect();
        if households.len() >= usize::from(rule.households_min.max(1)) {
            let figures = [("visits", count(visits.len())), ("households", count(households.len()))];
            sink.cadre(cadre, named(visits), &figures);
        }
    }
}
