//! Identifiers and the three orders. No function of this project takes a bare `u64` or `Ulid`.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;

use crate::bounds::ULID_MS_MAX;

/// Why a text or a number is not an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is not 26 upper-case Crockford base32 characters within 128 bits.
    #[error(
        "not an identifier: expected 26 upper-case Crockford base32 characters, at most 7ZZZZZZZZZZZZZZZZZZZZZZZZZ"
    )]
    Text,
    /// The binary form has another length than 16 bytes.
    #[error("not an identifier: expected {expected} bytes, got {got}")]
    Length {
        /// Length that the identifier has.
        expected: usize,
        /// Length that was given.
        got: usize,
    },
    /// A unit code is not twelve digits.
    #[error("not a unit code: expected 12 digits")]
    Unit,
    /// The text is not a SHA-256 in hexadecimal.
    #[error("not a SHA-256: expected 64 lower-case hexadecimal digits")]
    Hash,
    /// A sequence is zero; sequences count from 1.
    #[error("not a sequence: sequences count from 1")]
    Zero,
}

/// Reads 26 characters strictly: the `ulid` crate would also take lower case and values beyond 128 bits.
fn strict_text(text: &str) -> Result<[u8; 16], IdError> {
    let parsed = Ulid::from_string(text).map_err(|_| IdError::Text)?;
    if parsed.to_string() == text {
        Ok(parsed.to_bytes())
    } else {
        Err(IdError::Text)
    }
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The identifier with these 16 bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The identifier in a slice of exactly 16 bytes.
            ///
            /// # Errors
            /// [`IdError::Length`] for any other length.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, IdError> {
                bytes.try_into().map(Self).map_err(|_| IdError::Length { expected: 16, got: bytes.len() })
            }

            /// The 16 bytes, big endian.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Ulid::from_bytes(self.0).fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                strict_text(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_bytes(&self.0) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
                } else {
                    let bytes = crate::codec::Blob::deserialize(deserializer)?;
                    Self::from_slice(&bytes.0).map_err(serde::de::Error::custom)
                }
            }
        }
    };
}

identifier! {
    /// One writing installation with its own signing key: the first 16 bytes of the SHA-256 of
    /// that key under a domain tag (see `proof::origin_of`). Text form: 26 characters of Crockford base32.
    Origin
}
identifier! {
    /// The identity of one fact: a ULID. Unique, totally ordered, strictly increasing within one
    /// origin. The order of the story; never a cursor.
    EventId
}
identifier! {
    /// A household, a request, a pairing: whatever an event is about. Random, or (for imported
    /// history) a hash of the mapping and the source's own key. Never derived from a name.
    EntityId
}
identifier! {
    /// A person who records or acts: a pseudonym, never a name or a number of a document.
    PersonId
}
identifier! {
    /// One journal of one hub. A restored hub opens a new one.
    JournalId
}

impl EventId {
    /// The identifier with these 48 bits of milliseconds and 80 random bits.
    ///
    /// Returns `None` if `ms` is beyond [`ULID_MS_MAX`] (the `ulid` crate would wrap in silence).
    #[must_use]
    pub fn from_parts(ms: u64, random: u128) -> Option<Self> {
        (ms <= ULID_MS_MAX && random >> 80 == 0).then(|| Self(Ulid::from_parts(ms, random).to_bytes()))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z that this identifier carries.
    #[must_use]
    pub fn ms(self) -> u64 {
        Ulid::from_bytes(self.0).timestamp_ms()
    }

    /// The identifier that is greater by `n`, or `None` beyond the very end of the range.
    #[must_use]
    pub fn plus(self, n: u64) -> Option<Self> {
        u128::from_be_bytes(self.0)
            .checked_add(u128::from(n))
            .map(|n| Self(n.to_be_bytes()))
    }
}

/// The installation's own boot: eight random bytes drawn at each start of the machine or program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BootId(pub [u8; 8]);

/// Place of an entry in its origin's log: gapless, counted from 1. Used for push progress,
/// idempotency and forks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sequence(NonZeroU64);

impl Sequence {
    /// The first sequence of every log.
    pub const FIRST: Self = Self(NonZeroU64::MIN);

    /// The sequence with this number.
    ///
    /// # Errors
    /// [`IdError::Zero`] for 0.
    pub fn new(number: u64) -> Result<Self, IdError> {
        NonZeroU64::new(number).map(Self).ok_or(IdError::Zero)
    }

    /// The sequence of the entry that would follow a log of `size` entries.
    #[must_use]
    pub fn after_size(size: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(size))
    }

    /// The number, from 1.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// Index of the entry's leaf in the Merkle tree of its log, from 0.
    #[must_use]
    pub const fn leaf_index(self) -> u64 {
        self.0.get() - 1
    }

    /// The sequence `n` places further on.
    #[must_use]
    pub fn plus(self, n: u64) -> Self {
        Self(self.0.saturating_add(n))
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Gapless index in the hub's journal, counted from 0. Used for pull cursors, "as known on",
/// paging, and the cut of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position(pub u64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A 12-digit statistical division code. An attribute with validity, never a key: codes are reused
/// and recoded (domain study §4.8).
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitCode(u64);

impl UnitCode {
    /// The code with this numeric value.
    ///
    /// # Errors
    /// [`IdError::Unit`] if it has more than twelve digits.
    pub fn new(value: u64) -> Result<Self, IdError> {
        if value < 1_000_000_000_000 {
            Ok(Self(value))
        } else {
            Err(IdError::Unit)
        }
    }

    /// The numeric value, below 10^12.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The township that this unit belongs to: the first nine digits.
    #[must_use]
    pub const fn township(self) -> Self {
        Self(self.0 / 1_000 * 1_000)
    }
}

impl fmt::Display for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnitCode({self})")
    }
}

impl FromStr for UnitCode {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() != 12 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(IdError::Unit);
        }
        text.parse().map_err(|_| IdError::Unit).and_then(Self::new)
    }
}

impl Serialize for UnitCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_u64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for UnitCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?
                .parse()
                .map_err(serde::de::Error::custom)
        } else {
            Self::new(u64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_strictly() {
        let id: EventId = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().expect("a good ULID");
        assert_eq!(id.to_string(), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
        for bad in [
            "01arz3ndektsv4rrffq69g5fav",  // lower case
            "81ARZ3NDEKTSV4RRFFQ69G5FAV",  // beyond 128 bits
            "01ARZ3NDEKTSV4RRFFQ69G5FA",   // short
            "01ARZ3NDEKTSV4RRFFQ69G5FAVV", // long
            "01ARZ3NDEKTSV4RRFFQ69G5FAI",  // I is not in the alphabet
            "",
        ] {
            assert_eq!(bad.parse::<EventId>(), Err(IdError::Text), "{bad:?}");
        }
    }

    #[test]
    fn the_48_bit_edge_is_refused_not_wrapped() {
        assert!(EventId::from_parts(ULID_MS_MAX, (1 << 80) - 1).is_some());
        assert_eq!(EventId::from_parts(ULID_MS_MAX + 1, 0), None);
        assert_eq!(EventId::from_parts(0, 1 << 80), None);
        assert_eq!(EventId::from_bytes([0xff; 16]).plus(1), None);
    }

    #[test]
    fn unit_codes_are_twelve_digits() {
        let code: UnitCode = "990000103001".parse().expect("a good code");
        assert_eq!(code.to_string(), "990000103001");
        assert_eq!(code.township().to_string(), "990000103000");
        for bad in ["99000010300", "9900001030011", "99000010300x", "+90000103001"] {
            assert_eq!(bad.parse::<UnitCode>(), Err(IdError::Unit), "{bad:?}");
        }
    }
}
