//! Coverage: who counts, for whom a visit counts, and that merges and splits can be taken back in any order.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Dice, Given, author, day, household, person, rebuild, unit, write};
use event::*;
use ledger::{CoverageRow, Ledger, NONE_WORD, Period, Query, Reach, Receipt, Status};

const CLERK: u64 = 1;

/// Events by one village, each on a day of its own choice.
#[derive(Default)]
struct Book(Vec<Given>);

impl Book {
    fn add(&mut self, of: u64, on: &str, facts: Facts) -> EventId {
        self.add_by(of, on, facts, vec![person(CLERK)])
    }

    fn add_by(&mut self, of: u64, on: &str, facts: Facts, actors: Vec<PersonId>) -> EventId {
        let n = self.0.len() as u64 + 1;
        let ms = common::START_MS + n * 1_000;
        let id = EventId::from_parts(ms, 5).unwrap();
        let (subject, occurred) = (Subject::household(household(of)), When::Day(day(on)));
        let people = (person(CLERK), actors);
        let entry = write(0, n, id, unit(0), subject, facts, occurred, people, None, None);
        self.0.push(Given {
            bytes: entry.bytes,
            log: common::origin(0),
            sequence: Sequence::new(n).unwrap(),
            author: author(0),
            receipt: Receipt {
                position: Position(n),
                received_at_ms: ms + 10_000_000,
            },
        });
        id
    }

    fn register(&mut self, of: u64, on: &str) {
        self.add(
            of,
            on,
            Facts::HouseholdRegistered(HouseholdRegistered { group: 1, size: None }),
        );
    }

    fn change(&mut self, of: u64, on: &str, change: ChangeKind, into: Option<u64>) -> EventId {
        let facts = HouseholdChanged {
            change,
            since: None,
            until: None,
            into: into.map(household),
        };
        self.add(of, on, Facts::HouseholdChanged(facts))
    }

    fn visit(&mut self, of: u64, on: &str, mode: Mode, outcome: Outcome) -> EventId {
        let facts = VisitRecorded {
            mode,
            outcome,
            minutes: None,
            requests: vec![],
        };
        self.add(of, on, Facts::VisitRecorded(facts))
    }

    fn met(&mut self, of: u64, on: &str) -> EventId {
        self.visit(of, on, Mode::Home, Outcome::Met)
    }

    fn void(&mut self, of: u64, target: EventId) {
        let facts = RecordCorrected {
            target,
            correction: CorrectionKind::Void,
            replacement: None,
            occurred: None,
        };
        let two = vec![person(CLERK), person(CLERK + 1)];
        self.add_by(of, "2026-12-31", Facts::RecordCorrected(facts), two);
    }

    /// The same coverage must come out of every order; returns it.
    fn coverage(&self, from: &str, to: &str) -> CoverageRow {
        let period = Period {
            from: day(from),
            to: day(to),
        };
        let of = |ledger: &Ledger| ledger.coverage(unit(0), period, Query::as_of(day("2026-12-31")));
        let row = of(&rebuild(&self.0));
        let mut dice = Dice(9);
        for _ in 0..8 {
            let mut order = self.0.clone();
            dice.shuffle(&mut order);
            assert_eq!(of(&rebuild(&order)), row);
        }
        assert_eq!(
            row.households,
            row.met_at_home + row.contacted + row.knocked_only + row.unvisited
        );
        let behind = rebuild(&self.0).covered(unit(0), period, Query::as_of(day("2026-12-31")));
        let in_group = |group: Option<Reach>| {
            let of_group = behind.iter().filter(|one| one.reach == group);
            of_group.count() as u64
        };
        let groups = [
            Some(Reach::MetAtHome),
            Some(Reach::Contacted),
            Some(Reach::Knocked),
            None,
        ]
        .map(in_group);
        let figures = [row.met_at_home, row.contacted, row.knocked_only, row.unvisited];
        assert_eq!(groups, figures, "the households behind a figure are as many as it says");
        row
    }

    fn counts(&self, from: &str, to: &str) -> [u64; 6] {
        let row = self.coverage(from, to);
        let groups = [row.households, row.met_at_home, row.contacted, row.knocked_only];
        [
            groups[0],
            groups[1],
            groups[2],
            groups[3],
            row.unvisited,
            row.visits_off_books,
        ]
    }
}

#[test]
fn nobody_on_the_books_is_none_and_not_everybody() {
    let row = Book::default().coverage("2026-03-01", "2026-03-31");
    assert_eq!((row.households, row.coverage.to_string().as_str()), (0, NONE_WORD));
    assert!(!row.coverage.is_whole());
}

#[test]
fn the_best_visit_of_the_period_decides() {
    let mut book = Book::default();
    for of in 0..5 {
        book.register(of, "2026-01-01");
    }
    book.visit(0, "2026-03-02", Mode::Home, Outcome::NotHome);
    book.met(0, "2026-03-31");
    book.visit(1, "2026-03-05", Mode::Phone, Outcome::Met);
    book.visit(1, "2026-03-06", Mode::Home, Outcome::Declined);
    book.visit(2, "2026-03-05", Mode::Home, Outcome::NotHome);
    book.met(3, "2026-02-28");
    book.met(3, "2026-04-01");
    book.met(9, "2026-03-05");
    assert_eq!(book.counts("2026-03-01", "2026-03-31"), [5, 1, 1, 1, 2, 1]);
    let row = book.coverage("2026-03-01", "2026-03-31");
    assert_eq!(
        (row.coverage.to_string(), row.contact.to_string()),
        ("20.0%".into(), "40.0%".into())
    );
    let visit = book.met(4, "2026-03-09");
    assert_eq!(book.counts("2026-03-01", "2026-03-31"), [5, 2, 1, 1, 1, 1]);
    book.void(4, visit);
    assert_eq!(book.counts("2026-03-01", "2026-03-31"), [5, 1, 1, 1, 2, 1]);
}

#[test]
fn a_household_counts_if_it_was_open_on_any_day() {
    let mut book = Book::default();
    book.register(0, "2026-01-01");
    book.change(0, "2026-03-01", ChangeKind::MovedOut, None);
    book.register(1, "2026-03-31");
    book.register(2, "2026-01-01");
    book.change(2, "2026-03-02", ChangeKind::Closed, None);
    book.register(3, "2026-01-01");
    book.change(3, "2026-03-10", ChangeKind::Presence, None);
    assert_eq!(book.counts("2026-03-01", "2026-03-31")[0], 3);
    assert_eq!(book.counts("2026-02-01", "2026-02-28")[0], 3);
    assert_eq!(book.counts("2026-04-01", "2026-04-30")[0], 2);
    book.change(0, "2026-04-30", ChangeKind::MovedIn, None);
    assert_eq!(book.counts("2026-04-01", "2026-04-30")[0], 3);
}

#[test]
fn a_visit_counts_for_what_its_household_had_become_by_then() {
    let mut book = Book::default();
    for of in 0..3 {
        book.register(of, "2026-01-01");
    }
    // 0 into 1 on 03-10, 1 into 2 on 03-20.
    let merge = book.change(0, "2026-03-10", ChangeKind::Merged, Some(1));
    let second = book.change(1, "2026-03-20", ChangeKind::Merged, Some(2));
    book.met(0, "2026-03-09");
    assert_eq!(book.counts("2026-03-01", "2026-03-31"), [3, 1, 0, 0, 2, 0]);
    book.met(0, "2026-03-15");
    assert_eq!(book.counts("2026-03-01", "2026-03-31"), [3, 2, 0, 0, 1, 0]);
    book.met(0, "2026-03-25");
    assert_eq!(book.counts("2026-03-01", "2026-03-31"), [3, 3, 0, 0, 0, 0]);
    assert_eq!(book.counts("2026-04-01", "2026-04-30"), [1, 0, 0, 0, 1, 0]);
    book.void(1, second);
    assert_eq!(book.counts("2026-03-01", "2026-03-31"), [3, 2, 0, 0, 1, 0]);
    book.void(0, merge);
    assert_eq!(book.counts("2026-03-01", "2026-03-31"), [3, 1, 0, 0, 2, 0]);
    assert_eq!(book.counts("2026-04-01", "2026-04-30"), [3, 0, 0, 0, 3, 0]);
}

#[test]
fn a_part_is_on_the_books_from_its_split_and_gone_with_it() {
    let mut book = Book::default();
    book.register(0, "2026-01-01");
    let split = book.change(0, "2026-03-10", ChangeKind::Split, Some(7));
    book.met(7, "2026-03-11");
    assert_eq!(book.counts("2026-03-01", "2026-03-31"), [2, 1, 0, 0, 1, 0]);
    assert_eq!(book.counts("2026-02-01", "2026-02-28"), [1, 0, 0, 0, 1, 0]);
    let rows = rebuild(&book.0).households(unit(0), Query::as_of(day("2026-03-31")));
    assert_eq!((rows.len(), rows[1].status, rows[1].visits), (2, Some(Status::Open), 1));
    book.void(0, split);
    assert_eq!(book.counts("2026-03-01", "2026-03-31"), [1, 0, 0, 0, 1, 1]);
    // A registration of its own puts it on the books for good, from its own day.
    book.register(7, "2026-03-12");
    assert_eq!(book.counts("2026-03-01", "2026-03-31"), [2, 1, 0, 0, 1, 0]);
}

#[test]
fn a_parts_own_records_decide_the_day_of_its_split() {
    let mut book = Book::default();
    book.register(0, "2026-01-01");
    book.change(0, "2026-03-10", ChangeKind::Split, Some(7));
    book.change(7, "2026-03-10", ChangeKind::MovedOut, None);
    assert_eq!(book.counts("2026-03-01", "2026-03-31"), [1, 0, 0, 0, 1, 0]);
}

#[test]
fn a_ring_of_merges_ends() {
    let mut book = Book::default();
    for of in 0..2 {
        book.register(of, "2026-01-01");
        book.change(of, "2026-03-10", ChangeKind::Merged, Some(1 - of));
    }
    book.met(0, "2026-03-20");
    assert_eq!(book.counts("2026-03-11", "2026-03-31"), [0, 0, 0, 0, 0, 1]);
}

#[test]
fn all_but_one_of_forty_thousand_is_not_everybody() {
    let mut book = Book::default();
    for of in 0..40_000 {
        book.register(of, "2026-01-01");
        if of > 0 {
            book.met(of, "2026-03-20");
        }
    }
    let period = Period::month(2026, 3).unwrap();
    let mut ledger = rebuild(&book.0);
    let row = ledger.coverage(unit(0), period, Query::as_of(day("2026-04-01")));
    assert_eq!((row.coverage.numerator, row.coverage.denominator), (39_999, 40_000));
    assert_eq!(
        (row.coverage.to_string().as_str(), row.coverage.is_whole()),
        ("99.9%", false)
    );
    book.met(0, "2026-03-31");
    book.0.last().unwrap().apply(&mut ledger);
    assert_eq!(ledger.settle().len(), 1);
    let row = ledger.coverage(unit(0), period, Query::as_of(day("2026-04-01")));
    assert_eq!(
        (row.coverage.to_string().as_str(), row.coverage.is_whole()),
        ("100.0%", true)
    );
}
