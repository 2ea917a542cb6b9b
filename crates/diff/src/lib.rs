//! What changed in a ledger between two moments, and because of which events.
//!
//! Nothing is guessed. Every changed row is walked from its old state to its new one: first the day on which it is
//! looked at moves, then the entries in between are added one by one, and a cell's reasons are the entries at which it
//! changed. A cell that moves with the day alone says so and names no event. The reasons of a row are tried: the old
//! knowledge and these events alone give the new row. A row of which that is not so says that it is not explained.

mod coverage;
mod history;
mod path;
mod rows;
mod standing;
mod touched;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use event::{Day, EntityId, EventId, Subject, UnitCode, When};
use ledger::{EntityKey, Ledger, Period, Query};
use serde::Serialize;
use serde_json::Value;

pub use history::History;
use path::Path;
use rows::{Row, RowKey, cells, rows_of_units};
pub use standing::{Entries, Standing, end_of_day_ms};
use walk::Walk;

/// A ledger that can be compared with itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffView {
    /// L3: a row per request.
    Requests,
    /// L1: a row per household.
    Households,
    /// L2: a row per cadre and day.
    Diary,
    /// L4: a row per village, over a period.
    Coverage(Period),
}

/// The two moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// "As known": received after the end of the first day and by the end of the second one.
    Known {
        /// The first day.
        from: Day,
        /// The second day.
        to: Day,
    },
    /// "As known", under one and the same question: received after the end of the first day and by the end of the second
    /// one. Only knowledge differs; no day passes.
    Received {
        /// The first day.
        from: Day,
        /// The second day.
        to: Day,
        /// What is asked of both.
        query: Query,
    },
    /// "As of": happened after the first day and by the second one; the same knowledge on both.
    Happened {
        /// The first day.
        from: Day,
        /// The second day.
        to: Day,
    },
}

impl Between {
    /// The two days.
    #[must_use]
    pub const fn days(self) -> (Day, Day) {
        match self {
            Self::Known { from, to } | Self::Received { from, to, .. } | Self::Happened { from, to } => (from, to),
        }
    }

    /// The question of the first and of the second day.
    #[must_use]
    pub const fn queries(self) -> (Query, Query) {
        match self {
            Self::Known { from, to } => (Query::as_of(from), Query::as_of(to)),
            Self::Received { query, .. } => (query, query),
            Self::Happened { from, to } => (happened(from, from), happened(to, to)),
        }
    }
}

const fn happened(until: Day, today: Day) -> Query {
    Query {
        as_of: today,
        known_at_ms: None,
        occurred_until: Some(until),
    }
}

/// In which way an event changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// 新发生: it happened after the first day.
    New,
    /// 晚到: it had happened by the first day and was received later.
    Late,
    /// 更正.
    Corrected,
    /// 作废.
    Voided,
    /// 并户, 拆户.
    Merged,
    /// 校正时钟.
    Clock,
}

/// An event that changed something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Its identity.
    pub event: EventId,
    /// Its kind, by its word.
    pub kind: &'static str,
    /// What it is about.
    pub subject: EntityKey,
    /// The log.
    pub origin: event::Origin,
    /// Its place there.
    pub sequence: event::Sequence,
    /// The journal record that covers it.
    pub position: event::Position,
    /// When the hub received it, in milliseconds.
    pub received_at_ms: u64,
    /// When it happened, as first claimed.
    pub occurred: When,
    /// In which way.
    pub why: Why,
}

/// A cell that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellChange {
    /// The column.
    pub column: String,
    /// What stood; null where nothing did.
    pub before: Value,
    /// What stands; null where nothing does.
    pub after: Value,
    /// Whether the day on which it is looked at changed it.
    pub time_passed: bool,
    /// Events at which it changed, in the order of the journal ("as known") or of the days ("as of").
    pub because: Vec<EventId>,
}

/// What one way of changing did to the counts of a row, in both directions together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// By how much each count changed, those that did not left out.
    pub counts: BTreeMap<&'static str, i64>,
    /// Events at which they changed.
    pub events: Vec<EventId>,
}

/// A row that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowDiff {
    /// The unit in whose ledger it stands.
    pub unit: UnitCode,
    /// The columns that identify it.
    pub key: BTreeMap<String, Value>,
    /// Whether it is new.
    pub is_new: bool,
    /// Whether it is gone.
    pub is_gone: bool,
    /// Its changed cells, by column.
    pub cells: Vec<CellChange>,
    /// The events behind them: the old knowledge and these events give the new row.
    pub events: Vec<Reason>,
    /// Of a row of counts that add up: how much of each difference came about in which way. What is missing from the
    /// whole difference is not explained.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub shares: BTreeMap<Why, Share>,
    /// Whether that was found to be so, and no cell is without a reason.
    pub explained: bool,
}

/// The same ledger at two moments.
#[derive(Clone, Copy, Debug)]
pub struct Moments<'a> {
    /// What was known at the first one.
    pub before: &'a Ledger,
    /// What was known at the second one; the same for "as of".
    pub after: &'a Ledger,
    /// The two.
    pub between: Between,
}

/// Every row of the units that changed, by unit and key.
///
/// # Errors
/// The store's own, where an entry that was there cannot be read again.
pub fn diff<E: Entries + ?Sized>(
    view: DiffView,
    units: &[UnitCode],
    moments: Moments<'_>,
    history: &History,
    entries: &E,
) -> Result<Vec<RowDiff>, E::Error> {
    if let DiffView::Coverage(period) = view {
        return coverage::diff(period, units, moments, history, entries);
    }
    let (first, second) = moments.between.queries();
    let mut changed: BTreeMap<RowKey, (Option<Row>, Option<Row>)> = BTreeMap::new();
    let asked: BTreeSet<UnitCode> = units.iter().copied().collect();
    let before = rows_of_units(moments.before, view, &asked, first);
    let after = rows_of_units(moments.after, view, &asked, second);
    for (key, row) in &before {
        if after.get(key) != Some(row) {
            changed.insert(key.clone(), (Some(row.clone()), after.get(key).cloned()));
        }
    }
    for (key, row) in after {
        if !before.contains_key(&key) {
            changed.insert(key, (None, Some(row)));
        }
    }
    let mut found = Vec::new();
    for (subjects, keys) in groups(view, changed.keys(), history) {
        let walk = Walk::read(&subjects, moments, history, entries)?;
        let units: BTreeSet<UnitCode> = keys.iter().map(|key| key.unit).collect();
        let path = walk.path(view, &units);
        for key in keys {
            if let Some((before, after)) = changed.remove(&key) {
                found.push(explain(key, before, after, &walk, &path, view));
            }
        }
    }
    found.sort_by_cached_key(|row| (row.unit, key_text(&row.key)));
    Ok(found)
}

fn key_text(key: &BTreeMap<String, Value>) -> String {
    key.values().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Rows that hang together, each group with the entities that they depend on.
fn groups<'a>(
    view: DiffView,
    keys: impl Iterator<Item = &'a RowKey>,
    history: &History,
) -> Vec<(BTreeSet<EntityKey>, Vec<RowKey>)> {
    let mut groups: BTreeMap<BTreeSet<EntityKey>, Vec<RowKey>> = BTreeMap::new();
    for key in keys {
        let subjects: BTreeSet<EntityKey> = match view {
            DiffView::Requests => key.id("request").map(Subject::request).into_iter().collect(),
            DiffView::Households => key
                .id("household")
                .map(|household| history.around_household(household))
                .unwrap_or_default(),
            DiffView::Diary => {
                let cadre = key
                    .id("cadre")
                    .map(|id| Subject::person(event::PersonId::from_bytes(id.to_bytes())));
                cadre.map(|cadre| with_machines(cadre, history)).unwrap_or_default()
            }
            DiffView::Coverage(_) => BTreeSet::new(),
        };
        groups.entry(subjects).or_default().push(key.clone());
    }
    groups.into_iter().collect()
}

/// A cadre, and the machines that carried the diary: corrections of their clocks change the days of recording.
fn with_machines(cadre: EntityKey, history: &History) -> BTreeSet<EntityKey> {
    let machines = history
        .of(cadre)
        .into_iter()
        .map(|standing| Subject::origin(standing.origin));
    machines.chain([cadre]).collect()
}

/// What changed in one row, and why.
fn explain(key: RowKey, before: Option<Row>, after: Option<Row>, walk: &Walk, path: &Path, view: DiffView) -> RowDiff {
    let column = |row: Option<&Row>, name: &str| row.and_then(|row| row.get(name)).cloned().unwrap_or(Value::Null);
    let (mut changes, mut named) = (Vec::new(), BTreeSet::new());
    let arrives = path.last(&key) == after.as_ref();
    let mut explained = arrives;
    for name in cells(before.as_ref(), after.as_ref()) {
        let (old, new) = (column(before.as_ref(), &name), column(after.as_ref(), &name));
        if old == new {
            continue;
        }
        let moved = column(path.after_time(&key), &name);
        let time_passed = moved != old;
        // What the day alone accounts for names no event.
        let because = if time_passed && moved == new {
            Vec::new()
        } else {
            path.steps_of(&key, &name)
        };
        explained &= time_passed || !because.is_empty();
        named.extend(because.iter().copied());
        changes.push(CellChange {
            column: name,
            before: old,
            after: new,
            time_passed,
            because: because.iter().map(|at| walk.event(*at)).collect(),
        });
    }
    if arrives && !walk.suffice(&named, &key, after.as_ref(), view) {
        // An event may have made another one possible without leaving a trace of its own in any cell.
        named.extend(path.steps_of_row(&key));
        if !walk.suffice(&named, &key, after.as_ref(), view) {
            named.extend(walk.between());
            explained &= walk.suffice(&named, &key, after.as_ref(), view);
        }
    }
    RowDiff {
        unit: key.unit,
        is_new: before.is_none(),
        is_gone: after.is_none(),
        key: key.columns,
        cells: changes,
        events: named.into_iter().map(|at| walk.reason(at)).collect(),
        shares: BTreeMap::new(),
        explained,
    }
}

/// Households and requests that a reader may ask for by identifier.
fn id_of(value: &Value) -> Option<EntityId> {
    value.as_str()?.parse().ok()
}
