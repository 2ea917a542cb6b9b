//! The synthetic log of an office: the committed files are what the generator gives, they hold the
//! difficulties they are there for, and their figures are those of the independent script.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::{fs, io};

use sample::source_log;

fn tests_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests")
}

fn data(name: &str) -> String {
    fs::read_to_string(tests_dir().join("data").join(name)).expect("a committed file")
}

fn rows(csv: &str) -> Vec<Vec<&str>> {
    csv.lines().skip(1).map(|line| line.split(',').collect()).collect()
}

#[test]
fn the_committed_files_are_what_the_generator_gives() {
    let log = source_log(1, 150);
    assert!(log.whole == data("source.csv"), "source.csv differs");
    assert!(log.left == data("source_left.csv"), "source_left.csv differs");
    assert!(log.right == data("source_right.csv"), "source_right.csv differs");
    assert!(
        log.relations == data("source_relations.csv"),
        "source_relations.csv differs"
    );
    assert_ne!(source_log(2, 150).whole, log.whole);
}

#[test]
fn it_has_the_columns_and_the_difficulties() {
    let csv = data("source.csv");
    let columns: Vec<&str> = csv.lines().next().expect("a header").split(',').collect();
    assert_eq!(
        (columns.len(), columns[0], columns[14]),
        (15, "case:channel", "time:timestamp")
    );
    let rows = rows(&csv);
    assert!(rows.iter().all(|row| row.len() == 15));
    let instances: BTreeSet<&str> = rows.iter().map(|row| row[9]).collect();
    assert_eq!(instances.len(), rows.len(), "concept:instance is unique");
    for offset in ["+01:00", "+02:00"] {
        assert!(
            rows.iter().filter(|row| row[14].ends_with(offset)).count() > 100,
            "{offset}"
        );
        assert!(
            rows.iter()
                .any(|row| row[14].starts_with("2019-10-27 02:") && row[14].ends_with(offset)),
            "{offset}"
        );
    }
    let one_of: BTreeMap<&str, &Vec<&str>> = rows.iter().map(|row| (row[1], row)).collect();
    assert_eq!(one_of.len(), 150);
    assert!(
        one_of.values().filter(|row| row[4].is_empty()).count() >= 5,
        "cases without an end"
    );
    assert!(
        rows.iter().all(|row| !row[14].contains('.') || row[14].len() == 32),
        "microseconds, or none at all"
    );
}

#[test]
fn the_two_halves_are_the_whole() {
    let (whole, left, right) = (data("source.csv"), data("source_left.csv"), data("source_right.csv"));
    let key = |row: &Vec<&str>| {
        let case = row[1]
            .trim_start_matches("LEFT_")
            .trim_start_matches("RIGHT_")
            .to_owned();
        let wall = row[14].split('+').next().unwrap_or_default().to_owned();
        (case, row[9].to_owned(), row[10].to_owned(), wall)
    };
    let halves = [rows(&left), rows(&right)].concat();
    assert!(halves.iter().all(|row| row[14].ends_with("+00:00")), "the false offset");
    let mut merged: Vec<_> = halves.iter().map(key).collect();
    let mut wanted: Vec<_> = rows(&whole).iter().map(key).collect();
    merged.sort();
    wanted.sort();
    assert_eq!(merged, wanted);
    let related: BTreeSet<String> = data("source_relations.csv")
        .lines()
        .skip(1)
        .map(str::to_owned)
        .collect();
    let in_right: BTreeSet<String> = rows(&right)
        .iter()
        .map(|row| row[1].replace("RIGHT_", "LEFT_") + "," + row[1])
        .collect();
    assert_eq!(related, in_right);
}

#[test]
fn the_figures_are_those_of_the_independent_script() {
    let figures: serde_json::Value = serde_json::from_str(&data("source_figures.json")).expect("JSON");
    assert_eq!(figures["cases"], 150);
    assert_eq!(figures["events"], rows(&data("source.csv")).len());
    assert_eq!(figures["enddate_before_startdate"], 1);
    assert_eq!(figures["ties_same_case_same_instant"], 1);
    assert!(
        figures["closed_late_enddate_gt_deadline"]
            .as_u64()
            .is_some_and(|late| late > 20)
    );

    let (script, dir) = (
        tests_dir().join("independent/source_figures.py"),
        tests_dir().join("data"),
    );
    let arguments = [script, dir.join("source.csv"), dir.join("source_figures.json")];
    match Command::new("python3").args(arguments).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(
                output.status.success(),
                "{said}{}",
                String::from_utf8_lossy(&output.stderr)
            );
            assert!(said.contains("25 of 25 figures agree"), "{said}");
        }
        Err(error) => {
            let said = format!("SKIPPED, not checked: python3 cannot be started ({error})\n");
            io::stderr().write_all(said.as_bytes()).expect("standard error");
        }
    }
}
