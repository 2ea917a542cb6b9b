//! Invented values: one of every record of the journal, with every field and with the least.

use event::{Position, Sequence};
use proof::{Checkpoint, OriginKey, origin_log_name};
use serde_bytes::ByteArray;
use sync::message::SuccessorReason;
use sync::record::{Audience, JournalRecord, Previous, Role};

use super::samples::{
    NOW_MS, hash, hub_name, hub_origin, journal, journal_checkpoint, journal_key, log, log_checkpoint, log_note,
    old_journal, successor, successor_key, town, unit, village_key,
};

fn of_journal() -> Vec<(&'static str, &'static str, JournalRecord)> {
    let (origin, key) = (village_key().origin(), ByteArray::new(village_key().public().0));
    let opened = |previous| JournalRecord::Opened {
        journal: journal(),
        key: ByteArray::new(journal_key().public().0),
        unit: town(),
        name: "示范镇".to_owned(),
        previous,
        at_ms: NOW_MS,
    };
    let enrolled = |role, name: &str| JournalRecord::Enrolled {
        origin,
        key,
        unit: unit(),
        role,
        name: name.to_owned(),
        at_ms: NOW_MS + 1,
    };
    let opens = |audience| JournalRecord::HubOrigin {
        origin: hub_origin(audience).0,
        key: hub_origin(audience).1,
        name: hub_name(audience),
        at_ms: NOW_MS + 2,
    };
    let hub_log = origin_log_name(hub_origin(Audience::All).0);
    let hub_checkpoint = Checkpoint {
        name: hub_log,
        size: 1,
        root: [0xa1; 32],
    };
    let hub_note = hub_checkpoint.sign(&OriginKey::derive(&[0x77; 32], &hub_name(Audience::All).label()));
    let statement = successor(SuccessorReason::ClockRunaway, None);
    vec![
        ("the first journal is opened", "opened", opened(None)),
        (
            "a journal is opened after a restore",
            "opened",
            opened(Some(Previous {
                journal: old_journal(),
                size: Position(40),
                root: hash(0xe0),
                evidence: journal_checkpoint(old_journal(), 44, 0xe4).sign(&journal_key()),
            })),
        ),
        (
            "a village's machine is enrolled",
            "enrolled",
            enrolled(Role::Village, "示范村 (一号机)"),
        ),
        ("an auditor is enrolled", "enrolled", enrolled(Role::Auditor, "县审计")),
        (
            "a hub origin for one village",
            "hub_origin",
            opens(Audience::Unit(unit())),
        ),
        ("a hub origin for all", "hub_origin", opens(Audience::All)),
        ("a hub origin for auditors", "hub_origin", opens(Audience::Internal)),
        (
            "a receipt of a village's push",
            "receipt",
            JournalRecord::Receipt {
                origin,
                unit: Some(unit()),
                first: Sequence::FIRST,
                size: 5,
                note: log_note(&log(5)),
                received_at_ms: NOW_MS + 3,
            },
        ),
        (
            "a receipt of the hub's own events",
            "receipt",
            JournalRecord::Receipt {
                origin: hub_origin(Audience::All).0,
                unit: None,
                first: Sequence::FIRST,
                size: 1,
                note: hub_note,
                received_at_ms: NOW_MS + 4,
            },
        ),
        (
            "a successor",
            "successor",
            JournalRecord::Successor {
                old: origin,
                size: 5,
                new: successor_key().origin(),
                key: statement.key,
                unit: unit(),
                reason: statement.reason,
                signature: statement.signature,
                second: false,
                at_ms: NOW_MS + 5,
            },
        ),
        (
            "a fork",
            "fork",
            JournalRecord::Fork {
                origin,
                unit: unit(),
                hub_size: 5,
                hub_note: log_note(&log(5)),
                shown_note: Checkpoint {
                    root: [0xf5; 32],
                    ..log_checkpoint(&log(5))
                }
                .sign(&village_key()),
                at_ms: NOW_MS + 6,
            },
        ),
        (
            "a machine is revoked",
            "revoked",
            JournalRecord::Revoked {
                origin,
                unit: unit(),
                reason: "电脑被盗".to_owned(),
                at_ms: NOW_MS + 7,
            },
        ),
    ]
}

/// Name, kind and bytes of every record.
pub(crate) fn records() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let written = |record: JournalRecord| record.encode().expect("within its bound");
    of_journal()
        .into_iter()
        .map(|(name, kind, record)| (name, kind, written(record)))
        .collect()
}
