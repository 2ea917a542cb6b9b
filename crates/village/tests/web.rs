//! The pages without a browser: what is refused, what is kept, what is recorded, over real HTTP against a real hub.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use axum::http::Method;
use serde_json::json;
use support::pages::*;
use support::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_is_found_by_initials_recorded_once_and_received() {
    let (town, machine, node) = set_up().await;
    let code = node.office().first_code().await.unwrap().unwrap();
    assert_eq!(node.office().first_code().await.unwrap(), None, "said once");
    let mut browser = Browser::at(&node);
    let page = browser.get("/visit").await;
    assert_eq!(page.headers["location"], "/sign-in?next=/visit");
    let today = browser.first(&code.to_lowercase()).await;
    assert!(
        today.body.contains("今天，") && today.body.contains(NAME),
        "{}",
        today.body
    );
    let form = browser.get("/visit").await;
    let key = form.hidden("key");
    let own = form.hidden("w");
    let found = browser
        .post("/visit", &[("key", &key), ("q", "ｑｍｃ"), ("w", &own), ("do", "find")])
        .await;
    assert!(found.body.contains("乔满仓 户") && found.body.contains("三组14号"));
    let h = found.hidden("h");
    let mut fields = vec![
        ("key", &*key),
        ("h", &*h),
        ("d", "today"),
        ("p", "day"),
        ("w", &*own),
        ("how", "home"),
    ];
    fields.extend([("o", "met"), ("t", "今年玉米收成还行。"), ("do", "save")]);
    let saved = browser.post("/visit", &fields).await;
    assert!(saved.body.contains("存好了，在本机硬盘上") && saved.body.contains("今年玉米收成还行。"));
    let again = browser.post("/visit", &fields).await;
    assert!(again.body.contains("没有重复记"));
    let entries = log(node.office()).await;
    let recorded = visits(&entries);
    assert_eq!(recorded.len(), 1);
    let visit = recorded[0];
    assert_eq!((&visit["recorder"], &visit["actors"]), (&json!(own), &json!([own])));
    assert_eq!(visit["facts"], json!({ "mode": "home", "outcome": "met" }));
    assert!(!visit["occurred"].as_str().unwrap().contains(':'), "no made-up minute");
    machine.settle().await;
    let delivery = browser.get("/delivery").await;
    assert!(
        delivery.body.contains("已全部送达（") && delivery.body.contains("收到的都计入了"),
        "{}",
        delivery.body
    );
    let proof = delivery
        .body
        .split("href=\"/proof/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let proof = browser.get(&format!("/proof/{proof}")).await;
    assert!(proof.body.contains("凭证在这台机器上验过"), "{}", proof.body);
    node.stop().await.unwrap();
    drop(town);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays() {
    let (_town, _machine, node) = set_up().await;
    let mut browser = Browser::at(&node);
    let code = node.office().first_code().await.unwrap().unwrap();
    browser.first(&code).await;
    let before = log(node.office()).await.len();
    let text = "第一行\n<b>第二行 & \"引号\"</b>";
    let fields = [
        ("q", "qyz"),
        ("d", "other"),
        ("month", "9"),
        ("date", "31"),
        ("p", "clock"),
        ("hour", "14"),
    ];
    let mut fields = fields.to_vec();
    fields.extend([("t", text), ("how", "phone"), ("do", "save")]);
    let page = browser.post("/visit", &fields).await;
    assert_eq!(page.status, 422);
    for words in [
        "还没有存，有 4 处要改",
        "「qyz」有 2 户，请选是哪一户",
        "9 月没有 31 日，请改成那天的日期",
        "请选见没见到",
        "请选谁去的",
        "您写的都还在",
        "value=\"qyz\"",
        "value=\"31\"",
        "第一行\n&lt;b&gt;第二行 &amp; &quot;引号&quot;&lt;/b&gt;</textarea>",
        "<option value=\"phone\" selected>",
        "<title>错误：",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("<b>第二行"));
    let none = browser.post("/visit", &[("q", "qzx<"), ("do", "find")]).await;
    assert!(none.body.contains("没找到「qzx&lt;」"));
    let met = browser
        .post("/visit", &[("q", "qmc"), ("o", "met"), ("do", "save")])
        .await;
    assert!(met.body.contains("见到了，请写一句说了什么") && met.body.contains("乔满仓 户"));
    assert_eq!(log(node.office()).await.len(), before, "nothing of this was recorded");
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_other_names_and_strangers_are_refused() {
    let (_town, _machine, node) = set_up().await;
    let mut browser = Browser::at(&node);
    let code = node.office().first_code().await.unwrap().unwrap();
    browser.first(&code).await;
    let cookie = browser.cookie.clone();
    for more in [
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Origin: http://evil.example\r\n",
    ] {
        let page = browser.ask("POST", "/delivery", "", more).await;
        assert_eq!(page.status, 403, "{more}");
    }
    let page = browser.ask("GET", "/", "", "Host: evil.example\r\n").await;
    assert_eq!(page.status, 421);
    let page = browser.get("/").await;
    assert_eq!(page.headers["cache-control"], "no-store");
    let policy = &page.headers["content-security-policy"];
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe") && !policy.contains("script"),
        "{policy}"
    );
    assert!(!page.body.contains("<script") && !page.body.contains(" style=") && !page.body.contains("http://"));
    for path in [
        "/",
        "/visit",
        "/households",
        "/requests",
        "/delivery",
        "/proof/01ARZ3NDEKTSV4RRFFQ69G5FAV/1",
    ] {
        let mut stranger = Browser::at(&node);
        stranger.cookie = cookie.replace('=', "=0");
        let page = stranger.get(path).await;
        assert_eq!(page.status, 303, "{path}");
        assert!(page.headers["location"].starts_with("/sign-in"));
    }
    let mut stranger = Browser::at(&node);
    let page = stranger
        .ask("POST", "/visit", "do=save", "Sec-Fetch-Site: same-origin\r\n")
        .await;
    assert_eq!(page.status, 303);
    let large = "t=".to_owned() + &"x".repeat(100_000);
    assert_eq!(
        browser
            .ask("POST", "/visit", &large, "Sec-Fetch-Site: same-origin\r\n")
            .await
            .status,
        413
    );
    assert_eq!(browser.get("/household/nonsense").await.status, 404);
    assert_eq!(browser.get("/nowhere").await.status, 404);
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_and_its_language_survive_a_restart_and_signing_out_ends_it() {
    let (_town, mut machine, node) = set_up().await;
    let mut browser = Browser::at(&node);
    let code = node.office().first_code().await.unwrap().unwrap();
    browser.first(&code).await;
    let english = browser.post("/prefs", &[("back", "/delivery"), ("lang", "en")]).await;
    assert!(english.body.contains("What these words mean") && english.body.contains("lang=\"en\""));
    machine.config.web_listen = node.web_address();
    node.stop().await.unwrap();
    let node = machine.start().await;
    let page = browser.get("/").await;
    assert!(page.body.contains("Today, "), "{}", page.body);
    let wrong = browser
        .post("/sign-in", &[("name", NAME), ("password", "falsch falsch")])
        .await;
    assert!(
        wrong.status == 422 && wrong.body.contains("还能试 4 次"),
        "{}",
        wrong.body
    );
    browser
        .ask("POST", "/sign-out", "", "Sec-Fetch-Site: same-origin\r\n")
        .await;
    assert_eq!(browser.get("/").await.status, 303);
    let back = browser
        .post(
            "/sign-in",
            &[("name", NAME), ("password", PASSWORD), ("next", "/requests")],
        )
        .await;
    assert!(back.body.contains("没有没办完的诉求"), "{}", back.body);
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_keeps_what_was_typed_and_a_damaged_accounts_file_stops_only_the_pages() {
    let probe = Probe::new();
    let town = Town::found().await;
    let mut machine = town.village(probe.clone()).await;
    machine.config.web_listen = "127.0.0.1:0".parse().ok();
    let node = machine.start().await;
    let mut form = registered(1);
    form["personal"] = json!({ "head": "乔满仓", "address": "三组14号" });
    machine
        .ask(Method::POST, "/record", form.to_string().into_bytes())
        .await;
    let mut browser = Browser::at(&node);
    let code = node.office().first_code().await.unwrap().unwrap();
    browser.first(&code).await;
    let own = browser.get("/visit").await.hidden("w");
    probe.free.store(0, std::sync::atomic::Ordering::Relaxed);
    let fields = [
        ("q", "qmc"),
        ("o", "met"),
        ("t", "路灯不亮"),
        ("w", &*own),
        ("do", "save"),
    ];
    let full = browser.post("/visit", &fields).await;
    assert_eq!(full.status, 422);
    assert!(
        full.body.contains("硬盘满了，现在记不了") && full.body.contains("路灯不亮</textarea>"),
        "{}",
        full.body
    );
    probe.free.store(1 << 40, std::sync::atomic::Ordering::Relaxed);
    node.stop().await.unwrap();
    std::fs::write(machine.config.data_dir.join("accounts"), "half a fi").unwrap();
    let node = machine.start().await;
    let mut browser = Browser::at(&node);
    assert_eq!(browser.get("/sign-in").await.status, 503);
    machine
        .ask(Method::POST, "/record", registered(2).to_string().into_bytes())
        .await;
    machine.settle().await;
    node.stop().await.unwrap();
}
