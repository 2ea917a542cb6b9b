//! Checking proofs (RFC 9162 §2.1.3.2 and §2.1.4.2).

use crate::nodes::empty_root;
use crate::{Hash, node_hash};

/// Hashes of the longest inclusion or consistency proof: one for every level of a tree of 64-bit size.
pub const PROOF_HASHES_MAX: usize = 64;

/// Why a proof does not show what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There is no such leaf.
    #[error("there is no leaf {index} (counted from 0) in a tree of {size}")]
    Index {
        /// Leaf whose place was to be shown.
        index: u64,
        /// Size of the tree.
        size: u64,
    },
    /// A tree does not begin with a larger one.
    #[error("a tree of {new} leaves does not begin with one of {old}")]
    Sizes {
        /// Size of the older tree.
        old: u64,
        /// Size of the newer tree.
        new: u64,
    },
    /// A proof of these sizes has another number of hashes.
    #[error("the proof has {0} hashes, which no proof of these sizes has")]
    Length(usize),
    /// The hashes do not lead to the roots.
    #[error("the proof does not lead to the root")]
    Root,
}

/// Checks that `leaf` (its [`leaf_hash`](crate::leaf_hash)) is leaf `index`, counted from 0, of the tree of `size`
/// leaves that has this `root`.
///
/// # Errors
/// [`ProofError::Index`], [`ProofError::Length`] or [`ProofError::Root`].
pub fn check_inclusion(index: u64, size: u64, leaf: &Hash, proof: &[Hash], root: &Hash) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Index { index, size });
    }
    let mut climb = Climb {
        node: index,
        last: size - 1,
    };
    let mut hash = *leaf;
    for sibling in proof {
        hash = match climb.step().ok_or(ProofError::Length(proof.len()))? {
            Side::Left => node_hash(sibling, &hash),
            Side::Right => node_hash(&hash, sibling),
        };
    }
    climb.arrived(proof.len())?;
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Checks that the tree of `new` leaves with root `new_root` begins with the tree of `old` leaves with root `old_root`.
/// If `old` is 0 or equals `new` the proof has no hashes, and the roots must be what they then have to be.
///
/// # Errors
/// [`ProofError::Sizes`] if `old` is above `new`, [`ProofError::Length`] or [`ProofError::Root`].
pub fn check_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::Sizes { old, new });
    }
    if old == 0 || old == new {
        let expected = if old == 0 { empty_root() } else { *new_root };
        return match proof {
            [] if *old_root == expected && (new > 0 || *new_root == expected) => Ok(()),
            [] => Err(ProofError::Root),
            _ => Err(ProofError::Length(proof.len())),
        };
    }
    // The walk begins at the largest subtree that ends where the old tree ends. If that is the old tree itself,
    // its root is known and stands in no proof.
    let levels = old.trailing_zeros();
    let (start, rest) = if old.is_power_of_two() {
        (old_root, proof)
    } else {
        proof.split_first().ok_or(ProofError::Length(0))?
    };
    let mut climb = Climb {
        node: (old - 1) >> levels,
        last: (new - 1) >> levels,
    };
    let (mut old_hash, mut new_hash) = (*start, *start);
    for sibling in rest {
        match climb.step().ok_or(ProofError::Length(proof.len()))? {
            Side::Left => {
                old_hash = node_hash(sibling, &old_hash);
                new_hash = node_hash(sibling, &new_hash);
            }
            Side::Right => new_hash = node_hash(&new_hash, sibling),
        }
    }
    climb.arrived(proof.len())?;
    if old_hash == *old_root && new_hash == *new_root {
        Ok(())
    } else {
        Err(ProofError::Root)
    }
}

/// On which side of the node the next hash of the proof lies.
enum Side {
    Left,
    Right,
}

/// A walk from a node to the root: its number within its level, and that of the level's last node.
struct Climb {
    node: u64,
    last: u64,
}

impl Climb {
    /// One hash up; `None` at the root, where no hash can follow.
    fn step(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let side = if self.node & 1 == 1 || self.node == self.last {
            // A last node without a sibling goes up as it is until it is a right child.
            let levels = self.node.trailing_zeros();
            (self.node, self.last) = (self.node >> levels, self.last >> levels);
            Side::Left
        } else {
            Side::Right
        };
        (self.node, self.last) = (self.node >> 1, self.last >> 1);
        Some(side)
    }

    fn arrived(&self, hashes: usize) -> Result<(), ProofError> {
        if self.last == 0 {
            Ok(())
        } else {
            Err(ProofError::Length(hashes))
        }
    }
}
