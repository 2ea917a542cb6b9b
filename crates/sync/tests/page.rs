//! `protocol/README.md` and the program say the same: limits, the fields of every message and record, words.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use sync::limits;

use support::Value;
use support::records::records;
use support::samples::{again, messages};

const PAGE: &str = include_str!("../../../protocol/README.md");

/// Rows of the tables under a heading, without their two first lines; the heading's text as it stands.
fn rows<'a>(heading: &str) -> Vec<Vec<&'a str>> {
    let at = PAGE
        .find(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("no heading {heading:?}"));
    let section = PAGE[at + 1..].lines().skip(1);
    let section = section.take_while(|line| !line.starts_with("## ") && !line.starts_with("### "));
    let table = section.filter(|line| line.starts_with('|'));
    table
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// Names and types of the fields under a heading, as they stand: with their marks.
fn fields(name: &str) -> Vec<(&str, &str)> {
    let heading = match name.split_once(' ') {
        Some((record, kind)) => format!("### {record} `{kind}`"),
        None => format!("### `{name}`"),
    };
    let rows = rows(&heading);
    rows[2..].iter().map(|row| (row[0], row[1])).collect()
}

/// A field's name without its marks.
fn bare(field: &str) -> &str {
    field.trim_end_matches('°')
}

fn headings() -> BTreeSet<String> {
    let headings = PAGE.lines().filter_map(|line| line.strip_prefix("### "));
    headings.map(|name| name.replace('`', "")).collect()
}

/// A constant of the limits, as the program has it.
macro_rules! consts {
    ($($name:ident)+) => { BTreeMap::from([$((stringify!($name), u64::try_from(limits::$name).expect("small"))),+]) };
}

#[test]
fn the_limits_are_the_programs() {
    let consts = consts!(
        PROTOCOL_VERSION PUSH_EVENTS_MAX BODY_BYTES_MAX BODY_RAW_BYTES_MAX BODY_RAW_BYTES_TARGET WINDOW_LOG_MAX
        FLUSH_EVERY_ENTRIES ITEM_BYTES_MAX MESSAGE_BYTES_MAX RECORD_BYTES_MAX PUSH_NOTE_BYTES_MAX PAGE_RECORDS_SCANNED_MAX HELLO_LOGS_MAX
        PAGE_UNITS_MAX PUSH_BYTES_START PUSH_BYTES_MAX PUSH_TIME_TARGET_MS BACKOFF_MS_MIN BACKOFF_MS_MAX HUB_LEAP_MS_MAX
    );
    let source = include_str!("../src/limits.rs");
    let written = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split(':').next());
    assert_eq!(
        written.collect::<BTreeSet<_>>(),
        consts.keys().copied().collect(),
        "the list above"
    );
    let page: BTreeMap<_, _> = rows("## 17. Limits")
        .into_iter()
        .take_while(|row| row[0] != "handshake")
        .filter_map(|row| Some((row[0], row[1].parse().ok()?)))
        .collect();
    assert_eq!(page, consts);
}

/// Walks a value with the page's tables. Every struct met is noted, with its fields as they came.
fn walk(name: &str, value: &Value, met: &mut BTreeSet<String>) {
    let Value::Map(pairs) = value else {
        panic!("{name} is no map: {value:?}");
    };
    met.insert(name.to_owned());
    let came: Vec<_> = pairs.iter().map(|(field, _)| &field[..]).collect();
    let mut table = fields(name);
    // A field with two marks is left out where it is empty, and noted where it came.
    table.retain(|(field, _)| !field.ends_with("°°") || came.contains(&bare(field)));
    assert_eq!(
        came,
        table.iter().map(|(field, _)| bare(field)).collect::<Vec<_>>(),
        "fields of {name}"
    );
    for ((field, kind), (_, value)) in table.iter().zip(pairs) {
        if field.ends_with("°°") {
            assert!(
                !matches!(value, Value::Nil) && *value != Value::Array(Vec::new()),
                "{name}.{field} is empty"
            );
            met.insert(format!("{name}.{}", bare(field)));
        }
        check(&format!("{name}.{}", bare(field)), kind, value, met);
    }
}

fn check(place: &str, kind: &str, value: &Value, met: &mut BTreeSet<String>) {
    if let Some(kind) = kind.strip_prefix("nil or ") {
        if *value != Value::Nil {
            check(place, kind, value, met);
        }
        return;
    }
    if let Some(kind) = kind.strip_prefix("array of ") {
        let Value::Array(items) = value else {
            panic!("{place} is no array: {value:?}");
        };
        items.iter().for_each(|item| check(place, kind, item, met));
        return;
    }
    let fits = match (kind, value) {
        ("uint" | "Ms" | "Position", Value::Number(_)) | ("bool", Value::Bool(_)) | ("bin", Value::Bin(_)) => true,
        ("str" | "Note", Value::Text(_)) => true,
        ("Sequence", Value::Number(n)) => *n > 0,
        ("UnitCode", Value::Number(n)) => *n < 1_000_000_000_000,
        ("Origin" | "JournalId" | "bin 16", Value::Bin(bytes)) => bytes.len() == 16,
        ("Hash" | "Key", Value::Bin(bytes)) => bytes.len() == 32,
        ("Signature", Value::Bin(bytes)) => bytes.len() == 64,
        ("Role", Value::Text(word)) => ["village", "auditor"].contains(&&word[..]),
        ("SuccessorReason", Value::Text(word)) => ["restored", "forked", "clock_runaway"].contains(&&word[..]),
        ("Audience", Value::Text(word)) => ["all", "internal"].contains(&&word[..]),
        ("Audience", Value::Map(pairs)) => matches!(&pairs[..], [(key, Value::Number(_))] if key == "unit"),
        _ => {
            walk(kind, value, met);
            true
        }
    };
    assert!(fits, "{place} is no {kind}: {value:?}");
}

#[test]
fn every_field_is_on_the_page_and_every_field_of_the_page_is_written() {
    let mut met = BTreeSet::new();
    for (_, name, bytes) in messages() {
        walk(name, &Value::read(&bytes), &mut met);
    }
    for (_, kind, bytes) in records() {
        let Value::Map(pairs) = Value::read(&bytes) else {
            panic!("{kind} is no map");
        };
        assert!(matches!(&pairs[..], [(key, _)] if key == kind), "{pairs:?}");
        walk(&format!("record {kind}"), &pairs[0].1, &mut met);
    }
    let mut expected = headings();
    for name in headings() {
        let twice = fields(&name).into_iter().filter(|(field, _)| field.ends_with("°°"));
        expected.extend(twice.map(|(field, _)| format!("{name}.{}", bare(field))));
    }
    assert_eq!(met, expected, "a struct or a field that is only on one side");
}

#[test]
fn what_may_be_missing_is_what_the_page_says() {
    for (_, of, bytes) in messages() {
        let Value::Map(pairs) = Value::read(&bytes) else {
            panic!("{of} is no map");
        };
        assert_eq!(Value::Map(pairs.clone()).write(), bytes, "shortest forms");
        for row in &rows(&format!("### `{of}`"))[2..] {
            let field = row[0].trim_end_matches('°');
            let without = pairs.iter().filter(|(key, _)| key != field).cloned().collect();
            let read = again(of, &Value::Map(without).write());
            let may_be_missing = row[0].ends_with('°') || row[1].starts_with("nil or ");
            assert_eq!(read.is_some(), may_be_missing, "{of} without {field}");
        }
    }
}
