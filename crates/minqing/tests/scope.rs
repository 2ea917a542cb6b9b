//! A mirror of one village, with the real program: every record of the journal, that village's events alone, and nothing
//! passed off as the whole.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use serde_json::json;
use support::{Town, done, forms, outcome, record, run, start_village, synced, text};

#[test]
fn an_auditor_of_one_village_has_its_events_alone_and_says_so_everywhere() {
    let town = Town::found();
    let hub = town.start();
    let (mine, theirs) = ("990000103201", "990000103202");
    for (name, unit, forms_of) in [("mine", mine, 0..8_u64), ("theirs", theirs, 8..20)] {
        let dir = town.village_of(name, unit);
        let file = town.path(&format!("{name}.ndjson"));
        forms(&file, forms_of);
        record(&dir, &file);
        let node = start_village(&dir);
        synced(&dir);
        node.stop();
    }
    let (auditor, served) = (town.path("auditor"), town.path("served.json"));
    let enrolment = town.enrolment("auditor", &["--auditor"]);
    let mirror = ["audit", "mirror", "--dir", text(&auditor)];
    let begin = [
        "--enrolment",
        text(&enrolment),
        "--unit",
        mine,
        "--digests",
        text(&served),
    ];
    let mirrored = done(&[&mirror[..], &begin].concat());
    assert_eq!(mirrored["entries"], json!(8), "{mirrored}");
    assert_eq!(mirrored["held"], mirrored["of"], "every record");
    // Said once, it stays; said otherwise, it is refused and changes nothing.
    done(&mirror);
    assert_eq!(outcome(&[&mirror[..], &["--unit", theirs]].concat()).0, 1);
    hub.stop();

    let here = ["--dir", text(&auditor)];
    let verified = done(&[&["audit", "verify", "--offline"][..], &here].concat());
    let checked = &verified["checked"];
    assert_eq!(
        (&verified["findings"], &checked["entries"], &checked["entries_left_out"]),
        (&json!([]), &json!(8), &json!(12)),
        "{verified}"
    );
    assert_eq!(checked["receipts"], json!(2), "those of the other village, too");
    let replay = [&["audit", "replay", "--digests", text(&served)][..], &here].concat();
    let (code, replayed) = outcome(&replay);
    assert_eq!((code, &replayed["agree"]), (0, &json!(true)), "{replayed}");
    // What needs every village is refused, and says what to do.
    let stick = town.path("stick");
    let refused = run(&[&["audit", "export", "--tlog", text(&stick)][..], &here].concat());
    assert_eq!(refused.status.code(), Some(1));
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains("whole township"), "{words}");
    assert!(!stick.exists(), "nothing half was written");
}
