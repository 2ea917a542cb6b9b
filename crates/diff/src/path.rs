//! The way from the old rows to the new ones: the day moves, then the entries in between come in, one by one.

use std::collections::{BTreeMap, BTreeSet};

use event::{Day, UnitCode};
use ledger::{Ledger, Query};
use serde_json::Value;

use crate::rows::{Row, RowKey, cells, rows_of_units};
use crate::walk::Walk;
use crate::{Between, DiffView, happened};

/// Rows by key.
pub(crate) type Rows = BTreeMap<RowKey, Row>;

/// One step: the entries that came in, and the rows after them.
#[derive(Debug)]
struct Step {
    /// One entry, or several of one day that cannot be told apart.
    items: Vec<usize>,
    /// Changed columns, by row, with what stood and what stands.
    changed: BTreeMap<RowKey, BTreeMap<String, (Value, Value)>>,
}

/// The whole way.
#[derive(Debug, Default)]
pub(crate) struct Path {
    first: Rows,
    after_time: Rows,
    steps: Vec<Step>,
    last: Rows,
}

impl Path {
    pub(crate) fn walk(walk: &Walk, view: DiffView, units: &BTreeSet<UnitCode>) -> Self {
        let (first, second) = walk.asked.queries();
        let rows = |ledger: &Ledger, query| rows_of_units(ledger, view, units, query);
        match walk.asked {
            Between::Known { .. } | Between::Received { .. } => {
                let mut ledger = walk.ledger(|_| false);
                let mut path = Self::begin(rows(&ledger, first), rows(&ledger, second));
                for at in walk.between() {
                    walk.add(&mut ledger, at);
                    path.step(vec![at], rows(&ledger, second));
                }
                path
            }
            Between::Happened { from, to } => {
                let whole = walk.ledger(|_| true);
                let mut path = Self::begin(rows(&whole, first), rows(&whole, happened(from, to)));
                for (day, items) in walk.days() {
                    path.day(walk, day, to, &items, &whole, &rows);
                }
                path
            }
        }
    }

    fn begin(first: Rows, after_time: Rows) -> Self {
        Self {
            first,
            last: after_time.clone(),
            after_time,
            steps: Vec::new(),
        }
    }

    /// The entries of one day come in, one by one where that leads from the day before to the day's end.
    fn day(
        &mut self,
        walk: &Walk,
        day: Day,
        today: Day,
        items: &[usize],
        whole: &Ledger,
        rows: &dyn Fn(&Ledger, Query) -> Rows,
    ) {
        let end = rows(whole, happened(day, today));
        if items.len() == 1 {
            return self.step(items.to_vec(), end);
        }
        let without = |from: usize| {
            let left_out = &items[from..];
            rows(&walk.ledger(|at| !left_out.contains(&at)), happened(day, today))
        };
        // Where one of them decides whether others count at all, the day begins otherwise without it.
        if without(0) != self.last {
            return self.step(items.to_vec(), end);
        }
        for (at, item) in items.iter().enumerate() {
            let next = if at + 1 == items.len() {
                end.clone()
            } else {
                without(at + 1)
            };
            self.step(vec![*item], next);
        }
    }

    fn step(&mut self, items: Vec<usize>, rows: Rows) {
        let mut changed: BTreeMap<RowKey, BTreeMap<String, (Value, Value)>> = BTreeMap::new();
        for key in self.last.keys().chain(rows.keys()) {
            let (before, after) = (self.last.get(key), rows.get(key));
            if before == after || changed.contains_key(key) {
                continue;
            }
            let value =
                |row: Option<&Row>, name: &str| row.and_then(|row| row.get(name)).cloned().unwrap_or(Value::Null);
            let both = cells(before, after).into_iter().map(|name| {
                let both = (value(before, &name), value(after, &name));
                (name, both)
            });
            changed.insert(key.clone(), both.filter(|(_, (old, new))| old != new).collect());
        }
        if !changed.is_empty() {
            self.steps.push(Step { items, changed });
        }
        self.last = rows;
    }

    /// The row at the end of the way.
    pub(crate) fn last(&self, key: &RowKey) -> Option<&Row> {
        self.last.get(key)
    }

    /// The row at the beginning of the way.
    pub(crate) fn first(&self, key: &RowKey) -> Option<&Row> {
        self.first.get(key)
    }

    /// The row when only the day had moved.
    pub(crate) fn after_time(&self, key: &RowKey) -> Option<&Row> {
        self.after_time.get(key)
    }

    /// Entries at which a cell changed.
    pub(crate) fn steps_of(&self, key: &RowKey, column: &str) -> Vec<usize> {
        let touches = |step: &&Step| {
            step.changed
                .get(key)
                .is_some_and(|columns| columns.contains_key(column))
        };
        self.steps
            .iter()
            .filter(touches)
            .flat_map(|step| step.items.clone())
            .collect()
    }

    /// Every step at which a cell changed: its entries, what stood and what stands.
    pub(crate) fn changes_of<'a>(
        &'a self,
        key: &'a RowKey,
        column: &'a str,
    ) -> impl Iterator<Item = (&'a [usize], &'a Value, &'a Value)> {
        self.steps.iter().filter_map(move |step| {
            let (before, after) = step.changed.get(key)?.get(column)?;
            Some((&*step.items, before, after))
        })
    }

    /// Entries at which a row changed.
    pub(crate) fn steps_of_row(&self, key: &RowKey) -> Vec<usize> {
        let touches = |step: &&Step| step.changed.contains_key(key);
        self.steps
            .iter()
            .filter(touches)
            .flat_map(|step| step.items.clone())
            .collect()
    }
}
