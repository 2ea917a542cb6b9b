//! What a running party takes from the machine it runs on: the time and random bytes.

use std::fmt;
use std::sync::Arc;

use event::ClockReading;

/// A function that reads the machine's clocks.
pub type ReadClock = dyn Fn() -> ClockReading + Send + Sync;
/// A function that fills a buffer with random bytes.
pub type FillRandom = dyn Fn(&mut [u8]) + Send + Sync;

/// The clock and the entropy of a running party, handed in from outside. Programs build it in their
/// `clock.rs`; the demo and the tests inject their own. Cheap to clone.
#[derive(Clone)]
pub struct Surroundings {
    /// Reads the machine's clocks.
    pub clock: Arc<ReadClock>,
    /// Fills a buffer with random bytes.
    pub entropy: Arc<FillRandom>,
}

impl Surroundings {
    /// Surroundings of these two.
    #[must_use]
    pub fn new(
        clock: impl Fn() -> ClockReading + Send + Sync + 'static,
        entropy: impl Fn(&mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        Self {
            clock: Arc::new(clock),
            entropy: Arc::new(entropy),
        }
    }

    /// The clocks now.
    #[must_use]
    pub fn now(&self) -> ClockReading {
        (self.clock)()
    }

    /// `N` fresh random bytes.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.entropy)(&mut bytes);
        bytes
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Surroundings")
    }
}
