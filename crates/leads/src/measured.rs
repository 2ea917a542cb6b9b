//! How often each rule was right in stories whose truth is known: the column of 5 % of `protocol/leads.md` §4.

use crate::Rule;

/// Leads of a rule on the held-out seeds, with one cadre in twenty planting something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Leads about somebody who had planted what the rule is about.
    pub right: u32,
    /// All leads.
    pub of: u32,
}

impl Measured {
    /// Of a rule. The page holds the same numbers, and a test measures them anew.
    #[must_use]
    pub const fn of(rule: Rule) -> Self {
        let (right, of) = match rule {
            Rule::R01 => (4, 8),
            Rule::R02 => (61, 62),
            Rule::R03 => (34, 35),
            Rule::R04 => (24, 24),
            Rule::R05 => (150, 1_729),
            Rule::R06 => (29, 175),
            Rule::R07 => (52, 52),
            Rule::R08 => (53, 82),
            Rule::R13 => (1, 14),
            Rule::R14 => (102, 105),
            Rule::R15 => (8, 698),
            Rule::R16 => (63, 73),
            Rule::R20 => (48, 50),
            Rule::R23 => (35, 36),
            Rule::R24 => (24, 39),
            Rule::R28 => (42, 106),
            Rule::R31 => (36, 45),
        };
        Self { right, of }
    }

    /// Right leads in a thousand, rounded down; 0 where there were none.
    #[must_use]
    pub fn permille(self) -> u32 {
        (self.right * 1_000).checked_div(self.of).unwrap_or(0)
    }
}
