//! The work of the thread that keeps a ledger: it alone folds, everybody else reads.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use event::Position;
use event_log::LogRead;

use crate::follow::{FollowError, Follower, Progress, Track};
use crate::shelf::{Shelf, ShelfState};

/// Entries folded in before readers get their turn at the ledger.
const BUDGET_ENTRIES: u64 = 4_096;

/// Keeps the follower that everybody reads up with a journal, and its snapshot up with it.
#[derive(Debug)]
pub struct Scribe {
    follower: Arc<RwLock<Follower>>,
    shelf: Shelf,
    has_begun: bool,
}

impl Scribe {
    /// The scribe of a follower that has read nothing; its snapshot lies in `dir`, a folder of its own.
    #[must_use]
    pub fn new(follower: Arc<RwLock<Follower>>, dir: impl Into<PathBuf>) -> Self {
        Self {
            follower,
            shelf: Shelf::new(dir),
            has_begun: false,
        }
    }

    /// How the snapshot is doing.
    #[must_use]
    pub const fn state(&self) -> &ShelfState {
        self.shelf.state()
    }

    /// Last position that is counted.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        let follower = self.follower.read().unwrap_or_else(PoisonError::into_inner);
        follower.ledger().cut().position
    }

    /// Does the next piece of work: the first time it restores what was saved; a ledger that has nothing is built out of
    /// sight, as a whole, while `go_on` allows it; others take in what is new, a few thousand entries at a time.
    /// A snapshot that is due is written once everything that is here is folded in.
    ///
    /// # Errors
    /// [`FollowError`]; what was folded before stands.
    pub fn step(
        &mut self,
        log: &dyn LogRead,
        track: &Track,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Progress, FollowError> {
        if !std::mem::replace(&mut self.has_begun, true) {
            let restored = self.shelf.restore(log, track);
            self.show(restored);
        }
        let is_empty = self.follower.read().unwrap_or_else(PoisonError::into_inner).is_empty();
        let progress = if is_empty {
            let mut whole = Follower::new();
            let outcome = whole.catch_up(log, track, &mut |_| go_on());
            if matches!(outcome, Ok(false)) {
                return Ok(Progress::default());
            }
            let entries = whole.len() as u64;
            self.show(whole);
            outcome.map(|_| Progress { entries, at_end: true })
        } else {
            let mut follower = self.follower.write().unwrap_or_else(PoisonError::into_inner);
            follower.follow(log, track, BUDGET_ENTRIES)
        }?;
        let is_due = progress.at_end && {
            let follower = self.follower.read().unwrap_or_else(PoisonError::into_inner);
            self.shelf.is_due(&follower)
        };
        if is_due {
            self.shelf.save(&self.follower, log, track);
        }
        Ok(progress)
    }

    /// Records that were folded in have become void: the ledger and its snapshot begin anew.
    pub fn begin_anew(&mut self) {
        self.has_begun = true;
        self.shelf.discard();
        self.show(Follower::new());
    }

    /// Saves what the snapshot lacks, before the program ends.
    pub fn end(&mut self, log: &dyn LogRead, track: &Track) {
        self.shelf.save(&self.follower, log, track);
    }

    fn show(&self, follower: Follower) {
        // Whatever was there is dropped after the lock.
        let before = std::mem::replace(
            &mut *self.follower.write().unwrap_or_else(PoisonError::into_inner),
            follower,
        );
        drop(before);
    }
}
