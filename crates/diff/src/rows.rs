//! Rows as they are compared: by key, column by column.

use std::collections::{BTreeMap, BTreeSet};

use event::{EntityId, UnitCode};
use ledger::{Ledger, Query};
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

/// The rows of one unit, by key.
pub(crate) fn rows_of_unit(ledger: &Ledger, view: DiffView, unit: UnitCode, query: Query) -> BTreeMap<RowKey, Row> {
    let rows = match view {
        DiffView::Requests => json!(ledger.requests(unit, query)),
        DiffView::Households => json!(ledger.households(unit, query)),
        DiffView::Diary => json!(ledger.diary(unit, query)),
        DiffView::Coverage(period) => json!([ledger.coverage(unit, period, query)]),
    };
    let Value::Array(rows) = rows else {
        return BTreeMap::new();
    };
    let keyed = rows.into_iter().filter_map(|row| match row {
        Value::Object(mut row) => {
            // The cut says how far the reader is, not what the row is.
            row.remove("cut");
            Some((RowKey::of(view, unit, &row), row))
        }
        _ => None,
    });
    keyed.collect()
}

/// Every column that either side has, but those that identify the row.
pub(crate) fn cells(before: Option<&Row>, after: Option<&Row>) -> BTreeSet<String> {
    let columns = before.into_iter().chain(after).flat_map(Map::keys);
    columns.cloned().collect()
}
