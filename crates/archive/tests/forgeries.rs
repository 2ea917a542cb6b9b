//! Every forgery of `failures.md` 36, made on exported files, at every size: found, and located.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::fs;
use std::path::Path;

use archive::{Asked, ExportOptions, Finding, Folder, KeptNote, Log, Verified, export, verify_folder};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event::{Position, Sequence};
use proof::{KeyKind, OriginKey, TileLevel, VerifierKey};
use support::forge::Forger;
use support::{SIZES, Town, entry, hasty, rules};
use tempfile::TempDir;

struct Case {
    dir: TempDir,
    town: Town,
    size: u64,
}

impl Case {
    fn of(size: u64) -> Self {
        let (dir, town) = (tempfile::tempdir().unwrap(), Town::of_size(size));
        let options = ExportOptions {
            prove: (size > 0).then(|| (town.origin(0), size / 2 + 1)).into_iter().collect(),
            ..hasty()
        };
        export(&town, dir.path(), &options, &mut |_| ()).unwrap();
        Self { dir, town, size }
    }

    fn log(&self) -> Log {
        self.town.log(0)
    }

    fn forger(&self) -> Forger {
        Forger::new(self.dir.path())
    }

    fn found(&self) -> Verified {
        found_in(self.dir.path(), &Asked::default())
    }

    /// Leaves to forge: the first, one in the middle, the last; one of them each in the large logs.
    fn places(&self) -> Vec<u64> {
        match self.size {
            65_535 => return vec![65_534],
            65_536 => return vec![32_768],
            65_537 => return vec![65_536],
            _ => {}
        }
        let mut places = vec![0, self.size / 2, self.size.saturating_sub(1)];
        places.retain(|at| *at < self.size);
        places.dedup();
        places
    }

    /// The first and last entry of the receipt that covers a leaf.
    fn receipt_of(&self, leaf: u64) -> (u64, u64) {
        let first = leaf / 1_990 * 1_990;
        (first + 1, (first + 1_990).min(self.size))
    }
}

fn found_in(dir: &Path, asked: &Asked) -> Verified {
    match Folder::open(dir) {
        Ok(folder) => verify_folder(&folder, asked, &mut |_, _| ()).unwrap(),
        Err(error) => panic!("{error}"),
    }
}

/// Whether a finding of this rule names this entry of the origin, and no other.
fn names(finding: &Finding, rule: &str, log: Log, sequence: u64) -> bool {
    let place = Sequence::new(sequence).ok();
    finding.rule == rule
        && finding.origin.map(Log::Origin) == Some(log)
        && finding.from == place
        && (finding.to == place || rule == "complete")
}

/// Whether a finding of this rule names a range of the origin that holds this entry.
fn spans(finding: &Finding, rule: &str, log: Log, sequence: u64, (first, last): (u64, u64)) -> bool {
    let (from, to) = (
        finding.from.map_or(0, Sequence::get),
        finding.to.map_or(0, Sequence::get),
    );
    finding.rule == rule
        && finding.origin.map(Log::Origin) == Some(log)
        && (from..=to).contains(&sequence)
        && from >= first
        && to <= last
}

/// Every forgery at one size. Everything is put back after each: what was found was found because of the forgery.
fn every_forgery_at(size: u64) {
    let case = Case::of(size);
    for forge in [
        an_edited_digit_an_altered_tile_and_both_together,
        swapped_dropped_inserted_and_withheld_entries,
        a_dropped_tail_and_an_added_one,
        a_hub_that_was_rolled_back_or_tells_another_story,
        a_record_that_is_dated_back_or_altered_in_the_journal,
        a_wrong_key_and_a_wrong_origin,
        a_wrong_index_in_a_proof_and_a_corrupt_cosignature,
    ] {
        forge(&case);
        let after = case.found();
        assert!(after.holds(), "{size}: {:?}", after.findings);
    }
}

macro_rules! sizes {
    ($($name:ident: $size:literal;)*) => {
        $(#[test]
        fn $name() {
            every_forgery_at($size);
        })*

        #[test]
        fn every_size_of_the_list_is_tried() {
            assert_eq!([$($size),*], SIZES);
        }
    };
}

sizes! {
    every_forgery_is_found_in_logs_of_0: 0;
    every_forgery_is_found_in_logs_of_1: 1;
    every_forgery_is_found_in_logs_of_2: 2;
    every_forgery_is_found_in_logs_of_255: 255;
    every_forgery_is_found_in_logs_of_256: 256;
    every_forgery_is_found_in_logs_of_257: 257;
    every_forgery_is_found_in_logs_of_511: 511;
    every_forgery_is_found_in_logs_of_1000: 1_000;
    every_forgery_is_found_in_logs_of_65535: 65_535;
    every_forgery_is_found_in_logs_of_65536: 65_536;
    every_forgery_is_found_in_logs_of_65537: 65_537;
}

fn an_edited_digit_an_altered_tile_and_both_together(case: &Case) {
    let (size, log) = (case.size, case.log());
    for at in case.places() {
        let mut forger = case.forger();
        forger.bundle(log, size, at, |entries, at| *entries[at].last_mut().unwrap() ^= 1);
        let found = case.found();
        let exact = found.findings.iter().any(|one| names(one, "root", log, at + 1));
        assert!(exact, "edited {at} of {size}: {:?}", found.findings);
        // The hash beside it altered too, and nothing above: the receipt says where, and the tile above closer.
        forger.rehash(log, size, at, 0);
        let found = case.found();
        let receipt = case.receipt_of(at);
        let ranged = found
            .findings
            .iter()
            .any(|one| spans(one, "root", log, at + 1, receipt));
        assert!(ranged, "rewritten {at} of {size}: {:?}", found.findings);
        let full = at / 256 < size / 256;
        let tile = found
            .findings
            .iter()
            .any(|one| spans(one, "tile", log, at + 1, (at / 256 * 256 + 1, at / 256 * 256 + 256)));
        assert_eq!(tile, full, "tile above {at} of {size}: {:?}", found.findings);
        // Every hash above it altered as well: only what was signed is left.
        forger.rehash(log, size, at, 7);
        let found = case.found();
        let ranged = found
            .findings
            .iter()
            .any(|one| spans(one, "root", log, at + 1, receipt));
        assert!(
            ranged && !rules(&found).contains(&"tile"),
            "rewritten to the top: {:?}",
            found.findings
        );
        drop(forger);
        // One bit of a hash, at every level that there is.
        for level in 0..3_u8 {
            if size >> (8 * level) <= at >> (8 * level) {
                continue;
            }
            let (path, number) = Forger::tile(log, size, TileLevel::Hashes(level), at);
            let mut forger = case.forger();
            let mut bytes = forger.read(&path);
            bytes[32 * number + 5] ^= 1;
            forger.write(&path, &bytes);
            let found = case.found();
            let [one] = &found.findings[..] else {
                panic!("level {level}, {at} of {size}: {:?}", found.findings)
            };
            assert!(spans(one, "tile", log, at + 1, (1, u64::MAX)), "{one:?}");
            assert_eq!(
                (one.file.as_ref(), one.index),
                (Some(&path), Some(number as u64)),
                "{one:?}"
            );
        }
    }
}

fn swapped_dropped_inserted_and_withheld_entries(case: &Case) {
    let (size, log) = (case.size, case.log());
    for at in case.places() {
        if at > 0 && at % 256 > 0 {
            let mut forger = case.forger();
            forger.bundle(log, size, at, |entries, at| entries.swap(at - 1, at));
            let found = case.found();
            for sequence in [at, at + 1] {
                let exact = found.findings.iter().any(|one| names(one, "root", log, sequence));
                assert!(exact, "swapped {at} of {size}: {:?}", found.findings);
            }
            forger.rehash(log, size, at - 1, 7);
            forger.rehash(log, size, at, 7);
            let found = case.found();
            let ranged = found
                .findings
                .iter()
                .any(|one| spans(one, "root", log, at + 1, case.receipt_of(at)));
            assert!(ranged, "swapped to the top, {at} of {size}: {:?}", found.findings);
        }
        {
            let mut forger = case.forger();
            forger.bundle(log, size, at, |entries, at| drop(entries.remove(at)));
            let found = case.found();
            let exact = found.findings.iter().any(|one| names(one, "complete", log, at + 1));
            assert!(exact, "dropped {at} of {size}: {:?}", found.findings);
        }
        {
            let mut forger = case.forger();
            forger.bundle(log, size, at, |entries, at| entries.insert(at, entry(77)));
            let found = case.found();
            let exact = found.findings.iter().any(|one| names(one, "complete", log, at + 1));
            assert!(exact, "inserted {at} of {size}: {:?}", found.findings);
        }
        {
            // Dropped and another put in its place: the number is right.
            let mut forger = case.forger();
            forger.bundle(log, size, at, |entries, at| {
                entries.remove(at);
                entries.insert(at, entry(77_777_777));
            });
            let found = case.found();
            let exact = found.findings.iter().any(|one| names(one, "root", log, at + 1));
            assert!(exact, "replaced {at} of {size}: {:?}", found.findings);
        }
        {
            let (path, _) = Forger::tile(log, size, TileLevel::Entries, at);
            let mut forger = case.forger();
            forger.remove(&path);
            let found = case.found();
            let [one] = &found.findings[..] else {
                panic!("{:?}", found.findings)
            };
            let first = at / 256 * 256 + 1;
            let last = (first + 255).min(size);
            assert_eq!((one.rule, one.file.as_ref()), ("complete", Some(&path)));
            assert!(spans(one, "complete", log, at + 1, (first, last)), "{one:?}");
        }
    }
}

fn a_dropped_tail_and_an_added_one(case: &Case) {
    let (size, log) = (case.size, case.log());
    if size > 0 {
        // The end of the last bundle cut off.
        let mut forger = case.forger();
        forger.bundle(log, size, size - 1, |entries, _| drop(entries.pop()));
        let found = case.found();
        let exact = found.findings.iter().any(|one| names(one, "complete", log, size));
        assert!(exact, "cut at {size}: {:?}", found.findings);
        drop(forger);
        // The whole log as it was before its last receipt, with the checkpoint that its origin signed then.
        let older = (size - 1) / 1_990 * 1_990;
        if older > 0 {
            let mut town = Town::of_size(0);
            let log_of = |town: &mut Town, size: u64| {
                (0..size).for_each(|n| town.leaves(log).push(entry(n)));
            };
            log_of(&mut town, older);
            let note = town.logs[&log].checkpoint(log).sign(&town.villages[0]);
            let mut forger = case.forger();
            forger.write(&format!("{}/checkpoint", log.folder()), note.as_bytes());
            for at in (older / 256 * 256..size).step_by(256) {
                forger.remove(&Forger::tile(log, size, TileLevel::Entries, at).0);
                forger.remove(&Forger::tile(log, size, TileLevel::Hashes(0), at).0);
            }
            let found = case.found();
            let missing = found.findings.iter().find(|one| one.rule == "uncovered").unwrap();
            assert_eq!(missing.to.map(Sequence::get), Some(size), "{:?}", found.findings);
            assert!(missing.from.map_or(0, Sequence::get) <= older + 1);
            assert!(
                found
                    .findings
                    .iter()
                    .any(|one| one.rule == "complete" && one.file == Some(format!("{}/checkpoint", log.folder())))
            );
        }
    }
    // One more entry behind the end, in the file that a larger log would have.
    let mut forger = case.forger();
    let width = u16::try_from(size % 256 + 1).unwrap();
    let path = proof::Tile {
        level: TileLevel::Entries,
        index: size / 256,
        width,
    };
    let path = format!("{}/{}", log.folder(), path.path());
    forger.write(&path, b"\0\x05added");
    let found = case.found();
    if size > 0 {
        let [one] = &found.findings[..] else {
            panic!("{:?}", found.findings)
        };
        assert_eq!(
            (one.rule, one.file.as_ref(), one.origin.map(Log::Origin)),
            ("uncovered", Some(&path), Some(log))
        );
        assert_eq!(one.from.map(Sequence::get), Some(size + 1));
    } else {
        assert_eq!(found.findings[0].rule, "uncovered", "{:?}", found.findings);
    }
    drop(forger);
    if size == 0 {
        fs::remove_dir_all(case.dir.path().join(log.folder())).unwrap();
    }
}

fn a_hub_that_was_rolled_back_or_tells_another_story(case: &Case) {
    let kept = |note: &str| Asked {
        kept: vec![KeptNote {
            from: "printed".to_owned(),
            note: note.to_owned(),
        }],
        ..Asked::default()
    };
    let journal = case.town.journal();
    let newest = case.town.note();
    // An older state of the same hub, exported in good order.
    let mut older = case.town.clone();
    let records = older.logs.remove(&journal).unwrap().entries;
    let back = records.len() as u64 - 1;
    records
        .into_iter()
        .take(usize::try_from(back).unwrap())
        .for_each(|one| older.leaves(journal).push(one));
    let dir = tempfile::tempdir().unwrap();
    export(&older, dir.path(), &hasty(), &mut |_| ()).unwrap();
    assert!(found_in(dir.path(), &Asked::default()).holds());
    let found = found_in(dir.path(), &kept(&newest));
    let [one] = &found.findings[..] else {
        panic!("{:?}", found.findings)
    };
    assert_eq!(
        (one.rule, one.journal, one.position),
        ("kept", Some(case.town.journal), Some(Position(back)))
    );
    assert_eq!(one.statements.len(), 2, "what was kept, and what is shown");
    // Another history of the same length and beyond, signed by the same hub.
    let mut other = older.clone();
    other.fill(back + 1);
    other.push(0, 1);
    let dir = tempfile::tempdir().unwrap();
    export(&other, dir.path(), &hasty(), &mut |_| ()).unwrap();
    assert!(found_in(dir.path(), &Asked::default()).holds());
    let found = found_in(dir.path(), &kept(&newest));
    let [one] = &found.findings[..] else {
        panic!("{:?}", found.findings)
    };
    assert_eq!((one.rule, one.position), ("kept", Some(Position(back))), "{one:?}");
    assert!(one.what.contains("two histories were signed"), "{one:?}");
    // The same by what somebody types in from the sheet.
    let mut lines = newest.lines().skip(1);
    let typed = format!("{}:{}", lines.next().unwrap(), lines.next().unwrap());
    let asked = Asked {
        typed: vec![archive::Typed::parse(&typed).unwrap()],
        ..Asked::default()
    };
    assert_eq!(rules(&found_in(dir.path(), &asked)), ["kept"]);
    assert!(found_in(case.dir.path(), &asked).holds());
}

fn a_record_that_is_dated_back_or_altered_in_the_journal(case: &Case) {
    let (log, size) = (case.town.journal(), case.town.size(case.town.journal()));
    for at in [1, size / 2, size - 1]
        .into_iter()
        .skip(if size > 60_000 { 2 } else { 0 })
    {
        let mut forger = case.forger();
        // The last byte of a record is its time's.
        forger.bundle(log, size, at, |entries, at| {
            let byte = entries[at].last_mut().unwrap();
            *byte = byte.wrapping_sub(1);
        });
        let found = case.found();
        let exact = found
            .findings
            .iter()
            .any(|one| one.rule == Finding::JOURNAL_ROOT && one.position == Some(Position(at)) && one.until.is_none());
        assert!(exact, "record {at} of {size}: {:?}", found.findings);
        forger.rehash(log, size, at, 7);
        let found = case.found();
        let one = found.findings.iter().find(|one| one.rule == Finding::JOURNAL_ROOT);
        let one = one.unwrap_or_else(|| panic!("{:?}", found.findings));
        let (from, to) = (one.position.unwrap(), one.until.unwrap());
        assert!((from..=to).contains(&Position(at)), "record {at} of {size}: {one:?}");
    }
}

fn a_wrong_key_and_a_wrong_origin(case: &Case) {
    let (log, journal, origin) = (case.log(), case.town.journal, case.town.origin(0));
    let vkey = |log: Log| VerifierKey {
        name: log.name(),
        kind: KeyKind::Log,
        key: OriginKey::from_seed([66; 32]).public(),
    };
    {
        let mut forger = case.forger();
        let path = format!("keys/origin-{origin}.vkey");
        forger.write(&path, format!("{}\n", vkey(log)).as_bytes());
        let found = case.found();
        let [one] = &found.findings[..] else {
            panic!("{:?}", found.findings)
        };
        assert_eq!((one.rule, one.file.as_ref()), ("key", Some(&path)));
    }
    {
        // Another hub's key: nothing that this hub signed holds, and whoever knows the right key is told at once.
        let mut forger = case.forger();
        forger.write(
            &format!("keys/journal-{journal}.vkey"),
            format!("{}\n", vkey(case.town.journal())).as_bytes(),
        );
        let found = case.found();
        let signature = found
            .findings
            .iter()
            .find(|one| one.rule == "journal-signature")
            .unwrap();
        assert_eq!(signature.journal, Some(journal));
        let asked = Asked {
            hub_key: Some(case.town.hub.public()),
            ..Asked::default()
        };
        let found = found_in(case.dir.path(), &asked);
        assert_eq!(found.findings[0].rule, "key", "{:?}", found.findings);
    }
    {
        // The receipt of another key, in a journal that is right otherwise.
        let mut town = case.town.clone();
        let first = town.size(log) + 1;
        let key = std::mem::replace(&mut town.villages[0], OriginKey::from_seed([66; 32]));
        (first..first + 2).for_each(|n| town.leaves(log).push(entry(n)));
        let checkpoint = town.logs[&log].checkpoint(log);
        let record = sync::record::JournalRecord::Receipt {
            origin: key.origin(),
            unit: None,
            first: Sequence::new(first).unwrap(),
            size: checkpoint.size,
            note: checkpoint.sign(&town.villages[0]),
            received_at_ms: town.at_ms + 1,
        };
        town.record(&record);
        let at = town.size(town.journal()) - 1;
        let found = archive::verify(&town, &Asked::default(), None, &mut |_, _| ()).unwrap();
        let one = found
            .findings
            .iter()
            .find(|one| one.rule == "receipt-signature")
            .unwrap();
        assert_eq!((one.position, one.origin), (Some(Position(at)), Some(origin)));
    }
    if case.size > 0 {
        // The log under another origin's name.
        let other = Log::Origin(OriginKey::from_seed([66; 32]).origin());
        let dir = case.dir.path();
        fs::rename(dir.join(log.folder()), dir.join(other.folder())).unwrap();
        let found = case.found();
        fs::rename(dir.join(other.folder()), dir.join(log.folder())).unwrap();
        let place = |rule, of: Log| {
            found
                .findings
                .iter()
                .any(|one| one.rule == rule && one.origin.map(Log::Origin) == Some(of))
        };
        assert!(place("complete", log), "{:?}", found.findings);
        assert!(place("uncovered", other), "{:?}", found.findings);
        // Its checkpoint, signed by another village.
        let mut forger = case.forger();
        let path = format!("{}/checkpoint", log.folder());
        let forged = case.town.logs[&log].checkpoint(log).sign(&case.town.villages[1]);
        forger.write(&path, forged.as_bytes());
        let found = case.found();
        let [one] = &found.findings[..] else {
            panic!("{:?}", found.findings)
        };
        assert_eq!(
            (one.rule, one.file.as_ref(), one.origin),
            ("kept", Some(&path), Some(origin))
        );
    }
}

fn a_wrong_index_in_a_proof_and_a_corrupt_cosignature(case: &Case) {
    let (origin, size) = (case.town.origin(0), case.size);
    if size > 0 {
        let index = size / 2;
        let path = format!("proofs/origin-{origin}-{}.tlog-proof", index + 1);
        let right = case.forger().text(&path);
        let other = format!("index {}", if index == 0 { 1 } else { index - 1 });
        let forged = [
            right.replace(&format!("index {index}"), &other),
            right
                .replacen("index", "extra AAAA\nindex", 1)
                .replace(&format!("index {index}"), &other),
        ];
        for forged in forged {
            let mut forger = case.forger();
            forger.write(&path, forged.as_bytes());
            let found = case.found();
            let [one] = &found.findings[..] else {
                panic!("{:?}", found.findings)
            };
            assert!(names(one, "proof", case.log(), index + 1), "{one:?}");
            assert_eq!(one.file.as_ref(), Some(&path));
        }
        // A renamed proof, and another leaf beside it.
        let mut forger = case.forger();
        forger.write(&format!("proofs/origin-{origin}-{}.leaf", index + 1), b"another leaf");
        assert_eq!(rules(&case.found()), ["proof"]);
    }
    let name = proof::origin_log_name(case.town.origin(1));
    let dir = format!("checkpoints/{}", case.town.journal().folder().replace('/', "-"));
    let kept = proof::SignedCheckpoint::parse(&case.town.kept[1].note)
        .unwrap()
        .claim()
        .size;
    let path = format!("{dir}/{kept}-0");
    let mut forger = case.forger();
    let note = forger.text(&path);
    let line = note.lines().last().unwrap();
    let (mark, encoded) = line.rsplit_once(' ').unwrap();
    let mut bytes = STANDARD.decode(encoded).unwrap();
    bytes[20] ^= 1;
    forger.write(
        &path,
        note.replace(line, &format!("{mark} {}", STANDARD.encode(bytes)))
            .as_bytes(),
    );
    let found = case.found();
    let [one] = &found.findings[..] else {
        panic!("{:?}", found.findings)
    };
    assert_eq!(
        (one.rule, one.file.as_ref(), one.position),
        ("cosignature", Some(&path), Some(Position(kept - 1)))
    );
    assert!(one.what.contains(&name), "{one:?}");
}

#[test]
fn whatever_else_a_stick_holds_is_found_and_never_stops_the_check() {
    let case = Case::of(300);
    let (dir, log) = (case.dir.path(), case.log());
    let (bundle, _) = Forger::tile(log, 300, TileLevel::Entries, 0);
    let (tile, _) = Forger::tile(log, 300, TileLevel::Hashes(0), 0);
    let kept = format!("checkpoints/journal-{}/1-0", case.town.journal);
    let noise = vec![0xff; 20 << 20];
    for (path, rule) in [(&bundle, "complete"), (&tile, "tile"), (&kept, "kept")] {
        let mut forger = case.forger();
        forger.write(path, &noise);
        let found = case.found();
        assert!(rules(&found).contains(&rule), "{path}: {:?}", found.findings);
    }
    for path in [
        format!("{}/checkpoint", log.folder()),
        format!("keys/origin-{}.vkey", case.town.origin(1)),
        format!("proofs/origin-{}-151.leaf", case.town.origin(0)),
        format!("proofs/origin-{}-151.tlog-proof", case.town.origin(0)),
        format!("{}/checkpoint", case.town.journal().folder()),
    ] {
        let mut forger = case.forger();
        forger.write(&path, &noise);
        match Folder::open(dir) {
            Ok(_) => assert!(!case.found().holds(), "{path}"),
            Err(error) => assert!(error.to_string().contains("longer than"), "{error}"),
        }
    }
    // A folder and a ring of links where files should be.
    let path = dir.join(&tile);
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let ring = path.join("ring");
    std::os::unix::fs::symlink(dir.join(log.folder()), &ring).unwrap();
    let found = case.found();
    assert!(
        rules(&found).contains(&"tile") && rules(&found).contains(&"uncovered"),
        "{:?}",
        found.findings
    );
    fs::remove_file(ring).unwrap();
    fs::remove_dir(&path).unwrap();
    fs::write(path, bytes).unwrap();
    assert!(case.found().holds());
}
