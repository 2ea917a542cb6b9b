//! The ledger: keeps entries, finds their effects, folds the entities that changed.

use std::collections::{BTreeMap, BTreeSet};

use event::{EntityId, EventId, Origin, Position, Sequence, UnitCode};
use serde::Serialize;

use crate::digest::{LiveDigest, View};
use crate::fold::{Entity, Folded, fold_history};
use crate::kept::{Content, Kept, Slot};
use crate::log::Log;
use crate::names::Names;
use crate::request::Request;
use crate::resolve::Filter;
use crate::table::Table;
use crate::touches::EntityKey;
use crate::unsaved::Unsaved;
use crate::{Effect, NoEffect, RULE_VERSION};

/// Who speaks in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Author {
    /// A village's installation.
    Village,
    /// An origin of the township hub.
    Hub,
}

/// The journal record that covers an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Receipt {
    /// Its place in the journal.
    pub position: Position,
    /// When the hub received the push, in milliseconds since 1970-01-01T00:00:00Z.
    pub received_at_ms: u64,
}

/// How far, and by which rules, figures were computed. Digests compare at equal cuts only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cut {
    /// Last journal position that is counted; `None` before the first.
    pub position: Option<Position>,
    /// Version of the rules.
    pub rule_version: u16,
}

/// Every entity's history and rows, in memory. See the crate's own page for what it promises.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub(crate) names: Names,
    pub(crate) arena: Vec<Kept>,
    /// Index = interned entity.
    pub(crate) entities: Vec<Entity>,
    /// The slot whose bytes count for an identity.
    pub(crate) first: Table,
    /// Further entries under an identity.
    pub(crate) copies: BTreeMap<EventId, Vec<Slot>>,
    /// Index = interned origin.
    pub(crate) logs: Vec<Log>,
    pub(crate) units: BTreeMap<UnitCode, BTreeSet<u32>>,
    pub(crate) origins_of: BTreeMap<UnitCode, BTreeSet<u32>>,
    pub(crate) held: BTreeSet<(Origin, Sequence)>,
    pub(crate) sums: BTreeMap<(View, UnitCode), LiveDigest>,
    pub(crate) position: Option<Position>,
    pub(crate) dirty: Vec<u32>,
    /// Requests that are not closed.
    pub(crate) open: BTreeSet<u32>,
    pub(crate) unsaved: Unsaved,
    /// Changes of entries and of their effects, counted.
    pub(crate) moves: u64,
}

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one receipted entry of the log `log`. Repeats do nothing; order does not matter. The rows
    /// follow at the next [`settle`](Self::settle).
    pub fn apply(&mut self, bytes: &[u8], log: Origin, sequence: Sequence, author: Author, receipt: Receipt) {
        let kept = self.names.read(bytes, log, sequence, author, Some(receipt));
        self.keep(kept);
    }

    /// Holds an entry, whether it has arrived or not: it is kept and has no effect until it is released.
    pub fn hold(&mut self, origin: Origin, sequence: Sequence) {
        if self.held.insert((origin, sequence)) {
            self.set_held(origin, sequence, true);
        }
    }

    /// Releases an entry that was held.
    pub fn release(&mut self, origin: Origin, sequence: Sequence) {
        if self.held.remove(&(origin, sequence)) {
            self.set_held(origin, sequence, false);
        }
    }

    fn set_held(&mut self, origin: Origin, sequence: Sequence, held: bool) {
        self.unsaved.hold(origin, sequence);
        if let Some(slot) = self.slot(origin, sequence) {
            self.arena[slot as usize].held = held;
            self.touch(slot);
            self.refold(slot);
        }
    }

    /// Folds every entity whose history changed since the last call, once each, and returns them.
    pub fn settle(&mut self) -> Vec<EntityKey> {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable_by_key(|entity| self.names.entities.get(*entity));
        let (mut history, mut told, mut effects, mut changed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for entity in &dirty {
            let subject = self.names.entities.get(*entity);
            let known = &mut self.entities[*entity as usize];
            history.clear();
            history.extend(known.history.iter().map(|slot| &self.arena[*slot as usize]));
            let folded = fold_history(
                subject,
                &history,
                Filter::default(),
                &self.names,
                &mut effects,
                &mut told,
            );
            for ((slot, kept), effect) in known.history.iter().zip(&history).zip(&effects) {
                if kept.effect != *effect {
                    changed.push((*slot, *effect));
                }
            }
            if folded.is_open_request() {
                self.open.insert(*entity);
            } else {
                self.open.remove(entity);
            }
            known.replace_rows(folded, &mut self.sums);
        }
        for (slot, effect) in changed {
            self.arena[slot as usize].effect = effect;
            self.touch(slot);
        }
        dirty
            .into_iter()
            .map(|entity| self.names.entities.get(entity))
            .collect()
    }

    /// Folds one entity's own history under a filter; pure.
    pub(crate) fn fold_entity(&self, entity: u32, filter: Filter, effects: &mut Vec<Effect>) -> Folded {
        let history = self.history(entity);
        let subject = self.names.entities.get(entity);
        fold_history(subject, &history, filter, &self.names, effects, &mut Vec::new())
    }

    /// An entity's entries, in story order.
    pub(crate) fn history(&self, entity: u32) -> Vec<&Kept> {
        let slots: &[Slot] = self.entities.get(entity as usize).map_or(&[], |known| &known.history);
        slots.iter().map(|slot| &self.arena[*slot as usize]).collect()
    }

    /// Whether rows, digests and effects show everything that was applied.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.dirty.is_empty()
    }

    /// Says how far the journal is counted. A cut never goes back.
    pub fn advance(&mut self, position: Position) {
        self.position = self.position.max(Some(position));
    }

    /// The cut of every figure that this ledger gives.
    #[must_use]
    pub const fn cut(&self) -> Cut {
        Cut {
            position: self.position,
            rule_version: RULE_VERSION,
        }
    }

    pub(crate) fn slot(&self, origin: Origin, sequence: Sequence) -> Option<Slot> {
        let log = self.names.origins.find(origin)?;
        self.logs.get(log as usize)?.get(sequence)
    }

    /// What the fact with this identity came to, as of the last settling.
    #[must_use]
    pub fn effect_of(&self, id: EventId) -> Option<Effect> {
        self.first_of(id).map(|slot| self.effect_of_slot(slot))
    }

    /// Where the fact with this identity stands: the log and the place in it of its first receipt.
    #[must_use]
    pub fn place_of(&self, id: EventId) -> Option<(Origin, Sequence)> {
        let kept = &self.arena[self.first_of(id)? as usize];
        Some((self.names.origins.get(kept.origin), kept.sequence))
    }

    /// What this entry came to, as of the last settling; a repeat of a fact differs here from the fact itself.
    #[must_use]
    pub fn effect_at(&self, origin: Origin, sequence: Sequence) -> Option<Effect> {
        self.slot(origin, sequence).map(|slot| self.effect_of_slot(slot))
    }

    /// The journal record that covers this entry; `None` where it has not been applied.
    #[must_use]
    pub fn receipt_at(&self, origin: Origin, sequence: Sequence) -> Option<Receipt> {
        let kept = &self.arena[self.slot(origin, sequence)? as usize];
        Some(self.names.receipt(kept.receipt))
    }

    pub(crate) fn effect_of_slot(&self, slot: Slot) -> Effect {
        let kept = &self.arena[slot as usize];
        let first = if self.copies.contains_key(&kept.id) {
            self.first_of(kept.id)
        } else {
            None
        };
        match first {
            Some(first) if first != slot && kept.content != Content::Unreadable => {
                let same = self.arena[first as usize].print == kept.print;
                Effect::NoEffect(if same {
                    NoEffect::Duplicate
                } else {
                    NoEffect::OtherContent
                })
            }
            _ if kept.held => Effect::Held,
            _ if kept.misplaced => Effect::NotUnderstood,
            _ => kept.effect,
        }
    }

    /// How many entries are kept, copies and unreadable ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.arena.len()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.arena.is_empty()
    }

    pub(crate) fn request(&self, request: EntityId) -> Option<&Request> {
        match self.folded(EntityKey::request(request))? {
            Folded::Request(row) => row.as_deref(),
            _ => None,
        }
    }

    pub(crate) fn folded(&self, key: EntityKey) -> Option<&Folded> {
        let entity = self.names.entities.find(key)?;
        self.entities.get(entity as usize).map(|known| &known.folded)
    }
}

/// Order of first receipt: the smallest is the fact.
pub(crate) fn rank_of(names: &Names, kept: &Kept) -> (u64, Origin, u64) {
    let position = names.receipt(kept.receipt).position.0;
    (position, names.origins.get(kept.origin), kept.sequence.get())
}
