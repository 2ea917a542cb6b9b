//! What can be proved: tree heads, the right edge of a Merkle tree, signing keys and signed checkpoints.
//!
//! Every log is an RFC 6962 Merkle tree over SHA-256 whose leaves are the exact bytes of its entries.
//! A [`Frontier`] holds the right edge of such a tree: enough to append and to know the root, at a
//! few hundred bytes for any size. An [`OriginKey`] signs a [`Checkpoint`] as a C2SP signed note, so
//! that tools nobody here wrote can verify it.
//!
//! From the nodes of a tree ([`Nodes`]; of published [`Tile`]s, [`TileNodes`]) come inclusion and consistency proofs,
//! and anybody checks them with [`check_inclusion`] and [`check_consistency`]. Witnesses [`cosign`] checkpoints; a
//! [`TlogProof`] carries an entry's path and the cosigned checkpoint; a [`Policy`] says how many witnesses are enough.
//! All formats are C2SP's; `protocol/proofs.md` has every byte. In the tests two crates by other hands (`ct-merkle`,
//! and Cloudflare's `tlog_tiles` with `signed_note`) make and check the same proofs; they are no part of the program.
//!
//! The proof shows that a history was not altered, dropped, inserted or back-dated. It cannot show
//! that a visit took place, nor what was never recorded.
//!
//! This crate has no clock, no randomness, no disk and no socket.

mod add_checkpoint;
mod check;
mod checkpoint;
mod cosignature;
mod day_code;
mod key;
mod nodes;
mod note;
mod policy;
mod tile;
mod tlog_proof;
mod tree;
mod vkey;

pub use add_checkpoint::{ADD_CHECKPOINT_BYTES_MAX, ADD_CHECKPOINT_HASHES_MAX, AddCheckpoint, AddCheckpointError};
pub use check::{PROOF_HASHES_MAX, ProofError, check_consistency, check_inclusion};
pub use checkpoint::{
    Checkpoint, SignedCheckpoint, journal_log_name, journal_of_log_name, origin_log_name, plain_decimal,
};
pub use cosignature::{Cosigned, add_line, cosign, cosignatures, merge};
pub use day_code::{DayCode, day_code, read_day_code};
pub use key::{KeyError, OriginKey, PublicKey, origin_of};
pub use nodes::{
    LeafNodes, Nodes, OutsideTree, ProveError, TileNodes, TileNodesError, consistency_proof, empty_root,
    inclusion_proof, root,
};
pub use note::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, NoteError};
pub use policy::{
    COSIGNED_AHEAD_S_MAX, POLICY_BYTES_MAX, POLICY_FRESH_HOURS_MAX, POLICY_LINES_MAX, Policy, PolicyError, PolicyFault,
    PolicyLog, PolicyWitness,
};
pub use tile::{BUNDLED_ENTRY_BYTES_MAX, BundleError, EntryBundle, TILE_WIDTH, Tile, TileLevel, TilePathError};
pub use tlog_proof::{PROOF_BYTES_MAX, PROOF_EXTRA_BYTES_MAX, Proven, TlogProof, TlogProofError};
pub use tree::{Frontier, FrontierError, Hash, leaf_hash, node_hash};
pub use vkey::{KeyKind, VerifierKey, VerifierKeyError};
