//! A village's ledgers as tables. What the township has confirmed stands with its cut; what waits stands below, outside
//! the figures.

use serde_json::{Value, json};

use crate::out::{Out, instant, number, ratio};

/// Shows the answer of `GET /ledger/{view}`.
pub(crate) fn show(view: &str, answer: &Value, out: &Out) -> anyhow::Result<()> {
    let w = &out.words;
    let confirmed = &answer["confirmed"];
    out.line(format!(
        "{} · {}",
        w.confirmed_title(),
        answer["as_of"].as_str().unwrap_or_default()
    ))?;
    let rows: Vec<&Value> = confirmed["rows"].as_array().into_iter().flatten().collect();
    match view {
        "requests" => {
            out.table(
                &w.request_rows_head(),
                5,
                &rows.iter().map(|row| request(row, out)).collect::<Vec<_>>(),
            )?;
            let figures = &confirmed["figures"];
            let mut cells = vec![figures["unit"].as_str().unwrap_or_default().to_owned()];
            cells.extend(["raised", "closed", "open", "overdue"].map(|column| number(&figures[column])));
            cells.extend(["on_time", "first_round", "satisfied", "solved"].map(|column| ratio(&figures[column])));
            out.table(&w.requests_head(), 1, &[cells])?;
        }
        "households" => {
            out.table(
                &w.household_rows_head(),
                1,
                &rows.iter().map(|row| household(row)).collect::<Vec<_>>(),
            )?;
        }
        "diary" => out.table(
            &w.diary_rows_head(),
            2,
            &rows.iter().map(|row| diary(row)).collect::<Vec<_>>(),
        )?,
        "coverage" => {
            let row = &confirmed["row"];
            let columns = ["households", "met_at_home", "contacted", "knocked_only", "unvisited"];
            let mut cells = vec![text(&row["unit"])];
            cells.extend(columns.map(|column| number(&row[column])));
            cells.push(ratio(
                &json!({ "numerator": row["met_at_home"], "denominator": row["households"] }),
            ));
            out.table(&w.coverage_head(), 1, &[cells])?;
        }
        _ => {
            out.table(
                &w.sync_rows_head(),
                2,
                &rows.iter().map(|row| sync(row)).collect::<Vec<_>>(),
            )?;
            exceptions(confirmed["exceptions"].as_array().into_iter().flatten(), out)?;
        }
    }
    let position = number(&answer["cut"]["position"]);
    out.line(w.cut(&position, ledger::RULE_VERSION))?;
    match answer["pending"]["entries"].as_u64() {
        Some(waiting) if waiting > 0 => out.line(w.waiting_here(waiting)),
        _ => Ok(()),
    }
}

/// Entries that were received and do not count, with the reason.
pub(crate) fn exceptions<'a>(all: impl Iterator<Item = &'a Value>, out: &Out) -> anyhow::Result<()> {
    for one in all {
        let effect = out.words.effect(one["effect"].as_str().unwrap_or_default());
        let reason = [&one["reason"], &one["state"]].map(text).join(" ");
        out.line(format!(
            "  ≠ {effect} {} · {}:{} · {}",
            reason.trim(),
            text(&one["origin"]),
            one["sequence"],
            text(&one["event"])
        ))?;
    }
    Ok(())
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn or_dash(value: &Value) -> String {
    match text(value) {
        text if text.is_empty() => "—".to_owned(),
        text => text,
    }
}

fn request(row: &Value, out: &Out) -> Vec<String> {
    let columns = ["request", "household", "state", "registered_on", "due"];
    let mut cells: Vec<String> = columns.map(|column| or_dash(&row[column])).into();
    cells[2] = out.words.state(&cells[2]);
    cells.extend([number(&row["round"]), number(&row["overdue_days"])]);
    cells
}

fn household(row: &Value) -> Vec<String> {
    let visit = row["last_visit"].get("day");
    vec![
        or_dash(&row["household"]),
        number(&row["group"]),
        number(&row["size"]),
        number(&row["visits"]),
        visit.map_or_else(|| or_dash(&row["last_met_on"]), or_dash),
        number(&row["open_requests"]),
    ]
}

fn diary(row: &Value) -> Vec<String> {
    let visits = row["visits"].as_array().map_or(0, Vec::len);
    vec![
        or_dash(&row["cadre"]),
        or_dash(&row["day"]),
        visits.to_string(),
        or_dash(&row["recorded_on"]),
        or_dash(&row["lag_days"]),
    ]
}

fn sync(row: &Value) -> Vec<String> {
    let columns = ["entries", "counted", "conflicts", "not_understood", "held", "no_effect"];
    let mut cells = vec![or_dash(&row["origin"]), instant(row["last_received_at_ms"].as_u64())];
    cells.extend(columns.map(|column| number(&row[column])));
    cells
}
