//! The ledgers as they are shown: what the township has confirmed, with its cut, and what is pending here, apart.

use event::{Day, SubjectKind, UnitCode};
use event_log::LogEntry;
use ledger::{
    Author, CoverageRow, Cut, DiaryRow, Exception, HouseholdRow, Ledger, Pending, Period, Query, RequestFigures,
    RequestRow, SyncHealthRow, View,
};
use link::{Problem, ProblemKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Office;
use crate::bulletin::{Bulletin, OwnLog};

/// Most pending entries that are laid over the ledger when it is shown.
const OVERLAY_MAX: usize = 5_000;
/// How far behind the receipts the ledger is searched for entries that it has not counted yet.
const UNCOUNTED_MAX: u64 = 4_000;

/// What is asked of a view, as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Question {
    /// The day that "today" means; the node's own where absent.
    as_of: Option<Day>,
    /// Only what the hub had received by this instant, in milliseconds.
    known_at: Option<u64>,
    /// Only what had happened by the end of that day.
    occurred_until: Option<Day>,
    /// The period of `coverage`; the as-of day's year where absent.
    from: Option<Day>,
    to: Option<Day>,
    /// Wait until the ledger has reached this position.
    pub(crate) at_least: Option<u64>,
    /// With the roots over sorted rows.
    roots: bool,
}

impl Question {
    fn period(&self, as_of: Day) -> Result<Period, Problem> {
        let wrong = |words: &str| Problem::new(ProblemKind::Malformed, words);
        match (self.from, self.to) {
            (Some(from), Some(to)) if from <= to => Ok(Period { from, to }),
            (None, None) => {
                let year = as_of.to_string().get(..4).and_then(|year| year.parse().ok());
                let period = year.and_then(|year| Period::year(year).ok());
                period.ok_or_else(|| wrong("give the period as `from` and `to`: the as-of day is outside the calendar"))
            }
            _ => Err(wrong(
                "give the period as `from` and `to`, such as 2026-01-01 and 2026-12-31",
            )),
        }
    }
}

/// An answer. It is written as text at once: as a tree of values it would take ten times the room.
#[derive(Serialize)]
pub(crate) struct Shown {
    view: String,
    unit: UnitCode,
    as_of: Day,
    cut: Cut,
    caught_up: bool,
    confirmed: Rows,
    pending: Value,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Rows {
    Requests {
        rows: Vec<RequestRow>,
        figures: RequestFigures,
    },
    Households {
        rows: Vec<HouseholdRow>,
    },
    Diary {
        rows: Vec<DiaryRow>,
    },
    Coverage {
        row: CoverageRow,
    },
    Sync {
        rows: Vec<SyncHealthRow>,
        exceptions: Vec<Exception>,
    },
}

/// The answer to a question, with its cut.
pub(crate) fn answer(office: &Office, view: &str, question: &Question) -> Result<Shown, Problem> {
    let as_of = question.as_of.unwrap_or_else(|| office.today());
    let query = Query {
        as_of,
        known_at_ms: question.known_at,
        occurred_until: question.occurred_until,
    };
    let bulletin = office.bulletin.borrow().clone();
    let follower = office.books.follower();
    let (ledger, unit) = (follower.ledger(), bulletin.unit);
    let (confirmed, kind) = match view {
        "requests" => {
            let figures = ledger.request_figures(unit, question.period(as_of)?, query);
            let rows = ledger.requests(unit, query);
            (Rows::Requests { rows, figures }, Some(SubjectKind::Request))
        }
        "households" => {
            let rows = ledger.households(unit, query);
            (Rows::Households { rows }, Some(SubjectKind::Household))
        }
        "diary" => {
            let rows = ledger.diary(unit, query);
            (Rows::Diary { rows }, Some(SubjectKind::Person))
        }
        "coverage" => {
            let row = ledger.coverage(unit, question.period(as_of)?, query);
            (Rows::Coverage { row }, Some(SubjectKind::Household))
        }
        "sync" => {
            let (rows, exceptions) = (ledger.sync_health(unit), ledger.exceptions(unit));
            (Rows::Sync { rows, exceptions }, None)
        }
        _ => {
            let words = "the ledgers are requests, coverage, households, diary and sync";
            return Err(Problem::new(ProblemKind::NotFound, words));
        }
    };
    let caught_up = office.books.reached().at_end;
    Ok(Shown {
        view: view.to_owned(),
        unit,
        as_of,
        cut: ledger.cut(),
        caught_up,
        confirmed,
        pending: pending(&bulletin, ledger, caught_up, kind)?,
    })
}

/// What the rows of one sort would be if what is pending here were received now.
fn pending(bulletin: &Bulletin, ledger: &Ledger, caught_up: bool, kind: Option<SubjectKind>) -> Result<Value, Problem> {
    let entries = uncounted(bulletin, ledger, caught_up)?;
    let overlay: Vec<Pending<'_>> = entries.iter().map(PendingEntry::over).collect();
    let seen = ledger.with_pending(&overlay);
    let rows = seen
        .rows
        .iter()
        .filter(|(key, _)| kind.is_none_or(|kind| key.kind == kind));
    let rows: Vec<Value> = rows.map(|(key, row)| json!({ "entity": key.id, "row": row })).collect();
    let effects = entries
        .iter()
        .zip(&seen.effects)
        .map(|(entry, effect)| json!({ "origin": entry.origin, "sequence": entry.sequence, "effect": effect }));
    Ok(json!({
        "entries": bulletin.pending,
        "shown": entries.len(),
        "rows": rows,
        "effects": effects.collect::<Vec<_>>(),
    }))
}

/// An entry that the ledger has not counted.
pub(crate) struct PendingEntry {
    pub(crate) origin: event::Origin,
    pub(crate) sequence: event::Sequence,
    entry: LogEntry,
}

impl PendingEntry {
    pub(crate) fn over(&self) -> Pending<'_> {
        Pending {
            bytes: &self.entry.bytes,
            origin: self.origin,
            sequence: self.sequence,
            author: Author::Village,
        }
    }
}

/// Own entries that are not in the ledger: those without a receipt, and those whose receipt has not
/// come by with a page yet. At most [`OVERLAY_MAX`], oldest first.
pub(crate) fn uncounted(bulletin: &Bulletin, ledger: &Ledger, caught_up: bool) -> Result<Vec<PendingEntry>, Problem> {
    let mut found = Vec::new();
    for own in bulletin.own.iter().filter(|own| !own.closed) {
        let from = first_uncounted(own, ledger, caught_up);
        let room = OVERLAY_MAX.saturating_sub(found.len());
        let first = event::Sequence::after_size(from);
        let entries = bulletin.log.read(own.origin.into(), first, room, usize::MAX);
        let entries = entries.map_err(|error| Problem::new(ProblemKind::StoreUnavailable, error.to_string()))?;
        found.extend((from..).zip(entries).map(|(at, entry)| PendingEntry {
            origin: own.origin,
            sequence: event::Sequence::after_size(at),
            entry,
        }));
    }
    Ok(found)
}

fn first_uncounted(own: &OwnLog, ledger: &Ledger, caught_up: bool) -> u64 {
    let mut from = own.received;
    let floor = own.received.saturating_sub(if caught_up { UNCOUNTED_MAX } else { 0 });
    let counted = |size: u64| {
        let last = event::Sequence::new(size);
        last.is_ok_and(|last| ledger.effect_at(own.origin, last).is_some())
    };
    while from > floor && !counted(from) {
        from -= 1;
    }
    from
}

/// The digests of every view at the cut: two parties compare where cut and rule version are equal.
pub(crate) fn digests(office: &Office, question: &Question) -> Value {
    let unit = office.bulletin.borrow().unit;
    let follower = office.books.follower();
    let ledger = follower.ledger();
    let views = View::ALL.into_iter().map(|view| {
        let live = ledger.live_digest(view, unit).to_string();
        let root = question.roots.then(|| ledger.root(view, unit));
        (view.key().to_owned(), json!({ "live": live, "root": root }))
    });
    let views: serde_json::Map<String, Value> = views.collect();
    let health = ledger.sync_health(unit);
    let scope = health.iter().map(|row| row.last_position).max();
    json!({
        "cut": ledger.cut(),
        "units": [{ "unit": unit, "scope_position": scope, "views": views }],
    })
}
