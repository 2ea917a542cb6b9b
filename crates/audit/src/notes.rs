//! What the mirror's journals say of the logs, as the rules of leads are told it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use event::{Origin, Sequence};
use event_log::LogRead as _;
use follower::split;
use leads::{Journals, LogNote};
use proof::{Frontier, Hash, SignedCheckpoint, leaf_hash};
use sync::message::SuccessorReason;
use sync::record::JournalRecord;

use crate::opened::Archive;
use crate::{AuditError, Book};

impl Archive {
    /// The journals that receipts stand in.
    #[must_use]
    pub fn journals(&self) -> Journals {
        let journals = self.mirror().journals();
        Journals::new(journals.map(|(journal, _, frozen)| (journal, frozen)))
    }

    /// How far each log is receipted, forks and second successors, declared restores, and logs whose entries have not
    /// the root that was receipted. Signatures are not judged here: that is [`crate::verify`]'s.
    ///
    /// # Errors
    /// [`AuditError::Store`].
    pub fn log_notes(&self, book: &Book) -> Result<Vec<LogNote>, AuditError> {
        let mut notes = Vec::new();
        // Of a log that is not kept here nothing is known but its receipts.
        for (origin, log) in book.logs.iter().filter(|(origin, _)| self.mirror().holds(**origin)) {
            let size = log.receipts.iter().map(|receipt| receipt.size).max();
            notes.extend(size.map(|size| LogNote::Reached { origin: *origin, size }));
            notes.extend(self.broken(*origin, book)?);
        }
        for (_, copy, frozen) in self.mirror().journals() {
            self.store().scan(copy, Sequence::FIRST, &mut |_, entry, _| {
                if let Some((position, bytes)) = split(entry)
                    && frozen.is_none_or(|frozen| position < frozen)
                    && let Ok(record) = JournalRecord::decode(bytes)
                {
                    notes.extend(noted(&record));
                }
                ControlFlow::Continue(())
            })?;
        }
        Ok(notes)
    }

    /// The first receipt of a log whose root is not that of the entries that are here.
    fn broken(&self, origin: Origin, book: &Book) -> Result<Option<LogNote>, AuditError> {
        let Some(log) = book.logs.get(&origin) else {
            return Ok(None);
        };
        let mut roots: BTreeMap<u64, Vec<(Sequence, Hash)>> = BTreeMap::new();
        for receipt in &log.receipts {
            if let Ok(signed) = SignedCheckpoint::parse(&receipt.note) {
                let told = (receipt.first, signed.claim().root);
                roots.entry(signed.claim().size).or_default().push(told);
            }
        }
        let (mut frontier, mut broken) = (Frontier::new(), None);
        self.store().scan(log.id, Sequence::FIRST, &mut |_, bytes, _| {
            frontier.push(leaf_hash(bytes));
            let told = roots.get(&frontier.size()).into_iter().flatten();
            let other = told
                .filter(|(_, root)| *root != frontier.root())
                .map(|(from, _)| *from)
                .next();
            broken = other.map(|from| LogNote::Broken { origin, from });
            if broken.is_some() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        Ok(broken)
    }
}

/// What a record says of a log.
fn noted(record: &JournalRecord) -> Option<LogNote> {
    match record {
        JournalRecord::Fork {
            origin,
            hub_size,
            at_ms,
            ..
        } => Some(LogNote::Fork {
            origin: *origin,
            hub_size: *hub_size,
            at_ms: *at_ms,
        }),
        // Two machines hold the key of the log that ended.
        JournalRecord::Successor {
            old,
            size,
            second: true,
            at_ms,
            ..
        } => Some(LogNote::Fork {
            origin: *old,
            hub_size: *size,
            at_ms: *at_ms,
        }),
        JournalRecord::Successor {
            old,
            reason: SuccessorReason::Restored,
            ..
        } => Some(LogNote::Restored { origin: *old }),
        _ => None,
    }
}
