//! A township on loopback and village nodes that sync with it, all real: sockets, TLS, sled.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test program uses a part of this, and tests may panic"
)]

pub(crate) mod pages;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use axum::http::Method;
use event::form::Form;
use event::{BootId, ClockReading, EntityId, PersonId, UnitCode};
use event_log::Disk;
use hub::{HubConfig, HubError};
use link::{Enrolment, Surroundings};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use village::batch::BatchReport;
use village::{Office, RunningNode, VillageConfig};

pub(crate) const TOWNSHIP: &str = "990000103000";
pub(crate) const VILLAGE: &str = "990000103001";
const START_MS: u64 = 1_790_000_000_000;
/// Polls before a test gives up waiting; a fallback for a hang, not a measure of anything.
const POLLS_MAX: u32 = 3_000;

pub(crate) fn unit(code: &str) -> UnitCode {
    code.parse().unwrap()
}

/// A clock that runs as fast as the machine's, from a fixed day on, and random bytes from a counter.
#[allow(
    clippy::disallowed_methods,
    reason = "the one place of these tests that reads the clock"
)]
pub(crate) fn surroundings(name: &'static str) -> Surroundings {
    let start = Instant::now();
    let drawn = AtomicU64::new(0);
    let clock = move || {
        let mono_ms = u64::try_from(start.elapsed().as_millis()).unwrap();
        ClockReading {
            wall_ms: START_MS + mono_ms,
            mono_ms: 1_000 + mono_ms,
            boot: BootId([1; 8]),
            ntp: false,
        }
    };
    let entropy = move |bytes: &mut [u8]| {
        for chunk in bytes.chunks_mut(32) {
            let hash = Sha256::new_with_prefix(name)
                .chain_update(start.elapsed().as_nanos().to_be_bytes())
                .chain_update(drawn.fetch_add(1, Relaxed).to_be_bytes())
                .finalize();
            chunk.copy_from_slice(&hash[..chunk.len()]);
        }
    };
    Surroundings::new(clock, entropy)
}

/// A disk that fills up and fails on command.
pub(crate) struct Probe {
    pub(crate) free: AtomicU64,
    pub(crate) broken: AtomicBool,
}

impl Probe {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            free: AtomicU64::new(1 << 40),
            broken: AtomicBool::new(false),
        })
    }
}

impl Disk for Probe {
    fn barrier(&self, file: &File) -> io::Result<()> {
        if self.broken.load(Relaxed) {
            return Err(io::Error::other("the disk has gone"));
        }
        file.sync_data()
    }

    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        Ok(self.free.load(Relaxed))
    }
}

/// How to stop a hub, and how to hear that it has stopped.
type Running = (oneshot::Sender<()>, JoinHandle<Result<(), HubError>>);

/// A township hub that can be stopped and started at the same address.
pub(crate) struct Town {
    dir: TempDir,
    config: HubConfig,
    running: Option<Running>,
}

impl Town {
    pub(crate) async fn found() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = HubConfig::new(dir.path().join("hub"), "127.0.0.1:0");
        (config.ballast_mib, config.min_free_mib, config.cache_mib) = (0, 1, 8);
        let names = ["127.0.0.1".to_owned()];
        hub::create(&config, unit(TOWNSHIP), "示范镇", &names, &surroundings("hub")).unwrap();
        let mut town = Self {
            dir,
            config,
            running: None,
        };
        town.start().await;
        town
    }

    pub(crate) async fn start(&mut self) {
        let listener = TcpListener::bind(&self.config.address).await.unwrap();
        self.config.address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { stopped.await.unwrap_or_default() };
        let running = tokio::spawn(hub::run(self.config.clone(), listener, surroundings("hub"), shutdown));
        // The socket in the folder is there once the hub is open.
        while self.ask("GET", "/status", None).await.is_err() {
            assert!(!running.is_finished(), "the hub did not start");
            tokio::task::yield_now().await;
        }
        self.running = Some((stop, running));
    }

    pub(crate) async fn stop(&mut self) {
        let (stop, running) = self.running.take().unwrap();
        stop.send(()).unwrap();
        running.await.unwrap().unwrap();
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, document: Option<&Value>) -> Result<Value, hub::AskError> {
        hub::ask(&self.config.data_dir, method, path, document).await
    }

    pub(crate) async fn offer(&self, role: &str) -> Enrolment {
        let ask = json!({ "unit": VILLAGE, "role": role, "name": "一号机" });
        let answer = self.ask("POST", "/offer", Some(&ask)).await.unwrap();
        Enrolment::from_text(answer["enrolment"].as_str().unwrap().as_bytes()).unwrap()
    }

    /// A node of the village, enrolled, not running.
    pub(crate) async fn village(&self, disk: Arc<dyn Disk>) -> Machine {
        let machine = Machine::bare(disk);
        let offer = self.offer("village").await;
        village::create(&machine.config, &offer, &machine.surroundings)
            .await
            .unwrap();
        machine
    }
}

/// A village machine.
pub(crate) struct Machine {
    dir: TempDir,
    pub(crate) config: VillageConfig,
    pub(crate) surroundings: Surroundings,
}

impl Machine {
    pub(crate) fn bare(disk: Arc<dyn Disk>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = VillageConfig::new(dir.path().join("node"));
        (config.ballast_mib, config.min_free_mib, config.cache_mib) = (0, 1, 8);
        config.disk = disk;
        Self {
            dir,
            config,
            surroundings: surroundings("village"),
        }
    }

    pub(crate) async fn start(&self) -> RunningNode {
        village::start(&self.config, &self.surroundings).await.unwrap()
    }

    /// Asks the running node over its socket.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Vec<u8>) -> Value {
        let reply = village::local::ask(&self.config.data_dir, method, path, body)
            .await
            .unwrap();
        serde_json::from_slice(&reply.accepted().unwrap().body).unwrap()
    }

    pub(crate) async fn status(&self) -> Value {
        self.ask(Method::GET, "/status", Vec::new()).await
    }

    /// Waits until the status says so.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..POLLS_MAX {
            let status = self.status().await;
            if holds(&status) {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{what}: {:#}", self.status().await)
    }

    /// Waits until everything is sent and counted.
    pub(crate) async fn settle(&self) -> Value {
        self.until("everything is sent", |status| {
            let reached = status["ledger"]["cut"]["position"].as_u64();
            let taken = status["journal"]["position"].as_u64();
            status["all_sent"] == true && reached.map(|reached| reached + 1) == taken
        })
        .await
    }
}

pub(crate) async fn get(office: &Office, path: &str) -> Value {
    let reply = office.ask(Method::GET, path, Vec::new()).await.unwrap();
    serde_json::from_slice(&reply.accepted().unwrap().body).unwrap()
}

/// Every line of the node's log.
pub(crate) async fn log(office: &Office) -> Vec<Value> {
    let mut lines = Vec::new();
    let mut from = String::new();
    loop {
        let reply = office
            .ask(Method::GET, &format!("/log?limit=7{from}"), Vec::new())
            .await
            .unwrap();
        let reply = reply.accepted().unwrap();
        let text = String::from_utf8(reply.body).unwrap();
        lines.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
        match reply.next {
            Some(next) => from = format!("&from={next}"),
            None => return lines,
        }
    }
}

pub(crate) fn household(number: u8) -> EntityId {
    EntityId::from_bytes([number; 16])
}

pub(crate) fn cadre() -> PersonId {
    PersonId::from_bytes([200; 16])
}

/// A household that comes onto the books.
pub(crate) fn registered(number: u8) -> Value {
    json!({
        "kind": "household_registered", "household": household(number), "occurred": "2026-09-20",
        "recorder": cadre(), "actors": [cadre()], "facts": { "group": 1, "size": 4 },
        "personal": { "head": format!("户主{number}") }
    })
}

/// A visit to it.
pub(crate) fn visited(number: u8, minutes: u16) -> Value {
    json!({
        "kind": "visit_recorded", "household": household(number), "occurred": "2026-09-21 14:05",
        "recorder": cadre(), "actors": [cadre()],
        "facts": { "mode": "home", "outcome": "met", "minutes": minutes }, "personal": { "text": "屋顶漏水" }
    })
}

pub(crate) fn form(value: Value) -> Form<Value> {
    serde_json::from_value(value).unwrap()
}

pub(crate) fn ndjson(forms: impl IntoIterator<Item = Value>) -> Vec<u8> {
    let lines = forms.into_iter().map(|form| format!("{form}\n"));
    lines.collect::<String>().into_bytes()
}

pub(crate) async fn batch(office: &Office, query: &str, body: Vec<u8>) -> BatchReport {
    let reply = office
        .ask(Method::POST, &format!("/batch?{query}"), body)
        .await
        .unwrap();
    serde_json::from_slice(&reply.accepted().unwrap().body).unwrap()
}
