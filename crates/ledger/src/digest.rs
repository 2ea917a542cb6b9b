//! Digests of views: an additive one that is kept up row by row, and a root over sorted rows.

use std::fmt;

use event::UnitCode;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::RULE_VERSION;

/// The views that have digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum View {
    /// L3: one row per request.
    Requests,
    /// L1 and L4: one row per household, from which coverage follows for every period.
    Households,
    /// L2: one row per cadre and day.
    Diary,
    /// L13: one row per origin that wrote for the unit.
    SyncHealth,
}

impl View {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Requests, Self::Households, Self::Diary, Self::SyncHealth];

    /// The word used in JSON and on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Households => "households",
            Self::Diary => "diary",
            Self::SyncHealth => "sync_health",
        }
    }

    /// The view with this word.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.key() == key)
    }
}

impl Serialize for View {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

/// Key and value of one row, as hashed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowBytes {
    /// What the row is about; of the same length for every row of a view.
    pub key: Vec<u8>,
    /// Its columns.
    pub value: Vec<u8>,
}

/// A sum of SHA-256 hashes modulo 2^256. Unlike XOR it does not cancel: a row that is there twice shows.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct LiveDigest {
    // 64-bit limbs, least significant first
    limbs: [u64; 4],
}

impl LiveDigest {
    /// The 32 bytes, big endian.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, limb) in bytes.chunks_exact_mut(8).zip(self.limbs.iter().rev()) {
            chunk.copy_from_slice(&limb.to_be_bytes());
        }
        bytes
    }

    /// The digest with these 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let mut limbs = [0; 4];
        for (limb, chunk) in limbs.iter_mut().rev().zip(bytes.chunks_exact(8)) {
            *limb = chunk.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
        }
        Self { limbs }
    }

    /// The digest of one row.
    #[must_use]
    pub fn of_row(row: &RowBytes) -> Self {
        let hash = Sha256::new().chain_update(&row.key).chain_update(&row.value).finalize();
        Self::from_bytes(hash.into())
    }

    /// Adds the digest of another row, or of other rows: the digest of several units is the sum of theirs.
    pub fn add(&mut self, row: Self) {
        let mut carry = false;
        for (limb, other) in self.limbs.iter_mut().zip(row.limbs) {
            let (sum, over) = limb.overflowing_add(other);
            let (sum, again) = sum.overflowing_add(u64::from(carry));
            (*limb, carry) = (sum, over | again);
        }
    }

    pub(crate) fn subtract(&mut self, row: Self) {
        let mut borrow = false;
        for (limb, other) in self.limbs.iter_mut().zip(row.limbs) {
            let (rest, under) = limb.overflowing_sub(other);
            let (rest, again) = rest.overflowing_sub(u64::from(borrow));
            (*limb, borrow) = (rest, under | again);
        }
    }
}

fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

impl fmt::Display for LiveDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.to_bytes())
    }
}

impl fmt::Debug for LiveDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LiveDigest({self})")
    }
}

impl Serialize for LiveDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A SHA-256 over all rows of one view and unit, sorted by key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ViewRoot(pub [u8; 32]);

impl ViewRoot {
    /// The root over rows that are sorted by key.
    #[must_use]
    pub fn of_rows(view: View, unit: UnitCode, sorted: &[RowBytes]) -> Self {
        let mut hash = Sha256::new();
        hash.update(format!("minqing/view/{}/{RULE_VERSION}/{unit}\n", view.key()));
        let long = |len: usize| u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes();
        for row in sorted {
            hash.update(long(row.key.len()));
            hash.update(&row.key);
            hash.update(long(row.value.len()));
            hash.update(&row.value);
        }
        Self(hash.finalize().into())
    }
}

impl fmt::Display for ViewRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0)
    }
}

impl fmt::Debug for ViewRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ViewRoot({self})")
    }
}

impl Serialize for ViewRoot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_carry_borrow_and_never_cancel() {
        let one = LiveDigest::from_bytes([0xff; 32]);
        let two = LiveDigest::of_row(&RowBytes {
            key: vec![1],
            value: vec![2],
        });
        let mut sum = LiveDigest::default();
        sum.add(one);
        sum.add(two);
        sum.add(two);
        assert_ne!(sum, one);
        sum.subtract(two);
        sum.subtract(one);
        assert_eq!(sum, two);
        sum.subtract(two);
        assert_eq!(sum, LiveDigest::default());
        assert_eq!(LiveDigest::from_bytes(two.to_bytes()), two);
    }
}
