//! Verifier keys as text (c2sp.org/signed-note): what somebody who verifies is given beforehand.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::VerifyingKey;
use sha2::{Digest, Sha256};

use crate::PublicKey;
use crate::note::is_name;

/// What a key signs, and so the type byte under which its id is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// The notes of a log: an Ed25519 signature over the note's text (type 0x01).
    Log,
    /// Cosignatures with a time, under notes of others (type 0x04, c2sp.org/tlog-cosignature).
    Cosigner,
}

impl KeyKind {
    const fn byte(self) -> u8 {
        match self {
            Self::Log => 0x01,
            Self::Cosigner => 0x04,
        }
    }
}

/// The first four bytes of SHA-256(name ‖ "\n" ‖ type byte ‖ public key).
pub(crate) fn key_id(name: &str, kind: KeyKind, key: &PublicKey) -> [u8; 4] {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', kind.byte()])
        .chain_update(key.0)
        .finalize()
        .into();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// Why a text is no verifier key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifierKeyError {
    /// The text is not of the form `name+id+key`.
    #[error("not a verifier key: expected name+<8 hexadecimal digits>+<base64>, {0}")]
    Form(&'static str),
    /// The key is of a type that is not read here.
    #[error("a verifier key of type {0:#04x}; only Ed25519 (0x01 of logs, 0x04 of witnesses) is read")]
    Kind(u8),
    /// The id does not follow from name and key.
    #[error("the id in the verifier key is {found}, but name and key have {expected}: a part was changed or mistyped")]
    Id {
        /// Id that follows from name and key.
        expected: String,
        /// What stands in the text.
        found: String,
    },
}

/// A signer's name, what it signs, and its public key. Text form: `name+<id>+<base64 of type byte ‖ key>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifierKey {
    /// Name in the signature lines: not empty, no white space, no plus sign.
    pub name: String,
    /// What the key signs.
    pub kind: KeyKind,
    /// The key.
    pub key: PublicKey,
}

impl VerifierKey {
    /// The key's id: with the name it says which lines are this key's.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        key_id(&self.name, self.kind, &self.key)
    }

    /// Whether `name` can stand in a signature line: it is not empty and holds no white space and no plus sign.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        is_name(name) && !name.contains(|c: char| c < ' ')
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode([&[self.kind.byte()][..], &self.key.0].concat());
        write!(f, "{}+{:08x}+{key}", self.name, u32::from_be_bytes(self.id()))
    }
}

impl FromStr for VerifierKey {
    type Err = VerifierKeyError;

    /// Reads the form that `Display` writes, and nothing else. A key that no signature can be of (no point of the
    /// curve, or of small order) is refused.
    fn from_str(text: &str) -> Result<Self, VerifierKeyError> {
        let form = VerifierKeyError::Form;
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(found), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(form("got fewer than three parts"));
        };
        if !Self::is_name(name) {
            return Err(form("got a name that is empty or holds a space"));
        }
        let bytes = STANDARD.decode(key).map_err(|_| form("got a key that is not base64"))?;
        let (kind, key) = bytes.split_first().ok_or(form("got an empty key"))?;
        let kind = match kind {
            0x01 => KeyKind::Log,
            0x04 => KeyKind::Cosigner,
            other => return Err(VerifierKeyError::Kind(*other)),
        };
        let key = key.try_into().map_err(|_| form("got a key that has not 32 bytes"))?;
        if !VerifyingKey::from_bytes(&key).is_ok_and(|key| !key.is_weak()) {
            return Err(form("got a key that is no Ed25519 public key"));
        }
        let name = name.to_owned();
        let vkey = Self {
            name,
            kind,
            key: PublicKey(key),
        };
        let expected = format!("{:08x}", u32::from_be_bytes(vkey.id()));
        if found == expected {
            Ok(vkey)
        } else {
            let found = found.chars().take(16).collect();
            Err(VerifierKeyError::Id { expected, found })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of golang.org/x/mod/sumdb/note.
    const PUBLISHED: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    fn read(text: &str) -> Result<VerifierKey, VerifierKeyError> {
        text.parse()
    }

    #[test]
    fn the_published_key_is_read_and_written() {
        let key = read(PUBLISHED).expect("a verifier key");
        assert_eq!((&key.name[..], key.kind), ("PeterNeumann", KeyKind::Log));
        assert_eq!(key.to_string(), PUBLISHED);
        let cosigner = VerifierKey {
            kind: KeyKind::Cosigner,
            ..key.clone()
        };
        assert_ne!(cosigner.id(), key.id());
        assert_eq!(read(&cosigner.to_string()), Ok(cosigner));
    }

    #[test]
    fn every_changed_character_is_found() {
        for at in 0..PUBLISHED.len() {
            let mut changed = PUBLISHED.to_owned().into_bytes();
            for other in [b'B', b'1', b' ', b'+', b'-'] {
                changed[at] = other;
                let text = std::str::from_utf8(&changed).expect("ASCII");
                assert!(text == PUBLISHED || read(text).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn other_forms_are_refused() {
        let shout = PUBLISHED.replace("c74f20a3", "C74F20A3");
        let ecdsa = format!("a+00000000+{}", STANDARD.encode([2; 33]));
        let short = format!("a+00000000+{}", STANDARD.encode([1; 32]));
        let identity = {
            let mut key = [0; 33];
            (key[0], key[1]) = (1, 1);
            format!("a+00000000+{}", STANDARD.encode(key))
        };
        for text in [
            "",
            "a",
            "a+b",
            "+c74f20a3+AR==",
            &shout,
            &short,
            &identity,
            &format!("{PUBLISHED}\n"),
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(read(&ecdsa), Err(VerifierKeyError::Kind(2)));
    }
}
