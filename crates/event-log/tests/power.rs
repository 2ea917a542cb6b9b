//! Power cuts, block by block.
//!
//! Whenever the store waits for the disk, the power may be cut: of every 4 KiB block that changed
//! since its file was last synced, either the old or the new content is there, and the same holds for
//! lengths and names. Such states are put together from the real folder, opened, and compared with
//! what had been acknowledged by then.
//!
//! Syncs that sled makes of its own accord are not counted for `db` (the worse assumption); its
//! snapshot files, which it syncs before it names them, are taken as whole.

#![expect(clippy::print_stdout, reason = "the counts of a trial are its result")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use common::{all, log, seq, small, usual};
use event_log::{
    Commit, Disk, Level, LogRead as _, LogSalvage, SledConfig, SledStore, Store as _, StoreError, salvage,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const BLOCK: usize = 4_096;
type Names = BTreeMap<PathBuf, u64>;

/// What is surely on the disk, and what was acknowledged.
#[derive(Default)]
struct Synced {
    /// Contents by inode.
    contents: BTreeMap<u64, Vec<u8>>,
    /// Names, relative to the folder, with their inodes.
    names: Names,
}

#[derive(Debug, Default)]
struct Tally {
    cuts: u32,
    opened: u32,
    salvaged_whole: u32,
    salvaged_partly: u32,
    reported_entries: u64,
    silently_lost: u32,
}

/// A disk that may lose its power at every barrier.
struct Cutter {
    dir: PathBuf,
    /// Whether barriers on `db` are honoured.
    honest: bool,
    one_in: u32,
    inner: Mutex<Inner>,
}

struct Inner {
    rng: ChaCha8Rng,
    synced: Synced,
    /// Sizes of the two logs as acknowledged.
    acknowledged: [u64; 2],
    /// Sizes if the commit under way were complete.
    attempted: [u64; 2],
    tally: Tally,
    armed: bool,
}

fn walk(dir: &Path, below: &Path, names: &mut Names) {
    for entry in fs::read_dir(dir.join(below)).into_iter().flatten().flatten() {
        let name = below.join(entry.file_name());
        match entry.metadata() {
            Ok(meta) if meta.is_dir() => walk(dir, &name, names),
            Ok(meta) => drop(names.insert(name, meta.ino())),
            Err(_) => {}
        }
    }
}

fn is_snapshot(name: &Path) -> bool {
    name.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("snap."))
}

impl Cutter {
    fn new(dir: &Path, honest: bool, one_in: u32, seed: u64) -> Arc<Self> {
        let inner = Inner {
            rng: ChaCha8Rng::seed_from_u64(seed),
            synced: Synced::default(),
            acknowledged: [0; 2],
            attempted: [0; 2],
            tally: Tally::default(),
            armed: false,
        };
        Arc::new(Self {
            dir: dir.to_path_buf(),
            honest,
            one_in,
            inner: Mutex::new(inner),
        })
    }

    fn names(&self) -> Names {
        let mut names = Names::new();
        walk(&self.dir, Path::new(""), &mut names);
        names
    }

    /// One state that the disk may be in after a cut, written to `to`.
    fn cut(&self, inner: &mut Inner, to: &Path) {
        let names = self.names();
        let all: BTreeSet<&PathBuf> = names.keys().chain(inner.synced.names.keys()).collect();
        fs::create_dir_all(to.join("sled/blobs")).expect("a folder");
        // Names in one folder change together or not at all: the journal of the file system keeps them in order.
        let new_names = inner.rng.random::<bool>();
        for name in all {
            let source = if new_names { &names } else { &inner.synced.names };
            let Some(inode) = source.get(name) else { continue };
            let old = inner.synced.contents.get(inode).cloned().unwrap_or_default();
            let content = match names.iter().find(|(_, now)| *now == inode) {
                Some((path, _)) => {
                    let new = fs::read(self.dir.join(path)).unwrap_or_default();
                    if is_snapshot(name) {
                        new
                    } else {
                        mix(&mut inner.rng, &old, &new)
                    }
                }
                None => old,
            };
            let path = to.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, content).expect("writes");
        }
    }

    /// Opens what a cut left and compares it with what was acknowledged.
    fn judge(&self, inner: &mut Inner, dir: &Path) {
        inner.tally.cuts += 1;
        let config = small(dir);
        let (acknowledged, attempted) = (inner.acknowledged, inner.attempted);
        match SledStore::open(config.clone()) {
            Ok(store) => {
                let sizes = [log(1), log(2)].map(|log| store.head(log).size);
                if sizes != acknowledged && sizes != attempted {
                    inner.tally.silently_lost += 1;
                    return;
                }
                let sound = store.verify(Level::Full, &mut |_, _| {}).expect("verifies");
                assert!(sound.is_sound(), "{:?}", sound.problems);
                for (log, size) in [log(1), log(2)].into_iter().zip(sizes) {
                    assert_eq!(all(&store, log), (1..=size).map(|n| usual(log, n)).collect::<Vec<_>>());
                }
                let count = store.get_meta(b"sizes").expect("reads").unwrap_or_default();
                assert!(
                    sizes == [0, 0] || count == format!("{sizes:?}").into_bytes(),
                    "metadata is of the same commit"
                );
                inner.tally.opened += 1;
            }
            Err(StoreError::Damaged(_)) => {
                let report = salvage(&config).expect("salvages");
                let mut whole = true;
                for (log, size) in [log(1), log(2)].into_iter().zip(acknowledged) {
                    let none = LogSalvage::default();
                    let found = report.logs.iter().find(|found| found.log == log).unwrap_or(&none);
                    let apart: u64 = found.islands.iter().map(|island| island.entries.len() as u64).sum();
                    let missing: u64 = found.missing.iter().map(|(from, to)| to + 1 - from).sum();
                    inner.tally.reported_entries += missing;
                    whole &= found.kept >= size && found.personal_missing.is_empty();
                    if found.kept + apart + missing < size {
                        inner.tally.silently_lost += 1;
                        return;
                    }
                }
                *if whole {
                    &mut inner.tally.salvaged_whole
                } else {
                    &mut inner.tally.salvaged_partly
                } += 1;
            }
            Err(error) => panic!("after a cut: {error}"),
        }
    }
}

/// Old or new, block by block; and a length between the two.
fn mix(rng: &mut ChaCha8Rng, old: &[u8], new: &[u8]) -> Vec<u8> {
    // All old, all new, or anything between: the edges are as likely as the middle.
    let share = [0.0, 0.1, 0.5, 0.9, 1.0][rng.random_range(0..5)];
    let mut mixed = new.to_vec();
    for at in (0..new.len()).step_by(BLOCK) {
        if !rng.random_bool(share) {
            let end = new.len().min(at + BLOCK);
            // Beyond the old end a lost block reads as zeros.
            for (n, byte) in mixed[at..end].iter_mut().enumerate() {
                *byte = old.get(at + n).copied().unwrap_or(0);
            }
        }
    }
    if new.len() > old.len() && rng.random_bool(0.5) {
        let length = [old.len(), rng.random_range(old.len()..=new.len())][rng.random_range(0..2)];
        mixed.truncate(length);
    }
    mixed
}

impl Disk for Cutter {
    fn barrier(&self, file: &File) -> io::Result<()> {
        let mut guard = self.inner.lock().expect("not poisoned");
        let inner = &mut *guard;
        if inner.armed && inner.rng.random_range(0..self.one_in) == 0 {
            let scratch = tempfile::tempdir()?;
            let dir = scratch.path().join("log");
            self.cut(inner, &dir);
            self.judge(inner, &dir);
        }
        let meta = file.metadata()?;
        let names = self.names();
        if meta.is_dir() {
            inner.synced.names = names;
            return Ok(());
        }
        let name = names
            .iter()
            .find(|(_, inode)| **inode == meta.ino())
            .map(|(name, _)| name);
        if let Some(name) = name.filter(|name| self.honest || !name.ends_with("db")) {
            let content = fs::read(self.dir.join(name))?;
            inner.synced.contents.insert(meta.ino(), content);
        }
        Ok(())
    }
}

/// Writes, closes, kills and reopens while the power may be cut at every barrier.
fn run(honest: bool, one_in: u32, seed: u64, rounds: u64) -> Tally {
    let scratch = tempfile::tempdir().expect("a folder");
    let dir = scratch.path().join("log");
    let cutter = Cutter::new(&dir, honest, one_in, seed);
    let config = SledConfig {
        disk: Arc::clone(&cutter) as Arc<dyn Disk>,
        mark_every: 5,
        ..small(&dir)
    };
    let mut store = SledStore::create(config.clone()).expect("is created");
    {
        // Creation is trusted here: it writes FORMAT last. From now on everything else counts as synced once.
        let mut inner = cutter.inner.lock().expect("not poisoned");
        inner.synced.names = cutter.names();
        for (name, inode) in inner.synced.names.clone() {
            inner
                .synced
                .contents
                .insert(inode, fs::read(dir.join(name)).expect("readable"));
        }
        inner.armed = true;
    }
    let mut sizes = [0u64; 2];
    for round in 0..rounds {
        let mut next = sizes;
        let mut commit = Commit::new();
        for (which, more) in [(0, 1 + round * 7 % 23), (1, u64::from(round % 3 == 0) * 40)] {
            let (log, from) = (log([1, 2][which]), sizes[which] + 1);
            next[which] += more;
            let entries: Vec<_> = (from..=next[which]).map(|n| usual(log, n)).collect();
            match (entries.is_empty(), round % 2) {
                (true, _) => {}
                (false, 0) => drop(commit.append(log, seq(from), entries)),
                (false, _) => drop(commit.stage(log, seq(from), entries).accept(log, next[which])),
            }
        }
        commit.put_meta("sizes", format!("{next:?}"));
        cutter.inner.lock().expect("not poisoned").attempted = next;
        store.commit(commit).expect("commits");
        sizes = next;
        cutter.inner.lock().expect("not poisoned").acknowledged = next;
        if round % 11 == 10 {
            // Half of the time closed, half of the time killed (as far as one process can).
            if round % 2 == 0 {
                Box::new(store).close().expect("closes")
            } else {
                drop(store)
            }
            store = SledStore::open(config.clone()).expect("opens");
        }
    }
    drop(store);
    let mut inner = cutter.inner.lock().expect("not poisoned");
    std::mem::take(&mut inner.tally)
}

#[test]
fn what_was_acknowledged_survives_every_power_cut() {
    let mut cuts = 0;
    for seed in [26, 27] {
        let tally = run(true, 2, seed, 140);
        println!("power cuts, seed {seed}: {tally:?}");
        assert_eq!(tally.silently_lost, 0, "seed {seed}");
        assert_eq!(
            tally.reported_entries, 0,
            "seed {seed}: acknowledged entries were lost, if not in silence"
        );
        cuts += tally.cuts;
    }
    assert!(cuts >= 200, "only {cuts} cuts");
}

#[test]
fn without_the_barrier_the_trial_shows_loss() {
    let tally = run(false, 4, 28, 60);
    println!("power cuts without the barrier: {tally:?}");
    assert!(tally.silently_lost + tally.salvaged_partly > 0, "{tally:?}");
}
