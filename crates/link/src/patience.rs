//! How long a client waits.

use std::time::Duration;

/// What a client puts up with. There is no limit on the whole of an exchange: on a slow link a long
/// exchange is a good one, as long as something moves.
#[derive(Clone, Debug)]
pub struct Patience {
    /// Longest time to a finished TLS handshake. The wait for an answer is longer by as much, because it
    /// cannot be told from outside whether a request needed a new connection.
    pub connect: Duration,
    /// Longest silence: of the hub before it answers, and within an answer. Also how long sent bytes
    /// may stay unacknowledged by the other machine's system before the connection is given up (Linux).
    pub silence: Duration,
    /// The slowest upload we reckon with, in bytes per second. The wait for an answer is lengthened by
    /// the time the request's body would take at this speed, because the system may still be sending
    /// what the program handed over long ago.
    pub slowest_bytes_per_s: u32,
    /// A connection unused for this long is not used again. Shorter than the hub's own limit, so that
    /// a request seldom meets a connection that is just being closed.
    pub rest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            silence: Duration::from_secs(20),
            slowest_bytes_per_s: 1_024,
            rest: Duration::from_secs(240),
        }
    }
}

impl Patience {
    /// Longest wait for the head of an answer to a request with a body of this length, when the hub
    /// may by agreement keep silent for `agreed` (a long poll).
    pub(crate) fn answer(&self, body_bytes: usize, agreed: Duration) -> Duration {
        let body_bytes = u64::try_from(body_bytes).unwrap_or(u64::MAX);
        let upload_s = body_bytes / u64::from(self.slowest_bytes_per_s.max(1));
        self.silence
            .saturating_add(agreed)
            .saturating_add(Duration::from_secs(upload_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_with_the_upload_and_with_what_was_agreed() {
        let patience = Patience::default();
        assert_eq!(patience.answer(0, Duration::ZERO), Duration::from_secs(20));
        assert_eq!(patience.answer(0, Duration::from_secs(25)), Duration::from_secs(45));
        assert_eq!(
            patience.answer(256 * 1024, Duration::ZERO),
            Duration::from_secs(20 + 256)
        );
        let impatient = Patience {
            slowest_bytes_per_s: 0,
            ..patience
        };
        assert_eq!(impatient.answer(5, Duration::ZERO), Duration::from_secs(25));
    }
}
