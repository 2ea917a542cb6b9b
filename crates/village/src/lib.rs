//! The village node: records, syncs with the township, shows what is confirmed and what is pending.
//!
//! [`Node`] is the whole node without sockets and clock: it is asked what to send ([`Node::next`]),
//! told what came back ([`Node::answer`]), and given drafts to record, so that tests run it in virtual time.
//! Around it stands the program: [`create`] makes a node, [`run`] runs it in its folder, [`open_offline`]
//! opens it where no other process runs it, [`repair()`] mends its log.
//!
//! ```text
//! pages ─────────┐
//! local socket ──┤                 ┌── writer thread: owns the node, group commit, opens the log again
//! command line ──┤ Office ── orders┤
//! sync task ─────┘                 └─→ bulletin ─→ books thread: follows the journal into the ledgers
//! ```

pub mod batch;
mod books;
mod bulletin;
mod carry;
mod config;
mod cosign;
mod drafts;
mod enrol;
mod folder;
mod lines;
pub mod local;
mod log_lines;
mod mend;
mod node;
mod office;
mod outbox;
mod post;
mod proved;
mod repair;
mod run;
mod session;
mod slip;
mod status;
mod succession;
mod table;
mod views;
mod web;
mod wire;
mod writer;

pub use config::VillageConfig;
pub use enrol::create;
pub use folder::{HubAddress, VillageError};
pub use node::{Beside, Entropy, Node, NodeError, Recorded};
pub use office::{Office, OfflineOffice, open_offline};
pub use proved::{Evidence, ProvedReceipt, evidence, proved_receipt};
pub use repair::{Repaired, RepairedLog, repair};
pub use run::{RunningNode, run, start};
pub use session::{Answer, Ask, LinkState, Step};
