//! Inclusion and consistency against the words of RFC 6962, and everything that must be refused.

mod support;

use proof::{
    LeafNodes, ProofError, ProveError, Tile, TileNodes, TileNodesError, check_consistency, check_inclusion,
    consistency_proof, empty_root, inclusion_proof, leaf_hash, root,
};
use proptest::prelude::*;

use support::{Levels, SIZES, hash_tiles, leaves, naive_path, naive_root, naive_subproof, places, reader};

#[test]
fn proofs_of_all_small_trees_are_those_of_the_words() {
    let all = leaves(300);
    let levels = Levels::of(all.clone());
    let roots: Vec<_> = (0..=all.len()).map(|size| naive_root(&all[..size])).collect();
    for size in 0..=300u64 {
        let n = usize::try_from(size).expect("small");
        assert_eq!(root(&levels, size), Ok(roots[n]));
        for index in 0..size {
            let m = usize::try_from(index).expect("small");
            let path = inclusion_proof(&levels, index, size).expect("a path");
            if size < 70 || index % 17 == 0 {
                assert_eq!(path, naive_path(m, &all[..n]), "leaf {index} of {size}");
            }
            assert_eq!(check_inclusion(index, size, &all[m], &path, &roots[n]), Ok(()));
        }
        for old in 0..=size {
            let m = usize::try_from(old).expect("small");
            let path = consistency_proof(&levels, old, size).expect("a path");
            if old > 0 && (size < 70 || old % 17 == 0) {
                assert_eq!(path, naive_subproof(m, &all[..n], true), "{old} in {size}");
            }
            assert_eq!(check_consistency(old, size, &roots[m], &roots[n], &path), Ok(()));
        }
    }
}

#[test]
fn proofs_from_tiles_and_from_leaves_are_the_same() {
    let large = Levels::large();
    let all = leaves(70_000);
    for size in SIZES {
        let tiles = hash_tiles(&all[..usize::try_from(size).expect("small")]);
        let nodes = TileNodes::new(size, reader(&tiles));
        let expected = root(large, size).expect("a root");
        assert_eq!(root(&nodes, size), Ok(expected));
        for index in places(size) {
            let path = inclusion_proof(&nodes, index, size).expect("a path");
            assert_eq!(Ok(&path), inclusion_proof(large, index, size).as_ref());
            assert_eq!(
                check_inclusion(index, size, &large.leaf(index), &path, &expected),
                Ok(())
            );
            let path = consistency_proof(&nodes, index, size).expect("a path");
            let old = root(&nodes, index).expect("a root");
            assert_eq!(check_consistency(index, size, &old, &expected, &path), Ok(()));
        }
        if size <= 513 {
            assert_eq!(root(&LeafNodes(&all), size), Ok(expected));
        }
        let listed: Vec<_> = Tile::all(size)
            .map(|tile| tile.path())
            .filter(|path| !path.contains("entries"))
            .collect();
        let mut cut: Vec<_> = tiles.keys().cloned().collect();
        cut.sort_by_key(|path| Tile::parse(path).expect("a path"));
        assert_eq!(listed, cut);
    }
}

/// Every proof of the trees up to 20 leaves, and a few of larger ones.
fn inclusions() -> Vec<(u64, u64)> {
    let small = (1..=20).flat_map(|size| (0..size).map(move |index| (index, size)));
    let large = SIZES
        .into_iter()
        .flat_map(|size| [(0, size), (size / 2, size), (size - 1, size)]);
    small.chain(large).collect()
}

#[test]
fn a_changed_inclusion_proof_is_refused() {
    let large = Levels::large();
    for (index, size) in inclusions() {
        let (leaf, top) = (large.leaf(index), root(large, size).expect("a root"));
        let path = inclusion_proof(large, index, size).expect("a path");
        let check = check_inclusion;
        assert_eq!(check(index, size, &leaf, &path, &top), Ok(()));
        for bit in 0..256usize {
            let flip = |hash: &[u8; 32]| {
                let mut hash = *hash;
                hash[bit / 8] ^= 1 << (bit % 8);
                hash
            };
            assert_eq!(check(index, size, &flip(&leaf), &path, &top), Err(ProofError::Root));
            assert_eq!(check(index, size, &leaf, &path, &flip(&top)), Err(ProofError::Root));
            for at in 0..path.len() {
                let mut path = path.clone();
                path[at] = flip(&path[at]);
                assert_eq!(check(index, size, &leaf, &path, &top), Err(ProofError::Root));
            }
        }
        for other in (0..size.min(600)).filter(|other| *other != index) {
            assert!(
                check(other, size, &leaf, &path, &top).is_err(),
                "{index} as {other} of {size}"
            );
        }
        assert_eq!(
            check(size, size, &leaf, &path, &top),
            Err(ProofError::Index { index: size, size })
        );
        for other in (index + 1..size + 20).filter(|other| *other != size && *other <= 70_000) {
            let other_top = root(large, other).expect("a root");
            assert!(
                check(index, other, &leaf, &path, &other_top).is_err(),
                "{index} of {size} in {other}"
            );
        }
        for at in 0..path.len() {
            let mut shorter = path.clone();
            shorter.remove(at);
            assert!(check(index, size, &leaf, &shorter, &top).is_err());
        }
        for at in 0..=path.len() {
            let mut longer = path.clone();
            longer.insert(at, top);
            let length = ProofError::Length(longer.len());
            assert_eq!(check(index, size, &leaf, &longer, &top), Err(length));
        }
        for at in 1..path.len() {
            let mut swapped = path.clone();
            swapped.swap(at - 1, at);
            assert_eq!(check(index, size, &leaf, &swapped, &top), Err(ProofError::Root));
        }
    }
}

#[test]
fn a_changed_consistency_proof_is_refused() {
    let large = Levels::large();
    let top = |size| root(large, size).expect("a root");
    for (old, new) in inclusions() {
        let (old_root, new_root) = (top(old), top(new));
        let path = consistency_proof(large, old, new).expect("a path");
        let check =
            |old, new, old_root: &_, new_root: &_, path: &[_]| check_consistency(old, new, old_root, new_root, path);
        assert_eq!(check(old, new, &old_root, &new_root, &path), Ok(()));
        for bit in 0..256usize {
            let flip = |hash: &[u8; 32]| {
                let mut hash = *hash;
                hash[bit / 8] ^= 1 << (bit % 8);
                hash
            };
            assert_eq!(
                check(old, new, &flip(&old_root), &new_root, &path),
                Err(ProofError::Root)
            );
            if old > 0 {
                assert_eq!(
                    check(old, new, &old_root, &flip(&new_root), &path),
                    Err(ProofError::Root)
                );
            }
            for at in 0..path.len() {
                let mut path = path.clone();
                path[at] = flip(&path[at]);
                assert_eq!(check(old, new, &old_root, &new_root, &path), Err(ProofError::Root));
            }
        }
        for other in (0..new.min(600)).filter(|other| *other != old) {
            assert!(check(other, new, &top(other), &new_root, &path).is_err() || other == 0 && path.is_empty());
        }
        for other in (old..new + 20).filter(|other| *other != new && *other <= 70_000 && old > 0) {
            assert!(
                check(old, other, &old_root, &top(other), &path).is_err(),
                "{old} in {new}, not {other}"
            );
        }
        for at in 0..path.len() {
            let mut shorter = path.clone();
            shorter.remove(at);
            assert!(check(old, new, &old_root, &new_root, &shorter).is_err());
        }
        for at in 0..=path.len() {
            let mut longer = path.clone();
            longer.insert(at, new_root);
            assert_eq!(
                check(old, new, &old_root, &new_root, &longer),
                Err(ProofError::Length(longer.len()))
            );
        }
        for at in 1..path.len() {
            let mut swapped = path.clone();
            swapped.swap(at - 1, at);
            assert_eq!(check(old, new, &old_root, &new_root, &swapped), Err(ProofError::Root));
        }
        if old > 0 {
            let turned = check(new, old, &new_root, &old_root, &path);
            assert_eq!(turned, Err(ProofError::Sizes { old: new, new: old }));
        }
    }
}

#[test]
fn the_empty_tree_begins_every_tree_and_equal_trees_need_equal_roots() {
    let (empty, some) = (empty_root(), leaf_hash(b"x"));
    assert_eq!(check_consistency(0, 0, &empty, &empty, &[]), Ok(()));
    assert_eq!(check_consistency(0, 7, &empty, &some, &[]), Ok(()));
    assert_eq!(check_consistency(0, 7, &some, &some, &[]), Err(ProofError::Root));
    assert_eq!(check_consistency(0, 0, &some, &some, &[]), Err(ProofError::Root));
    assert_eq!(check_consistency(0, 0, &empty, &some, &[]), Err(ProofError::Root));
    assert_eq!(
        check_consistency(0, 7, &empty, &some, &[some]),
        Err(ProofError::Length(1))
    );
    assert_eq!(check_consistency(7, 7, &some, &some, &[]), Ok(()));
    assert_eq!(check_consistency(7, 7, &some, &empty, &[]), Err(ProofError::Root));
    assert_eq!(
        check_consistency(7, 7, &some, &some, &[some]),
        Err(ProofError::Length(1))
    );
    assert_eq!(
        check_inclusion(0, 0, &some, &[], &empty),
        Err(ProofError::Index { index: 0, size: 0 })
    );
    assert_eq!(check_inclusion(0, 1, &some, &[], &some), Ok(()));
    let levels = Levels::of(leaves(3));
    assert_eq!(
        inclusion_proof(&levels, 3, 3),
        Err(ProveError::Index { index: 3, size: 3 })
    );
    assert_eq!(
        consistency_proof(&levels, 4, 3),
        Err(ProveError::Sizes { old: 4, new: 3 })
    );
    assert_eq!(inclusion_proof(&levels, 0, 4), Err(ProveError::Node("no such node")));
}

/// The RFC says that a proof fits several sizes: what ties it to one is the signed checkpoint. Written down, so that
/// nobody believes otherwise.
#[test]
fn a_size_without_its_own_root_is_not_found_out() {
    let levels = Levels::of(leaves(3));
    let path = inclusion_proof(&levels, 0, 3).expect("a path");
    let top = root(&levels, 3).expect("a root");
    assert_eq!(check_inclusion(0, 4, &levels.leaf(0), &path, &top), Ok(()));
}

#[test]
fn a_proof_from_the_greatest_tree_is_bounded() {
    let hash = leaf_hash(b"x");
    let long = [hash; 65];
    for size in [u64::MAX, 1 << 63, (1 << 63) + 1] {
        for index in [0, size / 2, size - 1] {
            let judged = check_inclusion(index, size, &hash, &long, &hash);
            assert_eq!(judged, Err(ProofError::Length(65)));
            assert!(check_inclusion(index, size, &hash, &long[..64], &hash).is_err());
        }
        assert!(check_consistency(1 << 62, size, &hash, &hash, &long).is_err());
    }
}

#[test]
fn tiles_of_another_length_or_place_are_refused() {
    let all = leaves(600);
    let tiles = hash_tiles(&all);
    let nodes = TileNodes::new(600, |tile: Tile| -> Result<_, String> {
        let mut bytes = reader(&tiles)(tile)?;
        bytes.truncate(bytes.len() - 1);
        Ok(bytes)
    });
    let path = "tile/1/000.p/2".to_owned();
    let length = TileNodesError::Length {
        path,
        expected: 64,
        got: 63,
    };
    assert_eq!(root(&nodes, 600), Err(length));
    let nodes = TileNodes::new(600, reader(&tiles));
    for (level, index) in [
        (0, 600),
        (3, 75),
        (9, 1),
        (10, 0),
        (64, 0),
        (255, 0),
        (1, 1 << 63),
        (7, u64::MAX),
    ] {
        let found = proof::Nodes::node(&nodes, level, index);
        assert!(
            matches!(found, Err(TileNodesError::Outside(_))),
            "{level} {index}: {found:?}"
        );
        assert!(proof::Nodes::node(&LeafNodes(&all), level, index).is_err());
    }
    let nothing = TileNodes::new(600, |tile: Tile| Err::<Vec<u8>, _>(tile.path().len()));
    assert!(matches!(
        root(&nothing, 600),
        Err(TileNodesError::Read { reason: 14, .. })
    ));
}

#[test]
fn tiles_are_read_once_while_they_are_remembered() {
    let tiles = hash_tiles(&leaves(70_000));
    let reads = std::cell::Cell::new(0);
    let nodes = TileNodes::new(70_000, |tile: Tile| {
        reads.set(reads.get() + 1);
        reader(&tiles)(tile)
    });
    for index in 300..400 {
        inclusion_proof(&nodes, index, 70_000).expect("a path");
    }
    assert!(reads.get() <= 6, "{} reads", reads.get());
}

/// A tile that lies: nothing in `TileNodes` finds it, the check against the root does.
#[test]
fn a_false_tile_gives_a_proof_that_does_not_hold() {
    let all = leaves(600);
    let honest = Levels::of(all.clone());
    let mut tiles = hash_tiles(&all);
    tiles.get_mut("tile/0/000").expect("a tile")[32 * 7] ^= 1;
    let nodes = TileNodes::new(600, reader(&tiles));
    let top = root(&honest, 600).expect("a root");
    assert_eq!(root(&nodes, 600), Ok(top), "the right edge does not touch it");
    let path = inclusion_proof(&nodes, 6, 600).expect("a path");
    assert_eq!(check_inclusion(6, 600, &all[6], &path, &top), Err(ProofError::Root));
}

proptest! {
    #[test]
    fn a_proof_for_one_pair_fits_no_other_leaf(size in 1u64..70_000, a in any::<u64>(), b in any::<u64>()) {
        let large = Levels::large();
        let (a, b) = (a % size, b % size);
        let top = root(large, size).expect("a root");
        let path = inclusion_proof(large, a, size).expect("a path");
        prop_assert_eq!(check_inclusion(a, size, &large.leaf(a), &path, &top), Ok(()));
        prop_assert_eq!(check_inclusion(a, size, &large.leaf(b), &path, &top).is_ok(), a == b);
        let path = consistency_proof(large, a, size).expect("a path");
        let old = root(large, a).expect("a root");
        prop_assert_eq!(check_consistency(a, size, &old, &top, &path), Ok(()));
        let other = root(large, b).expect("a root");
        prop_assert_eq!(check_consistency(a, size, &other, &top, &path).is_ok(), a == b);
    }
}
