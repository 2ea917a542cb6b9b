//! A page of the hub while it is read: every record, every entry, and nothing kept before its end.

use std::collections::BTreeMap;

use event::{Event, EventId, JournalId, Origin, Position, Sequence};
use event_log::{Commit, LogEntry, LogId, Store};
use proof::{Checkpoint, Frontier, SignedCheckpoint, journal_log_name, leaf_hash, origin_log_name};
use sync::frame::Item;
use sync::message::{PageEnd, encode};
use sync::record::JournalRecord;

use super::{CHAIN, CURSOR, Mirror, MirrorError, NOTE};

/// What one page brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Records taken in.
    pub records: usize,
    /// Entries taken in.
    pub entries: usize,
    /// Greatest identity among the entries of the hub's own origins: what is recorded from now on sorts after it.
    pub greatest: Option<EventId>,
    /// Whether the reader stands at the end of the journal.
    pub at_end: bool,
}

impl Mirror {
    /// Takes in a page. `own` are logs that this reader writes itself: their receipts come without entries.
    ///
    /// # Errors
    /// [`MirrorError`]; then nothing was kept.
    pub fn take(&mut self, store: &mut impl Store, body: &[u8], own: &[Origin]) -> Result<Taken, MirrorError> {
        let mut page = Page {
            mirror: self.clone(),
            store,
            own,
            commit: Commit::new(),
            tails: BTreeMap::new(),
            open: None,
            ended: false,
            taken: Taken::default(),
        };
        sync::frame::read(body, |item| page.item(item))?;
        if !page.ended {
            return Err(MirrorError::Untrue("it has no end"));
        }
        let Page {
            mirror, commit, taken, ..
        } = page;
        store.commit(commit)?;
        *self = mirror;
        Ok(taken)
    }
}

/// A page while it is read.
struct Page<'a, S> {
    mirror: Mirror,
    store: &'a S,
    own: &'a [Origin],
    commit: Commit,
    /// Logs that this page has touched.
    tails: BTreeMap<Origin, Tail>,
    /// The receipt whose entries are being read.
    open: Option<Open>,
    ended: bool,
    taken: Taken,
}

struct Tail {
    frontier: Frontier,
    /// Entries staged in the store behind the frontier, and those of this page behind them.
    staged: Vec<LogEntry>,
    stored: usize,
}

impl Tail {
    fn size(&self) -> u64 {
        self.frontier.size() + self.staged.len() as u64
    }
}

struct Open {
    position: Position,
    bytes: Vec<u8>,
    origin: Origin,
    checkpoint: Checkpoint,
    /// First entry that the receipt covers.
    first: Sequence,
    /// The entry that comes next.
    next: Sequence,
}

impl<S: Store> Page<'_, S> {
    fn item(&mut self, item: Item) -> Result<(), MirrorError> {
        if self.ended {
            return Err(MirrorError::Untrue("something follows its end"));
        }
        match item {
            Item::Record { position, bytes } => self.record(position, bytes),
            Item::Range { origin, first } => {
                let open = self.open.as_mut().filter(|open| open.origin == origin);
                let open = open.ok_or(MirrorError::Untrue("entries without their receipt"))?;
                let tail = &self.tails[&origin];
                if first < open.first || first.get() > tail.size() + 1 {
                    return Err(MirrorError::Untrue("entries are missing in it"));
                }
                open.next = first;
                Ok(())
            }
            Item::Entry { bytes, personal } => self.entry(LogEntry { bytes, personal }),
            Item::End(end) => self.end(end),
            Item::Checkpoint(_) => Err(MirrorError::Untrue("a checkpoint stands in it")),
        }
    }

    fn record(&mut self, position: Position, bytes: Vec<u8>) -> Result<(), MirrorError> {
        self.close_open()?;
        if position < self.mirror.cursor.position {
            return Err(MirrorError::Untrue("its records do not ascend"));
        }
        self.mirror.cursor.position = position;
        let record = JournalRecord::decode(&bytes).ok();
        if let Some(JournalRecord::Opened { journal, .. }) = &record {
            self.mirror.cursor.journal = *journal;
        }
        if let Some(record) = &record {
            self.mirror.learn(record);
        }
        let Some(JournalRecord::Receipt {
            origin,
            first,
            size,
            note,
            ..
        }) = record
        else {
            self.keep(position, &bytes);
            return Ok(());
        };
        let party = self
            .mirror
            .parties
            .get(&origin)
            .ok_or(MirrorError::Untrue("a receipt of an origin that nobody enrolled"))?;
        let checkpoint = SignedCheckpoint::verify(&note, &origin_log_name(origin), &party.key)
            .map_err(|_| MirrorError::Untrue("a receipt holds a checkpoint that its origin did not sign"))?;
        if checkpoint.size != size {
            return Err(MirrorError::Untrue("a receipt is not of its checkpoint's size"));
        }
        if !self.mirror.holds(origin) {
            self.keep(position, &bytes);
            return Ok(());
        }
        if self.own.contains(&origin) {
            let log = self.mirror.log_of(origin);
            // A node that came back from a backup gets these entries back by another way, and is checked then.
            if self.store.head(log).size >= size && self.store.root_at(log, size)? != checkpoint.root {
                return Err(MirrorError::Untrue(
                    "a receipt of this machine's own log is not of what it wrote",
                ));
            }
            self.keep(position, &bytes);
            return Ok(());
        }
        if !self.tails.contains_key(&origin) {
            let log = self.mirror.log_of(origin);
            let head = self.store.head(log);
            let staged = self
                .store
                .read_staged(log, Sequence::after_size(head.size), usize::MAX, usize::MAX)?;
            // A range that is begun afresh (offset 0) does not go on where an earlier try ended.
            let resumed = self.mirror.cursor.offset > 0;
            if !resumed && !staged.is_empty() {
                self.commit.drop_stage(log);
            }
            let staged = if resumed { staged } else { Vec::new() };
            self.tails.insert(
                origin,
                Tail {
                    frontier: head.frontier,
                    stored: staged.len(),
                    staged,
                },
            );
        }
        let next = first.plus(self.mirror.cursor.offset);
        self.open = Some(Open {
            position,
            bytes,
            origin,
            checkpoint,
            first,
            next,
        });
        Ok(())
    }

    fn entry(&mut self, entry: LogEntry) -> Result<(), MirrorError> {
        let open = self
            .open
            .as_mut()
            .ok_or(MirrorError::Untrue("an entry without its receipt"))?;
        let tail = self
            .tails
            .get_mut(&open.origin)
            .ok_or(MirrorError::Untrue("a receipt without its log"))?;
        let sequence = open.next.get();
        open.next = open.next.plus(1);
        if sequence > open.checkpoint.size || sequence > tail.size() + 1 {
            return Err(MirrorError::Untrue("an entry outside its receipt"));
        }
        // Receipted again after the hub was restored: the entry is held already, the root will say whether it is the same.
        if sequence <= tail.size() {
            return Ok(());
        }
        if self.mirror.is_hub(open.origin)
            && let Ok(event) = Event::decode(&entry.bytes)
        {
            self.taken.greatest = self.taken.greatest.max(Some(event.header.id));
        }
        self.taken.entries += 1;
        tail.staged.push(entry);
        Ok(())
    }

    /// The receipt's entries are all here: its root must be theirs.
    fn close_open(&mut self) -> Result<(), MirrorError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let log = self.mirror.log_of(open.origin);
        let tail = self
            .tails
            .get_mut(&open.origin)
            .ok_or(MirrorError::Untrue("a receipt without its log"))?;
        let before = tail.frontier.size();
        if open.checkpoint.size <= before {
            // Receipted again after the hub was restored: the entries are known, the root must be too.
            // Within one page the log's head may still lag behind its tail: the tail's own root was checked then.
            let held = open.checkpoint.size <= self.store.head(log).size;
            if held && self.store.root_at(log, open.checkpoint.size)? != open.checkpoint.root {
                return Err(self.differs(open.origin, "a receipt is not of the entries that were taken before"));
            }
            tail.staged.clear();
        } else {
            tail.staged
                .iter()
                .for_each(|entry| tail.frontier.push(leaf_hash(&entry.bytes)));
            if tail.frontier.size() != open.checkpoint.size || tail.frontier.root() != open.checkpoint.root {
                return Err(self.differs(open.origin, "its entries do not have the root that their origin signed"));
            }
            let entries = std::mem::take(&mut tail.staged);
            if tail.stored > 0 {
                let fresh = entries.into_iter().skip(tail.stored).collect();
                self.commit
                    .stage(log, Sequence::after_size(before + tail.stored as u64), fresh);
                self.commit.accept(log, open.checkpoint.size);
                tail.stored = 0;
            } else {
                self.commit.append(log, Sequence::after_size(before), entries);
            }
        }
        self.mirror.cursor.offset = 0;
        self.keep(open.position, &open.bytes);
        Ok(())
    }

    /// A hub that was restored may have receipted another continuation of a log that two machines wrote; otherwise
    /// the page is simply wrong.
    const fn differs(&self, origin: Origin, why: &'static str) -> MirrorError {
        if self.mirror.frozen_seen.is_empty() {
            MirrorError::Untrue(why)
        } else {
            MirrorError::Forked(origin)
        }
    }

    fn keep(&mut self, position: Position, bytes: &[u8]) {
        let journal = self.mirror.cursor.journal;
        let log = self.mirror.known_mut(journal).scope_log();
        let at = self.scope_size(log);
        let entry = [&position.0.to_be_bytes()[..], bytes].concat();
        self.commit
            .append(log, Sequence::after_size(at), vec![LogEntry::bare(entry)]);
        self.taken.records += 1;
        self.mirror.cursor.position = Position(position.0 + 1);
        self.mirror.cursor.offset = 0;
    }

    fn scope_size(&self, log: LogId) -> u64 {
        self.store.head(log).size + self.taken.records as u64
    }

    fn end(&mut self, end: PageEnd) -> Result<(), MirrorError> {
        let journal = self.mirror.cursor.journal;
        let current = end.next.journal;
        let checkpoint = [current, journal]
            .into_iter()
            .find_map(|id| SignedCheckpoint::verify(&end.note, &journal_log_name(id), &self.mirror.hub_key).ok());
        if let Some(open) = &self.open {
            let goes_on = (end.next.position, end.next.journal) == (open.position, journal);
            if open.next.get() <= open.checkpoint.size && goes_on {
                self.stage_open(end.next.offset)?;
            } else {
                self.close_open()?;
            }
        }
        if let Some(checkpoint) = checkpoint {
            self.mirror.advance_note(end.note, checkpoint, &end.consistency)?;
        }
        let at = self.mirror.cursor;
        if end.next.journal == at.journal && end.next.position < at.position {
            return Err(MirrorError::Untrue("its cursor goes back"));
        }
        if end.next.journal != at.journal && at.journal != JournalId::default() {
            if self.mirror.asks_first
                && self
                    .mirror
                    .frozen_seen
                    .iter()
                    .all(|freeze| freeze.journal != at.journal)
            {
                // What was read of it may be of another past than the hub's: the hello finds out.
                return Err(MirrorError::Turned);
            }
            self.mirror.known_mut(at.journal).frozen.get_or_insert(end.size);
        }
        self.taken.at_end = end.next.journal == at.journal && end.next.position >= end.size;
        let covers =
            |signed: &Checkpoint| signed.name == journal_log_name(at.journal) && signed.size >= end.next.position.0;
        if self.taken.at_end && !self.mirror.checkpoint().is_some_and(covers) {
            return Err(MirrorError::Untrue(
                "the hub did not sign for the records that it shows",
            ));
        }
        self.mirror.cursor = end.next;
        self.commit.put_meta(CURSOR, encode(&self.mirror.cursor));
        self.commit.put_meta(CHAIN, encode(&self.mirror.chain));
        if let Some((note, _)) = &self.mirror.note {
            self.commit.put_meta(NOTE, encode(note));
        }
        self.ended = true;
        Ok(())
    }

    /// The page ended inside a receipt's range: what came is staged.
    fn stage_open(&mut self, offset: u64) -> Result<(), MirrorError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let log = self.mirror.log_of(open.origin);
        let tail = self
            .tails
            .get_mut(&open.origin)
            .ok_or(MirrorError::Untrue("a receipt without its log"))?;
        if open.next.get() - open.first.get() != offset {
            return Err(MirrorError::Untrue("its cursor counts other entries than came"));
        }
        let stored = tail.stored;
        let fresh: Vec<_> = std::mem::take(&mut tail.staged).into_iter().skip(stored).collect();
        self.commit
            .stage(log, Sequence::after_size(tail.frontier.size() + stored as u64), fresh);
        Ok(())
    }
}
