//! R28 edit before check. Source: domain study §5 R28. Benign: an honest fix, which has a reason.

use std::collections::{BTreeMap, BTreeSet};

use event::{EventId, PersonId, Position};

use super::Sink;
use crate::lead::{Named, count};
use crate::month::Month;
use crate::{History, Parameters};

/// For each cadre and month claimed by the visit: visits of a published sample, drawn again here, with a correction in effect that voids it, changes its mode, outcome or time, and was recorded after
/// the publication was received, and received before the first check of that visit or, without one, recorded within so many days.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r28;
    let mut groups: BTreeMap<(PersonId, Month), (BTreeSet<EventId>, Vec<Named>)> = BTreeMap::new();
    for publication in &history.publications {
        let Some(plan) = history.plan_of(&publication.facts) else {
            continue;
        };
        let drawn: BTreeSet<EventId> = history.sample(&plan).into_iter().collect();
        let published_ms = publication.entered.received_ms;
        let mut checked: BTreeMap<EventId, Position> = BTreeMap::new();
        for check in history
            .checks
            .iter()
            .filter(|check| drawn.contains(&check.facts.target))
        {
            let first = checked.entry(check.facts.target).or_insert(check.entered.position);
            *first = check.entered.position.min(*first);
        }
        let last_ms = published_ms.saturating_add(i64::from(rule.days_max) * 86_400_000);
        for edit in history.corrections.iter().filter(|edit| drawn.contains(&edit.target)) {
            let before_check = match checked.get(&edit.target) {
                Some(first) => edit.entered.position < *first,
                None => edit.entered.recorded_ms <= last_ms,
            };
            let after = edit.entered.recorded_ms > published_ms && edit.entered.position > publication.entered.position;
            let is_told = after && before_check && edit.changes_what_is_asked();
            let Some(visit) = history.first_record(edit.target).filter(|_| is_told) else {
                continue;
            };
            let visited = visit.entered.named();
            if let Some(month) = Month::of(visited.day) {
                let edited = Named {
                    id: edit.entered.id,
                    ..visited
                };
                for cadre in &visit.visitors {
                    let (records, named) = groups.entry((*cadre, month)).or_default();
                    records.insert(edit.target);
                    named.extend([visited, edited]);
                }
            }
        }
    }
    for ((cadre, _), (records, named)) in groups {
        if records.len() >= usize::from(rule.records_min.max(1)) {
            sink.cadre(cadre, named, &[("records", count(records.len()))]);
        }
    }
}
