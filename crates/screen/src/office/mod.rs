//! The pages of a village's office, as pure functions from plain values to HTML: no script, one sheet beside them.
//!
//! Every page is a [`Frame`] around a body. Forms post to addresses of the same origin and name no person in them. What
//! a person typed comes back as it was typed.

mod delivery;
mod draft;
mod entry;
mod form;
mod frame;
mod household;
mod message;
mod proof;
mod request;
mod sign_in;
mod today;
mod visit;

pub use delivery::{Delivery, EvidenceLine, Machine, NotCounted, delivery};
pub use draft::{DraftBack, DraftLine, DraftList, DraftNote, Dropping, Stamp, drop_draft};
pub use entry::{Came, Effect, EntryLine};
pub use form::{ChosenDay, Precision, Sheet, WhenTyped, Wrong};
pub use frame::{Frame, Here, Side, Store, Strip};
pub use household::{Household, Story, household, households};
pub use message::message;
pub use proof::{Proof, Shown, proof};
pub use request::{RequestLine, requests};
pub use sign_in::{FirstCode, SignIn, first_code, sign_in};
pub use today::{Coverage, News, Today, today};
pub use visit::{Beside, Candidate, How, Visit, visit};

/// The sheet of these pages.
pub const SHEET: &str = include_str!("../office.css");
