//! What help a village needs, in words: the line in the list, and what to say on the telephone.

use event::Day;

use crate::{Words, text};

/// What help a village needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Help {
    /// A machine's log forked; nobody has claimed it.
    Fork {
        /// How many machines.
        machines: u64,
    },
    /// No machine of the village may write any more.
    NoMachine,
    /// No word for so long that somebody should call.
    Silent,
    /// No word for a while.
    Quiet,
    /// Enrolled, and never heard of since.
    NeverHeard,
    /// A machine's clock cannot be believed.
    ClockWrong {
        /// Its wall clock minus the township's, in milliseconds.
        lead_ms: i64,
    },
    /// A machine's clock is off, and times of day with it.
    ClockOff {
        /// Its wall clock minus the township's, in milliseconds.
        lead_ms: i64,
    },
    /// Requests past their due day without an answer.
    Overdue {
        /// How many.
        requests: u64,
    },
    /// Entries that somebody at the township must review.
    Review {
        /// How many.
        entries: u64,
    },
    /// Entries that did not fit what was already done, of late.
    Conflicts {
        /// How many.
        entries: u64,
    },
    /// A machine took over from another one of late.
    NewMachine,
}

/// One thing that a village needs help with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// What.
    pub help: Help,
    /// Since when it waits, in milliseconds.
    pub since_ms: i64,
    /// Whether it belongs into the first group.
    pub first: bool,
}

impl Need {
    /// Days since then, by the calendar in UTC+8; 0 is today, and so is what lies ahead.
    #[must_use]
    pub fn waited_days(&self, now_ms: i64) -> u64 {
        let day = |ms| i64::from(Day::of_instant(ms).0);
        u64::try_from(day(now_ms) - day(self.since_ms)).unwrap_or(0)
    }

    pub(crate) fn waited(&self, w: Words, now_ms: i64) -> String {
        match self.waited_days(now_ms) {
            0 => w.villages_today().to_owned(),
            days => w.days(&text::number(days)),
        }
    }
}

/// A machine's clock, as of its last word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// Near enough to the township's.
    Right,
    /// Its wall clock minus the township's, in milliseconds, where that is too much.
    Off {
        /// Positive: it is ahead.
        lead_ms: i64,
    },
}

impl Clock {
    /// 「正常」「快 26 分」「慢 3 年」
    pub(crate) fn say(self, w: Words) -> String {
        match self {
            Self::Unknown => w.unknown().to_owned(),
            Self::Right => w.villages_clock_right().to_owned(),
            Self::Off { lead_ms } => {
                let span = span(w, lead_ms);
                if lead_ms > 0 {
                    w.villages_clock_fast(&span)
                } else {
                    w.villages_clock_slow(&span)
                }
            }
        }
    }
}

/// A span of time in the greatest unit that fits: 26 分, 5 小时, 4 天, 3 年.
fn span(w: Words, ms: i64) -> String {
    let minutes = ms.unsigned_abs() / 60_000;
    match minutes {
        0..120 => w.span_minutes(minutes),
        120..2_880 => w.span_hours(minutes / 60),
        2_880..525_600 => w.span_days(minutes / 1_440),
        _ => w.span_years(minutes / 525_600),
    }
}

impl Help {
    /// The line in the list of villages.
    #[must_use]
    pub fn line(self, w: Words) -> String {
        match self {
            Self::Fork { machines: 1 } => w.help_fork().to_owned(),
            Self::Fork { machines } => w.help_forks(machines),
            Self::NoMachine => w.help_no_machine().to_owned(),
            Self::Silent => w.help_silent().to_owned(),
            Self::Quiet => w.help_quiet().to_owned(),
            Self::NeverHeard => w.help_never_heard().to_owned(),
            Self::ClockWrong { lead_ms } => w.help_clock_wrong(&Clock::Off { lead_ms }.say(w)),
            Self::ClockOff { lead_ms } => w.help_clock_off(&Clock::Off { lead_ms }.say(w)),
            Self::Overdue { requests: 1 } => w.help_overdue_one().to_owned(),
            Self::Overdue { requests } => w.help_overdue(requests),
            Self::Review { entries: 1 } => w.help_review_one().to_owned(),
            Self::Review { entries } => w.help_review(entries),
            Self::Conflicts { entries: 1 } => w.help_conflict_one().to_owned(),
            Self::Conflicts { entries } => w.help_conflicts(entries),
            Self::NewMachine => w.help_new_machine().to_owned(),
        }
    }

    /// What to say on the telephone, and what to leave alone.
    #[must_use]
    pub const fn say(self, w: Words) -> &'static str {
        match self {
            Self::Fork { .. } => w.say_fork(),
            Self::NoMachine => w.say_no_machine(),
            Self::Silent | Self::Quiet => w.say_silent(),
            Self::NeverHeard => w.say_never_heard(),
            Self::ClockWrong { .. } | Self::ClockOff { .. } => w.say_clock(),
            Self::Overdue { .. } => w.say_overdue(),
            Self::Review { .. } => w.say_review(),
            Self::Conflicts { .. } => w.say_conflicts(),
            Self::NewMachine => w.say_new_machine(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lang;

    #[test]
    fn clocks_are_said_in_the_greatest_unit_and_no_unit_is_rounded_up() {
        let say = |lead_ms| Clock::Off { lead_ms }.say(Words::new(Lang::Zh));
        assert_eq!(say(26 * 60_000 + 59_999), "快 26 分");
        assert_eq!(say(-119 * 60_000), "慢 119 分");
        assert_eq!(say(-47 * 3_600_000), "慢 47 小时");
        assert_eq!(say(3 * 86_400_000), "快 3 天");
        assert_eq!(say(-3 * 365 * 86_400_000 - 5), "慢 3 年");
        assert!(say(i64::MIN).starts_with("慢 "));
        assert_eq!(Clock::Unknown.say(Words::new(Lang::En)), "unknown");
    }

    #[test]
    fn what_began_today_waits_no_day_and_a_clock_that_went_back_makes_no_negative_one() {
        let need = Need {
            help: Help::Quiet,
            since_ms: 1_790_000_000_000,
            first: false,
        };
        let days = |later: i64| need.waited_days(need.since_ms + later);
        // It began at 22:13 in UTC+8.
        assert_eq!(
            [days(0), days(6_000_000), days(7_200_000), days(-86_400_000)],
            [0, 0, 1, 0]
        );
        assert_eq!(
            need.waited(Words::new(Lang::Zh), need.since_ms + 9 * 86_400_000),
            "9 天"
        );
    }
}
