//! What the program shows: results on standard output, progress and complaints on standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::Value;

use crate::words::Words;

/// As ledgers are set: a heavy rule above, a hairline under the head.
const RULED: TableStyle = TableStyle::new()
    .top_border(LineStyle::none().fill('━').junction('━'))
    .header_separator(LineStyle::none().fill('─').junction('─'));

/// Where and how results are shown.
#[derive(Clone, Debug)]
pub(crate) struct Out {
    /// The words of the language that was chosen.
    pub(crate) words: Words,
    /// Results as JSON, for scripts.
    pub(crate) json: bool,
    shows_progress: bool,
}

impl Out {
    pub(crate) fn new(words: Words, json: bool) -> Self {
        Self {
            words,
            json,
            shows_progress: io::stderr().is_terminal(),
        }
    }

    /// One line on standard output.
    pub(crate) fn line(&self, text: impl AsRef<str>) -> anyhow::Result<()> {
        self.raw(format!("{}\n", text.as_ref()).as_bytes())
    }

    /// Bytes as they are, on standard output.
    #[expect(
        clippy::unused_self,
        reason = "whoever writes to standard output has been given the right to"
    )]
    pub(crate) fn raw(&self, bytes: &[u8]) -> anyhow::Result<()> {
        match io::stdout().write_all(bytes) {
            // Whoever read has seen enough: `minqing village log | head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
            written => Ok(written?),
        }
    }

    /// One object on standard output.
    pub(crate) fn object(&self, object: &impl Serialize) -> anyhow::Result<()> {
        self.line(serde_json::to_string_pretty(object)?)
    }

    /// A sentence on standard error, for whoever sits there.
    pub(crate) fn tell(text: impl AsRef<str>) {
        // If nobody can be told, nobody is.
        let _ = writeln!(io::stderr(), "{}", text.as_ref());
    }

    /// A bar for long work, on standard error; elsewhere than at a terminal one line says what begins.
    pub(crate) fn bar(&self, what: &str, of: u64) -> ProgressBar {
        if !self.shows_progress {
            Self::tell(what);
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(of);
        let style = ProgressStyle::with_template("{msg:<24} {wide_bar} {human_pos}/{human_len} {elapsed:>5}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    /// A table on standard output: the first `left` columns are text, the others numbers.
    pub(crate) fn table(&self, head: &[&str], left: usize, rows: &[Vec<String>]) -> anyhow::Result<()> {
        let mut table = Table::new();
        table.load_style(RULED);
        table.set_content_arrangement(ContentArrangement::Disabled);
        let row = |cells: &mut dyn Iterator<Item = &str>| {
            let aligned = cells.enumerate().map(|(at, text)| {
                let side = if at < left {
                    CellAlignment::Left
                } else {
                    CellAlignment::Right
                };
                Cell::new(text).set_alignment(side)
            });
            aligned.collect::<Vec<_>>()
        };
        table.set_header(row(&mut head.iter().copied()));
        for cells in rows {
            table.add_row(row(&mut cells.iter().map(String::as_str)));
        }
        self.line(table.to_string())
    }
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// An instant in UTC+8, to the minute; a dash where there is none.
pub(crate) fn instant(ms: Option<u64>) -> String {
    const OFFSET_MS: i64 = 8 * 3_600_000;
    let Some(ms) = ms.and_then(|ms| i64::try_from(ms).ok()) else {
        return "—".to_owned();
    };
    let at = jiff::Timestamp::from_millisecond(ms.saturating_add(OFFSET_MS));
    at.map_or_else(
        |_| "—".to_owned(),
        |at| at.to_string().get(..16).unwrap_or("—").replace('T', " "),
    )
}

/// A number of a JSON document with thousands apart; a dash where it does not apply.
pub(crate) fn number(value: &Value) -> String {
    let Some(number) = value.as_u64() else {
        return "—".to_owned();
    };
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A ratio as a pair and a floored per cent; 「无」 for 0/0.
pub(crate) fn ratio(value: &Value) -> String {
    let part = |key: &str| value[key].as_u64().unwrap_or(0);
    let ratio = ledger::Ratio::new(part("numerator"), part("denominator"));
    match ratio.per_mille() {
        None => ledger::NONE_WORD.to_owned(),
        Some(tenths) => format!(
            "{}／{} {}.{}%",
            ratio.numerator,
            ratio.denominator,
            tenths / 10,
            tenths % 10
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_are_floored_and_nothing_is_no_zero() {
        assert_eq!(
            ratio(&json!({ "numerator": 39_999, "denominator": 40_000 })),
            "39999／40000 99.9%"
        );
        assert_eq!(ratio(&json!({ "numerator": 0, "denominator": 0 })), "无");
        assert_eq!(number(&json!(1_234_567)), "1,234,567");
        assert_eq!(number(&json!(999)), "999");
        assert_eq!(number(&Value::Null), "—");
    }

    #[test]
    fn times_are_those_of_the_office() {
        assert_eq!(instant(Some(0)), "1970-01-01 08:00");
        assert_eq!(instant(Some(1_790_000_000_000)), "2026-09-21 22:13");
        assert_eq!(instant(None), "—");
    }
}
