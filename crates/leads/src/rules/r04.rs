//! R04 day cap. Source: domain study §5 R04. Benign: a campaign day.

use std::collections::{BTreeMap, BTreeSet};

use event::Day;

use super::{Sink, by_cadre_and_month, named};
use crate::lead::count;
use crate::visit::Visit;
use crate::{History, Parameters};

/// For each cadre and claimed month: the day with most households met at home, the earliest of equal ones.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let met = history.visits.values().filter(|visit| visit.met_at_home());
    for ((cadre, _), visits) in by_cadre_and_month(met) {
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
        if most > usize::from(parameters.r04.households_max) {
            sink.cadre(cadre, named(visits), &[("households", count(most))]);
        }
    }
}
