//! The village node: records, syncs with the township, shows what is confirmed and what is pending.
//!
//! [`Node`] is the whole node without sockets and clock: it is asked what to send ([`Node::next`]),
//! told what came back ([`Node::answer`]), and given drafts to record, so that tests run it in virtual time.

mod node;
mod session;
mod succession;

pub use node::{Beside, Entropy, Node, NodeError, Recorded};
pub use session::{Answer, Ask, LinkState, Step};
