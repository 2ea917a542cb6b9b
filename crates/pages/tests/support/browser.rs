//! A browser without anything but a cookie, for tests of pages over real HTTP. Test programs of other crates read this
//! file too.

use std::collections::BTreeMap;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A browser at one address.
pub(crate) struct Browser {
    pub(crate) address: String,
    pub(crate) cookie: String,
}

/// What came back.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Page {
    /// The value of the first hidden field of that name.
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

/// Fields as a form sends them.
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
    pub(crate) fn new(address: impl ToString) -> Self {
        Self {
            address: address.to_string(),
            cookie: String::new(),
        }
    }

    /// Asks, with further header lines (each ends with CR LF).
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
}
