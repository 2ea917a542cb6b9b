//! How far a follower has read, and whether that still stands in the log.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use event::{Origin, Position, Sequence};
use event_log::{LogId, LogRead, StoreError};
use proof::{Frontier, Hash, SignedCheckpoint};
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};
use sync::record::JournalRecord;

use crate::follow::{Chapter, Track};
use crate::mirror::split;

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
        receipts_hold(log, track, now, read.size())?;
        Ok(Self {
            chapter,
            read,
            base: saved.base,
            hubs: saved.hubs.into_iter().collect(),
        })
    }
}

/// Every log that was read must still have the root of its last receipt: somebody who altered an entry beneath the
/// program, trees and all, is not to be hidden by rows that were made before.
fn receipts_hold(log: &dyn LogRead, track: &Track, chapters: &[Chapter], read: u64) -> Result<(), &'static str> {
    let unreadable = |_: StoreError| "the log cannot be read";
    let mut last: BTreeMap<Origin, (u64, Hash)> = BTreeMap::new();
    for (at, chapter) in chapters.iter().enumerate() {
        let is_current = at + 1 == chapters.len();
        let mut visit = |sequence: Sequence, bytes: &[u8], _: Option<&[u8]>| {
            if is_current && sequence.get() > read {
                return ControlFlow::Break(());
            }
            let record = if track.scoped {
                split(bytes)
            } else {
                Some((Position(sequence.leaf_index()), bytes))
            };
            if let Some((position, record)) = record
                && chapter.end.is_none_or(|end| position < end)
                && let Ok(JournalRecord::Receipt { origin, note, .. }) = JournalRecord::decode(record)
                && let Ok(signed) = SignedCheckpoint::parse(&note)
            {
                last.insert(origin, (signed.claim().size, signed.claim().root));
            }
            ControlFlow::Continue(())
        };
        log.scan(chapter.log, Sequence::FIRST, &mut visit).map_err(unreadable)?;
    }
    for (origin, (size, root)) in last.into_iter().filter(|(origin, _)| track.holds(*origin)) {
        if log.root_at(track.log_of(origin), size).map_err(unreadable)? != root {
            return Err("a log is not the one that its receipts are of");
        }
    }
    Ok(())
}
