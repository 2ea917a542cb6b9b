//! `GET /request/{id}`: one request of the village, its course, and what can be done now. The ledger's guards are asked.

use axum::extract::{Path, Query as UrlQuery, State};
use axum::response::{Html, IntoResponse as _, Response};
use event::{ClosingKind, Day, EntityId, PersonId, Subject, UnitCode};
use ledger::{Author, Conflict, Move, Query, Request, RequestRow, Speaker, View};
use link::{Problem, ProblemKind};
use pages::Visitor;
use screen::Words;
use screen::office::{
    Can, Here, Matter, RequestLink, Requests, WhyNot, matter as matter_page, requests as requests_page,
};

use super::Web;
use super::desk::cut;
use super::directory::Directory;
use super::foreseen::Foreseen;
use super::lines::Lines;
use super::reading::{Saved, story};
use super::today::{open_lines, request_line};

/// How much of a request's wording names it elsewhere, in characters.
const NAME_CHARS: usize = 16;

/// The steps that the page speaks of, by their names in addresses. The last three are the township's.
const STEPS: [&str; 7] = [
    "accept",
    "assign",
    "progress",
    "reply",
    "follow_up",
    "reassign",
    "close",
];

/// The step of this name, as somebody of this village would state it.
pub(super) fn move_of(step: &str, unit: UnitCode) -> Option<Move> {
    Some(match step {
        "accept" => Move::Accept,
        "assign" => Move::Assign(unit),
        "progress" => Move::Progress,
        "reply" => Move::Reply,
        "follow_up" => Move::FollowUp,
        "reassign" => Move::Reassign,
        "close" => Move::Close(ClosingKind::Satisfied),
        _ => return None,
    })
}

/// Asks the ledger whether somebody of this village may make a step.
pub(super) fn may(row: &Request, step: Move, unit: UnitCode, person: PersonId) -> Result<(), Conflict> {
    let by = Speaker {
        author: Author::Village,
        unit,
        people: &[person],
    };
    row.may(step, &by).map_err(|refusal| refusal.conflict)
}

/// A request as other pages name it.
pub(super) fn link_to(row: &RequestRow, directory: &Directory, w: Words) -> RequestLink {
    let request = row.request.request;
    let wording = directory.wording(request).lines().next().unwrap_or_default();
    let short: String = wording.chars().take(NAME_CHARS).collect();
    RequestLink {
        request: request.to_string(),
        address: format!("/request/{request}"),
        title: if short.is_empty() {
            w.value(row.request.kind.key())
        } else {
            short
        },
    }
}

impl Web {
    /// What is said where there is no such request: while the ledgers catch up nobody knows.
    pub(super) fn gone(&self, w: Words) -> Problem {
        if self.office.books.reached().at_end {
            Problem::new(ProblemKind::NotFound, w.request_gone())
        } else {
            Problem::new(ProblemKind::Busy, w.books_behind())
        }
    }
}

pub(super) async fn show(
    State(web): State<Web>,
    visitor: Visitor,
    Path(id): Path<String>,
    UrlQuery(saved): UrlQuery<Saved>,
) -> Response {
    let frame = visitor.frame(&web, Here::Requests, &format!("/request/{id}"));
    let (w, day) = (visitor.words(), web.office.today());
    let person = visitor.signed.account.person;
    let page = web.look(move |web, bulletin, ledger, directory| {
        let gone = || web.gone(w);
        let id: EntityId = id.parse().map_err(|_| gone())?;
        let foreseen = Foreseen::new(web, bulletin, ledger)?;
        let (row, pending) = foreseen.request(ledger, id, day).ok_or_else(gone)?;
        if row.request.unit != bulletin.unit {
            return Err(gone());
        }
        let mut lines = Lines::new(web, bulletin, ledger, directory, w)?;
        let (mut course, course_in_all) = story(web, &mut lines, w, &[Subject::request(id)])?;
        // What each step is about stands above them all.
        course.iter_mut().for_each(|step| step.line.about = None);
        let mut page = drawn(&row, &lines, directory, day);
        page.pending = pending;
        page.not_counted = course
            .iter()
            .map(|step| &step.line)
            .filter(|line| line.effect.as_ref().is_some_and(|effect| effect.word != "counted"))
            .cloned()
            .collect();
        page.course = course;
        page.course_in_all = course_in_all;
        page.can = can(&row.request, bulletin.unit, person);
        page.cut = cut(w, ledger, bulletin.unit, View::Requests);
        page.saved = saved.saved.map(|word| word == "known");
        Ok(page)
    });
    match page.await {
        Ok(page) => Html(matter_page(&frame, &page)).into_response(),
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

/// Every step with the ledger's verdict.
fn can(row: &Request, unit: UnitCode, person: PersonId) -> Vec<Can> {
    let steps = STEPS.into_iter().filter_map(|step| {
        let why_not = match may(row, move_of(step, unit)?, unit, person) {
            Ok(()) => None,
            Err(Conflict::HubOnly) => Some(WhyNot::Township),
            Err(_) => Some(WhyNot::State),
        };
        Some(Can { step, why_not })
    });
    // What can be done stands first.
    let mut steps: Vec<Can> = steps.collect();
    steps.sort_by_key(|can| can.why_not.is_some());
    steps
}

fn drawn(row: &RequestRow, lines: &Lines<'_>, directory: &Directory, today: Day) -> Matter {
    let request = &row.request;
    let line = request_line(row, directory);
    let since = request.accepted_on.unwrap_or(request.registered_on);
    let until = request.closed_on.unwrap_or(today);
    let age = (i64::from(until.0) - i64::from(since.0)).max(0);
    let handler = request.handler.map(|person| {
        let elsewhere = request.handling_unit.filter(|unit| *unit != lines.bulletin.unit);
        (elsewhere.map(|unit| unit.to_string()), lines.name(person))
    });
    Matter {
        request: request.request.to_string(),
        text: line.text,
        sort: [
            request.channel.key().to_owned(),
            request.kind.key().to_owned(),
            request.urgency.key().to_owned(),
        ],
        people: request.people,
        household: line.household,
        state: line.state,
        round: request.round,
        handler,
        registered_on: Some(request.registered_on),
        accepted_on: request.accepted_on,
        due: line.due,
        overdue_days: row.overdue_days,
        replied: request
            .replied_on
            .zip(request.outcome)
            .map(|(day, outcome)| (day, outcome.key().to_owned())),
        closed: request
            .closed_on
            .zip(request.closing)
            .map(|(day, closing)| (day, closing.key().to_owned())),
        age_days: u32::try_from(age).unwrap_or(u32::MAX),
        ..Matter::default()
    }
}

pub(super) async fn list(State(web): State<Web>, visitor: Visitor) -> Response {
    let frame = visitor.frame(&web, Here::Requests, "/requests");
    let (w, day) = (visitor.words(), web.office.today());
    let page = web.look(move |web, bulletin, ledger, directory| {
        let rows = ledger.requests(bulletin.unit, Query::as_of(day));
        let waiting = Foreseen::new(web, bulletin, ledger)?.waiting(day);
        Ok(Requests {
            open: open_lines(&rows, directory),
            waiting: waiting.iter().map(|row| request_line(row, directory)).collect(),
            cut: cut(w, ledger, bulletin.unit, View::Requests),
        })
    });
    match page.await {
        Ok(page) => Html(requests_page(&frame, &page)).into_response(),
        Err(problem) => visitor.trouble(&web, &problem),
    }
}
