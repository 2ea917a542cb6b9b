//! Simulated time: every party has a clock of its own, and the demo says what time it is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use event::{BootId, ClockReading, UnitCode};
use link::Surroundings;
use sample::ClockHabit;

/// The time at one party, in milliseconds of true time, and when its machine was started.
#[derive(Debug)]
pub(super) struct Cell {
    now_ms: AtomicU64,
    started_ms: AtomicU64,
}

impl Cell {
    pub(super) fn new(now_ms: u64) -> Arc<Self> {
        Arc::new(Self {
            now_ms: AtomicU64::new(now_ms),
            started_ms: AtomicU64::new(now_ms),
        })
    }

    /// Lets time pass; it never goes back.
    pub(super) fn advance_to(&self, ms: u64) {
        self.now_ms.fetch_max(ms, Relaxed);
    }

    /// The machine is started anew.
    pub(super) fn restart(&self) {
        self.started_ms.store(self.now_ms.load(Relaxed), Relaxed);
    }

    /// What the machine's clocks say: the wall clock as its habit has it, the others as they must.
    fn reading(&self, unit: UnitCode, habit: ClockHabit) -> ClockReading {
        let (now_ms, started_ms) = (self.now_ms.load(Relaxed), self.started_ms.load(Relaxed));
        let boot = started_ms.rotate_left(20) ^ unit.get();
        ClockReading {
            wall_ms: habit.wall_ms(now_ms),
            mono_ms: now_ms.saturating_sub(started_ms),
            boot: BootId(boot.to_be_bytes()),
            ntp: matches!(habit, ClockHabit::Exact { ntp: true }),
        }
    }

    /// Surroundings with this clock and the system's own entropy.
    pub(super) fn surroundings(
        self: &Arc<Self>,
        unit: UnitCode,
        habit: ClockHabit,
        real: &Surroundings,
    ) -> Surroundings {
        let (cell, entropy) = (Arc::clone(self), Arc::clone(&real.entropy));
        Surroundings::new(move || cell.reading(unit, habit), move |bytes| entropy(bytes))
    }
}
