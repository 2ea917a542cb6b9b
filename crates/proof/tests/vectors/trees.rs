//! Trees, tiles and proofs, right and refused.

use proof::{DayCode, EntryBundle, Hash, Tile, consistency_proof, day_code, inclusion_proof, leaf_hash, read_day_code};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{Levels, entry, hash_tiles, leaves};
use crate::{hex, top};

pub(crate) fn tile_vectors() -> [(&'static str, Vec<Value>); 5] {
    let sizes = [0u64, 1, 2, 3, 7, 255, 256, 257, 513, 65_536, 70_000];
    let trees = sizes
        .map(|size| json!({ "name": format!("{size} leaves"), "size": size.to_string(), "root": hex(&top(size)) }));
    let lists = [0u64, 1, 256, 257, 513, 1_000, 70_000].map(|size| {
        let paths: Vec<_> = Tile::all(size).map(|tile| tile.path()).collect();
        let digest = hex(&Sha256::digest(paths.join("\n")));
        let shown = if paths.len() <= 20 { json!(paths) } else { Value::Null };
        json!({ "name": format!("of {size} leaves"), "size": size.to_string(), "count": paths.len(), "paths": shown, "sha256_of_lines": digest })
    });
    let of_513 = hash_tiles(&leaves(513)).into_iter().map(|tile| (513, tile));
    let of_70_000 = hash_tiles(&leaves(70_000)).into_iter().map(|tile| (70_000, tile));
    let shown = [
        "tile/0/000",
        "tile/0/273.p/112",
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ];
    let tiles = of_513.chain(of_70_000.filter(|(_, (path, _))| shown.contains(&&path[..])));
    let tiles = tiles.map(|(size, (path, bytes))| {
        let all = if bytes.len() <= 64 { json!(hex(&bytes)) } else { Value::Null };
        json!({ "name": format!("{path} of {size}"), "size": size.to_string(), "path": path, "bytes": all, "sha256": hex(&Sha256::digest(&bytes)) })
    });
    let refused = [
        "tile/0/67",
        "tile/0/x000/067",
        "tile/0/001/067",
        "tile/64/000",
        "tile/00/000",
        "tile/8/0/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/017",
        "tile/entries/",
        "tile/data/000",
        "/tile/0/000",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
    ];
    let refused = refused.map(|path| json!({ "name": path, "path": path }));
    let mut bundle = EntryBundle::new();
    let entries = [&b""[..], b"one", &[7; 300]];
    entries.iter().for_each(|entry| bundle.push(entry).expect("it fits"));
    let good = bundle.as_bytes();
    let hexed: Vec<_> = entries.iter().map(|entry| hex(entry)).collect();
    let bundle = |name, bytes: &[u8], width: u16, entries: Value| json!({ "name": name, "bytes": hex(bytes), "width": width, "entries": entries });
    let none = Value::Null;
    let bundles = vec![
        bundle("three entries", good, 3, json!(hexed)),
        bundle("refused: a byte is missing", &good[..good.len() - 1], 3, none.clone()),
        bundle("refused: a byte follows", &[good, &[0]].concat(), 3, none.clone()),
        bundle("refused: one entry more than the path says", good, 2, none.clone()),
        bundle("refused: one entry fewer than the path says", good, 4, none),
    ];
    [
        ("trees", trees.to_vec()),
        ("tile_lists", lists.to_vec()),
        ("tiles", tiles.collect()),
        ("tile_paths_refused", refused.to_vec()),
        ("bundles", bundles),
    ]
}

pub(crate) fn inclusions() -> Vec<Value> {
    let vector = |name: String, index: u64, size: u64, leaf: Hash, path: &[Hash], root: Hash, holds: bool| {
        json!({
            "name": name, "index": index.to_string(), "size": size.to_string(), "leaf": hex(&leaf), "path": path_of(path),
            "root": hex(&root), "holds": holds
        })
    };
    let mut vectors = Vec::new();
    for (index, size) in [
        (0, 1),
        (0, 2),
        (1, 2),
        (2, 3),
        (4, 7),
        (6, 7),
        (255, 256),
        (256, 257),
        (300, 513),
        (65_536, 70_000),
        (69_999, 70_000),
    ] {
        let path = inclusion_proof(Levels::large(), index, size).expect("a path");
        let leaf = leaf_hash(&entry(index));
        vectors.push(vector(
            format!("leaf {index} of {size}"),
            index,
            size,
            leaf,
            &path,
            top(size),
            true,
        ));
    }
    let (leaf, path) = (
        leaf_hash(&entry(4)),
        inclusion_proof(Levels::large(), 4, 7).expect("a path"),
    );
    let mut flipped = path.clone();
    flipped[1][31] ^= 1;
    let swapped: Vec<_> = path.iter().rev().copied().collect();
    for (name, index, size, leaf, path, root) in [
        ("one bit of a hash", 4, 7, leaf, &flipped[..], top(7)),
        ("another leaf", 4, 7, leaf_hash(&entry(5)), &path, top(7)),
        ("another place", 5, 7, leaf, &path, top(7)),
        ("beyond the size", 7, 7, leaf, &path, top(7)),
        ("another size with its root", 4, 8, leaf, &path, top(8)),
        ("another root", 4, 7, leaf, &path, top(6)),
        ("a hash missing", 4, 7, leaf, &path[1..], top(7)),
        ("a hash more", 4, 7, leaf, &[&path[..], &[leaf]].concat(), top(7)),
        ("turned round", 4, 7, leaf, &swapped, top(7)),
        ("of nothing", 0, 0, leaf, &[], top(0)),
        ("65 hashes", 0, u64::MAX, leaf, &[leaf; 65], leaf),
    ] {
        vectors.push(vector(format!("refused: {name}"), index, size, leaf, path, root, false));
    }
    vectors
}

pub(crate) fn consistencies() -> Vec<Value> {
    let vector = |name: String, old: u64, new: u64, roots: [Hash; 2], path: &[Hash], holds: bool| {
        json!({
            "name": name, "old": old.to_string(), "new": new.to_string(), "old_root": hex(&roots[0]), "new_root": hex(&roots[1]),
            "path": path_of(path), "holds": holds
        })
    };
    let mut vectors = Vec::new();
    for (old, new) in [
        (0, 0),
        (0, 7),
        (1, 2),
        (3, 7),
        (4, 7),
        (6, 7),
        (7, 7),
        (255, 257),
        (256, 513),
        (513, 70_000),
        (65_536, 70_000),
        (69_999, 70_000),
    ] {
        let path = consistency_proof(Levels::large(), old, new).expect("a path");
        vectors.push(vector(
            format!("{old} in {new}"),
            old,
            new,
            [top(old), top(new)],
            &path,
            true,
        ));
    }
    let path = consistency_proof(Levels::large(), 3, 7).expect("a path");
    let mut flipped = path.clone();
    flipped[0][0] ^= 0x80;
    let roots = [top(3), top(7)];
    for (name, old, new, roots, path) in [
        ("one bit of a hash", 3, 7, roots, &flipped[..]),
        ("another old root", 3, 7, [top(2), top(7)], &path),
        ("another new root", 3, 7, [top(3), top(8)], &path),
        ("another old size", 5, 7, [top(5), top(7)], &path),
        ("another new size", 3, 8, [top(3), top(8)], &path),
        ("a hash missing", 3, 7, roots, &path[..path.len() - 1]),
        ("a hash more", 3, 7, roots, &[&path[..], &[top(1)]].concat()),
        ("no hash", 3, 7, roots, &[]),
        ("turned round", 7, 3, [top(7), top(3)], &path),
        ("a hash from nothing", 0, 7, [top(0), top(7)], &[top(7)]),
        ("nothing under another root", 0, 7, [top(1), top(7)], &[]),
        ("equal sizes, other roots", 7, 7, [top(6), top(7)], &[]),
    ] {
        vectors.push(vector(format!("refused: {name}"), old, new, roots, path, false));
    }
    vectors
}

pub(crate) fn day_codes() -> Vec<Value> {
    let vector = |name: &str, size: u64, root: &Hash, code: String| {
        let said = match read_day_code(&code, size, root) {
            DayCode::Same => "same",
            DayCode::Other => "other",
            DayCode::Misread => "misread",
        };
        json!({ "name": name, "size": size.to_string(), "root": hex(root), "written": day_code(size, root), "code": code, "says": said })
    };
    let code = day_code(7, &top(7));
    let wrong = code.replacen(|c| c != code.chars().next().expect("one"), "0", 1);
    vec![
        vector("a log of seven", 7, &top(7), code.clone()),
        vector("nothing", 0, &top(0), day_code(0, &top(0))),
        vector(
            "in small letters with spaces",
            7,
            &top(7),
            code.to_lowercase().replace('-', " "),
        ),
        vector("of another size", 8, &top(8), code.clone()),
        vector("one character wrong", 7, &top(7), wrong),
        vector("one character missing", 7, &top(7), code[1..].to_owned()),
    ]
}

fn path_of(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| hex(hash)).collect()
}
