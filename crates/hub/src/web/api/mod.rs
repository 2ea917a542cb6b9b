//! `/api/v1/…`: what the pages show, as JSON, under the same sessions, checks and bounds; `/api/v1/openapi.json`: the
//! description of it, made from the handlers themselves; `/api`: that description to be read and tried.
//!
//! Every answer names its cut, and the digests of the ledgers at that cut. Nothing is written here.

mod document;
mod figures;
mod page;
mod requests;
mod rows;
mod shown;
mod villages;

use accounts::{Act, may};
use axum::Json;
use axum::Router;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use event::Day;
use ledger::Ledger;
use link::{Problem, ProblemKind};
use pages::Visitor;
use screen::Words;
use serde::de::DeserializeOwned;

use super::Web;
use crate::admin::TOWNSHIP;

pub(super) use document::document;

/// Rows of one answer where nothing else is asked.
const ROWS_USUAL: usize = 100;
/// Most rows of one answer.
const ROWS_MAX: usize = 500;

/// The routes: those of the document, the document, and its page.
pub(super) fn routes() -> Router<Web> {
    let (described, _) = document::described().split_for_parts();
    described
        .route("/api/v1/openapi.json", get(description))
        .route("/api/v1/{*rest}", get(nowhere))
        .route("/api", get(page::show))
}

async fn description(_: Caller) -> Response {
    Json(document()).into_response()
}

async fn nowhere(_: Caller) -> Problem {
    Problem::new(ProblemKind::NotFound, "no such operation; /api lists them all")
}

/// Somebody who is signed in and may look: else a problem document, and never a page.
struct Caller(Visitor);

impl Caller {
    const fn words(&self) -> Words {
        self.0.words()
    }
}

impl FromRequestParts<Web> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let visitor = match Visitor::from_request_parts(parts, web).await {
            Ok(visitor) => visitor,
            Err(answer) if answer.status() == StatusCode::SERVICE_UNAVAILABLE => {
                return Err(Problem::new(
                    ProblemKind::StoreUnavailable,
                    "the accounts cannot be read",
                ));
            }
            Err(_) => {
                let words = "sign in at /sign-in and send the cookie that it gives";
                return Err(Problem::new(ProblemKind::Unauthenticated, words));
            }
        };
        if may(&visitor.signed.account, Act::Look) {
            Ok(Self(visitor))
        } else {
            Err(Problem::new(ProblemKind::Forbidden, "this account may not look"))
        }
    }
}

/// What stands in the address behind the question mark: fields that are known, and nothing else.
struct Asked<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(refusal) => Err(Problem::new(ProblemKind::Malformed, refusal.body_text())),
        }
    }
}

/// What stands in the path.
fn in_path<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, Problem> {
    let wrong = |_| Problem::new(ProblemKind::Malformed, format!("the address needs {what}"));
    text.parse().map_err(wrong)
}

impl Web {
    /// Asks the ledgers, a few questions at once, on a thread that may block.
    async fn ledgers<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Ledger) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let views = self.office.views.clone();
        self.office
            .read(TOWNSHIP, move |_| views.with_ledger(|ledger| ask(ledger)))
            .await
    }

    fn day_now(&self) -> Day {
        Day::of_instant(crate::villages::signed(super::now_ms(self)))
    }
}

/// A part of the rows, in the order of their keys, and the key to go on after.
fn page_of<T>(
    rows: Vec<T>,
    key: impl Fn(&T) -> String,
    after: Option<&str>,
    limit: Option<usize>,
) -> Result<(Vec<T>, Option<String>), Problem> {
    let limit = limit.unwrap_or(ROWS_USUAL);
    if !(1..=ROWS_MAX).contains(&limit) {
        let words = format!("limit: from 1 to {ROWS_MAX}");
        return Err(Problem::new(ProblemKind::Malformed, words));
    }
    let mut keyed: Vec<(String, T)> = rows.into_iter().map(|row| (key(&row), row)).collect();
    keyed.retain(|(key, _)| after.is_none_or(|after| key.as_str() > after));
    keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
    let next = (keyed.len() > limit).then(|| keyed[limit - 1].0.clone());
    keyed.truncate(limit);
    Ok((keyed.into_iter().map(|(_, row)| row).collect(), next))
}

/// Answers in JSON, or the problem.
type Answer<T> = Result<Json<T>, Problem>;

/// The web's state, for handlers.
type Site = State<Web>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another_without_a_gap_or_a_repeat_whatever_the_order_given() {
        let rows = || vec![3_u32, 1, 5, 2, 4];
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = page_of(rows(), u32::to_string, after.as_deref(), Some(2)).unwrap();
            seen.extend(page.0);
            after = page.1;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
        assert_eq!(page_of(rows(), u32::to_string, None, Some(5)).unwrap().1, None);
        for limit in [0, ROWS_MAX + 1] {
            let refused = page_of(rows(), u32::to_string, None, Some(limit)).unwrap_err();
            assert_eq!(refused.kind(), Some(ProblemKind::Malformed));
        }
    }
}
