//! Making proofs: from anything that knows the roots of perfect subtrees (RFC 6962 §2.1).

use std::cell::RefCell;
use std::collections::VecDeque;

use sha2::{Digest, Sha256};

use crate::{Hash, Tile, node_hash};

/// Tiles that a [`TileNodes`] remembers: 8 KiB each, enough for every proof at one place of a tree.
const CACHED_TILES_MAX: usize = 16;

/// What knows the nodes of a Merkle tree.
pub trait Nodes {
    /// Why a node cannot be had.
    type Error;

    /// Root of the perfect subtree over the leaves `index << level .. (index + 1) << level`.
    ///
    /// # Errors
    /// As the implementation says; the tree must have all of these leaves.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// Why a proof cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError<E> {
    /// There is no such leaf.
    #[error("there is no leaf {index} (counted from 0) in a tree of {size}")]
    Index {
        /// Leaf that was asked for.
        index: u64,
        /// Size of the tree.
        size: u64,
    },
    /// A tree does not begin with a larger one.
    #[error("a tree of {new} leaves does not begin with one of {old}")]
    Sizes {
        /// Size of the smaller tree.
        old: u64,
        /// Size of the larger tree.
        new: u64,
    },
    /// A node could not be had.
    #[error(transparent)]
    Node(#[from] E),
}

/// Root of the tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// Root of the tree over the first `size` leaves.
///
/// # Errors
/// Those of the nodes.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    subtree(nodes, 0, size)
}

/// The audit path of leaf `index` (from 0) in the tree over the first `size` leaves, from the leaf's sibling
/// upwards: at most 64 hashes. RFC 6962 §2.1.1.
///
/// # Errors
/// [`ProveError::Index`] unless `index` is below `size`, or [`ProveError::Node`].
pub fn inclusion_proof<N: Nodes>(nodes: &N, index: u64, size: u64) -> Result<Vec<Hash>, ProveError<N::Error>> {
    if index >= size {
        return Err(ProveError::Index { index, size });
    }
    let (mut start, mut end, mut path) = (0, size, Vec::new());
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(subtree(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(subtree(nodes, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// What shows that the tree over the first `new` leaves begins with the one over the first `old`: at most 64
/// hashes, none if `old` is 0 or equals `new`. RFC 6962 §2.1.2.
///
/// # Errors
/// [`ProveError::Sizes`] if `old` is above `new`, or [`ProveError::Node`].
pub fn consistency_proof<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Vec<Hash>, ProveError<N::Error>> {
    if old > new {
        return Err(ProveError::Sizes { old, new });
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let (mut start, mut end, mut path) = (0, new, Vec::new());
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            path.push(subtree(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(subtree(nodes, start, middle)?);
            start = middle;
        }
    }
    // What is left is a subtree of both trees. The reader knows its root only if it is the old tree itself.
    if start > 0 {
        path.push(subtree(nodes, start, end)?);
    }
    path.reverse();
    Ok(path)
}

/// Leaves to the left of the root of a tree of `size` above 1: the greatest power of two below it.
const fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// Root over the leaves `start..end`, where `start` is a multiple of a power of two that is not below `end - start`.
fn subtree<N: Nodes>(nodes: &N, start: u64, end: u64) -> Result<Hash, N::Error> {
    let (mut at, mut peaks) = (start, Vec::new());
    for level in (0..64u8).rev().filter(|level| (end - start) >> level & 1 == 1) {
        peaks.push(nodes.node(level, at >> level)?);
        at = at.wrapping_add(1 << level);
    }
    let root = peaks.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
    Ok(root.unwrap_or_else(empty_root))
}

/// Root of a perfect tree over `leaves`, a power of two of them.
fn perfect(mut leaves: Vec<Hash>) -> Option<Hash> {
    while leaves.len() > 1 {
        let (pairs, rest) = leaves.as_chunks::<2>();
        if !rest.is_empty() {
            return None;
        }
        leaves = pairs.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    leaves.pop()
}

/// The nodes over leaf hashes in memory, computed each time: for small trees and for tests.
#[derive(Clone, Copy, Debug)]
pub struct LeafNodes<'a>(pub &'a [Hash]);

impl Nodes for LeafNodes<'_> {
    type Error = OutsideTree;

    fn node(&self, level: u8, index: u64) -> Result<Hash, OutsideTree> {
        let outside = OutsideTree { level, index };
        let end = index
            .checked_add(1)
            .and_then(|end| end.checked_mul(1u64.checked_shl(u32::from(level))?));
        let end = end.and_then(|end| usize::try_from(end).ok()).ok_or(outside)?;
        let leaves = self.0.get(end - (1 << level)..end).ok_or(outside)?;
        perfect(leaves.to_vec()).ok_or(outside)
    }
}

/// A node whose leaves the tree does not all have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tree does not have all leaves of node {index} of level {level}")]
pub struct OutsideTree {
    /// Level of the node: it spans 2^level leaves.
    pub level: u8,
    /// Its number within the level.
    pub index: u64,
}

/// Why a node cannot be had from tiles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileNodesError<E> {
    /// The tree does not reach that far.
    #[error(transparent)]
    Outside(OutsideTree),
    /// A tile has another length than its width says.
    #[error("{path} has {got} bytes, not {expected}")]
    Length {
        /// The tile's path.
        path: String,
        /// Bytes that it should have.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// A tile could not be read.
    #[error("{path}: {reason}")]
    Read {
        /// The tile's path.
        path: String,
        /// What the reader said.
        reason: E,
    },
}

/// The nodes of a tree of a known size, from its tiles of hashes.
///
/// **A tile from a server is no evidence.** Nothing here compares tiles with a signed root: a node is computed from
/// the one tile that holds it, and neither that tile nor those above it are tied together. That [`root`] gives the
/// signed root shows that the right edge is right, and says nothing about the other hashes in the same files.
/// What is made of such tiles becomes evidence only by
/// [`check_inclusion`](crate::check_inclusion) or [`check_consistency`](crate::check_consistency) against a signed
/// root; entries, by being hashed and rebuilding it (or by a proof each). Keep no tile as verified before that.
pub struct TileNodes<F> {
    size: u64,
    read: F,
    cache: RefCell<VecDeque<(Tile, Vec<u8>)>>,
}

impl<F, E> TileNodes<F>
where
    F: Fn(Tile) -> Result<Vec<u8>, E>,
{
    /// The nodes of the tree over `size` leaves. `read` fetches a tile; only tiles that such a tree has are
    /// asked for, partial ones by their width at that size.
    pub fn new(size: u64, read: F) -> Self {
        Self {
            size,
            read,
            cache: RefCell::default(),
        }
    }

    /// Hashes `from..to` of a tile.
    fn hashes(&self, tile: Tile, from: usize, to: usize) -> Result<Vec<Hash>, TileNodesError<E>> {
        let cut = |bytes: &[u8]| bytes.as_chunks::<32>().0[from..to].to_vec();
        if let Some((_, bytes)) = self.cache.borrow().iter().find(|(cached, _)| *cached == tile) {
            return Ok(cut(bytes));
        }
        let path = || tile.path();
        let bytes = (self.read)(tile).map_err(|reason| TileNodesError::Read { path: path(), reason })?;
        let (expected, got) = (tile.hash_bytes(), bytes.len());
        if expected != got {
            let path = path();
            return Err(TileNodesError::Length { path, expected, got });
        }
        let hashes = cut(&bytes);
        let mut cache = self.cache.borrow_mut();
        cache.push_front((tile, bytes));
        cache.truncate(CACHED_TILES_MAX);
        Ok(hashes)
    }
}

impl<F, E> Nodes for TileNodes<F>
where
    F: Fn(Tile) -> Result<Vec<u8>, E>,
{
    type Error = TileNodesError<E>;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error> {
        let outside = TileNodesError::Outside(OutsideTree { level, index });
        // The tile level below it, and the hashes there that it is the root of: 1 to 128, never across tiles.
        let (tile_level, within) = (level / 8, level % 8);
        let Some(first) = index
            .checked_shl(u32::from(within))
            .filter(|first| first >> within == index)
        else {
            return Err(outside);
        };
        let count = 1usize << within;
        let Some(tile) = Tile::holding(tile_level, first, self.size) else {
            return Err(outside);
        };
        let from = usize::try_from(first % 256).unwrap_or(0);
        if from + count > usize::from(tile.width) {
            return Err(outside);
        }
        perfect(self.hashes(tile, from, from + count)?).ok_or(outside)
    }
}
