//! The demo that stays up: a guest signs in with the code that it printed, records a visit, and the township has it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests may panic and wait")]

mod support;

use std::io::BufReader;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use support::guest::{Guest, value_of};
use support::served::Served;
use support::*;

#[test]
fn a_guest_records_a_visit_and_the_township_has_it_within_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let served = Served::start(&dir, &["--villages", "3", "--days", "20", "--households", "12"]);
    assert_eq!(served.report["agree"], json!(true));
    let (villages, desks) = (served.pages("village"), served.pages("hub"));
    assert_eq!((villages.len(), desks.len()), (2, 1), "{}", served.serving);
    let desk = desks[0];
    let (web, code) = (desk["web"].as_str().unwrap(), desk["code"].as_str().unwrap());
    let mut dispatcher = Guest::first(web, code, "调度员", "来看看的人 2026");
    assert_eq!(dispatcher.open("/").status, 200);
    let hub = dir.join("hub");
    let received = || {
        let status = done(&["hub", "status", "--dir", text(&hub)]);
        status["machines"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one["received"].as_u64())
            .sum::<u64>()
    };
    let before = received();
    assert!(before > 0);

    for (number, village) in (1..).zip(&villages) {
        let (web, code) = (village["web"].as_str().unwrap(), village["code"].as_str().unwrap());
        let mut guest = Guest::first(web, code, "来客", "来看看的人 2026");
        let page = guest.open("/visit").body;
        let key = value_of(&page, "name=\"key\" value=\"");
        let who = value_of(&page, "name=\"w\" value=\"");
        let somebody = village["household"].as_str().expect("a household to look for");
        // The printed name leads to the household, at once or as the first of those of that name.
        let form = [
            ("key", key.as_str()),
            ("q", somebody),
            ("d", "today"),
            ("p", "day"),
            ("do", "find"),
        ];
        let household = value_of(&guest.send("/visit", &form).body, "name=\"h\" value=\"");
        let saved = [
            ("key", key.as_str()),
            ("q", somebody),
            ("h", &household),
            ("d", "today"),
            ("p", "day"),
            ("o", "not_home"),
            ("w", &who),
            ("how", "home"),
            ("do", "save"),
        ];
        let answer = guest.send("/visit", &saved);
        assert_eq!(answer.status, 303, "{}", answer.body);

        // Nobody asks for a sync: the node sends by itself.
        let start = std::time::Instant::now();
        wait_for("the township has the visit", || {
            (received() >= before + number).then_some(())
        });
        assert!(start.elapsed().as_secs() < 20, "that took {:?}", start.elapsed());
        let page = wait_for("the receipt is shown", || {
            let page = guest.open("/delivery").body;
            page.contains("已全部送达（").then_some(page)
        });
        assert!(page.contains("走访") && page.contains("不在家"), "{page}");
        // What was recorded today lies on the day after the story, in the time of that place.
        let unit = served.report["parties"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["name"] == village["name"])
            .unwrap();
        let folder = dir.join(format!("village-{}", unit["unit"].as_str().unwrap()));
        let output = run(&["village", "log", "--dir", text(&folder)]);
        let today = event::Day::of_instant(i64::try_from(served.serving["now_ms"].as_u64().unwrap()).unwrap());
        let lines = output
            .stdout
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty());
        let lines: Vec<Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
        let of_today: Vec<_> = lines
            .iter()
            .filter(|line| line["occurred"] == json!(today.to_string()))
            .collect();
        assert_eq!(of_today.len(), 1, "{of_today:?}");
        assert_eq!(
            (&of_today[0]["kind"], &of_today[0]["facts"]["outcome"]),
            (&json!("visit_recorded"), &json!("not_home"))
        );
    }
}

#[test]
fn what_is_printed_says_where_to_go_in_both_languages() {
    for (lang, code, end) in [
        ("zh", "第一次用的登录码", "按 Ctrl-C 结束。"),
        ("en", "One-time code", "Ctrl-C ends it."),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_minqing"));
        command.args([
            "--lang",
            lang,
            "demo",
            "--villages",
            "1",
            "--days",
            "9",
            "--households",
            "5",
            "--serve",
        ]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut lines = std::io::BufRead::lines(BufReader::new(child.stdout.take().unwrap()));
        while !said.contains(end) {
            said.push_str(&lines.next().expect("the last line").unwrap());
            said.push('\n');
        }
        // SIGTERM ends it well.
        assert!(
            Command::new("kill")
                .args(["-TERM", &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
        assert!(child.wait().unwrap().success());
        let agreed = if lang == "zh" { "一致" } else { "AGREED" };
        assert!(said.find(agreed) < said.find(code), "the digests first: {said}");
        assert!(said.contains("http://127.0.0.1:"), "{said}");
    }
}
