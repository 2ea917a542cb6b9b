//! Pushes that share one commit: each stands or falls by itself.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use event::{BootId, ClockReading, JournalId, Origin, Sequence};
use event_log::{LogRead as _, MemDisk, MemStore};
use hub::{Hub, Keys, Push, Refusal};
use proof::{Checkpoint, Frontier, OriginKey, SignedCheckpoint, journal_log_name, leaf_hash, origin_log_name};
use sync::frame::BodyWriter;
use sync::message::PushReply;
use sync::record::{JournalRecord, Role};

const NOW: ClockReading = ClockReading {
    wall_ms: 1_790_000_000_000,
    mono_ms: 1_000,
    boot: BootId([1; 8]),
    ntp: true,
};

fn open(disk: &MemDisk) -> Hub<MemStore> {
    Hub::open(MemStore::open(disk).unwrap(), Keys::from_seed([9; 32]), &NOW).unwrap()
}

/// A hub at which these keys are enrolled.
fn hub(disk: &MemDisk, keys: &[OriginKey]) -> Hub<MemStore> {
    let store = MemStore::open(disk).unwrap();
    let unit = "990000103000".parse().unwrap();
    let journal = JournalId::from_bytes([5; 16]);
    let mut hub = Hub::init(store, Keys::from_seed([9; 32]), unit, "示范镇", journal, &NOW).unwrap();
    let village = "990000103001".parse().unwrap();
    for (key, secret) in keys.iter().zip(0u8..) {
        hub.offer(&[secret; 16], village, Role::Village, "一号机", &NOW)
            .unwrap();
        hub.enrol(&key.public(), &[secret; 16], &NOW).unwrap();
    }
    hub
}

fn entry(key: &OriginKey, at: u64) -> Vec<u8> {
    format!("{} {at}", key.origin()).into_bytes()
}

/// A push of the entries from index `from` to `to`, under the checkpoint at `signed`.
fn push(key: &OriginKey, from: u64, to: u64, signed: Option<u64>) -> (Origin, Push) {
    let origin = key.origin();
    let mut writer = BodyWriter::new().unwrap();
    writer.range(origin, Sequence::after_size(from)).unwrap();
    for at in from..to {
        writer.entry(&entry(key, at), None).unwrap();
    }
    if let Some(size) = signed {
        let mut frontier = Frontier::new();
        (0..size).for_each(|at| frontier.push(leaf_hash(&entry(key, at))));
        let (name, root) = (origin_log_name(origin), frontier.root());
        writer.checkpoint(&Checkpoint { name, size, root }.sign(key)).unwrap();
    }
    (origin, Push::read(origin, &writer.finish().unwrap()).unwrap())
}

fn receipt(reply: &PushReply) -> (Origin, u64, u64) {
    match JournalRecord::decode(&reply.receipt.as_ref().unwrap().record).unwrap() {
        JournalRecord::Receipt {
            origin,
            size,
            received_at_ms,
            ..
        } => (origin, size, received_at_ms),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_has_its_own_receipt_and_all_the_checkpoint_that_holds_them() {
    let keys: Vec<_> = (1..=5).map(|seed| OriginKey::from_seed([seed; 32])).collect();
    let disk = MemDisk::new();
    let mut hub = hub(&disk, &keys);
    let replies = hub.push_together(
        vec![
            push(&keys[0], 0, 3, Some(3)),
            // Its checkpoint is over other entries than it brings.
            push(&keys[1], 0, 2, Some(4)),
            // Cut off before its checkpoint.
            push(&keys[2], 0, 7, None),
            push(&keys[3], 2, 4, Some(4)),
            push(&keys[4], 0, 1, Some(1)),
            // Goes on where the first one ends.
            push(&keys[0], 3, 5, Some(5)),
        ],
        &NOW,
    );
    let [first, mismatch, cut, gap, other, second] = &replies[..] else {
        panic!("an answer for each")
    };
    assert!(
        matches!(mismatch, Err(Refusal::RootMismatch { expected: 1 })),
        "{mismatch:?}"
    );
    assert!(matches!(gap, Err(Refusal::Gap { expected: 1 })), "{gap:?}");
    let cut = cut.as_ref().unwrap();
    assert_eq!((cut.size, cut.staged, &cut.receipt), (0, 7, &None));
    let (first, other, second) = (
        first.as_ref().unwrap(),
        other.as_ref().unwrap(),
        second.as_ref().unwrap(),
    );
    let receipts = [receipt(first), receipt(other), receipt(second)];
    let names = receipts.map(|(origin, size, _)| (origin, size));
    assert_eq!(
        names,
        [(keys[0].origin(), 3), (keys[4].origin(), 1), (keys[0].origin(), 5)]
    );
    assert!(receipts.is_sorted_by(|a, b| a.2 < b.2), "received one after another");
    assert_eq!(first.note, other.note, "one commit");
    assert_ne!(first.note, second.note, "it builds on what the first one leaves");
    let journal = first.receipt.as_ref().unwrap().journal;
    for reply in [first, other, second] {
        let name = journal_log_name(journal);
        let over = SignedCheckpoint::verify(&reply.note, &name, &Keys::from_seed([9; 32]).journal().public());
        assert!(over.unwrap().size > reply.receipt.as_ref().unwrap().position.0);
    }

    disk.crash();
    let hub = open(&disk);
    let sizes = keys.iter().map(|key| hub.store().head(key.origin().into()));
    let sizes: Vec<_> = sizes.map(|head| (head.size, head.staged_size)).collect();
    assert_eq!(sizes, [(5, 5), (0, 0), (0, 7), (0, 0), (1, 1)]);
}

#[test]
fn a_commit_that_fails_receipts_nothing_of_it_and_all_of_it_may_come_again() {
    let keys: Vec<_> = (1..=3).map(|seed| OriginKey::from_seed([seed; 32])).collect();
    let disk = MemDisk::new();
    let mut hub = hub(&disk, &keys);
    let pushes = || keys.iter().map(|key| push(key, 0, 4, Some(4))).collect::<Vec<_>>();
    disk.set_full(true);
    let refused = hub.push_together(pushes(), &NOW);
    assert_eq!(refused.len(), 3);
    assert!(refused.iter().all(|reply| matches!(reply, Err(Refusal::Store(_)))));
    assert!(
        keys.iter()
            .all(|key| hub.store().head(key.origin().into()).staged_size == 0)
    );
    disk.set_full(false);
    let taken = hub.push_together(pushes(), &NOW);
    assert!(taken.iter().all(|reply| reply.as_ref().unwrap().size == 4));
}
