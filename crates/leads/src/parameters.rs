//! The parameters of the rules: data with a version.

use serde::{Deserialize, Serialize};

use crate::Rule;

/// Version of the defaults below. A lead carries the version under which it was found.
pub const PARAMETERS_VERSION: u16 = 1;

macro_rules! parameters {
    ($($(#[$doc:meta])* $field:ident $name:ident $rule:ident $on:literal { $($(#[$item_doc:meta])* $item:ident: $ty:ty = $value:expr,)* })+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name {
                /// Whether the rule is asked without being named: it was right in four of five leads, and in at least ten, on the
                /// held-out seeds at 5 % (`protocol/leads.md` §4).
                pub on: bool,
                $($(#[$item_doc])* pub $item: $ty,)*
            }
        )+

        /// The parameters of every rule. Whoever changes one gives the set another version.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Parameters {
            /// Version of the whole set.
            pub version: u16,
            /// How far two right clocks may differ, in milliseconds.
            pub clock_skew_ms: u32,
            $($(#[$doc])* pub $field: $name,)+
        }

        impl Default for Parameters {
            fn default() -> Self {
                Self {
                    version: PARAMETERS_VERSION,
                    clock_skew_ms: 600_000,
                    $($field: $name { on: $on, $($item: $value,)* },)+
                }
            }
        }

        impl Parameters {
            /// Whether a rule is on.
            #[must_use]
            pub const fn is_on(&self, rule: Rule) -> bool {
                match rule { $(Rule::$rule => self.$field.on,)+ }
            }

            /// Every parameter of a rule by its name, `on` aside.
            #[must_use]
            pub fn of(&self, rule: Rule) -> Vec<(&'static str, u64)> {
                match rule { $(Rule::$rule => vec![$((stringify!($item), u64::from(self.$field.$item)),)*],)+ }
            }
        }
    };
}

parameters! {
    /// R01.
    r01 R01 R01 false {
        /// Length of the window, in minutes.
        window_minutes: u16 = 60,
        /// Most households met at home within it.
        households_max: u16 = 6,
        /// A campaign day: so many cadres of the unit …
        campaign_cadres_min: u16 = 3,
        /// … each met so many households at home.
        campaign_households_min: u16 = 8,
    }
    /// R02.
    r02 R02 R02 true {
        /// Overlap that is rounding, in minutes.
        overlap_minutes_max: u16 = 15,
        /// Least number of overlapping pairs.
        pairs_min: u16 = 2,
    }
    /// R03.
    r03 R03 R03 true {
        /// Least overlap, in minutes.
        overlap_minutes_min: u16 = 20,
        /// Least number of visits.
        visits_min: u16 = 2,
    }
    /// R04.
    r04 R04 R04 true {
        /// Most households met at home on one day.
        households_max: u16 = 20,
        /// A campaign day: so many cadres of the unit …
        campaign_cadres_min: u16 = 3,
        /// … each met so many households at home.
        campaign_households_min: u16 = 8,
    }
    /// R05.
    r05 R05 R05 false {
        /// Days that are no delay.
        days_max: u16 = 3,
        /// Days that are no delay for a record declared to come from paper.
        paper_days_max: u16 = 7,
        /// Least number of late records.
        records_min: u16 = 5,
    }
    /// R06.
    r06 R06 R06 false {
        /// Last days of the month.
        last_days: u16 = 7,
        /// Days that are no delay; a record typed within them is not bulk.
        delay_days_max: u16 = 3,
        /// Share of the earlier records that were typed then, in thousandths.
        share_permille: u16 = 500,
        /// Odds against chance: one in so many.
        one_in: u32 = 10_000,
        /// Least number of records.
        records_min: u16 = 10,
    }
    /// R07.
    r07 R07 R07 true {
        /// Least time by which a record claims to be older than the receipt, in minutes.
        minutes_min: u16 = 10,
        /// Greatest such time; beyond it the clock was wrong, not turned back. In days.
        days_max: u16 = 62,
        /// Longest run of such records, by the receipts seen in it; beyond it the clock was wrong for days. In hours.
        run_hours_max: u16 = 12,
        /// Least number of records.
        records_min: u16 = 1,
    }
    /// R08.
    r08 R08 R08 false {
        /// Least jump, in minutes.
        minutes_min: u16 = 10,
    }
    /// R13.
    r13 R13 R13 false {
        /// Least number of follow-ups.
        follow_ups_min: u16 = 20,
        /// Share of full satisfaction among all others, in thousandths, from which nothing is said.
        others_permille_max: u16 = 950,
        /// Odds against chance: one in so many.
        one_in: u32 = 100,
    }
    /// R14.
    r14 R14 R14 true {
        /// Days at either end of an absence that are not looked at.
        margin_days: u16 = 0,
        /// Least number of households.
        households_min: u16 = 3,
    }
    /// R15.
    r15 R15 R15 false {
        /// Share of a cadre's visits that others typed, in thousandths.
        share_permille: u16 = 500,
        /// Least number of visits.
        visits_min: u16 = 10,
        /// Cadres for whom one recorder types at once.
        cadres_min: u16 = 3,
        /// "At once", in minutes.
        window_minutes: u16 = 10,
    }
    /// R16.
    r16 R16 R16 true {
        /// Share that the lower end of the interval must pass, in thousandths.
        share_permille: u16 = 200,
        /// Least number of answers.
        answers_min: u16 = 3,
    }
    /// R20.
    r20 R20 R20 true {
        /// Least number of records in a row.
        records_min: u16 = 14,
        /// Seconds between two of them.
        gap_seconds: u16 = 60,
    }
    /// R23.
    r23 R23 R23 true {
        /// Minutes from acceptance to answer.
        minutes: u16 = 30,
        /// Least number of instant answers.
        instant_min: u16 = 6,
        /// Least number of self-checked follow-ups.
        self_checked_min: u16 = 4,
    }
    /// R24.
    r24 R24 R24 false {
        /// Days after the close.
        days: u16 = 30,
        /// Least number of requests.
        requests_min: u16 = 3,
    }
    /// R28.
    r28 R28 R28 false {
        /// Days after publication in which an unchecked record is still looked at.
        days_max: u16 = 30,
        /// Least number of records.
        records_min: u16 = 1,
    }
    /// R31.
    r31 R31 R31 true {
        /// Least number of missing entries.
        missing_min: u16 = 1,
    }
}
