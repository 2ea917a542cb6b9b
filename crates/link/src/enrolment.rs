//! The file on the stick: how a new machine and its hub come to know each other.

use std::fmt;
use std::hint::black_box;
use std::path::Path;
use std::str::FromStr as _;

use event::{JournalId, UnitCode};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::file::{read_bounded, write_new};
use crate::{Pin, hex};

/// Longest enrolment file, in bytes.
pub const ENROLMENT_BYTES_MAX: usize = 4 * 1024;
/// How long an enrolment file is good for, in milliseconds: 72 hours.
pub const ENROLMENT_LIFE_MS: u64 = 72 * 3_600_000;
/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 64;
/// Longest hub address, in bytes: a host name of 253, a colon, a port.
const HUB_BYTES_MAX: usize = 259;

/// What an enrolled machine is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A village office: it records and pushes.
    Village,
    /// An auditor: it only reads.
    Auditor,
}

impl Role {
    /// The word in the file.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Village => "village",
            Self::Auditor => "auditor",
        }
    }

    /// The role with this word.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Village, Self::Auditor]
            .into_iter()
            .find(|role| role.key() == key)
    }
}

/// The single-use secret of an enrolment: 128 bits. Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub [u8; 16]);

impl Secret {
    /// What the hub keeps in the secret's place.
    #[must_use]
    pub fn digest(&self) -> SecretDigest {
        SecretDigest(
            Sha256::new()
                .chain_update(b"minqing enrolment secret v1\0")
                .chain_update(self.0)
                .finalize()
                .into(),
        )
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// SHA-256 of a secret under a tag of its own: enough to recognise the secret, useless to anyone who steals it.
#[derive(Clone, Copy, Debug)]
pub struct SecretDigest(pub [u8; 32]);

impl SecretDigest {
    /// Whether the secret is the one this digest was made of, in a time that does not depend on where
    /// they differ.
    #[must_use]
    pub fn matches(&self, presented: &Secret) -> bool {
        let presented = presented.digest();
        let difference = self
            .0
            .iter()
            .zip(&presented.0)
            .fold(0, |difference, (a, b)| black_box(difference | (a ^ b)));
        difference == 0
    }
}

/// Everything a new machine must know before it first speaks to its hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// `host:port` of the hub.
    pub hub: String,
    /// The fingerprint of the hub's authority.
    pub ca_sha256: Pin,
    /// The single-use secret.
    pub secret: Secret,
    /// The hub's journal, if it has one already.
    pub journal: Option<JournalId>,
    /// The village (or, for an auditor, the township) by its division code.
    pub unit: UnitCode,
    /// The name people know it by, at most 64 characters.
    pub name: String,
    /// What the machine is for.
    pub role: Role,
    /// When the hub stops taking the secret, in milliseconds since 1970 by the hub's clock.
    pub expires_at_ms: u64,
}

/// An enrolment file cannot be used. The words are for the clerk who carries it.
#[derive(Debug, Error)]
pub enum EnrolmentError {
    /// The file cannot be read or written.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// Longer than [`ENROLMENT_BYTES_MAX`].
    #[error("longer than {ENROLMENT_BYTES_MAX} bytes: this is not an enrolment file")]
    TooLong,
    /// Not text, or not in the form of an enrolment file.
    #[error("not an enrolment file, or damaged: {0}")]
    Form(String),
    /// One line holds what it must not.
    #[error("line `{field}`: {expected}")]
    Field {
        /// The word before the equals sign.
        field: &'static str,
        /// What should stand there.
        expected: &'static str,
    },
}

/// The file as TOML sees it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    version: u32,
    hub: String,
    ca_sha256: String,
    secret: String,
    journal: Option<String>,
    unit: String,
    name: String,
    role: String,
    expires_at_ms: u64,
}

const INTRODUCTION: &str = "\
# 民情系统 登记文件 —— 内含密钥，请当面交接，切勿用微信、邮件传送，切勿复印、拍照。
# 仅可使用一次，自签发起 72 小时内有效。登记完成后请删除本文件。若遗失，请立即通知乡镇管理员作废。
# Minqing enrolment file. It holds a SECRET: hand it over in person; do not send, copy or photograph it.
# Good for one use within 72 hours of issue. Delete it afterwards. If it is lost, tell the township at once.
";

impl Enrolment {
    /// The text of the file.
    ///
    /// # Errors
    /// [`EnrolmentError::Field`] if a field could not be read back.
    pub fn to_text(&self) -> Result<String, EnrolmentError> {
        check_hub(&self.hub)?;
        check_name(&self.name)?;
        // Neither field holds a quote, a backslash or a control character: TOML takes them as they are.
        let journal = self
            .journal
            .map_or_else(String::new, |journal| format!("journal = \"{journal}\"\n"));
        Ok(format!(
            "{INTRODUCTION}\nversion = 1\n# 本机名称 / this machine\nname = \"{}\"\nunit = \"{}\"\nrole = \"{}\"\n\
             # 乡镇总台 / the township hub\nhub = \"{}\"\nca_sha256 = \"{}\"\n{journal}\
             # 一次性密钥 / single-use secret\nsecret = \"{}\"\nexpires_at_ms = {}\n",
            self.name,
            self.unit,
            self.role.key(),
            self.hub,
            self.ca_sha256,
            hex::encode(&self.secret.0),
            self.expires_at_ms,
        ))
    }

    /// Reads the text of a file, strictly: an unknown line is an error, and so is a missing one. A
    /// byte-order mark and Windows line ends, as editors leave them, are taken.
    ///
    /// # Errors
    /// [`EnrolmentError`] says what is wrong and where.
    pub fn from_text(text: &[u8]) -> Result<Self, EnrolmentError> {
        if text.len() > ENROLMENT_BYTES_MAX {
            return Err(EnrolmentError::TooLong);
        }
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        let text = std::str::from_utf8(text).map_err(|_| EnrolmentError::Form("it is not UTF-8 text".to_owned()))?;
        // The parser's full message quotes the line, and the line may be the secret.
        let lines: Lines = toml::from_str(text).map_err(|error| EnrolmentError::Form(error.message().to_owned()))?;
        let wrong = |field, expected| EnrolmentError::Field { field, expected };
        if lines.version != 1 {
            return Err(wrong(
                "version",
                "this program reads version 1; the file is of a newer one",
            ));
        }
        check_hub(&lines.hub)?;
        check_name(&lines.name)?;
        let journal = lines.journal.as_deref().map(JournalId::from_str).transpose();
        let unit = Some(&lines.unit).filter(|unit| unit.len() == 12 && unit.bytes().all(|b| b.is_ascii_digit()));
        let unit = unit.and_then(|unit| UnitCode::new(unit.parse().ok()?).ok());
        Ok(Self {
            ca_sha256: lines
                .ca_sha256
                .parse()
                .map_err(|_| wrong("ca_sha256", "64 hexadecimal digits"))?,
            secret: hex::decode(&lines.secret)
                .map(Secret)
                .ok_or(wrong("secret", "32 hexadecimal digits"))?,
            journal: journal.map_err(|_| wrong("journal", "26 characters, or leave the line out"))?,
            unit: unit.ok_or(wrong("unit", "a division code of 12 digits"))?,
            role: Role::from_key(&lines.role).ok_or(wrong("role", "\"village\" or \"auditor\""))?,
            hub: lines.hub,
            name: lines.name,
            expires_at_ms: lines.expires_at_ms,
        })
    }

    /// Writes the file, readable by its owner alone; a file of that name must not exist.
    ///
    /// # Errors
    /// As [`Self::to_text`], and [`EnrolmentError::File`].
    pub fn save(&self, path: &Path) -> Result<(), EnrolmentError> {
        Ok(write_new(path, 0o600, self.to_text()?.as_bytes())?)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// As [`Self::from_text`], and [`EnrolmentError::File`].
    pub fn load(path: &Path) -> Result<Self, EnrolmentError> {
        Self::from_text(&read_bounded(path, ENROLMENT_BYTES_MAX as u64)?)
    }

    /// Whether the hub, whose clock this is, still takes the secret.
    #[must_use]
    pub const fn is_current(&self, hub_now_ms: u64) -> bool {
        hub_now_ms < self.expires_at_ms
    }
}

fn check_hub(hub: &str) -> Result<(), EnrolmentError> {
    let expected = "the hub's address as host:port, for example hub.example:8443";
    let wrong = EnrolmentError::Field { field: "hub", expected };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-.:[]_".contains(&b);
    match hub.rsplit_once(':') {
        Some((host, port))
            if !host.is_empty()
                && hub.len() <= HUB_BYTES_MAX
                && hub.bytes().all(plain)
                && port.parse::<u16>().is_ok_and(|port| port > 0) =>
        {
            Ok(())
        }
        _ => Err(wrong),
    }
}

fn check_name(name: &str) -> Result<(), EnrolmentError> {
    let expected = "a name of 1 to 64 characters, without quotes, backslashes or control characters";
    let plain = |c: char| !c.is_control() && c != '"' && c != '\\';
    let chars = name.chars().count();
    if (1..=NAME_CHARS_MAX).contains(&chars) && name.chars().all(plain) && name.trim() == name {
        Ok(())
    } else {
        Err(EnrolmentError::Field {
            field: "name",
            expected,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Enrolment {
        Enrolment {
            hub: "hub.example:8443".to_owned(),
            ca_sha256: Pin([0xab; 32]),
            secret: Secret([0x5c; 16]),
            journal: Some(JournalId::from_bytes([1; 16])),
            unit: UnitCode::new(990_101_001_201).unwrap(),
            name: "云岭村 (办公室)".to_owned(),
            role: Role::Village,
            expires_at_ms: 1_790_000_000_000,
        }
    }

    #[test]
    fn the_file_is_read_back_as_editors_leave_it() {
        let text = sample().to_text().unwrap();
        assert!(text.len() < ENROLMENT_BYTES_MAX);
        assert_eq!(Enrolment::from_text(text.as_bytes()).unwrap(), sample());
        let notepad = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(Enrolment::from_text(notepad.as_bytes()).unwrap(), sample());
        let auditor = Enrolment {
            role: Role::Auditor,
            journal: None,
            ..sample()
        };
        assert_eq!(
            Enrolment::from_text(auditor.to_text().unwrap().as_bytes()).unwrap(),
            auditor
        );
    }

    #[test]
    fn every_damage_is_named_and_the_secret_is_not() {
        let text = sample().to_text().unwrap();
        for (from, to, said) in [
            ("secret = \"5c", "secret = \"", "`secret`"),
            ("secret = ", "secret = 5c", "damaged"),
            ("unit = \"9901", "unit = \"901", "`unit`"),
            ("role = \"village\"", "role = \"chief\"", "`role`"),
            ("hub.example:8443", "https://hub.example", "`hub`"),
            ("hub.example:8443", "hub.example", "`hub`"),
            ("ca_sha256 = \"ab", "ca_sha256 = \"zz", "`ca_sha256`"),
            ("version = 1", "version = 2", "`version`"),
            ("version = 1", "", "version"),
            ("version = 1", "version = 1\nport = 3", "port"),
        ] {
            assert!(text.contains(from));
            let words = Enrolment::from_text(text.replace(from, to).as_bytes())
                .unwrap_err()
                .to_string();
            assert!(words.contains(said), "{said}: {words}");
            assert!(!words.contains("5c5c"), "{words}");
        }
        assert!(matches!(
            Enrolment::from_text(&[b'#'; 5_000]),
            Err(EnrolmentError::TooLong)
        ));
        assert!(matches!(
            Enrolment::from_text(&[0xff, 0xfe]),
            Err(EnrolmentError::Form(_))
        ));
    }

    #[test]
    fn what_could_not_be_read_back_is_not_written() {
        for name in ["", " x", "a\"b", "a\\b", "a\nb"] {
            assert!(
                Enrolment {
                    name: name.to_owned(),
                    ..sample()
                }
                .to_text()
                .is_err(),
                "{name:?}"
            );
        }
    }

    #[test]
    fn only_the_secret_itself_matches_its_digest() {
        let secret = Secret([9; 16]);
        assert!(secret.digest().matches(&secret));
        for bit in 0..128 {
            let mut other = secret.clone();
            other.0[bit / 8] ^= 1 << (bit % 8);
            assert!(!secret.digest().matches(&other));
        }
        assert_eq!(format!("{secret:?}"), "Secret(hidden)");
        assert!(!format!("{:?}", sample()).contains("5c"));
    }

    #[test]
    fn the_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let path = tempfile::tempdir().unwrap().keep().join("minqing-enrolment.toml");
        sample().save(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Enrolment::load(&path).unwrap(), sample());
        assert!(sample().save(&path).is_err(), "an enrolment is never overwritten");
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
}
