//! Checks how a moment is said to be written, on a moment of our own, before any row is read.

use jiff::fmt::strtime;
use jiff::tz::{Offset, TimeZone};
use toml::Spanned;

use super::{Compiled, Compiler, Spot};
use crate::form::{OffsetIs, Precision, RepeatedHour, TimeForm};
use crate::moment::{Moment, OffsetRule};

impl Compiler<'_> {
    pub(super) fn moment(&mut self, name: &str, own: &TimeForm, all: &TimeForm, spot: &Spot) -> Compiled<Moment> {
        let key = format!("moments.{name}");
        let Some(column) = &own.column else {
            return self.fault(spot, format!("{key}: give its `column`"));
        };
        if all.column.is_some() {
            return self.fault(spot, "time: a `column` belongs under `moments`");
        }
        let Some(format) = own.format.as_ref().or(all.format.as_ref()) else {
            return self.fault(spot, format!("{key}: give a `format` here or under `time`"));
        };
        let Some(precision) = own.precision.or(all.precision) else {
            return self.fault(spot, format!("{key}: give a `precision` here or under `time`"));
        };
        let Some(offset) = own.offset.or(all.offset) else {
            return self.fault(spot, format!("{key}: give an `offset` here or under `time`"));
        };
        let shows_offset = self.try_format(format, precision)?;
        if shows_offset != (offset != OffsetIs::Absent) {
            let reason = format!("{key}: `offset` and `format` disagree on whether an offset is written (%z, %:z)");
            return self.fault(&format.span(), reason);
        }
        let false_offset = own.false_offset.as_ref().or(all.false_offset.as_ref());
        let false_offset = match (offset, false_offset) {
            (OffsetIs::False, Some(text)) => match strtime::parse("%:z", text.get_ref()).map(|parts| parts.offset()) {
                Ok(Some(offset)) => Some(offset),
                _ => return self.fault(&text.span(), format!("{key}: false_offset: write it as +00:00")),
            },
            (OffsetIs::False, None) => {
                return self.fault(spot, format!("{key}: say which `false_offset` is written"));
            }
            _ => None,
        };
        let local = own.local.as_ref().or(all.local.as_ref());
        let rule = match (offset, local) {
            (OffsetIs::AsWritten, _) => OffsetRule::AsWritten,
            (_, None) => return self.fault(spot, format!("{key}: say in which zone it is `local`")),
            (_, Some(local)) => OffsetRule::Local {
                false_offset,
                zone: self.zone(local)?,
                repeated_hour: own.repeated_hour.or(all.repeated_hour).unwrap_or(RepeatedHour::Refuse),
                repeated: all
                    .repeated
                    .iter()
                    .chain(&own.repeated)
                    .map(|(text, which)| (text.clone(), *which))
                    .collect(),
            },
        };
        Ok(Moment {
            column: self.column(column),
            format: format.get_ref().clone(),
            precision,
            offset: rule,
        })
    }

    /// Tries a form on a moment of its own; tells whether it shows an offset.
    fn try_format(&self, format: &Spanned<String>, precision: Precision) -> Compiled<bool> {
        let sample = jiff::civil::date(2019, 10, 5).at(13, 2, 3, 456_000_000);
        let sample = Offset::UTC.to_timestamp(sample).map(|at| at.to_zoned(TimeZone::UTC));
        let parts = sample.and_then(|sample| {
            let text = strtime::format(format.get_ref(), &sample)?;
            strtime::parse(format.get_ref(), text)
        });
        let parts = match parts {
            Ok(parts) => parts,
            Err(error) => return self.fault(&format.span(), format!("format: {error}")),
        };
        let is_whole = parts.to_date().is_ok()
            && match precision {
                Precision::Day => true,
                Precision::Minute | Precision::Instant => parts.hour().is_some() && parts.minute().is_some(),
            };
        if is_whole {
            Ok(parts.offset().is_some())
        } else {
            self.fault(&format.span(), "format: it does not show what the precision claims")
        }
    }

    fn zone(&self, local: &Spanned<String>) -> Compiled<TimeZone> {
        let text = local.get_ref();
        if let Some(offset) = strtime::parse("%:z", text).ok().and_then(|parts| parts.offset()) {
            return Ok(TimeZone::fixed(offset));
        }
        match TimeZone::posix(text) {
            Ok(zone) => Ok(zone),
            Err(error) => {
                let reason = format!("local: neither an offset such as +08:00 nor a POSIX rule: {error}");
                self.fault(&local.span(), reason)
            }
        }
    }
}
