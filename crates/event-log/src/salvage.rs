//! Keeping whatever is sound of a damaged store.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use event::Sequence;

use crate::before::BEFORE;
use crate::carve::Found;
use crate::cell::{Cell, meta_of};
use crate::check;
use crate::format::{FRAMES, HEADS, META, log_of};
use crate::mark::{LogMark, Mark};
use crate::rebuild::Rebuild;
use crate::sled_engine::{OpenError, SledEngine, folder_bytes, open_sled, wait_unlocked};
use crate::sled_store::{SLED, check_version};
use crate::{Commit, LogEntry, LogId, SledConfig, SledStore, Store, StoreError};

/// Metadata values written to the new store in one commit.
const COMMIT_META: usize = 256;

/// What [`salvage`] kept and what it could not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Salvage {
    /// The untouched copy of the folder as it was found.
    pub copy: PathBuf,
    /// Whether sled could still open the damaged database.
    pub opened: bool,
    /// One report per log of which anything was found or known.
    pub logs: Vec<LogSalvage>,
    /// Metadata values kept.
    pub meta_values: u64,
    /// Whether they are surely all and the newest. If not, some may be missing, old, or removed since.
    pub meta_whole: bool,
}

/// What was kept of one log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSalvage {
    /// The log.
    pub log: LogId,
    /// Entries 1 to `kept` are in the rebuilt store, accepted.
    pub kept: u64,
    /// How many of those the database no longer gave out: found in the raw file.
    pub carved: u64,
    /// First and last sequences that are known to have been there and were not found.
    pub missing: Vec<(u64, u64)>,
    /// First and last kept sequences whose personal part was not found; it may come late.
    pub personal_missing: Vec<(u64, u64)>,
    /// Staged entries that were let go: their origin sends them again.
    pub staged_dropped: u64,
    /// Sound entries beyond a gap: not in the rebuilt store, to be appended once the gap is filled.
    pub islands: Vec<Island>,
}

/// A run of sound entries beyond a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Island {
    /// Sequence of the first.
    pub first: Sequence,
    /// The entries, in order.
    pub entries: Vec<LogEntry>,
}

/// Rebuilds a damaged store from whatever can still be read: copies the folder aside first (to
/// `<dir>.damaged-N`, which is never touched again), exports what sled gives out, carves frames and
/// personal parts from the raw file, writes the soundest contiguous prefix of every log into a fresh
/// store, and puts that in the old one's place.
///
/// # Errors
/// [`StoreError::Directory`], [`StoreError::Locked`], [`StoreError::Version`] (nothing is touched),
/// [`StoreError::Full`] if there is no space for the copy and the new store.
pub fn salvage(config: &SledConfig) -> Result<Salvage, StoreError> {
    let fail = |error: io::Error| config.io(&error);
    match check_version(config) {
        Ok(_) | Err(StoreError::Damaged(_)) => {}
        Err(error) => return Err(error),
    }
    if matches!(wait_unlocked(&config.sled_dir()), Err(OpenError::Locked)) {
        return Err(StoreError::Locked {
            dir: config.dir.clone(),
        });
    }
    let (size, free) = (
        folder_bytes(&config.dir),
        config.disk.free_bytes(&config.dir).map_err(fail)?,
    );
    if free / 2 < size {
        return Err(StoreError::Full { free, needed: size * 2 });
    }
    let copy = free_name(&config.dir).ok_or_else(|| fail(io::ErrorKind::AlreadyExists.into()))?;
    copy_folder(&config.dir, &copy).map_err(fail)?;

    let mut found = Found::default();
    found.carve(&copy.join(SLED).join("db")).map_err(fail)?;
    found.carve(&copy.join(BEFORE).join("db")).map_err(fail)?;
    if let Some(engine) = open_engine(config) {
        found.export(engine);
    }
    found.sort();

    let fresh = sibling(&config.dir, "rebuilt");
    match fs::remove_dir_all(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
        _ => {}
    }
    let mut store = SledStore::create(SledConfig {
        dir: fresh.clone(),
        min_free_bytes: 0,
        ..config.clone()
    })?;
    let mut salvage = Salvage {
        copy,
        opened: found.engine().is_some(),
        ..Salvage::default()
    };
    let known = Mark::read(&salvage.copy);
    let mark = known.clone().unwrap_or_default();
    salvage.logs = rebuild_logs(&found, &mark, &mut store)?;
    (salvage.meta_values, salvage.meta_whole) = rebuild_meta(&found, known.as_ref(), &mut store)?;
    Box::new(store).close()?;
    drop(found);
    replace(&config.dir, &fresh).map_err(fail)?;
    Ok(salvage)
}

/// Opens what is left of the database, to be read from. It may overwrite parts of it: the copy is made.
fn open_engine(config: &SledConfig) -> Option<SledEngine> {
    let sled = config.sled_dir();
    if !sled.join("db").exists() {
        return None;
    }
    let db = open_sled(&sled, config.cache_bytes).ok()?;
    SledEngine::new(db, &sled, config.dir.clone(), std::sync::Arc::clone(&config.disk), 0).ok()
}

fn rebuild_logs(found: &Found, mark: &Mark, store: &mut dyn Store) -> Result<Vec<LogSalvage>, StoreError> {
    let marks: BTreeMap<LogId, &LogMark> = mark.logs.iter().map(|row| (row.log, row)).collect();
    let mut logs: BTreeSet<LogId> = marks.keys().copied().collect();
    logs.extend(found.keys(&[HEADS], &[HEADS + 1]).filter_map(log_of));
    logs.extend(found.keys(&[FRAMES], &[FRAMES + 1]).filter_map(log_of));
    logs.into_iter()
        .map(|log| Rebuild::new(found, log, marks.get(&log).copied()).run(store))
        .collect()
}

fn rebuild_meta(found: &Found, mark: Option<&Mark>, store: &mut dyn Store) -> Result<(u64, bool), StoreError> {
    // What the database gives out is whole if it agrees with its own count, nothing newer was carved, and the mark knows of
    // no later commit: sled can go back to an earlier state that is sound in itself. Without a mark nobody can be sure.
    let whole = found.engine().zip(mark).is_some_and(|(engine, mark)| {
        let newest = found.newest_commit().max(mark.commits);
        check::small(engine, mark).is_ok_and(|small| small.meta_sound && small.state.commits >= newest)
    });
    let mut kept = 0;
    let mut commit = Commit::new();
    for key in found.keys(&[META], &[META + 1]) {
        if whole && !found.versions(key).iter().any(|candidate| candidate.is_exported()) {
            continue;
        }
        let Some(bytes) = found.best(key) else { continue };
        let Some((name, value)) = Cell::parse(&bytes).as_ref().and_then(meta_of) else {
            continue;
        };
        commit.put_meta(name, value);
        kept += 1;
        if commit.steps.len() >= COMMIT_META {
            store.commit(std::mem::take(&mut commit))?;
        }
    }
    store.commit(commit)?;
    Ok((kept, whole))
}

/// `<dir>.<suffix>`.
fn sibling(dir: &Path, suffix: &str) -> PathBuf {
    let mut name = dir.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn free_name(dir: &Path) -> Option<PathBuf> {
    (1..10_000)
        .map(|n| sibling(dir, &format!("damaged-{n}")))
        .find(|name| !name.exists())
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if entry.file_name() != crate::sled_store::BALLAST {
            fs::copy(entry.path(), &target)?;
            File::open(&target)?.sync_all()?;
        }
    }
    File::open(to)?.sync_all()
}

/// Puts `fresh` in the place of `dir` and removes what was there; its copy stays.
fn replace(dir: &Path, fresh: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let old = if renameat_with(CWD, dir, CWD, fresh, RenameFlags::EXCHANGE).is_ok() {
        fresh.to_path_buf()
    } else {
        // Some file systems cannot exchange. A cut in between leaves both beside the missing folder.
        let old = sibling(dir, "replaced");
        fs::rename(dir, &old)?;
        fs::rename(fresh, dir)?;
        old
    };
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        File::open(parent)?.sync_all()?;
    }
    fs::remove_dir_all(old)
}
