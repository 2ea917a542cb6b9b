//! Signed tree heads (c2sp.org/tlog-checkpoint).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event::{JournalId, Origin};

use crate::note::{self, Note, NoteError};
use crate::vkey::{KeyKind, key_id};
use crate::{Hash, OriginKey, PublicKey};

/// Name of an origin's log, in its checkpoints and in the signature lines under them.
#[must_use]
pub fn origin_log_name(origin: Origin) -> String {
    format!("minqing/{origin}")
}

/// Name of a hub's journal, in its checkpoints and in the signature lines under them.
#[must_use]
pub fn journal_log_name(journal: JournalId) -> String {
    format!("minqing/journal/{journal}")
}

/// The journal whose name this is.
#[must_use]
pub fn journal_of_log_name(name: &str) -> Option<JournalId> {
    name.strip_prefix("minqing/journal/")?.parse().ok()
}

/// A tree head: the log's name, its size in entries, and the root of its tree at that size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log: not empty, no white space, no plus sign.
    pub name: String,
    /// Entries in the log.
    pub size: u64,
    /// Root of the Merkle tree over those entries.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed: name, size and root, a line each.
    #[must_use]
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.name, self.size, STANDARD.encode(self.root))
    }

    /// The checkpoint as a signed note. The signature line carries the log's own name.
    #[must_use]
    pub fn sign(&self, key: &OriginKey) -> String {
        note::sign(&self.body(), &self.name, key)
    }

    fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let mut line = |what| lines.next().ok_or(NoteError::Checkpoint(what));
        let name = line("no name")?;
        if !note::is_name(name) {
            return Err(NoteError::Checkpoint("a name that is empty or holds a space or a plus"));
        }
        let size = decimal(line("no size")?)?;
        let root = STANDARD
            .decode(line("no root")?)
            .ok()
            .and_then(|bytes| Hash::try_from(bytes).ok());
        let root = root.ok_or(NoteError::Checkpoint("a root that is not the base64 of 32 bytes"))?;
        if lines.any(str::is_empty) {
            return Err(NoteError::Checkpoint("an empty extension line"));
        }
        Ok(Self {
            name: name.to_owned(),
            size,
            root,
        })
    }
}

/// A checkpoint as it was received: read, its signatures not yet judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    note: String,
    unverified: Checkpoint,
}

impl SignedCheckpoint {
    /// Reads a note without judging its signatures: to learn which log it speaks of.
    ///
    /// # Errors
    /// [`NoteError::TooLong`], [`NoteError::Form`] or [`NoteError::Checkpoint`].
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let unverified = Checkpoint::parse(Note::parse(note)?.text)?;
        Ok(Self {
            note: note.to_owned(),
            unverified,
        })
    }

    /// What the note claims. No evidence of anything until it is verified.
    #[must_use]
    pub const fn claim(&self) -> &Checkpoint {
        &self.unverified
    }

    /// The note, byte for byte.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }

    /// What was signed: the note without the empty line and the signature lines.
    #[must_use]
    pub fn text(&self) -> &str {
        text_of(&self.note)
    }

    /// The note with one signature line, the log's own under `key`; without any if it has none. It is short, whatever
    /// others have put under the note.
    #[must_use]
    pub fn without_cosignatures(&self, key: &PublicKey) -> String {
        let id = key_id(&self.unverified.name, KeyKind::Log, key);
        let lines = Note::parse(&self.note).map(|note| note.signatures).unwrap_or_default();
        let own = lines.into_iter().find(|line| line.is_of(&self.unverified.name, id));
        own.map_or_else(
            || self.text().to_owned(),
            |own| format!("{}\n{}\n", self.text(), own.line),
        )
    }

    /// Reads and verifies a note: it is of the log `expected_name` and signed by `key` under that
    /// name. Signature lines of others are cosignatures and pass unjudged; extension lines pass,
    /// covered by the signature.
    ///
    /// # Errors
    /// Every [`NoteError`]; a wrong signature of the expected key refuses the note even if another
    /// line of that key is right.
    pub fn verify(note: &str, expected_name: &str, key: &PublicKey) -> Result<Checkpoint, NoteError> {
        let parsed = Note::parse(note)?;
        let checkpoint = Checkpoint::parse(parsed.text)?;
        if checkpoint.name != expected_name {
            return Err(NoteError::Name {
                expected: expected_name.to_owned(),
                found: checkpoint.name,
            });
        }
        parsed.verify(expected_name, key)?;
        Ok(checkpoint)
    }
}

/// The text of a checkpoint's note; a text alone stays as it is, for no line of a checkpoint is empty.
pub(crate) fn text_of(note: &str) -> &str {
    note.find("\n\n").map_or(note, |end| &note[..=end])
}

fn decimal(text: &str) -> Result<u64, NoteError> {
    plain_decimal(text).ok_or(NoteError::Checkpoint("a size that is not a plain decimal number"))
}

/// A decimal number without sign or leading zeros, within 64 bits; as notes, proofs and requests write sizes.
#[must_use]
pub fn plain_decimal(text: &str) -> Option<u64> {
    let plain = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Frontier;

    fn key() -> OriginKey {
        OriginKey::from_seed([5; 32])
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            name: origin_log_name(key().origin()),
            size: 17,
            root: [9; 32],
        }
    }

    #[test]
    fn a_checkpoint_has_these_bytes() {
        let empty = Checkpoint {
            name: "example.com/log".to_owned(),
            size: 0,
            root: Frontier::new().root(),
        };
        assert_eq!(
            empty.body(),
            "example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
        );
        let note = empty.sign(&key());
        assert!(note.starts_with(&format!("{}\n\u{2014} example.com/log ", empty.body())));
        assert_eq!(
            SignedCheckpoint::verify(&note, "example.com/log", &key().public()),
            Ok(empty)
        );
    }

    #[test]
    fn only_the_right_log_and_key_verify() {
        let (note, name) = (checkpoint().sign(&key()), checkpoint().name);
        assert_eq!(
            SignedCheckpoint::verify(&note, &name, &key().public()),
            Ok(checkpoint())
        );
        let other = OriginKey::from_seed([6; 32]);
        assert_eq!(
            SignedCheckpoint::verify(&note, &name, &other.public()),
            Err(NoteError::Unsigned)
        );
        let found = name.clone();
        assert_eq!(
            SignedCheckpoint::verify(&note, "minqing/x", &key().public()),
            Err(NoteError::Name {
                expected: "minqing/x".to_owned(),
                found
            })
        );
        assert_eq!(SignedCheckpoint::parse(&note).expect("a note").claim(), &checkpoint());
    }

    #[test]
    fn cosignatures_pass_and_a_wrong_own_line_does_not() {
        let (note, name) = (checkpoint().sign(&key()), checkpoint().name);
        let cosigned = format!("{note}\u{2014} witness AAAAAAAA\n");
        assert_eq!(
            SignedCheckpoint::verify(&cosigned, &name, &key().public()),
            Ok(checkpoint())
        );
        let larger = Checkpoint {
            size: 18,
            ..checkpoint()
        }
        .sign(&key());
        let stray = larger.lines().last().expect("its signature line");
        let twice = format!("{note}{stray}\n");
        assert_eq!(
            SignedCheckpoint::verify(&twice, &name, &key().public()),
            Err(NoteError::Signature)
        );
    }

    #[test]
    fn extension_lines_are_signed_over() {
        let body = format!("{}extension\n", checkpoint().body());
        let note = note::sign(&body, &checkpoint().name, &key());
        assert_eq!(
            SignedCheckpoint::verify(&note, &checkpoint().name, &key().public()),
            Ok(checkpoint())
        );
        let changed = note.replace("extension", "Extension");
        let judged = SignedCheckpoint::verify(&changed, &checkpoint().name, &key().public());
        assert_eq!(judged, Err(NoteError::Signature));
    }

    #[test]
    fn sizes_and_roots_are_read_strictly() {
        let root = STANDARD.encode([9; 32]);
        for body in [
            format!("log\n017\n{root}\n"),
            format!("log\n+17\n{root}\n"),
            format!("log\n\n{root}\n"),
            format!("log\n18446744073709551616\n{root}\n"),
            format!("log\n17\n{}\n", &root[..43]),
            format!("log\n17\n{}\n", STANDARD.encode([9; 31])),
            format!("log\n17\n{root}\n\nextension\n"),
            format!("my log\n17\n{root}\n"),
            format!("\n17\n{root}\n"),
            "log\n17\n".to_owned(),
        ] {
            let note = note::sign(&body, "log", &key());
            assert!(
                SignedCheckpoint::verify(&note, "log", &key().public()).is_err(),
                "{body:?}"
            );
        }
        let largest = format!("log\n18446744073709551615\n{root}\n");
        assert!(SignedCheckpoint::parse(&note::sign(&largest, "log", &key())).is_ok());
    }

    #[test]
    fn names_follow_the_identifier() {
        let origin = Origin::from_bytes([0; 16]);
        assert_eq!(origin_log_name(origin), "minqing/00000000000000000000000000");
        assert_eq!(
            journal_log_name(JournalId::from_bytes([0; 16])),
            "minqing/journal/00000000000000000000000000"
        );
    }
}
