//! R01 impossible density. Source: domain study §5 R01. Benign: one courtyard, a block visit.

use std::collections::BTreeSet;

use super::{Sink, by_cadre_and_month, campaigns, named};
use crate::lead::count;
use crate::visit::Visit;
use crate::{History, Parameters};

/// For each cadre and claimed month: visits that met somebody at home and claim minutes, days on which the whole village went out left aside. The window is half open. Of the windows that
/// begin with a visit, the one with most households is told, the earliest of equal ones.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r01;
    let window_ms = i64::from(rule.window_minutes) * 60_000;
    let met = || history.visits.values().filter(|visit| visit.met_at_home());
    let campaigns = campaigns(met(), (rule.campaign_cadres_min, rule.campaign_households_min));
    let is_usual = |visit: &&Visit| !campaigns.contains(&(visit.entered.unit, visit.entered.occurred.day()));
    let usual = met()
        .filter(|visit| visit.entered.exact_ms().is_some())
        .filter(is_usual);
    for ((cadre, _), visits) in by_cadre_and_month(usual) {
        let start = |visit: &Visit| visit.entered.occurred.start_ms();
        let (mut best, mut most) = (0..0, 0);
        for first in 0..visits.len() {
            let within = |visit: &&Visit| start(visit) < start(visits[first]).saturating_add(window_ms);
            let end = first + visits[first..].partition_point(within);
            let households: BTreeSet<_> = visits[first..end].iter().map(|visit| visit.household).collect();
            if households.len() > most {
                (best, most) = (first..end, households.len());
            }
        }
        if most > usize::from(rule.households_max) {
            let figures = [
                ("households", count(most)),
                ("window_minutes", rule.window_minutes.into()),
            ];
            sink.cadre(cadre, named(visits[best].iter().copied()), &figures);
        }
    }
}
