//! Where logs are read from: an auditor's mirror, a hub's store, an exported folder.

use std::error::Error;
use std::ops::ControlFlow;

use event::JournalId;
use proof::{PublicKey, SignedCheckpoint, Tile};

use crate::Log;

/// A journal as its holder knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// The journal.
    pub journal: JournalId,
    /// Its final size in records, once another journal has followed it.
    pub frozen: Option<u64>,
    /// The newest checkpoint of it that is held, byte for byte; for a frozen one there may be none.
    pub note: Option<String>,
}

impl Chapter {
    /// How many of its records count: up to where it was frozen, else those under its newest checkpoint.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frozen.or_else(|| size_of_note(self.note.as_deref()?)).unwrap_or(0)
    }
}

/// The size that a note claims; `None` if it is no checkpoint. Nothing is verified.
#[must_use]
pub fn size_of_note(note: &str) -> Option<u64> {
    SignedCheckpoint::parse(note).ok().map(|signed| signed.claim().size)
}

/// A checkpoint that somebody kept: an earlier export, a file, a printed sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptNote {
    /// Where it was kept, for people.
    pub from: String,
    /// The note, byte for byte.
    pub note: String,
}

/// What a reader sees of a log, in the order of its leaves.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'a> {
    /// One entry.
    Entry {
        /// Its leaf, counted from 0.
        index: u64,
        /// Its bytes: the leaf.
        bytes: &'a [u8],
        /// Its personal part, where that stands beside it.
        personal: Option<&'a [u8]>,
    },
    /// Entries that are not here, or not as they should be.
    Missing {
        /// First leaf that is missing.
        first: u64,
        /// The leaf behind the last one.
        end: u64,
        /// The file that should hold them.
        file: &'a str,
        /// What the file holds in their place, if it is there.
        bytes: Option<&'a [u8]>,
        /// What is wrong.
        problem: &'a str,
    },
}

/// Sees one piece after another, until it breaks.
pub type Visit<'a> = dyn FnMut(Piece<'_>) -> ControlFlow<()> + 'a;

/// Why a source cannot be read at all. What can be read and is wrong is no error, but a finding.
pub type SourceError = Box<dyn Error + Send + Sync>;

/// Logs that can be read. Nothing in it is believed: whoever reads computes every root again.
pub trait Source {
    /// The key that signs the journals' checkpoints, as this source knows it.
    fn hub_key(&self) -> PublicKey;

    /// The journals that count, oldest first.
    ///
    /// # Errors
    /// Where the source cannot be read.
    fn journals(&self) -> Result<Vec<Chapter>, SourceError>;

    /// Checkpoints of journals or logs that were kept.
    ///
    /// # Errors
    /// Where the source cannot be read.
    fn kept(&self) -> Result<Vec<KeptNote>, SourceError>;

    /// Hands over the leaves of a log in order. `size` is how many are expected: a source that does not know better
    /// looks for that many, and one that holds more hands over more.
    ///
    /// # Errors
    /// Where the source cannot be read.
    fn scan(&self, log: Log, size: u64, visit: &mut Visit<'_>) -> Result<(), SourceError>;

    /// Whether the source is meant to hold the entries of a log. Of one that it is not, the receipts are checked, and how
    /// many entries were left out is said.
    fn holds(&self, _log: Log) -> bool {
        true
    }

    /// A personal part by the hash in its event, where such parts are kept apart.
    ///
    /// # Errors
    /// Where the source cannot be read.
    fn personal(&self, _sha256: &[u8; 32]) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(None)
    }

    /// Whether the source holds files of hashes, which are to be compared.
    fn is_tiled(&self) -> bool {
        false
    }

    /// The bytes of a tile of hashes; `None` where the file is missing.
    ///
    /// # Errors
    /// Where the source cannot be read.
    fn tile(&self, _log: Log, _tile: &Tile) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(None)
    }

    /// Another copy of an origin's log that the source holds, as evidence: a history that was not receipted.
    /// Returns whether there is one.
    ///
    /// # Errors
    /// Where the source cannot be read.
    fn scan_apart(&self, _log: Log, _visit: &mut Visit<'_>) -> Result<bool, SourceError> {
        Ok(false)
    }
}
