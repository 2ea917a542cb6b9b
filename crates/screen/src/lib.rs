//! What people see: pages, charts and words, in Chinese and English, as HTML.
//!
//! Pure: it knows no disk, no network and no clock, and of our own crates only `event`, for days. It is given plain
//! values and gives back text. Everything that comes from outside is escaped where it is put into a page; there is no
//! other door. A page needs no script, no other file and no network: its one style sheet stands in it, under a policy
//! that allows nothing else.
//!
//! The rooms: [`Words`] is every word, in one file. [`chart`] draws. [`block`] is what a report is made of. A
//! [`Report`] is a value that becomes a page ([`Report::html`]) or is read piece by piece, for a terminal. [`reports`]
//! makes reports out of what was found. [`office`] are the pages of a village's office, with forms and a sheet of
//! their own. [`township`] are those of the township's desk, with the same sheet.

pub mod block;
pub mod chart;
pub mod dates;
mod field;
mod lang;
pub mod office;
mod page;
mod report;
pub mod reports;
pub mod text;
pub mod township;
mod words;

pub use lang::Lang;
pub use page::{Page, STYLE};
pub use report::{Block, Cut, Figure, Lead, Place, Report, Section, Tone};
pub use words::Words;
