//! The store's twin in memory, on a disk that can crash, lie, fail and fill up.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use event::Sequence;
use proof::Frontier;

use crate::cell::StoreState;
use crate::check;
use crate::engine::{Engine, EngineError, Pair, Source, Writes};
use crate::format::STATE_KEY;
use crate::mark::Mark;
use crate::shared::Shared;
use crate::store::{MetaRows, Visit};
use crate::{Commit, Damage, Head, Health, Level, LogEntry, LogId, LogRead, Reader, Report, Store, StoreError};

/// Pairs taken from the map at a time while iterating.
const CHUNK: usize = 64;

type Slice = Arc<[u8]>;

/// How the next commit fails. The caller learns the same in every case: the outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was written.
    BeforeWrite,
    /// Written, not synced: a crash loses it.
    BeforeSync,
    /// Durable, but the answer was lost.
    AfterSync,
}

#[derive(Default)]
struct Content {
    map: BTreeMap<Slice, Slice>,
    /// What undoes everything since the last sync, newest last.
    undo: Vec<(Slice, Option<Slice>)>,
    mark: Mark,
    fault: Option<Fault>,
    full: bool,
    lying: bool,
    open: bool,
    /// Counts power cuts: a store opened before the last one is dead.
    cuts: u64,
}

/// A disk in memory. Clones are the same disk, so that it outlives the store on it.
#[derive(Clone, Default)]
pub struct MemDisk(Arc<Mutex<Content>>);

impl MemDisk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another disk with the same synced content: a backup, or a clone of the machine.
    #[must_use]
    pub fn copy(&self) -> Self {
        let content = self.content();
        let mut map = content.map.clone();
        for (key, value) in content.undo.iter().rev() {
            match value {
                Some(value) => map.insert(Arc::clone(key), Arc::clone(value)),
                None => map.remove(key),
            };
        }
        let mark = content.mark.clone();
        Self(Arc::new(Mutex::new(Content {
            map,
            mark,
            ..Content::default()
        })))
    }

    /// Cuts the power: everything unsynced is gone, and a store open on this disk fails from now on.
    pub fn crash(&self) {
        let mut content = self.content();
        let content = &mut *content;
        for (key, value) in content.undo.drain(..).rev() {
            match value {
                Some(value) => content.map.insert(key, value),
                None => content.map.remove(&key),
            };
        }
        content.cuts += 1;
        content.open = false;
    }

    /// Makes the next commit fail.
    pub fn fail_next_commit(&self, fault: Fault) {
        self.content().fault = Some(fault);
    }

    /// Fills the disk up, or makes space again.
    pub fn set_full(&self, full: bool) {
        self.content().full = full;
    }

    /// Makes the disk acknowledge barriers without honouring them.
    pub fn set_lying(&self, lying: bool) {
        self.content().lying = lying;
    }

    /// Flips one bit of every value whose key holds `part`; returns how many. For trials of damage.
    pub fn damage(&self, part: &[u8]) -> usize {
        let mut content = self.content();
        let hit = content
            .map
            .iter_mut()
            .filter(|(key, _)| key.windows(part.len()).any(|window| window == part));
        let flipped = hit.map(|(_, value)| {
            let mut bytes = value.to_vec();
            if let Some(byte) = bytes.last_mut() {
                *byte ^= 1;
            }
            *value = bytes.into();
        });
        flipped.count()
    }
}

struct MemEngine {
    disk: MemDisk,
    cuts: u64,
}

impl MemEngine {
    fn content(&self) -> Result<MutexGuard<'_, Content>, EngineError> {
        let content = self.disk.content();
        if content.cuts == self.cuts {
            Ok(content)
        } else {
            Err(failed("the power was cut"))
        }
    }
}

impl Drop for MemEngine {
    fn drop(&mut self) {
        if let Ok(mut content) = self.content() {
            content.open = false;
        }
    }
}

fn failed(cause: &str) -> EngineError {
    EngineError {
        cause: cause.to_owned(),
    }
}

fn bounds<'a>(from: &'a [u8], to: &'a [u8]) -> (Bound<&'a [u8]>, Bound<&'a [u8]>) {
    (Bound::Included(from), Bound::Excluded(to.max(from)))
}

impl Source for MemEngine {
    type Slice = Slice;

    fn get(&self, key: &[u8]) -> Result<Option<Slice>, EngineError> {
        Ok(self.content()?.map.get(key).cloned())
    }

    fn range<'s>(&'s self, from: &[u8], to: &[u8]) -> impl Iterator<Item = Result<Pair<Slice>, EngineError>> + use<'s> {
        let to = to.to_vec();
        let mut next = from.to_vec();
        let mut chunk = Vec::new().into_iter();
        std::iter::from_fn(move || {
            if let Some(pair) = chunk.next() {
                return Some(Ok(pair));
            }
            let content = match self.content() {
                Ok(content) => content,
                Err(error) => return Some(Err(error)),
            };
            let found = content.map.range::<[u8], _>(bounds(&next, &to)).take(CHUNK);
            let pairs: Vec<Pair<Slice>> = found.map(|(key, value)| (Arc::clone(key), Arc::clone(value))).collect();
            next = [&pairs.last()?.0[..], &[0]].concat();
            chunk = pairs.into_iter();
            chunk.next().map(Ok)
        })
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Pair<Slice>>, EngineError> {
        let content = self.content()?;
        let found = content.map.range::<[u8], _>(bounds(from, to)).next_back();
        Ok(found.map(|(key, value)| (Arc::clone(key), Arc::clone(value))))
    }
}

impl Engine for MemEngine {
    fn apply(&self, writes: Writes) -> Result<(), EngineError> {
        let mut content = self.content()?;
        let content = &mut *content;
        let fault = content.fault.take();
        if fault == Some(Fault::BeforeWrite) {
            return Err(failed("the write failed"));
        }
        for (key, value) in writes {
            let key: Slice = key.into();
            let old = match value {
                Some(value) => content.map.insert(Arc::clone(&key), value.into()),
                None => content.map.remove(&key),
            };
            content.undo.push((key, old));
        }
        if fault == Some(Fault::BeforeSync) {
            return Err(failed("the barrier failed"));
        }
        if !content.lying {
            content.undo.clear();
        }
        if fault == Some(Fault::AfterSync) {
            Err(failed("the answer was lost"))
        } else {
            Ok(())
        }
    }

    fn free_bytes(&self) -> u64 {
        if self.disk.content().full { 0 } else { u64::MAX }
    }

    fn disk_bytes(&self) -> u64 {
        let content = self.disk.content();
        let bytes: usize = content.map.iter().map(|(key, value)| key.len() + value.len()).sum();
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }

    fn needed(&self, batch: u64) -> u64 {
        batch.max(1)
    }
}

/// A store on a [`MemDisk`]: the same logic as on sled, for simulations and tests.
pub struct MemStore {
    disk: MemDisk,
    shared: Arc<Shared<MemEngine>>,
}

impl MemStore {
    /// Opens the store on `disk`, creating it on an empty one.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while another is open on the same disk, [`StoreError::Damaged`],
    /// [`StoreError::Unknown`].
    pub fn open(disk: &MemDisk) -> Result<Self, StoreError> {
        let (engine, mark) = {
            let mut content = disk.content();
            if content.open {
                return Err(StoreError::Locked {
                    dir: PathBuf::from("(memory)"),
                });
            }
            content.open = true;
            (
                MemEngine {
                    disk: disk.clone(),
                    cuts: content.cuts,
                },
                content.mark.clone(),
            )
        };
        let blank = mark.commits == 0 && engine.get(STATE_KEY)?.is_none();
        if blank {
            engine.apply(Writes::from([(STATE_KEY.to_vec(), Some(StoreState::new().to_cell()))]))?;
        }
        let checked = check::check(&engine, &mark)?;
        if !checked.problems.is_empty() {
            return Err(StoreError::Damaged(Damage {
                problems: checked.problems,
            }));
        }
        Ok(Self {
            disk: disk.clone(),
            shared: Arc::new(Shared::new(engine, checked, mark)),
        })
    }
}

impl Drop for MemStore {
    fn drop(&mut self) {
        self.shared.shut();
    }
}

impl LogRead for MemStore {
    delegate_reads!();
}

impl Store for MemStore {
    fn commit(&mut self, commit: Commit) -> Result<(), StoreError> {
        self.shared.commit(commit)
    }

    fn reader(&self) -> Reader {
        Reader(Arc::clone(&self.shared) as Arc<dyn LogRead>)
    }

    fn close(self: Box<Self>) -> Result<(), StoreError> {
        let mark = self.shared.mark()?;
        self.disk.content().mark = mark;
        Ok(())
    }
}
