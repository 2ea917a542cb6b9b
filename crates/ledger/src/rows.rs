//! Rows of the ledgers L1, L2 and L3, and the figures over requests.

use std::borrow::Cow;
use std::collections::BTreeMap;

use event::{Day, EntityId, Outcome, Satisfaction, Solved, SubjectKind, UnitCode, When};

use crate::coverage::{Books, Period};
use crate::diary::corrected_ms;
use crate::fold::Folded;
use crate::household::{Household, Visit, status_on};
use crate::query::{DiaryRow, HouseholdRow, Query, RequestFigures, RequestRow};
use crate::request::{Request, State};
use crate::resolve::Filter;
use crate::touches::EntityKey;
use crate::{Ledger, Ratio};

fn days_between(from: Day, to: Day) -> u32 {
    u32::try_from((i64::from(to.0) - i64::from(from.0)).max(0)).unwrap_or(u32::MAX)
}

impl RequestRow {
    /// A request as of a day.
    #[must_use]
    pub fn new(request: Request, as_of: Day) -> Self {
        let since = request.accepted_on.unwrap_or(request.registered_on);
        Self {
            overdue_days: request.overdue_days(as_of),
            open_days: (request.state != State::Closed).then(|| days_between(since, as_of)),
            not_followed_up: request.not_followed_up(),
            request,
        }
    }
}

impl Ledger {
    /// Folds of all entities of one sort (of one unit, where given), by key.
    pub(crate) fn folds(
        &self,
        unit: Option<UnitCode>,
        kind: SubjectKind,
        filter: Filter,
    ) -> Vec<(EntityId, Cow<'_, Folded>)> {
        let mut found = Vec::new();
        let mut effects = Vec::new();
        let mut visit = |entity: u32| {
            let key = self.names.entities.get(entity);
            if key.kind == kind {
                let folded = if filter.is_open() {
                    Cow::Borrowed(&self.entities[entity as usize].folded)
                } else {
                    Cow::Owned(self.fold_entity(entity, filter, &mut effects))
                };
                found.push((key.id, folded));
            }
        };
        match unit {
            Some(unit) => self
                .units
                .get(&unit)
                .into_iter()
                .flatten()
                .copied()
                .for_each(&mut visit),
            None => (0..u32::try_from(self.entities.len()).unwrap_or(u32::MAX)).for_each(&mut visit),
        }
        found.sort_unstable_by_key(|(id, _)| *id);
        found
    }

    pub(crate) fn books(&self, query: Query) -> Books<'_> {
        let mut households = BTreeMap::new();
        for (id, folded) in self.folds(None, SubjectKind::Household, query.filter()) {
            match folded {
                Cow::Borrowed(Folded::Household(Some(row))) => {
                    households.insert(id, Cow::Borrowed(&**row));
                }
                Cow::Owned(Folded::Household(Some(row))) => {
                    households.insert(id, Cow::<Household>::Owned(*row));
                }
                _ => {}
            }
        }
        Books::new(households)
    }

    pub(crate) fn requests_of(&self, unit: Option<UnitCode>, query: Query) -> impl Iterator<Item = Cow<'_, Request>> {
        let folds = self.folds(unit, SubjectKind::Request, query.filter());
        folds.into_iter().filter_map(move |(_, folded)| {
            let row = match folded {
                Cow::Borrowed(Folded::Request(Some(row))) => Cow::Borrowed(&**row),
                Cow::Owned(Folded::Request(Some(row))) => Cow::Owned(*row),
                _ => return None,
            };
            unit.is_none_or(|unit| row.unit == unit).then_some(row)
        })
    }

    /// L3 诉求办理台账 of a unit, by identifier.
    #[must_use]
    pub fn requests(&self, unit: UnitCode, query: Query) -> Vec<RequestRow> {
        let rows = self.requests_of(Some(unit), query);
        rows.map(|row| RequestRow::new(row.into_owned(), query.as_of)).collect()
    }

    /// One request, whatever its unit.
    #[must_use]
    pub fn request_row(&self, request: EntityId, query: Query) -> Option<RequestRow> {
        if query.filter().is_open() {
            return Some(RequestRow::new(self.request(request)?.clone(), query.as_of));
        }
        let entity = self.names.entities.find(EntityKey::request(request))?;
        match self.fold_entity(entity, query.filter(), &mut Vec::new()) {
            Folded::Request(Some(row)) => Some(RequestRow::new(*row, query.as_of)),
            _ => None,
        }
    }

    /// Figures over a unit's requests.
    #[must_use]
    pub fn request_figures(&self, unit: UnitCode, period: Period, query: Query) -> RequestFigures {
        let mut figures = RequestFigures {
            unit,
            period,
            raised: 0,
            closed: 0,
            open: 0,
            overdue: 0,
            on_time: Ratio::default(),
            first_round: Ratio::default(),
            reassigned: Ratio::default(),
            satisfied: Ratio::default(),
            solved: Ratio::default(),
            cut: self.cut(),
        };
        for row in self.requests_of(Some(unit), query) {
            figures.raised += u64::from(period.contains(row.registered_on));
            if row.state == State::Closed {
                if row.closed_on.is_some_and(|day| period.contains(day)) {
                    figures.closed += 1;
                    figures.first_round.count(row.round <= 1);
                }
            } else {
                figures.open += 1;
                figures.overdue += u64::from(row.overdue_days(query.as_of) > 0);
            }
            if let Some(due) = row.due.map(When::day).filter(|due| period.contains(*due)) {
                figures.on_time.count(row.stopped_on().is_some_and(|stop| stop <= due));
            }
            if row.followed_up_on.is_some() {
                figures.reassigned.count(row.round >= 2);
            }
            if let Some(word) = row.satisfaction.filter(|word| *word != Satisfaction::NoOpinion) {
                figures.satisfied.count(word != Satisfaction::Unsatisfied);
            }
            if row.solved.is_some() || row.satisfaction.is_some() {
                figures.solved.count(row.solved == Some(Solved::Yes));
            }
        }
        figures
    }

    /// L1 民情台账 of a unit, by identifier: every household that is or was on its books. Visits count for the household
    /// that theirs had become by then.
    #[must_use]
    pub fn households(&self, unit: UnitCode, query: Query) -> Vec<HouseholdRow> {
        self.household_rows(Some(unit), query)
    }

    /// L1 of every unit in one pass, by identifier; each row says its unit.
    #[must_use]
    pub fn all_households(&self, query: Query) -> Vec<HouseholdRow> {
        self.household_rows(None, query)
    }

    fn household_rows(&self, unit: Option<UnitCode>, query: Query) -> Vec<HouseholdRow> {
        let books = self.books(query);
        let mut rows = BTreeMap::new();
        for (household, at, turns) in books.all().filter(|(_, at, _)| unit.is_none_or(|unit| *at == unit)) {
            let own = books.households.get(&household);
            rows.insert(
                household,
                HouseholdRow {
                    household,
                    unit: at,
                    group: own.and_then(|own| own.group),
                    size: own.and_then(|own| own.size),
                    registered_on: own.and_then(|own| own.registered_on),
                    status: status_on(turns, query.as_of),
                    last_visit: None,
                    last_met_on: None,
                    visits: 0,
                    open_requests: 0,
                    oldest_open_days: None,
                    last_satisfaction: None,
                },
            );
        }
        for (id, household) in &books.households {
            if !rows.contains_key(id) && !books.merges(*id) {
                continue;
            }
            for visit in &household.visits {
                let Some(row) = rows.get_mut(&books.by_then(*id, visit.day)) else {
                    continue;
                };
                row.visits += 1;
                let later = |last: &Visit| (visit.day, visit.event) > (last.day, last.event);
                if row.last_visit.as_ref().is_none_or(later) {
                    row.last_visit = Some(*visit);
                }
                if visit.outcome == Outcome::Met {
                    row.last_met_on = row.last_met_on.max(Some(visit.day));
                }
            }
        }
        self.join_requests(&books, &mut rows, query);
        rows.into_values().collect()
    }

    fn join_requests(&self, books: &Books<'_>, rows: &mut BTreeMap<EntityId, HouseholdRow>, query: Query) {
        let mut latest: BTreeMap<EntityId, Day> = BTreeMap::new();
        for request in self.requests_of(None, query) {
            let Some(household) = request.household else { continue };
            let now = books.by_then(household, query.as_of);
            let Some(row) = rows.get_mut(&now) else { continue };
            if request.state != State::Closed {
                let since = request.accepted_on.unwrap_or(request.registered_on);
                row.open_requests += 1;
                row.oldest_open_days = row.oldest_open_days.max(Some(days_between(since, query.as_of)));
            }
            // Of two on one day the request with the greater identifier decides.
            let word = request.satisfaction.zip(request.followed_up_on);
            if let Some((word, day)) = word.filter(|(_, day)| latest.get(&now).is_none_or(|last| last <= day)) {
                latest.insert(now, day);
                row.last_satisfaction = Some(word);
            }
        }
    }

    /// L2 民情日记 of a unit, by cadre and day.
    #[must_use]
    pub fn diary(&self, unit: UnitCode, query: Query) -> Vec<DiaryRow> {
        let mut rows = Vec::new();
        for (_, folded) in self.folds(Some(unit), SubjectKind::Person, query.filter()) {
            let Folded::Diary(days) = &*folded else { continue };
            for entry in days.iter().filter(|entry| entry.unit == unit) {
                let recorded = corrected_ms(self.clock_of(entry.origin), entry.sequence, entry.wall_ms);
                let recorded_on = (!entry.imported).then(|| Day::of_instant(recorded));
                rows.push(DiaryRow {
                    recorded_on,
                    lag_days: recorded_on.map(|day| i64::from(day.0) - i64::from(entry.day.0)),
                    entry: entry.clone(),
                });
            }
        }
        rows
    }
}
