//! What leaves the auditor's machine. [`export`] writes the raw entries, for programs that share no code with this one.
//! Everything else here is de-identified: [`export_events`] under pseudonyms that are drawn for each export anew,
//! [`export_figures`] as counts of which none below five is shown. That is not anonymous: villages, dates and rare
//! events may still point to somebody beside other material, and the page on auditing says so.

mod events;
mod figures;
mod pseudonym;
mod raw;
mod suppress;
mod table;

pub use events::{EXPORT_COLUMNS, export_events};
pub use figures::{FiguresOf, export_figures};
pub use pseudonym::{EXPORT_KEY_BYTES, Pseudonyms};
pub use raw::export;
pub use suppress::{CELL_MIN, HIDDEN};

/// The two forms of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line.
    Ndjson,
    /// A table, with a byte order mark so that office programs read it as UTF-8.
    Csv,
}
