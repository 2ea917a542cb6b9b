//! The bench's generator stays as it is.

use event::{BootId, ClockQuality, Draft, Entry, EventId, Kind, Origin, Sequence, Stamp};
use sample::{BENCH_HOUSEHOLDS, BENCH_NOTE_CHARS, bench_entries};
use sha2::{Digest, Sha256};

const GOLDEN_1000: &str = "7e498e04ac0b4ce13dfa1a0b611ab734b4334aaa9c3314456e73a35398699068";

fn write(number: u64, draft: &Draft) -> Entry {
    let stamp = Stamp {
        origin: Origin::from_bytes([1; 16]),
        sequence: Sequence::after_size(number),
        id: EventId::from_parts(1_756_656_000_000 + number, 1).expect("within bounds"),
        clock: ClockQuality::Ntp,
        wall_ms: 1_756_656_000_000 + number,
        mono_ms: number,
        boot: BootId([2; 8]),
        seen: None,
    };
    let mut salt = [3; 16];
    salt[..8].copy_from_slice(&number.to_be_bytes());
    Entry::write(draft, &stamp, salt).expect("within every bound")
}

#[test]
fn the_first_thousand_are_the_same_for_ever() {
    let (mut hash, mut sizes) = (Sha256::new(), 0);
    for (number, draft) in (0..).zip(bench_entries(1, 1_000)) {
        let entry = write(number, &draft);
        let personal = entry.personal.expect("a note");
        sizes += entry.bytes.len() + personal.len();
        hash.update(&entry.bytes);
        hash.update(&personal);
    }
    let digest: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((digest.as_str(), sizes), (GOLDEN_1000, 341_664));
}

#[test]
fn notes_are_forty_characters_and_most_drafts_are_visits() {
    let drafts: Vec<Draft> = bench_entries(1, 5_000).collect();
    let mut kinds = std::collections::BTreeMap::new();
    let mut characters = std::collections::BTreeSet::new();
    for draft in &drafts {
        let text = draft
            .personal
            .as_ref()
            .and_then(|personal| personal.text.as_deref())
            .expect("a note");
        assert_eq!(text.chars().count(), BENCH_NOTE_CHARS);
        assert!(text.chars().all(|c| ('\u{4e00}'..='\u{9fa5}').contains(&c)), "{text}");
        characters.extend(text.chars());
        *kinds.entry(draft.facts.kind()).or_insert(0) += 1;
    }
    assert_eq!(characters.len(), 3_500);
    assert_eq!(kinds[&Kind::HOUSEHOLD_REGISTERED], BENCH_HOUSEHOLDS);
    assert!(
        kinds[&Kind::VISIT_RECORDED] > 4_300 && kinds[&Kind::REQUEST_RAISED] > 100,
        "{kinds:?}"
    );
    assert!(
        bench_entries(1, 700).eq(drafts.into_iter().take(700)),
        "a shorter run is a prefix"
    );
}
