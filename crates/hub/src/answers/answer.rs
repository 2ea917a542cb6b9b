//! The answer to a question: rows and figures at a cut; beside them, where asked, those of an earlier cut and what explains
//! the difference, entry by entry, by the same walk as the auditor's.

use std::collections::BTreeMap;

use diff::{Between, DiffView, History, Moments, RowDiff, diff, end_of_day_ms};
use event::{Day, Origin, Position, Sequence, UnitCode};
use event_log::{Reader, StoreError};
use ledger::{
    CoverageRow, Covered, DiaryRow, HouseholdRow, Ledger, LiveDigest, Reach, RequestFigures, RequestRow, State, View,
};
use screen::township::ledgers::{Ledger as Which, Received};

use super::cut::last_by;
use super::question::{Question, Wanted};
use crate::Desk;
use crate::views::Views;

/// Rows and figures.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answered {
    /// L4, by unit.
    Coverage(Vec<CoverageRow>),
    /// The households behind one unit's coverage.
    Covered(Vec<Covered>),
    /// Figures of L3, by unit.
    RequestFigures(Vec<RequestFigures>),
    /// L3 of one unit.
    Requests(RequestFigures, Vec<RequestRow>),
    /// L1 of one unit, or of all.
    Households(Vec<HouseholdRow>),
    /// L2 of one unit, or of all.
    Diary(Vec<DiaryRow>),
}

/// How far figures count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CutAt {
    /// Up to when receipts count.
    pub(crate) received: Received,
    /// The last record that counts.
    pub(crate) position: Option<Position>,
    /// Version of the rules.
    pub(crate) rules: u16,
    /// Sum of the live digests of the ledger, over the units of the answer.
    pub(crate) digest: LiveDigest,
}

/// The same at an earlier cut.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Before {
    pub(crate) cut: CutAt,
    pub(crate) rows: Answered,
    /// Rows that differ, with their reasons.
    pub(crate) changed: Vec<RowDiff>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) cut: CutAt,
    pub(crate) rows: Answered,
    /// Of one village's coverage: met at home by the end of each week that has come.
    pub(crate) weeks: Vec<(Day, u64)>,
    pub(crate) before: Option<Before>,
    /// Whether the ledgers had not come to the journal's end.
    pub(crate) reading: bool,
}

impl Answered {
    /// How many rows it has.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Coverage(rows) => rows.len(),
            Self::Covered(rows) => rows.iter().map(|row| 1 + row.visits.len()).sum(),
            Self::RequestFigures(rows) => rows.len(),
            Self::Requests(_, rows) => rows.len(),
            Self::Households(rows) => rows.len(),
            Self::Diary(rows) => rows.len(),
        }
    }
}

impl Answer {
    /// Rows, changed cells and reasons, which take about as much room as one another.
    pub(super) fn len(&self) -> usize {
        let changed = |row: &RowDiff| 1 + row.cells.len() + row.events.len();
        let before = self.before.as_ref();
        let before = before.map_or(0, |before| {
            before.rows.len() + before.changed.iter().map(changed).sum::<usize>()
        });
        self.rows.len() + before
    }
}

/// The log as the walk reads it.
struct Entries(Reader);

impl diff::Entries for Entries {
    type Error = StoreError;

    fn bytes(&self, origin: Origin, sequence: Sequence) -> Result<Option<Vec<u8>>, StoreError> {
        let entries = self.0.read(origin.into(), sequence, 1, usize::MAX)?;
        Ok(entries.into_iter().next().map(|entry| entry.bytes))
    }
}

/// The digest that a ledger's figures follow from.
pub(crate) const fn view_of(which: Which) -> View {
    match which {
        Which::Coverage | Which::Households => View::Households,
        Which::Requests => View::Requests,
        Which::Diary => View::Diary,
    }
}

/// Works an answer out. What was known on a day is replayed from the receipts up to it; the ledger that follows the journal
/// is locked for as long as its copy takes, and no longer.
///
/// # Errors
/// [`StoreError`] where the journal or an entry cannot be read.
pub(crate) fn work_out(views: &Views, desk: &Desk, question: &Question, now_ms: i64) -> Result<Answer, StoreError> {
    let now = Received::Now(now_ms);
    if question.is_quick() {
        return Ok(views.with_ledger_at(|ledger, at_end| Answer {
            cut: cut_of(ledger, question, now),
            rows: rows_of(ledger, question),
            weeks: weeks(ledger, question),
            before: None,
            reading: !at_end,
        }));
    }
    let (mut after, at_end) = views.with_ledger_at(|ledger, at_end| {
        let copy = match question.known {
            Some(day) => ledger.known_by(end_of_day_ms(day)),
            None => ledger.clone(),
        };
        (copy, at_end)
    });
    let received = question.known.map_or(now, Received::By);
    if let Some(day) = question.known {
        advance(&mut after, desk, end_of_day_ms(day))?;
    }
    let mut answer = Answer {
        cut: cut_of(&after, question, received),
        rows: rows_of(&after, question),
        weeks: weeks(&after, question),
        before: None,
        reading: !at_end,
    };
    if let Some(day) = question.against {
        let since_ms = end_of_day_ms(day);
        let mut before = after.known_by(since_ms);
        advance(&mut before, desk, since_ms)?;
        let units: Vec<UnitCode> = question.unit.map_or_else(|| after.units().collect(), |unit| vec![unit]);
        let moments = Moments {
            before: &before,
            after: &after,
            between: Between::Received {
                from: day,
                to: question.known.unwrap_or(question.today),
                query: question.query(),
            },
        };
        let view = match question.ledger {
            Which::Coverage => DiffView::Coverage(question.period()),
            Which::Requests => DiffView::Requests,
            Which::Households => DiffView::Households,
            Which::Diary => DiffView::Diary,
        };
        // Of a ledger with rows the village is chosen first: nobody reads the changed rows of all of them.
        let changed = if question.ledger == Which::Coverage || question.unit.is_some() {
            let history = History::touched_since(&after, since_ms);
            diff(view, &units, moments, &history, &Entries(desk.log.clone()))?
        } else {
            Vec::new()
        };
        answer.before = Some(Before {
            cut: cut_of(&before, question, Received::By(day)),
            rows: rows_of(&before, question),
            changed,
        });
    }
    Ok(answer)
}

/// Says to a replayed ledger how far the journal is counted in it.
fn advance(ledger: &mut Ledger, desk: &Desk, until_ms: u64) -> Result<(), StoreError> {
    if let Some(position) = last_by(desk, until_ms)? {
        ledger.advance(position);
    }
    Ok(())
}

fn cut_of(ledger: &Ledger, question: &Question, received: Received) -> CutAt {
    let cut = ledger.cut();
    let view = view_of(question.ledger);
    let units: Vec<UnitCode> = question
        .unit
        .map_or_else(|| ledger.units().collect(), |unit| vec![unit]);
    let mut digest = LiveDigest::default();
    for unit in units {
        digest.add(ledger.live_digest(view, unit));
    }
    CutAt {
        received,
        position: cut.position,
        rules: cut.rule_version,
        digest,
    }
}

fn rows_of(ledger: &Ledger, question: &Question) -> Answered {
    let (query, period) = (question.query(), question.period());
    match (question.ledger, question.wanted, question.unit) {
        (Which::Coverage, Wanted::Covered, Some(unit)) => Answered::Covered(ledger.covered(unit, period, query)),
        (Which::Coverage, _, Some(unit)) => Answered::Coverage(vec![ledger.coverage(unit, period, query)]),
        (Which::Coverage, _, None) => {
            let mut rows: BTreeMap<UnitCode, CoverageRow> = ledger.coverages(period, query);
            // A village that has written and has no household stands in the table too.
            for unit in ledger.units() {
                rows.entry(unit)
                    .or_insert_with(|| CoverageRow::empty(unit, period, ledger.cut()));
            }
            Answered::Coverage(rows.into_values().collect())
        }
        (Which::Requests, _, Some(unit)) => {
            let mut rows = ledger.requests(unit, query);
            rows.retain(|row| is_of_period(row, question));
            Answered::Requests(ledger.request_figures(unit, period, query), rows)
        }
        (Which::Requests, _, None) => {
            let figures = ledger.units().map(|unit| ledger.request_figures(unit, period, query));
            Answered::RequestFigures(figures.collect())
        }
        (Which::Households, _, Some(unit)) => Answered::Households(ledger.households(unit, query)),
        (Which::Households, _, None) => Answered::Households(ledger.all_households(query)),
        (Which::Diary, _, unit) => {
            let units: Vec<UnitCode> = unit.map_or_else(|| ledger.units().collect(), |unit| vec![unit]);
            let rows = units.into_iter().flat_map(|unit| ledger.diary(unit, query));
            Answered::Diary(rows.filter(|row| period.contains(row.entry.day)).collect())
        }
    }
}

/// Households met at home by the end of each week of the period up to the day that is asked about. The last one counts every
/// visit of the period, as the figure does, whatever day its author claims.
fn weeks(ledger: &Ledger, question: &Question) -> Vec<(Day, u64)> {
    const WEEK_DAYS: usize = 7;
    let (Which::Coverage, Wanted::Ledger, Some(unit)) = (question.ledger, question.wanted, question.unit) else {
        return Vec::new();
    };
    let period = question.period();
    let last = period.to.min(question.query().as_of);
    let covered = ledger.covered(unit, period, question.query());
    let first_met = covered.iter().filter_map(|row| {
        let met = row.visits.iter().find(|visit| Reach::of(visit) == Reach::MetAtHome)?;
        Some(met.day)
    });
    let first_met: Vec<Day> = first_met.collect();
    let ends = (period.from.0..=last.0).skip(WEEK_DAYS - 1).step_by(WEEK_DAYS).map(Day);
    let ends = ends
        .filter(|end| *end < last)
        .chain((period.from <= last).then_some(last));
    let by = |end: Day| first_met.iter().filter(|day| **day <= end || end == last).count() as u64;
    ends.map(|end| (end, by(end))).collect()
}

/// Requests that were open in the period, on any day of it.
fn is_of_period(row: &RequestRow, question: &Question) -> bool {
    let period = question.period();
    let began = row.request.registered_on <= period.to;
    let ended = row.request.state == State::Closed && row.request.closed_on.is_some_and(|day| day < period.from);
    began && !ended
}
