//! The hub without sockets and clock: its store, its journal, its keys.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use event::{ClockReading, JournalId, Mint, MintState, Position, Sequence, UnitCode};
use event_log::{Commit, Damage, LogEntry, LogId, LogRead, Problem, Store, StoreError};
use proof::{Checkpoint, Frontier, OriginKey, journal_log_name, leaf_hash};
use serde_bytes::ByteArray;
use sync::clock::HubClock;
use sync::record::{JournalRecord, Previous};

use crate::cosigned::Statements;
use crate::edge::Edge;
use crate::registry::Registry;
use crate::{Refusal, meta};

/// The hub. One writer owns it; readers go through [`Hub::desk`].
pub struct Hub<S> {
    pub(crate) store: S,
    pub(crate) keys: Keys,
    pub(crate) clock: HubClock,
    pub(crate) mint: Mint,
    pub(crate) registry: Arc<RwLock<Registry>>,
    pub(crate) votes: crate::hello::ClockVotes,
    /// This start of the hub: its own origins belong to it.
    pub(crate) generation: u64,
    pub(crate) edge: Edge,
    pub(crate) statements: Arc<RwLock<Statements>>,
    /// Statements that the next commit of the journal takes along.
    pub(crate) heard: BTreeMap<String, crate::cosigned::Statement>,
}

/// The hub's keys, all derived from one sealed seed.
#[derive(Clone)]
pub struct Keys {
    seed: [u8; 32],
    journal: OriginKey,
}

impl Keys {
    /// The keys that follow from a seed of 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self {
            journal: OriginKey::derive(&seed, "journal"),
            seed,
        }
    }

    /// The key that signs the journal's checkpoints and enrolments.
    #[must_use]
    pub const fn journal(&self) -> &OriginKey {
        &self.journal
    }

    pub(crate) fn derive(&self, label: &str) -> OriginKey {
        OriginKey::derive(&self.seed, label)
    }
}

/// Records that one commit adds to the journal.
pub(crate) struct JournalTail {
    pub(crate) journal: JournalId,
    first: u64,
    frontier: Frontier,
    records: Vec<(JournalRecord, Vec<u8>)>,
}

impl JournalTail {
    pub(crate) fn add(&mut self, record: JournalRecord) -> Result<Position, Refusal> {
        let bytes = record.encode()?;
        let position = Position(self.frontier.size());
        self.frontier.push(leaf_hash(&bytes));
        self.records.push((record, bytes));
        Ok(position)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub(crate) fn note(&self, keys: &Keys) -> String {
        let name = journal_log_name(self.journal);
        Checkpoint {
            name,
            size: self.frontier.size(),
            root: self.frontier.root(),
        }
        .sign(keys.journal())
    }

    pub(crate) fn bytes(&self, position: Position) -> Option<&[u8]> {
        let at = usize::try_from(position.0.checked_sub(self.first)?).ok()?;
        self.records.get(at).map(|(_, bytes)| &bytes[..])
    }
}

impl<S: Store> Hub<S> {
    /// Opens the first journal in an empty store.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] if the store has a journal already; [`Refusal::Store`].
    pub fn init(
        store: S,
        keys: Keys,
        unit: UnitCode,
        name: &str,
        journal: JournalId,
        now: &ClockReading,
    ) -> Result<Self, Refusal> {
        if store.get_meta(meta::JOURNAL)?.is_some() {
            return Err(Refusal::Forbidden("this folder holds a hub already"));
        }
        let mut hub = Self {
            store,
            keys,
            clock: HubClock::start(0, now),
            mint: Mint::resume(MintState::default()),
            registry: Arc::default(),
            votes: crate::hello::ClockVotes::default(),
            generation: u64::from_be_bytes(now.boot.0),
            edge: Edge::default(),
            statements: Arc::default(),
            heard: BTreeMap::new(),
        };
        hub.open_journal(journal, unit, name, None, now)?;
        Ok(hub)
    }

    /// Opens the hub that a store holds. The logs that the hub itself signs are read whole and their
    /// roots compared: no checkpoint is ever signed over frames that were not checked.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for a store without a hub; [`Refusal::Store`].
    pub fn open(store: S, keys: Keys, now: &ClockReading) -> Result<Self, Refusal> {
        let current = store
            .get_meta(meta::JOURNAL)?
            .ok_or(Refusal::NotFound("no hub: run `minqing hub init` first"))?;
        let current = JournalId::from_slice(&current).map_err(|e| Refusal::Malformed(e.to_string()))?;
        let mut registry = Registry::default();
        for journal in Self::chain(&store, current)? {
            check(&store, journal.into(), &mut |sequence, bytes| {
                if let Ok(record) = JournalRecord::decode(bytes) {
                    registry.apply(journal, Position(sequence.leaf_index()), &record);
                }
            })?;
        }
        let own = registry.parties().filter(|(_, party)| party.audience.is_some());
        for (origin, _) in own {
            check(&store, origin.into(), &mut |_, _| ())?;
        }
        let state = store
            .get_meta(meta::MINT)?
            .and_then(|bytes| rmp_serde::from_slice(&bytes).ok())
            .unwrap_or_default();
        let clock = HubClock::start(registry.last_ms, now);
        let edge = Edge::read(&store, current, store.head(current.into()).size)?;
        let statements = Statements::read(&store)?;
        let votes = crate::hello::ClockVotes::default();
        Ok(Self {
            store,
            keys,
            clock,
            mint: Mint::resume(state),
            registry: Arc::new(RwLock::new(registry)),
            votes,
            generation: u64::from_be_bytes(now.boot.0),
            edge,
            statements: Arc::new(RwLock::new(statements)),
            heard: BTreeMap::new(),
        })
    }

    /// The journals, oldest first, that lead to `current`.
    fn chain(store: &S, current: JournalId) -> Result<Vec<JournalId>, Refusal> {
        let mut chain = vec![current];
        let mut at = current;
        loop {
            let first = store.read(at.into(), Sequence::FIRST, 1, usize::MAX)?;
            let Some(Ok(JournalRecord::Opened {
                previous: Some(previous),
                ..
            })) = first.first().map(|entry| JournalRecord::decode(&entry.bytes))
            else {
                break;
            };
            at = previous.journal;
            chain.push(at);
        }
        chain.reverse();
        Ok(chain)
    }

    /// Begins a journal: the first one, or the one after a restore.
    pub(crate) fn open_journal(
        &mut self,
        journal: JournalId,
        unit: UnitCode,
        name: &str,
        previous: Option<Previous>,
        now: &ClockReading,
    ) -> Result<(), Refusal> {
        let key = ByteArray::new(self.keys.journal().public().0);
        let at_ms = self.clock.next(now);
        let mut tail = JournalTail {
            journal,
            first: 0,
            frontier: Frontier::new(),
            records: Vec::new(),
        };
        tail.add(JournalRecord::Opened {
            journal,
            key,
            unit,
            name: name.to_owned(),
            previous,
            at_ms,
        })?;
        let mut commit = Commit::new();
        commit.put_meta(meta::JOURNAL, journal.to_bytes());
        self.commit_journal(commit, tail).map(drop)
    }

    /// An empty tail of the current journal.
    pub(crate) fn tail(&self) -> JournalTail {
        let journal = self.registry().journal;
        let frontier = self.store.head(journal.into()).frontier;
        JournalTail {
            journal,
            first: frontier.size(),
            frontier,
            records: Vec::new(),
        }
    }

    /// Commits the tail with whatever else the commit holds, and only then believes it. Returns the
    /// journal's signed checkpoint, which was stored in that very commit.
    pub(crate) fn commit_journal(&mut self, mut commit: Commit, tail: JournalTail) -> Result<String, Refusal> {
        let note = tail.note(&self.keys);
        let entries = tail
            .records
            .iter()
            .map(|(_, bytes)| LogEntry::bare(bytes.clone()))
            .collect();
        commit.append(tail.journal, Sequence::after_size(tail.first), entries);
        commit.put_meta(meta::NOTE, note.as_bytes());
        self.put_statements(&mut commit);
        self.store.commit(commit)?;
        self.heard.clear();
        for (_, bytes) in &tail.records {
            self.edge.push(tail.journal, leaf_hash(bytes));
        }
        let mut registry = self.registry.write().unwrap_or_else(PoisonError::into_inner);
        for (at, (record, _)) in (tail.first..).zip(&tail.records) {
            registry.apply(tail.journal, Position(at), record);
        }
        Ok(note)
    }

    /// What the journal has said.
    pub fn registry(&self) -> RwLockReadGuard<'_, Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store, for reading.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Gives the store back, to be closed.
    pub fn into_store(self) -> S {
        self.store
    }

    /// The journal's newest signed checkpoint.
    ///
    /// # Errors
    /// [`Refusal::Store`].
    pub fn note(&self) -> Result<String, Refusal> {
        stored_note(&self.store)
    }

    /// Whether the machine's clock is usable, and what the operator may have to confirm.
    pub const fn clock(&self) -> &HubClock {
        &self.clock
    }

    /// After the store was opened again within one boot: the clock, and who vouched for it, go on.
    pub fn resume_clock(&mut self, before: HubClock) {
        if before.last_ms() >= self.clock.last_ms() {
            self.clock = before;
        }
    }

    /// The operator confirms that the wall clock is right.
    pub const fn confirm_clock(&mut self, now: &ClockReading) {
        self.clock.confirm(now);
    }

    /// What readers on other threads share.
    pub fn desk(&self) -> crate::Desk {
        crate::Desk {
            log: self.store.reader(),
            registry: Arc::clone(&self.registry),
            statements: Arc::clone(&self.statements),
            hub_key: self.keys.journal().public(),
        }
    }
}

/// Reads a whole log and compares its root with the one that was kept.
fn check(store: &impl LogRead, log: LogId, visit: &mut dyn FnMut(Sequence, &[u8])) -> Result<(), Refusal> {
    let mut frontier = Frontier::new();
    store.scan(log, Sequence::FIRST, &mut |sequence, bytes, _| {
        frontier.push(leaf_hash(bytes));
        visit(sequence, bytes);
        std::ops::ControlFlow::Continue(())
    })?;
    let kept = store.head(log).frontier;
    if frontier == kept {
        return Ok(());
    }
    let problem = Problem {
        log: Some(log),
        range: Some((1, kept.size())),
        what: "the root over the entries is not the one that was kept".to_owned(),
    };
    Err(StoreError::Damaged(Damage {
        problems: vec![problem],
    })
    .into())
}

/// The checkpoint of the last journal commit.
pub(crate) fn stored_note(store: &(impl LogRead + ?Sized)) -> Result<String, Refusal> {
    let note = store
        .get_meta(meta::NOTE)?
        .ok_or(Refusal::NotFound("no journal checkpoint"))?;
    String::from_utf8(note).map_err(|e| Refusal::Malformed(e.to_string()))
}
