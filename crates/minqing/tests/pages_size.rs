//! No page of a large village is above its bound: what an old machine on a slow network has to take in.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::io::Write as _;

use event::EntityId;
use serde_json::{Value, json};
use support::guest::{Guest, value_of};
use support::served::Served;
use support::*;

/// Most bytes of a page before compression (issue of the pages, its measures); full ledgers, which page, are not meant.
const PAGE_BYTES_MAX: usize = 100_000;
const HOUSEHOLDS: u64 = 400;
/// Requests that nobody has closed.
const OPEN: u64 = 300;
/// Visits of each of two households, and of all together.
const VISITS_OF_ONE: u64 = 400;
const VISITS: u64 = 1_600;
/// A long line of what was said, as people write it.
const SAID: &str = "今年玉米收成还行，老人身体也好；问起三组那段路的涵管，盼着雨季前换粗一点的，说好下个月再来看一次。";

fn id(first: u8, number: u64) -> EntityId {
    let mut bytes = [first; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    EntityId::from_bytes(bytes)
}

fn visit(household: &Value, said: &str) -> Value {
    json!({
        "kind": "visit_recorded", "household": household, "occurred": "2026-08-31", "recorder": cadre(), "actors": [cadre()],
        "facts": { "mode": "home", "outcome": "met" }, "personal": { "text": said }
    })
}

#[test]
fn no_page_of_a_large_village_is_above_its_bound() {
    let town = Town::found();
    let hub = town.start();
    let dir = town.village("村办公室");
    let path = town.path("large.ndjson");
    let mut file = File::create(&path).unwrap();
    for number in 0..HOUSEHOLDS {
        let mut form = household(number);
        form["personal"] = json!({ "head": format!("欧阳户主{number}"), "address": format!("三组{number}号") });
        writeln!(file, "{form}").unwrap();
    }
    let of = |number: u64| household(number % HOUSEHOLDS)["household"].clone();
    for number in 0..OPEN {
        let request = json!({
            "kind": "request_raised", "request": id(9, number), "occurred": "2026-08-31", "recorder": cadre(), "actors": [cadre()],
            "personal": { "text": format!("{number} {SAID}") },
            "facts": { "household": of(number), "channel": "visit", "kind": "help", "urgency": "ordinary", "people": 4 }
        });
        writeln!(file, "{request}").unwrap();
    }
    // One household with many lines, one with long ones.
    for number in 0..VISITS_OF_ONE {
        writeln!(file, "{}", visit(&of(0), &format!("{number} {SAID}"))).unwrap();
        writeln!(file, "{}", visit(&of(1), &format!("{number} {}", SAID.repeat(9)))).unwrap();
    }
    for number in 0..VISITS {
        writeln!(file, "{}", visit(&of(number), &format!("{number} {SAID}"))).unwrap();
    }
    drop(file);
    let (code, report) = record(&dir, &path);
    assert_eq!(code, 0, "{report}");
    let node = Running::start(&["village", "run", "--dir", text(&dir), "--web", "127.0.0.1:0"]);
    let (web, code) = (node.said["web"].as_str().unwrap(), node.said["code"].as_str().unwrap());
    let mut guest = Guest::first(web, code, "姚慧珍", "玉米收成还行 0918");

    let mut sizes = Vec::new();
    let mut see = |guest: &mut Guest, name: &str, path: &str, form: Option<&[(&str, &str)]>| {
        let answer = match form {
            None => guest.open(path),
            Some(form) => guest.send(path, form),
        };
        assert_eq!(answer.status, 200, "{name}: {}", answer.head);
        sizes.push((answer.body.len(), name.to_owned()));
        answer.body
    };
    // Once with everything waiting, once with everything received.
    for state in ["waiting", "received"] {
        if state == "received" {
            synced(&dir);
        }
        let mut named = |guest: &mut Guest, name: &str, path: &str, form: Option<&[(&str, &str)]>| {
            see(guest, &format!("{name}, {state}"), path, form)
        };
        named(&mut guest, "today", "/", None);
        named(&mut guest, "visit", "/visit", None);
        let form = [("q", "欧阳"), ("do", "find")];
        named(&mut guest, "visit with matches", "/visit", Some(&form));
        named(&mut guest, "households", "/households", None);
        let found = named(&mut guest, "search", "/households", Some(&[("q", "oy")]));
        assert!(found.contains("/household/"));
        for (number, what) in [(0, "many visits"), (1, "long texts")] {
            let one = format!("/household/{}", of(number).as_str().unwrap());
            let page = named(&mut guest, what, &one, None);
            assert!(page.contains("这里是最近的"), "what is left out is said");
        }
        named(&mut guest, "requests", "/requests", None);
        let delivery = named(&mut guest, "delivery", "/delivery", None);
        if state == "received" {
            let proof = format!("/proof/{}", value_of(&delivery, "href=\"/proof/"));
            named(&mut guest, "proof", &proof, None);
        }
    }
    sizes.sort();
    let over: Vec<_> = sizes.iter().filter(|(bytes, _)| *bytes > PAGE_BYTES_MAX).collect();
    assert!(over.is_empty(), "{over:?} of {sizes:?}");
    node.stop();
    hub.stop();
}

/// Most pages that are looked at, at each party.
const PAGES_MAX: usize = 150;

/// Every page that links lead to from `/`: its size and address.
fn sizes(guest: &mut Guest) -> Vec<(usize, String)> {
    let mut waiting = VecDeque::from(["/".to_owned()]);
    let (mut seen, mut sizes) = (BTreeSet::from(["/".to_owned()]), Vec::new());
    while let Some(path) = waiting.pop_front() {
        if sizes.len() >= PAGES_MAX {
            break;
        }
        let answer = guest.open(&path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.head);
        for link in answer
            .body
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            let link = link.replace("&amp;", "&");
            let link = link.split('#').next().unwrap_or_default();
            let is_file = link.split('?').next().unwrap_or_default().contains('.');
            if link.starts_with('/') && !is_file && seen.insert(link.to_owned()) {
                waiting.push_back(link.to_owned());
            }
        }
        sizes.push((answer.body.len(), path));
    }
    sizes.sort();
    sizes
}

#[test]
fn no_page_of_an_invented_township_and_its_villages_is_above_its_bound() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(&folder.path().join("demo"), &["--villages", "34", "--days", "60"]);
    for (party, least) in [("hub", 10), ("village", 20)] {
        for pages in served.pages(party) {
            let (web, code) = (pages["web"].as_str().unwrap(), pages["code"].as_str().unwrap());
            let mut guest = Guest::first(web, code, "来客", "来看看的人 2026");
            let sizes = sizes(&mut guest);
            assert!(sizes.len() >= least, "{sizes:?}");
            let over: Vec<_> = sizes.iter().filter(|(bytes, _)| *bytes > PAGE_BYTES_MAX).collect();
            assert!(over.is_empty(), "{party}: {over:?}");
        }
    }
}
