//! A tree that grows leaf by leaf, and the tiles that come off it.

use proof::{Hash, TILE_WIDTH, Tile, TileLevel, empty_root, node_hash};

/// The right edge of a tree with the unfinished tile of every tile level: about 8 KiB a level, whatever the size.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    size: u64,
    peaks: Vec<Hash>,
    rows: Vec<Row>,
}

/// The tile of a level that is not full yet.
#[derive(Clone, Debug, Default)]
struct Row {
    index: u64,
    hashes: Vec<u8>,
}

/// A tile of hashes and its bytes.
pub(crate) type Finished = (Tile, Vec<u8>);

impl Tree {
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn root(&self) -> Hash {
        let peaks = self.peaks.iter().rev().copied();
        peaks
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or_else(empty_root)
    }

    /// Appends a leaf, given its hash, and gives the tiles that are full with it, low levels first.
    pub(crate) fn push(&mut self, leaf: Hash) -> Vec<Finished> {
        let mut finished = Vec::new();
        let (mut node, mut level) = (leaf, 0);
        self.row(0, &node, &mut finished);
        for _ in 0..self.size.trailing_ones() {
            // One peak for every bit set: the trailing ones are that many peaks.
            let Some(left) = self.peaks.pop() else { break };
            node = node_hash(&left, &node);
            level += 1;
            if level % 8 == 0 {
                self.row(level / 8, &node, &mut finished);
            }
        }
        self.peaks.push(node);
        self.size += 1;
        finished
    }

    fn row(&mut self, level: usize, node: &Hash, finished: &mut Vec<Finished>) {
        if self.rows.len() <= level {
            self.rows.resize_with(level + 1, Row::default);
        }
        let row = &mut self.rows[level];
        row.hashes.extend_from_slice(node);
        if row.hashes.len() == 32 * usize::from(TILE_WIDTH) {
            let bytes = std::mem::take(&mut row.hashes);
            finished.push((tile(level, row.index, TILE_WIDTH), bytes));
            row.index += 1;
        }
    }

    /// The tiles at the right edge that are not full.
    pub(crate) fn partial(&self) -> impl Iterator<Item = Finished> {
        let rows = self.rows.iter().enumerate().filter(|(_, row)| !row.hashes.is_empty());
        rows.map(|(level, row)| {
            let width = u16::try_from(row.hashes.len() / 32).unwrap_or(TILE_WIDTH);
            (tile(level, row.index, width), row.hashes.clone())
        })
    }
}

fn tile(level: usize, index: u64, width: u16) -> Tile {
    // A tree of 64-bit size has eight levels.
    let level = TileLevel::Hashes(u8::try_from(level).unwrap_or(u8::MAX));
    Tile { level, index, width }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proof::{Frontier, leaf_hash, root};

    use super::*;

    #[test]
    fn roots_are_the_frontiers_and_tiles_are_those_of_the_layout() {
        let (mut tree, mut frontier, mut files) = (Tree::default(), Frontier::new(), BTreeMap::new());
        assert_eq!(tree.root(), frontier.root());
        for n in 0..66_000_u64 {
            let leaf = leaf_hash(&n.to_be_bytes());
            files.extend(tree.push(leaf));
            frontier.push(leaf);
            if n % 97 == 0 || n > 65_530 {
                assert_eq!(tree.root(), frontier.root(), "{n}");
            }
        }
        files.extend(tree.partial());
        let expected: Vec<Tile> = Tile::all(66_000)
            .filter(|tile| tile.level != TileLevel::Entries)
            .collect();
        assert_eq!(files.keys().copied().collect::<Vec<_>>(), expected);
        let nodes = proof::TileNodes::new(66_000, |tile| files.get(&tile).cloned().ok_or(tile));
        assert_eq!(root(&nodes, 66_000), Ok(tree.root()));
    }
}
