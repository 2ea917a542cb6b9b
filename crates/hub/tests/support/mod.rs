//! A hub on loopback, and machines that speak to it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test program uses a part of this, and tests may panic"
)]

pub(crate) mod machine;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use event::form::Form;
use event::{BootId, ClockQuality, ClockReading, Entry, EventId, Origin, Sequence, Stamp, UnitCode};
use hub::{BODY_CONTENT_TYPE, HubConfig, HubError, MESSAGE_CONTENT_TYPE};
use link::{Client, Enrolment, Identity, LinkError, Patience, Pin, Problem, ProblemKind, Reply, Surroundings};
use proof::{Checkpoint, Frontier, OriginKey, leaf_hash, origin_log_name};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_bytes::{ByteArray, ByteBuf};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sync::frame::{BodyWriter, FrameError, Item};
use sync::limits::BODY_BYTES_MAX;
use sync::message::{Cursor, Enrol, Enrolled, Hello, HelloReply, LogState, PageEnd, PushReply, decode, encode};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use machine::Machine;

pub(crate) const TOWNSHIP: &str = "990000103000";
pub(crate) const VILLAGE: &str = "990000103001";
pub(crate) const OTHER: &str = "990000103002";
pub(crate) const START_MS: u64 = 1_790_000_000_000;
pub(crate) const ANSWER_BYTES_MAX: usize = 2 << 20;

pub(crate) fn unit(code: &str) -> UnitCode {
    code.parse().unwrap()
}

/// A clock that goes on by a millisecond whenever it is read, and random bytes from a counter.
pub(crate) struct World {
    ms: Arc<AtomicU64>,
    wall_ms: Arc<AtomicU64>,
    pub(crate) surroundings: Surroundings,
}

impl World {
    pub(crate) fn new() -> Self {
        let ms = Arc::new(AtomicU64::new(0));
        let wall_ms = Arc::new(AtomicU64::new(START_MS));
        let (read, wall, drawn) = (Arc::clone(&ms), Arc::clone(&wall_ms), AtomicU64::new(0));
        let clock = move || {
            let mono_ms = read.fetch_add(1, Relaxed);
            ClockReading {
                wall_ms: wall.load(Relaxed) + mono_ms,
                mono_ms,
                boot: BootId([1; 8]),
                ntp: true,
            }
        };
        let entropy = move |bytes: &mut [u8]| {
            for chunk in bytes.chunks_mut(32) {
                let hash = Sha256::digest(drawn.fetch_add(1, Relaxed).to_be_bytes());
                chunk.copy_from_slice(&hash[..chunk.len()]);
            }
        };
        Self {
            ms,
            wall_ms,
            surroundings: Surroundings::new(clock, entropy),
        }
    }

    /// Puts the wall clock back by so much.
    pub(crate) fn set_back(&self, ms: u64) {
        self.wall_ms.fetch_sub(ms, Relaxed);
    }

    pub(crate) fn pass(&self, ms: u64) {
        self.ms.fetch_add(ms, Relaxed);
    }
}

/// A running hub.
pub(crate) struct Town {
    pub(crate) dir: Arc<TempDir>,
    pub(crate) config: HubConfig,
    pub(crate) world: Arc<World>,
    pub(crate) addr: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), HubError>>,
}

impl Town {
    pub(crate) async fn found() -> Self {
        Self::found_with(|_| ()).await
    }

    pub(crate) async fn found_with(change: impl FnOnce(&mut HubConfig)) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let world = Arc::new(World::new());
        let mut config = HubConfig::new(dir.path().join("hub"), "hub.example:8443");
        (config.ballast_mib, config.min_free_mib, config.cache_mib) = (0, 1, 8);
        change(&mut config);
        let names = ["hub.example".to_owned()];
        hub::create(&config, unit(TOWNSHIP), "示范镇", &names, &world.surroundings).unwrap();
        Self::start(dir, config, world).await
    }

    pub(crate) async fn start(dir: Arc<TempDir>, mut config: HubConfig, world: Arc<World>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        config.address = addr.to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { stopped.await.unwrap_or_default() };
        let running = hub::run(config.clone(), listener, world.surroundings.clone(), shutdown);
        let running = tokio::spawn(running);
        let town = Self {
            dir,
            config,
            world,
            addr,
            stop,
            running,
        };
        // The socket in the folder is there once the hub is open.
        while town.ask("GET", "/status", None).await.is_err() {
            assert!(!town.running.is_finished(), "the hub did not start");
            tokio::task::yield_now().await;
        }
        town
    }

    pub(crate) async fn stop(self) -> (Arc<TempDir>, HubConfig, Arc<World>) {
        self.stop.send(()).unwrap();
        self.running.await.unwrap().unwrap();
        (self.dir, self.config, self.world)
    }

    pub(crate) async fn again(self) -> Self {
        let (dir, config, world) = self.stop().await;
        Self::start(dir, config, world).await
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, document: Option<&Value>) -> Result<Value, hub::AskError> {
        hub::ask(&self.config.data_dir, method, path, document).await
    }

    pub(crate) async fn offer(&self, code: &str, role: &str) -> Enrolment {
        let ask = json!({ "unit": code, "role": role, "name": "一号机" });
        let answer = self.ask("POST", "/offer", Some(&ask)).await.unwrap();
        Enrolment::from_text(answer["enrolment"].as_str().unwrap().as_bytes()).unwrap()
    }

    pub(crate) fn pin(&self) -> Pin {
        link::Authority::load(&self.config.data_dir).unwrap().ca_fingerprint()
    }

    pub(crate) fn stranger(&self) -> Client {
        Client::new(&self.addr.to_string(), self.pin(), None, Patience::default()).unwrap()
    }

    /// A machine that is not enrolled.
    pub(crate) fn machine(&self, seed: u8) -> Machine {
        let key = OriginKey::from_seed([seed; 32]);
        let identity = Identity::new(&key).unwrap();
        let client = Client::new(&self.addr.to_string(), self.pin(), Some(&identity), Patience::default());
        Machine {
            client: client.unwrap(),
            unit: unit(VILLAGE),
            key,
            entries: Vec::new(),
        }
    }

    /// A machine that is enrolled.
    pub(crate) async fn enrolled(&self, seed: u8, code: &str, role: &str) -> Machine {
        let mut machine = self.machine(seed);
        machine.unit = unit(code);
        let enrolment = self.offer(code, role).await;
        machine.enrol(&enrolment).await.unwrap();
        machine
    }
}
