//! `GET /`: today.

use axum::extract::{Query as UrlQuery, State};
use axum::response::{Html, IntoResponse as _, Response};
use event::{Day, Kind, Sequence, Subject};
use ledger::{Ledger, Query, RequestRow, View};
use link::{Problem, ProblemKind};
use pages::Visitor;
use screen::Words;
use screen::office::{Coverage, Here, News, RequestLine, Today, today};
use serde::Deserialize;

use super::Web;
use super::covered::{due, this_quarter};
use super::desk::{cut, signed};
use super::directory::Directory;
use super::lines::Lines;

/// Most pieces of news.
const NEWS_MAX: usize = 8;
/// News are as old as this at most, in days.
const NEWS_DAYS: i32 = 14;
/// Most open requests on this page; the others stand on their own page.
const OPEN_MAX: usize = 10;
/// Most households that were not met yet on this page; all of them stand under the ledgers.
const DUE_MAX: usize = 8;
/// Most entries that were just recorded.
const JUST_MAX: u64 = 6;
/// Most uncounted entries on this page; all of them stand under delivery.
const UNCOUNTED_MAX: usize = 5;

/// What the address of the page says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coming {
    /// A form was left just now, and is kept.
    kept: Option<String>,
    /// `new` or `known`: something that has no page of its own was saved just now.
    saved: Option<String>,
}

pub(super) async fn show(State(web): State<Web>, visitor: Visitor, UrlQuery(coming): UrlQuery<Coming>) -> Response {
    let frame = visitor.frame(&web, Here::Today, "/");
    let w = visitor.words();
    let day = web.office.today();
    let page = web.look(move |web, bulletin, ledger, directory| {
        let mut lines = Lines::new(web, bulletin, ledger, directory, w)?;
        let query = Query::as_of(day);
        let requests = ledger.requests(bulletin.unit, query);
        let open = open_lines(&requests, directory);
        let mut page = Today {
            news: news(ledger, &requests, directory, w, day),
            open_in_all: open.len(),
            open: open.into_iter().take(OPEN_MAX).collect(),
            cut: cut(w, ledger, bulletin.unit, View::Households),
            ..Today::default()
        };
        if let Some(period) = this_quarter(day) {
            let row = ledger.coverage(bulletin.unit, period, query);
            page.coverage = Coverage {
                met: row.met_at_home,
                of: row.households,
            };
        }
        let caught_up = web.office.books.reached().at_end;
        page.due = due(bulletin, ledger, directory, caught_up, day)?;
        page.due_in_all = page.due.len();
        page.due.truncate(DUE_MAX);
        let mut exceptions = ledger.exceptions(bulletin.unit);
        exceptions.sort_by_key(|one| std::cmp::Reverse(one.position));
        for one in exceptions.iter().take(UNCOUNTED_MAX) {
            if let Some(entry) = lines.read(one.origin, one.sequence)? {
                page.uncounted.push(lines.line(one.origin, one.sequence, &entry));
            }
        }
        if let Some(own) = bulletin.own.last() {
            let size = bulletin.log.head(own.log).size;
            let first = Sequence::after_size(size.saturating_sub(JUST_MAX));
            let count = usize::try_from(JUST_MAX).unwrap_or(usize::MAX);
            let last = bulletin.log.read(own.log, first, count, usize::MAX);
            let last = last.map_err(|error| Problem::new(ProblemKind::StoreUnavailable, error.to_string()))?;
            for (at, entry) in last.iter().enumerate().rev() {
                page.just.push(lines.line(own.origin, first.plus(at as u64), entry));
            }
        }
        Ok(page)
    });
    match page.await {
        Ok(mut page) => {
            page.drafts = web.draft_list(&visitor).await;
            page.saved = coming.saved.map(|word| word == "known");
            page.kept_ms = page
                .drafts
                .lines
                .first()
                .map(|line| line.kept_ms)
                .filter(|_| coming.kept.is_some());
            Html(today(&frame, &page)).into_response()
        }
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

/// A request as a line.
pub(super) fn request_line(row: &RequestRow, directory: &Directory) -> RequestLine {
    let request = &row.request;
    let household = request.household.map(|id| {
        let head = directory
            .person(id)
            .map(|person| person.head.clone())
            .unwrap_or_default();
        (head, format!("/household/{id}"))
    });
    RequestLine {
        address: format!("/request/{}", request.request),
        text: directory.wording(request.request).to_owned(),
        kind: request.kind.key().to_owned(),
        household,
        due: request.due.map(event::When::day),
        overdue_days: row.overdue_days,
        since: request.accepted_on.unwrap_or(request.registered_on),
        open_days: row.open_days,
        round: request.round,
        state: request.state.key().to_owned(),
    }
}

/// Open requests, the first due one first; those without a due day last, the oldest first.
pub(super) fn open_lines(rows: &[RequestRow], directory: &Directory) -> Vec<RequestLine> {
    let open = rows.iter().filter(|row| row.request.state != ledger::State::Closed);
    let mut lines: Vec<RequestLine> = open.map(|row| request_line(row, directory)).collect();
    lines.sort_by_key(|line| (line.due.is_none(), line.due, line.since));
    lines
}

/// What the township wrote about this village's requests of late, newest first.
fn news(ledger: &Ledger, rows: &[RequestRow], directory: &Directory, w: Words, today: Day) -> Vec<News> {
    let since = today.plus(-NEWS_DAYS);
    // A request that was closed before cannot have moved since.
    let fresh = rows
        .iter()
        .filter(|row| row.request.closed_on.is_none_or(|day| day >= since));
    let mut news = Vec::new();
    for row in fresh {
        let request = &row.request;
        let steps = ledger.story(Subject::request(request.request)).into_iter();
        for step in steps.filter(|step| step.by_hub && Day::of_instant(signed(step.received_at_ms)) >= since) {
            let line = request_line(row, directory);
            let about = if line.text.is_empty() {
                w.value(&line.kind)
            } else {
                line.text.chars().take(28).collect()
            };
            news.push(News {
                at_ms: signed(step.received_at_ms),
                kind: Kind(step.kind).to_string(),
                about,
                address: Some(line.address),
                state: Some(line.state),
            });
        }
    }
    news.sort_by_key(|one| std::cmp::Reverse(one.at_ms));
    news.truncate(NEWS_MAX);
    news
}
