//! The township hub: takes in what villages push, keeps the journal, serves pages.
//!
//! [`Hub`] is the whole hub without sockets and clock: it is driven by requests that were already read
//! and by clock readings that are handed in, so that tests run it in virtual time. [`Desk`] is its
//! read-only side for other threads.

mod core;
mod enrol;
mod hello;
mod page;
mod push;
mod record;
mod refusal;
mod registry;

pub use crate::core::{Hub, Keys};
pub use enrol::ENROLMENT_MS;
pub use hello::NEXT_HELLO_MS;
pub use page::{Desk, PageRequest};
pub use record::Entropy;
pub use refusal::Refusal;
pub use registry::{Party, Registry};

/// Keys of what the hub keeps beside its logs.
pub(crate) mod meta {
    /// The current journal's id.
    pub(crate) const JOURNAL: &[u8] = b"hub/journal";
    /// The newest signed checkpoint of the journal.
    pub(crate) const NOTE: &[u8] = b"hub/note";
    /// State of the mint.
    pub(crate) const MINT: &[u8] = b"hub/mint";
    /// Offers, by the hash of their secret.
    pub(crate) const OFFER: &[u8] = b"hub/offer/";
    /// Offers that were used, by the hash of their secret: the origin that used it.
    pub(crate) const USED_OFFER: &[u8] = b"hub/used-offer/";
}
