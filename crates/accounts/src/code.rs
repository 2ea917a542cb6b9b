//! A one-time code: whoever has it may open one account, or give an account a new password. There is one at a time.

use event::PersonId;
use serde::{Deserialize, Serialize};

use crate::bounds::{CODE_CHARS, CODE_MS};
use crate::{HashedSecret, Role};

/// Letters and digits that are not taken for one another when read aloud or from paper.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// What a one-time code is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CodeFor {
    /// A new account.
    NewAccount {
        /// With this role.
        role: Role,
        /// Recording as this person; a new one where absent.
        person: Option<PersonId>,
    },
    /// A new password for the account of this person; its sessions end.
    NewPassword {
        /// Whose.
        person: PersonId,
    },
}

/// The code that is outstanding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outstanding {
    pub(crate) what: CodeFor,
    pub(crate) made_ms: u64,
    pub(crate) hash: HashedSecret,
}

impl Outstanding {
    /// A code from the future has run out too: nobody knows how long ago it was made.
    pub(crate) fn is_good(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.made_ms) < CODE_MS && !crate::session::is_ahead(self.made_ms, now_ms)
    }
}

/// The code of these random bytes, as it is printed: three groups of four.
pub(crate) fn code_of(random: [u8; CODE_CHARS]) -> String {
    let mut code = String::with_capacity(CODE_CHARS + 2);
    for (at, byte) in random.into_iter().enumerate() {
        if at > 0 && at.is_multiple_of(4) {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    code
}

/// A code as it was typed, in the form that is hashed: no hyphens, no blanks, capital half-width letters, and what is
/// often mistaken for a letter of the alphabet taken for none.
pub(crate) fn plain(typed: &str) -> String {
    let half = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    };
    let letters = typed.chars().map(half).filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_uppercase()).take(2 * CODE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_was_typed() {
        let code = code_of([0, 1, 2, 3, 4, 5, 6, 31, 255, 254, 32, 33]);
        assert_eq!(code, "2345-678Z-ZY23");
        assert_eq!(plain(" 2345 678z-zy23"), plain(&code));
        assert_eq!(plain("２３４５－６７８ｚ－ＺＹ２３"), plain(&code));
        assert_ne!(plain("2345678ZZY24"), plain(&code));
    }
}
