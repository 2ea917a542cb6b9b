//! Checking one log: every entry in its place, every root the one that its origin signed, every personal part its own.

use std::collections::BTreeMap;

use event::{Event, EventId, Origin, Personal, Sequence};
use proof::{Frontier, Hash, SignedCheckpoint, leaf_hash, origin_log_name};

use crate::book::Log;
use crate::{Finding, Verified};

/// One log, from its first entry on.
pub(crate) struct Walk<'a> {
    origin: Origin,
    log: &'a Log,
    verified: &'a mut Verified,
    frontier: Frontier,
    /// Roots that were signed, by size, each with the first entry behind the receipt before it.
    expected: BTreeMap<u64, (Hash, u64, usize)>,
    last: Option<EventId>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(origin: Origin, log: &'a Log, verified: &'a mut Verified) -> Self {
        let mut expected = BTreeMap::new();
        let mut reached = 0;
        for (at, receipt) in log.receipts.iter().enumerate() {
            verified.checked.signatures += 1;
            let finding = |rule, words: &str| {
                Finding::new(rule, words)
                    .at(receipt.journal, receipt.position)
                    .entries(origin, receipt.first.get(), receipt.size)
                    .of(log.unit, &log.name)
            };
            match SignedCheckpoint::verify(&receipt.note, &origin_log_name(origin), &log.key) {
                Ok(checkpoint) if checkpoint.size == receipt.size => {
                    expected.insert(checkpoint.size, (checkpoint.root, receipt.first.get(), at));
                }
                Ok(_) => verified.find(finding("receipt", "the receipt is not of its checkpoint's size")),
                Err(_) => {
                    let words = "the receipt holds a checkpoint that its origin did not sign";
                    verified.find(finding("receipt-signature", words));
                }
            }
            // A hub that was restored receipts again what it had receipted before.
            if receipt.first.get() > reached + 1 || receipt.size < receipt.first.get() {
                let words = format!("the receipt begins behind entry {reached}, where the one before it ended");
                verified.find(finding("receipt", &words));
            }
            reached = reached.max(receipt.size);
        }
        Self {
            origin,
            log,
            verified,
            frontier: Frontier::new(),
            expected,
            last: None,
        }
    }

    fn finding(&self, rule: &'static str, what: &str, sequence: u64) -> Finding {
        Finding::new(rule, what)
            .entries(self.origin, sequence, sequence)
            .of(self.log.unit, &self.log.name)
    }

    pub(crate) fn entry(&mut self, sequence: Sequence, bytes: &[u8], personal: Option<&[u8]>) {
        self.verified.checked.entries += 1;
        self.verified.checked.event_bytes += bytes.len() as u64;
        self.frontier.push(leaf_hash(bytes));
        // An entry whose header cannot be read counts as bytes: that it was never altered is all there is to check.
        if let Ok(event) = Event::decode(bytes) {
            let header = &event.header;
            if header.origin != self.origin || header.sequence != sequence {
                let finding = self.finding("header", "the event's header names another place", sequence.get());
                self.verified.find(finding.event(header.id));
            }
            let exempt = header.carried_from.is_some();
            if !exempt && self.last.is_some_and(|last| header.id <= last) {
                let words = "the event's identity does not lie behind that of the entry before it";
                let finding = self.finding("ulid", words, sequence.get());
                self.verified.find(finding.event(header.id));
            }
            if !exempt {
                self.last = Some(header.id);
            }
            match (header.personal, personal) {
                (Some(reference), Some(blob)) if Personal::reference_of(blob) == reference => {
                    self.verified.checked.personal_parts += 1;
                }
                (Some(_), Some(_)) | (None, Some(_)) => {
                    let words = "the personal part is not the one that the event states";
                    let finding = self.finding("personal", words, sequence.get());
                    self.verified.find(finding.event(header.id));
                }
                // Erased, or not handed out: the event proves what it was.
                (_, None) => {}
            }
        }
        if let Some((root, first, at)) = self.expected.get(&self.frontier.size()).copied() {
            self.verified.checked.roots += 1;
            if self.frontier.root() != root {
                let receipt = &self.log.receipts[at];
                let words = "the entries do not have the root that their origin signed: one of them was altered";
                let finding = Finding::new("root", words)
                    .at(receipt.journal, receipt.position)
                    .entries(self.origin, first, sequence.get())
                    .of(self.log.unit, &self.log.name);
                self.verified.find(finding);
                // What follows is judged by the next root alone: it cannot match either, so once is enough.
                self.expected.clear();
            }
        }
    }

    pub(crate) fn end(self) {
        let size = self.frontier.size();
        if let Some((last, _)) = self.expected.last_key_value()
            && *last > size
        {
            let words = "receipted entries are missing in the mirror";
            let finding = Finding::new("uncovered", words)
                .entries(self.origin, size + 1, *last)
                .of(self.log.unit, &self.log.name);
            self.verified.find(finding);
        }
        let covered = self.log.receipts.iter().map(|receipt| receipt.size).max().unwrap_or(0);
        if size > covered {
            let words = "entries that no receipt covers";
            let finding = Finding::new("uncovered", words)
                .entries(self.origin, covered + 1, size)
                .of(self.log.unit, &self.log.name);
            self.verified.find(finding);
        }
    }
}
