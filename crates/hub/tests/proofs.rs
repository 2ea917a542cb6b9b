//! What the hub proves over real TLS, to whom, and what it keeps of witnesses.

#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use event::{JournalId, Origin};
use link::ProblemKind;
use proof::{
    EntryBundle, Hash, KeyKind, PublicKey, SignedCheckpoint, Tile, TileLevel, TileNodes, VerifierKey,
    check_consistency, check_inclusion, cosign, cosignatures, journal_log_name, leaf_hash, origin_log_name,
};
use serde_json::{Value, json};
use support::machine::{Machine, kind_of, message};
use support::{OTHER, Town, VILLAGE};
use sync::HashBytes;
use sync::message::{Checkpoints, Enrolled, Hello, HelloReply, ProofReply};
use sync::record::JournalRecord;

fn hashes(path: &[HashBytes]) -> Vec<Hash> {
    path.iter().map(|hash| **hash).collect()
}

async fn hub_key(town: &Town) -> (JournalId, PublicKey) {
    let enrolment = town.offer(VILLAGE, "auditor").await;
    let enrolled: Enrolled = town.machine(99).enrol(&enrolment).await.unwrap();
    (enrolled.journal, PublicKey(*enrolled.hub_key))
}

async fn text(machine: &Machine, path: &str) -> String {
    String::from_utf8(machine.get(path).await.unwrap()).unwrap()
}

#[tokio::test]
async fn every_answer_proves_its_receipt_and_that_the_journal_only_grew() {
    let town = Town::found().await;
    let (journal, key) = hub_key(&town).await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    let verify = |note: &str| SignedCheckpoint::verify(note, &journal_log_name(journal), &key).unwrap();
    let mut known = verify(&village.hello().await.unwrap().note);
    for round in 0..40 {
        village.record(1);
        let path = format!("{}?seen={}", village.push_path(round), known.size);
        let reply = village.put(&path, village.body(round)).await.unwrap();
        let (receipt, now) = (reply.receipt.unwrap(), verify(&reply.note));
        let (leaf, path) = (leaf_hash(&receipt.record), hashes(&reply.inclusion));
        check_inclusion(receipt.position.0, now.size, &leaf, &path, &now.root).unwrap();
        let path = hashes(&reply.consistency);
        check_consistency(known.size, now.size, &known.root, &now.root, &path).unwrap();
        known = now;
    }
    // A push that is repeated is proved too, under the newest checkpoint.
    town.again().await.stop().await;
}

#[tokio::test]
async fn a_record_is_proved_to_whoever_may_see_it() {
    let town = Town::found().await;
    let (journal, key) = hub_key(&town).await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    let other = town.enrolled(2, OTHER, "village").await;
    let auditor = town.enrolled(3, VILLAGE, "auditor").await;
    village.record(3);
    let receipt = village.push(0).await.unwrap().receipt.unwrap();
    let path = |position: u64| format!("/v1/journal/proof?journal={journal}&position={position}");
    for machine in [&village, &auditor] {
        let reply = machine.client.get(&path(receipt.position.0), 65_536).await.unwrap();
        let reply: ProofReply = message(reply).unwrap();
        assert_eq!(reply.record, receipt.record);
        let note = SignedCheckpoint::verify(&reply.note, &journal_log_name(journal), &key).unwrap();
        let (leaf, hashes) = (leaf_hash(&reply.record), hashes(&reply.inclusion));
        check_inclusion(receipt.position.0, note.size, &leaf, &hashes, &note.root).unwrap();
    }
    assert_eq!(
        kind_of(other.get(&path(receipt.position.0)).await),
        ProblemKind::Forbidden
    );
    assert_eq!(kind_of(village.get(&path(9_999)).await), ProblemKind::NotFound);
    let elsewhere = format!(
        "/v1/journal/proof?journal={}&position=0",
        JournalId::from_bytes([9; 16])
    );
    assert_eq!(kind_of(village.get(&elsewhere).await), ProblemKind::NotFound);
    assert_eq!(
        kind_of(village.get("/v1/journal/proof?position=0").await),
        ProblemKind::Malformed
    );
}

/// Fetches every file of a log as c2sp.org/tlog-tiles names them, and rebuilds the root from the bundles.
async fn rebuilt(machine: &Machine, prefix: &str, size: u64) -> Hash {
    let mut frontier = proof::Frontier::new();
    let mut files = std::collections::BTreeMap::new();
    for tile in Tile::all(size) {
        let bytes = machine.get(&format!("{prefix}/{}", tile.path())).await.unwrap();
        if tile.level == TileLevel::Entries {
            let entries = EntryBundle::decode(&bytes, tile.width).unwrap();
            entries.iter().for_each(|entry| frontier.push(leaf_hash(entry)));
        } else {
            files.insert(tile, bytes);
        }
    }
    let nodes = TileNodes::new(size, |tile: Tile| files.get(&tile).cloned().ok_or(()));
    assert_eq!(proof::root(&nodes, size).unwrap(), frontier.root(), "tiles and bundles");
    frontier.root()
}

#[tokio::test]
async fn logs_are_served_as_files_to_whoever_may_see_them() {
    let town = Town::found().await;
    let (journal, key) = hub_key(&town).await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    let other = town.enrolled(2, OTHER, "village").await;
    let auditor = town.enrolled(3, VILLAGE, "auditor").await;
    village.record(600);
    village.push(0).await.unwrap();
    let of_origin = format!("/v1/tlog/origin/{}", village.origin());
    let of_journal = format!("/v1/tlog/journal/{journal}");
    let note = text(&village, &format!("{of_origin}/checkpoint")).await;
    let own = SignedCheckpoint::verify(&note, &origin_log_name(village.origin()), &village.key.public()).unwrap();
    assert_eq!((own.size, own.root), (600, rebuilt(&auditor, &of_origin, 600).await));
    let note = text(&village, &format!("{of_journal}/checkpoint")).await;
    let whole = SignedCheckpoint::verify(&note, &journal_log_name(journal), &key).unwrap();
    assert_eq!(whole.root, rebuilt(&auditor, &of_journal, whole.size).await);

    let bundle = format!("tile/entries/000.p/{}", whole.size);
    assert_eq!(
        kind_of(village.get(&format!("{of_journal}/{bundle}")).await),
        ProblemKind::Forbidden,
        "the journal's records are the auditors'"
    );
    assert!(
        village
            .get(&format!("{of_journal}/tile/0/000.p/{}", whole.size))
            .await
            .is_ok()
    );
    for path in ["checkpoint", "tile/0/000", "tile/entries/001"] {
        let kind = kind_of(other.get(&format!("{of_origin}/{path}")).await);
        assert_eq!(kind, ProblemKind::Forbidden, "{path}");
    }
    let unknown = format!("/v1/tlog/origin/{}/checkpoint", Origin::from_bytes([8; 16]));
    assert_eq!(kind_of(village.get(&unknown).await), ProblemKind::NotFound);
    for path in [
        "tile/0/003",
        "tile/0/000.p/0",
        "tile/00/000",
        "tile/0/x000/000",
        "tile/9/000",
        "tile/entries/002.p/89",
    ] {
        let kind = kind_of(village.get(&format!("{of_origin}/{path}")).await);
        assert_eq!(kind, ProblemKind::NotFound, "{path}");
    }
    let reply = village
        .client
        .get(&format!("{of_origin}/tile/0/000"), 9_000)
        .await
        .unwrap();
    assert_eq!(reply.content_type.as_deref(), Some("application/octet-stream"));
}

async fn hello_with(machine: &Machine, seen: &str, cosignature: Option<String>) -> HelloReply {
    let hello = Hello {
        version: 1,
        software: "test".to_owned(),
        wall_ms: 0,
        ntp: false,
        logs: Vec::new(),
        holds: Vec::new(),
        seen: Some(seen.to_owned()),
        cursor: None,
        pending: 0,
        enrolments: Vec::new(),
        cosignature,
    };
    machine.post("/v1/hello", &hello).await.unwrap()
}

#[tokio::test]
async fn a_witness_is_heard_once_it_signs_what_is_true_under_its_own_key() {
    let town = Town::found().await;
    let (journal, _) = hub_key(&town).await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    let other = town.enrolled(2, OTHER, "village").await;
    let note = village.hello().await.unwrap().note;
    let name = origin_log_name(village.origin());
    let key = VerifierKey {
        name: name.clone(),
        kind: KeyKind::Cosigner,
        key: village.key.public(),
    };
    let kept = async |town: &Town| {
        let reply = other.client.get("/v1/journal/checkpoints", 65_536).await.unwrap();
        let reply: Checkpoints = message(reply).unwrap();
        assert_eq!(reply.journal, journal);
        let _ = town;
        let lines = reply
            .notes
            .iter()
            .map(|note| cosignatures(note, std::slice::from_ref(&key)).unwrap());
        lines.flatten().map(|line| line.time_s).collect::<Vec<_>>()
    };
    let line = |time_s| cosign(&note, &name, &village.key, time_s);
    // Another's line, another's name, a line of another note, no line at all: the hello is answered, nothing is kept.
    let wrong = [
        cosign(&note, &name, &other.key, 7),
        cosign(&note, &origin_log_name(other.origin()), &village.key, 7),
        cosign("minqing/x\n1\nAAAA\n\n", &name, &village.key, 7),
        "nonsense".to_owned(),
        String::new(),
    ];
    for wrong in wrong {
        hello_with(&village, &note, Some(wrong)).await;
        assert!(kept(&town).await.is_empty());
    }
    // Whatever stands under the note beside the hub's own line is left out of what is kept.
    let padded = note.replacen("\n\n", "\n\n\u{2014} stranger AAAAAAAA\n", 1);
    hello_with(&village, &padded, Some(line(100))).await;
    assert_eq!(kept(&town).await, [100]);
    let known = town.ask("GET", "/witnesses", None).await.unwrap();
    let stored = known["notes"][1].as_str().unwrap();
    assert!(!stored.contains("stranger"), "{stored}");
    let (_, hub_key) = hub_key(&town).await;
    SignedCheckpoint::verify(stored, &journal_log_name(journal), &hub_key).unwrap();
    hello_with(&village, &note, Some(line(90))).await;
    assert_eq!(kept(&town).await, [100], "an older word says nothing new");
    hello_with(&village, &note, Some(line(200))).await;
    assert_eq!(kept(&town).await, [200]);
    village.record(2);
    village.push(0).await.unwrap();
    let town = town.again().await;
    let reply = hub::ask(&town.config.data_dir, "GET", "/witnesses", None)
        .await
        .unwrap();
    assert!(
        reply["notes"][1].as_str().unwrap().contains(&name),
        "kept over a restart"
    );
    let witness = reply["witnesses"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["key"] == key.to_string());
    assert_eq!(witness.unwrap()["active"], true);
}

#[tokio::test]
async fn a_sealed_period_keeps_its_figures_and_corrections_show_beside_them() {
    let town = Town::found().await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    village.record(10);
    village.push(0).await.unwrap();
    let person = "01JZZZZZZZZZZZZZZZZZZZZZZZ";
    let period = json!({ "from": "2026-08-01", "to": "2026-08-31", "recorder": person });
    let seal = town.ask("POST", "/seal", Some(&period)).await.unwrap();
    assert_eq!(town.ask("GET", "/seals", None).await.unwrap()["seals"], json!([seal]));
    let again = town.ask("POST", "/seal", Some(&period)).await.unwrap_err();
    assert!(again.to_string().contains("sealed already"), "{again}");
    let sealed = "/sealed?from=2026-08-01&to=2026-08-31";
    let of_village = |answer: &Value| {
        let units = answer["units"].as_array().unwrap();
        units.iter().find(|one| one["unit"] == VILLAGE).unwrap().clone()
    };
    let before = of_village(&town.ask("GET", sealed, None).await.unwrap());
    assert_eq!((&before["changed"], &before["sealed"]), (&json!(false), &before["now"]));
    assert_eq!(before["sealed"]["coverage"]["coverage"]["denominator"], 10);
    village.record(3);
    let reply = village.push(10).await.unwrap();
    let Ok(JournalRecord::Receipt { size: 13, .. }) = JournalRecord::decode(&reply.receipt.unwrap().record) else {
        panic!("a receipt of 13");
    };
    let at_least = reply_position(&town).await;
    let path = format!("/views/households?unit={VILLAGE}&as_of=2026-08-31&at_least={at_least}");
    town.ask("GET", &path, None).await.unwrap();
    let after = of_village(&town.ask("GET", sealed, None).await.unwrap());
    assert_eq!(after["changed"], true);
    let total = |side: &str| after[side]["coverage"]["coverage"]["denominator"].clone();
    assert_eq!(
        (total("sealed"), total("now")),
        (json!(10), json!(13)),
        "beside, never over"
    );
    // Sealed anew, the old seal stays in the journal and the new one names it.
    let mut anew = period.clone();
    anew["again"] = json!(true);
    let second = town.ask("POST", "/seal", Some(&anew)).await.unwrap();
    assert_eq!(second["supersedes"], seal["event"]);
    assert_ne!(second["root"], seal["root"]);
    assert_eq!(town.ask("GET", "/seals", None).await.unwrap()["seals"], json!([second]));
    let backwards = json!({ "from": "2026-08-31", "to": "2026-08-01", "recorder": person });
    assert!(town.ask("POST", "/seal", Some(&backwards)).await.is_err());
    let never = town
        .ask("GET", "/sealed?from=2020-01-01&to=2020-01-31", None)
        .await
        .unwrap_err();
    assert!(never.to_string().contains("never sealed"), "{never}");
}

/// Position of the newest record.
async fn reply_position(town: &Town) -> u64 {
    let status = town.ask("GET", "/status", None).await.unwrap();
    status["journal_size"].as_u64().unwrap() - 1
}
