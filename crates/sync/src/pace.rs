//! How much to send at once and how long to wait after a failure.

use crate::limits::{BACKOFF_MS_MAX, BACKOFF_MS_MIN, PUSH_BYTES_MAX, PUSH_BYTES_START, PUSH_TIME_TARGET_MS};

/// Adapts the size of a push to the link: eight times as much after one that took a sixteenth of the target
/// time or less, twice as much after one that took half or less, half as much after one that failed or
/// took twice the target time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    bytes: usize,
    failures: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            bytes: PUSH_BYTES_START,
            failures: 0,
        }
    }
}

impl Pace {
    const BYTES_MIN: usize = 512;

    /// Compressed bytes to aim at next.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// A push of this size went through in `took_ms`.
    pub fn succeeded(&mut self, took_ms: u64) {
        self.failures = 0;
        if took_ms <= PUSH_TIME_TARGET_MS / 16 {
            // Eight times as much should still take no more than half the target time.
            self.bytes = (self.bytes * 8).min(PUSH_BYTES_MAX);
        } else if took_ms <= PUSH_TIME_TARGET_MS / 2 {
            self.bytes = (self.bytes * 2).min(PUSH_BYTES_MAX);
        } else if took_ms >= PUSH_TIME_TARGET_MS * 2 {
            self.bytes = (self.bytes / 2).max(Self::BYTES_MIN);
        }
    }

    /// Something failed. Returns how long to wait, in milliseconds: doubling from
    /// [`BACKOFF_MS_MIN`] to [`BACKOFF_MS_MAX`], the upper half of it spread by `jitter`; never less than the hub asked for.
    pub fn failed(&mut self, jitter: u64, retry_after_ms: Option<u64>) -> u64 {
        self.failures = self.failures.saturating_add(1);
        self.bytes = (self.bytes / 2).max(Self::BYTES_MIN);
        let full = BACKOFF_MS_MIN
            .saturating_mul(1 << (self.failures - 1).min(10))
            .min(BACKOFF_MS_MAX);
        (full / 2 + jitter % (full / 2 + 1)).max(retry_after_ms.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_on_a_fast_link_and_shrinks_on_a_bad_one() {
        let mut pace = Pace::default();
        pace.succeeded(376);
        assert_eq!(pace.bytes(), 2 * PUSH_BYTES_START);
        pace.succeeded(375);
        assert_eq!(pace.bytes(), 16 * PUSH_BYTES_START);
        (0..20).for_each(|_| pace.succeeded(3_000));
        assert_eq!(pace.bytes(), PUSH_BYTES_MAX);
        let waits: Vec<_> = (0..12).map(|n| pace.failed(n * 7_919, None)).collect();
        assert_eq!(pace.bytes(), 512);
        assert!(
            waits
                .iter()
                .all(|wait| (BACKOFF_MS_MIN / 2..=BACKOFF_MS_MAX).contains(wait))
        );
        assert_eq!(pace.failed(0, Some(400_000)), 400_000);
    }
}
