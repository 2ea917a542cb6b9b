//! Bodies as a writer writes them, and bodies that nobody should.

use std::io::{Read as _, Write as _};

use event::{Position, Sequence};
use serde_json::{Value, json};
use sync::frame::{BodyWriter, FrameError, Item, read};
use sync::limits::{BODY_RAW_BYTES_MAX, ITEM_BYTES_MAX};
use sync::message::encode;

use super::hex;
use super::records::records;
use super::samples::{log, log_note, page_end, village_key, visit};

pub(crate) fn raw_of(body: &[u8]) -> Vec<u8> {
    let mut raw = Vec::new();
    let mut decoder = zstd::stream::read::Decoder::new(body).expect("zstd");
    decoder.read_to_end(&mut raw).expect("a whole frame");
    raw
}

fn packed(raw: &[u8], window_log: u32) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).expect("memory");
    encoder.window_log(window_log).expect("a window");
    encoder.write_all(raw).expect("memory");
    encoder.finish().expect("memory")
}

pub(crate) fn items_of(body: &[u8]) -> (Vec<Item>, Result<(), FrameError>) {
    let mut items = Vec::new();
    let end = read::<FrameError>(body, |item| {
        items.push(item);
        Ok(())
    });
    (items, end)
}

pub(crate) fn told(item: &Item) -> Value {
    match item {
        Item::Range { origin, first } => {
            json!({ "range": { "origin": origin.to_string(), "first": first.get().to_string() } })
        }
        Item::Entry { bytes, personal } => {
            json!({ "entry": { "event": hex(bytes), "personal": personal.as_deref().map(hex) } })
        }
        Item::Checkpoint(note) => json!({ "checkpoint": note }),
        Item::Record { position, bytes } => {
            json!({ "record": { "position": position.0.to_string(), "bytes": hex(bytes) } })
        }
        Item::End(end) => json!({ "end": super::Value::read(&encode(end)).told() }),
    }
}

fn push(first: u64, upto: u64, checkpoint: bool) -> Vec<u8> {
    let entries = log(upto);
    let mut writer = BodyWriter::new().expect("memory");
    let first = Sequence::new(first).expect("not zero");
    writer.range(village_key().origin(), first).expect("memory");
    for entry in &entries[usize::try_from(first.leaf_index()).expect("small")..] {
        writer.entry(&entry.bytes, entry.personal.as_deref()).expect("memory");
    }
    if checkpoint {
        writer.checkpoint(&log_note(&entries)).expect("memory");
    }
    writer.finish().expect("memory")
}

fn page() -> Vec<u8> {
    let mut writer = BodyWriter::new().expect("memory");
    let of = |kind: &str| {
        let found = records().into_iter().find(|(_, of, _)| *of == kind);
        found.expect("a record").2
    };
    for (position, kind) in [(0, "opened"), (1, "enrolled"), (4, "receipt")] {
        writer.record(Position(position), &of(kind)).expect("memory");
    }
    writer.range(village_key().origin(), Sequence::FIRST).expect("memory");
    for entry in &log(3) {
        writer.entry(&entry.bytes, entry.personal.as_deref()).expect("memory");
    }
    writer.end(&page_end(4, 3, 6)).expect("memory")
}

fn strange_blob() -> Vec<u8> {
    let entry = visit(1, Some("一"));
    let mut writer = BodyWriter::new().expect("memory");
    writer.range(village_key().origin(), Sequence::FIRST).expect("memory");
    writer.entry(&entry.bytes, Some(b"not what it names")).expect("memory");
    writer.entry(b"no event at all", None).expect("memory");
    writer.finish().expect("memory")
}

pub(crate) fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let empty_page = BodyWriter::new().expect("memory").end(&page_end(6, 0, 6));
    vec![
        ("a push of one entry", push(1, 1, true)),
        ("a push of five entries", push(1, 5, true)),
        ("a push that goes on and ends without a checkpoint", push(4, 5, false)),
        ("a push that completes what is staged", push(6, 5, true)),
        ("a push of forty entries", push(1, 40, true)),
        ("a page that ends inside a receipt", page()),
        ("a page with nothing for this reader", empty_page.expect("memory")),
        ("a blob that the event does not name, and no event", strange_blob()),
    ]
}

/// One item by hand, its checksum right.
fn item(tag: u8, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).expect("small").to_be_bytes();
    let mut bytes = [&[tag][..], &len, payload].concat();
    let crc = crc32c::crc32c(&bytes).to_be_bytes();
    bytes.extend_from_slice(&crc);
    bytes
}

/// Bodies that end in an error, each with its class and the items before it.
pub(crate) fn bad_bodies() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let magic = b"MQBODY1\n";
    let range = item(1, &[&[7; 16][..], &1_u64.to_be_bytes()].concat());
    let good = [&magic[..], &range].concat();
    let with = |rest: &[u8]| packed(&[&good[..], rest].concat(), 20);
    let mut flipped = range.clone();
    flipped[8] ^= 1;
    let entry = |form: u8, len: u16, rest: &[u8]| item(2, &[&[form][..], &len.to_be_bytes(), rest].concat());
    let mut too_long = vec![3];
    too_long.extend_from_slice(&u32::try_from(ITEM_BYTES_MAX + 1).expect("small").to_be_bytes());
    let large = item(3, &vec![b'x'; ITEM_BYTES_MAX]);
    let bomb = [&good[..], &large.repeat(BODY_RAW_BYTES_MAX / large.len() + 1)].concat();
    vec![
        ("another magic", packed(b"MQBODY2\n", 20), "magic"),
        ("nothing", packed(b"", 20), "truncated"),
        ("an item cut short", with(&range[..20]), "truncated"),
        ("an item's head cut short", with(&range[..3]), "truncated"),
        ("a wrong checksum", with(&flipped), "checksum"),
        ("an item beyond its bound", with(&too_long), "too_long"),
        ("an unknown tag", with(&item(6, b"")), "item"),
        ("a range of 23 bytes", with(&item(1, &[7; 23])), "item"),
        ("a range from sequence 0", with(&item(1, &[0; 24])), "item"),
        ("an entry of an unknown form", with(&entry(3, 0, b"")), "item"),
        ("an entry with bytes behind it", with(&entry(0, 1, b"ab")), "item"),
        ("an entry longer than its item", with(&entry(1, 3, b"ab")), "item"),
        (
            "an entry beyond 3072 bytes",
            with(&entry(0, 3_073, &[0; 3_073])),
            "item",
        ),
        (
            "a hash left out of too short an event",
            with(&entry(2, 31, &[0, 0])),
            "item",
        ),
        (
            "a hash left out beyond the event",
            with(&entry(2, 40, &[&[0, 9][..], &[0; 8]].concat())),
            "item",
        ),
        ("a blob beyond 16384 bytes", with(&entry(1, 0, &[0; 16_385])), "item"),
        ("a checkpoint that is not text", with(&item(3, &[0xff])), "item"),
        ("a record without a position", with(&item(4, &[0; 7])), "item"),
        ("an end that is no message", with(&item(5, &[0x90])), "item"),
        ("more than 12 MiB", packed(&bomb, 20), "bomb"),
        ("a window of 2 MiB, the library's own choice", packed(&good, 21), "zstd"),
        ("not zstd", b"MQBODY1\n".to_vec(), "zstd"),
    ]
}

pub(crate) const fn class(error: &FrameError) -> &'static str {
    match error {
        FrameError::Magic => "magic",
        FrameError::Truncated => "truncated",
        FrameError::ItemTooLong { .. } => "too_long",
        FrameError::Bomb => "bomb",
        FrameError::Checksum => "checksum",
        FrameError::Item(_) => "item",
        FrameError::Zstd(_) => "zstd",
    }
}
