//! One draft, and how it stands in its file.
//!
//! ```text
//! MQDRAFT1                     what it is
//! 5f0c…                        SHA-256 of the rest, 64 digits
//! {"person":…,"fields":[…],…}  JSON
//! ```

use std::fmt;
use std::str::FromStr;

use event::{Hash256, PersonId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

const MAGIC: &str = "MQDRAFT1";

/// What was typed into one form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    /// Whose it is.
    pub(crate) person: PersonId,
    /// Which form, by its word: `visit`, `diary`.
    pub(crate) form: String,
    /// The form's own address on these pages, without a question.
    pub(crate) back: String,
    /// The key of this one form as it was handed out.
    pub(crate) key: String,
    /// When it was kept last, in milliseconds of the time that the node trusts.
    pub(crate) kept_ms: u64,
    /// When it is removed, in milliseconds; `None` as long as no checked clock has said what time it is.
    pub(crate) until_ms: Option<u64>,
    /// What its record is known by, once it was about to be recorded.
    pub(crate) saving: Option<Hash256>,
    /// The form's fields, as they were sent. Names may come several times.
    pub(crate) fields: Vec<(String, String)>,
}

/// Names one draft among those of a person: half a hash of its form and key. It says nothing about what stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DraftId([u8; 16]);

impl DraftId {
    /// The name of the draft of this form.
    pub(crate) fn new(form: &str, key: &str) -> Self {
        let hash = Sha256::new_with_prefix(b"minqing draft\0")
            .chain_update(form)
            .chain_update([0])
            .chain_update(key)
            .finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&hash[..16]);
        Self(id)
    }
}

impl fmt::Display for DraftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for DraftId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_hex = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if text.len() != 32 || !is_hex {
            return Err(());
        }
        u128::from_str_radix(text, 16)
            .map(|id| Self(id.to_be_bytes()))
            .map_err(|_| ())
    }
}

impl fmt::Debug for Kept {
    /// Without what was typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({} {} of {})", self.form, self.id(), self.person)
    }
}

impl Kept {
    pub(crate) fn id(&self) -> DraftId {
        DraftId::new(&self.form, &self.key)
    }

    /// The value of a field; empty where there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let body = serde_json::to_string(self)?;
        let digest = Hash256(Sha256::digest(&body).into());
        Ok(format!("{MAGIC}\n{digest}\n{body}").into_bytes())
    }

    /// Reads a draft's file.
    ///
    /// # Errors
    /// What is wrong with it, in words without any of its text.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "not a draft")?;
        let rest = text.strip_prefix(MAGIC).and_then(|rest| rest.strip_prefix('\n'));
        let (told, body) = rest.and_then(|rest| rest.split_once('\n')).ok_or("not a draft")?;
        if told != Hash256(Sha256::digest(body).into()).to_string() {
            return Err("damaged: it is not what was written".to_owned());
        }
        // The decoder's own words may quote what was typed.
        serde_json::from_str(body).map_err(|_| "written by another version".to_owned())
    }
}
