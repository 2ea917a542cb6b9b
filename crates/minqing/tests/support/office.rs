//! A village with pages, and what every page of it must keep to.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::browser::*;
use super::*;

pub(crate) const NAME: &str = "姚慧珍";
pub(crate) const PASSWORD: &str = "玉米收成还行 0918";
/// A village with a few households, whose names stand on this machine.
pub(crate) fn settled(town: &Town) -> PathBuf {
    let dir = town.village("村办公室");
    let people = [
        ("乔满仓", "三组14号", 4),
        ("祁玉珍", "二组17号", 2),
        ("祁玉珍", "五组3号", 5),
        ("康喜莲", "一组22号", 3),
    ];
    let mut lines = String::new();
    for (number, (head, address, size)) in (1..).zip(people) {
        let mut form = household(number);
        form["facts"]["size"] = json!(size);
        form["personal"] = json!({ "head": head, "address": address, "phone": "000 0000 0137" });
        lines.push_str(&format!("{form}\n"));
    }
    let request = json!({
        "kind": "request_raised", "request": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "occurred": household(1)["occurred"],
        "recorder": cadre(), "actors": [cadre()], "personal": { "text": "三组机耕路涵管堵塞，下雨漫到路上" },
        "facts": { "household": household(1)["household"], "channel": "visit", "kind": "help", "urgency": "ordinary", "people": 4 }
    });
    lines.push_str(&format!("{request}\n"));
    let file = town.path("people.ndjson");
    fs::write(&file, lines).unwrap();
    let (code, report) = record(&dir, &file);
    assert_eq!(code, 0, "{report}");
    dir
}

/// A node with pages, on a port that stays the same over restarts.
pub(crate) fn start_pages(dir: &Path, port: u16) -> (Running, String) {
    let listen = format!("127.0.0.1:{port}");
    let node = Running::start(&["village", "run", "--dir", text(dir), "--web", &listen]);
    let address = node.said["web"].as_str().unwrap().to_owned();
    (node, format!("http://{address}"))
}

pub(crate) fn port_of(origin: &str) -> u16 {
    origin.rsplit_once(':').unwrap().1.parse().unwrap()
}

pub(crate) fn visits(dir: &Path) -> Vec<Value> {
    let output = run(&["village", "log", "--dir", text(dir)]);
    let lines = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    let lines = lines.map(|line| serde_json::from_slice::<Value>(line).unwrap());
    lines.filter(|line| line["kind"] == "visit_recorded").collect()
}

/// The whole checklist on the page as it stands, and nothing was asked of another machine.
pub(crate) fn sound(browser: &mut Browser, origin: &str, name: &str) {
    reach::sound(browser, name);
    let asked = browser.asked();
    assert!(!asked.is_empty(), "the browser keeps a log of requests");
    let foreign: Vec<&String> = asked.iter().filter(|url| !url.starts_with(origin)).collect();
    assert!(foreign.is_empty(), "{name} asked for {foreign:?}");
}

/// The first time: code, name and password, by keyboard.
pub(crate) fn first_time(browser: &mut Browser, origin: &str, code: &str) {
    browser.open(origin);
    assert!(browser.address().ends_with("/first"));
    browser.stands_in("[name=code]");
    browser.keys(&format!("{code}{TAB}"));
    browser.keys(&format!("{NAME}{TAB}{PASSWORD}{ENTER}"));
    browser.says("今天，");
}
