//! A damaged log: what is sound is kept, and what is missing is refilled from the hub.
//!
//! Where something of the log was lost, the copy of the hub's journal is not trusted any more: the node
//! goes on with its own current log, as far as it is whole, and pulls everything else anew. If the hub has
//! more of that log than is left, the protocol treats the node as one that came back from a backup. Sound
//! own entries beyond a gap are put by; once the node is level with the hub, those that the hub never got are
//! carried into the current log, under their identities ([`Leftover`]).

use std::fs;
use std::path::{Path, PathBuf};

use event::{Event, Origin, Sequence};
use event_log::{
    Commit, LogEntry, LogId, LogRead as _, Salvage, SledConfig, SledStore, Store as _, StoreError, salvage,
};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::folder::{self, VillageError};
use crate::lines::LINES;
use crate::node::{MINT, OWN, Own};
use crate::{Node, VillageConfig};

const REPAIRED: &str = "repaired.json";
const REPAIRED_BYTES_MAX: u64 = 1024 * 1024;
const LEFTOVER: &str = "leftover";
const LEFTOVER_BYTES_MAX: u64 = 1 << 30;
/// Entries, or values beside them, that are copied in one commit.
const COPY_MAX: usize = 500;

/// What a repair kept and what it missed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repaired {
    /// The untouched copy of the log as it was found.
    pub copy: PathBuf,
    /// One line per log of which something was lost.
    pub logs: Vec<RepairedLog>,
    /// Whether nothing was lost: then the node goes on as before.
    pub whole: bool,
    /// Sound own entries that were put by until the node is level with the hub.
    pub put_by: usize,
}

/// What was kept of one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairedLog {
    /// The log.
    pub log: String,
    /// Entries kept.
    pub kept: u64,
    /// First and last sequences that are known to have been there and were not found.
    pub missing: Vec<(u64, u64)>,
    /// Sound entries found beyond a gap.
    pub beyond_gap: usize,
    /// First and last kept sequences whose personal part was not found.
    pub personal_missing: Vec<(u64, u64)>,
}

/// An own entry that is in no log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Leftover {
    pub(crate) bytes: ByteBuf,
    pub(crate) personal: Option<ByteBuf>,
}

impl From<LogEntry> for Leftover {
    fn from(entry: LogEntry) -> Self {
        Self {
            bytes: ByteBuf::from(entry.bytes),
            personal: entry.personal.map(ByteBuf::from),
        }
    }
}

/// Repairs the log in the folder of a node that is not running. The damaged log is copied aside first and
/// that copy never touched again. What was lost is in the report, in `repaired.json` and in the status.
///
/// # Errors
/// [`VillageError`]; the copy, and the log as it was, stay.
pub fn repair(config: &VillageConfig) -> Result<Repaired, VillageError> {
    let dir = &config.data_dir;
    let found = salvage(&config.store())?;
    let mut repaired = report(&found);
    if !repaired.whole {
        let store = folder::open_store(config)?;
        let put_by = begin_anew(config, &store, &found)?;
        drop(store);
        repaired.put_by = put_by.len();
        if !put_by.is_empty() {
            let mut all = leftovers(dir)?;
            all.extend(put_by);
            folder::put_file(dir, LEFTOVER, &sync::message::encode(&all))?;
        }
        exchange(&config.store().dir)?;
    }
    tracing::warn!(
        whole = repaired.whole,
        put_by = repaired.put_by,
        copy = %repaired.copy.display(),
        "the log was repaired"
    );
    let text = serde_json::to_vec_pretty(&repaired).map_err(|error| VillageError::Answer(error.to_string()))?;
    folder::put_file(dir, REPAIRED, &text)?;
    Ok(repaired)
}

fn report(found: &Salvage) -> Repaired {
    let damaged = found
        .logs
        .iter()
        .filter(|log| !log.missing.is_empty() || !log.islands.is_empty() || !log.personal_missing.is_empty());
    let logs: Vec<_> = damaged
        .map(|log| RepairedLog {
            log: log.log.to_string(),
            kept: log.kept,
            missing: log.missing.clone(),
            beyond_gap: log.islands.iter().map(|island| island.entries.len()).sum(),
            personal_missing: log.personal_missing.clone(),
        })
        .collect();
    Repaired {
        copy: found.copy.clone(),
        whole: found.meta_whole && logs.is_empty(),
        logs,
        put_by: 0,
    }
}

/// Writes a store with the node's own current log and nothing of the hub's. Returns own entries that found no place in it.
fn begin_anew(config: &VillageConfig, old: &SledStore, found: &Salvage) -> Result<Vec<Leftover>, VillageError> {
    let fresh = fresh_store(&config.store());
    match fs::remove_dir_all(&fresh.dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(VillageError::file(&fresh.dir, error));
        }
        _ => {}
    }
    let mut store = SledStore::create(fresh)?;
    let mut put_by = Vec::new();
    let own = old
        .get_meta(OWN)?
        .and_then(|bytes| sync::message::decode::<Own>(&bytes).ok());
    let origin = match own {
        Some(own) => {
            let origin = keep_own(&mut store, old, own)?;
            for island in islands(found, origin.into()) {
                put_by.push(island.into());
            }
            origin
        }
        // What the node knew of itself is lost; its first key and the hub's answer to it stand beside the log.
        None => {
            let dir = &config.data_dir;
            let lost = || VillageError::Content {
                path: dir.join("node.seed"),
                problem: "missing, and so is the log's copy of it; ask the township for a new enrolment file"
                    .to_owned(),
            };
            let seed = folder::known_seed(dir)?.ok_or_else(lost)?;
            let enrolled = folder::enrolled(dir)?.ok_or_else(lost)?;
            let origin = proof::OriginKey::from_seed(seed).origin();
            let node = Node::init(store, seed, &enrolled)?;
            store = node.into_store();
            // Entries of later installations of this machine look like anybody's; the ledger will tell them apart.
            for log in old.logs().into_iter().filter(|log| *log != origin.into()) {
                put_by.extend(written_here(old, log)?);
            }
            for log in &found.logs {
                put_by.extend(islands(found, log.log).map(Leftover::from));
            }
            origin
        }
    };
    copy_log(&mut store, old, origin)?;
    Box::new(store).close()?;
    Ok(put_by)
}

fn fresh_store(config: &SledConfig) -> SledConfig {
    let mut name = config.dir.as_os_str().to_owned();
    name.push(".anew");
    SledConfig {
        dir: name.into(),
        ballast_bytes: 0,
        ..config.clone()
    }
}

/// The installation that records now, its mint, and the marks of batches.
fn keep_own(store: &mut SledStore, old: &SledStore, mut own: Own) -> Result<Origin, VillageError> {
    // Closed installations are the hub's to tell of; a successor that was not in force is decided on afresh.
    let current = own.origins.split_off(own.origins.len().saturating_sub(1));
    own.origins = current;
    own.next = None;
    let lost = VillageError::Answer("the log names no installation".to_owned());
    let current = own.origins.first_mut().ok_or(lost)?;
    current.received = 0;
    let origin = current.origin;
    let mut commit = Commit::new();
    commit.put_meta(OWN, sync::message::encode(&own));
    if let Some(mint) = old.get_meta(MINT)? {
        commit.put_meta(MINT, mint);
    }
    store.commit(commit)?;
    for marks in old.scan_meta(LINES)?.chunks(COPY_MAX) {
        let mut commit = Commit::new();
        for (key, value) in marks {
            commit.put_meta(key.clone(), value.clone());
        }
        store.commit(commit)?;
    }
    Ok(origin)
}

fn copy_log(store: &mut SledStore, old: &SledStore, origin: Origin) -> Result<(), StoreError> {
    let log = LogId::from(origin);
    let mut at = store.head(log).size;
    loop {
        let first = Sequence::after_size(at);
        let entries = old.read(log, first, COPY_MAX, usize::MAX)?;
        if entries.is_empty() {
            return Ok(());
        }
        at += entries.len() as u64;
        let mut commit = Commit::new();
        commit.append(log, first, entries);
        store.commit(commit)?;
    }
}

fn islands(found: &Salvage, log: LogId) -> impl Iterator<Item = LogEntry> {
    let logs = found.logs.iter().filter(move |one| one.log == log);
    logs.flat_map(|one| &one.islands)
        .flat_map(|island| island.entries.iter().cloned())
}

/// Entries of a log that say that they were written under its name: those of an installation, not a copy of a journal.
fn written_here(old: &SledStore, log: LogId) -> Result<Vec<Leftover>, StoreError> {
    let entries = old.read(log, Sequence::FIRST, usize::MAX, usize::MAX)?;
    let of_log =
        |entry: &LogEntry| Event::decode(&entry.bytes).is_ok_and(|event| LogId::from(event.header.origin) == log);
    Ok(entries.into_iter().filter(of_log).map(Leftover::from).collect())
}

/// Puts the store that was written anew in the log's place; what was there is in the copy.
fn exchange(dir: &Path) -> Result<(), VillageError> {
    let anew = fresh_store(&SledConfig::new(dir)).dir;
    let failed = |error| VillageError::file(dir, error);
    let mut stale = dir.as_os_str().to_owned();
    stale.push(".stale");
    let stale = PathBuf::from(stale);
    let _ = fs::remove_dir_all(&stale);
    fs::rename(dir, &stale).map_err(failed)?;
    fs::rename(&anew, dir).map_err(failed)?;
    if let Some(parent) = dir.parent() {
        let synced = fs::File::open(parent).and_then(|parent| parent.sync_all());
        synced.map_err(failed)?;
    }
    fs::remove_dir_all(&stale).map_err(failed)
}

/// What the last repair did, for the status.
pub(crate) fn last(dir: &Path) -> Option<Repaired> {
    let bytes = folder::get_file(dir, REPAIRED, REPAIRED_BYTES_MAX).ok()??;
    serde_json::from_slice(&bytes).ok()
}

/// Own entries that were put by.
pub(crate) fn leftovers(dir: &Path) -> Result<Vec<Leftover>, VillageError> {
    match folder::get_file(dir, LEFTOVER, LEFTOVER_BYTES_MAX)? {
        None => Ok(Vec::new()),
        Some(bytes) => rmp_serde::from_slice(&bytes).map_err(|error| VillageError::Answer(error.to_string())),
    }
}

/// The entries that were put by are in the log now, or at the hub.
pub(crate) fn forget_leftovers(dir: &Path) -> Result<(), VillageError> {
    let path = dir.join(LEFTOVER);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(VillageError::file(&path, error)),
        _ => Ok(()),
    }
}
