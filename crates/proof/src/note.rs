//! C2SP signed notes (c2sp.org/signed-note), byte for byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::vkey::{KeyKind, key_id};
use crate::{OriginKey, PublicKey};

/// Longest note that is read, in bytes: a checkpoint with 64 cosignatures under names of at most 128 bytes.
pub const NOTE_BYTES_MAX: usize = 16_384;
/// Most signature lines of a note.
pub const NOTE_SIGNATURES_MAX: usize = 80;
const SIGNATURE_MARK: &str = "\u{2014} ";

/// Why a note is not a checkpoint of the expected log under the expected key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The note is longer than [`NOTE_BYTES_MAX`].
    #[error("the note has {0} bytes; at most {NOTE_BYTES_MAX} are read")]
    TooLong(usize),
    /// The text does not have the form of a signed note.
    #[error("not a signed note: {0}")]
    Form(&'static str),
    /// The text is a signed note, but not a checkpoint.
    #[error("not a checkpoint: {0}")]
    Checkpoint(&'static str),
    /// The checkpoint is of another log.
    #[error("the checkpoint is of log {found:?}, not {expected:?}")]
    Name {
        /// Log that was asked for.
        expected: String,
        /// Log that the checkpoint names.
        found: String,
    },
    /// There is no signature line of the expected name and key.
    #[error("no signature of the expected key")]
    Unsigned,
    /// A signature line names the expected key, but the signature is wrong.
    #[error("the signature is wrong")]
    Signature,
    /// A cosignature line names a known key, but is wrong.
    #[error("the cosignature of {0} is wrong")]
    Cosignature(String),
}

/// A note taken apart, nothing verified. `text` ends with a newline and is what was signed.
pub(crate) struct Note<'a> {
    pub(crate) text: &'a str,
    pub(crate) signatures: Vec<SignatureLine<'a>>,
}

/// One signature line, nothing verified.
pub(crate) struct SignatureLine<'a> {
    pub(crate) name: &'a str,
    /// First bytes of the hash of name, type and key.
    pub(crate) key_id: [u8; 4],
    /// What follows the key's id: at least one byte.
    pub(crate) signature: Vec<u8>,
    /// The line itself, without its newline.
    pub(crate) line: &'a str,
}

/// Signs `text`, which must end with a newline, under `name`.
pub(crate) fn sign(text: &str, name: &str, key: &OriginKey) -> String {
    let id = key_id(name, KeyKind::Log, &key.public());
    format!("{text}\n{}", write_line(name, id, &key.sign_raw(text.as_bytes())))
}

/// A signature line, its newline included.
pub(crate) fn write_line(name: &str, key_id: [u8; 4], signature: &[u8]) -> String {
    let signed = [&key_id[..], signature].concat();
    format!("{SIGNATURE_MARK}{name} {}\n", STANDARD.encode(signed))
}

impl<'a> Note<'a> {
    pub(crate) fn parse(note: &'a str) -> Result<Self, NoteError> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong(note.len()));
        }
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteError::Form("control characters"));
        }
        // The last blank line parts text and signatures; the text keeps its own final newline.
        let split = note
            .rfind("\n\n")
            .ok_or(NoteError::Form("no blank line before the signatures"))?;
        let (text, lines) = (&note[..=split], &note[split + 2..]);
        let lines = lines
            .strip_suffix('\n')
            .ok_or(NoteError::Form("no newline at the end"))?;
        let signatures: Vec<_> = lines.split('\n').map(SignatureLine::parse).collect::<Result<_, _>>()?;
        if signatures.len() > NOTE_SIGNATURES_MAX {
            return Err(NoteError::Form("more than 80 signature lines"));
        }
        Ok(Self { text, signatures })
    }

    /// Lines of other names or keys are cosignatures and pass; every line of this key must verify.
    pub(crate) fn verify(&self, name: &str, key: &PublicKey) -> Result<(), NoteError> {
        let id = key_id(name, KeyKind::Log, key);
        let mut found = false;
        for line in self.signatures.iter().filter(|line| line.is_of(name, id)) {
            let signature = line.signature[..].try_into().map_err(|_| NoteError::Signature)?;
            if !key.verify_raw(self.text.as_bytes(), signature) {
                return Err(NoteError::Signature);
            }
            found = true;
        }
        if found { Ok(()) } else { Err(NoteError::Unsigned) }
    }
}

impl<'a> SignatureLine<'a> {
    /// Reads a line without its newline.
    pub(crate) fn parse(line: &'a str) -> Result<Self, NoteError> {
        let rest = line
            .strip_prefix(SIGNATURE_MARK)
            .ok_or(NoteError::Form("a signature line without its dash"))?;
        let (name, signed) = rest
            .split_once(' ')
            .ok_or(NoteError::Form("a signature line without a name"))?;
        if !is_name(name) {
            return Err(NoteError::Form(
                "a signer's name that is empty or holds a space or a plus",
            ));
        }
        let signed = STANDARD
            .decode(signed)
            .map_err(|_| NoteError::Form("a signature that is not base64"))?;
        let (key_id, signature) = signed
            .split_first_chunk::<4>()
            .filter(|(_, signature)| !signature.is_empty())
            .ok_or(NoteError::Form("a signature of fewer than five bytes"))?;
        Ok(Self {
            name,
            key_id: *key_id,
            signature: signature.to_vec(),
            line,
        })
    }

    /// Whether it is of this key.
    pub(crate) fn is_of(&self, name: &str, key_id: [u8; 4]) -> bool {
        self.name == name && self.key_id == key_id
    }
}

/// Key names are not empty and hold neither white space nor a plus sign.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+')
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of golang.org/x/mod/sumdb/note, from which the C2SP text was drawn.
    const TEXT: &str =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\
        \n\
        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn public() -> PublicKey {
        let bytes = STANDARD
            .decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
            .expect("base64");
        PublicKey(bytes[1..].try_into().expect("32 bytes"))
    }

    #[test]
    fn the_published_note_verifies_and_is_signed_alike() {
        Note::parse(NOTE)
            .expect("a note")
            .verify("PeterNeumann", &public())
            .expect("its signature");
        let seed = STANDARD
            .decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")
            .expect("base64");
        let key = OriginKey::from_seed(seed[1..].try_into().expect("32 bytes"));
        assert_eq!(key.public(), public());
        assert_eq!(sign(TEXT, "PeterNeumann", &key), NOTE);
    }

    #[test]
    fn every_changed_bit_is_found() {
        for at in 0..NOTE.len() {
            for bit in 0..8 {
                let mut bytes = NOTE.as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                let Ok(changed) = String::from_utf8(bytes) else {
                    continue;
                };
                let verified = Note::parse(&changed).and_then(|note| note.verify("PeterNeumann", &public()));
                assert!(verified.is_err(), "byte {at} bit {bit}");
            }
        }
    }

    #[test]
    fn malformed_notes_are_refused() {
        let long = format!("{}{NOTE}", "x".repeat(NOTE_BYTES_MAX));
        for bad in [
            "",
            "text\n",
            "text\n\n",
            "text\n\n\u{2014} name\n",
            "text\n\n\u{2014} name AAAA\n",
            "text\n\n\u{2014}  AAAAAAAA\n",
            "text\n\n\u{2014} a+b AAAAAAAA\n",
            "text\n\n\u{2014} name AAAAAAAA",
            "te\u{7}xt\n\n\u{2014} name AAAAAAAA\n",
            &NOTE.replace('\n', "\r\n"),
            &long,
        ] {
            assert!(Note::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Note::parse("text\n\n\u{2014} name AAAAAAAA\n").is_ok());
    }
}
