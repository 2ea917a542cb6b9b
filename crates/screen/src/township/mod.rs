//! The pages of a township's desk, as pure functions from plain values to HTML.

pub mod ledgers;
