//! Where entries stand, and whoever holds them.

use event::{Day, Origin, Sequence};
use ledger::{Author, Ledger, Receipt};

/// The last millisecond of a day in UTC+8; 0 before 1970.
#[must_use]
pub fn end_of_day_ms(day: Day) -> u64 {
    u64::try_from(day.plus(1).start_ms() - 1).unwrap_or(0)
}

/// Where an entry stands, and who wrote it when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// The journal record that covers it.
    pub receipt: Receipt,
    /// The log.
    pub origin: Origin,
    /// Its place there.
    pub sequence: Sequence,
    /// Whether the township wrote it.
    pub by_hub: bool,
}

impl Standing {
    /// Who speaks.
    #[must_use]
    pub const fn author(&self) -> Author {
        if self.by_hub { Author::Hub } else { Author::Village }
    }

    /// Gives the entry to a ledger.
    pub fn apply(&self, ledger: &mut Ledger, bytes: &[u8]) {
        ledger.apply(bytes, self.origin, self.sequence, self.author(), self.receipt);
    }
}

/// Whoever holds entries.
pub trait Entries {
    /// Why an entry that is there cannot be read.
    type Error;

    /// The bytes of the entry at a place, as they were written; `None` where there is none.
    ///
    /// # Errors
    /// The store's own.
    fn bytes(&self, origin: Origin, sequence: Sequence) -> Result<Option<Vec<u8>>, Self::Error>;
}
