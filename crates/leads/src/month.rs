//! Calendar months of days, in UTC+8, without a calendar library.

use event::Day;

/// A calendar month. Rules look at one month of one cadre at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Month {
    /// Its first day.
    pub(crate) first: Day,
    /// Its last day.
    pub(crate) last: Day,
}

const DAYS_400_YEARS: i64 = 146_097;
/// From 0000-03-01 to 1970-01-01.
const DAYS_BEFORE_1970: i64 = 719_468;
/// Days before each month of a year that begins in March.
const BEFORE: [i64; 13] = [0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337, 366];

impl Month {
    /// The month of a day. `None` for days before 1970 or after 9999, which no honest record claims.
    pub(crate) fn of(day: Day) -> Option<Self> {
        let n = i64::from(day.0);
        if !(0..=2_932_896).contains(&n) {
            return None;
        }
        // Years that begin in March put the leap day last.
        let n = n + DAYS_BEFORE_1970;
        let (cycles, n) = (n / DAYS_400_YEARS, n % DAYS_400_YEARS);
        let year = (n - n / 1_460 + n / 36_524 - n / 146_096) / 365;
        let in_year = n - (365 * year + year / 4 - year / 100);
        let month = BEFORE.iter().rposition(|before| *before <= in_year)?.min(11);
        let starts = |month: usize| cycles * DAYS_400_YEARS + 365 * year + year / 4 - year / 100 + BEFORE[month];
        let next_year = year + 1;
        let next = if month == 11 {
            cycles * DAYS_400_YEARS + 365 * next_year + next_year / 4 - next_year / 100 + next_year / 400
        } else {
            starts(month + 1)
        };
        let day = |n: i64| i32::try_from(n - DAYS_BEFORE_1970).ok().map(Day);
        Some(Self {
            first: day(starts(month))?,
            last: day(next - 1)?,
        })
    }

    /// How many days it has.
    pub(crate) fn days(self) -> u32 {
        (self.last.0 - self.first.0 + 1).cast_unsigned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_the_calendar() {
        let mut day = Day(0);
        while day < Day(400 * 366) {
            let month = Month::of(day).unwrap();
            let text = day.to_string();
            assert_eq!(month.first.to_string(), format!("{}01", &text[..8]), "{text}");
            assert!(month.last.to_string().starts_with(&text[..8]), "{text}");
            assert!(!month.last.plus(1).to_string().starts_with(&text[..8]), "{text}");
            day = day.plus(7);
        }
        let leap: Day = "2028-02-29".parse().unwrap();
        assert_eq!(Month::of(leap).unwrap().days(), 29);
        assert_eq!(Month::of("2100-02-28".parse().unwrap()).unwrap().days(), 28);
        assert_eq!(Month::of(Day(-1)), None);
        assert_eq!(Month::of(Day(2_932_897)), None);
    }
}
