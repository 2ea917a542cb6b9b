//! The rules, by their numbers in the domain study.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $key:literal,)+) => {
        /// A rule. Numbers are those of the domain study, §5; those that need note text (R09, R10), are weak, or judge habits are not here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $($(#[$doc])* $name,)+ }

        impl Rule {
            /// All of them, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its number, as in `R01`.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)+ }
            }

            /// The rule with this number.
            #[must_use]
            pub fn from_key(key: &str) -> Option<Self> {
                match key { $($key => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

rules! {
    /// More households met at home within an hour than an hour holds.
    R01 = "R01",
    /// Visits of one cadre that overlap.
    R02 = "R02",
    /// A visit while sitting in a reception or a meeting.
    R03 = "R03",
    /// More households met at home on a day than a day holds.
    R04 = "R04",
    /// Many records long after the day that they claim.
    R05 = "R05",
    /// A month recorded in its last days.
    R06 = "R06",
    /// Recorded before a receipt that the machine had already seen.
    R07 = "R07",
    /// A clock that runs backwards, or ahead of the receipt.
    R08 = "R08",
    /// Every requester fully satisfied.
    R13 = "R13",
    /// Met at home a household that is away or gone.
    R14 = "R14",
    /// Others type for a cadre, or one types for many at once.
    R15 = "R15",
    /// Households that were asked do not confirm the visits.
    R16 = "R16",
    /// Many records in a row within seconds, undeclared.
    R20 = "R20",
    /// Answered minutes after acceptance, or asked back by those who answered.
    R23 = "R23",
    /// The same matter comes again after it was closed.
    R24 = "R24",
    /// A sampled record was corrected between publication and check.
    R28 = "R28",
    /// A log with a gap, a fork or a root that does not hold.
    R31 = "R31",
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}
