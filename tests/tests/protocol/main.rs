//! The page in `protocol/README.md` against what the programs do at their doors: refusals, bounds, and a
//! client that was written from the page alone, speaking to a hub over TLS.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use event::{BootId, ClockReading, UnitCode};
use hub::HubConfig;
use link::{Limits, PROBLEM_PREFIX, Problem, ProblemKind, Surroundings};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const PAGE: &str = include_str!("../../../protocol/README.md");

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let lines = PAGE.lines().filter(|line| line.starts_with('|'));
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
}

#[test]
fn the_refusals_are_the_programs() {
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    let page: Vec<_> = rows()
        .filter(|row| row.len() == 6 && row[1].parse::<u16>().is_ok())
        .map(|row| (row[0].trim_matches('`').to_owned(), row[1].to_owned(), row[2], row[3]))
        .collect();
    let said = |kind: &ProblemKind| {
        let (slug, status) = (kind.slug().to_owned(), kind.status().to_string());
        (slug, status, yes(kind.retry()), yes(kind.data_safe()))
    };
    assert_eq!(page, ProblemKind::all().iter().map(said).collect::<Vec<_>>());
    assert!(PAGE.contains(&format!("`{PROBLEM_PREFIX}`")));
    // Every slug that stands anywhere else on the page is one of the table.
    for row in rows().filter(|row| row.len() == 5 && row[0].contains("/v1/")) {
        for slug in row[4].split('`').skip(1).step_by(2) {
            assert!(ProblemKind::from_slug(slug).is_some(), "{slug}");
        }
    }
}

#[test]
fn the_fields_of_a_refusal_are_the_programs() {
    let problem = Problem::new(ProblemKind::Gap, "detail")
        .after_s(1)
        .expecting(2, 1)
        .at_most_bytes(1);
    let problem = problem.in_journal("j").with_evidence("e");
    let document = serde_json::to_value(&problem).unwrap();
    let at = PAGE.find("## 6. Refusals").unwrap();
    let table = PAGE[at..].lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let table = table.take_while(|line| line.starts_with('|'));
    let mut page: Vec<_> = table
        .map(|line| line.trim_matches('|').split('|').next().unwrap().trim())
        .collect();
    page.sort_unstable();
    let mut written: Vec<_> = document.as_object().unwrap().keys().map(String::as_str).collect();
    written.sort_unstable();
    assert_eq!(page, written);
}

#[test]
fn the_bounds_at_the_door_are_the_programs() {
    let limits = Limits::default();
    let expected: BTreeMap<&str, u64> = BTreeMap::from([
        ("handshake", limits.handshake.as_secs()),
        ("handshakes_per_address_max", limits.handshakes_per_address_max as u64),
        ("connections_max", limits.connections_max as u64),
        ("head", limits.head.as_secs()),
        ("idle", limits.idle.as_secs()),
        ("body_idle", limits.body_idle.as_secs()),
        ("body_bytes_max", limits.body_bytes_max),
        ("head_bytes_max", u64::from(limits.head_bytes_max)),
        ("streams_max", u64::from(limits.streams_max)),
        ("NOTE_BYTES_MAX", proof::NOTE_BYTES_MAX as u64),
        ("NOTE_SIGNATURES_MAX", proof::NOTE_SIGNATURES_MAX as u64),
        ("PROBLEM_BYTES_MAX", link::PROBLEM_BYTES_MAX as u64),
        ("ENROLMENT_BYTES_MAX", link::ENROLMENT_BYTES_MAX as u64),
        ("ENROLMENT_LIFE_MS", link::ENROLMENT_LIFE_MS),
        ("NEXT_HELLO_MS", hub::NEXT_HELLO_MS),
    ]);
    let at = PAGE.find("Bounds of the hub's door").unwrap();
    let table = PAGE[at..].lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let table = table.take_while(|line| line.starts_with('|'));
    let cells = table.map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    let page: BTreeMap<_, _> = cells.map(|row| (row[0], row[1].parse().unwrap())).collect();
    assert_eq!(page, expected);
}

/// A clock that goes on whenever it is read, and random bytes from a counter.
fn surroundings() -> Surroundings {
    let (read, drawn) = (AtomicU64::new(0), AtomicU64::new(0));
    let clock = move || {
        let mono_ms = read.fetch_add(1, Relaxed);
        let wall_ms = 1_790_000_000_000 + mono_ms;
        let boot = BootId([1; 8]);
        ClockReading {
            wall_ms,
            mono_ms,
            boot,
            ntp: true,
        }
    };
    let entropy = move |bytes: &mut [u8]| {
        for chunk in bytes.chunks_mut(32) {
            let hash = Sha256::digest(drawn.fetch_add(1, Relaxed).to_be_bytes());
            chunk.copy_from_slice(&hash[..chunk.len()]);
        }
    };
    Surroundings::new(clock, entropy)
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/check/talk.py")
}

/// The client's own words, or why it could not speak.
fn talk(enrolment: &Path, address: &str) -> Result<String, &'static str> {
    let command = Command::new("python3")
        .arg("-B")
        .arg(script())
        .arg(enrolment)
        .arg(address)
        .output();
    let Ok(said) = command else {
        return Err("there is no python3");
    };
    if said.status.code() == Some(77) {
        return Err("python3 has no TLS 1.3 or finds no zstd");
    }
    let told = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    assert!(
        said.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&said.stderr)
    );
    Ok(told)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_enrols_pushes_and_pulls_by_the_page() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = HubConfig::new(dir.path().join("hub"), "hub.example:8443");
    (config.ballast_mib, config.min_free_mib, config.cache_mib) = (0, 1, 8);
    let town: UnitCode = "990000103000".parse().unwrap();
    let surroundings = surroundings();
    hub::create(&config, town, "示范镇", &["hub.example".to_owned()], &surroundings).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    config.address.clone_from(&address);
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move { stopped.await.unwrap_or_default() };
    let running = tokio::spawn(hub::run(config.clone(), listener, surroundings, shutdown));
    let offer = json!({ "unit": "990000103001", "role": "village", "name": "示范村" });
    let offered = loop {
        assert!(!running.is_finished(), "the hub did not start");
        match hub::ask(&config.data_dir, "POST", "/offer", Some(&offer)).await {
            Ok(offered) => break offered,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let file = dir.path().join("enrolment.toml");
    fs::write(&file, offered["enrolment"].as_str().unwrap()).unwrap();
    let told = tokio::task::spawn_blocking(move || talk(&file, &address))
        .await
        .unwrap();
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    match told {
        Ok(told) => assert_eq!(
            told,
            "a stranger enrolled, pushed, proved, witnessed and pulled by the page"
        ),
        Err(reason) => skip("a_stranger_enrols_pushes_and_pulls_by_the_page", reason),
    }
}

/// A skip is counted: see `tests/README.md`.
#[expect(clippy::print_stdout, reason = "a skip is never silent")]
fn skip(name: &str, reason: &str) {
    println!("SKIPPED: {name}: {reason}");
    if let Some(list) = std::env::var_os("MINQING_SKIPS") {
        let mut list = fs::OpenOptions::new().append(true).create(true).open(list).unwrap();
        writeln!(list, "{name}: {reason}").unwrap();
    }
}
