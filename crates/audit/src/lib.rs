//! The auditor: a full copy of the township's journal, and everything that can be checked with it.
//!
//! An auditor is a party like a village, with a folder and a key of its own, that only reads. [`enrol`] makes
//! it, [`mirror`] brings its copy up to date, and from then on nobody needs to be trusted: [`verify`] checks the
//! copy against the signatures that villages and hub gave, [`Replay`] rebuilds every ledger from nothing, and
//! [`compare`] says whether the figures that others serve are the ones that follow. An [`Archive`] is asked what was
//! known when; [`diff`] says what changed between two days and because of which events, [`trace`] tells the story of
//! one household or request. [`export`] writes the raw entries for programs that share no code with this one,
//! [`export_events`] and [`export_figures`] what may leave the machine.
//!
//! What cannot be checked here: whether a visit took place, and what was never recorded.

mod book;
mod compare;
mod copy;
mod error;
mod explained;
mod export;
mod folder;
mod kept;
mod led;
mod locate;
mod mirror;
mod notes;
mod open;
mod opened;
mod published;
mod replay;
mod samples;
mod sealed;
mod seals;
mod served;
mod slips;
mod trace;
mod verify;

pub use ::diff::{Between, CellChange, DiffView, History, Moments, Reason, RowDiff, Standing, Why};
pub use archive::{
    Asked, Checked, Evidence, ExportOptions, Exported, Finding, Folder, KeptNote, Typed, Verified, verify_folder,
    verify_report,
};
pub use book::{Book, Log};
pub use compare::{
    Comparison, CutAt, Digests, RowDifference, UnitDigests, Verdict, ViewDigest, compare, row_difference,
};
pub use error::AuditError;
pub use explained::diff;
pub use export::{
    CELL_MIN, EXPORT_COLUMNS, EXPORT_KEY_BYTES, FiguresOf, Form, HIDDEN, Pseudonyms, export, export_events,
    export_figures,
};
pub use folder::{AuditConfig, HubAddress, is_auditor};
pub use led::Led;
pub use locate::locate;
pub use mirror::{Mirrored, ask, client, enrol, mirror};
pub use open::open_export;
pub use opened::{Archive, Entries, Knowledge, Known};
pub use replay::{Replay, digests_of, rows, rows_of};
pub use samples::{SampleCheck, SampleDraw, SamplePlan, SampleProblem, VillageShare};
pub use sealed::{Sealed, compare_sealed};
pub use seals::{SealCheck, SealVerdict};
pub use served::{Served, ServedRows, served_rows};
pub use slips::{Proof, Prover};
pub use trace::{Corrected, FieldChange, Machine, PersonalPart, Repeat, Trace, TraceStep, lead_events, trace};
pub use verify::{export_folder, known_to, signed_report, verify, verify_asked, write_evidence};
