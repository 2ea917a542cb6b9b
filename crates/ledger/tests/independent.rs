//! The request, household and coverage ledgers against a recomputation that shares nothing with them
//! (`tests/independent/recompute.py`), row by row.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Dice, Given, history, rebuild, unit};
use event::Day;
use ledger::{Author, Ledger, Period, Query, View};
use serde_json::{Value, json};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn line(one: &Given) -> String {
    json!({
        "position": one.receipt.position.0,
        "received_at_ms": one.receipt.received_at_ms,
        "origin": one.log.to_string(),
        "hub": one.author == Author::Hub,
        "sequence": one.sequence.get(),
        "bytes": hex(&one.bytes),
    })
    .to_string()
}

/// Runs the script, or returns `None` where there is no Python 3.
fn recompute(given: &[Given], periods: &[Period]) -> Option<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/independent/recompute.py");
    let mut command = Command::new("python3");
    command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    for period in periods {
        command.args(["--period", &period.from.0.to_string(), &period.to.0.to_string()]);
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "SKIPPED: python3 cannot be run: {error}");
            return None;
        }
    };
    let lines: Vec<String> = given.iter().map(line).collect();
    let mut input = child.stdin.take().unwrap();
    input.write_all(lines.join("\n").as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the recomputation failed");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn compare_view(ledger: &Ledger, view: View, n: u64, found: &Value, seed: u64) -> usize {
    let rows = ledger.rows(view, unit(n));
    let theirs = &found["units"][unit(n).to_string()][view.key()];
    for row in &rows {
        let key = hex(&row.key);
        assert_eq!(
            theirs["rows"][&key],
            hex(&row.value),
            "seed {seed}, {} row {key}",
            view.key()
        );
    }
    if rows.is_empty() {
        assert!(theirs.is_null() || theirs["rows"].as_object().unwrap().is_empty());
        return 0;
    }
    assert_eq!(theirs["rows"].as_object().unwrap().len(), rows.len());
    assert_eq!(theirs["live"], ledger.live_digest(view, unit(n)).to_string());
    assert_eq!(theirs["root"], ledger.root(view, unit(n)).to_string());
    rows.len()
}

#[test]
fn an_independent_recomputation_finds_the_same_rows() {
    let start = Day::of_instant(common::START_MS.cast_signed());
    let mut rows = 0;
    let mut states = std::collections::BTreeMap::new();
    for seed in 0..24 {
        let mut given = history(seed * 7_919, 40 + seed * 12);
        let ledger = rebuild(&given);
        Dice(seed).shuffle(&mut given);
        let periods = [
            Period::month(2026, 3).unwrap(),
            Period::quarter(2026, 2).unwrap(),
            Period {
                from: start.plus(-9),
                to: start.plus(9),
            },
            Period {
                from: start.plus(5),
                to: start.plus(4),
            },
        ];
        let Some(found) = recompute(&given, &periods) else {
            return;
        };
        for n in 0..3 {
            rows += compare_view(&ledger, View::Requests, n, &found, seed);
            rows += compare_view(&ledger, View::Households, n, &found, seed);
            for request in ledger.requests(unit(n), Query::as_of(start)) {
                *states.entry(request.request.state.key()).or_insert(0) += 1;
            }
        }
        for period in periods {
            let ours = ledger.coverages(period, Query::as_of(start));
            let theirs: Vec<&Value> = found["coverage"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|row| row["from"] == period.from.0 && row["to"] == period.to.0)
                .collect();
            assert_eq!(theirs.len(), ours.len(), "seed {seed}");
            for (row, (unit, own)) in theirs.iter().zip(&ours) {
                assert_eq!(row["unit"], unit.to_string());
                assert_eq!(
                    row["value"],
                    hex(&own.row_bytes().value),
                    "seed {seed}, {unit}, {}",
                    period.from
                );
            }
        }
    }
    assert!(rows > 100, "{rows} rows are too few to mean something");
    assert!(states.len() == 8, "the histories reach only {states:?}");
}
