//! The pages as a browser without anything but a cookie sees them.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use village::RunningNode;

use super::{Machine, Probe, Town, registered};

pub(crate) const NAME: &str = "姚慧珍";
pub(crate) const PASSWORD: &str = "三组涵管又堵了呀";

/// A browser without anything but a cookie.
pub(crate) struct Browser {
    pub(crate) address: String,
    pub(crate) cookie: String,
}

pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn hidden(&self, name: &str) -> String {
        let at = self
            .body
            .find(&format!("name=\"{name}\" value=\""))
            .unwrap_or_else(|| panic!("{name}: {}", self.body));
        let rest = &self.body[at..];
        rest.split("value=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    }
}

pub(crate) fn encoded(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        let bytes = text.bytes().map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        });
        bytes.collect::<String>()
    };
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

impl Browser {
    pub(crate) fn new(node: &RunningNode) -> Self {
        Self {
            address: node.web_address().unwrap().to_string(),
            cookie: String::new(),
        }
    }

    pub(crate) async fn ask(&mut self, method: &str, path: &str, body: &str, more: &str) -> Page {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let host = if more.contains("Host:") {
            String::new()
        } else {
            format!("Host: {}\r\n", self.address)
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\n{host}Cookie: {}\r\n{more}Connection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            self.cookie,
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let text = String::from_utf8(answer).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = BTreeMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            if name == "set-cookie" && !value.starts_with("minqing-lang") {
                self.cookie = value.split(';').next().unwrap().to_owned();
            }
            headers.insert(name.to_owned(), value.to_owned());
        }
        Page {
            status,
            headers,
            body: body.to_owned(),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.ask("GET", path, "", "").await
    }

    /// Posts as a browser does, and follows where it is sent.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let answer = self
            .ask("POST", path, &encoded(fields), "Sec-Fetch-Site: same-origin\r\n")
            .await;
        match answer.headers.get("location").cloned() {
            Some(to) => self.get(&to).await,
            None => answer,
        }
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
    let mut browser = Browser::new(node);
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
