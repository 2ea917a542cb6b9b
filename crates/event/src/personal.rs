//! The detached personal part: `suite byte ‖ 16-byte salt ‖ content`. The event names it by hash, so
//! it can be sealed, withheld or erased while the event, its proof and every count stay what they are.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::PersonalRef;
use crate::bounds::{PERSONAL_BYTES_MAX, PERSONAL_SALT_BYTES, TEXT_BYTES_MAX};
use crate::codec::{DecodeError, Reader};

/// Suite 0: the content stands in plain text.
pub const SUITE_PLAIN: u8 = 0;

/// What may stand in a personal part: names, telephone, address, free text, and what the law calls
/// sensitive (个人信息保护法 art. 28: identity, whereabouts, health, minors).
///
/// In the stored bytes a map from these names to texts; every field is optional. A reader passes
/// over names that it does not know; JSON and the command line refuse them, as they are typing errors there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalContent {
    /// Free text: summary of a visit, wording of a request, diary, note, reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Head of the household.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// Address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Language or dialect spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Name of a pairing's contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Class of the contact (积极分子, 教职工, 学生, 困难户 …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Theme of a pairing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// Topics of a visit or talk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topics: Option<Vec<String>>,
    /// `away` or `returned`, for a change of presence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<String>,
}

/// A personal part as it is stored and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Personal(Vec<u8>);

/// Why a personal part cannot be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonalError {
    /// Too long.
    #[error("the personal part has {0} bytes; at most {PERSONAL_BYTES_MAX} are kept: shorten the text")]
    TooLong(usize),
    /// One text is too long.
    #[error("the text has {0} bytes; at most {TEXT_BYTES_MAX} are kept: shorten it")]
    Text(usize),
    /// Shorter than suite byte and salt.
    #[error("the personal part is cut short")]
    Truncated,
    /// A suite that this version cannot open.
    #[error("the personal part is sealed with suite {0}, which this version cannot open")]
    Suite(u8),
    /// Not the map that it should be.
    #[error("the personal part cannot be read: {0}")]
    Content(String),
}

impl From<DecodeError> for PersonalError {
    fn from(error: DecodeError) -> Self {
        Self::Content(error.to_string())
    }
}

impl Personal {
    /// Writes `content` in plain (suite 0) behind a salt of 16 random bytes, so that nobody guesses
    /// a short content from its hash.
    ///
    /// # Errors
    /// [`PersonalError::Text`] or [`PersonalError::TooLong`].
    pub fn plain(content: &PersonalContent, salt: [u8; PERSONAL_SALT_BYTES]) -> Result<Self, PersonalError> {
        if let Some(len) = content
            .text
            .as_ref()
            .map(String::len)
            .filter(|len| *len > TEXT_BYTES_MAX)
        {
            return Err(PersonalError::Text(len));
        }
        let map = rmp_serde::to_vec_named(content).map_err(|e| PersonalError::Content(e.to_string()))?;
        let mut blob = Vec::with_capacity(1 + salt.len() + map.len());
        blob.push(SUITE_PLAIN);
        blob.extend_from_slice(&salt);
        blob.extend_from_slice(&map);
        if blob.len() > PERSONAL_BYTES_MAX {
            Err(PersonalError::TooLong(blob.len()))
        } else {
            Ok(Self(blob))
        }
    }

    /// Takes a blob as it was received; nothing but its length is checked.
    ///
    /// # Errors
    /// [`PersonalError::TooLong`].
    pub fn from_bytes(blob: Vec<u8>) -> Result<Self, PersonalError> {
        if blob.len() > PERSONAL_BYTES_MAX {
            Err(PersonalError::TooLong(blob.len()))
        } else {
            Ok(Self(blob))
        }
    }

    /// The blob.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The blob itself.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// What an event writes to name this blob.
    #[must_use]
    pub fn reference(&self) -> PersonalRef {
        Self::reference_of(&self.0)
    }

    /// What an event writes to name these bytes.
    #[must_use]
    pub fn reference_of(blob: &[u8]) -> PersonalRef {
        PersonalRef {
            sha256: Sha256::digest(blob).into(),
            len: u32::try_from(blob.len()).unwrap_or(u32::MAX),
        }
    }

    /// Opens a blob of suite 0.
    ///
    /// # Errors
    /// [`PersonalError`] for another suite or content that is not the known map.
    pub fn open(blob: &[u8]) -> Result<PersonalContent, PersonalError> {
        let content = blob.get(1 + PERSONAL_SALT_BYTES..).ok_or(PersonalError::Truncated)?;
        match blob[0] {
            SUITE_PLAIN => read(content),
            suite => Err(PersonalError::Suite(suite)),
        }
    }
}

/// Reads the map strictly: one map, text for keys, texts for values, no name twice, nothing behind it.
fn read(bytes: &[u8]) -> Result<PersonalContent, PersonalError> {
    let mut whole = Reader::new(bytes);
    whole.value("personal part")?;
    whole.finish()?;
    let mut r = Reader::new(bytes);
    let mut content = PersonalContent::default();
    for _ in 0..r.map("personal part", PERSONAL_BYTES_MAX)? {
        let field = match r.text("name in the personal part", PERSONAL_BYTES_MAX)? {
            "text" => &mut content.text,
            "head" => &mut content.head,
            "address" => &mut content.address,
            "phone" => &mut content.phone,
            "language" => &mut content.language,
            "contact" => &mut content.contact,
            "class" => &mut content.class,
            "theme" => &mut content.theme,
            "presence" => &mut content.presence,
            "topics" => {
                if !r.nil() {
                    set(&mut content.topics, read_topics(&mut r)?)?;
                }
                continue;
            }
            _ => {
                r.value("personal part")?;
                continue;
            }
        };
        if !r.nil() {
            set(field, r.text("personal part", PERSONAL_BYTES_MAX)?.to_owned())?;
        }
    }
    Ok(content)
}

fn read_topics(r: &mut Reader<'_>) -> Result<Vec<String>, DecodeError> {
    let mut topics = Vec::new();
    for _ in 0..r.array("topics", PERSONAL_BYTES_MAX)? {
        topics.push(r.text("topic", PERSONAL_BYTES_MAX)?.to_owned());
    }
    Ok(topics)
}

fn set<T>(field: &mut Option<T>, value: T) -> Result<(), DecodeError> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(DecodeError::Facts(
            "a name stands twice in the personal part".to_owned(),
        )),
    }
}
