//! What joins the log, the wire and the ledger, for everyone who reads a journal.
//!
//! [`Mirror`] takes in the hub's pages, verified, and keeps them (village and auditor). [`Follower`]
//! folds the receipted entries of a journal into a ledger, whether the journal is the hub's own or a
//! mirror's copy: the same fold, the same figures, on every machine. A [`Scribe`] does so in the thread
//! of a program, and keeps a snapshot on a [`Shelf`]: the folder may be deleted at any time.

mod follow;
mod mirror;
mod place;
mod scribe;
mod shelf;
mod slip;

pub use follow::{FollowError, Follower, Progress, Track};
pub use mirror::{Mirror, MirrorError, Parted, Parting, Taken, split};
pub use scribe::Scribe;
pub use shelf::{Beginning, Shelf, ShelfState};
pub use slip::{ReceiptAt, Shown, Slip, SlipError, tlog_proof};
