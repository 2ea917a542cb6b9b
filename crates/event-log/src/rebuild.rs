//! From found cells to the soundest contiguous prefix of one log.

use event::Sequence;
use proof::{Frontier, leaf_hash};

use crate::carve::Found;
use crate::cell::{Cell, HeadState, tree_of};
use crate::format::{FRAMES, PACKS, TREE_EVERY, TREES, head_key, key, number_of};
use crate::frame::{Frame, FrameHash, PersonalSum, Piece, frame_hash, pieces};
use crate::mark::LogMark;
use crate::scan::personal;
use crate::{Commit, Island, LogEntry, LogId, LogSalvage, Store, StoreError};

/// Entries written to the new store in one commit.
const COMMIT_ENTRIES: usize = 1_024;

/// An entry found, and what became of its personal part.
struct FoundEntry {
    entry: LogEntry,
    erased: bool,
    lost: bool,
}

/// A frame found, put together.
struct FoundFrame {
    hash: FrameHash,
    staged: bool,
    exported: bool,
    entries: Vec<FoundEntry>,
}

/// What is known of one log, and what was made of it.
pub(crate) struct Rebuild<'a> {
    found: &'a Found,
    log: LogId,
    /// Entries accepted by the newest head that was found, or by the mark.
    accepted: u64,
    head: Option<HeadState>,
    report: LogSalvage,
}

impl<'a> Rebuild<'a> {
    pub(crate) fn new(found: &'a Found, log: LogId, mark: Option<&LogMark>) -> Self {
        let bytes = found.best(&head_key(log));
        let head = bytes.as_deref().and_then(Cell::parse).as_ref().and_then(HeadState::of);
        let accepted = head
            .as_ref()
            .map_or(0, |head| head.head.size)
            .max(mark.map_or(0, |mark| mark.size));
        Self {
            found,
            log,
            accepted,
            head,
            report: LogSalvage {
                log,
                ..LogSalvage::default()
            },
        }
    }

    /// Writes the soundest prefix to `store` and says what is missing.
    pub(crate) fn run(mut self, store: &mut dyn Store) -> Result<LogSalvage, StoreError> {
        let mut frontier = Frontier::new();
        let mut previous = [0; 16];
        let mut next = 1;
        // Frames since the last point at which the root could be compared.
        let mut unproved: Vec<FoundFrame> = Vec::new();
        while let Some(frame) = self.chained(next, previous) {
            if frame.staged && next > self.accepted {
                break;
            }
            previous = frame.hash;
            let mut wrong = false;
            for found in &frame.entries {
                next += 1;
                frontier.push(leaf_hash(&found.entry.bytes));
                wrong |= self.disproved(&frontier);
            }
            if wrong {
                break;
            }
            unproved.push(frame);
            if unproved.len() >= 64 {
                self.write(store, &mut unproved)?;
            }
        }
        self.write(store, &mut unproved)?;
        self.islands();
        self.missing();
        Ok(self.report)
    }

    /// Whether a stored edge, or the head, of that size was found and none agrees.
    fn disproved(&self, frontier: &Frontier) -> bool {
        let size = frontier.size();
        if let Some(head) = self.head.as_ref().filter(|head| head.head.size == size) {
            return head.head.frontier != *frontier;
        }
        if !size.is_multiple_of(TREE_EVERY) {
            return false;
        }
        let key = key(TREES, self.log, size);
        let mut edges = self.found.versions(&key).iter().filter_map(|candidate| {
            let bytes = self.found.load(&key, *candidate)?;
            tree_of(&Cell::parse(&bytes)?)
        });
        let Some(first) = edges.next() else { return false };
        first != *frontier && edges.all(|edge| edge != *frontier)
    }

    /// The best frame at `first` that follows the frame named `previous`.
    fn chained(&self, first: u64, previous: FrameHash) -> Option<FoundFrame> {
        self.frame(first, |frame| frame.previous == previous)
    }

    fn frame(&self, first: u64, fits: impl Fn(&Frame<'_>) -> bool) -> Option<FoundFrame> {
        let key = key(FRAMES, self.log, first);
        self.found.versions(&key).iter().find_map(|candidate| {
            let bytes = self.found.load(&key, *candidate)?;
            let frame = Frame::parse(&bytes).filter(&fits)?;
            let packs = self.packs(first);
            let entries = (0u8..)
                .zip(frame.entries())
                .map(|(offset, (event, sum))| found_entry(&packs, offset, event, sum));
            let entries: Vec<FoundEntry> = entries.collect();
            (entries.len() == usize::from(frame.count)).then(|| FoundFrame {
                hash: frame_hash(&bytes),
                staged: frame.staged,
                exported: candidate.is_exported(),
                entries,
            })
        })
    }

    /// Every version of the packs of the frame at `first`: the best version of each before all others.
    fn packs(&self, first: u64) -> Vec<Vec<u8>> {
        let keys: Vec<&[u8]> = self
            .found
            .keys(&key(PACKS, self.log, first), &key(PACKS, self.log, first + 1))
            .collect();
        let mut packs = Vec::new();
        let deepest = keys.iter().map(|key| self.found.versions(key).len()).max().unwrap_or(0);
        for depth in 0..deepest {
            for key in &keys {
                let version = self.found.versions(key).get(depth);
                packs.extend(version.and_then(|candidate| self.found.load(key, *candidate)));
            }
        }
        packs
    }

    fn write(&mut self, store: &mut dyn Store, frames: &mut Vec<FoundFrame>) -> Result<(), StoreError> {
        let mut found = Vec::new();
        for frame in frames.drain(..) {
            if !frame.exported {
                self.report.carved += frame.entries.len() as u64;
            }
            found.extend(frame.entries);
        }
        while !found.is_empty() {
            let rest = found.split_off(found.len().min(COMMIT_ENTRIES));
            let first = Sequence::after_size(self.report.kept);
            let mut commit = Commit::new();
            let mut entries = Vec::with_capacity(found.len());
            let mut erased = Vec::new();
            for one in found {
                self.report.kept += 1;
                if one.lost {
                    extend(&mut self.report.personal_missing, self.report.kept);
                }
                if one.erased {
                    erased.push(Sequence::after_size(self.report.kept - 1));
                }
                entries.push(one.entry);
            }
            commit.append(self.log, first, entries);
            for sequence in erased {
                commit.erase_personal(self.log, sequence);
            }
            store.commit(commit)?;
            found = rest;
        }
        Ok(())
    }

    /// Sound runs beyond the prefix: kept for the caller, for something between is missing.
    fn islands(&mut self) {
        let mut next = self.report.kept + 1;
        let firsts: Vec<u64> = {
            let from = key(FRAMES, self.log, next);
            self.found
                .keys(&from, &key(FRAMES, self.log, u64::MAX))
                .filter_map(number_of)
                .collect()
        };
        let mut previous = None;
        for first in firsts {
            if first < next {
                continue;
            }
            // A run goes on only along its chain; a new one begins with the newest version.
            let joined = previous.filter(|_| first == next && !self.report.islands.is_empty());
            let frame = match joined {
                Some(hash) => self.chained(first, hash),
                None => self.frame(first, |_| true),
            };
            let Some(frame) = frame else { continue };
            if frame.staged && first > self.accepted {
                self.report.staged_dropped += frame.entries.len() as u64;
                continue;
            }
            next = first + frame.entries.len() as u64;
            previous = Some(frame.hash);
            let entries = frame.entries.into_iter().map(|found| found.entry);
            match self.report.islands.last_mut().filter(|_| joined.is_some()) {
                Some(island) => island.entries.extend(entries),
                None => {
                    let first = Sequence::after_size(first - 1);
                    self.report.islands.push(Island {
                        first,
                        entries: entries.collect(),
                    });
                }
            }
        }
    }

    fn missing(&mut self) {
        let mut next = self.report.kept + 1;
        for island in &self.report.islands {
            if island.first.get() > next {
                self.report.missing.push((next, island.first.get() - 1));
            }
            next = island.first.get() + island.entries.len() as u64;
        }
        if next <= self.accepted {
            self.report.missing.push((next, self.accepted));
        }
    }
}

fn found_entry(packs: &[Vec<u8>], offset: u8, event: &[u8], sum: Option<PersonalSum>) -> FoundEntry {
    let cells: Vec<Cell<'_>> = packs.iter().filter_map(|pack| Cell::parse(pack)).collect();
    let all: Vec<Piece<'_>> = cells
        .iter()
        .filter_map(|cell| pieces(cell))
        .flat_map(|(_, pieces)| pieces)
        .collect();
    let mut own: Vec<Piece<'_>> = all.into_iter().filter(|piece| piece.offset == offset).collect();
    let erased = own.iter().any(|piece| piece.erased);
    // Versions of a rewritten pack repeat pieces: one of each place in the part is enough.
    let wanted = sum.or_else(|| {
        own.first().map(|piece| PersonalSum {
            bytes: usize::from(piece.total),
            crc: piece.crc,
        })
    });
    own.retain(|piece| wanted.is_some_and(|sum| sum.bytes == usize::from(piece.total) && sum.crc == piece.crc));
    own.sort_by_key(|piece| piece.start);
    own.dedup_by_key(|piece| piece.start);
    let found = if erased { Ok(None) } else { personal(&own, offset, sum) };
    let lost = found.is_err();
    let personal = found.ok().flatten().map(std::borrow::Cow::into_owned);
    FoundEntry {
        entry: LogEntry {
            bytes: event.to_vec(),
            personal,
        },
        erased,
        lost,
    }
}

/// Adds a sequence to ranges that are in order.
fn extend(ranges: &mut Vec<(u64, u64)>, sequence: u64) {
    match ranges.last_mut() {
        Some((_, to)) if *to + 1 == sequence => *to = sequence,
        _ => ranges.push((sequence, sequence)),
    }
}
