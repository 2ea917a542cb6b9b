//! A ledger that follows a journal: every receipt's entries are folded in, in the order of the journal.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use event::{JournalId, Origin, Position, Sequence};
use event_log::{LogId, LogRead, StoreError};
use ledger::{Author, Ledger, Receipt};
use proof::leaf_hash;
use sync::record::JournalRecord;

use crate::mirror::{Mirror, split};
use crate::place::Place;

/// One journal to be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chapter {
    /// The log that holds its records.
    pub(crate) log: LogId,
    /// Its final size, if another journal follows.
    pub(crate) end: Option<Position>,
}

/// Which journal is followed, and where its records and entries stand.
#[derive(Clone, Debug)]
pub struct Track {
    pub(crate) chapters: Vec<Chapter>,
    /// Whether each record stands behind its position, as in a mirror's scope log.
    pub(crate) scoped: bool,
    /// How far the reader's cursor has come in the last journal: everything before it in its scope is here.
    passed: Option<Position>,
    aliases: Vec<(Origin, LogId)>,
    /// Origins whose entries are not kept here: their receipts pass by.
    left_out: BTreeSet<Origin>,
}

impl Track {
    /// The hub's own journals, oldest first; all but the last have their frozen size.
    #[must_use]
    pub fn of_hub(journals: &[(JournalId, Option<Position>)]) -> Self {
        let chapters = journals
            .iter()
            .map(|(journal, end)| Chapter {
                log: (*journal).into(),
                end: *end,
            })
            .collect();
        Self {
            chapters,
            scoped: false,
            passed: None,
            aliases: Vec::new(),
            left_out: BTreeSet::new(),
        }
    }

    /// What a mirror has taken in.
    #[must_use]
    pub fn of_mirror(mirror: &Mirror) -> Self {
        let chapters = mirror
            .chain()
            .map(|known| Chapter {
                log: known.scope_log(),
                end: known.frozen,
            })
            .collect();
        let aliases = mirror.origins().map(|origin| (origin, mirror.log_of(origin)));
        let aliases = aliases.filter(|(origin, log)| LogId::from(*origin) != *log).collect();
        Self {
            chapters,
            scoped: true,
            passed: Some(mirror.cursor().position),
            aliases,
            left_out: mirror.origins().filter(|origin| !mirror.holds(*origin)).collect(),
        }
    }

    pub(crate) fn holds(&self, origin: Origin) -> bool {
        !self.left_out.contains(&origin)
    }

    pub(crate) fn log_of(&self, origin: Origin) -> LogId {
        self.aliases
            .iter()
            .find(|(of, _)| *of == origin)
            .map_or_else(|| origin.into(), |(_, log)| *log)
    }
}

/// How far one call came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Entries folded in by this call.
    pub entries: u64,
    /// Whether everything that is here has been folded in.
    pub at_end: bool,
}

/// A ledger and how far it has read.
#[derive(Debug, Default)]
pub struct Follower {
    pub(crate) ledger: Ledger,
    pub(crate) place: Place,
}

/// Why following stopped.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The records are not what they were when they were taken in.
    #[error("the journal's copy cannot be read: {0}")]
    Record(&'static str),
}

const RECORDS_READ: usize = 512;
/// Entries between two words on how far a rebuild has come.
const STEP_ENTRIES: u64 = 8_192;

impl Follower {
    /// A follower that has read nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The ledger as of the last call of [`Follower::follow`].
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Folds in what is new, at most about `budget` entries, so that the caller can let others at the ledger in between.
    ///
    /// # Errors
    /// [`FollowError`]; what was folded before stands.
    pub fn follow(&mut self, log: &dyn LogRead, track: &Track, budget: u64) -> Result<Progress, FollowError> {
        let progress = self.read(log, track, budget);
        self.ledger.settle();
        progress
    }

    /// Folds in everything that is here, each entity once: the fast way through a long history, for a ledger that
    /// nobody else looks at yet. `go_on` hears every few thousand entries how many there were. Returns false, and a
    /// ledger of no use, if it has refused to go on.
    ///
    /// # Errors
    /// [`FollowError`]; what was read before is folded in.
    pub fn catch_up(
        &mut self,
        log: &dyn LogRead,
        track: &Track,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<bool, FollowError> {
        let mut entries = 0;
        let outcome = loop {
            match self.read(log, track, STEP_ENTRIES) {
                Ok(progress) => {
                    entries += progress.entries;
                    if progress.at_end {
                        break Ok(true);
                    }
                    if !go_on(entries) {
                        return Ok(false);
                    }
                }
                Err(error) => break Err(error),
            }
        };
        self.ledger.settle();
        outcome
    }

    /// Takes in records and their entries, without folding.
    fn read(&mut self, log: &dyn LogRead, track: &Track, budget: u64) -> Result<Progress, FollowError> {
        let mut progress = Progress::default();
        while progress.entries < budget {
            let Some(chapter) = track.chapters.get(self.place.chapter) else {
                progress.at_end = true;
                break;
            };
            let records = log.read(
                chapter.log,
                Sequence::after_size(self.place.next()),
                RECORDS_READ,
                usize::MAX,
            )?;
            for record in &records {
                if progress.entries >= budget || !self.record(log, track, &record.bytes, &mut progress)? {
                    progress.at_end = progress.entries < budget;
                    return Ok(progress);
                }
                self.place.read.push(leaf_hash(&record.bytes));
            }
            if records.is_empty() && !self.turn(track) {
                progress.at_end = true;
                break;
            }
        }
        Ok(progress)
    }

    /// At the end of the records that are here: on to the next chapter, if this one is closed.
    fn turn(&mut self, track: &Track) -> bool {
        let chapter = &track.chapters[self.place.chapter];
        let is_last = self.place.chapter + 1 == track.chapters.len();
        let passed = match (chapter.end, is_last) {
            (Some(end), false) => Some(end),
            (_, true) => track.passed,
            (None, false) => None,
        };
        if let Some(last) = passed.and_then(|passed| passed.0.checked_sub(1)) {
            self.ledger.advance(Position(self.place.base + last));
        }
        match chapter.end {
            Some(end) if !is_last => {
                self.place.turn(end);
                true
            }
            _ => false,
        }
    }

    /// Takes in one record. Returns false if its entries are not here yet: then it comes again.
    fn record(
        &mut self,
        log: &dyn LogRead,
        track: &Track,
        bytes: &[u8],
        progress: &mut Progress,
    ) -> Result<bool, FollowError> {
        let (position, bytes) = if track.scoped {
            split(bytes).ok_or(FollowError::Record("a record without its position"))?
        } else {
            (Position(self.place.next()), bytes)
        };
        if track.chapters[self.place.chapter]
            .end
            .is_some_and(|end| position >= end)
        {
            return Ok(true);
        }
        match JournalRecord::decode(bytes) {
            Ok(JournalRecord::HubOrigin { origin, .. }) => {
                self.place.hubs.insert(origin);
            }
            Ok(JournalRecord::Receipt {
                origin,
                first,
                size,
                received_at_ms,
                ..
            }) if track.holds(origin) => {
                let of = track.log_of(origin);
                if log.head(of).size < size {
                    return Ok(false);
                }
                let author = if self.place.hubs.contains(&origin) {
                    Author::Hub
                } else {
                    Author::Village
                };
                let receipt = Receipt {
                    position: Position(self.place.base + position.0),
                    received_at_ms,
                };
                let ledger = &mut self.ledger;
                log.scan(of, first, &mut |sequence, bytes, _| {
                    if sequence.get() > size {
                        return ControlFlow::Break(());
                    }
                    ledger.apply(bytes, origin, sequence, author, receipt);
                    progress.entries += 1;
                    ControlFlow::Continue(())
                })?;
            }
            // Other records say who may do what; the ledger has no use for them, nor for records of a later version.
            Ok(_) | Err(_) => {}
        }
        self.ledger.advance(Position(self.place.base + position.0));
        Ok(true)
    }

    /// Entries that are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ledger.len()
    }

    /// Whether nothing was folded in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ledger.is_empty()
    }
}
