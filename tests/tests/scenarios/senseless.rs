//! Scenarios 14, 15 and 30: entries and bodies that this version does not understand, or nobody does.

use event::{Entry, EventId, Kind, Sequence};
use event_log::LogRead as _;
use hub::Refusal;
use ledger::{Effect, NoEffect};
use sync::frame::BodyWriter;
use sync::record::Role;

use crate::town::{Pen, Reader, START_MS, Town, visited};

/// Where the kind stands in an envelope without a checkpoint seen: behind an array head of three bytes, format, origin,
/// unit, recorder, boot, clock, mode and nil.
const KIND_AT: usize = 3 + 1 + 18 + 9 + 18 + 10 + 1 + 1 + 1;

/// The same event with another kind and schema, both in long forms that our own encoder never writes.
fn of_another_version(entry: &Entry, kind: u16, schema: u16) -> Entry {
    let before = entry.event().expect("readable").header;
    assert!(before.kind.0 < 128 && before.schema < 128, "one byte each");
    let mut bytes = entry.bytes[..KIND_AT].to_vec();
    bytes.push(0xcd);
    bytes.extend_from_slice(&kind.to_be_bytes());
    bytes.push(0xcd);
    bytes.extend_from_slice(&schema.to_be_bytes());
    bytes.extend_from_slice(&entry.bytes[KIND_AT + 2..]);
    let other = Entry {
        bytes,
        personal: entry.personal.clone(),
    };
    let after = other.event().expect("readable").header;
    assert_eq!((after.kind, after.schema, after.id), (Kind(kind), schema, before.id));
    other
}

/// A log with everything in it that a hub may not understand.
fn odd(pen: &mut Pen) {
    pen.visits(3, START_MS);
    let at = |pen: &Pen| START_MS + 1_000 + pen.entries.len() as u64;
    for (kind, schema) in [(999, 1), (10, 77), (10, 1)] {
        let plain = pen.entry(&visited(1, pen.unit, 1), at(pen));
        pen.entries.push(of_another_version(&plain, kind, schema));
    }
}

/// Scenario 14: from a newer node through an older hub, and back to it.
#[test]
fn an_unknown_kind_or_schema_or_form_passes_through_the_hub_byte_for_byte() {
    let mut town = Town::found();
    let mut pen = town.village(1);
    odd(&mut pen);
    pen.visits(2, START_MS + 9_000);
    // Without its blob, too: then the hash in the event is sent as it stands.
    pen.entries[4].personal = None;
    let reply = town.push(&pen, &pen.body(0, pen.entries.len())).expect("taken");
    assert_eq!(reply.size, pen.entries.len() as u64);
    assert_eq!(town.log(&pen), pen.entries);
    for role in [Role::Village, Role::Auditor] {
        let mut reader = Reader::new(role, pen.unit);
        reader.pull(&town, 500);
        let back = reader
            .store
            .read(pen.origin().into(), Sequence::FIRST, usize::MAX, usize::MAX)
            .expect("reads");
        let back: Vec<Entry> = back
            .into_iter()
            .map(|entry| Entry {
                bytes: entry.bytes,
                personal: entry.personal,
            })
            .collect();
        assert_eq!(back, pen.entries, "{role:?}");
        let ledger = reader.follower.ledger();
        let effect = |n: u64| ledger.effect_at(pen.origin(), Sequence::after_size(n));
        assert_eq!([3, 4].map(effect), [Some(Effect::NotUnderstood); 2]);
        assert_eq!(
            [5, 6, 7].map(effect),
            [Some(Effect::Counted); 3],
            "what can be read counts"
        );
        reader.agrees_with(&town, &[pen.unit]);
    }
}

/// Scenario 15.
#[test]
fn an_entry_that_makes_no_sense_is_kept_its_author_sees_why_and_nothing_waits_behind_it() {
    let mut town = Town::found();
    let mut pen = town.village(1);
    pen.visits(2, START_MS);
    let sound = pen.entry(&visited(1, pen.unit, 9), START_MS + 10).bytes;
    let noise = [
        &b"no event at all"[..],
        &[0xc1; 40],
        &[],
        &sound[..sound.len() - 1],
        &[&sound[..], b"x"].concat(),
    ];
    // Its identity does not increase.
    let stale = pen.entry(&visited(1, pen.unit, 1), START_MS - 5);
    pen.entries.push(stale);
    for bytes in noise {
        pen.entries.push(Entry {
            bytes: bytes.to_vec(),
            personal: None,
        });
    }
    // Behind all that a sound one, then other content under an identity that was used before.
    pen.visits(1, START_MS + 100);
    let mut other = pen.entry(&visited(1, pen.unit, 99), START_MS + 200);
    let id = pen.entries[1].event().expect("readable").header.id;
    let at = other.event().expect("readable").header.id;
    replace(&mut other.bytes, at, id);
    pen.entries.push(other);
    pen.visits(2, START_MS + 300);
    let size = pen.entries.len() as u64;
    let reply = town
        .push(&pen, &pen.body(0, pen.entries.len()))
        .expect("nothing of it is refused");
    assert_eq!(reply.size, size);
    assert_eq!(town.log(&pen), pen.entries, "it is kept as it came");
    let mut author = Reader::new(Role::Village, pen.unit);
    author.pull(&town, 16_384);
    let ledger = author.follower.ledger();
    let effects: Vec<_> = (0..size)
        .map(|n| ledger.effect_at(pen.origin(), Sequence::after_size(n)).expect("known"))
        .collect();
    let mut expected = vec![Effect::Counted; 2];
    expected.extend([Effect::NotUnderstood; 6]);
    expected.extend([
        Effect::Counted,
        Effect::NoEffect(NoEffect::OtherContent),
        Effect::Counted,
        Effect::Counted,
    ]);
    assert_eq!(effects, expected);
    let listed = ledger.exceptions(pen.unit);
    assert_eq!(listed.len(), 7, "each stands in the list with its reason: {listed:?}");
    assert!(
        listed
            .iter()
            .all(|one| one.effect == effects[usize::try_from(one.sequence.leaf_index()).expect("few")])
    );
    author.agrees_with(&town, &[pen.unit]);
}

fn replace(bytes: &mut [u8], from: EventId, to: EventId) {
    let at = bytes
        .windows(16)
        .position(|window| window == from.to_bytes())
        .expect("it stands there");
    bytes[at..at + 16].copy_from_slice(&to.to_bytes());
}

/// Whether a refusal is the right one.
type Expected = fn(&Refusal) -> bool;

/// What must not change when a body is refused.
fn standing(town: &Town, pen: &Pen) -> (u64, u64, usize) {
    let head = town.hub.store().head(pen.origin().into());
    (town.journal_size(), head.size, town.hub.store().logs().len())
}

/// Scenario 30, at the hub's door.
#[test]
fn hostile_bodies_are_refused_in_words_and_change_nothing() {
    let mut town = Town::found();
    let mut pen = town.village(1);
    pen.visits(30, START_MS);
    town.push(&pen, &pen.body(0, 10)).expect("taken");
    let before = standing(&town, &pen);
    let ranged = || {
        let mut writer = BodyWriter::new().expect("a compressor");
        writer.range(pen.origin(), Sequence::after_size(10)).expect("writes");
        writer
    };
    let mut bodies: Vec<(&str, Vec<u8>, Expected)> = Vec::new();
    let malformed: Expected = |refusal| matches!(refusal, Refusal::Malformed(_));
    let too_large: Expected = |refusal| matches!(refusal, Refusal::TooLarge(_));
    bodies.push(("nothing", Vec::new(), malformed));
    bodies.push(("noise", vec![0xa5; 5_000], malformed));
    let unknown_dictionary = [
        &[0x28, 0xb5, 0x2f, 0xfd, 0x03, 0x50][..],
        &[1, 2, 3, 4],
        &[0x01, 0x00, 0x00],
    ]
    .concat();
    bodies.push(("an unknown dictionary", unknown_dictionary, malformed));
    // A window of 2 GiB is asked for in the frame's own head.
    let wide = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00];
    bodies.push(("a window beyond the bound", wide, malformed));
    bodies.push((
        "only an end",
        BodyWriter::new().expect("opens").finish().expect("ends"),
        malformed,
    ));
    let mut twice = pen.part(10, 12);
    twice.range(pen.origin(), Sequence::after_size(12)).expect("writes");
    bodies.push(("two ranges", twice.finish().expect("ends"), malformed));
    let mut record = ranged();
    record
        .record(event::Position(1), b"a record of the journal")
        .expect("writes");
    bodies.push(("a record in a push", record.finish().expect("ends"), malformed));
    let mut others = BodyWriter::new().expect("a compressor");
    others
        .range(Pen::new(8).origin(), Sequence::after_size(10))
        .expect("writes");
    bodies.push(("another origin's entries", others.finish().expect("ends"), malformed));
    let mut crowd = ranged();
    (0..2_001).for_each(|_| crowd.entry(b"x", None).expect("writes"));
    bodies.push((
        "more entries than a push may have",
        crowd.finish().expect("ends"),
        too_large,
    ));
    let swapped = {
        let mut swapped = Pen::new(1);
        swapped.entries = pen.entries.clone();
        swapped.entries.swap(14, 15);
        let mut writer = swapped.part(10, 30);
        writer.checkpoint(&pen.note(30)).expect("writes");
        writer.finish().expect("ends")
    };
    bodies.push(("swapped entries", swapped, |refusal| {
        matches!(refusal, Refusal::RootMismatch { .. })
    }));
    let forged = {
        let mut writer = pen.part(10, 30);
        let mut thief = Pen::new(8);
        thief.entries = pen.entries.clone();
        writer.checkpoint(&thief.note(30)).expect("writes");
        writer.finish().expect("ends")
    };
    bodies.push(("another's signature", forged, |refusal| {
        matches!(refusal, Refusal::Signature)
    }));
    for (what, body, expected) in bodies {
        let mut town = town.copy();
        let refusal = town.push(&pen, &body).expect_err(what);
        assert!(expected(&refusal), "{what}: {refusal:?}");
        assert!(!refusal.to_string().is_empty());
        assert_eq!(standing(&town, &pen), before, "{what}");
        town.push(&pen, &pen.body(10, 30))
            .expect("a sound push is taken afterwards");
        pen.is_counted_once(town.ledger().ledger());
    }
}

/// Scenario 30: over-long items and bombs end the reading; the whole entries before them are staged and proven by nobody.
#[test]
fn a_bomb_or_an_endless_item_ends_the_reading_within_its_bound() {
    let mut town = Town::found();
    let mut pen = town.village(1);
    pen.visits(12, START_MS);
    let cases: [(&str, usize, usize, usize); 3] = [
        ("an event beyond its bound", 1, event::bounds::EVENT_BYTES_MAX + 1, 0),
        ("an item beyond its bound", 1, 40_000, 0),
        ("a bomb", 1_500, 10, event::bounds::PERSONAL_BYTES_MAX),
    ];
    for (what, count, bytes, blob) in cases {
        let mut writer = pen.part(0, 6);
        for _ in 0..count {
            writer
                .entry(&vec![0; bytes], (blob > 0).then_some(&vec![0; blob][..]))
                .expect("writes");
        }
        let body = writer.finish().expect("ends");
        assert!(body.len() < 200_000, "{what}: {} bytes", body.len());
        let mut town = town.copy();
        // Reading ends there, as where a connection is cut.
        let reply = town.push(&pen, &body).expect("what came before is staged");
        assert!(reply.receipt.is_none() && reply.size == 0, "{what}");
        assert!(reply.staged <= 2_000, "{what}: {}", reply.staged);
        town.push(&pen, &pen.body(0, 12))
            .expect("a sound push is taken afterwards");
        assert_eq!(town.log(&pen), pen.entries, "{what}");
        pen.is_counted_once(town.ledger().ledger());
    }
}

/// Scenario 30: whatever byte of a body is changed on the way, nothing but what was written is ever accepted.
#[test]
fn a_changed_byte_anywhere_never_changes_what_is_accepted() {
    let mut town = Town::found();
    let mut pen = town.village(1);
    pen.visits(8, START_MS);
    let body = pen.body(0, 8);
    let mut accepted = 0;
    for at in 0..body.len() {
        for flip in [1, 0x80] {
            let mut town = town.copy();
            let mut changed = body.clone();
            changed[at] ^= flip;
            accepted += usize::from(town.push(&pen, &changed).is_ok_and(|reply| reply.size > 0));
            let log = town.log(&pen);
            assert!(log.is_empty() || log == pen.entries, "byte {at}");
            town.push(&pen, &body).expect("a sound push is taken afterwards");
            assert_eq!(town.log(&pen), pen.entries, "byte {at}");
        }
    }
    assert!(
        accepted < body.len() / 10,
        "{accepted} changed bodies were as good as the sound one"
    );
    town.push(&pen, &body).expect("taken");
}
