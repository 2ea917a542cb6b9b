//! R31 a log with a gap, a fork or a root that does not hold. Source: domain study §5 R31. Benign: a restored backup; a declared one is no lead.

use std::collections::{BTreeMap, BTreeSet};

use event::{Day, Origin, Sequence, Subject, UnitCode};

use super::Sink;
use crate::lead::{Figure, Named, count};
use crate::{History, Lead, LogNote, Parameters};

#[derive(Default)]
struct Seen {
    size: u64,
    forks: usize,
    broken: usize,
    day: Option<Day>,
}

/// For each log: sequences up to the receipted size that are not there; forks told by the journal, or two entries with one place; roots
/// that the verifier found not to hold. Whoever declared a restore has explained forks, and nothing else.
pub(super) fn find(history: &History, parameters: &Parameters, sink: &mut Sink<'_>) {
    let mut logs: BTreeMap<Origin, Seen> = BTreeMap::new();
    let mut restored = BTreeSet::new();
    for note in &history.notes {
        match *note {
            LogNote::Reached { origin, size } => {
                let seen = logs.entry(origin).or_default();
                seen.size = size.max(seen.size);
            }
            LogNote::Fork { origin, at_ms, .. } => {
                let seen = logs.entry(origin).or_default();
                seen.forks += 1;
                let day = Day::of_instant(at_ms.cast_signed());
                seen.day = Some(seen.day.map_or(day, |known| known.min(day)));
            }
            LogNote::Broken { origin, .. } => logs.entry(origin).or_default().broken += 1,
            LogNote::Restored { origin } => {
                restored.insert(origin);
            }
        }
    }
    for (origin, _) in &history.doubled {
        logs.entry(*origin).or_default().forks += 1;
    }
    for (origin, mut seen) in logs {
        if restored.contains(&origin) {
            seen.forks = 0;
        }
        let gap = gap(history, origin, seen.size);
        let missing = gap.missing >= u64::from(parameters.r31.missing_min.max(1));
        if missing || seen.forks > 0 || seen.broken > 0 {
            let day = gap.day.or(seen.day).unwrap_or(Day(0));
            sink.bare(lead(origin, &seen, &gap, day));
        }
    }
}

fn lead(origin: Origin, seen: &Seen, gap: &Gap, day: Day) -> Lead {
    let figure = |name, value| Figure { name, value };
    Lead {
        rule: crate::Rule::R31,
        version: 0,
        unit: gap.unit,
        subject: Subject::origin(origin),
        period: (day, day),
        events: gap
            .around
            .iter()
            .map(|one| one.id)
            .take(crate::LEAD_EVENTS_MAX)
            .collect(),
        figures: vec![
            figure("missing", i64::try_from(gap.missing).unwrap_or(i64::MAX)),
            figure("first_missing", i64::try_from(gap.first).unwrap_or(i64::MAX)),
            figure("forks", count(seen.forks)),
            figure("broken", count(seen.broken)),
        ],
    }
}

#[derive(Default)]
struct Gap {
    missing: u64,
    /// First sequence that is not there; 0 where none is missing.
    first: u64,
    /// The entries on either side of the first gap.
    around: Vec<Named>,
    day: Option<Day>,
    unit: UnitCode,
}

/// What is missing of the receipted entries.
fn gap(history: &History, origin: Origin, size: u64) -> Gap {
    let mut found = Gap::default();
    let empty = BTreeMap::new();
    let log = history.logs.get(&origin).unwrap_or(&empty);
    found.unit = log.values().next().map(|entered| entered.unit).unwrap_or_default();
    let nothing = BTreeSet::new();
    let held = history.held.get(&origin).unwrap_or(&nothing);
    let receipted = held.iter().filter(|sequence| sequence.get() <= size).count();
    found.missing = size.saturating_sub(u64::try_from(receipted).unwrap_or(u64::MAX));
    if found.missing == 0 {
        return found;
    }
    let mut next = Sequence::FIRST;
    while held.contains(&next) {
        next = next.plus(1);
    }
    found.first = next.get();
    let before = log.range(..next).next_back();
    let after = log.range(next..).next();
    let sides = before.into_iter().chain(after).map(|(_, entered)| entered);
    for entered in sides {
        found.around.push(entered.named());
        found.day = found.day.or(Some(Day::of_instant(entered.received_ms)));
    }
    found
}
