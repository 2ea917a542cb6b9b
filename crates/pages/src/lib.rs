//! How pages for people are served: the same door for a village's office and for the township's desk.
//!
//! A program that has pages is a [`Site`]. It gives its own routes; [`routes`] puts around them what every page needs:
//! signing in and out, one-time codes, language and type size, the policy, the checks against requests from elsewhere.
//! A handler that takes a [`Visitor`] is reached by somebody who is signed in and by nobody else. [`Door`] attends an
//! address, with bounds on every connection.
//!
//! No page fetches anything but the one sheet; pages with a form also run the one script of ours ([`WithScript`]). What is looked up stands in a body, never in an address.

mod door;
mod fields;
mod kept;
mod listen;
mod routes;
mod serve;
mod sign;
mod site;

pub use door::Visitor;
pub use fields::Fields;
pub use kept::{AccountsKept, CodeQuestion};
pub use listen::Door;
pub use routes::{WithScript, routes};
pub use site::{Porch, Site, blocking};
