//! What an entry says of time, beside what bounds it: noted, never called tampering.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use archive::{Asked, Verified, verify};
use event::form::Form;
use event::{BootId, ClockQuality, Entry, EventId, Position, SeenJournal, Sequence, Stamp};
use serde_json::{Value, json};
use support::{START_MS, Town};

/// An entry that claims `claimed_ms` and names the journal as its machine had seen it.
fn recorded(town: &mut Town, claimed_ms: u64, seen: Option<SeenJournal>, clock: ClockQuality) {
    let (log, origin) = (town.log(0), town.origin(0));
    let id = |n: u64| EventId::from_parts(claimed_ms, u128::from(n)).unwrap();
    let form = json!({
        "kind": "household_registered", "household": id(1).to_string(), "occurred": "2026-08-31",
        "recorder": id(2).to_string(), "facts": { "group": 1, "size": 3 }, "personal": { "head": "户主" }
    });
    let form: Form<Value> = serde_json::from_value(form).unwrap();
    let sequence = Sequence::after_size(town.size(log));
    let stamp = Stamp {
        origin,
        sequence,
        id: id(sequence.get() + 10),
        clock,
        wall_ms: claimed_ms,
        mono_ms: 1,
        boot: BootId([2; 8]),
        seen,
    };
    let entry = Entry::write(
        &form.into_draft("990000103201".parse().unwrap()).unwrap(),
        &stamp,
        [9; 16],
    )
    .unwrap();
    town.leaves(log).push(entry.bytes);
}

/// The journal as it is now.
fn seen(town: &Town) -> SeenJournal {
    let checkpoint = town.logs[&town.journal()].checkpoint(town.journal());
    let mut root = [0; 16];
    root.copy_from_slice(&checkpoint.root[..16]);
    SeenJournal {
        journal: town.journal,
        size: Position(checkpoint.size),
        root,
    }
}

fn noted(town: &Town) -> Verified {
    let verified = verify(town, &Asked::default(), None, &mut |_, _| ()).unwrap();
    assert!(verified.holds(), "{:?}", verified.findings);
    verified
}

fn rules(verified: &Verified) -> Vec<(&'static str, u64, u64)> {
    let place = |note: &archive::Finding| {
        (
            note.rule,
            note.from.map_or(0, Sequence::get),
            note.to.map_or(0, Sequence::get),
        )
    };
    verified.notes.iter().map(place).collect()
}

#[test]
fn a_time_within_its_bounds_is_no_word_worth() {
    let mut town = Town::new(1);
    let now = seen(&town);
    recorded(&mut town, START_MS + 100, Some(now), ClockQuality::Ntp);
    town.at_ms = START_MS + 3_600_000;
    town.receipt(0, 1);
    let verified = noted(&town);
    assert_eq!(rules(&verified), []);
    assert_eq!(verified.checked.bounded, 1);
    assert!((3_500_000..3_700_000).contains(&verified.checked.bound_ms_max));
}

#[test]
fn a_back_dated_entry_is_noted_with_where_it_stands() {
    let mut town = Town::new(1);
    town.at_ms = START_MS + 30 * 86_400_000;
    town.push(0, 1);
    let now = seen(&town);
    // A month back: the journal that it names did not exist then.
    for _ in 0..2 {
        recorded(&mut town, START_MS, Some(now), ClockQuality::Ntp);
    }
    // A machine that does not know the time claims nothing.
    recorded(&mut town, START_MS + 1, Some(now), ClockQuality::Unknown);
    town.receipt(0, 2);
    let verified = noted(&town);
    assert_eq!(rules(&verified), [("time", 2, 3)], "said once of both");
    assert!(
        verified.notes[0].what.contains("made at least 43200 minutes later"),
        "{:?}",
        verified.notes
    );
    assert_eq!((verified.notes_in_all, verified.checked.bounded), (2, 3));
}

#[test]
fn a_time_ahead_and_a_journal_that_nobody_could_have_seen_are_noted() {
    let mut town = Town::new(1);
    recorded(&mut town, START_MS + 86_400_000, None, ClockQuality::HubAnchored);
    let mut other = seen(&town);
    other.root[0] ^= 1;
    recorded(&mut town, START_MS + 86_400_001, Some(other), ClockQuality::Unknown);
    let mut later = seen(&town);
    later.size = Position(later.size.0 + 1);
    recorded(&mut town, START_MS + 86_400_002, Some(later), ClockQuality::Unknown);
    town.receipt(0, 1);
    town.fill(20);
    assert_eq!(rules(&noted(&town)), [("time", 1, 1), ("seen", 2, 2), ("seen", 3, 3)]);
}
