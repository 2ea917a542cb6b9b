//! A stick with an export and last month's checkpoint, with the real program: from the mirror to the folder, checked,
//! forged, opened as an auditor without a hub, and reported.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use support::{Town, done, forms, outcome, record, run, start_village, synced, text};

/// The only file below a folder whose path ends so.
fn find(dir: &Path, wanted: &dyn Fn(&str) -> bool) -> PathBuf {
    let mut todo = vec![dir.to_owned()];
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if wanted(text(&path)) {
                return path;
            }
        }
    }
    panic!("no such file");
}

#[test]
fn a_stick_with_an_export_and_last_months_checkpoint_is_checked_forged_and_opened() {
    let town = Town::found();
    let hub = town.start();
    let dir = town.village("village");
    let (first, second) = (town.path("first.ndjson"), town.path("second.ndjson"));
    forms(&first, 0..20);
    assert_eq!(record(&dir, &first).0, 0);
    let node = start_village(&dir);
    synced(&dir);
    town.audited("auditor");
    let (auditor, stick) = (town.path("auditor"), town.path("stick"));
    // Every checkpoint that was seen is kept; this one is printed.
    let checkpoint = find(&auditor.join("checkpoints"), &|_| true);
    let printed = town.path("printed.note");
    fs::copy(checkpoint, &printed).unwrap();
    let export = ["audit", "export", "--dir", text(&auditor), "--tlog", text(&stick)];
    assert_eq!(done(&export)["exported"]["entries"], json!(20));

    // A month later.
    forms(&second, 20..45);
    record(&dir, &second);
    synced(&dir);
    node.stop();
    done(&["audit", "mirror", "--dir", text(&auditor)]);
    hub.stop();
    let bundle = find(&stick.join("origin"), &|path| path.ends_with("entries/000.p/20"));
    let origin = bundle
        .ancestors()
        .nth(4)
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap();
    let prove = format!("{origin}:21");
    let again = done(&[&export[..], &["--prove", &prove, "--personal"]].concat());
    assert_eq!(again["exported"]["proofs"], json!(2), "the entry and its receipt");
    assert_eq!(again["exported"]["entries"], json!(45));

    // With the stick alone.
    let report = town.path("report.txt");
    let check = [
        "audit",
        "verify",
        "--export",
        text(&stick),
        "--checkpoint",
        text(&printed),
    ];
    let verified = done(&[&check[..], &["--dir", text(&auditor), "--report", text(&report)]].concat());
    assert_eq!(verified["findings"], json!([]));
    assert_eq!(verified["checked"]["entries"], json!(45));
    assert!(
        verified["kept"]
            .as_array()
            .unwrap()
            .iter()
            .all(|kept| kept["verdict"] == "held"),
        "{verified}"
    );
    assert!(verified["took_ms"].is_u64());
    let signed = fs::read_to_string(&report).unwrap();
    assert!(audit::verify_report(&signed).unwrap().0.contains("printed.note"));
    assert!(audit::verify_report(&signed.replace("45", "46")).is_err());
    // Another township's stick is not this one's, however well it is signed.
    let other = Town::found();
    let running = other.start();
    other.village("village");
    other.audited("auditor");
    running.stop();
    let foreign = other.path("stick");
    done(&[
        "audit",
        "export",
        "--dir",
        text(&other.path("auditor")),
        "--tlog",
        text(&foreign),
    ]);
    assert_eq!(outcome(&["audit", "verify", "--export", text(&foreign)]).0, 0);
    let (code, said) = outcome(&["audit", "verify", "--export", text(&foreign), "--dir", text(&auditor)]);
    assert_eq!((code, &said["findings"][0]["rule"]), (1, &json!("key")));
    // By what is typed in from the sheet; and mistyped.
    let note = fs::read_to_string(&printed).unwrap();
    let lines: Vec<&str> = note.lines().collect();
    let typed = |root: &str| {
        outcome(&[
            "audit",
            "verify",
            "--export",
            text(&stick),
            "--root",
            &format!("{}:{root}", lines[1]),
        ])
        .0
    };
    assert_eq!(typed(lines[2]), 0);
    let other = lines[2].replacen(&lines[2][..1], if lines[2].starts_with('A') { "B" } else { "A" }, 1);
    assert_eq!(typed(&other), 1);
    let said = run(&["audit", "verify", "--export", text(&stick), "--root", "17"]);
    assert!(String::from_utf8_lossy(&said.stderr).contains("expected <size>:<root>"));

    // A forger with the stick: an edited byte is found, and named.
    let bundle = find(&stick.join("origin"), &|path| path.ends_with("entries/000.p/45"));
    let mut bytes = fs::read(&bundle).unwrap();
    let at = bytes.len() - 1;
    bytes[at] ^= 1;
    fs::write(&bundle, &bytes).unwrap();
    let (code, forged) = outcome(&check);
    assert_eq!(
        (code, &forged["findings"][0]["rule"], &forged["findings"][0]["from"]),
        (1, &json!("root"), &json!(45))
    );
    assert_eq!(
        outcome(&["audit", "open", text(&stick), "--dir", text(&town.path("no"))]).0,
        1
    );
    bytes[at] ^= 1;
    fs::write(&bundle, &bytes).unwrap();

    // An auditor out of the stick alone, without any hub.
    let second = town.path("second");
    done(&["audit", "open", text(&stick), "--dir", text(&second)]);
    let verified = done(&["audit", "verify", "--dir", text(&second), "--offline"]);
    assert_eq!(
        (&verified["findings"], &verified["checked"]["entries"]),
        (&json!([]), &json!(45))
    );
    let digests = |dir: &Path| done(&["audit", "replay", "--dir", text(dir), "--offline"])["digests"].clone();
    assert_eq!(digests(&auditor), digests(&second));
    let found = done(&[
        "audit",
        "evidence",
        "--dir",
        text(&second),
        "--out",
        text(&town.path("evidence")),
    ]);
    assert_eq!(found["evidence"], json!([]));
}
