//! Coverage adds up over households, so its changes do, too: each group of households is walked by itself, and a
//! village's cell changed where one of them changed it.

use std::collections::{BTreeMap, BTreeSet};

use event::{EntityId, Subject, UnitCode};
use ledger::{EntityKey, Period, Ratio};
use serde_json::{Value, json};

use crate::path::Path;
use crate::rows::{Row, RowKey, rows_of_units};
use crate::walk::Walk;
use crate::{Between, CellChange, DiffView, Entries, History, Moments, RowDiff, Share, Why, end_of_day_ms};

/// The counts that add up.
const COUNTS: [&str; 6] = [
    "households",
    "met_at_home",
    "contacted",
    "knocked_only",
    "unvisited",
    "visits_off_books",
];

fn count(row: Option<&Row>, column: &str) -> i128 {
    row.and_then(|row| row.get(column))
        .and_then(Value::as_u64)
        .unwrap_or(0)
        .into()
}

/// Rows of the units whose coverage changed.
pub(crate) fn diff<E: Entries + ?Sized>(
    period: Period,
    units: &[UnitCode],
    moments: Moments<'_>,
    history: &History,
    entries: &E,
) -> Result<Vec<RowDiff>, E::Error> {
    let view = DiffView::Coverage(period);
    let (first, second) = moments.between.queries();
    let asked: BTreeSet<UnitCode> = units.iter().copied().collect();
    let mut after = rows_of_units(moments.after, view, &asked, second);
    let before = rows_of_units(moments.before, view, &asked, first).into_iter();
    let both = before.filter_map(|(key, before)| after.remove(&key).map(|after| (key, before, after)));
    let changed: Vec<(RowKey, Row, Row)> = both.filter(|(_, before, after)| before != after).collect();
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let of_units: BTreeSet<UnitCode> = changed.iter().map(|(key, ..)| key.unit).collect();
    let mut walked = Vec::new();
    for subjects in groups(history) {
        if !may_have_changed(&subjects, moments.between, history) {
            continue;
        }
        let walk = Walk::read(&subjects, moments, history, entries)?;
        let units: BTreeSet<UnitCode> = walk.units().intersection(&of_units).copied().collect();
        if !units.is_empty() && walk.between().next().is_some() {
            let path = walk.path(view, &units);
            walked.push((walk, path));
        }
    }
    Ok(changed
        .into_iter()
        .map(|(key, before, after)| explain(key, &before, &after, &walked, view))
        .collect())
}

/// Whether an entry about these households lies between the two moments, as far as receipts tell.
fn may_have_changed(subjects: &BTreeSet<EntityKey>, between: Between, history: &History) -> bool {
    let (Between::Known { from, .. } | Between::Received { from, .. }) = between else {
        return true;
    };
    let until_ms = end_of_day_ms(from);
    let mut standings = subjects.iter().flat_map(|subject| history.of(*subject));
    standings.any(|standing| standing.receipt.received_at_ms > until_ms)
}

/// Households that merges and splits hold together.
fn groups(history: &History) -> Vec<BTreeSet<EntityKey>> {
    let (mut seen, mut groups) = (BTreeSet::<EntityId>::new(), Vec::new());
    for household in history.households() {
        if seen.contains(&household) {
            continue;
        }
        let (mut found, mut next) = (BTreeSet::from([household]), vec![household]);
        while let Some(at) = next.pop() {
            next.extend(history.joined_households(at).filter(|other| found.insert(*other)));
        }
        groups.push(found.iter().copied().map(Subject::household).collect());
        seen.extend(found);
    }
    groups
}

fn explain(key: RowKey, before: &Row, after: &Row, walked: &[(Walk, Path)], view: DiffView) -> RowDiff {
    // Of a group in which the village has no row nothing follows for it.
    let walked: Vec<&(Walk, Path)> = walked.iter().filter(|(_, path)| path.last(&key).is_some()).collect();
    let mut named: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); walked.len()];
    let mut cells = Vec::new();
    let mut explained = true;
    let mut change = |column: &str, old: Value, new: Value, counts: &[&str]| {
        let mut because = Vec::new();
        for (at, (walk, path)) in walked.iter().enumerate() {
            let steps: BTreeSet<usize> = counts.iter().flat_map(|count| path.steps_of(&key, count)).collect();
            because.extend(steps.iter().map(|step| walk.event(*step)));
            named[at].extend(steps);
        }
        explained &= !because.is_empty();
        cells.push(CellChange {
            column: column.to_owned(),
            before: old,
            after: new,
            time_passed: false,
            because,
        });
    };
    for column in COUNTS {
        if before.get(column) != after.get(column) {
            change(
                column,
                json!(count(Some(before), column)),
                json!(count(Some(after), column)),
                &[column],
            );
        }
    }
    for (column, parts) in [
        ("coverage", &["met_at_home", "households"][..]),
        ("contact", &["met_at_home", "contacted", "households"][..]),
    ] {
        let pair = |row: &Row| row.get(column).cloned().unwrap_or_else(|| json!(Ratio::default()));
        if before.get(column) != after.get(column) {
            change(column, pair(before), pair(after), parts);
        }
    }
    cells.sort_by(|a, b| a.column.cmp(&b.column));
    // The differences of the groups make up the difference of the village, and the named entries alone make up each.
    for column in COUNTS {
        let whole = count(Some(after), column) - count(Some(before), column);
        let sum: i128 = walked
            .iter()
            .map(|(_, path)| count(path.last(&key), column) - count(path.first(&key), column))
            .sum();
        explained &= whole == sum;
    }
    // What one household adds and another takes away leaves a count as it was; both are named.
    for (named, (_, path)) in named.iter_mut().zip(&walked) {
        named.extend(COUNTS.iter().flat_map(|column| path.steps_of(&key, column)));
    }
    let shares = shares(&key, &walked);
    let units = BTreeSet::from([key.unit]);
    let mut events = Vec::new();
    for ((walk, path), named) in walked.iter().zip(&mut named) {
        let suffice = |named: &BTreeSet<usize>| walk.with_only(named, view, &units).get(&key) == path.last(&key);
        if !suffice(named) {
            named.extend(path.steps_of_row(&key));
            if !suffice(named) {
                named.extend(walk.between());
                explained &= suffice(named);
            }
        }
        events.extend(named.iter().map(|at| walk.reason(*at)));
    }
    RowDiff {
        unit: key.unit,
        key: key.columns,
        is_new: false,
        is_gone: false,
        cells,
        events,
        shares,
        explained,
    }
}

/// How much of each difference came about in which way. A step of several entries is ascribed to its first.
fn shares(key: &RowKey, walked: &[&(Walk, Path)]) -> BTreeMap<Why, Share> {
    let mut shares: BTreeMap<Why, Share> = BTreeMap::new();
    let signed = |value: &Value| value.as_i64().unwrap_or(0);
    for (walk, path) in walked {
        for column in COUNTS {
            for (items, before, after) in path.changes_of(key, column) {
                let Some(first) = items.first() else { continue };
                let share = shares.entry(walk.reason(*first).why).or_default();
                *share.counts.entry(column).or_default() += signed(after) - signed(before);
                share.events.extend(items.iter().map(|at| walk.event(*at)));
            }
        }
    }
    for share in shares.values_mut() {
        share.counts.retain(|_, difference| *difference != 0);
        share.events.sort_unstable();
        share.events.dedup();
    }
    shares
}
