//! An auditor's questions, asked of a mirror alone: nothing else runs.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use support::*;
use tempfile::TempDir;

/// A township of the demo, and its auditor's folder.
struct Demo {
    dir: TempDir,
}

impl Demo {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("town");
        let output = Command::new(env!("CARGO_BIN_EXE_minqing"))
            .args([
                "--json",
                "demo",
                "--villages",
                "2",
                "--days",
                "60",
                "--households",
                "20",
                "--dir",
            ])
            .arg(&folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `minqing audit …` in this auditor's folder.
    fn ask(&self, flags: &[&str], args: &[&str]) -> Output {
        let auditor = self.path("town/auditor");
        let mut command = Command::new(env!("CARGO_BIN_EXE_minqing"));
        command.args(flags).arg("audit").args(args).arg("--dir").arg(auditor);
        command.output().unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        let output = self.ask(&["--json"], args);
        assert!(
            output.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn code(&self, args: &[&str]) -> i32 {
        self.ask(&["--json"], args).status.code().unwrap()
    }

    /// The day of the last receipt, and one some weeks before it.
    fn days(&self) -> (String, String) {
        let row = self.json(&["as-known", "--date", "2999-12-31", "--view", "sync"]);
        let rows = row["units"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|unit| unit["rows"].as_array().unwrap());
        let last = rows
            .map(|row| row["last_received_at_ms"].as_i64().unwrap())
            .max()
            .unwrap();
        let last = event::Day::of_instant(last);
        (last.plus(-28).to_string(), last.to_string())
    }
}

fn rows(answer: &Value) -> Vec<Value> {
    let units = answer["units"].as_array().unwrap().iter();
    units
        .flat_map(|unit| unit["rows"].as_array().unwrap().clone())
        .collect()
}

/// Nothing of a page leads out of it.
fn stands_alone(page: &str) {
    for outside in [
        "http:", "https:", "src=", "href", "url(", "@import", "<script", "style=", "<img", "<link",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'"), "the policy");
}

#[test]
fn every_command_answers_as_json_as_text_and_as_a_page_in_both_languages() {
    let demo = Demo::new();
    let (early, last) = demo.days();
    // The last receipt must lie behind the period that is drawn from.
    let before_last = last.parse::<event::Day>().unwrap().plus(-1).to_string();
    let request = rows(&demo.json(&["as-known", "--date", &last, "--view", "requests"]))[0]["request"].clone();
    let request = request.as_str().unwrap().to_owned();
    let out = demo.path("events.csv");
    let commands: [Vec<&str>; 16] = [
        vec!["verify", "--offline"],
        vec!["replay", "--offline"],
        vec!["as-of", "--date", &early, "--view", "coverage"],
        vec!["as-of", "--date", &early, "--known", &last, "--view", "requests"],
        vec!["as-known", "--date", &early, "--view", "households"],
        vec!["as-known", "--date", &early, "--view", "diary"],
        vec!["as-known", "--date", &early, "--view", "sync"],
        vec![
            "diff",
            "--by",
            "as-known",
            "--from",
            &early,
            "--to",
            &last,
            "--view",
            "households",
        ],
        vec![
            "diff", "--by", "as-of", "--from", &early, "--to", &last, "--view", "coverage",
        ],
        vec!["trace", "--request", &request],
        vec!["trace", "--request", &request, "--proofs"],
        vec!["leads"],
        vec!["leads", "--all"],
        vec!["sample"],
        vec!["sample", "--from", &early, "--to", &before_last],
        vec!["export", "--format", "csv", "--out", text(&out)],
    ];
    for (at, args) in commands.iter().enumerate() {
        for (lang, word, cut) in [
            ("zh", "这份报告说明不了的", "截至"),
            ("en", "What this cannot show", "As of receipt"),
        ] {
            let page = demo.path(&format!("{at}.{lang}.html"));
            let mut args = args.clone();
            args.extend(["--html", text(&page)]);
            let output = demo.ask(&["--lang", lang], &args);
            assert!(
                output.status.success(),
                "{args:?} {}",
                String::from_utf8_lossy(&output.stderr)
            );
            let said = String::from_utf8(output.stdout).unwrap();
            let page = fs::read_to_string(&page).unwrap();
            stands_alone(&page);
            for told in [&said, &page] {
                assert!(told.contains(word), "{args:?}: {told}");
                assert!(args[0] == "verify" || told.contains(cut), "{args:?}: no cut in {told}");
            }
            let _ = fs::remove_file(&out);
        }
        let answer = demo.json(args);
        assert!(
            args[0] == "verify"
                || !answer["cut"].is_null()
                || !answer["cuts"].is_null()
                || !answer["digests"]["cut"].is_null(),
            "{answer}"
        );
    }
    // A page is never written over another one.
    let page = demo.path("0.zh.html");
    let before = fs::read(&page).unwrap();
    assert_eq!(demo.code(&["verify", "--offline", "--html", text(&page)]), 1);
    assert_eq!(fs::read(&page).unwrap(), before);
}

#[test]
fn as_known_at_the_end_is_the_replay_and_earlier_it_knows_less() {
    let demo = Demo::new();
    let (early, last) = demo.days();
    let replay = demo.json(&["replay", "--offline"]);
    for view in ["requests", "households", "diary"] {
        let now = demo.json(&["as-known", "--date", &last, "--view", view]);
        assert_eq!(now["cut"], replay["digests"]["cut"]);
        for unit in now["units"].as_array().unwrap() {
            let units = replay["digests"]["units"].as_array().unwrap().iter();
            let same = units
                .filter(|one| one["unit"] == unit["unit"])
                .map(|one| &one["views"][view]);
            assert_eq!(same.collect::<Vec<_>>(), [&unit["digest"]]);
        }
        let then = demo.json(&["as-known", "--date", &early, "--view", view]);
        assert!(then["cut"]["position"].as_u64() < now["cut"]["position"].as_u64());
        assert!(rows(&then).len() <= rows(&now).len());
    }
    // What had happened by a day is asked of everything that is known, or of less.
    let of = |known: &[&str]| {
        let mut args = vec!["as-of", "--date", &early, "--view", "coverage"];
        args.extend(known);
        demo.json(&args)["cut"]["position"].as_u64()
    };
    assert!(of(&[]) > of(&["--known", &early]));
}

#[test]
fn a_difference_names_its_reasons_and_refuses_senseless_questions() {
    let demo = Demo::new();
    let (early, last) = demo.days();
    let mut changed = 0;
    for (view, by) in [
        ("requests", "as-known"),
        ("households", "as-known"),
        ("diary", "as-known"),
        ("coverage", "as-known"),
        ("requests", "as-of"),
        ("households", "as-of"),
        ("coverage", "as-of"),
    ] {
        let answer = demo.json(&["diff", "--by", by, "--from", &early, "--to", &last, "--view", view]);
        for row in answer["rows"].as_array().unwrap() {
            changed += 1;
            assert_eq!(row["explained"], json!(true), "{row}");
            let named: BTreeSet<String> = row["events"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| event["event"].to_string())
                .collect();
            for cell in row["cells"].as_array().unwrap() {
                let because = cell["because"].as_array().unwrap();
                assert!(cell["time_passed"] == json!(true) || !because.is_empty(), "{cell}");
                assert!(because.iter().all(|event| named.contains(&event.to_string())), "{cell}");
            }
        }
    }
    assert!(changed > 20, "{changed}");
    assert_eq!(
        demo.code(&[
            "diff", "--by", "as-of", "--from", &last, "--to", &early, "--view", "requests"
        ]),
        2
    );
    assert_eq!(
        demo.code(&[
            "diff", "--by", "as-known", "--from", &early, "--to", &last, "--view", "sync"
        ]),
        2
    );
    assert_eq!(
        demo.code(&["diff", "--from", &early, "--to", &last, "--view", "requests"]),
        2,
        "by what?"
    );
    // A flag that means nothing here is a mistake, not a wish to be passed over.
    let as_known = [
        "diff", "--by", "as-known", "--from", &early, "--to", &last, "--view", "requests",
    ];
    for more in [
        &["--known", &last][..],
        &["--period-from", &early, "--period-to", &last],
    ] {
        assert_eq!(demo.code(&[&as_known[..], more].concat()), 2, "{more:?}");
    }
    let out = demo.path("never");
    for more in [
        &["--from", &early, "--to", &last][..],
        &["--what", "coverage", "--key-out", text(&out)],
    ] {
        assert_eq!(
            demo.code(&[&["export", "--out", text(&out)][..], more].concat()),
            2,
            "{more:?}"
        );
    }
    assert!(!out.exists());
}

#[test]
fn a_household_and_a_request_can_be_traced_and_a_cadre_cannot() {
    let demo = Demo::new();
    let (_, last) = demo.days();
    for (view, flag) in [("requests", "--request"), ("households", "--household")] {
        let id = rows(&demo.json(&["as-known", "--date", &last, "--view", view]))[0][&flag[2..]].clone();
        let traced = demo.json(&["trace", flag, id.as_str().unwrap()]);
        let steps = traced["steps"].as_array().unwrap();
        assert!(!steps.is_empty());
        for step in steps {
            for field in [
                "event",
                "kind",
                "occurred",
                "precision",
                "recorder",
                "recorded_ms",
                "received_at_ms",
                "position",
                "effect",
            ] {
                assert!(!step[field].is_null(), "{field} of {step}");
            }
            assert!(
                step["machine"]["origin"].is_string() && step["machine"]["sequence"].is_u64(),
                "{step}"
            );
            assert!(step.get("proof").is_some(), "the place for a proof");
        }
    }
    let output = demo.ask(&["--lang", "en"], &["trace", "--cadre", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("A cadre cannot be traced"),
        "it says why"
    );
    assert!(output.stdout.is_empty());
    assert_eq!(
        demo.code(&["trace", "--household", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]),
        1,
        "nobody here"
    );
    assert_eq!(demo.code(&["trace"]), 2);
}

/// Words of 26 letters and digits: identifiers as they are written.
fn identifiers(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| word.len() == 26).collect()
}

#[test]
fn an_export_is_de_identified_unless_the_raw_entries_are_asked_for() {
    let demo = Demo::new();
    let (early, _) = demo.days();
    let written = |name: &str, args: &[&str]| {
        let out = demo.path(name);
        let mut all = vec!["export", "--out", text(&out)];
        all.extend(args);
        demo.json(&all);
        fs::read_to_string(&out).unwrap()
    };
    let key = demo.path("key");
    let events = written("events.ndjson", &["--key-out", text(&key)]);
    assert_eq!(identifiers(&events), BTreeSet::new());
    assert!(events.lines().count() > 100);
    assert_eq!(fs::read_to_string(&key).unwrap().trim().len(), 64);
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let again = written("again.ndjson", &[]);
    let subject = |text: &str| serde_json::from_str::<Value>(text.lines().next().unwrap()).unwrap()["subject"].clone();
    assert_ne!(subject(&events), subject(&again), "another key each time");
    assert!(written("then.ndjson", &["--known", &early]).lines().count() < events.lines().count());
    for what in ["requests", "coverage"] {
        let table = written(&format!("{what}.csv"), &["--what", what, "--format", "csv"]);
        assert!(table.starts_with('\u{feff}') && table.lines().count() == 4, "{table}");
        assert_eq!(identifiers(&table), BTreeSet::new());
    }
    let raw = written("raw.ndjson", &["--raw"]);
    let line: Value = serde_json::from_str(raw.lines().next().unwrap()).unwrap();
    assert!(line["bytes"].is_string() && line["personal"].is_null());
    assert!(written("personal.ndjson", &["--raw", "--personal"]).contains("\"personal\""));
    assert_eq!(
        demo.code(&["export", "--personal", "--out", text(&demo.path("x"))]),
        2,
        "only with --raw"
    );
    assert_eq!(
        demo.code(&["export", "--out", text(&demo.path("raw.ndjson"))]),
        1,
        "it is there already"
    );
}

#[test]
fn a_replay_compares_with_kept_digests_and_names_the_first_row_without_a_link() {
    let town = Town::found();
    let hub = town.start();
    let dir = town.village("village");
    let node = start_village(&dir);
    let file = town.path("many.ndjson");
    forms(&file, 0..8);
    record(&dir, &file);
    synced(&dir);
    node.stop();
    let enrolment = town.enrolment("auditor", &["--auditor"]);
    let (auditor, with_rows, bare) = (town.path("auditor"), town.path("rows.json"), town.path("bare.json"));
    let mirror = |args: &[&str]| {
        let mut all = vec!["audit", "mirror", "--dir", text(&auditor)];
        all.extend(args);
        done(&all);
    };
    mirror(&["--enrolment", text(&enrolment), "--digests", text(&with_rows), "--rows"]);
    mirror(&["--digests", text(&bare)]);
    hub.stop();
    let replay = |digests: &Path| outcome(&["audit", "replay", "--dir", text(&auditor), "--digests", text(digests)]);
    for kept in [&with_rows, &bare] {
        let (code, answer) = replay(kept);
        assert_eq!(
            (code, &answer["agree"], &answer["compared"]),
            (0, &json!(true), &json!(true)),
            "{answer}"
        );
    }
    // The township served another number of people in one household.
    let altered = |from: &Path, name: &str| {
        let mut kept: Value = serde_json::from_slice(&fs::read(from).unwrap()).unwrap();
        kept["units"][0]["views"]["households"]["live"] = json!("00".repeat(32));
        let mut household = Value::Null;
        for rows in kept.get_mut("rows").and_then(Value::as_array_mut).into_iter().flatten() {
            if rows["view"] == json!("households") {
                rows["rows"][3]["size"] = json!(9);
                household = rows["rows"][3]["household"].clone();
            }
        }
        let to = town.path(name);
        fs::write(&to, kept.to_string()).unwrap();
        (to, household)
    };
    let (file, household) = altered(&with_rows, "altered.json");
    let (code, answer) = replay(&file);
    assert_eq!(code, 1);
    let difference = &answer["differences"][0];
    assert_eq!(difference["comparison"]["view"], json!("households"));
    assert_eq!(
        (&difference["row"]["columns"], &difference["row"]["ours"]["household"]),
        (&json!(["size"]), &household)
    );
    assert_eq!(
        difference["events"].as_array().unwrap().len(),
        1,
        "the registration behind it"
    );
    let page = town.path("replay.html");
    let html = [
        "audit",
        "replay",
        "--dir",
        text(&auditor),
        "--digests",
        text(&file),
        "--html",
        text(&page),
    ];
    assert_eq!(outcome(&html).0, 1);
    assert!(fs::read_to_string(&page).unwrap().contains(household.as_str().unwrap()));
    // Without the rows the ledger is named, and nothing is made up.
    let (file, _) = altered(&bare, "bare-altered.json");
    let (code, answer) = replay(&file);
    assert_eq!((code, &answer["differences"][0]["row"]), (1, &Value::Null));
    assert_eq!(
        outcome(&[
            "audit",
            "replay",
            "--dir",
            text(&auditor),
            "--digests",
            text(&town.path("none"))
        ])
        .0,
        4
    );
}
