//! The township hub: takes in what villages push, keeps the journal, serves pages.
//!
//! [`Hub`] is the whole hub without sockets and clock: it is driven by requests that were already read
//! and by clock readings that are handed in, so that tests run it in virtual time. [`Desk`] is its
//! read-only side for other threads.
//!
//! [`run`] puts it behind TLS: one thread writes, a few read, one follows the journal with the ledgers;
//! none of the latter can keep the first waiting. [`create`] makes a new hub, [`ask`] is how the command
//! line speaks to a running one.

mod admin;
mod admit;
mod answers;
mod api;
mod ask;
mod attempts;
mod config;
mod core;
mod cosigned;
mod dispatch;
mod edge;
mod enrol;
mod export;
mod folder;
mod heard;
mod hello;
mod office;
mod page;
mod problem;
mod prove;
mod published;
mod push;
mod record;
mod refusal;
mod registry;
mod run;
mod sample;
mod seal;
mod slip;
mod status;
mod views;
mod villages;
mod web;
mod witnesses;
mod writer;

pub use crate::core::{Hub, Keys};
pub use api::{BODY_CONTENT_TYPE, MESSAGE_CONTENT_TYPE};
pub use ask::{AskError, ask};
pub use config::{HubConfig, WitnessConfig};
pub use enrol::ENROLMENT_MS;
pub use folder::{HubError, create};
pub use hello::NEXT_HELLO_MS;
pub use page::{Desk, PageRequest};
pub use published::Published;
pub use push::Push;
pub use record::Entropy;
pub use refusal::Refusal;
pub use registry::{Fork, LastReceipt, Party, Registry};
pub use run::run;

/// Keys of what the hub keeps beside its logs.
pub(crate) mod meta {
    /// The current journal's id.
    pub(crate) const JOURNAL: &[u8] = b"hub/journal";
    /// The newest signed checkpoint of the journal.
    pub(crate) const NOTE: &[u8] = b"hub/note";
    /// State of the mint.
    pub(crate) const MINT: &[u8] = b"hub/mint";
    /// What witnesses said of the journal's checkpoints, by the witness's name.
    pub(crate) const COSIGNED: &[u8] = b"hub/cosigned/";
    /// Offers, by the hash of their secret.
    pub(crate) const OFFER: &[u8] = b"hub/offer/";
    /// Offers that were used, by the hash of their secret: the origin that used it.
    pub(crate) const USED_OFFER: &[u8] = b"hub/used-offer/";
}
