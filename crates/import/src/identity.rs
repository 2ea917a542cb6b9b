//! Identifiers of what a source names by its own text: hashes, so that two files that speak of one case meet in it.

use std::fmt;

use event::{EntityId, PersonId, SubjectKind};
use sha2::{Digest, Sha256};

const ENTITY: &str = "minqing/import/entity/1";
const PERSON: &str = "minqing/import/person/1";
const KEY: &str = "minqing/import/key/1";

/// What a recorder remembers of an imported event, so that a second run of the same file records nothing twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceKey(pub [u8; 32]);

impl SourceKey {
    /// `part` tells the events of one row apart.
    pub(crate) fn new(mapping: &str, case: &str, row_key: &str, part: &str) -> Self {
        Self(digest(KEY, &[mapping, case, row_key, part]))
    }
}

impl fmt::Display for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

pub(crate) fn entity(mapping: &str, sort: SubjectKind, text: &str) -> EntityId {
    EntityId::from_bytes(first_half(digest(ENTITY, &[mapping, sort.key(), text])))
}

pub(crate) fn person(mapping: &str, text: &str) -> PersonId {
    PersonId::from_bytes(first_half(digest(PERSON, &[mapping, text])))
}

/// SHA-256 over the tag and the texts, each behind its length in bytes (eight, big endian).
fn digest(tag: &str, texts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for text in std::iter::once(&tag).chain(texts) {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().into()
}

fn first_half(hash: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_texts_do_not_flow_into_one_another() {
        let key = |case, row| SourceKey::new("m", case, row, "row");
        assert_ne!(key("ab", "c"), key("a", "bc"));
        assert_ne!(
            entity("m", SubjectKind::Request, "1"),
            entity("m", SubjectKind::Household, "1")
        );
        assert_eq!(key("a", "b").to_string().len(), 64);
    }
}
