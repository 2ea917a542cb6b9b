//! What a ledger's snapshot does not have yet.

use std::collections::BTreeSet;

use event::{Origin, Sequence};

/// Entries of one log that are saved together, in one row.
pub(crate) const CHUNK_ENTRIES: u64 = 16;

/// Chunks of logs, and holds, that have changed since they were saved.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unsaved {
    /// Interned origin and number of the chunk; a chunk may be listed more than once.
    pub(crate) chunks: Vec<(u32, u64)>,
    pub(crate) holds: BTreeSet<(Origin, Sequence)>,
}

impl Unsaved {
    /// An entry was kept. Logs mostly arrive in order, so the last chunk noted is mostly this one's.
    pub(crate) fn note(&mut self, origin: u32, sequence: Sequence) {
        let chunk = (origin, sequence.leaf_index() / CHUNK_ENTRIES);
        if self.chunks.last() != Some(&chunk) {
            self.chunks.push(chunk);
        }
    }

    /// An entry was held or released.
    pub(crate) fn hold(&mut self, origin: Origin, sequence: Sequence) {
        self.holds.insert((origin, sequence));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.holds.is_empty()
    }

    /// Lists every chunk once.
    pub(crate) fn sort(&mut self) {
        self.chunks.sort_unstable();
        self.chunks.dedup();
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
