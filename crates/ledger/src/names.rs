//! Values that occur again and again, kept once and then called by a number.

use event::{EntityId, Origin, PersonId, Position, Subject};

use crate::Receipt;
use crate::table::Table;

/// "Nobody" in a list of interned people, "none" elsewhere.
pub(crate) const NOBODY: u32 = u32::MAX;

/// A value that can be interned.
pub(crate) trait Name: Copy + Eq {
    /// What it is looked up by: different values may share it, but hardly ever do.
    fn material(&self) -> [u8; 16];
}

impl Name for Origin {
    fn material(&self) -> [u8; 16] {
        self.to_bytes()
    }
}

impl Name for PersonId {
    fn material(&self) -> [u8; 16] {
        self.to_bytes()
    }
}

impl Name for Subject {
    fn material(&self) -> [u8; 16] {
        let mut bytes = EntityId::to_bytes(self.id);
        bytes[0] ^= self.kind.code();
        bytes
    }
}

impl Name for Receipt {
    fn material(&self) -> [u8; 16] {
        let both = u128::from(self.position.0) << 64 | u128::from(self.received_at_ms);
        both.to_be_bytes()
    }
}

/// Values in the order in which they were first seen.
#[derive(Clone, Debug)]
pub(crate) struct Interned<T> {
    values: Vec<T>,
    index: Table,
    /// The last answer, for the usual case that a value is asked for again at once.
    last: u32,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            index: Table::default(),
            last: 0,
        }
    }
}

impl<T: Name> Interned<T> {
    pub(crate) fn intern(&mut self, value: T) -> u32 {
        if self.values.get(self.last as usize) == Some(&value) {
            return self.last;
        }
        self.last = match self.find(value) {
            Some(index) => index,
            None => {
                let index = u32::try_from(self.values.len()).unwrap_or(NOBODY);
                let values = &self.values;
                self.index
                    .insert(index, value.material(), |other| values[other as usize].material());
                self.values.push(value);
                index
            }
        };
        self.last
    }

    pub(crate) fn find(&self, value: T) -> Option<u32> {
        self.index
            .find(value.material(), |index| self.values[index as usize] == value)
    }

    pub(crate) fn get(&self, index: u32) -> T {
        self.values[index as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}

/// The names that numbers stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) origins: Interned<Origin>,
    pub(crate) people: Interned<PersonId>,
    pub(crate) entities: Interned<Subject>,
    pub(crate) receipts: Interned<Receipt>,
    /// Room for the prints of entries, used again and again.
    pub(crate) scratch: Vec<u8>,
}

impl Names {
    /// The receipt with this number; a pending entry's is later than all others.
    pub(crate) fn receipt(&self, number: u32) -> Receipt {
        let none = Receipt {
            position: Position(u64::MAX),
            received_at_ms: u64::MAX,
        };
        if number == NOBODY {
            none
        } else {
            self.receipts.get(number)
        }
    }

    pub(crate) fn intern_receipt(&mut self, receipt: Option<Receipt>) -> u32 {
        receipt.map_or(NOBODY, |receipt| self.receipts.intern(receipt))
    }
}
