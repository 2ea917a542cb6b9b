//! The township's desk in a real browser, against a real hub and real nodes.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use support::browser::*;
use support::*;

const OTHER_VILLAGE: &str = "990000103202";
const PASSWORD: &str = "先打电话再下村 0918";
const LEAK: &str = "三组机耕路涵管堵塞，下雨漫到路上";

/// A hub with pages, on a port that stays the same over restarts.
fn start_desk(town: &Town, port: u16) -> (Running, String) {
    let (dir, listen) = (town.path("hub"), format!("127.0.0.1:{port}"));
    let hub = Running::start(&["hub", "run", "--dir", text(&dir), "--web", &listen]);
    let origin = format!("http://{}", hub.said["web"].as_str().unwrap());
    (hub, origin)
}

/// A village with some households and a request, all of it at the township.
fn settled(town: &Town, name: &str, unit: &str, request: &str) -> PathBuf {
    let dir = town.village_of(name, unit);
    let mut lines = String::new();
    for number in 1..4 {
        lines.push_str(&format!("{}\n", household(number)));
    }
    let request = json!({
        "kind": "request_raised", "request": request, "occurred": household(1)["occurred"],
        "recorder": cadre(), "actors": [cadre()], "personal": { "text": LEAK },
        "facts": { "household": household(1)["household"], "channel": "visit", "kind": "help", "urgency": "ordinary", "people": 4 }
    });
    lines.push_str(&format!("{request}\n"));
    let file = town.path(&format!("{name}.ndjson"));
    fs::write(&file, lines).unwrap();
    let (code, report) = record(&dir, &file);
    assert_eq!(code, 0, "{report}");
    dir
}

fn start_office(dir: &Path) -> (Running, String) {
    let node = Running::start(&["village", "run", "--dir", text(dir), "--web", "127.0.0.1:0"]);
    let origin = format!("http://{}", node.said["web"].as_str().unwrap());
    (node, origin)
}

/// The first time: code, name and password, by keyboard.
fn first_time(browser: &mut Browser, origin: &str, said: &serde_json::Value, name: &str) {
    browser.open(&format!("{origin}/first"));
    browser.stands_in("[name=code]");
    browser.keys(&format!("{}{TAB}", said["code"].as_str().unwrap()));
    browser.keys(&format!("{name}{TAB}{PASSWORD}{ENTER}"));
    wait_for("the first page", || {
        (!browser.address().ends_with("/first")).then_some(())
    });
}

#[test]
fn every_page_of_the_desk_is_within_reach_in_two_languages_and_two_sizes() {
    let name = "every_page_of_the_desk_is_within_reach_in_two_languages_and_two_sizes";
    let Some(mut browser) = Browser::start(name, true) else {
        return;
    };
    let town = Town::found();
    let (hub, desk) = start_desk(&town, 0);
    let near = settled(&town, "柳堰村", VILLAGE, "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    let far = settled(&town, "石桥村", OTHER_VILLAGE, "01ARZ3NDEKTSV4RRFFQ69G5FAW");
    for dir in [&near, &far] {
        let (node, _) = start_office(dir);
        synced(dir);
        node.stop();
    }
    first_time(&mut browser, &desk, &hub.said, "沈安");
    let shapes = reach::crawl_all(&mut browser, &desk, reach::Look { walk: true });
    for shape in ["/?", "/villages/help?", "/village/…?", "/ledgers?"] {
        assert!(shapes.contains_key(shape), "{shape} was never reached: {shapes:?}");
    }
    browser.screen(1440, 900);
    browser.open(&desk);
    browser.picture("villages");
    hub.stop();
}

/// What a form asks beside its words: the choice of this name and value.
fn choose(browser: &mut Browser, name: &str, value: &str) {
    // Tab comes to the set, or to what is chosen in it; a label is what a hand would press.
    browser.tab_to(&format!("input[name={name}]"));
    let chosen = format!("return document.activeElement.value === '{value}' && document.activeElement.checked");
    for _ in 0..12 {
        if browser.script(&chosen) == json!(true) {
            return;
        }
        let is_there = browser.script(&format!("return document.activeElement.value === '{value}'")) == json!(true);
        browser.keys(&if is_there { SPACE } else { DOWN }.to_string());
    }
    panic!("{name} has no {value}: {}", browser.source());
}

/// One request's day: a village registers it, the desk moves it on by keyboard, the link is cut in the middle, two
/// dispatchers act at once, a guard refuses and says what is missing, and in the end it is closed and every page has been
/// looked at.
#[test]
fn a_dispatchers_day_by_keyboard_with_the_link_cut_and_somebody_else_first() {
    let name = "a_dispatchers_day_by_keyboard_with_the_link_cut_and_somebody_else_first";
    let (Some(mut shen), Some(mut clerk)) = (Browser::start(name, true), Browser::start(name, true)) else {
        return;
    };
    // The second dispatcher's browser runs no script.
    let mut lu = Browser::start(name, false).unwrap();
    let town = Town::found();
    let (hub, desk) = start_desk(&town, 0);
    let port = desk.rsplit_once(':').unwrap().1.parse().unwrap();
    let near = settled(&town, "柳堰村", VILLAGE, "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    let far = settled(&town, "石桥村", OTHER_VILLAGE, "01ARZ3NDEKTSV4RRFFQ69G5FAW");
    let (node, office) = start_office(&near);
    let (other_node, _) = start_office(&far);
    synced(&near);
    synced(&far);
    first_time(&mut shen, &desk, &hub.said, "沈安");
    let code = done(&["hub", "code", "--dir", text(&town.path("hub"))]);
    first_time(&mut lu, &desk, &code, "陆平");
    first_time(&mut clerk, &office, &node.said, "姚慧珍");

    // A village takes a request; nobody asks for a sync, and it stands on the board.
    clerk.alt('r');
    clerk.says("登记诉求");
    clerk.tab_to("input[name=anon]");
    clerk.keys(&SPACE.to_string());
    choose(&mut clerk, "kind", "help");
    clerk.tab_to("#t");
    clerk.keys("村口路灯坏了三天");
    clerk.alt('s');
    clerk.says("存好了，在本机硬盘上");
    wait_for("the board has it", || {
        shen.open(&format!("{desk}/requests"));
        shen.source().contains("村口路灯坏了三天").then_some(())
    });
    shen.screen(1440, 900);
    shen.picture("board");
    let link = "return [...document.querySelectorAll('a[href^=\"/request/\"]')].find((one) => one.textContent.includes('村口路灯')).getAttribute('href')";
    let path = shen.script(link).as_str().unwrap().to_owned();

    // Both open it; one accepts, and the other is told who was first, by his own words on the page.
    shen.open(&format!("{desk}{path}?do=accept"));
    lu.open(&format!("{desk}{path}?do=accept"));
    lu.click("input[name=path][value=ordinary]");
    lu.click("input[name=rule][value=petition_60_days]");
    choose(&mut shen, "path", "ordinary");
    choose(&mut shen, "rule", "petition_60_days");
    shen.alt('s');
    shen.says("受理，已计入");
    lu.alt('s');
    lu.says("没有受理，什么都没有改动");
    lu.says("刚才有人先办了：沈安");
    lu.says("页面已换成最新的，请再看一眼。");
    reach::sound(&mut lu, "somebody was first");

    // Assigned by keyboard to whoever registered it; what is wrong is said beside its field first.
    shen.open(&format!("{desk}{path}?do=assign"));
    shen.tab_to("#who");
    shen.alt('s');
    shen.says("没有交办，有 1 处要改");
    assert!(shen.title().starts_with("错误："));
    reach::sound(&mut shen, "nobody chosen");
    shen.open(&format!("{desk}{path}?do=assign"));
    shen.tab_to("#who");
    shen.keys(&DOWN.to_string());
    shen.alt('s');
    shen.says("交办，已计入");
    shen.picture("request");

    // The village sees it on Today without being asked to; then the link is cut, and it answers all the same.
    wait_for("Today has it", || {
        clerk.open(&office);
        let page = clerk.source();
        (page.contains("村口路灯坏了三天") && page.contains("交办")).then_some(())
    });
    hub.stop();
    clerk.open(&format!("{office}{path}/reply"));
    choose(&mut clerk, "o", "supported");
    clerk.tab_to("#t");
    clerk.keys("换了灯头，亮了");
    clerk.alt('s');
    clerk.says("存好了，在本机硬盘上");
    clerk.open(&format!("{office}/delivery"));
    clerk.says("1 条待传");
    let (hub, again) = start_desk(&town, port);
    assert_eq!(again, desk, "and the sessions live on");
    synced(&near);

    // Nobody answers, twice on one day: it cannot be closed as out of reach, and the page says what is missing.
    for _ in 0..2 {
        shen.open(&format!("{desk}{path}?do=follow"));
        shen.says("换了灯头，亮了");
        choose(&mut shen, "reached", "no");
        shen.alt('s');
        shen.says("回访，已计入");
    }
    shen.open(&format!("{desk}{path}?do=close"));
    let page = shen.source();
    assert!(page.contains("要先有一次联系上的回访"), "{page}");
    reach::sound(&mut shen, "closing is not offered");
    // He is reached and content: it is closed.
    shen.open(&format!("{desk}{path}?do=follow"));
    choose(&mut shen, "reached", "yes");
    choose(&mut shen, "satisfaction", "satisfied");
    shen.alt('s');
    shen.says("回访，已计入");
    shen.open(&format!("{desk}{path}?do=close"));
    choose(&mut shen, "closing", "satisfied");
    shen.alt('s');
    shen.says("办结，已计入");
    synced(&near);
    clerk.open(&format!("{office}{path}"));
    clerk.says("办结");

    // Every page of both, as they stand after such a day.
    let shapes = reach::crawl_all(&mut shen, &desk, reach::Look { walk: true });
    for shape in [
        "/?",
        "/village/…?",
        "/requests?",
        "/request/…?",
        "/requests/new?",
        "/ledgers?",
    ] {
        assert!(shapes.contains_key(shape), "{shape} was never reached: {shapes:?}");
    }
    reach::crawl(&mut lu, &desk, reach::Look { walk: false });
    reach::crawl(&mut clerk, &office, reach::Look { walk: false });
    town.audited("auditor");
    node.stop();
    other_node.stop();
    hub.stop();
}
