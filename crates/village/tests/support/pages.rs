//! The pages as a browser without anything but a cookie sees them.

#[path = "../../../pages/tests/support/browser.rs"]
pub(crate) mod browser;

use axum::http::Method;
use serde_json::{Value, json};
use village::RunningNode;

use super::{Machine, Probe, Town, registered};
pub(crate) use browser::{Browser, Page};

pub(crate) const NAME: &str = "姚慧珍";
pub(crate) const PASSWORD: &str = "三组涵管又堵了呀";

impl Browser {
    /// A browser at a node's pages.
    pub(crate) fn at(node: &RunningNode) -> Self {
        Self::new(node.web_address().unwrap())
    }

    pub(crate) async fn first(&mut self, code: &str) -> Page {
        self.post("/first", &[("code", code), ("name", NAME), ("password", PASSWORD)])
            .await
    }
}

pub(crate) async fn set_up() -> (Town, Machine, RunningNode) {
    let town = Town::found().await;
    let mut machine = town.village(Probe::new()).await;
    machine.config.web_listen = "127.0.0.1:0".parse().ok();
    let node = machine.start().await;
    let people = [("乔满仓", "三组14号"), ("祁玉珍", "二组17号"), ("祁玉珍", "五组3号")];
    for (number, (head, address)) in (1..).zip(people) {
        let mut form = registered(number);
        form["personal"] = json!({ "head": head, "address": address });
        machine
            .ask(Method::POST, "/record", form.to_string().into_bytes())
            .await;
    }
    (town, machine, node)
}

pub(crate) fn visits(log: &[Value]) -> Vec<&Value> {
    log.iter().filter(|line| line["kind"] == "visit_recorded").collect()
}

pub(crate) async fn signed_in(node: &RunningNode) -> Browser {
    let mut browser = Browser::at(node);
    let code = node.office().first_code().await.unwrap().unwrap();
    browser.first(&code).await;
    browser
}

/// A form that was opened: its key, its mark and its day.
pub(crate) struct Form {
    pub(crate) hidden: Vec<(String, String)>,
}

impl Form {
    pub(crate) fn of(page: &Page) -> Self {
        let names = ["key", "mark", "on", "w"].into_iter();
        let names = names.filter(|name| page.body.contains(&format!("name=\"{name}\" value=\"")));
        let hidden = names.map(|name| (name.to_owned(), page.hidden(name)));
        Self {
            hidden: hidden.collect(),
        }
    }

    pub(crate) fn with<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let own = self.hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        own.chain(more.iter().copied()).collect()
    }
}
