//! Counts by village and for the township, of which no small one is shown.

use std::io::Write;

use event::UnitCode;
use ledger::{Period, Query, Ratio};
use serde_json::{Map, Value, json};

use super::Form;
use super::suppress::{Counts, HIDDEN};
use super::table::Table;
use crate::AuditError;
use crate::opened::Known;

/// Which figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FiguresOf {
    /// Requests in a period.
    Requests,
    /// Coverage by visits.
    Coverage,
}

/// A column that is shown, or worked out of two that are.
enum Column {
    Count(&'static str, usize),
    /// Per cent, floored: shown where all counts that it is made of are.
    Percent(&'static str, &'static [usize], usize),
}

/// The counts behind a row; those behind the last shown one are never written, only guarded.
fn counts(of: FiguresOf, unit: UnitCode, known: &Known, period: Period, query: Query) -> Vec<u64> {
    match of {
        FiguresOf::Coverage => {
            let row = known.ledger.coverage(unit, period, query);
            vec![
                row.met_at_home,
                row.contacted,
                row.knocked_only,
                row.unvisited,
                row.households,
                row.visits_off_books,
            ]
        }
        FiguresOf::Requests => {
            let row = known.ledger.request_figures(unit, period, query);
            let mut counts = vec![row.raised, row.closed, row.open, row.overdue];
            for ratio in [row.on_time, row.first_round, row.reassigned, row.satisfied, row.solved] {
                counts.extend([ratio.numerator, ratio.denominator - ratio.numerator, ratio.denominator]);
            }
            counts
        }
    }
}

fn columns(of: FiguresOf) -> (Vec<Column>, Vec<Vec<usize>>) {
    use Column::{Count, Percent};
    match of {
        FiguresOf::Coverage => (
            vec![
                Count("households", 4),
                Count("met_at_home", 0),
                Count("contacted", 1),
                Count("knocked_only", 2),
                Count("unvisited", 3),
                Count("visits_off_books", 5),
                Percent("coverage_percent", &[0], 4),
                Percent("contact_percent", &[0, 1], 4),
            ],
            vec![vec![0, 1, 2, 3, 4]],
        ),
        FiguresOf::Requests => (
            vec![
                Count("raised", 0),
                Count("closed", 1),
                Count("open", 2),
                Count("overdue", 3),
                Count("on_time", 4),
                Count("on_time_of", 6),
                Percent("on_time_percent", &[4], 6),
                Count("first_round", 7),
                Count("first_round_of", 9),
                Percent("first_round_percent", &[7], 9),
                Count("reassigned", 10),
                Count("reassigned_of", 12),
                Percent("reassigned_percent", &[10], 12),
                Count("satisfied", 13),
                Count("satisfied_of", 15),
                Percent("satisfied_percent", &[13], 15),
                Count("solved", 16),
                Count("solved_of", 18),
                Percent("solved_percent", &[16], 18),
            ],
            (4..19).step_by(3).map(|at| vec![at, at + 1, at + 2]).collect(),
        ),
    }
}

/// Writes a row for each village and one for the township. Returns how many.
///
/// # Errors
/// [`AuditError::Write`].
pub fn export_figures(
    of: FiguresOf,
    known: &Known,
    period: Period,
    query: Query,
    form: Form,
    out: &mut dyn Write,
) -> Result<u64, AuditError> {
    let units: Vec<UnitCode> = known.ledger.units().collect();
    let mut rows: Vec<Vec<u64>> = units
        .iter()
        .map(|unit| counts(of, *unit, known, period, query))
        .collect();
    let width = rows.first().map_or(0, Vec::len);
    let total: Vec<u64> = (0..width)
        .map(|column| rows.iter().map(|row| row[column]).sum())
        .collect();
    rows.push(total);
    let (columns, groups) = columns(of);
    let counts = Counts { rows, groups };
    let hidden = if width == 0 { Vec::new() } else { counts.hidden() };
    let cut = known.cut();
    let names = columns.iter().map(|column| match column {
        Column::Count(name, _) | Column::Percent(name, ..) => *name,
    });
    let head: Vec<&str> = ["unit", "name", "from", "to"]
        .into_iter()
        .chain(names)
        .chain(["position", "rules"])
        .collect();
    let mut lines = Vec::new();
    for (at, flags) in hidden.iter().enumerate() {
        // The last row is the township's.
        let (unit, name) = match units.get(at) {
            Some(unit) => (Some(*unit), known.book.name_of(*unit)),
            None => (known.book.township, &*known.book.name),
        };
        let mut line = Map::new();
        line.insert("unit".to_owned(), json!(unit));
        line.insert("name".to_owned(), json!(name));
        line.insert("from".to_owned(), json!(period.from));
        line.insert("to".to_owned(), json!(period.to));
        for column in &columns {
            let row = &counts.rows[at];
            let (name, value) = match column {
                Column::Count(name, of) if flags[*of] => (*name, json!(HIDDEN)),
                Column::Count(name, of) => (*name, json!(row[*of])),
                Column::Percent(name, parts, whole) if flags[*whole] || parts.iter().any(|part| flags[*part]) => {
                    (*name, json!(HIDDEN))
                }
                Column::Percent(name, parts, whole) => {
                    let ratio = Ratio::new(parts.iter().map(|part| row[*part]).sum(), row[*whole]);
                    (*name, json!(ratio.to_string().trim_end_matches('%')))
                }
            };
            line.insert(name.to_owned(), value);
        }
        line.insert("position".to_owned(), json!(cut.position));
        line.insert("rules".to_owned(), json!(cut.rule_version));
        lines.push(line);
    }
    write(&head, &lines, form, out).map_err(AuditError::Write)?;
    Ok(lines.len() as u64)
}

fn write(head: &[&str], lines: &[Map<String, Value>], form: Form, out: &mut dyn Write) -> std::io::Result<()> {
    match form {
        Form::Ndjson => {
            for line in lines {
                writeln!(out, "{}", json!(line))?;
            }
        }
        Form::Csv => {
            let mut table = Table::begin(&mut *out, head)?;
            for line in lines {
                table.row(head.iter().map(|column| match &line[*column] {
                    Value::String(text) => text.clone(),
                    Value::Null => String::new(),
                    other => other.to_string(),
                }))?;
            }
            table.end()?;
        }
    }
    out.flush()
}
