//! A reader's copy of the hub's journal, as far as its scope goes: verified page by page and kept.
//!
//! The records of the scope stand in a log of their own, each behind its position; the entries that
//! a receipt covers stand in the log of their origin, accepted only when their root is the one the
//! origin signed. One commit takes in one page, with its cursor.

use std::collections::BTreeMap;

use event::{Event, EventId, JournalId, Origin, Position, Sequence};
use event_log::{Commit, LogEntry, LogId, LogRead, Store, StoreError};
use proof::{Checkpoint, Frontier, PublicKey, SignedCheckpoint, journal_log_name, leaf_hash, origin_log_name};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sync::frame::{FrameError, Item};
use sync::message::{Cursor, Frozen, PageEnd, decode, encode};
use sync::record::{HubOriginName, JournalRecord};

/// Why a page is not taken in. Nothing of it was kept; the cursor stands where it stood.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The bytes.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The page contradicts itself, its signatures, or what was kept before.
    #[error("the hub's page does not hold: {0}")]
    Untrue(&'static str),
    /// What was kept cannot be read.
    #[error("the mirror's own state cannot be read: {0}")]
    State(String),
}

const CURSOR: &[u8] = b"mirror/cursor";
const NOTE: &[u8] = b"mirror/note";
const CHAIN: &[u8] = b"mirror/chain";
const ALIAS: &[u8] = b"mirror/alias/";
const GIVES_BACK: &[u8] = b"mirror/gives-back";
/// Entries copied in one commit when a log is set apart.
const COPY_ENTRIES: usize = 2_000;

/// One journal of the hub as this reader knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) journal: JournalId,
    /// Its final size, once a newer journal has followed.
    pub(crate) frozen: Option<Position>,
    /// How often its copy was begun anew because receipts turned void.
    pub(crate) copy: u32,
    /// The hub has lost it for good: its receipts count no more.
    pub(crate) is_void: bool,
}

impl Known {
    /// The log that holds this reader's copy of the journal's records.
    pub(crate) fn scope_log(&self) -> LogId {
        derived(
            "scope",
            &[&self.journal.to_bytes()[..], &self.copy.to_be_bytes()].concat(),
        )
    }
}

/// A log that is no origin's own: named by what it is for.
fn derived(purpose: &str, of: &[u8]) -> LogId {
    let digest = Sha256::new_with_prefix("minqing/log/v1/")
        .chain_update(purpose)
        .chain_update([0])
        .chain_update(of)
        .finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    LogId(id)
}

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

/// The mirror's state, kept in memory and, with every page, in the store.
#[derive(Clone, Debug)]
pub struct Mirror {
    hub_key: PublicKey,
    cursor: Cursor,
    note: Option<(String, Checkpoint)>,
    chain: Vec<Known>,
    parties: BTreeMap<Origin, Author>,
    aliases: BTreeMap<Origin, LogId>,
    gives_back: bool,
}

/// Whom an origin's key belongs to.
#[derive(Clone, Copy, Debug)]
struct Author {
    key: PublicKey,
    hub: Option<HubOriginName>,
}

impl Mirror {
    /// Opens the mirror that a store holds, or an empty one.
    ///
    /// # Errors
    /// [`MirrorError::Store`], [`MirrorError::State`].
    pub fn open(store: &(impl LogRead + ?Sized), hub_key: PublicKey) -> Result<Self, MirrorError> {
        let mut mirror = Self {
            hub_key,
            cursor: get(store, CURSOR)?.unwrap_or_default(),
            note: None,
            chain: get(store, CHAIN)?.unwrap_or_default(),
            parties: BTreeMap::new(),
            aliases: BTreeMap::new(),
            gives_back: store.get_meta(GIVES_BACK)?.is_some(),
        };
        if let Some(note) = get::<String>(store, NOTE)? {
            let claim = SignedCheckpoint::parse(&note)
                .map_err(|e| MirrorError::State(e.to_string()))?
                .claim()
                .clone();
            mirror.note = Some((note, claim));
        }
        for (key, value) in store.scan_meta(ALIAS)? {
            let origin = Origin::from_slice(&key[ALIAS.len()..]).map_err(|e| MirrorError::State(e.to_string()))?;
            let id = value
                .as_slice()
                .try_into()
                .map_err(|_| MirrorError::State("alias".to_owned()))?;
            mirror.aliases.insert(origin, LogId(id));
        }
        for known in mirror.copies() {
            store.scan(known.scope_log(), Sequence::FIRST, &mut |_, bytes, _| {
                if let Some((_, Ok(record))) = split(bytes).map(|(at, record)| (at, JournalRecord::decode(record))) {
                    mirror.learn(&record);
                }
                std::ops::ControlFlow::Continue(())
            })?;
        }
        Ok(mirror)
    }

    /// The key under which the hub signs.
    #[must_use]
    pub const fn hub_key(&self) -> PublicKey {
        self.hub_key
    }

    /// Where the reader stands.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The newest journal checkpoint that was verified, as the hub signed it.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_ref().map(|(note, _)| &note[..])
    }

    /// The same, read.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&Checkpoint> {
        self.note.as_ref().map(|(_, checkpoint)| checkpoint)
    }

    /// The journals known, oldest first, each with the log that holds its copy and its first global position.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &Known> {
        self.chain.iter().filter(|known| !known.is_void)
    }

    /// The log that holds the receipted entries of an origin.
    #[must_use]
    pub fn log_of(&self, origin: Origin) -> LogId {
        self.aliases.get(&origin).copied().unwrap_or_else(|| origin.into())
    }

    /// Origins whose entries the mirror holds or has heard of.
    pub fn origins(&self) -> impl Iterator<Item = Origin> {
        self.parties.keys().copied()
    }

    /// Whether the hub itself writes under this origin.
    #[must_use]
    pub fn is_hub(&self, origin: Origin) -> bool {
        self.parties.get(&origin).is_some_and(|party| party.hub.is_some())
    }

    /// From now on the receipted entries of one of the reader's own origins, whose log here says
    /// otherwise from `common` on, are kept in a log of their own. What stands here stays, as evidence.
    ///
    /// # Errors
    /// [`MirrorError::Store`].
    pub fn set_apart(&mut self, store: &mut impl Store, origin: Origin, common: u64) -> Result<LogId, MirrorError> {
        let apart = derived("receipted", &origin.to_bytes());
        if self.log_of(origin) == apart {
            return Ok(apart);
        }
        // In pieces, so that a long log never stands in memory; begun again, it goes on where it stopped.
        loop {
            let at = store.head(apart).size;
            let room = usize::try_from(common.saturating_sub(at))
                .unwrap_or(usize::MAX)
                .min(COPY_ENTRIES);
            if room == 0 {
                break;
            }
            let entries = store.read(origin.into(), Sequence::after_size(at), room, usize::MAX)?;
            if entries.is_empty() {
                return Err(MirrorError::State(
                    "the log is shorter than what both sides share".to_owned(),
                ));
            }
            let mut commit = Commit::new();
            commit.append(apart, Sequence::after_size(at), entries);
            store.commit(commit)?;
        }
        let mut commit = Commit::new();
        commit.put_meta([ALIAS, &origin.to_bytes()].concat(), apart.0);
        store.commit(commit)?;
        self.aliases.insert(origin, apart);
        Ok(apart)
    }

    /// Whether the hub's journals are not the ones that this mirror knows: the hub was restored from a backup.
    #[must_use]
    pub fn is_overtaken(&self, current: JournalId, frozen: &[Frozen]) -> bool {
        self.chain.iter().filter(|known| !known.is_void).any(|known| {
            let now = frozen.iter().find(|freeze| freeze.journal == known.journal);
            match now {
                Some(freeze) => known.frozen != Some(freeze.size),
                None => known.journal != current,
            }
        })
    }

    /// Learns what became of the journals of a hub that was restored. Every copy is begun anew: nothing
    /// shows which of the records still stand.
    /// Every view is to be rebuilt afterwards. What was copied stays, as evidence and to be given back.
    ///
    /// # Errors
    /// [`MirrorError::Store`].
    pub fn learn_journals(
        &mut self,
        store: &mut impl Store,
        current: JournalId,
        frozen: &[Frozen],
    ) -> Result<(), MirrorError> {
        let mut chain = self.chain.clone();
        for known in &mut chain {
            let now = frozen.iter().find(|freeze| freeze.journal == known.journal);
            known.is_void = now.is_none() && known.journal != current;
            known.frozen = now.map(|freeze| freeze.size);
            known.copy += 1;
        }
        // In the hub's own order, the void ones last.
        let order = |journal: JournalId| frozen.iter().position(|freeze| freeze.journal == journal);
        chain.sort_by_key(|known| (known.is_void, order(known.journal).unwrap_or(usize::MAX)));
        let journal = frozen.first().map_or(current, |freeze| freeze.journal);
        self.cursor = Cursor {
            journal,
            ..Cursor::default()
        };
        // The checkpoint that is kept may be one that the restored hub no longer reaches: it has done its work.
        self.note = None;
        (self.chain, self.gives_back) = (chain, true);
        let mut commit = Commit::new();
        commit.remove_meta(NOTE);
        commit.put_meta(CHAIN, encode(&self.chain));
        commit.put_meta(CURSOR, encode(&self.cursor));
        commit.put_meta(GIVES_BACK, [1]);
        store.commit(commit)?;
        Ok(())
    }

    /// Whether the hub has lost something that this mirror may hold.
    #[must_use]
    pub const fn gives_back(&self) -> bool {
        self.gives_back
    }

    /// The hub wants nothing back any more.
    ///
    /// # Errors
    /// [`MirrorError::Store`].
    pub fn gave_back(&mut self, store: &mut impl Store) -> Result<(), MirrorError> {
        if self.gives_back {
            let mut commit = Commit::new();
            commit.remove_meta(GIVES_BACK);
            store.commit(commit)?;
            self.gives_back = false;
        }
        Ok(())
    }

    /// What a hub origin's key is derived from.
    #[must_use]
    pub fn hub_name(&self, origin: Origin) -> Option<HubOriginName> {
        self.parties.get(&origin).and_then(|party| party.hub)
    }

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

    fn learn(&mut self, record: &JournalRecord) {
        let mut author = |origin: &Origin, key: &[u8; 32], hub| {
            let key = PublicKey(*key);
            self.parties.insert(*origin, Author { key, hub });
        };
        match record {
            JournalRecord::Enrolled { origin, key, .. } => author(origin, key, None),
            JournalRecord::HubOrigin { origin, key, name, .. } => author(origin, key, Some(*name)),
            JournalRecord::Successor { new, key, .. } => author(new, key, None),
            _ => {}
        }
    }

    /// Every copy that was ever begun of every journal, void ones too.
    fn copies(&self) -> Vec<Known> {
        let copies = |known: &Known| {
            (0..=known.copy)
                .map(|copy| Known { copy, ..known.clone() })
                .collect::<Vec<_>>()
        };
        self.chain.iter().flat_map(copies).collect()
    }

    fn known_mut(&mut self, journal: JournalId) -> &mut Known {
        let at = self
            .chain
            .iter()
            .position(|known| known.journal == journal)
            .unwrap_or_else(|| {
                self.chain.push(Known {
                    journal,
                    frozen: None,
                    copy: 0,
                    is_void: false,
                });
                self.chain.len() - 1
            });
        &mut self.chain[at]
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
                return Err(MirrorError::Untrue(
                    "a receipt is not of the entries that were taken before",
                ));
            }
            tail.staged.clear();
        } else {
            tail.staged
                .iter()
                .for_each(|entry| tail.frontier.push(leaf_hash(&entry.bytes)));
            if tail.frontier.size() != open.checkpoint.size || tail.frontier.root() != open.checkpoint.root {
                return Err(MirrorError::Untrue(
                    "its entries do not have the root that their origin signed",
                ));
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
            self.mirror.advance_note(end.note, checkpoint)?;
        }
        let at = self.mirror.cursor;
        if end.next.journal == at.journal && end.next.position < at.position {
            return Err(MirrorError::Untrue("its cursor goes back"));
        }
        if end.next.journal != at.journal && at.journal != JournalId::default() {
            self.mirror.known_mut(at.journal).frozen.get_or_insert(end.size);
        }
        self.taken.at_end = end.next.journal == at.journal && end.next.position >= end.size;
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

impl Mirror {
    /// Keeps a newer checkpoint of the journal; an older one of the same journal changes nothing.
    fn advance_note(&mut self, note: String, checkpoint: Checkpoint) -> Result<(), MirrorError> {
        if let Some((_, kept)) = &self.note
            && kept.name == checkpoint.name
        {
            if checkpoint.size == kept.size && checkpoint.root != kept.root {
                return Err(MirrorError::Untrue("the journal has two roots at one size"));
            }
            if checkpoint.size <= kept.size {
                return Ok(());
            }
        }
        self.note = Some((note, checkpoint));
        Ok(())
    }

    /// As [`Mirror::take_note`], for the journal where the reader stands, or its successor if the note is of that one.
    ///
    /// # Errors
    /// As [`Mirror::take_note`].
    pub fn take_note_of_any(&mut self, store: &mut impl Store, note: &str) -> Result<(), MirrorError> {
        let name = SignedCheckpoint::parse(note).map_err(|_| MirrorError::Untrue("its checkpoint cannot be read"))?;
        let journal = proof::journal_of_log_name(&name.claim().name);
        let journal = journal.ok_or(MirrorError::Untrue("its checkpoint is not of a journal"))?;
        self.take_note(store, journal, note)
    }

    /// The next receipt of a log beyond a size: the size it reaches and the checkpoint its origin signed.
    ///
    /// # Errors
    /// [`MirrorError::Store`].
    pub fn receipt_beyond(
        &self,
        store: &impl LogRead,
        origin: Origin,
        beyond: u64,
    ) -> Result<Option<(u64, String)>, MirrorError> {
        let mut found: Option<(u64, String)> = None;
        for known in self.copies() {
            store.scan(known.scope_log(), Sequence::FIRST, &mut |_, bytes, _| {
                if let Some(Ok(JournalRecord::Receipt {
                    origin: of, size, note, ..
                })) = split(bytes).map(|(_, record)| JournalRecord::decode(record))
                    && of == origin
                    && size > beyond
                    && found.as_ref().is_none_or(|(known, _)| size < *known)
                {
                    found = Some((size, note));
                }
                std::ops::ControlFlow::Continue(())
            })?;
        }
        Ok(found)
    }

    /// Verifies a note that the hub sent outside a page, and keeps it if it is newer.
    ///
    /// # Errors
    /// [`MirrorError::Untrue`] if the hub's key did not sign it, or it contradicts the one kept.
    pub fn take_note(&mut self, store: &mut impl Store, journal: JournalId, note: &str) -> Result<(), MirrorError> {
        let checkpoint = SignedCheckpoint::verify(note, &journal_log_name(journal), &self.hub_key)
            .map_err(|_| MirrorError::Untrue("its checkpoint is not signed by the hub's key"))?;
        self.advance_note(note.to_owned(), checkpoint)?;
        let mut commit = Commit::new();
        if let Some((note, _)) = &self.note {
            commit.put_meta(NOTE, encode(note));
        }
        store.commit(commit)?;
        Ok(())
    }
}

/// A record of a scope log: its position, its bytes.
pub(crate) fn split(entry: &[u8]) -> Option<(Position, &[u8])> {
    let (position, record) = entry.split_first_chunk::<8>()?;
    Some((Position(u64::from_be_bytes(*position)), record))
}

fn get<T: serde::de::DeserializeOwned>(store: &(impl LogRead + ?Sized), key: &[u8]) -> Result<Option<T>, MirrorError> {
    let bytes = store.get_meta(key)?;
    bytes
        .map(|bytes| decode(&bytes).map_err(|e| MirrorError::State(e.to_string())))
        .transpose()
}
