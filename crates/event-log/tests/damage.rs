//! Damage of every kind: nothing is silent, nothing sound is given up, no panic comes out.

#![expect(clippy::print_stdout, reason = "the counts of a trial are its result")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use common::{all, append, copy_folder, log, seq, small, usual};
use event_log::{Commit, Level, LogEntry, LogId, LogRead as _, LogSalvage, SledStore, Store as _, StoreError, salvage};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const SIZES: [(u8, u64); 3] = [(1, 2_400), (2, 700), (3, 1)];
const META: u64 = 40;

/// A store with two logs of some size, a third with one entry, metadata and a stage, closed cleanly.
fn build(dir: &Path) {
    let mut store = SledStore::create(small(dir)).expect("is created");
    for (n, size) in SIZES {
        let mut next = 1;
        while next <= size {
            let to = size.min(next + if next % 3 == 0 { 0 } else { 90 });
            let mut commit = append(log(n), next, to);
            commit.put_meta(format!("key/{}", next % META), format!("{n}/{next}"));
            store.commit(commit).expect("commits");
            next = to + 1;
        }
    }
    let mut commit = Commit::new();
    commit.stage(log(2), seq(701), (701..=760).map(|n| usual(log(2), n)).collect());
    store.commit(commit).expect("stages");
    Box::new(store).close().expect("closes");
}

type Content = (BTreeMap<LogId, Vec<LogEntry>>, Vec<LogEntry>, event_log::MetaRows);

/// Everything that a store gives out, or the first thing it says is wrong.
fn content(dir: &Path) -> Result<Content, StoreError> {
    let store = SledStore::open(small(dir))?;
    let report = store.verify(Level::Full, &mut |_, _| {})?;
    if !report.is_sound() {
        return Err(StoreError::Damaged(event_log::Damage {
            problems: report.problems,
        }));
    }
    let logs = store.logs().into_iter().map(|log| (log, all(&store, log))).collect();
    let staged = store.read_staged(log(2), seq(1), usize::MAX, usize::MAX)?;
    Ok((logs, staged, store.scan_meta(b"")?))
}

/// What a salvage must have kept of a log, or say it has not.
fn check_log(dir: &Path, found: &LogSalvage, size: u64) -> (u64, u64) {
    let store = SledStore::open(small(dir)).expect("the rebuilt store opens");
    assert!(store.verify(Level::Full, &mut |_, _| {}).expect("verifies").is_sound());
    let log = found.log;
    let kept = all(&store, log);
    assert_eq!(kept.len() as u64, found.kept);
    assert_eq!(store.head(log).staged_size, found.kept, "what is rebuilt is accepted");
    let mut seen: Vec<u64> = (1..=found.kept).collect();
    for (entry, n) in kept.iter().zip(1..) {
        let expected = usual(log, n);
        assert_eq!(entry.bytes, expected.bytes, "sequence {n}");
        let missing = found
            .personal_missing
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&n));
        assert_eq!(entry.personal, expected.personal.filter(|_| !missing), "sequence {n}");
    }
    for island in &found.islands {
        for (entry, n) in island.entries.iter().zip(island.first.get()..) {
            assert_eq!(entry.bytes, usual(log, n).bytes);
            seen.push(n);
        }
    }
    let missing: u64 = found.missing.iter().map(|(from, to)| to + 1 - from).sum();
    seen.extend(found.missing.iter().flat_map(|(from, to)| *from..=*to));
    seen.sort_unstable();
    assert_eq!(
        seen,
        (1..=size).collect::<Vec<_>>(),
        "log {log}: every sequence is kept, apart, or said to be missing"
    );
    (found.kept, missing)
}

#[derive(Debug, Default)]
struct Tally {
    harmless: u32,
    salvaged_whole: u32,
    salvaged_partly: u32,
    entries_missing: u64,
    entries_carved: u64,
    entries_apart: u64,
    personal_missing: u64,
}

/// Damages a copy of the store and looks at what comes of it.
fn trial(sound: &Path, expected: &Content, tally: &mut Tally, what: &str, damage: impl FnOnce(&Path)) {
    let scratch = tempfile::tempdir().expect("a folder");
    let dir = scratch.path().join("log");
    copy_folder(sound, &dir);
    damage(&dir);
    match content(&dir) {
        Ok(found) => {
            assert!(found == *expected, "{what}: damage passed in silence");
            tally.harmless += 1;
        }
        Err(StoreError::Damaged(_) | StoreError::Unknown { .. } | StoreError::Poisoned { .. }) => {
            let report = salvage(&small(&dir)).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(report.copy.join("sled").exists(), "{what}: a copy is kept");
            let mut lost = 0;
            for (n, size) in SIZES {
                let empty = LogSalvage {
                    log: log(n),
                    missing: vec![(1, size)],
                    ..LogSalvage::default()
                };
                let found = report.logs.iter().find(|found| found.log == log(n)).unwrap_or(&empty);
                lost += check_log(&dir, found, size).1;
                tally.entries_carved += found.carved;
                tally.entries_apart += found
                    .islands
                    .iter()
                    .map(|island| island.entries.len() as u64)
                    .sum::<u64>();
                tally.personal_missing += found
                    .personal_missing
                    .iter()
                    .map(|(from, to)| to + 1 - from)
                    .sum::<u64>();
            }
            let store = SledStore::open(small(&dir)).expect("opens");
            if report.meta_whole {
                assert_eq!(store.scan_meta(b"").expect("reads"), expected.2, "{what}");
            }
            tally.entries_missing += lost;
            if lost == 0 {
                tally.salvaged_whole += 1
            } else {
                tally.salvaged_partly += 1
            }
        }
        Err(error) => panic!("{what}: {error}"),
    }
}

fn sound_store() -> (tempfile::TempDir, Content) {
    let scratch = tempfile::tempdir().expect("a folder");
    build(&scratch.path().join("log"));
    let reopened = tempfile::tempdir().expect("a folder");
    copy_folder(&scratch.path().join("log"), &reopened.path().join("log"));
    let expected = content(&reopened.path().join("log")).expect("sound");
    for (n, size) in SIZES {
        assert_eq!(
            expected.0[&log(n)],
            (1..=size).map(|s| usual(log(n), s)).collect::<Vec<_>>()
        );
    }
    assert_eq!(expected.1.len(), 60);
    (scratch, expected)
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).expect("readable");
    change(&mut bytes);
    fs::write(path, bytes).expect("writable");
}

#[test]
fn a_truncated_file_is_found() {
    let (scratch, expected) = sound_store();
    let sound = scratch.path().join("log");
    let mut rng = ChaCha8Rng::seed_from_u64(27);
    let length = fs::metadata(sound.join("sled/db")).expect("a file").len();
    let mut tally = Tally::default();
    let mut lengths = vec![0, 1, 4_096, 512 * 1_024, length - 1, length - 4_096, length / 2];
    lengths.extend((0..25).map(|_| rng.random_range(0..length)));
    for cut in lengths {
        trial(
            &sound,
            &expected,
            &mut tally,
            &format!("cut at {cut} of {length}"),
            |dir| {
                let file = fs::File::options()
                    .write(true)
                    .open(dir.join("sled/db"))
                    .expect("opens");
                file.set_len(cut).expect("truncates");
            },
        );
    }
    println!("truncation: {tally:?}");
    assert!(tally.salvaged_partly > 0, "the trial itself must be able to fail");
}

#[test]
fn flipped_bits_and_zeroed_blocks_are_found() {
    let (scratch, expected) = sound_store();
    let sound = scratch.path().join("log");
    let mut rng = ChaCha8Rng::seed_from_u64(30);
    let length = fs::metadata(sound.join("sled/db")).expect("a file").len();
    let mut flips = Tally::default();
    for n in 0..50u32 {
        let places: Vec<u64> = (0..=n % 4).map(|_| rng.random_range(0..length)).collect();
        let bit = rng.random_range(0..8);
        trial(
            &sound,
            &expected,
            &mut flips,
            &format!("bit {bit} of {places:?}"),
            |dir| {
                let file = fs::File::options()
                    .read(true)
                    .write(true)
                    .open(dir.join("sled/db"))
                    .expect("opens");
                for place in places {
                    let mut byte = [0];
                    file.read_exact_at(&mut byte, place).expect("reads");
                    file.write_all_at(&[byte[0] ^ (1 << bit)], place).expect("writes");
                }
            },
        );
    }
    let mut blocks = Tally::default();
    for _ in 0..25 {
        let at = rng.random_range(0..length / 4_096) * 4_096;
        trial(&sound, &expected, &mut blocks, &format!("block {at} zeroed"), |dir| {
            let file = fs::File::options()
                .write(true)
                .open(dir.join("sled/db"))
                .expect("opens");
            file.write_all_at(&[0; 4_096], at).expect("writes");
        });
    }
    println!("flips: {flips:?}\nzeroed blocks: {blocks:?}");
    assert!(
        flips.salvaged_whole + flips.salvaged_partly > 0,
        "the trial itself must be able to fail"
    );
    // One bit spoils one frame at most: nearly everything is kept or carved.
    assert!(flips.entries_missing < 50 * 4 * 16, "{flips:?}");
}

#[test]
fn missing_and_spoiled_small_files_are_found() {
    let (scratch, expected) = sound_store();
    let sound = scratch.path().join("log");
    let mut tally = Tally::default();
    let snap = fs::read_dir(sound.join("sled"))
        .expect("a folder")
        .flatten()
        .map(|entry| entry.file_name());
    let snap = snap
        .filter_map(|name| name.into_string().ok())
        .find(|name| name.starts_with("snap."));
    let snap = format!("sled/{}", snap.expect("a snapshot"));
    for name in ["sled/db", "sled/conf", &snap, "mark", "FORMAT"] {
        trial(&sound, &expected, &mut tally, &format!("{name} removed"), |dir| {
            fs::remove_file(dir.join(name)).expect("removes");
        });
        trial(&sound, &expected, &mut tally, &format!("{name} emptied"), |dir| {
            fs::write(dir.join(name), b"").expect("writes");
        });
        trial(&sound, &expected, &mut tally, &format!("{name} flipped"), |dir| {
            change(&dir.join(name), |bytes| {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 4;
            });
        });
    }
    println!("small files: {tally:?}");
}

#[test]
fn an_unfinished_snapshot_does_no_harm() {
    let (scratch, expected) = sound_store();
    let dir = scratch.path().join("log");
    // What a full disk or a power cut leaves when sled is about to write its snapshot at open.
    for bytes in [&b""[..], b"half of a snapshot"] {
        fs::write(dir.join("sled/snap.00000000FFFFFFFF.generating"), bytes).expect("writes");
        assert!(content(&dir).expect("opens") == expected);
    }
}

#[test]
fn a_blob_file_is_found() {
    let (scratch, _) = sound_store();
    let dir = scratch.path().join("log");
    fs::write(dir.join("sled/blobs/77"), b"anything").expect("writes");
    assert!(matches!(SledStore::open(small(&dir)), Err(StoreError::Damaged(_))));
}

#[test]
fn salvage_of_a_sound_store_changes_nothing_but_the_stage() {
    let (scratch, expected) = sound_store();
    let dir = scratch.path().join("log");
    let report = salvage(&small(&dir)).expect("salvages");
    assert!(report.opened && report.meta_whole);
    for found in &report.logs {
        assert_eq!((found.carved, found.missing.len(), found.islands.len()), (0, 0, 0));
    }
    assert_eq!(report.logs[1].staged_dropped, 60);
    let found = content(&dir).expect("sound");
    assert_eq!((found.0, found.2), (expected.0, expected.2));
    // A second one keeps its own copy.
    let second = salvage(&small(&dir)).expect("salvages");
    assert_ne!(report.copy, second.copy);
}

#[test]
fn a_database_that_went_back_to_an_earlier_state_does_not_pass_for_whole() {
    let scratch = tempfile::tempdir().expect("a folder");
    let (dir, earlier) = (scratch.path().join("log"), scratch.path().join("earlier"));
    let value = |text: &str| {
        let mut commit = append(log(1), 1, 5);
        commit.put_meta("key", text);
        commit
    };
    let mut store = SledStore::create(small(&dir)).expect("is created");
    store.commit(value("old")).expect("commits");
    Box::new(store).close().expect("closes");
    copy_folder(&dir, &earlier);
    let mut store = SledStore::open(small(&dir)).expect("opens");
    let mut commit = append(log(1), 6, 6);
    commit.put_meta("key", "new");
    store.commit(commit).expect("commits");
    Box::new(store).close().expect("closes");
    // As after a lost tail: sound in itself and older, and nothing newer is left to be carved. The mark alone knows better.
    let mark = fs::read(dir.join("mark")).expect("is there");
    fs::remove_dir_all(&dir).expect("removes");
    copy_folder(&earlier, &dir);
    fs::write(dir.join("mark"), mark).expect("writes");
    let report = salvage(&small(&dir)).expect("salvages");
    assert!(report.opened && !report.meta_whole, "{report:?}");
    // Where the mark is gone, nobody can be sure.
    fs::remove_dir_all(&dir).expect("removes");
    copy_folder(&earlier, &dir);
    fs::remove_file(dir.join("mark")).expect("removes");
    let report = salvage(&small(&dir)).expect("salvages");
    assert!(report.opened && !report.meta_whole, "{report:?}");
}

#[test]
fn erasures_survive_a_salvage() {
    let scratch = tempfile::tempdir().expect("a folder");
    let dir = scratch.path().join("log");
    let mut store = SledStore::create(small(&dir)).expect("is created");
    store.commit(append(log(1), 1, 60)).expect("commits");
    let mut commit = Commit::new();
    commit.erase_personal(log(1), seq(50)).erase_personal(log(1), seq(52));
    store.commit(commit).expect("erases");
    Box::new(store).close().expect("closes");
    // The database opens no more: everything is carved, the old packs with the new ones.
    fs::write(dir.join("sled/conf"), b"nonsense that is no configuration").expect("writes");
    let report = salvage(&small(&dir)).expect("salvages");
    assert!(!report.opened);
    assert_eq!((report.logs[0].kept, report.logs[0].carved), (60, 60));
    let store = SledStore::open(small(&dir)).expect("opens");
    for entry in [50, 52].map(|n| store.read(log(1), seq(n), 1, 1).expect("reads")) {
        assert_eq!(entry[0].personal, None);
    }
    assert_eq!(
        store.read(log(1), seq(54), 1, 1).expect("reads")[0].personal,
        usual(log(1), 54).personal
    );
}
