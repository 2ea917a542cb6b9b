//! The pages of the township's desk, as pure functions from plain values to HTML: no script, and the sheet of the office.
//!
//! What the state machine allows is not known here. Whoever asks for a page hands in what may be done and, for the rest,
//! why not ([`WhyNot`]); this room has the words.

mod act;
mod age;
mod api;
mod board;
mod help;
pub mod ledgers;
mod matter;
mod register;
mod several;
mod strip;
mod village;
mod villages;
mod why;

pub use act::{ActForm, CallDay, Closing, Group, Person, Typed, WrongField};
pub use api::{ApiField, ApiOperation, ApiPage, ApiProblem, ApiSchema, api};
pub use board::{Board, BoardLine, Pages, Stage, board};
pub use help::{Clock, Help, Need};
pub use matter::{Matter, MatterStep, Offer, Said, Wording, matter};
pub use register::{Register, RegisterField, register};
pub use several::{Chosen, Done, Outcome, Several, outcome, several};
pub use strip::{LastReceipt, TownStrip};
pub use village::{MachineLine, OpenLine, UncountedLine, Village, village};
pub use villages::{NeedGroup, PendingThere, Trouble, VillageLine, Villages, help_list, villages};
pub use why::{Refused, WhyNot};
