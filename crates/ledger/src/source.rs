//! Figures over imported history, to be compared with the source's own.

use std::collections::BTreeMap;

use event::{EntityId, EventId, PersonId, SubjectKind, UnitCode};
use serde::Serialize;

use crate::fold::Folded;
use crate::resolve::{Filter, resolve};
use crate::{Cut, EntityKey, Ledger, Query, Request};

/// One imported request. Steps that the mapping derived have an empty label and are not counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseFigures {
    /// The request.
    pub request: EntityId,
    /// Steps of the source.
    pub steps: u64,
    /// The first one's instant, in milliseconds.
    pub first_ms: Option<i64>,
    /// The last one's instant, in milliseconds.
    pub last_ms: Option<i64>,
    /// The last one's label.
    pub last_label: Option<String>,
    /// Who did the last one.
    pub last_actor: Option<PersonId>,
}

/// One step of a source, as the source has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceStep {
    /// The event that keeps it.
    pub event: EventId,
    /// The source's instant, in milliseconds since 1970-01-01T00:00:00Z.
    pub instant_ms: i64,
    /// The source's row.
    pub row: u64,
    /// The source's own word.
    pub label: String,
    /// Who did it.
    pub actor: Option<PersonId>,
}

/// How many requests were where at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// The instant, in milliseconds since 1970-01-01T00:00:00Z.
    pub instant_ms: i64,
    /// Raised by then.
    pub raised: u64,
    /// Raised and not closed.
    pub open: u64,
    /// Open and past their due time.
    pub overdue: u64,
}

/// Figures over the imported requests of a unit, or of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceFigures {
    /// Requests that began as imported history.
    pub cases: u64,
    /// Steps of the source.
    pub events: u64,
    /// Steps by the source's label.
    pub by_label: BTreeMap<String, u64>,
    /// Steps by who did them.
    pub by_actor: BTreeMap<PersonId, u64>,
    /// Closed ones.
    pub closed: u64,
    /// Closed after their due time.
    pub closed_late: u64,
    /// Median of closed − raised by linear interpolation, in milliseconds, floored.
    pub median_ms: Option<i64>,
    /// The same by nearest rank.
    pub median_nearest_rank_ms: Option<i64>,
    /// 90th percentile by linear interpolation, in milliseconds, floored.
    pub p90_ms: Option<i64>,
    /// The same by nearest rank.
    pub p90_nearest_rank_ms: Option<i64>,
    /// At the instants that were asked.
    pub moments: Vec<Moment>,
    /// Each request, by identifier.
    pub by_case: Vec<CaseFigures>,
    /// Up to where, and by which rules.
    pub cut: Cut,
}

impl Ledger {
    /// Figures over imported history, of one unit or of all, with the numbers open and overdue at `instants_ms`.
    #[must_use]
    pub fn source_figures(&self, unit: Option<UnitCode>, instants_ms: &[i64]) -> SourceFigures {
        let rows: Vec<&Request> = self.imported_requests(unit);
        let mut figures = SourceFigures {
            cases: rows.len() as u64,
            events: 0,
            by_label: BTreeMap::new(),
            by_actor: BTreeMap::new(),
            closed: 0,
            closed_late: 0,
            median_ms: None,
            median_nearest_rank_ms: None,
            p90_ms: None,
            p90_nearest_rank_ms: None,
            moments: Vec::with_capacity(instants_ms.len()),
            by_case: Vec::with_capacity(rows.len()),
            cut: self.cut(),
        };
        let mut durations: Vec<i64> = Vec::new();
        for row in &rows {
            let case = self.case(row.request, &mut figures);
            figures.events += case.steps;
            figures.by_case.push(case);
            if let Some(closed) = row.closed_ms {
                figures.closed += 1;
                figures.closed_late += u64::from(row.closed_late());
                durations.push(closed.saturating_sub(row.raised_ms));
            }
        }
        durations.sort_unstable();
        figures.median_ms = linear(&durations, 50);
        figures.median_nearest_rank_ms = nearest_rank(&durations, 50);
        figures.p90_ms = linear(&durations, 90);
        figures.p90_nearest_rank_ms = nearest_rank(&durations, 90);
        for instant_ms in instants_ms.iter().copied() {
            let count = |is: &dyn Fn(&Request) -> bool| rows.iter().filter(|row| is(row)).count() as u64;
            figures.moments.push(Moment {
                instant_ms,
                raised: count(&|row| row.raised_ms <= instant_ms),
                open: count(&|row| row.open_at(instant_ms)),
                overdue: count(&|row| row.overdue_at(instant_ms)),
            });
        }
        figures
    }

    fn imported_requests(&self, unit: Option<UnitCode>) -> Vec<&Request> {
        let mut rows: Vec<&Request> = Vec::new();
        for entity in &self.entities {
            match &entity.folded {
                Folded::Request(Some(row)) if row.imported && unit.is_none_or(|unit| row.unit == unit) => {
                    rows.push(row)
                }
                _ => {}
            }
        }
        rows.sort_unstable_by_key(|row| row.request);
        rows
    }

    /// Counts the steps of one case.
    fn case(&self, request: EntityId, figures: &mut SourceFigures) -> CaseFigures {
        let steps = self.source_steps(request);
        for step in &steps {
            *figures.by_label.entry(step.label.clone()).or_default() += 1;
            if let Some(actor) = step.actor {
                *figures.by_actor.entry(actor).or_default() += 1;
            }
        }
        let last = steps.last();
        CaseFigures {
            request,
            steps: steps.len() as u64,
            first_ms: steps.first().map(|step| step.instant_ms),
            last_ms: last.map(|step| step.instant_ms),
            last_label: last.map(|step| step.label.clone()),
            last_actor: last.and_then(|step| step.actor),
        }
    }

    /// The steps of one imported request as its source has them, in story order: those in effect, without those
    /// that the mapping derived, which have no label.
    #[must_use]
    pub fn source_steps(&self, request: EntityId) -> Vec<SourceStep> {
        let Some(entity) = self.names.entities.find(EntityKey::request(request)) else {
            return Vec::new();
        };
        let history = self.history(entity);
        let (mut effects, mut told) = (Vec::new(), Vec::new());
        resolve(
            SubjectKind::Request,
            &history,
            Filter::default(),
            &self.names,
            &mut effects,
            &mut told,
        );
        let steps = told.iter().filter_map(|one| {
            let import = one.kept.import().filter(|import| !import.label.is_empty())?;
            Some(SourceStep {
                event: one.kept.id,
                instant_ms: one.instant_ms,
                row: import.row,
                label: import.label.to_string(),
                actor: one.kept.actors().next().map(|actor| self.names.people.get(actor)),
            })
        });
        steps.collect()
    }

    /// How many requests of a unit (or of all) were open, and overdue, at an instant in milliseconds.
    #[must_use]
    pub fn open_and_overdue_at(&self, unit: Option<UnitCode>, instant_ms: i64, query: Query) -> (u64, u64) {
        let (mut open, mut overdue) = (0, 0);
        for row in self.requests_of(unit, query) {
            open += u64::from(row.open_at(instant_ms));
            overdue += u64::from(row.overdue_at(instant_ms));
        }
        (open, overdue)
    }
}

/// Percentile by linear interpolation between the two neighbours of `(n − 1) × p / 100`, floored.
fn linear(sorted: &[i64], percent: usize) -> Option<i64> {
    let last = sorted.len().checked_sub(1)?;
    let (at, rest) = (last * percent / 100, last * percent % 100);
    let (low, high) = (i128::from(sorted[at]), i128::from(sorted[(at + 1).min(last)]));
    let value = (low * 100 + (high - low) * i128::try_from(rest).ok()?).div_euclid(100);
    i64::try_from(value).ok()
}

/// Percentile by nearest rank: the value of rank ⌈n × p / 100⌉.
fn nearest_rank(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_exact_integers() {
        assert_eq!(linear(&[], 50), None);
        assert_eq!(nearest_rank(&[], 50), None);
        assert_eq!(linear(&[7], 90), Some(7));
        assert_eq!(linear(&[1, 2], 50), Some(1));
        assert_eq!(linear(&[-3, 0], 50), Some(-2));
        assert_eq!(nearest_rank(&[1, 2], 50), Some(1));
        assert_eq!(nearest_rank(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 90), Some(9));
        assert_eq!(linear(&[0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 90), Some(90));
    }
}
