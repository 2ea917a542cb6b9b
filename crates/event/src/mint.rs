//! The mint: event identifiers that never go backwards, whatever the clock does.

use serde::{Deserialize, Serialize};

use crate::bounds::{CLOCK_LEAP_MS_MAX, ULID_LEAD_MS_MAX, ULID_MS_MAX};
use crate::{BootId, ClockQuality, EventId};

/// One look at the machine's clocks. Each program reads them in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    /// Wall clock, in milliseconds since 1970-01-01T00:00:00Z, uncorrected.
    pub wall_ms: u64,
    /// Monotonic milliseconds since the boot began.
    pub mono_ms: u64,
    /// The boot.
    pub boot: BootId,
    /// Whether the operating system says that the clock follows a time server.
    pub ntp: bool,
}

/// What the mint must remember across restarts. Stored in the same commit as the event it minted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MintState {
    /// Greatest identifier minted here or seen in an event of the hub.
    pub last: Option<EventId>,
    /// Time, in milliseconds, that had surely passed when it was stored.
    pub floor_ms: u64,
}

/// A fresh identifier and what was known of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minted {
    /// The identifier, greater than every one before it.
    pub id: EventId,
    /// What the time was taken from.
    pub quality: ClockQuality,
    /// The last identifier leads trusted time by more than [`ULID_LEAD_MS_MAX`]: the installation
    /// should go on under a successor origin. Recording goes on meanwhile.
    pub runaway: bool,
}

/// Why no identifier can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// The 48 bits of milliseconds are used up (year 10889): the clock is wrong beyond repair.
    #[error("the clock has reached the end of what an identifier can carry; set it right and start a successor origin")]
    Exhausted,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    hub_ms: u64,
    mono_ms: u64,
    boot: BootId,
}

/// Gives identifiers. See the module.
#[derive(Clone, Debug)]
pub struct Mint {
    state: MintState,
    anchor: Option<Anchor>,
}

impl Mint {
    /// A mint that goes on where `state` ended.
    #[must_use]
    pub const fn resume(state: MintState) -> Self {
        Self { state, anchor: None }
    }

    /// What to store with the next commit.
    #[must_use]
    pub const fn state(&self) -> MintState {
        self.state
    }

    /// Takes the time from the hub, which said `hub_ms` at this reading. Valid for this boot.
    pub fn anchor(&mut self, hub_ms: u64, reading: &ClockReading) {
        self.anchor = Some(Anchor {
            hub_ms: hub_ms.min(ULID_MS_MAX),
            mono_ms: reading.mono_ms,
            boot: reading.boot,
        });
    }

    /// Takes note of an event that must sort before whatever is minted from now on: an event of the
    /// hub, or of the predecessor whose log this origin carries on.
    pub fn observe(&mut self, id: EventId) {
        self.state.last = self.state.last.max(Some(id));
    }

    /// Forgets the last identifier: a successor of an origin whose identifiers had run ahead mints at trusted time
    /// again. Its events still sort behind the predecessor's, whose place in the story is when they were received.
    pub const fn forget(&mut self) {
        self.state.last = None;
    }

    /// Time that can be trusted at this reading, in milliseconds, and where it comes from.
    #[must_use]
    pub fn trusted_now(&self, reading: &ClockReading) -> (u64, ClockQuality) {
        let floor = self.state.floor_ms;
        match self.anchor {
            Some(anchor) if anchor.boot == reading.boot => {
                let passed = reading.mono_ms.saturating_sub(anchor.mono_ms);
                (
                    anchor.hub_ms.saturating_add(passed).min(ULID_MS_MAX),
                    ClockQuality::HubAnchored,
                )
            }
            // A machine that has never known a time has nothing to measure a leap against.
            _ if floor == 0 => (reading.wall_ms.min(ULID_MS_MAX), Self::own_clock(reading)),
            _ => {
                let ceiling = floor.saturating_add(CLOCK_LEAP_MS_MAX);
                let bounded = reading.wall_ms.clamp(floor, ceiling.min(ULID_MS_MAX));
                (
                    bounded,
                    if bounded == reading.wall_ms {
                        Self::own_clock(reading)
                    } else {
                        ClockQuality::Floor
                    },
                )
            }
        }
    }

    const fn own_clock(reading: &ClockReading) -> ClockQuality {
        if reading.ntp {
            ClockQuality::Ntp
        } else {
            ClockQuality::Unknown
        }
    }

    /// The next identifier. `random` is 80 fresh random bits; its top bit is cleared, so that there
    /// is room to count upwards within one millisecond.
    ///
    /// # Errors
    /// [`MintError::Exhausted`] at the edge of 48 bits.
    pub fn next(&mut self, reading: &ClockReading, random: [u8; 10]) -> Result<Minted, MintError> {
        let (now, quality) = self.trusted_now(reading);
        let id = match self.state.last {
            // Upwards by a random step: two machines cloned from one disk, both ahead of the time, would otherwise
            // give one identity to two facts.
            Some(last) if last.ms() >= now => last.plus(1 + step(random)).ok_or(MintError::Exhausted)?,
            _ => {
                let mut low = [0; 16];
                low[6..].copy_from_slice(&random);
                low[6] &= 0x7f;
                EventId::from_parts(now, u128::from_be_bytes(low)).ok_or(MintError::Exhausted)?
            }
        };
        if id.ms() >= ULID_MS_MAX {
            return Err(MintError::Exhausted);
        }
        let anchored = quality == ClockQuality::HubAnchored;
        self.state.last = Some(id);
        // An anchored time replaces the floor even downwards: the hub knows better than a clock that once ran ahead.
        self.state.floor_ms = if anchored { now } else { self.state.floor_ms.max(now) };
        Ok(Minted {
            id,
            quality,
            runaway: anchored && id.ms() > now.saturating_add(ULID_LEAD_MS_MAX),
        })
    }
}

/// A step of at most 48 bits: 2^31 of them fit into the 79 bits of room of one millisecond.
fn step(random: [u8; 10]) -> u64 {
    random[4..].iter().fold(0, |step, byte| step << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR_MS: u64 = 365 * 86_400_000;
    const NOW: u64 = 1_790_000_000_000;

    fn at(wall_ms: u64, mono_ms: u64, boot: u8) -> ClockReading {
        ClockReading {
            wall_ms,
            mono_ms,
            boot: BootId([boot; 8]),
            ntp: false,
        }
    }

    #[test]
    fn ten_thousand_in_one_millisecond_and_overflow_of_the_random_part() {
        let mut mint = Mint::resume(MintState::default());
        let mut last = mint.next(&at(NOW, 0, 1), [0xff; 10]).unwrap().id;
        assert_eq!(last.ms(), NOW);
        for _ in 0..10_000 {
            let id = mint.next(&at(NOW, 0, 1), [0; 10]).unwrap().id;
            assert!(id > last);
            last = id;
        }
        let full = EventId::from_parts(NOW, (1 << 80) - 1).unwrap();
        mint.observe(full);
        let after = mint.next(&at(NOW, 0, 1), [7; 10]).unwrap().id;
        assert_eq!((after.ms(), after > full), (NOW + 1, true));
    }

    #[test]
    fn back_one_year_across_a_restart() {
        let mut mint = Mint::resume(MintState::default());
        let before = mint.next(&at(NOW, 0, 1), [1; 10]).unwrap();
        assert_eq!(before.quality, ClockQuality::Unknown);
        let mut mint = Mint::resume(mint.state());
        let after = mint.next(&at(NOW - YEAR_MS, 0, 2), [0; 10]).unwrap();
        assert!(after.id > before.id);
        assert_eq!(after.quality, ClockQuality::Floor);
    }

    #[test]
    fn forward_ten_years_is_bounded_and_then_corrected_by_the_hub() {
        let mut mint = Mint::resume(MintState {
            last: None,
            floor_ms: NOW,
        });
        let ahead = mint.next(&at(NOW + 10 * YEAR_MS, 0, 1), [1; 10]).unwrap();
        assert_eq!(ahead.id.ms(), NOW + CLOCK_LEAP_MS_MAX);
        assert!(!ahead.runaway, "without the hub nobody can tell");
        mint.anchor(NOW + 1_000, &at(NOW + 10 * YEAR_MS, 5_000, 1));
        let next = mint.next(&at(NOW + 10 * YEAR_MS, 6_000, 1), [0; 10]).unwrap();
        assert!(next.id > ahead.id && next.runaway);
        assert_eq!(next.quality, ClockQuality::HubAnchored);
        assert_eq!(mint.state().floor_ms, NOW + 2_000);
    }

    #[test]
    fn clones_that_are_ahead_of_the_time_do_not_meet() {
        let mut one = Mint::resume(MintState::default());
        one.next(&at(NOW, 0, 1), [1; 10]).unwrap();
        let mut other = Mint::resume(one.state());
        let ids = [
            one.next(&at(0, 0, 2), [5; 10]).unwrap().id,
            other.next(&at(0, 0, 3), [6; 10]).unwrap().id,
        ];
        assert_ne!(ids[0], ids[1]);
    }

    #[test]
    fn an_anchor_ends_with_its_boot() {
        let mut mint = Mint::resume(MintState::default());
        mint.anchor(NOW, &at(0, 100, 1));
        assert_eq!(mint.trusted_now(&at(0, 600, 1)), (NOW + 500, ClockQuality::HubAnchored));
        assert_eq!(mint.trusted_now(&at(NOW + 9, 600, 2)), (NOW + 9, ClockQuality::Unknown));
    }

    #[test]
    fn boot_in_1970_keeps_the_floor() {
        let mut mint = Mint::resume(MintState {
            last: None,
            floor_ms: NOW,
        });
        let minted = mint.next(&at(0, 0, 1), [1; 10]).unwrap();
        assert_eq!((minted.id.ms(), minted.quality), (NOW, ClockQuality::Floor));
    }

    #[test]
    fn never_below_an_event_of_the_hub() {
        let mut mint = Mint::resume(MintState {
            last: None,
            floor_ms: NOW,
        });
        let assignment = EventId::from_parts(NOW + 60_000, 5).unwrap();
        mint.observe(assignment);
        assert!(mint.next(&at(NOW, 0, 1), [1; 10]).unwrap().id > assignment);
    }

    #[test]
    fn the_48_bit_edge_is_refused() {
        let mut mint = Mint::resume(MintState::default());
        mint.observe(EventId::from_parts(ULID_MS_MAX - 1, (1 << 80) - 1).unwrap());
        assert_eq!(mint.next(&at(0, 0, 1), [0; 10]), Err(MintError::Exhausted));
    }
}
