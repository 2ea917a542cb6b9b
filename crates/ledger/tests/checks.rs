//! Checks of visits, receptions and meetings, samples and seals: what they come to, in every order.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Dice, FIRST_HUB, Given, author, day, history, household, origin, person, rebuild, unit, write};
use event::*;
use ledger::{Author, Conflict, Effect, Ledger, NoEffect, Receipt, SealRoot, View};

const CADRE: u64 = 1;
const CLERK: u64 = 2;
const CHECKER: u64 = 3;

/// Events of one village and of the township.
#[derive(Default)]
struct Story {
    given: Vec<Given>,
    told: Vec<(EventId, Effect)>,
}

impl Story {
    fn add(&mut self, log: u64, subject: Subject, facts: Facts, people: (u64, &[u64])) -> EventId {
        let n = self.given.len() as u64 + 1;
        let sequence = self.given.iter().filter(|one| one.log == origin(log)).count() as u64 + 1;
        let ms = common::START_MS + n * 1_000;
        let id = EventId::from_parts(ms, 5).unwrap();
        let (recorder, actors) = (person(people.0), people.1.iter().map(|n| person(*n)).collect());
        let occurred = When::Day(day("2026-03-01"));
        let entry = write(
            log,
            sequence,
            id,
            unit(0),
            subject,
            facts,
            occurred,
            (recorder, actors),
            None,
            None,
        );
        self.given.push(Given {
            bytes: entry.bytes,
            log: origin(log),
            sequence: Sequence::new(sequence).unwrap(),
            author: author(log),
            receipt: Receipt {
                position: Position(n),
                received_at_ms: ms + 10_000_000,
            },
        });
        id
    }

    fn expect(&mut self, id: EventId, effect: Effect) {
        self.told.push((id, effect));
    }

    fn check(&mut self, log: u64, target: EventId, people: (u64, &[u64]), effect: Effect) {
        let facts = Facts::ContactChecked(ContactChecked {
            target,
            method: CheckMethod::Phone,
            sample: None,
            result: CheckResult::Confirmed,
        });
        let id = self.add(log, Subject::household(household(1)), facts, people);
        self.expect(id, effect);
    }

    /// Every effect, whatever the order in which the entries arrive.
    fn run(&self) -> Ledger {
        let ledger = rebuild(&self.given);
        let mut dice = Dice(4);
        for _ in 0..8 {
            let mut order = self.given.clone();
            dice.shuffle(&mut order);
            let shuffled = rebuild(&order);
            for (n, (id, effect)) in self.told.iter().enumerate() {
                assert_eq!(shuffled.effect_of(*id), Some(*effect), "number {n}");
            }
        }
        ledger
    }
}

fn visit() -> Facts {
    Facts::VisitRecorded(VisitRecorded {
        mode: Mode::Home,
        outcome: Outcome::Met,
        minutes: None,
        requests: vec![],
    })
}

#[test]
fn who_was_at_the_visit_does_not_check_it() {
    let mut story = Story::default();
    let home = Subject::household(household(1));
    let target = story.add(0, home, visit(), (CLERK, &[CADRE]));
    let counted = Effect::Counted;
    story.check(FIRST_HUB, target, (CHECKER, &[CHECKER]), counted);
    // The clerk who typed the visit was not there.
    story.check(FIRST_HUB, target, (CLERK, &[CHECKER]), counted);
    let by_visitor = Effect::Conflict(Conflict::CheckerIsVisitor);
    story.check(FIRST_HUB, target, (CHECKER, &[CHECKER, CADRE]), by_visitor);
    story.check(FIRST_HUB, target, (CADRE, &[CHECKER]), by_visitor);
    story.check(0, target, (CHECKER, &[CHECKER]), Effect::Conflict(Conflict::HubOnly));
    story.run();
}

#[test]
fn a_check_needs_a_visit_of_its_household_and_changes_no_row() {
    let mut story = Story::default();
    let home = Subject::household(household(1));
    let visited = story.add(0, home, visit(), (CADRE, &[CADRE]));
    let voided = story.add(0, home, visit(), (CADRE, &[CADRE]));
    let facts = Facts::RecordCorrected(RecordCorrected {
        target: voided,
        correction: CorrectionKind::Void,
        replacement: None,
        occurred: None,
    });
    story.add(0, home, facts, (CADRE, &[CADRE, CLERK]));
    let facts = Facts::HouseholdRegistered(HouseholdRegistered { group: 1, size: None });
    let registered = story.add(0, home, facts, (CLERK, &[CLERK]));
    let elsewhere = story.add(0, Subject::household(household(2)), visit(), (CADRE, &[CADRE]));
    let before = rebuild(&story.given);
    let asks: (u64, &[u64]) = (CHECKER, &[CHECKER]);
    let missing = Effect::NoEffect(NoEffect::TargetMissing);
    story.check(FIRST_HUB, visited, asks, Effect::Counted);
    story.check(FIRST_HUB, voided, asks, Effect::Counted);
    story.check(FIRST_HUB, elsewhere, asks, missing);
    story.check(FIRST_HUB, registered, asks, Effect::Conflict(Conflict::ChecksNoVisit));
    let after = story.run();
    for view in [View::Households, View::Requests, View::Diary] {
        assert_eq!(after.root(view, unit(0)), before.root(view, unit(0)), "{}", view.key());
    }
}

#[test]
fn a_reception_is_held_once_and_nobody_need_have_come() {
    let mut story = Story::default();
    let reception = |visitors| {
        Facts::ReceptionHeld(ReceptionHeld {
            venue: Venue::Workroom,
            until: "2026-03-01 11:30".parse().unwrap(),
            visitors,
            requests: vec![],
        })
    };
    let subject = |n| Subject::occasion(common::request(n));
    for (n, visitors, effect) in [
        (1, 0, Effect::Counted),
        (2, 4, Effect::Counted),
        (1, 3, Effect::Conflict(Conflict::AlreadyCreated)),
    ] {
        let id = story.add(0, subject(n), reception(visitors), (CLERK, &[CADRE]));
        story.expect(id, effect);
    }
    let meeting = Facts::MeetingHeld(MeetingHeld {
        meeting: MeetingKind::Symposium,
        attending: 11,
        minutes: None,
        requests: vec![],
    });
    let id = story.add(0, subject(3), meeting, (CLERK, &[CADRE]));
    story.expect(id, Effect::Counted);
    story.run();
}

#[test]
fn a_seal_of_a_sealed_period_names_the_one_that_stands() {
    let mut story = Story::default();
    let journal = |n: u8| JournalId::from_bytes([n; 16]);
    let seal = |of: u8, to: &str, supersedes| {
        Facts::LedgerSealed(LedgerSealed {
            from: day("2026-01-01"),
            to: day(to),
            journal: journal(of),
            position: Position(9),
            rule: 1,
            root: Hash256([1; 32]),
            count: 3,
            supersedes,
        })
    };
    let mut add = |log, facts, effect| {
        let id = story.add(log, Subject::journal(journal(1)), facts, (CLERK, &[CLERK]));
        story.expect(id, effect);
        id
    };
    let again = Effect::Conflict(Conflict::AlreadySealed);
    let first = add(FIRST_HUB, seal(1, "2026-01-31", None), Effect::Counted);
    add(FIRST_HUB, seal(1, "2026-02-28", None), Effect::Counted);
    add(FIRST_HUB, seal(1, "2026-01-31", None), again);
    let second = add(FIRST_HUB, seal(1, "2026-01-31", Some(first)), Effect::Counted);
    add(FIRST_HUB, seal(1, "2026-01-31", Some(first)), again);
    add(FIRST_HUB, seal(1, "2026-01-31", Some(second)), Effect::Counted);
    add(0, seal(1, "2026-04-30", None), Effect::Conflict(Conflict::HubOnly));
    add(
        FIRST_HUB,
        seal(2, "2026-04-30", None),
        Effect::Conflict(Conflict::WrongSubject),
    );
    let sample = Facts::SamplePublished(SamplePublished {
        journal: journal(1),
        size: Position(10),
        root: Hash256([2; 32]),
        from: day("2026-01-01"),
        to: day("2026-01-31"),
        minimum: 2,
        permille: 50,
        rule: 1,
        drawn: 4,
        list: Hash256([3; 32]),
    });
    add(FIRST_HUB, sample.clone(), Effect::Counted);
    add(0, sample, Effect::Conflict(Conflict::HubOnly));
    story.run();
}

#[test]
fn one_root_stands_for_the_roots_of_all_views() {
    let ledger = rebuild(&history(11, 200));
    let mut leaves = Vec::new();
    for n in 0..3 {
        for view in View::ALL {
            if !ledger.rows(view, unit(n)).is_empty() {
                let head = format!("minqing/seal/{}/{}/1\n", unit(n), view.key());
                leaves.push([head.as_bytes(), &ledger.root(view, unit(n)).0].concat());
            }
        }
    }
    leaves.sort();
    let seal = ledger.seal_root();
    assert_eq!((seal.count as usize, seal.root.0), (leaves.len(), merkle(&leaves)));
    assert!(leaves.len() > 6, "{}", leaves.len());
    let nothing = SealRoot::of_roots([]).root.to_string();
    assert_eq!(
        nothing,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    let village: Vec<_> = history(11, 200);
    let fewer = village.iter().filter(|one| one.author == Author::Village);
    assert_ne!(rebuild(fewer).seal_root(), seal);
}

/// The Merkle tree hash as RFC 6962 §2.1 defines it, by recursion.
fn merkle(leaves: &[Vec<u8>]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    match leaves {
        [leaf] => Sha256::new().chain_update([0]).chain_update(leaf).finalize().into(),
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            let (left, right) = (merkle(&leaves[..split]), merkle(&leaves[split..]));
            Sha256::new()
                .chain_update([1])
                .chain_update(left)
                .chain_update(right)
                .finalize()
                .into()
        }
    }
}
