//! Days and moments as people say them: 9 月 18 日, 今天 11:58, 2 小时前. The year is said only where it differs.

use event::{Day, TOWNSHIP_UTC_OFFSET_MS, When};

use crate::{Lang, text};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Year, month and day of a day; `None` outside the calendar.
#[must_use]
pub fn civil(day: Day) -> Option<(i16, u8, u8)> {
    let text = day.to_string();
    let (rest, day) = text.rsplit_once('-')?;
    let (year, month) = rest.rsplit_once('-')?;
    Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
}

/// The day of these numbers, if the calendar has it.
#[must_use]
pub fn day_of(year: i16, month: u8, day: u8) -> Option<Day> {
    format!("{year:04}-{month:02}-{day:02}").parse().ok()
}

/// Which day of the week, from Monday as 0.
#[must_use]
pub fn weekday(day: Day) -> u8 {
    // 1970-01-01 was a Thursday.
    u8::try_from((i64::from(day.0) + 3).rem_euclid(7)).unwrap_or(0)
}

/// A day as it is said on `today`.
#[must_use]
pub fn day(day: Day, today: Day, lang: Lang) -> String {
    let Some((year, month, of_month)) = civil(day) else {
        return day.to_string();
    };
    let is_this_year = civil(today).is_some_and(|(this, ..)| this == year);
    let name = MONTHS[usize::from(month.clamp(1, 12)) - 1];
    match (lang, is_this_year) {
        (Lang::Zh, true) => format!("{month} 月 {of_month} 日"),
        (Lang::Zh, false) => format!("{year} 年 {month} 月 {of_month} 日"),
        (Lang::En, true) => format!("{of_month} {name}"),
        (Lang::En, false) => format!("{of_month} {name} {year}"),
    }
}

/// The time of day of an instant, in UTC+8.
#[must_use]
pub fn clock(ms: i64) -> String {
    let minute = ms.saturating_add(TOWNSHIP_UTC_OFFSET_MS).div_euclid(60_000);
    let minute = minute.rem_euclid(1_440);
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// An instant as it is said at `now`: 今天 11:58, 昨天 17:40, 9 月 15 日 10:02.
#[must_use]
pub fn moment(ms: i64, now_ms: i64, lang: Lang) -> String {
    let (on, today) = (Day::of_instant(ms), Day::of_instant(now_ms));
    let said = match (today.0.saturating_sub(on.0), lang) {
        (0, Lang::Zh) => "今天".to_owned(),
        (0, Lang::En) => "today".to_owned(),
        (1, Lang::Zh) => "昨天".to_owned(),
        (1, Lang::En) => "yesterday".to_owned(),
        _ => day(on, today, lang),
    };
    format!("{said} {}", clock(ms))
}

/// How long ago, in the greatest unit that fits; what lies ahead counts as just now.
#[must_use]
pub fn ago(ms: i64, now_ms: i64, lang: Lang) -> String {
    let minutes = now_ms.saturating_sub(ms).max(0) / 60_000;
    let (count, zh, one, many) = match minutes {
        0 => {
            return match lang {
                Lang::Zh => "刚才".to_owned(),
                Lang::En => "just now".to_owned(),
            };
        }
        1..60 => (minutes, "分钟", "minute", "minutes"),
        60..2_880 => (minutes / 60, "小时", "hour", "hours"),
        _ => (minutes / 1_440, "天", "day", "days"),
    };
    match lang {
        Lang::Zh => format!("{count} {zh}前"),
        Lang::En => format!("{count} {} ago", if count == 1 { one } else { many }),
    }
}

/// The day of a claim as it is said, and its precision.
#[must_use]
pub fn claim(when: When, today: Day, lang: Lang) -> (String, String) {
    (day(when.day(), today, lang), text::claim(when, lang).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_said_as_people_say_them() {
        let on = |text: &str| text.parse::<Day>().unwrap();
        let today = on("2026-09-18");
        assert_eq!(day(on("2026-09-08"), today, Lang::Zh), "9 月 8 日");
        assert_eq!(day(on("2025-12-31"), today, Lang::Zh), "2025 年 12 月 31 日");
        assert_eq!(day(on("2025-12-31"), today, Lang::En), "31 Dec 2025");
        assert_eq!(day(Day(4_000_000), today, Lang::Zh), "day 4000000");
        assert_eq!(weekday(today), 4, "a Friday");
        assert_eq!(day_of(2026, 9, 31), None);
        assert_eq!(day_of(2026, 9, 30), Some(on("2026-09-30")));
        let noon = today.start_ms() + 12 * 3_600_000;
        assert_eq!(moment(noon - 120_000, noon, Lang::Zh), "今天 11:58");
        assert_eq!(moment(noon - 86_400_000, noon, Lang::En), "yesterday 12:00");
        assert_eq!(moment(noon - 3 * 86_400_000, noon, Lang::Zh), "9 月 15 日 12:00");
        assert_eq!(ago(noon - 7_200_000, noon, Lang::Zh), "2 小时前");
        assert_eq!(ago(noon - 86_400_000 * 5, noon, Lang::En), "5 days ago");
        assert_eq!(ago(noon + 5, noon, Lang::Zh), "刚才");
    }
}
