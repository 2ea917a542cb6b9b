//! Row 7: every ledger from the log alone.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::Arc;

use anyhow::{Result, ensure};
use event::{Event, Facts, JournalId, Origin, Sequence};
use event_log::{Commit, LogEntry, LogRead, RealDisk, SledStore, Store as _};
use follower::{Follower, Track};
use proof::{Checkpoint, Frontier, OriginKey, leaf_hash, origin_log_name};
use sync::limits::PUSH_EVENTS_MAX;
use sync::record::JournalRecord;

use crate::clock::{Clock, random, timed};
use crate::table::{Line, Target, median, per_second, speed, thousands, whole};
use crate::{Bench, local};

pub(crate) fn run(bench: &Bench) -> Result<Vec<Line>> {
    let events = bench.size(1_000_000, 50_000);
    let rounds = bench.size(3, 3);
    let dir = bench.scratch()?;
    let journal = JournalId::from_bytes(random());
    let (store, origin) = receipted(dir.path(), events, journal)?;
    let track = Track::of_hub(&[(journal, None)]);
    let (mut scans, mut rebuilds) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (seen, took) = timed(|| scan(&store, origin));
        ensure!(seen? == events, "the scan has not seen everything");
        scans.push(per_second(events, took));
        let mut follower = Follower::new();
        let (progress, took) = timed(|| follower.follow(&store, &track, u64::MAX));
        ensure!(
            progress?.at_end && follower.len() == events,
            "the rebuild has not counted everything"
        );
        rebuilds.push(per_second(events, took));
    }
    let (scans, rebuilds) = (median(&mut scans), median(&mut rebuilds));
    Ok(vec![Line {
        row: 7,
        what: format!(
            "rebuild of every ledger from {} events; beside reading and decoding them",
            thousands(whole(events))
        ),
        measured: speed(rebuilds),
        yardstick: speed(scans),
        value: rebuilds / scans,
        unit: "×",
        target: Some(Target::AtLeast(0.3)),
    }])
}

/// Reads and decodes every entry, header and facts, and keeps nothing.
fn scan(store: &SledStore, origin: Origin) -> Result<usize> {
    let mut seen = 0;
    store.scan(origin.into(), Sequence::FIRST, &mut |_, bytes, _| {
        if let Ok(event) = Event::decode(bytes) {
            let facts = Facts::decode(event.header.kind, event.header.schema, event.facts);
            seen += usize::from(matches!(black_box(facts), Ok(Some(_))));
        }
        ControlFlow::Continue(())
    })?;
    Ok(seen)
}

/// A store as a hub's: a village's log, and a journal whose receipts cover it, a whole push each.
fn receipted(dir: &std::path::Path, events: usize, journal: JournalId) -> Result<(SledStore, Origin)> {
    let mut store = SledStore::create(local::store_config(&dir.join("hub"), Arc::new(RealDisk)))?;
    let mut node = local::node(&dir.join("node"))?;
    let (origin, unit, key) = (node.origin(), node.unit(), OriginKey::from_seed(random()));
    let (mut position, mut frontier) = (0, Frontier::new());
    let clock = Clock::new();
    let mut drafts = local::drafts(events).peekable();
    while drafts.peek().is_some() {
        let first = node.store().head(origin.into()).size;
        let push: Vec<_> = drafts
            .by_ref()
            .take(PUSH_EVENTS_MAX)
            .map(|draft| (draft, random()))
            .collect();
        clock.put_forward(60_000);
        node.record(&push, &clock.reading())?;
        let first = Sequence::after_size(first);
        let entries: Vec<LogEntry> = node.store().read(origin.into(), first, push.len(), usize::MAX)?;
        entries.iter().for_each(|entry| frontier.push(leaf_hash(&entry.bytes)));
        let note = Checkpoint {
            name: origin_log_name(origin),
            size: frontier.size(),
            root: frontier.root(),
        };
        let receipt = JournalRecord::Receipt {
            origin,
            unit: Some(unit),
            first,
            size: frontier.size(),
            note: note.sign(&key),
            received_at_ms: clock.reading().wall_ms,
        };
        let mut commit = Commit::new();
        commit.append(origin, first, entries);
        commit.append(
            journal,
            Sequence::after_size(position),
            vec![LogEntry::bare(receipt.encode()?)],
        );
        store.commit(commit)?;
        position += 1;
    }
    Ok((store, origin))
}
