//! Every bound of the event format, named with its unit last. `protocol/events.md` lists the same
//! numbers and a test compares the two.

/// Longest encoded event, header and facts together, in bytes. For ever: a hub that accepted an
/// event must be able to serve it to every later reader.
pub const EVENT_BYTES_MAX: usize = 3_072;
/// Longest facts map inside an event, in bytes.
pub const FACTS_BYTES_MAX: usize = 2_048;
/// Longest personal part (suite byte, salt and content), in bytes.
pub const PERSONAL_BYTES_MAX: usize = 16_384;
/// Salt of a personal part, in bytes.
pub const PERSONAL_SALT_BYTES: usize = 16;
/// Most people who may have acted together in one event.
pub const ACTORS_MAX: usize = 16;
/// Most events that one event may name as its causes.
pub const CAUSES_MAX: usize = 8;
/// Most references (visits, requests) inside the facts of one event.
pub const REFERENCES_MAX: usize = 32;
/// Deepest nesting inside facts or a personal part.
pub const DEPTH_MAX: usize = 8;
/// The last millisecond that a ULID can carry (48 bits).
pub const ULID_MS_MAX: u64 = (1 << 48) - 1;
/// Farthest a clock that has not heard the hub since boot may lead its persisted floor, in milliseconds (400 days).
pub const CLOCK_LEAP_MS_MAX: u64 = 400 * 86_400_000;
/// How far the last ULID may lead trusted time before the node goes on under a successor origin, in milliseconds (one day).
pub const ULID_LEAD_MS_MAX: u64 = 86_400_000;
/// Longest label of an imported event's source, in bytes.
pub const SOURCE_LABEL_BYTES_MAX: usize = 128;
/// Longest free text in a personal part, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 12_000;
