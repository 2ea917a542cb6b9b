//! A password or a code as it is kept: argon2id over it, with its own salt and parameters beside it.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};

use crate::bounds::{ARGON2_LANES, ARGON2_MEMORY_KIB, ARGON2_PASSES};

/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// Most memory that a stored hash may ask for, in KiB: a changed file must not eat the machine.
const MEMORY_KIB_MAX: u32 = 256 * 1024;
/// Most passes that a stored hash may ask for.
const PASSES_MAX: u32 = 16;

/// What is kept of a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HashedSecret {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; SALT_BYTES],
    hash: [u8; HASH_BYTES],
}

impl fmt::Debug for HashedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedSecret")
    }
}

impl HashedSecret {
    /// Hashes a secret. Takes tens of milliseconds and 19 MiB: call it where blocking is allowed.
    #[must_use]
    pub fn new(secret: &str, salt: [u8; SALT_BYTES]) -> Self {
        let mut hashed = Self::nobodys(salt);
        // Our own parameters are valid: a test hashes with them.
        if let Some(hash) = hashed.compute(secret) {
            hashed.hash = hash;
        }
        hashed
    }

    /// What nothing hashes to, at the same cost: compared with where a name is unknown, so that the answer takes as long.
    pub(crate) const fn nobodys(salt: [u8; SALT_BYTES]) -> Self {
        Self {
            memory_kib: ARGON2_MEMORY_KIB,
            passes: ARGON2_PASSES,
            lanes: ARGON2_LANES,
            salt,
            hash: [0; HASH_BYTES],
        }
    }

    fn compute(&self, secret: &str) -> Option<[u8; HASH_BYTES]> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(HASH_BYTES)).ok()?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut hash = [0; HASH_BYTES];
        argon2
            .hash_password_into(secret.as_bytes(), &self.salt, &mut hash)
            .ok()?;
        Some(hash)
    }

    /// Whether this is the secret. Takes as long as [`HashedSecret::new`].
    #[must_use]
    pub fn is(&self, secret: &str) -> bool {
        if self.memory_kib > MEMORY_KIB_MAX || self.passes > PASSES_MAX || self.lanes > 4 {
            return false;
        }
        let Some(hash) = self.compute(secret) else { return false };
        // Every byte is looked at, whatever the first ones say.
        let difference = hash.iter().zip(&self.hash).fold(0, |sum, (a, b)| sum | (a ^ b));
        difference == 0 && self.hash != [0; HASH_BYTES]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_again_and_no_other_is() {
        let kept = HashedSecret::new("涵管又堵了 0918", [7; SALT_BYTES]);
        assert!(kept.is("涵管又堵了 0918"));
        assert!(!kept.is("涵管又堵了 0919") && !kept.is(""));
        assert_ne!(kept, HashedSecret::new("涵管又堵了 0918", [8; SALT_BYTES]));
        assert!(!HashedSecret::nobodys([7; SALT_BYTES]).is(""));
        assert_eq!(format!("{kept:?}"), "HashedSecret");
    }

    #[test]
    fn parameters_from_a_changed_file_cannot_eat_the_machine() {
        let mut kept = HashedSecret::new("x", [7; SALT_BYTES]);
        kept.memory_kib = u32::MAX;
        assert!(!kept.is("x"));
        kept.memory_kib = 0;
        assert!(!kept.is("x"));
    }
}
