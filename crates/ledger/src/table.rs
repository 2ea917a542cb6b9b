//! A table from a value to its index in a list: the list has the values, the table only indices.

use std::hash::{BuildHasher, RandomState};

/// "No index": also the reason why a list ends before it.
const NONE: u32 = u32::MAX;
/// The table is at most this full, in eighths; beyond it, it doubles.
const FULL_EIGHTHS: usize = 6;
const FIRST_LEN: usize = 16;

/// Finds indices by value: five to eleven bytes for each of them, whatever the values take. It is only looked up,
/// never walked, so its order shows nowhere; it is keyed anew in every process, so nobody can choose values that collide.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Open addressing; the length is a power of two, or 0.
    cells: Vec<u32>,
    used: usize,
    key: [u64; 2],
}

impl Default for Table {
    fn default() -> Self {
        let random = RandomState::new();
        Self {
            cells: Vec::new(),
            used: 0,
            key: [random.hash_one(0_u8), random.hash_one(1_u8)],
        }
    }
}

impl Table {
    /// The index whose value `is_it` knows, if it is here. `value` is the value's hash material.
    pub(crate) fn find(&self, value: [u8; 16], is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.cells.len().checked_sub(1)?;
        let mut at = self.place(value, mask);
        loop {
            match self.cells[at] {
                NONE => return None,
                index if is_it(index) => return Some(index),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Puts in an index that is not here. `value_of` tells the hash material of every index that is.
    pub(crate) fn insert(&mut self, index: u32, value: [u8; 16], value_of: impl Fn(u32) -> [u8; 16]) {
        if (self.used + 1) * 8 > self.cells.len() * FULL_EIGHTHS {
            let longer = (self.cells.len() * 2).max(FIRST_LEN);
            let old = std::mem::replace(&mut self.cells, vec![NONE; longer]);
            for index in old.into_iter().filter(|index| *index != NONE) {
                self.put(index, value_of(index));
            }
        }
        self.put(index, value);
        self.used += 1;
    }

    /// Takes out an index that is here; `value_of` as in [`Table::insert`].
    pub(crate) fn remove(&mut self, index: u32, value_of: impl Fn(u32) -> [u8; 16]) {
        let Some(mask) = self.cells.len().checked_sub(1) else {
            return;
        };
        let mut hole = self.place(value_of(index), mask);
        while self.cells[hole] != index {
            if self.cells[hole] == NONE {
                return;
            }
            hole = (hole + 1) & mask;
        }
        self.used -= 1;
        // What stands behind moves up, as far as its own first cell allows, so that no search ends at the hole.
        let mut at = hole;
        loop {
            self.cells[hole] = NONE;
            loop {
                at = (at + 1) & mask;
                if self.cells[at] == NONE {
                    return;
                }
                let wanted = self.place(value_of(self.cells[at]), mask);
                if at.wrapping_sub(wanted) & mask >= at.wrapping_sub(hole) & mask {
                    break;
                }
            }
            self.cells[hole] = self.cells[at];
            hole = at;
        }
    }

    fn put(&mut self, index: u32, value: [u8; 16]) {
        let mask = self.cells.len() - 1;
        let mut at = self.place(value, mask);
        while self.cells[at] != NONE {
            at = (at + 1) & mask;
        }
        self.cells[at] = index;
    }

    /// The first cell to look at: a folded product of both halves under the table's own key.
    fn place(&self, value: [u8; 16], mask: usize) -> usize {
        let half = |from: usize| {
            value[from..from + 8]
                .iter()
                .fold(0, |n, byte| n << 8 | u64::from(*byte))
        };
        let product = u128::from(half(0) ^ self.key[0]) * u128::from(half(8) ^ self.key[1]);
        let folded = product ^ product >> 64;
        // Both shifts leave nothing that is cut off.
        usize::try_from(folded & mask as u128).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_was_put_in_is_found_and_nothing_else() {
        let mut values: Vec<[u8; 16]> = Vec::new();
        let mut table = Table::default();
        for n in 0..5_000_u32 {
            // Values that differ in few bits, as identifiers of one clock do.
            let mut value = [0; 16];
            value[..4].copy_from_slice(&(n / 7).to_be_bytes());
            value[12..].copy_from_slice(&n.to_be_bytes());
            assert_eq!(table.find(value, |index| values[index as usize] == value), None);
            values.push(value);
            table.insert(n, value, |index| values[index as usize]);
        }
        for (n, value) in (0..).zip(&values) {
            assert_eq!(table.find(*value, |index| values[index as usize] == *value), Some(n));
        }
        for n in (0..5_000).step_by(3) {
            table.remove(n, |index| values[index as usize]);
        }
        for (n, value) in (0..).zip(&values) {
            let found = table.find(*value, |index| values[index as usize] == *value);
            assert_eq!(found, (n % 3 != 0).then_some(n));
        }
        table.remove(0, |index| values[index as usize]);
        assert_eq!(table.used, 3_333);
    }
}
