//! The ledgers at the township's desk: figures at a cut, what changed and why, and the entries behind every figure.

mod behind;
mod entry;
mod names;
mod show;
mod summary;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use event::Day;
use link::{Problem, ProblemKind};
use pages::Visitor;
use screen::office::{Frame, Here};
use screen::township::ledgers::{Asked, Ledger, Wait, index, refused, waiting};

use super::Web;
use crate::Refusal;
use crate::answers::{Answer, Found, Question, Typed, file_name, sheet, work_out};
use names::Names;

/// Rows of a table on one page.
const PAGE_ROWS: usize = 100;
/// The end of an address under which a ledger is a file.
const CSV: &str = ".csv";

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/ledgers", get(choose))
        .route("/ledgers/{which}", get(ledger))
        .route("/entries", get(behind::show))
        .route("/entry/{origin}/{sequence}", get(entry::show))
}

impl Web {
    /// Today in the office.
    fn today(&self, frame: &Frame) -> Day {
        Day::of_instant(frame.now_ms)
    }

    /// The answer to a question: a quick one at once, others as far as they have come.
    async fn answer(&self, question: Question, now_ms: i64) -> Result<Found, Problem> {
        if !question.is_quick() {
            return Ok(self.office.reading.ask(&self.office, question).await);
        }
        let views = self.office.views.clone();
        let answer = self.office.read(crate::admin::TOWNSHIP, move |desk| {
            work_out(&views, desk, &question, now_ms).map_err(Refusal::Store)
        });
        Ok(Found::Here(std::sync::Arc::new(answer.await?)))
    }
}

/// Which page of `rows`, from 1, how many there are, and where it begins.
fn page_of(asked: Option<u64>, rows: usize) -> (u64, u64, usize) {
    let pages = rows.div_ceil(PAGE_ROWS).max(1);
    let page = usize::try_from(asked.unwrap_or(1))
        .unwrap_or(usize::MAX)
        .clamp(1, pages);
    (page as u64, pages as u64, (page - 1) * PAGE_ROWS)
}

async fn choose(State(web): State<Web>, visitor: Visitor) -> Response {
    let frame = visitor.frame(&web, Here::Ledgers, "/ledgers");
    let names = Names::of(&web);
    match Typed::default().read(Ledger::Coverage, web.today(&frame), names.villages(&web)) {
        Ok((_, asked)) => Html(index(&frame, &asked)).into_response(),
        Err(asked) => Html(index(&frame, &asked)).into_response(),
    }
}

/// What stands while there is no answer yet, or none at all.
fn not_yet(frame: &Frame, asked: &Asked, address: &str, wait: Wait) -> Response {
    let status = match wait {
        Wait::Working => StatusCode::OK,
        Wait::Busy | Wait::Failed => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Html(waiting(frame, asked, address, wait))).into_response()
}

/// The answer, or the page that says why there is none.
fn here(found: Found, frame: &Frame, asked: &Asked, address: &str) -> Result<std::sync::Arc<Answer>, Box<Response>> {
    let wait = match found {
        Found::Here(answer) => return Ok(answer),
        Found::Working => Wait::Working,
        Found::Busy => Wait::Busy,
        Found::Failed => Wait::Failed,
    };
    Err(Box::new(not_yet(frame, asked, address, wait)))
}

async fn ledger(
    State(web): State<Web>,
    visitor: Visitor,
    Path(which): Path<String>,
    Query(typed): Query<Typed>,
) -> Response {
    let (key, is_file) = which.strip_suffix(CSV).map_or((&*which, false), |key| (key, true));
    let Some(which) = Ledger::from_key(key) else {
        return visitor.trouble(&web, &Problem::new(ProblemKind::NotFound, ""));
    };
    let names = Names::of(&web);
    let mut frame = visitor.frame(&web, Here::Ledgers, "/ledgers");
    let (question, asked) = match typed.read(which, web.today(&frame), names.villages(&web)) {
        Ok(read) => read,
        Err(asked) => return (StatusCode::BAD_REQUEST, Html(refused(&frame, &asked))).into_response(),
    };
    frame.back = asked.address();
    let found = match web.answer(question.clone(), frame.now_ms).await {
        Ok(found) => found,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    let address = if is_file { asked.csv() } else { asked.address() };
    let answer = match here(found, &frame, &asked, &address) {
        Ok(answer) => answer,
        Err(response) => return *response,
    };
    if is_file {
        return file(&web, &visitor, &question, &answer, &names);
    }
    Html(show::page(&frame, asked, &answer, &names, typed.page)).into_response()
}

fn file(web: &Web, visitor: &Visitor, question: &Question, answer: &Answer, names: &Names) -> Response {
    let w = visitor.words();
    match sheet(question, answer, &names.units, w) {
        Ok(bytes) => {
            let name = file_name(question, answer, w);
            let plain = format!("{}-{}.csv", question.ledger.key(), question.quarter.key());
            let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", percent(&name));
            let head = [
                (
                    header::CONTENT_TYPE,
                    "text/csv; charset=utf-8; header=present".to_owned(),
                ),
                (header::CONTENT_DISPOSITION, disposition),
            ];
            (head, bytes).into_response()
        }
        Err(error) => visitor.trouble(web, &Problem::new(ProblemKind::Internal, error.to_string())),
    }
}

/// A name as RFC 5987 writes it.
fn percent(name: &str) -> String {
    let bytes = name.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_beyond_the_end_is_the_last_one() {
        assert_eq!(page_of(None, 0), (1, 1, 0));
        assert_eq!(page_of(Some(2), 101), (2, 2, 100));
        assert_eq!(page_of(Some(u64::MAX), 200), (2, 2, 100));
        assert_eq!(page_of(Some(0), 100), (1, 1, 0));
    }

    #[test]
    fn a_file_name_survives_any_header() {
        assert_eq!(percent("台账\"\r\n.csv"), "%E5%8F%B0%E8%B4%A6%22%0D%0A.csv");
    }
}
