//! A proof for one entry that can be checked anywhere, without a network (c2sp.org/tlog-proof).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::check::{PROOF_HASHES_MAX, ProofError, check_inclusion};
use crate::checkpoint::plain_decimal;
use crate::cosignature::{Cosigned, cosignatures};
use crate::{Checkpoint, Hash, KeyKind, NoteError, Policy, PublicKey, SignedCheckpoint, VerifierKey, leaf_hash};

/// First line of a proof.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Longest extra data, in bytes.
pub const PROOF_EXTRA_BYTES_MAX: usize = 65_536;
/// Longest proof that is read, in bytes: extra data, 64 hashes and the longest note.
pub const PROOF_BYTES_MAX: usize = 131_072;

/// Why a proof is not read, or does not prove what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// The text has not the form of a proof.
    #[error("not a proof: {0}")]
    Form(&'static str),
    /// The checkpoint in it is not the log's, or a cosignature is wrong.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The entry is not at its place under the checkpoint.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The policy does not name this log.
    #[error("the policy names other logs, not {0}")]
    Log(String),
    /// The cosignatures are fewer than the policy asks for.
    #[error("the policy asks for more cosignatures than the {0} that are right")]
    Quorum(usize),
}

/// The place of an entry in a log, the path from there to the root, and the signed checkpoint with that root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Data of the application, not covered by anything: never trusted. Empty data is the same as none.
    pub extra: Option<Vec<u8>>,
    /// Place of the entry, from 0.
    pub index: u64,
    /// Hashes from the leaf's sibling upwards, at most 64.
    pub path: Vec<Hash>,
    /// The checkpoint's note, with cosignatures, byte for byte.
    pub note: String,
}

/// What a proof has shown: the entry stands at its place under this checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The checkpoint that the log signed.
    pub checkpoint: Checkpoint,
    /// The policy's witnesses that cosigned it; empty without a policy.
    pub cosigned: Vec<Cosigned>,
}

impl TlogProof {
    /// The proof as text (`.tlog-proof`).
    #[must_use]
    pub fn encode(&self) -> String {
        let extra = self.extra.as_ref().filter(|extra| !extra.is_empty());
        let extra = extra.map_or_else(String::new, |extra| format!("extra {}\n", STANDARD.encode(extra)));
        let path: String = self.path.iter().map(|hash| STANDARD.encode(hash) + "\n").collect();
        format!("{HEADER}\n{extra}index {}\n{path}\n{}", self.index, self.note)
    }

    /// Reads what [`TlogProof::encode`] writes, and nothing else; nothing is verified.
    ///
    /// # Errors
    /// [`TlogProofError::Form`], or [`TlogProofError::Note`] if what follows the empty line is no checkpoint.
    pub fn parse(text: &str) -> Result<Self, TlogProofError> {
        let form = TlogProofError::Form;
        if text.len() > PROOF_BYTES_MAX {
            return Err(form("it is longer than 131072 bytes"));
        }
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(form("no empty line before the checkpoint"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(form("its first line is not c2sp.org/tlog-proof@v1"));
        }
        let (mut extra, mut line) = (None, lines.next().unwrap_or_default());
        if let Some(data) = line.strip_prefix("extra ") {
            let data = STANDARD
                .decode(data)
                .map_err(|_| form("extra data that is not base64"))?;
            if data.is_empty() || data.len() > PROOF_EXTRA_BYTES_MAX {
                return Err(form("extra data that is empty or longer than 65536 bytes"));
            }
            (extra, line) = (Some(data), lines.next().unwrap_or_default());
        }
        let index = line.strip_prefix("index ").and_then(plain_decimal);
        let index = index.ok_or(form("no line with the index as a plain decimal number"))?;
        let hash = |line| STANDARD.decode(line).ok().and_then(|bytes| Hash::try_from(bytes).ok());
        let path: Option<Vec<Hash>> = lines.map(hash).collect();
        let path = path.ok_or(form("a hash that is not the base64 of 32 bytes"))?;
        if path.len() > PROOF_HASHES_MAX {
            return Err(form("more than 64 hashes"));
        }
        SignedCheckpoint::parse(note)?;
        let note = note.to_owned();
        Ok(Self {
            extra,
            index,
            path,
            note,
        })
    }

    /// Checks that the log `log_name`, whose key is `log_key`, has `entry` (the bytes of the leaf) at this place, and
    /// that its checkpoint satisfies the policy. A policy that names logs must name this one with this key. How old
    /// the cosignatures are is not judged here: see [`Policy::is_fresh`].
    ///
    /// # Errors
    /// Every [`TlogProofError`] but `Form`.
    pub fn verify(
        &self,
        entry: &[u8],
        log_name: &str,
        log_key: &PublicKey,
        policy: Option<&Policy>,
    ) -> Result<Proven, TlogProofError> {
        let checkpoint = SignedCheckpoint::verify(&self.note, log_name, log_key)?;
        check_inclusion(
            self.index,
            checkpoint.size,
            &leaf_hash(entry),
            &self.path,
            &checkpoint.root,
        )?;
        let Some(policy) = policy else {
            let cosigned = Vec::new();
            return Ok(Proven { checkpoint, cosigned });
        };
        let log = VerifierKey {
            name: log_name.to_owned(),
            kind: KeyKind::Log,
            key: *log_key,
        };
        if !policy.logs().is_empty() && policy.logs().iter().all(|known| known.key != log) {
            return Err(TlogProofError::Log(log_name.to_owned()));
        }
        let cosigned = cosignatures(&self.note, &policy.witness_keys())?;
        if !policy.quorum(&cosigned.iter().map(|one| one.key).collect()) {
            return Err(TlogProofError::Quorum(cosigned.len()));
        }
        Ok(Proven { checkpoint, cosigned })
    }
}
