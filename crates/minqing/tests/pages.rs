//! A clerk's morning in a real browser, against a real node and a real hub: real processes that are really killed.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests may panic and speak")]

mod support;

use support::browser::*;
use support::office::*;
use support::*;

/// Most keys for one visit, the note not counted (issue of the pages, its measures).
const KEYS_MAX: u32 = 25;
const NOTE: &str = "今年玉米收成还行。问起涵管，盼着换粗一点的管。";

#[test]
fn a_clerks_morning_with_the_link_cut_and_the_node_killed() {
    let Some(mut browser) = Browser::start("a_clerks_morning_with_the_link_cut_and_the_node_killed", true) else {
        return;
    };
    let town = Town::found();
    let hub = town.start();
    let dir = settled(&town);
    let (node, origin) = start_pages(&dir, 0);
    let code = node.said["code"].as_str().unwrap().to_owned();
    synced(&dir);
    first_time(&mut browser, &origin, &code);
    browser.says("三组机耕路涵管堵塞");
    sound(&mut browser, &origin, "today");
    browser.picture("today");

    // One visit by keyboard alone; the link is cut while it is typed.
    browser.keys = 0;
    browser.alt('n');
    browser.says("记一次走访");
    browser.keys(&format!("qmc{ENTER}"));
    browser.says("换一户");
    hub.stop();
    // The morning, because an afternoon may not have come yet.
    browser.keys(&format!("{TAB}{DOWN}{TAB}{SPACE}{TAB}"));
    let before_note = browser.keys;
    browser.keys(NOTE);
    browser.keys = before_note;
    browser.picture("visit");
    browser.alt('s');
    browser.says("存好了，在本机硬盘上");
    let keys = browser.keys;
    eprintln!("one visit took {keys} keys beside the note");
    assert!(keys <= KEYS_MAX, "{keys} keys");

    // Killed right after the answer: what the page called saved is on the disk.
    node.kill();
    let kept = visits(&dir);
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["personal"]["text"], NOTE);
    assert!(kept[0]["occurred"].as_str().unwrap().ends_with(" am"), "{}", kept[0]);
    assert_eq!(kept[0]["facts"]["outcome"], "met");
    let (node, _) = start_pages(&dir, port_of(&origin));
    assert!(node.said["code"].is_null(), "there is an account");
    browser.open(&format!("{origin}/delivery"));
    browser.says("1 条待传，最早");
    assert!(!browser.source().contains("已全部送达"));
    sound(&mut browser, &origin, "delivery without a link");
    browser.picture("delivery");
    browser.open(&origin);
    browser.says("↑ 1 条待传");

    // The link is back.
    let hub = town.start();
    synced(&dir);
    browser.open(&format!("{origin}/delivery"));
    browser.says("已全部送达（");
    browser.says("收到的都计入了");
    browser.click("td a[href^='/proof/']");
    browser.says("凭证在这台机器上验过");
    sound(&mut browser, &origin, "proof");
    browser.picture("proof");
    browser.open(&origin);
    browser.click("aside a[href^='/household/']");
    browser.says(NOTE);
    sound(&mut browser, &origin, "household");
    browser.picture("household");
    browser.printed("household");
    assert!(!browser.address().contains('%'), "no name in an address");
    town.audited("auditor");
    node.stop();
    hub.stop();
}

#[test]
fn two_languages_large_type_and_what_is_wrong_beside_its_field() {
    let Some(mut browser) = Browser::start("two_languages_large_type_and_what_is_wrong_beside_its_field", true) else {
        return;
    };
    let town = Town::found();
    let hub = town.start();
    let dir = settled(&town);
    let (node, origin) = start_pages(&dir, 0);
    let code = node.said["code"].as_str().unwrap().to_owned();
    first_time(&mut browser, &origin, &code);
    browser.open(&format!("{origin}/visit"));
    browser.fill("#hh", "祁玉珍");
    browser.click("input[name=d][value=other]");
    browser.fill("#month", "9");
    browser.fill("#date", "31");
    browser.click("#met");
    browser.fill("#t", "第一行");
    browser.alt('s');
    browser.says("有 2 户，请选是哪一户");
    browser.says("9 月没有 31 日");
    assert!(browser.title().starts_with("错误："));
    sound(&mut browser, &origin, "visit with errors");
    browser.picture("visit-error");
    // Enter in a field never records.
    browser.click("#hh");
    browser.keys(&ENTER.to_string());
    browser.says("五组3号");
    assert_eq!(visits(&dir).len(), 0);
    assert!(browser.source().contains("第一行"));
    browser.click("button[name=lang]");
    browser.says("Record a visit");
    for (address, words) in [
        ("/", "From the township"),
        ("/visit", "Which household"),
        ("/delivery", "What these words mean"),
        ("/households", "Find a household"),
        ("/requests", "Open requests"),
    ] {
        browser.open(&format!("{origin}{address}"));
        browser.says(words);
        sound(&mut browser, &origin, address);
    }
    browser.open(&origin);
    browser.click("button[name=large]");
    browser.says("Normal type");
    for address in ["/", "/visit", "/delivery"] {
        browser.open(&format!("{origin}{address}"));
        sound(&mut browser, &origin, address);
    }
    browser.picture("delivery-large-en");
    browser.screen(390, 844);
    browser.open(&format!("{origin}/visit"));
    browser.picture("visit-phone-large-en");
    browser.click("form[action='/sign-out'] button");
    browser.says("Sign in");
    sound(&mut browser, &origin, "sign-in");
    browser.picture("sign-in");
    node.stop();
    hub.stop();
}

#[test]
fn a_browser_without_script_can_do_it_all() {
    let Some(mut browser) = Browser::start("a_browser_without_script_can_do_it_all", false) else {
        return;
    };
    let town = Town::found();
    let hub = town.start();
    let dir = settled(&town);
    let (node, origin) = start_pages(&dir, 0);
    let code = node.said["code"].as_str().unwrap().to_owned();
    first_time(&mut browser, &origin, &code);
    browser.alt('n');
    browser.says("记一次走访");
    browser.fill("#hh", "qyz");
    browser.click("button[name=do][value=find]:not(.vh)");
    browser.says("二组17号");
    browser.click(".who label:last-child input");
    browser.click("#not_home");
    browser.alt('x');
    browser.says("存好了，在本机硬盘上");
    browser.says("走访 · 祁玉珍 户，不在家");
    assert_eq!(visits(&dir).len(), 1);
    browser.open(&format!("{origin}/households"));
    browser.fill("#hh", "五组3号");
    browser.click("button.pri");
    browser.says("祁玉珍 户");
    browser.click("ul.rows a");
    browser.says("来往记录");
    browser.says("不在家");
    reach::crawl(&mut browser, &origin, reach::Look { walk: false });
    node.stop();
    hub.stop();
}

#[test]
fn every_page_is_within_reach_in_two_languages_and_two_sizes() {
    let Some(mut browser) = Browser::start("every_page_is_within_reach_in_two_languages_and_two_sizes", true) else {
        return;
    };
    let town = Town::found();
    let hub = town.start();
    let dir = settled(&town);
    let (node, origin) = start_pages(&dir, 0);
    let code = node.said["code"].as_str().unwrap().to_owned();
    synced(&dir);
    first_time(&mut browser, &origin, &code);
    let shapes = reach::crawl_all(&mut browser, &origin, reach::Look { walk: true });
    for shape in [
        "/?",
        "/visit?",
        "/households?",
        "/requests?",
        "/delivery?",
        "/household/…?",
        "/proof/…/…?",
        "/visit?h",
    ] {
        assert!(shapes.contains_key(shape), "{shape} was never reached: {shapes:?}");
    }
    // What waits, the link being cut, stands on every page as well.
    hub.stop();
    browser.open(&format!("{origin}/visit"));
    browser.keys(&format!("qmc{ENTER}"));
    browser.says("换一户");
    browser.click("#not_home");
    browser.alt('s');
    browser.says("存好了，在本机硬盘上");
    sound(&mut browser, &origin, "saved");
    reach::crawl(&mut browser, &origin, reach::Look { walk: false });
    browser.open(&format!("{origin}/nowhere"));
    sound(&mut browser, &origin, "a page that is not there");
    node.stop();
}
