//! The house keeps its shape: who may know whom, what the pure crates may stand on, where a clock
//! may be read, how long a file may be, what no text may say, and that the tables of tests name
//! tests that exist. `crates/README.md` says why.
//!
//! Each rule is a function from what it reads to a list of complaints, so that it is tried on
//! made-up trees as well as on the real one.

mod knows;
mod says;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::knows::{arrows, impurities};
use crate::says::{banned_calls, strange_places, too_long};
use crate::table::{has_test, table_of_tests};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("below the workspace")
        .to_path_buf()
}

fn told(command: &mut Command) -> String {
    let said = command.current_dir(root()).output().expect("it can be run");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).expect("text")
}

fn metadata() -> Value {
    let version = told(Command::new("rustc").arg("-vV"));
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .expect("a host");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let said = told(Command::new(cargo).args([
        "metadata",
        "--offline",
        "--locked",
        "--format-version",
        "1",
        "--filter-platform",
        host,
    ]));
    serde_json::from_str(&said).expect("JSON")
}

/// Every file of the project, but what is built or invented by running it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(&*name, ".git" | "target" | "minqing-demo" | "__pycache__") {
                found.extend(files(&path));
            }
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Files of the project with their path below `root` and their text; files that are no text are left out.
fn texts() -> Vec<(String, String)> {
    let root = root();
    let with_text = |path: PathBuf| {
        let name = path
            .strip_prefix(&root)
            .expect("below the root")
            .to_string_lossy()
            .into_owned();
        fs::read_to_string(path).ok().map(|text| (name, text))
    };
    files(&root).into_iter().filter_map(with_text).collect()
}

fn is_source(name: &str) -> bool {
    name.starts_with("crates/") && name.contains("/src/") && name.ends_with(".rs")
}

fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn arrows_point_down() {
    none(&arrows(&metadata()));
}

#[test]
fn pure_crates_stand_on_pure_ground() {
    none(&impurities(&metadata()));
}

#[test]
fn clocks_and_randomness_have_one_door() {
    let texts = texts();
    let sources: Vec<_> = texts.iter().filter(|(name, _)| is_source(name)).collect();
    assert!(sources.len() > 20, "the sources were not found");
    none(
        &sources
            .iter()
            .flat_map(|(name, text)| banned_calls(name, text))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn files_are_short() {
    let texts = texts();
    none(
        &texts
            .iter()
            .filter(|(name, _)| is_source(name))
            .filter_map(|(n, t)| too_long(n, t))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn no_text_names_a_machine_or_a_registry() {
    none(
        &texts()
            .iter()
            .flat_map(|(name, text)| strange_places(name, text))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn every_test_in_the_table_exists() {
    let texts: BTreeMap<String, String> = texts().into_iter().collect();
    let exists = |file: &str, name: &str| texts.get(file).is_some_and(|text| has_test(text, name));
    none(&table_of_tests(&texts["tests/README.md"], exists));
}
