//! The pages of a village's office, as pure functions from plain values to HTML: one sheet beside them, and beside forms one
//! small script that they work without.
//!
//! Every page is a [`Frame`] around a body. Forms post to addresses of the same origin and name no person in them. What
//! a person typed comes back as it was typed.

mod correct;
mod delivery;
mod diary;
mod draft;
mod entry;
mod form;
mod frame;
mod household;
mod message;
mod proof;
mod request;
mod sign_in;
mod talk;
mod today;
mod visit;

pub use correct::{Amended, Changed, Correct, Mend, correct};
pub use delivery::{Delivery, EvidenceLine, Machine, NotCounted, delivery};
pub use diary::{Diary, Earlier, VisitOfDay, diary};
pub use draft::{DraftBack, DraftLine, DraftList, DraftNote, Dropping, Stamp, drop_draft};
pub use entry::{AmendedTo, Came, Effect, EntryLine};
pub use form::{ChosenDay, Precision, Sheet, WhenTyped, Wrong};
pub use frame::{Frame, Here, Store, Strip};
pub use household::{Household, Story, household, households};
pub use message::message;
pub use proof::{Proof, Shown, proof};
pub use request::{RequestLine, requests};
pub use sign_in::{FirstCode, SignIn, first_code, sign_in};
pub use talk::{Talk, TalkWith, talk};
pub use today::{Coverage, News, Today, today};
pub use visit::{Beside, Candidate, How, Visit, visit};

/// The sheet of these pages.
pub const SHEET: &str = include_str!("../office.css");
/// The one script of these pages: it keeps what is being typed into a form. Everything works without it.
pub const SCRIPT: &str = include_str!("../office.js");
