//! A session: a secret that only the browser has, and until when it is good.

use event::PersonId;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::Account;
use crate::bounds::{CLOCK_SLACK_MS, SESSION_ABSOLUTE_MS, SESSION_IDLE_MS};

/// What a browser shows to be known again: 64 hexadecimal digits of 32 random bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    pub(crate) fn of(random: [u8; 32]) -> Self {
        use std::fmt::Write as _;
        let mut text = String::with_capacity(64);
        for byte in random {
            // Writing into a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// As it stands in the cookie.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

/// How somebody likes the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prefs {
    /// English instead of Chinese.
    pub english: bool,
    /// Large type.
    pub large: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Session {
    /// SHA-256 of the token: who reads the file cannot use it.
    pub(crate) token_sha256: [u8; 32],
    pub(crate) person: PersonId,
    pub(crate) began_ms: u64,
    pub(crate) seen_ms: u64,
    pub(crate) prefs: Prefs,
}

/// Whether an instant lies so far ahead that the clock must have been set back since.
pub(crate) const fn is_ahead(noted_ms: u64, now_ms: u64) -> bool {
    noted_ms > now_ms.saturating_add(CLOCK_SLACK_MS)
}

pub(crate) fn token_sha256(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

impl Session {
    pub(crate) const fn is_good(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.began_ms) < SESSION_ABSOLUTE_MS
            && now_ms.saturating_sub(self.seen_ms) < SESSION_IDLE_MS
            && !is_ahead(self.began_ms, now_ms)
            && !is_ahead(self.seen_ms, now_ms)
    }
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The account.
    pub account: Account,
    /// How they like the pages.
    pub prefs: Prefs,
}
