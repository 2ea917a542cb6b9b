//! When something happened, as exactly as it is known and no more exactly.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// UTC+8, the clock that people read, in milliseconds.
pub const TOWNSHIP_UTC_OFFSET_MS: i64 = 8 * 3_600_000;

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// A calendar day in UTC+8, as days since 1970-01-01. In JSON and CSV `2026-08-31`; a day that no
/// calendar has, which a mad clock may claim all the same, is `day 4000000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// The day on which an instant (milliseconds since 1970-01-01T00:00:00Z) falls in UTC+8.
    #[must_use]
    pub fn of_instant(ms: i64) -> Self {
        let day = ms.saturating_add(TOWNSHIP_UTC_OFFSET_MS).div_euclid(DAY_MS);
        Self(i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX }))
    }

    /// The instant at which the day begins in UTC+8, in milliseconds.
    #[must_use]
    pub fn start_ms(self) -> i64 {
        i64::from(self.0) * DAY_MS - TOWNSHIP_UTC_OFFSET_MS
    }

    /// The day `days` later (earlier if negative).
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    fn civil(self) -> Option<jiff::civil::Date> {
        jiff::civil::date(1970, 1, 1)
            .checked_add(jiff::Span::new().try_days(self.0).ok()?)
            .ok()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.civil() {
            Some(date) => write!(f, "{date}"),
            None => write!(f, "day {}", self.0),
        }
    }
}

impl FromStr for Day {
    type Err = WhenError;

    /// Reads `2026-08-31`, or `day 4000000`.
    fn from_str(text: &str) -> Result<Self, WhenError> {
        if let Some(number) = text.strip_prefix("day ") {
            return number.parse().map(Self).map_err(|_| WhenError::Text);
        }
        let date: jiff::civil::Date = text.parse().map_err(|_| WhenError::Text)?;
        let since = date.since(jiff::civil::date(1970, 1, 1)).map_err(|_| WhenError::Text)?;
        Ok(Self(since.get_days()))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i32(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?
                .parse()
                .map_err(serde::de::Error::custom)
        } else {
            i32::deserialize(deserializer).map(Self)
        }
    }
}

/// A moment with the precision that was claimed for it: a day, a half day, a minute, an instant.
/// Minutes are never invented from a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// Some time on that day.
    Day(Day),
    /// Some time in the morning (`afternoon == false`) or afternoon of that day.
    HalfDay {
        /// The day.
        day: Day,
        /// Whether it was the second half.
        afternoon: bool,
    },
    /// Minutes since 1970-01-01T00:00Z.
    Minute(i64),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Instant(i64),
}

/// Why a moment cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhenError {
    /// The text has none of the four forms.
    #[error(
        "not a date or time: write 2026-08-31, 2026-08-31 am, 2026-08-31 pm, 2026-08-31 14:05 (UTC+8), or 2026-08-31T06:05:09.123Z"
    )]
    Text,
    /// The stored precision code is none of 0 to 3.
    #[error("unknown precision code {0}")]
    Precision(u8),
    /// The value does not fit a day number.
    #[error("the day is out of range")]
    Range,
}

impl When {
    /// The stored pair: precision code (0 day, 1 half day, 2 minute, 3 instant) and value.
    #[must_use]
    pub fn to_parts(self) -> (u8, i64) {
        match self {
            Self::Day(day) => (0, i64::from(day.0)),
            Self::HalfDay { day, afternoon } => (1, i64::from(day.0) * 2 + i64::from(afternoon)),
            Self::Minute(minutes) => (2, minutes),
            Self::Instant(ms) => (3, ms),
        }
    }

    /// The moment with this stored pair.
    ///
    /// # Errors
    /// [`WhenError::Precision`] for an unknown code, [`WhenError::Range`] for a day beyond 32 bits.
    pub fn from_parts(precision: u8, value: i64) -> Result<Self, WhenError> {
        let day = |days: i64| i32::try_from(days).map(Day).map_err(|_| WhenError::Range);
        match precision {
            0 => day(value).map(Self::Day),
            1 => Ok(Self::HalfDay {
                day: day(value.div_euclid(2))?,
                afternoon: value.rem_euclid(2) == 1,
            }),
            2 => Ok(Self::Minute(value)),
            3 => Ok(Self::Instant(value)),
            other => Err(WhenError::Precision(other)),
        }
    }

    /// The calendar day in UTC+8.
    #[must_use]
    pub fn day(self) -> Day {
        match self {
            Self::Day(day) | Self::HalfDay { day, .. } => day,
            Self::Minute(minutes) => Day::of_instant(minutes.saturating_mul(MINUTE_MS)),
            Self::Instant(ms) => Day::of_instant(ms),
        }
    }

    /// The last millisecond that the claim covers: a thing due on a day is late only after that day has ended.
    #[must_use]
    pub fn end_ms(self) -> i64 {
        match self {
            Self::Day(day) => day.start_ms() + DAY_MS - 1,
            Self::HalfDay { day, afternoon } => day.start_ms() + if afternoon { DAY_MS } else { DAY_MS / 2 } - 1,
            Self::Minute(minutes) => minutes.saturating_mul(MINUTE_MS).saturating_add(MINUTE_MS - 1),
            Self::Instant(ms) => ms,
        }
    }

    /// The first millisecond that the claim covers.
    #[must_use]
    pub fn start_ms(self) -> i64 {
        match self {
            Self::Day(day) => day.start_ms(),
            Self::HalfDay { day, afternoon } => day.start_ms() + if afternoon { DAY_MS / 2 } else { 0 },
            Self::Minute(minutes) => minutes.saturating_mul(MINUTE_MS),
            Self::Instant(ms) => ms,
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Day(day) => day.fmt(f),
            Self::HalfDay { day, afternoon } => write!(f, "{day} {}", if afternoon { "pm" } else { "am" }),
            Self::Minute(minutes) if self.day().civil().is_none() => write!(f, "minute {minutes}"),
            Self::Minute(minutes) => {
                let local = minutes
                    .saturating_add(TOWNSHIP_UTC_OFFSET_MS / MINUTE_MS)
                    .rem_euclid(1_440);
                write!(f, "{} {:02}:{:02}", self.day(), local / 60, local % 60)
            }
            Self::Instant(ms) => match jiff::Timestamp::from_millisecond(ms) {
                Ok(instant) => write!(f, "{instant:.3}"),
                Err(_) => write!(f, "instant {ms}"),
            },
        }
    }
}

impl FromStr for When {
    type Err = WhenError;

    fn from_str(text: &str) -> Result<Self, WhenError> {
        if let Some(number) = text.strip_prefix("minute ") {
            return number.parse().map(Self::Minute).map_err(|_| WhenError::Text);
        }
        if let Some(number) = text.strip_prefix("instant ") {
            return number.parse().map(Self::Instant).map_err(|_| WhenError::Text);
        }
        if text.contains('T') {
            let instant: jiff::Timestamp = text.parse().map_err(|_| WhenError::Text)?;
            return Ok(Self::Instant(instant.as_millisecond()));
        }
        // From the right: a day outside the calendar has a space of its own.
        let (date, rest) = match text.rsplit_once(' ') {
            None | Some(("day", _)) => return text.parse().map(Self::Day),
            Some(parts) => parts,
        };
        let day: Day = date.parse()?;
        match rest {
            "am" => Ok(Self::HalfDay { day, afternoon: false }),
            "pm" => Ok(Self::HalfDay { day, afternoon: true }),
            clock => {
                let (hour, minute) = clock.split_once(':').ok_or(WhenError::Text)?;
                let number = |digits: &str, below: i64| match digits.parse::<i64>() {
                    Ok(n) if digits.len() == 2 && (0..below).contains(&n) => Ok(n),
                    _ => Err(WhenError::Text),
                };
                let minutes = number(hour, 24)? * 60 + number(minute, 60)?;
                Ok(Self::Minute(day.start_ms() / MINUTE_MS + minutes))
            }
        }
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.to_parts().serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
        } else {
            let (precision, value) = <(u8, i64)>::deserialize(deserializer)?;
            Self::from_parts(precision, value).map_err(D::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_without_inventing_minutes() {
        for text in [
            "2026-08-31",
            "2026-08-31 am",
            "2026-08-31 pm",
            "2026-08-31 14:05",
            "2026-08-31T06:05:09.123Z",
            "1969-12-31 00:00",
        ] {
            let when: When = text.parse().unwrap();
            assert_eq!(when.to_string(), text);
            let (precision, value) = when.to_parts();
            assert_eq!(When::from_parts(precision, value), Ok(when));
        }
        for bad in ["2026-02-30", "2026-08-31 25:00", "2026-08-31 1:05", "31.8.2026", ""] {
            assert!(bad.parse::<When>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn days_are_counted_in_utc_plus_8() {
        assert_eq!(Day::of_instant(0), Day(0));
        assert_eq!(Day::of_instant(16 * 3_600_000 - 1), Day(0));
        assert_eq!(Day::of_instant(16 * 3_600_000), Day(1));
        assert_eq!(Day::of_instant(-8 * 3_600_000 - 1), Day(-1));
        assert_eq!(Day(1).start_ms(), 16 * 3_600_000);
    }
}
