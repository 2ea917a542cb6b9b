//! A ledger of all villages: a row of figures for each, by code.

use std::collections::{BTreeMap, BTreeSet};

use event::UnitCode;
use ledger::{Ratio, Status};
use screen::Words;
use screen::block::Cell;
use screen::township::ledgers::{Asked, Grid, GridCell};

use super::names::Names;
use crate::answers::{Answered, hides};

/// A share, a dash for 0/0, or that too few people said something.
fn share(of: Ratio, is_word: bool, w: Words) -> Cell {
    if is_word && hides(of) {
        Cell::text(w.ledgers_few())
    } else {
        Cell::Ratio(of.numerator, of.denominator)
    }
}

/// The table of villages.
pub(super) fn by_village(asked: &Asked, answered: &Answered, names: &Names, w: Words) -> Grid {
    let place = |unit: UnitCode| {
        let place = names.place(unit);
        let name = if place.name.is_empty() {
            &place.code
        } else {
            &place.name
        };
        GridCell::link(Cell::text(&**name), asked.of_unit(asked.ledger, &place).address())
    };
    let numbers = |unit: UnitCode, counts: &[u64]| {
        let counts = counts.iter().map(|count| Cell::Number(*count).into());
        std::iter::once(place(unit)).chain(counts).collect::<Vec<GridCell>>()
    };
    let foot = |sums: &[u64], more: usize| {
        let sums = sums.iter().map(|sum| Cell::Number(*sum));
        let total = std::iter::once(Cell::text(w.total())).chain(sums);
        Some(
            total
                .chain(std::iter::repeat_n(Cell::Empty, more))
                .collect::<Vec<Cell>>(),
        )
    };
    let head = |columns: &[&str]| {
        let columns = columns.iter().map(|name| w.column(name));
        std::iter::once(w.ledgers_unit().to_owned())
            .chain(columns)
            .collect::<Vec<String>>()
    };
    match answered {
        Answered::RequestFigures(rows) => {
            let sum = |of: fn(&ledger::RequestFigures) -> u64| rows.iter().map(of).sum();
            let sums: [u64; 4] = [
                sum(|row| row.raised),
                sum(|row| row.closed),
                sum(|row| row.open),
                sum(|row| row.overdue),
            ];
            let shares = |of: fn(&ledger::RequestFigures) -> Ratio| {
                rows.iter().map(of).fold(Ratio::default(), std::ops::Add::add)
            };
            let total = std::iter::once(Cell::text(w.total()))
                .chain(sums.map(Cell::Number))
                .chain([
                    share(shares(|row| row.on_time), false, w),
                    share(shares(|row| row.first_round), false, w),
                    share(shares(|row| row.satisfied), true, w),
                    share(shares(|row| row.solved), true, w),
                ]);
            Grid {
                head: head(&[
                    "raised",
                    "closed",
                    "open",
                    "overdue",
                    "on_time",
                    "first_round",
                    "satisfied",
                    "solved",
                ]),
                left: 1,
                rows: rows
                    .iter()
                    .map(|row| {
                        let mut cells = numbers(row.unit, &[row.raised, row.closed, row.open, row.overdue]);
                        cells.extend(
                            [
                                share(row.on_time, false, w),
                                share(row.first_round, false, w),
                                share(row.satisfied, true, w),
                                share(row.solved, true, w),
                            ]
                            .map(GridCell::plain),
                        );
                        cells
                    })
                    .collect(),
                foot: Some(total.collect()),
            }
        }
        Answered::Households(rows) => {
            let mut units: BTreeMap<UnitCode, [u64; 3]> = BTreeMap::new();
            for row in rows {
                let sums = units.entry(row.unit).or_default();
                sums[0] += u64::from(row.status == Some(Status::Open));
                sums[1] += row.visits;
                sums[2] += row.open_requests;
            }
            let total = units
                .values()
                .fold([0; 3], |sum, one| [sum[0] + one[0], sum[1] + one[1], sum[2] + one[2]]);
            let mut head = head(&["household", "visits", "open_requests"]);
            w.ledgers_on_books().clone_into(&mut head[1]);
            Grid {
                head,
                left: 1,
                rows: units.iter().map(|(unit, sums)| numbers(*unit, sums)).collect(),
                foot: foot(&total, 0),
            }
        }
        Answered::Diary(rows) => {
            let mut units: BTreeMap<UnitCode, (BTreeSet<event::PersonId>, u64)> = BTreeMap::new();
            for row in rows {
                let (cadres, days) = units.entry(row.entry.unit).or_default();
                cadres.insert(row.entry.cadre);
                *days += 1;
            }
            Grid {
                head: vec![
                    w.ledgers_unit().to_owned(),
                    w.ledgers_writers().to_owned(),
                    w.ledgers_days().to_owned(),
                ],
                left: 1,
                rows: units
                    .iter()
                    .map(|(unit, (cadres, days))| numbers(*unit, &[cadres.len() as u64, *days]))
                    .collect(),
                foot: None,
            }
        }
        Answered::Coverage(_) | Answered::Covered(_) | Answered::Requests(..) => Grid::default(),
    }
}
