//! Columns of ledgers, and what stands in their cells.

use ledger::Ratio;
use screen::block::Cell;
use screen::{Words, text};
use serde_json::Value;

/// The columns of a ledger that are shown, the first ones text. `--json` has all of them.
pub(super) const fn columns(view: &str) -> (&'static [&'static str], usize) {
    match view.as_bytes() {
        b"requests" => (
            &[
                "request",
                "household",
                "kind",
                "state",
                "registered_on",
                "accepted_on",
                "due",
                "closed_on",
                "round",
                "overdue_days",
                "open_days",
            ],
            8,
        ),
        b"households" => (
            &[
                "household",
                "status",
                "last_visit",
                "last_met_on",
                "last_satisfaction",
                "group",
                "size",
                "visits",
                "open_requests",
                "oldest_open_days",
            ],
            5,
        ),
        b"diary" => (&["cadre", "day", "recorded_on", "visits", "requests", "lag_days"], 3),
        b"coverage" => (
            &[
                "unit",
                "households",
                "met_at_home",
                "contacted",
                "knocked_only",
                "unvisited",
                "visits_off_books",
                "coverage",
                "contact",
            ],
            1,
        ),
        _ => (
            &[
                "origin",
                "last_received_at_ms",
                "entries",
                "counted",
                "conflicts",
                "not_understood",
                "held",
                "no_effect",
                "missing",
            ],
            2,
        ),
    }
}

/// The cells of a row.
pub(super) fn row(view: &str, row: &Value, words: Words) -> Vec<Cell> {
    let (columns, _) = columns(view);
    columns
        .iter()
        .map(|column| cell(column, &row[*column], words))
        .collect()
}

/// One cell.
pub(super) fn cell(column: &str, value: &Value, words: Words) -> Cell {
    match value {
        Value::Null => Cell::Empty,
        Value::Number(_) if is_instant(column) => Cell::text(plain(column, value, words)),
        Value::Number(number) => match number.as_u64() {
            Some(count) => Cell::Number(count),
            None => Cell::Text(number.to_string()),
        },
        Value::Array(items) if column == "visits" || column == "requests" => Cell::Number(items.len() as u64),
        Value::Object(pair) if pair.contains_key("numerator") => {
            let part = |name: &str| pair[name].as_u64().unwrap_or(0);
            Cell::Ratio(part("numerator"), part("denominator"))
        }
        Value::String(id) if is_id(id) => Cell::Code(id.clone()),
        other => Cell::text(plain(column, other, words)),
    }
}

fn is_instant(column: &str) -> bool {
    column.ends_with("_ms") && !matches!(column, "offset_ms" | "skew_median_ms")
}

/// Identifiers and digests have no word.
fn is_id(text: &str) -> bool {
    text.len() >= 26 && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// A value as people read it.
pub(super) fn plain(column: &str, value: &Value, words: Words) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => words.value(if *yes { "true" } else { "false" }),
        Value::Number(number) if is_instant(column) => number.as_i64().map_or_else(String::new, text::instant),
        Value::Number(number) => number.as_u64().map_or_else(|| number.to_string(), text::number),
        Value::String(code) => match code.parse::<event::When>() {
            Ok(when) => {
                let (day, precision) = text::claim(when, words.lang());
                format!("{day} {precision}").trim().to_owned()
            }
            Err(_) => words.value(code),
        },
        Value::Array(items) => {
            let items = items.iter().map(|item| plain(column, item, words));
            items.collect::<Vec<_>>().join(" ")
        }
        Value::Object(fields) if fields.contains_key("numerator") => {
            let part = |name: &str| fields[name].as_u64().unwrap_or(0);
            let ratio = Ratio::new(part("numerator"), part("denominator"));
            text::ratio(ratio.numerator, ratio.denominator, words.lang())
        }
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(name, _)| *name != "event");
            let pairs = fields.map(|(name, value)| plain(name, value, words));
            pairs.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cell_says_what_it_means_and_nothing_is_no_zero() {
        let words = Words::new(screen::Lang::Zh);
        let said = |column, value| cell(column, &value, words).plain(words);
        assert_eq!(said("state", json!("closed")), "办结");
        assert_eq!(said("due", json!("2026-08-31 pm")), "2026-08-31 下午");
        assert_eq!(said("closed_ms", json!(0)), "1970-01-01 08:00");
        assert_eq!(said("visits", json!(["a", "b"])), "2");
        assert_eq!(said("coverage", json!({ "numerator": 0, "denominator": 0 })), "无");
        assert_eq!(said("lag_days", json!(-3)), "-3");
        assert_eq!(said("size", Value::Null), "—");
        assert_eq!(
            said(
                "last_visit",
                json!({ "day": "2026-08-19", "mode": "home", "outcome": "met", "event": "01J" })
            ),
            "2026-08-19 · 上门 · 见到"
        );
        for view in ["requests", "households", "diary", "coverage", "sync"] {
            let (columns, left) = columns(view);
            assert!(left < columns.len());
            for column in columns {
                assert_ne!(words.column(column), *column, "{column} has no word");
            }
        }
    }
}
