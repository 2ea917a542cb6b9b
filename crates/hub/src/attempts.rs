//! Failed tries of strangers, counted so that nobody tries secrets by the thousand or keeps the writer busy.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use link::{Problem, ProblemKind};

/// Most failures from one address in a window. Many villages may share one, and a clerk may mistake one file for another.
const PER_ADDRESS_MAX: u32 = 20;
/// Most failures in a window, from everywhere.
const TOTAL_MAX: u32 = 200;
/// Length of a window of monotonic time, in milliseconds (ten minutes).
const WINDOW_MS: u64 = 600_000;

/// Failures in the current window. Addresses cannot outnumber [`TOTAL_MAX`].
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<Window>);

#[derive(Debug, Default)]
struct Window {
    ends_ms: u64,
    total: u32,
    by_address: BTreeMap<IpAddr, u32>,
}

impl Attempts {
    /// Whether this address may try.
    ///
    /// # Errors
    /// `rate-limited`, with the rest of the window as the time to wait.
    pub(crate) fn allow(&self, address: IpAddr, mono_ms: u64) -> Result<(), Problem> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A monotonic clock that starts anew belongs to a new boot, and so to a new process; tests may turn it back.
        if mono_ms >= window.ends_ms || window.ends_ms - mono_ms > WINDOW_MS {
            *window = Window {
                ends_ms: mono_ms.saturating_add(WINDOW_MS),
                ..Window::default()
            };
        }
        let failures = window.by_address.get(&address).copied().unwrap_or_default();
        if failures < PER_ADDRESS_MAX && window.total < TOTAL_MAX {
            return Ok(());
        }
        let wait_s = u32::try_from((window.ends_ms - mono_ms).div_ceil(1_000)).unwrap_or(u32::MAX);
        Err(Problem::new(
            ProblemKind::RateLimited,
            "too many failed tries of machines that are not enrolled",
        )
        .after_s(wait_s))
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, address: IpAddr) {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        window.total += 1;
        *window.by_address.entry(address).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn an_address_and_everybody_together_are_bounded_until_the_window_ends() {
        let attempts = Attempts::default();
        attempts.allow(address(1), 5_000).unwrap();
        (0..PER_ADDRESS_MAX).for_each(|_| attempts.failed(address(1)));
        let refused = attempts.allow(address(1), 6_000).unwrap_err();
        assert_eq!(refused.retry_after_s, Some(599));
        attempts.allow(address(2), 6_000).unwrap();
        (0..TOTAL_MAX - PER_ADDRESS_MAX).for_each(|n| attempts.failed(address(u8::try_from(n).unwrap())));
        assert!(attempts.allow(address(251), 6_000).is_err(), "everybody together");
        attempts.allow(address(1), 5_000 + WINDOW_MS).unwrap();
        attempts.allow(address(1), 3).unwrap();
    }
}
