//! What several tests need.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::path::Path;

use event::Sequence;
use event_log::{Commit, LogEntry, LogId, LogRead, SledConfig};
use rand::{Rng, RngExt as _};

/// The sequence with this number.
pub(crate) fn seq(n: u64) -> Sequence {
    Sequence::new(n).expect("a sequence")
}

/// The log with this name.
pub(crate) fn log(n: u8) -> LogId {
    LogId([n; 16])
}

/// A configuration for small trials: no ballast, hardly any space asked for.
pub(crate) fn small(dir: &Path) -> SledConfig {
    SledConfig {
        min_free_bytes: 1 << 20,
        ballast_bytes: 0,
        mark_every: 8,
        ..SledConfig::new(dir)
    }
}

/// An entry that can be told from every other: log, sequence, and as many bytes as asked for.
pub(crate) fn entry(log: LogId, sequence: u64, bytes: usize, personal: Option<usize>) -> LogEntry {
    let text = format!("{log} {sequence} ");
    let fill = |length: usize, salt: u64| -> Vec<u8> {
        let mut state = sequence.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt;
        let noise = std::iter::repeat_with(move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        });
        text.bytes().chain(noise).take(length.max(text.len())).collect()
    };
    LogEntry {
        bytes: fill(bytes, 1),
        personal: personal.map(|length| fill(length, 2)),
    }
}

/// A usual entry: 300 bytes or so, every second one with a personal part, every fiftieth with a long one.
pub(crate) fn usual(log: LogId, sequence: u64) -> LogEntry {
    let personal = match sequence % 50 {
        0 => Some(9_000),
        n if n % 2 == 0 => Some(150),
        _ => None,
    };
    entry(
        log,
        sequence,
        200 + usize::try_from(sequence % 200).expect("small"),
        personal,
    )
}

/// A commit that appends the usual entries `from..=to`.
pub(crate) fn append(log: LogId, from: u64, to: u64) -> Commit {
    let mut commit = Commit::new();
    commit.append(log, seq(from), (from..=to).map(|n| usual(log, n)).collect());
    commit
}

/// Every accepted entry of a log, read through `scan`.
pub(crate) fn all(store: &dyn LogRead, log: LogId) -> Vec<LogEntry> {
    let mut entries = Vec::new();
    store
        .scan(log, Sequence::FIRST, &mut |_, bytes, personal| {
            entries.push(LogEntry {
                bytes: bytes.to_vec(),
                personal: personal.map(<[u8]>::to_vec),
            });
            std::ops::ControlFlow::Continue(())
        })
        .expect("a sound log");
    entries
}

/// Random bytes.
pub(crate) fn noise(rng: &mut impl Rng, length: usize) -> Vec<u8> {
    (0..length).map(|_| rng.random()).collect()
}

/// Copies a folder and everything below.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copies");
        }
    }
}
