//! The households behind the figures of L4, each with the visits that put it where it is counted.

use std::collections::BTreeMap;

use event::{EntityId, UnitCode};
use serde::Serialize;

use crate::coverage::{Period, Reach};
use crate::household::{Visit, open_within};
use crate::{Ledger, Query};

/// A household of the denominator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Covered {
    /// The household.
    pub household: EntityId,
    /// The best of its visits; `None` where there was none.
    pub reach: Option<Reach>,
    /// Its visits in the period, by day: its own, and those of households that had become it by then.
    pub visits: Vec<Visit>,
}

impl Covered {
    /// The visit that decides: the first of the best ones.
    #[must_use]
    pub fn best(&self) -> Option<&Visit> {
        self.visits.iter().find(|visit| Some(Reach::of(visit)) == self.reach)
    }
}

impl Ledger {
    /// Every household that [`coverage`](Self::coverage) counts in a village, by identifier: there are as many of each
    /// reach as that row says.
    #[must_use]
    pub fn covered(&self, unit: UnitCode, period: Period, query: Query) -> Vec<Covered> {
        let books = self.books(query);
        let mut found: BTreeMap<EntityId, Covered> = BTreeMap::new();
        for (household, at, turns) in books.all() {
            if at == unit && open_within(turns, period.from, period.to) {
                let visits = Vec::new();
                let reach = None;
                found.insert(
                    household,
                    Covered {
                        household,
                        reach,
                        visits,
                    },
                );
            }
        }
        for (id, household) in &books.households {
            if !found.contains_key(id) && !books.merges(*id) {
                continue;
            }
            for visit in household.visits.iter().filter(|visit| period.contains(visit.day)) {
                if let Some(covered) = found.get_mut(&books.by_then(*id, visit.day)) {
                    covered.reach = covered.reach.max(Some(Reach::of(visit)));
                    covered.visits.push(*visit);
                }
            }
        }
        let mut found: Vec<Covered> = found.into_values().collect();
        for covered in &mut found {
            covered.visits.sort_by_key(|visit| (visit.day, visit.event));
        }
        found
    }
}
