//! Scenario 25 for the ledgers that are saved: whatever a crash leaves of a snapshot, it is used whole or not at all, and
//! the figures are the rebuilt ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::RwLock;

use follower::{Beginning, Follower, Shelf, Track};
use ledger::View;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::town::{Pen, START_MS, Town};

const BLOCK: usize = 4_096;

/// Every file of a folder.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(dir).expect("below it").to_path_buf();
                found.insert(name, fs::read(entry.path()).expect("readable"));
            }
        }
    }
    found
}

/// A state between two: of every file the old or the new one, and of its blocks any of both.
fn between(dice: &mut ChaCha8Rng, old: &BTreeMap<PathBuf, Vec<u8>>, new: &BTreeMap<PathBuf, Vec<u8>>, to: &Path) {
    let share = [0.0, 0.05, 0.5, 0.95, 1.0][dice.random_range(0..5)];
    for (name, content) in new {
        let before = old.get(name).map_or(&[][..], Vec::as_slice);
        let mut mixed = content.clone();
        for at in (0..content.len()).step_by(BLOCK) {
            if dice.random_bool(share) {
                let end = content.len().min(at + BLOCK);
                for (n, byte) in mixed[at..end].iter_mut().enumerate() {
                    *byte = before.get(at + n).copied().unwrap_or(0);
                }
            }
        }
        if dice.random_ratio(1, 4) {
            mixed.truncate(dice.random_range(before.len().min(mixed.len())..=mixed.len()));
        }
        let path = to.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(path, mixed).expect("writable");
    }
}

fn track(town: &Town) -> Track {
    Track::of_hub(&[(town.hub.registry().journal, None)])
}

fn same(town: &Town, pen: &Pen, follower: &Follower, what: &str) {
    let anew = town.ledger();
    assert_eq!(anew.ledger().cut(), follower.ledger().cut(), "{what}");
    for view in View::ALL {
        let numbers = [&anew, follower].map(|one| one.ledger().root(view, pen.unit));
        assert_eq!(numbers[0], numbers[1], "{what}: {view:?}");
    }
    pen.is_counted_once(follower.ledger());
}

#[test]
fn a_snapshot_that_a_crash_left_half_written_is_used_whole_or_not_at_all() {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut town = Town::found();
    let mut pen = town.village(1);
    let dir = scratch.path().join("saved");
    let mut shelf = Shelf::new(&dir);
    let live = RwLock::new(Follower::new());
    let mut states = vec![files(&dir)];
    for round in 0..5 {
        let from = pen.entries.len();
        pen.visits(300, START_MS + round * 1_000);
        town.push(&pen, &pen.body(from, from + 300)).expect("taken");
        while !live
            .write()
            .expect("whole")
            .follow(town.hub.store(), &track(&town), 50)
            .expect("follows")
            .at_end
        {}
        shelf.save(&live, town.hub.store(), &track(&town));
        assert_eq!(shelf.state().trouble, None);
        states.push(files(&dir));
    }
    let (mut whole, mut rebuilt) = (0, 0);
    let mut dice = ChaCha8Rng::seed_from_u64(25);
    for trial in 0..60 {
        let at = dice.random_range(1..states.len());
        let cut = scratch.path().join(format!("cut{trial}"));
        between(&mut dice, &states[at - 1], &states[at], &cut);
        let mut shelf = Shelf::new(&cut);
        let mut follower = shelf.restore(town.hub.store(), &track(&town));
        match &shelf.state().beginning {
            Beginning::Restored { entries } => {
                assert_eq!(*entries, follower.ledger().len() as u64);
                whole += 1;
            }
            Beginning::FromLog | Beginning::Rebuilt { .. } => {
                assert!(follower.is_empty(), "trial {trial}: half a snapshot is none");
                rebuilt += 1;
            }
        }
        while !follower
            .follow(town.hub.store(), &track(&town), 50)
            .expect("follows")
            .at_end
        {}
        same(&town, &pen, &follower, &format!("trial {trial}"));
        // And it can be saved in that place again.
        let follower = RwLock::new(follower);
        shelf.save(&follower, town.hub.store(), &track(&town));
        let again = Shelf::new(&cut).restore(town.hub.store(), &track(&town));
        same(&town, &pen, &again, &format!("trial {trial}, saved again"));
        fs::remove_dir_all(cut).expect("writable");
    }
    assert!(whole > 5 && rebuilt > 5, "{whole} whole, {rebuilt} rebuilt");
}
