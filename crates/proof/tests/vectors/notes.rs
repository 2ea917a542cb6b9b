//! Keys, cosignatures, policies and whole proofs, right and refused.

use proof::{Checkpoint, KeyKind, Policy, TlogProof, VerifierKey, cosign, cosignatures, inclusion_proof};
use serde_json::{Value, json};

use crate::support::{Levels, entry};
use crate::{LOG, NOW_S, hex, key, text, top, vkey, witness};

pub(crate) fn vkeys() -> Vec<Value> {
    let good = |name: &str, seed: u8, of: VerifierKey| {
        let kind = if of.kind == KeyKind::Log { 1 } else { 4 };
        json!({ "name": name, "text": of.to_string(), "signer": of.name, "type": kind, "public": hex(&of.key.0), "seed": hex(&[seed; 32]) })
    };
    let bad = |name: &str, text: String| json!({ "name": format!("refused: {name}"), "text": text, "signer": null });
    let log = vkey(LOG, KeyKind::Log, 1).to_string();
    let weak = VerifierKey {
        key: proof::PublicKey({
            let mut identity = [0; 32];
            identity[0] = 1;
            identity
        }),
        ..witness(2)
    };
    let no_point = VerifierKey {
        key: proof::PublicKey([2; 32]),
        ..witness(2)
    };
    vec![
        good("a log", 1, vkey(LOG, KeyKind::Log, 1)),
        good("a witness", 2, witness(2)),
        good("a name in Chinese", 3, vkey("见证.例/县", KeyKind::Cosigner, 3)),
        bad("another id", log.replacen('+', "+0", 1)),
        bad("another name", log.replace("journal", "Journal")),
        bad("big letters in the id", {
            let (name, rest) = log.split_once('+').expect("a plus");
            let (id, key) = rest.split_once('+').expect("a plus");
            format!("{name}+{}+{key}", id.to_uppercase())
        }),
        bad("a space at the end", format!("{log} ")),
        bad("a key of small order", weak.to_string()),
        bad("no point of the curve", no_point.to_string()),
        bad("no name", format!("+{}", log.split_once('+').expect("a plus").1)),
    ]
}

fn note() -> String {
    Checkpoint {
        name: LOG.to_owned(),
        size: 7,
        root: top(7),
    }
    .sign(&key(1))
}

fn line(note: &str, seed: u8, time_s: u64) -> String {
    cosign(note, &witness(seed).name, &key(seed), time_s)
}

fn cosigned() -> String {
    note() + &line(&note(), 2, NOW_S) + &line(&note(), 3, NOW_S + 60) + &line(&note(), 5, NOW_S)
}

/// Notes with keys: what is found, or nothing if the note is refused.
pub(crate) fn cosigned_notes() -> Vec<Value> {
    let vector = |name: &str, note: String, seeds: &[u8]| {
        let keys: Vec<_> = seeds.iter().map(|seed| witness(*seed)).collect();
        let told: Vec<_> = keys.iter().map(ToString::to_string).collect();
        let found = cosignatures(&note, &keys).ok().map(|found| {
            let each = found
                .into_iter()
                .map(|one| json!({ "signer": one.name, "time_s": one.time_s.to_string() }));
            each.collect::<Value>()
        });
        json!({ "name": name, "note": note, "keys": told, "cosigned": found })
    };
    let body = Checkpoint {
        name: LOG.to_owned(),
        size: 8,
        root: top(8),
    }
    .sign(&key(1));
    vec![
        vector("three witnesses, two of them known", cosigned(), &[2, 3, 4]),
        vector("nobody is known", cosigned(), &[]),
        vector(
            "one key twice, the newest counts",
            note() + &line(&note(), 2, NOW_S) + &line(&note(), 2, NOW_S + 1),
            &[2],
        ),
        vector(
            "a wrong line of somebody unknown",
            note() + &line(&body, 3, NOW_S),
            &[2],
        ),
        vector(
            "refused: a cosignature of another checkpoint",
            note() + &line(&body, 2, NOW_S),
            &[2],
        ),
        vector(
            "refused: a right line and a wrong one",
            cosigned() + &line(&body, 2, NOW_S),
            &[2],
        ),
        vector("refused: another size", cosigned().replace("\n7\n", "\n8\n"), &[2]),
    ]
}

/// Lines that follow from seed, name, time and text: Ed25519 leaves no choice.
pub(crate) fn cosignature_lines() -> Vec<Value> {
    let vector = |name: &str, text: &str, seed: u8, time_s: u64| {
        json!({
            "name": name, "text": text, "seed": hex(&[seed; 32]), "signer": witness(seed).name, "time_s": time_s.to_string(),
            "line": line(text, seed, time_s)
        })
    };
    let text = format!("{LOG}\n7\n{}\n", note().lines().nth(2).expect("a root"));
    vec![
        vector("a checkpoint", &text, 2, NOW_S),
        vector("with an extension line", &format!("{text}extension\n"), 3, NOW_S),
        vector("the first second", &text, 4, 0),
        vector("the last second", &text, 5, i64::MAX as u64),
    ]
}

fn policy_text() -> String {
    let w = |n: u8| format!("witness w{n} {}\n", witness(n));
    format!(
        "# 县里的见证\nlog {} https://hub.example/log\n{}{}{}group villages 2 w2 w3 w4\n\twitness  county\t{} http://county.example\n\
         group both all villages county\nquorum both\n# minqing: fresh 72\n",
        vkey(LOG, KeyKind::Log, 1),
        w(2),
        w(3),
        w(4),
        witness(5)
    )
}

pub(crate) fn policies() -> Vec<Value> {
    let good = |name: &str, file: &[u8]| {
        let policy = Policy::parse(file).expect(name);
        let cases = [
            &[][..],
            &[2],
            &[5],
            &[2, 3],
            &[2, 5],
            &[2, 3, 5],
            &[3, 4, 5],
            &[2, 3, 4],
            &[2, 3, 4, 5],
        ];
        let cases = cases.map(|seeds| {
            let enough = policy.quorum(&seeds.iter().map(|seed| key(*seed).public()).collect());
            json!({ "cosigned": seeds.iter().map(|seed| hex(&key(*seed).public().0)).collect::<Vec<_>>(), "enough": enough })
        });
        let urls: Vec<_> = policy.witnesses().iter().map(|witness| witness.url.clone()).collect();
        json!({
            "name": name, "file": hex(file), "line": null, "logs": policy.logs().len(), "urls": urls, "quorums": cases,
            "fresh_hours": policy.fresh_hours()
        })
    };
    let bad = |name: &str, text: String| {
        let refused = Policy::parse(text.as_bytes()).expect_err(name);
        json!({ "name": format!("refused: {name}"), "file": hex(text.as_bytes()), "line": refused.line })
    };
    let w = |n: u8| format!("witness w{n} {}\n", witness(n));
    let two = w(2) + &w(3);
    let gbk = [
        &b"witness \xcf\xd8 "[..],
        witness(2).to_string().as_bytes(),
        b"\nquorum \xcf\xd8\n",
    ]
    .concat();
    let many: String = (1..=65).map(w).collect();
    vec![
        good("two villages and the county", policy_text().as_bytes()),
        good("nobody", b"quorum none\n"),
        good("one witness", (w(2) + "quorum w2\n").as_bytes()),
        good("any of two", (two.clone() + "group g any w2 w3\nquorum g\n").as_bytes()),
        good("a name that is no UTF-8", &gbk),
        good("another comment", b"#minqing: fresh 1\nquorum none\n"),
        bad("no newline at the end", "quorum none".to_owned()),
        bad("carriage returns", "quorum none\r\n".to_owned()),
        bad("no quorum", w(2)),
        bad("two quorums", "quorum none\nquorum none\n".to_owned()),
        bad("a name that comes later", "quorum w2\n".to_owned() + &w(2)),
        bad("a name twice", two.clone() + "group w2 any w3\nquorum none\n"),
        bad(
            "a key twice",
            w(2) + &format!("witness x {}\nquorum none\n", witness(2)),
        ),
        bad(
            "a log's key for a witness",
            format!("witness x {}\nquorum none\n", vkey(LOG, KeyKind::Log, 1)),
        ),
        bad(
            "a member of two groups",
            two.clone() + "group g any w2\ngroup h any w2\nquorum h\n",
        ),
        bad("three of two", two.clone() + "group g 3 w2 w3\nquorum g\n"),
        bad("none of two", two.clone() + "group g 0 w2 w3\nquorum g\n"),
        bad("a threshold with a zero", two + "group g 02 w2 w3\nquorum g\n"),
        bad("an unknown word", "quorums none\n".to_owned()),
        bad("hours with a unit", "# minqing: fresh 72h\nquorum none\n".to_owned()),
        bad("hours after a space", " # minqing: fresh 72\nquorum none\n".to_owned()),
        bad("65 witnesses", many + "quorum none\n"),
    ]
}

pub(crate) fn tlog_proofs() -> Vec<Value> {
    let path = inclusion_proof(Levels::large(), 4, 7).expect("a path");
    let good = TlogProof {
        extra: None,
        index: 4,
        path,
        note: cosigned(),
    };
    let vector = |name: &str, text: String, entry: &[u8], policy: Option<String>| {
        let judged = TlogProof::parse(&text).and_then(|proof| {
            let policy = policy
                .as_ref()
                .map(|policy| Policy::parse(policy.as_bytes()).expect("a policy"));
            proof.verify(entry, LOG, &key(1).public(), policy.as_ref())
        });
        let cosigned = judged
            .as_ref()
            .ok()
            .map(|proven| proven.cosigned.iter().map(|one| &one.name).collect::<Vec<_>>());
        json!({
            "name": name, "proof": text, "entry": hex(entry), "log": vkey(LOG, KeyKind::Log, 1).to_string(), "policy": policy,
            "holds": judged.is_ok(), "cosigned": cosigned
        })
    };
    let (text, entry) = (good.encode(), entry(4));
    let policy = || Some(policy_text());
    let extra = TlogProof {
        extra: Some("谁问的".as_bytes().to_vec()),
        ..good.clone()
    };
    let fewer = TlogProof {
        note: note() + &line(&note(), 2, NOW_S),
        ..good.clone()
    };
    let elsewhere = TlogProof { index: 5, ..good };
    let vectors = vec![
        vector("under a policy", text.clone(), &entry, policy()),
        vector("without a policy", text.clone(), &entry, None),
        vector("with extra data", extra.encode(), &entry, policy()),
        vector("refused: too few witnesses", fewer.encode(), &entry, policy()),
        vector("refused: another entry", text.clone(), b"entry 5", policy()),
        vector("refused: another place", elsewhere.encode(), &entry, policy()),
        vector(
            "refused: another log in the policy",
            text.clone(),
            &entry,
            Some(format!("log {}\nquorum none\n", vkey("other", KeyKind::Log, 9))),
        ),
        vector("refused: version 2", text.replace("@v1", "@v2"), &entry, policy()),
        vector(
            "refused: a zero before the index",
            text.replace("index 4", "index 04"),
            &entry,
            policy(),
        ),
        vector(
            "refused: empty extra data",
            text.replace("index 4", "extra \nindex 4"),
            &entry,
            policy(),
        ),
        vector(
            "refused: carriage returns",
            text.replace('\n', "\r\n"),
            &entry,
            policy(),
        ),
        vector(
            "refused: another size",
            text.replace("\n7\n", "\n8\n"),
            &entry,
            policy(),
        ),
    ];
    for vector in &vectors {
        assert_eq!(
            vector["holds"] == json!(false),
            text_starts(vector, "refused"),
            "{}",
            vector["name"]
        );
    }
    vectors
}

fn text_starts(vector: &Value, word: &str) -> bool {
    text(&vector["name"]).starts_with(word)
}
