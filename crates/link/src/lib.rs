//! Everything between a socket and a typed HTTP exchange: who is at the other end, how much it may
//! ask for, how long we wait, and in which words we refuse.
//!
//! * [`Authority`] is the hub's certificate authority, [`Identity`] a machine's certificate over its
//!   origin key. Dates in certificates are ignored on both sides: clocks in village offices are bad,
//!   and the hub's journal, not a date, ends a machine's right to speak.
//! * [`TlsListener`] and [`serve`] are the hub's side, [`Client`] the side of a village or an auditor.
//! * [`Enrolment`] is the file on the stick that makes the two meet.
//! * [`Problem`] is every refusal (RFC 9457); [`Gate`] admits pushes fairly.
//! * [`add_checkpoint`] asks a witness for its cosignature: the one exchange without TLS.
//!
//! The TLS provider is `ring`, passed explicitly everywhere; the process default is never used.
//! This crate reads no clock and draws no entropy of its own (the TLS library draws what TLS needs).

mod authority;
mod body;
mod client;
mod enrolment;
mod error;
mod fair;
mod file;
mod hex;
mod identity;
mod limits;
mod listener;
mod patience;
mod peer;
mod pin;
mod problem;
mod problem_kind;
mod serve;
mod surroundings;
mod tls;
mod traffic;
mod witness;

#[cfg(test)]
mod tests;

pub use authority::{Authority, AuthorityError};
pub use body::guarded;
pub use client::{Client, Reply};
pub use enrolment::{ENROLMENT_BYTES_MAX, ENROLMENT_LIFE_MS, Enrolment, EnrolmentError, Role, Secret, SecretDigest};
pub use error::LinkError;
pub use fair::{Gate, GateLimits, Pass};
pub use identity::{Identity, IdentityError};
pub use limits::Limits;
pub use listener::{Stream, TlsListener};
pub use patience::Patience;
pub use peer::Peer;
pub use pin::{Pin, PinError};
pub use problem::{PROBLEM_BYTES_MAX, PROBLEM_CONTENT_TYPE, Problem, ProblemFields};
pub use problem_kind::{PROBLEM_PREFIX, ProblemKind};
pub use serve::serve;
pub use surroundings::{FillRandom, ReadClock, Surroundings};
pub use tls::TlsError;
pub use traffic::{Flow, Traffic};
pub use witness::{WitnessError, WitnessReply, add_checkpoint};
