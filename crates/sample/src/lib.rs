//! An invented township: its people, its year of work, its bad links and its bad clocks.
//!
//! Used by `minqing demo`, by the test world and by the bench. Everything follows from one seed;
//! nothing here reads a clock or draws randomness, and the same seed gives the same bytes on every
//! machine. Codes begin with 99, which no real division has; telephone numbers begin with 000;
//! there are no document numbers, and no text names a real place or judges a resident.
//!
//! A [`Plan`] says how large and how long. [`Plan::township`] gives who lives and works there and
//! how each village's link and clock behave; [`Plan::items`] gives what is recorded, in the order of
//! the true time. An [`Item`] names the items that its author must have seen first ([`Item::after`]):
//! a driver that keeps a village offline records such an item later, when they have arrived.

mod bench;
mod calendar;
pub mod conduct;
mod contact;
mod desk;
mod dice;
mod habit;
mod household;
mod item;
mod life;
mod names;
mod pairing;
mod phrases;
mod plan;
mod request;
mod source;
mod words;

pub use bench::{BENCH_HOUSEHOLDS, BENCH_NOTE_CHARS, bench_entries};
pub use habit::{ClockHabit, LinkHabit};
pub use item::{Item, ItemId, NotRecorded, Party, Place};
pub use plan::{HOUSEHOLDS_MAX, Household, Person, Plan, Township, VILLAGES_MAX, Village};
pub use source::{SourceLog, source_log};
