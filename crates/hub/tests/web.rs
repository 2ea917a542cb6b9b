//! The township's pages: who comes in, and under which names, over real HTTP.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[allow(dead_code, reason = "each test program uses a part of this")]
#[path = "../../pages/tests/support/browser.rs"]
mod browser;
mod support;

use browser::Browser;
use serde_json::{Value, json};
use support::Town;

const NAME: &str = "沈安";
const PASSWORD: &str = "先打电话再下村 0918";

async fn with_pages() -> (Town, Browser) {
    let town = Town::found_with(|config| {
        config.web_listen = "127.0.0.1:0".parse().ok();
        config.web_names = vec!["desk.example".to_owned()];
    })
    .await;
    let address = town.ask("GET", "/status", None).await.unwrap()["web"].clone();
    (town, Browser::new(address.as_str().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_code_opens_an_account_and_the_session_outlives_the_hub() {
    let (mut town, mut browser) = with_pages().await;
    let first = town.ask("POST", "/first-code", None).await.unwrap();
    let again = town.ask("POST", "/first-code", None).await.unwrap();
    assert_eq!(again["code"], Value::Null, "said once");
    let page = browser.get("/").await;
    assert_eq!((page.status, &*page.headers["location"]), (303, "/sign-in?next=/"));
    let code = first["code"].as_str().unwrap();
    let page = browser
        .post("/first", &[("code", code), ("name", NAME), ("password", PASSWORD)])
        .await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("各村") && page.body.contains(NAME) && page.body.contains("示范镇"));
    // The port is asked for anew: the name of the cookie has it.
    let port = town.ask("GET", "/status", None).await.unwrap()["web"].clone();
    town.config.web_listen = port.as_str().unwrap().parse().ok();
    let town = town.again().await;
    let page = browser.get("/").await;
    assert_eq!(page.status, 200, "the session survives a restart");
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_names_and_foreign_sites_are_refused() {
    let (town, mut browser) = with_pages().await;
    for (name, status) in [("desk.example", 200), ("DESK.example:443", 200), ("evil.example", 421)] {
        let page = browser.ask("GET", "/sign-in", "", &format!("Host: {name}\r\n")).await;
        assert_eq!(page.status, status, "{name}");
    }
    let cross = "Sec-Fetch-Site: cross-site\r\n";
    assert_eq!(browser.ask("POST", "/prefs", "lang=en", cross).await.status, 403);
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_address_there_are_no_pages() {
    let town = Town::found().await;
    let status = town.ask("GET", "/status", None).await.unwrap();
    assert_eq!(status["web"], json!(null));
    town.stop().await;
}
