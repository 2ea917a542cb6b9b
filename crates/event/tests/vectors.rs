//! The golden vectors in `protocol/vectors/events.json`: what a stranger's implementation is held
//! to, and ours with it. They are added to, never edited: `MINQING_NEW_VECTORS=<file>` writes the
//! file with whatever is missing appended, every vector that it has left as it is.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::Command;

use event::bounds::{
    ACTORS_MAX, CAUSES_MAX, EVENT_BYTES_MAX, FACTS_BYTES_MAX, REFERENCES_MAX, SOURCE_LABEL_BYTES_MAX, TEXT_BYTES_MAX,
};
use event::{
    Day, DecodeError, DiaryWritten, Entry, EntryMode, Event, EventId, Facts, IdError, Origin, Personal,
    PersonalContent, Sequence, Source, Stamp, UnitCode, When,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{
    ByHand, NOW_MS, bare, bin, draft, entity, event_id, full, int, list, map, person, stamp, string, text, uint, visit,
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocol/vectors/events.json");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &Value) -> Vec<u8> {
    let text = text.as_str().expect("hexadecimal text");
    assert_eq!(text.len() % 2, 0, "half a byte");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}

fn texts<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

/// What the bytes say, in words. Numbers that may pass 2^53 are texts, as JSON readers differ there.
fn decoded(bytes: &[u8], personal: Option<&[u8]>) -> Value {
    let event = Event::decode(bytes).expect("a good vector");
    let h = &event.header;
    let facts = match Facts::decode(h.kind, h.schema, event.facts) {
        Ok(Some(facts)) => json!(facts),
        Ok(None) => Value::Null,
        Err(error) => panic!("{error}"),
    };
    json!({
        "origin": h.origin.to_string(),
        "unit": h.unit.to_string(),
        "recorder": h.recorder.to_string(),
        "boot": hex(&h.boot.0),
        "clock": h.clock.key(),
        "mode": h.mode.key(),
        "seen": h.seen.map(|s| json!({
            "journal": s.journal.to_string(), "size": s.size.to_string(), "root": hex(&s.root),
        })),
        "kind": h.kind.0,
        "kind_key": h.kind.key(),
        "schema": h.schema,
        "subject": { "kind": h.subject.kind.key(), "id": h.subject.id.to_string() },
        "sequence": h.sequence.to_string(),
        "id": h.id.to_string(),
        "id_ms": h.id.ms(),
        "wall_ms": h.wall_ms,
        "mono_ms": h.mono_ms,
        "occurred": h.occurred.to_string(),
        "actors": texts(&h.actors),
        "causes": texts(&h.causes),
        "carried_from": h.carried_from.map(|c| json!({
            "origin": c.origin.to_string(), "sequence": c.sequence.to_string(),
        })),
        "source": h.source.as_ref().map(|s| json!({
            "instant_ms": s.instant_ms.to_string(), "row": s.row.to_string(), "label": s.label,
        })),
        "personal": h.personal.map(|p| json!({ "sha256": hex(&p.sha256), "len": p.len })),
        "facts": facts,
        "facts_hex": hex(event.facts),
        "personal_content": personal.map(|blob| match Personal::open(blob) {
            Ok(content) => json!(content),
            Err(error) => json!({ "unreadable": error.to_string() }),
        }),
    })
}

fn written(drafted: &event::Draft) -> Entry {
    Entry::write(drafted, &stamp(), *b"0123456789abcdef").expect("a good draft")
}

fn by_hand(fields: &ByHand) -> Entry {
    Entry {
        bytes: fields.bytes(),
        personal: None,
    }
}

/// Every good vector that this version would write.
fn good() -> Vec<(String, Entry)> {
    let key = |facts: &Facts| facts.kind().key().expect("a known kind");
    let mut all = Vec::new();
    for facts in full() {
        let name = format!("{} with every field", key(&facts));
        let mut drafted = draft(facts);
        drafted.personal = text("走访时户主谈到路灯坏了。");
        all.push((name, written(&drafted)));
    }
    for facts in bare() {
        all.push((format!("{} with the least", key(&facts)), written(&draft(facts))));
    }
    for (name, when) in [
        ("a day", When::Day(Day(20_696))),
        (
            "a morning",
            When::HalfDay {
                day: Day(20_696),
                afternoon: false,
            },
        ),
        (
            "an afternoon",
            When::HalfDay {
                day: Day(20_696),
                afternoon: true,
            },
        ),
        ("a minute", When::Minute(29_802_605)),
        ("an instant", When::Instant(1_788_156_309_123)),
        (
            "a morning before 1970",
            When::HalfDay {
                day: Day(-3),
                afternoon: false,
            },
        ),
        ("an instant before 1970", When::Instant(-1)),
        ("the last day that fits", When::Day(Day(i32::MAX))),
        ("the first minute that fits", When::Minute(i64::MIN)),
        ("an instant that no calendar has", When::Instant(i64::MAX)),
    ] {
        let mut drafted = draft(Facts::VisitRecorded(visit()));
        drafted.occurred = when;
        all.push((format!("occurred: {name}"), written(&drafted)));
    }
    all.extend([
        ("personal: every field".to_owned(), every_personal_field()),
        ("personal: the longest text".to_owned(), longest_text()),
        (
            "envelope: every list and label at its bound".to_owned(),
            longest_lists(),
        ),
        (
            "envelope: every number at its bound".to_owned(),
            by_hand(&greatest_numbers()),
        ),
        (
            "envelope: every number at its least".to_owned(),
            by_hand(&least_numbers()),
        ),
        (
            "envelope: longer forms of integers, lengths and counts".to_owned(),
            by_hand(&long_forms()),
        ),
        (
            "envelope: the longest, with facts of exactly 2048 bytes".to_owned(),
            by_hand(&longest_event()),
        ),
        ("carried on by a successor".to_owned(), carried(1)),
        ("carried on twice: the first place stays".to_owned(), carried(2)),
        ("imported history".to_owned(), imported()),
        ("unknown kind".to_owned(), by_hand(&ByHand::visit().with(8, uint(900)))),
        (
            "unknown kind with facts of any shape".to_owned(),
            by_hand(&ByHand::visit().with(8, uint(65_535)).with(
                22,
                map(&[(
                    "x",
                    list(&[uint(1), vec![0xcb, 0x40, 0, 0, 0, 0, 0, 0, 0], vec![0xd4, 1, 2]]),
                )]),
            )),
        ),
        (
            "newer schema".to_owned(),
            by_hand(
                &ByHand::visit()
                    .with(9, uint(2))
                    .with(22, map(&[("mm", string("home"))])),
            ),
        ),
        (
            "facts with a key that this version does not know".to_owned(),
            by_hand(&ByHand::visit().with(22, map(&[("zz", list(&[])), ("m", uint(1)), ("o", uint(1))]))),
        ),
        (
            "facts with nil for an absent field".to_owned(),
            by_hand(&ByHand::visit().with(22, map(&[("d", vec![0xc0]), ("m", uint(1)), ("o", uint(1))]))),
        ),
    ]);
    all
}

fn every_personal_field() -> Entry {
    let some = |text: &str| Some(text.to_owned());
    let mut drafted = draft(full().remove(0));
    drafted.personal = Some(PersonalContent {
        text: some("独居,听力不好"),
        head: some("木某某"),
        address: some("三组 12 号"),
        phone: some("000-0000-0000"),
        language: some("方言"),
        contact: some("林某某"),
        class: some("困难户"),
        theme: some("生活照料"),
        topics: Some(vec!["用水".to_owned(), "道路".to_owned()]),
        presence: some("returned"),
    });
    written(&drafted)
}

fn longest_text() -> Entry {
    let mut drafted = draft(Facts::VisitRecorded(visit()));
    drafted.personal = text(&"民".repeat(TEXT_BYTES_MAX / "民".len()));
    written(&drafted)
}

fn longest_lists() -> Entry {
    let references = u8::try_from(REFERENCES_MAX).expect("a small bound");
    let mut drafted = draft(Facts::DiaryWritten(DiaryWritten {
        day: Day(20_696),
        visits: (0..references).map(event_id).collect(),
        requests: (0..references).map(entity).collect(),
    }));
    drafted.actors = (0..u8::try_from(ACTORS_MAX).expect("a small bound"))
        .map(person)
        .collect();
    drafted.causes = (0..u8::try_from(CAUSES_MAX).expect("a small bound"))
        .map(event_id)
        .collect();
    drafted.mode = EntryMode::Import;
    drafted.source = Some(Source {
        instant_ms: i64::MAX,
        row: u64::MAX,
        label: "x".repeat(SOURCE_LABEL_BYTES_MAX),
    });
    written(&drafted)
}

fn greatest_numbers() -> ByHand {
    let last_ms = (1_u64 << 48) - 1;
    ByHand::visit()
        .with(2, uint(999_999_999_999))
        .with(7, list(&[bin(&[0xff; 16]), uint(u64::MAX), bin(&[0xff; 16])]))
        .with(12, uint(u64::MAX))
        .with(13, bin(&[0xff; 16]))
        .with(14, uint(last_ms))
        .with(15, uint(last_ms))
        .with(16, list(&[uint(3), int(i64::MAX)]))
        .with(19, list(&[bin(&[0xff; 16]), uint(u64::MAX)]))
        .with(21, list(&[bin(&[0xff; 32]), uint(16_384)]))
}

fn least_numbers() -> ByHand {
    ByHand::visit()
        .with(2, uint(0))
        .with(5, uint(0))
        .with(7, vec![0xc0])
        .with(12, uint(1))
        .with(13, bin(&[0; 16]))
        .with(14, uint(0))
        .with(15, uint(0))
        .with(16, list(&[uint(3), int(i64::MIN)]))
        .with(17, list(&[]))
        .with(20, list(&[int(i64::MIN), uint(0), string("")]))
        .with(6, uint(3))
}

/// The bare visit once more, every integer, length and count in a longer form than it needs.
fn long_forms() -> ByHand {
    ByHand::visit()
        .with(0, vec![0xcc, 1])
        .with(1, [&[0xc5, 0, 16][..], &[0xa1; 16]].concat())
        .with(5, vec![0xd3, 0, 0, 0, 0, 0, 0, 0, 3])
        .with(6, vec![0xd0, 0])
        .with(8, vec![0xcd, 0, 10])
        .with(9, vec![0xce, 0, 0, 0, 1])
        .with(10, vec![0xd1, 0, 1])
        .with(12, vec![0xcf, 0, 0, 0, 0, 0, 0, 0, 7])
        .with(
            16,
            [&[0xdd, 0, 0, 0, 2, 0xd2, 0, 0, 0, 2][..], &int(29_802_605)].concat(),
        )
        .with(17, [&[0xdc, 0, 1, 0xc6, 0, 0, 0, 16][..], &[0x72; 16]].concat())
        .with(18, vec![0xdc, 0, 0])
        .with(
            22,
            vec![0xde, 0, 2, 0xd9, 1, b'm', 0xcd, 0, 1, 0xda, 0, 1, b'o', 0xcc, 2],
        )
}

/// The longest envelope there is, and facts at their bound behind it.
fn longest_event() -> ByHand {
    let label = string(&"x".repeat(SOURCE_LABEL_BYTES_MAX));
    greatest_numbers()
        .with(8, uint(65_535))
        .with(9, uint(65_535))
        .with(17, list(&vec![bin(&[0x72; 16]); ACTORS_MAX]))
        .with(18, list(&vec![bin(&[0x01; 16]); CAUSES_MAX]))
        .with(20, list(&[int(i64::MAX), uint(u64::MAX), label]))
        .with(22, map(&[("p", bin(&[0; FACTS_BYTES_MAX - 6]))]))
}

fn carried(times: u8) -> Entry {
    let mut drafted = draft(Facts::VisitRecorded(visit()));
    drafted.personal = text("没有遇到人");
    (1..=times).fold(written(&drafted), |entry, n| {
        let sequence = Sequence::new(u64::from(n) * 300).expect("not zero");
        entry
            .carry(Origin::from_bytes([0xa1 + n; 16]), sequence)
            .expect("room for it")
    })
}

fn imported() -> Entry {
    let mut drafted = draft(full().remove(7));
    drafted.mode = EntryMode::Import;
    drafted.source = Some(Source {
        instant_ms: 1_317_600_000_000,
        row: 41,
        label: "Confirmation of receipt".to_owned(),
    });
    written(&drafted)
}

/// Events that are not understood, each with the class of the reason.
fn bad() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let with = |field, bytes| ByHand::visit().with(field, bytes).bytes();
    let whole = ByHand::visit().bytes();
    let deep = [vec![0x81, 0xa1, b'x'], vec![0x91; 8], vec![1]].concat();
    let over_full = with(22, map(&[("p", bin(&[0; EVENT_BYTES_MAX]))]))[..=EVENT_BYTES_MAX].to_vec();
    let mut fewer = ByHand::visit();
    fewer.0.pop();
    let mut more = ByHand::visit();
    more.0.push(vec![0xc0]);
    vec![
        ("nothing", Vec::new(), "truncated"),
        ("only the head of the envelope", vec![0xdc, 0, 23], "truncated"),
        (
            "the last byte is missing",
            whole[..whole.len() - 1].to_vec(),
            "truncated",
        ),
        ("a byte follows", [&whole[..], &[0]].concat(), "trailing"),
        ("a second event follows", whole.repeat(2), "trailing"),
        ("a map in place of the envelope", vec![0x80], "type"),
        ("22 elements", fewer.bytes(), "bound"),
        ("24 elements", more.bytes(), "bound"),
        ("a newer envelope format", with(0, uint(2)), "version"),
        ("envelope format 0", with(0, uint(0)), "version"),
        ("an origin of 15 bytes", with(1, bin(&[0xa1; 15])), "bound"),
        ("an origin of 17 bytes", with(1, bin(&[0xa1; 17])), "bound"),
        (
            "an origin as text",
            with(1, string("01ARZ3NDEKTSV4RRFFQ69G5FAV")),
            "type",
        ),
        ("a unit of 13 digits", with(2, uint(1_000_000_000_000)), "bound"),
        ("a negative unit", with(2, int(-1)), "type"),
        ("a recorder that is nil", with(3, vec![0xc0]), "type"),
        ("a boot of 9 bytes", with(4, bin(&[0; 9])), "bound"),
        ("an unknown clock quality", with(5, uint(4)), "code"),
        ("an unknown entry mode", with(6, uint(4)), "code"),
        (
            "a journal of two elements",
            with(7, list(&[bin(&[0; 16]), uint(1)])),
            "bound",
        ),
        ("a kind beyond 16 bits", with(8, uint(65_536)), "bound"),
        ("a schema beyond 16 bits", with(9, uint(65_536)), "bound"),
        ("an unknown subject kind", with(10, uint(99)), "code"),
        ("sequence 0", with(12, uint(0)), "bound"),
        (
            "a sequence as a float",
            with(12, vec![0xcb, 0x40, 0x1c, 0, 0, 0, 0, 0, 0]),
            "type",
        ),
        ("a wall clock beyond 48 bits", with(14, uint(1 << 48)), "bound"),
        ("a monotonic clock beyond 48 bits", with(15, uint(1 << 48)), "bound"),
        ("an unknown precision", with(16, list(&[uint(4), uint(0)])), "code"),
        (
            "a day beyond 32 bits",
            with(16, list(&[uint(0), uint(1 << 31)])),
            "code",
        ),
        (
            "an instant beyond 63 bits",
            with(16, list(&[uint(3), uint(1 << 63)])),
            "bound",
        ),
        (
            "17 actors",
            with(17, list(&vec![bin(&[1; 16]); ACTORS_MAX + 1])),
            "bound",
        ),
        (
            "9 causes",
            with(18, list(&vec![bin(&[1; 16]); CAUSES_MAX + 1])),
            "bound",
        ),
        (
            "an array that claims 2^32-1 actors",
            with(17, vec![0xdd, 0xff, 0xff, 0xff, 0xff]),
            "bound",
        ),
        (
            "a label of 129 bytes",
            with(20, list(&[uint(0), uint(1), string(&"x".repeat(129))])),
            "bound",
        ),
        (
            "a label that is not UTF-8",
            with(20, list(&[uint(0), uint(1), vec![0xa1, 0xff]])),
            "type",
        ),
        (
            "a personal part of 16385 bytes",
            with(21, list(&[bin(&[0; 32]), uint(16_385)])),
            "bound",
        ),
        (
            "a personal hash of 31 bytes",
            with(21, list(&[bin(&[0; 31]), uint(17)])),
            "bound",
        ),
        ("facts that are an array", with(22, list(&[uint(1), uint(2)])), "facts"),
        ("facts that are nil", with(22, vec![0xc0]), "facts"),
        (
            "facts nested nine deep, the ninth empty",
            with(22, [vec![0x81, 0xa1, b'x'], vec![0x91; 7], vec![0x90]].concat()),
            "depth",
        ),
        ("facts nested nine deep", with(22, deep), "depth"),
        (
            "facts of 2049 bytes",
            with(22, map(&[("p", bin(&[0; 2_043]))])),
            "bound",
        ),
        (
            "facts with the reserved marker",
            with(22, map(&[("x", vec![0xc1])])),
            "type",
        ),
        (
            "facts that claim 2^32-1 pairs",
            with(22, vec![0xdf, 0xff, 0xff, 0xff, 0xff]),
            "truncated",
        ),
        ("3073 bytes", over_full, "bound"),
    ]
}

/// Maps that are not the facts of the kind they come with.
fn bad_facts() -> Vec<(&'static str, u16, Vec<u8>)> {
    let visit_with = |pairs: &[(&str, Vec<u8>)]| [(10, map(pairs))];
    let correction = |replacement: Vec<u8>| map(&[("t", bin(&[1; 16])), ("k", uint(1)), ("f", replacement)]);
    let nested = list(&[uint(44), uint(1), bin(&map(&[("t", bin(&[1; 16])), ("k", uint(2))]))]);
    let trailing = list(&[
        uint(10),
        uint(1),
        bin(&[&map(&[("m", uint(1)), ("o", uint(1))])[..], &[0]].concat()),
    ]);
    let as_text = list(&[uint(23), uint(1), string("\u{1}")]);
    let unknown = list(&[uint(900), uint(1), bin(&[0x80])]);
    let many = vec![bin(&[2; 16]); REFERENCES_MAX + 1];
    let [missing] = visit_with(&[("m", uint(1))]);
    let [code] = visit_with(&[("m", uint(1)), ("o", uint(9))]);
    let [twice] = visit_with(&[("m", uint(1)), ("o", uint(1)), ("o", uint(2))]);
    let [word] = visit_with(&[("m", string("home")), ("o", uint(1))]);
    let [float] = visit_with(&[
        ("m", uint(1)),
        ("o", uint(1)),
        ("d", vec![0xcb, 0x40, 0, 0, 0, 0, 0, 0, 0]),
    ]);
    let [wide] = visit_with(&[("m", uint(1)), ("o", uint(1)), ("d", uint(65_536))]);
    let [list_too_long] = visit_with(&[("m", uint(1)), ("o", uint(1)), ("q", list(&many))]);
    let [id_text] = visit_with(&[
        ("m", uint(1)),
        ("o", uint(1)),
        ("q", list(&[string("0123456789abcdef")])),
    ]);
    let [id_numbers] = visit_with(&[("m", uint(1)), ("o", uint(1)), ("q", list(&[list(&vec![uint(1); 16])]))]);
    let [id_short] = visit_with(&[("m", uint(1)), ("o", uint(1)), ("q", list(&[bin(&[1; 15])]))]);
    vec![
        ("a field is missing", missing.0, missing.1),
        ("an unknown code", code.0, code.1),
        ("a key stands twice", twice.0, twice.1),
        ("a word in place of its code", word.0, word.1),
        ("a float", float.0, float.1),
        ("a number beyond 16 bits", wide.0, wide.1),
        ("33 references", list_too_long.0, list_too_long.1),
        ("an identifier as text", id_text.0, id_text.1),
        ("an identifier as an array of numbers", id_numbers.0, id_numbers.1),
        ("an identifier of 15 bytes", id_short.0, id_short.1),
        (
            "the field's number for its key",
            10,
            [&[0x82][..], &[0, 1, 1, 2]].concat(),
        ),
        (
            "an array in the order of the fields",
            10,
            list(&[uint(1), uint(2), vec![0xc0], list(&[])]),
        ),
        (
            "bytes behind the map",
            23,
            [&map(&[("b", vec![0xc3])])[..], &[0xc0]].concat(),
        ),
        ("a number in place of true", 23, map(&[("b", uint(1))])),
        ("a correction by a correction", 44, correction(nested)),
        ("a replacement with bytes behind it", 44, correction(trailing)),
        ("a replacement as text", 44, correction(as_text)),
        ("a replacement of an unknown kind", 44, correction(unknown)),
        (
            "sequence 0 in a clock correction",
            64,
            map(&[("o", bin(&[1; 16])), ("f", uint(0)), ("t", uint(1)), ("d", uint(0))]),
        ),
        (
            "a due date of three elements",
            19,
            map(&[
                ("l", uint(1)),
                ("c", uint(1)),
                ("a", uint(0)),
                ("d", list(&[uint(0), uint(1), uint(2)])),
            ]),
        ),
        (
            "a unit of 13 digits",
            21,
            map(&[("u", uint(1_000_000_000_000)), ("h", bin(&[1; 16]))]),
        ),
    ]
}

/// Texts of identifiers, unit codes, days and moments that are refused.
fn bad_texts() -> Vec<(&'static str, &'static str)> {
    vec![
        ("id", "01arz3ndektsv4rrffq69g5fav"),
        ("id", "01ARZ3NDEKTSV4RRFFQ69G5Fav"),
        ("id", "80000000000000000000000000"),
        ("id", "01ARZ3NDEKTSV4RRFFQ69G5FA"),
        ("id", "01ARZ3NDEKTSV4RRFFQ69G5FAVV"),
        ("id", "01ARZ3NDEKTSV4RRFFQ69G5FAI"),
        ("id", "01ARZ3NDEKTSV4RRFFQ69G5FAO"),
        ("id", " 1ARZ3NDEKTSV4RRFFQ69G5FAV"),
        ("id", ""),
        ("unit", "99000010300"),
        ("unit", "9900001030011"),
        ("unit", "+90000103001"),
        ("unit", "99000010300x"),
        ("when", "2026-02-30"),
        ("when", "2026-08-31 24:00"),
        ("when", "2026-08-31 9:05"),
        ("when", "2026-08-31 noon"),
        ("when", "31.8.2026"),
        ("when", ""),
    ]
}

const fn class(error: &DecodeError) -> &'static str {
    match error {
        DecodeError::Truncated(_) => "truncated",
        DecodeError::Trailing(_) => "trailing",
        DecodeError::Type { .. } => "type",
        DecodeError::Bound { .. } => "bound",
        DecodeError::Depth => "depth",
        DecodeError::Version(_) => "version",
        DecodeError::Code { .. } => "code",
        DecodeError::Facts(_) => "facts",
    }
}

/// The four lists of the file, as this version would write them today.
fn built() -> [(&'static str, Vec<Value>); 4] {
    let leaf = |bytes: &[u8]| hex(&Sha256::new().chain_update([0]).chain_update(bytes).finalize());
    let good = good().into_iter().map(|(name, entry)| {
        json!({
            "name": name,
            "event": hex(&entry.bytes),
            "personal": entry.personal.as_deref().map(hex),
            "leaf": leaf(&entry.bytes),
            "decoded": decoded(&entry.bytes, entry.personal.as_deref()),
        })
    });
    let bad = bad()
        .into_iter()
        .map(|(name, bytes, reason)| json!({ "name": name, "event": hex(&bytes), "reason": reason }));
    let facts = bad_facts()
        .into_iter()
        .map(|(name, kind, facts)| json!({ "name": name, "kind": kind, "schema": 1, "facts": hex(&facts) }));
    let texts = bad_texts()
        .into_iter()
        .map(|(sort, text)| json!({ "name": format!("{sort} {text:?}"), "sort": sort, "text": text }));
    [
        ("good", good.collect()),
        ("not_understood", bad.collect()),
        ("facts_not_understood", facts.collect()),
        ("texts_refused", texts.collect()),
    ]
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
                Some(vector) => assert_eq!(vector, &case, "the bytes or their meaning have changed"),
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
fn stored_vectors_say_what_they_say() {
    let file = stored();
    for vector in of(&file, "good") {
        let name = &vector["name"];
        let bytes = unhex(&vector["event"]);
        let personal = (!vector["personal"].is_null()).then(|| unhex(&vector["personal"]));
        assert_eq!(decoded(&bytes, personal.as_deref()), vector["decoded"], "{name}");
        let leaf = Sha256::new().chain_update([0]).chain_update(&bytes).finalize();
        assert_eq!(hex(&leaf), vector["leaf"], "{name}");
        if let Some(blob) = personal {
            let event = Event::decode(&bytes).expect("a good vector");
            assert_eq!(event.header.personal, Some(Personal::reference_of(&blob)), "{name}");
            let at = event.personal_hash_at.expect("there is a personal part");
            assert_eq!(bytes[at..at + 32], Sha256::digest(&blob)[..], "{name}");
        }
    }
    for vector in of(&file, "not_understood") {
        let bytes = unhex(&vector["event"]);
        let error = Event::decode(&bytes).expect_err(&vector["name"].to_string());
        assert_eq!(class(&error), vector["reason"], "{}: {error}", vector["name"]);
    }
    for vector in of(&file, "facts_not_understood") {
        let kind = u16::try_from(vector["kind"].as_u64().expect("a number")).expect("a kind");
        // None of them is refused as an envelope: the entry is proved, kept and shown as not understood.
        let whole = ByHand::visit()
            .with(8, uint(kind.into()))
            .with(22, unhex(&vector["facts"]));
        let facts = Facts::decode(event::Kind(kind), 1, &unhex(&vector["facts"]));
        assert!(
            matches!(facts, Err(ref e) if matches!(class(e), "facts" | "type" | "trailing")),
            "{vector}: {facts:?}"
        );
        let shaped = matches!(whole.0[22][0], 0x80..=0x8f) && vector["name"] != "bytes behind the map";
        assert_eq!(Event::decode(&whole.bytes()).is_ok(), shaped, "{vector}");
    }
    for vector in of(&file, "texts_refused") {
        let text = vector["text"].as_str().expect("a text");
        let refused = match vector["sort"].as_str() {
            Some("id") => text.parse::<EventId>() == Err(IdError::Text),
            Some("unit") => text.parse::<UnitCode>() == Err(IdError::Unit),
            Some("when") => text.parse::<When>().is_err(),
            other => panic!("unknown sort {other:?}"),
        };
        assert!(refused, "{vector}");
    }
}

#[test]
fn an_envelope_written_by_hand_is_the_one_that_is_written() {
    assert_eq!(
        ByHand::visit().bytes(),
        written(&draft(Facts::VisitRecorded(visit()))).bytes
    );
    assert_eq!(NOW_MS / 60_000, 29_802_605);
}

#[test]
fn the_longest_event_leaves_room_to_be_carried() {
    let fields = longest_event();
    assert_eq!(fields.0[22].len(), FACTS_BYTES_MAX);
    let entry = by_hand(&fields.with(19, vec![0xc0]));
    let last = Sequence::new(u64::MAX).expect("not zero");
    let carried = entry.carry(stamp().origin, last).expect("a readable header");
    assert!(carried.bytes.len() <= EVENT_BYTES_MAX, "{}", carried.bytes.len());
    assert_eq!(
        carried.event().expect("its own bytes").facts,
        entry.event().expect("good").facts
    );
}

#[test]
fn an_event_cut_at_any_byte_is_truncated() {
    for entry in [longest_lists(), carried(1), imported(), by_hand(&greatest_numbers())] {
        for len in 0..entry.bytes.len() {
            let error = Event::decode(&entry.bytes[..len]).expect_err("cut short");
            assert_eq!(class(&error), "truncated", "at {len}: {error}");
        }
    }
}

#[test]
fn a_personal_part_is_read_strictly() {
    let salted = |content: &[u8]| [&[0][..], &[9; 16], content].concat();
    let good = salted(&map(&[
        ("newer", uint(1)),
        ("text", string("好")),
        ("head", vec![0xc0]),
    ]));
    let content = Personal::open(&good).expect("a newer name is passed over");
    assert_eq!((content.text.as_deref(), content.head), (Some("好"), None));
    for bad in [
        Vec::new(),
        vec![0; 16],
        [&[7][..], &[9; 16], &[0x80]].concat(), // an unknown suite
        salted(&[]),                            // no map
        salted(&[0x80, 0]),                     // a byte follows
        salted(&[0x90]),                        // an array
        salted(&map(&[("text", string("a")), ("text", string("b"))])), // twice
        salted(&map(&[("text", bin(b"bytes"))])), // bytes in place of text
        salted(&map(&[("topics", string("one"))])), // a text in place of a list
        salted(&map(&[("newer", [vec![0x91; 8], vec![1]].concat())])), // too deep
        salted(&[0xdf, 0xff, 0xff, 0xff, 0xff]), // a false count
        salted(&[&[0x81, 0xa4][..], b"text", &[0xa1, 0xff]].concat()), // not UTF-8
    ] {
        assert!(Personal::open(&bad).is_err(), "{bad:02x?}");
    }
}

#[test]
fn a_stamp_at_the_end_of_every_range_still_fits() {
    let mut drafted = draft(Facts::VisitRecorded(visit()));
    drafted.occurred = When::Instant(i64::MIN);
    let last = Stamp {
        sequence: Sequence::new(u64::MAX).expect("not zero"),
        ..stamp()
    };
    let entry = Entry::write(&drafted, &last, [0; 16]).expect("a good draft");
    assert_eq!(entry.event().expect("its own bytes").header.sequence, last.sequence);
}

/// A second reading by a script that shares nothing with this crate but the page and the vectors.
#[test]
fn a_stranger_reads_the_vectors_by_the_page() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocol/vectors/check.py");
    let Ok(said) = Command::new("python3").arg("-B").arg(script).output() else {
        return skip("a_stranger_reads_the_vectors_by_the_page", "there is no python3");
    };
    let told = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{told}{}", String::from_utf8_lossy(&said.stderr));
    let good = of(&stored(), "good").len();
    assert_eq!(told.trim(), format!("{good} vectors read as the page says"));
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
