//! What the rules are given.

use event::{Origin, Sequence};
use ledger::{Author, Receipt};

/// One receipted entry.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The event's exact bytes.
    pub bytes: &'a [u8],
    /// Its personal part, where the reader has it. Only R14 looks into it, for who is away.
    pub personal: Option<&'a [u8]>,
    /// Its log.
    pub origin: Origin,
    /// Its place there.
    pub sequence: Sequence,
    /// Who speaks in that log.
    pub author: Author,
    /// The journal record that covers it.
    pub receipt: Receipt,
}

/// What the journal, or whoever verified it, says of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogNote {
    /// The journal holds receipts of the log up to this size.
    Reached {
        /// The log.
        origin: Origin,
        /// Its receipted size.
        size: u64,
    },
    /// Two checkpoints of the log cannot both be true.
    Fork {
        /// The log.
        origin: Origin,
        /// Size of the hub's log then.
        hub_size: u64,
        /// When the hub was shown the second one, in milliseconds since 1970-01-01T00:00:00Z.
        at_ms: u64,
    },
    /// The verifier's root of the log is not the receipted one.
    Broken {
        /// The log.
        origin: Origin,
        /// The first sequence under the first receipt that does not hold.
        from: Sequence,
    },
    /// A restore was declared: the log ended with it, and a successor goes on.
    Restored {
        /// The log that ended.
        origin: Origin,
    },
}
