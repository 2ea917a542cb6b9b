//! The households behind the figures of L4: as many as the denominator, each in the group that it is counted in.

use std::collections::BTreeMap;

use event::{EntityId, UnitCode};
use serde::Serialize;

use crate::household::{Visit, open_within};
use crate::{Ledger, Period, Query, Reach};

/// One household of a period's denominator, and the visit that decides for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// The household.
    pub household: EntityId,
    /// How well it was reached, and by which visit: the first of the best ones. `None` if nobody went.
    pub best: Option<(Reach, Visit)>,
}

impl Ledger {
    /// The households of a village that were on the books on any day of the period, by identifier; visits count for the
    /// household that theirs had become by then. [`Ledger::coverage`] counts the same ones in the same groups.
    #[must_use]
    pub fn reached(&self, unit: UnitCode, period: Period, query: Query) -> Vec<Reached> {
        let books = self.books(query);
        let on_books = books.all().filter(|(_, at, turns)| {
            let is_open = open_within(turns, period.from, period.to);
            *at == unit && is_open
        });
        let mut reached: BTreeMap<EntityId, Option<(Reach, Visit)>> =
            on_books.map(|(household, ..)| (household, None)).collect();
        for (id, household) in &books.households {
            let start = household.visits.partition_point(|visit| visit.day < period.from);
            let visits = household.visits[start..].iter();
            for visit in visits.take_while(|visit| visit.day <= period.to) {
                let Some(best) = reached.get_mut(&books.by_then(*id, visit.day)) else {
                    continue;
                };
                let reach = Reach::of(visit);
                if best.is_none_or(|(known, _)| known < reach) {
                    *best = Some((reach, *visit));
                }
            }
        }
        let all = reached.into_iter();
        all.map(|(household, best)| Reached { household, best }).collect()
    }
}
