//! Charts over ledgers, and what they add up to.

use std::collections::BTreeMap;

use audit::Known;
use ledger::Ratio;
use screen::block::{Cell, Table};
use screen::chart::{Bar, Bars, Chart, Line, Lines, Share, Shares};
use screen::{Block, Figure, Words};
use serde_json::Value;

use super::cells;
use super::ledgers::{LedgerView, Part};

/// Charts over the rows of one unit.
pub(super) fn charts(part: &Part, view: LedgerView, words: Words) -> Vec<Chart> {
    match view {
        LedgerView::Requests => months(&part.rows, words).into_iter().collect(),
        LedgerView::Diary => late(&part.rows, words).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Requests raised and closed, month by month. A month without either is a zero: the ledger knows of all.
fn months(rows: &[Value], words: Words) -> Option<Chart> {
    let month = |row: &Value, column: &str| row[column].as_str().and_then(|day| day.get(..7)).map(str::to_owned);
    let mut counts: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    for row in rows {
        for (at, column) in ["registered_on", "closed_on"].into_iter().enumerate() {
            if let Some(month) = month(row, column) {
                counts.entry(month).or_default()[at] += 1;
            }
        }
    }
    let (first, last) = (counts.keys().next()?.clone(), counts.keys().next_back()?.clone());
    let points: Vec<String> = std::iter::successors(Some(first), |month| next_month(month))
        .take_while(|month| *month <= last)
        .take(MONTHS_MAX)
        .collect();
    let line = |at: usize, name: &str| Line {
        name: words.column(name),
        values: points
            .iter()
            .map(|month| Some(counts.get(month).map_or(0, |counts| counts[at])))
            .collect(),
    };
    Some(Chart::Lines(Lines {
        title: words.months().to_owned(),
        lines: vec![line(0, "raised"), line(1, "closed")],
        points,
    }))
}

/// Most months of one chart: fifty years.
const MONTHS_MAX: usize = 600;

fn next_month(month: &str) -> Option<String> {
    let (year, number) = month.split_once('-')?;
    let (year, number): (u32, u32) = (year.parse().ok()?, number.parse().ok()?);
    let (year, number) = if number == 12 {
        (year + 1, 1)
    } else {
        (year, number + 1)
    };
    Some(format!("{year:04}-{number:02}"))
}

/// How long after their day entries of the diary were recorded. It counts entries, never people.
fn late(rows: &[Value], words: Words) -> Option<Chart> {
    const STEPS: [(&str, i64); 4] = [("0", 0), ("1–3", 3), ("4–7", 7), ("8+", i64::MAX)];
    let mut counts = [0; STEPS.len()];
    for days in rows.iter().filter_map(|row| row["lag_days"].as_i64()) {
        if let Some(at) = STEPS.iter().position(|(_, most)| days <= *most) {
            counts[at] += 1;
        }
    }
    if counts.iter().all(|count| *count == 0) {
        return None;
    }
    let bars = STEPS.iter().zip(counts).map(|((label, _), value)| Bar {
        label: (*label).to_owned(),
        value,
        of: None,
    });
    Some(Chart::Bars(Bars {
        title: words.days_late().to_owned(),
        unit: words.rows().to_owned(),
        rows: bars.collect(),
    }))
}

const COVERAGE_PARTS: [&str; 4] = ["met_at_home", "contacted", "knocked_only", "unvisited"];

/// A table over all units, with a chart.
pub(super) fn summary(view: LedgerView, parts: &[Part], known: &Known, words: Words) -> Vec<Block> {
    let label = |part: &Part| {
        format!("{} {}", known.book.name_of(part.unit), part.unit)
            .trim()
            .to_owned()
    };
    match view {
        LedgerView::Coverage => {
            let columns = cells::columns("coverage").0;
            let rows = parts.iter().map(|part| (label(part), &part.rows[0]));
            let shares = Shares {
                title: words.coverage_parts().to_owned(),
                parts: COVERAGE_PARTS.map(|part| words.column(part)).to_vec(),
                rows: rows
                    .clone()
                    .map(|(label, row)| Share {
                        label,
                        parts: COVERAGE_PARTS.map(|part| row[part].as_u64().unwrap_or(0)).to_vec(),
                    })
                    .collect(),
            };
            vec![
                Block::Chart(Chart::Shares(shares)),
                Block::Table(totalled(&columns[1..], rows, words)),
            ]
        }
        LedgerView::Requests => {
            let columns = [
                "raised",
                "closed",
                "open",
                "overdue",
                "on_time",
                "first_round",
                "reassigned",
                "satisfied",
                "solved",
            ];
            let rows = parts.iter().map(|part| (label(part), &part.figures));
            let bars = Bars {
                title: words.open_and_overdue().to_owned(),
                unit: words.request().to_owned(),
                rows: rows
                    .clone()
                    .map(|(label, row)| Bar {
                        label,
                        value: row["overdue"].as_u64().unwrap_or(0),
                        of: row["open"].as_u64(),
                    })
                    .collect(),
            };
            vec![
                Block::Chart(Chart::Bars(bars)),
                Block::Table(totalled(&columns, rows, words)),
            ]
        }
        LedgerView::Households | LedgerView::Diary | LedgerView::Sync if parts.len() == 1 => Vec::new(),
        LedgerView::Households | LedgerView::Diary | LedgerView::Sync => {
            let mut table = Table::new([words.unit(), words.rows()].map(str::to_owned), 1);
            let row = |part: &Part| vec![Cell::text(label(part)), Cell::Number(part.rows.len() as u64)];
            table.rows = parts.iter().map(row).collect();
            vec![Block::Table(table)]
        }
    }
}

/// Rows with their sum: counts are added, of ratios numerators and denominators.
fn totalled<'a>(columns: &[&str], rows: impl Iterator<Item = (String, &'a Value)>, words: Words) -> Table {
    let mut table = Table::new(
        std::iter::once(words.unit().to_owned()).chain(columns.iter().map(|name| words.column(name))),
        1,
    );
    let mut sums: Vec<Option<Cell>> = vec![None; columns.len()];
    for (label, row) in rows {
        let mut shown = vec![Cell::text(label)];
        for (sum, column) in sums.iter_mut().zip(columns) {
            let cell = cells::cell(column, &row[*column], words);
            *sum = Some(match (sum.take(), &cell) {
                (Some(Cell::Number(sum)), Cell::Number(count)) => Cell::Number(sum.saturating_add(*count)),
                (Some(Cell::Ratio(n, d)), Cell::Ratio(more_n, more_d)) => {
                    let ratio = Ratio::new(n, d) + Ratio::new(*more_n, *more_d);
                    Cell::Ratio(ratio.numerator, ratio.denominator)
                }
                (None, cell) => cell.clone(),
                (Some(sum), _) => sum,
            });
            shown.push(cell);
        }
        table.rows.push(shown);
    }
    if table.rows.len() > 1 {
        let total = sums.into_iter().map(|sum| sum.unwrap_or(Cell::Empty));
        table.foot = Some(std::iter::once(Cell::text(words.total())).chain(total).collect());
    }
    table
}

pub(super) fn figures(view: LedgerView, parts: &[Part], words: Words) -> Vec<Figure> {
    let sum = |column: &str| {
        let of = |part: &Part| match view {
            LedgerView::Requests => part.figures[column].as_u64(),
            _ => part.rows.first().and_then(|row| row[column].as_u64()),
        };
        parts.iter().filter_map(of).fold(0_u64, u64::saturating_add)
    };
    match view {
        LedgerView::Requests => ["raised", "closed", "open", "overdue"]
            .map(|column| Figure::count(sum(column), words.column(column)))
            .to_vec(),
        LedgerView::Coverage => {
            let (met, households) = (sum("met_at_home"), sum("households"));
            let ratio = screen::text::ratio(met, households, words.lang());
            vec![
                Figure {
                    value: ratio,
                    of: words.column("coverage"),
                    note: String::new(),
                },
                Figure::count(households, words.column("households")),
                Figure::count(sum("unvisited"), words.column("unvisited")),
            ]
        }
        LedgerView::Households | LedgerView::Diary | LedgerView::Sync => {
            let rows = parts.iter().map(|part| part.rows.len() as u64).sum();
            vec![
                Figure::count(rows, words.rows()),
                Figure::count(parts.len() as u64, words.unit()),
            ]
        }
    }
}
