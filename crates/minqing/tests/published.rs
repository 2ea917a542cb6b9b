//! What the township publishes and an auditor makes again, by the program: samples drawn, seals replayed, leads with
//! their events, a story with its proofs. What was tampered with ends with exit code 1 and says what differs.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use event::PersonId;
use serde_json::{Value, json};
use support::*;

const PERIOD: [&str; 4] = ["--from", "2025-01-01", "--to", "2025-03-31"];

fn person(byte: u8) -> PersonId {
    PersonId::from_bytes([byte; 16])
}

fn id(number: u64) -> Value {
    household(number)["household"].clone()
}

fn visit(number: u64, day: &str, cadre: u8) -> Value {
    json!({
        "kind": "visit_recorded", "household": id(number), "occurred": day, "recorder": person(cadre),
        "actors": [person(cadre)], "facts": { "mode": "home", "outcome": "met" }
    })
}

fn lines(path: &Path, forms: &[Value]) {
    let text: Vec<String> = forms.iter().map(ToString::to_string).collect();
    fs::write(path, text.join("\n") + "\n").unwrap();
}

/// A township with households, visits of two cadres, and three households that had moved out before they were "met".
struct Published {
    town: Town,
    hub: Running,
    village: PathBuf,
    node: Running,
}

impl Published {
    fn new() -> Self {
        let town = Town::found();
        let hub = town.start();
        let village = town.village("village");
        let mut all: Vec<Value> = (0..12).map(household).collect();
        for number in 0..12 {
            let cadre = if number % 3 == 0 { 8 } else { 9 };
            all.push(visit(number, &format!("2025-02-{:02}", number + 3), cadre));
        }
        for number in 4..7 {
            all.push(json!({
                "kind": "household_changed", "household": id(number), "occurred": "2025-01-10", "recorder": person(7),
                "facts": { "change": "moved_out" }
            }));
            all.push(visit(number, "2025-03-05", 9));
        }
        let file = town.path("forms.ndjson");
        lines(&file, &all);
        let (code, report) = record(&village, &file);
        assert_eq!(code, 0, "{report}");
        let node = start_village(&village);
        synced(&village);
        Self {
            town,
            hub,
            village,
            node,
        }
    }

    fn hub_dir(&self) -> PathBuf {
        self.town.path("hub")
    }

    fn publish(&self, period: &[&str]) -> (i32, Value) {
        let (hub, who) = (self.hub_dir(), person(1).to_string());
        let head = [
            "hub",
            "sample",
            "--dir",
            text(&hub),
            "--recorder",
            &who,
            "--min",
            "2",
            "--permille",
            "400",
        ];
        outcome(&[&head[..], period].concat())
    }

    /// The township puts any statement on record, as nobody but it can.
    fn state(&self, kind: &str, facts: &Value) {
        let forms = json!([{
            "kind": kind, "journal": facts["journal"], "occurred": "2026-09-01", "recorder": person(1),
            "actors": [person(1)], "facts": facts
        }]);
        let asked = json!({ "audience": "all", "forms": forms });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let dir = self.hub_dir();
        runtime
            .block_on(hub::ask(&dir, "POST", "/record", Some(&asked)))
            .unwrap();
    }
}

fn audit(auditor: &Path, args: &[&str]) -> (i32, Value) {
    outcome(&[&["audit"][..], args, &["--dir", text(auditor)]].concat())
}

/// What people read, in both languages, at the terminal and on the page.
fn told(town: &Town, auditor: &Path, args: &[&str], zh: &str, en: &str) {
    for (lang, word) in [("zh", zh), ("en", en)] {
        let page = town.path(&format!("{}-{lang}-{}.html", args.join("-"), word.len()));
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_minqing"));
        command
            .args(["--lang", lang, "audit"])
            .args(args)
            .arg("--dir")
            .arg(auditor);
        let said = command.arg("--html").arg(&page).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        assert!(said.contains(word), "{args:?}: {said}");
        let page = fs::read_to_string(&page).unwrap();
        assert!(
            page.contains(word) && page.contains("default-src 'none'"),
            "{args:?}: {word}"
        );
    }
}

#[test]
fn a_sample_and_a_seal_are_made_again_and_what_was_tampered_with_is_said() {
    let at = Published::new();
    // A period that is not over yet has no seed.
    assert_eq!(at.publish(&["--from", "2025-01-01", "--to", "2999-12-31"]).0, 1);
    let (code, published) = at.publish(&PERIOD);
    assert_eq!(code, 0, "{published}");
    let drawn = published["visits"].as_array().unwrap();
    assert!(drawn.len() >= 4, "{published}");
    let (hub, who) = (at.hub_dir(), person(1).to_string());
    let seal = [&["hub", "seal", "--dir", text(&hub), "--recorder", &who][..], &PERIOD].concat();
    let sealed = done(&seal);
    // Afterwards more is recorded, and a visit that was drawn is voided: neither changes what was drawn or sealed.
    let file = at.town.path("later.ndjson");
    let target = drawn[0]["event"].clone();
    lines(
        &file,
        &[
            visit(1, "2025-02-20", 9),
            json!({
                "kind": "record_corrected", "household": drawn[0]["household"], "occurred": "2025-03-30",
                "recorder": person(9), "actors": [person(9)], "facts": { "target": target, "correction": "void" },
                "personal": { "text": "记错了" }
            }),
        ],
    );
    assert_eq!(record(&at.village, &file).0, 0);
    synced(&at.village);
    at.town.audited("auditor");
    let auditor = at.town.path("auditor");

    let (code, again) = audit(&auditor, &["sample"]);
    assert_eq!((code, &again["agree"]), (0, &json!(true)), "{again}");
    assert_eq!(again["samples"][0]["redrawn"]["visits"], published["visits"]);
    assert_eq!(again["samples"][0]["event"], published["event"]);
    // Nothing but the opening of the township's own log lies between the seed and the publication.
    assert_eq!(again["samples"][0]["records_between"], json!(1));
    told(
        &at.town,
        &auditor,
        &["sample"],
        "重抽都一样",
        "each is what is drawn again",
    );
    let (code, replayed) = audit(&auditor, &["replay", "--offline"]);
    assert_eq!((code, &replayed["seals_hold"]), (0, &json!(true)), "{replayed}");
    assert_eq!(
        (&replayed["seals"][0]["verdict"], &replayed["seals"][0]["event"]),
        (&json!("equal"), &sealed["event"])
    );
    told(
        &at.town,
        &auditor,
        &["replay", "--offline"],
        "都是重算得出的",
        "each is what follows",
    );
    // An auditor's own draw, by the same seed and plan, is the same list; by a seed from before it is refused.
    let size = published["sample"]["size"].to_string();
    let own = [&["sample"][..], &PERIOD, &["--size", &size, "--permille", "400"]].concat();
    let (code, own) = audit(&auditor, &own);
    assert_eq!((code, &own["own"]["list"]), (0, &published["sample"]["list"]), "{own}");
    assert_eq!(
        audit(&auditor, &["sample", "--from", "2025-01-01", "--to", "2999-12-31"]).0,
        1
    );

    // The township publishes a list that was not drawn, and seals figures that do not follow.
    let mut facts = published["sample"].clone();
    facts["drawn"] = json!(facts["drawn"].as_u64().unwrap() - 1);
    at.state("sample_published", &facts);
    let journal = &facts["journal"];
    at.state(
        "ledger_sealed",
        &json!({
            "from": "2025-04-01", "to": "2025-06-30", "journal": journal, "position": sealed["position"], "rule": 1,
            "root": facts["list"], "count": sealed["count"]
        }),
    );
    done(&["audit", "mirror", "--dir", text(&auditor)]);
    let (code, differs) = audit(&auditor, &["sample"]);
    assert_eq!((code, &differs["agree"]), (1, &json!(false)));
    assert_eq!(differs["samples"][0]["problems"], json!([]));
    assert!(differs["samples"][1]["problems"][0]["drawn"].is_object(), "{differs}");
    told(
        &at.town,
        &auditor,
        &["sample"],
        "1 次跟重抽的不一样",
        "1 are not what is drawn again",
    );
    let event = published["event"].as_str().unwrap();
    assert_eq!(
        audit(&auditor, &["sample", "--event", event]).0,
        0,
        "the honest one alone"
    );
    let (code, differs) = audit(&auditor, &["replay", "--offline"]);
    assert_eq!((code, &differs["seals_hold"]), (1, &json!(false)));
    assert_eq!(differs["seals"][1]["verdict"], json!("differs"));
    told(
        &at.town,
        &auditor,
        &["replay", "--offline"],
        "只有一个总根",
        "one root over all units and views",
    );
    at.node.stop();
    at.hub.stop();
}

#[test]
fn a_lead_shows_its_events_and_an_entry_its_proofs() {
    let at = Published::new();
    at.town.audited("auditor");
    at.node.stop();
    at.hub.stop();
    let auditor = at.town.path("auditor");
    let (code, found) = audit(&auditor, &["leads"]);
    assert_eq!(code, 0, "{found}");
    let leads = found["leads"].as_array().unwrap();
    let rules: Vec<&Value> = leads.iter().map(|lead| &lead["rule"]).collect();
    // Three households that had moved out were met afterwards.
    assert_eq!(rules, [&json!("R14")], "{found}");
    let lead = &leads[0];
    assert_eq!(lead["subject"]["id"], json!(person(9)));
    assert!(
        lead["events"]
            .as_array()
            .unwrap()
            .iter()
            .all(|event| event["sequence"].is_u64())
    );
    assert!(!lead["benign"].as_str().unwrap().is_empty() && lead["score"].is_null());
    let off: Vec<&Value> = found["off"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["rule"])
        .collect();
    assert!(off.contains(&&json!("R05")) && !off.contains(&&json!("R14")));
    assert_eq!(found["off"][1]["precision_permille"], json!(86));
    told(
        &at.town,
        &auditor,
        &["leads"],
        "家中有亲属留守",
        "A relative was at home",
    );
    told(
        &at.town,
        &auditor,
        &["leads", "--rule", "R08"],
        "只",
        "none is a verdict",
    );

    let (code, shown) = audit(&auditor, &["leads", "--show", "1"]);
    assert_eq!(code, 0);
    let steps = shown["story"]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), lead["events"].as_array().unwrap().len());
    told(
        &at.town,
        &auditor,
        &["leads", "--show", "1"],
        "一条线索的事件",
        "The events of one lead",
    );
    assert_eq!(audit(&auditor, &["leads", "--show", "2"]).0, 1);
    assert_eq!(audit(&auditor, &["leads", "--rule", "R99"]).0, 2);
    let other = audit(&auditor, &["leads", "--unit", "990000103209"]).1;
    assert_eq!(other["leads"], json!([]));
    let later = audit(&auditor, &["leads", "--from", "2025-04-01"]).1;
    assert_eq!(later["leads"], json!([]));

    // The proofs of a story, as files that the library reads, and that hold alone.
    let (out, household) = (at.town.path("proofs"), id(4).as_str().unwrap().to_owned());
    let trace = ["trace", "--household", &household, "--proofs", "--out", text(&out)];
    let (code, traced) = audit(&auditor, &trace);
    assert_eq!(code, 0, "{traced}");
    let steps = traced["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 4);
    for (number, step) in (1..).zip(steps) {
        let folder = out.join(format!("{number:04}-{}", step["event"].as_str().unwrap()));
        for name in ["entry", "receipt"] {
            let leaf = fs::read(folder.join(format!("{name}.leaf"))).unwrap();
            let proof = fs::read_to_string(folder.join(format!("{name}.tlog-proof"))).unwrap();
            let proof = proof::TlogProof::parse(&proof).unwrap();
            let signed = proof::SignedCheckpoint::parse(&proof.note).unwrap();
            let (leaf, claim) = (proof::leaf_hash(&leaf), signed.claim());
            proof::check_inclusion(proof.index, claim.size, &leaf, &proof.path, &claim.root).unwrap();
        }
        assert!(step["proof"]["holds"]["shown"]["journal_size"].is_u64(), "{step}");
    }
    assert_eq!(audit(&auditor, &trace).0, 1, "nothing is overwritten");
    let proved = ["trace", "--household", &household, "--proofs"];
    told(&at.town, &auditor, &proved, "成立：在来源签名的", "Holds: among the");
}

#[test]
fn an_honest_demo_township_raises_no_lead() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("town");
    done(&[
        "demo",
        "--villages",
        "3",
        "--days",
        "120",
        "--households",
        "40",
        "--dir",
        text(&folder),
    ]);
    let (code, found) = audit(&folder.join("auditor"), &["leads"]);
    assert_eq!((code, &found["leads"]), (0, &json!([])), "{found}");
    let (code, all) = audit(&folder.join("auditor"), &["leads", "--all"]);
    assert_eq!((code, &all["off"]), (0, &json!([])));
    let off = |lead: &Value| lead["on"] == json!(false);
    assert!(all["leads"].as_array().unwrap().iter().all(off), "{all}");
}
