//! The command line, by real processes: from an empty folder to an audited township, and the exit codes on the way.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::fs;

use serde_json::{Value, json};
use support::*;

#[test]
fn from_an_empty_folder_to_an_audited_township() {
    let town = Town::found();
    // Offered while no hub runs: the folder is opened for the one question.
    let early = town.enrolment("early", &["--village", VILLAGE]);
    let hub = town.start();
    let dir = town.village("village");
    let path = text(&dir);

    // Nothing runs yet: the command opens the folder itself.
    let flags = [
        "village",
        "record",
        "--dir",
        path,
        "--kind",
        "household_registered",
        "--household",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "--occurred",
        "2026-08-31",
        "--recorder",
        &cadre().to_string(),
        "--fact",
        "group=2",
        "--fact",
        "size=4",
        "--personal",
        "head=乔满仓",
    ];
    let one = done(&flags);
    assert_eq!(one["report"][0]["outcome"], json!("recorded"));
    let again = done(&flags);
    assert_eq!(
        (&again["known"], &again["recorded"]),
        (&json!(1), &json!(0)),
        "twice is once"
    );
    assert_eq!(again["report"][0]["id"], one["report"][0]["id"]);

    let node = start_village(&dir);
    let file = town.path("many.ndjson");
    let lines = [
        household(1).to_string(),
        "{\"kind\":\"visited\"}".to_owned(),
        household(2).to_string(),
        household(1).to_string(),
        "no form at all".to_owned(),
    ];
    fs::write(&file, lines.join("\n")).unwrap();
    let (code, report) = record(&dir, &file);
    assert_eq!(code, 1, "some lines were refused");
    let outcomes: Vec<_> = report["report"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["recorded", "refused", "recorded", "known", "refused"]);
    assert!(
        report["report"][1]["why"].as_str().unwrap().contains("missing field"),
        "{report}"
    );
    let (_, report) = record(&dir, &file);
    assert_eq!((&report["recorded"], &report["known"]), (&json!(0), &json!(3)));

    let table = town.path("visits.csv");
    let rows = format!(
        "kind,household,occurred,recorder,actors,mode,outcome,text\n\
         visit_recorded,01ARZ3NDEKTSV4RRFFQ69G5FAV,2026-08-31 pm,{0},{0},home,met,屋顶漏水\n\
         visit_recorded,01ARZ3NDEKTSV4RRFFQ69G5FAV,2026-09-02,{0},{0},home,nowhere,\n",
        cadre()
    );
    fs::write(&table, rows).unwrap();
    let (code, report) = record(&dir, &table);
    let refused = report["report"][1].clone();
    assert_eq!(
        (code, &report["recorded"], &refused["line"]),
        (1, &json!(1), &json!(3)),
        "{report}"
    );

    let status = synced(&dir);
    assert_eq!((&status["unit"], &status["pending"]), (&json!(VILLAGE), &json!(0)));
    assert_eq!(counted(&dir), 3);
    let log = run(&["village", "log", "--dir", path]);
    let log: Vec<Value> = log
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(log.len(), 4);
    for line in &log {
        assert_eq!(
            (&line["delivery"], &line["effect"]["effect"]),
            (&json!("received"), &json!("counted")),
            "{line}"
        );
    }
    let coverage = done(&["village", "ledger", "coverage", "--dir", path, "--as-of", "2026-12-31"]);
    assert_eq!(coverage["confirmed"]["row"]["met_at_home"], json!(1));

    let machines = town.status()["machines"].clone();
    assert_eq!(
        (machines.as_array().unwrap().len(), &machines[0]["received"]),
        (1, &json!(4))
    );
    let replay = town.audited("auditor");
    assert_eq!(replay["entries"], json!(4));
    // A village is a third reader of the same figures.
    let auditor = town.path("auditor");
    let export = town.path("entries.ndjson");
    done(&[
        "audit",
        "export",
        "--raw",
        "--dir",
        text(&auditor),
        "--out",
        text(&export),
    ]);
    assert_eq!(fs::read_to_string(&export).unwrap().lines().count(), 4);
    // Nothing is new: the second mirroring takes in nothing.
    let more = done(&["audit", "mirror", "--dir", text(&auditor)]);
    assert_eq!((&more["records"], &more["held"]), (&json!(0), &more["of"]));

    let second = town.path("second");
    small(&second);
    done(&["village", "init", "--dir", text(&second), "--enrolment", text(&early)]);
    node.stop();
    hub.stop();
    assert_eq!(
        town.status()["machines"].as_array().unwrap().len(),
        3,
        "also when nothing runs"
    );
}

#[test]
fn an_old_ledger_is_imported_once_and_means_the_same_to_everybody() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data");
    let (mapping, table) = (format!("{data}/mappings/source.toml"), format!("{data}/source.csv"));
    let town = Town::found();
    let hub = town.start();
    // The mapping names its village.
    let dir = town.village_of("village", "990000103001");
    let recorder = cadre().to_string();
    let import = [
        "village",
        "import",
        "--dir",
        text(&dir),
        "--mapping",
        &mapping,
        "--file",
        &table,
        "--recorder",
        &recorder,
    ];
    let first = done(&import);
    assert_eq!(first["refused"], json!(0), "{first}");
    assert_eq!(first["recorded"], first["lines"]);
    let node = start_village(&dir);
    let second = done(&import);
    assert_eq!(
        (&second["recorded"], &second["known"]),
        (&json!(0), &first["lines"]),
        "twice is once"
    );
    synced(&dir);
    let ledger = done(&[
        "village",
        "ledger",
        "requests",
        "--dir",
        text(&dir),
        "--as-of",
        "2026-12-31",
    ]);
    assert!(!ledger["confirmed"]["rows"].as_array().unwrap().is_empty());
    assert_eq!(town.audited("auditor")["entries"], first["lines"]);
    node.stop();
    hub.stop();
}

#[test]
fn exit_codes_say_what_happened() {
    let town = Town::found();
    let hub_dir = town.path("hub");
    let code = |args: &[&str]| outcome(args).0;
    // 2: not understood.
    assert_eq!(code(&["village", "record"]), 2);
    assert_eq!(code(&["audit", "conquer"]), 2);
    // 3: nobody answers.
    let file = town.enrolment("village", &["--village", VILLAGE]);
    let auditor = town.enrolment("auditor", &["--auditor"]);
    let (dir, audit) = (town.path("village"), town.path("audit"));
    small(&dir);
    let init = ["village", "init", "--dir", text(&dir), "--enrolment", text(&file)];
    let mirror = ["audit", "mirror", "--dir", text(&audit), "--enrolment", text(&auditor)];
    assert_eq!(code(&init), 3);
    assert_eq!(code(&mirror), 3);
    // 0: and the same file does, once somebody answers.
    let hub = town.start();
    assert_eq!(code(&init), 0);
    assert_eq!(code(&mirror), 0);
    // 1: refused.
    assert_eq!(code(&init), 1, "there is a node already");
    let other = town.path("other");
    small(&other);
    assert_eq!(
        code(&["village", "init", "--dir", text(&other), "--enrolment", text(&file)]),
        1,
        "the file is spent"
    );
    assert_eq!(
        code(&["village", "init", "--dir", text(&other), "--enrolment", text(&auditor)]),
        1,
        "for an auditor"
    );
    assert_eq!(
        code(&[
            "hub",
            "init",
            "--dir",
            text(&hub_dir),
            "--unit",
            TOWNSHIP,
            "--name",
            "x",
            "--address",
            "h:1"
        ]),
        1
    );
    // 5: in use.
    let node = start_village(&dir);
    assert_eq!(code(&["village", "run", "--dir", text(&dir)]), 5);
    // 4: nothing there, or damaged.
    assert_eq!(code(&["village", "status", "--dir", text(&town.path("nowhere"))]), 4);
    assert_eq!(code(&["audit", "verify", "--dir", text(&town.path("nowhere"))]), 4);
    node.stop();
    hub.stop();
}

#[test]
fn a_hub_that_goes_backwards_is_not_followed() {
    let town = Town::found();
    let hub = town.start();
    let dir = town.village("village");
    let (first, second) = (town.path("first.ndjson"), town.path("second.ndjson"));
    forms(&first, 0..20);
    assert_eq!(record(&dir, &first).0, 0);
    let node = start_village(&dir);
    synced(&dir);
    node.stop();
    // The hub of the backup knows the auditor.
    town.audited("auditor");
    hub.stop();
    copy(&town.path("hub"), &town.path("old"));
    let hub = town.start();
    forms(&second, 20..40);
    record(&dir, &second);
    let node = start_village(&dir);
    synced(&dir);
    node.stop();
    done(&["audit", "mirror", "--dir", text(&town.path("auditor"))]);
    hub.stop();
    replace(&town.path("hub"), &town.path("old"));
    // The auditor comes first, before any village has told the hub that it was restored.
    let hub = town.start();
    let auditor = town.path("auditor");
    let output = run(&["audit", "mirror", "--dir", text(&auditor)]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    // What was mirrored stands: it is the evidence.
    let verified = done(&["audit", "verify", "--dir", text(&auditor)]);
    assert_eq!(verified["checked"]["entries"], json!(40));
    // Both checkpoints lie apart, with who signed them.
    let (code, found) = outcome(&[
        "audit",
        "evidence",
        "--dir",
        text(&auditor),
        "--out",
        text(&town.path("evidence")),
    ]);
    let one = &found["evidence"][0];
    assert_eq!(
        (code, &one["kind"], &one["is_benign"]),
        (1, &json!("checkpoints"), &json!(false)),
        "{found}"
    );
    assert_eq!(one["notes"].as_array().unwrap().len(), 2);
    hub.stop();
}
