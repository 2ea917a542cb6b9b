//! What the hub proves of its own journal: that it only grew, and that a record stands in it.

use event::{JournalId, Origin, Position, Sequence};
use event_log::{LogNodes, Store, StoreError};
use proof::{Nodes, SignedCheckpoint, consistency_proof, inclusion_proof, journal_log_name};
use serde_bytes::{ByteArray, ByteBuf};
use sync::HashBytes;
use sync::limits::MESSAGE_BYTES_MAX;
use sync::message::{Checkpoints, ProofReply};
use sync::record::{JournalRecord, Role};

use crate::core::stored_note;
use crate::{Desk, Hub, Refusal};

/// Most bytes of cosigned checkpoints in one answer: the message around them has a bound of its own.
const NOTES_BYTES_MAX: usize = MESSAGE_BYTES_MAX * 3 / 4;

/// The hashes as a message carries them.
pub(crate) fn path(hashes: Vec<proof::Hash>) -> Vec<HashBytes> {
    hashes.into_iter().map(ByteArray::new).collect()
}

/// Size of the tree under a note that this hub stored.
pub(crate) fn size_of(note: &str) -> Result<u64, Refusal> {
    let parsed = SignedCheckpoint::parse(note).map_err(|e| Refusal::Encode(e.to_string()))?;
    Ok(parsed.claim().size)
}

/// The proof that a tree of `size` follows on the one of size `seen`; empty where there is nothing to prove:
/// nothing was seen, or something else than this tree.
pub(crate) fn consistency<N: Nodes<Error = StoreError>>(
    nodes: &N,
    seen: u64,
    size: u64,
) -> Result<Vec<HashBytes>, Refusal> {
    if seen == 0 || seen >= size {
        return Ok(Vec::new());
    }
    Ok(path(consistency_proof(nodes, seen, size)?))
}

impl<S: Store> Hub<S> {
    /// The proof from the checkpoint that a peer has seen to the journal's newest one.
    pub(crate) fn consistency_from(&self, seen: Option<&str>, note: &str) -> Result<Vec<HashBytes>, Refusal> {
        let journal = self.registry().journal;
        let seen = seen.and_then(|seen| SignedCheckpoint::parse(seen).ok());
        let seen = seen.filter(|seen| seen.claim().name == journal_log_name(journal));
        let seen = seen.map_or(0, |seen| seen.claim().size);
        consistency(&self.edge.nodes(&self.store), seen, size_of(note)?)
    }
}

impl Desk {
    /// The proof from the size that a reader has seen of the current journal to its newest checkpoint.
    pub(crate) fn consistency_from(&self, seen: u64, note: &str) -> Result<Vec<HashBytes>, Refusal> {
        let journal = self.registry().journal;
        consistency(&LogNodes::new(&*self.log, journal.into()), seen, size_of(note)?)
    }

    /// A record with its proof, for a reader that may see it.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where the journal has no such record, [`Refusal::Forbidden`] for another village's.
    pub fn prove(&self, peer: Origin, journal: JournalId, position: Position) -> Result<ProofReply, Refusal> {
        let (role, unit) = self.reader(peer)?;
        let note = self.note_over(journal, position)?;
        let size = size_of(&note)?;
        let log = journal.into();
        let records = self.log.read(log, Sequence::after_size(position.0), 1, usize::MAX)?;
        let record = records.into_iter().next().filter(|_| position.0 < size);
        let record = record.ok_or(Refusal::NotFound("no such record"))?.bytes;
        let visible = match JournalRecord::decode(&record) {
            Ok(record) => self.registry().scope(&record).is_visible_to(role, unit),
            Err(_) => role == Role::Auditor,
        };
        if !visible {
            return Err(Refusal::Forbidden("another village's record"));
        }
        Ok(ProofReply {
            journal,
            position,
            record: ByteBuf::from(record),
            note,
            inclusion: path(inclusion_proof(&LogNodes::new(&*self.log, log), position.0, size)?),
        })
    }

    /// A checkpoint of a journal that includes a record: the one that most witnesses have cosigned, else the newest.
    pub(crate) fn note_over(&self, journal: JournalId, position: Position) -> Result<String, Refusal> {
        let newest = stored_note(&*self.log)?;
        let current = self.registry().journal;
        if journal != current {
            return self.note_of_frozen(journal);
        }
        Ok(self
            .cosigned()
            .best(&journal_log_name(journal), position.0)
            .unwrap_or(newest))
    }

    /// The newest checkpoint of a frozen journal that is known: the one that showed that it had been frozen is of
    /// entries which this hub has lost, so that only a cosigned one can be shown.
    pub(crate) fn note_of_frozen(&self, journal: JournalId) -> Result<String, Refusal> {
        let is_known = self.registry().frozen.iter().any(|frozen| frozen.journal == journal);
        let size = self.log.head(journal.into()).size;
        let kept = self.cosigned().best(&journal_log_name(journal), 0);
        let kept = kept.filter(|note| is_known && size_of(note).is_ok_and(|of| of <= size));
        kept.ok_or(Refusal::NotFound("no checkpoint of that journal"))
    }

    /// The checkpoints that are worth keeping: the newest, and what every witness cosigned last.
    ///
    /// # Errors
    /// [`Refusal::Store`].
    pub fn checkpoints(&self) -> Result<Checkpoints, Refusal> {
        let journal = self.registry().journal;
        let mut notes = vec![stored_note(&*self.log)?];
        let mut bytes = 0;
        let cosigned = self.cosigned().notes(&journal_log_name(journal)).into_iter();
        notes.extend(cosigned.take_while(|note| {
            bytes += note.len();
            bytes <= NOTES_BYTES_MAX
        }));
        Ok(Checkpoints { journal, notes })
    }
}
