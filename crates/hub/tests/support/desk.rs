//! The township's desk: a hub with pages, and somebody who is signed in at them.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use serde_json::Value;

use crate::browser::{Browser, Page};
use crate::support::Town;

const NAME: &str = "沈安";
const PASSWORD: &str = "先打电话再下村 0918";

/// A hub with pages, and a browser that is signed in.
pub(crate) async fn desk() -> (Town, Browser) {
    let town = Town::found_with(|config| config.web_listen = "127.0.0.1:0".parse().ok()).await;
    let mut browser = Browser::new(address(&town).await);
    let first = town.ask("POST", "/first-code", None).await.unwrap();
    let code = first["code"].as_str().unwrap();
    let fields = [("code", code), ("name", NAME), ("password", PASSWORD)];
    assert_eq!(browser.post("/first", &fields).await.status, 200);
    (town, browser)
}

/// Signs in again, when the session has ended.
pub(crate) async fn sign_in(browser: &mut Browser) -> Page {
    let page = browser
        .post("/sign-in", &[("name", NAME), ("password", PASSWORD)])
        .await;
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

/// Where the pages are.
pub(crate) async fn address(town: &Town) -> String {
    let status = town.ask("GET", "/status", None).await.unwrap();
    status["web"].as_str().unwrap().to_owned()
}

/// The hub again, its pages at the same address, for the cookie's name has the port.
pub(crate) async fn again(mut town: Town) -> Town {
    town.config.web_listen = address(&town).await.parse().ok();
    town.again().await
}

/// Returns once the ledgers have read everything.
pub(crate) async fn read_up(town: &Town) {
    let status: Value = town.ask("GET", "/status", None).await.unwrap();
    let size = status["journal_size"].as_u64().unwrap();
    let path = format!("/digests?at_least={}", size - 1);
    town.ask("GET", &path, None).await.unwrap();
}
