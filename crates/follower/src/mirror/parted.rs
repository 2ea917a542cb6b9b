//! Two signed checkpoints of one journal of which the later one does not go on from the earlier one.

use std::fmt;

/// Why two checkpoints are held against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// Two roots at one size: both cannot be true, and the signatures alone show it.
    TwoRoots,
    /// The later one came without a proof that holds: the hub has not shown that its journal only grew.
    Unproven,
    /// The hub showed a smaller tree than before, and declared no restore.
    Shrunk,
}

/// The pair, as it is kept for whoever is to judge it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parted {
    /// The checkpoint that was kept.
    pub kept: String,
    /// The one that was shown.
    pub shown: String,
    /// What is wrong with them.
    pub why: Parting,
}

impl Parted {
    pub(crate) fn new(kept: &str, shown: &str, why: Parting) -> Self {
        Self {
            kept: kept.to_owned(),
            shown: shown.to_owned(),
            why,
        }
    }
}

impl fmt::Display for Parted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.why {
            Parting::TwoRoots => "the hub signed two roots of its journal at one size",
            Parting::Unproven => "the hub did not prove that its journal goes on from the checkpoint that is kept",
            Parting::Shrunk => "the hub showed a smaller journal than before and declared no restore",
        })
    }
}
