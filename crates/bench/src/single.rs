//! Row 1: one record at a time, from a ready draft to the disk.

use anyhow::Result;

use crate::bare::{AppendFile, BareSled};
use crate::clock::{Clock, timed};
use crate::table::{Line, Target, median, micros};
use crate::{Bench, local};

/// Records of each contender in one round.
const BLOCK: usize = 20;

pub(crate) fn run(bench: &Bench) -> Result<Vec<Line>> {
    let rounds = bench.size(60, 10);
    let dir = bench.scratch()?;
    let records = local::ready(rounds * BLOCK);
    let entries = local::entries(rounds * BLOCK, &dir.path().join("made"))?;
    let bytes: usize = entries
        .iter()
        .map(|entry| entry.bytes.len() + entry.personal.as_ref().map_or(0, Vec::len))
        .sum();
    let clock = Clock::new();
    let mut node = local::node(&dir.path().join("node"))?;
    let mut bare = BareSled::create(&dir.path().join("bare"))?;
    let mut file = AppendFile::create(&dir.path().join("zeros"), bytes)?;
    let mut reserved = AppendFile::reserve(&dir.path().join("reserved"), bytes)?;
    let mut took: [Vec<f64>; 4] = Default::default();
    for round in 0..rounds {
        for turn in 0..took.len() {
            let contender = (round + turn) % took.len();
            for at in round * BLOCK..(round + 1) * BLOCK {
                let entry = &entries[at];
                let record = [&entry.bytes[..], entry.personal.as_deref().unwrap_or_default()].concat();
                let (done, time) = timed(|| match contender {
                    0 => {
                        let outcomes = node.record(&records[at..=at], &clock.reading())?;
                        outcomes.into_iter().try_for_each(|outcome| outcome.map(drop))?;
                        Ok(())
                    }
                    1 => bare.append(std::slice::from_ref(entry)),
                    2 => file.append(&record),
                    _ => reserved.append(&record),
                });
                done?;
                took[contender].push(micros(time));
            }
        }
    }
    let [ours, bare, zeros, reserved] = took.map(|mut took| median(&mut took));
    let line = |yardstick: &str, value: f64, target| Line {
        row: 1,
        what: format!("durable single record, one writer, p50; beside {yardstick}"),
        measured: format!("{ours:.0} µs"),
        yardstick: format!("{value:.0} µs"),
        value: ours / value,
        unit: "×",
        target,
    };
    Ok(vec![
        line("bare sled", bare, Some(Target::AtMost(1.3))),
        line("a file of zeros", zeros, Some(Target::AtMost(1.5))),
        line("a file with its space only reserved", reserved, None),
    ])
}
