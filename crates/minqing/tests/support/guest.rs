//! A guest with a browser of the plainest kind: HTTP, one cookie, forms.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// An answer to a guest.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) struct Guest {
    host: String,
    cookie: String,
}

impl Guest {
    /// Comes for the first time, with a one-time code.
    pub(crate) fn first(host: &str, code: &str, name: &str, password: &str) -> Self {
        let mut guest = Self {
            host: host.to_owned(),
            cookie: String::new(),
        };
        let form = [("code", code), ("name", name), ("password", password)];
        let answer = guest.send("/first", &form);
        assert_eq!(answer.status, 303, "the code was not taken: {}", answer.body);
        guest
    }

    pub(crate) fn open(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    /// Sends a form.
    pub(crate) fn send(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> = form
            .iter()
            .map(|(key, value)| format!("{key}={}", escaped(value)))
            .collect();
        self.ask("POST", path, &pairs.join("&"))
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nSec-Fetch-Site: same-origin\r\n\
             Cookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            self.cookie,
            body.len(),
            host = self.host,
        );
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
            if name.eq_ignore_ascii_case("set-cookie") {
                value.split(';').next().unwrap().clone_into(&mut self.cookie);
            }
        }
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// What stands in a page between `before` and the next quotation mark.
pub(crate) fn value_of(page: &str, before: &str) -> String {
    let (_, rest) = page
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before:?} in {page}"));
    rest.split('"').next().unwrap().to_owned()
}
