//! What a log asks a witness (c2sp.org/tlog-witness).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::plain_decimal;
use crate::{Hash, NoteError, SignedCheckpoint};

/// Hashes of the consistency proof that a request may carry.
pub const ADD_CHECKPOINT_HASHES_MAX: usize = 63;
/// Longest request that a witness takes, in bytes: the hashes and the longest note fit three times.
pub const ADD_CHECKPOINT_BYTES_MAX: usize = 65_536;

/// Why bytes are no request to a witness.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddCheckpointError {
    /// The form is another.
    #[error("not a request to a witness: {0}")]
    Form(&'static str),
    /// What follows the empty line is no checkpoint.
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// A request for a cosignature: what the log believes that the witness has, the proof from there, and the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size of the newest checkpoint that the witness cosigned; 0 if none or unknown.
    pub old: u64,
    /// Consistency proof from there to the checkpoint's size.
    pub proof: Vec<Hash>,
    /// The checkpoint, not yet verified.
    pub checkpoint: SignedCheckpoint,
}

impl AddCheckpoint {
    /// The body of the request.
    #[must_use]
    pub fn encode(&self) -> String {
        let proof: String = self.proof.iter().map(|hash| STANDARD.encode(hash) + "\n").collect();
        format!("old {}\n{proof}\n{}", self.old, self.checkpoint.note())
    }

    /// Reads what [`AddCheckpoint::encode`] writes, and nothing else.
    ///
    /// # Errors
    /// [`AddCheckpointError`].
    pub fn parse(body: &[u8]) -> Result<Self, AddCheckpointError> {
        let form = AddCheckpointError::Form;
        if body.len() > ADD_CHECKPOINT_BYTES_MAX {
            return Err(form("it is longer than 65536 bytes"));
        }
        let text = std::str::from_utf8(body).map_err(|_| form("it is no UTF-8"))?;
        let (head, note) = text
            .split_once("\n\n")
            .ok_or(form("no empty line before the checkpoint"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old = old
            .and_then(plain_decimal)
            .ok_or(form("its first line is not `old <size>`"))?;
        let hash = |line| Hash::try_from(STANDARD.decode(line).ok()?).ok();
        let proof: Option<Vec<Hash>> = lines.map(hash).collect();
        let proof = proof.ok_or(form("a hash that is not the base64 of 32 bytes"))?;
        if proof.len() > ADD_CHECKPOINT_HASHES_MAX {
            return Err(form("more than 63 hashes"));
        }
        let checkpoint = SignedCheckpoint::parse(note)?;
        Ok(Self { old, proof, checkpoint })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Checkpoint, OriginKey};

    #[test]
    fn a_request_is_read_as_it_was_written_and_strictly() {
        let (name, root) = ("log.example/x".to_owned(), [9; 32]);
        let note = Checkpoint { name, size: 7, root }.sign(&OriginKey::from_seed([1; 32]));
        let request = AddCheckpoint {
            old: 3,
            proof: vec![[1; 32], [2; 32]],
            checkpoint: SignedCheckpoint::parse(&note).expect("a note"),
        };
        let text = request.encode();
        let line = STANDARD.encode([1; 32]) + "\n";
        assert!(text.starts_with(&format!("old 3\n{line}")) && text.ends_with(&format!("=\n\n{note}")));
        assert_eq!(AddCheckpoint::parse(text.as_bytes()), Ok(request.clone()));
        let first = AddCheckpoint {
            old: 0,
            proof: Vec::new(),
            ..request
        };
        assert_eq!(AddCheckpoint::parse(first.encode().as_bytes()), Ok(first));
        let most = text.replacen(&line, &line.repeat(62), 1);
        assert!(AddCheckpoint::parse(most.as_bytes()).is_ok());
        for bad in [
            String::new(),
            text.replace("old 3", "old 03"),
            text.replace("old 3", "old -3"),
            text.replace("old 3", "Old 3"),
            text.replace("old 3\n", ""),
            text.replace("old 3", "old 18446744073709551616"),
            text.replacen(&line, &line.repeat(63), 1),
            text.replacen(&line, &line.replace('=', ""), 1),
            text.replacen(&line, "\n", 1),
            text.replace('\n', "\r\n"),
            text.replace("\n\n", "\n"),
            text.clone() + "\n",
            text.replace("\u{2014}", "-"),
            text.replace("\n7\n", "\n07\n"),
        ] {
            assert!(bad != text && AddCheckpoint::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(AddCheckpoint::parse(&[text.as_bytes(), &[0xff]].concat()).is_err());
        assert!(AddCheckpoint::parse(&vec![b'o'; ADD_CHECKPOINT_BYTES_MAX + 1]).is_err());
    }
}
