//! R20 burst keying. Source: domain study §5 R20; of the records of two real offices 15 and 52 % came within a minute of the one before, so a gap
//! alone means nothing. Benign: a declared batch, which is left out.

use std::collections::BTreeMap;

use event::{EntryMode, Origin, PersonId};

use super::{Sink, named};
use crate::lead::count;
use crate::month::Month;
use crate::visit::{Entered, Visit};
use crate::{History, Parameters};

/// For each log, recorder and month claimed by a run's first visit: the longest run of visits, in the order of the log, each typed less than the gap
/// after the one before; a declared visit ends the run. Visits are as first recorded; voided ones do not count.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let rule = parameters.r20;
    let gap_ms = i64::from(rule.gap_seconds) * 1_000;
    let mut recorders: BTreeMap<(Origin, PersonId), Vec<&Visit>> = BTreeMap::new();
    for visit in history.visits.values().filter(|visit| !visit.entered.is_foreign) {
        let entered = &visit.entered;
        recorders
            .entry((entered.origin, entered.recorder))
            .or_default()
            .push(visit);
    }
    for ((_, recorder), mut visits) in recorders {
        visits.sort_by_key(|visit| visit.entered.sequence);
        let goes_on = |one: &&Visit, next: &&Visit| {
            let declared = |visit: &Visit| visit.entered.mode == EntryMode::BatchFromPaper;
            !declared(one) && !declared(next) && (0..gap_ms).contains(&passed_ms(&one.entered, &next.entered))
        };
        let mut longest: BTreeMap<Month, &[&Visit]> = BTreeMap::new();
        for run in visits
            .chunk_by(goes_on)
            .filter(|run| run.len() >= usize::from(rule.records_min.max(2)))
        {
            if let Some(month) = Month::of(run[0].entered.occurred.day()) {
                let known = longest.entry(month).or_insert(run);
                if run.len() > known.len() {
                    *known = run;
                }
            }
        }
        for run in longest.into_values() {
            let (first, last) = (&run[0].entered, &run[run.len() - 1].entered);
            let figures = [
                ("records", count(run.len())),
                ("seconds", passed_ms(first, last) / 1_000),
            ];
            sink.cadre(recorder, named(run.iter().copied()), &figures);
        }
    }
}

/// Time between two records: monotonic within one boot, else by the recorded times.
fn passed_ms(one: &Entered, next: &Entered) -> i64 {
    if one.boot == next.boot {
        next.mono_ms.cast_signed() - one.mono_ms.cast_signed()
    } else {
        next.recorded_ms - one.recorded_ms
    }
}
