//! What the journals say, as far as it is kept: bounded by the number of records, about a hundred bytes each.

use event::{JournalId, Origin, Position, UnitCode};
use proof::{Hash, PublicKey};
use sync::record::Previous;

use crate::check::{Mark, Outcome};

/// A receipt, as far as it is needed to judge the log that it is of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Receipt {
    pub(crate) journal: JournalId,
    pub(crate) position: u64,
    pub(crate) first: u64,
    pub(crate) size: u64,
    /// The root that the origin signed; `None` if it did not.
    pub(crate) root: Option<Hash>,
    pub(crate) at_ms: u64,
}

/// One origin's log, as the journals speak of it.
#[derive(Clone, Debug)]
pub(crate) struct LogLines {
    pub(crate) key: PublicKey,
    pub(crate) unit: Option<UnitCode>,
    pub(crate) name: String,
    /// Whether a person's machine writes it; the hub's own cosign nothing.
    pub(crate) is_village: bool,
    pub(crate) receipts: Vec<Receipt>,
    /// Size up to which it is receipted.
    pub(crate) reached: u64,
}

/// One journal as it was read.
#[derive(Debug)]
pub(crate) struct ReadJournal {
    pub(crate) journal: JournalId,
    pub(crate) frozen: Option<u64>,
    /// Size of its newest checkpoint.
    pub(crate) signed: Option<u64>,
    /// First 16 bytes of the root at every size, from 0 on.
    pub(crate) roots: Vec<[u8; 16]>,
    /// Time of every record, in milliseconds.
    pub(crate) times: Vec<u64>,
    pub(crate) outcome: Outcome,
}

impl ReadJournal {
    /// Whether the first 16 bytes are those of the root at that size.
    pub(crate) fn begins_with(&self, size: u64, root: &[u8; 16]) -> Option<bool> {
        let at = usize::try_from(size).ok()?;
        self.roots.get(at).map(|known| known == root)
    }

    /// Time of the last of the first `size` records.
    pub(crate) fn time_at(&self, size: u64) -> Option<u64> {
        let at = usize::try_from(size.checked_sub(1)?).ok()?;
        self.times.get(at).copied()
    }
}

/// A journal that was frozen because the hub had been restored from a backup.
#[derive(Clone, Debug)]
pub(crate) struct Restore {
    pub(crate) previous: Previous,
    /// The journal that says so.
    pub(crate) journal: JournalId,
    /// Whether the evidence that it names is signed by the hub and lies beyond the frozen end.
    pub(crate) is_shown: bool,
}

/// Two checkpoints of one log that cannot both be true, as the journal keeps them.
#[derive(Clone, Debug)]
pub(crate) struct Fork {
    pub(crate) origin: Origin,
    pub(crate) place: (JournalId, Position),
    pub(crate) hub_note: String,
    pub(crate) shown_note: String,
    pub(crate) at_ms: u64,
}

/// A successor as its predecessor named it.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) old: Origin,
    pub(crate) new: Origin,
    pub(crate) place: (JournalId, Position),
    /// What the old key signed, and its signature.
    pub(crate) statement: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    /// Size at which the old log ends.
    pub(crate) size: u64,
    pub(crate) second: bool,
    pub(crate) at_ms: u64,
}

/// A root of a journal that somebody signed, and how it is known.
pub(crate) struct JournalMark {
    pub(crate) journal: JournalId,
    pub(crate) mark: Mark,
}

/// The tag of a journal's own newest checkpoint.
pub(crate) const NEWEST: usize = usize::MAX;

impl LogLines {
    pub(crate) const fn new(key: [u8; 32], unit: Option<UnitCode>, name: String, is_village: bool) -> Self {
        Self {
            key: PublicKey(key),
            unit,
            name,
            is_village,
            receipts: Vec::new(),
            reached: 0,
        }
    }
}
