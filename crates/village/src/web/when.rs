//! A day, perhaps with a time, as people write it: read as exactly as it was given, and no more exactly.

use event::{Day, When};
use pages::Fields;
use screen::office::{ChosenDay, Precision, Sheet, WhenTyped};
use screen::{Words, dates};

/// A day and month that lie ahead this year are last year's, if that is no longer ago than this, in days.
const LAST_YEAR_DAYS_MAX: i32 = 183;

pub(super) fn day_chosen(word: &str) -> ChosenDay {
    match word {
        "yesterday" => ChosenDay::Yesterday,
        "other" => ChosenDay::Other,
        _ => ChosenDay::Today,
    }
}

pub(super) fn precision_chosen(word: &str) -> Precision {
    match word {
        "am" => Precision::Morning,
        "pm" => Precision::Afternoon,
        "clock" => Precision::Clock,
        _ => Precision::Day,
    }
}

/// What was typed in the fields of a day.
pub(super) fn when_typed(fields: &Fields) -> WhenTyped {
    WhenTyped {
        day: day_chosen(fields.get("d")),
        other: [fields.get("month").to_owned(), fields.get("date").to_owned()],
        precision: precision_chosen(fields.get("p")),
        clock: [fields.get("hour").to_owned(), fields.get("minute").to_owned()],
    }
}

/// The fields of a day that say this; the year is understood where it is clear.
#[allow(dead_code, reason = "asked by forms that correct a time")]
pub(super) fn typed_of(when: When, today: Day) -> WhenTyped {
    let day = when.day();
    let (chosen, other) = match (today.0.saturating_sub(day.0), dates::civil(day), dates::civil(today)) {
        (0, ..) => (ChosenDay::Today, Default::default()),
        (1, ..) => (ChosenDay::Yesterday, Default::default()),
        (_, Some((year, month, date)), this) => {
            let month = if this.is_some_and(|(this, ..)| this == year) {
                month.to_string()
            } else {
                format!("{year}-{month}")
            };
            (ChosenDay::Other, [month, date.to_string()])
        }
        (_, None, _) => (ChosenDay::Other, Default::default()),
    };
    let (precision, clock) = match when {
        When::Day(_) => (Precision::Day, Default::default()),
        When::HalfDay { afternoon: false, .. } => (Precision::Morning, Default::default()),
        When::HalfDay { afternoon: true, .. } => (Precision::Afternoon, Default::default()),
        When::Minute(_) | When::Instant(_) => {
            let clock = dates::clock(when.start_ms());
            let (hour, minute) = clock.split_once(':').unwrap_or_default();
            (Precision::Clock, [hour.to_owned(), minute.to_owned()])
        }
    };
    WhenTyped {
        day: chosen,
        other,
        precision,
        clock,
    }
}

/// The time that was typed; what is wrong with it is noted in the form, beside its field.
pub(super) fn claimed(typed: &WhenTyped, sheet: &mut Sheet, w: Words, today: Day, now_ms: i64) -> Option<When> {
    let day = match day_of(typed, today, w) {
        Ok(day) => day,
        Err(words) => {
            sheet.refuse("month", words);
            return None;
        }
    };
    match when(typed, day) {
        None => {
            sheet.refuse("hour", w.visit_no_clock());
            None
        }
        Some(when) if when.start_ms() > now_ms => {
            sheet.refuse(if day > today { "month" } else { "hour" }, w.visit_future());
            None
        }
        Some(when) => Some(when),
    }
}

/// Numbers in a text, in half or full width, whatever stands between them.
pub(super) fn numbers(text: &str) -> Option<Vec<i16>> {
    let digits = text.chars().map(|c| match c {
        '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(c) - 0xff10, 10).unwrap_or(' '),
        c if c.is_ascii_digit() => c,
        _ => ' ',
    });
    let digits: String = digits.collect();
    digits.split_whitespace().map(|number| number.parse().ok()).collect()
}

/// The day that was chosen: today, yesterday, or month and day. 8.31 and 2026-08-31 in the first box are understood too.
pub(super) fn day_of(page: &WhenTyped, today: Day, w: Words) -> Result<Day, String> {
    match page.day {
        ChosenDay::Today => return Ok(today),
        ChosenDay::Yesterday => return Ok(today.plus(-1)),
        ChosenDay::Other => {}
    }
    let typed = numbers(&page.other.join(" ")).unwrap_or_default();
    let this_year = dates::civil(today).map_or(1970, |(year, ..)| year);
    let (year, month, of_month) = match typed[..] {
        [month, day] => (None, month, day),
        [year, month, day] => (Some(year), month, day),
        _ => return Err(w.visit_no_day().to_owned()),
    };
    let (Ok(month), Ok(of_month)) = (u8::try_from(month), u8::try_from(of_month)) else {
        return Err(w.visit_no_day().to_owned());
    };
    if !(1..=12).contains(&month) {
        return Err(w.visit_no_day().to_owned());
    }
    let day = dates::day_of(year.unwrap_or(this_year), month, of_month);
    let last = dates::day_of(this_year - 1, month, of_month).filter(|_| year.is_none());
    match (day, last) {
        (Some(day), _) if day <= today => Ok(day),
        (_, Some(last)) if last.plus(LAST_YEAR_DAYS_MAX) >= today => Ok(last),
        (Some(_), _) => Err(w.visit_future().to_owned()),
        (None, _) => Err(w.no_such_day(month, of_month)),
    }
}

/// The time as exactly as it was given, and no more exactly.
pub(super) fn when(page: &WhenTyped, day: Day) -> Option<When> {
    match page.precision {
        Precision::Day => Some(When::Day(day)),
        Precision::Morning => Some(When::HalfDay { day, afternoon: false }),
        Precision::Afternoon => Some(When::HalfDay { day, afternoon: true }),
        Precision::Clock => {
            let typed = numbers(&page.clock.join(" "))?;
            let [hour, minute] = typed[..] else { return None };
            let is_time = (0..24).contains(&hour) && (0..60).contains(&minute);
            is_time.then(|| When::Minute(day.start_ms() / 60_000 + i64::from(hour) * 60 + i64::from(minute)))
        }
    }
}

#[cfg(test)]
mod tests {
    use screen::Lang;

    use super::*;

    fn on(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn other(month: &str, date: &str, today: &str) -> Result<String, String> {
        let page = WhenTyped {
            day: ChosenDay::Other,
            other: [month.to_owned(), date.to_owned()],
            ..WhenTyped::default()
        };
        day_of(&page, on(today), Words::new(Lang::Zh)).map(|day| day.to_string())
    }

    #[test]
    fn a_day_is_read_as_people_write_it() {
        for (month, date) in [
            ("8", "31"),
            ("８", "３１"),
            ("8.31", ""),
            ("8-31", ""),
            ("2026-08-31", ""),
            ("8月31日", ""),
        ] {
            assert_eq!(
                other(month, date, "2026-09-18").as_deref(),
                Ok("2026-08-31"),
                "{month} {date}"
            );
        }
        assert_eq!(
            other("12", "30", "2027-01-04").as_deref(),
            Ok("2026-12-30"),
            "the year is clear"
        );
        assert_eq!(
            other("2", "29", "2025-03-01").unwrap_err(),
            "2 月没有 29 日，请改成那天的日期"
        );
        assert_eq!(
            other("9", "31", "2026-10-02").unwrap_err(),
            "9 月没有 31 日，请改成那天的日期"
        );
        assert!(other("9", "19", "2026-09-18").unwrap_err().contains("还没到"));
        for (month, date) in [("", ""), ("8", ""), ("13", "1"), ("8", "x"), ("99999999", "1")] {
            assert!(
                other(month, date, "2026-09-18").unwrap_err().contains("请写"),
                "{month} {date}"
            );
        }
    }

    #[test]
    fn a_time_is_as_exact_as_it_was_given() {
        let at = |precision, hour: &str, minute: &str| {
            let page = WhenTyped {
                precision,
                clock: [hour.to_owned(), minute.to_owned()],
                ..WhenTyped::default()
            };
            when(&page, on("2026-09-18")).map(|when| when.to_string())
        };
        assert_eq!(
            at(Precision::Day, "3", "4").as_deref(),
            Some("2026-09-18"),
            "boxes that are not used are ignored"
        );
        assert_eq!(at(Precision::Afternoon, "", "").as_deref(), Some("2026-09-18 pm"));
        assert_eq!(at(Precision::Clock, "14", "５").as_deref(), Some("2026-09-18 14:05"));
        for (hour, minute) in [("24", "0"), ("1", "60"), ("", ""), ("1", "")] {
            assert_eq!(at(Precision::Clock, hour, minute), None);
        }
    }

    #[test]
    fn a_time_stands_in_its_fields_as_it_would_be_typed() {
        let today = on("2026-09-18");
        for when in [
            "2026-09-18",
            "2026-09-17 pm",
            "2026-03-01 14:05",
            "2025-12-31 am",
            "2019-01-02",
        ] {
            let claim: When = when.parse().unwrap();
            let typed = typed_of(claim, today);
            let day = day_of(&typed, today, Words::new(Lang::Zh)).unwrap();
            assert_eq!(
                super::when(&typed, day).map(|read| read.to_string()).as_deref(),
                Some(when)
            );
        }
    }
}
