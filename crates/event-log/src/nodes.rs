//! The tree over a log, node by node, for proofs: read from the stored edges, and hashed anew below them.

use std::ops::ControlFlow;

use event::Sequence;
use proof::{EntryBundle, Frontier, Hash, Nodes, TILE_WIDTH, Tile, TileLevel, leaf_hash, node_hash};

use crate::{LogId, LogRead, StoreError};

/// Level of the subtrees whose edges are stored ([`crate::format::TREE_EVERY`] leaves): at or below it a node is
/// hashed from its leaves.
const STORED_LEVEL: u8 = 10;
const _: () = assert!(crate::format::TREE_EVERY == 1 << STORED_LEVEL);

/// The accepted entries of one log as a tree. A node at a height of ten costs a thousand leaf hashes at most;
/// a higher one as much, and a read for each level above.
#[derive(Clone, Copy)]
pub struct LogNodes<'a, R: ?Sized> {
    store: &'a R,
    log: LogId,
}

impl<'a, R: LogRead + ?Sized> LogNodes<'a, R> {
    /// The tree over the entries of `log`.
    #[must_use]
    pub const fn new(store: &'a R, log: LogId) -> Self {
        Self { store, log }
    }

    /// The leaf hashes of the entries from `first` (counted from 0), `count` of them.
    ///
    /// # Errors
    /// [`StoreError::Gap`] if the log has fewer; see [`LogRead`].
    pub fn leaves(&self, first: u64, count: u64) -> Result<Vec<Hash>, StoreError> {
        let mut leaves = Vec::with_capacity(usize::try_from(count.min(1 << 16)).unwrap_or(0));
        if count > 0 {
            self.store
                .scan(self.log, Sequence::after_size(first), &mut |_, bytes, _| {
                    leaves.push(leaf_hash(bytes));
                    if leaves.len() as u64 == count {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                })?;
        }
        if leaves.len() as u64 == count {
            Ok(leaves)
        } else {
            Err(self.short(first + count))
        }
    }

    /// The bytes of a published tile or bundle of entries (c2sp.org/tlog-tiles).
    ///
    /// # Errors
    /// [`StoreError::Gap`] if the log does not reach as far as the tile; see [`LogRead`].
    pub fn tile(&self, tile: &Tile) -> Result<Vec<u8>, StoreError> {
        let (first, width) = (tile.index * u64::from(TILE_WIDTH), u64::from(tile.width));
        match tile.level {
            TileLevel::Entries => self.bundle(first, width),
            TileLevel::Hashes(0) => Ok(self.leaves(first, width)?.concat()),
            TileLevel::Hashes(level) => {
                let nodes = (first..first + width).map(|index| self.node(8 * level, index));
                Ok(nodes.collect::<Result<Vec<_>, _>>()?.concat())
            }
        }
    }

    fn bundle(&self, first: u64, width: u64) -> Result<Vec<u8>, StoreError> {
        let mut bundle = EntryBundle::new();
        let mut count = 0;
        self.store
            .scan(self.log, Sequence::after_size(first), &mut |_, bytes, _| {
                // Entries are bounded far below what a bundle can hold.
                if count == width || bundle.push(bytes).is_err() {
                    return ControlFlow::Break(());
                }
                count += 1;
                ControlFlow::Continue(())
            })?;
        if count == width {
            Ok(bundle.as_bytes().to_vec())
        } else {
            Err(self.short(first + width))
        }
    }

    fn short(&self, wanted: u64) -> StoreError {
        StoreError::Gap {
            log: self.log,
            expected: Sequence::after_size(self.store.head(self.log).size),
            got: Sequence::after_size(wanted),
        }
    }
}

impl<R: LogRead + ?Sized> Nodes for LogNodes<'_, R> {
    type Error = StoreError;

    fn node(&self, level: u8, index: u64) -> Result<Hash, StoreError> {
        let width = 1_u64 << level;
        let first = index << level;
        if level <= STORED_LEVEL {
            let mut frontier = Frontier::new();
            self.leaves(first, width)?
                .into_iter()
                .for_each(|leaf| frontier.push(leaf));
            return Ok(frontier.root());
        }
        if index.is_multiple_of(2) {
            // A left child is the last peak of the tree that ends with it.
            let edge = self.store.frontier_at(self.log, first + width)?;
            return edge.peaks().last().copied().ok_or_else(|| self.short(first + width));
        }
        let (left, right) = (self.node(level - 1, 2 * index)?, self.node(level - 1, 2 * index + 1)?);
        Ok(node_hash(&left, &right))
    }
}

#[cfg(test)]
mod tests {
    use proof::{TileNodes, check_consistency, check_inclusion, consistency_proof, inclusion_proof};

    use super::*;
    use crate::{Commit, LogEntry, MemDisk, MemStore, Store as _};

    /// Proofs out of a log, against roots that it kept for itself.
    #[test]
    fn proofs_out_of_a_log_hold_at_every_edge() {
        let log = LogId([7; 16]);
        let mut store = MemStore::open(&MemDisk::new()).expect("a store");
        let entry = |n: u64| LogEntry::bare(n.to_be_bytes().repeat(3));
        let total = 5_000;
        for first in (0..total).step_by(500) {
            let mut commit = Commit::new();
            commit.append(
                log,
                Sequence::after_size(first),
                (first..first + 500).map(entry).collect(),
            );
            store.commit(commit).expect("room");
        }
        let nodes = LogNodes::new(&store, log);
        let sizes = [
            1, 2, 3, 255, 256, 257, 1_023, 1_024, 1_025, 2_047, 2_048, 2_049, 3_072, 4_096, 4_097, 4_999, total,
        ];
        for size in sizes {
            let root = store.root_at(log, size).expect("a root");
            assert_eq!(proof::root(&nodes, size).expect("a root"), root, "{size}");
            for index in [0, 1, size / 3, size / 2, size - 1] {
                let index = index.min(size - 1);
                let path = inclusion_proof(&nodes, index, size).expect("a proof");
                let leaf = leaf_hash(&entry(index).bytes);
                assert_eq!(
                    check_inclusion(index, size, &leaf, &path, &root),
                    Ok(()),
                    "{index} in {size}"
                );
            }
            for old in sizes.into_iter().filter(|old| *old <= size) {
                let old_root = store.root_at(log, old).expect("a root");
                let path = consistency_proof(&nodes, old, size).expect("a proof");
                assert_eq!(
                    check_consistency(old, size, &old_root, &root, &path),
                    Ok(()),
                    "{old} to {size}"
                );
            }
        }
        assert!(nodes.node(0, total).is_err() && nodes.node(12, 1).is_err());
        // Its tiles alone give the same root, and its bundles the same leaves.
        let tiles = TileNodes::new(total, |tile: Tile| nodes.tile(&tile));
        assert_eq!(
            proof::root(&tiles, total).expect("tiles"),
            store.root_at(log, total).expect("a root")
        );
        let bundles = Tile::all(total).filter(|tile| tile.level == TileLevel::Entries);
        let mut leaves = Vec::new();
        for tile in bundles {
            let bytes = nodes.tile(&tile).expect("a bundle");
            let entries = EntryBundle::decode(&bytes, tile.width).expect("entries");
            leaves.extend(entries.into_iter().map(leaf_hash));
        }
        assert_eq!(leaves, nodes.leaves(0, total).expect("leaves"));
    }
}
