//! A difference says all that changed and why, for random histories: late pushes, copies, corrections, voids, merges,
//! splits, imports, bad clocks.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "../../ledger/tests/common/mod.rs"]
mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use common::{Dice, Given, START_MS, history, rebuild, unit};
use diff::{Between, DiffView, Entries, History, Moments, RowDiff, Standing, diff};
use event::{CorrectionKind, Day, Event, EventId, Facts, Header, Kind, Origin, Sequence, StoryKey, UnitCode};
use ledger::{Author, Effect, Ledger, NoEffect, Period, Query};
use serde_json::{Map, Value, json};

const UNITS: u64 = 3;
const DAY_MS: u64 = 86_400_000;

/// Entries in memory, with the index that an archive would make.
#[derive(Default)]
struct Held {
    history: History,
    entries: BTreeMap<(Origin, Sequence), Vec<u8>>,
}

impl Held {
    fn of<'a>(given: impl IntoIterator<Item = &'a Given>) -> Self {
        let mut held = Self::default();
        for one in given {
            let standing = Standing {
                receipt: one.receipt,
                origin: one.log,
                sequence: one.sequence,
                by_hub: one.author == Author::Hub,
            };
            held.history.add(&standing, &one.bytes);
            held.entries.insert((one.log, one.sequence), one.bytes.clone());
        }
        held
    }
}

impl Entries for Held {
    type Error = Infallible;

    fn bytes(&self, origin: Origin, sequence: Sequence) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.entries.get(&(origin, sequence)).cloned())
    }
}

fn header(one: &Given) -> Option<Header> {
    Event::decode(&one.bytes).ok().map(|event| event.header)
}

fn units() -> Vec<UnitCode> {
    (0..UNITS).map(unit).collect()
}

fn period() -> Period {
    Period {
        from: "2026-01-01".parse().unwrap(),
        to: "2026-12-31".parse().unwrap(),
    }
}

fn views() -> [DiffView; 4] {
    [
        DiffView::Requests,
        DiffView::Households,
        DiffView::Diary,
        DiffView::Coverage(period()),
    ]
}

type Rows = BTreeMap<(UnitCode, String), Map<String, Value>>;

/// All rows of a view, put together here and not there.
fn rows(ledger: &Ledger, view: DiffView, query: Query) -> Rows {
    let mut found = Rows::new();
    for unit in units() {
        let (rows, key): (Value, &[&str]) = match view {
            DiffView::Requests => (json!(ledger.requests(unit, query)), &["request"]),
            DiffView::Households => (json!(ledger.households(unit, query)), &["household"]),
            DiffView::Diary => (json!(ledger.diary(unit, query)), &["cadre", "day"]),
            DiffView::Coverage(period) => (json!([ledger.coverage(unit, period, query)]), &["unit"]),
        };
        for row in rows.as_array().unwrap() {
            let mut row = row.as_object().unwrap().clone();
            row.remove("cut");
            let name = key
                .iter()
                .map(|key| row[*key].as_str().unwrap())
                .collect::<Vec<_>>()
                .join(" ");
            found.insert((unit, name), row);
        }
    }
    found
}

fn name_of(row: &RowDiff) -> (UnitCode, String) {
    let values = row.key.values().map(|value| value.as_str().unwrap());
    (row.unit, values.collect::<Vec<_>>().join(" "))
}

fn cell(row: Option<&Map<String, Value>>, column: &str) -> Value {
    row.and_then(|row| row.get(column)).cloned().unwrap_or(Value::Null)
}

/// Everything that changed is named with both values, and nothing else is.
fn says_what_changed(found: &[RowDiff], before: &Rows, after: &Rows) {
    let mut said: BTreeMap<_, _> = found.iter().map(|row| (name_of(row), row)).collect();
    assert_eq!(said.len(), found.len(), "a row stands once");
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
    for key in keys {
        let (old, new) = (before.get(&key), after.get(&key));
        let columns: BTreeSet<&String> = old.into_iter().chain(new).flat_map(Map::keys).collect();
        let expected: Vec<_> = columns
            .into_iter()
            .map(|column| (column.clone(), cell(old, column), cell(new, column)))
            .filter(|(_, old, new)| old != new)
            .collect();
        let row = said.remove(&key);
        assert_eq!(row.is_some(), old != new, "{key:?}");
        let Some(row) = row else { continue };
        assert_eq!((row.is_new, row.is_gone), (old.is_none(), new.is_none()));
        let cells: Vec<_> = row
            .cells
            .iter()
            .map(|cell| (cell.column.clone(), cell.before.clone(), cell.after.clone()))
            .collect();
        assert_eq!(cells, expected, "{key:?}");
    }
    assert!(said.is_empty(), "{said:?}");
}

/// No cell is without a reason; where none but the day is named, the day alone gives the new value.
fn every_cell_has_a_reason(found: &[RowDiff], after_time: &Rows) {
    for row in found {
        let named: BTreeSet<EventId> = row.events.iter().map(|reason| reason.event).collect();
        for change in &row.cells {
            assert!(change.time_passed || !change.because.is_empty(), "{row:?}");
            assert!(change.because.iter().all(|event| named.contains(event)), "{row:?}");
            let moved = cell(after_time.get(&name_of(row)), &change.column);
            assert_eq!(change.time_passed, moved != change.before, "{change:?}");
            if change.because.is_empty() {
                assert_eq!(moved, change.after, "{change:?}");
            } else {
                assert_ne!(
                    moved, change.after,
                    "an event is named although the day alone explains it: {change:?}"
                );
            }
        }
        assert!(row.explained, "{row:?}");
    }
}

fn range(dice: &mut Dice, given: &[Given]) -> (Day, Day) {
    let last = given.iter().map(|one| one.receipt.received_at_ms).max().unwrap();
    let mut days = [0, 0].map(|_| {
        let ms = START_MS + dice.below(last - START_MS + 3 * DAY_MS);
        Day::of_instant(ms.cast_signed())
    });
    days.sort();
    (days[0], days[1])
}

fn received_by(one: &Given, day: Day) -> bool {
    one.receipt.received_at_ms.cast_signed() < day.plus(1).start_ms()
}

#[test]
fn as_known_says_all_that_changed_and_the_named_events_alone_make_it() {
    let (mut changed, mut seen_reasons) = (0, BTreeSet::new());
    for seed in 0..150 {
        let given = history(seed, 90);
        let mut dice = Dice(seed ^ 0x5eed);
        let (from, to) = range(&mut dice, &given);
        let then: Vec<&Given> = given.iter().filter(|one| received_by(one, to)).collect();
        let (before, after) = (
            rebuild(given.iter().filter(|one| received_by(one, from))),
            rebuild(then.iter().copied()),
        );
        let held = Held::of(then.iter().copied());
        for view in views() {
            let moments = Moments {
                before: &before,
                after: &after,
                between: Between::Known { from, to },
            };
            let found = diff(view, &units(), moments, &held.history, &held).unwrap();
            let new_rows = rows(&after, view, Query::as_of(to));
            says_what_changed(&found, &rows(&before, view, Query::as_of(from)), &new_rows);
            every_cell_has_a_reason(&found, &rows(&before, view, Query::as_of(to)));
            for row in &found {
                changed += 1;
                let named: BTreeSet<EventId> = row.events.iter().map(|reason| reason.event).collect();
                for reason in &row.events {
                    seen_reasons.insert(reason.why);
                    let ms = reason.received_at_ms.cast_signed();
                    assert!(
                        ms >= from.plus(1).start_ms() && ms < to.plus(1).start_ms(),
                        "{reason:?}"
                    );
                }
                // The whole old knowledge and the named events, folded anew, give the new row.
                let is_named = |one: &Given| header(one).is_some_and(|header| named.contains(&header.id));
                let alone = given
                    .iter()
                    .filter(|one| received_by(one, from) || (received_by(one, to) && is_named(one)));
                let alone = rows(&rebuild(alone), view, Query::as_of(to));
                let key = name_of(row);
                assert_eq!(alone.get(&key), new_rows.get(&key), "seed {seed} {view:?} {row:?}");
            }
        }
    }
    assert!(changed > 300, "{changed}");
    assert!(seen_reasons.len() >= 5, "{seen_reasons:?}");
}

/// The day on which each live fact happened, after the corrections that are in effect.
fn days(given: &[Given], ledger: &Ledger) -> BTreeMap<EventId, Day> {
    let mut days = BTreeMap::new();
    let mut moved: BTreeMap<EventId, (StoryKey, Day)> = BTreeMap::new();
    for one in given {
        let Some(event) = one.event() else { continue };
        let header = event.header;
        let facts = Facts::decode(header.kind, header.schema, event.facts).ok().flatten();
        let story = StoryKey::of(&header, Some(one.receipt.received_at_ms));
        let own = header.source.as_ref().map(|source| Day::of_instant(source.instant_ms));
        days.entry(header.id)
            .or_insert_with(|| own.unwrap_or_else(|| header.occurred.day()));
        if let Some(Facts::RecordCorrected(correction)) = facts
            && correction.correction == CorrectionKind::Correct
            && ledger.effect_at(one.log, one.sequence) == Some(Effect::Counted)
            && let Some(occurred) = correction.occurred
        {
            let known = moved.entry(correction.target).or_insert((story, occurred.day()));
            if story > known.0 {
                *known = (story, occurred.day());
            }
        }
    }
    days.extend(moved.into_iter().map(|(id, (_, day))| (id, day)));
    days
}

#[test]
fn as_of_says_all_that_changed_and_the_named_events_alone_make_it() {
    let mut changed = 0;
    for seed in 0..150 {
        let given = history(seed, 90);
        let mut dice = Dice(seed ^ 0xda75);
        let (from, to) = range(&mut dice, &given);
        let ledger = rebuild(&given);
        let held = Held::of(&given);
        let query = |until, today| Query {
            as_of: today,
            known_at_ms: None,
            occurred_until: Some(until),
        };
        let days = days(&given, &ledger);
        for view in views() {
            let moments = Moments {
                before: &ledger,
                after: &ledger,
                between: Between::Happened { from, to },
            };
            let found = diff(view, &units(), moments, &held.history, &held).unwrap();
            let new_rows = rows(&ledger, view, query(to, to));
            says_what_changed(&found, &rows(&ledger, view, query(from, from)), &new_rows);
            every_cell_has_a_reason(&found, &rows(&ledger, view, query(from, to)));
            for row in &found {
                changed += 1;
                let named: BTreeSet<EventId> = row.events.iter().map(|reason| reason.event).collect();
                assert!(named.iter().all(|id| days[id] > from && days[id] <= to), "{row:?}");
                // Whatever else happened in between is taken away: the row is the same. What has no effect because of
                // the entries beside it goes too, or it would have one without them.
                let stays = |one: &&Given| {
                    let effect = ledger.effect_at(one.log, one.sequence);
                    let inert = [NoEffect::Duplicate, NoEffect::OtherContent].map(Effect::NoEffect);
                    if effect.is_some_and(|effect| effect == Effect::NotUnderstood || inert.contains(&effect)) {
                        return false;
                    }
                    let Some(header) = header(one) else { return true };
                    let is_knowledge = matches!(header.kind, Kind::RECORD_CORRECTED | Kind::CLOCK_CORRECTED);
                    let day = days[&header.id];
                    is_knowledge || day <= from || day > to || named.contains(&header.id)
                };
                let alone = rows(&rebuild(given.iter().filter(stays)), view, query(to, to));
                let key = name_of(row);
                assert_eq!(alone.get(&key), new_rows.get(&key), "seed {seed} {view:?} {row:?}");
            }
        }
    }
    assert!(changed > 300, "{changed}");
}

#[test]
fn nothing_changed_is_said_of_equal_moments() {
    let given = history(7, 60);
    let (ledger, held) = (rebuild(&given), Held::of(&given));
    let day: Day = "2026-04-01".parse().unwrap();
    for between in [
        Between::Known { from: day, to: day },
        Between::Happened { from: day, to: day },
    ] {
        for view in views() {
            let moments = Moments {
                before: &ledger,
                after: &ledger,
                between,
            };
            assert_eq!(diff(view, &units(), moments, &held.history, &held).unwrap(), []);
        }
    }
}

#[test]
fn received_since_says_all_that_changed_and_the_shares_add_up_to_the_difference() {
    let (mut changed, mut shared) = (0, BTreeSet::new());
    for seed in 0..200 {
        let given = history(seed, 110);
        let mut dice = Dice(seed ^ 0x4ece);
        let (from, to) = range(&mut dice, &given);
        let then: Vec<&Given> = given.iter().filter(|one| received_by(one, to)).collect();
        let (before, after) = (
            rebuild(given.iter().filter(|one| received_by(one, from))),
            rebuild(then.iter().copied()),
        );
        let held = Held::of(then.iter().copied());
        // The index that a hub makes of its own ledger has to lead to the same answer as the auditor's.
        let touched = History::touched_since(&after, diff::end_of_day_ms(from));
        let until = dice.chance(50).then(|| from.plus(-3));
        let query = Query {
            occurred_until: until,
            ..Query::as_of(to)
        };
        for view in views() {
            let moments = Moments {
                before: &before,
                after: &after,
                between: Between::Received { from, to, query },
            };
            let found = diff(view, &units(), moments, &held.history, &held).unwrap();
            let (old_rows, new_rows) = (rows(&before, view, query), rows(&after, view, query));
            says_what_changed(&found, &old_rows, &new_rows);
            every_cell_has_a_reason(&found, &old_rows);
            assert_eq!(
                diff(view, &units(), moments, &touched, &held).unwrap(),
                found,
                "seed {seed} {view:?}"
            );
            for row in &found {
                changed += 1;
                if !matches!(view, DiffView::Coverage(_)) {
                    assert!(row.shares.is_empty());
                    continue;
                }
                let key = name_of(row);
                for column in [
                    "households",
                    "met_at_home",
                    "contacted",
                    "knocked_only",
                    "unvisited",
                    "visits_off_books",
                ] {
                    let count = |rows: &Rows| cell(rows.get(&key), column).as_i64().unwrap();
                    let sum: i64 = row.shares.values().filter_map(|share| share.counts.get(column)).sum();
                    assert_eq!(count(&new_rows) - count(&old_rows), sum, "seed {seed} {column} {row:?}");
                }
                shared.extend(row.shares.keys().copied());
                let named: BTreeSet<EventId> = row.events.iter().map(|reason| reason.event).collect();
                assert!(
                    row.shares
                        .values()
                        .flat_map(|share| &share.events)
                        .all(|event| named.contains(event))
                );
            }
        }
    }
    assert!(changed > 300, "{changed}");
    assert!(shared.len() >= 3, "{shared:?}");
}
