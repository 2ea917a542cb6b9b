//! A snapshot spares work and changes nothing: whatever happens to it, the ledgers are those of a rebuild.
#![allow(clippy::unwrap_used, reason = "tests")]

mod made;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use event::{JournalId, Position};
use event_log::{LogRead, MemDisk, MemStore, SnapshotDb};
use follower::{Beginning, Follower, Scribe, Shelf, Track};
use ledger::{Change, Ledger, RULE_VERSION, View};
use made::{Desk, Maker};
use proptest::prelude::*;
use sample::{Item, ItemId, Place, Plan, bench_entries};
use sha2::{Digest as _, Sha256};

const JOURNAL: JournalId = JournalId::from_bytes([7; 16]);
const VILLAGES: u16 = 2;

/// A township whose villages push piece by piece.
struct Town {
    maker: Maker<MemStore>,
    villages: Vec<(Vec<Item>, [Desk; 2])>,
    places: BTreeMap<ItemId, Place>,
}

impl Town {
    fn new(seed: u64, journal: JournalId) -> Self {
        let plan = Plan {
            seed,
            villages: VILLAGES,
            days: 200,
            households_per_village: 12,
            ..Plan::default()
        };
        let mut maker = Maker::new(MemStore::open(&MemDisk::new()).unwrap(), journal);
        let village = |(index, village): (u16, &sample::Village)| {
            let mut items = plan.village_items(index);
            items.reverse();
            let number = u64::from(index);
            let own = maker.desk(number, village.unit, false).unwrap();
            (items, [own, maker.desk(number + 10_000, village.unit, true).unwrap()])
        };
        let villages = (0..).zip(&plan.township().villages).map(village).collect();
        Self {
            maker,
            villages,
            places: BTreeMap::new(),
        }
    }

    /// The next `count` items of one village, pushed.
    fn more(&mut self, village: usize, count: usize) {
        let (items, desks) = &mut self.villages[village];
        for _ in 0..count.min(items.len()) {
            let item = items.pop().unwrap();
            self.maker.item(&item, desks, &mut self.places).unwrap();
        }
        for desk in desks {
            self.maker.push(desk).unwrap();
        }
    }

    fn log(&self) -> &dyn LogRead {
        &self.maker.store
    }
}

fn track() -> Track {
    Track::of_hub(&[(JOURNAL, None)])
}

/// A follower that has read everything, from nothing.
fn rebuilt(log: &dyn LogRead, track: &Track) -> Follower {
    let mut follower = Follower::new();
    assert!(follower.follow(log, track, u64::MAX).unwrap().at_end);
    follower
}

/// Everything that two readers compare.
fn said(ledger: &Ledger) -> Vec<String> {
    let mut lines = vec![format!("{:?} {}", ledger.cut(), ledger.len())];
    for unit in ledger.units() {
        for view in View::ALL {
            let (live, root) = (ledger.live_digest(view, unit), ledger.root(view, unit));
            lines.push(format!("{} {unit} {live} {root}", view.key()));
        }
        lines.push(format!("{:?} {:?}", ledger.exceptions(unit), ledger.sync_health(unit)));
    }
    lines
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// A thread's whole life: from the shelf to the end of the log.
fn live(dir: &Path, log: &dyn LogRead, track: &Track) -> (Scribe, Arc<RwLock<Follower>>) {
    let follower = Arc::new(RwLock::new(Follower::new()));
    let mut scribe = Scribe::new(Arc::clone(&follower), dir);
    while !scribe.step(log, track, &mut || true).unwrap().at_end {}
    (scribe, follower)
}

fn shown(follower: &RwLock<Follower>) -> Vec<String> {
    said(follower.read().unwrap_or_else(PoisonError::into_inner).ledger())
}

/// A snapshot of half of a town's story in `dir`, with the rest pushed after it.
fn half_saved(seed: u64, dir: &Path) -> Town {
    let mut town = Town::new(seed, JOURNAL);
    town.more(0, 150);
    town.more(1, 100);
    let (mut scribe, _) = live(dir, town.log(), &track());
    scribe.end(town.log(), &track());
    town.more(0, 50);
    town.more(1, 60);
    town
}

fn because(scribe: &Scribe) -> String {
    match &scribe.state().beginning {
        Beginning::Rebuilt { because } => because.clone(),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// However often a program is killed, and whichever of its snapshots it finds then.
    #[test]
    fn a_program_that_is_killed_goes_on_like_one_that_was_not(
        seed in any::<u64>(),
        steps in prop::collection::vec((0_usize..2, 1_usize..60, 0_u8..4), 1..12),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (views, kept) = (dir.path().join("views"), dir.path().join("kept"));
        let mut town = Town::new(seed, JOURNAL);
        let mut running = None;
        for (village, count, event) in steps {
            town.more(village, count);
            let (mut scribe, follower) = running.take().unwrap_or_else(|| live(&views, town.log(), &track()));
            while !scribe.step(town.log(), &track(), &mut || true).unwrap().at_end {}
            prop_assert_eq!(shown(&follower), said(rebuilt(town.log(), &track()).ledger()));
            prop_assert!(!matches!(scribe.state().beginning, Beginning::Rebuilt { .. }), "{:?}", scribe.state());
            running = match event {
                // Killed: whatever was not saved is gone.
                0 => None,
                // Ended in order.
                1 => {
                    scribe.end(town.log(), &track());
                    prop_assert_eq!(&scribe.state().trouble, &None);
                    copy(&views, &kept);
                    None
                }
                // Killed, and the folder came from a backup.
                2 => {
                    copy(&kept, &views);
                    fs::read_dir(&kept).map(|mut files| files.next().is_none()).unwrap_or(true).then(|| fs::remove_dir_all(&views));
                    None
                }
                _ => Some((scribe, follower)),
            };
        }
    }
}

#[test]
fn what_was_saved_is_restored_and_only_the_rest_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let town = half_saved(1, dir.path());
    let mut shelf = Shelf::new(dir.path());
    let mut follower = shelf.restore(town.log(), &track());
    let entries = follower.len() as u64;
    assert_eq!(entries, 250);
    assert_eq!(shelf.state().beginning, Beginning::Restored { entries });
    assert!(shelf.state().saved.is_some());
    let progress = follower.follow(town.log(), &track(), u64::MAX).unwrap();
    assert_eq!((progress.entries, progress.at_end), (110, true));
    assert_eq!(said(follower.ledger()), said(rebuilt(town.log(), &track()).ledger()));
}

/// The rows of a snapshot, as the database has them.
fn rows(dir: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    let db = SnapshotDb::open(dir).unwrap();
    db.load(|key, value| rows.push((key.to_vec(), value.to_vec()))).unwrap();
    rows
}

#[test]
fn a_row_that_was_altered_or_lost_is_found_and_said() {
    let dir = tempfile::tempdir().unwrap();
    let (views, sound) = (dir.path().join("views"), dir.path().join("sound"));
    let town = half_saved(2, &sound);
    let expected = said(rebuilt(town.log(), &track()).ledger());
    let all = rows(&sound);
    assert!(all.len() > 15, "{}", all.len());
    for (key, value) in &all {
        for is_lost in [false, true] {
            copy(&sound, &views);
            let mut db = SnapshotDb::open(&views).unwrap();
            if is_lost {
                db.commit([], [key.clone()], []).unwrap();
            } else {
                let mut altered = value.clone();
                let middle = altered.len() / 2;
                altered[middle] ^= 4;
                db.commit([(key.clone(), altered)], [], []).unwrap();
            }
            drop(db);
            let (scribe, follower) = live(&views, town.log(), &track());
            assert!(!because(&scribe).is_empty());
            assert_eq!(shown(&follower), expected);
        }
    }
}

#[test]
fn a_folder_that_is_damaged_or_gone_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (views, sound) = (dir.path().join("views"), dir.path().join("sound"));
    let town = half_saved(3, &sound);
    let expected = said(rebuilt(town.log(), &track()).ledger());
    let harm: [&dyn Fn(); 5] = [
        &|| fs::remove_dir_all(&views).unwrap(),
        &|| fs::write(views.join("db"), vec![0x5a; 4_096]).unwrap(),
        &|| {
            fs::File::options()
                .write(true)
                .open(views.join("db"))
                .unwrap()
                .set_len(1_000)
                .unwrap()
        },
        &|| fs::write(views.join("conf"), b"segment_size: 1").unwrap(),
        &|| {
            let mut bytes = fs::read(views.join("db")).unwrap();
            (0..bytes.len()).step_by(700).for_each(|at| bytes[at] ^= 1);
            fs::write(views.join("db"), bytes).unwrap();
        },
    ];
    for (n, harm) in harm.iter().enumerate() {
        copy(&sound, &views);
        harm();
        let (mut scribe, follower) = live(&views, town.log(), &track());
        assert_eq!(shown(&follower), expected, "{n}");
        let is_gone = scribe.state().beginning == Beginning::FromLog;
        assert_eq!(is_gone, n == 0, "{n} {:?}", scribe.state());
        // And again from what it saved then.
        scribe.end(town.log(), &track());
        assert_eq!(scribe.state().trouble, None);
        let (scribe, follower) = live(&views, town.log(), &track());
        assert!(matches!(scribe.state().beginning, Beginning::Restored { .. }), "{n}");
        assert_eq!(shown(&follower), expected, "{n}");
    }
}

#[test]
fn a_folder_deleted_under_a_running_program_is_written_anew_as_a_whole() {
    let dir = tempfile::tempdir().unwrap();
    let views = dir.path().join("views");
    let mut town = half_saved(4, &views);
    let (mut scribe, follower) = live(&views, town.log(), &track());
    scribe.end(town.log(), &track());
    fs::remove_dir_all(&views).unwrap();
    town.more(0, 5);
    while !scribe.step(town.log(), &track(), &mut || true).unwrap().at_end {}
    scribe.end(town.log(), &track());
    let (scribe, restored) = live(&views, town.log(), &track());
    assert_eq!(scribe.state().beginning, Beginning::Restored { entries: 365 });
    assert_eq!(shown(&restored), shown(&follower));
    // A folder that cannot be written costs the snapshot and nothing else.
    fs::remove_dir_all(&views).unwrap();
    fs::write(&views, b"in the way").unwrap();
    let (mut scribe, follower) = live(&views, town.log(), &track());
    scribe.end(town.log(), &track());
    assert!(scribe.state().trouble.is_some());
    assert_eq!(shown(&follower), shown(&restored));
}

#[test]
fn a_snapshot_of_other_rules_is_never_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let town = half_saved(5, dir.path());
    let (key, mut value) = rows(dir.path()).into_iter().next().unwrap();
    // Length, format, rule version: made to be the next one, under the checksum that it would have.
    let end = value.len() - 16;
    value[6] += 1;
    let sum = Sha256::new()
        .chain_update(&key[..1])
        .chain_update(&value[4..end])
        .finalize();
    value[end..].copy_from_slice(&sum[..16]);
    let mut db = SnapshotDb::open(dir.path()).unwrap();
    db.commit([(key, value)], [], []).unwrap();
    drop(db);
    let (scribe, follower) = live(dir.path(), town.log(), &track());
    let because = because(&scribe);
    assert!(
        because.contains(&format!("rule version {}", RULE_VERSION + 1)),
        "{because}"
    );
    assert_eq!(shown(&follower), said(rebuilt(town.log(), &track()).ledger()));
}

#[test]
fn a_log_that_is_not_the_one_that_it_was_made_from_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let (views, sound) = (dir.path().join("views"), dir.path().join("sound"));
    drop(half_saved(6, &sound));
    let other = JournalId::from_bytes([8; 16]);
    let mut shorter = Town::new(6, JOURNAL);
    shorter.more(0, 150);
    // As long, with other records.
    let mut longer = Town::new(9, JOURNAL);
    (0..9).for_each(|_| longer.more(1, 40));
    let moved = Town::new(6, other);
    let cases = [
        (&shorter, track(), "shorter"),
        (&longer, track(), "not the one that it was made from"),
        (
            &moved,
            Track::of_hub(&[(other, None)]),
            "not the one that is followed now",
        ),
        (
            &longer,
            Track::of_hub(&[(JOURNAL, Some(Position(2))), (other, None)]),
            "ends before it",
        ),
        (&longer, Track::of_hub(&[]), "are gone"),
    ];
    for (town, track, word) in cases {
        copy(&sound, &views);
        let (scribe, follower) = live(&views, town.log(), &track);
        let because = because(&scribe);
        assert!(because.contains(word), "{because}");
        assert_eq!(shown(&follower), said(rebuilt(town.log(), &track).ledger()));
    }
}

#[test]
fn void_records_take_the_snapshot_with_them() {
    let dir = tempfile::tempdir().unwrap();
    let views = dir.path().join("views");
    let town = half_saved(7, &views);
    let (mut scribe, follower) = live(&views, town.log(), &track());
    scribe.begin_anew();
    assert!(!views.exists());
    assert!(follower.read().unwrap().is_empty());
    let next = JournalId::from_bytes([8; 16]);
    let after = Track::of_hub(&[(JOURNAL, Some(Position(6))), (next, None)]);
    while !scribe.step(town.log(), &after, &mut || true).unwrap().at_end {}
    assert_eq!(shown(&follower), said(rebuilt(town.log(), &after).ledger()));
    scribe.end(town.log(), &after);
    let (scribe, restored) = live(&views, town.log(), &after);
    assert!(matches!(scribe.state().beginning, Beginning::Restored { .. }));
    assert_eq!(shown(&restored), shown(&follower));
}

/// A log of the bench's records: long enough for a rebuild in several steps, and a snapshot in several pieces.
fn long() -> Maker<MemStore> {
    let mut maker = Maker::new(MemStore::open(&MemDisk::new()).unwrap(), JOURNAL);
    let mut desk = maker.desk(0, "990000103201".parse().unwrap(), false).unwrap();
    for draft in bench_entries(1, 12_000) {
        let ms = u64::try_from(draft.occurred.start_ms()).unwrap();
        maker.record(&mut desk, &draft, ms).unwrap();
    }
    maker.push(&mut desk).unwrap();
    maker
}

#[test]
fn a_rebuild_is_given_up_when_the_program_ends_and_shows_nothing_half_done() {
    let log = long().store;
    let dir = tempfile::tempdir().unwrap();
    let shared = Arc::new(RwLock::new(Follower::new()));
    let mut scribe = Scribe::new(Arc::clone(&shared), dir.path());
    let progress = scribe.step(&log, &track(), &mut || false).unwrap();
    assert!(!progress.at_end);
    assert!(shared.read().unwrap().is_empty());
    let mut asked = 0;
    let whole = scribe.step(&log, &track(), &mut || {
        asked += 1;
        true
    });
    assert!(asked > 0 && whole.unwrap().at_end);
    assert_eq!(shown(&shared), said(rebuilt(&log, &track()).ledger()));
}

#[test]
fn a_snapshot_that_was_not_finished_is_none() {
    let log = long().store;
    let dir = tempfile::tempdir().unwrap();
    let (_, whole) = live(dir.path(), &log, &track());
    let all = rows(dir.path());
    let bytes: usize = all.iter().map(|(_, value)| value.len()).sum();
    assert!(bytes > 3 * 256 * 1_024, "saved by itself, in pieces: {bytes}");
    // The summary goes before the first piece of a new one is written, and comes back with the last.
    let Change::Remove { key } = Ledger::no_summary() else {
        panic!("it removes the summary")
    };
    let all: Vec<_> = all.into_iter().filter(|(own, _)| *own != key).collect();
    for written in [0, 1, all.len() / 2, all.len()] {
        let mut db = SnapshotDb::open(dir.path()).unwrap();
        db.wipe().unwrap();
        db.commit(all[..written].to_vec(), [], []).unwrap();
        drop(db);
        let (mut scribe, follower) = live(dir.path(), &log, &track());
        let because = because(&scribe);
        assert!(
            because.contains(if written == 0 { "nothing" } else { "not finished" }),
            "{because}"
        );
        assert_eq!(shown(&follower), shown(&whole));
        scribe.end(&log, &track());
        let (scribe, follower) = live(dir.path(), &log, &track());
        assert_eq!(scribe.state().beginning, Beginning::Restored { entries: 12_000 });
        assert_eq!(shown(&follower), shown(&whole));
    }
}
