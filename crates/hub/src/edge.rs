//! The newest leaves of the journal in memory, so that a receipt is proved without reading the disk.

use std::cell::RefCell;
use std::collections::BTreeMap;

use event::JournalId;
use event_log::{LogNodes, LogRead, StoreError};
use proof::{Hash, Nodes, node_hash};

/// Leaves in a block: what lies before the last whole block but one is read from the store.
const BLOCK: usize = 1_024;

/// The leaves of the current journal from a multiple of [`BLOCK`] on; at most two blocks of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edge {
    journal: JournalId,
    base: u64,
    leaves: Vec<Hash>,
}

impl Edge {
    /// The edge of a journal that has `size` records.
    pub(crate) fn read(store: &impl LogRead, journal: JournalId, size: u64) -> Result<Self, StoreError> {
        let base = size - size % BLOCK as u64;
        let leaves = LogNodes::new(store, journal.into()).leaves(base, size - base)?;
        Ok(Self { journal, base, leaves })
    }

    /// Takes in the leaf of a record that was committed to `journal`; another journal than before begins empty.
    pub(crate) fn push(&mut self, journal: JournalId, leaf: Hash) {
        if journal != self.journal {
            *self = Self {
                journal,
                ..Self::default()
            };
        }
        self.leaves.push(leaf);
        if self.leaves.len() >= 2 * BLOCK {
            self.leaves.drain(..BLOCK);
            self.base += BLOCK as u64;
        }
    }

    /// The journal's tree. What is computed once is kept as long as it lives.
    pub(crate) fn nodes<'a, S: LogRead>(&'a self, store: &'a S) -> EdgeNodes<'a, S> {
        EdgeNodes {
            edge: self,
            log: LogNodes::new(store, self.journal.into()),
            known: RefCell::default(),
        }
    }
}

/// The current journal as a tree: its edge from memory, the rest from the store.
pub(crate) struct EdgeNodes<'a, S> {
    edge: &'a Edge,
    log: LogNodes<'a, S>,
    known: RefCell<BTreeMap<(u8, u64), Hash>>,
}

impl<S: LogRead> Nodes for EdgeNodes<'_, S> {
    type Error = StoreError;

    fn node(&self, level: u8, index: u64) -> Result<Hash, StoreError> {
        let (first, end) = (index << level, (index + 1) << level);
        let is_here = first >= self.edge.base && end <= self.edge.base + self.edge.leaves.len() as u64;
        if !is_here {
            return self.log.node(level, index);
        }
        if level == 0 {
            let at = usize::try_from(first - self.edge.base).unwrap_or(usize::MAX);
            return Ok(self.edge.leaves[at]);
        }
        if let Some(known) = self.known.borrow().get(&(level, index)) {
            return Ok(*known);
        }
        let hash = node_hash(&self.node(level - 1, 2 * index)?, &self.node(level - 1, 2 * index + 1)?);
        self.known.borrow_mut().insert((level, index), hash);
        Ok(hash)
    }
}
