//! The ledgers' snapshot: found again after a start, never trusted, made anew whatever happens to it.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::fs;
use std::sync::Arc;

use event_log::{RealDisk, SnapshotDb};
use serde_json::{Value, json};
use support::{Machine, Town, form, get, registered, visited};

/// Starts the node, and gives how its ledgers began, with their digests once they have caught up.
async fn started(machine: &Machine) -> (Value, Value) {
    let node = machine.start().await;
    let status = machine
        .until("the ledgers are there", |status| status["ledger"]["caught_up"] == true)
        .await;
    let digests = get(node.office(), "/digests?roots=true").await;
    node.stop().await.unwrap();
    (status["ledger"]["snapshot"].clone(), digests)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ledgers_are_restored_after_a_start_and_rebuilt_where_the_snapshot_is_not_sound() {
    let mut town = Town::found().await;
    let machine = town.village(Arc::new(RealDisk)).await;
    let node = machine.start().await;
    node.office().record(form(registered(1))).await.unwrap();
    for minutes in 1..6 {
        node.office().record(form(visited(1, minutes))).await.unwrap();
    }
    node.office().synced().await.unwrap();
    let expected = get(node.office(), "/digests?roots=true").await;
    node.stop().await.unwrap();

    let (snapshot, digests) = started(&machine).await;
    assert_eq!(
        (&snapshot["began"], &snapshot["detail"]),
        (&json!("restored"), &json!({ "entries": 6 }))
    );
    assert_eq!(digests, expected);

    let views = machine.config.data_dir.join("views");
    let mut db = SnapshotDb::open(&views).unwrap();
    let mut rows = Vec::new();
    db.load(|key, value| rows.push((key.to_vec(), value.to_vec()))).unwrap();
    let (key, mut value) = rows.pop().unwrap();
    let middle = value.len() / 2;
    value[middle] ^= 1;
    db.commit([(key, value)], [], []).unwrap();
    drop(db);
    let (snapshot, digests) = started(&machine).await;
    assert_eq!(snapshot["began"], "rebuilt");
    assert!(
        snapshot["detail"]["because"]
            .as_str()
            .unwrap()
            .contains("not the one that was written")
    );
    assert_eq!(digests, expected);

    fs::remove_dir_all(&views).unwrap();
    let (snapshot, digests) = started(&machine).await;
    assert_eq!(snapshot["began"], "from_log");
    assert_eq!(digests, expected);

    // The township's own.
    let before = town.ask("GET", "/digests?roots=true", None).await.unwrap();
    town.stop().await;
    town.start().await;
    let after = town.ask("GET", "/digests?roots=true&at_least=1", None).await.unwrap();
    let status = town.ask("GET", "/status", None).await.unwrap();
    assert_eq!(status["ledgers"]["snapshot"]["began"], "restored", "{status:#}");
    assert_eq!(after["units"], before["units"]);
}
