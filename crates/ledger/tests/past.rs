//! The ledger as it was known, and the households behind a figure.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Dice, Given, history, rebuild, unit};
use event::{Day, UnitCode};
use ledger::{Ledger, Period, Query, Reach, View};

const UNITS: u64 = 3;

fn units() -> Vec<UnitCode> {
    (0..UNITS).map(unit).collect()
}

fn moments(dice: &mut Dice, given: &[Given]) -> u64 {
    given[usize::try_from(dice.below(given.len() as u64)).unwrap()]
        .receipt
        .received_at_ms
}

/// Everything that can be asked of a ledger that depends on more than one entity, as text.
fn said(ledger: &Ledger, period: Period) -> Vec<String> {
    let query = Query::as_of(period.to);
    let mut said = Vec::new();
    for unit in units() {
        said.push(format!("{:?}", ledger.requests(unit, query)));
        said.push(format!("{:?}", ledger.households(unit, query)));
        said.push(format!("{:?}", ledger.diary(unit, query)));
        said.push(format!("{:?}", ledger.coverage(unit, period, query)));
        for view in [View::Requests, View::Households, View::Diary] {
            said.push(format!(
                "{:?} {}",
                ledger.live_digest(view, unit),
                ledger.root(view, unit)
            ));
        }
    }
    said
}

fn year() -> Period {
    Period::year(2026).unwrap()
}

#[test]
fn what_was_known_then_is_what_a_replay_of_those_receipts_gives() {
    let mut differed = 0;
    for seed in 0..80 {
        let given = history(seed, 120);
        let now = rebuild(&given);
        let mut dice = Dice(seed ^ 0x9a57);
        for _ in 0..4 {
            let until = moments(&mut dice, &given);
            let replayed = rebuild(given.iter().filter(|one| one.receipt.received_at_ms <= until));
            let mut past = now.known_by(until);
            assert_eq!(past.cut().position, None, "the journal says it, not the entries");
            if let Some(position) = replayed.cut().position {
                past.advance(position);
            }
            assert_eq!(
                said(&past, year()),
                said(&replayed, year()),
                "seed {seed} until {until}"
            );
            assert_eq!(past.len(), replayed.len());
            for one in &given {
                let at = (one.log, one.sequence);
                assert_eq!(
                    past.effect_at(at.0, at.1),
                    replayed.effect_at(at.0, at.1),
                    "seed {seed} {at:?}"
                );
            }
            differed += usize::from(said(&past, year()) != said(&now, year()));
        }
    }
    assert!(differed > 100, "{differed}");
}

#[test]
fn the_households_behind_a_figure_are_as_many_as_it_says() {
    let mut visits = 0;
    for seed in 0..80 {
        let given = history(seed, 120);
        let ledger = rebuild(&given);
        let until: Day = "2026-03-20".parse().unwrap();
        for period in [year(), Period::month(2026, 3).unwrap()] {
            for occurred_until in [None, Some(until)] {
                let query = Query {
                    occurred_until,
                    ..Query::as_of(period.to)
                };
                for unit in units() {
                    let row = ledger.coverage(unit, period, query);
                    let covered = ledger.covered(unit, period, query);
                    let count = |reach| covered.iter().filter(|one| one.reach == reach).count() as u64;
                    let counted = [
                        covered.len() as u64,
                        count(Some(Reach::MetAtHome)),
                        count(Some(Reach::Contacted)),
                        count(Some(Reach::Knocked)),
                        count(None),
                    ];
                    let stated = [
                        row.households,
                        row.met_at_home,
                        row.contacted,
                        row.knocked_only,
                        row.unvisited,
                    ];
                    assert_eq!(counted, stated, "seed {seed}");
                    for one in &covered {
                        let best = one.visits.iter().map(Reach::of).max();
                        assert_eq!(best, one.reach);
                        visits += one.visits.len();
                    }
                }
            }
        }
    }
    assert!(visits > 500, "{visits}");
}

#[test]
fn every_household_stands_once_in_the_ledger_of_all_units() {
    for seed in 0..40 {
        let given = history(seed, 120);
        let ledger = rebuild(&given);
        let query = Query::as_of(year().to);
        let mut one_by_one: Vec<_> = ledger.units().flat_map(|unit| ledger.households(unit, query)).collect();
        one_by_one.sort_by_key(|row| row.household);
        assert_eq!(ledger.all_households(query), one_by_one, "seed {seed}");
        for one in &given {
            assert_eq!(
                ledger.receipt_at(one.log, one.sequence).is_some(),
                ledger.effect_at(one.log, one.sequence).is_some()
            );
        }
    }
}
