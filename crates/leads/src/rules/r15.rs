//! R15 recorder pattern. Source: domain study §5 R15 and §4.6 (one handwriting for all). Benign: a clerk helps elderly cadres; what
//! is declared as a batch from paper is left out.

use std::collections::{BTreeMap, BTreeSet};

use event::{EntryMode, PersonId};

use super::{Sink, by_cadre_and_month, named};
use crate::lead::count;
use crate::month::Month;
use crate::visit::Visit;
use crate::{History, Parameters};

fn is_undeclared(visit: &&Visit) -> bool {
    !visit.entered.is_foreign && visit.entered.mode != EntryMode::BatchFromPaper
}

/// Two looks. For each cadre and claimed month: undeclared visits typed by somebody who was not there, among all. For each recorder and
/// claimed month: the most cadres for whom it typed undeclared visits within the window at which it was not itself.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r15;
    let own = history.visits.values().filter(|visit| !visit.entered.is_foreign);
    for ((cadre, _), visits) in by_cadre_and_month(own) {
        let by_others = |visit: &&Visit| is_undeclared(visit) && !visit.visitors.contains(&visit.entered.recorder);
        let all = visits.len();
        let typed: Vec<&Visit> = visits.into_iter().filter(by_others).collect();
        if all >= usize::from(rule.visits_min.max(1)) && typed.len() * 1_000 > all * usize::from(rule.share_permille) {
            let figures = [("typed_by_others", count(typed.len())), ("visits", count(all))];
            sink.cadre(cadre, named(typed), &figures);
        }
    }
    for (recorder, sitting, cadres) in sittings(history, parameters) {
        let figures = [("cadres", count(cadres)), ("visits", count(sitting.len()))];
        sink.cadre(recorder, named(sitting), &figures);
    }
}

/// The fullest window of each recorder and month that has enough cadres.
fn sittings<'a>(history: &'a History, parameters: &Parameters) -> Vec<(PersonId, Vec<&'a Visit>, usize)> {
    let rule = parameters.r15;
    let window_ms = i64::from(rule.window_minutes) * 60_000;
    let mut recorders: BTreeMap<(PersonId, Month), Vec<&Visit>> = BTreeMap::new();
    for visit in history.visits.values().filter(is_undeclared) {
        if let Some(month) = Month::of(visit.entered.occurred.day()) {
            let recorder = visit.entered.recorder;
            recorders.entry((recorder, month)).or_default().push(visit);
        }
    }
    let mut found = Vec::new();
    for ((recorder, _), mut visits) in recorders {
        visits.sort_by_key(|visit| (visit.entered.recorded_ms, visit.entered.id));
        let (mut best, mut most) = (0..0, 0);
        for first in 0..visits.len() {
            let until = visits[first].entered.recorded_ms.saturating_add(window_ms);
            let end = first + visits[first..].partition_point(|visit| visit.entered.recorded_ms < until);
            let people = visits[first..end]
                .iter()
                .filter(|visit| !visit.visitors.contains(&recorder));
            let others: BTreeSet<&PersonId> = people.flat_map(|visit| visit.visitors.iter()).collect();
            if others.len() > most {
                (best, most) = (first..end, others.len());
            }
        }
        if most >= usize::from(rule.cadres_min.max(1)) {
            found.push((recorder, visits[best].to_vec(), most));
        }
    }
    found
}
