//! A glance at every log says what the full figures say, and a log that has not moved needs no second one.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeMap;

use common::{Dice, Given, day, history, origin, unit};
use event::{Day, Origin, UnitCode};
use ledger::{Effect, Ledger, LogGlance, LogStand, Period, Query};

type Glances = BTreeMap<UnitCode, LogGlance>;

fn all(ledger: &Ledger) -> BTreeMap<Origin, Glances> {
    ledger.origins().map(|origin| (origin, ledger.glance(origin))).collect()
}

fn of_village(ledger: &Ledger, of: UnitCode) -> impl Iterator<Item = (Origin, LogGlance)> {
    let all = all(ledger).into_iter();
    all.filter_map(move |(origin, mut units)| units.remove(&of).map(|glance| (origin, glance)))
}

#[test]
fn a_glance_counts_what_the_full_figures_count() {
    for seed in 0..30 {
        let mut ledger = Ledger::new();
        let given = history(seed, 120);
        for one in &given {
            one.apply(&mut ledger);
            ledger.advance(one.receipt.position);
        }
        ledger.settle();
        for n in 0..3 {
            let rows = ledger.sync_health(unit(n));
            let glances: BTreeMap<_, _> = of_village(&ledger, unit(n)).collect();
            for row in &rows {
                let Some(glance) = glances.get(&row.origin) else {
                    assert_eq!(row.entries, 0, "seed {seed}");
                    continue;
                };
                let counts = (glance.entries, glance.conflicts.len() as u64, glance.not_understood);
                assert_eq!(counts, (row.entries, row.conflicts, row.not_understood), "seed {seed}");
                assert_eq!(glance.received.values().sum::<u64>(), row.entries, "seed {seed}");
                assert!(glance.last_received_at_ms <= row.last_received_at_ms);
            }
            let exceptions = ledger.exceptions(unit(n));
            let held = exceptions.iter().filter(|one| match one.effect {
                Effect::Held => true,
                effect => effect.reason() == Some("no_second_person"),
            });
            let seen: usize = glances.values().map(|glance| glance.held.len()).sum();
            assert_eq!(seen, held.count(), "seed {seed}");
        }
    }
}

#[test]
fn a_log_whose_stand_is_the_same_looks_the_same_whatever_came_in_between() {
    let mut unmoved = 0_u32;
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let mut given = history(seed, 120);
        // Late copies, corrections and clocks move entries that were here before.
        dice.shuffle(&mut given);
        let mut ledger = Ledger::new();
        let mut before: BTreeMap<Origin, (LogStand, Glances)> = BTreeMap::new();
        for batch in given.chunks(5) {
            for one in batch {
                one.apply(&mut ledger);
            }
            ledger.advance(batch.iter().map(|one: &Given| one.receipt.position).max().unwrap());
            if dice.chance(20) {
                let entry = &given[usize::try_from(dice.below(given.len() as u64)).unwrap()];
                if dice.chance(60) {
                    ledger.hold(entry.log, entry.sequence);
                } else {
                    ledger.release(entry.log, entry.sequence);
                }
            }
            ledger.settle();
            for (origin, glances) in all(&ledger) {
                let stand = ledger.stand_of(origin);
                if let Some((known, then)) = before.get(&origin)
                    && *known == stand
                {
                    unmoved += 1;
                    assert_eq!(*then, glances, "seed {seed}");
                }
                before.insert(origin, (stand, glances));
            }
        }
    }
    assert!(unmoved > 50, "the test sees logs that rest: {unmoved}");
}

#[test]
fn open_requests_are_those_of_the_ledger() {
    for seed in 0..30 {
        let mut ledger = Ledger::new();
        history(seed, 150).iter().for_each(|one| one.apply(&mut ledger));
        ledger.settle();
        for as_of in [day("2026-03-20"), day("2026-04-15"), day("2027-01-01")] {
            let open = ledger.open_by_unit(as_of);
            let period = Period::year(2026).unwrap();
            for n in 0..3 {
                let query = Query::as_of(as_of);
                let figures = ledger.request_figures(unit(n), period, query);
                let own = open.get(&unit(n)).copied().unwrap_or_default();
                assert_eq!((own.open, own.overdue), (figures.open, figures.overdue), "seed {seed}");
                let late = ledger.requests(unit(n), query);
                let late = late
                    .iter()
                    .filter(|row| row.overdue_days > 0 && row.open_days.is_some());
                let late: Vec<Day> = late
                    .filter(|row| row.request.stopped_on().is_none())
                    .map(|row| row.request.due.unwrap().day())
                    .collect();
                assert_eq!(
                    (own.unanswered, own.oldest_due),
                    (late.len() as u64, late.into_iter().min())
                );
            }
        }
    }
    let ledger = Ledger::new();
    assert_eq!(ledger.stand_of(origin(0)), LogStand::default());
    assert!(ledger.glance(origin(0)).is_empty());
}
