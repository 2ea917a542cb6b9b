//! The table: what was measured, beside its yardstick and what it must at least be.

use std::fmt::Write as _;
use std::time::Duration;

/// What a ratio must be.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

/// One line: the figure, its yardstick and what is asked of their ratio or of the figure itself.
pub(crate) struct Line {
    pub(crate) row: u32,
    pub(crate) what: String,
    pub(crate) measured: String,
    pub(crate) yardstick: String,
    /// What is compared with the target, in `unit`.
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// `None` for a figure that is only to be printed.
    pub(crate) target: Option<Target>,
}

impl Line {
    fn missed(&self) -> bool {
        match self.target {
            Some(Target::AtLeast(least)) => self.value < least,
            Some(Target::AtMost(most)) => self.value > most,
            None => false,
        }
    }

    fn cells(&self) -> [String; 6] {
        let target = match self.target {
            Some(Target::AtLeast(least)) => format!("≥ {least} {}", self.unit),
            Some(Target::AtMost(most)) => format!("≤ {most} {}", self.unit),
            None => String::new(),
        };
        let verdict = match self.target {
            None => "",
            Some(_) if self.missed() => "MISSED",
            Some(_) => "ok",
        };
        [
            format!("{} {}", self.row, self.what),
            self.measured.clone(),
            self.yardstick.clone(),
            format!("{:.2} {}", self.value, self.unit).trim_end().to_owned(),
            target.trim_end().to_owned(),
            verdict.to_owned(),
        ]
    }
}

/// The table as text.
pub(crate) fn table(lines: &[Line]) -> String {
    let head = ["what", "measured", "yardstick", "is", "target", ""].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(lines.iter().map(Line::cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            let pad = width - cell.chars().count();
            // Writing into a string cannot fail.
            let _ = write!(text, "| {cell}{} ", " ".repeat(pad));
        }
        text.push_str("|\n");
        if number == 0 {
            for width in &widths {
                let _ = write!(text, "|{}", "-".repeat(width + 2));
            }
            text.push_str("|\n");
        }
    }
    let missed = lines.iter().filter(|line| line.missed()).count();
    let asked = lines.iter().filter(|line| line.target.is_some()).count();
    let _ = writeln!(text, "{} of {asked} targets met", asked - missed);
    text
}

/// The middle of what was measured; 0 of nothing.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    match (values.len(), values.get(values.len() / 2)) {
        (0, _) | (_, None) => 0.0,
        (n, Some(upper)) if n % 2 == 1 => *upper,
        (n, Some(upper)) => f64::midpoint(values[n / 2 - 1], *upper),
    }
}

/// Events for each second.
pub(crate) fn per_second(events: usize, took: Duration) -> f64 {
    whole(events) / took.as_secs_f64().max(1e-9)
}

/// A count as a number to calculate with; counts of a bench are far below 2^52.
pub(crate) fn whole(count: usize) -> f64 {
    u32::try_from(count).map_or_else(|_| f64::from(u32::MAX), f64::from)
}

/// `12,345 events/s`.
pub(crate) fn speed(per_second: f64) -> String {
    format!("{} events/s", thousands(per_second))
}

/// A number without decimals, grouped.
pub(crate) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Microseconds.
pub(crate) fn micros(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_thousands() {
        assert!((median(&mut [3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(&mut [4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
        assert_eq!(
            [0.0, 999.0, 1_000.0, 1_234_567.0].map(thousands),
            ["0", "999", "1,000", "1,234,567"]
        );
    }

    #[test]
    fn a_missed_target_is_said() {
        let line = |value, target| Line {
            row: 1,
            what: "x".to_owned(),
            measured: String::new(),
            yardstick: String::new(),
            value,
            unit: "×",
            target,
        };
        let lines = [
            line(1.4, Some(Target::AtMost(1.3))),
            line(0.6, Some(Target::AtLeast(0.6))),
            line(9.0, None),
        ];
        let text = table(&lines);
        assert_eq!(text.matches("MISSED").count(), 1);
        assert!(text.ends_with("1 of 2 targets met\n"), "{text}");
    }
}
