//! The township's desk with people at it, and villages whose people have something to say.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test program uses a part of this, and tests may panic"
)]

use event::EventId;
use serde_json::json;

use crate::support::desk::browser::{Browser, Page};
use crate::support::machine::Machine;
use crate::support::{START_MS, Town};

pub(crate) const PASSWORD: &str = "先打电话再下村 0918";
/// 2026-09-21 22:13 in UTC+8, when these tests begin.
pub(crate) const TODAY: &str = "2026-09-21";
/// Whoever types at the village.
pub(crate) const CLERK: u64 = 1;
/// Whoever handles matters there.
pub(crate) const CADRE: u64 = 7;

/// A person of the village.
pub(crate) fn villager(number: u64) -> String {
    EventId::from_parts(number, 77).unwrap().to_string()
}

/// A hub with pages.
pub(crate) async fn town() -> (Town, String) {
    let town = Town::found_with(|config| config.web_listen = "127.0.0.1:0".parse().ok()).await;
    let address = address(&town).await;
    (town, address)
}

pub(crate) async fn address(town: &Town) -> String {
    let status = town.ask("GET", "/status", None).await.unwrap();
    status["web"].as_str().unwrap().to_owned()
}

/// Somebody of this name, signed in with an account of their own. With `person` they are that person.
pub(crate) async fn at_desk(town: &Town, address: &str, name: &str, person: Option<&str>) -> Browser {
    let path = person.map_or_else(|| "/code".to_owned(), |person| format!("/code?person={person}"));
    let code = town.ask("POST", &path, None).await.unwrap()["code"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut browser = Browser::new(address);
    let fields = [("code", code.as_str()), ("name", name), ("password", PASSWORD)];
    let page = browser.post("/first", &fields).await;
    assert_eq!(page.status, 200, "{}", page.body);
    browser
}

/// Signs in again, after the night.
pub(crate) async fn sign_in(browser: &mut Browser, name: &str) {
    let page = browser
        .post("/sign-in", &[("name", name), ("password", PASSWORD)])
        .await;
    assert!(page.status == 200 && page.body.contains(name), "{}", page.body);
}

impl Town {
    /// What a machine's clock says now.
    pub(crate) fn now_ms(&self) -> u64 {
        self.world.surroundings.now().wall_ms
    }
}

impl Machine {
    /// Registers a request with this wording; returns its identity.
    pub(crate) fn raise(&mut self, number: u64, text: &str, now_ms: u64) -> String {
        let request = EventId::from_parts(
            START_MS - 1_000 + number,
            u128::from(self.key.public().0[0]) << 20 | 0xabcd,
        )
        .unwrap()
        .to_string();
        let form = json!({
            "kind": "request_raised", "request": request, "occurred": TODAY, "recorder": villager(CLERK), "actors": [villager(CADRE)],
            "facts": { "channel": "visit", "kind": "help", "urgency": "ordinary", "people": 3 }, "personal": { "text": text }
        });
        self.record_form(form, now_ms);
        request
    }

    /// Its handler answers.
    pub(crate) fn reply(&mut self, request: &str, outcome: &str, text: &str, now_ms: u64) {
        let form = json!({
            "kind": "request_replied", "request": request, "occurred": TODAY, "recorder": villager(CLERK), "actors": [villager(CADRE)],
            "facts": { "outcome": outcome, "in_writing": false }, "personal": { "text": text }
        });
        self.record_form(form, now_ms);
    }

    /// Sends everything from entry `from` on, and waits until the ledgers show it.
    pub(crate) async fn send(&self, town: &Town, from: usize) {
        self.push(from).await.unwrap();
        caught_up(town).await;
    }
}

/// Waits until the ledgers have read the journal.
pub(crate) async fn caught_up(town: &Town) {
    let size = town.ask("GET", "/status", None).await.unwrap()["journal_size"]
        .as_u64()
        .unwrap();
    town.ask("GET", &format!("/digests?at_least={}", size - 1), None)
        .await
        .unwrap();
}

/// How many records the journal has.
pub(crate) async fn journal_size(town: &Town) -> u64 {
    town.ask("GET", "/status", None).await.unwrap()["journal_size"]
        .as_u64()
        .unwrap()
}

/// The fields of the form on a page, and more.
pub(crate) fn with<'a>(hidden: &'a [(String, String)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<(&str, &str)> = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    fields.extend_from_slice(more);
    fields
}

/// Act, name and moment of the form on a request's page.
pub(crate) fn hidden(page: &Page) -> Vec<(String, String)> {
    ["act", "key", "seen"]
        .iter()
        .map(|name| ((*name).to_owned(), page.hidden(name)))
        .collect()
}

/// The boxes of the board.
pub(crate) fn picks(page: &Page) -> Vec<String> {
    let boxes = page.body.split("name=\"r\" value=\"").skip(1);
    boxes.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// Opens a request's page for an act, fills in the form and sends it.
pub(crate) async fn act(browser: &mut Browser, request: &str, act: &str, fields: &[(&str, &str)]) -> Page {
    let page = browser.get(&format!("/request/{request}?do={act}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let hidden = hidden(&page);
    assert_eq!(hidden[0].1, act, "{}", page.body);
    let mut all = vec![("do", "go")];
    all.extend_from_slice(fields);
    browser.post(&format!("/request/{request}"), &with(&hidden, &all)).await
}
