//! The checker of pages, checked: each rule finds the page that breaks it, and nothing is found where nothing is wrong.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use support::browser::Browser;
use support::reach::{Look, findings, list};

/// A page with which nothing is wrong.
const SOUND: &str = include_str!("support/reach/sound.html");

/// What is put in the place of what, and the rule that must find it.
const WRONG: &[(&str, &str, &str)] = include!("support/reach/wrong.in");

/// Serves one page, which the test changes, and the sheet; until the test ends.
fn serve(page: Arc<Mutex<String>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut first, mut line) = (String::new(), String::new());
            // A browser opens connections that it never uses.
            if reader.read_line(&mut first).unwrap_or(0) == 0 {
                continue;
            }
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                line.clear();
            }
            let (kind, body) = if first.contains("office.css") {
                ("text/css", screen::office::SHEET.to_owned())
            } else {
                ("text/html", page.lock().unwrap().clone())
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8\r\nCache-Control: no-store\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            // The browser may have gone.
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    origin
}

#[test]
fn every_rule_finds_the_page_that_breaks_it() {
    let Some(mut browser) = Browser::start("every_rule_finds_the_page_that_breaks_it", true) else {
        return;
    };
    let page = Arc::new(Mutex::new(SOUND.to_owned()));
    let origin = serve(Arc::clone(&page));
    let mut look = |html: String| {
        *page.lock().unwrap() = html;
        browser.screen(1366, 768);
        browser.open(&origin);
        findings(&mut browser, Look { walk: true })
    };
    let found = look(SOUND.to_owned());
    assert!(found.is_empty(), "the sound page:\n{}", list(&found));
    let mut missed = Vec::new();
    for (from, to, rule) in WRONG {
        assert!(SOUND.contains(from), "the sound page has no {from:?}");
        let found = look(SOUND.replacen(from, to, 1));
        let is_found = found
            .iter()
            .any(|one| one.starts_with(&format!("{rule}:")) || one.starts_with(&format!("{rule} ")));
        if !is_found {
            missed.push(format!("{rule}: {from:?} → {to:?} found only:\n{}", list(&found)));
        }
    }
    assert!(
        missed.is_empty(),
        "{} of {} missed:\n{}",
        missed.len(),
        WRONG.len(),
        missed.join("\n")
    );
}
