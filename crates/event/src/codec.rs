//! A strict reader of MessagePack: it checks every length before it believes it, never recurses
//! deeper than it says, and knows where it stands, so that offsets into an event can be named.
//!
//! Integers in a longer form than needed are read (canonical form is checked for what we write, not
//! demanded of what we receive: the bytes are the event either way).

use crate::bounds::DEPTH_MAX;

/// Why bytes are not what they should be. The bytes are kept all the same; whoever shows them says "not understood".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end inside a value.
    #[error("the bytes end inside {0}")]
    Truncated(&'static str),
    /// Bytes follow the value.
    #[error("{0} bytes follow the end of the value")]
    Trailing(usize),
    /// Another MessagePack type stands where `what` should be.
    #[error("{what}: unexpected MessagePack marker 0x{marker:02x}")]
    Type {
        /// The field.
        what: &'static str,
        /// The marker that was found.
        marker: u8,
    },
    /// A length or number is outside its bound.
    #[error("{what}: {value} is outside its bound {bound}")]
    Bound {
        /// The field.
        what: &'static str,
        /// What was found.
        value: u64,
        /// What is allowed.
        bound: u64,
    },
    /// Arrays or maps are nested too deeply.
    #[error("values are nested deeper than {DEPTH_MAX}")]
    Depth,
    /// An envelope of a newer format.
    #[error("envelope format {0} is newer than this program")]
    Version(u64),
    /// A coded value that this version does not know.
    #[error("{what}: unknown code {code}")]
    Code {
        /// The field.
        what: &'static str,
        /// The code.
        code: u64,
    },
    /// The facts are a map, but not the one that this kind and schema call for.
    #[error("facts: {0}")]
    Facts(String),
}

/// A cursor over MessagePack bytes.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Offset of the next byte to be read.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    pub(crate) const fn finish(&self) -> Result<(), DecodeError> {
        let left = self.bytes.len() - self.at;
        if left == 0 {
            Ok(())
        } else {
            Err(DecodeError::Trailing(left))
        }
    }

    fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let end = self.at.checked_add(len).ok_or(DecodeError::Truncated(what))?;
        let taken = self.bytes.get(self.at..end).ok_or(DecodeError::Truncated(what))?;
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        Ok(self.take(1, what)?[0])
    }

    fn big_endian(&mut self, len: usize, what: &'static str) -> Result<u64, DecodeError> {
        Ok(self.take(len, what)?.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
    }

    /// Reads nil, if nil comes next.
    pub(crate) fn nil(&mut self) -> bool {
        let is_nil = self.bytes.get(self.at) == Some(&0xc0);
        self.at += usize::from(is_nil);
        is_nil
    }

    /// Reads an unsigned number of at most `bound`.
    pub(crate) fn uint(&mut self, what: &'static str, bound: u64) -> Result<u64, DecodeError> {
        let value = match self.byte(what)? {
            n @ 0x00..=0x7f => u64::from(n),
            0xcc => self.big_endian(1, what)?,
            0xcd => self.big_endian(2, what)?,
            0xce => self.big_endian(4, what)?,
            0xcf => self.big_endian(8, what)?,
            // signed forms of a number that is not negative
            marker @ 0xd0..=0xd3 => {
                let len = 1 << (marker - 0xd0);
                let value = self.big_endian(len, what)?;
                if value >> (len * 8 - 1) == 1 {
                    return Err(DecodeError::Type { what, marker });
                }
                value
            }
            marker => return Err(DecodeError::Type { what, marker }),
        };
        if value > bound {
            Err(DecodeError::Bound { what, value, bound })
        } else {
            Ok(value)
        }
    }

    /// Reads a signed number.
    pub(crate) fn int(&mut self, what: &'static str) -> Result<i64, DecodeError> {
        let marker = *self.bytes.get(self.at).ok_or(DecodeError::Truncated(what))?;
        let negative = |value: u64, len: usize| ((value << (64 - len * 8)).cast_signed()) >> (64 - len * 8);
        match marker {
            0xe0..=0xff => {
                self.at += 1;
                Ok(i64::from(marker.cast_signed()))
            }
            0xd0..=0xd3 => {
                self.at += 1;
                let len = 1 << (marker - 0xd0);
                Ok(negative(self.big_endian(len, what)?, len))
            }
            _ => self.uint(what, i64::MAX.cast_unsigned()).map(u64::cast_signed),
        }
    }

    /// Reads a byte string of at most `max` bytes.
    pub(crate) fn bin(&mut self, what: &'static str, max: usize) -> Result<&'a [u8], DecodeError> {
        let len = match self.byte(what)? {
            0xc4 => self.big_endian(1, what)?,
            0xc5 => self.big_endian(2, what)?,
            0xc6 => self.big_endian(4, what)?,
            marker => return Err(DecodeError::Type { what, marker }),
        };
        let checked = usize::try_from(len).ok().filter(|n| *n <= max);
        self.take(
            checked.ok_or(DecodeError::Bound {
                what,
                value: len,
                bound: max as u64,
            })?,
            what,
        )
    }

    /// Reads a byte string of exactly `N` bytes.
    pub(crate) fn bin_exact<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], DecodeError> {
        let bytes = self.bin(what, N)?;
        bytes.try_into().map_err(|_| DecodeError::Bound {
            what,
            value: bytes.len() as u64,
            bound: N as u64,
        })
    }

    /// Reads a text of at most `max` bytes.
    pub(crate) fn text(&mut self, what: &'static str, max: usize) -> Result<&'a str, DecodeError> {
        let len = match self.byte(what)? {
            marker @ 0xa0..=0xbf => u64::from(marker & 0x1f),
            0xd9 => self.big_endian(1, what)?,
            0xda => self.big_endian(2, what)?,
            0xdb => self.big_endian(4, what)?,
            marker => return Err(DecodeError::Type { what, marker }),
        };
        let checked = usize::try_from(len).ok().filter(|n| *n <= max);
        let bytes = self.take(
            checked.ok_or(DecodeError::Bound {
                what,
                value: len,
                bound: max as u64,
            })?,
            what,
        )?;
        std::str::from_utf8(bytes).map_err(|_| DecodeError::Type { what, marker: 0xd9 })
    }

    /// Reads the head of an array of at most `max` elements and returns how many follow.
    pub(crate) fn array(&mut self, what: &'static str, max: usize) -> Result<usize, DecodeError> {
        let len = match self.byte(what)? {
            marker @ 0x90..=0x9f => u64::from(marker & 0x0f),
            0xdc => self.big_endian(2, what)?,
            0xdd => self.big_endian(4, what)?,
            marker => return Err(DecodeError::Type { what, marker }),
        };
        let checked = usize::try_from(len).ok().filter(|n| *n <= max);
        checked.ok_or(DecodeError::Bound {
            what,
            value: len,
            bound: max as u64,
        })
    }

    /// Reads the head of an array of exactly `len` elements.
    pub(crate) fn array_exact(&mut self, what: &'static str, len: usize) -> Result<(), DecodeError> {
        let found = self.array(what, len)?;
        if found == len {
            Ok(())
        } else {
            Err(DecodeError::Bound {
                what,
                value: found as u64,
                bound: len as u64,
            })
        }
    }

    /// Whether a map comes next.
    pub(crate) fn map_is_next(&self) -> bool {
        matches!(self.bytes.get(self.at), Some(0x80..=0x8f | 0xde | 0xdf))
    }

    /// Reads the head of a map of at most `max` pairs and returns how many follow.
    pub(crate) fn map(&mut self, what: &'static str, max: usize) -> Result<usize, DecodeError> {
        let len = match self.byte(what)? {
            marker @ 0x80..=0x8f => u64::from(marker & 0x0f),
            0xde => self.big_endian(2, what)?,
            0xdf => self.big_endian(4, what)?,
            marker => return Err(DecodeError::Type { what, marker }),
        };
        let checked = usize::try_from(len).ok().filter(|n| *n <= max);
        checked.ok_or(DecodeError::Bound {
            what,
            value: len,
            bound: max as u64,
        })
    }

    /// Walks over one whole value, whatever it is, and returns its bytes.
    pub(crate) fn value(&mut self, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let start = self.at;
        self.walk(what, DEPTH_MAX)?;
        Ok(&self.bytes[start..self.at])
    }

    fn walk(&mut self, what: &'static str, depth: usize) -> Result<(), DecodeError> {
        let marker = self.byte(what)?;
        if depth == 0 && matches!(marker, 0x80..=0x9f | 0xdc..=0xdf) {
            return Err(DecodeError::Depth);
        }
        let sized = |reader: &mut Self, width: usize, extra: u64| -> Result<u64, DecodeError> {
            Ok(reader.big_endian(width, what)?.saturating_add(extra))
        };
        let (skip, children) = match marker {
            0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => (0, 0),
            0x80..=0x8f => (0, u64::from(marker & 0x0f) * 2),
            0x90..=0x9f => (0, u64::from(marker & 0x0f)),
            0xa0..=0xbf => (u64::from(marker & 0x1f), 0),
            0xc1 => return Err(DecodeError::Type { what, marker }),
            0xc4 | 0xd9 => (sized(self, 1, 0)?, 0),
            0xc5 | 0xda => (sized(self, 2, 0)?, 0),
            0xc6 | 0xdb => (sized(self, 4, 0)?, 0),
            0xc7 => (sized(self, 1, 1)?, 0),
            0xc8 => (sized(self, 2, 1)?, 0),
            0xc9 => (sized(self, 4, 1)?, 0),
            0xca => (4, 0),
            0xcb => (8, 0),
            0xcc..=0xcf => (1 << (marker - 0xcc), 0),
            0xd0..=0xd3 => (1 << (marker - 0xd0), 0),
            0xd4..=0xd8 => ((1 << (marker - 0xd4)) + 1, 0),
            0xdc => (0, sized(self, 2, 0)?),
            0xdd => (0, sized(self, 4, 0)?),
            0xde => (0, sized(self, 2, 0)? * 2),
            0xdf => (0, sized(self, 4, 0)? * 2),
        };
        self.take(usize::try_from(skip).map_err(|_| DecodeError::Truncated(what))?, what)?;
        // Each child takes at least one byte, so a false count runs into the end of the bytes, not into memory.
        for _ in 0..children {
            self.walk(what, depth - 1)?;
        }
        Ok(())
    }
}

/// Bytes that must be written as bytes: `serde_bytes` would also take a text or an array of numbers,
/// and two readers would then differ on what is understood.
pub(crate) struct Blob(pub(crate) Vec<u8>);

impl<'de> serde::Deserialize<'de> for Blob {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OnlyBytes;
        impl serde::de::Visitor<'_> for OnlyBytes {
            type Value = Blob;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a byte string")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.to_vec()))
            }
        }
        deserializer.deserialize_byte_buf(OnlyBytes)
    }
}

/// Writes MessagePack in its shortest forms. Writing into a `Vec` cannot fail.
#[derive(Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn uint(&mut self, value: u64) {
        let _ = rmp::encode::write_uint(&mut self.0, value);
    }
    pub(crate) fn int(&mut self, value: i64) {
        let _ = rmp::encode::write_sint(&mut self.0, value);
    }
    pub(crate) fn nil(&mut self) {
        self.0.push(0xc0);
    }
    pub(crate) fn bin(&mut self, bytes: &[u8]) {
        let _ = rmp::encode::write_bin(&mut self.0, bytes);
    }
    pub(crate) fn text(&mut self, text: &str) {
        let _ = rmp::encode::write_str(&mut self.0, text);
    }
    /// Head of an array; every array of the envelope has fewer than 2^16 elements.
    pub(crate) fn array(&mut self, len: usize) {
        let _ = rmp::encode::write_array_len(&mut self.0, u32::try_from(len).unwrap_or(u32::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_checked_before_they_are_believed() {
        // a byte string that claims 4 GiB, an array of 2^32-1, a map of 2^32-1
        assert_eq!(
            Reader::new(&[0xc6, 0xff, 0xff, 0xff, 0xff]).bin("blob", 100),
            Err(DecodeError::Bound {
                what: "blob",
                value: 0xffff_ffff,
                bound: 100
            })
        );
        assert!(Reader::new(&[0xdd, 0xff, 0xff, 0xff, 0xff]).array("list", 16).is_err());
        assert_eq!(
            Reader::new(&[0xdf, 0xff, 0xff, 0xff, 0xff]).value("facts"),
            Err(DecodeError::Truncated("facts"))
        );
        assert_eq!(
            Reader::new(&[0xc1]).value("x"),
            Err(DecodeError::Type {
                what: "x",
                marker: 0xc1
            })
        );
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| [vec![0x91; depth], vec![0x01]].concat();
        assert!(Reader::new(&nested(DEPTH_MAX)).value("x").is_ok());
        assert_eq!(Reader::new(&nested(DEPTH_MAX + 1)).value("x"), Err(DecodeError::Depth));
        let empty_at_the_end = [vec![0x91; DEPTH_MAX], vec![0x90]].concat();
        assert_eq!(Reader::new(&empty_at_the_end).value("x"), Err(DecodeError::Depth));
        assert_eq!(Reader::new(&vec![0x91; 1_000_000]).value("x"), Err(DecodeError::Depth));
    }

    #[test]
    fn longer_forms_of_integers_are_read() {
        for bytes in [
            &[5][..],
            &[0xcc, 5],
            &[0xcd, 0, 5],
            &[0xce, 0, 0, 0, 5],
            &[0xcf, 0, 0, 0, 0, 0, 0, 0, 5],
            &[0xd0, 5],
        ] {
            assert_eq!(Reader::new(bytes).uint("n", 10), Ok(5));
            assert_eq!(Reader::new(bytes).int("n"), Ok(5));
        }
        for (bytes, n) in [(&[0xff][..], -1), (&[0xd0, 0x80], -128), (&[0xd1, 0xff, 0x7f], -129)] {
            assert_eq!(Reader::new(bytes).int("n"), Ok(n));
            assert!(Reader::new(bytes).uint("n", u64::MAX).is_err());
        }
        assert!(
            Reader::new(&[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
                .int("n")
                .is_err()
        );
    }
}
