//! Drafts: what was typed outlives a closed page, an ended session and a stopped node; it is recorded once, and nobody but
//! its owner gets to see it.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use axum::http::Method;
use support::pages::browser::encoded;
use support::pages::*;
use support::*;

const TEXT: &str = "问起涵管，盼着换粗一点的管。";

/// The drafts' files, and what stands in them.
fn drafts(dir: &Path) -> Vec<(PathBuf, String)> {
    let files = fs::read_dir(dir.join("drafts"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let drafts = files.filter(|path| path.file_name().unwrap().to_str().unwrap().contains('-'));
    drafts
        .filter_map(|path| Some((path.clone(), fs::read_to_string(path).ok()?)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_left_half_written_is_there_again_after_a_restart_and_is_recorded_once() {
    let (_town, mut machine, node) = set_up().await;
    let dir = machine.config.data_dir.clone();
    let mut browser = signed_in(&node).await;
    let form = Form::of(&browser.get("/visit").await);
    assert_eq!(drafts(&dir).len(), 0, "an empty form is no draft");
    let found = browser
        .post("/visit", &form.with(&[("q", "qmc"), ("t", TEXT), ("do", "find")]))
        .await;
    assert!(found.body.contains("草稿已存在本机，"), "{}", found.body);
    let h = found.hidden("h");
    assert_eq!(drafts(&dir).len(), 1);

    machine.config.web_listen = node.web_address();
    node.stop().await.unwrap();
    let node = machine.start().await;
    let today = browser.get("/").await;
    assert!(today.body.contains("没写完的"), "{}", today.body);
    let again = browser.get("/visit").await;
    for words in ["您离开前写到一半的还在，接着写吧。", TEXT, "草稿已存在本机，"] {
        assert!(again.body.contains(words), "{words}: {}", again.body);
    }
    assert_eq!(again.hidden("key"), form.hidden[0].1, "the form is the same one");
    let fresh = browser.get("/visit?new=1").await;
    assert!(!fresh.body.contains(TEXT) && !fresh.body.contains("您离开前"));
    let other = browser.get(&format!("/visit?h={}", household(2))).await;
    assert!(!other.body.contains(TEXT), "a form for another household begins empty");

    let all = [("h", &*h), ("t", TEXT), ("o", "met"), ("d", "today"), ("do", "save")];
    let refused = browser
        .post("/visit", &form.with(&[("h", &h), ("t", TEXT), ("do", "save")]))
        .await;
    assert_eq!(refused.status, 422);
    assert_eq!(drafts(&dir).len(), 1, "what was refused is kept as well");
    let saved = browser.post("/visit", &form.with(&all)).await;
    assert!(saved.body.contains("存好了，在本机硬盘上"), "{}", saved.body);
    assert_eq!(drafts(&dir).len(), 0);
    let twice = browser.post("/visit", &form.with(&all)).await;
    assert!(twice.body.contains("没有重复记"));
    assert_eq!(visits(&log(node.office()).await).len(), 1);
    assert!(!browser.get("/").await.body.contains("没写完的"));
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_a_form_keeps_it_until_somebody_drops_it() {
    let (_town, machine, node) = set_up().await;
    let dir = &machine.config.data_dir;
    let mut browser = signed_in(&node).await;
    let form = Form::of(&browser.get("/visit").await);
    let nothing = browser
        .post("/visit", &form.with(&[("d", "today"), ("do", "leave")]))
        .await;
    assert!(nothing.body.contains("今天，") && !nothing.body.contains("草稿已存"));
    assert_eq!(drafts(dir).len(), 0);
    let left = browser
        .post(
            "/visit",
            &form.with(&[("h", &household(1).to_string()), ("t", TEXT), ("do", "leave")]),
        )
        .await;
    for words in [
        "草稿已存在本机，",
        "关了页面、断了电都还在",
        "走访 · 乔满仓 户",
        "存的草稿",
    ] {
        assert!(left.body.contains(words), "{words}: {}", left.body);
    }
    let noted = browser
        .ask(
            "POST",
            "/visit",
            &encoded(&form.with(&[("h", &household(1).to_string()), ("t", "改过的"), ("do", "note")])),
            "Sec-Fetch-Site: same-origin\r\n",
        )
        .await;
    assert!(
        noted.status == 200 && noted.body.starts_with("草稿已存在本机，"),
        "{}",
        noted.body
    );
    let form_page = browser.get("/visit").await;
    assert!(form_page.body.contains("改过的") && !form_page.body.contains(TEXT));
    let drop = form_page.body.split("href=\"/draft/").nth(1).unwrap();
    let drop = format!("/draft/{}", drop.split('"').next().unwrap());
    let asks = browser.get(&drop).await;
    assert!(
        asks.body.contains("改过的") && asks.body.contains("谁也找不回来"),
        "{}",
        asks.body
    );
    assert_eq!(drafts(dir).len(), 1, "asking drops nothing");
    browser.post(&drop, &[]).await;
    assert_eq!(drafts(dir).len(), 0);
    assert_eq!(browser.get(&drop).await.status, 404);
    assert_eq!(browser.get("/draft/nonsense").await.status, 404);
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_a_session_has_ended_is_kept_for_its_owner_and_shown_to_nobody_else() {
    let (_town, machine, node) = set_up().await;
    let dir = &machine.config.data_dir;
    let mut browser = signed_in(&node).await;
    let form = Form::of(&browser.get("/visit").await);
    let cookie = browser.cookie.clone();
    browser
        .ask("POST", "/sign-out", "", "Sec-Fetch-Site: same-origin\r\n")
        .await;
    browser.cookie = cookie;
    let fields = form.with(&[("q", "qmc"), ("t", TEXT), ("o", "met"), ("do", "save")]);
    let asked = browser.post("/visit", &fields).await;
    assert!(
        asked.body.contains("登录过期了，请再登录一次。您写的都还在。"),
        "{}",
        asked.body
    );
    assert!(!asked.body.contains(TEXT));
    let next = asked.hidden("next");
    assert!(next.starts_with("/visit?draft="));
    assert_eq!(drafts(dir).len(), 1);

    // Somebody else at the same browser.
    let code = machine.ask(Method::POST, "/code", Vec::new()).await["code"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut other = Browser::at(&node);
    other.cookie = browser.cookie.clone();
    other
        .post(
            "/first",
            &[("code", &code), ("name", "柏志远"), ("password", "二组的路灯又不亮")],
        )
        .await;
    for address in [
        &*next,
        "/visit",
        "/",
        &format!("/draft/{}", &next["/visit?draft=".len()..]),
    ] {
        let page = other.get(address).await;
        assert!(
            !page.body.contains(TEXT) && !page.body.contains("没写完的"),
            "{address}"
        );
    }
    let stolen = other
        .post("/visit", &form.with(&[("t", "别人写的"), ("do", "keep")]))
        .await;
    assert!(stolen.body.contains("别人写的"));

    let back = browser
        .post("/sign-in", &[("name", NAME), ("password", PASSWORD), ("next", &next)])
        .await;
    assert!(
        back.body.contains(TEXT) && back.body.contains("您离开前写到一半的还在"),
        "{}",
        back.body
    );
    assert!(!back.body.contains("别人写的"));
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_leaves_nothing_on_the_disk() {
    let (_town, machine, node) = set_up().await;
    let dir = &machine.config.data_dir;
    let mut browser = signed_in(&node).await;
    let form = Form::of(&browser.get("/visit").await);
    let mark = &form.hidden[1].1;
    let forged = format!(
        "{}{}",
        &mark[..mark.len() - 1],
        if mark.ends_with('0') { '1' } else { '0' }
    );
    let mut stranger = Browser::at(&node);
    for (key, mark) in [
        ("", ""),
        (&*form.hidden[0].1, &*forged),
        ("another", mark),
        (&form.hidden[0].1, ""),
    ] {
        let fields = [("key", key), ("mark", mark), ("t", TEXT), ("do", "save")];
        let page = stranger
            .ask("POST", "/visit", &encoded(&fields), "Sec-Fetch-Site: same-origin\r\n")
            .await;
        assert_eq!(
            (page.status, page.headers["location"].as_str()),
            (303, "/sign-in?next=/")
        );
    }
    assert_eq!(drafts(dir).len(), 0);
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stops_between_recording_and_removing_the_draft_records_nothing_twice() {
    let (_town, mut machine, node) = set_up().await;
    let dir = machine.config.data_dir.clone();
    let mut browser = signed_in(&node).await;
    // What stood on the disk at the moment before the record, as a power cut would have left it.
    let (seen, done) = (Arc::new(Mutex::new(None)), Arc::new(AtomicBool::new(false)));
    let watch = std::thread::spawn({
        let (seen, done, dir) = (Arc::clone(&seen), Arc::clone(&done), dir.clone());
        move || {
            while !done.load(Relaxed) {
                for draft in drafts(&dir) {
                    if draft.1.contains("\"saving\":\"") {
                        *seen.lock().unwrap() = Some(draft);
                    }
                }
            }
        }
    });
    let h = household(1).to_string();
    let mut recorded = 0;
    while seen.lock().unwrap().is_none() {
        let form = Form::of(&browser.get("/visit").await);
        let fields = form.with(&[("h", &h), ("t", TEXT), ("o", "met"), ("d", "today"), ("do", "save")]);
        let saved = browser.post("/visit", &fields).await;
        assert!(saved.body.contains("存好了"), "{}", saved.body);
        recorded += 1;
    }
    done.store(true, Relaxed);
    watch.join().unwrap();
    machine.config.web_listen = node.web_address();
    node.stop().await.unwrap();
    let (path, text) = seen.lock().unwrap().take().unwrap();
    fs::write(path, text).unwrap();
    let node = machine.start().await;
    assert!(!browser.get("/").await.body.contains("没写完的"), "it is finished");
    let opened = browser.get("/visit").await;
    assert_eq!(opened.status, 303);
    let told = browser.get(&opened.headers["location"].clone()).await;
    assert!(
        told.body.contains("没有重复记") && !told.body.contains("您离开前"),
        "{}",
        told.body
    );
    assert_eq!(drafts(&dir).len(), 0);
    assert_eq!(visits(&log(node.office()).await).len(), recorded);
    node.stop().await.unwrap();
}
