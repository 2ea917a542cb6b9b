//! What sort of day it is.

use event::Day;

/// How busy the township's year is at that time. The sample's own idea of a year, by month and day;
/// it is no holiday table and decides nothing but how much happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Season {
    /// 走访 campaign: many visits.
    Campaign,
    /// Harvest or planting: fewer, and often in the field.
    Fields,
    /// The days around the Spring Festival.
    Festival,
    /// The rest of the year.
    Usual,
}

/// Days since Monday: 0 to 6.
pub(crate) const fn weekday(day: Day) -> i32 {
    // 1970-01-01 was a Thursday.
    (day.0 + 3).rem_euclid(7)
}

pub(crate) const fn is_weekend(day: Day) -> bool {
    weekday(day) >= 5
}

/// `days` later, and on to Monday if that is a Saturday or Sunday.
pub(crate) fn workday_after(day: Day, days: u16) -> Day {
    let mut later = day.plus(i32::from(days));
    while is_weekend(later) {
        later = later.plus(1);
    }
    later
}

/// The `count`-th working day after `day`, weekends left out.
pub(crate) fn plus_working_days(day: Day, count: u16) -> Day {
    (0..count).fold(day, |day, _| workday_after(day, 1))
}

pub(crate) fn season(day: Day) -> Season {
    let Some(date) = jiff::Span::new()
        .try_days(day.0)
        .ok()
        .and_then(|span| jiff::civil::date(1970, 1, 1).checked_add(span).ok())
    else {
        return Season::Usual;
    };
    match (date.month(), date.day()) {
        (10, 13..) | (11, ..=7) | (1, 12..=31) | (4, 8..=28) => Season::Campaign,
        (9, 15..) | (5, 20..) | (6, ..=15) => Season::Fields,
        (2, 14..=23) => Season::Festival,
        _ => Season::Usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_and_working_days() {
        let monday: Day = "2025-09-01".parse().unwrap();
        assert_eq!(weekday(monday), 0);
        assert_eq!(weekday(Day(0)), 3);
        assert_eq!(plus_working_days(monday, 5), monday.plus(7));
        assert_eq!(workday_after(monday, 5), monday.plus(7));
        assert_eq!(season("2026-01-20".parse().unwrap()), Season::Campaign);
        assert_eq!(season("2026-07-20".parse().unwrap()), Season::Usual);
    }
}
