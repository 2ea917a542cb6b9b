//! What shows, to anybody and without a link, that an entry was recorded and received: two proofs, each beside its leaf.

use event::{JournalId, Origin, Position, Sequence, UnitCode};
use event_log::{LogId, LogNodes, LogRead, StoreError};
use proof::{Cosigned, Hash, NoteError, ProveError, PublicKey, TlogProof, VerifierKey, cosignatures, inclusion_proof};
use serde::{Deserialize, Serialize};
use sync::record::JournalRecord;

/// Why there is no slip for an entry, or a slip does not hold.
#[derive(Debug, thiserror::Error)]
pub enum SlipError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The receipt is none, or does not cover the entry.
    #[error("the receipt does not cover this entry")]
    Receipt,
    /// A signature does not hold.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A proof does not hold.
    #[error("{0}")]
    Proof(String),
}

impl From<ProveError<StoreError>> for SlipError {
    fn from(error: ProveError<StoreError>) -> Self {
        match error {
            ProveError::Node(error) => Self::Store(error),
            other => Self::Proof(other.to_string()),
        }
    }
}

/// The receipt of an entry, and its proof where there is one.
#[derive(Clone, Debug)]
pub struct ReceiptAt {
    /// The journal.
    pub journal: JournalId,
    /// Position there.
    pub position: Position,
    /// The record's bytes.
    pub record: Vec<u8>,
    /// Its `.tlog-proof` under a checkpoint of the hub.
    pub proof: Option<String>,
}

/// An entry with everything that proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slip {
    /// The log.
    pub origin: Origin,
    /// Place in it.
    pub sequence: Sequence,
    /// The leaf: the event's bytes, in hexadecimal digits.
    pub entry: String,
    /// The entry's `.tlog-proof` under the checkpoint that its origin signed.
    pub entry_proof: String,
    /// The journal.
    pub journal: JournalId,
    /// Position of the receipt.
    pub position: Position,
    /// The leaf: the record's bytes, in hexadecimal digits.
    pub receipt: String,
    /// The receipt's `.tlog-proof` under a checkpoint of the hub, with the cosignatures that are known.
    pub receipt_proof: Option<String>,
    /// Village of the log; absent for what the township wrote for more than one.
    pub unit: Option<UnitCode>,
    /// When the hub received the entry, in milliseconds.
    pub received_at_ms: u64,
}

/// What a slip has shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Size of the origin's tree under the receipt.
    pub log_size: u64,
    /// Size of the hub's journal under its checkpoint; absent without a proof of the receipt.
    pub journal_size: Option<u64>,
    /// Who cosigned that checkpoint, and when, in seconds since 1970-01-01T00:00:00Z.
    pub cosigned: Vec<(String, u64)>,
}

impl Slip {
    /// The slip of the entry at `sequence` of the log that `log` holds.
    ///
    /// # Errors
    /// [`SlipError`].
    pub fn make(
        store: &(impl LogRead + ?Sized),
        log: LogId,
        origin: Origin,
        sequence: Sequence,
        receipt: ReceiptAt,
    ) -> Result<Self, SlipError> {
        let Ok(JournalRecord::Receipt {
            origin: of,
            unit,
            size,
            note,
            received_at_ms,
            ..
        }) = JournalRecord::decode(&receipt.record)
        else {
            return Err(SlipError::Receipt);
        };
        let entry = store.read(log, sequence, 1, usize::MAX)?.pop();
        let entry = entry
            .filter(|_| of == origin && sequence.get() <= size)
            .ok_or(SlipError::Receipt)?;
        let proof = TlogProof {
            extra: None,
            index: sequence.leaf_index(),
            path: inclusion_proof(&LogNodes::new(store, log), sequence.leaf_index(), size)?,
            note,
        };
        Ok(Self {
            origin,
            sequence,
            entry: hex(&entry.bytes),
            entry_proof: proof.encode(),
            journal: receipt.journal,
            position: receipt.position,
            receipt: hex(&receipt.record),
            receipt_proof: receipt.proof,
            unit,
            received_at_ms,
        })
    }

    /// Checks everything in it against the keys of the origin and the hub; `witnesses` are those whose cosignatures
    /// are named.
    ///
    /// # Errors
    /// [`SlipError::Note`], [`SlipError::Proof`], [`SlipError::Receipt`].
    pub fn check(
        &self,
        origin_key: &PublicKey,
        hub_key: &PublicKey,
        witnesses: &[VerifierKey],
    ) -> Result<Shown, SlipError> {
        let wrong = |error: proof::TlogProofError| SlipError::Proof(error.to_string());
        let (entry, receipt) = (unhex(&self.entry)?, unhex(&self.receipt)?);
        let parsed = TlogProof::parse(&self.entry_proof).map_err(wrong)?;
        let name = proof::origin_log_name(self.origin);
        let in_log = parsed.verify(&entry, &name, origin_key, None).map_err(wrong)?;
        let covers = match JournalRecord::decode(&receipt) {
            Ok(JournalRecord::Receipt { origin, size, note, .. }) => {
                origin == self.origin && note == parsed.note && size == in_log.checkpoint.size
            }
            _ => false,
        };
        if !covers || parsed.index != self.sequence.leaf_index() {
            return Err(SlipError::Receipt);
        }
        let mut shown = Shown {
            log_size: in_log.checkpoint.size,
            ..Shown::default()
        };
        let Some(proof) = &self.receipt_proof else {
            return Ok(shown);
        };
        let parsed = TlogProof::parse(proof).map_err(wrong)?;
        let name = proof::journal_log_name(self.journal);
        let in_journal = parsed.verify(&receipt, &name, hub_key, None).map_err(wrong)?;
        if parsed.index != self.position.0 {
            return Err(SlipError::Receipt);
        }
        let cosigned = cosignatures(&parsed.note, witnesses)?;
        let line = |one: Cosigned| (one.name, one.time_s);
        shown.journal_size = Some(in_journal.checkpoint.size);
        shown.cosigned = cosigned.into_iter().map(line).collect();
        Ok(shown)
    }

    /// The files of a slip, by name: leaves and proofs as they are exported.
    ///
    /// # Errors
    /// [`SlipError::Proof`] if a leaf is no hexadecimal text.
    pub fn files(&self) -> Result<Vec<(&'static str, Vec<u8>)>, SlipError> {
        let mut files = vec![
            ("entry.leaf", unhex(&self.entry)?),
            ("entry.tlog-proof", self.entry_proof.clone().into_bytes()),
            ("receipt.leaf", unhex(&self.receipt)?),
        ];
        if let Some(proof) = &self.receipt_proof {
            files.push(("receipt.tlog-proof", proof.clone().into_bytes()));
        }
        Ok(files)
    }
}

/// A `.tlog-proof` out of the parts of an answer.
#[must_use]
pub fn tlog_proof(index: u64, path: &[sync::HashBytes], note: &str) -> String {
    let path: Vec<Hash> = path.iter().map(|hash| **hash).collect();
    let note = note.to_owned();
    TlogProof {
        extra: None,
        index,
        path,
        note,
    }
    .encode()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing into a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn unhex(text: &str) -> Result<Vec<u8>, SlipError> {
    let wrong = || SlipError::Proof("a leaf that is not written in hexadecimal digits".to_owned());
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits.ok_or_else(wrong)?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(wrong());
    }
    Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}
