//! R04 day cap. Source: domain study §5 R04. Benign: a campaign day.

use std::collections::{BTreeMap, BTreeSet};

use event::Day;

use super::{Sink, by_cadre_and_month, campaigns, named};
use crate::lead::count;
use crate::visit::Visit;
use crate::{History, Parameters};

/// For each cadre and claimed month: the day with most households met at home, the earliest of equal ones; days on which the whole village went out left aside.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r04;
    let met = || history.visits.values().filter(|visit| visit.met_at_home());
    let campaigns = campaigns(met(), (rule.campaign_cadres_min, rule.campaign_households_min));
    let is_usual = |visit: &&Visit| !campaigns.contains(&(visit.entered.unit, visit.entered.occurred.day()));
    for ((cadre, _), visits) in by_cadre_and_month(met().filter(is_usual)) {
        let mut days: BTreeMap<Day, Vec<&Visit>> = BTreeMap::new();
        for visit in visits {
            days.entry(visit.entered.occurred.day()).or_default().push(visit);
        }
        let households = |visits: &[&Visit]| {
            visits
                .iter()
                .map(|visit| visit.household)
                .collect::<BTreeSet<_>>()
                .len()
        };
        let fullest = days.into_values().rev().max_by_key(|visits| households(visits));
        let Some(visits) = fullest else { continue };
        let most = households(&visits);
        if most > usize::from(rule.households_max) {
            sink.cadre(cadre, named(visits), &[("households", count(most))]);
        }
    }
}
