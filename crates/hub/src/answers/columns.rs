//! Columns of the ledgers that have rows, and what stands in their cells.

use screen::block::Cell;
use screen::township::ledgers::Ledger;
use screen::{Words, text};
use serde_json::Value;

/// The columns of a ledger's rows, the first ones text. Names, telephone numbers and texts are in none.
pub(crate) const fn columns_of(ledger: Ledger) -> (&'static [&'static str], usize) {
    match ledger {
        Ledger::Requests => (
            &[
                "request",
                "state",
                "kind",
                "household",
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
        Ledger::Households => (
            &[
                "household",
                "status",
                "last_visit",
                "last_met_on",
                "last_satisfaction",
                "group",
                "visits",
                "open_requests",
                "oldest_open_days",
            ],
            5,
        ),
        Ledger::Diary => (&["cadre", "day", "recorded_on", "visits", "requests", "lag_days"], 3),
        Ledger::Coverage => (
            &[
                "households",
                "met_at_home",
                "contacted",
                "knocked_only",
                "unvisited",
                "visits_off_books",
            ],
            0,
        ),
    }
}

/// Letters of an identifier that are shown: its end, where two of one day differ.
const ID_SHOWN: usize = 6;

/// The end of an identifier, for people who compare two.
pub(crate) fn short_id(id: &str) -> String {
    let from = id.char_indices().rev().nth(ID_SHOWN - 1).map_or(0, |(at, _)| at);
    if from == 0 {
        id.to_owned()
    } else {
        format!("…{}", &id[from..])
    }
}

/// One cell of a page.
pub(crate) fn cell(column: &str, value: &Value, w: Words) -> Cell {
    match value {
        Value::Null => Cell::Empty,
        Value::Number(number) => number
            .as_u64()
            .map_or_else(|| Cell::Text(number.to_string()), Cell::Number),
        Value::Array(items) => Cell::Number(items.len() as u64),
        Value::String(id) if is_id(id) => Cell::Code(short_id(id)),
        other => Cell::text(plain(column, other, w)),
    }
}

/// Identifiers and digests have no word.
fn is_id(text: &str) -> bool {
    text.len() >= 26 && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// A value as people read it. Of what it is made of, an event's identity is left out.
pub(crate) fn plain(column: &str, value: &Value, w: Words) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => w.value(if *yes { "true" } else { "false" }),
        Value::Number(number) if column.ends_with("_ms") => number.as_i64().map_or_else(String::new, text::instant),
        Value::Number(number) => number.to_string(),
        Value::String(code) => match code.parse::<event::When>() {
            Ok(when) => {
                let (day, precision) = text::claim(when, w.lang());
                format!("{day} {precision}").trim().to_owned()
            }
            Err(_) => w.value(code),
        },
        Value::Array(items) => items.len().to_string(),
        Value::Object(fields) if fields.contains_key("numerator") => {
            let part = |name: &str| fields[name].as_u64().unwrap_or(0);
            text::ratio(part("numerator"), part("denominator"), w.lang())
        }
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(name, _)| *name != "event");
            let said = fields.map(|(name, value)| plain(name, value, w));
            said.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cell_says_what_it_means_and_nothing_is_no_zero() {
        let w = Words::new(screen::Lang::Zh);
        assert_eq!(cell("overdue_days", &Value::Null, w), Cell::Empty);
        assert_eq!(cell("overdue_days", &json!(0), w), Cell::Number(0));
        assert_eq!(cell("visits", &json!(["a", "b"]), w), Cell::Number(2));
        let visit =
            json!({ "day": "2026-08-31", "mode": "home", "outcome": "met", "event": "01KKSMRX40000FTRA8M87GDVFJ" });
        assert_eq!(plain("last_visit", &visit, w), "2026-08-31 · 上门 · 见到");
        assert_eq!(
            cell("request", &json!("01KKSMRX40000FTRA8M87GDVFJ"), w),
            Cell::Code("…7GDVFJ".to_owned())
        );
        assert_eq!(plain("lag_days", &json!(-3), w), "-3");
        assert_eq!(short_id("乔"), "乔");
    }
}
