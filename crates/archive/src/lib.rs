//! What can be handed over: an exported folder that anybody can check, the check itself, and evidence.
//!
//! [`export`] writes a folder from any [`Source`] (an auditor's mirror, a hub's store): every log in the layout of
//! c2sp.org/tlog-tiles, with its signed checkpoint, the verifier keys, every checkpoint that was kept, and proofs for the
//! entries that were asked for. `protocol/export.md` has every byte. [`verify`] checks a source against the signatures
//! of those who wrote it, [`verify_folder`] such a folder; [`evidence()`] puts apart what cannot both be true.
//!
//! This crate knows files. It has no clock, no socket, no store, and no way to repair anything.

mod check;
mod entries;
mod error;
mod evidence;
mod export;
mod finding;
mod folder;
mod kept;
mod log;
mod pen;
mod prove;
mod readme;
mod records;
mod report;
mod said;
mod source;
mod tree;
mod typed;
mod verified;
mod verify;
mod witnesses;
mod write;

pub use error::ArchiveError;
pub use evidence::{Evidence, evidence, write_evidence};
pub use export::verify_folder;
pub use finding::{Finding, Statement};
pub use folder::{BUNDLE_BYTES_MAX, Folder, KEPT_MAX};
pub use log::Log;
pub use records::concerned;
pub use report::{REPORT_DOMAIN, ReportError, sign_report, verify_report};
pub use source::{Chapter, KeptNote, Piece, Source, SourceError, Visit, size_of_note};
pub use typed::Typed;
pub use verified::{Checked, FINDINGS_MAX, KeptVerdict, QuorumVerdict, Verified, WitnessVerdict};
pub use verify::{Asked, verify, verify_into};
pub use write::{ExportOptions, Exported, export};
