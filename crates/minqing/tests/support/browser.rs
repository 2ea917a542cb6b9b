//! A real browser, spoken to through WebDriver (W3C): JSON over HTTP to the driver on this machine. Two of the driver's own
//! addresses, its log of requests and the size of the screen, are why no client library stands between.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{skip, wait_for};

/// Keys by the code points that WebDriver gives them.
pub(crate) const ENTER: char = '\u{e007}';
pub(crate) const TAB: char = '\u{e004}';
pub(crate) const SPACE: char = ' ';
pub(crate) const DOWN: char = '\u{e015}';
const ALT: char = '\u{e00a}';

/// Longest wait for an answer of the driver.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// Most stops of Tab on the way to something.
const TABS_MAX: usize = 120;

/// How the browser is started, beside where it keeps its files.
const FLAGS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--lang=zh-CN",
    // Whatever it may want to ask outside, no name has an address here.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// Where pictures hang that people look at.
const GALLERY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/gallery");
/// Those that are to hang there too, once they are made.
const NEW_PICTURES: [&str; 5] = ["villages", "board", "request", "ledgers", "changed"];

pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    /// Keys that were pressed; a chord counts each of its keys.
    pub(crate) keys: u32,
    _files: TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser goes with its session; the driver is ours to end.
        let _ = self.ask("DELETE", "", &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    /// Starts one; `None`, loudly and counted, where there is none on this machine.
    pub(crate) fn start(test: &str, script: bool) -> Option<Self> {
        let is_there = |name: &str| {
            Command::new(name)
                .arg("--version")
                .stdout(Stdio::null())
                .status()
                .is_ok()
        };
        if !is_there("chromedriver") || !is_there("chromium") {
            skip(test, "chromium and chromium-driver are not on this machine");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let files = tempfile::tempdir().unwrap();
        let mut browser = Self {
            driver,
            port,
            session: String::new(),
            keys: 0,
            _files: files,
        };
        wait_for("the driver", || browser.exchange("GET", "/status", &Value::Null).ok());
        let mut flags: Vec<String> = FLAGS.map(str::to_owned).to_vec();
        flags.push(format!("--user-data-dir={}", browser._files.path().display()));
        let allowed = if script { 1 } else { 2 };
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {
                "args": flags,
                "prefs": { "profile.managed_default_content_settings.javascript": allowed },
            },
            "goog:loggingPrefs": { "performance": "ALL" },
        } } });
        let made = browser.exchange("POST", "/session", &wanted).unwrap();
        made["value"]["sessionId"]
            .as_str()
            .unwrap_or_else(|| panic!("{made}"))
            .clone_into(&mut browser.session);
        browser.screen(1366, 768);
        browser.open("about:blank");
        Some(browser)
    }

    fn exchange(&self, method: &str, path: &str, body: &Value) -> std::io::Result<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let body = if method == "POST" {
            body.to_string()
        } else {
            String::new()
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        // The driver keeps connections open: the length says where its answer ends.
        let mut reader = BufReader::new(stream);
        let (mut line, mut length) = (String::new(), 0);
        while reader.read_line(&mut line)? > 2 {
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(std::io::Error::other)?;
            }
            line.clear();
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer)?;
        serde_json::from_slice(&answer).map_err(std::io::Error::other)
    }

    /// Asks the driver for something in this session.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = format!("/session/{}{path}", self.session);
        let answer = self.exchange(method, &path, body).unwrap();
        assert!(answer["value"]["error"].is_null(), "{path} {body}: {answer}");
        answer["value"].clone()
    }

    /// The size of the screen, in CSS pixels.
    pub(crate) fn screen(&self, width: u32, height: u32) {
        let params = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", &params);
    }

    /// The medium that the page believes to be on: `print`, or empty for its own.
    pub(crate) fn media(&self, media: &str) {
        self.command("Emulation.setEmulatedMedia", &json!({ "media": media }));
    }

    /// A command of the browser's own protocol, and its answer.
    pub(crate) fn command(&self, name: &str, params: &Value) -> Value {
        self.ask("POST", "/goog/cdp/execute", &json!({ "cmd": name, "params": params }))
    }

    pub(crate) fn open(&self, address: &str) {
        self.ask("POST", "/url", &json!({ "url": address }));
    }

    pub(crate) fn address(&self) -> String {
        self.ask("GET", "/url", &Value::Null).as_str().unwrap().to_owned()
    }

    pub(crate) fn source(&self) -> String {
        self.ask("GET", "/source", &Value::Null).as_str().unwrap().to_owned()
    }

    pub(crate) fn title(&self) -> String {
        self.ask("GET", "/title", &Value::Null).as_str().unwrap().to_owned()
    }

    /// What a script of the test's own says of the page.
    pub(crate) fn script(&self, script: &str) -> Value {
        self.ask("POST", "/execute/sync", &json!({ "script": script, "args": [] }))
    }

    fn press(&mut self, actions: &[Value], keys: u32) {
        self.keys += keys;
        let actions = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] });
        self.ask("POST", "/actions", &actions);
    }

    /// Presses keys one after the other.
    pub(crate) fn keys(&mut self, keys: &str) {
        let down_up = |key: char| {
            let down_up = ["keyDown", "keyUp"].map(|what| json!({ "type": what, "value": key }));
            down_up.to_vec()
        };
        let actions: Vec<Value> = keys.chars().flat_map(down_up).collect();
        let count = u32::try_from(keys.chars().count()).unwrap();
        self.press(&actions, count);
    }

    /// Waits until the focus stands in what this names: keys that come before it are lost.
    pub(crate) fn stands_in(&self, css: &str) {
        wait_for(css, || {
            let found = self.script(&format!("return document.activeElement?.matches('{css}') ?? false"));
            (found == true).then_some(())
        });
    }

    /// Presses Alt with a letter, which are two keys.
    pub(crate) fn alt(&mut self, letter: char) {
        let actions = [("keyDown", ALT), ("keyDown", letter), ("keyUp", letter), ("keyUp", ALT)];
        let actions = actions.map(|(what, key)| json!({ "type": what, "value": key }));
        self.press(&actions, 2);
    }

    /// Presses Tab until this has the focus: how somebody comes to it who has no mouse.
    pub(crate) fn tab_to(&mut self, css: &str) {
        let script = format!("return document.activeElement.matches({})", json!(css));
        for _ in 0..TABS_MAX {
            self.keys(&TAB.to_string());
            if self.script(&script) == json!(true) {
                return;
            }
        }
        panic!("{css} is not reached by Tab: {}", self.source());
    }

    fn element(&self, css: &str) -> String {
        let found = self.ask("POST", "/element", &json!({ "using": "css selector", "value": css }));
        found
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Clicks, anew where the page changed between finding and clicking.
    pub(crate) fn click(&self, css: &str) {
        wait_for(css, || {
            let element = self.element(css);
            let path = format!("/session/{}/element/{element}/click", self.session);
            let answer = self.exchange("POST", &path, &json!({})).unwrap();
            match answer["value"]["error"].as_str() {
                None => Some(()),
                Some("stale element reference") => None,
                Some(_) => panic!("{css}: {answer}"),
            }
        });
    }

    pub(crate) fn fill(&self, css: &str, text: &str) {
        let element = self.element(css);
        self.ask("POST", &format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// Waits until the page says this.
    pub(crate) fn says(&self, words: &str) {
        let mut last = String::new();
        let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_for(words, || {
                last = self.source();
                last.contains(words).then_some(())
            });
        }));
        assert!(said.is_ok(), "the page never said {words:?}: {last}");
    }

    /// Addresses that pages asked for since the last call, as the browser's own log has them. What it takes out of itself
    /// (`chrome:`, `data:`) leaves no machine.
    pub(crate) fn asked(&self) -> Vec<String> {
        let log = self.ask("POST", "/se/log", &json!({ "type": "performance" }));
        let messages = log.as_array().unwrap().iter().filter_map(|line| {
            let message: Value = serde_json::from_str(line["message"].as_str()?).ok()?;
            (message["message"]["method"] == "Network.requestWillBeSent").then(|| {
                message["message"]["params"]["request"]["url"]
                    .as_str()
                    .map(str::to_owned)
            })?
        });
        messages
            .filter(|url| !url.starts_with("chrome:") && !url.starts_with("data:"))
            .collect()
    }

    /// A picture of the whole page, beside the other build results. Where `MINQING_GALLERY` is set, those of the gallery
    /// (`deploy/gallery`) are made anew as well.
    pub(crate) fn picture(&self, name: &str) {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
        fs::create_dir_all(&dir).unwrap();
        let path: PathBuf = dir.join(format!("{name}.png"));
        let shot = self.command("Page.captureScreenshot", &json!({ "captureBeyondViewport": true }));
        let picture = decoded(shot["data"].as_str().unwrap());
        fs::write(path, &picture).unwrap();
        let hung = Path::new(GALLERY).join(format!("{name}.png"));
        if std::env::var_os("MINQING_GALLERY").is_some() && (hung.exists() || NEW_PICTURES.contains(&name)) {
            fs::write(hung, picture).unwrap();
        }
    }

    /// The page as it is printed.
    pub(crate) fn printed(&self, name: &str) {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
        fs::create_dir_all(&dir).unwrap();
        let page = self.ask("POST", "/print", &json!({ "page": { "width": 21.0, "height": 29.7 } }));
        fs::write(dir.join(format!("{name}.pdf")), decoded(page.as_str().unwrap())).unwrap();
    }
}

/// Base64, which the driver wraps pictures in.
fn decoded(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let text = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.chunks(4) {
        let bits = chunk.iter().fold(0, |bits, byte| bits << 6 | value(*byte)) << (6 * (4 - chunk.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..chunk.len()]);
    }
    bytes
}
