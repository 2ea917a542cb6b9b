//! The seam: what a store promises, whatever engine is below it.

use std::fmt;
use std::ops::{ControlFlow, Deref};
use std::sync::Arc;

use event::Sequence;
use proof::{Frontier, Hash};

use crate::{Commit, LogEntry, LogId, Problem, StoreError};

/// How far one log has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Accepted entries.
    pub size: u64,
    /// Entries if everything staged were accepted; equal to `size` if nothing is staged.
    pub staged_size: u64,
    /// Right edge of the tree over the accepted entries.
    pub frontier: Frontier,
}

/// How much a verification checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What is also checked at every open: heads, metadata, contiguous keys, and the bytes of every
    /// frame since the last high-water mark.
    Tail,
    /// Everything: the bytes of every frame, every personal part, and every root from the leaves up.
    Full,
}

/// What a verification found about one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogReport {
    /// The log.
    pub log: LogId,
    /// Accepted entries when the verification began.
    pub size: u64,
    /// Root over them: recomputed from the leaves by [`Level::Full`], as stored by [`Level::Tail`].
    pub root: Hash,
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One line per log.
    pub logs: Vec<LogReport>,
    /// Entries that were looked at.
    pub entries: u64,
    /// Everything wrong; empty if the store is sound.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// What a store can do at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Reads and writes; everything was verified since it was opened.
    Ready,
    /// Reads and writes; the tail was checked at open, a full verification has not passed yet. Sign
    /// no checkpoint over what was there before.
    Verifying,
    /// Reads only: the disk is too full to write.
    Full {
        /// Bytes that must be free.
        needed: u64,
    },
    /// Something is missing or changed; see [`crate::salvage`].
    Damaged,
    /// The engine failed or the store was closed: open it again.
    Poisoned,
}

/// How a store is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Bytes free on its disk.
    pub free_bytes: u64,
    /// Bytes it takes on its disk, the ballast included.
    pub disk_bytes: u64,
    /// What it can do.
    pub state: State,
}

/// Reading. Everything here sees committed, durable content only, from any thread.
///
/// Every method that returns a `Result` fails with [`StoreError::Poisoned`] once the engine has
/// failed, and with [`StoreError::Damaged`] where a frame is missing or does not pass its checksum.
pub trait LogRead: Send + Sync {
    /// Every log that has an entry, accepted or staged, in ascending order.
    fn logs(&self) -> Vec<LogId>;

    /// How far a log has come; size 0 for a log that has no entry.
    fn head(&self, log: LogId) -> Head;

    /// Accepted entries from `from` on: at most `max_entries`, and as many as fit in `max_bytes`
    /// (events and personal parts), but at least one if there is one. Empty beyond the end.
    ///
    /// # Errors
    /// See [`LogRead`].
    fn read(
        &self,
        log: LogId,
        from: Sequence,
        max_entries: usize,
        max_bytes: usize,
    ) -> Result<Vec<LogEntry>, StoreError>;

    /// Staged entries from `from` on, bounded as in [`LogRead::read`]; accepted ones are passed over.
    ///
    /// # Errors
    /// See [`LogRead`].
    fn read_staged(
        &self,
        log: LogId,
        from: Sequence,
        max_entries: usize,
        max_bytes: usize,
    ) -> Result<Vec<LogEntry>, StoreError>;

    /// Hands every accepted entry from `from` on to `visit`, in order, until it breaks: the fast way
    /// through a whole log. The slices live for the call only.
    ///
    /// # Errors
    /// See [`LogRead`]. Entries before the damage have been visited.
    fn scan(&self, log: LogId, from: Sequence, visit: &mut Visit<'_>) -> Result<(), StoreError>;

    /// Right edge of the tree over the first `size` entries.
    ///
    /// # Errors
    /// [`StoreError::Gap`] if the log has fewer accepted entries; see [`LogRead`].
    fn frontier_at(&self, log: LogId, size: u64) -> Result<Frontier, StoreError>;

    /// Root of the tree over the first `size` entries.
    ///
    /// # Errors
    /// As [`LogRead::frontier_at`].
    fn root_at(&self, log: LogId, size: u64) -> Result<Hash, StoreError> {
        self.frontier_at(log, size).map(|frontier| frontier.root())
    }

    /// A metadata value.
    ///
    /// # Errors
    /// See [`LogRead`].
    fn get_meta(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Every metadata key that begins with `prefix`, with its value, in ascending order.
    ///
    /// # Errors
    /// See [`LogRead`].
    fn scan_meta(&self, prefix: &[u8]) -> Result<MetaRows, StoreError>;

    /// Checks the store against itself; repairs nothing. `progress` hears entries done and in all,
    /// every few thousand. A sound [`Level::Full`] turns [`State::Verifying`] into [`State::Ready`].
    ///
    /// # Errors
    /// [`StoreError::Poisoned`] or [`StoreError::Unknown`]; damage is in the report.
    fn verify(&self, level: Level, progress: &mut dyn FnMut(u64, u64)) -> Result<Report, StoreError>;

    /// How the store is doing.
    fn health(&self) -> Health;
}

/// Metadata keys with their values.
pub type MetaRows = Vec<(Vec<u8>, Vec<u8>)>;

/// Sees one entry of a scan: sequence, event bytes, personal part.
pub type Visit<'a> = dyn FnMut(Sequence, &[u8], Option<&[u8]>) -> ControlFlow<()> + 'a;

/// Writing. One process, one writer.
pub trait Store: LogRead {
    /// Makes every step durable, or none. When it returns `Ok`, everything is on the disk, synced.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Gap`], [`StoreError::Staged`], [`StoreError::TooLarge`]
    /// and [`StoreError::Full`]: nothing was written, the store goes on. [`StoreError::Damaged`]: what
    /// the commit builds on cannot be read. [`StoreError::Unknown`]: it may or may not be on the disk,
    /// and every later call fails with [`StoreError::Poisoned`] until the store is opened again.
    fn commit(&mut self, commit: Commit) -> Result<(), StoreError>;

    /// A reader that other threads may use while this store commits.
    fn reader(&self) -> Reader;

    /// Writes the high-water mark and closes. Readers fail with [`StoreError::Poisoned`] from then on.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] if the mark could not be written; what was committed is durable all the same.
    fn close(self: Box<Self>) -> Result<(), StoreError>;
}

/// A shareable view of a store's committed content. Cheap to clone.
#[derive(Clone)]
pub struct Reader(pub(crate) Arc<dyn LogRead>);

impl Deref for Reader {
    type Target = dyn LogRead;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("logs", &self.logs().len())
            .finish_non_exhaustive()
    }
}
