//! What can go wrong, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use event::Sequence;

use crate::LogId;

/// Why the store refused or failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another entry stands at that sequence. Nothing of the commit was written.
    #[error("log {log} already holds other bytes at sequence {sequence}")]
    Conflict {
        /// The log.
        log: LogId,
        /// The first sequence that differs.
        sequence: Sequence,
    },
    /// Entries are missing before the one given, or it lies beyond the log. Nothing was written.
    #[error("log {log} goes on at sequence {expected}, not at {got}")]
    Gap {
        /// The log.
        log: LogId,
        /// The next sequence of the log.
        expected: Sequence,
        /// The sequence that was asked for.
        got: Sequence,
    },
    /// Entries of that log are staged: accept or drop them before appending. Nothing was written.
    #[error("entries of log {log} are staged; accept or drop them first")]
    Staged {
        /// The log.
        log: LogId,
    },
    /// Something is longer than its bound. Nothing was written.
    #[error("{what} has {bytes} bytes; at most {max} are kept")]
    TooLarge {
        /// What is too long.
        what: &'static str,
        /// Its length.
        bytes: usize,
        /// The bound.
        max: usize,
    },
    /// The disk is too full to write. Reading goes on, and so does writing once there is space.
    #[error("the disk is full: {free} bytes free, {needed} needed; free some space, recording then resumes by itself")]
    Full {
        /// Bytes free now.
        free: u64,
        /// Bytes that must be free.
        needed: u64,
    },
    /// Another process has the store open.
    #[error("{} is open in another process; stop that one first", dir.display())]
    Locked {
        /// Directory of the store.
        dir: PathBuf,
    },
    /// The store was written by another version of this program.
    #[error("the store has format {found}; this program reads format {supported}{}", version_advice(*.found, *.supported))]
    Version {
        /// Format found on the disk.
        found: u32,
        /// Format that this program reads and writes.
        supported: u32,
    },
    /// The directory is missing, cannot be written, or is no store.
    #[error("{}: {problem}; {advice}", dir.display())]
    Directory {
        /// Directory of the store.
        dir: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        advice: &'static str,
    },
    /// Something that was written is missing or changed. Nothing is served as if it were whole; `salvage` keeps what is sound.
    #[error("the store is damaged: {0}")]
    Damaged(Damage),
    /// The engine failed during this call: what it was to write may or may not be on the disk.
    /// Acknowledge nothing, close, open and repeat: repetition is harmless.
    #[error("the engine failed, so the outcome is unknown: {cause}; close and open the store again")]
    Unknown {
        /// What the engine said.
        cause: String,
    },
    /// The engine failed earlier, or the store was closed. Open it again.
    #[error("the store must be opened again: {cause}")]
    Poisoned {
        /// What the engine said.
        cause: String,
    },
}

fn version_advice(found: u32, supported: u32) -> &'static str {
    if found > supported {
        ": install the newer version again"
    } else {
        ": open it with the older version and export it"
    }
}

/// Everything that a check found wrong; never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// The findings; at most a few hundred are kept.
    pub problems: Vec<Problem>,
}

/// One finding of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The log concerned, if it is one log.
    pub log: Option<LogId>,
    /// First and last sequence concerned, if they are known.
    pub range: Option<(u64, u64)>,
    /// What is wrong.
    pub what: String,
}

impl Problem {
    pub(crate) fn general(what: impl Into<String>) -> Self {
        Self {
            log: None,
            range: None,
            what: what.into(),
        }
    }

    pub(crate) fn of(log: LogId, from: u64, to: u64, what: impl Into<String>) -> Self {
        Self {
            log: Some(log),
            range: Some((from, to)),
            what: what.into(),
        }
    }
}

impl From<Problem> for Damage {
    fn from(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

impl From<Problem> for StoreError {
    fn from(problem: Problem) -> Self {
        Self::Damaged(problem.into())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(log) = self.log {
            write!(f, "log {log}")?;
            if let Some((from, to)) = self.range {
                write!(f, ", sequences {from} to {to}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.what)
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [] => f.write_str("unknown"),
            [only] => only.fmt(f),
            [first, rest @ ..] => write!(f, "{first} (and {} more)", rest.len()),
        }
    }
}
