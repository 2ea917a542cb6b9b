//! Receipts with their proofs: kept, so that they can be shown when there is no link.

use event::{ClockReading, JournalId, Origin, Position};
use event_log::{Commit, LogRead, Store};
use follower::{Parted, Parting};
use proof::{SignedCheckpoint, TlogProof, check_inclusion, journal_log_name, leaf_hash};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use sync::message::{PushReceipt, PushReply, decode, encode};
use sync::record::JournalRecord;

use crate::node::{Node, NodeError};

const PROVED: &[u8] = b"node/proved/";
const EVIDENCE: &[u8] = b"node/evidence/";
/// Pairs of checkpoints that are kept as evidence, at most; the first ones tell the most.
const EVIDENCE_MAX: usize = 64;

/// A receipt of this machine's own log that the hub has proved to stand in its journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvedReceipt {
    /// The log.
    pub origin: Origin,
    /// Size of the log that it covers.
    pub size: u64,
    /// The journal.
    pub journal: JournalId,
    /// Its position there.
    pub position: Position,
    /// The record's bytes: the leaf that is proved.
    pub record: ByteBuf,
    /// A `.tlog-proof` (c2sp.org/tlog-proof) of the record under the hub's checkpoint.
    pub proof: String,
}

impl ProvedReceipt {
    /// Checks the proof in the answer to a push. Nothing for a receipt of a frozen journal: its checkpoint is another's.
    ///
    /// # Errors
    /// [`NodeError::Untrue`] if the receipt does not stand under the checkpoint beside it.
    pub(crate) fn check(
        origin: Origin,
        size: u64,
        receipt: &PushReceipt,
        reply: &PushReply,
    ) -> Result<Option<Self>, NodeError> {
        let parsed = SignedCheckpoint::parse(&reply.note);
        let parsed = parsed.map_err(|_| NodeError::Untrue("its checkpoint cannot be read"))?;
        let checkpoint = parsed.claim();
        if checkpoint.name != journal_log_name(receipt.journal) {
            return Ok(None);
        }
        let path: Vec<proof::Hash> = reply.inclusion.iter().map(|hash| **hash).collect();
        let leaf = leaf_hash(&receipt.record);
        check_inclusion(receipt.position.0, checkpoint.size, &leaf, &path, &checkpoint.root)
            .map_err(|_| NodeError::Untrue("its receipt is not proved to stand in its journal"))?;
        let proof = TlogProof {
            extra: None,
            index: receipt.position.0,
            path,
            note: reply.note.clone(),
        };
        Ok(Some(Self {
            origin,
            size,
            journal: receipt.journal,
            position: receipt.position,
            record: receipt.record.clone(),
            proof: proof.encode(),
        }))
    }
}

/// Two checkpoints that the hub signed and that do not follow on one another, as they were met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The one that was kept.
    pub kept: String,
    /// The one that was shown.
    pub shown: String,
    /// `two-roots`, `unproven` or `shrunk`.
    pub why: String,
    /// This machine's wall clock, in milliseconds.
    pub wall_ms: u64,
}

impl<S: Store> Node<S> {
    pub(crate) fn put_proved(&self, commit: &mut Commit) {
        for one in &self.proved {
            commit.put_meta(key_of(one.origin, one.size), encode(one));
        }
    }

    /// Keeps what a hub signed and cannot both be true. Once for each pair.
    pub(crate) fn keep_evidence(&mut self, parted: &Parted, now: &ClockReading) -> Result<(), NodeError> {
        let known = evidence(&self.store)?;
        if known.len() >= EVIDENCE_MAX
            || known
                .iter()
                .any(|one| one.kept == parted.kept && one.shown == parted.shown)
        {
            return Ok(());
        }
        let why = match parted.why {
            Parting::TwoRoots => "two-roots",
            Parting::Unproven => "unproven",
            Parting::Shrunk => "shrunk",
        };
        let one = Evidence {
            kept: parted.kept.clone(),
            shown: parted.shown.clone(),
            why: why.to_owned(),
            wall_ms: now.wall_ms,
        };
        let mut commit = Commit::new();
        commit.put_meta([EVIDENCE, &(known.len() as u64).to_be_bytes()].concat(), encode(&one));
        self.store.commit(commit)?;
        Ok(())
    }
}

/// The proved receipt that covers an entry of this machine's own, if there is one here.
///
/// # Errors
/// [`NodeError::Store`], [`NodeError::State`].
pub fn proved_receipt(
    store: &(impl LogRead + ?Sized),
    origin: Origin,
    sequence: u64,
) -> Result<Option<ProvedReceipt>, NodeError> {
    let rows = store.scan_meta(&[PROVED, &origin.to_bytes()].concat())?;
    let sizes = rows.iter().find(|(key, _)| key[..] >= key_of(origin, sequence)[..]);
    let read = sizes.map(|(_, value)| decode(value).map_err(|error| NodeError::State(error.to_string())));
    // Where answers were lost, the next receipt that is here covers later entries only.
    let covers = |proved: &ProvedReceipt| match JournalRecord::decode(&proved.record) {
        Ok(JournalRecord::Receipt { first, .. }) => first.get() <= sequence,
        _ => false,
    };
    Ok(read.transpose()?.filter(covers))
}

/// Every pair of checkpoints that is kept as evidence, in the order in which they were met.
///
/// # Errors
/// [`NodeError::Store`], [`NodeError::State`].
pub fn evidence(store: &(impl LogRead + ?Sized)) -> Result<Vec<Evidence>, NodeError> {
    let rows = store.scan_meta(EVIDENCE)?;
    let read = rows
        .iter()
        .map(|(_, value)| decode(value).map_err(|error| NodeError::State(error.to_string())));
    read.collect()
}

fn key_of(origin: Origin, size: u64) -> Vec<u8> {
    [PROVED, &origin.to_bytes()[..], &size.to_be_bytes()].concat()
}
