//! Invented values: one of every message and record, with every field and with the least.

use event::{
    BootId, ClockQuality, Draft, EntityId, Entry, EntryMode, EventId, Facts, JournalId, Mode, Origin, Outcome,
    PersonId, PersonalContent, Position, Sequence, Stamp, Subject, UnitCode, VisitRecorded, When,
};
use proof::{Checkpoint, Frontier, OriginKey, journal_log_name, leaf_hash, origin_log_name};
use serde_bytes::{ByteArray, ByteBuf};
use sync::HashBytes;
use sync::message::{
    Checkpoints, Cursor, ENROLMENT_DOMAIN, Enrol, Enrolled, EnrolmentProof, Frozen, Held, Hello, HelloReply, HubLog,
    KeyProof, LogState, PageEnd, ProofReply, PushReceipt, PushReply, RootReply, SUCCESSOR_DOMAIN, Successor,
    SuccessorReason, decode, encode,
};
use sync::record::{Audience, HubOriginName, Role};

use super::records::records;

pub(crate) const NOW_MS: u64 = 1_790_000_000_000;

pub(crate) fn village_key() -> OriginKey {
    OriginKey::from_seed([0x11; 32])
}

pub(crate) fn successor_key() -> OriginKey {
    OriginKey::from_seed([0x12; 32])
}

pub(crate) fn journal_key() -> OriginKey {
    OriginKey::from_seed([0x99; 32])
}

pub(crate) fn journal() -> JournalId {
    JournalId::from_bytes([0xc1; 16])
}

pub(crate) fn old_journal() -> JournalId {
    JournalId::from_bytes([0xc0; 16])
}

pub(crate) fn unit() -> UnitCode {
    UnitCode::new(990_000_103_001).expect("a code")
}

pub(crate) fn town() -> UnitCode {
    UnitCode::new(990_000_103_000).expect("a code")
}

pub(crate) fn hash(n: u8) -> HashBytes {
    ByteArray::new([n; 32])
}

/// The `n`th entry of the village's log: a visit, with or without a personal part.
pub(crate) fn visit(n: u64, text: Option<&str>) -> Entry {
    let person = PersonId::from_bytes([3; 16]);
    let draft = Draft {
        subject: Subject::household(EntityId::from_bytes([5; 16])),
        facts: Facts::VisitRecorded(VisitRecorded {
            mode: Mode::Home,
            outcome: Outcome::Met,
            minutes: Some(20),
            requests: Vec::new(),
        }),
        occurred: When::Minute(29_833_333),
        unit: unit(),
        recorder: person,
        actors: vec![person],
        causes: Vec::new(),
        mode: EntryMode::Live,
        source: None,
        personal: text.map(|text| PersonalContent {
            text: Some(text.to_owned()),
            ..PersonalContent::default()
        }),
    };
    let stamp = Stamp {
        origin: village_key().origin(),
        sequence: Sequence::new(n).expect("not zero"),
        id: EventId::from_parts(NOW_MS + n, u128::from(n) << 20).expect("within 48 bits"),
        clock: ClockQuality::Ntp,
        wall_ms: NOW_MS + n,
        mono_ms: n,
        boot: BootId([0xb0; 8]),
        seen: None,
    };
    Entry::write(&draft, &stamp, [0x5a; 16]).expect("a good draft")
}

/// The village's log as far as the vectors need it: every third entry without a personal part.
pub(crate) fn log(size: u64) -> Vec<Entry> {
    (1..=size)
        .map(|n| visit(n, (n % 3 != 0).then_some("户主说路灯坏了，已记下。")))
        .collect()
}

pub(crate) fn root(entries: &[Entry]) -> [u8; 32] {
    let mut frontier = Frontier::new();
    entries.iter().for_each(|entry| frontier.push(leaf_hash(&entry.bytes)));
    frontier.root()
}

pub(crate) fn log_checkpoint(entries: &[Entry]) -> Checkpoint {
    Checkpoint {
        name: origin_log_name(village_key().origin()),
        size: entries.len() as u64,
        root: root(entries),
    }
}

pub(crate) fn log_note(entries: &[Entry]) -> String {
    log_checkpoint(entries).sign(&village_key())
}

pub(crate) fn journal_checkpoint(of: JournalId, size: u64, root: u8) -> Checkpoint {
    Checkpoint {
        name: journal_log_name(of),
        size,
        root: [root; 32],
    }
}

pub(crate) fn journal_note(size: u64) -> String {
    journal_checkpoint(journal(), size, 0xe1).sign(&journal_key())
}

fn enrolment(role: Role) -> EnrolmentProof {
    let name = "示范村 (一号机)".to_owned();
    let statement = EnrolmentProof::statement(&village_key().public().0, unit(), role, &name);
    EnrolmentProof {
        unit: unit(),
        role,
        name,
        signature: ByteBuf::from(journal_key().sign(ENROLMENT_DOMAIN, &statement)),
    }
}

/// What the signature in an enrolment is over.
pub(crate) fn enrolment_statement() -> Vec<u8> {
    let proof = enrolment(Role::Village);
    EnrolmentProof::statement(&village_key().public().0, proof.unit, proof.role, &proof.name)
}

/// What the signature in a successor statement is over.
pub(crate) fn successor_statement() -> Vec<u8> {
    let old = village_key().origin();
    [&old.to_bytes()[..], &successor_key().public().0].concat()
}

pub(crate) fn successor(reason: SuccessorReason, evidence: Option<String>) -> Successor {
    Successor {
        old: village_key().origin(),
        key: ByteArray::new(successor_key().public().0),
        reason,
        signature: ByteBuf::from(village_key().sign(SUCCESSOR_DOMAIN, &successor_statement())),
        evidence,
    }
}

fn state(origin: Origin, size: u64, root: u8) -> LogState {
    LogState {
        origin,
        size,
        root: hash(root),
    }
}

pub(crate) fn hub_name(audience: Audience) -> HubOriginName {
    HubOriginName {
        journal: journal(),
        audience,
        generation: 0xfedc_ba98_7654_3210,
    }
}

pub(crate) fn hub_origin(audience: Audience) -> (Origin, HashBytes) {
    let key = OriginKey::derive(&[0x77; 32], &hub_name(audience).label());
    (key.origin(), ByteArray::new(key.public().0))
}

fn frozen() -> Frozen {
    Frozen {
        journal: old_journal(),
        size: Position(40),
        root: hash(0xe0),
    }
}

fn hello() -> Hello {
    Hello {
        version: 1,
        software: "minqing 0.1.0".to_owned(),
        wall_ms: NOW_MS,
        ntp: true,
        logs: vec![state(village_key().origin(), 5, 0xa5)],
        holds: vec![
            Held {
                log: state(hub_origin(Audience::All).0, 7, 0xa7),
                hub: Some(hub_name(Audience::All)),
            },
            Held {
                log: state(successor_key().origin(), 3, 0xa3),
                hub: None,
            },
        ],
        seen: Some(journal_note(41)),
        cursor: Some(Cursor {
            journal: journal(),
            position: Position(41),
            offset: 2,
        }),
        pending: 5,
        enrolments: vec![KeyProof {
            key: ByteArray::new([0x4b; 32]),
            proof: enrolment(Role::Village),
        }],
        cosignature: None,
    }
}

fn hello_reply() -> HelloReply {
    HelloReply {
        version: 1,
        journal: journal(),
        note: journal_note(42),
        frozen: vec![frozen()],
        logs: vec![HubLog {
            origin: village_key().origin(),
            size: 3,
            root: hash(0xa3),
            staged: 5,
            staged_root: hash(0xa5),
            root_at_yours: Some(hash(0xa1)),
            closed: false,
        }],
        wants: vec![state(hub_origin(Audience::All).0, 4, 0xa4)],
        time_ms: Some(NOW_MS),
        body_bytes_max: 786_432,
        next_hello_ms: 60_000,
        consistency: Vec::new(),
    }
}

fn enrolled() -> Enrolled {
    Enrolled {
        journal: journal(),
        hub_key: ByteArray::new(journal_key().public().0),
        note: journal_note(42),
        proof: enrolment(Role::Village),
    }
}

pub(crate) fn page_end(position: u64, offset: u64, size: u64) -> PageEnd {
    PageEnd {
        next: Cursor {
            journal: journal(),
            position: Position(position),
            offset,
        },
        size: Position(size),
        note: journal_note(size),
        consistency: Vec::new(),
    }
}

/// Name, type and bytes of every message.
pub(crate) fn messages() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let receipt = records().into_iter().find(|(_, kind, _)| *kind == "receipt");
    let record = ByteBuf::from(receipt.expect("a receipt").2);
    let receipted = PushReply {
        size: 5,
        staged: 5,
        receipt: Some(PushReceipt {
            journal: journal(),
            position: Position(41),
            record: record.clone(),
        }),
        note: journal_note(42),
        inclusion: vec![hash(0xb0), hash(0xb1), hash(0xb2)],
        consistency: vec![hash(0xc5), hash(0xc6)],
    };
    vec![
        ("hello with every field", "Hello", encode(&hello())),
        (
            "hello with the least",
            "Hello",
            encode(&Hello {
                ntp: false,
                logs: Vec::new(),
                holds: Vec::new(),
                seen: None,
                cursor: None,
                pending: 0,
                enrolments: Vec::new(),
                ..hello()
            }),
        ),
        ("reply to a hello, every field", "HelloReply", encode(&hello_reply())),
        (
            "reply to a hello, the least",
            "HelloReply",
            encode(&HelloReply {
                frozen: Vec::new(),
                logs: Vec::new(),
                wants: Vec::new(),
                time_ms: None,
                ..hello_reply()
            }),
        ),
        (
            "reply to a hello, a closed log beyond ours",
            "HelloReply",
            encode(&HelloReply {
                logs: vec![HubLog {
                    root_at_yours: None,
                    closed: true,
                    ..hello_reply().logs[0].clone()
                }],
                ..hello_reply()
            }),
        ),
        (
            "reply to a push, receipted",
            "PushReply",
            encode(&PushReply {
                size: 5,
                staged: 5,
                receipt: Some(PushReceipt {
                    journal: journal(),
                    position: Position(41),
                    record: record.clone(),
                }),
                note: journal_note(42),
                inclusion: Vec::new(),
                consistency: Vec::new(),
            }),
        ),
        (
            "reply to a push, staged",
            "PushReply",
            encode(&PushReply {
                size: 0,
                staged: 5,
                receipt: None,
                note: journal_note(42),
                inclusion: Vec::new(),
                consistency: Vec::new(),
            }),
        ),
        ("end of a page", "PageEnd", encode(&page_end(41, 2, 42))),
        (
            "enrol",
            "Enrol",
            encode(&Enrol {
                secret: ByteBuf::from([0x5c; 16]),
                key: ByteArray::new(village_key().public().0),
                software: "minqing 0.1.0".to_owned(),
            }),
        ),
        ("enrolled", "Enrolled", encode(&enrolled())),
        (
            "successor of a restored machine",
            "Successor",
            encode(&successor(SuccessorReason::Restored, None)),
        ),
        (
            "successor after a fork, with evidence",
            "Successor",
            encode(&successor(SuccessorReason::Forked, Some(log_note(&log(5))))),
        ),
        (
            "root",
            "RootReply",
            encode(&RootReply {
                size: u64::MAX,
                root: hash(0xa3),
            }),
        ),
        (
            "hello with a cosignature",
            "Hello",
            encode(&Hello {
                holds: Vec::new(),
                enrolments: Vec::new(),
                cosignature: Some(cosignature()),
                ..hello()
            }),
        ),
        (
            "reply to a hello, with a consistency proof",
            "HelloReply",
            encode(&HelloReply {
                frozen: Vec::new(),
                wants: Vec::new(),
                consistency: vec![hash(0xc5)],
                ..hello_reply()
            }),
        ),
        ("reply to a push, proved", "PushReply", encode(&receipted)),
        (
            "end of a page, with a consistency proof",
            "PageEnd",
            encode(&PageEnd {
                consistency: vec![hash(0xc5), hash(0xc6)],
                ..page_end(41, 2, 42)
            }),
        ),
        (
            "a record proved",
            "ProofReply",
            encode(&ProofReply {
                journal: journal(),
                position: Position(41),
                record,
                note: format!("{}{}", journal_note(42), cosignature()),
                inclusion: vec![hash(0xb0), hash(0xb1), hash(0xb2)],
            }),
        ),
        (
            "checkpoints worth keeping",
            "Checkpoints",
            encode(&Checkpoints {
                journal: journal(),
                notes: vec![journal_note(43), format!("{}{}", journal_note(42), cosignature())],
            }),
        ),
    ]
}

/// The village's line under the journal's checkpoint of 41 records.
fn cosignature() -> String {
    let name = origin_log_name(village_key().origin());
    proof::cosign(&journal_note(41), &name, &village_key(), NOW_MS / 1_000)
}

/// A message read as its own type and written again, if it can be read.
pub(crate) fn again(of: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    macro_rules! by_name {
        ($($name:ident)+) => {
            match of {
                $(stringify!($name) => decode::<$name>(bytes).ok().map(|message| encode(&message)),)+
                other => panic!("unknown message {other}"),
            }
        };
    }
    by_name!(Hello HelloReply PushReply PageEnd ProofReply Checkpoints Enrol Enrolled Successor RootReply)
}
