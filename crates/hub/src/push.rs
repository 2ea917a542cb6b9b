//! Taking in a push: whole entries are staged as they come, and accepted with one receipt when the
//! root under the origin's own checkpoint is theirs.

use event::{ClockReading, Event, Origin, Personal, Position, Sequence};
use event_log::{Commit, LogEntry, Store};
use proof::{Checkpoint, Frontier, SignedCheckpoint, leaf_hash, origin_log_name};
use serde_bytes::ByteBuf;
use sync::frame::{FrameError, Item};
use sync::limits::PUSH_EVENTS_MAX;
use sync::message::{PushReceipt, PushReply};
use sync::record::{JournalRecord, Role};

use crate::registry::Party;
use crate::{Hub, Refusal};

/// A body, read as far as it goes.
struct Push {
    first: u64,
    entries: Vec<LogEntry>,
    note: Option<String>,
    /// Why reading ended early, if it did.
    broken: Option<FrameError>,
}

enum ReadError {
    Frame(FrameError),
    Refused(Refusal),
}

impl From<FrameError> for ReadError {
    fn from(error: FrameError) -> Self {
        Self::Frame(error)
    }
}

impl Push {
    fn read(origin: Origin, body: &[u8]) -> Result<Self, Refusal> {
        let mut push = Self {
            first: 0,
            entries: Vec::new(),
            note: None,
            broken: None,
        };
        let end = sync::frame::read(body, |item| push.take(origin, item).map_err(ReadError::Refused));
        match end {
            Ok(()) => {}
            Err(ReadError::Frame(error)) => push.broken = Some(error),
            Err(ReadError::Refused(refusal)) => return Err(refusal),
        }
        Ok(push)
    }

    fn take(&mut self, origin: Origin, item: Item) -> Result<(), Refusal> {
        match item {
            Item::Range { origin: named, first } if self.first == 0 && named == origin => {
                self.first = first.get();
                Ok(())
            }
            Item::Entry { bytes, personal } if self.first > 0 && self.note.is_none() => {
                if self.entries.len() == PUSH_EVENTS_MAX {
                    return Err(Refusal::TooLarge(format!(
                        "a push ends at most {PUSH_EVENTS_MAX} events after the last"
                    )));
                }
                let personal = personal.filter(|blob| names(&bytes, blob));
                self.entries.push(LogEntry { bytes, personal });
                Ok(())
            }
            Item::Checkpoint(note) if self.first > 0 && self.note.is_none() => {
                self.note = Some(note);
                Ok(())
            }
            _ => Err(Refusal::Malformed(
                "a push is one range, its entries, and a checkpoint".to_owned(),
            )),
        }
    }

    fn last(&self) -> u64 {
        self.first + self.entries.len() as u64 - 1
    }
}

/// Whether the event names this very blob. A blob that it does not name is left out; the entry counts without it.
fn names(bytes: &[u8], blob: &[u8]) -> bool {
    let named = Event::decode(bytes).ok().and_then(|event| event.header.personal);
    named == Some(Personal::reference_of(blob))
}

impl<S: Store> Hub<S> {
    /// Takes in a push from `peer` to the log of `origin`. `body` may be the beginning of a body whose
    /// connection was cut.
    ///
    /// # Errors
    /// [`Refusal`]; what was receipted before stays receipted.
    pub fn push(
        &mut self,
        peer: Origin,
        origin: Origin,
        body: &[u8],
        now: &ClockReading,
    ) -> Result<PushReply, Refusal> {
        let party = self.may_push(peer, origin)?;
        let push = Push::read(origin, body)?;
        if push.first == 0 {
            return Err(push
                .broken
                .map_or_else(|| Refusal::Malformed("an empty push".to_owned()), Refusal::from));
        }
        let head = self.store.head(origin.into());
        if push.first > head.staged_size + 1 {
            return Err(Refusal::Gap {
                expected: head.staged_size + 1,
            });
        }
        let checkpoint = push.note.as_deref().map(|note| {
            SignedCheckpoint::verify(note, &origin_log_name(origin), &party.key).map_err(|_| Refusal::Signature)
        });
        let checkpoint = checkpoint.transpose()?;
        if let Some(sequence) = self.first_difference(origin, &push, head.size)? {
            self.record_fork(
                origin,
                &party,
                push.note.as_deref().filter(|_| checkpoint.is_some()),
                now,
            )?;
            return Err(Refusal::Fork { sequence });
        }
        // After a restore others give back what they hold, also of a log that was closed earlier this time than the last.
        let may_be_given_back = !self.registry().frozen.is_empty();
        if let Some(closed) = party
            .closed_at
            .filter(|closed| push.last() > *closed && !may_be_given_back)
        {
            return Err(Refusal::Closed { size: closed });
        }
        match checkpoint {
            Some(checkpoint) if checkpoint.size <= head.size => {
                if self.store.root_at(origin.into(), checkpoint.size)? != checkpoint.root {
                    self.record_fork(origin, &party, push.note.as_deref(), now)?;
                    return Err(Refusal::Fork {
                        sequence: checkpoint.size,
                    });
                }
                self.push_reply(origin, checkpoint.size)
            }
            Some(checkpoint) => self.accept(origin, &party, push, &checkpoint, now),
            None => {
                self.stage(origin, push, head.size)?;
                self.push_reply(origin, 0)
            }
        }
    }

    fn may_push(&self, peer: Origin, origin: Origin) -> Result<Party, Refusal> {
        let registry = self.registry();
        let sender = registry.party(peer).ok_or(Refusal::NotEnrolled)?;
        if sender.revoked {
            return Err(Refusal::Revoked);
        }
        let party = registry
            .party(origin)
            .ok_or(Refusal::Forbidden("this origin is not enrolled"))?;
        if party.revoked {
            return Err(Refusal::Revoked);
        }
        if party.role == Some(Role::Auditor) {
            return Err(Refusal::Forbidden("an auditor only reads"));
        }
        // After a restore others give back what the hub has lost; the origin's own signature proves it.
        if registry.same_machine(peer, origin) || !registry.frozen.is_empty() {
            Ok(party.clone())
        } else {
            Err(Refusal::Forbidden("a machine speaks for its own origins only"))
        }
    }

    /// The first receipted sequence under which the push has other bytes.
    fn first_difference(&self, origin: Origin, push: &Push, size: u64) -> Result<Option<u64>, Refusal> {
        let overlap = (size + 1).saturating_sub(push.first).min(push.entries.len() as u64);
        let overlap = usize::try_from(overlap).unwrap_or(usize::MAX);
        if overlap == 0 {
            return Ok(None);
        }
        let first = Sequence::after_size(push.first - 1);
        let ours = self.store.read(origin.into(), first, overlap, usize::MAX)?;
        let differs = (push.first..)
            .zip(ours.iter().zip(&push.entries))
            .find(|(_, (a, b))| a.bytes != b.bytes);
        Ok(differs.map(|(sequence, _)| sequence))
    }

    /// Entries beyond the receipted ones: what is staged before the push, then the push itself.
    fn beyond(&self, origin: Origin, push: Push, size: u64) -> Result<(Vec<LogEntry>, usize), Refusal> {
        let before = usize::try_from(push.first.saturating_sub(size + 1)).unwrap_or(usize::MAX);
        let mut entries = match before {
            0 => Vec::new(),
            n => self
                .store
                .read_staged(origin.into(), Sequence::after_size(size), n, usize::MAX)?,
        };
        let known = usize::try_from((size + 1).saturating_sub(push.first)).unwrap_or(usize::MAX);
        entries.extend(push.entries.into_iter().skip(known));
        Ok((entries, before))
    }

    /// Puts entries beyond the receipted ones on the stage. A stage that says otherwise is replaced: it was never proven.
    fn put_on_stage(
        &self,
        commit: &mut Commit,
        origin: Origin,
        size: u64,
        entries: Vec<LogEntry>,
        before: usize,
    ) -> Result<(), Refusal> {
        let staged = self
            .store
            .read_staged(origin.into(), Sequence::after_size(size), usize::MAX, usize::MAX)?;
        let same = staged.iter().zip(&entries).all(|(a, b)| a.bytes == b.bytes);
        if same && staged.len() >= entries.len() {
            return Ok(());
        }
        let known = if same { staged.len().max(before) } else { 0 };
        if !same {
            commit.drop_stage(origin);
        }
        let fresh = entries.into_iter().skip(known).collect();
        commit.stage(origin, Sequence::after_size(size + known as u64), fresh);
        Ok(())
    }

    fn stage(&mut self, origin: Origin, push: Push, size: u64) -> Result<(), Refusal> {
        let (entries, before) = self.beyond(origin, push, size)?;
        // What is staged is bounded as a push is: an origin cannot fill the disk with entries that it never proves.
        if entries.len() > PUSH_EVENTS_MAX {
            return Err(Refusal::TooLarge(format!(
                "{PUSH_EVENTS_MAX} entries are staged without a checkpoint"
            )));
        }
        let mut commit = Commit::new();
        self.put_on_stage(&mut commit, origin, size, entries, before)?;
        if !commit.is_empty() {
            self.store.commit(commit)?;
        }
        Ok(())
    }

    fn accept(
        &mut self,
        origin: Origin,
        party: &Party,
        push: Push,
        checkpoint: &Checkpoint,
        now: &ClockReading,
    ) -> Result<PushReply, Refusal> {
        let head = self.store.head(origin.into());
        let note = push.note.clone().unwrap_or_default();
        if checkpoint.size > head.size + PUSH_EVENTS_MAX as u64 {
            return Err(Refusal::TooLarge(format!(
                "a push ends at most {PUSH_EVENTS_MAX} events after the last"
            )));
        }
        let (entries, before) = self.beyond(origin, push, head.size)?;
        let mut frontier: Frontier = head.frontier;
        entries.iter().for_each(|entry| frontier.push(leaf_hash(&entry.bytes)));
        let mut commit = Commit::new();
        if frontier.size() != checkpoint.size || frontier.root() != checkpoint.root {
            commit.drop_stage(origin);
            self.store.commit(commit)?;
            return Err(Refusal::RootMismatch {
                expected: head.size + 1,
            });
        }
        if head.staged_size == head.size {
            commit.append(origin, Sequence::after_size(head.size), entries);
        } else {
            self.put_on_stage(&mut commit, origin, head.size, entries, before)?;
            commit.accept(origin, checkpoint.size);
            // A stage that went on beyond the checkpoint was sent by an earlier try; it comes again.
            commit.drop_stage(origin);
        }
        let mut tail = self.tail();
        let position = tail.add(JournalRecord::Receipt {
            origin,
            unit: party.unit,
            first: Sequence::after_size(head.size),
            size: checkpoint.size,
            note,
            received_at_ms: self.clock.next(now),
        })?;
        let record = tail.bytes(position).unwrap_or_default().to_vec();
        let journal = tail.journal;
        let note = self.commit_journal(commit, tail)?;
        let receipt = Some(PushReceipt {
            journal,
            position,
            record: ByteBuf::from(record),
        });
        Ok(PushReply {
            size: checkpoint.size,
            staged: checkpoint.size,
            receipt,
            note,
        })
    }

    /// What the hub has of a log, with the receipt that covers `sequence`.
    fn push_reply(&self, origin: Origin, sequence: u64) -> Result<PushReply, Refusal> {
        let head = self.store.head(origin.into());
        let at: Option<(_, Position)> = self
            .registry()
            .party(origin)
            .filter(|_| sequence > 0)
            .and_then(|party| party.receipt_for(sequence));
        let receipt = match at {
            None => None,
            Some((journal, position)) => {
                let records = self
                    .store
                    .read(journal.into(), Sequence::after_size(position.0), 1, usize::MAX)?;
                records.into_iter().next().map(|entry| PushReceipt {
                    journal,
                    position,
                    record: ByteBuf::from(entry.bytes),
                })
            }
        };
        Ok(PushReply {
            size: head.size,
            staged: head.staged_size,
            receipt,
            note: self.note()?,
        })
    }

    /// Keeps both checkpoints of a log that cannot both be true, once for each that was shown.
    pub(crate) fn record_fork(
        &mut self,
        origin: Origin,
        party: &Party,
        shown: Option<&str>,
        now: &ClockReading,
    ) -> Result<(), Refusal> {
        let (Some(shown), Some(unit)) = (shown, party.unit) else {
            return Ok(());
        };
        if self
            .registry()
            .forks
            .iter()
            .any(|(known, note)| *known == origin && note == shown)
        {
            return Ok(());
        }
        let Some((journal, position)) = party
            .receipts
            .last()
            .map(|(_, journal, position)| (*journal, *position))
        else {
            return Ok(());
        };
        let record = self
            .store
            .read(journal.into(), Sequence::after_size(position.0), 1, usize::MAX)?;
        let Some(Ok(JournalRecord::Receipt { size, note, .. })) =
            record.first().map(|entry| JournalRecord::decode(&entry.bytes))
        else {
            return Ok(());
        };
        let mut tail = self.tail();
        let at_ms = self.clock.next(now);
        let shown_note = shown.to_owned();
        tail.add(JournalRecord::Fork {
            origin,
            unit,
            hub_size: size,
            hub_note: note,
            shown_note,
            at_ms,
        })?;
        self.commit_journal(Commit::new(), tail).map(drop)
    }
}
