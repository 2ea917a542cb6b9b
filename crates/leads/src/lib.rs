//! Leads (线索): what in the records calls for a human look, and the spot checks that nobody can steer.
//!
//! **A lead is a hint for a human check.** It names its events and its figures, and its words ([`Words`]) say what was
//! seen, and, beside it, the ordinary explanation. It is no score, no ranking and no verdict: nothing here adds leads up per person.
//!
//! Every rule is a pure function of the receipted entries, what the journal says of the logs, and versioned
//! [`Parameters`]. The order in which entries are given does not matter; there is no clock, no disk, no randomness and no
//! floating point. `protocol/leads.md` defines each rule exactly enough to be written again, and has the measured table:
//! how often each is right in a story whose truth is known (`sample::conduct`). A rule that was right less often than four times in five is off.

mod absence;
mod chance;
mod gathered;
mod history;
mod journals;
mod lead;
mod measured;
mod month;
mod parameters;
mod record;
mod request;
mod rule;
mod rules;
mod spot;
mod visit;
mod words;

pub use gathered::Gathered;
pub use history::History;
pub use journals::Journals;
pub use lead::{Figure, LEAD_EVENTS_MAX, Lead};
pub use measured::Measured;
pub use parameters::{PARAMETERS_VERSION, Parameters};
pub use record::{LogNote, Record};
pub use rule::Rule;
pub use rules::{Asked, leads};
pub use spot::{DrawnVisit, SPOT_RULE_VERSION, SpotPlan, draw, is_drawn_from, list_hash};
pub use words::{Lang, Words, figure_words};
