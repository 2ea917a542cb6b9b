//! Figures that somebody reads off a printed sheet.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proof::{Hash, plain_decimal};

/// Size and root of the current journal as somebody typed them in from a printed sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typed {
    /// Records.
    pub size: u64,
    /// Root.
    pub root: Hash,
}

impl Typed {
    /// Reads `<size>:<root>`; the root in base64 as it is printed, or in 64 hexadecimal digits.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str =
            "expected <size>:<root>, as printed: a whole number, a colon, and the 44 characters of the root";
        let (size, root) = text.trim().split_once(':').ok_or(FORM)?;
        let size = plain_decimal(size.trim()).ok_or(FORM)?;
        let root = root.trim();
        let bytes = if root.len() == 64 {
            let digits = root.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
            digits
                .map(|pair| u8::from_str_radix(pair?, 16).ok())
                .collect::<Option<Vec<u8>>>()
        } else {
            STANDARD.decode(root).ok()
        };
        let root = bytes.and_then(|bytes| Hash::try_from(bytes).ok()).ok_or(FORM)?;
        Ok(Self { size, root })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_is_read_in_both_forms_and_nothing_else() {
        let root = [0xab; 32];
        let typed = Typed { size: 54, root };
        assert_eq!(Typed::parse(&format!("54:{}", STANDARD.encode(root))), Ok(typed));
        assert_eq!(Typed::parse(&format!(" 54: {} \n", "ab".repeat(32))), Ok(typed));
        for bad in [
            "",
            "54",
            "54:",
            "054:x",
            "x:y",
            &format!("54:{}", "ab".repeat(31)),
            &format!("54:{}", "äb".repeat(21)),
        ] {
            assert!(Typed::parse(bad).is_err(), "{bad:?}");
        }
    }
}
