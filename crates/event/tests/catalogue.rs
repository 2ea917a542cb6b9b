//! `protocol/events.md` says what this crate does: its tables against the code, both ways.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use event::bounds;
use event::{
    ChangeKind, Channel, CheckMethod, CheckResult, ClockQuality, ClockRule, ClosingKind, CorrectionKind, EndReason,
    EntryMode, Facts, Kind, LegalPath, MeetingKind, Mode, Outcome, PersonalContent, ReplyOutcome, RequestKind,
    Satisfaction, Solved, SubjectKind, Urgency, Venue,
};
use serde_json::json;
use support::{ByHand, bare, full};

const PAGE: &str = include_str!("../../../protocol/events.md");

/// The rows of every table under the heading that starts with `heading`, up to the next heading.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, section) = PAGE
        .split_once(heading)
        .unwrap_or_else(|| panic!("no heading {heading:?}"));
    let end = section.find("\n#").unwrap_or(section.len());
    let table = section[..end].lines().filter(|line| line.starts_with('|'));
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect();
    // the first two lines are the head and its rule
    table.skip(2).map(cells).collect()
}

#[test]
fn bounds_on_the_page_are_the_bounds_in_the_code() {
    let in_code: BTreeMap<String, u64> = include_str!("../src/bounds.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("pub const "))
        .map(|line| line.split_once(':').expect("a type").0.to_owned())
        .map(|name| (name.clone(), value_of(&name)))
        .collect();
    let on_page: BTreeMap<String, u64> = rows("\n## 11. Bounds")
        .into_iter()
        .map(|row| (row[0].to_owned(), row[1].parse().expect("a number")))
        .collect();
    assert_eq!(on_page, in_code);
}

fn value_of(name: &str) -> u64 {
    let len = |n: usize| u64::try_from(n).expect("a small bound");
    match name {
        "EVENT_BYTES_MAX" => len(bounds::EVENT_BYTES_MAX),
        "FACTS_BYTES_MAX" => len(bounds::FACTS_BYTES_MAX),
        "PERSONAL_BYTES_MAX" => len(bounds::PERSONAL_BYTES_MAX),
        "PERSONAL_SALT_BYTES" => len(bounds::PERSONAL_SALT_BYTES),
        "ACTORS_MAX" => len(bounds::ACTORS_MAX),
        "CAUSES_MAX" => len(bounds::CAUSES_MAX),
        "REFERENCES_MAX" => len(bounds::REFERENCES_MAX),
        "DEPTH_MAX" => len(bounds::DEPTH_MAX),
        "ULID_MS_MAX" => bounds::ULID_MS_MAX,
        "CLOCK_LEAP_MS_MAX" => bounds::CLOCK_LEAP_MS_MAX,
        "ULID_LEAD_MS_MAX" => bounds::ULID_LEAD_MS_MAX,
        "SOURCE_LABEL_BYTES_MAX" => len(bounds::SOURCE_LABEL_BYTES_MAX),
        "TEXT_BYTES_MAX" => len(bounds::TEXT_BYTES_MAX),
        new => panic!("{new} is new: name it here and on the page"),
    }
}

#[test]
fn the_envelope_has_the_rows_of_the_page() {
    let rows = rows("\n## 3. The envelope");
    assert_eq!(rows.len(), ByHand::visit().0.len());
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(row[0], at.to_string(), "{row:?}");
    }
}

/// `number key subject` of every kind's heading.
#[test]
fn kinds_on_the_page_are_the_kinds_in_the_code() {
    let on_page: Vec<String> = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .map(|line| {
            let (head, subject) = line.split_once(" · subject ").expect("a subject");
            let mut words = head.split(' ');
            let (number, key) = (words.next().expect("a number"), words.next().expect("a key"));
            let chinese = words.next().expect("a Chinese name");
            assert!(!chinese.is_ascii(), "{line}");
            format!("{number} {} {subject}", key.trim_matches('`'))
        })
        .collect();
    let in_code: Vec<String> = Kind::ALL
        .iter()
        .map(|kind| {
            let subject = Facts::subject_kind(*kind).map_or("of its target", SubjectKind::key);
            format!("{} {} {subject}", kind.0, kind.key().expect("a known kind"))
        })
        .collect();
    assert_eq!(on_page, in_code);
}

/// Names from JSON, stored keys from the bytes, in the order in which they are written.
fn fields(facts: &Facts) -> (BTreeSet<String>, Vec<String>) {
    let json = json!(facts);
    let names = json.as_object().expect("a map").keys().cloned().collect();
    let stored = facts.encode().expect("within the bounds");
    let stored: BTreeMap<String, serde::de::IgnoredAny> = rmp_serde::from_slice(&stored).expect("a map");
    (names, stored.into_keys().collect())
}

#[test]
fn fields_on_the_page_are_the_fields_that_are_written() {
    for facts in full() {
        let key = facts.kind().key().expect("a known kind");
        let rows = rows(&format!("\n### {} `{key}`", facts.kind().0));
        let (names, stored) = fields(&facts);
        let on_page: BTreeSet<String> = rows.iter().map(|row| row[0].trim_end_matches('?').to_owned()).collect();
        assert_eq!(on_page, names, "{key}");
        let keys: BTreeSet<String> = rows.iter().map(|row| row[1].to_owned()).collect();
        assert_eq!(keys, stored.into_iter().collect(), "{key}");
        // whatever the page calls optional is left out of the barest event, and nothing else is
        let least = bare()
            .into_iter()
            .find(|bare| bare.kind() == facts.kind())
            .unwrap_or(facts);
        let needed: BTreeSet<String> = rows
            .iter()
            .map(|row| row[0])
            .filter(|name| !name.ends_with('?'))
            .map(str::to_owned)
            .collect();
        assert_eq!(needed, fields(&least).0, "{key}");
    }
}

#[test]
fn stored_keys_stand_in_the_order_of_the_page() {
    for facts in full() {
        let key = facts.kind().key().expect("a known kind");
        let bytes = facts.encode().expect("within the bounds");
        let mut order = Vec::new();
        let mut rest = &bytes[1..];
        for _ in 0..bytes[0] & 0x0f {
            let len = usize::from(rest[0] & 0x1f);
            order.push(String::from_utf8(rest[1..=len].to_vec()).expect("a key"));
            rest = &rest[1 + len..];
            let mut reader = rmp_serde::Deserializer::new(rest);
            let _: serde::de::IgnoredAny = serde::Deserialize::deserialize(&mut reader).expect("a value");
            rest = reader.into_inner();
        }
        let on_page: Vec<String> = rows(&format!("\n### {} `{key}`", facts.kind().0))
            .iter()
            .map(|row| row[1].to_owned())
            .collect();
        assert_eq!(order, on_page, "{key}");
    }
}

/// The codes that stand behind `**Name**` on the page: pairs of `` `1` word ``, parted by dots.
fn codes(name: &str) -> Vec<(u8, String)> {
    let (_, rest) = PAGE
        .split_once(&format!("\n**{name}**"))
        .unwrap_or_else(|| panic!("no {name} on the page"));
    let (_, rest) = rest.split_once(": ").expect("a colon");
    let end = ["\n**", "\n\n", "\nPersonal", ". "]
        .iter()
        .filter_map(|stop| rest.find(stop))
        .min();
    rest[..end.unwrap_or(rest.len())]
        .split('·')
        .map(|item| {
            let mut words = item.split_whitespace();
            let code = words
                .next()
                .expect("a code")
                .trim_matches('`')
                .parse()
                .expect("a number");
            (code, words.next().expect("a word").trim_end_matches('.').to_owned())
        })
        .collect()
}

macro_rules! same_codes {
    ($($name:ident)+) => {{
        $(assert_eq!(
            codes(stringify!($name)),
            $name::ALL.iter().map(|v| (v.code(), v.key().to_owned())).collect::<Vec<_>>(),
            stringify!($name)
        );)+
        [$(stringify!($name)),+]
    }};
}

#[test]
fn codes_on_the_page_are_the_codes_in_the_code() {
    let checked = same_codes!(
        ClockQuality EntryMode SubjectKind ChangeKind EndReason Mode Outcome Channel RequestKind Urgency LegalPath
        ClockRule ReplyOutcome Solved Satisfaction ClosingKind CorrectionKind MeetingKind Venue CheckMethod CheckResult
    );
    let sources = [
        include_str!("../src/header.rs"),
        include_str!("../src/words.rs"),
        include_str!("../src/facts.rs"),
    ];
    let declared: usize = sources.iter().map(|text| text.matches("\ncoded! {").count()).sum();
    assert_eq!(checked.len(), declared, "a coded type that this test does not know");
}

#[test]
fn personal_fields_on_the_page_are_the_ones_that_are_read() {
    let on_page: BTreeSet<&str> = rows("\n## 7. The personal part").iter().map(|row| row[0]).collect();
    let some = || Some(String::new());
    let all = PersonalContent {
        text: some(),
        head: some(),
        address: some(),
        phone: some(),
        language: some(),
        contact: some(),
        class: some(),
        theme: some(),
        topics: Some(Vec::new()),
        presence: some(),
    };
    let json = json!(all);
    let names: BTreeSet<&str> = json.as_object().expect("a map").keys().map(String::as_str).collect();
    assert_eq!(on_page, names);
}
