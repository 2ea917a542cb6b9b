//! What can be asked: rows and figures of one unit, under an explicit as-of date.

use std::borrow::Cow;
use std::collections::BTreeMap;

use event::{
    Day, EntityId, EventId, Kind, Origin, Position, Satisfaction, Sequence, Solved, SubjectKind, UnitCode, When,
};
use serde::Serialize;

use crate::coverage::{Books, Period};
use crate::diary::{ClockSpan, DiaryEntry, corrected_ms};
use crate::digest::{LiveDigest, RowBytes, View, ViewRoot};
use crate::household::{Household, Status, Visit, status_on};
use crate::kept::{Content, Slot};
use crate::ledger::Folded;
use crate::request::{Request, State};
use crate::resolve::Filter;
use crate::touches::EntityKey;
use crate::{Author, Cut, Effect, Ledger, Ratio};

/// As of when, and on what knowledge, figures are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// The day that "today" means: ages and overdue days are counted up to it.
    pub as_of: Day,
    /// "As known then": only what the hub had received by this instant, in milliseconds.
    pub known_at_ms: Option<u64>,
    /// "As of then": only what had happened by the end of that day. Corrections always apply: they are
    /// knowledge about what happened.
    pub occurred_until: Option<Day>,
}

impl Query {
    /// Everything received and everything that happened, with ages as of a day.
    #[must_use]
    pub const fn as_of(as_of: Day) -> Self {
        Self {
            as_of,
            known_at_ms: None,
            occurred_until: None,
        }
    }

    pub(crate) const fn filter(self) -> Filter {
        Filter {
            known_at_ms: self.known_at_ms,
            occurred_until: self.occurred_until,
        }
    }
}

/// L3: a request as of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestRow {
    /// The columns that do not depend on today.
    #[serde(flatten)]
    pub request: Request,
    /// 超期天数.
    pub overdue_days: u32,
    /// Days since acceptance (registration, where not accepted), while open.
    pub open_days: Option<u32>,
    /// 「未回访」: closed although nobody followed up.
    pub not_followed_up: bool,
}

/// L1: a household as of a day, with its requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HouseholdRow {
    /// 户号.
    pub household: EntityId,
    /// The village.
    pub unit: UnitCode,
    /// 村民小组; unknown for a part that has no registration of its own.
    pub group: Option<u16>,
    /// Members.
    pub size: Option<u16>,
    /// 建档日.
    pub registered_on: Option<Day>,
    /// 户情状态 on the as-of day; `None` before its first day.
    #[serde(flatten)]
    pub status: Option<Status>,
    /// 最近走访, met or not.
    pub last_visit: Option<Visit>,
    /// Last day on which somebody was met.
    pub last_met_on: Option<Day>,
    /// Visits in all.
    pub visits: u64,
    /// 未结诉求数.
    pub open_requests: u64,
    /// 最老未结天数.
    pub oldest_open_days: Option<u32>,
    /// 最近满意度.
    pub last_satisfaction: Option<Satisfaction>,
}

/// L2: a diary day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DiaryRow {
    /// The columns that no clock correction touches.
    #[serde(flatten)]
    pub entry: DiaryEntry,
    /// Day of recording, after clock corrections; `None` for imported history.
    pub recorded_on: Option<Day>,
    /// 补录天数: recorded − day.
    pub lag_days: Option<i64>,
}

/// An entry that does not count, for those who should look at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exception {
    /// The log.
    pub origin: Origin,
    /// Its place there.
    pub sequence: Sequence,
    /// Its identity, where its header can be read.
    pub event: Option<EventId>,
    /// Its kind's number, where its header can be read.
    pub kind: Option<u16>,
    /// What it is about, where its header can be read.
    pub subject: Option<EntityKey>,
    /// Its unit, where its header can be read.
    pub unit: Option<UnitCode>,
    /// The journal record that covers it.
    pub position: Position,
    /// When it was received, in milliseconds.
    pub received_at_ms: u64,
    /// What it came to.
    #[serde(flatten)]
    pub effect: Effect,
}

/// One step of an entity's story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its identity.
    pub event: EventId,
    /// Its kind's number.
    pub kind: u16,
    /// The log that its first receipt came from.
    pub origin: Origin,
    /// Its place there.
    pub sequence: Sequence,
    /// When it happened, as first claimed (corrections are steps of their own).
    pub occurred: When,
    /// When it was received, in milliseconds.
    pub received_at_ms: u64,
    /// The journal record that covers it.
    pub position: Position,
    /// Whether the township wrote it.
    pub by_hub: bool,
    /// Whether it is imported history.
    pub imported: bool,
    /// What it came to.
    #[serde(flatten)]
    pub effect: Effect,
}

/// Figures of a unit's requests in a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestFigures {
    /// The unit.
    pub unit: UnitCode,
    /// The period.
    pub period: Period,
    /// Registered in the period.
    pub raised: u64,
    /// Closed in the period.
    pub closed: u64,
    /// Not closed.
    pub open: u64,
    /// Not closed and past the due day.
    pub overdue: u64,
    /// 按期办结率: answered by the due day, of those due in the period.
    pub on_time: Ratio,
    /// 一次办结率: never assigned again, of those closed in the period.
    pub first_round: Ratio,
    /// 再交办率: assigned again, of those followed up.
    pub reassigned: Ratio,
    /// 满意率: satisfied or mostly, of those who expressed it.
    pub satisfied: Ratio,
    /// 解决率: called solved, of those who were reached.
    pub solved: Ratio,
    /// Up to where, and by which rules.
    pub cut: Cut,
}

fn days_between(from: Day, to: Day) -> u32 {
    u32::try_from((i64::from(to.0) - i64::from(from.0)).max(0)).unwrap_or(u32::MAX)
}

impl RequestRow {
    fn new(request: Request, as_of: Day) -> Self {
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
    fn folds(&self, unit: Option<UnitCode>, kind: SubjectKind, filter: Filter) -> Vec<(EntityId, Cow<'_, Folded>)> {
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
        let books = self.books(query);
        let mut rows = BTreeMap::new();
        for (household, at, turns) in books.all().filter(|(_, at, _)| *at == unit) {
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
            for visit in &household.visits {
                let Some(row) = rows.get_mut(&books.by_then(*id, visit.day)) else {
                    continue;
                };
                row.visits += 1;
                let later = |last: &Visit| (visit.day, visit.event) > (last.day, last.event);
                if row.last_visit.as_ref().is_none_or(later) {
                    row.last_visit = Some(*visit);
                }
                if visit.outcome == event::Outcome::Met {
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
            if let Some((word, day)) = request.satisfaction.zip(request.followed_up_on) {
                if latest.get(&now).is_none_or(|last| *last <= day) {
                    latest.insert(now, day);
                    row.last_satisfaction = Some(word);
                }
            }
        }
    }

    /// L2 民情日记 of a unit, by cadre and day.
    #[must_use]
    pub fn diary(&self, unit: UnitCode, query: Query) -> Vec<DiaryRow> {
        let mut rows = Vec::new();
        for (_, folded) in self.folds(Some(unit), SubjectKind::Person, query.filter()) {
            let Folded::Diary(days) = &*folded else { continue };
            for entry in days.values().filter(|entry| entry.unit == unit) {
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

    /// Corrections of a machine's clock, in story order.
    #[must_use]
    pub fn clock_of(&self, origin: Origin) -> &[ClockSpan] {
        match self.folded(EntityKey::origin(origin)) {
            Some(Folded::Clock(spans)) => spans,
            _ => &[],
        }
    }

    /// The entries of one log that somebody should look at, by sequence.
    #[must_use]
    pub fn exceptions_of(&self, origin: Origin) -> Vec<Exception> {
        let log = self
            .names
            .origins
            .find(origin)
            .and_then(|log| self.logs.get(log as usize));
        let slots = log.into_iter().flat_map(BTreeMap::values);
        slots.filter_map(|slot| self.exception(*slot)).collect()
    }

    /// The entries of one unit that somebody should look at, by log and sequence. Unreadable entries have no unit; they
    /// are listed with every unit that their log has written for.
    #[must_use]
    pub fn exceptions(&self, unit: UnitCode) -> Vec<Exception> {
        let mut origins: Vec<Origin> = self.origins_of_unit(unit).collect();
        origins.sort_unstable();
        let all = origins.into_iter().flat_map(|origin| self.exceptions_of(origin));
        all.filter(|one| one.unit.is_none_or(|own| own == unit)).collect()
    }

    pub(crate) fn origins_of_unit(&self, unit: UnitCode) -> impl Iterator<Item = Origin> {
        let origins = self.origins_of.get(&unit).into_iter().flatten();
        origins.map(|origin| self.names.origins.get(*origin))
    }

    fn exception(&self, slot: Slot) -> Option<Exception> {
        let effect = self.effect_of_slot(slot);
        if !effect.is_exception() {
            return None;
        }
        let kept = &self.arena[slot as usize];
        let readable = kept.content != Content::Unreadable;
        Some(Exception {
            origin: self.names.origins.get(kept.origin),
            sequence: kept.sequence,
            event: readable.then_some(kept.id),
            kind: kept.kind().map(|kind: Kind| kind.0),
            subject: readable.then(|| self.names.entities.get(kept.entity)),
            unit: readable.then_some(kept.unit),
            position: Position(kept.position),
            received_at_ms: kept.received_ms,
            effect,
        })
    }

    /// An entity's story, each fact once, in order.
    #[must_use]
    pub fn story(&self, key: EntityKey) -> Vec<Step> {
        let Some(entity) = self.names.entities.find(key) else {
            return Vec::new();
        };
        let steps = self.history(entity).into_iter().map(|kept| Step {
            event: kept.id,
            kind: kept.kind().map_or(0, |kind| kind.0),
            origin: self.names.origins.get(kept.origin),
            sequence: kept.sequence,
            occurred: kept.occurred,
            received_at_ms: kept.received_ms,
            position: Position(kept.position),
            by_hub: kept.author == Author::Hub,
            imported: kept.import.is_some(),
            effect: if kept.held { Effect::Held } else { kept.effect },
        });
        steps.collect()
    }

    /// The units that have entries, in the order of their codes.
    pub fn units(&self) -> impl Iterator<Item = UnitCode> {
        self.origins_of.keys().copied()
    }

    /// The digest rows of a view and unit, sorted by key.
    #[must_use]
    pub fn rows(&self, view: View, unit: UnitCode) -> Vec<RowBytes> {
        let kind = match view {
            View::Requests => SubjectKind::Request,
            View::Households => SubjectKind::Household,
            View::Diary => SubjectKind::Person,
            View::SyncHealth => {
                let rows = self.sync_health(unit);
                return rows.iter().map(crate::SyncHealthRow::row_bytes).collect();
            }
        };
        let mut rows: Vec<RowBytes> = Vec::new();
        for (_, folded) in self.folds(Some(unit), kind, Filter::default()) {
            let own = folded.rows().into_iter();
            rows.extend(own.filter(|(_, at, _)| *at == unit).map(|(_, _, row)| row));
        }
        rows.sort_unstable();
        rows
    }

    /// The additive digest of a view and unit, as of the last settling.
    #[must_use]
    pub fn live_digest(&self, view: View, unit: UnitCode) -> LiveDigest {
        if view == View::SyncHealth {
            let mut sum = LiveDigest::default();
            self.rows(view, unit)
                .iter()
                .for_each(|row| sum.add(LiveDigest::of_row(row)));
            return sum;
        }
        self.sums.get(&(view, unit)).copied().unwrap_or_default()
    }

    /// The root over the sorted rows of a view and unit, as of the last settling.
    #[must_use]
    pub fn root(&self, view: View, unit: UnitCode) -> ViewRoot {
        ViewRoot::of_rows(view, unit, &self.rows(view, unit))
    }
}
