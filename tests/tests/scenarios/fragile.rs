//! A store that fails at one chosen commit.

use std::sync::{Arc, Mutex};

use event::Sequence;
use event_log::{
    Commit, Fault, Head, Health, Level, LogEntry, LogId, LogRead, MemDisk, MemStore, MetaRows, Reader, Report, Store,
    StoreError, Visit,
};
use proof::Frontier;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Village,
    Hub,
}

impl Trap {
    /// Nothing fails.
    pub(crate) const NONE: Self = Self {
        side: Side::Hub,
        at: 0,
        fault: Fault::BeforeWrite,
        cuts: false,
    };
}

/// Which commit of which side fails, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trap {
    pub(crate) side: Side,
    pub(crate) at: u64,
    pub(crate) fault: Fault,
    /// Whether the power goes with it.
    pub(crate) cuts: bool,
}

#[derive(Debug)]
pub(crate) struct Fuse {
    pub(crate) trap: Trap,
    pub(crate) commits: u64,
    pub(crate) has_fired: bool,
}

/// A store that fails at one chosen commit.
pub(crate) struct Fragile {
    pub(crate) inner: MemStore,
    pub(crate) disk: MemDisk,
    pub(crate) side: Side,
    pub(crate) fuse: Arc<Mutex<Fuse>>,
}

impl LogRead for Fragile {
    fn logs(&self) -> Vec<LogId> {
        self.inner.logs()
    }
    fn head(&self, log: LogId) -> Head {
        self.inner.head(log)
    }
    fn read(&self, log: LogId, from: Sequence, entries: usize, bytes: usize) -> Result<Vec<LogEntry>, StoreError> {
        self.inner.read(log, from, entries, bytes)
    }
    fn read_staged(
        &self,
        log: LogId,
        from: Sequence,
        entries: usize,
        bytes: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        self.inner.read_staged(log, from, entries, bytes)
    }
    fn scan(&self, log: LogId, from: Sequence, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.inner.scan(log, from, visit)
    }
    fn frontier_at(&self, log: LogId, size: u64) -> Result<Frontier, StoreError> {
        self.inner.frontier_at(log, size)
    }
    fn get_meta(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get_meta(key)
    }
    fn scan_meta(&self, prefix: &[u8]) -> Result<MetaRows, StoreError> {
        self.inner.scan_meta(prefix)
    }
    fn verify(&self, level: Level, progress: &mut dyn FnMut(u64, u64)) -> Result<Report, StoreError> {
        self.inner.verify(level, progress)
    }
    fn health(&self) -> Health {
        self.inner.health()
    }
}

impl Store for Fragile {
    fn commit(&mut self, commit: Commit) -> Result<(), StoreError> {
        let mut fuse = self.fuse.lock().expect("not poisoned");
        if fuse.trap.side == self.side && !fuse.has_fired {
            fuse.commits += 1;
            if fuse.commits == fuse.trap.at {
                fuse.has_fired = true;
                self.disk.fail_next_commit(fuse.trap.fault);
            }
        }
        self.inner.commit(commit)
    }
    fn reader(&self) -> Reader {
        self.inner.reader()
    }
    fn close(self: Box<Self>) -> Result<(), StoreError> {
        Box::new(self.inner).close()
    }
}
