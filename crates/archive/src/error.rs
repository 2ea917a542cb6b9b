//! Why a folder cannot be written or read. What a verification finds is no error; see [`crate::Finding`].

use std::io;
use std::path::{Path, PathBuf};

use crate::{Log, SourceError};

/// Why a folder cannot be written or read at all.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file of the folder.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that does not hold what its name says.
    #[error("{}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The source cannot be read.
    #[error("{0}")]
    Source(SourceError),
    /// The source contradicts what was signed: nothing that cannot be checked is handed out.
    #[error("{log}: {problem}; nothing was finished: verify the source first")]
    Untrue {
        /// The log.
        log: Log,
        /// What does not hold.
        problem: String,
    },
    /// The folder holds another history than the source: it is evidence, and is not written over.
    #[error(
        "{log}: the folder holds a checkpoint of {size} entries that the source does not continue; keep the folder as \
         evidence, and export into an empty one"
    )]
    Parted {
        /// The log.
        log: Log,
        /// Size of the checkpoint in the folder.
        size: u64,
    },
    /// An entry that was asked for is not there.
    #[error("{log} has {size} entries; there is no proof for entry {index} (counted from 0)")]
    NoEntry {
        /// The log.
        log: Log,
        /// Its size.
        size: u64,
        /// Entry that was asked for, counted from 0.
        index: u64,
    },
}

impl ArchiveError {
    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.to_path_buf(),
            source,
        }
    }

    pub(crate) fn content(path: &Path, problem: impl ToString) -> Self {
        Self::Content {
            path: path.to_path_buf(),
            problem: problem.to_string(),
        }
    }

    pub(crate) fn untrue(log: Log, problem: impl Into<String>) -> Self {
        Self::Untrue {
            log,
            problem: problem.into(),
        }
    }
}

impl From<SourceError> for ArchiveError {
    fn from(error: SourceError) -> Self {
        match error.downcast::<Self>() {
            Ok(own) => *own,
            Err(other) => Self::Source(other),
        }
    }
}
