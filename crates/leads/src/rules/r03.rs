//! R03 two places at once. Source: domain study §5 R03. Benign: left early.

use std::collections::BTreeMap;

use event::PersonId;

use super::{Sink, by_cadre_and_month};
use crate::history::Gathering;
use crate::lead::count;
use crate::{History, Parameters};

/// For each cadre and claimed month: visits on foot with a start in minutes and a length that overlap a reception or meeting
/// in which the cadre is named. The events are the visits and the gatherings.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r03;
    let least_ms = i64::from(rule.overlap_minutes_min.max(1)) * 60_000;
    let mut sat: BTreeMap<PersonId, Vec<&Gathering>> = BTreeMap::new();
    for held in &history.gatherings {
        held.people
            .iter()
            .for_each(|person| sat.entry(*person).or_default().push(held));
    }
    let on_foot = history.visits.values().filter(|visit| visit.is_on_foot());
    for ((cadre, _), visits) in by_cadre_and_month(on_foot) {
        let Some(sat) = sat.get(&cadre) else { continue };
        let (mut named, mut seen, mut longest) = (Vec::new(), 0, 0);
        for visit in visits {
            let Some((start, end)) = visit.span_ms() else { continue };
            let overlap = |held: &&&Gathering| end.min(held.end_ms) - start.max(held.start_ms);
            let worst = sat.iter().max_by_key(|held| (overlap(held), held.entered.id));
            if let Some(held) = worst.filter(|held| overlap(held) >= least_ms) {
                seen += 1;
                longest = longest.max(overlap(&held));
                named.extend([visit.entered.named(), held.entered.named()]);
            }
        }
        if seen >= usize::from(rule.visits_min.max(1)) {
            sink.cadre(
                cadre,
                named,
                &[("visits", count(seen)), ("longest_minutes", longest / 60_000)],
            );
        }
    }
}
