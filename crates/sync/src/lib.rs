//! Who lacks what: the protocol between village, hub and auditor, without sockets, disk or clock.
//!
//! * [`frame`]: entries, journal records and checkpoints as bytes on the wire and on a USB stick;
//! * [`record`]: what the hub's journal says;
//! * [`message`]: hello, its reply, the reply to a push, cursors;
//! * [`compare`]: what two parties must do after a hello, from the roots of their logs alone;
//! * [`pace`]: how much to send at once, and how long to wait after a failure;
//! * [`clock`]: the hub's own time, which only moves forward;
//! * [`limits`]: every bound.
//!
//! `protocol/README.md` says the same in words and bytes.

pub mod clock;
pub mod compare;
pub mod frame;
pub mod limits;
pub mod message;
pub mod pace;
pub mod record;

use serde_bytes::ByteArray;

/// A SHA-256 hash as it stands in messages and records.
pub type HashBytes = ByteArray<32>;
