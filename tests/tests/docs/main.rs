//! What the README and the runbook say is true of the tree: links lead somewhere, sample settings are the
//! settings, units give the hub what it asks for, and what an operator is told to look at is there to be seen.
//!
//! That every documented command line is one is tried beside the program: `crates/minqing/tests/docs.rs`.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod links;
mod status;

use std::fs;
use std::path::{Path, PathBuf};

use hub::HubConfig;
use link::Limits;
use village::VillageConfig;
use witness::WitnessConfig;

use crate::links::broken;
use crate::status::{asked_for, fields, unknown};

/// The pages that lead people through the project.
const PAGES: [&str; 16] = [
    "README.md",
    "deploy/README.md",
    "deploy/trouble.md",
    "deploy/verify.md",
    "crates/README.md",
    "crates/event-log/README.md",
    "protocol/README.md",
    "protocol/events.md",
    "protocol/views.md",
    "protocol/import.md",
    "protocol/proofs.md",
    "protocol/export.md",
    "tests/README.md",
    "deploy/proofs.md",
    "deploy/audit.md",
    "protocol/leads.md",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_link_leads_somewhere() {
    let complaints: Vec<String> = PAGES
        .iter()
        .flat_map(|page| {
            broken(page, &text(page), &|target| {
                // A picture has no headings to lead to, but it is there.
                let bytes = fs::read(root().join(target)).ok()?;
                Some(String::from_utf8(bytes).unwrap_or_default())
            })
        })
        .collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// The keys that a file of settings may have, as the parser names them to somebody who mistyped one.
fn keys(refusal: &str) -> Vec<&str> {
    let (_, expected) = refusal.split_once("expected").unwrap();
    expected.split('`').skip(1).step_by(2).collect()
}

fn lacks<'a>(sample: &str, keys: &[&'a str]) -> Vec<&'a str> {
    let has = |key: &str| sample.lines().any(|line| line.starts_with(&format!("{key} = ")));
    keys.iter().copied().filter(|key| !has(key)).collect()
}

#[test]
fn the_hubs_sample_settings_are_all_of_its_settings_with_their_defaults() {
    let sample = text("deploy/hub.toml");
    let config = HubConfig::from_toml(&sample).unwrap();
    let default = HubConfig::new(&config.data_dir, &config.address);
    assert_eq!(config.listen, default.listen);
    assert_eq!(config.min_free_mib, default.min_free_mib);
    assert_eq!(config.ballast_mib, default.ballast_mib);
    assert_eq!(config.cache_mib, default.cache_mib);
    let refusal = HubConfig::from_toml("mistyped = 1").unwrap_err().to_string();
    assert!(keys(&refusal).len() > 3, "{refusal}");
    assert_eq!(lacks(&sample, &keys(&refusal)), [""; 0]);
    assert_eq!(
        lacks("address = \"\"\n# listen = 1\n", &["address", "listen"]),
        ["listen"]
    );
}

#[test]
fn a_nodes_sample_settings_are_all_of_its_settings_with_their_defaults() {
    let sample = text("deploy/village.toml");
    let config = VillageConfig::from_toml(&sample).unwrap();
    let default = VillageConfig::new(&config.data_dir);
    assert_eq!(config.min_free_mib, default.min_free_mib);
    assert_eq!(config.ballast_mib, default.ballast_mib);
    assert_eq!(config.cache_mib, default.cache_mib);
    let refusal = VillageConfig::from_toml("mistyped = 1").unwrap_err().to_string();
    assert!(keys(&refusal).len() > 2, "{refusal}");
    assert_eq!(lacks(&sample, &keys(&refusal)), [""; 0]);
}

#[test]
fn a_witnesss_sample_settings_are_all_of_its_settings_with_their_defaults() {
    let sample = text("deploy/witness.toml");
    let config = WitnessConfig::from_toml(&sample).unwrap();
    let default = WitnessConfig::new(&config.data_dir, &config.name);
    assert_eq!(config.listen, default.listen);
    assert_eq!(config.connections_max, default.connections_max);
    assert_eq!(config.logs.len(), 1);
    let refusal = WitnessConfig::from_toml("mistyped = 1").unwrap_err().to_string();
    let keys: Vec<_> = keys(&refusal).into_iter().filter(|key| *key != "log").collect();
    assert!(keys.len() > 3, "{refusal}");
    assert_eq!(lacks(&sample, &keys), [""; 0]);
}

/// The value of a directive of a unit.
fn directive<'a>(unit: &'a str, name: &str) -> Option<&'a str> {
    unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
}

#[test]
fn units_leave_the_programs_what_they_need() {
    let (hub, village) = (
        text("deploy/minqing-hub.service"),
        text("deploy/minqing-village.service"),
    );
    let witness = text("deploy/minqing-witness.service");
    for (unit, settings) in [
        (&hub, "deploy/hub.toml"),
        (&village, "deploy/village.toml"),
        (&witness, "deploy/witness.toml"),
    ] {
        // /proc/uptime and the boot's identifier are how a node knows this start of its machine.
        assert_ne!(directive(unit, "ProcSubset"), Some("pid"));
        assert_eq!(directive(unit, "UMask"), Some("0077"));
        assert_eq!(directive(unit, "StateDirectoryMode"), Some("0700"));
        let start = directive(unit, "ExecStart").unwrap();
        let folder = start.split_whitespace().last().unwrap();
        assert!(text(settings).contains(&format!("data_dir = \"{folder}\"")), "{folder}");
        let state = format!("/var/lib/{}/", directive(unit, "StateDirectory").unwrap());
        assert!(folder.starts_with(&state), "the unit may not write to {folder}");
        // A damaged log is copied before it is repaired; a loop of that would fill the disk.
        let stays_down = directive(unit, "RestartPreventExitStatus").unwrap();
        assert!(stays_down.split_whitespace().any(|code| code == "4"));
    }
    let limits = Limits::default();
    let files: usize = directive(&hub, "LimitNOFILE").unwrap().parse().unwrap();
    assert!(files > limits.connections_max * 2, "{files} files");
    let stop: u64 = directive(&hub, "TimeoutStopSec").unwrap().parse().unwrap();
    assert!(stop > limits.grace.as_secs() * 2, "{stop} s");
}

#[test]
fn what_an_operator_is_told_to_look_at_is_in_the_status() {
    let page = text("deploy/README.md");
    for (what, source) in [
        ("`hub status --json`", "crates/hub/src/status.rs"),
        ("`village status --json`", "crates/village/src/status.rs"),
    ] {
        let fields = fields(&page, what);
        assert!(fields.len() > 8, "the table of {what} was not found");
        assert_eq!(unknown(&fields, &text(source)), [""; 0], "{source}");
    }
}

#[test]
fn what_is_asked_at_the_hubs_own_door_has_an_address_there() {
    let routes = text("crates/hub/src/admin.rs");
    let asked: Vec<String> = ["deploy/README.md", "deploy/trouble.md"]
        .iter()
        .flat_map(|page| asked_for(&text(page)))
        .collect();
    assert!(asked.len() > 2, "the requests were not found");
    for path in asked {
        assert!(routes.contains(&format!(".route(\"{path}\"")), "{path}");
    }
}
