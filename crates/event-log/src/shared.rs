//! One store's logic over an engine: what readers and the writer share.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use event::Sequence;
use proof::{Frontier, leaf_hash};

use crate::cell::{Cell, HeadState, StoreState, meta_of, tree_of};
use crate::check::{self, Checked};
use crate::engine::Engine;
use crate::format::{TREE_EVERY, TREES, after_prefix, key, meta_key};
use crate::mark::{LogMark, Mark};
use crate::plan::{Heads, plan};
use crate::scan::{frame_at, walk};
use crate::store::{MetaRows, Visit};
use crate::{Commit, Head, Health, Level, LogEntry, LogId, LogRead, Problem, Report, State, StoreError, frame, full};

/// Everything about an open store. The writer alone calls [`Shared::commit`].
pub(crate) struct Shared<E> {
    /// `None` once closed.
    engine: RwLock<Option<E>>,
    /// Heads of what is durable; replaced only after the barrier.
    heads: RwLock<Heads>,
    state: Mutex<StoreState>,
    /// The mark that the check at open compared with.
    mark: Mark,
    /// Held by the writer while metadata is written but not yet durable.
    gate: RwLock<()>,
    poison: Mutex<Option<String>>,
    damaged: AtomicBool,
    verified: AtomicBool,
}

/// A panic while holding one of these locks leaves plain values behind, whole in themselves.
fn open_lock<T>(result: Result<T, PoisonError<T>>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}

impl<E: Engine> Shared<E> {
    /// Serves an engine that was checked.
    pub(crate) fn new(engine: E, checked: Checked, mark: Mark) -> Self {
        Self {
            engine: RwLock::new(Some(engine)),
            verified: AtomicBool::new(checked.heads.is_empty()),
            heads: RwLock::new(checked.heads),
            state: Mutex::new(checked.state),
            mark,
            gate: RwLock::new(()),
            poison: Mutex::new(None),
            damaged: AtomicBool::new(false),
        }
    }

    /// Runs `work` on the engine and notes what its failure means for the store.
    fn with<T>(&self, work: impl FnOnce(&E) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if let Some(cause) = open_lock(self.poison.lock()).clone() {
            return Err(StoreError::Poisoned { cause });
        }
        let guard = open_lock(self.engine.read());
        let Some(engine) = guard.as_ref() else {
            return Err(StoreError::Poisoned {
                cause: "the store was closed".to_owned(),
            });
        };
        let result = work(engine);
        match &result {
            Err(StoreError::Unknown { cause }) => {
                open_lock(self.poison.lock()).get_or_insert_with(|| cause.clone());
            }
            Err(StoreError::Damaged(_)) => self.damaged.store(true, Ordering::Relaxed),
            _ => {}
        }
        result
    }

    pub(crate) fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        self.with(|engine| {
            let state = *open_lock(self.state.lock());
            let planned = plan(engine, &self.heads(), state, commit)?;
            if planned.writes.is_empty() {
                return Ok(());
            }
            let bytes: usize = planned
                .writes
                .iter()
                .map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len))
                .sum();
            let needed = engine.needed(u64::try_from(bytes).unwrap_or(u64::MAX));
            let free = engine.free_bytes();
            if free < needed {
                return Err(StoreError::Full { free, needed });
            }
            let _gate = open_lock(self.gate.write());
            if let Err(error) = engine.apply(planned.writes) {
                // Poisoned while the gate is held: no reader sees what is not known to be durable.
                open_lock(self.poison.lock()).get_or_insert_with(|| error.cause.clone());
                return Err(error.into());
            }
            open_lock(self.heads.write()).extend(planned.heads);
            *open_lock(self.state.lock()) = planned.state;
            Ok(())
        })
    }

    /// What the database holds now, for the high-water mark.
    pub(crate) fn mark(&self) -> Result<Mark, StoreError> {
        self.with(|engine| {
            let commits = open_lock(self.state.lock()).commits;
            let heads = open_lock(self.heads.read());
            let mut logs = Vec::with_capacity(heads.len());
            for (log, state) in heads.iter().filter(|(_, state)| state.head.size > 0) {
                logs.push(log_mark(engine, *log, state)?);
            }
            Ok(Mark { commits, logs })
        })
    }

    /// Closes the engine; every later call fails.
    pub(crate) fn shut(&self) {
        let engine = open_lock(self.engine.write()).take();
        drop(engine);
    }

    fn read_range(&self, log: LogId, from: u64, to: u64, max: (usize, usize)) -> Result<Vec<LogEntry>, StoreError> {
        let (max_entries, mut room) = max;
        let mut entries = Vec::new();
        if max_entries == 0 {
            return Ok(entries);
        }
        self.with(|engine| {
            walk(engine, log, from, to, true, &mut |_, bytes, personal| {
                let size = bytes.len() + personal.map_or(0, <[u8]>::len);
                if size > room && !entries.is_empty() {
                    return ControlFlow::Break(());
                }
                room = room.saturating_sub(size);
                entries.push(LogEntry {
                    bytes: bytes.to_vec(),
                    personal: personal.map(<[u8]>::to_vec),
                });
                if entries.len() == max_entries {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
        })?;
        Ok(entries)
    }

    fn metadata<T>(&self, work: impl FnOnce(&E) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let _gate = open_lock(self.gate.read());
        self.with(work)
    }

    fn heads(&self) -> RwLockReadGuard<'_, Heads> {
        open_lock(self.heads.read())
    }
}

fn log_mark<E: Engine>(engine: &E, log: LogId, state: &HeadState) -> Result<LogMark, StoreError> {
    let size = state.head.size;
    if state.head.staged_size == size {
        return Ok(LogMark {
            log,
            size,
            first: state.last_first,
            hash: state.last_hash,
        });
    }
    let missing = || StoreError::from(Problem::of(log, size, size, "entries are missing"));
    let (first, frame) = frame_at(engine, log, size)?.ok_or_else(missing)?;
    Ok(LogMark {
        log,
        size,
        first,
        hash: frame::frame_hash(frame.as_ref()),
    })
}

fn meta_entry(name: &[u8], value: &[u8]) -> Result<Vec<u8>, StoreError> {
    let parsed = Cell::parse(value);
    let found = parsed.as_ref().and_then(meta_of).filter(|(key, _)| *key == name);
    let (_, value) = found.ok_or_else(|| Problem::general("a metadata value does not pass its checksum"))?;
    Ok(value.to_vec())
}

impl<E: Engine> LogRead for Shared<E> {
    fn logs(&self) -> Vec<LogId> {
        self.heads()
            .iter()
            .filter(|(_, state)| state.head.staged_size > 0)
            .map(|(log, _)| *log)
            .collect()
    }

    fn head(&self, log: LogId) -> Head {
        self.heads()
            .get(&log)
            .map(|state| state.head.clone())
            .unwrap_or_default()
    }

    fn read(
        &self,
        log: LogId,
        from: Sequence,
        max_entries: usize,
        max_bytes: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let to = self.head(log).size;
        self.read_range(log, from.get(), to, (max_entries, max_bytes))
    }

    fn read_staged(
        &self,
        log: LogId,
        from: Sequence,
        max_entries: usize,
        max_bytes: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let head = self.head(log);
        self.read_range(
            log,
            from.get().max(head.size + 1),
            head.staged_size,
            (max_entries, max_bytes),
        )
    }

    fn scan(&self, log: LogId, from: Sequence, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let to = self.head(log).size;
        self.with(|engine| {
            walk(engine, log, from.get(), to, true, &mut |sequence, bytes, personal| {
                visit(Sequence::after_size(sequence - 1), bytes, personal)
            })
        })
    }

    fn frontier_at(&self, log: LogId, size: u64) -> Result<Frontier, StoreError> {
        let head = self.head(log);
        if size > head.size {
            let got = Sequence::after_size(size - 1);
            return Err(StoreError::Gap {
                log,
                expected: Sequence::after_size(head.size),
                got,
            });
        }
        if size == head.size {
            return Ok(head.frontier);
        }
        self.with(|engine| {
            // A stored edge that is missing or wrong costs time only: the one before serves as well.
            let mut base = size / TREE_EVERY * TREE_EVERY;
            let mut frontier = Frontier::new();
            while base > 0 {
                let stored = engine.get(&key(TREES, log, base))?;
                let cell = stored.as_ref().and_then(|bytes| Cell::parse(bytes.as_ref()));
                if let Some(found) = cell.filter(|cell| cell.log == log).as_ref().and_then(tree_of) {
                    frontier = found;
                    break;
                }
                base -= TREE_EVERY;
            }
            walk(engine, log, base + 1, size, false, &mut |_, bytes, _| {
                frontier.push(leaf_hash(bytes));
                ControlFlow::Continue(())
            })?;
            Ok(frontier)
        })
    }

    fn get_meta(&self, name: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.metadata(|engine| {
            let stored = engine.get(&meta_key(name))?;
            stored.map(|value| meta_entry(name, value.as_ref())).transpose()
        })
    }

    fn scan_meta(&self, prefix: &[u8]) -> Result<MetaRows, StoreError> {
        self.metadata(|engine| {
            let from = meta_key(prefix);
            let mut found = BTreeMap::new();
            for pair in engine.range(&from, &after_prefix(&from)) {
                let (key, value) = pair?;
                let name = key.as_ref().get(1..).unwrap_or_default();
                found.insert(name.to_vec(), meta_entry(name, value.as_ref())?);
            }
            Ok(found.into_iter().collect())
        })
    }

    fn verify(&self, level: Level, progress: &mut dyn FnMut(u64, u64)) -> Result<Report, StoreError> {
        let report = self.with(|engine| {
            // Metadata and heads must be of one commit, and the tail must stand still: the writer waits for these.
            let checked = {
                let _gate = open_lock(self.gate.read());
                if level == Level::Tail {
                    return Ok(check::tail_report(&check::check(engine, &self.mark)?));
                }
                check::small(engine, &self.mark)?
            };
            let mut report = check::tail_report(&checked);
            full::full(engine, &checked, &mut report, progress)?;
            Ok(report)
        })?;
        if !report.is_sound() {
            self.damaged.store(true, Ordering::Relaxed);
        } else if level == Level::Full {
            self.verified.store(true, Ordering::Relaxed);
        }
        Ok(report)
    }

    fn health(&self) -> Health {
        let guard = open_lock(self.engine.read());
        let free_bytes = guard.as_ref().map_or(0, Engine::free_bytes);
        let disk_bytes = guard.as_ref().map_or(0, Engine::disk_bytes);
        let needed = guard.as_ref().map_or(0, |engine| engine.needed(0));
        let poisoned = guard.is_none() || open_lock(self.poison.lock()).is_some();
        let state = if poisoned {
            State::Poisoned
        } else if self.damaged.load(Ordering::Relaxed) {
            State::Damaged
        } else if free_bytes < needed {
            State::Full { needed }
        } else if self.verified.load(Ordering::Relaxed) {
            State::Ready
        } else {
            State::Verifying
        };
        Health {
            free_bytes,
            disk_bytes,
            state,
        }
    }
}
