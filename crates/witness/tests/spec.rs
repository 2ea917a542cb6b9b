//! The witness by its own door: every answer that the page names, forks, races, and what a stop leaves behind.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use event::{BootId, ClockReading};
use link::{Surroundings, WitnessError as NoAnswer, WitnessReply, add_checkpoint};
use proof::{
    Checkpoint, Cosigned, Hash, KeyKind, LeafNodes, OriginKey, VerifierKey, add_line, consistency_proof, cosignatures,
    leaf_hash, merge, root,
};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use witness::{EVIDENCE_FILES_MAX, WatchedLog, Witness, WitnessConfig, WitnessError, create, run};

const NAME: &str = "witness.example/county";
const START_S: u64 = 1_790_000_000;

/// A log whose leaves follow from a word, so that two of them can part after a common beginning.
struct Log {
    name: String,
    key: OriginKey,
    leaves: Vec<Hash>,
}

impl Log {
    fn new(name: &str) -> Self {
        Self::parting(name, u64::MAX)
    }

    /// Its entries are others from `at` on.
    fn parting(name: &str, at: u64) -> Self {
        let entry = |n| format!("{} {n}", if n < at { "common" } else { "other" });
        Self {
            name: name.to_owned(),
            key: OriginKey::from_seed([1; 32]),
            leaves: (0..300).map(|n| leaf_hash(entry(n).as_bytes())).collect(),
        }
    }

    fn vkey(&self) -> VerifierKey {
        let (name, key) = (self.name.clone(), self.key.public());
        VerifierKey {
            name,
            kind: KeyKind::Log,
            key,
        }
    }

    fn note(&self, size: u64) -> String {
        let root = root(&LeafNodes(&self.leaves), size).unwrap();
        Checkpoint {
            name: self.name.clone(),
            size,
            root,
        }
        .sign(&self.key)
    }

    fn proof(&self, old: u64, new: u64) -> Vec<Hash> {
        consistency_proof(&LeafNodes(&self.leaves), old, new).unwrap()
    }
}

/// A witness on loopback.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), WitnessError>>,
}

struct World {
    dir: TempDir,
    wall_s: Arc<AtomicU64>,
    logs: Vec<VerifierKey>,
}

impl World {
    fn new(logs: &[&Log]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        create(dir.path(), NAME, &[7; 32]).unwrap();
        let (wall_s, logs) = (
            Arc::new(AtomicU64::new(START_S)),
            logs.iter().map(|log| log.vkey()).collect(),
        );
        Self { dir, wall_s, logs }
    }

    fn config(&self) -> WitnessConfig {
        let mut config = WitnessConfig::new(self.dir.path(), NAME);
        config.logs = self.logs.iter().map(|vkey| WatchedLog { vkey: vkey.clone() }).collect();
        config.connections_max = 8;
        config
    }

    async fn start(&self) -> Running {
        let wall_s = Arc::clone(&self.wall_s);
        let clock = move || ClockReading {
            wall_ms: wall_s.load(Relaxed) * 1_000,
            mono_ms: 0,
            boot: BootId([1; 8]),
            ntp: true,
        };
        let surroundings = Surroundings::new(clock, |_: &mut [u8]| panic!("a running witness draws nothing"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move { stopped.await.unwrap_or_default() };
        let ended = tokio::spawn(run(self.config(), listener, surroundings, shutdown));
        Running { address, stop, ended }
    }

    fn evidence(&self) -> Vec<String> {
        let folders = fs::read_dir(self.dir.path().join("evidence"))
            .unwrap()
            .map(|dir| dir.unwrap().path());
        let files = folders.flat_map(|dir| fs::read_dir(dir).unwrap());
        files
            .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
            .collect()
    }
}

impl Running {
    async fn add(&self, note: &str, old: u64, proof: &[Hash]) -> WitnessReply {
        add_checkpoint(&format!("http://{}", self.address), note, old, proof)
            .await
            .unwrap()
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap().unwrap();
    }

    /// The answer to raw bytes, until the witness closes the connection.
    async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    async fn post(&self, body: &str) -> String {
        let head = format!(
            "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.raw(&(head + body)).await
    }

    async fn get(&self, path: &str) -> String {
        let answer = self
            .raw(&format!("GET {path} HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n"))
            .await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}

fn own() -> VerifierKey {
    let key = OriginKey::from_seed([7; 32]).public();
    VerifierKey {
        name: NAME.to_owned(),
        kind: KeyKind::Cosigner,
        key,
    }
}

/// The time of the one cosignature in an answer, which must be right for this note.
fn cosigned(reply: &WitnessReply, note: &str) -> u64 {
    let WitnessReply::Cosigned(lines) = reply else {
        panic!("{reply:?}")
    };
    let merged = merge(note, lines, &[own()]).unwrap();
    let found = cosignatures(&merged, &[own()]).unwrap();
    let [Cosigned { time_s, .. }] = found[..] else {
        panic!("{found:?}")
    };
    time_s
}

fn status(reply: &WitnessReply) -> u16 {
    match reply {
        WitnessReply::Refused { status, .. } => *status,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_log_is_followed_from_its_first_checkpoint_on() {
    let log = Log::new("log.example/a");
    let world = World::new(&[&log]);
    let witness = world.start().await;
    assert_eq!(
        cosigned(&witness.add(&log.note(3), 0, &[]).await, &log.note(3)),
        START_S
    );
    assert_eq!(witness.add(&log.note(7), 0, &[]).await, WitnessReply::Has(3));
    world.wall_s.store(START_S + 5, Relaxed);
    let reply = witness.add(&log.note(7), 3, &log.proof(3, 7)).await;
    assert_eq!(cosigned(&reply, &log.note(7)), START_S + 5);
    // The same checkpoint again: a newer time, nothing else.
    world.wall_s.store(START_S + 9, Relaxed);
    assert_eq!(
        cosigned(&witness.add(&log.note(7), 7, &[]).await, &log.note(7)),
        START_S + 9
    );
    // A clock that was set back.
    world.wall_s.store(START_S - 1_000, Relaxed);
    let reply = witness.add(&log.note(256), 7, &log.proof(7, 256)).await;
    assert_eq!(
        cosigned(&reply, &log.note(256)),
        START_S + 9,
        "never before what was said already"
    );
    assert_eq!(world.evidence(), [""; 0]);
    witness.stop().await;
}

#[tokio::test]
async fn an_empty_log_may_be_first() {
    let log = Log::new("log.example/a");
    let world = World::new(&[&log]);
    let witness = world.start().await;
    cosigned(&witness.add(&log.note(0), 0, &[]).await, &log.note(0));
    cosigned(&witness.add(&log.note(5), 0, &[]).await, &log.note(5));
    witness.stop().await;
}

#[tokio::test]
async fn what_the_page_refuses_is_refused_with_its_number() {
    let (log, stranger) = (Log::new("log.example/a"), Log::new("log.example/b"));
    let world = World::new(&[&log]);
    let witness = world.start().await;
    cosigned(&witness.add(&log.note(3), 0, &[]).await, &log.note(3));
    assert_eq!(status(&witness.add(&stranger.note(3), 0, &[]).await), 404);
    let other_key = Log {
        key: OriginKey::from_seed([2; 32]),
        ..Log::new("log.example/a")
    };
    assert_eq!(status(&witness.add(&other_key.note(7), 3, &log.proof(3, 7)).await), 403);
    let wrong = log.note(7).replace("\n7\n", "\n8\n");
    assert_eq!(status(&witness.add(&wrong, 3, &log.proof(3, 8)).await), 403);
    assert_eq!(status(&witness.add(&log.note(3), 4, &[]).await), 400, "old above new");
    assert_eq!(status(&witness.add(&log.note(7), 3, &log.proof(3, 8)).await), 422);
    assert_eq!(status(&witness.add(&log.note(7), 3, &[]).await), 422);
    assert_eq!(
        status(&witness.add(&log.note(3), 3, &log.proof(3, 7)).await),
        422,
        "a proof where none is needed"
    );
    let many = vec![[1; 32]; 64];
    assert_eq!(status(&witness.add(&log.note(7), 3, &many).await), 400);
    for body in ["", "old 3\n", "old 03\n\nx", "old 3\n\nno note\n"] {
        assert!(witness.post(body).await.starts_with("HTTP/1.1 400 "), "{body:?}");
    }
    assert!(witness.post(&"x".repeat(65_537)).await.starts_with("HTTP/1.1 400 "));
    assert!(
        witness
            .raw("GET /add-checkpoint HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 405 ")
    );
    // None of that has moved it.
    cosigned(&witness.add(&log.note(7), 3, &log.proof(3, 7)).await, &log.note(7));
    witness.stop().await;
}

#[tokio::test]
async fn a_conflict_tells_the_size_in_the_pages_form() {
    let log = Log::new("log.example/a");
    let world = World::new(&[&log]);
    let witness = world.start().await;
    cosigned(&witness.add(&log.note(7), 0, &[]).await, &log.note(7));
    let answer = witness.post(&format!("old 3\n\n{}", log.note(9))).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 409 "), "{head}");
    assert!(
        head.to_lowercase().contains("\r\ncontent-type: text/x.tlog.size\r\n"),
        "{head}"
    );
    assert_eq!(body, "7\n");
    witness.stop().await;
}

#[tokio::test]
async fn a_smaller_tree_is_never_cosigned_again() {
    let log = Log::new("log.example/a");
    let world = World::new(&[&log]);
    let witness = world.start().await;
    cosigned(&witness.add(&log.note(9), 0, &[]).await, &log.note(9));
    for old in [0, 3] {
        assert_eq!(
            witness.add(&log.note(7), old, &log.proof(old, 7)).await,
            WitnessReply::Has(9)
        );
    }
    assert_eq!(status(&witness.add(&log.note(7), 9, &[]).await), 400);
    witness.stop().await;
    let witness = world.start().await;
    assert_eq!(
        witness.add(&log.note(7), 0, &[]).await,
        WitnessReply::Has(9),
        "after a restart too"
    );
    witness.stop().await;
}

#[tokio::test]
async fn a_fork_is_refused_and_kept_as_evidence() {
    let (log, fork) = (Log::new("log.example/a"), Log::parting("log.example/a", 5));
    let world = World::new(&[&log]);
    let witness = world.start().await;
    cosigned(&witness.add(&log.note(7), 0, &[]).await, &log.note(7));
    // The same size, another root: both signed, which proves the fork.
    assert_eq!(witness.add(&fork.note(7), 7, &[]).await, WitnessReply::Has(7));
    let evidence = world.evidence();
    let [evidence] = &evidence[..] else {
        panic!("{evidence:?}")
    };
    assert!(
        evidence.contains(&fork.note(7)) && evidence.contains(log.note(7).trim_end()),
        "{evidence}"
    );
    // A larger tree that does not continue it.
    assert_eq!(status(&witness.add(&fork.note(9), 7, &fork.proof(7, 9)).await), 422);
    assert_eq!(status(&witness.add(&fork.note(9), 7, &fork.proof(5, 9)).await), 422);
    assert_eq!(world.evidence().len(), 2, "each checkpoint once");
    // The honest history goes on.
    cosigned(&witness.add(&log.note(9), 7, &log.proof(7, 9)).await, &log.note(9));
    for size in 10..10 + 2 * EVIDENCE_FILES_MAX as u64 {
        assert_eq!(
            status(&witness.add(&fork.note(size), 9, &fork.proof(9, size)).await),
            422
        );
    }
    assert_eq!(world.evidence().len(), 1 + EVIDENCE_FILES_MAX, "evidence is bounded");
    // The head with a proof that is none says nothing about the log; a fork is kept though the other sort is full, and
    // whatever was asked with it.
    assert_eq!(status(&witness.add(&log.note(9), 9, &log.proof(7, 9)).await), 422);
    assert_eq!(world.evidence().len(), 1 + EVIDENCE_FILES_MAX);
    assert_eq!(
        witness.add(&fork.note(9), 3, &fork.proof(3, 9)).await,
        WitnessReply::Has(9)
    );
    assert_eq!(world.evidence().len(), 2 + EVIDENCE_FILES_MAX);
    witness.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_at_once_never_set_it_back() {
    let log = Arc::new(Log::new("log.example/a"));
    let world = World::new(&[&log]);
    let witness = Arc::new(world.start().await);
    cosigned(&witness.add(&log.note(1), 0, &[]).await, &log.note(1));
    let most = Arc::new(AtomicU64::new(1));
    let runners = (0..8u64).map(|runner| {
        let (log, witness, most) = (Arc::clone(&log), Arc::clone(&witness), Arc::clone(&most));
        tokio::spawn(async move {
            let mut won = 0;
            for step in 0..25 {
                let before = most.load(Relaxed);
                let old = match witness.add(&log.note(before), 0, &[]).await {
                    WitnessReply::Has(size) => size,
                    other => panic!("{other:?}"),
                };
                assert!(old >= before, "{old} after {before} was answered");
                let new = old + 1 + (runner * 7 + step) % 3;
                match witness.add(&log.note(new), old, &log.proof(old, new)).await {
                    WitnessReply::Cosigned(_) => {
                        most.fetch_max(new, Relaxed);
                        won += 1;
                    }
                    WitnessReply::Has(other) => assert!(other > old),
                    other => panic!("{other:?}"),
                }
            }
            won
        })
    });
    let mut won = 0;
    for runner in runners.collect::<Vec<_>>() {
        won += runner.await.unwrap();
    }
    assert!(won > 8, "{won} of 200 were cosigned");
    let last = most.load(Relaxed);
    let WitnessReply::Has(size) = witness.add(&log.note(last), 0, &[]).await else {
        panic!()
    };
    assert_eq!(size, last);
    Arc::into_inner(witness).unwrap().stop().await;
}

#[tokio::test]
async fn cosignatures_of_others_pass_and_are_not_kept() {
    let log = Log::new("log.example/a");
    let world = World::new(&[&log]);
    let witness = world.start().await;
    let note = log.note(3);
    let other = OriginKey::from_seed([9; 32]);
    let dressed = add_line(&note, &proof::cosign(&note, "other.example", &other, 5)).unwrap();
    let reply = witness.add(&dressed, 0, &[]).await;
    assert_eq!(cosigned(&reply, &note), START_S);
    let shown = witness.get("/logs").await;
    assert!(!shown.contains("other.example"), "{shown}");
    let WitnessReply::Cosigned(line) = reply else { panic!() };
    assert_eq!(shown, note + &line);
    assert_eq!(witness.get("/health").await, "ok\n");
    witness.stop().await;
}

#[tokio::test]
async fn two_logs_are_two_memories() {
    let (a, b) = (Log::new("log.example/a"), Log::new("log.example/b"));
    let world = World::new(&[&a, &b]);
    let witness = world.start().await;
    cosigned(&witness.add(&a.note(3), 0, &[]).await, &a.note(3));
    cosigned(&witness.add(&b.note(9), 0, &[]).await, &b.note(9));
    let shown = witness.get("/logs").await;
    let notes: Vec<_> = shown.split("\n\nlog.example").collect();
    assert_eq!(notes.len(), 2, "{shown}");
    witness.stop().await;
    let seen = Witness::remembers(&world.config()).unwrap();
    let told: Vec<_> = seen
        .iter()
        .map(|seen| (&seen.log.name[..], seen.size, seen.time_s))
        .collect();
    assert_eq!(told, [("log.example/a", 3, START_S), ("log.example/b", 9, START_S)]);
}

#[tokio::test]
async fn a_damaged_memory_is_not_forgotten() {
    let log = Log::new("log.example/a");
    let world = World::new(&[&log]);
    let witness = world.start().await;
    cosigned(&witness.add(&log.note(3), 0, &[]).await, &log.note(3));
    witness.stop().await;
    let logs = world.dir.path().join("logs");
    let file = fs::read_dir(&logs).unwrap().next().unwrap().unwrap().path();
    let good = fs::read_to_string(&file).unwrap();
    for bad in [
        String::new(),
        good[..good.len() / 2].to_owned(),
        good.replace("\n3\n", "\n4\n"),
        log.note(3),
    ] {
        fs::write(&file, bad).unwrap();
        assert!(matches!(
            Witness::open(&world.config()),
            Err(WitnessError::Memory { .. })
        ));
    }
    fs::write(&file, &good).unwrap();
    let held = Witness::open(&world.config()).unwrap();
    assert_eq!(held.seen()[0].size, 3);
    assert!(matches!(
        Witness::open(&world.config()),
        Err(WitnessError::Locked { .. })
    ));
    drop(held);
    assert!(Witness::open(&world.config()).is_ok());
    // Under another key nothing here was cosigned by it.
    let other = tempfile::tempdir().unwrap();
    create(other.path(), NAME, &[8; 32]).unwrap();
    fs::copy(other.path().join("witness.seed"), world.dir.path().join("witness.seed")).unwrap();
    assert!(matches!(
        Witness::open(&world.config()),
        Err(WitnessError::Memory { .. })
    ));
}

#[test]
fn a_witness_is_made_once_and_its_key_is_checked() {
    let dir = tempfile::tempdir().unwrap();
    let vkey = create(dir.path(), NAME, &[7; 32]).unwrap();
    assert_eq!(vkey, own());
    assert!(matches!(
        create(dir.path(), NAME, &[7; 32]),
        Err(WitnessError::Taken { .. })
    ));
    assert!(matches!(
        create(dir.path(), "two words", &[7; 32]),
        Err(WitnessError::Config(_))
    ));
    let seed = dir.path().join("witness.seed");
    let mut bytes = fs::read(&seed).unwrap();
    bytes[20] ^= 1;
    fs::write(&seed, bytes).unwrap();
    assert!(matches!(
        witness::verifier_key(dir.path(), NAME),
        Err(WitnessError::Seed { .. })
    ));
}

/// A checkpoint that cannot be stored is not cosigned.
#[tokio::test]
async fn without_the_disk_there_is_no_cosignature() {
    let log = Log::new("log.example/a");
    let world = World::new(&[&log]);
    let witness = world.start().await;
    cosigned(&witness.add(&log.note(3), 0, &[]).await, &log.note(3));
    let logs = world.dir.path().join("logs");
    let aside = world.dir.path().join("aside");
    fs::rename(&logs, &aside).unwrap();
    assert_eq!(status(&witness.add(&log.note(7), 3, &log.proof(3, 7)).await), 500);
    fs::rename(&aside, &logs).unwrap();
    assert_eq!(witness.add(&log.note(7), 0, &[]).await, WitnessReply::Has(3));
    cosigned(&witness.add(&log.note(7), 3, &log.proof(3, 7)).await, &log.note(7));
    witness.stop().await;
}

#[tokio::test]
async fn addresses_are_http_and_silence_is_an_error() {
    let note = Log::new("log.example/a").note(3);
    for bad in [
        "",
        "witness.example",
        "https://witness.example",
        "http://a@witness.example",
        "http://w/?x",
        "ftp://w",
    ] {
        let refused = add_checkpoint(bad, &note, 0, &[]).await;
        assert!(matches!(refused, Err(NoAnswer::Address(_))), "{bad}: {refused:?}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = add_checkpoint(&format!("http://{closed}/"), &note, 0, &[]).await;
    assert!(matches!(refused, Err(NoAnswer::Unreachable(_))), "{refused:?}");
    assert!(matches!(
        add_checkpoint("http://w", "no note", 0, &[]).await,
        Err(NoAnswer::Note(_))
    ));
}

#[tokio::test]
async fn a_stop_does_not_wait_for_idle_connections() {
    let log = Log::new("log.example/a");
    let world = World::new(&[&log]);
    let witness = world.start().await;
    let idle = TcpStream::connect(witness.address).await.unwrap();
    assert_eq!(witness.get("/health").await, "ok\n");
    tokio::time::timeout(std::time::Duration::from_secs(4), witness.stop())
        .await
        .unwrap();
    drop(idle);
}
