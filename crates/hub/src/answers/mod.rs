//! What the township's ledgers answer: as of a day, as known on a day, compared with what was known before, with the entries
//! behind every figure.

mod answer;
mod columns;
mod cut;
mod question;
mod reading;
mod sheet;

pub(crate) use answer::{Answer, Answered, Before, CutAt, work_out};
pub(crate) use columns::{cell, columns_of, plain, short_id};
pub(crate) use question::{Question, Typed, Wanted};
pub(crate) use reading::{Found, Reading};
pub(crate) use sheet::{file_name, hides, sheet, way};
