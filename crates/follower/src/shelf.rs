//! Where the snapshot of a follower lies: a folder that may be damaged or deleted at any time, for all of it can be
//! made anew from the log.
//!
//! The database is open only while a snapshot is read or written, so that it takes no memory in between.

use std::fmt;
use std::path::PathBuf;
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use event::Position;
use event_log::{LogRead, SnapshotDb, State, StoreError};
use ledger::{Change, Ledger, Restore, RestoreError};
use serde::Serialize;

use crate::follow::{Follower, Track};
use crate::place::Place;

/// Entries folded in since the last snapshot that call for a new one.
const SAVE_ENTRIES: u64 = 2_000;
/// The same, as a part of what the ledger holds: writing costs more the more there is.
const SAVE_PART: u64 = 20;
/// Bytes of rows that are written at once; more of them are no snapshot until the last has been written.
const PIECE_BYTES: usize = 256 << 10;

/// Room for rows that is taken at once while they are read. What is not written to takes no memory, and a piece
/// beyond 32 MiB always goes back to the system when it is dropped: smaller ones the C library may keep.
const ROWS_BYTES: usize = 33 << 20;

/// How the ledgers came to be when the program was started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "began", content = "detail")]
pub enum Beginning {
    /// From the log: there was no snapshot.
    #[default]
    FromLog,
    /// From the snapshot, and from the log what came after it.
    Restored {
        /// Entries in it.
        entries: u64,
    },
    /// From the log, because the snapshot was not to be used.
    Rebuilt {
        /// Why not.
        because: String,
    },
}

/// How the snapshot is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ShelfState {
    /// How the ledgers came to be.
    #[serde(flatten)]
    pub beginning: Beginning,
    /// Cut of the snapshot that lies there.
    pub saved: Option<Position>,
    /// Why the last one could not be written. Nothing is lost by it: the ledgers are rebuilt from the log.
    pub trouble: Option<String>,
}

/// The place for snapshots of one follower.
#[derive(Debug)]
pub struct Shelf {
    dir: PathBuf,
    state: ShelfState,
    /// The first row of the snapshot that lies there, as far as this program knows.
    mark: Option<Vec<u8>>,
    /// Entries that it holds.
    held: u64,
}

/// Rows behind one another: key and value, each after its length.
#[derive(Default)]
struct Rows {
    pieces: Vec<Vec<u8>>,
}

impl Rows {
    fn push(&mut self, key: &[u8], value: &[u8]) {
        let len = key.len() + value.len() + 8;
        if self.pieces.last().is_none_or(|last| last.len() + len > last.capacity()) {
            self.pieces.push(Vec::with_capacity(ROWS_BYTES.max(len)));
        }
        let Some(last) = self.pieces.last_mut() else { return };
        for part in [key, value] {
            last.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            last.extend(part);
        }
    }

    /// Hands over the rows in their order, until one is refused.
    fn each(&self, mut row: impl FnMut(&[u8], &[u8]) -> Result<(), RestoreError>) -> Result<(), RestoreError> {
        for piece in &self.pieces {
            let mut rest = &piece[..];
            while let Some((key, behind)) = part(rest)
                && let Some((value, behind)) = part(behind)
            {
                row(key, value)?;
                rest = behind;
            }
        }
        Ok(())
    }
}

fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)
}

/// Why there is no follower from a snapshot.
enum Unusable {
    /// There is none.
    None,
    /// It is not to be used.
    Because(String),
}

impl<E: fmt::Display> From<E> for Unusable {
    fn from(error: E) -> Self {
        Self::Because(error.to_string())
    }
}

impl Shelf {
    /// The shelf in a folder of its own, which need not exist.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            state: ShelfState::default(),
            mark: None,
            held: 0,
        }
    }

    /// How the snapshot is doing.
    #[must_use]
    pub const fn state(&self) -> &ShelfState {
        &self.state
    }

    /// The follower that was saved, if the snapshot is sound and what it was made from still stands in the log;
    /// otherwise one that has read nothing, and the snapshot is thrown away.
    pub fn restore(&mut self, log: &dyn LogRead, track: &Track) -> Follower {
        match self.load(log, track) {
            Ok(follower) => {
                self.held = follower.len() as u64;
                self.state.saved = follower.ledger.cut().position;
                self.state.beginning = Beginning::Restored { entries: self.held };
                follower
            }
            Err(unusable) => {
                if let Unusable::Because(because) = unusable {
                    tracing::warn!(dir = %self.dir.display(), %because, "the ledgers are rebuilt from the log");
                    self.state.beginning = Beginning::Rebuilt { because };
                }
                self.discard();
                Follower::new()
            }
        }
    }

    fn load(&mut self, log: &dyn LogRead, track: &Track) -> Result<Follower, Unusable> {
        if !self.dir.exists() {
            return Err(Unusable::None);
        }
        // The database is closed before the ledger is built: its memory is free for the ledger then, instead of lying
        // between the ledger's parts for good.
        let (rows, mark) = {
            let db = SnapshotDb::open(&self.dir)?;
            let mut rows = Rows::default();
            db.load(|key, value| rows.push(key, value))?;
            (rows, mark(&db)?)
        };
        let mut restore = Restore::new();
        rows.each(|key, value| restore.row(key, value))?;
        let Some((ledger, note)) = restore.finish()? else {
            return Err(if rows.pieces.is_empty() {
                "there is nothing in the snapshot's folder that can be read".into()
            } else {
                "the snapshot was not finished".into()
            });
        };
        let place = Place::load(&note, ledger.cut().position, log, track)?;
        self.mark = mark;
        Ok(Follower { ledger, place })
    }

    /// Throws the snapshot away: records that it was made from have become void.
    pub fn discard(&mut self) {
        (self.mark, self.held, self.state.saved) = (None, 0, None);
        match std::fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(dir = %self.dir.display(), %error, "the old snapshot cannot be removed");
            }
            _ => {}
        }
    }

    /// Whether so much has been folded in since the last snapshot that a new one is due.
    #[must_use]
    pub fn is_due(&self, follower: &Follower) -> bool {
        let since = (follower.len() as u64).saturating_sub(self.held);
        since >= SAVE_ENTRIES.max(self.held / SAVE_PART)
    }

    /// Saves what has changed since the last snapshot. The ledger is locked for short moments only; nobody else may
    /// fold anything into it meanwhile. A failure is told in [`Shelf::state`] and does no harm.
    pub fn save(&mut self, follower: &RwLock<Follower>, log: &dyn LogRead, track: &Track) {
        if matches!(log.health().state, State::Full { .. }) {
            self.state.trouble = Some("the disk is full".to_owned());
            return;
        }
        if !lock(follower).ledger.has_changes() {
            return;
        }
        match self.write(follower, track, PIECE_BYTES) {
            Ok(()) => self.state.trouble = None,
            Err(error) => {
                tracing::warn!(dir = %self.dir.display(), %error, "the ledgers cannot be saved; they stand in the log");
                self.state.trouble = Some(error.to_string());
                self.discard();
                lock(follower).ledger.forget_saved();
            }
        }
    }

    fn write(&mut self, follower: &RwLock<Follower>, track: &Track, piece_bytes: usize) -> Result<(), StoreError> {
        let mut db = SnapshotDb::open(&self.dir)?;
        if self.mark.is_none() || mark(&db)? != self.mark {
            // What lies there is not what was left there.
            db.wipe()?;
            lock(follower).ledger.forget_saved();
        }
        self.mark = None;
        let mut unsaid = Some(Ledger::no_summary());
        loop {
            let piece = Piece::take(&mut lock(follower), track, piece_bytes);
            let Some((held, cut)) = piece.last else {
                if piece.changes.is_empty() {
                    return Ok(());
                }
                commit(&mut db, unsaid.take().into_iter().chain(piece.changes))?;
                continue;
            };
            commit(&mut db, piece.changes)?;
            self.mark = mark(&db)?;
            (self.held, self.state.saved) = (held, cut);
            return Ok(());
        }
    }
}

/// What is written at once.
struct Piece {
    changes: Vec<Change>,
    /// For the last one, with which the snapshot is whole: how many entries it holds, and its cut.
    last: Option<(u64, Option<Position>)>,
}

impl Piece {
    fn take(follower: &mut Follower, track: &Track, bytes: usize) -> Self {
        let mut changes = follower.ledger.take_changes(bytes);
        let mut last = None;
        if !follower.ledger.has_changes()
            && let Some(place) = follower.place.save(track)
        {
            changes.extend(follower.ledger.summary(&place));
            last = Some((follower.len() as u64, follower.ledger.cut().position));
        }
        Self { changes, last }
    }
}

fn lock(follower: &RwLock<Follower>) -> RwLockWriteGuard<'_, Follower> {
    follower.write().unwrap_or_else(PoisonError::into_inner)
}

/// The first row of a snapshot: it holds the checksum of its summary, or a part of it.
fn mark(db: &SnapshotDb) -> Result<Option<Vec<u8>>, StoreError> {
    match Ledger::no_summary() {
        Change::Remove { key } | Change::Put { key, .. } => db.get(&key),
    }
}

fn commit(db: &mut SnapshotDb, changes: impl IntoIterator<Item = Change>) -> Result<(), StoreError> {
    let (mut puts, mut removes) = (Vec::new(), Vec::new());
    for change in changes {
        match change {
            Change::Put { key, value } => puts.push((key, value)),
            Change::Remove { key } => removes.push(key),
        }
    }
    db.commit(puts, removes, [])
}
