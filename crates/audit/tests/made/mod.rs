//! Small made histories, as the ledger's own tests make them, held in memory.
#![allow(dead_code, reason = "every test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use audit::{AuditError, Entries, History, Standing};
use event::{Event, Origin, Sequence};
use event_log::LogEntry;
use ledger::{Author, Ledger};

#[path = "../../../ledger/tests/common/mod.rs"]
pub(crate) mod common;

use common::Given;

/// Entries in memory, with the index that an archive would make.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) history: History,
    entries: BTreeMap<(Origin, Sequence), Vec<u8>>,
}

impl Held {
    pub(crate) fn of<'a>(given: impl IntoIterator<Item = &'a Given>) -> Self {
        let mut held = Self::default();
        for one in given {
            held.history.add(&standing(one), &one.bytes);
            held.entries.insert((one.log, one.sequence), one.bytes.clone());
        }
        held
    }
}

impl Entries for Held {
    fn entry(&self, origin: Origin, sequence: Sequence) -> Result<Option<LogEntry>, AuditError> {
        let bytes = self.entries.get(&(origin, sequence)).cloned();
        Ok(bytes.map(|bytes| LogEntry { bytes, personal: None }))
    }
}

pub(crate) fn standing(one: &Given) -> Standing {
    Standing {
        receipt: one.receipt,
        origin: one.log,
        sequence: one.sequence,
        by_hub: one.author == Author::Hub,
    }
}

pub(crate) fn rebuild<'a>(given: impl IntoIterator<Item = &'a Given>) -> Ledger {
    common::rebuild(given)
}

pub(crate) fn header(one: &Given) -> Option<event::Header> {
    Event::decode(&one.bytes).ok().map(|event| event.header)
}
