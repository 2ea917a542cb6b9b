//! Requests, the entries behind each, and the entries that do not count.
#![allow(unused_qualifications, reason = "utoipa's macro writes them")]

use axum::Json;
use axum::extract::{Path, State};
use event::{Day, EntityId, Subject, UnitCode};
use ledger::{Exception, Query, RequestRow, State as Stage, Step};
use link::{Problem, ProblemKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rows::{RequestShown, StepShown, UncountedShown};
use super::shown::{CutShown, ProblemShown};
use super::{Answer, Asked, Caller, Site, in_path, page_of};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AskRequests {
    /// Only those of this unit.
    #[param(value_type = Option<String>, example = "990000103001")]
    unit: Option<UnitCode>,
    /// Only those that stand here: `open` for all that are not closed, or a state.
    #[param(example = "open")]
    stage: Option<String>,
    /// The day that ages go by; today where it is absent.
    #[param(value_type = Option<String>, format = Date, example = "2026-09-30")]
    as_of: Option<Day>,
    /// Only those behind this one: what `next` of the page before said.
    #[param(example = "00000000000000000000000000")]
    after: Option<String>,
    /// Rows of this page, from 1 to 500; 100 where it is absent.
    #[param(minimum = 1, maximum = 500, example = 50)]
    limit: Option<usize>,
}

/// A page of requests, by identifier.
#[derive(Serialize, ToSchema)]
pub(super) struct Requests {
    cut: CutShown,
    /// The day that ages go by.
    #[schema(value_type = String, format = Date)]
    as_of: Day,
    #[schema(value_type = Vec<RequestShown>)]
    rows: Vec<RequestRow>,
    /// What to ask `after` for the next page; null at the end.
    next: Option<String>,
}

/// One request.
#[derive(Serialize, ToSchema)]
pub(super) struct OneRequest {
    cut: CutShown,
    /// The day that ages go by.
    #[schema(value_type = String, format = Date)]
    as_of: Day,
    #[schema(value_type = RequestShown)]
    request: RequestRow,
}

/// The entries behind one request, in the order of its story.
#[derive(Serialize, ToSchema)]
pub(super) struct Entries {
    cut: CutShown,
    #[schema(value_type = Vec<StepShown>)]
    entries: Vec<Step>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AskUncounted {
    /// Only those behind this one: what `next` of the page before said.
    #[param(example = "0")]
    after: Option<String>,
    /// Rows of this page, from 1 to 500; 100 where it is absent.
    #[param(minimum = 1, maximum = 500, example = 50)]
    limit: Option<usize>,
}

/// A page of entries that do not count, by log and place.
#[derive(Serialize, ToSchema)]
pub(super) struct Uncounted {
    cut: CutShown,
    #[schema(value_type = Vec<UncountedShown>)]
    entries: Vec<Exception>,
    /// What to ask `after` for the next page; null at the end.
    next: Option<String>,
}

/// Which stages are wanted.
fn wanted(stage: Option<&str>) -> Result<impl Fn(Stage) -> bool + use<>, Problem> {
    let all = ["open"].into_iter().chain(Stage::ALL.map(Stage::key));
    let known = stage.is_none_or(|stage| all.clone().any(|word| word == stage));
    if !known {
        let words = format!("stage: one of {}", all.collect::<Vec<_>>().join(", "));
        return Err(Problem::new(ProblemKind::Malformed, words));
    }
    let stage = stage.map(str::to_owned);
    Ok(move |state: Stage| match stage.as_deref() {
        None => true,
        Some("open") => state != Stage::Closed,
        Some(word) => state.key() == word,
    })
}

/// Requests of a unit, or of all
#[utoipa::path(
    get,
    path = "/api/v1/requests",
    tag = "requests",
    params(AskRequests),
    responses(
        (status = 200, description = "A page of requests", body = Requests),
        (status = 400, description = "A field that is not known, or not such a value", body = ProblemShown, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemShown, content_type = "application/problem+json"),
    )
)]
pub(super) async fn requests(_: Caller, State(web): Site, Asked(asked): Asked<AskRequests>) -> Answer<Requests> {
    let as_of = asked.as_of.unwrap_or_else(|| web.day_now());
    let wanted = wanted(asked.stage.as_deref())?;
    let answer = web.ledgers(move |ledger| {
        let query = Query::as_of(as_of);
        let units = asked.unit.map_or_else(|| ledger.units().collect(), |unit| vec![unit]);
        let rows = units.into_iter().flat_map(|unit| ledger.requests(unit, query));
        let rows = rows.filter(|row| wanted(row.request.state)).collect();
        let key = |row: &RequestRow| row.request.request.to_string();
        let (rows, next) = page_of(rows, key, asked.after.as_deref(), asked.limit)?;
        Ok(Requests {
            cut: CutShown::of(ledger, asked.unit),
            as_of,
            rows,
            next,
        })
    });
    Ok(Json(answer.await?))
}

fn unknown() -> Problem {
    Problem::new(ProblemKind::NotFound, "no such request is in the ledgers")
}

/// One request, as of today
#[utoipa::path(
    get,
    path = "/api/v1/requests/{id}",
    tag = "requests",
    params(("id" = String, Path, description = "The request", example = "01ARZ3NDEKTSV4RRFFQ69G5FAV")),
    responses(
        (status = 200, description = "The request", body = OneRequest),
        (status = 400, description = "No identifier", body = ProblemShown, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemShown, content_type = "application/problem+json"),
        (status = 404, description = "No such request", body = ProblemShown, content_type = "application/problem+json"),
    )
)]
pub(super) async fn request(_: Caller, State(web): Site, Path(id): Path<String>) -> Answer<OneRequest> {
    let id: EntityId = in_path(&id, "a request's identifier, 26 letters and digits")?;
    let as_of = web.day_now();
    let answer = web.ledgers(move |ledger| {
        let request = ledger.request_row(id, Query::as_of(as_of)).ok_or_else(unknown)?;
        Ok(OneRequest {
            cut: CutShown::of(ledger, Some(request.request.unit)),
            as_of,
            request,
        })
    });
    Ok(Json(answer.await?))
}

/// The entries behind one request, each with its receipt and its effect
#[utoipa::path(
    get,
    path = "/api/v1/requests/{id}/entries",
    tag = "requests",
    params(("id" = String, Path, description = "The request", example = "01ARZ3NDEKTSV4RRFFQ69G5FAV")),
    responses(
        (status = 200, description = "Its entries, in the order of the story", body = Entries),
        (status = 400, description = "No identifier", body = ProblemShown, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemShown, content_type = "application/problem+json"),
        (status = 404, description = "No entry is about such a request", body = ProblemShown, content_type = "application/problem+json"),
    )
)]
pub(super) async fn entries(_: Caller, State(web): Site, Path(id): Path<String>) -> Answer<Entries> {
    let id: EntityId = in_path(&id, "a request's identifier, 26 letters and digits")?;
    let answer = web.ledgers(move |ledger| {
        let entries = ledger.story(Subject::request(id));
        if entries.is_empty() {
            return Err(unknown());
        }
        let unit = ledger.request_row(id, Query::as_of(Day(0)));
        Ok(Entries {
            cut: CutShown::of(ledger, unit.map(|row| row.request.unit)),
            entries,
        })
    });
    Ok(Json(answer.await?))
}

/// The entries of a village that were received and do not count, each with the reason
#[utoipa::path(
    get,
    path = "/api/v1/villages/{unit}/uncounted",
    tag = "villages",
    params(("unit" = String, Path, description = "Code of the village, twelve digits", example = "990000103001"), AskUncounted),
    responses(
        (status = 200, description = "A page of entries", body = Uncounted),
        (status = 400, description = "No code", body = ProblemShown, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemShown, content_type = "application/problem+json"),
    )
)]
pub(super) async fn uncounted(
    _: Caller,
    State(web): Site,
    Path(unit): Path<String>,
    Asked(asked): Asked<AskUncounted>,
) -> Answer<Uncounted> {
    let unit: UnitCode = in_path(&unit, "the twelve digits of a unit's code")?;
    let answer = web.ledgers(move |ledger| {
        // Leading noughts, so that the order of the text is the order of the places.
        let key = |one: &Exception| format!("{}.{:020}", one.origin, one.sequence.get());
        let (entries, next) = page_of(ledger.exceptions(unit), key, asked.after.as_deref(), asked.limit)?;
        Ok(Uncounted {
            cut: CutShown::of(ledger, Some(unit)),
            entries,
            next,
        })
    });
    Ok(Json(answer.await?))
}
