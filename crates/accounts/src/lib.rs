//! Who sits at a page: accounts, one-time codes, sessions, and how often one may guess.
//!
//! [`Accounts`] is the whole of it as a value: `now` (milliseconds of the party's own clock) and random bytes are
//! arguments, and nothing in it waits. What takes long, the hash of a password, is a step of its own that the caller
//! runs on a thread for blocking work: [`Accounts::begin`] counts the attempt before anything is compared,
//! [`Attempt::check`] compares, [`Accounts::sign_in`] or ([`Accounts::code_was_right`], then) [`Accounts::open_account`] takes the outcome. [`AccountsFile`]
//! keeps the value in one small file.
//!
//! A clock that was set back never prolongs anything: a session from the future has ended, a wait is counted anew from now.
//! It never shortens one either.

mod account;
mod accounts;
mod bounds;
mod code;
mod file;
mod may;
mod secret;
mod session;
mod throttle;

pub use account::{Account, NameError, PasswordError, name_of, password_of};
pub use accounts::{Accounts, Attempt, Checked, Refusal, Wanted};
pub use bounds::*;
pub use code::CodeFor;
pub use file::{AccountsFile, FileError};
pub use may::{Act, Role, may};
pub use secret::{HashedSecret, SALT_BYTES};
pub use session::{Prefs, Signed, Token};
