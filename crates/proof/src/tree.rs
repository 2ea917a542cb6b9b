//! RFC 6962 hashes and the right edge of a Merkle tree.

use sha2::{Digest, Sha256};

/// A SHA-256 value: a leaf, a node or the root of a tree.
pub type Hash = [u8; 32];

/// Hash of a leaf: SHA-256(0x00 ‖ bytes). RFC 6962 §2.1.
#[must_use]
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

/// Hash of an inner node: SHA-256(0x01 ‖ left ‖ right). RFC 6962 §2.1.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// Why bytes are not a frontier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// The length does not follow from the size in the first eight bytes.
    #[error("not a frontier: expected {expected} bytes, got {got}")]
    Length {
        /// Bytes that a frontier of that size has (8 if even the size is missing).
        expected: usize,
        /// Bytes that were given.
        got: usize,
    },
}

/// The right edge of a Merkle tree (its compact range): the roots of the perfect subtrees that the
/// tree falls into, largest first, one for every bit set in the size. At most 64 hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The frontier of the empty tree.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            size: 0,
            peaks: Vec::new(),
        }
    }

    /// Appends a leaf, given its [`leaf_hash`]. Amortised one node hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            // One peak per set bit: the trailing ones are that many peaks.
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// Number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree; SHA-256 of nothing for the empty tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => Sha256::digest([]).into(),
            Some(last) => peaks.fold(*last, |right, left| node_hash(left, &right)),
        }
    }

    /// The roots of the perfect subtrees, largest first.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Size (eight bytes, big endian), then the peaks, largest first.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + 32 * self.peaks.len());
        bytes.extend_from_slice(&self.size.to_be_bytes());
        bytes.extend(self.peaks.iter().flatten());
        bytes
    }

    /// Reads what [`Frontier::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`FrontierError::Length`] unless there is exactly one hash for every bit set in the size.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrontierError> {
        let length = |expected| FrontierError::Length {
            expected,
            got: bytes.len(),
        };
        let (size, rest) = bytes.split_first_chunk::<8>().ok_or(length(8))?;
        let size = u64::from_be_bytes(*size);
        let (peaks, tail) = rest.as_chunks::<32>();
        if !tail.is_empty() || peaks.len() != size.count_ones() as usize {
            return Err(length(8 + 32 * size.count_ones() as usize));
        }
        Ok(Self {
            size,
            peaks: peaks.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hex(hash: &[u8]) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// RFC 6962 §2.1, word for word.
    fn naive_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                node_hash(&naive_root(&leaves[..split]), &naive_root(&leaves[split..]))
            }
        }
    }

    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let leaves: [&[u8]; 8] = [
            &[],
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[
                0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f,
            ],
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut frontier = Frontier::new();
        assert_eq!(
            hex(&frontier.root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        for (leaf, root) in leaves.iter().zip(roots) {
            frontier.push(leaf_hash(leaf));
            assert_eq!(hex(&frontier.root()), root, "size {}", frontier.size());
        }
    }

    #[test]
    fn bytes_are_read_strictly() {
        let mut frontier = Frontier::new();
        for n in 0..11u8 {
            frontier.push(leaf_hash(&[n]));
        }
        let bytes = frontier.to_bytes();
        assert_eq!(Frontier::from_bytes(&bytes), Ok(frontier));
        for cut in 0..bytes.len() {
            assert!(Frontier::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        let mut longer = bytes.clone();
        longer.extend([0; 32]);
        assert_eq!(
            Frontier::from_bytes(&longer),
            Err(FrontierError::Length {
                expected: 104,
                got: 136
            })
        );
    }

    proptest! {
        #[test]
        fn frontier_is_the_naive_tree(contents in proptest::collection::vec(any::<[u8; 3]>(), 0..600)) {
            let leaves: Vec<Hash> = contents.iter().map(|bytes| leaf_hash(bytes)).collect();
            let mut frontier = Frontier::new();
            for (n, leaf) in leaves.iter().enumerate() {
                frontier.push(*leaf);
                if n % 61 == 0 {
                    prop_assert_eq!(frontier.root(), naive_root(&leaves[..=n]));
                    frontier = Frontier::from_bytes(&frontier.to_bytes()).expect("its own bytes");
                }
            }
            prop_assert_eq!(frontier.root(), naive_root(&leaves));
            prop_assert_eq!(frontier.size(), leaves.len() as u64);
        }
    }
}
