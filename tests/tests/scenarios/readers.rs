//! Scenarios 10 and 11 and the like: nothing is passed over by a reader.

use event::Sequence;
use event_log::{Commit, LogEntry, LogRead as _, Store as _};
use follower::Track;
use ledger::Effect;
use sync::limits::PAGE_RECORDS_SCANNED_MAX;
use sync::record::{Audience, Role};

use crate::town::{DAY_MS, Reader, START_MS, Town, clock, rebuilt, visited};

/// Scenario 10. Its events are older than everything that the readers have seen since.
#[test]
fn a_village_that_was_offline_for_months_is_read_by_everybody() {
    let mut town = Town::found();
    let (mut lone, mut busy) = (town.village(1), town.village(2));
    lone.visits(30, START_MS);
    let mut auditor = Reader::new(Role::Auditor, lone.unit);
    let mut own = Reader::new(Role::Village, lone.unit);
    let mut hubs = follower::Follower::new();
    for month in 1..9 {
        let from = busy.entries.len();
        town.now_ms += 30 * DAY_MS;
        busy.visits(20, START_MS + month * 30 * DAY_MS);
        town.push(&busy, &busy.body(from, busy.entries.len())).expect("taken");
        auditor.pull(&town, 3_000);
        own.pull(&town, 3_000);
        let track = Track::of_hub(&[(town.hub.registry().journal, None)]);
        while !hubs.follow(town.hub.store(), &track, 9).expect("follows").at_end {}
    }
    town.push(&lone, &lone.body(0, 18)).expect("taken");
    auditor.pull(&town, 3_000);
    town.push(&lone, &lone.body(18, 30)).expect("taken");
    auditor.pull(&town, 3_000);
    own.pull(&town, 3_000);
    let track = Track::of_hub(&[(town.hub.registry().journal, None)]);
    while !hubs.follow(town.hub.store(), &track, 9).expect("follows").at_end {}
    for ledger in [auditor.follower.ledger(), own.follower.ledger(), hubs.ledger()] {
        lone.is_counted_once(ledger);
    }
    busy.is_counted_once(auditor.follower.ledger());
    busy.is_counted_once(hubs.ledger());
    auditor.agrees_with(&town, &[lone.unit, busy.unit]);
    own.agrees_with(&town, &[lone.unit]);
}

/// Scenario 11.
#[test]
fn a_page_with_nothing_for_this_reader_moves_its_cursor_on() {
    let mut town = Town::found();
    let (mut idle, mut busy) = (town.village(1), town.village(2));
    idle.visits(2, START_MS);
    town.push(&idle, &idle.body(0, 2)).expect("taken");
    let mut reader = Reader::new(Role::Village, idle.unit);
    reader.pull(&town, 16_384);
    busy.visits(70, START_MS);
    for to in 1..=70 {
        town.push(&busy, &busy.body(to - 1, to)).expect("taken");
    }
    let before = reader.mirror.cursor();
    assert_eq!(reader.pull(&town, 16_384), 1, "one page is enough for nothing");
    let at = reader.mirror.cursor();
    assert_eq!((at.position.0, at.offset), (town.journal_size(), 0));
    assert!(at.position > before.position);
    assert!(
        reader.page(&town, at, &[], 16_384).len() < 600,
        "and the next one is about nothing at all"
    );
    reader.agrees_with(&town, &[idle.unit]);
    // Its own come after that.
    idle.visits(5, START_MS + DAY_MS);
    town.push(&idle, &idle.body(2, 7)).expect("taken");
    reader.pull(&town, 16_384);
    idle.is_counted_once(reader.follower.ledger());
    reader.agrees_with(&town, &[idle.unit]);
}

/// Scenario 11, where the hub stops looking before it has found anything.
#[test]
fn more_records_of_others_than_one_page_looks_at_are_passed_all_the_same() {
    let mut town = Town::found();
    let (mut idle, mut busy) = (town.village(1), town.village(2));
    busy.visits(2, START_MS);
    town.push(&busy, &busy.body(0, 2)).expect("taken");
    for _ in 0..PAGE_RECORDS_SCANNED_MAX + 300 {
        town.now_ms += 1;
        let (now, draft) = (clock(town.now_ms), visited(9, busy.unit, 1));
        let recorded = town.hub.record(Audience::Unit(busy.unit), &[(draft, [1; 26])], &now);
        recorded.expect("recorded");
    }
    idle.visits(3, START_MS);
    town.push(&idle, &idle.body(0, 3)).expect("taken");
    let mut reader = Reader::new(Role::Village, idle.unit);
    assert_eq!(reader.pull(&town, 16_384), 2);
    idle.is_counted_once(reader.follower.ledger());
    reader.agrees_with(&town, &[idle.unit]);
}

/// A machine that came back from a backup reads receipts of its own entries before it has them again.
#[test]
fn a_ledger_that_meets_a_receipt_before_its_entries_waits_for_them() {
    let mut town = Town::found();
    let mut pen = town.village(1);
    pen.visits(50, START_MS);
    for (from, to) in [(0, 20), (20, 35), (35, 50)] {
        town.push(&pen, &pen.body(from, to)).expect("taken");
    }
    let mut reader = Reader::new(Role::Village, pen.unit);
    let own = [pen.origin()];
    let entries = |from: usize, to: usize| -> Vec<LogEntry> {
        let kept = pen.entries[from..to].iter().map(|entry| LogEntry {
            bytes: entry.bytes.clone(),
            personal: entry.personal.clone(),
        });
        kept.collect()
    };
    let mut commit = Commit::new();
    commit.append(pen.origin(), Sequence::FIRST, entries(0, 26));
    reader.store.commit(commit).expect("commits");
    while !reader.take(&town, &own, 16_384).at_end {}
    reader.follow();
    let early = reader.follower.ledger();
    assert_eq!(
        early.effect_at(pen.origin(), Sequence::after_size(19)),
        Some(Effect::Counted)
    );
    assert_eq!(
        early.effect_at(pen.origin(), Sequence::after_size(20)),
        None,
        "its receipt is not all here"
    );
    assert!(early.cut().position < town.ledger().ledger().cut().position);
    for (from, to) in [(26, 40), (40, 50)] {
        let mut commit = Commit::new();
        commit.append(pen.origin(), Sequence::after_size(from as u64), entries(from, to));
        reader.store.commit(commit).expect("commits");
        reader.follow();
    }
    pen.is_counted_once(reader.follower.ledger());
    let anew = rebuilt(&reader.store, &Track::of_mirror(&reader.mirror));
    assert_eq!(anew.ledger().cut(), reader.follower.ledger().cut());
    assert_eq!(reader.store.head(pen.origin().into()).size, 50);
    reader.agrees_with(&town, &[pen.unit]);
}
