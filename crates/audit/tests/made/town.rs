//! A small township in a real mirror: two villages and the hub, each with a key, their entries receipted over some weeks.
#![allow(dead_code, reason = "every test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;

use audit::AuditConfig;
use event::form::Form;
use event::{BootId, ClockQuality, EntityId, Entry, EventId, JournalId, PersonId, Position, Sequence, Stamp, UnitCode};
use event_log::{SledStore, Store as _};
use follower::Mirror;
use ledger::{Author, Ledger, Receipt};
use proof::{Checkpoint, Frontier, OriginKey, journal_log_name, leaf_hash, origin_log_name};
use serde_bytes::{ByteArray, ByteBuf};
use serde_json::{Value, json};
use sync::frame::BodyWriter;
use sync::message::{Cursor, Enrolled, EnrolmentProof, PageEnd, encode};
use sync::record::{Audience, HubOriginName, JournalRecord, Role};
use tempfile::TempDir;

/// 2026-08-31T08:00 in the office.
pub(crate) const START_MS: u64 = 1_788_134_400_000;
pub(crate) const DAY_MS: u64 = 86_400_000;
pub(crate) const HUB: usize = 2;
const KEYS: [u8; 3] = [2, 3, 4];

pub(crate) fn unit(village: usize) -> UnitCode {
    ["990000103201", "990000103202", "990000103000"][village]
        .parse()
        .unwrap()
}

pub(crate) fn id(sort: u8, n: u64) -> EntityId {
    let mut bytes = [sort; 16];
    bytes[8..].copy_from_slice(&(n + 1).to_be_bytes());
    EntityId::from_bytes(bytes)
}

pub(crate) fn household(n: u64) -> EntityId {
    id(0x22, n)
}

pub(crate) fn request(n: u64) -> EntityId {
    id(0x11, n)
}

pub(crate) fn person(n: u64) -> PersonId {
    PersonId::from_bytes(id(0x33, n).to_bytes())
}

fn key(party: usize) -> OriginKey {
    OriginKey::from_seed([KEYS[party]; 32])
}

fn hub_key() -> OriginKey {
    OriginKey::from_seed([1; 32])
}

fn journal() -> JournalId {
    JournalId::from_bytes([9; 16])
}

/// One entry of the town, as its receipt has it.
pub(crate) struct Told {
    pub(crate) party: usize,
    pub(crate) entry: Entry,
    pub(crate) sequence: Sequence,
    pub(crate) id: EventId,
    pub(crate) receipt: Receipt,
}

/// A township whose story is told step by step, and then mirrored.
pub(crate) struct Town {
    pub(crate) told: Vec<Told>,
    pending: Vec<(usize, Entry, EventId)>,
    sizes: [u64; 3],
    records: Vec<(JournalRecord, Vec<Entry>)>,
    pub(crate) texts: Vec<String>,
    minted: u64,
}

impl Town {
    pub(crate) fn new() -> Self {
        let mut records = vec![JournalRecord::Opened {
            journal: journal(),
            key: ByteArray::new(hub_key().public().0),
            unit: unit(HUB),
            name: "禾渡镇".to_owned(),
            previous: None,
            at_ms: START_MS - 9,
        }];
        for (village, name) in ["砚渡村", "=1+1村"].into_iter().enumerate() {
            records.push(JournalRecord::Enrolled {
                origin: key(village).origin(),
                key: ByteArray::new(key(village).public().0),
                unit: unit(village),
                role: Role::Village,
                name: name.to_owned(),
                at_ms: START_MS - 8 + village as u64,
            });
        }
        records.push(JournalRecord::HubOrigin {
            origin: key(HUB).origin(),
            key: ByteArray::new(key(HUB).public().0),
            name: HubOriginName {
                journal: journal(),
                audience: Audience::Unit(unit(0)),
                generation: 1,
            },
            at_ms: START_MS - 6,
        });
        Self {
            told: Vec::new(),
            pending: Vec::new(),
            sizes: [0; 3],
            records: records.into_iter().map(|record| (record, Vec::new())).collect(),
            texts: Vec::new(),
            minted: 0,
        }
    }

    /// A party records a form at an instant.
    pub(crate) fn record(&mut self, party: usize, at_ms: u64, mut form: Value) -> EventId {
        if let Some(text) = form["personal"]["text"].as_str().or(form["personal"]["head"].as_str()) {
            self.texts.push(text.to_owned());
        }
        if form["recorder"].is_null() {
            form["recorder"] = json!(person(party as u64));
        }
        let form: Form<Value> = serde_json::from_value(form).unwrap();
        let draft = form.into_draft(unit(if party == HUB { 0 } else { party })).unwrap();
        self.minted += 1;
        let id = EventId::from_parts(at_ms, u128::from(self.minted)).unwrap();
        let place = self.sizes[party] + self.pending.iter().filter(|(of, ..)| *of == party).count() as u64;
        let stamp = Stamp {
            origin: key(party).origin(),
            sequence: Sequence::after_size(place),
            id,
            clock: ClockQuality::Ntp,
            wall_ms: at_ms,
            mono_ms: self.minted,
            boot: BootId([2; 8]),
            seen: None,
        };
        let entry = Entry::write(&draft, &stamp, [self.minted.to_le_bytes()[0]; 16]).unwrap();
        self.pending.push((party, entry, id));
        id
    }

    /// The hub notes something in its journal that covers no entries.
    pub(crate) fn note(&mut self, record: JournalRecord) {
        self.records.push((record, Vec::new()));
    }

    /// The newest checkpoint of a party's log, as it signed it.
    pub(crate) fn checkpoint_of(&self, party: usize) -> (event::Origin, String) {
        let origin = key(party).origin();
        let mut notes = self.records.iter().rev().filter_map(|(record, _)| match record {
            JournalRecord::Receipt { origin: of, note, .. } if *of == origin => Some(note.clone()),
            _ => None,
        });
        (origin, notes.next().unwrap())
    }

    /// The hub receives what a party has recorded.
    pub(crate) fn receive(&mut self, party: usize, at_ms: u64) {
        let (mine, rest): (Vec<_>, Vec<_>) = self.pending.drain(..).partition(|(of, ..)| *of == party);
        self.pending = rest;
        let first = Sequence::after_size(self.sizes[party]);
        let position = Position(self.records.len() as u64);
        let mut frontier = Frontier::new();
        for told in self.told.iter().filter(|told| told.party == party) {
            frontier.push(leaf_hash(&told.entry.bytes));
        }
        for (at, (party, entry, id)) in mine.iter().enumerate() {
            frontier.push(leaf_hash(&entry.bytes));
            self.told.push(Told {
                party: *party,
                entry: entry.clone(),
                sequence: Sequence::after_size(self.sizes[*party] + at as u64),
                id: *id,
                receipt: Receipt {
                    position,
                    received_at_ms: at_ms,
                },
            });
        }
        self.sizes[party] = frontier.size();
        let checkpoint = Checkpoint {
            name: origin_log_name(key(party).origin()),
            size: frontier.size(),
            root: frontier.root(),
        };
        let record = JournalRecord::Receipt {
            origin: key(party).origin(),
            unit: Some(unit(if party == HUB { 0 } else { party })),
            first,
            size: frontier.size(),
            note: checkpoint.sign(&key(party)),
            received_at_ms: at_ms,
        };
        self.records
            .push((record, mine.into_iter().map(|(_, entry, _)| entry).collect()));
    }

    /// The auditor's folder, with everything that was received.
    pub(crate) fn mirror(&self) -> (TempDir, AuditConfig) {
        let dir = tempfile::tempdir().unwrap();
        let mut config = AuditConfig::new(dir.path());
        (config.ballast_mib, config.min_free_mib, config.cache_mib) = (0, 1, 4);
        let mut store = SledStore::create(config.store()).unwrap();
        let mut mirror = Mirror::open(&store, hub_key().public()).unwrap();
        let (mut body, mut frontier) = (BodyWriter::new().unwrap(), Frontier::new());
        for (position, (record, entries)) in (0..).zip(&self.records) {
            let bytes = record.encode().unwrap();
            frontier.push(leaf_hash(&bytes));
            body.record(Position(position), &bytes).unwrap();
            if let JournalRecord::Receipt { origin, first, .. } = record {
                body.range(*origin, *first).unwrap();
                for entry in entries {
                    body.entry(&entry.bytes, entry.personal.as_deref()).unwrap();
                }
            }
        }
        let checkpoint = Checkpoint {
            name: journal_log_name(journal()),
            size: frontier.size(),
            root: frontier.root(),
        };
        let note = checkpoint.sign(&hub_key());
        let end = PageEnd {
            next: Cursor {
                journal: journal(),
                position: Position(frontier.size()),
                offset: 0,
            },
            size: Position(frontier.size()),
            note: note.clone(),
            consistency: Vec::new(),
        };
        assert!(mirror.take(&mut store, &body.end(&end).unwrap(), &[]).unwrap().at_end);
        Box::new(store).close().unwrap();
        let enrolled = Enrolled {
            journal: journal(),
            hub_key: ByteArray::new(hub_key().public().0),
            note,
            proof: EnrolmentProof {
                unit: unit(HUB),
                role: Role::Auditor,
                name: "审计".to_owned(),
                signature: ByteBuf::new(),
            },
        };
        fs::write(dir.path().join("enrolled"), encode(&enrolled)).unwrap();
        (dir, config)
    }

    /// A ledger of those receipts alone, made without the mirror.
    pub(crate) fn ledger_of(&self, is_in: impl Fn(&Told) -> bool) -> Ledger {
        let mut ledger = Ledger::new();
        for told in self.told.iter().filter(|told| is_in(told)) {
            let author = if told.party == HUB {
                Author::Hub
            } else {
                Author::Village
            };
            ledger.apply(
                &told.entry.bytes,
                key(told.party).origin(),
                told.sequence,
                author,
                told.receipt,
            );
        }
        ledger.settle();
        ledger
    }

    /// Every instant at which something was received, by position.
    pub(crate) fn receipts(&self) -> BTreeMap<Position, u64> {
        let receipts = self
            .told
            .iter()
            .map(|told| (told.receipt.position, told.receipt.received_at_ms));
        receipts.collect()
    }
}

/// Six weeks of two villages and their township: a request with its course, a late push, corrections, a void, a merge.
pub(crate) fn story() -> Town {
    let mut town = Town::new();
    let day = |n: u64| START_MS + n * DAY_MS;
    let visit = |n: u64, on: &str, outcome: &str, text: &str| {
        json!({
            "kind": "visit_recorded", "household": household(n), "occurred": on, "actors": [person(7), person(8)],
            "facts": { "mode": "home", "outcome": outcome }, "personal": { "text": text }
        })
    };
    for n in 0..12 {
        let village = usize::from(n >= 8);
        town.record(village, day(0) + n, json!({
            "kind": "household_registered", "household": household(n), "occurred": "2026-08-31",
            "facts": { "group": 1 + n % 3, "size": 2 + n % 4 },
            "personal": { "head": format!("乔满仓{n}"), "phone": format!("0000000{n:04}"), "address": format!("三组{n}号") }
        }));
    }
    town.receive(0, day(0) + 50_000);
    town.receive(1, day(0) + 60_000);
    town.record(0, day(2), visit(0, "2026-09-02 pm", "met", "屋顶漏水，要换瓦"));
    let wrong = town.record(0, day(2) + 9, visit(1, "2026-09-02 10:30", "met", "玉米收成还行"));
    town.record(0, day(2) + 20, json!({
        "kind": "request_raised", "request": request(0), "occurred": "2026-09-02 pm",
        "facts": { "household": household(0), "channel": "visit", "kind": "help", "urgency": "ordinary", "people": 1 },
        "personal": { "text": "涵管堵了，盼换粗管" }
    }));
    town.receive(0, day(2) + 70_000);
    town.record(
        HUB,
        day(3),
        json!({
            "kind": "request_accepted", "request": request(0), "occurred": "2026-09-03", "actors": [person(9)],
            "facts": { "path": "ordinary", "rule": "township", "accepted_on": "2026-09-03", "due": "2026-09-10" }
        }),
    );
    town.record(
        HUB,
        day(3) + 5,
        json!({
            "kind": "request_assigned", "request": request(0), "occurred": "2026-09-03", "actors": [person(9)],
            "facts": { "unit": unit(0), "handler": person(7), "due": "2026-09-10" }
        }),
    );
    town.receive(HUB, day(3) + 80_000);
    // The second village is offline for two weeks, and comes with all of it at once.
    for n in 8..11 {
        town.record(
            1,
            day(4) + n,
            visit(
                n,
                "2026-09-04 am",
                if n == 9 { "not_home" } else { "met" },
                "问了医保缴费",
            ),
        );
    }
    town.record(
        0,
        day(9),
        json!({
            "kind": "request_replied", "request": request(0), "occurred": "2026-09-09 16:05", "actors": [person(7)],
            "facts": { "outcome": "explained", "in_writing": true }, "personal": { "text": "等冬闲水利项目" }
        }),
    );
    town.record(
        0,
        day(9) + 5,
        json!({
            "kind": "record_corrected", "household": household(1), "occurred": "2026-09-09", "actors": [person(7)],
            "facts": {
                "target": wrong, "correction": "correct", "occurred": "2026-08-30 pm",
                "replacement": { "visit_recorded": { "mode": "phone", "outcome": "met" } }
            },
            "personal": { "text": "本人说是下午打的电话" }
        }),
    );
    town.record(0, day(9) + 7, json!({
        "kind": "diary_written", "person": person(7), "occurred": "2026-09-09",
        "facts": { "day": "2026-09-09", "requests": [request(0)] }, "personal": { "text": "跑了两户，涵管的事答复了" }
    }));
    town.receive(0, day(9) + 40_000);
    town.record(
        HUB,
        day(12),
        json!({
            "kind": "request_closed", "request": request(0), "occurred": "2026-09-12", "actors": [person(9)],
            "facts": { "closing": "satisfied" }
        }),
    );
    town.record(HUB, day(13), json!({
        "kind": "request_followed_up", "request": request(0), "occurred": "2026-09-13", "actors": [person(9)],
        "facts": { "reached": true, "solved": "no", "satisfaction": "unsatisfied" }, "personal": { "text": "雨一大又漫了" }
    }));
    town.receive(HUB, day(13) + 30_000);
    town.receive(1, day(18));
    town.record(
        0,
        day(20),
        json!({
            "kind": "household_changed", "household": household(2), "occurred": "2026-09-20", "actors": [person(7)],
            "facts": { "change": "merged", "into": household(3) }, "personal": { "text": "老人并到儿子家" }
        }),
    );
    town.record(0, day(20) + 3, json!({
        "kind": "record_corrected", "household": household(0), "occurred": "2026-09-20", "actors": [person(7), person(8)],
        "facts": { "target": town.told[12].id, "correction": "void" }, "personal": { "text": "记错了户" }
    }));
    town.receive(0, day(20) + 10_000);
    town
}
