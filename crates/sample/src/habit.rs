//! Habits of machines: when there is a link, and what the clock says.

use event::{BootId, ClockReading, Day, UnitCode};

use crate::calendar::weekday;
use crate::dice::Dice;
use crate::plan::Plan;

const DAY_MS: u64 = 86_400_000;
const YEAR_MS: u64 = 365 * DAY_MS;

/// On which days of the story a village's machine can reach the township.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkHabit {
    first_day: Day,
    online: Vec<bool>,
}

impl LinkHabit {
    /// The habit of the village with this index. Seven habits take turns: nearly always; every fifth day
    /// (market day); a quiet stretch of three weeks; one day in ten down; Mondays and Thursdays; ten weeks
    /// without a link; nearly always, and then none for the last twelve days.
    pub(crate) fn of(plan: &Plan, index: u16, dice: &mut Dice) -> Self {
        let days = usize::from(plan.days);
        let mut quiet = |len: usize| {
            let len = len.min(days / 2);
            let from = days / 4 + dice.index(days / 4 + 1);
            from..from + len
        };
        let online: Vec<bool> = match index % 7 {
            1 => (0..days).map(|n| n % 5 == usize::from(index % 5)).collect(),
            2 => {
                let gap = quiet(21);
                (0..days).map(|n| !gap.contains(&n) && dice.permille(950)).collect()
            }
            3 => (0..days).map(|_| dice.permille(900)).collect(),
            4 => (0..days).map(|n| matches!(weekday(day_at(plan, n)), 0 | 3)).collect(),
            5 => {
                let gap = quiet(70);
                (0..days).map(|n| !gap.contains(&n) && dice.permille(930)).collect()
            }
            6 => (0..days)
                .map(|n| n + 12.min(days / 3) < days && dice.permille(970))
                .collect(),
            _ => (0..days).map(|_| dice.permille(985)).collect(),
        };
        Self {
            first_day: plan.first_day,
            online,
        }
    }

    /// Whether there is a link on that day. Outside the story there is one.
    #[must_use]
    pub fn online(&self, day: Day) -> bool {
        usize::try_from(day.0 - self.first_day.0)
            .ok()
            .and_then(|n| self.online.get(n))
            .copied()
            .unwrap_or(true)
    }

    /// Each day of the story, from its first.
    #[must_use]
    pub fn days(&self) -> &[bool] {
        &self.online
    }
}

fn day_at(plan: &Plan, n: usize) -> Day {
    plan.first_day.plus(i32::try_from(n).unwrap_or(0))
}

/// How a machine's wall clock behaves. Days are those of the true time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockHabit {
    /// Right; `ntp` if it follows a time server.
    Exact {
        /// Whether it follows a time server.
        ntp: bool,
    },
    /// Runs fast (or slow, if negative) by so many milliseconds a day, from `since` on.
    Drifting {
        /// When it was right for the last time.
        since: Day,
        /// Error gained in a day, in milliseconds.
        ms_per_day: i64,
    },
    /// Lost its battery: starts on `from` at 1970-01-01T00:00:00Z and runs on from there, until somebody sets it on `until`.
    PowerLoss {
        /// Day of the power loss.
        from: Day,
        /// Day on which it is set right.
        until: Day,
    },
    /// Set years ahead on `from`, corrected on `until`.
    Ahead {
        /// First day ahead.
        from: Day,
        /// Day on which it is set right.
        until: Day,
        /// By how much, in milliseconds.
        by_ms: u64,
    },
    /// Came up a year back after a restart on `from`, set right on `until`.
    Back {
        /// Day of the restart.
        from: Day,
        /// Day on which it is set right.
        until: Day,
        /// By how much, in milliseconds.
        by_ms: u64,
    },
}

impl ClockHabit {
    /// The habit of the village with this index: the eight cases take turns.
    pub(crate) fn of(plan: &Plan, index: u16, dice: &mut Dice) -> Self {
        let days = plan.days;
        let from = plan.first_day.plus(i32::from(days / 3 + dice.between(0, days / 6)));
        let until = from.plus(i32::from(dice.between(4, 18).min(days / 4).max(1)));
        match index % 8 {
            0 => Self::Exact { ntp: true },
            1 => Self::Drifting {
                since: plan.first_day,
                ms_per_day: i64::from(dice.between(300, 4_000)),
            },
            2 => Self::PowerLoss { from, until },
            4 => Self::Ahead {
                from,
                until,
                by_ms: YEAR_MS * u64::from(dice.between(2, 10)),
            },
            5 => Self::Drifting {
                since: plan.first_day,
                ms_per_day: -i64::from(dice.between(300, 4_000)),
            },
            6 => Self::Back {
                from,
                until,
                by_ms: YEAR_MS,
            },
            _ => Self::Exact { ntp: false },
        }
    }

    /// What the wall clock says at the true time `true_ms`; both in milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn wall_ms(&self, true_ms: u64) -> u64 {
        let within = |from: Day, until: Day| (start(from)..start(until)).contains(&true_ms);
        match *self {
            Self::Drifting { since, ms_per_day } => {
                let passed = i64::try_from(true_ms.saturating_sub(start(since))).unwrap_or(i64::MAX);
                let error = i128::from(passed) * i128::from(ms_per_day) / i128::from(DAY_MS);
                true_ms.saturating_add_signed(i64::try_from(error).unwrap_or(0))
            }
            Self::PowerLoss { from, until } if within(from, until) => true_ms - start(from),
            Self::Ahead { from, until, by_ms } if within(from, until) => true_ms.saturating_add(by_ms),
            Self::Back { from, until, by_ms } if within(from, until) => true_ms.saturating_sub(by_ms),
            _ => true_ms,
        }
    }

    /// Where the clock was plainly wrong: first day, day of the correction, and what is to be added to
    /// its times, in milliseconds. `None` for a right or drifting clock.
    #[must_use]
    pub fn wrong_span(&self) -> Option<(Day, Day, i64)> {
        let signed = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
        match *self {
            Self::Exact { .. } | Self::Drifting { .. } => None,
            Self::PowerLoss { from, until } => Some((from, until, signed(start(from)))),
            Self::Ahead { from, until, by_ms } => Some((from, until, -signed(by_ms))),
            Self::Back { from, until, by_ms } => Some((from, until, signed(by_ms))),
        }
    }

    /// What the machine of the village `unit` knows of the time at the true time `true_ms`. It is started
    /// anew every eight days, and when the clock goes wrong.
    #[must_use]
    pub fn reading(&self, unit: UnitCode, true_ms: u64) -> ClockReading {
        let weekly = true_ms - true_ms % (8 * DAY_MS);
        let restart = self
            .wrong_span()
            .map(|(from, _, _)| start(from))
            .filter(|at| *at <= true_ms);
        let began = restart.map_or(weekly, |at| at.max(weekly));
        ClockReading {
            wall_ms: self.wall_ms(true_ms),
            mono_ms: true_ms - began,
            boot: BootId(mixed(unit.get() ^ began.rotate_left(17)).to_be_bytes()),
            ntp: matches!(self, Self::Exact { ntp: true }),
        }
    }
}

fn start(day: Day) -> u64 {
    u64::try_from(day.start_ms()).unwrap_or(0)
}

/// The finisher of SplitMix64: every bit of the argument reaches every bit of the result.
const fn mixed(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_habit_occurs_and_behaves() {
        let township = Plan::default().township();
        let noon = |day: Day| start(day) + DAY_MS / 2;
        let mut wrong = [0; 3];
        for village in &township.villages {
            let end = Plan::default().end().plus(-1);
            if let Some((from, until, offset)) = village.clock.wrong_span() {
                let at = noon(from);
                let wall = village.clock.wall_ms(at);
                assert_eq!(wall.checked_add_signed(offset), Some(at), "{:?}", village.clock);
                assert_eq!(village.clock.wall_ms(noon(until)), noon(until));
                let before = village.clock.reading(village.unit, start(from) - 1);
                assert_ne!(before.boot, village.clock.reading(village.unit, at).boot);
                wrong[match village.clock {
                    ClockHabit::PowerLoss { .. } => 0,
                    ClockHabit::Ahead { .. } => 1,
                    _ => 2,
                }] += 1;
            } else if let ClockHabit::Drifting { ms_per_day, .. } = village.clock {
                let error = i128::from(village.clock.wall_ms(noon(end))) - i128::from(noon(end));
                assert_eq!(error.signum(), i128::from(ms_per_day.signum()));
            }
        }
        assert!(wrong.iter().all(|n| *n >= 3), "{wrong:?}");
        let longest = |village: &crate::Village| village.link.days().split(|on| *on).map(<[bool]>::len).max();
        let gaps: Vec<_> = township.villages.iter().filter_map(longest).collect();
        assert!(
            gaps.iter().any(|gap| *gap >= 60) && gaps.iter().any(|gap| *gap < 4),
            "{gaps:?}"
        );
    }

    #[test]
    fn monotonic_time_grows_within_a_boot() {
        let clock = ClockHabit::Back {
            from: Day(20_340),
            until: Day(20_350),
            by_ms: YEAR_MS,
        };
        let unit = crate::plan::village_unit(0);
        let mut last = clock.reading(unit, start(Day(20_330)));
        for hour in 1..24 * 30 {
            let now = clock.reading(unit, start(Day(20_330)) + hour * 3_600_000);
            assert!(now.boot != last.boot || now.mono_ms > last.mono_ms);
            last = now;
        }
    }
}
