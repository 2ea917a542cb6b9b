//! Answers as pages.

use std::collections::{BTreeMap, BTreeSet};

use diff::{RowDiff, end_of_day_ms};
use event::{Day, UnitCode};
use ledger::{CoverageRow, Status};
use screen::Words;
use screen::block::Cell;
use screen::office::Frame;
use screen::reports::RowChange;
use screen::township::ledgers::{
    Asked, Changed, ChangedRow, Count, Counts, Coverage, CutLine, Grid, GridCell, Ledger, Rows, RowsLead,
    VillageCounts, Why, WhyRow, coverage, rows,
};
use serde_json::{Value, json};

use super::names::Names;
use super::summary::by_village;
use super::{PAGE_ROWS, page_of};
use crate::answers::{Answer, Answered, Before, CutAt, cell, columns_of, hides, plain, short_id, way};

/// The cut of an answer as it is said.
pub(super) fn cut_line(cut: &CutAt) -> CutLine {
    CutLine {
        received: cut.received,
        receipt: cut.position.map(|position| position.0),
        digest: cut.digest.to_string(),
        rules: cut.rules,
    }
}

/// The page of an answer.
pub(super) fn page(frame: &Frame, asked: Asked, answer: &Answer, names: &Names, page: Option<u64>) -> String {
    match &answer.rows {
        Answered::Coverage(now) => coverage(frame, &covered(asked, answer, now, names)),
        other => rows(frame, &listed(frame, asked, answer, other, names, page)),
    }
}

fn counts(row: &CoverageRow) -> Counts {
    Counts {
        households: row.households,
        met: row.met_at_home,
        contacted: row.contacted,
        knocked: row.knocked_only,
        unvisited: row.unvisited,
        off_books: row.visits_off_books,
    }
}

fn covered(asked: Asked, answer: &Answer, now: &[CoverageRow], names: &Names) -> Coverage {
    let then: BTreeMap<UnitCode, Counts> = match answer.before.as_ref().map(|before| &before.rows) {
        Some(Answered::Coverage(rows)) => rows.iter().map(|row| (row.unit, counts(row))).collect(),
        _ => BTreeMap::new(),
    };
    let rows = now.iter().map(|row| VillageCounts {
        unit: names.place(row.unit),
        now: counts(row),
        then: answer
            .before
            .is_some()
            .then(|| then.get(&row.unit).copied().unwrap_or_default()),
    });
    let why = answer.before.as_ref().map(|before| why(&asked, before, &then, names));
    Coverage {
        cut: cut_line(&answer.cut),
        rows: rows.collect(),
        why,
        weeks: answer.weeks.clone(),
        reading: answer.reading,
        asked,
    }
}

/// A row for each village and way of changing; within a village each begins where the one before it ends.
fn why(asked: &Asked, before: &Before, then: &BTreeMap<UnitCode, Counts>, names: &Names) -> Why {
    let mut rows = Vec::new();
    for changed in &before.changed {
        let unit = names.place(changed.unit);
        let was = then.get(&changed.unit).copied().unwrap_or_default();
        let mut was = (was.met, was.households);
        for (why, share) in &changed.shares {
            let counts: Vec<(Count, i64)> = Count::ALL
                .into_iter()
                .filter_map(|count| share.counts.get(count.key()).map(|by| (count, *by)))
                .collect();
            let events: BTreeSet<_> = share.events.iter().copied().collect();
            let reasons = || changed.events.iter().filter(|reason| events.contains(&reason.event));
            let days = || reasons().map(|reason| Day::of_instant(reason.received_at_ms.cast_signed()));
            let receipts = || reasons().map(|reason| reason.position.0);
            let (Some(first_day), Some(last_day)) = (days().min(), days().max()) else {
                continue;
            };
            let (first, last) = (receipts().min().unwrap_or(0), receipts().max().unwrap_or(0));
            let row = WhyRow {
                address: format!("{}&why={}", asked.behind(&unit, "why"), key_of(*why)),
                unit: unit.clone(),
                way: way(*why),
                counts,
                entries: events.len() as u64,
                received: (first_day, last_day),
                receipts: (first, last),
                was,
            };
            was.0 = was.0.saturating_add_signed(row.by(Count::Met));
            was.1 = was.1.saturating_add_signed(row.by(Count::Households));
            rows.push(row);
        }
    }
    Why {
        from: cut_line(&before.cut),
        rows,
        unexplained: before
            .changed
            .iter()
            .filter(|row| !row.explained)
            .map(|row| names.place(row.unit))
            .collect(),
    }
}

/// The word for a way of changing in an address.
pub(super) const fn key_of(why: diff::Why) -> &'static str {
    match why {
        diff::Why::New => "new",
        diff::Why::Late => "late",
        diff::Why::Corrected => "corrected",
        diff::Why::Voided => "voided",
        diff::Why::Merged => "merged",
        diff::Why::Clock => "clock",
    }
}

/// The rows of a table, each as JSON with the unit it stands under.
type Listed<'a> = Box<dyn Fn(usize) -> (UnitCode, Value) + 'a>;

fn listed(frame: &Frame, asked: Asked, answer: &Answer, answered: &Answered, names: &Names, page: Option<u64>) -> Rows {
    let w = frame.words();
    let lead = lead_of(answered);
    let is_whole = asked.unit.is_none();
    let (grid, all, page) = if is_whole {
        let grid = by_village(&asked, answered, names, w);
        let all = grid.rows.len() as u64;
        (grid, all, (1, 1))
    } else {
        let row: Listed<'_> = match answered {
            Answered::Requests(_, rows) => Box::new(|at| (rows[at].request.unit, json!(rows[at]))),
            Answered::Households(rows) => Box::new(|at| (rows[at].unit, json!(rows[at]))),
            Answered::Diary(rows) => Box::new(|at| (rows[at].entry.unit, json!(rows[at]))),
            Answered::Coverage(_) | Answered::Covered(_) | Answered::RequestFigures(_) => {
                Box::new(|_| (UnitCode::default(), Value::Null))
            }
        };
        let (number, pages, from) = page_of(page, answered.len());
        let shown = from..answered.len().min(from + PAGE_ROWS);
        let grid = grid_of(&asked, shown.map(row), names, w);
        (grid, answered.len() as u64, (number, pages))
    };
    let hides = match answered {
        Answered::RequestFigures(rows) => rows.iter().any(|row| hides(row.satisfied) || hides(row.solved)),
        _ => false,
    };
    Rows {
        cut: cut_line(&answer.cut),
        lead,
        grid,
        all,
        page,
        changed: answer
            .before
            .as_ref()
            .filter(|_| !is_whole)
            .map(|before| changed(&asked, before, w)),
        choose: is_whole && answer.before.is_some(),
        reading: answer.reading,
        hides,
        asked,
    }
}

fn lead_of(answered: &Answered) -> RowsLead {
    match answered {
        Answered::RequestFigures(rows) => {
            let sum = |of: fn(&ledger::RequestFigures) -> u64| rows.iter().map(of).sum();
            RowsLead::Requests(sum(|row| row.raised), sum(|row| row.closed), sum(|row| row.open))
        }
        Answered::Requests(figures, _) => RowsLead::Requests(figures.raised, figures.closed, figures.open),
        Answered::Households(rows) => RowsLead::Households(
            rows.iter().filter(|row| row.status == Some(Status::Open)).count() as u64,
            rows.iter().map(|row| row.visits).sum(),
            rows.iter().map(|row| row.open_requests).sum(),
        ),
        Answered::Diary(rows) => {
            let cadres: BTreeSet<_> = rows.iter().map(|row| row.entry.cadre).collect();
            RowsLead::Diary(rows.len() as u64, cadres.len() as u64)
        }
        Answered::Coverage(_) | Answered::Covered(_) => RowsLead::Households(0, 0, 0),
    }
}

/// The rows of one village by the ledger's columns; the first leads to everything about it.
fn grid_of(asked: &Asked, rows: impl Iterator<Item = (UnitCode, Value)>, names: &Names, w: Words) -> Grid {
    let (columns, left) = columns_of(asked.ledger);
    let rows = rows.map(|(_, row)| {
        let cells = columns.iter().map(|name| {
            let value = &row[*name];
            let shown = match value.as_str().and_then(|id| id.parse().ok()) {
                Some(person) if *name == "cadre" => Cell::Text(names.person(person)),
                _ => cell(name, value, w),
            };
            let about = value.as_str().filter(|_| !matches!(shown, Cell::Empty));
            match (about, *name) {
                (Some(id), "request" | "household") => GridCell::link(shown, story_of(asked, name, id)),
                // A cadre has no story here: a day leads to its own entry.
                (Some(_), "day") => match (row["origin"].as_str(), row["sequence"].as_u64()) {
                    (Some(origin), Some(sequence)) => GridCell::link(shown, format!("/entry/{origin}/{sequence}")),
                    _ => shown.into(),
                },
                _ => shown.into(),
            }
        });
        cells.collect()
    });
    Grid {
        head: columns.iter().map(|name| w.column(name)).collect(),
        left,
        rows: rows.collect(),
        foot: None,
    }
}

/// The page with everything recorded about something.
pub(super) fn story_of(asked: &Asked, sort: &str, id: &str) -> String {
    format!(
        "/entries?view={}&of={sort}&id={id}&{}",
        asked.ledger.key(),
        asked.query()
    )
}

fn changed(asked: &Asked, before: &Before, w: Words) -> Changed {
    let rows = before
        .changed
        .iter()
        .take(PAGE_ROWS)
        .map(|row| changed_row(asked, row, w));
    Changed {
        from: cut_line(&before.cut),
        rows: rows.collect(),
        all: before.changed.len() as u64,
    }
}

fn changed_row(asked: &Asked, row: &RowDiff, w: Words) -> ChangedRow {
    let (columns, _) = columns_of(asked.ledger);
    let sort = match asked.ledger {
        Ledger::Requests => "request",
        Ledger::Diary => "cadre",
        Ledger::Coverage | Ledger::Households => "household",
    };
    let id = row.key.get(sort).and_then(Value::as_str).unwrap_or_default();
    let day = row.key.get("day").and_then(Value::as_str).unwrap_or_default();
    let mut ways: BTreeMap<diff::Why, (u64, u64, u64)> = BTreeMap::new();
    for reason in &row.events {
        let (entries, first, last) = ways.entry(reason.why).or_insert((0, u64::MAX, 0));
        (*entries, *first, *last) = (
            *entries + 1,
            (*first).min(reason.position.0),
            (*last).max(reason.position.0),
        );
    }
    let cells = row.cells.iter().filter(|cell| columns.contains(&&*cell.column));
    ChangedRow {
        name: format!("{} {day}", short_id(id)).trim().to_owned(),
        address: match (asked.ledger, row.events.last()) {
            (Ledger::Diary, Some(last)) => format!("/entry/{}/{}", last.origin, last.sequence.get()),
            (Ledger::Diary, None) => asked.address(),
            _ => story_of(asked, sort, id),
        },
        change: match (row.is_new, row.is_gone) {
            (true, _) => RowChange::New,
            (_, true) => RowChange::Gone,
            _ => RowChange::Changed,
        },
        cells: cells
            .map(|cell| {
                let said = |value: &Value| plain(&cell.column, value, w);
                (cell.column.clone(), said(&cell.before), said(&cell.after))
            })
            .collect(),
        ways: ways
            .into_iter()
            .map(|(why, (entries, first, last))| (way(why), entries, first, last))
            .collect(),
        explained: row.explained,
    }
}

/// Whether something was received by the end of the day that figures are known by.
pub(super) fn is_known(known: Option<Day>, received_at_ms: u64) -> bool {
    known.is_none_or(|day| received_at_ms <= end_of_day_ms(day))
}
