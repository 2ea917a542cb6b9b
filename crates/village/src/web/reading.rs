//! Pages that only show: a household, the search, requests, delivery.

use accounts::Act;
use axum::extract::{Path, Query as UrlQuery, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use event::{Day, EntityId, Kind, Sequence, Subject};
use ledger::{HouseholdRow, Ledger, Query, Status, View};
use link::{Problem, ProblemKind};
use pages::{Fields, Visitor};
use screen::Words;
use screen::office::{AmendedTo, Delivery, EvidenceLine, Here, Household, Machine, Story};
use screen::office::{delivery as delivery_page, household as household_page, households};
use serde::Deserialize;

use super::Web;
use super::corrections::{amendments, story_of};
use super::desk::{cut, signed};
use super::directory::{Directory, FOUND_MAX};
use super::foreseen::Foreseen;
use super::lines::Lines;
use super::today::request_line;
use super::which::candidates;
use crate::bulletin::Bulletin;
use crate::slip;

/// Most steps of a household's story on its page, newest first.
const STORY_MAX: usize = 140;
/// Most bytes of texts in it; with both bounds the page stays below 100 kB.
const STORY_BYTES_MAX: usize = 36_000;
/// Most waiting entries that are listed.
const WAITING_MAX: usize = 100;
/// Most received entries that are listed.
const RECEIVED_MAX: u64 = 12;

impl Web {
    /// Looks at the node as it stands, on a thread for that.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Self, &Bulletin, &Ledger, &Directory) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let web = self.clone();
        let looked = self.office.read(move |office| {
            let bulletin = office.bulletin.borrow().clone();
            let mut directory = web.directory.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let followed = directory.follow(&bulletin);
            followed.map_err(|error| Problem::new(ProblemKind::StoreUnavailable, error.to_string()))?;
            let follower = office.books.follower();
            look(&web, &bulletin, follower.ledger(), &directory)
        });
        looked.await
    }
}

pub(super) async fn search_form(State(web): State<Web>, visitor: Visitor) -> Response {
    list(web, visitor, String::new()).await
}

pub(super) async fn search(State(web): State<Web>, visitor: Visitor, fields: Fields) -> Response {
    list(web, visitor, fields.get("q").to_owned()).await
}

async fn list(web: Web, visitor: Visitor, query: String) -> Response {
    let frame = visitor.frame(&web, Here::Households, "/households");
    let (asked, day) = (query.clone(), web.office.today());
    let found = web.look(move |web, bulletin, ledger, directory| {
        if asked.trim().is_empty() {
            return Ok(Vec::new());
        }
        let caught_up = web.office.books.reached().at_end;
        candidates(bulletin, ledger, directory, caught_up, &asked, day)
    });
    match found.await {
        Ok(mut found) => {
            let more = found.len() > FOUND_MAX;
            found.truncate(FOUND_MAX);
            Html(households(&frame, &query, &found, more)).into_response()
        }
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

/// What the address of a household's page says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Saved {
    /// `new` or `known`: something was just saved.
    pub(super) saved: Option<String>,
    /// That was a visit which found that they have moved.
    pub(super) moved: Option<String>,
}

pub(super) async fn household(
    State(web): State<Web>,
    visitor: Visitor,
    Path(id): Path<String>,
    UrlQuery(saved): UrlQuery<Saved>,
) -> Response {
    let frame = visitor.frame(&web, Here::Households, &format!("/household/{id}"));
    let (w, day) = (visitor.words(), web.office.today());
    let page = web.look(move |web, bulletin, ledger, directory| {
        let id: EntityId = id
            .parse()
            .map_err(|_| Problem::new(ProblemKind::NotFound, w.visit_gone()))?;
        let rows = ledger.households(bulletin.unit, Query::as_of(day));
        let row = rows.iter().find(|row| row.household == id);
        let person = directory.person(id);
        if row.is_none() && person.is_none() {
            return Err(Problem::new(ProblemKind::NotFound, w.visit_gone()));
        }
        // What was merged into it, also by way of others, is told on its page.
        let merged_from = merged_into(&rows, id);
        let is_own = |household: EntityId| household == id || merged_from.contains(&household);
        let requests = ledger.requests(bulletin.unit, Query::as_of(day));
        let own: Vec<_> = requests
            .iter()
            .filter(|row| row.request.household.is_some_and(is_own))
            .collect();
        let mut subjects = vec![Subject::household(id)];
        subjects.extend(merged_from.iter().map(|household| Subject::household(*household)));
        subjects.extend(own.iter().map(|row| Subject::request(row.request.request)));
        subjects.extend(directory.pairings().of(id).map(Subject::pairing));
        let mut lines = Lines::new(web, bulletin, ledger, directory, w)?;
        let (story, story_in_all) = story(web, &mut lines, w, &subjects)?;
        let mut request_lines: Vec<_> = own.iter().map(|row| request_line(row, directory)).collect();
        request_lines.sort_by_key(|line| (line.open_days.is_none(), std::cmp::Reverse(line.since)));
        Ok(Household {
            household: id.to_string(),
            head: person.map(|person| person.head.clone()).unwrap_or_default(),
            address: person.map(|person| person.address.clone()).unwrap_or_default(),
            phone: person.map(|person| person.phone.clone()).unwrap_or_default(),
            size: row.and_then(|row| row.size),
            status: row
                .and_then(|row| row.status)
                .map_or_else(String::new, |status| word_of(status).to_owned()),
            last_met: row.and_then(|row| row.last_met_on),
            requests: request_lines,
            story,
            story_in_all,
            cut: cut(w, ledger, bulletin.unit, View::Households),
            saved: saved.saved.map(|word| word == "known"),
            moved: saved.moved.is_some(),
            merged: row.and_then(|row| match row.status {
                Some(Status::Merged(into)) => {
                    let (head, address) = named(into, directory);
                    Some((merged_on(ledger, id), head, address))
                }
                _ => None,
            }),
            merged_from: merged_from
                .iter()
                .map(|household| named(*household, directory))
                .collect(),
            status_ahead: ahead(&Foreseen::new(web, bulletin, ledger)?, id, day, row),
        })
    });
    match page.await {
        Ok(page) => Html(household_page(&frame, &page)).into_response(),
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

/// A household's head, and the page about it.
fn named(household: EntityId, directory: &Directory) -> (String, String) {
    let head = directory.person(household).map(|person| person.head.clone());
    (head.unwrap_or_default(), format!("/household/{household}"))
}

/// Households that were merged into this one, also by way of others. A ring of merges ends where it would begin again.
fn merged_into(rows: &[HouseholdRow], household: EntityId) -> Vec<EntityId> {
    let mut found: Vec<EntityId> = Vec::new();
    let mut into = vec![household];
    while let Some(target) = into.pop() {
        for row in rows.iter().filter(|row| row.status == Some(Status::Merged(target))) {
            if row.household != household && !found.contains(&row.household) {
                found.push(row.household);
                into.push(row.household);
            }
        }
    }
    found
}

/// The day of a household's last change, as its record claims it.
pub(super) fn merged_on(ledger: &Ledger, household: EntityId) -> Day {
    let story = ledger.story(Subject::household(household));
    let mut changes = story
        .iter()
        .rev()
        .filter(|step| Kind(step.kind) == Kind::HOUSEHOLD_CHANGED);
    changes.next().map_or(Day(0), |step| step.occurred.day())
}

/// The status that waiting entries would give a household, where it is another one.
fn ahead(foreseen: &Foreseen, household: EntityId, today: Day, row: Option<&HouseholdRow>) -> Option<String> {
    let turns = &foreseen.household(household)?.turns;
    let turn = turns.iter().rev().find(|turn| turn.from <= today)?;
    let is_other = row.and_then(|row| row.status) != Some(turn.status);
    is_other.then(|| word_of(turn.status).to_owned())
}

pub(super) const fn word_of(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Out => "out",
        Status::Merged(_) => "merged",
        Status::Closed => "off_books",
    }
}

/// The story of several subjects, received and waiting, newest first by the day that it happened; records stand as they
/// were written, with what corrections made of them beside. As much of it as a page takes, and how many steps it has in all.
pub(super) fn story(
    web: &Web,
    lines: &mut Lines<'_>,
    w: Words,
    subjects: &[Subject],
) -> Result<(Vec<Story>, usize), Problem> {
    let told = story_of(web, lines, subjects)?;
    let (standing, mut amended) = amendments(lines, w, &told);
    let mut story = Vec::with_capacity(told.len());
    for one in &told {
        let header = &one.header;
        let mut line = lines.line(one.origin, one.sequence, &one.entry);
        if let Some(stands) = standing.get(&header.id) {
            line.amended = match (stands.is_void, stands.is_corrected) {
                (true, _) => AmendedTo::Voided,
                (false, true) => AmendedTo::Corrected,
                (false, false) => AmendedTo::Nothing,
            };
        }
        if line.amended == AmendedTo::Voided || one.by_hub {
            line.mend = None;
        }
        let step = Story {
            line,
            occurred: header.occurred,
            actors: header.actors.iter().map(|person| lines.name(*person)).collect(),
            text: one.text(),
            by_township: one.by_hub,
            amends: amended.remove(&header.id).map(|(_, amended)| amended),
        };
        story.push((header.occurred.day(), header.id, step));
    }
    story.sort_by_key(|(day, id, _)| std::cmp::Reverse((*day, *id)));
    let (in_all, mut room) = (story.len(), STORY_BYTES_MAX);
    let fits = |step: &Story| {
        let fits = step.text.len() <= room;
        room = room.saturating_sub(step.text.len());
        fits
    };
    let newest = story.into_iter().take(STORY_MAX).map(|(.., step)| step);
    Ok((newest.take_while(fits).collect(), in_all))
}

/// What the address of the delivery page says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Trying {
    trying: Option<String>,
}

pub(super) async fn delivery(State(web): State<Web>, visitor: Visitor, UrlQuery(trying): UrlQuery<Trying>) -> Response {
    let frame = visitor.frame(&web, Here::Delivery, "/delivery");
    let w = visitor.words();
    let page = web.look(move |web, bulletin, ledger, directory| {
        let mut lines = Lines::new(web, bulletin, ledger, directory, w)?;
        let mut page = Delivery {
            trying: trying.trying.is_some(),
            received_in_all: bulletin.own.iter().map(|own| own.received).sum(),
            machine: Machine {
                free_bytes: web.office.health().free_bytes,
                fetched: bulletin.cursor.position.0.checked_sub(1),
            },
            ..Delivery::default()
        };
        let failed = |error: event_log::StoreError| Problem::new(ProblemKind::StoreUnavailable, error.to_string());
        for own in bulletin.own.iter().filter(|own| !own.closed) {
            let first = Sequence::after_size(own.received);
            let room = WAITING_MAX.saturating_sub(page.waiting.len());
            let entries = bulletin.log.read(own.log, first, room, usize::MAX).map_err(failed)?;
            for (at, entry) in entries.iter().enumerate() {
                page.waiting.push(lines.line(own.origin, first.plus(at as u64), entry));
            }
        }
        let mut exceptions = ledger.exceptions(bulletin.unit);
        exceptions.sort_by_key(|one| std::cmp::Reverse(one.position));
        for one in exceptions {
            if let Some(entry) = lines.read(one.origin, one.sequence)? {
                page.not_counted.push(lines.line(one.origin, one.sequence, &entry));
            }
        }
        if let Some(own) = bulletin.own.last() {
            let from = own.received.saturating_sub(RECEIVED_MAX);
            let count = usize::try_from(own.received - from).unwrap_or(0);
            let first = Sequence::after_size(from);
            let entries = bulletin.log.read(own.log, first, count, usize::MAX).map_err(failed)?;
            for (at, entry) in entries.iter().enumerate().rev() {
                page.received.push(lines.line(own.origin, first.plus(at as u64), entry));
            }
        }
        let met = slip::met(&web.office)?;
        page.evidence = met
            .iter()
            .map(|one| EvidenceLine {
                at_ms: signed(one.wall_ms),
            })
            .collect();
        Ok(page)
    });
    match page.await {
        Ok(page) => Html(delivery_page(&frame, &page)).into_response(),
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

pub(super) async fn try_now(State(web): State<Web>, visitor: Visitor) -> Response {
    if let Some(refused) = visitor.refusal(&web, Act::Sync) {
        return refused;
    }
    match web.office.sync().await {
        Ok(()) => Redirect::to("/delivery?trying=1").into_response(),
        Err(problem) => visitor.trouble(&web, &problem),
    }
}
