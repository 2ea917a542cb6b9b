//! An account, and what a name and a password must be.

use event::PersonId;
use serde::{Deserialize, Serialize};

use crate::bounds::{NAME_CHARS_MAX, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN};
use crate::{HashedSecret, Role};

/// One person's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The person that records from this account name as their recorder. It never changes.
    pub person: PersonId,
    /// The name to sign in with, as it is shown.
    pub name: String,
    /// What it is for.
    pub role: Role,
    pub(crate) password: HashedSecret,
}

/// Why a name cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing stands there.
    #[error("give a name")]
    Empty,
    /// Too long.
    #[error("the name is too long: at most {NAME_CHARS_MAX} characters")]
    Long,
    /// It holds characters that cannot be seen.
    #[error("the name holds characters that cannot be seen")]
    Invisible,
}

/// Why a password cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short.
    #[error("the password is too short: at least {PASSWORD_CHARS_MIN} characters")]
    Short,
    /// Too long.
    #[error("the password is too long: at most {PASSWORD_BYTES_MAX} bytes")]
    Long,
    /// Among the first that anybody tries.
    #[error("this password is among the first that anybody tries: choose another one")]
    Common,
}

/// A name without the blanks around it.
///
/// # Errors
/// [`NameError`].
pub fn name_of(text: &str) -> Result<String, NameError> {
    let name = text.trim();
    if name.is_empty() {
        Err(NameError::Empty)
    } else if name.chars().count() > NAME_CHARS_MAX {
        Err(NameError::Long)
    } else if name.chars().any(is_invisible) {
        Err(NameError::Invisible)
    } else {
        Ok(name.to_owned())
    }
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Whether two names are one: the case of letters does not matter.
pub(crate) fn is_same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// What everybody tries first, and is long enough.
const COMMON: [&str; 14] = [
    "12345678",
    "123456789",
    "1234567890",
    "88888888",
    "66666666",
    "password",
    "password1",
    "qwertyui",
    "qwertyuiop",
    "1qaz2wsx",
    "a1234567",
    "abcd1234",
    "woaini1314",
    "5201314520",
];

/// Checks a password for the account of this name. It is taken as it is, blanks included.
///
/// # Errors
/// [`PasswordError`].
pub fn password_of<'a>(text: &'a str, name: &str) -> Result<&'a str, PasswordError> {
    let mut chars = text.chars();
    let first = chars.next();
    if text.chars().count() < PASSWORD_CHARS_MIN {
        Err(PasswordError::Short)
    } else if text.len() > PASSWORD_BYTES_MAX {
        Err(PasswordError::Long)
    } else if chars.all(|c| Some(c) == first)
        || COMMON.contains(&text.to_lowercase().as_str())
        || is_same_name(text.trim(), name)
    {
        Err(PasswordError::Common)
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_have_bounds() {
        assert_eq!(name_of("  姚慧珍 ").unwrap(), "姚慧珍");
        assert_eq!(name_of(" "), Err(NameError::Empty));
        assert_eq!(name_of("a\u{202e}b"), Err(NameError::Invisible));
        assert_eq!(name_of(&"长".repeat(33)), Err(NameError::Long));
        assert_eq!(password_of("七个字不够长啊", "x"), Err(PasswordError::Short));
        assert_eq!(password_of("八个字就够长了啊", "x"), Ok("八个字就够长了啊"));
        assert_eq!(password_of("aaaaaaaaaa", "x"), Err(PasswordError::Common));
        assert_eq!(password_of("Password", "x"), Err(PasswordError::Common));
        assert_eq!(password_of("yaohuizhen", "YaoHuiZhen"), Err(PasswordError::Common));
        assert_eq!(password_of(&"长".repeat(90), "x"), Err(PasswordError::Long));
    }
}
