//! A reader's copy of the hub's journal, as far as its scope goes: verified page by page and kept.
//!
//! The records of the scope stand in a log of their own, each behind its position; the entries that
//! a receipt covers stand in the log of their origin, accepted only when their root is the one the
//! origin signed. One commit takes in one page, with its cursor.

mod chain;
mod page;
mod parted;

use std::collections::BTreeMap;

use event::{JournalId, Origin, Sequence, UnitCode};
use event_log::{Commit, LogId, LogRead, Store, StoreError};
use proof::{Checkpoint, Hash, PublicKey, SignedCheckpoint, check_consistency, journal_log_name};
use serde::de::DeserializeOwned;
use sync::HashBytes;
use sync::frame::FrameError;
use sync::message::{Cursor, Frozen, decode, encode};
use sync::record::{HubOriginName, JournalRecord};

use chain::Known;
pub use chain::split;
pub use page::Taken;
pub use parted::{Parted, Parting};

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
    /// Two checkpoints that the hub signed do not follow on one another.
    #[error("{0}")]
    Parted(Box<Parted>),
    /// Of this log the hub, restored from a backup, has receipted another continuation than it had before:
    /// see [`Mirror::begin_anew`].
    #[error("the log of {0} goes on otherwise than before the hub was restored")]
    Forked(Origin),
    /// The mirror was begun with other villages.
    #[error("this mirror was begun with other villages; mirror these into an empty folder")]
    Begun,
    /// The journal has ended since the last hello: the hub was restored meanwhile. Say hello.
    #[error("the journal has ended since the last hello")]
    Turned,
    /// What was kept cannot be read.
    #[error("the mirror's own state cannot be read: {0}")]
    State(String),
}

const CURSOR: &[u8] = b"mirror/cursor";
const NOTE: &[u8] = b"mirror/note";
const CHAIN: &[u8] = b"mirror/chain";
const ALIAS: &[u8] = b"mirror/alias/";
const GIVES_BACK: &[u8] = b"mirror/gives-back";
const FROZEN_SEEN: &[u8] = b"mirror/frozen";
const UNITS: &[u8] = b"mirror/units";

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
    /// Villages whose entries are kept; empty: every one.
    units: Vec<UnitCode>,
    /// Journals that the hub had frozen when it was last asked.
    frozen_seen: Vec<Frozen>,
    /// Whether this reader says hello, so that an ended journal is no surprise to it.
    asks_first: bool,
}

/// Whom an origin's key belongs to.
#[derive(Clone, Copy, Debug)]
struct Author {
    key: PublicKey,
    /// Whose log it is; absent for what the township writes for more than one village.
    unit: Option<UnitCode>,
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
            units: get(store, UNITS)?.unwrap_or_default(),
            frozen_seen: get(store, FROZEN_SEEN)?.unwrap_or_default(),
            asks_first: false,
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

    /// The mirror of a reader that says hello: it turns to a next journal only when a hello has told of it.
    #[must_use]
    pub const fn asking_first(mut self) -> Self {
        self.asks_first = true;
        self
    }

    /// Limits an empty mirror to some villages and what the township writes for all: it keeps every record of the
    /// journal, and the entries of these alone.
    ///
    /// # Errors
    /// [`MirrorError::Begun`] if the mirror has begun with others.
    pub fn limit(&mut self, store: &mut impl Store, units: &[UnitCode]) -> Result<(), MirrorError> {
        let mut units = units.to_vec();
        units.sort_unstable();
        units.dedup();
        if units == self.units {
            return Ok(());
        }
        if self.cursor != Cursor::default() {
            return Err(MirrorError::Begun);
        }
        let mut commit = Commit::new();
        commit.put_meta(UNITS, encode(&units));
        store.commit(commit)?;
        self.units = units;
        Ok(())
    }

    /// Villages that the mirror is limited to, in order; empty if it keeps everything.
    #[must_use]
    pub fn units(&self) -> &[UnitCode] {
        &self.units
    }

    /// Whether the mirror keeps the entries of an origin.
    #[must_use]
    pub fn holds(&self, origin: Origin) -> bool {
        let unit = self.parties.get(&origin).and_then(|party| party.unit);
        self.units.is_empty() || unit.is_none_or(|unit| self.units.contains(&unit))
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

    /// The key of an origin that the mirror has heard of.
    #[must_use]
    pub fn key_of(&self, origin: Origin) -> Option<PublicKey> {
        self.parties.get(&origin).map(|party| party.key)
    }

    /// What a hub origin's key is derived from.
    #[must_use]
    pub fn hub_name(&self, origin: Origin) -> Option<HubOriginName> {
        self.parties.get(&origin).and_then(|party| party.hub)
    }

    fn learn(&mut self, record: &JournalRecord) {
        // Whose log it is, is said once: a later record moves no log out of a mirror's scope.
        let mut author = |origin: &Origin, key: &[u8; 32], unit, hub| {
            let key = PublicKey(*key);
            self.parties.entry(*origin).or_insert(Author { key, unit, hub });
        };
        match record {
            JournalRecord::Enrolled { origin, key, unit, .. } => author(origin, key, Some(*unit), None),
            JournalRecord::HubOrigin { origin, key, name, .. } => {
                let unit = name.audience.unit();
                author(origin, key, unit, Some(*name));
            }
            JournalRecord::Successor { new, key, unit, .. } => author(new, key, Some(*unit), None),
            _ => {}
        }
    }

    /// Keeps a newer checkpoint of the journal that is proved to go on from the one that is kept; an older one of
    /// the same journal changes nothing.
    fn advance_note(
        &mut self,
        note: String,
        checkpoint: Checkpoint,
        consistency: &[HashBytes],
    ) -> Result<(), MirrorError> {
        if let Some((known, kept)) = &self.note
            && kept.name == checkpoint.name
        {
            let parted = |why| MirrorError::Parted(Box::new(Parted::new(known, &note, why)));
            if checkpoint.size == kept.size && checkpoint.root != kept.root {
                return Err(parted(Parting::TwoRoots));
            }
            if checkpoint.size <= kept.size {
                return Ok(());
            }
            let proof: Vec<Hash> = consistency.iter().map(|hash| **hash).collect();
            check_consistency(kept.size, checkpoint.size, &kept.root, &checkpoint.root, &proof)
                .map_err(|_| parted(Parting::Unproven))?;
        }
        self.note = Some((note, checkpoint));
        Ok(())
    }

    /// Size of the checkpoint that is kept, for the hub to prove that its journal goes on from there; 0 if none is.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.note.as_ref().map_or(0, |(_, kept)| kept.size)
    }

    /// Verifies a note that the hub sent outside a page, of the journal that it names, and believes it if it is
    /// newer. [`Mirror::put_note`] keeps it.
    ///
    /// # Errors
    /// [`MirrorError::Untrue`] if the hub's key did not sign it; [`MirrorError::Parted`] if it does not go on from
    /// the one known.
    pub fn hear_note(&mut self, note: &str, consistency: &[HashBytes]) -> Result<(), MirrorError> {
        let claim = SignedCheckpoint::parse(note).map_err(|_| MirrorError::Untrue("its checkpoint cannot be read"))?;
        let journal = proof::journal_of_log_name(&claim.claim().name);
        let journal = journal.ok_or(MirrorError::Untrue("its checkpoint is not of a journal"))?;
        self.hear(journal, note, consistency)
    }

    fn hear(&mut self, journal: JournalId, note: &str, consistency: &[HashBytes]) -> Result<(), MirrorError> {
        let checkpoint = SignedCheckpoint::verify(note, &journal_log_name(journal), &self.hub_key)
            .map_err(|_| MirrorError::Untrue("its checkpoint is not signed by the hub's key"))?;
        self.advance_note(note.to_owned(), checkpoint, consistency)
    }

    /// Adds the newest checkpoint to a commit.
    pub fn put_note(&self, commit: &mut Commit) {
        if let Some((note, _)) = &self.note {
            commit.put_meta(NOTE, encode(note));
        }
    }

    /// Verifies a note that the hub sent outside a page, and keeps it if it is newer.
    ///
    /// # Errors
    /// As [`Mirror::hear_note`]; [`MirrorError::Parted`] also for a smaller tree than the one that is kept: whoever
    /// answers with its newest checkpoint has no reason to show one.
    pub fn take_note(
        &mut self,
        store: &mut impl Store,
        journal: JournalId,
        note: &str,
        consistency: &[HashBytes],
    ) -> Result<(), MirrorError> {
        let before = self.note.clone();
        self.hear(journal, note, consistency)?;
        if let Some((known, kept)) = before
            && let Ok(shown) = SignedCheckpoint::parse(note)
            && shown.claim().name == kept.name
            && shown.claim().size < kept.size
        {
            return Err(MirrorError::Parted(Box::new(Parted::new(
                &known,
                note,
                Parting::Shrunk,
            ))));
        }
        let mut commit = Commit::new();
        self.put_note(&mut commit);
        store.commit(commit)?;
        Ok(())
    }
}

fn get<T: DeserializeOwned>(store: &(impl LogRead + ?Sized), key: &[u8]) -> Result<Option<T>, MirrorError> {
    let bytes = store.get_meta(key)?;
    bytes
        .map(|bytes| decode(&bytes).map_err(|e| MirrorError::State(e.to_string())))
        .transpose()
}
