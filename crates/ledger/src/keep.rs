//! Keeping an entry: its place in its log, in the history of its entity, or among the copies of its identity.

use event::{EventId, Origin, Sequence};

use crate::Ledger;
use crate::fold::Entity;
use crate::kept::{Content, Kept, Slot};
use crate::ledger::rank_of;
use crate::log::Log;

impl Ledger {
    /// Keeps an entry that was read. One (origin, sequence) has one entry: the one that was received first.
    pub(crate) fn keep(&mut self, mut kept: Kept) {
        if !self.held.is_empty() {
            let origin = self.names.origins.get(kept.origin);
            kept.held = self.held.contains(&(origin, kept.sequence));
        }
        let log = kept.origin as usize;
        if self.logs.len() <= log {
            self.logs.resize_with(log + 1, Log::default);
        }
        let slot = match self.logs[log].get(kept.sequence) {
            Some(slot) => {
                let rank = |kept: &Kept| (self.names.receipt(kept.receipt).position, kept.print);
                if rank(&self.arena[slot as usize]) <= rank(&kept) {
                    return;
                }
                self.withdraw(slot);
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
        let kept = &self.arena[slot as usize];
        self.unsaved.note(kept.origin, kept.sequence);
        let after = kept.sequence.plus(1);
        self.touch(slot);
        self.enlist(slot);
        self.check_place(slot);
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
            self.touch(slot);
            self.refold(slot);
        }
    }

    /// Marks the entity in whose history this entry stands, if it stands in one.
    pub(crate) fn refold(&mut self, slot: Slot) {
        let kept = &self.arena[slot as usize];
        let entity = kept.entity;
        if self.first_of(kept.id) == Some(slot) && (entity as usize) < self.entities.len() {
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
        if let Some(first) = self.first_of(id) {
            if self.rank(first) <= self.rank(slot) {
                self.copies.entry(id).or_default().push(slot);
                return;
            }
            self.forget_first(first);
            self.leave_history(first);
            self.copies.entry(id).or_default().push(first);
            self.touch(first);
        }
        self.set_first(slot);
        self.enter_history(slot);
    }

    /// The slot whose bytes count for an identity.
    pub(crate) fn first_of(&self, id: EventId) -> Option<Slot> {
        let is_it = |slot: Slot| self.arena[slot as usize].id == id;
        self.first.find(id.to_bytes(), is_it)
    }

    fn set_first(&mut self, slot: Slot) {
        let id_of = |slot: Slot| self.arena[slot as usize].id.to_bytes();
        self.first.insert(slot, id_of(slot), id_of);
    }

    fn forget_first(&mut self, slot: Slot) {
        let id_of = |slot: Slot| self.arena[slot as usize].id.to_bytes();
        self.first.remove(slot, id_of);
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
        if self.first_of(id) == Some(slot) {
            self.leave_history(slot);
            self.forget_first(slot);
            if let Some(next) = others.iter().copied().min_by_key(|other| self.rank(*other)) {
                others.retain(|other| *other != next);
                self.set_first(next);
                self.enter_history(next);
                self.touch(next);
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
}
