//! Every rule of the verification, by a small mirror that is sound and by the same mirror with one thing altered.
//! The altered store is written anew, so that its own checksums and trees are right: only signatures can tell.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;

use audit::{Asked, AuditConfig, ExportOptions, Folder, KeptNote, Replay, Verified, verify, verify_folder};
use event::form::Form;
use event::{BootId, ClockQuality, Entry, EventId, JournalId, Origin, Position, Sequence, Stamp};
use event_log::{Commit, LogEntry, LogId, LogRead as _, SledStore, Store as _};
use follower::Mirror;
use proof::{Checkpoint, Frontier, OriginKey, journal_log_name, leaf_hash, origin_log_name};
use serde_bytes::{ByteArray, ByteBuf};
use serde_json::{Value, json};
use sync::frame::BodyWriter;
use sync::message::{Cursor, Enrolled, EnrolmentProof, PageEnd, encode};
use sync::record::{JournalRecord, Role};
use tempfile::TempDir;

const START_MS: u64 = 1_790_000_000_000;
const UNIT: &str = "990000103201";

fn hub_key() -> OriginKey {
    OriginKey::from_seed([1; 32])
}

fn village_key() -> OriginKey {
    OriginKey::from_seed([2; 32])
}

fn journal() -> JournalId {
    JournalId::from_bytes([3; 16])
}

fn origin() -> Origin {
    village_key().origin()
}

/// Six registrations by the village, the first three under one receipt, the others under another.
fn entries() -> Vec<Entry> {
    let entry = |at: u64| {
        let id = |n: u64| EventId::from_parts(START_MS + n, 7).unwrap().to_string();
        let form = json!({
            "kind": "household_registered", "household": id(at), "occurred": "2026-08-31", "recorder": id(100),
            "facts": { "group": 1, "size": 3 }, "personal": { "head": format!("户主{at}") }
        });
        let form: Form<Value> = serde_json::from_value(form).unwrap();
        let stamp = Stamp {
            origin: origin(),
            sequence: Sequence::after_size(at),
            id: EventId::from_parts(START_MS + at, 9).unwrap(),
            clock: ClockQuality::Ntp,
            wall_ms: START_MS,
            mono_ms: at,
            boot: BootId([2; 8]),
            seen: None,
        };
        Entry::write(&form.into_draft(UNIT.parse().unwrap()).unwrap(), &stamp, [9; 16]).unwrap()
    };
    (0..6).map(entry).collect()
}

fn receipt(first: u64, size: u64, at_ms: u64) -> JournalRecord {
    let mut frontier = Frontier::new();
    entries()[..usize::try_from(size).unwrap()]
        .iter()
        .for_each(|entry| frontier.push(leaf_hash(&entry.bytes)));
    let checkpoint = Checkpoint {
        name: origin_log_name(origin()),
        size,
        root: frontier.root(),
    };
    JournalRecord::Receipt {
        origin: origin(),
        unit: Some(UNIT.parse().unwrap()),
        first: Sequence::new(first).unwrap(),
        size,
        note: checkpoint.sign(&village_key()),
        received_at_ms: at_ms,
    }
}

fn records() -> Vec<JournalRecord> {
    vec![
        JournalRecord::Opened {
            journal: journal(),
            key: ByteArray::new(hub_key().public().0),
            unit: "990000103000".parse().unwrap(),
            name: "示范镇".to_owned(),
            previous: None,
            at_ms: START_MS,
        },
        JournalRecord::Enrolled {
            origin: origin(),
            key: ByteArray::new(village_key().public().0),
            unit: UNIT.parse().unwrap(),
            role: Role::Village,
            name: "砚渡村".to_owned(),
            at_ms: START_MS + 1,
        },
        receipt(1, 3, START_MS + 10),
        receipt(4, 6, START_MS + 20),
    ]
}

/// A folder with a sound mirror.
fn mirror() -> (TempDir, AuditConfig) {
    let dir = tempfile::tempdir().unwrap();
    let mut config = AuditConfig::new(dir.path());
    (config.ballast_mib, config.min_free_mib, config.cache_mib) = (0, 1, 4);
    let mut store = SledStore::create(config.store()).unwrap();
    let mut mirror = Mirror::open(&store, hub_key().public()).unwrap();
    let (mut body, mut frontier) = (BodyWriter::new().unwrap(), Frontier::new());
    for (position, record) in (0..).zip(records()) {
        let bytes = record.encode().unwrap();
        frontier.push(leaf_hash(&bytes));
        body.record(Position(position), &bytes).unwrap();
        if let JournalRecord::Receipt { first, size, .. } = record {
            body.range(origin(), first).unwrap();
            for at in first.get()..=size {
                let entry = &entries()[usize::try_from(at - 1).unwrap()];
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
    let taken = mirror.take(&mut store, &body.end(&end).unwrap(), &[]).unwrap();
    assert_eq!((taken.records, taken.entries, taken.at_end), (4, 6, true));
    Box::new(store).close().unwrap();
    let enrolled = Enrolled {
        journal: journal(),
        hub_key: ByteArray::new(hub_key().public().0),
        note,
        proof: EnrolmentProof {
            unit: "990000103000".parse().unwrap(),
            role: Role::Auditor,
            name: "审计".to_owned(),
            signature: ByteBuf::new(),
        },
    };
    fs::write(dir.path().join("enrolled"), encode(&enrolled)).unwrap();
    (dir, config)
}

/// Writes the mirror anew with every log as `change` leaves it.
fn alter(config: &AuditConfig, change: impl Fn(LogId, &mut Vec<LogEntry>)) {
    let old = SledStore::open(config.store()).unwrap();
    let mut logs = BTreeMap::new();
    for log in old.logs() {
        let mut entries = Vec::new();
        old.scan(log, Sequence::FIRST, &mut |_, bytes, personal| {
            entries.push(LogEntry {
                bytes: bytes.to_vec(),
                personal: personal.map(<[u8]>::to_vec),
            });
            ControlFlow::Continue(())
        })
        .unwrap();
        change(log, &mut entries);
        logs.insert(log, entries);
    }
    let meta = old.scan_meta(&[]).unwrap();
    Box::new(old).close().unwrap();
    fs::remove_dir_all(config.store().dir).unwrap();
    let mut new = SledStore::create(config.store()).unwrap();
    let mut commit = Commit::new();
    for (log, entries) in logs {
        commit.append(log, Sequence::FIRST, entries);
    }
    for (key, value) in meta {
        commit.put_meta(key, value);
    }
    new.commit(commit).unwrap();
    Box::new(new).close().unwrap();
}

fn is_village_log(log: LogId) -> bool {
    log == LogId::from(origin())
}

/// What is found after `change`.
fn found(change: impl Fn(LogId, &mut Vec<LogEntry>)) -> Verified {
    let (_dir, config) = mirror();
    alter(&config, change);
    verify(&config, &mut |_, _| ()).unwrap()
}

fn rules(verified: &Verified) -> Vec<&'static str> {
    verified.findings.iter().map(|finding| finding.rule).collect()
}

/// The journal's record with this index, rewritten.
fn rewrite(entries: &mut [LogEntry], at: usize, change: impl Fn(JournalRecord) -> JournalRecord) {
    let record = JournalRecord::decode(&entries[at].bytes[8..]).unwrap();
    let bytes = change(record).encode().unwrap();
    entries[at].bytes.truncate(8);
    entries[at].bytes.extend(bytes);
}

#[test]
fn a_sound_mirror_holds_and_says_how_much_was_checked() {
    let (_dir, config) = mirror();
    let verified = verify(&config, &mut |_, _| ()).unwrap();
    assert!(verified.holds(), "{:?}", verified.findings);
    let checked = verified.checked;
    assert_eq!((checked.records, checked.receipts, checked.entries), (4, 2, 6));
    assert_eq!((checked.signatures, checked.roots, checked.personal_parts), (3, 3, 6));
    // Writing it anew alone changes nothing.
    assert!(found(|_, _| ()).holds());
    let replay = Replay::run(&config, &mut |_, _| ()).unwrap();
    let unit = UNIT.parse().unwrap();
    assert_eq!(
        audit::rows(replay.ledger(), ledger::View::Households, unit, replay.last_day()).len(),
        6
    );
    assert_eq!(replay.digests().of(unit).unwrap().scope_position, Some(Position(3)));
    assert_eq!(replay.book().name_of(unit), "砚渡村");
    replay.close().unwrap();
}

#[test]
fn an_altered_event_is_found_under_its_receipt() {
    let verified = found(|log, entries| {
        if is_village_log(log) {
            // One member more.
            *entries[4].bytes.last_mut().unwrap() += 1;
        }
    });
    assert_eq!(rules(&verified), ["root"]);
    let finding = &verified.findings[0];
    assert_eq!(finding.name.as_deref(), Some("砚渡村"));
    assert_eq!(
        (finding.position, finding.from),
        (Some(Position(3)), Sequence::new(4).ok())
    );
}

#[test]
fn swapped_dropped_and_added_events_are_found() {
    let swapped = found(|log, entries| {
        if is_village_log(log) {
            entries.swap(0, 1);
        }
    });
    assert_eq!(rules(&swapped), ["header", "header", "ulid", "root"]);
    let dropped = found(|log, entries| {
        if is_village_log(log) {
            entries.pop();
        }
    });
    assert_eq!(rules(&dropped), ["uncovered"]);
    let added = found(|log, entries| {
        if is_village_log(log) {
            entries.push(entries[5].clone());
        }
    });
    assert!(rules(&added).contains(&"uncovered"), "{:?}", added.findings);
}

#[test]
fn another_personal_part_is_found() {
    let verified = found(|log, entries| {
        if is_village_log(log) {
            *entries[2].personal.as_mut().unwrap().last_mut().unwrap() ^= 1;
        }
    });
    assert_eq!(rules(&verified), ["personal"]);
    assert!(verified.findings[0].event.is_some());
}

#[test]
fn a_receipt_that_is_dated_back_is_found_with_and_without_breaking_the_order() {
    for (back_ms, also) in [(15, Some("received-at")), (5, None)] {
        let verified = found(|log, entries| {
            if is_village_log(log) {
                return;
            }
            rewrite(entries, 3, |record| match record {
                JournalRecord::Receipt {
                    origin,
                    unit,
                    first,
                    size,
                    note,
                    received_at_ms,
                } => JournalRecord::Receipt {
                    origin,
                    unit,
                    first,
                    size,
                    note,
                    received_at_ms: received_at_ms - back_ms,
                },
                other => other,
            });
        });
        let expected: Vec<_> = also.into_iter().chain(["journal-root"]).collect();
        assert_eq!(rules(&verified), expected);
    }
}

#[test]
fn a_foreign_signature_and_a_foreign_key_are_found() {
    let forged = found(|log, entries| {
        if !is_village_log(log) {
            rewrite(entries, 2, |record| match record {
                JournalRecord::Receipt {
                    origin: of,
                    unit,
                    first,
                    size,
                    received_at_ms,
                    ..
                } => JournalRecord::Receipt {
                    note: Checkpoint {
                        name: origin_log_name(of),
                        size,
                        root: [0; 32],
                    }
                    .sign(&OriginKey::from_seed([66; 32])),
                    origin: of,
                    unit,
                    first,
                    size,
                    received_at_ms,
                },
                other => other,
            });
        }
    });
    assert_eq!(rules(&forged), ["journal-root", "receipt-signature"]);
    let other_key = found(|log, entries| {
        if !is_village_log(log) {
            rewrite(entries, 1, |record| match record {
                JournalRecord::Enrolled {
                    origin,
                    unit,
                    role,
                    name,
                    at_ms,
                    ..
                } => JournalRecord::Enrolled {
                    key: ByteArray::new(OriginKey::from_seed([66; 32]).public().0),
                    origin,
                    unit,
                    role,
                    name,
                    at_ms,
                },
                other => other,
            });
        }
    });
    assert!(
        rules(&other_key).starts_with(&["key", "journal-root"]),
        "{:?}",
        other_key.findings
    );
}

#[test]
fn a_missing_record_is_found() {
    let verified = found(|log, entries| {
        if !is_village_log(log) {
            entries.remove(2);
        }
    });
    assert_eq!(
        rules(&verified)[..2],
        ["gapless", "complete"],
        "{:?}",
        verified.findings
    );
}

#[test]
fn a_damaged_file_is_said_to_be_one() {
    let (_dir, config) = mirror();
    let db = config.store().dir.join("sled/db");
    let mut bytes = fs::read(&db).unwrap();
    let head = entries()[1].bytes[..24].to_vec();
    let at = bytes.windows(head.len()).position(|window| window == head).unwrap();
    bytes[at + 40] ^= 1;
    fs::write(&db, bytes).unwrap();
    match verify(&config, &mut |_, _| ()) {
        Ok(verified) => assert!(rules(&verified).contains(&"store"), "{:?}", verified.findings),
        Err(error) => assert!(matches!(error, audit::AuditError::Store(_)), "{error}"),
    }
}

#[test]
fn an_export_of_a_mirror_holds_and_an_auditor_can_begin_with_it_alone() {
    let (_dir, config) = mirror();
    let out = tempfile::tempdir().unwrap();
    for personal in [false, true] {
        let options = ExportOptions {
            personal,
            prove: vec![(origin(), 5)],
            is_hasty: true,
            ..ExportOptions::default()
        };
        // The mirror's own trees are over positions and records; the folder's are over the records.
        let written = audit::export_folder(&config, out.path(), &options, &mut |_| ()).unwrap();
        assert_eq!((written.records, written.entries, written.proofs), (4, 6, 2));
        let folder = Folder::open(out.path()).unwrap();
        let verified = verify_folder(&folder, &Asked::default(), &mut |_, _| ()).unwrap();
        assert!(verified.holds(), "{:?}", verified.findings);
        assert_eq!(verified.checked.personal_parts, if personal { 6 } else { 0 });
        let dir = tempfile::tempdir().unwrap();
        let mut second = AuditConfig::new(dir.path().join("auditor"));
        (second.ballast_mib, second.min_free_mib, second.cache_mib) = (0, 1, 4);
        let opened = audit::open_export(&second, &folder, &surroundings(), &mut |_| ()).unwrap();
        assert_eq!((opened.records, opened.entries), (4, 6));
        let again = verify(&second, &mut |_, _| ()).unwrap();
        assert!(again.holds(), "{:?}", again.findings);
        assert_eq!(again.checked.personal_parts, verified.checked.personal_parts);
        // Figures never use personal parts: they are the same without them.
        let digests = |config: &AuditConfig| {
            let replay = Replay::run(config, &mut |_, _| ()).unwrap();
            let digests = replay.digests();
            replay.close().unwrap();
            digests
        };
        assert_eq!(digests(&config), digests(&second));
        let taken = audit::open_export(&second, &folder, &surroundings(), &mut |_| ());
        assert!(matches!(taken, Err(audit::AuditError::Taken { .. })));
    }
    // What does not hold is not opened.
    let bundle = out.path().join(format!("origin/{}/tile/entries/000.p/6", origin()));
    let mut bytes = fs::read(&bundle).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(bundle, bytes).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let config = AuditConfig::new(dir.path().join("auditor"));
    let refused = audit::open_export(
        &config,
        &Folder::open(out.path()).unwrap(),
        &surroundings(),
        &mut |_| (),
    );
    assert!(matches!(refused, Err(audit::AuditError::Unsound { .. })), "{refused:?}");
}

fn surroundings() -> link::Surroundings {
    let reading = || event::ClockReading {
        wall_ms: START_MS,
        mono_ms: 1,
        boot: BootId([1; 8]),
        ntp: true,
    };
    link::Surroundings::new(reading, |bytes: &mut [u8]| bytes.fill(7))
}

#[test]
fn an_altered_mirror_is_not_exported() {
    let (_dir, config) = mirror();
    alter(&config, |log, entries| {
        if is_village_log(log) {
            *entries[4].bytes.last_mut().unwrap() += 1;
        }
    });
    let out = tempfile::tempdir().unwrap();
    let options = ExportOptions {
        is_hasty: true,
        ..ExportOptions::default()
    };
    let refused = audit::export_folder(&config, out.path(), &options, &mut |_| ());
    assert!(refused.is_err_and(|error| error.to_string().contains("do not have the root that was signed")));
    assert!(!Folder::open(out.path()).is_ok_and(|folder| folder.is_finished()));
}

#[test]
fn a_report_is_signed_by_the_auditor_and_a_second_history_becomes_evidence() {
    let (dir, config) = mirror();
    let report = audit::signed_report(dir.path(), "everything verifies", [9; 32]).unwrap();
    let (text, by) = audit::verify_report(&report).unwrap();
    assert_eq!(
        (text, by),
        ("everything verifies\n", OriginKey::from_seed([9; 32]).public())
    );
    // The hub signed another root of the same size; the auditor had kept that checkpoint.
    let other = Checkpoint {
        name: journal_log_name(journal()),
        size: 3,
        root: [5; 32],
    };
    let asked = Asked {
        kept: vec![KeptNote {
            from: "printed".to_owned(),
            note: other.sign(&hub_key()),
        }],
        ..Asked::default()
    };
    let verified = audit::verify_asked(&config, &asked, &mut |_, _| ()).unwrap();
    assert_eq!(rules(&verified), ["kept"]);
    assert_eq!(verified.findings[0].statements.len(), 2);
    let kept = dir.path().join(format!("checkpoints/{}", journal()));
    fs::create_dir_all(&kept).unwrap();
    fs::write(kept.join("3-abc"), other.sign(&hub_key())).unwrap();
    let out = tempfile::tempdir().unwrap();
    let (found, written) = audit::write_evidence(&config, out.path()).unwrap();
    assert_eq!((found.len(), written.len(), found[0].kind), (1, 1, "checkpoints"));
    assert!(!found[0].is_benign && found[0].notes.len() == 2);
    assert!(
        fs::read_to_string(&written[0])
            .unwrap()
            .contains("signed by minqing/journal/")
    );
    assert_eq!(
        fs::read_to_string(out.path().join("001-checkpoints.1.note")).unwrap(),
        other.sign(&hub_key())
    );
}
