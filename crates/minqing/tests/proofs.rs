//! What a village and the township show of one entry, of a period, of their witnesses: by the program, out of the
//! folders that the demo leaves.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proof::{Policy, TlogProof};
use serde_json::{Value, json};
use support::{done, outcome, text};
use tempfile::TempDir;

struct Town {
    dir: TempDir,
    village: PathBuf,
    hub: PathBuf,
}

impl Town {
    fn found() -> Self {
        let dir = tempfile::tempdir().unwrap();
        done(&[
            "demo",
            "--villages",
            "2",
            "--days",
            "30",
            "--households",
            "20",
            "--dir",
            text(dir.path()),
        ]);
        let village = dir.path().join("village-990000103201");
        let hub = dir.path().join("hub");
        Self { dir, village, hub }
    }
}

/// The first entries of a village's log, as the program lists them.
fn entries(village: &Path) -> Vec<Value> {
    let output = support::run(&["village", "log", "--dir", text(village), "--limit", "20"]);
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_entry_is_proved_by_the_village_without_a_link_and_by_the_township_with_its_witnesses() {
    let town = Town::found();
    let entry = entries(&town.village)[4].clone();
    let (event, origin) = (entry["id"].as_str().unwrap(), entry["origin"].as_str().unwrap());
    let of_village = done(&["village", "proof", "--dir", text(&town.village), "--event", event]);
    assert_eq!(of_village["delivery"], "received");
    assert!(of_village["shown"]["journal_size"].as_u64() > Some(0));
    let out = town.dir.path().join("slip");
    let place = format!("{origin}:{}", entry["sequence"]);
    let of_hub = done(&[
        "hub",
        "proof",
        "--dir",
        text(&town.hub),
        "--place",
        &place,
        "--out",
        text(&out),
    ]);
    for key in [
        "origin",
        "sequence",
        "entry",
        "entry_proof",
        "journal",
        "position",
        "receipt",
        "received_at_ms",
    ] {
        assert_eq!(of_hub["slip"][key], of_village["slip"][key], "{key}");
    }
    let witnesses = of_hub["witnesses"].as_array().unwrap();
    assert!(!witnesses.is_empty(), "a village has said what it saw");
    // The files alone, by the library that everybody can read the formats of.
    for name in ["entry", "receipt"] {
        let leaf = fs::read(out.join(format!("{name}.leaf"))).unwrap();
        let proof = TlogProof::parse(&fs::read_to_string(out.join(format!("{name}.tlog-proof"))).unwrap()).unwrap();
        let log = proof.note.lines().next().unwrap().to_owned();
        assert!(log.starts_with("minqing/"), "{log}");
        assert_eq!(hex(&leaf), of_hub["slip"][name].as_str().unwrap());
    }
    // Nothing that is there is overwritten.
    let (code, _) = outcome(&[
        "hub",
        "proof",
        "--dir",
        text(&town.hub),
        "--place",
        &place,
        "--out",
        text(&out),
    ]);
    assert_eq!(code, 1);
    let nobody = [
        "hub",
        "proof",
        "--dir",
        text(&town.hub),
        "--event",
        "01JZZZZZZZZZZZZZZZZZZZZZZZ",
    ];
    assert_eq!(outcome(&nobody).0, 1);
}

#[test]
fn an_entry_that_waits_has_no_proof_and_says_so() {
    let town = Town::found();
    let household = entries(&town.village)
        .iter()
        .find_map(|entry| entry["household"].as_str().map(str::to_owned));
    let person = entries(&town.village)[0]["recorder"].as_str().unwrap().to_owned();
    let recorded = done(&[
        "village",
        "record",
        "--dir",
        text(&town.village),
        "--kind",
        "visit_recorded",
        "--household",
        &household.unwrap(),
        "--occurred",
        "2025-10-01",
        "--recorder",
        &person,
        "--actor",
        &person,
        "--fact",
        "mode=home",
        "--fact",
        "outcome=met",
    ]);
    let event = recorded["report"][0]["id"].as_str().unwrap().to_owned();
    let (code, answer) = outcome(&["village", "proof", "--dir", text(&town.village), "--event", &event]);
    assert_eq!((code, &answer["delivery"]), (1, &json!("pending")), "{answer}");
}

#[test]
fn a_policy_can_be_read_by_whoever_verifies() {
    let town = Town::found();
    let file = town.dir.path().join("policy");
    done(&["hub", "policy", "--dir", text(&town.hub), "--out", text(&file)]);
    let policy = Policy::parse(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(
        (policy.logs().len(), policy.witness_keys().len(), policy.fresh_hours()),
        (1, 2, Some(168))
    );
    let too_many = ["hub", "policy", "--dir", text(&town.hub), "--quorum", "3"];
    assert_eq!(outcome(&too_many).0, 1);
}

#[test]
fn a_period_is_sealed_once_and_a_day_has_its_code() {
    let town = Town::found();
    let hub = town.hub.clone();
    let person = entries(&town.village)[0]["recorder"].as_str().unwrap().to_owned();
    let period = ["--from", "2025-09-01", "--to", "2025-09-15"];
    let seal = |more: &[&str]| {
        let head = ["hub", "seal", "--dir", text(&hub), "--recorder", &person];
        outcome(&[&head[..], &period[..], more].concat())
    };
    let (code, first) = seal(&[]);
    assert_eq!(code, 0, "{first}");
    assert_eq!(seal(&[]).0, 1, "once");
    let (code, second) = seal(&["--again"]);
    assert_eq!((code, &second["supersedes"]), (0, &first["event"]));
    let sealed = done(&[&["hub", "sealed", "--dir", text(&hub)][..], &period[..]].concat());
    assert_eq!(sealed["seal"]["event"], second["event"]);
    assert_eq!(
        done(&["hub", "seals", "--dir", text(&hub)])["seals"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let code = done(&["village", "day-code", "--dir", text(&town.village)]);
    let root: event::Hash256 = serde_json::from_value(code["root"].clone()).unwrap();
    let expected = proof::day_code(code["size"].as_u64().unwrap(), &root.0);
    assert_eq!(code["code"], expected);
    assert_eq!(done(&["village", "evidence", "--dir", text(&town.village)]), json!([]));
}

#[test]
fn the_checkpoint_that_most_have_cosigned_is_printed_for_the_notice_board() {
    let town = Town::found();
    let path = |name: &str| town.dir.path().join(name);
    let print = |out: &str, month: &str| {
        let (hub, out) = (&town.hub, path(out));
        outcome(&[
            "hub",
            "print",
            "--dir",
            text(hub),
            "--month",
            month,
            "--out",
            text(&out),
        ])
    };
    let (code, said) = print("page.html", "2025-09");
    assert_eq!((code, &said["code_holds"]), (0, &json!("note")), "{said}");
    assert_eq!(print("page.txt", "2025-09").0, 0);
    let (html, words) = (
        fs::read_to_string(path("page.html")).unwrap(),
        fs::read_to_string(path("page.txt")).unwrap(),
    );
    assert!(
        html.contains("<svg") && !html.contains("src=") && !html.contains("href="),
        "nothing from outside"
    );
    assert!(
        words.contains("\n\u{2014} minqing/journal/") && words.contains("(UTC+8)"),
        "{words}"
    );
    assert_eq!(print("page.txt", "2025-09").0, 1, "nothing is overwritten");
    assert_eq!(print("other.txt", "2025-13").0, 1);
    assert!(!path("other.txt").exists());
}

/// What people read, in both languages, says the same things.
#[test]
fn people_read_it_in_their_language() {
    let town = Town::found();
    let event = entries(&town.village)[4]["id"].as_str().unwrap().to_owned();
    let said = |lang: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_minqing"));
        let args = [
            "--lang",
            lang,
            "village",
            "proof",
            "--dir",
            text(&town.village),
            "--event",
            &event,
        ];
        String::from_utf8(command.args(args).output().unwrap().stdout).unwrap()
    };
    assert!(said("zh").contains("√ 已收：第") && said("zh").contains("证明不了走访真的去了"));
    assert!(said("en").contains("√ Received: receipt") && said("en").contains("cannot show that a visit took place"));
}
