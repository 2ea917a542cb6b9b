//! Signing keys of origins, and the origin that follows from a key.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use event::Origin;
use sha2::{Digest, Sha256};

const ORIGIN_TAG: &[u8] = b"minqing/origin/v1";
const DERIVE_TAG: &[u8] = b"minqing/derive/v1";
/// The NUL keeps a statement from ever being a signed note: notes hold no control characters.
const STATEMENT_TAG: &[u8] = b"minqing/statement/v1\0";
/// RFC 8410 §7: version 1, algorithm Ed25519, an octet string within an octet string of 32 bytes.
const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// Why a text is not a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is not the base64 of 32 bytes.
    #[error("not a public key: expected the base64 of 32 bytes (44 characters)")]
    Text,
}

/// The origin that writes under this public key: the first 16 bytes of SHA-256("minqing/origin/v1" ‖ key).
#[must_use]
pub fn origin_of(key: &PublicKey) -> Origin {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(ORIGIN_TAG)
        .chain_update(key.0)
        .finalize()
        .into();
    let mut first = [0; 16];
    first.copy_from_slice(&hash[..16]);
    Origin::from_bytes(first)
}

/// The Ed25519 public key of an origin, as 32 bytes. Text form: base64 with padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// The origin that writes under this key.
    #[must_use]
    pub fn origin(&self) -> Origin {
        origin_of(self)
    }

    /// Whether `signature` is this key's over a statement of `domain`; see [`OriginKey::sign`].
    #[must_use]
    pub fn verify(&self, domain: &str, bytes: &[u8], signature: &[u8; 64]) -> bool {
        self.verify_raw(&statement(domain, bytes), signature)
    }

    /// Whether `signature` is this key's over exactly `message`. Strict: weak keys and signatures
    /// with several valid forms are refused, so that all verifiers agree.
    pub(crate) fn verify_raw(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bytes = STANDARD.decode(text).map_err(|_| KeyError::Text)?;
        bytes.try_into().map(Self).map_err(|_| KeyError::Text)
    }
}

/// The Ed25519 signing key of one origin. `Debug` shows the origin only.
#[derive(Clone)]
pub struct OriginKey(SigningKey);

impl OriginKey {
    /// The key of this seed.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// A key of its own for every label: its seed is SHA-256("minqing/derive/v1" ‖ seed ‖ label).
    /// The hub keeps one sealed seed and derives the key of each audience from it.
    #[must_use]
    pub fn derive(seed: &[u8; 32], label: &str) -> Self {
        Self::from_seed(
            Sha256::new()
                .chain_update(DERIVE_TAG)
                .chain_update(seed)
                .chain_update(label)
                .finalize()
                .into(),
        )
    }

    /// The seed: the secret itself.
    #[must_use]
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// The origin that writes under this key.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.public().origin()
    }

    /// The key as PKCS#8 version 1 (RFC 8410), for a TLS certificate over it.
    #[must_use]
    pub fn to_pkcs8_der(&self) -> Vec<u8> {
        [&PKCS8_HEAD[..], &self.0.to_bytes()].concat()
    }

    /// Signs a statement of `domain` (for instance `minqing/successor/v1`). What is signed is
    /// "minqing/statement/v1" ‖ 0x00 ‖ length of the domain (two bytes, big endian) ‖ domain ‖ bytes,
    /// so no statement passes for one of another domain, nor for a checkpoint.
    #[must_use]
    pub fn sign(&self, domain: &str, bytes: &[u8]) -> [u8; 64] {
        self.sign_raw(&statement(domain, bytes))
    }

    pub(crate) fn sign_raw(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for OriginKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OriginKey(secret of {})", self.origin())
    }
}

fn statement(domain: &str, bytes: &[u8]) -> Vec<u8> {
    // Domains are constants of a few dozen characters; a longer one is still unambiguous, being cut by its hash.
    let length = u16::try_from(domain.len());
    match length {
        Ok(length) => [STATEMENT_TAG, &length.to_be_bytes(), domain.as_bytes(), bytes].concat(),
        Err(_) => [STATEMENT_TAG, &[0xff, 0xff], &Sha256::digest(domain)[..], bytes].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::pkcs8::DecodePrivateKey as _;

    #[test]
    fn the_rfc_8032_key_gives_its_public_half() {
        // RFC 8032 §7.1, test 1.
        let seed = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49,
            0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
        ];
        let key = OriginKey::from_seed(seed);
        assert_eq!(key.public().0[..4], [0xd7, 0x5a, 0x98, 0x01]);
        assert_eq!(key.seed(), seed);
        let read = SigningKey::from_pkcs8_der(&key.to_pkcs8_der()).expect("PKCS#8");
        assert_eq!(read.to_bytes(), seed);
    }

    #[test]
    fn a_statement_counts_in_its_domain_only() {
        let key = OriginKey::from_seed([7; 32]);
        let signature = key.sign("minqing/successor/v1", b"next");
        assert!(key.public().verify("minqing/successor/v1", b"next", &signature));
        assert!(!key.public().verify("minqing/successor/v1", b"Next", &signature));
        assert!(!key.public().verify("minqing/successor/v", b"1next", &signature));
        assert!(
            !OriginKey::from_seed([8; 32])
                .public()
                .verify("minqing/successor/v1", b"next", &signature)
        );
        let mut flipped = signature;
        flipped[40] ^= 1;
        assert!(!key.public().verify("minqing/successor/v1", b"next", &flipped));
    }

    #[test]
    fn weak_keys_verify_nothing() {
        let key = OriginKey::from_seed([7; 32]);
        let signature = key.sign("d", b"x");
        for weak in [[0; 32], [0xff; 32], {
            let mut one = [0; 32];
            one[0] = 1;
            one
        }] {
            assert!(!PublicKey(weak).verify("d", b"x", &signature));
        }
    }

    #[test]
    fn labels_give_different_origins() {
        let a = OriginKey::derive(&[1; 32], "all");
        assert_eq!(a.origin(), OriginKey::derive(&[1; 32], "all").origin());
        assert_ne!(a.origin(), OriginKey::derive(&[1; 32], "internal").origin());
        assert_ne!(a.origin(), OriginKey::derive(&[2; 32], "all").origin());
    }

    #[test]
    fn text_is_read_strictly() {
        let key = OriginKey::from_seed([3; 32]).public();
        assert_eq!(key.to_string().parse(), Ok(key));
        for bad in ["", "AAAA", &key.to_string()[..43], &format!("{key}=")] {
            assert_eq!(bad.parse::<PublicKey>(), Err(KeyError::Text), "{bad:?}");
        }
    }
}
