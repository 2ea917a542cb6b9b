//! The hub's own time: `received_at` is strictly increasing along the journal, whatever the machine's clock does.

use event::ClockReading;

use crate::limits::HUB_LEAP_MS_MAX;

/// Why the wall clock is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockAlarm {
    /// It stands behind the journal's last time.
    Behind {
        /// By how much, in milliseconds.
        by_ms: u64,
    },
    /// It stands more than seven days ahead of it.
    Ahead {
        /// By how much, in milliseconds.
        by_ms: u64,
    },
}

/// Gives the times of the journal.
#[derive(Clone, Debug)]
pub struct HubClock {
    last_ms: u64,
    /// Wall and monotonic time at which this boot's wall clock was first believed.
    anchor: Option<(u64, u64)>,
    alarm: Option<ClockAlarm>,
}

impl HubClock {
    /// The clock after a start, when the journal's last record was written at `last_ms` (0 for a new journal).
    #[must_use]
    pub fn start(last_ms: u64, reading: &ClockReading) -> Self {
        let mut clock = Self {
            last_ms,
            anchor: None,
            alarm: None,
        };
        if last_ms > 0 && reading.wall_ms < last_ms {
            clock.alarm = Some(ClockAlarm::Behind {
                by_ms: last_ms - reading.wall_ms,
            });
        } else if last_ms > 0 && reading.wall_ms > last_ms.saturating_add(HUB_LEAP_MS_MAX) {
            clock.alarm = Some(ClockAlarm::Ahead {
                by_ms: reading.wall_ms - last_ms,
            });
        } else {
            clock.anchor = Some((reading.wall_ms, reading.mono_ms));
        }
        clock
    }

    /// What is wrong with the wall clock, if something is.
    #[must_use]
    pub const fn alarm(&self) -> Option<ClockAlarm> {
        self.alarm
    }

    /// The operator, or a majority of villages with time servers, confirms the wall clock.
    /// It still never goes back: a clock that is behind is used from the moment it has caught up.
    pub const fn confirm(&mut self, reading: &ClockReading) {
        self.anchor = Some((reading.wall_ms, reading.mono_ms));
        self.alarm = None;
    }

    /// Time that may be told to villages, in milliseconds.
    #[must_use]
    pub fn told_ms(&self, reading: &ClockReading) -> Option<u64> {
        self.anchor
            .map(|anchor| Self::carried(anchor, reading).max(self.last_ms))
    }

    fn carried((wall_ms, mono_ms): (u64, u64), reading: &ClockReading) -> u64 {
        wall_ms.saturating_add(reading.mono_ms.saturating_sub(mono_ms))
    }

    /// The time of the next journal record: later than every one before it, by 1 ms at least.
    pub fn next(&mut self, reading: &ClockReading) -> u64 {
        let floor = self.last_ms.saturating_add(1);
        self.last_ms = self
            .anchor
            .map_or(floor, |anchor| Self::carried(anchor, reading).max(floor));
        self.last_ms
    }

    /// Time of the last record.
    #[must_use]
    pub const fn last_ms(&self) -> u64 {
        self.last_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::BootId;

    fn at(wall_ms: u64, mono_ms: u64) -> ClockReading {
        ClockReading {
            wall_ms,
            mono_ms,
            boot: BootId([1; 8]),
            ntp: false,
        }
    }

    #[test]
    fn a_wall_clock_behind_or_far_ahead_is_not_used_until_confirmed() {
        let last = 1_790_000_000_000;
        for (wall, behind) in [(last - 1, true), (0, true), (last + HUB_LEAP_MS_MAX + 1, false)] {
            let mut clock = HubClock::start(last, &at(wall, 10));
            assert_eq!(matches!(clock.alarm(), Some(ClockAlarm::Behind { .. })), behind);
            assert_eq!(
                (clock.next(&at(wall, 900)), clock.next(&at(wall, 901))),
                (last + 1, last + 2)
            );
            assert_eq!(clock.told_ms(&at(wall, 902)), None);
            clock.confirm(&at(wall, 1_000));
            assert_eq!(clock.next(&at(wall + 50, 1_050)), (wall + 50).max(last + 3));
        }
    }

    #[test]
    fn within_a_boot_it_follows_monotonic_time_only() {
        let mut clock = HubClock::start(1_000, &at(5_000, 100));
        assert_eq!(clock.next(&at(0, 200)), 5_100);
        assert_eq!(clock.next(&at(0, 200)), 5_101);
        assert_eq!(clock.told_ms(&at(9, 400)), Some(5_300));
    }
}
