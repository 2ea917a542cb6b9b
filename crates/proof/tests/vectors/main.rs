//! The golden vectors in `protocol/vectors/proofs.json`: what an outside verifier is held to, and we with it. They are
//! added to, never edited: `MINQING_NEW_VECTORS=<file>` writes the file with whatever is missing appended.
//!
//! Trees have the leaves `entry 0`, `entry 1`, … in ASCII.

#[path = "../support/mod.rs"]
mod support;

mod notes;
mod trees;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::process::Command;

use proof::{Hash, KeyKind, OriginKey, Policy, Tile, VerifierKey, check_consistency, check_inclusion, root};
use serde_json::{Value, json};

use support::Levels;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocol/vectors/proofs.json");
const PAGE: &str = include_str!("../../../../protocol/proofs.md");
const LOG: &str = "minqing/journal/60000000000000000000000000";
const NOW_S: u64 = 1_790_000_000;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &Value) -> Vec<u8> {
    let text = text.as_str().expect("a text");
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(byte).collect()
}

fn hash_of(value: &Value) -> Hash {
    unhex(value).try_into().expect("32 bytes")
}

fn hashes_of(value: &Value) -> Vec<Hash> {
    value.as_array().expect("a list").iter().map(hash_of).collect()
}

fn number(value: &Value) -> u64 {
    value.as_str().expect("a number as text").parse().expect("a number")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn key(seed: u8) -> OriginKey {
    OriginKey::from_seed([seed; 32])
}

fn vkey(name: &str, kind: KeyKind, seed: u8) -> VerifierKey {
    let (name, key) = (name.to_owned(), key(seed).public());
    VerifierKey { name, kind, key }
}

fn witness(seed: u8) -> VerifierKey {
    vkey(&format!("witness.example/{seed}"), KeyKind::Cosigner, seed)
}

fn top(size: u64) -> Hash {
    root(Levels::large(), size).expect("a root")
}

/// The lists of the file, as this version would write them today.
fn built() -> Vec<(&'static str, Vec<Value>)> {
    let mut lists = trees::tile_vectors().to_vec();
    lists.extend([
        ("inclusions", trees::inclusions()),
        ("consistencies", trees::consistencies()),
        ("verifier_keys", notes::vkeys()),
        ("cosignature_lines", notes::cosignature_lines()),
        ("cosigned_notes", notes::cosigned_notes()),
        ("policies", notes::policies()),
        ("tlog_proofs", notes::tlog_proofs()),
        ("day_codes", trees::day_codes()),
    ]);
    lists
}

fn stored() -> Value {
    fs::read_to_string(FILE).map_or_else(|_| json!({}), |text| serde_json::from_str(&text).expect("JSON"))
}

fn of(file: &Value, section: &str) -> Vec<Value> {
    file[section].as_array().cloned().unwrap_or_default()
}

#[test]
fn every_case_has_its_vector_and_no_vector_has_changed() {
    let mut file = stored();
    let mut missing = Vec::new();
    for (section, cases) in built() {
        let mut kept = of(&file, section);
        let names: BTreeSet<String> = kept.iter().map(|v| v["name"].to_string()).collect();
        assert_eq!(names.len(), kept.len(), "two vectors of {section} share a name");
        for case in cases {
            match kept.iter().find(|v| v["name"] == case["name"]) {
                Some(vector) => assert_eq!(*vector, case, "the bytes or their meaning have changed"),
                None => {
                    missing.push(case["name"].to_string());
                    kept.push(case);
                }
            }
        }
        file[section] = Value::Array(kept);
    }
    if let Ok(path) = std::env::var("MINQING_NEW_VECTORS") {
        let mut text = serde_json::to_string_pretty(&file).expect("JSON");
        text.push('\n');
        fs::write(path, text).expect("the file can be written");
    } else {
        assert!(
            missing.is_empty(),
            "no vector yet for {missing:?}; MINQING_NEW_VECTORS=<file> writes them"
        );
    }
}

/// The stored file is judged by the program, not by what built it.
#[test]
fn stored_proofs_hold_or_do_not() {
    let file = stored();
    for vector in of(&file, "inclusions") {
        let (index, size) = (number(&vector["index"]), number(&vector["size"]));
        let (leaf, path) = (hash_of(&vector["leaf"]), hashes_of(&vector["path"]));
        let judged = check_inclusion(index, size, &leaf, &path, &hash_of(&vector["root"]));
        assert_eq!(json!(judged.is_ok()), vector["holds"], "{}", vector["name"]);
    }
    for vector in of(&file, "consistencies") {
        let (old, new) = (number(&vector["old"]), number(&vector["new"]));
        let (old_root, new_root) = (hash_of(&vector["old_root"]), hash_of(&vector["new_root"]));
        let judged = check_consistency(old, new, &old_root, &new_root, &hashes_of(&vector["path"]));
        assert_eq!(json!(judged.is_ok()), vector["holds"], "{}", vector["name"]);
    }
    for vector in of(&file, "tile_paths_refused") {
        assert!(Tile::parse(text(&vector["path"])).is_err(), "{}", vector["name"]);
    }
    for vector in of(&file, "verifier_keys") {
        let read: Result<VerifierKey, _> = text(&vector["text"]).parse();
        assert_eq!(read.is_err(), vector["signer"].is_null(), "{}", vector["name"]);
    }
    for vector in of(&file, "policies") {
        let read = Policy::parse(&unhex(&vector["file"]));
        assert_eq!(
            read.err()
                .map(|error| error.line)
                .into_iter()
                .map(|line| json!(line))
                .next()
                .unwrap_or(Value::Null),
            vector["line"]
        );
    }
}

#[test]
fn the_limits_of_the_page_are_the_programs() {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| "));
    let page: BTreeMap<&str, usize> = rows
        .filter_map(|row| {
            let mut cells = row.split(" | ");
            Some((cells.next()?, cells.next()?.parse().ok()?))
        })
        .filter(|(name, _)| name.contains('_') && name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect();
    let small = |value: u64| usize::try_from(value).expect("small");
    let expected = BTreeMap::from([
        ("PROOF_HASHES_MAX", proof::PROOF_HASHES_MAX),
        ("TILE_WIDTH", usize::from(proof::TILE_WIDTH)),
        ("BUNDLED_ENTRY_BYTES_MAX", proof::BUNDLED_ENTRY_BYTES_MAX),
        ("ADD_CHECKPOINT_HASHES_MAX", proof::ADD_CHECKPOINT_HASHES_MAX),
        ("ADD_CHECKPOINT_BYTES_MAX", proof::ADD_CHECKPOINT_BYTES_MAX),
        ("PROOF_EXTRA_BYTES_MAX", proof::PROOF_EXTRA_BYTES_MAX),
        ("PROOF_BYTES_MAX", proof::PROOF_BYTES_MAX),
        ("POLICY_BYTES_MAX", proof::POLICY_BYTES_MAX),
        ("POLICY_LINES_MAX", proof::POLICY_LINES_MAX),
        ("POLICY_FRESH_HOURS_MAX", small(proof::POLICY_FRESH_HOURS_MAX)),
        ("COSIGNED_AHEAD_S_MAX", small(proof::COSIGNED_AHEAD_S_MAX)),
    ]);
    assert_eq!(page, expected);
}

/// A second reading by a script that shares nothing with this crate but the page and the vectors.
#[test]
fn a_stranger_reads_the_vectors_by_the_page() {
    let name = "a_stranger_reads_the_vectors_by_the_page (proofs)";
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocol/check/proofs.py");
    let Ok(said) = Command::new("python3").arg("-B").arg(script).output() else {
        return skip(name, "there is no python3");
    };
    let told = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{told}{}", String::from_utf8_lossy(&said.stderr));
    let file = stored();
    let lists = file.as_object().expect("lists").values();
    let count: usize = lists.map(|list| list.as_array().map_or(0, Vec::len)).sum();
    assert!(count > 100, "{count}");
    assert_eq!(told.trim(), format!("{count} vectors read as the page says"));
}

/// A skip is counted: see `tests/README.md`.
#[expect(clippy::print_stderr, reason = "a skip is never silent")]
fn skip(name: &str, reason: &str) {
    eprintln!("SKIPPED: {name}: {reason}");
    if let Some(list) = std::env::var_os("MINQING_SKIPS") {
        let mut list = fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(list)
            .expect("the list of skips");
        writeln!(list, "{name}: {reason}").expect("the list of skips");
    }
}
