//! Reports made out of what an audit found. Each is given plain values, and knows nothing of how they were come by.

mod diff;
mod leads;
mod ledgers;
mod replay;
mod sample;
mod trace;
mod verify;

pub use diff::{Because, ChangedCell, ChangedRow, Diff, RowChange, Why, diff};
pub use leads::{Lead, Leads, Unasked, leads};
pub use ledgers::{Asked, Ledgers, UnitLedger, ledgers};
pub use replay::{Difference, Replay, UnitDigests, Verdict, replay};
pub use sample::{Drawn, Sample, Stratum, sample};
pub use trace::{Trace, lead_events, trace};
pub use verify::{Rule, Verify, verify};

use crate::Words;

/// The limits that every report shares.
fn limits(words: Words, own: &[&str]) -> Vec<String> {
    let shared = [words.limit_truth(), words.limit_claim()];
    shared.iter().chain(own).map(|limit| (*limit).to_owned()).collect()
}
