//! Scenarios 10 and 11 and the like: nothing is passed over by a reader.

use event::{Origin, Sequence, UnitCode};
use event_log::{Commit, LogEntry, LogRead as _, Store as _};
use follower::{Mirror, MirrorError, Track};
use ledger::Effect;
use sync::limits::PAGE_RECORDS_SCANNED_MAX;
use sync::message::Cursor;
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

/// A mirror of one village's scope: every record, the entries of that village and of the township's own.
#[test]
fn a_mirror_of_one_village_has_every_record_and_that_villages_entries_alone() {
    let mut town = Town::found();
    let (mut one, mut other) = (town.village(1), town.village(2));
    one.visits(130, START_MS);
    other.visits(130, START_MS);
    for (from, to) in [(0, 50), (50, 130)] {
        town.push(&one, &one.body(from, to)).expect("taken");
        town.push(&other, &other.body(from, to)).expect("taken");
    }
    for (unit, key) in [(one.unit, 2), (other.unit, 3)] {
        let (now, draft) = (clock(town.now_ms), visited(9, unit, 1));
        let recorded = town.hub.record(Audience::Unit(unit), &[(draft, [key; 26])], &now);
        recorded.expect("recorded");
    }
    let mut reader = Reader::new(Role::Auditor, UnitCode::default());
    reader.mirror.limit(&mut reader.store, &[one.unit]).expect("empty yet");
    // Page by page, some of which end inside a receipt.
    let pages = reader.pull(&town, 900);
    assert!(pages > 2, "{pages}");
    reader.agrees_with(&town, &[one.unit]);
    let records = |mirror: &Mirror| {
        let copies: Vec<_> = mirror
            .journals()
            .map(|(_, log, _)| reader.store.head(log).size)
            .collect();
        copies.iter().sum::<u64>()
    };
    assert_eq!(records(&reader.mirror), town.journal_size());
    let held = |origin: Origin| (reader.mirror.holds(origin), reader.store.head(origin.into()).size);
    assert_eq!((held(one.origin()), held(other.origin())), ((true, 130), (false, 0)));
    let hubs: Vec<_> = reader
        .mirror
        .origins()
        .filter(|origin| reader.mirror.is_hub(*origin))
        .collect();
    assert!(
        hubs.iter().any(|origin| held(*origin) == (false, 0)),
        "the township's log for the other village"
    );
    assert!(hubs.iter().any(|origin| held(*origin) == (true, 1)));
    // It is kept with what was mirrored, and stays.
    let mut again = Mirror::open(&reader.store, reader.mirror.hub_key()).expect("opens");
    assert_eq!(again.units(), [one.unit]);
    again.limit(&mut reader.store, &[one.unit]).expect("the same");
    let refused = again.limit(&mut reader.store, &[one.unit, other.unit]);
    assert!(matches!(refused, Err(MirrorError::Begun)), "{refused:?}");
    // A hub that sends what was not asked for, or holds back what was, is not believed.
    let mut strict = Reader::new(Role::Auditor, UnitCode::default());
    let everything = strict.page(&town, Cursor::default(), &[], 200_000);
    strict.mirror.limit(&mut strict.store, &[one.unit]).expect("empty yet");
    let taken = strict.mirror.take(&mut strict.store, &everything, &[]);
    assert!(matches!(taken, Err(MirrorError::Untrue(_))), "{taken:?}");
    let part = strict.page(&town, Cursor::default(), &[], 200_000);
    let mut whole = Reader::new(Role::Auditor, UnitCode::default());
    let taken = whole.mirror.take(&mut whole.store, &part, &[]);
    assert!(matches!(taken, Err(MirrorError::Untrue(_))), "{taken:?}");
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
