//! How fast ledgers are rebuilt, saved and restored, and what memory they take. Prints; asserts nothing.
//!
//! `cargo run --release -p follower --example rebuild -- <folder> <events> [villages]`
//!
//! The log is made in the folder once and used again. With `villages` it is an invented township's;
//! without, the bench's own generator writes it (one village, 200 households).
#![allow(clippy::print_stdout, reason = "an example that measures and prints")]

#[path = "../tests/made/mod.rs"]
mod made;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::RwLock;

use event::{Event, Facts, JournalId, Sequence, UnitCode};
use event_log::{LogId, LogRead, SledConfig, SledStore, Store};
use follower::{Follower, Shelf, Track};
use ledger::{Ledger, View};
use made::{Maker, Outcome};
use sample::bench_entries;

const JOURNAL: JournalId = JournalId::from_bytes([7; 16]);

fn make(dir: &Path, events: usize, villages: Option<u16>) -> Outcome<()> {
    let _ = std::fs::remove_dir_all(dir);
    std::fs::create_dir_all(dir)?;
    let mut maker = Maker::new(SledStore::create(SledConfig::new(dir))?, JOURNAL);
    match villages {
        None => {
            let mut desk = maker.desk(0, UnitCode::new(990_000_103_201)?, false)?;
            for draft in bench_entries(1, events) {
                let ms = u64::try_from(draft.occurred.start_ms())?;
                maker.record(&mut desk, &draft, ms)?;
            }
            maker.push(&mut desk)?;
        }
        Some(villages) => maker.township(events, villages)?,
    }
    Box::new(maker.store).close()?;
    Ok(())
}

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().ok_or("a folder is wanted")?;
    let events: usize = args.next().ok_or("a number of events is wanted")?.parse()?;
    let villages: Option<u16> = args.next().map(|text| text.parse()).transpose()?;
    let dir = Path::new(&dir).join(format!("{events}-{}", villages.unwrap_or(0)));
    if !dir.join("done").exists() {
        make(&dir, events, villages)?;
        std::fs::write(dir.join("done"), [])?;
    }
    let config = SledConfig::new(&dir);
    let before = memory_kib();
    let (store, open_s) = timed(|| SledStore::open(config));
    let store = store?;
    println!("open {open_s:.3} s, {} MiB", (memory_kib() - before) >> 10);
    let logs: Vec<LogId> = store.logs().into_iter().filter(|log| *log != JOURNAL.into()).collect();
    for _ in 0..2 {
        let (count, scan_s) = timed(|| scan(&store, &logs, false));
        println!("scan {scan_s:.3} s, {} events/s", rate(count?, scan_s));
    }
    let (count, decode_s) = timed(|| scan(&store, &logs, true));
    let count = count?;
    println!("scan and decode {decode_s:.3} s, {} events/s", rate(count, decode_s));
    let track = Track::of_hub(&[(JOURNAL, None)]);
    for budget in [4_096, u64::MAX] {
        rebuild(&store, &track, budget, decode_s)?;
    }
    let mut follower = Follower::new();
    let (done, took_s) = timed(|| follower.catch_up(&store, &track, &mut |_| true));
    println!(
        "catch up {took_s:.3} s, {:.2} of scan and decode, {}",
        decode_s / took_s,
        done?
    );
    save_and_restore(&dir.join("views"), &store, &track, follower);
    Ok(())
}

fn save_and_restore(dir: &Path, store: &SledStore, track: &Track, follower: Follower) {
    let mut shelf = Shelf::new(dir);
    shelf.discard();
    let follower = RwLock::new(follower);
    let before = memory_kib();
    let ((), took_s) = timed(|| shelf.save(&follower, store, track));
    let bytes = std::fs::read_dir(dir)
        .map(|files| {
            files
                .flatten()
                .flat_map(|file| file.metadata())
                .map(|file| file.len())
                .sum()
        })
        .unwrap_or(0_u64);
    println!(
        "save {took_s:.3} s, {} MiB on the disk, {} MiB more in memory; {:?}",
        bytes >> 20,
        memory_kib().saturating_sub(before) >> 10,
        shelf.state()
    );
    drop(follower);
    let before = memory_kib();
    let mut shelf = Shelf::new(dir);
    let (follower, took_s) = timed(|| shelf.restore(store, track));
    println!(
        "restore {took_s:.3} s, {} MiB more in memory; {:?}; digest {:x}",
        memory_kib().saturating_sub(before) >> 10,
        shelf.state(),
        digest(follower.ledger())
    );
}

fn rebuild(store: &SledStore, track: &Track, budget: u64, decode_s: f64) -> Outcome<()> {
    let before = memory_kib();
    let mut follower = Follower::new();
    let (done, fold_s) = timed(|| {
        let mut entries = 0;
        loop {
            let progress = follower.follow(store, track, budget)?;
            entries += progress.entries;
            if progress.at_end {
                return Ok::<_, follower::FollowError>(entries);
            }
        }
    });
    let entries = done?;
    let held = memory_kib().saturating_sub(before);
    println!(
        "rebuild, settled every {budget}: {fold_s:.3} s, {} events/s, {:.2} of scan and decode; {} MiB, {} B an event",
        rate(entries, fold_s),
        decode_s / fold_s,
        held >> 10,
        (held << 10) / entries.max(1)
    );
    println!("digest {:x}", digest(follower.ledger()));
    Ok(())
}

/// Seconds that this thread was on a processor: what else the machine does shows less in them.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = on_processor_s();
    let done = work();
    (done, on_processor_s() - start)
}

fn on_processor_s() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ns = text.split(' ').next().and_then(|text| text.parse::<f64>().ok());
    ns.unwrap_or(0.0) / 1e9
}

fn rate(count: u64, seconds: f64) -> u64 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "printed"
    )]
    let rate = (count as f64 / seconds) as u64;
    rate
}

/// Resident memory of this process, in KiB.
fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

/// All live digests in one number.
fn digest(ledger: &Ledger) -> u64 {
    let mut sum = 0_u64;
    for unit in ledger.units() {
        for view in View::ALL {
            let bytes = ledger.live_digest(view, unit).to_bytes();
            sum = bytes.chunks_exact(8).fold(sum, |sum, chunk| {
                chunk
                    .iter()
                    .fold(sum.rotate_left(9), |sum, byte| sum.wrapping_mul(257) ^ u64::from(*byte))
            });
        }
    }
    sum
}

fn scan(store: &SledStore, logs: &[LogId], decodes: bool) -> Outcome<u64> {
    let mut count = 0;
    for log in logs {
        store.scan(*log, Sequence::FIRST, &mut |_, bytes, _| {
            if decodes
                && let Ok(event) = Event::decode(bytes)
                && let Ok(facts) = Facts::decode(event.header.kind, event.header.schema, event.facts)
            {
                std::hint::black_box(facts);
            }
            count += 1;
            ControlFlow::Continue(())
        })?;
    }
    Ok(count)
}
