//! Taking in pushes: whole entries are staged as they come, and accepted with one receipt when the
//! root under the origin's own checkpoint is theirs.
//!
//! Pushes that wait together share one commit and so one barrier: each has its own receipt, and all the
//! checkpoint over the journal that holds them. None is answered before that commit is on the disk.

use std::collections::BTreeSet;

use event::{ClockReading, JournalId, Origin, Position, Sequence};
use event_log::{Commit, LogEntry, Store, StoreError};
use proof::{Checkpoint, Frontier, Nodes, SignedCheckpoint, inclusion_proof, leaf_hash, origin_log_name};
use serde_bytes::ByteBuf;
use sync::limits::{PUSH_EVENTS_MAX, PUSH_NOTE_BYTES_MAX};
use sync::message::{PushReceipt, PushReply};
use sync::record::JournalRecord;

use crate::core::JournalTail;
use crate::prove::{consistency, path, size_of};
use crate::push::Push;
use crate::registry::Pusher;
use crate::{Hub, Refusal};

/// What pushes to different logs do to the store, all at once.
struct Group {
    origins: BTreeSet<Origin>,
    commit: Commit,
    tail: JournalTail,
    planned: Vec<Planned>,
}

/// What is answered once the group is on the disk.
enum Course {
    /// Receipted up to a size.
    Receipted {
        size: u64,
        position: Position,
        record: Vec<u8>,
    },
    /// What the hub has, with the receipt that covers a sequence.
    Stands { origin: Origin, sequence: u64 },
    /// Refused, and what follows from that is kept.
    Refused(Refusal),
}

/// A push that was planned.
struct Planned {
    course: Result<Course, Refusal>,
    /// What its sender knows of the journal.
    seen: u64,
}

impl<S: Store> Hub<S> {
    /// Takes in a push from `peer` to the log of `origin`. `body` may be the beginning of a body whose
    /// connection was cut; `seen` is the size of the journal's checkpoint that the peer knows.
    ///
    /// # Errors
    /// [`Refusal`]; what was receipted before stays receipted.
    pub fn push(
        &mut self,
        peer: Origin,
        origin: Origin,
        body: &[u8],
        seen: u64,
        now: &ClockReading,
    ) -> Result<PushReply, Refusal> {
        self.registry().may_push(peer, origin)?;
        let push = Push::read(origin, body)?.seen_at(seen);
        let reply = self.push_together(vec![(peer, push)], now).pop();
        reply.unwrap_or(Err(Refusal::NotFound("an answer to the push")))
    }

    /// Takes in pushes, each from its peer, in order: those to different logs in one commit. One answer for each.
    pub fn push_together(
        &mut self,
        pushes: Vec<(Origin, Push)>,
        now: &ClockReading,
    ) -> Vec<Result<PushReply, Refusal>> {
        let mut replies = Vec::with_capacity(pushes.len());
        let mut pushes = pushes.into_iter().peekable();
        while pushes.peek().is_some() {
            let mut group = Group {
                origins: BTreeSet::new(),
                commit: Commit::new(),
                tail: self.tail(),
                planned: Vec::new(),
            };
            // A second push to one log builds on what the first one leaves.
            while let Some((peer, push)) = pushes.next_if(|(_, push)| !group.origins.contains(&push.origin)) {
                group.origins.insert(push.origin);
                let seen = push.seen;
                let course = self.plan_push(peer, push, &mut group, now);
                group.planned.push(Planned { course, seen });
            }
            replies.extend(self.finish(group));
        }
        replies
    }

    /// Commits a group and says what to answer.
    fn finish(&mut self, group: Group) -> Vec<Result<PushReply, Refusal>> {
        let Group {
            commit, tail, planned, ..
        } = group;
        let journal = tail.journal;
        let committed = if tail.is_empty() {
            self.commit_beside(commit)
        } else {
            self.commit_journal(commit, tail)
        };
        let note = match committed {
            Ok(note) => note,
            Err(error) => {
                let refused = planned
                    .into_iter()
                    .map(|one| Err(one.course.err().unwrap_or_else(|| again(&error))));
                return refused.collect();
            }
        };
        let nodes = self.edge.nodes(&self.store);
        let answer = |Planned { course, seen }| {
            let mut reply = match course? {
                Course::Receipted { size, position, record } => PushReply {
                    size,
                    staged: size,
                    receipt: Some(PushReceipt {
                        journal,
                        position,
                        record: ByteBuf::from(record),
                    }),
                    note: note.clone(),
                    inclusion: Vec::new(),
                    consistency: Vec::new(),
                },
                Course::Stands { origin, sequence } => self.push_reply(origin, sequence)?,
                Course::Refused(refusal) => return Err(refusal),
            };
            prove(&mut reply, &nodes, journal, seen)?;
            Ok(reply)
        };
        planned.into_iter().map(answer).collect()
    }

    /// Commits what leaves the journal as it is. Returns the journal's checkpoint.
    fn commit_beside(&mut self, commit: Commit) -> Result<String, Refusal> {
        if !commit.is_empty() {
            self.store.commit(commit)?;
        }
        self.note()
    }

    fn plan_push(
        &mut self,
        peer: Origin,
        push: Push,
        group: &mut Group,
        now: &ClockReading,
    ) -> Result<Course, Refusal> {
        let origin = push.origin;
        let party = self.registry().may_push(peer, origin)?;
        let head = self.store.head(origin.into());
        if push.first > head.staged_size + 1 {
            return Err(Refusal::Gap {
                expected: head.staged_size + 1,
            });
        }
        if push.note.as_ref().is_some_and(|note| note.len() > PUSH_NOTE_BYTES_MAX) {
            let what = format!("the checkpoint under a push has at most {PUSH_NOTE_BYTES_MAX} bytes");
            return Err(Refusal::TooLarge(what));
        }
        let checkpoint = push.note.as_deref().map(|note| {
            SignedCheckpoint::verify(note, &origin_log_name(origin), &party.key).map_err(|_| Refusal::Signature)
        });
        let checkpoint = checkpoint.transpose()?;
        if let Some(sequence) = self.first_difference(&push, head.size)? {
            let shown = push.note.as_deref().filter(|_| checkpoint.is_some());
            self.add_fork(&mut group.tail, origin, shown, now)?;
            return Ok(Course::Refused(Refusal::Fork { sequence }));
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
                    self.add_fork(&mut group.tail, origin, push.note.as_deref(), now)?;
                    return Ok(Course::Refused(Refusal::Fork {
                        sequence: checkpoint.size,
                    }));
                }
                Ok(Course::Stands {
                    origin,
                    sequence: checkpoint.size,
                })
            }
            Some(checkpoint) => self.accept(&party, push, &checkpoint, group, now),
            None => {
                self.stage(push, head.size, &mut group.commit)?;
                Ok(Course::Stands { origin, sequence: 0 })
            }
        }
    }

    /// The first receipted sequence under which the push has other bytes.
    fn first_difference(&self, push: &Push, size: u64) -> Result<Option<u64>, Refusal> {
        let overlap = (size + 1).saturating_sub(push.first).min(push.entries.len() as u64);
        let overlap = usize::try_from(overlap).unwrap_or(usize::MAX);
        if overlap == 0 {
            return Ok(None);
        }
        let first = Sequence::after_size(push.first - 1);
        let ours = self.store.read(push.origin.into(), first, overlap, usize::MAX)?;
        let differs = (push.first..)
            .zip(ours.iter().zip(&push.entries))
            .find(|(_, (a, b))| a.bytes != b.bytes);
        Ok(differs.map(|(sequence, _)| sequence))
    }

    /// Entries beyond the receipted ones: what is staged before the push, then the push itself.
    fn beyond(&self, push: Push, size: u64) -> Result<(Vec<LogEntry>, usize), Refusal> {
        let before = usize::try_from(push.first.saturating_sub(size + 1)).unwrap_or(usize::MAX);
        let mut entries = match before {
            0 => Vec::new(),
            n => self
                .store
                .read_staged(push.origin.into(), Sequence::after_size(size), n, usize::MAX)?,
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

    fn stage(&self, push: Push, size: u64, commit: &mut Commit) -> Result<(), Refusal> {
        let origin = push.origin;
        let (entries, before) = self.beyond(push, size)?;
        // What is staged is bounded as a push is: an origin cannot fill the disk with entries that it never proves.
        if entries.len() > PUSH_EVENTS_MAX {
            return Err(Refusal::TooLarge(format!(
                "{PUSH_EVENTS_MAX} entries are staged without a checkpoint"
            )));
        }
        self.put_on_stage(commit, origin, size, entries, before)
    }

    fn accept(
        &mut self,
        party: &Pusher,
        push: Push,
        checkpoint: &Checkpoint,
        group: &mut Group,
        now: &ClockReading,
    ) -> Result<Course, Refusal> {
        let origin = push.origin;
        let head = self.store.head(origin.into());
        let note = push.note.clone().unwrap_or_default();
        if checkpoint.size > head.size + PUSH_EVENTS_MAX as u64 {
            return Err(Refusal::TooLarge(format!(
                "a push ends at most {PUSH_EVENTS_MAX} events after the last"
            )));
        }
        let (entries, before) = self.beyond(push, head.size)?;
        let mut frontier: Frontier = head.frontier;
        entries.iter().for_each(|entry| frontier.push(leaf_hash(&entry.bytes)));
        if frontier.size() != checkpoint.size || frontier.root() != checkpoint.root {
            group.commit.drop_stage(origin);
            return Ok(Course::Refused(Refusal::RootMismatch {
                expected: head.size + 1,
            }));
        }
        let receipt = JournalRecord::Receipt {
            origin,
            unit: party.unit,
            first: Sequence::after_size(head.size),
            size: checkpoint.size,
            note,
            received_at_ms: self.clock.next(now),
        };
        let position = if head.staged_size == head.size {
            let position = group.tail.add(receipt)?;
            group.commit.append(origin, Sequence::after_size(head.size), entries);
            position
        } else {
            self.put_on_stage(&mut group.commit, origin, head.size, entries, before)?;
            let position = group.tail.add(receipt)?;
            group.commit.accept(origin, checkpoint.size);
            // A stage that went on beyond the checkpoint was sent by an earlier try; it comes again.
            group.commit.drop_stage(origin);
            position
        };
        let record = group.tail.bytes(position).unwrap_or_default().to_vec();
        Ok(Course::Receipted {
            size: checkpoint.size,
            position,
            record,
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
            inclusion: Vec::new(),
            consistency: Vec::new(),
        })
    }

    /// Keeps both checkpoints of a log that cannot both be true, once for each that was shown.
    pub(crate) fn record_fork(
        &mut self,
        origin: Origin,
        shown: Option<&str>,
        now: &ClockReading,
    ) -> Result<(), Refusal> {
        let mut tail = self.tail();
        self.add_fork(&mut tail, origin, shown, now)?;
        if tail.is_empty() {
            return Ok(());
        }
        self.commit_journal(Commit::new(), tail).map(drop)
    }

    fn add_fork(
        &mut self,
        tail: &mut JournalTail,
        origin: Origin,
        shown: Option<&str>,
        now: &ClockReading,
    ) -> Result<(), Refusal> {
        let known = {
            let registry = self.registry();
            let is_kept = |shown| {
                registry
                    .forks
                    .iter()
                    .any(|fork| fork.origin == origin && fork.shown_note == shown)
            };
            let party = registry.party(origin);
            let last = party.and_then(|party| Some((party.unit?, party.receipts.last().copied()?)));
            shown.filter(|shown| !is_kept(*shown)).zip(last)
        };
        let Some((shown, (unit, (_, journal, position)))) = known else {
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
        Ok(())
    }
}

/// The same failure, for each whose push it concerned.
fn again(error: &Refusal) -> Refusal {
    match error {
        Refusal::Store(error) => Refusal::Store(error.clone()),
        other => Refusal::Encode(other.to_string()),
    }
}

/// Adds to a reply what proves it: that its receipt stands under its checkpoint, and that the journal only grew.
/// A receipt of a frozen journal has no checkpoint of its own journal beside it, and so no proof here.
fn prove<N: Nodes<Error = StoreError>>(
    reply: &mut PushReply,
    nodes: &N,
    journal: JournalId,
    seen: u64,
) -> Result<(), Refusal> {
    let size = size_of(&reply.note)?;
    if let Some(receipt) = reply.receipt.as_ref().filter(|receipt| receipt.journal == journal) {
        reply.inclusion = path(inclusion_proof(nodes, receipt.position.0, size)?);
    }
    reply.consistency = consistency(nodes, seen, size)?;
    Ok(())
}
