//! The slots of one origin's log, by sequence.

use std::collections::BTreeMap;

use event::Sequence;

use crate::kept::Slot;

/// Logs are gapless, so a plain list serves; what arrives far ahead of the rest waits in a map, so that a senseless
/// sequence costs no memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    /// Index = sequence − 1; [`NONE`] where an entry is missing.
    near: Vec<Slot>,
    /// All beyond `near`.
    far: BTreeMap<Sequence, Slot>,
    entries: u64,
    /// The unit of the last entry, so that the usual case is not looked up again.
    pub(crate) last_unit: Option<event::UnitCode>,
    /// Which of the ledger's moves was the last one that concerned it.
    pub(crate) moved: u64,
}

const NONE: Slot = Slot::MAX;
/// How far ahead an entry may be to be put into the list, in entries.
const AHEAD_MAX: u64 = 4_096;

impl Log {
    pub(crate) fn get(&self, sequence: Sequence) -> Option<Slot> {
        let near = usize::try_from(sequence.leaf_index())
            .ok()
            .and_then(|at| self.near.get(at));
        match near {
            Some(slot) => Some(*slot).filter(|slot| *slot != NONE),
            None => self.far.get(&sequence).copied(),
        }
    }

    /// Puts a new entry in; there must be none yet.
    pub(crate) fn insert(&mut self, sequence: Sequence, slot: Slot) {
        self.entries += 1;
        if !self.put_near(sequence, slot) {
            self.far.insert(sequence, slot);
            return;
        }
        while let Some(next) = self.far.first_entry() {
            let (sequence, slot) = (*next.key(), *next.get());
            if !self.put_near(sequence, slot) {
                break;
            }
            self.far.pop_first();
        }
    }

    fn put_near(&mut self, sequence: Sequence, slot: Slot) -> bool {
        let index = sequence.leaf_index();
        let near = index < self.near.len() as u64 + AHEAD_MAX;
        if let (true, Ok(at)) = (near, usize::try_from(index)) {
            if self.near.len() <= at {
                self.near.resize(at + 1, NONE);
            }
            self.near[at] = slot;
            return true;
        }
        false
    }

    /// All slots, by sequence.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> {
        let near = self.near.iter().copied().filter(|slot| *slot != NONE);
        near.chain(self.far.values().copied())
    }

    pub(crate) fn last_sequence(&self) -> Option<Sequence> {
        let near = (!self.near.is_empty()).then(|| Sequence::after_size(self.near.len() as u64 - 1));
        self.far.last_key_value().map(|(sequence, _)| *sequence).or(near)
    }

    pub(crate) const fn len(&self) -> u64 {
        self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_order_and_any_distance_is_kept() {
        let numbers = [5, 1, u64::MAX, 4_100, 90_000, 2, 8_000, 12_000];
        let mut log = Log::default();
        for (slot, number) in numbers.iter().enumerate() {
            log.insert(Sequence::new(*number).unwrap(), u32::try_from(slot).unwrap());
            assert_eq!(log.len(), slot as u64 + 1);
        }
        for (slot, number) in numbers.iter().enumerate() {
            assert_eq!(log.get(Sequence::new(*number).unwrap()), u32::try_from(slot).ok());
        }
        assert_eq!(log.slots().collect::<Vec<_>>(), [1, 5, 0, 3, 6, 7, 4, 2]);
        assert_eq!(log.get(Sequence::new(3).unwrap()), None);
        assert_eq!(log.last_sequence().unwrap().get(), u64::MAX);
        assert!(log.near.len() < 20_000);
    }
}
