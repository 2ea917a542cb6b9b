//! What goes out: pushes of this machine's own log, and what a restored hub has lost and gets back.

use event::{Origin, Sequence};
use event_log::{Commit, Store};
use sync::frame::BodyWriter;
use sync::limits::{BODY_RAW_BYTES_MAX, PUSH_BYTES_MAX, PUSH_EVENTS_MAX};
use sync::message::{HelloReply, LogState, PushReply};
use sync::record::JournalRecord;

use crate::node::{Installation, Node, NodeError};
use crate::proved::ProvedReceipt;
use crate::session::{Ask, Asked, Phase, compressor};

/// The push that follows the one under way. A log only grows, so that it stays right whatever becomes of that one.
pub(crate) struct Ahead {
    origin: Origin,
    from: u64,
    push: Option<Made>,
}

impl Ahead {
    fn is_for(&self, origin: Origin, from: u64) -> bool {
        self.origin == origin && self.from == from
    }
}

/// The body of a push, and the size of the log that its checkpoint is over.
struct Made {
    upto: u64,
    body: Vec<u8>,
}

impl<S: Store> Node<S> {
    pub(crate) fn ask_push(&mut self, from: u64) -> Result<Option<Ask>, NodeError> {
        let one = self.current().clone();
        let size = self.store.head(one.origin.into()).size;
        if let Some(upto) = self.sync.unproved.take().filter(|upto| *upto <= size) {
            return self.ask_again(&one, upto).map(Some);
        }
        if from >= size {
            self.sync.phase = if self.runaway && self.pending() == 0 {
                Phase::Succeed
            } else {
                Phase::Page
            };
            return Ok(None);
        }
        let ready = self.ahead.take().filter(|ahead| ahead.is_for(one.origin, from));
        let push = match ready.and_then(|ahead| ahead.push) {
            Some(push) => push,
            None => self.make_push(&one, from, one.received, size)?,
        };
        self.ahead = Some(Ahead {
            origin: one.origin,
            from: push.upto,
            push: None,
        });
        let first = Sequence::after_size(from);
        Ok(self.asking(
            Asked::Push {
                origin: one.origin,
                upto: push.upto,
            },
            Ask::Push {
                origin: one.origin,
                first,
                body: push.body,
                seen: self.mirror.seen(),
            },
        ))
    }

    /// Asks for the receipt of entries that the hub says it has: a push of nothing but its checkpoint.
    fn ask_again(&mut self, one: &Installation, upto: u64) -> Result<Ask, NodeError> {
        let mut writer = BodyWriter::new().map_err(compressor)?;
        let first = Sequence::after_size(upto);
        writer.range(one.origin, first).map_err(compressor)?;
        writer.checkpoint(&self.checkpoint(one, upto)?).map_err(compressor)?;
        let (origin, seen) = (one.origin, self.mirror.seen());
        let body = writer.finish().map_err(compressor)?;
        self.sync.asked = Some(Asked::Push { origin, upto });
        Ok(Ask::Push {
            origin,
            first,
            body,
            seen,
        })
    }

    /// While a push is under way on a fast link, makes the one that will follow it.
    ///
    /// # Errors
    /// [`NodeError::Store`].
    pub(crate) fn prepare(&mut self) -> Result<(), NodeError> {
        let one = self.current();
        let size = self.store.head(one.origin.into()).size;
        let Some(from) = self
            .ahead
            .as_ref()
            .filter(|ahead| ahead.push.is_none() && ahead.is_for(one.origin, ahead.from))
            .map(|ahead| ahead.from)
            .filter(|from| *from < size && self.sync.pace.bytes() == PUSH_BYTES_MAX)
        else {
            return Ok(());
        };
        let one = one.clone();
        let push = self.make_push(&one, from, from, size)?;
        self.ahead = Some(Ahead {
            origin: one.origin,
            from,
            push: Some(push),
        });
        Ok(())
    }

    fn make_push(&self, one: &Installation, from: u64, received: u64, size: u64) -> Result<Made, NodeError> {
        let body = self.push_body(&one.origin, from, received, size)?;
        let Some((mut writer, upto)) = body else {
            return Err(NodeError::Untrue("its log is longer than it can be read"));
        };
        writer.checkpoint(&self.checkpoint(one, upto)?).map_err(compressor)?;
        let body = writer.finish().map_err(compressor)?;
        Ok(Made { upto, body })
    }

    /// Entries from `from` on, as many as the pace allows; a push ends at most 2,000 events after the last receipt.
    fn push_body(
        &self,
        origin: &Origin,
        from: u64,
        received: u64,
        size: u64,
    ) -> Result<Option<(BodyWriter, u64)>, NodeError> {
        let end = size.min(received.min(from) + PUSH_EVENTS_MAX as u64);
        let mut writer = BodyWriter::new().map_err(compressor)?;
        writer.range(*origin, Sequence::after_size(from)).map_err(compressor)?;
        let mut at = from;
        let log = self.mirror_log(*origin);
        while at < end && writer.compressed_bytes() < self.sync.pace.bytes() && !writer.is_full() {
            let count = usize::try_from(end - at).unwrap_or(usize::MAX).min(64);
            let entries = self.store.read(log, Sequence::after_size(at), count, usize::MAX)?;
            if entries.is_empty() {
                return Ok(None);
            }
            for entry in &entries {
                writer
                    .entry(&entry.bytes, entry.personal.as_deref())
                    .map_err(compressor)?;
            }
            at += entries.len() as u64;
        }
        Ok(Some((writer, at)))
    }

    /// Where an origin's entries stand for the purpose of sending them: our own as we wrote them.
    pub(crate) fn mirror_log(&self, origin: Origin) -> event_log::LogId {
        if origin == self.origin() {
            origin.into()
        } else {
            self.mirror.log_of(origin)
        }
    }

    pub(crate) fn take_push(&mut self, origin: Origin, upto: u64, reply: &PushReply) -> Result<(), NodeError> {
        self.mirror.hear_note(&reply.note, &reply.consistency)?;
        let receipt = reply
            .receipt
            .as_ref()
            .ok_or(NodeError::Untrue("a push was taken without a receipt"))?;
        let Ok(JournalRecord::Receipt {
            origin: of, size, note, ..
        }) = JournalRecord::decode(&receipt.record)
        else {
            return Err(NodeError::Untrue("its receipt is none"));
        };
        let one = self
            .own
            .origins
            .iter()
            .find(|one| one.origin == origin)
            .ok_or(NodeError::Untrue("whose log?"))?;
        let name = proof::origin_log_name(origin);
        let signed = proof::SignedCheckpoint::verify(&note, &name, &one.key()?.public());
        let root = signed
            .map_err(|_| NodeError::Untrue("its receipt holds a checkpoint that this machine did not sign"))?
            .root;
        if of != origin || size < upto || self.store.root_at(origin.into(), size)? != root {
            return Err(NodeError::Untrue("its receipt is of something else"));
        }
        let proved = ProvedReceipt::check(origin, size, receipt, reply)?;
        self.proved.extend(proved);
        self.take_receipt(origin, size)?;
        self.sync.phase = Phase::Push { from: size };
        Ok(())
    }

    /// The next piece of what a restored hub has lost: entries up to a receipt, under the checkpoint in it.
    pub(crate) fn ask_give_back(&mut self, mut wants: Vec<LogState>) -> Result<Option<Ask>, NodeError> {
        while let Some(want) = wants.first().cloned() {
            if let Some((upto, note)) = self.checkpoint_beyond(want.origin, want.size)?
                && let Some((mut writer, at)) = self.give_back_body(want.origin, want.size, upto)?
            {
                let first = Sequence::after_size(want.size);
                let origin = want.origin;
                if at == upto {
                    writer.checkpoint(&note).map_err(compressor)?;
                }
                let body = writer.finish().map_err(compressor)?;
                self.sync.phase = Phase::GiveBack { wants };
                let seen = self.mirror.seen();
                let ask = Ask::Push {
                    origin,
                    first,
                    body,
                    seen,
                };
                return Ok(self.asking(Asked::GiveBack { upto: at }, ask));
            }
            wants.remove(0);
        }
        let received = self.current().received;
        self.sync.phase = Phase::Push { from: received };
        Ok(None)
    }

    /// What the hub has lost: tails of others' logs that we hold, and of our own that are closed.
    pub(crate) fn wanted(&mut self, reply: &HelloReply) -> Result<Vec<LogState>, NodeError> {
        let mut wants = reply.wants.clone();
        let mut is_less = false;
        for one in self.own.origins.iter().filter(|one| one.closed) {
            let size = self.store.head(self.mirror_log(one.origin)).size;
            match reply.logs.iter().find(|log| log.origin == one.origin) {
                Some(log) if log.size < size => {
                    wants.push(LogState {
                        origin: log.origin,
                        size: log.size,
                        root: log.root,
                    });
                }
                Some(_) => {}
                // The hub does not know it at all: it is to be enrolled again first.
                None => is_less = true,
            }
        }
        if is_less || !wants.is_empty() {
            self.mirror.offer_back(&mut self.store)?;
        }
        Ok(wants)
    }

    /// A checkpoint beyond a size: our own signature where the log was ours, else the one in the next receipt.
    fn checkpoint_beyond(&self, origin: Origin, beyond: u64) -> Result<Option<(u64, String)>, NodeError> {
        let Some(one) = self.own.origins.iter().find(|one| one.origin == origin) else {
            return Ok(self.mirror.receipt_beyond(&self.store, origin, beyond)?);
        };
        let log = self.mirror_log(origin);
        let size = self.store.head(log).size.min(beyond + PUSH_EVENTS_MAX as u64);
        if size <= beyond {
            return Ok(None);
        }
        let (name, root) = (proof::origin_log_name(origin), self.store.root_at(log, size)?);
        Ok(Some((size, proof::Checkpoint { name, size, root }.sign(&one.key()?))))
    }

    fn give_back_body(&self, origin: Origin, from: u64, upto: u64) -> Result<Option<(BodyWriter, u64)>, NodeError> {
        let mut writer = BodyWriter::new().map_err(compressor)?;
        writer.range(origin, Sequence::after_size(from)).map_err(compressor)?;
        let count = usize::try_from(upto - from).unwrap_or(usize::MAX);
        let entries = self.store.read(
            self.mirror_log(origin),
            Sequence::after_size(from),
            count,
            BODY_RAW_BYTES_MAX / 2,
        )?;
        if entries.is_empty() {
            return Ok(None);
        }
        for entry in &entries {
            writer
                .entry(&entry.bytes, entry.personal.as_deref())
                .map_err(compressor)?;
        }
        Ok(Some((writer, from + entries.len() as u64)))
    }

    pub(crate) fn advance_give_back(&mut self, upto: u64) {
        if let Phase::GiveBack { wants } = &mut self.sync.phase
            && let Some(want) = wants.first_mut()
        {
            want.size = upto;
        }
    }

    /// A push was receipted. In the middle of a backlog that is only remembered: after a power cut the next hello
    /// tells it anew. At its end it is kept, with the hub's checkpoint, before anybody is told.
    fn take_receipt(&mut self, origin: Origin, size: u64) -> Result<(), NodeError> {
        let is_end = size >= self.store.head(origin.into()).size;
        let Some(one) = self.own.origins.iter_mut().find(|one| one.origin == origin) else {
            return Ok(());
        };
        if size < one.received {
            return self.set_received(origin, size);
        }
        one.received = size;
        if is_end {
            let mut commit = Commit::new();
            self.mirror.put_note(&mut commit);
            self.put_own(&mut commit);
            self.put_proved(&mut commit);
            self.store.commit(commit)?;
            self.proved.clear();
        }
        Ok(())
    }

    /// How many entries the hub has receipted. It may become fewer when the hub was restored: then they are pending again.
    pub(crate) fn set_received(&mut self, origin: Origin, received: u64) -> Result<(), NodeError> {
        let Some(one) = self.own.origins.iter_mut().find(|one| one.origin == origin) else {
            return Ok(());
        };
        if one.received == received {
            return Ok(());
        }
        let is_less = received < std::mem::replace(&mut one.received, received);
        self.save_own()?;
        if is_less {
            self.mirror.offer_back(&mut self.store)?;
        }
        Ok(())
    }
}
