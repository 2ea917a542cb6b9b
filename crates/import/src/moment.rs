//! Reading a moment: its form, how exact it is, and what its offset is worth.

use std::collections::BTreeMap;

use event::{Day, When};
use jiff::civil::DateTime;
use jiff::fmt::strtime::{BrokenDownTime, parse};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use crate::RowReason;
use crate::form::{Precision, RepeatedHour};

/// One column of moments.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) column: usize,
    pub(crate) format: String,
    pub(crate) precision: Precision,
    pub(crate) offset: OffsetRule,
}

/// What the offset behind a moment is worth.
#[derive(Clone, Debug)]
pub(crate) enum OffsetRule {
    /// It is true.
    AsWritten,
    /// It is false, or there is none: the time is the local one.
    Local {
        /// The offset that every moment must show; `None` where none is written.
        false_offset: Option<Offset>,
        zone: TimeZone,
        repeated_hour: RepeatedHour,
        /// Moments, as written, of which it is known.
        repeated: BTreeMap<String, RepeatedHour>,
    },
}

/// A moment as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    /// As exact as it is written.
    pub(crate) when: When,
    /// Its first millisecond; anything finer is cut off.
    pub(crate) instant_ms: i64,
}

impl Moment {
    /// Reads a cell; an empty one is `None`.
    pub(crate) fn read(&self, cell: &str) -> Result<Option<Read>, RowReason> {
        let text = cell.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = |reason: &dyn std::fmt::Display| RowReason::Moment {
            text: text.to_owned(),
            format: self.format.clone(),
            reason: reason.to_string(),
        };
        let parts = parse(&self.format, text).map_err(|e| wrong(&e))?;
        let mut local = parts.to_datetime().map_err(|e| wrong(&e))?;
        if self.precision == Precision::Day {
            local = local.date().to_datetime(jiff::civil::Time::midnight());
        }
        let offset = self.offset(text, &parts, local)?;
        let instant_ms = offset
            .to_timestamp(local)
            .map_err(|e| wrong(&e))?
            .as_nanosecond()
            .div_euclid(1_000_000);
        let instant_ms = i64::try_from(instant_ms).map_err(|e| wrong(&e))?;
        let when = match self.precision {
            Precision::Day => When::Day(day_of(local)),
            Precision::Minute => When::Minute(instant_ms.div_euclid(60_000)),
            Precision::Instant => When::Instant(instant_ms),
        };
        Ok(Some(Read { when, instant_ms }))
    }

    fn offset(&self, text: &str, parts: &BrokenDownTime, local: DateTime) -> Result<Offset, RowReason> {
        let (false_offset, zone, repeated_hour, repeated) = match &self.offset {
            // A form with an offset does not match a text without one.
            OffsetRule::AsWritten => return Ok(parts.offset().unwrap_or(Offset::UTC)),
            OffsetRule::Local {
                false_offset,
                zone,
                repeated_hour,
                repeated,
            } => (false_offset, zone, repeated_hour, repeated),
        };
        if let Some(declared) = false_offset.filter(|declared| parts.offset() != Some(*declared)) {
            return Err(RowReason::OtherOffset {
                text: text.to_owned(),
                declared: declared.to_string(),
            });
        }
        match zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => Ok(offset),
            AmbiguousOffset::Gap { .. } => Err(RowReason::NeverShown(text.to_owned())),
            AmbiguousOffset::Fold { before, after } => match repeated.get(text).unwrap_or(repeated_hour) {
                RepeatedHour::Earlier => Ok(before),
                RepeatedHour::Later => Ok(after),
                RepeatedHour::Refuse => Err(RowReason::ShownTwice(text.to_owned())),
            },
        }
    }
}

/// The date as written, as the day that people mean by it.
fn day_of(local: DateTime) -> Day {
    let epoch = jiff::civil::date(1970, 1, 1);
    let days = local.date().duration_since(epoch).as_hours() / 24;
    Day(i32::try_from(days).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "%Y-%m-%d %H:%M:%S%.f%:z";
    const AMSTERDAM: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

    fn moment(format: &str, precision: Precision, offset: OffsetRule) -> Moment {
        Moment {
            column: 0,
            format: format.to_owned(),
            precision,
            offset,
        }
    }

    fn falsely(repeated_hour: RepeatedHour) -> Moment {
        let repeated = BTreeMap::from([("2010-10-31 02:30:00+00:00".to_owned(), RepeatedHour::Earlier)]);
        let rule = OffsetRule::Local {
            false_offset: Some(Offset::UTC),
            zone: TimeZone::posix(AMSTERDAM).unwrap(),
            repeated_hour,
            repeated,
        };
        moment(FORM, Precision::Instant, rule)
    }

    fn shown(moment: &Moment, text: &str) -> String {
        match moment.read(text) {
            Ok(Some(read)) => format!("{} {}", read.when, When::Instant(read.instant_ms)),
            Ok(None) => "empty".to_owned(),
            Err(reason) => reason.to_string(),
        }
    }

    #[test]
    fn a_true_offset_is_taken_as_written() {
        let whole = moment(FORM, Precision::Instant, OffsetRule::AsWritten);
        assert_eq!(
            shown(&whole, "2011-10-11 13:42:22.688000+02:00"),
            "2011-10-11T11:42:22.688Z 2011-10-11T11:42:22.688Z"
        );
        assert!(shown(&whole, "2011-12-06 01:06:40+01:00").starts_with("2011-12-06T00:06:40.000Z"));
        assert!(shown(&whole, "1969-12-31 23:59:59.999900+00:00").starts_with("1969-12-31T23:59:59.999Z"));
        assert_eq!(shown(&whole, "  "), "empty");
        for bad in [
            "2011-12-06 01:06:40",
            "2011-12-06T01:06:40+01:00",
            "2011-02-30 01:06:40+01:00",
            "gestern",
        ] {
            assert!(shown(&whole, bad).contains("is not a moment of the form"), "{bad}");
        }
    }

    #[test]
    fn a_false_offset_is_read_as_local_time_by_declaration_only() {
        let halves = falsely(RepeatedHour::Refuse);
        assert!(shown(&halves, "2011-10-11 13:42:22.688000+00:00").starts_with("2011-10-11T11:42:22.688Z"));
        assert!(shown(&halves, "2011-12-06 01:06:40+00:00").starts_with("2011-12-06T00:06:40.000Z"));
        assert!(shown(&halves, "2011-12-06 01:06:40+01:00").contains("another offset than +00"));
        assert!(shown(&halves, "2010-10-31 02:06:40.020000+00:00").contains("shown twice"));
        assert!(shown(&halves, "2011-03-27 02:30:00+00:00").contains("never shown"));
        assert!(shown(&halves, "2010-10-31 02:30:00+00:00").starts_with("2010-10-31T00:30:00.000Z"));
        let later = falsely(RepeatedHour::Later);
        assert!(shown(&later, "2010-10-31 02:06:40.020000+00:00").starts_with("2010-10-31T01:06:40.020Z"));
        assert!(shown(&later, "2010-10-31 02:30:00+00:00").starts_with("2010-10-31T00:30:00.000Z"));
    }

    #[test]
    fn a_date_stays_a_date() {
        let local = |precision, format| {
            let rule = OffsetRule::Local {
                false_offset: None,
                zone: TimeZone::fixed(Offset::constant(8)),
                repeated_hour: RepeatedHour::Refuse,
                repeated: BTreeMap::new(),
            };
            moment(format, precision, rule)
        };
        let day = local(Precision::Day, "%Y年%m月%d日");
        assert_eq!(shown(&day, "2019年3月5日"), "2019-03-05 2019-03-04T16:00:00.000Z");
        assert_eq!(shown(&day, "1969年12月31日"), "1969-12-31 1969-12-30T16:00:00.000Z");
        let minute = local(Precision::Minute, "%Y/%m/%d %H:%M");
        assert_eq!(
            shown(&minute, "2019/3/5 9:05"),
            "2019-03-05 09:05 2019-03-05T01:05:00.000Z"
        );
    }
}
