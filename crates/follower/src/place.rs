//! How far a follower has read, and whether that still stands in the log.

use std::collections::BTreeSet;

use event::{Origin, Position};
use event_log::{LogId, LogRead};
use proof::Frontier;
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use crate::follow::{Chapter, Track};

/// Where a follower stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    /// Index of the journal that is read.
    pub(crate) chapter: usize,
    /// The tree over its records that were read.
    pub(crate) read: Frontier,
    /// Global position at which it begins.
    pub(crate) base: u64,
    /// Origins that the hub itself writes under.
    pub(crate) hubs: BTreeSet<Origin>,
}

/// A place as it is saved beside the rows.
#[derive(Serialize, Deserialize)]
struct Saved {
    /// Logs of the journals read, the current one last, and the final sizes of those before it.
    chapters: Vec<(ByteArray<16>, Option<Position>)>,
    scoped: bool,
    read: ByteBuf,
    base: u64,
    hubs: Vec<Origin>,
}

impl Place {
    /// The record that comes next, counted in the records' own log.
    pub(crate) fn next(&self) -> u64 {
        self.read.size()
    }

    /// On to the next journal.
    pub(crate) fn turn(&mut self, end: Position) {
        self.base += end.0;
        self.chapter += 1;
        self.read = Frontier::new();
    }

    /// The bytes to be saved; `None` while there is no journal.
    pub(crate) fn save(&self, track: &Track) -> Option<Vec<u8>> {
        let chapters = track.chapters.get(..=self.chapter)?.iter();
        let saved = Saved {
            chapters: chapters
                .map(|chapter| (ByteArray::new(chapter.log.0), chapter.end))
                .collect(),
            scoped: track.scoped,
            read: ByteBuf::from(self.read.to_bytes()),
            base: self.base,
            hubs: self.hubs.iter().copied().collect(),
        };
        rmp_serde::to_vec(&saved).ok()
    }

    /// The place that was saved with a ledger that had come to `cut`, if everything that was read then still stands.
    ///
    /// # Errors
    /// Why it does not, in words.
    pub(crate) fn load(
        bytes: &[u8],
        cut: Option<Position>,
        log: &dyn LogRead,
        track: &Track,
    ) -> Result<Self, &'static str> {
        let saved: Saved = rmp_serde::from_slice(bytes).map_err(|_| "its place cannot be read")?;
        let read = Frontier::from_bytes(&saved.read).map_err(|_| "its place cannot be read")?;
        let chapter = saved.chapters.len().checked_sub(1).ok_or("its place cannot be read")?;
        if saved.scoped != track.scoped {
            return Err("it is of another sort of reader");
        }
        let now = track.chapters.get(..=chapter).ok_or("it has journals that are gone")?;
        let earlier = |chapter: &Chapter| (ByteArray::new(chapter.log.0), chapter.end);
        let (Some(current), true) = (
            now.last(),
            now.iter()
                .map(earlier)
                .take(chapter)
                .eq(saved.chapters.iter().copied().take(chapter)),
        ) else {
            return Err("its journals are not those that are followed now");
        };
        if LogId(saved.chapters[chapter].0.into_array()) != current.log {
            return Err("its journal is not the one that is followed now");
        }
        let ends_before = |end: Position| cut.is_some_and(|cut| cut.0 >= saved.base.saturating_add(end.0));
        if current.end.is_some_and(ends_before) {
            return Err("its journal ends before it");
        }
        if log.head(current.log).size < read.size() {
            return Err("the log is shorter than what it was made from");
        }
        match log.root_at(current.log, read.size()) {
            Ok(root) if root == read.root() => {}
            Ok(_) => return Err("the log is not the one that it was made from"),
            Err(_) => return Err("the log cannot be read"),
        }
        Ok(Self {
            chapter,
            read,
            base: saved.base,
            hubs: saved.hubs.into_iter().collect(),
        })
    }
}
