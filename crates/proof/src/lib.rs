//! What can be proved: tree heads, the right edge of a Merkle tree, signing keys and signed checkpoints.
//!
//! Every log is an RFC 6962 Merkle tree over SHA-256 whose leaves are the exact bytes of its entries.
//! A [`Frontier`] holds the right edge of such a tree: enough to append and to know the root, at a
//! few hundred bytes for any size. An [`OriginKey`] signs a [`Checkpoint`] as a C2SP signed note, so
//! that tools nobody here wrote can verify it.
//!
//! The proof shows that a history was not altered, dropped, inserted or back-dated. It cannot show
//! that a visit took place, nor what was never recorded.
//!
//! This crate has no clock, no randomness, no disk and no socket.

mod checkpoint;
mod key;
mod note;
mod tree;

pub use checkpoint::{Checkpoint, SignedCheckpoint, journal_log_name, journal_of_log_name, origin_log_name};
pub use key::{KeyError, OriginKey, PublicKey, origin_of};
pub use note::{NOTE_BYTES_MAX, NoteError};
pub use tree::{Frontier, FrontierError, Hash, leaf_hash, node_hash};
