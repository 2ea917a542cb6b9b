//! How often one may guess.

use serde::{Deserialize, Serialize};

use crate::bounds::WAIT_MS;
use crate::session::is_ahead;

/// Wrong attempts at one thing, and when the first of them was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Throttle {
    wrong: u32,
    since_ms: u64,
}

impl Throttle {
    /// Counts an attempt as wrong, until it turns out to be right. `max` of them within [`WAIT_MS`] are allowed; then
    /// nothing is, until that time has passed since the last one.
    ///
    /// # Errors
    /// How long to wait, in milliseconds.
    pub(crate) fn attempt(&mut self, max: u32, now_ms: u64) -> Result<(), u64> {
        if is_ahead(self.since_ms, now_ms) || self.since_ms > now_ms {
            // The clock was set back: nobody knows how long ago that was, so the wait begins anew.
            self.since_ms = now_ms;
        }
        let passed = now_ms - self.since_ms;
        if passed >= WAIT_MS {
            *self = Self::default();
        }
        if self.wrong >= max {
            return Err(WAIT_MS - passed);
        }
        self.wrong += 1;
        self.since_ms = now_ms;
        Ok(())
    }

    /// The attempt was right.
    pub(crate) const fn right(&mut self) {
        self.wrong = 0;
    }

    /// Takes back one attempt that was right, and leaves those of others.
    pub(crate) const fn take_back(&mut self) {
        self.wrong = self.wrong.saturating_sub(1);
    }

    /// Attempts that are left.
    pub(crate) const fn left(self, max: u32) -> u32 {
        max.saturating_sub(self.wrong)
    }
}
