//! The demo as a whole, small: it agrees, and whatever is altered beneath it is found and named.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::process::Command;

use serde_json::{Value, json};

fn demo(args: &[&str]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minqing"));
    command.args([
        "--json",
        "demo",
        "--villages",
        "4",
        "--days",
        "45",
        "--households",
        "30",
    ]);
    let output = command.args(args).output().unwrap();
    let report = serde_json::from_slice(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    (
        output.status.code().unwrap(),
        report.unwrap_or_else(|_| panic!("{said}")),
    )
}

fn party<'a>(report: &'a Value, name: &str) -> Vec<&'a Value> {
    let parties = report["parties"].as_array().unwrap().iter();
    parties.filter(|party| party["party"] == json!(name)).collect()
}

#[test]
fn everybody_agrees_and_the_report_is_whole() {
    let (code, report) = demo(&[]);
    assert_eq!((code, &report["agree"]), (0, &json!(true)), "{report}");
    let counts = &report["counts"];
    let sum = counts["village_events"].as_u64().unwrap() + counts["hub_events"].as_u64().unwrap();
    assert_eq!(counts["events"].as_u64(), Some(sum));
    assert!(counts["hub_events"].as_u64() > Some(0), "the township took part");
    assert_eq!(counts["mirrored_entries"].as_u64(), Some(sum));
    let (hub, villages, auditor) = (
        party(&report, "hub"),
        party(&report, "village"),
        party(&report, "auditor"),
    );
    assert_eq!((hub.len(), villages.len(), auditor.len()), (1, 4, 1));
    // The comparison once more, from the report alone.
    for village in villages {
        let own = &village["digests"]["units"][0];
        for other in [hub[0], auditor[0]] {
            let units = other["digests"]["units"].as_array().unwrap();
            let same = units.iter().find(|unit| unit["unit"] == own["unit"]).unwrap();
            assert_eq!(same, own);
        }
        assert!(own["views"]["requests"]["root"].as_str().unwrap().len() == 64);
    }
    let offline = report["before_gathering"].as_array().unwrap().iter();
    assert!(
        offline
            .filter(|village| village["offline_days"].as_u64() > Some(5))
            .count()
            > 0
    );
}

#[test]
fn another_seed_is_another_story_and_the_same_seed_the_same() {
    let figures = |args: &[&str]| {
        let (code, report) = demo(args);
        assert_eq!(code, 0);
        // The cut aside: how entries fall into pushes, and so into receipts, is a matter of the link.
        let units = report["township"]["coverage"]["units"]
            .as_array()
            .unwrap()
            .iter()
            .cloned();
        let units = units.map(|mut unit| {
            unit["row"]["cut"].take();
            unit
        });
        (report["counts"]["events"].clone(), units.collect::<Vec<_>>())
    };
    let one = figures(&["--seed", "7"]);
    assert_eq!(figures(&["--seed", "7"]), one);
    assert_ne!(figures(&["--seed", "8"]), one);
}

fn sabotaged(what: &str) -> Value {
    let (code, report) = demo(&["--sabotage", what]);
    assert_eq!(
        (code, &report["agree"]),
        (1, &json!(false)),
        "{what} went unseen: {report}"
    );
    assert_eq!(report["sabotage"]["what"], json!(what));
    report
}

#[test]
fn an_altered_row_of_a_ledger_is_found() {
    let report = sabotaged("view");
    let unit = &report["sabotage"]["unit"];
    for village in party(&report, "village") {
        let differences = village["differences"].as_array().unwrap();
        assert_eq!(differences.len(), usize::from(village["unit"] == *unit));
        for difference in differences {
            assert_eq!((&difference["unit"], &difference["view"]), (unit, &json!("households")));
            assert_eq!(difference["row"]["columns"], json!(["size"]));
            assert_eq!(difference["altered"], json!([]), "its log is whole");
        }
    }
}

#[test]
fn an_altered_event_is_found() {
    let report = sabotaged("event");
    let altered = &report["sabotage"];
    let villages = party(&report, "village");
    let village = villages
        .iter()
        .find(|village| village["unit"] == altered["unit"])
        .unwrap();
    let difference = &village["differences"][0];
    assert_eq!(difference["name"], altered["name"]);
    assert_eq!(difference["altered"][0]["event"], altered["event"]);
    assert_ne!(difference["altered"][0]["signed"], difference["altered"][0]["here"]);
    assert_eq!(party(&report, "hub")[0]["differences"], json!([]));
}

#[test]
fn an_altered_receipt_is_found() {
    let report = sabotaged("receipt");
    let altered = &report["sabotage"];
    let auditor = party(&report, "auditor")[0];
    let named = |finding: &&Value| {
        finding["unit"] == altered["unit"]
            && finding["name"] == altered["name"]
            && finding["position"] == altered["position"]
            && finding["rule"] == json!("journal-root")
    };
    let findings = auditor["findings"].as_array().unwrap();
    assert_eq!(findings.iter().filter(named).count(), 1, "{findings:?}");
}

/// A reader that shares no code with the ledgers comes to the same digests, from the auditor's raw export alone.
#[test]
fn a_stranger_recomputes_the_same_digests_from_the_export() {
    const NAME: &str = "a_stranger_recomputes_the_same_digests_from_the_export";
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/independent/recompute.py");
    if !Command::new("python3")
        .arg("--version")
        .output()
        .is_ok_and(|python| python.status.success())
    {
        return support::skip(NAME, "no python3 on this machine");
    }
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let (code, report) = demo(&["--dir", dir]);
    assert_eq!(code, 0);
    let (auditor, export) = (format!("{dir}/auditor"), format!("{dir}/entries.ndjson"));
    support::done(&["audit", "export", "--raw", "--dir", &auditor, "--out", &export]);
    let entries = std::fs::File::open(&export).unwrap();
    let recomputed = Command::new("python3").arg(script).stdin(entries).output().unwrap();
    let recomputed: Value = serde_json::from_slice(&recomputed.stdout).unwrap();
    let digests = &party(&report, "auditor")[0]["digests"]["units"];
    let units = digests.as_array().unwrap();
    assert_eq!(units.len(), 4);
    for unit in units {
        let theirs = &recomputed["units"][unit["unit"].as_str().unwrap()];
        for view in ["requests", "households"] {
            for digest in ["live", "root"] {
                assert_eq!(
                    theirs[view][digest], unit["views"][view][digest],
                    "{view} of {}",
                    unit["unit"]
                );
            }
        }
    }
}

#[test]
fn people_read_it_in_both_languages() {
    for (lang, last) in [("zh", "一致"), ("en", "AGREED")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_minqing"));
        command.args([
            "--lang",
            lang,
            "demo",
            "--villages",
            "1",
            "--days",
            "8",
            "--households",
            "5",
        ]);
        let output = command.output().unwrap();
        assert!(output.status.success());
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.lines().last().unwrap().starts_with(last), "{said}");
    }
}
