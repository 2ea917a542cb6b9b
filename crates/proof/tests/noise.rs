//! No bytes from outside make a reader panic, and what is read is written as it was.

use proof::{
    AddCheckpoint, DayCode, EntryBundle, Policy, SignedCheckpoint, Tile, TlogProof, VerifierKey, read_day_code,
};
use proptest::prelude::*;
use serde_json::Value;

/// Texts that are right, from the golden vectors, to be damaged.
fn samples() -> Vec<String> {
    let file: Value = serde_json::from_str(include_str!("../../../protocol/vectors/proofs.json")).expect("JSON");
    let of = |section: &str, field: &str| {
        let list = file[section].as_array().expect("a list").clone();
        let field = field.to_owned();
        list.into_iter()
            .filter_map(move |vector| Some(vector[&field].as_str()?.to_owned()))
    };
    let policy = of("tlog_proofs", "policy");
    let texts = of("tlog_proofs", "proof")
        .chain(policy)
        .chain(of("verifier_keys", "text"))
        .chain(of("tiles", "path"));
    let requests = of("cosigned_notes", "note").map(|note| format!("old 3\n\n{note}"));
    texts
        .chain(requests)
        .chain(of("cosigned_notes", "note"))
        .chain(of("day_codes", "code"))
        .collect()
}

fn read_all(bytes: &[u8]) {
    if let Ok(request) = AddCheckpoint::parse(bytes) {
        assert_eq!(request.encode().as_bytes(), bytes);
    }
    if let Ok(policy) = Policy::parse(bytes) {
        let all = policy.witness_keys().iter().map(|key| key.key).collect();
        assert!(policy.quorum(&all), "everybody is always enough");
    }
    for entry in EntryBundle::entries(bytes).take(1_000) {
        assert!(entry.map_or(0, <[u8]>::len) <= bytes.len());
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(proof) = TlogProof::parse(text) {
        assert_eq!(proof.encode(), text);
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(tile) = Tile::parse(text) {
        assert_eq!(tile.path(), text);
        assert!(tile.leaves().start <= tile.leaves().end);
    }
    if let Ok(note) = SignedCheckpoint::parse(text) {
        assert!(note.note().starts_with(note.text()));
    }
    assert_ne!(read_day_code(text, 7, &[0; 32]), DayCode::Same);
}

proptest! {
    #[test]
    fn noise_and_damaged_texts_are_read_or_refused(
        noise in proptest::collection::vec(any::<u8>(), 0..200),
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        cut in 0usize..8,
    ) {
        read_all(&noise);
        let samples = samples();
        let sample = which.get(&samples).as_bytes();
        read_all(sample);
        let (head, tail) = sample.split_at(at.index(sample.len() + 1));
        read_all(head);
        read_all(&[head, &noise[..noise.len().min(cut)], &tail[tail.len().min(cut)..]].concat());
        read_all(&[head, tail, tail].concat());
    }
}
