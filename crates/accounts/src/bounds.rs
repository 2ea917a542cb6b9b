//! Every bound of accounts and sessions.

/// Memory that one hash takes, in KiB. With [`ARGON2_PASSES`] the second of the settings that OWASP's password storage
/// cheat sheet calls equivalent; a village machine has little memory, and callers hash one at a time.
pub const ARGON2_MEMORY_KIB: u32 = 19 * 1024;
/// Passes over that memory.
pub const ARGON2_PASSES: u32 = 2;
/// Lanes.
pub const ARGON2_LANES: u32 = 1;

/// Shortest password, in characters.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Longest password, in bytes. Longer ones are refused, never cut.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// Longest name, in characters.
pub const NAME_CHARS_MAX: usize = 32;
/// Most accounts on one machine.
pub const ACCOUNTS_MAX: usize = 64;

/// Wrong attempts at one account, or at the one-time code, before a wait.
pub const ATTEMPTS_MAX: u32 = 5;
/// That wait, in milliseconds: 10 minutes.
pub const WAIT_MS: u64 = 10 * 60 * 1_000;
/// Wrong attempts at all names together, known or not, within [`WAIT_MS`], before everybody must wait. Who is signed in
/// is not disturbed.
pub const ATTEMPTS_IN_ALL_MAX: u32 = 30;

/// A session ends when nothing was asked in it for so long, in milliseconds: 2 hours.
pub const SESSION_IDLE_MS: u64 = 2 * 3_600 * 1_000;
/// A session ends so long after its beginning, whatever is asked in it, in milliseconds: 12 hours, a long working day.
pub const SESSION_ABSOLUTE_MS: u64 = 12 * 3_600 * 1_000;
/// How exactly the last use of a session is kept, in milliseconds: 5 minutes. Not every page costs a write.
pub const SESSION_SEEN_STEP_MS: u64 = 5 * 60 * 1_000;
/// Most sessions of one account; the oldest one ends when another begins.
pub const SESSIONS_PER_ACCOUNT_MAX: usize = 8;

/// How long a one-time code can be used, in milliseconds: 72 hours, as an enrolment file.
pub const CODE_MS: u64 = 72 * 3_600 * 1_000;
/// Characters of a one-time code, hyphens not counted: 60 bits.
pub const CODE_CHARS: usize = 12;

/// How far ahead of now an instant that was noted may lie without the clock counting as set back, in milliseconds:
/// 5 minutes. Clocks are corrected by so much every day.
pub const CLOCK_SLACK_MS: u64 = 5 * 60 * 1_000;

/// Longest accounts file, in bytes.
pub const FILE_BYTES_MAX: u64 = 1 << 20;
