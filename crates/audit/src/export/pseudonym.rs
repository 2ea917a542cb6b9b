//! Identifiers under a key that one export has and no other: the same within it, of no use beside another.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Length of an export's key in bytes.
pub const EXPORT_KEY_BYTES: usize = 32;
/// Length of SHA-256's block in bytes.
const BLOCK_BYTES: usize = 64;
/// Bytes of a pseudonym: too many to meet twice by chance.
const PSEUDONYM_BYTES: usize = 16;

/// Gives pseudonyms: HMAC-SHA-256 of the sort and the identifier under the export's key, 16 bytes in hexadecimal digits.
#[derive(Clone)]
pub struct Pseudonyms {
    keyed: Hmac<Sha256>,
}

impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonyms(the key is not shown)")
    }
}

impl Pseudonyms {
    /// Pseudonyms under a key: random bytes that are drawn for one export.
    #[must_use]
    pub fn new(key: [u8; EXPORT_KEY_BYTES]) -> Self {
        // HMAC fills a short key with zeros to the length of the hash's block.
        let mut block = [0; BLOCK_BYTES];
        block[..EXPORT_KEY_BYTES].copy_from_slice(&key);
        Self {
            keyed: Hmac::new(&block.into()),
        }
    }

    /// The pseudonym of an identifier in its text form. The sort keeps apart what has the same identifier by chance.
    #[must_use]
    pub fn of(&self, sort: &str, id: &str) -> String {
        let mut mac = self.keyed.clone();
        for part in [sort, id] {
            // Lengths first, so that no two pairs are the same bytes.
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part.as_bytes());
        }
        let tag = mac.finalize().into_bytes();
        let digits: Vec<String> = tag
            .iter()
            .take(PSEUDONYM_BYTES)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        digits.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_within_an_export_and_another_in_the_next() {
        let (one, other) = (Pseudonyms::new([1; 32]), Pseudonyms::new([2; 32]));
        let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        assert_eq!(one.of("household", id), one.of("household", id));
        // As another program computes it: both lengths as 8 bytes, each before its text.
        assert_eq!(one.of("household", id), "58f98a9fd349a792dd0c9fb48c9985fc");
        assert_ne!(one.of("household", id), other.of("household", id));
        assert_ne!(one.of("household", id), one.of("person", id));
        assert_ne!(one.of("ab", "c"), one.of("a", "bc"));
        assert!(!format!("{one:?}").contains('1'));
    }
}
