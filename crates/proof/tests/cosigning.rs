//! Cosignatures, policies and whole proofs: what counts, what passes unjudged, what is refused.

mod support;

use std::collections::BTreeSet;

use proof::{
    Checkpoint, Cosigned, KeyKind, NOTE_BYTES_MAX, NoteError, OriginKey, POLICY_LINES_MAX, Policy, PolicyFault,
    ProofError, PublicKey, SignedCheckpoint, TlogProof, TlogProofError, VerifierKey, add_line, cosign, cosignatures,
    inclusion_proof, merge, root,
};

use support::{Levels, entry, leaves};

const LOG: &str = "minqing/journal/00000000000000000000000000";
const NOW_S: u64 = 1_790_000_000;

fn key(seed: u8) -> OriginKey {
    OriginKey::from_seed([seed; 32])
}

fn witness(seed: u8) -> VerifierKey {
    let (name, kind) = (format!("witness.example/{seed}"), KeyKind::Cosigner);
    VerifierKey {
        name,
        kind,
        key: key(seed).public(),
    }
}

fn line(note: &str, seed: u8, time_s: u64) -> String {
    cosign(note, &witness(seed).name, &key(seed), time_s)
}

fn note() -> String {
    let root = root(&Levels::of(leaves(9)), 9).expect("a root");
    Checkpoint {
        name: LOG.to_owned(),
        size: 9,
        root,
    }
    .sign(&key(1))
}

fn found(note: &str, seeds: &[u8]) -> Result<Vec<(String, u64)>, NoteError> {
    let keys: Vec<_> = seeds.iter().map(|seed| witness(*seed)).collect();
    let found = cosignatures(note, &keys)?;
    Ok(found.into_iter().map(|one| (one.name, one.time_s)).collect())
}

#[test]
fn cosignatures_of_known_keys_are_found_and_others_pass() {
    let note = note() + &line(&note(), 2, NOW_S) + &line(&note(), 3, NOW_S + 1);
    assert_eq!(found(&note, &[]), Ok(vec![]));
    assert_eq!(found(&note, &[4]), Ok(vec![]));
    assert_eq!(
        found(&note, &[3]),
        Ok(vec![("witness.example/3".to_owned(), NOW_S + 1)])
    );
    assert_eq!(found(&note, &[2, 3]).expect("both").len(), 2);
    let as_log = VerifierKey {
        kind: KeyKind::Log,
        ..witness(2)
    };
    assert_eq!(
        cosignatures(&note, &[as_log]),
        Ok(vec![]),
        "a key of a log cosigns nothing"
    );
    assert!(SignedCheckpoint::verify(&note, LOG, &key(1).public()).is_ok());
}

#[test]
fn the_text_and_the_note_are_cosigned_alike_with_the_extension_lines() {
    let signed = note();
    let parsed = SignedCheckpoint::parse(&signed).expect("a note");
    assert_eq!(line(parsed.text(), 2, NOW_S), line(&signed, 2, NOW_S));
    let cosigned = signed.clone() + &line(&signed, 2, NOW_S);
    assert_eq!(line(&cosigned, 3, NOW_S), line(&signed, 3, NOW_S));
    let without = SignedCheckpoint::parse(&cosigned)
        .expect("a note")
        .without_cosignatures(&key(1).public());
    assert_eq!(without, signed);
    // Lines under the log's own name that its key never made go too.
    let own = signed.lines().last().expect("a line");
    let padded = format!("{cosigned}{own}\n\u{2014} {LOG} AAAAAAAA\n");
    let parsed = SignedCheckpoint::parse(&padded).expect("a note");
    assert_eq!(parsed.without_cosignatures(&key(1).public()), signed);
    assert_eq!(
        parsed.without_cosignatures(&key(2).public()),
        parsed.text(),
        "nothing of another key"
    );
}

#[test]
fn every_changed_bit_under_a_known_key_is_found() {
    let good = note() + &line(&note(), 2, NOW_S);
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            let (log, cosigned) = (
                SignedCheckpoint::verify(&changed, LOG, &key(1).public()),
                found(&changed, &[2]),
            );
            let all_stands = log.is_ok() && cosigned.is_ok_and(|cosigned| cosigned.len() == 1);
            assert!(!all_stands, "byte {at} bit {bit}");
        }
    }
}

#[test]
fn a_wrong_line_of_a_known_key_is_an_error_even_beside_a_right_one() {
    let other = Checkpoint {
        name: LOG.to_owned(),
        size: 9,
        root: [7; 32],
    }
    .sign(&key(1));
    let wrong = line(&other, 2, NOW_S);
    let refused = Err(NoteError::Cosignature("witness.example/2".to_owned()));
    let mixed = note() + &line(&note(), 2, NOW_S) + &wrong;
    assert_eq!(found(&mixed, &[2]), refused);
    assert_eq!(found(&mixed, &[3]), Ok(vec![]));
    // A time beyond 2^63 - 1 is no time, whatever was signed.
    let stamped = line(&note(), 2, u64::MAX);
    assert_eq!(
        found(&(note() + &stamped), &[2]).expect("held at the bound")[0].1,
        i64::MAX as u64
    );
    let plain = VerifierKey {
        kind: KeyKind::Log,
        ..witness(2)
    };
    let short = SignedCheckpoint::parse(&note()).expect("a note").claim().sign(&key(2));
    let short = short.lines().last().expect("a line").replace(LOG, &plain.name) + "\n";
    assert!(
        add_line(&note(), &short).is_err(),
        "a log's signature is no cosignature"
    );
}

#[test]
fn lines_are_merged_one_for_each_key_and_the_newest_wins() {
    let (old, new) = (line(&note(), 2, NOW_S), line(&note(), 2, NOW_S + 60));
    let once = add_line(&note(), &old).expect("merged");
    assert_eq!(once, note() + &old);
    assert_eq!(add_line(&once, &old), Ok(once.clone()), "twice is once");
    let newer = add_line(&once, &new).expect("merged");
    assert_eq!(newer, note() + &new);
    assert_eq!(
        add_line(&newer, &old),
        Ok(newer.clone()),
        "an older line changes nothing"
    );
    let three = once.clone() + &new + &old;
    assert_eq!(add_line(&three, &old), Ok(newer.clone()));
    let both = add_line(&newer, &line(&note(), 3, NOW_S)).expect("merged");
    assert_eq!(found(&both, &[2, 3]).expect("right").len(), 2);
    for bad in ["", "\n", "text", &format!("{old}{new}"), &old.replace('\u{2014}', "-")] {
        assert!(add_line(&note(), bad).is_err(), "{bad:?}");
    }
}

#[test]
fn an_answer_is_merged_only_as_far_as_it_is_right() {
    let answer = line(&note(), 2, NOW_S) + &line(&note(), 3, NOW_S);
    let merged = merge(&note(), &answer, &[witness(2)]).expect("merged");
    assert_eq!(merged, note() + &line(&note(), 2, NOW_S), "an unknown key is left out");
    let other = Checkpoint {
        name: LOG.to_owned(),
        size: 8,
        root: [7; 32],
    }
    .sign(&key(1));
    let wrong = line(&other, 2, NOW_S);
    assert!(matches!(
        merge(&note(), &wrong, &[witness(2)]),
        Err(NoteError::Cosignature(_))
    ));
    assert!(merge(&note(), "no line\n", &[witness(2)]).is_err());
    assert_eq!(merge(&note(), "", &[witness(2)]), Ok(note()));
}

#[test]
fn the_county_and_every_village_fit_under_one_note_and_no_more_than_the_bound() {
    let long = |n: u8| format!("{}/{n}", "w".repeat(120));
    let mut cosigned = note();
    for n in 0..64 {
        cosigned = add_line(&cosigned, &cosign(&note(), &long(n), &key(n), NOW_S)).expect("it fits");
    }
    assert!(cosigned.len() <= NOTE_BYTES_MAX);
    assert!(SignedCheckpoint::verify(&cosigned, LOG, &key(1).public()).is_ok());
    let mut grown = note();
    let refused = (0..=255).find_map(|n| {
        let name = "w".repeat(200) + &n.to_string();
        match add_line(&grown, &cosign(&note(), &name, &key(n), NOW_S)) {
            Ok(longer) => grown = longer,
            Err(error) => return Some(error),
        }
        None
    });
    assert!(matches!(refused, Some(NoteError::TooLong(_))), "{refused:?}");
    let many: String = (0..81).map(|n| cosign(&note(), "w", &key(n), NOW_S)).collect();
    assert!(matches!(
        SignedCheckpoint::parse(&(note() + &many)),
        Err(NoteError::Form(_))
    ));
}

fn policy(text: &str) -> Result<Policy, PolicyFault> {
    Policy::parse(text.as_bytes()).map_err(|error| error.reason)
}

/// The example of the page, with two logs' worth of URLs and our line.
fn example() -> String {
    let log = VerifierKey {
        name: LOG.to_owned(),
        kind: KeyKind::Log,
        key: key(1).public(),
    };
    let x = |n| format!("witness X{n} {}\n", witness(n));
    let y = |n| format!("  witness\tY{n}  {} http://y.example/{n} \n", witness(n));
    format!(
        "# trusted since spring\n\nlog {log} https://hub.example/log\n{}{}{}group X-witnesses 2 X2 X3 X4\n{}{}\
         group Y-witnesses any Y5 Y6\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n# minqing: fresh 72\n",
        x(2),
        x(3),
        x(4),
        y(5),
        y(6)
    )
}

fn keys(seeds: &[u8]) -> BTreeSet<PublicKey> {
    seeds.iter().map(|seed| key(*seed).public()).collect()
}

#[test]
fn the_example_of_the_page_counts_as_it_says() {
    let policy = policy(&example()).expect("a policy");
    for (seeds, enough) in [
        (&[2, 3, 5][..], true),
        (&[2, 3, 4, 5, 6], true),
        (&[3, 4, 6, 9], true),
        (&[2, 5, 6], false),
        (&[2, 3, 4], false),
        (&[9, 10, 11], false),
        (&[], false),
    ] {
        assert_eq!(policy.quorum(&keys(seeds)), enough, "{seeds:?}");
    }
    assert_eq!((policy.logs().len(), policy.witnesses().len()), (1, 5));
    assert_eq!(policy.logs()[0].url.as_deref(), Some("https://hub.example/log"));
    assert_eq!(policy.witnesses()[3].url.as_deref(), Some("http://y.example/5"));
    assert_eq!(policy.witnesses()[0].name, "X2");
    assert_eq!(policy.fresh_hours(), Some(72));
}

#[test]
fn small_policies_are_read() {
    let none = policy("quorum none\n").expect("a policy");
    assert!(none.quorum(&keys(&[])));
    assert!(none.is_fresh(&[], NOW_S));
    let one = policy(&format!("witness 县 {}\nquorum 县\n", witness(2))).expect("a policy");
    assert!(one.quorum(&keys(&[2])) && !one.quorum(&keys(&[3])));
    assert_eq!(one.fresh_hours(), None);
    let gbk = [
        &b"witness \xcf\xd8 "[..],
        witness(2).to_string().as_bytes(),
        b"\nquorum \xcf\xd8\n",
    ]
    .concat();
    assert!(Policy::parse(&gbk).is_ok(), "names are octets");
}

#[test]
fn policies_are_refused_with_the_line_that_is_wrong() {
    let w = |n: u8| format!("witness w{n} {}\n", witness(n));
    let log = |seed: u8| VerifierKey {
        name: LOG.to_owned(),
        kind: KeyKind::Log,
        key: key(seed).public(),
    };
    let renamed = VerifierKey {
        name: "other".to_owned(),
        ..witness(2)
    };
    let two = w(2) + &w(3);
    for (text, line) in [
        (String::new(), 1),
        ("\n\n".to_owned(), 2),
        ("quorum none".to_owned(), 1),
        ("quorum none\r\n".to_owned(), 1),
        ("quorum none\u{7f}\n".to_owned(), 1),
        ("quorum none\nquorum none\n".to_owned(), 2),
        ("quorum\n".to_owned(), 1),
        ("quorum none none\n".to_owned(), 1),
        ("quorum w2\n".to_owned() + &w(2), 1),
        ("Quorum none\n".to_owned(), 1),
        (w(2) + &w(2) + "quorum none\n", 2),
        (w(2) + &format!("witness other {renamed}\nquorum none\n"), 2),
        (format!("witness w2 {}\n", log(2)) + "quorum none\n", 1),
        (format!("log {}\n", witness(2)) + "quorum none\n", 1),
        (format!("log {0}\nlog {0}\n", log(1)) + "quorum none\n", 2),
        (format!("log {} a b\n", log(1)) + "quorum none\n", 1),
        (format!("witness none {}\n", witness(2)) + "quorum none\n", 1),
        (format!("witness w2 {}x\n", witness(2)) + "quorum none\n", 1),
        (two.clone() + "group w2 any w3\nquorum none\n", 3),
        (two.clone() + "group none any w3\nquorum none\n", 3),
        (two.clone() + "group g any\nquorum none\n", 3),
        (two.clone() + "group g 0 w2\nquorum none\n", 3),
        (two.clone() + "group g 3 w2 w3\nquorum none\n", 3),
        (two.clone() + "group g 02 w2 w3\nquorum none\n", 3),
        (two.clone() + "group g +1 w2 w3\nquorum none\n", 3),
        (two.clone() + "group g some w2 w3\nquorum none\n", 3),
        (two.clone() + "group g any w2 w2\nquorum none\n", 3),
        (two.clone() + "group g any w2 none\nquorum none\n", 3),
        (two.clone() + "group g any g w2\nquorum none\n", 3),
        (two.clone() + "group g any w2\ngroup h any w2\nquorum none\n", 4),
        (two + "group g any w4\nquorum none\n", 3),
        ("# minqing: fresh 0\nquorum none\n".to_owned(), 1),
        ("# minqing: fresh 72h\nquorum none\n".to_owned(), 1),
        ("# minqing: fresh 072\nquorum none\n".to_owned(), 1),
        ("# minqing: fresh 87601\nquorum none\n".to_owned(), 1),
        (" # minqing: fresh 72\nquorum none\n".to_owned(), 1),
        ("# minqing: frish 72\nquorum none\n".to_owned(), 1),
        ("# minqing: fresh 72\n# minqing: fresh 72\nquorum none\n".to_owned(), 2),
    ] {
        let refused = Policy::parse(text.as_bytes()).expect_err(&text);
        assert_eq!(refused.line, line, "{text:?}: {refused}");
    }
    assert!(
        policy("#minqing: fresh 72\n# fresh 72 would be minqing: fresh\nquorum none\n").is_ok(),
        "other comments"
    );
}

#[test]
fn a_policy_is_bounded() {
    let lines = |count: usize| -> String {
        let word = |n: usize| u8::try_from(n + 1).expect("small");
        let line = |n| format!("witness w{n} {}\n", witness(word(n)));
        (0..count).map(line).collect::<String>() + "quorum none\n"
    };
    assert!(policy(&lines(POLICY_LINES_MAX)).is_ok());
    assert_eq!(policy(&lines(POLICY_LINES_MAX + 1)), Err(PolicyFault::Many("witness")));
    let long = format!("# {}\nquorum none\n", "x".repeat(proof::POLICY_BYTES_MAX));
    assert_eq!(policy(&long), Err(PolicyFault::TooLong));
}

#[test]
fn fresh_is_what_the_quorum_is_without_the_old_ones() {
    let policy = policy(&example()).expect("a policy");
    let at = |seed: u8, time_s| Cosigned {
        name: witness(seed).name,
        key: key(seed).public(),
        time_s,
    };
    let hours = |n: u64| n * 3_600;
    let fresh = |two, three, five| {
        let cosigned = [at(2, two), at(3, three), at(5, five)];
        policy.is_fresh(&cosigned, NOW_S)
    };
    assert!(fresh(NOW_S, NOW_S - hours(72), NOW_S));
    assert!(!fresh(NOW_S, NOW_S - hours(72) - 1, NOW_S));
    assert!(fresh(NOW_S, NOW_S + hours(1), NOW_S), "a clock an hour ahead");
    assert!(
        !fresh(NOW_S, NOW_S + hours(1) + 1, NOW_S),
        "a cosignature from the future is never fresh"
    );
    assert!(!fresh(0, 0, 0));
}

fn proof(policy_note: &str) -> TlogProof {
    let path = inclusion_proof(&Levels::of(leaves(9)), 4, 9).expect("a path");
    TlogProof {
        extra: None,
        index: 4,
        path,
        note: policy_note.to_owned(),
    }
}

#[test]
fn a_whole_proof_shows_the_entry_and_nothing_else() {
    let cosigned = note() + &line(&note(), 2, NOW_S) + &line(&note(), 3, NOW_S) + &line(&note(), 5, NOW_S);
    let proof = proof(&cosigned);
    let policy = policy(&example()).expect("a policy");
    let proven = proof
        .verify(&entry(4), LOG, &key(1).public(), Some(&policy))
        .expect("it holds");
    assert_eq!((proven.checkpoint.size, proven.cosigned.len()), (9, 3));
    let proven = proof.verify(&entry(4), LOG, &key(1).public(), None).expect("it holds");
    assert_eq!(proven.cosigned, []);

    let verify = |proof: &TlogProof, entry: &[u8], name, key: &OriginKey| {
        proof.verify(entry, name, &key.public(), Some(&policy))
    };
    assert_eq!(
        verify(&proof, b"other", LOG, &key(1)),
        Err(TlogProofError::Proof(ProofError::Root))
    );
    assert!(matches!(
        verify(&proof, &entry(4), "minqing/x", &key(1)),
        Err(TlogProofError::Note(_))
    ));
    assert!(matches!(
        verify(&proof, &entry(4), LOG, &key(2)),
        Err(TlogProofError::Note(NoteError::Unsigned))
    ));
    let elsewhere = TlogProof {
        index: 5,
        ..proof.clone()
    };
    assert!(matches!(
        verify(&elsewhere, &entry(4), LOG, &key(1)),
        Err(TlogProofError::Proof(_))
    ));
    let fewer = TlogProof {
        note: note() + &line(&note(), 2, NOW_S),
        ..proof.clone()
    };
    assert_eq!(verify(&fewer, &entry(4), LOG, &key(1)), Err(TlogProofError::Quorum(1)));
    let wrong = TlogProof {
        note: cosigned.replace("witness.example/3", "witness.example/2"),
        ..proof
    };
    assert_eq!(
        verify(&wrong, &entry(4), LOG, &key(1)),
        Err(TlogProofError::Quorum(2)),
        "the id is another's"
    );
    let strict = Policy::parse(example().replace(LOG, "elsewhere").as_bytes());
    assert!(strict.is_err(), "the id of a renamed key does not fit");
}

#[test]
fn a_policy_that_names_another_log_refuses() {
    let other = VerifierKey {
        name: "other".to_owned(),
        kind: KeyKind::Log,
        key: key(9).public(),
    };
    let policy = policy(&format!("log {other}\nquorum none\n")).expect("a policy");
    let judged = proof(&note()).verify(&entry(4), LOG, &key(1).public(), Some(&policy));
    assert_eq!(judged, Err(TlogProofError::Log(LOG.to_owned())));
}

#[test]
fn the_text_of_a_proof_is_read_strictly() {
    let proof = TlogProof {
        extra: Some(b"who asked".to_vec()),
        ..proof(&note())
    };
    let text = proof.encode();
    assert!(
        text.starts_with("c2sp.org/tlog-proof@v1\nextra d2hvIGFza2Vk\nindex 4\n"),
        "{text}"
    );
    assert!(text.ends_with(&format!("=\n\n{}", note())));
    assert_eq!(TlogProof::parse(&text), Ok(proof.clone()));
    let none = TlogProof {
        extra: None,
        ..proof.clone()
    };
    let empty = TlogProof {
        extra: Some(Vec::new()),
        ..proof
    };
    assert_eq!(
        TlogProof::parse(&empty.encode()),
        Ok(none.clone()),
        "empty data is none"
    );
    let alone = TlogProof {
        index: 0,
        path: Vec::new(),
        ..none
    };
    assert_eq!(TlogProof::parse(&alone.encode()), Ok(alone.clone()));
    let path_line = text.lines().nth(3).expect("a hash").to_owned() + "\n";
    for bad in [
        String::new(),
        "c2sp.org/tlog-proof@v1\n".to_owned(),
        text.replace("@v1", "@v2"),
        text.replace("index 4", "index 04"),
        text.replace("index 4", "index +4"),
        text.replace("index 4", "index"),
        text.replace("index 4", "index 18446744073709551616"),
        text.replace("index 4\n", ""),
        text.replace("index 4\n", "index 4\nindex 4\n"),
        text.replace("extra d2hvIGFza2Vk\n", "extra \n"),
        text.replace("extra d2hvIGFza2Vk", "extra d2hvIGFza2Vl="),
        text.replace("extra d2hvIGFza2Vk\nindex 4\n", "index 4\nextra d2hvIGFza2Vk\n"),
        text.replace(&path_line, &path_line.replace('=', "")),
        text.replace(&path_line, &path_line.repeat(62)),
        text.replace('\n', "\r\n"),
        text.replace("\n\n", "\n"),
        format!("\n{text}"),
        format!("{text}\n"),
        text.replace(&format!("{LOG}\n9\n"), &format!("{LOG}\n09\n")),
    ] {
        assert!(bad != text && TlogProof::parse(&bad).is_err(), "{bad}");
    }
}
