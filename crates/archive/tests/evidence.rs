//! What cannot both be true is put apart, with who signed it, and with where two histories differ if both are held.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use archive::{KeptNote, evidence, write_evidence};
use event::Position;
use proof::{Checkpoint, Frontier, OriginKey, leaf_hash};
use serde_bytes::{ByteArray, ByteBuf};
use support::{Town, entry};
use sync::message::{SUCCESSOR_DOMAIN, SuccessorReason};
use sync::record::JournalRecord;

/// A town whose village signed another history from entry 8 on.
fn forked() -> (Town, Vec<Vec<u8>>) {
    let mut town = Town::new(1);
    town.push(0, 10);
    let log = town.log(0);
    let mut other: Vec<_> = town.logs[&log].entries[..7].to_vec();
    other.extend((100..105).map(entry));
    let mut tree = Frontier::new();
    other.iter().for_each(|bytes| tree.push(leaf_hash(bytes)));
    let shown = Checkpoint {
        name: log.name(),
        size: tree.size(),
        root: tree.root(),
    };
    let hub_note = town.logs[&log].checkpoint(log).sign(&town.villages[0]);
    let at_ms = town.next_ms();
    let record = JournalRecord::Fork {
        origin: town.origin(0),
        unit: "990000103201".parse().unwrap(),
        hub_size: 10,
        hub_note,
        shown_note: shown.sign(&town.villages[0]),
        at_ms,
    };
    town.record(&record);
    (town, other)
}

#[test]
fn a_fork_says_who_signed_and_from_where_on_both_differ() {
    let (mut town, other) = forked();
    // The other history is longer than what was receipted: where it parts cannot be said.
    let found = evidence(&town, &[], &[]).unwrap();
    let [one] = &found[..] else { panic!("{found:?}") };
    assert_eq!(
        (one.kind, one.is_benign, one.differs_at, one.notes.len()),
        ("fork", false, None, 2)
    );
    town.push(0, 5);
    let found = evidence(&town, &[], &[]).unwrap();
    assert!(
        found[0].words.1.contains("they differ at entry 12 or before it"),
        "{found:?}"
    );
    town.apart.insert(town.log(0), other);
    let found = evidence(&town, &[], &[]).unwrap();
    assert_eq!(found[0].differs_at, Some(8));
    assert!(found[0].words.1.contains("from entry 8 on"), "{found:?}");
    let dir = tempfile::tempdir().unwrap();
    let written = write_evidence(dir.path(), &found).unwrap();
    let text = std::fs::read_to_string(&written[0]).unwrap();
    assert!(
        text.contains("从第 8 条起不同") && text.contains(&found[0].notes[1].1),
        "{text}"
    );
    let note = std::fs::read_to_string(dir.path().join("001-fork.2.note")).unwrap();
    assert_eq!(note, found[0].notes[1].1, "byte for byte");
}

#[test]
fn a_second_successor_is_evidence_and_a_first_one_is_not() {
    let mut town = Town::new(1);
    town.push(0, 3);
    let key = town.villages[0].clone();
    for seed in [201, 202_u8] {
        let next = OriginKey::from_seed([seed; 32]);
        let statement = [&key.origin().to_bytes()[..], &next.public().0].concat();
        let at_ms = town.next_ms();
        let record = JournalRecord::Successor {
            old: key.origin(),
            size: 3,
            new: next.origin(),
            key: ByteArray::new(next.public().0),
            unit: "990000103201".parse().unwrap(),
            reason: SuccessorReason::Forked,
            signature: ByteBuf::from(key.sign(SUCCESSOR_DOMAIN, &statement)),
            second: seed == 202,
            at_ms,
        };
        town.record(&record);
        let found = evidence(&town, &[], &[]).unwrap();
        assert_eq!(found.len(), usize::from(seed == 202), "{found:?}");
    }
    let found = evidence(&town, &[], &[]).unwrap();
    assert_eq!(
        (found[0].kind, found[0].differs_at, found[0].notes.len()),
        ("second-successor", Some(4), 2)
    );
    let verified = archive::verify(&town, &archive::Asked::default(), None, &mut |_, _| ()).unwrap();
    assert!(
        verified.holds(),
        "two successors are no tampering: {:?}",
        verified.findings
    );
}

#[test]
fn a_pair_that_was_shown_is_benign_only_after_a_declared_restore() {
    let mut town = Town::of_size(20);
    let from = |from: &str, note: String| KeptNote {
        from: from.to_owned(),
        note,
    };
    let kept = from("kept", town.note());
    let size = town.size(town.journal());
    let mut shorter = town.clone();
    let records = shorter.logs.remove(&town.journal()).unwrap().entries;
    for record in records.into_iter().take(usize::try_from(size - 2).unwrap()) {
        shorter.leaves(town.journal()).push(record);
    }
    let pair = [(kept, from("shown", shorter.note()))];
    let open = evidence(&town, &[], &pair).unwrap();
    assert_eq!(
        open.iter().map(|one| (one.kind, one.is_benign)).collect::<Vec<_>>(),
        [("checkpoints", false)]
    );
    assert!(
        open[0]
            .words
            .1
            .contains(&format!("had signed {size} records and then showed {}", size - 2))
    );
    town.restored(size - 2);
    let benign = evidence(&town, &[], &pair).unwrap();
    let kinds: Vec<_> = benign
        .iter()
        .map(|one| (one.kind, one.is_benign, one.differs_at))
        .collect();
    assert_eq!(kinds, [("checkpoints", true, None), ("restore", true, Some(size - 1))]);
    assert_eq!(Position(size - 2).0 + 1, size - 1);
}
