//! Row 3: ten thousand events in one go.

use std::sync::Arc;

use anyhow::Result;
use event::Sequence;
use event_log::{Commit, LogEntry, LogId, LogRead as _, RealDisk, SledStore, Store as _};

use crate::bare::BareSled;
use crate::clock::{Clock, timed};
use crate::table::{Line, Target, median, per_second, speed, whole};
use crate::{Bench, local};

pub(crate) const EVENTS: usize = 10_000;

pub(crate) fn run(bench: &Bench) -> Result<Vec<Line>> {
    let rounds = bench.size(9, 3);
    let dir = bench.scratch()?;
    let records = local::ready(EVENTS);
    let entries = local::entries(EVENTS, &dir.path().join("made"))?;
    let bytes: usize = entries.iter().map(size).sum();
    let clock = Clock::new();
    let mut node = local::node(&dir.path().join("node"))?;
    let mut store = LocalLog::create(&dir.path().join("log"))?;
    let mut bare = BareSled::create(&dir.path().join("bare"))?;
    let mut speeds: [Vec<f64>; 3] = Default::default();
    for round in 0..rounds {
        for turn in 0..speeds.len() {
            let contender = (round + turn) % speeds.len();
            let batch = (contender == 0).then(|| entries.clone());
            let (done, took) = timed(|| match contender {
                0 => store.append(batch.unwrap_or_default()),
                1 => {
                    let outcomes = node.record(&records, &clock.reading())?;
                    outcomes.into_iter().try_for_each(|outcome| outcome.map(drop))?;
                    Ok(())
                }
                _ => bare.append(&entries),
            });
            done?;
            speeds[contender].push(per_second(EVENTS, took));
        }
    }
    let [log, drafts, bare] = speeds.map(|mut speeds| median(&mut speeds));
    let line = |what: &str, ours: f64, target| Line {
        row: 3,
        what: format!("{what}; beside bare framed sled"),
        measured: speed(ours),
        yardstick: speed(bare),
        value: ours / bare,
        unit: "×",
        target,
    };
    let size = whole(bytes) / whole(EVENTS);
    Ok(vec![
        line(
            &format!("batch append, 10,000 events of {size:.0} B"),
            log,
            Some(Target::AtLeast(0.6)),
        ),
        line("the same from drafts (mint, encoding, salted hashes too)", drafts, None),
    ])
}

fn size(entry: &LogEntry) -> usize {
    entry.bytes.len() + entry.personal.as_ref().map_or(0, Vec::len)
}

/// One log in a store of its own, appended to.
pub(crate) struct LocalLog {
    store: SledStore,
    log: LogId,
}

impl LocalLog {
    pub(crate) fn create(dir: &std::path::Path) -> Result<Self> {
        let store = SledStore::create(local::store_config(dir, Arc::new(RealDisk)))?;
        Ok(Self {
            store,
            log: LogId([3; 16]),
        })
    }

    /// Appends entries in one commit.
    pub(crate) fn append(&mut self, entries: Vec<LogEntry>) -> Result<()> {
        let mut commit = Commit::new();
        let first = Sequence::after_size(self.store.head(self.log).size);
        commit.append(self.log, first, entries);
        Ok(self.store.commit(commit)?)
    }
}
