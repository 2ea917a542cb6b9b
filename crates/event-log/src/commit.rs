//! What is written: entries, and commits that change several logs at once.

use std::fmt;

use event::{EntityId, JournalId, Origin, Sequence};

/// Longest key of a metadata value, in bytes.
pub const META_KEY_BYTES_MAX: usize = 256;
/// Longest metadata value, in bytes: with its key and envelope it stays within 4 KiB on the disk.
pub const META_VALUE_BYTES_MAX: usize = 3_584;

/// The name of one log: the 16 bytes of the origin or the journal that it belongs to.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(pub [u8; 16]);

impl From<Origin> for LogId {
    fn from(origin: Origin) -> Self {
        Self(origin.to_bytes())
    }
}

impl From<JournalId> for LogId {
    fn from(journal: JournalId) -> Self {
        Self(journal.to_bytes())
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // All identifiers share one text form; which kind this one is, the log does not know.
        EntityId::from_bytes(self.0).fmt(f)
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogId({self})")
    }
}

/// One entry of a log, opaque.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogEntry {
    /// The event, byte for byte; at most [`event::bounds::EVENT_BYTES_MAX`].
    pub bytes: Vec<u8>,
    /// The personal part, detached; at most [`event::bounds::PERSONAL_BYTES_MAX`]. `None` if there
    /// is none, if it has not arrived yet, or if it was erased.
    pub personal: Option<Vec<u8>>,
}

impl LogEntry {
    /// An entry without a personal part.
    #[must_use]
    pub const fn bare(bytes: Vec<u8>) -> Self {
        Self { bytes, personal: None }
    }
}

pub(crate) enum Step {
    Append {
        log: LogId,
        first: Sequence,
        entries: Vec<LogEntry>,
    },
    Stage {
        log: LogId,
        first: Sequence,
        entries: Vec<LogEntry>,
    },
    Accept {
        log: LogId,
        size: u64,
    },
    DropStage {
        log: LogId,
    },
    PutMeta {
        key: Vec<u8>,
        value: Vec<u8>,
    },
    RemoveMeta {
        key: Vec<u8>,
    },
    PutPersonal {
        log: LogId,
        sequence: Sequence,
        blob: Vec<u8>,
    },
    ErasePersonal {
        log: LogId,
        sequence: Sequence,
    },
}

/// A list of changes that become durable together or not at all, in the order they were added.
///
/// Every step may be repeated: a commit whose outcome is unknown is simply committed again.
#[derive(Default)]
pub struct Commit {
    pub(crate) steps: Vec<Step>,
}

impl Commit {
    /// A commit that changes nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { steps: Vec::new() }
    }

    /// Whether nothing was added.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Appends accepted entries from sequence `first` on. Entries that are there already with the
    /// same bytes are passed over; other bytes are a conflict; a `first` beyond the log is a gap.
    /// Refused while entries of that log are staged.
    pub fn append(&mut self, log: impl Into<LogId>, first: Sequence, entries: Vec<LogEntry>) -> &mut Self {
        self.steps.push(Step::Append {
            log: log.into(),
            first,
            entries,
        });
        self
    }

    /// Adds entries behind those accepted and staged so far: durable, invisible to [`LogRead::read`]
    /// and [`LogRead::scan`] until they are accepted. Repetition as for [`Commit::append`].
    ///
    /// [`LogRead::read`]: crate::LogRead::read
    /// [`LogRead::scan`]: crate::LogRead::scan
    pub fn stage(&mut self, log: impl Into<LogId>, first: Sequence, entries: Vec<LogEntry>) -> &mut Self {
        self.steps.push(Step::Stage {
            log: log.into(),
            first,
            entries,
        });
        self
    }

    /// Accepts staged entries so that the log has `size` entries. No effect if it has as many already.
    pub fn accept(&mut self, log: impl Into<LogId>, size: u64) -> &mut Self {
        self.steps.push(Step::Accept { log: log.into(), size });
        self
    }

    /// Discards every staged entry of a log.
    pub fn drop_stage(&mut self, log: impl Into<LogId>) -> &mut Self {
        self.steps.push(Step::DropStage { log: log.into() });
        self
    }

    /// Sets a metadata value: at most [`META_KEY_BYTES_MAX`] and [`META_VALUE_BYTES_MAX`].
    pub fn put_meta(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> &mut Self {
        self.steps.push(Step::PutMeta {
            key: key.into(),
            value: value.into(),
        });
        self
    }

    /// Removes a metadata value. No effect if there is none.
    pub fn remove_meta(&mut self, key: impl Into<Vec<u8>>) -> &mut Self {
        self.steps.push(Step::RemoveMeta { key: key.into() });
        self
    }

    /// Adds the personal part of an entry that came without it. The caller has checked it against
    /// the hash in the event. No effect if the same is there or if it was erased; another is a conflict.
    pub fn put_personal(&mut self, log: impl Into<LogId>, sequence: Sequence, blob: Vec<u8>) -> &mut Self {
        self.steps.push(Step::PutPersonal {
            log: log.into(),
            sequence,
            blob,
        });
        self
    }

    /// Erases the personal part of an accepted entry: it cannot be read from now on, and a late one no longer
    /// comes in. The engine overwrites the old bytes on the disk only when it reuses their segment.
    pub fn erase_personal(&mut self, log: impl Into<LogId>, sequence: Sequence) -> &mut Self {
        self.steps.push(Step::ErasePersonal {
            log: log.into(),
            sequence,
        });
        self
    }
}
