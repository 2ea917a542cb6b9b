//! A clerk's day in a real browser, after the morning's visits: a request, a household, the ledgers. By keyboard, in both
//! languages.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::path::Path;

use serde_json::Value;
use support::browser::*;
use support::office::*;
use support::*;

/// Most keys for one request, its line not counted: as many as for a visit.
const KEYS_MAX: u32 = 25;

fn entries(dir: &Path, kind: &str) -> Vec<Value> {
    let output = run(&["village", "log", "--dir", text(dir)]);
    let lines = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    let lines = lines.map(|line| serde_json::from_slice::<Value>(line).unwrap());
    lines.filter(|line| line["kind"] == kind).collect()
}

#[test]
fn a_clerks_day_with_a_request_a_household_and_the_ledgers() {
    let Some(mut browser) = Browser::start("a_clerks_day_with_a_request_a_household_and_the_ledgers", true) else {
        return;
    };
    let town = Town::found();
    let hub = town.start();
    let dir = settled(&town);
    let (node, origin) = start_pages(&dir, 0);
    let code = node.said["code"].as_str().unwrap().to_owned();
    synced(&dir);
    first_time(&mut browser, &origin, &code);
    browser.says("还没见到的户");
    sound(&mut browser, &origin, "today");
    browser.picture("day-today");

    // A request by keyboard alone: the household, its sort, one line.
    browser.keys = 0;
    browser.alt('r');
    browser.says("登记诉求");
    browser.keys(&format!("qmc{ENTER}"));
    browser.says("换一户");
    browser.says("三组机耕路涵管堵塞");
    // Past day and precision to the sort, 求助 by Space, past how soon to the line.
    browser.keys(&format!("{TAB}{TAB}{SPACE}{TAB}{TAB}"));
    let before = browser.keys;
    browser.keys("下雨天路又漫水，孩子上学绕路");
    browser.keys = before;
    sound(&mut browser, &origin, "request form");
    browser.picture("day-request-form");
    browser.alt('s');
    let keys = browser.keys;
    assert!(keys <= KEYS_MAX, "{keys} keys");
    browser.says("还没有存。先看看是不是同一件");
    browser.says("像是已经登记过");
    assert_eq!(entries(&dir, "request_raised").len(), 1);
    sound(&mut browser, &origin, "request form with what is like it");
    browser.picture("day-request-similar");
    browser.alt('s');
    browser.says("存好了，在本机硬盘上");
    browser.says("要先受理。");
    assert_eq!(entries(&dir, "request_raised").len(), 2);
    sound(&mut browser, &origin, "request");
    browser.picture("day-request");
    browser.click("a.btn.pri");
    browser.says("按哪种办");
    sound(&mut browser, &origin, "step");
    browser.picture("day-step");
    browser.alt('s');
    browser.says("待交办");
    assert!(!browser.address().contains('%'), "no text in an address");

    // A household that may exist already.
    browser.open(&format!("{origin}/households/new"));
    browser.keys(&format!("祁玉贞{TAB}五组8号{TAB}{TAB}2"));
    browser.alt('s');
    browser.says("像是已经有这一户了");
    browser.says("名字同音");
    sound(&mut browser, &origin, "household form with those like it");
    browser.picture("day-household-alike");
    browser.alt('s');
    browser.says("祁玉贞 户");
    assert_eq!(entries(&dir, "household_registered").len(), 5);
    synced(&dir);
    sound(&mut browser, &origin, "household");
    browser.picture("day-household");
    browser.click("a[href$='/change']");
    browser.says("变了什么");
    sound(&mut browser, &origin, "change");
    browser.click("input[name=kind][value=closed]");
    browser.alt('s');
    browser.says("在册的户数：5 → 4。");
    sound(&mut browser, &origin, "change with its effect");
    browser.picture("day-change");

    // The ledgers, in both languages, on paper too.
    browser.open(&format!("{origin}/ledgers"));
    browser.says("走访覆盖");
    browser.says("／5 户见到，0.0%");
    browser.says("还没见到的户");
    sound(&mut browser, &origin, "coverage");
    browser.picture("day-coverage");
    browser.printed("day-coverage");
    for (address, words) in [
        ("/ledgers/requests", "第 1 页，共 1 页，2 行"),
        ("/ledgers/diary", "还没有日记"),
        ("/requests", "没办完的诉求"),
    ] {
        browser.open(&format!("{origin}{address}"));
        browser.says(words);
        sound(&mut browser, &origin, address);
    }
    browser.click("button[name=lang]");
    browser.says("Open requests");
    for (address, words) in [
        ("/request", "Register a request"),
        ("/households/new", "Register a household"),
        ("/ledgers", "Coverage by visits"),
        ("/ledgers?of=unvisited", "Not visited"),
        ("/ledgers/requests", "Page 1 of 1, 2 rows"),
        ("/", "Households not met yet"),
    ] {
        browser.open(&format!("{origin}{address}"));
        browser.says(words);
        sound(&mut browser, &origin, address);
    }
    browser.open(&format!("{origin}/ledgers"));
    browser.picture("day-coverage-en");
    browser.click("button[name=large]");
    for address in ["/request", "/ledgers", "/households/new"] {
        browser.open(&format!("{origin}{address}"));
        sound(&mut browser, &origin, address);
    }
    node.stop();
    hub.stop();
}
