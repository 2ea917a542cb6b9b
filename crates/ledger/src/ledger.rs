//! The ledger: keeps entries, finds their effects, folds the entities that changed.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use event::{EntityId, EventId, Origin, Position, Sequence, UnitCode};
use serde::Serialize;

use crate::digest::{LiveDigest, View};
use crate::fold::{Entity, Folded, fold_history};
use crate::kept::{Content, Kept, Names, Slot};
use crate::log::Log;
use crate::request::Request;
use crate::resolve::Filter;
use crate::touches::EntityKey;
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
    /// The slot whose bytes count for an identity. Only looked up, never walked.
    pub(crate) first: HashMap<EventId, Slot>,
    /// Further entries under an identity.
    pub(crate) copies: BTreeMap<EventId, Vec<Slot>>,
    /// Index = interned origin.
    pub(crate) logs: Vec<Log>,
    pub(crate) units: BTreeMap<UnitCode, BTreeSet<u32>>,
    pub(crate) origins_of: BTreeMap<UnitCode, BTreeSet<u32>>,
    pub(crate) held: BTreeSet<(Origin, Sequence)>,
    pub(crate) sums: BTreeMap<(View, UnitCode), LiveDigest>,
    pub(crate) position: Option<Position>,
    dirty: Vec<u32>,
    pub(crate) unsaved: Vec<Slot>,
    pub(crate) unsaved_holds: BTreeSet<(Origin, Sequence)>,
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

    /// Keeps an entry that was read. One (origin, sequence) has one entry: the one that was received first.
    pub(crate) fn keep(&mut self, mut kept: Kept) {
        let origin = self.names.origins.get(kept.origin);
        kept.held = self.held.contains(&(origin, kept.sequence));
        let log = kept.origin as usize;
        if self.logs.len() <= log {
            self.logs.resize_with(log + 1, Log::default);
        }
        let slot = match self.logs[log].get(kept.sequence) {
            Some(slot) => {
                let before = &self.arena[slot as usize];
                if (before.position, before.print) <= (kept.position, kept.print) {
                    return;
                }
                self.withdraw(slot);
                kept.is_unsaved = self.arena[slot as usize].is_unsaved;
                self.arena[slot as usize] = kept;
                slot
            }
            None => {
                let slot = Slot::try_from(self.arena.len()).unwrap_or(Slot::MAX);
                self.logs[log].insert(kept.sequence, slot);
                self.arena.push(kept);
                slot
            }
        };
        if !std::mem::replace(&mut self.arena[slot as usize].is_unsaved, true) {
            self.unsaved.push(slot);
        }
        self.enlist(slot);
        self.check_place(slot);
        let after = self.arena[slot as usize].sequence.plus(1);
        if let Some(next) = self.logs[log].get(after) {
            self.check_place(next);
        }
    }

    /// Notes whether an entry's ULID increases over the one before it; whichever of the two arrives later, the answer
    /// is the same.
    fn check_place(&mut self, slot: Slot) {
        let kept = &self.arena[slot as usize];
        let before = Sequence::new(kept.sequence.leaf_index()).ok();
        let before = before.and_then(|before| self.logs[kept.origin as usize].get(before));
        let misplaced = before.is_some_and(|before| kept.does_not_increase(&self.arena[before as usize]));
        if kept.misplaced != misplaced {
            self.arena[slot as usize].misplaced = misplaced;
            self.refold(slot);
        }
    }

    /// Marks the entity in whose history this entry stands, if it stands in one.
    fn refold(&mut self, slot: Slot) {
        let kept = &self.arena[slot as usize];
        let entity = kept.entity;
        if self.first.get(&kept.id) == Some(&slot) && (entity as usize) < self.entities.len() {
            self.mark(entity);
        }
    }

    /// Gives an entry its place: in the history of its entity, or among the copies of its identity.
    fn enlist(&mut self, slot: Slot) {
        let kept = &self.arena[slot as usize];
        if kept.content == Content::Unreadable {
            return;
        }
        let (id, unit, origin) = (kept.id, kept.unit, kept.origin);
        let log = &mut self.logs[origin as usize];
        if log.last_unit != Some(unit) {
            log.last_unit = Some(unit);
            self.origins_of.entry(unit).or_default().insert(origin);
        }
        let mine = self.rank(slot);
        match self.first.entry(id) {
            Entry::Vacant(none) => {
                none.insert(slot);
            }
            Entry::Occupied(mut known) => {
                let first = *known.get();
                if rank_of(&self.names, &self.arena[first as usize]) <= mine {
                    self.copies.entry(id).or_default().push(slot);
                    return;
                }
                known.insert(slot);
                self.leave_history(first);
                self.copies.entry(id).or_default().push(first);
            }
        }
        self.enter_history(slot);
    }

    /// Order of first receipt.
    fn rank(&self, slot: Slot) -> (u64, Origin, u64) {
        rank_of(&self.names, &self.arena[slot as usize])
    }

    /// Takes an entry out of its place, before another one takes its slot.
    fn withdraw(&mut self, slot: Slot) {
        let kept = &self.arena[slot as usize];
        if kept.content == Content::Unreadable {
            return;
        }
        let id = kept.id;
        let mut others = self.copies.remove(&id).unwrap_or_default();
        if self.first.get(&id) == Some(&slot) {
            self.leave_history(slot);
            self.first.remove(&id);
            if let Some(next) = others.iter().copied().min_by_key(|other| self.rank(*other)) {
                others.retain(|other| *other != next);
                self.first.insert(id, next);
                self.enter_history(next);
            }
        } else {
            others.retain(|other| *other != slot);
        }
        if !others.is_empty() {
            self.copies.insert(id, others);
        }
    }

    fn enter_history(&mut self, slot: Slot) {
        let kept = &self.arena[slot as usize];
        if matches!(kept.content, Content::Unknown(_)) {
            return;
        }
        let (entity, unit, story) = (kept.entity, kept.unit, kept.story());
        while self.entities.len() < self.names.entities.len() {
            self.entities.push(Entity::default());
        }
        let arena = &self.arena;
        let known = &mut self.entities[entity as usize];
        if known.last_unit != Some(unit) {
            known.last_unit = Some(unit);
            self.units.entry(unit).or_default().insert(entity);
        }
        let history = &mut known.history;
        let is_last = history.last().is_none_or(|last| arena[*last as usize].story() < story);
        if is_last {
            history.push(slot);
        } else {
            let at = history.partition_point(|other| arena[*other as usize].story() < story);
            history.insert(at, slot);
        }
        self.mark(entity);
    }

    fn leave_history(&mut self, slot: Slot) {
        let entity = self.arena[slot as usize].entity;
        if let Some(known) = self.entities.get_mut(entity as usize) {
            known.history.retain(|other| *other != slot);
            self.mark(entity);
        }
    }

    fn mark(&mut self, entity: u32) {
        let known = &mut self.entities[entity as usize];
        if !known.is_dirty {
            known.is_dirty = true;
            self.dirty.push(entity);
        }
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
        self.unsaved_holds.insert((origin, sequence));
        if let Some(slot) = self.slot(origin, sequence) {
            self.arena[slot as usize].held = held;
            self.refold(slot);
        }
    }

    /// Folds every entity whose history changed since the last call, once each, and returns them.
    pub fn settle(&mut self) -> Vec<EntityKey> {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable_by_key(|entity| self.names.entities.get(*entity));
        let mut effects = Vec::new();
        for entity in &dirty {
            let folded = self.fold_entity(*entity, Filter::default(), &mut effects);
            for (slot, effect) in self.entities[*entity as usize].history.iter().zip(&effects) {
                self.arena[*slot as usize].effect = *effect;
            }
            self.replace_rows(*entity, folded);
        }
        dirty
            .into_iter()
            .map(|entity| self.names.entities.get(entity))
            .collect()
    }

    /// Folds one entity's own history under a filter; pure.
    pub(crate) fn fold_entity(&self, entity: u32, filter: Filter, effects: &mut Vec<Effect>) -> Folded {
        let history = self.history(entity);
        fold_history(self.names.entities.get(entity), &history, filter, &self.names, effects)
    }

    /// An entity's entries, in story order.
    pub(crate) fn history(&self, entity: u32) -> Vec<&Kept> {
        let slots: &[Slot] = self.entities.get(entity as usize).map_or(&[], |known| &known.history);
        slots.iter().map(|slot| &self.arena[*slot as usize]).collect()
    }

    /// Puts an entity's rows in place of the old ones, and moves the sums by the difference.
    fn replace_rows(&mut self, entity: u32, folded: Folded) {
        let known = &mut self.entities[entity as usize];
        known.is_dirty = false;
        if known.folded == folded {
            return;
        }
        for (view, unit, hash) in known.hashes.drain(..) {
            self.sums.entry((view, unit)).or_default().subtract(hash);
        }
        for (view, unit, row) in folded.rows() {
            let hash = LiveDigest::of_row(&row);
            self.sums.entry((view, unit)).or_default().add(hash);
            known.hashes.push((view, unit, hash));
        }
        known.hashes.shrink_to_fit();
        known.folded = folded;
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
        self.first.get(&id).map(|slot| self.effect_of_slot(*slot))
    }

    /// What this entry came to, as of the last settling; a repeat of a fact differs here from the fact itself.
    #[must_use]
    pub fn effect_at(&self, origin: Origin, sequence: Sequence) -> Option<Effect> {
        self.slot(origin, sequence).map(|slot| self.effect_of_slot(slot))
    }

    pub(crate) fn effect_of_slot(&self, slot: Slot) -> Effect {
        let kept = &self.arena[slot as usize];
        match self.first.get(&kept.id) {
            Some(first) if *first != slot && kept.content != Content::Unreadable => {
                let same = self.arena[*first as usize].print == kept.print;
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
    let (position, sequence) = kept.rank();
    (position, names.origins.get(kept.origin), sequence)
}
