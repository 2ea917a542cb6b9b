//! What a village's machine says of the time.

use event::{BootId, ClockQuality, Day};

use super::act::DAY_MS;
use crate::dice::Dice;

/// How the wall clock behaves when nobody touches it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Habit {
    Exact {
        ntp: bool,
    },
    /// Gains (or loses) so much a day since it was last set; set right at the start of each month.
    Drifting {
        ms_per_day: i64,
    },
    /// Started at 1970-01-01 on `from`, set right on `until`.
    Reset {
        from: Day,
        until: Day,
    },
    /// Ahead (or, if negative, behind) by so much from `from` to `until`.
    Off {
        from: Day,
        until: Day,
        by_ms: i64,
    },
}

/// Somebody turned the clock back for a while.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TurnedBack {
    pub(crate) from_ms: u64,
    pub(crate) until_ms: u64,
    pub(crate) by_ms: u64,
    /// Whether the machine was started anew for it.
    pub(crate) new_boot: bool,
}

/// The machine's clocks.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    pub(crate) habit: Habit,
    pub(crate) turned: Vec<TurnedBack>,
    pub(crate) salt: u64,
}

/// One look at them.
pub(crate) struct Reading {
    pub(crate) wall_ms: u64,
    pub(crate) mono_ms: u64,
    pub(crate) boot: BootId,
    pub(crate) quality: ClockQuality,
}

impl Habit {
    pub(crate) fn of(dice: &mut Dice, only_right: bool) -> Self {
        let from = super::CONDUCT_FIRST_DAY.plus(i32::from(dice.between(5, 70)));
        let until = from.plus(i32::from(dice.between(2, 15)));
        let drift = i64::from(dice.between(0, 16_000)) - 8_000;
        let off = (i64::from(dice.between(1, 300)) - 120) * 86_400_000 + i64::from(dice.between(0, 1_000)) * 60_000;
        match dice.below(100) {
            0..45 => Self::Exact { ntp: true },
            45..65 => Self::Exact { ntp: false },
            65..90 => Self::Drifting { ms_per_day: drift },
            _ if only_right => Self::Drifting { ms_per_day: drift },
            90..95 => Self::Reset { from, until },
            _ => Self::Off {
                from,
                until,
                by_ms: off,
            },
        }
    }
}

impl Clock {
    /// What it says at the true time. `online` is whether the hub is heard on that day.
    pub(crate) fn read(&self, true_ms: u64, online: bool) -> Reading {
        let day = Day::of_instant(true_ms.cast_signed());
        let within = |from: Day, until: Day| (from..until).contains(&day);
        let mut wall_ms = match self.habit {
            Habit::Drifting { ms_per_day } => {
                let set_on = super::MONTHS[super::month_of(day)].plus(-3);
                let passed = true_ms.cast_signed() - set_on.start_ms();
                true_ms.saturating_add_signed(passed / 1_000 * ms_per_day / 86_400)
            }
            Habit::Reset { from, until } if within(from, until) => {
                true_ms - u64::try_from(from.start_ms()).unwrap_or(0)
            }
            Habit::Off { from, until, by_ms } if within(from, until) => true_ms.saturating_add_signed(by_ms),
            _ => true_ms,
        };
        // The machine is switched on at eight in the morning, and when somebody wants a new boot.
        let local = true_ms + 8 * 3_600_000;
        let mut began = local - local % DAY_MS;
        if let Some(turned) = self.turned.iter().find(|t| (t.from_ms..t.until_ms).contains(&true_ms)) {
            wall_ms = wall_ms.saturating_sub(turned.by_ms);
            if turned.new_boot {
                began = turned.from_ms + 8 * 3_600_000;
            }
        }
        let too_wrong = wall_ms + DAY_MS < true_ms || wall_ms > true_ms + 400 * DAY_MS;
        let quality = match self.habit {
            _ if online => ClockQuality::HubAnchored,
            _ if too_wrong => ClockQuality::Floor,
            Habit::Exact { ntp: true } => ClockQuality::Ntp,
            _ => ClockQuality::Unknown,
        };
        Reading {
            wall_ms,
            mono_ms: local.saturating_sub(began),
            boot: BootId((self.salt ^ began.rotate_left(20)).to_be_bytes()),
            quality,
        }
    }
}
