//! A hub and a witness outside the township, both the real programs' code: what is cosigned is kept, and a hub that was
//! put back is told.

#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::fs;
use std::path::Path;

use hub::WitnessConfig;
use proof::{Policy, VerifierKey, cosignatures};
use serde_json::Value;
use support::{Town, VILLAGE, World};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use witness::WatchedLog;

struct County {
    dir: TempDir,
    key: VerifierKey,
    url: String,
    stop: oneshot::Sender<()>,
}

/// A witness that watches this log.
async fn county(log: &VerifierKey) -> County {
    let dir = tempfile::tempdir().unwrap();
    let key = witness::create(dir.path(), "witness.example/county", &[7; 32]).unwrap();
    let mut config = witness::WitnessConfig::new(dir.path(), "witness.example/county");
    config.logs = vec![WatchedLog { vkey: log.clone() }];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move { stopped.await.unwrap_or_default() };
    tokio::spawn(witness::run(config, listener, World::new().surroundings, shutdown));
    County { dir, key, url, stop }
}

/// What the hub says of its only witness once it has asked it.
async fn asked(town: &Town) -> Value {
    loop {
        let status = town.ask("GET", "/status", None).await.unwrap();
        if let Some((_, asked)) = status["witnesses"].as_object().unwrap().iter().next() {
            return asked.clone();
        }
        tokio::task::yield_now().await;
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_outside_cosigns_and_tells_a_hub_that_was_put_back() {
    let town = Town::found().await;
    let known = town.ask("GET", "/witnesses", None).await.unwrap();
    let log: VerifierKey = known["log"].as_str().unwrap().parse().unwrap();
    let county = county(&log).await;
    let mut village = town.enrolled(1, VILLAGE, "village").await;
    village.record(5);
    village.push(0).await.unwrap();
    let (dir, mut config, world) = town.stop().await;
    config.witnesses = vec![WitnessConfig {
        url: county.url.clone(),
        key: county.key.clone(),
        every_minutes: 15,
    }];
    let town = Town::start(dir, config, world).await;
    let first = asked(&town).await;
    assert_eq!(
        (&first["size"], &first["alarm"]),
        (&Value::from(3), &Value::from(false)),
        "{first}"
    );
    let (dir, config, world) = town.stop().await;
    let backup = tempfile::tempdir().unwrap();
    copy(&config.data_dir, backup.path());

    // It goes on from what the witness has, and what the witness said is among what the hub keeps.
    let town = Town::start(dir, config, world).await;
    let mut village = town.enrolled(2, VILLAGE, "village").await;
    village.record(1);
    village.push(0).await.unwrap();
    let town = town.again().await;
    let second = asked(&town).await;
    assert_eq!(second["size"], 5, "{second}");
    let known = town.ask("GET", "/witnesses", None).await.unwrap();
    let notes = known["notes"].as_array().unwrap();
    let lines = notes
        .iter()
        .map(|note| cosignatures(note.as_str().unwrap(), std::slice::from_ref(&county.key)).unwrap());
    assert_eq!(
        lines.map(|lines| lines.len()).sum::<usize>(),
        1,
        "its newest word alone"
    );
    let cosigner = known["witnesses"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["key"] == county.key.to_string());
    assert_eq!(cosigner.unwrap()["url"], county.url);
    let policy = format!("log {log}\nwitness county {}\nquorum county\n", county.key);
    let policy = Policy::parse(policy.as_bytes()).unwrap();
    let note = notes
        .iter()
        .find(|note| note.as_str().unwrap().contains("witness.example"));
    let found = cosignatures(note.unwrap().as_str().unwrap(), &policy.witness_keys()).unwrap();
    assert!(policy.quorum(&found.iter().map(|one| one.key).collect()));

    // An older copy takes the hub's place: nobody in the township has asked it yet, and it is told.
    let (dir, config, world) = town.stop().await;
    fs::remove_dir_all(&config.data_dir).unwrap();
    copy(backup.path(), &config.data_dir);
    let town = Town::start(dir, config, world).await;
    let third = asked(&town).await;
    assert_eq!(third["alarm"], true, "{third}");
    assert!(third["trouble"].as_str().unwrap().contains("put back"), "{third}");
    town.stop().await;

    // Out of reach is no alarm.
    county.stop.send(()).unwrap();
    drop(county.dir);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_does_not_know_the_log_or_is_not_there_is_trouble_and_no_alarm() {
    let town = Town::found().await;
    let other: VerifierKey = VerifierKey {
        name: "minqing/journal/another".to_owned(),
        ..town.ask("GET", "/witnesses", None).await.unwrap()["log"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    };
    let county = county(&other).await;
    let (dir, mut config, world) = town.stop().await;
    config.witnesses = vec![WitnessConfig {
        url: county.url.clone(),
        key: county.key.clone(),
        every_minutes: 15,
    }];
    let town = Town::start(dir, config, world).await;
    let unknown = asked(&town).await;
    assert_eq!(
        (&unknown["alarm"], &unknown["size"]),
        (&Value::from(false), &Value::Null)
    );
    assert!(unknown["trouble"].as_str().unwrap().starts_with("404"), "{unknown}");
    let (dir, mut config, world) = town.stop().await;
    config.witnesses[0].url = "http://127.0.0.1:1".to_owned();
    let town = Town::start(dir, config, world).await;
    let gone = asked(&town).await;
    assert_eq!(gone["alarm"], false);
    assert!(gone["trouble"].as_str().unwrap().contains("reached"), "{gone}");
    town.stop().await;
}
