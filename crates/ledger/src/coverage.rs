//! L4 走访覆盖率: who was visited, of those who were on the books.

use std::borrow::Cow;
use std::collections::BTreeMap;

use event::{Day, EntityId, Mode, Outcome, UnitCode};
use serde::Serialize;

use crate::bytes::RowWriter;
use crate::digest::RowBytes;
use crate::household::{Household, Status, Turn, Visit, open_within, status_on};
use crate::{Cut, Ledger, Query, Ratio};

/// A span of days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Period {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
}

/// Why there is no such period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such period: months run from 1 to 12, quarters from 1 to 4, years from 1 to 9998")]
pub struct PeriodError;

impl Period {
    /// A calendar month.
    ///
    /// # Errors
    /// [`PeriodError`] outside the calendar.
    pub fn month(year: i16, month: u8) -> Result<Self, PeriodError> {
        Self::months(year, month, 1)
    }

    /// A quarter, from 1 to 4.
    ///
    /// # Errors
    /// [`PeriodError`] outside the calendar.
    pub fn quarter(year: i16, quarter: u8) -> Result<Self, PeriodError> {
        if (1..=4).contains(&quarter) {
            Self::months(year, quarter * 3 - 2, 3)
        } else {
            Err(PeriodError)
        }
    }

    /// A calendar year.
    ///
    /// # Errors
    /// [`PeriodError`] outside the calendar.
    pub fn year(year: i16) -> Result<Self, PeriodError> {
        Self::months(year, 1, 12)
    }

    fn months(year: i16, first: u8, count: u8) -> Result<Self, PeriodError> {
        let start = |year: i16, month: u8| {
            format!("{year:04}-{month:02}-01")
                .parse::<Day>()
                .map_err(|_| PeriodError)
        };
        if !(1..=9_998).contains(&year) || !(1..=12).contains(&first) {
            return Err(PeriodError);
        }
        let next = first + count;
        let after = if next > 12 {
            start(year + 1, next - 12)
        } else {
            start(year, next)
        };
        Ok(Self {
            from: start(year, first)?,
            to: after?.plus(-1),
        })
    }

    /// Whether the day lies in it.
    #[must_use]
    pub fn contains(&self, day: Day) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

/// How well a visit reached a household; the best one of the period decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Visited and not met.
    Knocked,
    /// Met by telephone, video or elsewhere.
    Contacted,
    /// Met at home.
    MetAtHome,
}

impl Reach {
    /// How well one visit reached its household.
    #[must_use]
    pub const fn of(visit: &Visit) -> Self {
        match (visit.outcome, visit.mode) {
            (Outcome::Met, Mode::Home) => Self::MetAtHome,
            (Outcome::Met, _) => Self::Contacted,
            _ => Self::Knocked,
        }
    }
}

/// One village and period. Every household of the denominator is in exactly one of the four groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageRow {
    /// The village.
    pub unit: UnitCode,
    /// The period.
    pub period: Period,
    /// 应访户: on the books on any day of the period.
    pub households: u64,
    /// 已访户: met at home.
    pub met_at_home: u64,
    /// 电话联系户: met by telephone, video or elsewhere, and not at home.
    pub contacted: u64,
    /// 仅敲门未遇: visited and not met.
    pub knocked_only: u64,
    /// 未访户.
    pub unvisited: u64,
    /// Visits of the village's records whose household was not on the books in the period. They count for nobody.
    pub visits_off_books: u64,
    /// 覆盖率: met at home, of all.
    pub coverage: Ratio,
    /// 联系率: met at home or contacted, of all.
    pub contact: Ratio,
    /// Up to where, and by which rules.
    pub cut: Cut,
}

impl CoverageRow {
    /// The row of a village without households.
    #[must_use]
    pub fn empty(unit: UnitCode, period: Period, cut: Cut) -> Self {
        Self {
            unit,
            period,
            households: 0,
            met_at_home: 0,
            contacted: 0,
            knocked_only: 0,
            unvisited: 0,
            visits_off_books: 0,
            coverage: Ratio::default(),
            contact: Ratio::default(),
            cut,
        }
    }

    /// Key (unit, first day, last day) and the six counts, as in `protocol/views.md`.
    #[must_use]
    pub fn row_bytes(&self) -> RowBytes {
        let mut key = RowWriter::array(3);
        key.put(self.unit).put(self.period.from).put(self.period.to);
        let mut row = RowWriter::array(6);
        row.put(self.households)
            .put(self.met_at_home)
            .put(self.contacted)
            .put(self.knocked_only)
            .put(self.unvisited)
            .put(self.visits_off_books);
        RowBytes {
            key: key.0,
            value: row.0,
        }
    }
}

/// All households of a ledger, with what splits of others mean for them.
pub(crate) struct Books<'a> {
    pub(crate) households: BTreeMap<EntityId, Cow<'a, Household>>,
    /// Households without a registration that a split put on the books: unit and turns.
    parts: BTreeMap<EntityId, (UnitCode, Vec<Turn>)>,
}

impl<'a> Books<'a> {
    pub(crate) fn new(households: BTreeMap<EntityId, Cow<'a, Household>>) -> Self {
        let mut parts: BTreeMap<EntityId, (UnitCode, Vec<Turn>)> = BTreeMap::new();
        for part in households.values().flat_map(|household| &household.parts) {
            let own = households.get(&part.household);
            if own.is_some_and(|own| own.registered_on.is_some()) {
                continue;
            }
            let known = parts.entry(part.household).or_insert((part.unit, Vec::new()));
            // Several splits may name it; the unit with the smallest code has it then.
            known.0 = known.0.min(part.unit);
            known.1.push(Turn {
                from: part.from,
                status: Status::Open,
            });
        }
        for (household, (_, turns)) in &mut parts {
            turns.sort_by_key(|turn| turn.from);
            turns.dedup();
            if let Some(own) = households.get(household) {
                // Its own records decide the days that both speak of.
                turns.retain(|turn| own.turns.iter().all(|mine| mine.from != turn.from));
                turns.extend(&own.turns);
                turns.sort_by_key(|turn| turn.from);
            }
        }
        Self { households, parts }
    }

    /// The unit that has the household on its books, and its turns.
    pub(crate) fn on_books(&self, household: EntityId) -> Option<(UnitCode, &[Turn])> {
        if let Some((unit, turns)) = self.parts.get(&household) {
            return Some((*unit, turns));
        }
        let own = self.households.get(&household)?;
        own.registered_on.map(|_| (own.unit, own.turns.as_slice()))
    }

    /// Every household that is or was on somebody's books.
    pub(crate) fn all(&self) -> impl Iterator<Item = (EntityId, UnitCode, &[Turn])> {
        let mut ids: Vec<EntityId> = self.households.keys().chain(self.parts.keys()).copied().collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter()
            .filter_map(|id| self.on_books(id).map(|(unit, turns)| (id, unit, turns)))
    }

    /// Whether this household was ever merged into another one, as the books have it.
    fn is_ever_merged(&self, household: EntityId) -> bool {
        self.turns_of(household)
            .iter()
            .any(|turn| matches!(turn.status, Status::Merged(_)))
    }

    fn turns_of(&self, household: EntityId) -> &[Turn] {
        match self.on_books(household) {
            Some((_, turns)) => turns,
            None => self.households.get(&household).map_or(&[][..], |own| &own.turns),
        }
    }

    /// Whether visits to this household may count for another one.
    pub(crate) fn merges(&self, household: EntityId) -> bool {
        let turns = self.turns_of(household);
        turns.iter().any(|turn| matches!(turn.status, Status::Merged(_)))
    }

    /// The household that this one had become by that day: merges in effect then are followed. A ring of merges
    /// ends where it would begin again.
    pub(crate) fn by_then(&self, household: EntityId, day: Day) -> EntityId {
        // Hardly any household merges: the trail takes room only where one did.
        let mut trail = Vec::new();
        let mut at = household;
        loop {
            match status_on(self.turns_of(at), day) {
                Some(Status::Merged(into)) if into != household && !trail.contains(&into) => {
                    trail.push(into);
                    at = into;
                }
                _ => return at,
            }
        }
    }
}

impl Ledger {
    /// 走访覆盖率 of one village.
    #[must_use]
    pub fn coverage(&self, unit: UnitCode, period: Period, query: Query) -> CoverageRow {
        let row = self.coverages(period, query).remove(&unit);
        row.unwrap_or_else(|| CoverageRow::empty(unit, period, self.cut()))
    }

    /// 走访覆盖率 of every village that has households, in one pass.
    #[must_use]
    pub fn coverages(&self, period: Period, query: Query) -> BTreeMap<UnitCode, CoverageRow> {
        let books = self.books(query);
        let mut rows: BTreeMap<UnitCode, CoverageRow> = BTreeMap::new();
        let mut reached: BTreeMap<EntityId, (UnitCode, Option<Reach>)> = BTreeMap::new();
        for (id, unit, turns) in books.all() {
            if open_within(turns, period.from, period.to) {
                reached.insert(id, (unit, None));
            }
        }
        for (id, household) in &books.households {
            let start = household.visits.partition_point(|visit| visit.day < period.from);
            let visits = household.visits[start..].iter();
            let visits = visits.take_while(|visit| visit.day <= period.to);
            let visits = visits.map(|visit| (visit.day, Reach::of(visit)));
            let mut count = |became: EntityId, visits: u64, reach: Reach| {
                if let Some((_, best)) = reached.get_mut(&became) {
                    *best = (*best).max(Some(reach));
                } else {
                    let unit = household.unit;
                    let row = rows
                        .entry(unit)
                        .or_insert_with(|| CoverageRow::empty(unit, period, self.cut()));
                    row.visits_off_books += visits;
                }
            };
            if books.is_ever_merged(*id) {
                visits.for_each(|(day, reach)| count(books.by_then(*id, day), 1, reach));
            } else {
                // The usual case: all of them count for the household itself, the best one decides.
                let all = visits.fold((0, None), |(visits, best), (_, reach)| {
                    (visits + 1, best.max(Some(reach)))
                });
                if let (visits, Some(best)) = all {
                    count(*id, visits, best);
                }
            }
        }
        for (unit, best) in reached.into_values() {
            let row = rows
                .entry(unit)
                .or_insert_with(|| CoverageRow::empty(unit, period, self.cut()));
            row.households += 1;
            match best {
                Some(Reach::MetAtHome) => row.met_at_home += 1,
                Some(Reach::Contacted) => row.contacted += 1,
                Some(Reach::Knocked) => row.knocked_only += 1,
                None => row.unvisited += 1,
            }
            row.coverage.count(best == Some(Reach::MetAtHome));
            row.contact.count(best >= Some(Reach::Contacted));
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_follow_the_calendar() {
        let text = |period: Result<Period, PeriodError>| period.map(|p| format!("{} {}", p.from, p.to));
        assert_eq!(text(Period::month(2028, 2)), Ok("2028-02-01 2028-02-29".to_owned()));
        assert_eq!(text(Period::month(2026, 12)), Ok("2026-12-01 2026-12-31".to_owned()));
        assert_eq!(text(Period::quarter(2026, 4)), Ok("2026-10-01 2026-12-31".to_owned()));
        assert_eq!(text(Period::year(2026)), Ok("2026-01-01 2026-12-31".to_owned()));
        assert_eq!(Period::month(2026, 13), Err(PeriodError));
        assert_eq!(Period::quarter(2026, 0), Err(PeriodError));
        assert_eq!(Period::month(0, 1), Err(PeriodError));
    }
}
