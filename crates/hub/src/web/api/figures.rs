//! The ledgers: as of a day, and as known at an instant.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

use axum::Json;
use axum::extract::State;
use event::{Day, UnitCode};
use ledger::{CoverageRow, DiaryRow, HouseholdRow, Ledger, Period, Query, RequestRow};
use link::{Problem, ProblemKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rows::{CoverageShown, DiaryShown, HouseholdShown, RequestShown};
use super::shown::{CutShown, ProblemShown};
use super::{Answer, Asked, Caller, Site, page_of};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AskLedger {
    /// The village.
    #[param(value_type = String, example = "990000103001")]
    unit: UnitCode,
    /// The day that "today" means: ages and overdue days go by it.
    #[param(value_type = String, format = Date, example = "2026-09-30")]
    as_of: Day,
    /// "As known then": only what the township had received by this instant, in milliseconds.
    #[param(example = 4102444800000_u64)]
    known_at: Option<u64>,
    /// "As of then": only what had happened by the end of this day. Corrections always apply.
    #[param(value_type = Option<String>, format = Date, example = "2026-09-30")]
    occurred_until: Option<Day>,
    /// Only those behind this one: what `next` of the page before said.
    #[param(example = "0")]
    after: Option<String>,
    /// Rows of this page, from 1 to 500; 100 where it is absent.
    #[param(minimum = 1, maximum = 500, example = 50)]
    limit: Option<usize>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AskCoverage {
    /// Only this village.
    #[param(value_type = Option<String>, example = "990000103001")]
    unit: Option<UnitCode>,
    /// First day of the period.
    #[param(value_type = String, format = Date, example = "2026-07-01")]
    from: Day,
    /// Last day of the period.
    #[param(value_type = String, format = Date, example = "2026-09-30")]
    to: Day,
    /// "As known then": only what the township had received by this instant, in milliseconds.
    #[param(example = 4102444800000_u64)]
    known_at: Option<u64>,
    /// "As of then": only what had happened by the end of this day. Corrections always apply.
    #[param(value_type = Option<String>, format = Date, example = "2026-09-30")]
    occurred_until: Option<Day>,
}

impl AskLedger {
    const fn query(&self) -> Query {
        Query {
            as_of: self.as_of,
            known_at_ms: self.known_at,
            occurred_until: self.occurred_until,
        }
    }

    fn page<T>(
        self,
        ledger: &Ledger,
        rows: Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Result<(CutShown, Vec<T>, Option<String>), Problem> {
        let (rows, next) = page_of(rows, key, self.after.as_deref(), self.limit)?;
        Ok((CutShown::of(ledger, Some(self.unit)), rows, next))
    }
}

/// Coverage of a period.
#[derive(Serialize, ToSchema)]
pub(super) struct Coverage {
    cut: CutShown,
    /// One row for each village that has households, by code.
    #[schema(value_type = Vec<CoverageShown>)]
    rows: Vec<CoverageRow>,
}

/// A page of the ledger of requests, by identifier.
#[derive(Serialize, ToSchema)]
pub(super) struct RequestLedger {
    cut: CutShown,
    #[schema(value_type = Vec<RequestShown>)]
    rows: Vec<RequestRow>,
    /// What to ask `after` for the next page; null at the end.
    next: Option<String>,
}

/// A page of the ledger of households, by identifier.
#[derive(Serialize, ToSchema)]
pub(super) struct HouseholdLedger {
    cut: CutShown,
    #[schema(value_type = Vec<HouseholdShown>)]
    rows: Vec<HouseholdRow>,
    /// What to ask `after` for the next page; null at the end.
    next: Option<String>,
}

/// A page of the diary, by cadre and day.
#[derive(Serialize, ToSchema)]
pub(super) struct DiaryLedger {
    cut: CutShown,
    #[schema(value_type = Vec<DiaryShown>)]
    rows: Vec<DiaryRow>,
    /// What to ask `after` for the next page; null at the end.
    next: Option<String>,
}

/// Coverage: households met, of those on the books in a period
#[utoipa::path(
    get,
    path = "/api/v1/ledgers/coverage",
    tag = "ledgers",
    params(AskCoverage),
    responses(
        (status = 200, description = "One row for each village", body = Coverage),
        (status = 400, description = "A field that is missing, not known, or not such a value", body = ProblemShown, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemShown, content_type = "application/problem+json"),
    )
)]
pub(super) async fn coverage(_: Caller, State(web): Site, Asked(asked): Asked<AskCoverage>) -> Answer<Coverage> {
    if asked.from > asked.to {
        return Err(Problem::new(ProblemKind::Malformed, "`from` comes after `to`"));
    }
    let period = Period {
        from: asked.from,
        to: asked.to,
    };
    let query = Query {
        as_of: asked.to,
        known_at_ms: asked.known_at,
        occurred_until: asked.occurred_until,
    };
    let answer = web.ledgers(move |ledger| {
        Ok(Coverage {
            cut: CutShown::of(ledger, asked.unit),
            rows: match asked.unit {
                Some(unit) => vec![ledger.coverage(unit, period, query)],
                None => ledger.coverages(period, query).into_values().collect(),
            },
        })
    });
    Ok(Json(answer.await?))
}

/// The ledger of requests of one village
#[utoipa::path(
    get,
    path = "/api/v1/ledgers/requests",
    tag = "ledgers",
    params(AskLedger),
    responses(
        (status = 200, description = "A page of rows", body = RequestLedger),
        (status = 400, description = "A field that is missing, not known, or not such a value", body = ProblemShown, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemShown, content_type = "application/problem+json"),
    )
)]
pub(super) async fn request_rows(_: Caller, State(web): Site, Asked(asked): Asked<AskLedger>) -> Answer<RequestLedger> {
    let answer = web.ledgers(move |ledger| {
        let rows = ledger.requests(asked.unit, asked.query());
        let (cut, rows, next) = asked.page(ledger, rows, |row| row.request.request.to_string())?;
        Ok(RequestLedger { cut, rows, next })
    });
    Ok(Json(answer.await?))
}

/// The ledger of households of one village
#[utoipa::path(
    get,
    path = "/api/v1/ledgers/households",
    tag = "ledgers",
    params(AskLedger),
    responses(
        (status = 200, description = "A page of rows", body = HouseholdLedger),
        (status = 400, description = "A field that is missing, not known, or not such a value", body = ProblemShown, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemShown, content_type = "application/problem+json"),
    )
)]
pub(super) async fn households(_: Caller, State(web): Site, Asked(asked): Asked<AskLedger>) -> Answer<HouseholdLedger> {
    let answer = web.ledgers(move |ledger| {
        let rows = ledger.households(asked.unit, asked.query());
        let (cut, rows, next) = asked.page(ledger, rows, |row| row.household.to_string())?;
        Ok(HouseholdLedger { cut, rows, next })
    });
    Ok(Json(answer.await?))
}

/// The diary of one village
#[utoipa::path(
    get,
    path = "/api/v1/ledgers/diary",
    tag = "ledgers",
    params(AskLedger),
    responses(
        (status = 200, description = "A page of rows", body = DiaryLedger),
        (status = 400, description = "A field that is missing, not known, or not such a value", body = ProblemShown, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemShown, content_type = "application/problem+json"),
    )
)]
pub(super) async fn diary(_: Caller, State(web): Site, Asked(asked): Asked<AskLedger>) -> Answer<DiaryLedger> {
    let answer = web.ledgers(move |ledger| {
        let rows = ledger.diary(asked.unit, asked.query());
        let key = |row: &DiaryRow| format!("{}.{}", row.entry.cadre, row.entry.day);
        let (cut, rows, next) = asked.page(ledger, rows, key)?;
        Ok(DiaryLedger { cut, rows, next })
    });
    Ok(Json(answer.await?))
}
