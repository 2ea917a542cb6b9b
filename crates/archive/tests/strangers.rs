//! The core of it by tools that nobody here wrote: Cloudflare's `tlog_tiles` and `signed_note`, and a script out of the
//! standard library of another language, written from the page.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use archive::{ExportOptions, Log, export};
use proof::{Tile, TileLevel};
use signed_note::{Note, StandardVerifier, VerifierList};
use support::forge::Forger;
use support::{Town, hasty};
use tlog_tiles::{TileHashReader, TileReader};

/// A log's folder behind the reader of `tlog_tiles`, which ties every tile to the root. Its own names for the files are those
/// of Go's checksum database; only the bytes are given.
struct Files(PathBuf);

impl TileReader for Files {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &tlog_tiles::Tile| {
            let path = Tile {
                level: TileLevel::Hashes(tile.level()),
                index: tile.level_index(),
                width: u16::try_from(tile.width()).unwrap(),
            };
            fs::read(self.0.join(path.path())).unwrap()
        };
        Ok(tiles.iter().map(read).collect())
    }

    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

/// Size and root of a log's checkpoint under the verifier key beside it, by `signed_note` alone.
fn signed(dir: &Path, log: Log) -> (u64, tlog_tiles::Hash) {
    let key = format!("keys/{}.vkey", log.folder().replace('/', "-"));
    let key = fs::read_to_string(dir.join(key)).unwrap();
    let verifier = StandardVerifier::new(key.trim_end()).unwrap();
    let note = fs::read(dir.join(log.folder()).join("checkpoint")).unwrap();
    let note = Note::from_bytes(&note).unwrap();
    let (verified, _) = note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!(verified.len(), 1);
    let text = String::from_utf8(note.text().to_vec()).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(&log.name()[..]));
    let size = lines.next().unwrap().parse().unwrap();
    let root = tlog_tiles::Hash::parse_hash(lines.next().unwrap()).unwrap();
    (size, root)
}

/// What the crates by other hands say of a log: every entry is under the signed root.
fn strangers_check(dir: &Path, log: Log) -> Result<(), String> {
    let (size, root) = signed(dir, log);
    let folder = dir.join(log.folder());
    for index in 0..size {
        let (path, at) = Forger::tile(log, size, TileLevel::Entries, index);
        let bundle = fs::read(dir.join(path)).unwrap();
        let mut rest = &bundle[..];
        for _ in 0..at {
            rest = &rest[2 + usize::from(u16::from_be_bytes([rest[0], rest[1]]))..];
        }
        let entry = &rest[2..2 + usize::from(u16::from_be_bytes([rest[0], rest[1]]))];
        let files = Files(folder.clone());
        let reader = TileHashReader::new(size, root, &files);
        let path = tlog_tiles::prove_record(size, index, &reader).map_err(|error| error.to_string())?;
        tlog_tiles::check_record(&path, size, root, index, tlog_tiles::record_hash(entry))
            .map_err(|error| format!("entry {index}: {error}"))?;
    }
    Ok(())
}

fn exported(size: u64) -> (tempfile::TempDir, Town) {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::of_size(size));
    let options = ExportOptions {
        prove: vec![(town.origin(0), size / 2 + 1)],
        ..hasty()
    };
    export(&town, dir.path(), &options, &mut |_| ()).unwrap();
    (dir, town)
}

#[test]
fn crates_by_other_hands_accept_a_right_folder_and_no_altered_one() {
    for size in [1, 255, 257, 600] {
        let (dir, town) = exported(size);
        for log in [town.journal(), town.log(0), town.log(1)] {
            assert_eq!(strangers_check(dir.path(), log), Ok(()), "{size} {log}");
        }
        let mut forger = Forger::new(dir.path());
        forger.bundle(town.log(0), size, size / 2, |entries, at| entries[at][3] ^= 1);
        assert!(strangers_check(dir.path(), town.log(0)).is_err());
        drop(forger);
        if size == 1 {
            // The path of the only entry has no hash: nobody reads the tile.
            continue;
        }
        let mut forger = Forger::new(dir.path());
        let (path, _) = Forger::tile(town.log(0), size, TileLevel::Hashes(0), 0);
        let mut bytes = forger.read(&path);
        bytes[1] ^= 1;
        forger.write(&path, &bytes);
        assert!(strangers_check(dir.path(), town.log(0)).is_err());
    }
}

/// What the script says, and whether it holds; `None` without the language.
fn script(dir: &Path, kept: &[&Path]) -> Option<(bool, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocol/check/export.py");
    let said = Command::new("python3")
        .arg("-B")
        .arg(path)
        .arg(dir)
        .args(kept)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
    match said.status.code() {
        Some(0) => Some((true, text)),
        Some(1) if !text.contains("Traceback") => Some((false, text)),
        _ => panic!("{text}"),
    }
}

/// A skip is counted: see `tests/README.md`.
#[expect(clippy::print_stdout, reason = "a skip is never silent")]
fn skip(name: &str, reason: &str) {
    println!("SKIPPED: {name}: {reason}");
    if let Some(list) = std::env::var_os("MINQING_SKIPS") {
        let mut list = fs::OpenOptions::new().append(true).create(true).open(list).unwrap();
        writeln!(list, "{name}: {reason}").unwrap();
    }
}

#[test]
fn a_script_that_shares_no_line_with_us_accepts_a_right_folder_and_finds_forgeries() {
    let (dir, town) = exported(600);
    let log = town.log(0);
    let Some((holds, text)) = script(dir.path(), &[]) else {
        return skip(
            "a_script_that_shares_no_line_with_us_accepts_a_right_folder_and_finds_forgeries",
            "there is no python3",
        );
    };
    assert!(holds && text.starts_with("holds: "), "{text}");
    let finds = |what: &str, kept: &[&Path]| {
        let (holds, text) = script(dir.path(), kept).unwrap();
        assert!(!holds && text.contains(what), "{what}: {text}");
    };
    let forger = || Forger::new(dir.path());
    {
        let mut forger = forger();
        forger.bundle(log, 600, 300, |entries, at| entries[at][3] ^= 1);
        finds("do not have the root that their origin signed", &[]);
        forger.rehash(log, 600, 300, 7);
        finds("do not have the root that their origin signed", &[]);
    }
    {
        let mut forger = forger();
        let (path, at) = Forger::tile(log, 600, TileLevel::Hashes(0), 300);
        let mut bytes = forger.read(&path);
        bytes[32 * at] ^= 1;
        forger.write(&path, &bytes);
        finds(&format!("number {at} in it"), &[]);
    }
    {
        let mut forger = forger();
        forger.remove(&Forger::tile(log, 600, TileLevel::Entries, 300).0);
        finds("is missing", &[]);
    }
    {
        let mut forger = forger();
        let path = format!("proofs/origin-{}-301.tlog-proof", town.origin(0));
        let text = forger.text(&path).replace("index 300", "index 301");
        forger.write(&path, text.as_bytes());
        finds("it is for place 301", &[]);
    }
    {
        let mut forger = forger();
        let size = town.size(town.journal());
        forger.bundle(town.journal(), size, 200, |entries, at| entries[at][3] ^= 1);
        finds("200 in it is not the hash", &[]);
    }
    // Last month's checkpoint, of a journal that went another way.
    let mut other = town.clone();
    other.push(1, 1);
    let kept = dir.path().join("kept.note");
    fs::write(&kept, town.note()).unwrap();
    assert!(script(dir.path(), &[&kept]).unwrap().0);
    fs::write(&kept, other.note()).unwrap();
    finds("were signed", &[&kept]);
}

#[test]
fn the_script_reads_a_restored_hub() {
    let mut town = Town::of_size(40);
    let size = town.size(town.journal());
    town.restored(size - 2);
    town.receipt(1, 1);
    let dir = tempfile::tempdir().unwrap();
    export(&town, dir.path(), &hasty(), &mut |_| ()).unwrap();
    match script(dir.path(), &[]) {
        Some((holds, text)) => assert!(holds, "{text}"),
        None => skip("the_script_reads_a_restored_hub", "there is no python3"),
    }
}
