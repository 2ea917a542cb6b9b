//! Every bound of the protocol, named with its unit last. `protocol/README.md` lists the same numbers.

/// Version of the protocol.
pub const PROTOCOL_VERSION: u16 = 1;
/// Most events in one push; a push ends at most this many events after the last one.
pub const PUSH_EVENTS_MAX: usize = 2_000;
/// Longest body of a push or a page, compressed, in bytes.
pub const BODY_BYTES_MAX: usize = 768 * 1_024;
/// Most bytes into which a body may unfold.
pub const BODY_RAW_BYTES_MAX: usize = 12 * 1_024 * 1_024;
/// A sender stops adding entries to a body when it has unfolded to this many bytes.
pub const BODY_RAW_BYTES_TARGET: usize = 4 * 1_024 * 1_024;
/// Largest window of a compressed body, as a power of two: a reader needs this much memory, no more.
pub const WINDOW_LOG_MAX: u32 = 20;
/// The compressor is flushed after this many entries, so that a body cut short yields its whole entries.
pub const FLUSH_EVERY_ENTRIES: usize = 32;
/// Longest item inside a body, in bytes: an event, its personal part, and the frame around them.
pub const ITEM_BYTES_MAX: usize = event::bounds::EVENT_BYTES_MAX + event::bounds::PERSONAL_BYTES_MAX + 64;
/// Longest hello, hello reply or push reply, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1_024;
/// Longest journal record, in bytes. It is an entry of the journal's log and so has an event's bound.
pub const RECORD_BYTES_MAX: usize = event::bounds::EVENT_BYTES_MAX;
/// Longest checkpoint under a push, in bytes: it becomes part of a receipt, and a fork's record holds two.
pub const PUSH_NOTE_BYTES_MAX: usize = 1_024;
/// Most journal records that the hub looks at for one page; the cursor advances over all of them.
pub const PAGE_RECORDS_SCANNED_MAX: usize = 10_000;
/// Most logs named in one hello.
pub const HELLO_LOGS_MAX: usize = 64;
/// Most villages named in one request for a page.
pub const PAGE_UNITS_MAX: usize = 64;
/// First size of a push, compressed, in bytes.
pub const PUSH_BYTES_START: usize = 8 * 1_024;
/// Largest size of a push that a sender aims at, compressed, in bytes.
pub const PUSH_BYTES_MAX: usize = 256 * 1_024;
/// Link time that one push should take, in milliseconds.
pub const PUSH_TIME_TARGET_MS: u64 = 6_000;
/// Shortest pause after a failure, in milliseconds.
pub const BACKOFF_MS_MIN: u64 = 2_000;
/// Longest pause after a failure, in milliseconds.
pub const BACKOFF_MS_MAX: u64 = 300_000;
/// A wall clock farther ahead of the journal's last time than this is not believed after a boot, in milliseconds (seven days).
pub const HUB_LEAP_MS_MAX: u64 = 7 * 86_400_000;
