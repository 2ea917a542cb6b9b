//! A witness as a real process that is killed at any moment: what it cosigned it never forgets.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use link::{WitnessReply, add_checkpoint};
use proof::{
    Checkpoint, Hash, KeyKind, LeafNodes, OriginKey, VerifierKey, consistency_proof, cosignatures, leaf_hash, merge,
    root,
};
use serde_json::json;
use support::*;

const LOG: &str = "log.example/killed";

struct Log(OriginKey, Vec<Hash>);

impl Log {
    fn new() -> Self {
        let leaves = (0..2_000u64).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        Self(OriginKey::from_seed([1; 32]), leaves)
    }

    fn vkey(&self) -> VerifierKey {
        let (name, kind, key) = (LOG.to_owned(), KeyKind::Log, self.0.public());
        VerifierKey { name, kind, key }
    }

    fn note(&self, size: u64) -> String {
        let root = root(&LeafNodes(&self.1), size).unwrap();
        let name = LOG.to_owned();
        Checkpoint { name, size, root }.sign(&self.0)
    }

    fn proof(&self, old: u64, new: u64) -> Vec<Hash> {
        consistency_proof(&LeafNodes(&self.1), old, new).unwrap()
    }
}

#[test]
fn a_killed_witness_never_goes_back() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("witness");
    let listen = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let made = done(&[
        "witness",
        "init",
        "--dir",
        text(&folder),
        "--name",
        "witness.example/w",
        "--listen",
        &listen,
    ]);
    let own: VerifierKey = made["vkey"].as_str().unwrap().parse().unwrap();
    let again = outcome(&["witness", "init", "--dir", text(&folder), "--name", "witness.example/w"]);
    assert_eq!(again.0, 1, "there is a witness already");
    let log = Arc::new(Log::new());
    let mut settings = fs::File::options()
        .append(true)
        .open(folder.join("config.toml"))
        .unwrap();
    writeln!(settings, "[[log]]\nvkey = \"{}\"", log.vkey()).unwrap();

    let url = format!("http://{listen}");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut dice = Dice::new();
    // Everything below this was cosigned, and the cosignature was seen.
    let seen = Arc::new(AtomicU64::new(0));
    for round in 0..12 {
        let running = Running::start(&["witness", "run", "--dir", text(&folder)]);
        let before = seen.load(SeqCst);
        let shown = done(&["witness", "show", "--dir", text(&folder)]);
        assert!(
            shown["logs"][0]["size"].as_u64().unwrap() >= before,
            "round {round}: {shown}"
        );
        if round == 5 {
            let second = outcome(&["witness", "run", "--dir", text(&folder), "--listen", "127.0.0.1:0"]);
            assert_eq!(second.0, 5, "another process has the folder");
        }
        let stop = Arc::new(AtomicBool::new(false));
        let log_user = {
            let (log, seen, stop, url, own) = (log.clone(), seen.clone(), stop.clone(), url.clone(), own.clone());
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                let mut old = 0;
                while !stop.load(SeqCst) {
                    let new = (old + 1).max(1);
                    let (note, proof) = (log.note(new), log.proof(old, new));
                    match runtime.block_on(add_checkpoint(&url, &note, old, &proof)) {
                        Ok(WitnessReply::Cosigned(lines)) => {
                            let merged = merge(&note, &lines, std::slice::from_ref(&own)).unwrap();
                            assert_eq!(cosignatures(&merged, std::slice::from_ref(&own)).unwrap().len(), 1);
                            seen.fetch_max(new, SeqCst);
                            old = new;
                        }
                        Ok(WitnessReply::Has(size)) => {
                            assert!(size >= seen.load(SeqCst), "it went back to {size}");
                            old = size;
                        }
                        Ok(other) => panic!("{other:?}"),
                        // It was killed.
                        Err(_) => return,
                    }
                }
            })
        };
        dice.pause(150);
        running.kill();
        stop.store(true, SeqCst);
        log_user.join().unwrap();
    }
    let most = seen.load(SeqCst);
    assert!(most > 10, "only {most} checkpoints were cosigned");
    let running = Running::start(&["witness", "run", "--dir", text(&folder)]);
    let reply = runtime.block_on(add_checkpoint(&url, &log.note(1), 0, &[])).unwrap();
    let WitnessReply::Has(size) = reply else {
        panic!("{reply:?}")
    };
    assert!(
        size == most || size == most + 1,
        "{size} after {most}: the last one may have been stored and not answered"
    );
    running.stop();
    let shown = done(&["witness", "show", "--dir", text(&folder)]);
    assert_eq!(
        (&shown["logs"][0]["size"], &shown["vkey"]),
        (&json!(size), &json!(own.to_string()))
    );
    assert!(
        !folder.join("evidence").read_dir().unwrap().any(|_| true),
        "an honest log leaves no evidence"
    );
}
