//! A village with pages, and what every page of it must keep to.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::browser::*;
use super::*;

pub(crate) const NAME: &str = "姚慧珍";
pub(crate) const PASSWORD: &str = "玉米收成还行 0918";
/// A village with a few households, whose names stand on this machine.
pub(crate) fn settled(town: &Town) -> std::path::PathBuf {
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

/// What every page must keep to, whatever stands on it.
pub(crate) const SOUND: &str = r#"
const wrong = [];
const controls = document.querySelectorAll('input:not([type=hidden]), select, textarea, button, a[href]');
for (const one of controls) {
  const label = one.labels && one.labels.length > 0;
  if (!label && !one.getAttribute('aria-label') && !one.textContent.trim()) wrong.push('no name: ' + one.outerHTML);
}
const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
for (const id of ids) if (ids.filter((other) => other === id).length > 1) wrong.push('twice: ' + id);
if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
if (!document.documentElement.lang || !document.querySelector('main')) wrong.push('no lang or main');
if (document.querySelector('script:not([src^="/office.js?"]), [style], iframe, img')) wrong.push('script, style, frame or picture');
for (const one of document.querySelectorAll('[aria-labelledby]'))
  if (!document.getElementById(one.getAttribute('aria-labelledby'))) wrong.push('labelled by nothing: ' + one.outerHTML.slice(0, 80));
if (getComputedStyle(document.body).color !== 'rgb(27, 33, 39)') wrong.push('the sheet is missing');
const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
if (wide > 0) {
  const right = document.documentElement.clientWidth;
  const out = [...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > right + 1);
  wrong.push('wider than its window by ' + wide + ': ' + (out.at(-1)?.outerHTML ?? '').slice(0, 200));
}
return wrong;
"#;

pub(crate) fn sound(browser: &Browser, origin: &str, name: &str) {
    for width in [320, 390, 683, 1366] {
        browser.screen(width, 768);
        let wrong = browser.script(SOUND);
        assert_eq!(wrong, json!([]), "{name} at {width}");
    }
    let asked = browser.asked();
    assert!(!asked.is_empty(), "the browser keeps a log of requests");
    let foreign: Vec<&String> = asked.iter().filter(|url| !url.starts_with(origin)).collect();
    assert!(foreign.is_empty(), "{name} asked for {foreign:?}");
}

/// The first time: code, name and password, by keyboard.
pub(crate) fn first_time(browser: &mut Browser, origin: &str, code: &str) {
    browser.open(origin);
    assert!(browser.address().ends_with("/first"));
    browser.keys(&format!("{code}{TAB}"));
    browser.keys(&format!("{NAME}{TAB}{PASSWORD}{ENTER}"));
    browser.says("今天，");
}
