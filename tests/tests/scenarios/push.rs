//! Scenarios 1 to 6: what may happen to a push on its way.

use event_log::LogRead as _;
use hub::Refusal;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sync::message::PushReply;
use sync::record::JournalRecord;

use crate::town::{DAY_MS, Pen, START_MS, Town, visited};

/// First sequence and size of a receipt.
fn covers(reply: &PushReply) -> (u64, u64) {
    let record = &reply.receipt.as_ref().expect("a receipt").record;
    match JournalRecord::decode(record) {
        Ok(JournalRecord::Receipt { first, size, .. }) => (first.get(), size),
        other => panic!("{other:?}"),
    }
}

/// Scenario 1. The answer went down with the link; nobody knows for how long.
#[test]
fn a_push_whose_answer_was_lost_gets_the_same_receipt_whenever_it_comes_again() {
    let mut town = Town::found();
    let mut pen = town.village(1);
    pen.visits(40, START_MS);
    let first = town.push(&pen, &pen.body(0, 25)).expect("taken");
    let after = town.journal_size();
    for days in [0, 1, 400] {
        town.now_ms += days * DAY_MS;
        let again = town.push(&pen, &pen.body(0, 25)).expect("taken");
        assert_eq!((&again.receipt, again.size), (&first.receipt, 25), "{days} days later");
        assert_eq!((town.journal_size(), town.log(&pen).len()), (after, 25));
    }
    let mut town = town.copy();
    assert_eq!(town.push(&pen, &pen.body(0, 25)).expect("taken").receipt, first.receipt);
    // More was pushed meanwhile: the old push still has its own receipt.
    town.push(&pen, &pen.body(25, 40)).expect("taken");
    let late = town.push(&pen, &pen.body(0, 25)).expect("taken");
    assert_eq!((late.receipt, late.size), (first.receipt, 40));
    pen.is_counted_once(town.ledger().ledger());
}

/// Scenario 2, without sockets: the parts of two deliveries of one batch come in turn. (`crates/hub/tests/twice.rs` has
/// the same over TLS.)
#[test]
fn two_deliveries_of_one_batch_in_turn_are_one() {
    let mut town = Town::found();
    let mut pen = town.village(1);
    pen.visits(60, START_MS);
    let part = |from, to| pen.part(from, to).finish().expect("ends");
    for (from, to) in [(0, 20), (0, 10), (20, 40), (10, 45), (40, 60), (0, 60)] {
        let reply = town.push(&pen, &part(from, to)).expect("staged");
        assert_eq!((reply.size, reply.receipt.is_some()), (0, false));
    }
    let one = town.push(&pen, &pen.body(40, 60)).expect("taken");
    let other = town.push(&pen, &pen.body(40, 60)).expect("taken");
    assert_eq!((covers(&one), &other.receipt), ((1, 60), &one.receipt));
    assert_eq!(town.log(&pen), pen.entries);
    pen.is_counted_once(town.ledger().ledger());
}

/// Scenario 3.
#[test]
fn overlapping_batches_with_different_cuts_make_one_log() {
    for seed in 0..30 {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let mut town = Town::found();
        let mut pen = town.village(1);
        pen.visits(120, START_MS);
        let (mut size, mut receipts) = (0, Vec::new());
        while size < 120 {
            let from = dice.random_range(0..=size);
            let to = dice.random_range(from..=120.min(from + 50));
            if to == from {
                continue;
            }
            let body = if dice.random_ratio(1, 3) {
                pen.part(from, to).finish().expect("ends")
            } else {
                pen.body(from, to)
            };
            let reply = town.push(&pen, &body).expect("taken");
            if reply.receipt.is_some() && to > size {
                receipts.push(covers(&reply));
            }
            size = usize::try_from(town.hub.store().head(pen.origin().into()).size).expect("few");
            assert_eq!(town.log(&pen)[..], pen.entries[..size], "seed {seed}");
        }
        let mut next = 1;
        for (first, upto) in receipts {
            assert_eq!(first, next, "seed {seed}: receipts follow on one another");
            next = upto + 1;
        }
        assert_eq!(next, 121);
        pen.is_counted_once(town.ledger().ledger());
    }
}

/// Scenario 4.
#[test]
fn a_batch_before_its_predecessor_is_a_gap_and_nothing_of_it_is_kept() {
    let mut town = Town::found();
    let mut pen = town.village(1);
    pen.visits(30, START_MS);
    let unsigned = |from, to| pen.part(from, to).finish().expect("ends");
    for body in [pen.body(10, 20), unsigned(10, 20), unsigned(1, 2)] {
        let refused = town.push(&pen, &body);
        assert!(matches!(refused, Err(Refusal::Gap { expected: 1 })), "{refused:?}");
    }
    town.push(&pen, &unsigned(0, 10)).expect("staged");
    let refused = town.push(&pen, &pen.body(11, 20));
    assert!(matches!(refused, Err(Refusal::Gap { expected: 11 })), "{refused:?}");
    let head = town.hub.store().head(pen.origin().into());
    assert_eq!((head.size, head.staged_size), (0, 10));
    town.push(&pen, &pen.body(10, 20)).expect("taken");
    town.push(&pen, &pen.body(20, 30)).expect("taken");
    assert_eq!(town.log(&pen), pen.entries);
    pen.is_counted_once(town.ledger().ledger());
}

/// Scenario 5. Every beginning of a body, down to the byte; the rest completes it, also after a power cut.
#[test]
fn cut_at_every_byte_whole_entries_stay_staged_and_the_rest_completes_the_push() {
    let mut town = Town::found();
    let mut pen = town.village(1);
    pen.visits(100, START_MS);
    town.push(&pen, &pen.body(0, 3)).expect("taken");
    let body = pen.body(3, 100);
    let (mut staged_before, mut steps) = (3, 0);
    for cut in 0..body.len() {
        let mut town = town.copy();
        let outcome = town.push(&pen, &body[..cut]);
        let head = town.hub.store().head(pen.origin().into());
        assert_eq!(head.size, 3, "cut at {cut}: nothing is accepted without its checkpoint");
        let staged = usize::try_from(head.staged_size).expect("few");
        assert!(staged >= staged_before, "cut at {cut}: more bytes, fewer entries");
        match outcome {
            Ok(reply) => assert_eq!((reply.staged, reply.receipt.is_some()), (head.staged_size, false)),
            Err(refusal) => assert!(
                matches!(refusal, Refusal::Malformed(_)) && staged == 3,
                "{cut}: {refusal}"
            ),
        }
        if staged == staged_before && cut + 1 < body.len() {
            continue;
        }
        (staged_before, steps) = (staged, steps + 1);
        // The power fails right after the cut: what the hub called staged is there, and only the rest is sent again.
        town.disk.crash();
        let mut town = town.copy();
        let reply = town.push(&pen, &pen.body(staged, 100)).expect("the rest is taken");
        assert_eq!(covers(&reply), (4, 100), "cut at {cut}");
        assert_eq!(town.log(&pen), pen.entries);
        pen.is_counted_once(town.ledger().ledger());
    }
    assert!(steps > 3, "the cuts fell into {steps} places only");
}

/// Scenario 6. Two machines write under one key: a cloned disk.
#[test]
fn one_sequence_with_two_contents_is_kept_as_evidence_and_changes_nothing() {
    let mut town = Town::found();
    let mut pen = town.village(1);
    pen.visits(20, START_MS);
    town.push(&pen, &pen.body(0, 20)).expect("taken");
    let mut clone = Pen::new(1);
    clone.entries = pen.entries[..15].to_vec();
    for n in 0..10 {
        clone.write(&visited(2, clone.unit, n), START_MS + 1_000 + u64::from(n));
    }
    let before = town.ledger();
    let unsigned = clone.part(15, 20).finish().expect("ends");
    for body in [unsigned, clone.body(15, 20), clone.body(15, 25), clone.body(0, 25)] {
        let refused = town.push(&clone, &body);
        assert!(matches!(refused, Err(Refusal::Fork { sequence: 16 })), "{refused:?}");
    }
    // A checkpoint over a shorter part that the hub has under another root is a fork, too.
    let shorter = town.push(&clone, &clone.body(0, 18));
    assert!(matches!(shorter, Err(Refusal::Fork { .. })), "{shorter:?}");
    assert_eq!(town.log(&pen), pen.entries);
    let registry = town.hub.registry();
    let notes: Vec<_> = registry.forks.iter().map(|fork| fork.shown_note.clone()).collect();
    assert_eq!(
        notes,
        [20, 25, 18].map(|size| clone.note(size)),
        "each shown checkpoint is kept once"
    );
    drop(registry);
    let after = town.ledger();
    for view in ledger::View::ALL {
        let digests = [&before, &after].map(|follower| follower.ledger().live_digest(view, pen.unit));
        assert_eq!(digests[0], digests[1], "{view:?}");
    }
    pen.is_counted_once(after.ledger());
}
