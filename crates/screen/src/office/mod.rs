//! The pages of a village's office, as pure functions from plain values to HTML: one sheet beside them, and beside forms one
//! small script that they work without.
//!
//! Every page is a [`Frame`] around a body. Forms post to addresses of the same origin and name no person in them. What
//! a person typed comes back as it was typed.

mod books;
mod change;
mod correct;
mod covered;
mod delivery;
mod diary;
mod draft;
mod enlist;
mod entry;
mod form;
mod frame;
mod household;
mod matter;
mod message;
mod proof;
mod raise;
mod request;
mod sign_in;
mod step;
mod talk;
mod today;
mod visit;
mod which;

pub use books::{DiaryLine, Turned, diary_ledger, request_ledger};
pub use change::{Change, ChangeEffect, change};
pub use correct::{Amended, Changed, Correct, Mend, correct};
pub use covered::{Covered, CoveredFigures, CoveredLine, covered};
pub use delivery::{Delivery, EvidenceLine, Machine, NotCounted, delivery};
pub use diary::{Diary, Earlier, VisitOfDay, diary};
pub use draft::{DraftBack, DraftLine, DraftList, DraftNote, Dropping, Stamp, drop_draft};
pub use enlist::{Alike, Enlist, enlist};
pub use entry::{AmendedTo, Came, Effect, EntryLine};
pub use form::{ChosenDay, Precision, Sheet, WhenTyped, Wrong};
pub use frame::{Frame, Here, Side, Store, Strip};
pub use household::{Household, Story, household, households};
pub use matter::{Can, Matter, WhyNot, matter};
pub use message::message;
pub use proof::{Proof, Shown, proof};
pub use raise::{Raise, raise};
pub use request::{RequestLine, RequestLink, Requests, requests};
pub use sign_in::{FirstCode, SignIn, first_code, sign_in};
pub use step::{StepForm, step};
pub use talk::{Talk, TalkWith, talk};
pub use today::{Coverage, News, Today, today};
pub use visit::{Beside, How, Visit, visit};
pub use which::{Candidate, Which};

/// The sheet of these pages.
pub const SHEET: &str = include_str!("../office.css");
/// The one script of these pages: it keeps what is being typed into a form. Everything works without it.
pub const SCRIPT: &str = include_str!("../office.js");
