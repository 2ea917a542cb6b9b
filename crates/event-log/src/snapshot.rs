//! A separate database for the rows of views: it may be deleted at any time, for views are rebuilt.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use sled::{Batch, Db};

use crate::StoreError;
use crate::sled_engine::{OpenError, open_sled};

/// Cache of the snapshot database, in bytes.
const CACHE_BYTES: u64 = 16 << 20;

/// View rows, cursor and digest, written together. Atomic; not necessarily durable.
pub struct SnapshotDb {
    dir: PathBuf,
    /// `None` only after a failed `wipe`.
    db: Option<Db>,
}

impl SnapshotDb {
    /// Opens the database in `dir`; one that cannot be opened is deleted and made anew.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another process has it, [`StoreError::Directory`] if the folder
    /// cannot be written.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let dir = dir.into();
        let db = match open_sled(&dir, CACHE_BYTES) {
            Ok(db) => db,
            Err(OpenError::Locked) => return Err(StoreError::Locked { dir }),
            Err(error) => {
                tracing::warn!(dir = %dir.display(), ?error, "the snapshots cannot be opened; they are made anew");
                remove(&dir)?;
                open_sled(&dir, CACHE_BYTES).map_err(|error| directory(&dir, format!("{error:?}")))?
            }
        };
        Ok(Self { dir, db: Some(db) })
    }

    /// Hands every row to `row`, keys ascending.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] if the database cannot be read: [`SnapshotDb::wipe`] it and rebuild.
    pub fn load(&self, mut row: impl FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        let db = self.db()?;
        guarded(|| {
            for pair in db.iter() {
                let (key, value) = pair?;
                row(&key, &value);
            }
            Ok(())
        })
    }

    /// The row of a key.
    ///
    /// # Errors
    /// As [`SnapshotDb::load`].
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let db = self.db()?;
        guarded(|| Ok(db.get(key)?.map(|value| value.to_vec())))
    }

    /// Writes and removes rows, and sets the values of `meta` (cursor, digest), all in one.
    ///
    /// # Errors
    /// As [`SnapshotDb::load`].
    pub fn commit(
        &mut self,
        puts: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>,
        removes: impl IntoIterator<Item = Vec<u8>>,
        meta: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for key in removes {
            batch.remove(key);
        }
        for (key, value) in puts.into_iter().chain(meta) {
            batch.insert(key, value);
        }
        let db = self.db()?;
        guarded(|| db.apply_batch(batch))
    }

    /// Deletes everything.
    ///
    /// # Errors
    /// [`StoreError::Directory`] if the folder cannot be written.
    pub fn wipe(&mut self) -> Result<(), StoreError> {
        let db = self.db.take();
        if catch_unwind(AssertUnwindSafe(move || drop(db))).is_err() {
            tracing::warn!(dir = %self.dir.display(), "closing the snapshots failed");
        }
        remove(&self.dir)?;
        *self = Self::open(&self.dir)?;
        Ok(())
    }

    fn db(&self) -> Result<&Db, StoreError> {
        self.db.as_ref().ok_or_else(|| StoreError::Poisoned {
            cause: "the snapshots are closed".to_owned(),
        })
    }
}

fn guarded<T>(call: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(StoreError::Unknown {
            cause: error.to_string(),
        }),
        Err(_) => Err(StoreError::Unknown {
            cause: "the snapshots are damaged".to_owned(),
        }),
    }
}

fn remove(dir: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(directory(dir, error.to_string())),
        _ => Ok(()),
    }
}

fn directory(dir: &Path, problem: String) -> StoreError {
    let advice = "make the folder writable for this program, or choose another";
    StoreError::Directory {
        dir: dir.to_path_buf(),
        problem,
        advice,
    }
}

impl Drop for SnapshotDb {
    fn drop(&mut self) {
        let db = self.db.take();
        if catch_unwind(AssertUnwindSafe(move || drop(db))).is_err() {
            tracing::warn!(dir = %self.dir.display(), "closing the snapshots failed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(db: &SnapshotDb) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut rows = Vec::new();
        db.load(|key, value| rows.push((key.to_vec(), value.to_vec())))
            .expect("readable");
        rows
    }

    #[test]
    fn rows_and_cursor_are_kept_and_wiped_together() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("views");
        let row = |key: &[u8], value: &[u8]| (key.to_vec(), value.to_vec());
        let mut db = SnapshotDb::open(&path).expect("opens");
        db.commit([row(b"r1", b"a"), row(b"r2", b"b")], [], [row(b"cursor", b"7")])
            .expect("commits");
        db.commit([], [b"r1".to_vec()], [row(b"cursor", b"8")])
            .expect("commits");
        assert!(matches!(SnapshotDb::open(&path), Err(StoreError::Locked { .. })));
        drop(db);
        let mut db = SnapshotDb::open(&path).expect("opens again");
        assert_eq!(rows(&db), [row(b"cursor", b"8"), row(b"r2", b"b")]);
        db.wipe().expect("wiped");
        assert_eq!(rows(&db), []);
    }

    #[test]
    fn what_cannot_be_opened_is_made_anew() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("views");
        let mut db = SnapshotDb::open(&path).expect("opens");
        db.commit((0..500u32).map(|n| (n.to_be_bytes().to_vec(), vec![7; 100])), [], [])
            .expect("commits");
        drop(db);
        fs::write(path.join("conf"), b"segment_size: 1\nnonsense").expect("writable");
        let db = SnapshotDb::open(&path).expect("made anew");
        assert_eq!(rows(&db), []);
    }
}
