//! Numbers, ratios, days and instants as people read them.

use std::borrow::Cow;

use event::{Day, TOWNSHIP_UTC_OFFSET_MS, When};

use crate::Lang;

/// What is shown where a column does not apply.
pub const DASH: &str = "—";

/// What is shown for 0/0, in a language.
#[must_use]
pub const fn none(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "无",
        Lang::En => "none",
    }
}

/// Text from outside without what a page or a terminal would obey: control characters, and marks that turn the
/// direction of writing, become U+FFFD. Line breaks stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    let is_command = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
    };
    if text.chars().any(is_command) {
        let shown = text.chars().map(|c| if is_command(c) { '\u{fffd}' } else { c });
        Cow::Owned(shown.collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// A number with thousands apart.
#[must_use]
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A difference with its sign; minus is −, and no difference a dash.
#[must_use]
pub fn difference(before: u64, after: u64) -> String {
    match after.cmp(&before) {
        std::cmp::Ordering::Greater => format!("+{}", number(after - before)),
        std::cmp::Ordering::Less => format!("−{}", number(before - after)),
        std::cmp::Ordering::Equal => DASH.to_owned(),
    }
}

/// Per cent with one decimal, floored: 99.97 % is 99.9, and only all of them is 100.0. `None` for 0/0.
#[must_use]
pub fn percent(numerator: u64, denominator: u64) -> Option<String> {
    let thousandfold = u128::from(numerator) * 1_000;
    let tenths = thousandfold.checked_div(u128::from(denominator))?;
    Some(format!("{}.{}%", tenths / 10, tenths % 10))
}

/// A ratio as a pair and a floored per cent; 「无」 for 0/0.
#[must_use]
pub fn ratio(numerator: u64, denominator: u64, lang: Lang) -> String {
    match percent(numerator, denominator) {
        Some(percent) => format!("{}／{} {percent}", number(numerator), number(denominator)),
        None => none(lang).to_owned(),
    }
}

/// An instant in UTC+8, to the minute. `ms` is milliseconds since 1970-01-01T00:00:00Z.
#[must_use]
pub fn instant(ms: i64) -> String {
    let minute = ms
        .saturating_add(TOWNSHIP_UTC_OFFSET_MS)
        .div_euclid(60_000)
        .rem_euclid(1_440);
    format!("{} {:02}:{:02}", Day::of_instant(ms), minute / 60, minute % 60)
}

/// The day of a claim, and how exactly it is known: 「上午」, 「14:05」, nothing where only the day is claimed.
#[must_use]
pub fn claim(when: When, lang: Lang) -> (String, String) {
    let precision = match (when, lang) {
        (When::Day(_), _) => String::new(),
        (When::HalfDay { afternoon: false, .. }, Lang::Zh) => "上午".to_owned(),
        (When::HalfDay { afternoon: true, .. }, Lang::Zh) => "下午".to_owned(),
        (When::HalfDay { afternoon: false, .. }, Lang::En) => "morning".to_owned(),
        (When::HalfDay { afternoon: true, .. }, Lang::En) => "afternoon".to_owned(),
        (When::Minute(_) | When::Instant(_), _) => {
            let minute = when.start_ms().saturating_add(TOWNSHIP_UTC_OFFSET_MS);
            let minute = minute.div_euclid(60_000).rem_euclid(1_440);
            format!("{:02}:{:02}", minute / 60, minute % 60)
        }
    };
    (when.day().to_string(), precision)
}

/// The beginning of a long digest: enough to tell two apart on paper.
#[must_use]
pub fn short(digest: &str) -> String {
    const SHOWN: usize = 12;
    match digest.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &digest[..end]),
        None => digest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_floored_and_nothing_is_no_zero() {
        assert_eq!(ratio(39_999, 40_000, Lang::Zh), "39,999／40,000 99.9%");
        assert_eq!(ratio(40_000, 40_000, Lang::Zh), "40,000／40,000 100.0%");
        assert_eq!(
            (ratio(0, 0, Lang::Zh), ratio(0, 0, Lang::En)),
            ("无".to_owned(), "none".to_owned())
        );
        assert_eq!(
            ratio(u64::MAX - 1, u64::MAX, Lang::En).split(' ').next_back(),
            Some("99.9%")
        );
        assert_eq!([number(999), number(1_234_567)], ["999", "1,234,567"]);
        assert_eq!(
            [difference(7, 9), difference(9, 7), difference(7, 7)],
            ["+2", "−2", "—"]
        );
    }

    #[test]
    fn times_are_those_of_the_office_and_no_minute_is_made_up() {
        assert_eq!(instant(0), "1970-01-01 08:00");
        assert_eq!(instant(-1), "1970-01-01 07:59");
        let read = |text: &str, lang| claim(text.parse().expect("a claim"), lang);
        let pair = |day: &str, rest: &str| (day.to_owned(), rest.to_owned());
        assert_eq!(read("2026-08-19", Lang::Zh), pair("2026-08-19", ""));
        assert_eq!(read("2026-08-19 pm", Lang::Zh), pair("2026-08-19", "下午"));
        assert_eq!(read("2026-08-19 am", Lang::En), pair("2026-08-19", "morning"));
        assert_eq!(read("2026-08-19 14:05", Lang::En), pair("2026-08-19", "14:05"));
        assert_eq!(read("2026-08-18T23:05:09Z", Lang::Zh), pair("2026-08-19", "07:05"));
    }

    #[test]
    fn nothing_from_outside_commands_a_terminal_or_turns_a_line() {
        assert_eq!(visible("乔满仓\n三组"), "乔满仓\n三组");
        assert_eq!(visible("\u{1b}[2Jx\u{202e}y\u{7}"), "\u{fffd}[2Jx\u{fffd}y\u{fffd}");
        assert_eq!(
            (short("0123456789abcdef"), short("7f3a")),
            ("0123456789ab…".to_owned(), "7f3a".to_owned())
        );
    }
}
