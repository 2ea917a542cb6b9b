//! The body format against everything a bad link or a bad peer can do to it.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "tests of small numbers"
)]

use event::bounds::EVENT_BYTES_MAX;
use event::{
    BootId, ClockQuality, Draft, EntityId, Entry, EntryMode, EventId, Facts, Mode, Origin, Outcome, PersonId,
    PersonalContent, Position, Sequence, Stamp, Subject, UnitCode, VisitRecorded, When,
};
use sync::frame::{BodyWriter, FrameError, Item, read};
use sync::limits::BODY_RAW_BYTES_MAX;
use sync::message::{Cursor, PageEnd};

fn visit(n: u64, text: Option<&str>) -> Entry {
    let person = PersonId::from_bytes([3; 16]);
    let draft = Draft {
        subject: Subject::household(EntityId::from_bytes([5; 16])),
        facts: Facts::VisitRecorded(VisitRecorded {
            mode: Mode::Home,
            outcome: Outcome::Met,
            minutes: Some(20),
            requests: vec![],
        }),
        occurred: When::Minute(29_000_000),
        unit: UnitCode::new(990_000_103_201).unwrap(),
        recorder: person,
        actors: vec![person],
        causes: vec![],
        mode: EntryMode::Live,
        source: None,
        personal: text.map(|text| PersonalContent {
            text: Some(text.to_owned()),
            ..PersonalContent::default()
        }),
    };
    let stamp = Stamp {
        origin: Origin::from_bytes([7; 16]),
        sequence: Sequence::new(n).unwrap(),
        id: EventId::from_parts(1_790_000_000_000 + n, u128::from(n) << 20).unwrap(),
        clock: ClockQuality::Ntp,
        wall_ms: 1_790_000_000_000 + n,
        mono_ms: n,
        boot: BootId([1; 8]),
        seen: None,
    };
    Entry::write(&draft, &stamp, [n as u8; 16]).unwrap()
}

fn entries(n: u64) -> Vec<Entry> {
    (1..=n)
        .map(|i| visit(i, (i % 3 != 0).then_some("老人身体好，托人带药，下周再来。")))
        .collect()
}

fn body(entries: &[Entry]) -> Vec<u8> {
    let mut writer = BodyWriter::new().unwrap();
    writer.range(Origin::from_bytes([7; 16]), Sequence::FIRST).unwrap();
    for entry in entries {
        writer.entry(&entry.bytes, entry.personal.as_deref()).unwrap();
    }
    writer.checkpoint("a note\n").unwrap();
    writer.finish().unwrap()
}

fn read_all(body: &[u8]) -> (Vec<Item>, Result<(), FrameError>) {
    let mut items = Vec::new();
    let end = read::<FrameError>(body, |item| {
        items.push(item);
        Ok(())
    });
    (items, end)
}

#[test]
fn bodies_come_back_byte_for_byte() {
    let sent = entries(100);
    let (items, end) = read_all(&body(&sent));
    assert_eq!(end, Ok(()));
    assert_eq!(items.len(), 102);
    for (item, entry) in items[1..101].iter().zip(&sent) {
        assert_eq!(
            *item,
            Item::Entry {
                bytes: entry.bytes.clone(),
                personal: entry.personal.clone()
            }
        );
    }
    assert_eq!(items[101], Item::Checkpoint("a note\n".to_owned()));
}

#[test]
fn a_blob_that_is_not_the_events_own_leaves_the_event_as_it_is() {
    let entry = visit(1, Some("原文"));
    let mut writer = BodyWriter::new().unwrap();
    writer.entry(&entry.bytes, Some(b"another blob")).unwrap();
    writer.entry(b"no event at all", Some(b"blob")).unwrap();
    let (items, end) = read_all(&writer.finish().unwrap());
    assert_eq!(end, Ok(()));
    assert_eq!(
        items[0],
        Item::Entry {
            bytes: entry.bytes,
            personal: Some(b"another blob".to_vec())
        }
    );
    assert_eq!(
        items[1],
        Item::Entry {
            bytes: b"no event at all".to_vec(),
            personal: Some(b"blob".to_vec())
        }
    );
}

/// Scenario 5: the connection is cut at every byte of a batch.
#[test]
fn cut_at_every_byte_whole_entries_remain() {
    let sent = entries(200);
    let whole = body(&sent);
    let mut most = 0;
    for cut in 0..whole.len() {
        let (items, end) = read_all(&whole[..cut]);
        assert!(end.is_err(), "a cut at {cut} looks like an end");
        for (item, entry) in items.iter().skip(1).zip(&sent) {
            if let Item::Entry { bytes, personal } = item {
                assert_eq!((bytes, personal), (&entry.bytes, &entry.personal));
            }
        }
        assert!(items.len() >= most, "a later cut yields less");
        most = items.len();
    }
    assert!(most > 150, "a cut near the end keeps nearly everything, got {most}");
}

/// Scenario 30: flipped bits are found, at the latest by the checksum of the item.
#[test]
fn a_flipped_bit_never_changes_an_entry_in_silence() {
    let sent = entries(40);
    let whole = body(&sent);
    for at in 0..whole.len() {
        let mut bad = whole.clone();
        bad[at] ^= 1 << (at % 8);
        let (items, end) = read_all(&bad);
        let same = items.iter().skip(1).zip(&sent).all(|(item, entry)| match item {
            Item::Entry { bytes, .. } => *bytes == entry.bytes,
            _ => true,
        });
        assert!(same, "an entry changed without a word at byte {at}");
        // A flip in a bit that zstd does not use may leave everything as it was.
        assert!(end.is_err() || items.len() == 42);
    }
}

/// Scenario 30: a small body that unfolds to gigabytes is stopped at the bound.
#[test]
fn a_bomb_is_stopped_at_the_bound() {
    let mut raw = b"MQBODY1\n".to_vec();
    let item = [&[4_u8][..], &19_000_u32.to_be_bytes(), &[0; 19_000]].concat();
    let item = [&item[..], &crc32c_of(&item).to_be_bytes()].concat();
    while raw.len() < BODY_RAW_BYTES_MAX * 4 {
        raw.extend_from_slice(&item);
    }
    let bomb = compress(&raw, 19);
    assert!(bomb.len() < 100_000, "the bomb is small: {}", bomb.len());
    let (items, end) = read_all(&bomb);
    assert_eq!(end, Err(FrameError::Bomb));
    let wide = zstd::encode_all(&raw[..], 19).unwrap();
    assert!(
        matches!(read_all(&wide).1, Err(FrameError::Zstd(_))),
        "a window beyond the bound is refused"
    );
    assert!(items.len() * 19_000 <= BODY_RAW_BYTES_MAX);
}

/// Compresses as a sender of this protocol must: within the window that a reader grants.
fn compress(raw: &[u8], level: i32) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), level).unwrap();
    encoder.window_log(sync::limits::WINDOW_LOG_MAX).unwrap();
    std::io::Write::write_all(&mut encoder, raw).unwrap();
    encoder.finish().unwrap()
}

fn crc32c_of(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
}

fn sealed(tag: u8, payload: &[u8]) -> Vec<u8> {
    let mut raw = b"MQBODY1\n".to_vec();
    let mut item = vec![tag];
    item.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes());
    item.extend_from_slice(payload);
    let crc = crc32c_of(&item);
    item.extend_from_slice(&crc.to_be_bytes());
    raw.extend_from_slice(&item);
    compress(&raw, 3)
}

#[test]
fn senseless_items_have_a_reason() {
    assert_eq!(read_all(&compress(b"HELLO WORLD", 1)).1, Err(FrameError::Magic));
    assert!(matches!(
        read_all(b"not zstd at all").1,
        Err(FrameError::Zstd(_) | FrameError::Truncated)
    ));
    for (tag, payload) in [
        (9, &b"x"[..]),
        (1, b"short"),
        (1, &[0; 24]), // sequence 0
        (2, b""),
        (2, &[0, 0xff, 0xff, 1]),     // longer than an event may be
        (2, &[2, 0, 10, 0, 0, 1, 2]), // no room for a hash
        (2, &[2, 0, 64, 0, 60]),      // the hash would stand outside
        (2, &[3, 0, 0]),
        (3, &[0xff, 0xfe]),
        (4, b"1234567"),
        (5, b"\xc1"),
    ] {
        let end = read_all(&sealed(tag, payload)).1;
        assert!(
            matches!(end, Err(FrameError::Item(_))),
            "tag {tag} {payload:?}: {end:?}"
        );
    }
    assert!(matches!(
        read_all(&sealed(2, &vec![0; 40_000])).1,
        Err(FrameError::ItemTooLong { .. })
    ));
    let blob = [&[1_u8, 0, 1, 0xc0][..], &vec![0; event::bounds::PERSONAL_BYTES_MAX + 1]].concat();
    assert_eq!(read_all(&sealed(2, &blob)).1, Err(FrameError::Item("entry")));
    assert!(EVENT_BYTES_MAX < usize::from(u16::MAX));
}

#[test]
fn a_page_ends_with_its_cursor() {
    let end = PageEnd {
        next: Cursor {
            position: Position(9),
            ..Cursor::default()
        },
        size: Position(10),
        note: "note".to_owned(),
        consistency: Vec::new(),
    };
    let mut writer = BodyWriter::new().unwrap();
    writer.record(Position(8), b"record").unwrap();
    let (items, result) = read_all(&writer.end(&end).unwrap());
    assert_eq!(result, Ok(()));
    assert_eq!(
        items,
        [
            Item::Record {
                position: Position(8),
                bytes: b"record".to_vec()
            },
            Item::End(end)
        ]
    );
}
