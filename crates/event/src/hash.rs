//! A SHA-256 value inside facts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::IdError;

/// The 32 bytes of a SHA-256. In the stored bytes a *bin*; in JSON, CSV and on the command line 64
/// lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash256(pub [u8; 32]);

impl fmt::Display for Hash256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash256({self})")
    }
}

impl FromStr for Hash256 {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let digit = |at: usize| match text.as_bytes()[at] {
            digit @ b'0'..=b'9' => Some(digit - b'0'),
            digit @ b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        if text.len() != 64 {
            return Err(IdError::Hash);
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            let (high, low) = (digit(2 * at), digit(2 * at + 1));
            *byte = high.zip(low).map(|(high, low)| high << 4 | low).ok_or(IdError::Hash)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Hash256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Hash256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        if deserializer.is_human_readable() {
            return String::deserialize(deserializer)?.parse().map_err(D::Error::custom);
        }
        let bytes = crate::codec::Blob::deserialize(deserializer)?.0;
        let len = bytes.len();
        let bytes = bytes
            .try_into()
            .map_err(|_| D::Error::custom(IdError::Length { expected: 32, got: len }))?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_64_lower_case_digits() {
        let hash = Hash256(std::array::from_fn(|n| u8::try_from(n * 8).unwrap()));
        let text = hash.to_string();
        assert_eq!(text.parse(), Ok(hash));
        for bad in [
            &text[1..],
            &text.to_uppercase(),
            &format!("{text}0"),
            &"é".repeat(32),
            "",
        ] {
            assert_eq!(bad.parse::<Hash256>(), Err(IdError::Hash), "{bad:?}");
        }
    }
}
