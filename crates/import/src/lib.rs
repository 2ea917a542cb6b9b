//! An old ledger becomes imported history: a mapping file says how a table is read, row by row, into drafts.
//!
//! A [`Mapping`] is data, not code: which column is what, how a moment is written, which label becomes which
//! kind of event, and which events are derived that no row of the source states. [`Mapping::read`] takes a table in CSV and
//! gives, in the order of the file, what is to be recorded; a row that cannot be read is refused as a whole,
//! with its number, its column and the reason, and does not stop the others.
//!
//! The same case read anywhere under the same mapping is the same request, for identifiers are hashes of the mapping's
//! name and the source's own text ([`Mapping::entity`], [`Mapping::person`]); a [`SourceKey`] tells the recorder
//! what it has recorded before. `protocol/import.md` describes every key of the file.
//!
//! There is no clock, no disk and no table of time zones here: a zone is a fixed offset or a POSIX rule in
//! the mapping, so that the same file gives the same instants on every machine.

mod compile;
mod error;
mod form;
mod identity;
mod mapping;
mod moment;
mod read;
mod rule;

pub use error::{FileError, MappingError, RowError, RowReason};
pub use identity::SourceKey;
pub use mapping::{MAPPING_FORMAT, Mapping};
pub use read::{Imported, Office, Reading, Summary};
