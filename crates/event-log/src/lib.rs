//! Where events are kept: append-only logs on the disk.
//!
//! Entries are opaque here: the exact bytes of an event and, detached from it, an optional personal
//! part. Each [`LogId`] is one gapless log, counted from 1, with an RFC 6962 tree over its entries.
//! A [`Commit`] may touch many logs and some metadata; it is atomic, and on the disk, synced, when
//! [`Store::commit`] returns. One process writes; any number of [`Reader`]s see what was committed.
//!
//! [`SledStore`] is the real thing, [`MemStore`] its twin on a [`MemDisk`] that can crash, lie and
//! fill up. Both run the same logic over a small engine and pass one conformance suite, so that the
//! engine can be replaced. [`salvage`] rebuilds a damaged store from whatever can still be read.
//! [`SnapshotDb`] is a separate, deletable place for the rows of views.
//!
//! No panic of the engine leaves this crate. The bytes on the disk are described in its `README.md`.

mod before;
mod carve;
mod cell;
mod check;
mod commit;
#[macro_use]
mod delegate;
mod disk;
mod engine;
mod error;
mod format;
mod frame;
mod full;
mod mark;
mod mem;
mod nodes;
mod overlay;
mod packs;
mod plan;
mod rebuild;
mod salvage;
mod scan;
mod shared;
mod sled_engine;
mod sled_store;
mod snapshot;
mod store;

pub use commit::{Commit, LogEntry, LogId, META_KEY_BYTES_MAX, META_VALUE_BYTES_MAX};
pub use disk::{Disk, RealDisk, free_space};
pub use error::{Damage, Problem, StoreError};
pub use mem::{Fault, MemDisk, MemStore};
pub use nodes::LogNodes;
pub use salvage::{Island, LogSalvage, Salvage, salvage};
pub use sled_store::{SledConfig, SledStore, release_ballast};
pub use snapshot::SnapshotDb;
pub use store::{Head, Health, Level, LogRead, LogReport, MetaRows, Reader, Report, State, Store, Visit};
