//! The golden vectors in `protocol/vectors/sync.json`: what a stranger's client is held to, and ours
//! with it. They are added to, never edited: `MINQING_NEW_VECTORS=<file>` writes the file with
//! whatever is missing appended, every vector that it has left as it is.
//!
//! The compressed form of a body is not canonical, so a body's `raw` bytes are compared, not its `body`.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::Command;

use event::Origin;
use proof::{Checkpoint, Frontier, OriginKey, PublicKey, SignedCheckpoint, journal_log_name, leaf_hash};
use serde_json::{Value, json};
use sync::message::{Cursor, ENROLMENT_DOMAIN, SUCCESSOR_DOMAIN, decode, encode};
use sync::record::JournalRecord;

use support::bodies::{bad_bodies, bodies, class, items_of, raw_of, told};
use support::records::records;
use support::samples::{
    again, enrolment_statement, journal, journal_key, journal_note, log, log_checkpoint, log_note, messages, page_end,
    successor_key, successor_statement, village_key,
};
use support::{hex, unhex};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocol/vectors/sync.json");

fn notes() -> Vec<Value> {
    let cosigned = format!("{}\u{2014} witness.example AAAAAAAA\n", log_note(&log(5)));
    let empty = Checkpoint {
        size: 0,
        root: Frontier::new().root(),
        ..log_checkpoint(&[])
    };
    let note = |name, note: String, key: &OriginKey| {
        let claim = SignedCheckpoint::parse(&note).expect("a note").claim().clone();
        json!({
            "name": name, "note": note, "log": claim.name, "size": claim.size.to_string(), "root": hex(&claim.root),
            "public": hex(&key.public().0)
        })
    };
    vec![
        note("an empty log", empty.sign(&village_key()), &village_key()),
        note("a log of five", log_note(&log(5)), &village_key()),
        note("cosigned by somebody else", cosigned, &village_key()),
        note("a journal of 42", journal_note(42), &journal_key()),
    ]
}

fn bad_notes() -> Vec<Value> {
    let (good, log_name) = (log_note(&log(5)), log_checkpoint(&[]).name);
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from:?}");
        good.replace(from, to)
    };
    let note = |name, note: String| json!({ "name": name, "note": note, "log": log_name, "public": hex(&village_key().public().0) });
    let strange = Checkpoint {
        name: journal_log_name(journal()),
        ..log_checkpoint(&log(5))
    };
    let twice = {
        let other = log_note(&log(4));
        format!("{good}{}\n", other.lines().last().expect("a signature"))
    };
    vec![
        note("another size", with("\n5\n", "\n6\n")),
        note("a size with a zero before it", with("\n5\n", "\n05\n")),
        note("another key", log_checkpoint(&log(5)).sign(&successor_key())),
        note("another log", strange.sign(&village_key())),
        note("a second line of the same key that is wrong", twice),
        note("no newline at the end", good.trim_end().to_owned()),
        note("a hyphen in place of the dash", with("\u{2014}", "-")),
        note("carriage returns", with("\n", "\r\n")),
        note("no signature", with("\n\n", "\n")),
    ]
}

/// Messages that are not read.
fn bad_messages() -> Vec<Value> {
    let whole = encode(&page_end(41, 2, 42).next);
    let with = |from: &[u8], to: &[u8]| {
        let at = whole
            .windows(from.len())
            .position(|window| window == from)
            .expect("it is there");
        [&whole[..at], to, &whole[at + from.len()..]].concat()
    };
    let cases = [
        ("a byte follows", [&whole[..], &[0xc0]].concat()),
        ("a byte is missing", whole[..whole.len() - 1].to_vec()),
        ("a field is missing", with(b"\xa6offset", b"\xa6OFFSET")),
        ("a field stands twice", with(b"\xa6offset", b"\xa8position")),
        ("a journal of 15 bytes", with(b"\xc4\x10\xc1", b"\xc4\x0f")),
        ("a negative position", with(b"\x29", b"\xff")),
    ];
    let vector = |(name, bytes): (&str, Vec<u8>)| json!({ "name": name, "type": "Cursor", "bytes": hex(&bytes) });
    cases.into_iter().map(vector).collect()
}

fn statements() -> Vec<Value> {
    let statement = |name, domain, bytes: Vec<u8>, key: &OriginKey| {
        json!({
            "name": name, "domain": domain, "bytes": hex(&bytes), "public": hex(&key.public().0),
            "signature": hex(&key.sign(domain, &bytes))
        })
    };
    vec![
        statement("an enrolment", ENROLMENT_DOMAIN, enrolment_statement(), &journal_key()),
        statement("a successor", SUCCESSOR_DOMAIN, successor_statement(), &village_key()),
    ]
}

fn keys() -> Vec<Value> {
    let key = |name, seed: [u8; 32], key: &OriginKey| json!({ "name": name, "seed": hex(&seed), "public": hex(&key.public().0), "origin": key.origin().to_string() });
    vec![
        key("the village's", [0x11; 32], &village_key()),
        key("the successor's", [0x12; 32], &successor_key()),
        key("the journal's", [0x99; 32], &journal_key()),
    ]
}

fn trees() -> Vec<Value> {
    let entries = log(8);
    let mut frontier = Frontier::new();
    let mut roots = vec![hex(&frontier.root())];
    for entry in &entries {
        frontier.push(leaf_hash(&entry.bytes));
        roots.push(hex(&frontier.root()));
    }
    let entries: Vec<_> = entries.iter().map(|entry| hex(&entry.bytes)).collect();
    vec![json!({ "name": "the village's log", "entries": entries, "roots": roots })]
}

/// The lists of the file, as this version would write them today.
fn built() -> Vec<(&'static str, Vec<Value>)> {
    let say = |bytes: &[u8]| support::Value::read(bytes).told();
    let messages = messages()
        .into_iter()
        .map(|(name, of, bytes)| json!({ "name": name, "type": of, "bytes": hex(&bytes), "decoded": say(&bytes) }));
    let records = records().into_iter().map(|(name, kind, bytes)| {
        json!({ "name": name, "kind": kind, "bytes": hex(&bytes), "leaf": hex(&leaf_hash(&bytes)), "decoded": say(&bytes) })
    });
    let bodies = bodies().into_iter().map(|(name, body)| {
        let (items, end) = items_of(&body);
        assert_eq!(end, Ok(()), "{name}");
        let items: Vec<_> = items.iter().map(told).collect();
        json!({ "name": name, "body": hex(&body), "raw": hex(&raw_of(&body)), "items": items })
    });
    let refused = bad_bodies().into_iter().map(|(name, body, reason)| {
        let items = items_of(&body).0.len();
        json!({ "name": name, "body": hex(&body), "reason": reason, "items_before": items })
    });
    vec![
        ("keys", keys()),
        ("statements", statements()),
        ("trees", trees()),
        ("notes", notes()),
        ("notes_refused", bad_notes()),
        ("messages", messages.collect()),
        ("messages_refused", bad_messages()),
        ("records", records.collect()),
        ("bodies", bodies.collect()),
        ("bodies_refused", refused.collect()),
    ]
}

fn stored() -> Value {
    fs::read_to_string(FILE).map_or_else(|_| json!({}), |text| serde_json::from_str(&text).expect("JSON"))
}

fn of(file: &Value, section: &str) -> Vec<Value> {
    file[section].as_array().cloned().unwrap_or_default()
}

fn without_compression(vector: &Value) -> Value {
    let mut vector = vector.clone();
    vector.as_object_mut().expect("a vector").remove("body");
    vector
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
                Some(vector) => assert_eq!(
                    without_compression(vector),
                    without_compression(&case),
                    "the bytes or their meaning have changed"
                ),
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

#[test]
fn stored_messages_and_records_are_read_and_written_alike() {
    let file = stored();
    for vector in of(&file, "messages") {
        let bytes = unhex(&vector["bytes"]);
        let written = again(vector["type"].as_str().expect("a type"), &bytes).expect("a message");
        assert_eq!(hex(&written), hex(&bytes), "{}", vector["name"]);
        assert_eq!(support::Value::read(&bytes).told(), vector["decoded"]);
    }
    for vector in of(&file, "messages_refused") {
        assert!(
            decode::<Cursor>(&unhex(&vector["bytes"])).is_err(),
            "{}",
            vector["name"]
        );
    }
    let mut newer = encode(&page_end(41, 2, 42).next);
    newer[0] += 1;
    newer.extend_from_slice(b"\xa5newer\x92\x01\x81\xa1x\xc7\x01\x05\x00");
    assert_eq!(
        decode(&newer),
        Ok(page_end(41, 2, 42).next),
        "a field that this version does not know"
    );
    for vector in of(&file, "records") {
        let bytes = unhex(&vector["bytes"]);
        let record = JournalRecord::decode(&bytes).expect("a record");
        assert_eq!(record.encode().expect("short"), bytes, "{}", vector["name"]);
        assert_eq!(hex(&leaf_hash(&bytes)), vector["leaf"]);
    }
}

#[test]
fn stored_bodies_are_read_and_refused_as_they_say() {
    let file = stored();
    for vector in of(&file, "bodies") {
        let body = unhex(&vector["body"]);
        let (items, end) = items_of(&body);
        assert_eq!(end, Ok(()), "{}", vector["name"]);
        assert_eq!(items.iter().map(told).collect::<Value>(), vector["items"]);
        assert_eq!(hex(&raw_of(&body)), vector["raw"]);
    }
    for vector in of(&file, "bodies_refused") {
        let (items, end) = items_of(&unhex(&vector["body"]));
        assert_eq!(
            end.as_ref().map_err(class),
            Err(vector["reason"].as_str().expect("a reason")),
            "{}: {end:?}",
            vector["name"]
        );
        assert_eq!(items.len(), vector["items_before"], "{}", vector["name"]);
    }
}

#[test]
fn stored_signatures_hold_or_do_not() {
    let file = stored();
    let key = |vector: &Value| PublicKey(unhex(&vector["public"]).try_into().expect("32 bytes"));
    let verify = |vector: &Value| {
        let text = |field: &str| vector[field].as_str().expect("a text").to_owned();
        SignedCheckpoint::verify(&text("note"), &text("log"), &key(vector))
    };
    for vector in of(&file, "notes") {
        let checkpoint = verify(&vector).expect("a good note");
        assert_eq!(
            (checkpoint.size.to_string(), hex(&checkpoint.root)),
            (
                vector["size"].as_str().expect("a size").to_owned(),
                vector["root"].as_str().expect("a root").to_owned()
            )
        );
    }
    for vector in of(&file, "notes_refused") {
        assert!(verify(&vector).is_err(), "{}", vector["name"]);
    }
    for vector in of(&file, "statements") {
        let signature = unhex(&vector["signature"]).try_into().expect("64 bytes");
        let domain = vector["domain"].as_str().expect("a domain");
        assert!(
            key(&vector).verify(domain, &unhex(&vector["bytes"]), &signature),
            "{}",
            vector["name"]
        );
    }
    for vector in of(&file, "keys") {
        let origin: Origin = vector["origin"]
            .as_str()
            .expect("an origin")
            .parse()
            .expect("an origin");
        assert_eq!(key(&vector).origin(), origin);
    }
}

/// A second reading by a script that shares nothing with this crate but the page and the vectors.
#[test]
fn a_stranger_reads_the_vectors_by_the_page() {
    let name = "a_stranger_reads_the_vectors_by_the_page";
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocol/check/client.py");
    let Ok(said) = Command::new("python3").arg("-B").arg(script).output() else {
        return skip(name, "there is no python3");
    };
    if said.status.code() == Some(77) {
        return skip(name, "python3 finds no zstd: neither a module nor the program");
    }
    let told = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{told}{}", String::from_utf8_lossy(&said.stderr));
    let count: usize = stored()
        .as_object()
        .expect("lists")
        .values()
        .map(|list| list.as_array().map_or(0, Vec::len))
        .sum();
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
