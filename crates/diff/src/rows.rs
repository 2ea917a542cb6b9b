//! Rows as they are compared: by key, column by column.

use std::collections::{BTreeMap, BTreeSet};

use event::{EntityId, UnitCode};
use ledger::{CoverageRow, Ledger, Query};
use serde_json::{Map, Value, json};

use crate::{DiffView, id_of};

/// The columns of a row.
pub(crate) type Row = Map<String, Value>;

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowKey {
    pub(crate) unit: UnitCode,
    pub(crate) columns: BTreeMap<String, Value>,
    text: String,
}

impl RowKey {
    fn of(view: DiffView, unit: UnitCode, row: &Row) -> Self {
        let names: &[&str] = match view {
            DiffView::Requests => &["request"],
            DiffView::Households => &["household"],
            DiffView::Diary => &["cadre", "day"],
            DiffView::Coverage(_) => &["unit"],
        };
        let columns = names
            .iter()
            .map(|name| ((*name).to_owned(), row.get(*name).cloned().unwrap_or_default()));
        let columns: BTreeMap<String, Value> = columns.collect();
        let text = columns.values().map(ToString::to_string).collect();
        Self { unit, columns, text }
    }

    pub(crate) fn id(&self, column: &str) -> Option<EntityId> {
        id_of(self.columns.get(column)?)
    }
}

impl PartialOrd for RowKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RowKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.unit, &self.text).cmp(&(other.unit, &other.text))
    }
}

/// The rows of some units, by key. What is joined over all units is put together once.
pub(crate) fn rows_of_units(
    ledger: &Ledger,
    view: DiffView,
    units: &BTreeSet<UnitCode>,
    query: Query,
) -> BTreeMap<RowKey, Row> {
    let mut found = BTreeMap::new();
    let mut add = |unit: UnitCode, row: Value| {
        if let Value::Object(mut row) = row {
            // The cut says how far the reader is, not what the row is.
            row.remove("cut");
            found.insert(RowKey::of(view, unit, &row), row);
        }
    };
    match view {
        DiffView::Coverage(period) => {
            let mut rows = ledger.coverages(period, query);
            for unit in units {
                let row = rows.remove(unit);
                add(
                    *unit,
                    json!(row.unwrap_or_else(|| CoverageRow::empty(*unit, period, ledger.cut()))),
                );
            }
        }
        DiffView::Households => match units.iter().next() {
            Some(unit) if units.len() == 1 => {
                ledger
                    .households(*unit, query)
                    .iter()
                    .for_each(|row| add(*unit, json!(row)));
            }
            _ => {
                let rows = ledger.all_households(query);
                let wanted = rows.iter().filter(|row| units.contains(&row.unit));
                wanted.for_each(|row| add(row.unit, json!(row)));
            }
        },
        DiffView::Requests => {
            for unit in units {
                ledger
                    .requests(*unit, query)
                    .iter()
                    .for_each(|row| add(*unit, json!(row)));
            }
        }
        DiffView::Diary => {
            for unit in units {
                ledger.diary(*unit, query).iter().for_each(|row| add(*unit, json!(row)));
            }
        }
    }
    found
}

/// Every column that either side has, but those that identify the row.
pub(crate) fn cells(before: Option<&Row>, after: Option<&Row>) -> BTreeSet<String> {
    let columns = before.into_iter().chain(after).flat_map(Map::keys);
    columns.cloned().collect()
}
