//! The pages of a township's desk, as pure functions from plain values to HTML.

mod help;
mod strip;
mod village;
mod villages;

pub use help::{Clock, Help, Need};
pub use strip::{LastReceipt, TownStrip};
pub use village::{MachineLine, OpenLine, UncountedLine, Village, village};
pub use villages::{Group, PendingThere, Trouble, VillageLine, Villages, help_list, villages};
