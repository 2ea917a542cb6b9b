//! The auditor: a full copy of the township's journal, and everything that can be checked with it.
//!
//! An auditor is a party like a village, with a folder and a key of its own, that only reads. [`enrol`] makes
//! it, [`mirror`] brings its copy up to date, and from then on nobody needs to be trusted: [`verify`] checks the
//! copy against the signatures that villages and hub gave, [`Replay`] rebuilds every ledger from nothing, and
//! [`compare`] says whether the figures that others serve are the ones that follow. [`export`] writes the raw
//! entries for programs that share no code with this one.
//!
//! What cannot be checked here: whether a visit took place, and what was never recorded.

mod book;
mod compare;
mod copy;
mod error;
mod export;
mod folder;
mod kept;
mod locate;
mod mirror;
mod open;
mod replay;
mod verify;

pub use ::archive::{
    Asked, Checked, Evidence, ExportOptions, Exported, Finding, Folder, KeptNote, Typed, Verified, verify_folder,
    verify_report,
};
pub use book::{Book, Log};
pub use compare::{
    Comparison, CutAt, Digests, RowDifference, UnitDigests, Verdict, ViewDigest, compare, row_difference,
};
pub use error::AuditError;
pub use export::export;
pub use folder::{AuditConfig, HubAddress, is_auditor};
pub use locate::locate;
pub use mirror::{Mirrored, ask, client, enrol, mirror};
pub use open::open_export;
pub use replay::{Replay, rows};
pub use verify::{export_folder, known_to, signed_report, verify, verify_asked, write_evidence};
