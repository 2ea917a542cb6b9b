//! A table from a value to its index in a list: the list has the values, the table only indices.

use std::hash::{BuildHasher, RandomState};

/// Tag of a cell that holds nothing.
const EMPTY: u8 = 0;
/// The table is at most this full, in eighths; beyond it, it doubles.
const FULL_EIGHTHS: usize = 6;
const FIRST_LEN: usize = 16;

/// Finds indices by value: seven to fourteen bytes for each of them, whatever the values take. It is only looked up,
/// never walked, so its order shows nowhere; it is keyed anew in every process, so nobody can choose values that collide.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Open addressing; the length is a power of two, or 0.
    cells: Vec<u32>,
    /// A few bits of each cell's hash: most cells that are passed by need no look at their value.
    tags: Vec<u8>,
    used: usize,
    key: [u64; 2],
}

impl Default for Table {
    fn default() -> Self {
        let random = RandomState::new();
        Self {
            cells: Vec::new(),
            tags: Vec::new(),
            used: 0,
            key: [random.hash_one(0_u8), random.hash_one(1_u8)],
        }
    }
}

impl Table {
    /// The index whose value `is_it` knows, if it is here. `value` is the value's hash material.
    pub(crate) fn find(&self, value: [u8; 16], is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.cells.len().checked_sub(1)?;
        let (mut at, tag) = self.place(value, mask);
        loop {
            match self.tags[at] {
                EMPTY => return None,
                other if other == tag && is_it(self.cells[at]) => return Some(self.cells[at]),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Puts in an index that is not here. `value_of` tells the hash material of every index that is.
    pub(crate) fn insert(&mut self, index: u32, value: [u8; 16], value_of: impl Fn(u32) -> [u8; 16]) {
        if (self.used + 1) * 8 > self.cells.len() * FULL_EIGHTHS {
            let longer = (self.cells.len() * 2).max(FIRST_LEN);
            let cells = std::mem::replace(&mut self.cells, vec![0; longer]);
            let tags = std::mem::replace(&mut self.tags, vec![EMPTY; longer]);
            for (index, _) in cells.into_iter().zip(tags).filter(|(_, tag)| *tag != EMPTY) {
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
        let (mut hole, _) = self.place(value_of(index), mask);
        while self.cells[hole] != index || self.tags[hole] == EMPTY {
            if self.tags[hole] == EMPTY {
                return;
            }
            hole = (hole + 1) & mask;
        }
        self.used -= 1;
        // What stands behind moves up, as far as its own first cell allows, so that no search ends at the hole.
        let mut at = hole;
        loop {
            self.tags[hole] = EMPTY;
            loop {
                at = (at + 1) & mask;
                if self.tags[at] == EMPTY {
                    return;
                }
                let (wanted, _) = self.place(value_of(self.cells[at]), mask);
                if at.wrapping_sub(wanted) & mask >= at.wrapping_sub(hole) & mask {
                    break;
                }
            }
            (self.cells[hole], self.tags[hole]) = (self.cells[at], self.tags[at]);
            hole = at;
        }
    }

    fn put(&mut self, index: u32, value: [u8; 16]) {
        let mask = self.cells.len() - 1;
        let (mut at, tag) = self.place(value, mask);
        while self.tags[at] != EMPTY {
            at = (at + 1) & mask;
        }
        (self.cells[at], self.tags[at]) = (index, tag);
    }

    /// The first cell to look at, and the tag: a folded product of both halves under the table's own key.
    fn place(&self, value: [u8; 16], mask: usize) -> (usize, u8) {
        let half = |from: usize| {
            value[from..from + 8]
                .iter()
                .fold(0, |n, byte| n << 8 | u64::from(*byte))
        };
        let product = u128::from(half(0) ^ self.key[0]) * u128::from(half(8) ^ self.key[1]);
        let folded = product ^ product >> 64;
        let [tag, ..] = (folded >> 56).to_le_bytes();
        // Masked, it fits.
        (usize::try_from(folded & mask as u128).unwrap_or(0), tag.max(EMPTY + 1))
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
