//! Trees to prove things about, built the slow way: by the words of RFC 6962 and the page on tiles.

#![allow(dead_code, reason = "each test file uses a part")]

use std::collections::BTreeMap;
use std::sync::OnceLock;

use proof::{Hash, Nodes, Tile, leaf_hash, node_hash};
use sha2::{Digest as _, Sha256};

/// The n-th entry of every tree here.
pub(crate) fn entry(n: u64) -> Vec<u8> {
    format!("entry {n}").into_bytes()
}

pub(crate) fn leaves(size: u64) -> Vec<Hash> {
    (0..size).map(|n| leaf_hash(&entry(n))).collect()
}

/// RFC 6962 §2.1: MTH.
pub(crate) fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let k = leaves.len().next_power_of_two() / 2;
            node_hash(&naive_root(&leaves[..k]), &naive_root(&leaves[k..]))
        }
    }
}

/// RFC 6962 §2.1.1: PATH.
pub(crate) fn naive_path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    if m < k {
        [naive_path(m, left), vec![naive_root(right)]].concat()
    } else {
        [naive_path(m - k, right), vec![naive_root(left)]].concat()
    }
}

/// RFC 6962 §2.1.2: SUBPROOF.
pub(crate) fn naive_subproof(m: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if known { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    if m <= k {
        [naive_subproof(m, left, known), vec![naive_root(right)]].concat()
    } else {
        [naive_subproof(m - k, right, false), vec![naive_root(left)]].concat()
    }
}

/// All perfect subtrees of a tree, level by level.
pub(crate) struct Levels(Vec<Vec<Hash>>);

impl Levels {
    pub(crate) fn of(leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        while levels[levels.len() - 1].len() > 1 {
            let below = &levels[levels.len() - 1];
            levels.push(below.as_chunks::<2>().0.iter().map(|[l, r]| node_hash(l, r)).collect());
        }
        Self(levels)
    }

    /// One tree of 70,000 leaves, of which every smaller one is a beginning.
    pub(crate) fn large() -> &'static Self {
        static LARGE: OnceLock<Levels> = OnceLock::new();
        LARGE.get_or_init(|| Self::of(leaves(70_000)))
    }

    pub(crate) fn leaf(&self, index: u64) -> Hash {
        self.node(0, index).expect("a leaf")
    }
}

impl Nodes for &Levels {
    type Error = &'static str;

    fn node(&self, level: u8, index: u64) -> Result<Hash, &'static str> {
        (**self).node(level, index)
    }
}

impl Nodes for Levels {
    type Error = &'static str;

    fn node(&self, level: u8, index: u64) -> Result<Hash, &'static str> {
        let found = self
            .0
            .get(usize::from(level))
            .and_then(|level| level.get(usize::try_from(index).ok()?));
        found.copied().ok_or("no such node")
    }
}

/// The tiles of hashes of a tree by their path, cut as the page says: 256 hashes each, full ones hashed upwards.
pub(crate) fn hash_tiles(leaves: &[Hash]) -> BTreeMap<String, Vec<u8>> {
    let (mut tiles, mut level, mut hashes) = (BTreeMap::new(), 0, leaves.to_vec());
    while !hashes.is_empty() {
        for (index, chunk) in hashes.chunks(256).enumerate() {
            assert!(index < 1000);
            let partial = if chunk.len() < 256 {
                format!(".p/{}", chunk.len())
            } else {
                String::new()
            };
            tiles.insert(format!("tile/{level}/{index:03}{partial}"), chunk.concat());
        }
        hashes = hashes
            .as_chunks::<256>()
            .0
            .iter()
            .map(|full| naive_root(full))
            .collect();
        level += 1;
    }
    tiles
}

/// Reads such tiles.
pub(crate) fn reader(tiles: &BTreeMap<String, Vec<u8>>) -> impl Fn(Tile) -> Result<Vec<u8>, String> {
    |tile| {
        tiles
            .get(&tile.path())
            .cloned()
            .ok_or(format!("there is no {}", tile.path()))
    }
}

/// Sizes around the edges of tiles.
pub(crate) const SIZES: [u64; 12] = [1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 70_000];

/// Places in a tree that are unlike one another.
pub(crate) fn places(size: u64) -> Vec<u64> {
    let mut places: Vec<u64> = [
        0,
        1,
        2,
        127,
        255,
        256,
        300,
        511,
        512,
        32_768,
        65_535,
        65_536,
        size / 2,
        size - 1,
    ]
    .into_iter()
    .filter(|place| *place < size)
    .collect();
    places.sort_unstable();
    places.dedup();
    places
}
