//! sled 0.34.7, with the barrier that its own `flush` leaves out and no panic let through.

use std::fs::{self, File, TryLockError};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use sled::{Batch, Db, IVec};

use crate::Disk;
use crate::engine::{Engine, EngineError, Pair, Source, Writes};
use crate::format::VALUE_BYTES_MAX;

/// How often and how long an open waits for a lock that a closed process may not have let go yet.
const LOCK_TRIES: u32 = 10;
const LOCK_WAIT: Duration = Duration::from_millis(50);
/// Pause between two rounds of sled's own thread, in milliseconds. Every commit flushes for itself; what is left
/// to that thread is to clean segments, and each of its rounds ends in an `fsync`, on an idle machine too.
const CLEAN_EVERY_MS: u64 = 5_000;
/// Bytes that sled may write for each byte of a batch (`4.6 to 5.8 measured`), doubled.
const WRITE_AMPLIFICATION: u64 = 12;

/// Why sled did not open.
#[derive(Debug)]
pub(crate) enum OpenError {
    Locked,
    Full,
    /// It panicked or found damage.
    Damaged(String),
    Io(io::Error),
}

/// Opens sled in `path`, creating it if it is not there.
pub(crate) fn open_sled(path: &Path, cache_bytes: u64) -> Result<Db, OpenError> {
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(cache_bytes)
        .flush_every_ms(Some(CLEAN_EVERY_MS))
        .use_compression(false);
    remove_unfinished(path).map_err(OpenError::Io)?;
    let mut tries = 0;
    loop {
        let opened = catch_unwind(AssertUnwindSafe(|| config.open()));
        let error = match opened {
            Ok(Ok(db)) => return Ok(db),
            Err(panic) => return Err(OpenError::Damaged(panic_text(&*panic))),
            Ok(Err(error)) => error,
        };
        match error {
            // sled reports a held lock as an error of no particular kind.
            sled::Error::Io(error) if error.to_string().contains("could not acquire lock") => {
                tries += 1;
                if tries > LOCK_TRIES {
                    return Err(OpenError::Locked);
                }
                sleep(LOCK_WAIT);
            }
            sled::Error::Io(error) if error.kind() == io::ErrorKind::StorageFull => return Err(OpenError::Full),
            sled::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(OpenError::Damaged(error.to_string()));
            }
            sled::Error::Io(error) => return Err(OpenError::Io(error)),
            error => return Err(OpenError::Damaged(error.to_string())),
        }
    }
}

/// Removes snapshots that sled did not finish: `snap.N.generating`.
///
/// sled writes one at every open and renames it when it is whole. Cut short, by a full disk or a
/// lost process, it stays, and the next open takes it for the newest snapshot and fails for ever. The
/// finished one before it is still there: sled removes that only after the renaming.
fn remove_unfinished(path: &Path) -> io::Result<()> {
    let Ok(db) = File::open(path.join("db")) else {
        return Ok(());
    };
    if db.try_lock().is_err() {
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("snap.") && name.ends_with(".generating"))
        {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Waits until no process has the database in `path` open, as long as [`open_sled`] would.
pub(crate) fn wait_unlocked(path: &Path) -> Result<(), OpenError> {
    let db = File::open(path.join("db")).map_err(OpenError::Io)?;
    for _ in 0..LOCK_TRIES {
        match db.try_lock() {
            Err(TryLockError::WouldBlock) => sleep(LOCK_WAIT),
            _ => return Ok(()),
        }
    }
    Err(OpenError::Locked)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("sled panicked: {}", text.unwrap_or_default())
}

/// Runs one call of sled; a panic becomes an error.
fn guarded<T>(call: impl FnOnce() -> sled::Result<T>) -> Result<T, EngineError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(EngineError {
            cause: error.to_string(),
        }),
        Err(panic) => Err(EngineError {
            cause: panic_text(&*panic),
        }),
    }
}

/// An open database and our own handle on its file.
pub(crate) struct SledEngine {
    /// `None` only while it is being dropped.
    db: Option<Db>,
    file: File,
    pub(crate) dir: PathBuf,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) min_free: u64,
}

impl SledEngine {
    /// Takes over an open database whose sled folder is `path`, below the store's folder `dir`.
    pub(crate) fn new(db: Db, path: &Path, dir: PathBuf, disk: Arc<dyn Disk>, min_free: u64) -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(path.join("db"))?;
        Ok(Self {
            db: Some(db),
            file,
            dir,
            disk,
            min_free,
        })
    }

    fn db(&self) -> Result<&Db, EngineError> {
        self.db.as_ref().ok_or_else(|| EngineError {
            cause: "closed".to_owned(),
        })
    }
}

impl Drop for SledEngine {
    fn drop(&mut self) {
        let db = self.db.take();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(move || drop(db))) {
            tracing::error!(cause = panic_text(&*panic), "closing the database failed");
        }
    }
}

impl Source for SledEngine {
    type Slice = IVec;

    fn get(&self, key: &[u8]) -> Result<Option<IVec>, EngineError> {
        let db = self.db()?;
        guarded(|| db.get(key))
    }

    fn range<'s>(&'s self, from: &[u8], to: &[u8]) -> impl Iterator<Item = Result<Pair<IVec>, EngineError>> + use<'s> {
        let mut failed = false;
        let mut inner = if from < to {
            self.db().map(|db| Some(db.range(from..to)))
        } else {
            Ok(None)
        };
        std::iter::from_fn(move || {
            if failed {
                return None;
            }
            let next = match &mut inner {
                Ok(None) => return None,
                Ok(Some(iter)) => guarded(|| iter.next().transpose()).transpose(),
                Err(error) => Some(Err(error.clone())),
            };
            failed = next.as_ref().is_some_and(Result::is_err);
            next
        })
    }

    fn last(&self, from: &[u8], to: &[u8]) -> Result<Option<Pair<IVec>>, EngineError> {
        if from >= to {
            return Ok(None);
        }
        let db = self.db()?;
        guarded(|| db.range(from..to).next_back().transpose())
    }
}

impl Engine for SledEngine {
    fn apply(&self, writes: Writes) -> Result<(), EngineError> {
        let db = self.db()?;
        let mut batch = Batch::default();
        for (key, value) in writes {
            match value {
                // A larger value would reach a file of its own, which nobody syncs.
                Some(value) if value.len() > VALUE_BYTES_MAX => {
                    return Err(EngineError {
                        cause: format!("a value of {} bytes", value.len()),
                    });
                }
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        guarded(|| {
            db.apply_batch(batch)?;
            // `flush` hands the bytes to the system and returns before the disk has them …
            db.flush()
        })?;
        // … this is what waits for the disk.
        self.disk.barrier(&self.file).map_err(|error| EngineError {
            cause: format!("the barrier failed: {error}"),
        })
    }

    fn free_bytes(&self) -> u64 {
        self.disk.free_bytes(&self.dir).unwrap_or(0)
    }

    fn disk_bytes(&self) -> u64 {
        folder_bytes(&self.dir)
    }

    fn needed(&self, batch: u64) -> u64 {
        self.min_free.max(batch.saturating_mul(WRITE_AMPLIFICATION))
    }
}

/// Bytes of all files in a folder and below; what cannot be read counts 0.
pub(crate) fn folder_bytes(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => folder_bytes(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
