//! The one place where the bench reads clocks and draws randomness.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use event::{BootId, ClockReading};
use link::Surroundings;

/// 2026-09-21, so that what the generator writes lies in the past.
const START_MS: u64 = 1_790_000_000_000;

/// A moment, for measuring.
#[derive(Clone, Copy)]
pub(crate) struct Moment(Instant);

impl Moment {
    #[expect(clippy::disallowed_methods, reason = "this is the program's clock.rs")]
    pub(crate) fn now() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        Self::now().0.duration_since(self.0)
    }
}

/// Runs `work` and says how long it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Moment::now();
    let result = work();
    (result, start.elapsed())
}

/// Fills a buffer from the system.
#[expect(clippy::disallowed_methods, reason = "this is the program's clock.rs")]
pub(crate) fn fill(bytes: &mut [u8]) {
    if getrandom::fill(bytes).is_err() {
        // Without the system's randomness nothing here is measured as it would be.
        std::process::abort();
    }
}

/// `N` random bytes.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// A clock that runs with the machine's and can be put forward.
#[derive(Clone)]
pub(crate) struct Clock {
    start: Moment,
    ahead_ms: Arc<AtomicU64>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            start: Moment::now(),
            ahead_ms: Arc::default(),
        }
    }

    pub(crate) fn put_forward(&self, ms: u64) {
        self.ahead_ms.fetch_add(ms, Relaxed);
    }

    pub(crate) fn reading(&self) -> ClockReading {
        let gone = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mono_ms = gone.saturating_add(self.ahead_ms.load(Relaxed));
        ClockReading {
            wall_ms: START_MS.saturating_add(mono_ms),
            mono_ms: mono_ms.saturating_add(1_000),
            boot: BootId([1; 8]),
            ntp: true,
        }
    }

    /// What a party runs with.
    pub(crate) fn surroundings(&self) -> Surroundings {
        let clock = self.clone();
        Surroundings::new(move || clock.reading(), fill)
    }
}
