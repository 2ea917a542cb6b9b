//! A browser of the plainest kind: one connection a request, so that what is timed is the whole answer.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::clock::Moment;

/// Somebody who is signed in, or about to be.
pub(crate) struct Visitor {
    host: String,
    cookie: String,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// From the first byte of the request to the last one of the answer.
    pub(crate) took: Duration,
}

impl Visitor {
    /// Comes for the first time, with a one-time code.
    pub(crate) async fn first(host: String, code: &str) -> Result<Self> {
        let mut visitor = Self {
            host,
            cookie: String::new(),
        };
        let form = format!("code={code}&name=bench&password=a+long+enough+secret+0918");
        let answer = visitor.ask("/first", Some(&form)).await?;
        ensure!(answer.status == 303, "the code was not taken: {}", answer.status);
        Ok(visitor)
    }

    /// A page, or what comes of a form.
    pub(crate) async fn ask(&mut self, path: &str, form: Option<&str>) -> Result<Answer> {
        let method = if form.is_some() { "POST" } else { "GET" };
        let body = form.unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nSec-Fetch-Site: same-origin\r\n\
             Cookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}",
            host = self.host,
            cookie = self.cookie,
            length = body.len(),
        );
        let start = Moment::now();
        let mut stream = TcpStream::connect(&self.host).await?;
        stream.set_nodelay(true)?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let took = start.elapsed();
        let answer = String::from_utf8(answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("an answer")?;
        let status = head.split(' ').nth(1).context("a status")?.parse()?;
        for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
            if name.eq_ignore_ascii_case("set-cookie") {
                value.split(';').next().unwrap_or_default().clone_into(&mut self.cookie);
            }
            if name.eq_ignore_ascii_case("transfer-encoding") {
                bail!("{path}: an answer in pieces has no size to compare");
            }
        }
        Ok(Answer {
            status,
            body: body.to_owned(),
            took,
        })
    }
}

/// The first address in a page that begins like this.
pub(crate) fn link(page: &str, prefix: &str) -> Option<String> {
    let mut links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.find(|link| link.starts_with(prefix)).map(str::to_owned)
}
