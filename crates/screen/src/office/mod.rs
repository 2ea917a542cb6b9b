//! The pages of a village's office, as pure functions from plain values to HTML: no script, one sheet beside them.
//!
//! Every page is a [`Frame`] around a body. Forms post to addresses of the same origin and name no person in them. What
//! a person typed comes back as it was typed.

mod delivery;
mod entry;
mod frame;
mod household;
mod message;
mod proof;
mod request;
mod sign_in;
mod today;
mod visit;

pub use delivery::{Delivery, EvidenceLine, Machine, NotCounted, delivery};
pub use entry::{Came, Effect, EntryLine};
pub use frame::{Frame, Here, Side, Store, Strip};
pub use household::{Household, Story, household, households};
pub use message::message;
pub use proof::{Proof, Shown, proof};
pub use request::{RequestLine, requests};
pub use sign_in::{FirstCode, SignIn, first_code, sign_in};
pub use today::{Coverage, News, Today, today};
pub use visit::{Beside, Candidate, ChosenDay, Field, How, Precision, Visit, VisitError, visit};

/// The sheet of these pages.
pub const SHEET: &str = include_str!("../office.css");
