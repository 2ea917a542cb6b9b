//! Ratios as integer pairs.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

/// What is shown for 0/0.
pub const NONE_WORD: &str = "无";

/// `numerator` of `denominator`. Roll-ups add both; nobody ever averages ratios.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratio {
    /// How many of them.
    pub numerator: u64,
    /// Of how many.
    pub denominator: u64,
}

impl Ratio {
    /// `numerator` of `denominator`.
    #[must_use]
    pub const fn new(numerator: u64, denominator: u64) -> Self {
        Self { numerator, denominator }
    }

    /// Tenths of a per cent, floored: 99.97 % is 999, and only all of them is 1000. `None` for 0/0.
    #[must_use]
    pub fn per_mille(self) -> Option<u64> {
        let thousandfold = u128::from(self.numerator) * 1_000;
        let floored = thousandfold.checked_div(u128::from(self.denominator))?;
        Some(u64::try_from(floored).unwrap_or(u64::MAX))
    }

    /// Whether it is all of them, and there are any.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.denominator > 0 && self.numerator == self.denominator
    }

    /// Counts one more case, which is or is not one of them.
    pub(crate) fn count(&mut self, is_one: bool) {
        self.denominator += 1;
        self.numerator += u64::from(is_one);
    }
}

impl std::ops::Add for Ratio {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(
            self.numerator.saturating_add(other.numerator),
            self.denominator.saturating_add(other.denominator),
        )
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.per_mille() {
            Some(tenths) => write!(f, "{}.{}%", tenths / 10, tenths % 10),
            None => f.write_str(NONE_WORD),
        }
    }
}

impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_struct("Ratio", 3)?;
        map.serialize_field("numerator", &self.numerator)?;
        map.serialize_field("denominator", &self.denominator)?;
        map.serialize_field("percent", &self.per_mille().map(|n| format!("{}.{}", n / 10, n % 10)))?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_floored_and_zero_of_zero_is_none() {
        assert_eq!(Ratio::new(39_999, 40_000).to_string(), "99.9%");
        assert_eq!(Ratio::new(40_000, 40_000).to_string(), "100.0%");
        assert_eq!(Ratio::new(0, 0).to_string(), "无");
        assert_eq!(Ratio::new(0, 7).to_string(), "0.0%");
        assert_eq!(Ratio::new(u64::MAX - 1, u64::MAX).to_string(), "99.9%");
        assert_eq!((Ratio::new(1, 2) + Ratio::new(0, 2)).to_string(), "25.0%");
        assert!(!Ratio::new(0, 0).is_whole());
    }
}
