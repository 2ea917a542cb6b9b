//! Proofs of single entries, out of a mirror: that each is included under the checkpoint that its origin signed, and
//! its receipt under a checkpoint of the hub that was kept. What is shown was checked.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use event::{JournalId, Origin, Position, Sequence};
use event_log::LogRead as _;
use follower::{ReceiptAt, Shown, Slip, split, tlog_proof};
use proof::{
    Hash, KeyKind, LeafNodes, SignedCheckpoint, VerifierKey, cosignatures, inclusion_proof, journal_log_name,
    leaf_hash, origin_log_name,
};
use serde::Serialize;
use serde_bytes::ByteArray;

use crate::opened::Archive;
use crate::{AuditConfig, AuditError, Book, kept};

/// A proof of an entry, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// It holds.
    Holds {
        /// Both leaves with their proofs, as other tools check them.
        slip: Box<Slip>,
        /// What they have shown.
        shown: Shown,
    },
    /// It does not, or cannot be made.
    Fails {
        /// Why.
        why: String,
    },
}

/// Whoever proves entries of one mirror.
pub struct Prover<'a> {
    archive: &'a Archive,
    book: &'a Book,
    journals: BTreeMap<JournalId, Tree>,
    witnesses: Vec<VerifierKey>,
}

/// A journal's tree, as the mirrored records have it, and the checkpoint that proofs stand under.
struct Tree {
    leaves: Vec<Hash>,
    note: Option<(String, u64)>,
}

impl<'a> Prover<'a> {
    /// Computes the journals' trees from the mirrored records. Proofs stand under the newest checkpoint that was kept
    /// and that a known witness has cosigned; where there is none, under the newest that was kept. Known are the
    /// machines that the journal enrolled, and `witnesses`.
    ///
    /// # Errors
    /// [`AuditError::Store`], [`AuditError::File`].
    pub fn new(
        archive: &'a Archive,
        book: &'a Book,
        config: &AuditConfig,
        mut witnesses: Vec<VerifierKey>,
    ) -> Result<Self, AuditError> {
        let machines = book.logs.iter().filter(|(_, log)| log.audience.is_none());
        witnesses.extend(machines.map(|(origin, log)| VerifierKey {
            name: origin_log_name(*origin),
            kind: KeyKind::Cosigner,
            key: log.key,
        }));
        let mut notes: Vec<String> = kept::kept(&config.data_dir)?
            .into_iter()
            .map(|kept| kept.note)
            .collect();
        notes.extend(archive.note().map(str::to_owned));
        let mut journals = BTreeMap::new();
        for (journal, copy, frozen) in archive.mirror().journals() {
            let mut leaves = Vec::new();
            archive.store().scan(copy, Sequence::FIRST, &mut |_, entry, _| {
                let next = Position(leaves.len() as u64);
                let record = split(entry).filter(|(at, _)| *at == next && frozen.is_none_or(|frozen| *at < frozen));
                match record {
                    Some((_, bytes)) => leaves.push(leaf_hash(bytes)),
                    None => return ControlFlow::Break(()),
                }
                ControlFlow::Continue(())
            })?;
            let note = best(&notes, archive, journal, leaves.len() as u64, &witnesses);
            journals.insert(journal, Tree { leaves, note });
        }
        Ok(Self {
            archive,
            book,
            journals,
            witnesses,
        })
    }

    /// The proof of an entry.
    #[must_use]
    pub fn prove(&self, origin: Origin, sequence: Sequence) -> Proof {
        match self.slip(origin, sequence) {
            Ok((slip, shown)) => Proof::Holds {
                slip: Box::new(slip),
                shown,
            },
            Err(why) => Proof::Fails { why },
        }
    }

    fn slip(&self, origin: Origin, sequence: Sequence) -> Result<(Slip, Shown), String> {
        let none = || "there is no receipt of this entry here".to_owned();
        let log = self.book.logs.get(&origin).ok_or_else(none)?;
        let covering = self.book.receipt_of(origin, sequence).ok_or_else(none)?;
        let receipt = self.receipt(covering.journal, covering.position)?;
        let store = self.archive.store();
        let slip = Slip::make(store, log.id, origin, sequence, receipt).map_err(|error| error.to_string())?;
        let hub_key = self.archive.mirror().hub_key();
        let shown = slip.check(&log.key, &hub_key, &self.witnesses);
        Ok((slip, shown.map_err(|error| error.to_string())?))
    }

    /// A record, with its proof where a checkpoint covers it.
    fn receipt(&self, journal: JournalId, position: Position) -> Result<ReceiptAt, String> {
        let none = || "the receipt's record is not here".to_owned();
        let journals = self.archive.mirror().journals();
        let copy = journals.into_iter().find(|(known, ..)| *known == journal);
        let (_, copy, _) = copy.ok_or_else(none)?;
        let store = self.archive.store();
        let read = store.read(copy, Sequence::after_size(position.0), 1, usize::MAX);
        let read = read.map_err(|error| error.to_string())?;
        let record = read.first().and_then(|entry| split(&entry.bytes));
        let (_, record) = record.filter(|(at, _)| *at == position).ok_or_else(none)?;
        let tree = self.journals.get(&journal).ok_or_else(none)?;
        let covering = tree.note.as_ref().filter(|(_, size)| position.0 < *size);
        let proof = covering.map(|(note, size)| {
            let path = inclusion_proof(&LeafNodes(&tree.leaves), position.0, *size);
            let path = path.map_err(|error| error.to_string())?;
            let path: Vec<_> = path.into_iter().map(ByteArray::new).collect();
            Ok::<_, String>(tlog_proof(position.0, &path, note))
        });
        Ok(ReceiptAt {
            journal,
            position,
            record: record.to_vec(),
            proof: proof.transpose()?,
        })
    }
}

/// The checkpoint to prove under, with its size.
fn best(
    notes: &[String],
    archive: &Archive,
    journal: JournalId,
    held: u64,
    witnesses: &[VerifierKey],
) -> Option<(String, u64)> {
    let (name, hub_key) = (journal_log_name(journal), archive.mirror().hub_key());
    let sound = notes.iter().filter_map(|note| {
        let signed = SignedCheckpoint::verify(note, &name, &hub_key).ok()?;
        let cosigned = cosignatures(note, witnesses).map_or(0, |cosigned| cosigned.len());
        (signed.size <= held).then_some(((cosigned > 0, signed.size, cosigned), note))
    });
    let ((_, size, _), note) = sound.max()?;
    Some((note.clone(), size))
}
