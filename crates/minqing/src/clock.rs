//! The one place where this program reads clocks and draws entropy; everything below takes them as arguments.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use event::{BootId, ClockReading};
use link::Surroundings;

/// Milliseconds since the machine was started, on Linux; they go on while it sleeps.
const UPTIME: &str = "/proc/uptime";
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
/// Present while the system's time service follows a time server.
const SYNCHRONIZED: &str = "/run/systemd/timesync/synchronized";

/// The clocks and the entropy of this machine.
#[expect(clippy::disallowed_methods, reason = "this is the program's clock.rs")]
pub(crate) fn surroundings() -> anyhow::Result<Surroundings> {
    // Asked once, so that a machine without a source of randomness is told at the start.
    random(&mut [0; 8])?;
    let boot = boot();
    let started = Instant::now();
    let clock = move || ClockReading {
        wall_ms: wall_ms(),
        mono_ms: uptime_ms().unwrap_or_else(|| ms(started.elapsed())),
        boot,
        ntp: Path::new(SYNCHRONIZED).exists(),
    };
    let entropy = |bytes: &mut [u8]| {
        if let Err(error) = random(bytes) {
            // A key or a secret made of anything else would be worse than no program.
            tracing::error!(%error, "no randomness");
            std::process::abort();
        }
    };
    Ok(Surroundings::new(clock, entropy))
}

/// Fills a buffer with random bytes of the system.
#[expect(clippy::disallowed_methods, reason = "this is the program's clock.rs")]
pub(crate) fn random(bytes: &mut [u8]) -> anyhow::Result<()> {
    getrandom::fill(bytes).map_err(|error| anyhow::anyhow!("the system gives no random bytes: {error}"))
}

/// The wall clock, in milliseconds since 1970-01-01T00:00:00Z.
#[expect(clippy::disallowed_methods, reason = "this is the program's clock.rs")]
pub(crate) fn wall_ms() -> u64 {
    // A clock before 1970 counts as 1970: it is as wrong as that.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, ms)
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn uptime_ms() -> Option<u64> {
    let text = fs::read_to_string(UPTIME).ok()?;
    let (seconds, rest) = text.split_once('.')?;
    let hundredths: u64 = rest.get(..2)?.parse().ok()?;
    Some(seconds.parse::<u64>().ok()? * 1_000 + hundredths * 10)
}

/// This start of the machine. Where the system gives it no name, this start of the program stands for it.
fn boot() -> BootId {
    let named = || {
        let text = fs::read_to_string(BOOT_ID).ok()?;
        let digits: String = text.chars().filter(char::is_ascii_hexdigit).take(16).collect();
        Some(u64::from_str_radix(&digits, 16).ok()?.to_be_bytes())
    };
    let drawn = || {
        let mut bytes = [0; 8];
        // Checked before; zeros would only mean that time is not carried over from an earlier start.
        let _ = random(&mut bytes);
        bytes
    };
    BootId(named().unwrap_or_else(drawn))
}

/// How long something takes.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts.
    #[expect(clippy::disallowed_methods, reason = "this is the program's clock.rs")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since then.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// The time since then, in tenths of a second.
    pub(crate) fn seconds(&self) -> f64 {
        (self.elapsed().as_secs_f64() * 10.0).round() / 10.0
    }
}
