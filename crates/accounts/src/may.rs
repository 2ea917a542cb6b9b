//! The one place that decides what an account may do.

use serde::{Deserialize, Serialize};

use crate::Account;

/// What an account is for. The full table of roles comes later; it will stand here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Keeps the machine; may do everything that this machine can do.
    Keeper,
    /// Records and looks things up.
    Clerk,
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Look at the village's pages.
    Look,
    /// Record something.
    Record,
    /// Have the node sync now.
    Sync,
    /// Make one-time codes for others.
    Admit,
    /// Move a request on for the township: register, accept, assign, follow up, close.
    Dispatch,
}

/// Whether this account may do this.
#[must_use]
pub const fn may(account: &Account, act: Act) -> bool {
    match (account.role, act) {
        (_, Act::Look | Act::Record | Act::Sync | Act::Dispatch) | (Role::Keeper, Act::Admit) => true,
        (Role::Clerk, Act::Admit) => false,
    }
}
