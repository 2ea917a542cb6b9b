//! Registering a request. Open ones that are like it are shown before it is saved; saving again says that it is another
//! matter.

use accounts::Act;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use event::bounds::TEXT_BYTES_MAX;
use event::{
    Channel, Draft, EntityId, EntryMode, EventId, Facts, Origin, PersonalContent, RequestKind, RequestRaised, Sequence,
    Subject, Urgency,
};
use ledger::{Ledger, RequestRow};
use link::Problem;
use pages::{Fields, Visitor};
use screen::office::{Here, Raise, Sheet, Stamp, raise as raise_page};
use serde::Deserialize;

use super::Web;
use super::desk::signed;
use super::directory::Directory;
use super::drafts::{Asked, FormKind, Opened, Trouble, said};
use super::foreseen::Foreseen;
use super::lines::Lines;
use super::request::link_to;
use super::today::request_line;
use super::when::{claimed, numbers, when_typed};
use super::which::{Asking, chosen_in};
use crate::drafts::Kept;

/// The form of a request.
const FORM: FormKind = FormKind {
    word: "request",
    says: &["q", "h", "kind", "t", "month", "date", "hour", "minute"],
};
/// Its address.
const BACK: &str = "/request";

/// Most requests that are shown as like the one that is registered.
const SIMILAR_MAX: usize = 8;

/// What the address of the form says: a household, or the request that this one follows on. No name, no text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coming {
    h: Option<String>,
    after: Option<String>,
    draft: Option<String>,
    new: Option<String>,
}

/// Identities that a form brings.
#[derive(Clone, Debug, Default)]
struct Named {
    household: Option<String>,
    after: Option<EntityId>,
}

pub(super) async fn ask(State(web): State<Web>, visitor: Visitor, Query(coming): Query<Coming>) -> Response {
    let asked = Asked {
        is_fresh: coming.new.is_some() || coming.after.is_some(),
        draft: coming.draft.clone(),
    };
    let fits = |kept: &Kept| coming.h.as_deref().is_none_or(|h| kept.get("h") == h);
    let opened = match web.opened(&visitor, (&FORM, BACK), &asked, fits).await {
        Ok(opened) => opened,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    let mut named = Named {
        household: coming.h,
        after: coming.after.and_then(|id| id.parse().ok()),
    };
    let page = match opened {
        Opened::Recorded(origin, sequence) => return already(&web, &visitor, origin, sequence).await,
        Opened::Left(fields, stamp, note) => {
            named = Named::of(&fields, Asking::Not);
            let mut page = typed(&fields, stamp);
            page.sheet.note = note;
            page
        }
        Opened::Empty(stamp) => typed(&Fields::default(), stamp),
    };
    match looked(&web, &visitor, page, (named, None), Asking::Not).await {
        Ok((page, _)) => shown(&web, &visitor, &page),
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

/// To the page of what a draft had become before the node stopped.
pub(super) async fn already(web: &Web, visitor: &Visitor, origin: Origin, sequence: Sequence) -> Response {
    let w = visitor.words();
    let page = web.look(move |web, bulletin, ledger, directory| {
        Lines::new(web, bulletin, ledger, directory, w)?.page_of(origin, sequence)
    });
    match page.await {
        Ok(page) => Redirect::to(&page.map_or_else(|| "/".to_owned(), |page| page + "?saved=known")).into_response(),
        Err(problem) => visitor.trouble(web, &problem),
    }
}

impl Named {
    fn of(fields: &Fields, asking: Asking) -> Self {
        Self {
            household: chosen_in(fields, asking).map(str::to_owned),
            after: fields.get("after").parse().ok(),
        }
    }
}

/// The form as it was typed. One person asks, in turn, at a visit, unless something else is said; all of it stands on the
/// form.
fn typed(fields: &Fields, stamp: Stamp) -> Raise {
    let coded = |name: &str, preset: &str| fields.some(name).unwrap_or(preset).to_owned();
    let mut page = Raise {
        sheet: Sheet {
            stamp,
            ..Sheet::default()
        },
        anonymous: fields.some("anon").is_some(),
        when: when_typed(fields),
        kind: fields.some("kind").map(str::to_owned),
        urgency: coded("u", Urgency::Ordinary.key()),
        channel: coded("c", Channel::Visit.key()),
        people: coded("n", "1"),
        text: fields.get("t").replace("\r\n", "\n"),
        seen: fields.get("seen").to_owned(),
        ..Raise::default()
    };
    fields.get("q").clone_into(&mut page.which.query);
    page
}

pub(super) async fn raise(State(web): State<Web>, visitor: Result<Visitor, Response>, fields: Fields) -> Response {
    let sent = match web.sent((&FORM, BACK), visitor, fields).await {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let (visitor, fields) = (&sent.visitor, &sent.fields);
    if let Some(refused) = visitor.refusal(&web, Act::Record) {
        return refused;
    }
    let asking = match fields.get("do") {
        "save" => Asking::Save,
        "keep" | "leave" | "other" => Asking::Not,
        _ => Asking::Find,
    };
    let (named, own) = (Named::of(fields, asking), sent.fresh_id(0));
    let page = typed(fields, web.stamp_of(&sent));
    let (mut page, found) = match looked(&web, visitor, page, (named, Some(own)), asking).await {
        Ok(looked) => looked,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    if asking == Asking::Save
        && let Some(draft) = draft(&mut page, own, found, visitor, &web)
        && !page.look_first
    {
        let w = visitor.words();
        match web.record(&sent, vec![draft]).await {
            Ok(all) => {
                let word = if all.iter().all(|one| one.known) {
                    "known"
                } else {
                    "new"
                };
                return Redirect::to(&format!("/request/{own}?saved={word}")).into_response();
            }
            Err(Trouble::Refused(words)) => page.sheet.refuse("t", words),
            Err(Trouble::Problem(problem)) => page.sheet.trouble = Some(said(w, &problem).to_owned()),
        }
    }
    // What is wrong comes first; what is like it is looked at once nothing is.
    page.look_first &= page.sheet.wrong.is_empty();
    if page.look_first {
        page.sheet.trouble = Some(visitor.words().raise_look_first().to_owned());
    }
    page.sheet.note = web.keep(&sent).await;
    shown(&web, visitor, &page)
}

fn shown(web: &Web, visitor: &Visitor, page: &Raise) -> Response {
    let frame = visitor.frame(web, Here::Requests, BACK);
    let status = if page.sheet.is_refused() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    (status, Html(raise_page(&frame, page))).into_response()
}

/// What the node knows that the draft needs.
#[derive(Default)]
struct Found {
    household: Option<EntityId>,
    causes: Vec<EventId>,
}

/// Finds the household, the request that this one follows on, and what is like it.
async fn looked(
    web: &Web,
    visitor: &Visitor,
    mut page: Raise,
    (named, own): (Named, Option<EntityId>),
    asking: Asking,
) -> Result<(Raise, Found), Problem> {
    let (w, today) = (visitor.words(), web.office.today());
    let looked = web.look(move |web, bulletin, ledger, directory| {
        let mut found = Found::default();
        let is_blank = page.which.query.trim().is_empty() && named.household.is_none();
        if is_blank && asking != Asking::Not {
            if !page.anonymous {
                page.sheet.refuse("hh", w.raise_choose());
            }
        } else {
            let node = (bulletin, ledger, directory);
            let chosen = named.household.as_deref();
            web.choose(node, &mut page.which, &mut page.sheet, chosen, (asking, w))?;
        }
        found.household = page.which.chosen.as_ref().and_then(|one| one.household.parse().ok());
        if page.anonymous && found.household.is_some() {
            page.sheet.refuse("anon", w.raise_both());
        }
        page.go_on = asking == Asking::Find && found.household.is_some();
        let foreseen = Foreseen::new(web, bulletin, ledger)?;
        if let Some((row, _)) = named.after.and_then(|id| foreseen.request(ledger, id, today)) {
            page.after = Some(link_to(&row, directory, w));
            found.causes = first_of(ledger, row.request.request);
        }
        let rows = foreseen.requests(bulletin, ledger, today);
        similar(&mut page, &rows, own, (found.household, asking), directory);
        Ok((page, found))
    });
    looked.await
}

/// The event that raised a request, where it has come here.
fn first_of(ledger: &Ledger, request: EntityId) -> Vec<EventId> {
    let first = ledger.story(Subject::request(request)).into_iter().next();
    first.map(|step| step.event).into_iter().collect()
}

/// Lists open requests of the same household, or of the same sort where there is none. Those of the same sort must have
/// been shown before anything is saved.
fn similar(
    page: &mut Raise,
    rows: &[RequestRow],
    own: Option<EntityId>,
    (household, asking): (Option<EntityId>, Asking),
    directory: &Directory,
) {
    let kind = page.kind.as_deref().and_then(RequestKind::from_key);
    let same = |row: &RequestRow| Some(row.request.kind) == kind;
    let is_like = |row: &RequestRow| match household {
        // The form itself, sent again.
        _ if Some(row.request.request) == own => false,
        Some(_) => row.request.household == household,
        None => page.anonymous && row.request.household.is_none() && same(row),
    };
    let open = rows
        .iter()
        .filter(|row| row.request.state != ledger::State::Closed && is_like(row));
    let mut like: Vec<&RequestRow> = open.collect();
    like.sort_by_key(|row| (!same(row), row.request.accepted_on.unwrap_or(row.request.registered_on)));
    like.truncate(SIMILAR_MAX);
    let pressing: Vec<String> = like
        .iter()
        .filter(|row| same(row))
        .map(|row| row.request.request.to_string())
        .collect();
    let seen: Vec<&str> = page.seen.split(' ').collect();
    page.look_first = asking == Asking::Save && pressing.iter().any(|id| !seen.contains(&id.as_str()));
    if page.look_first {
        like.retain(|row| same(row));
    }
    page.seen = pressing.join(" ");
    page.similar = like.into_iter().map(|row| request_line(row, directory)).collect();
}

/// The draft that the form describes; `None` where something is wrong, which then stands in the form.
fn draft(page: &mut Raise, own: EntityId, found: Found, visitor: &Visitor, web: &Web) -> Option<Draft> {
    let w = visitor.words();
    let (today, now_ms) = (web.office.today(), signed(web.office.trusted_ms()));
    let occurred = claimed(&page.when, &mut page.sheet, w, today, now_ms);
    let kind = page.kind.as_deref().and_then(RequestKind::from_key);
    if kind.is_none() {
        page.sheet.refuse("kind", w.raise_no_kind());
    }
    let text = page.text.trim().to_owned();
    if text.is_empty() {
        page.sheet.refuse("t", w.raise_no_text());
    }
    if let Some(over) = text.len().checked_sub(TEXT_BYTES_MAX).filter(|over| *over > 0) {
        page.sheet.refuse("t", w.too_long(over));
    }
    let people = numbers(&page.people).filter(|typed| typed.len() == 1);
    let people = people
        .and_then(|typed| u16::try_from(typed[0]).ok())
        .filter(|people| *people > 0);
    if people.is_none() {
        page.sheet.refuse("people", w.raise_no_people());
    }
    if !page.sheet.wrong.is_empty() {
        return None;
    }
    let recorder = visitor.signed.account.person;
    Some(Draft {
        subject: Subject::request(own),
        facts: Facts::RequestRaised(RequestRaised {
            household: found.household,
            channel: Channel::from_key(&page.channel).unwrap_or(Channel::Visit),
            kind: kind?,
            urgency: Urgency::from_key(&page.urgency).unwrap_or(Urgency::Ordinary),
            people: people?,
        }),
        occurred: occurred?,
        unit: web.office.bulletin.borrow().unit,
        recorder,
        actors: vec![recorder],
        causes: found.causes,
        mode: EntryMode::Live,
        source: None,
        personal: Some(PersonalContent {
            text: Some(text),
            ..PersonalContent::default()
        }),
    })
}
