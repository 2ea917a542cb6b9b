//! Registering a request. Open ones that are like it are shown before it is saved; saving again says that it is another
//! matter.

use accounts::Act;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use event::{
    Channel, Day, Draft, EntityId, EntryMode, EventId, Facts, PersonalContent, RequestKind, RequestRaised, Subject,
    Urgency,
};
use ledger::{Ledger, RequestRow};
use pages::{Fields, Visitor};
use screen::Words;
use screen::office::{FieldError, Here, Raise, raise as raise_page};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::Web;
use super::directory::Directory;
use super::foreseen::Foreseen;
use super::request::link_to;
use super::saving::{Trouble, form_key, said, save, too_long};
use super::today::request_line;
use super::when::{self, Sentences};
use super::which::{Asking, chosen_in};

/// Most requests that are shown as like the one that is registered.
const SIMILAR_MAX: usize = 8;

/// What the address of the form says: a household, or the request that this one follows on. No name, no text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coming {
    h: Option<String>,
    after: Option<String>,
}

/// Identities that a form brings.
#[derive(Clone, Debug, Default)]
struct Named {
    household: Option<String>,
    after: Option<EntityId>,
}

pub(super) async fn ask(State(web): State<Web>, visitor: Visitor, Query(coming): Query<Coming>) -> Response {
    let page = typed(&web, &Fields::default());
    let named = Named {
        household: coming.h,
        after: coming.after.and_then(|id| id.parse().ok()),
    };
    show(&web, &visitor, page, named, Asking::Not).await
}

/// The form as it was typed. One person asks, in turn, at a visit, unless something else is said; all of it stands on the
/// form.
fn typed(web: &Web, fields: &Fields) -> Raise {
    let coded = |name: &str, preset: &str| fields.some(name).unwrap_or(preset).to_owned();
    let mut page = Raise {
        key: form_key(web, fields),
        anonymous: fields.some("anon").is_some(),
        when: when::typed(fields),
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

pub(super) async fn raise(State(web): State<Web>, visitor: Visitor, fields: Fields) -> Response {
    if let Some(refused) = visitor.refusal(&web, Act::Record) {
        return refused;
    }
    let asking = match fields.get("do") {
        "save" => Asking::Save,
        "keep" | "other" => Asking::Not,
        _ => Asking::Find,
    };
    let named = Named {
        household: chosen_in(&fields, asking).map(str::to_owned),
        after: fields.get("after").parse().ok(),
    };
    show(&web, &visitor, typed(&web, &fields), named, asking).await
}

/// What the node knows that the draft needs.
#[derive(Default)]
struct Found {
    household: Option<EntityId>,
    causes: Vec<EventId>,
}

async fn show(web: &Web, visitor: &Visitor, mut page: Raise, named: Named, asking: Asking) -> Response {
    let (w, today) = (visitor.words(), web.office.today());
    let looked = web.look(move |web, bulletin, ledger, directory| {
        let mut found = Found::default();
        let searched = asking == Asking::Find || !page.which.query.trim().is_empty();
        if !page.anonymous || named.household.is_some() || searched {
            let node = (bulletin, ledger, directory);
            let error = web.choose(node, &mut page.which, named.household.as_deref(), (asking, w))?;
            let is_empty = page.which.query.trim().is_empty() && page.which.chosen.is_none();
            page.errors
                .extend(error.map(|error| match is_empty && named.household.is_none() {
                    true => FieldError::new("hh", w.raise_choose()),
                    false => error,
                }));
        }
        found.household = page.which.chosen.as_ref().and_then(|one| one.household.parse().ok());
        if page.anonymous && found.household.is_some() {
            page.errors.push(FieldError::new("anon", w.raise_both()));
        }
        page.go_on = asking == Asking::Find && found.household.is_some();
        let foreseen = Foreseen::new(web, bulletin, ledger)?;
        if let Some((row, _)) = named.after.and_then(|id| foreseen.request(ledger, id, today)) {
            page.after = Some(link_to(&row, directory, w));
            found.causes = first_of(ledger, row.request.request);
        }
        let rows = foreseen.requests(bulletin, ledger, today);
        similar(&mut page, &rows, (found.household, asking), directory);
        Ok((page, found))
    });
    let (mut page, found) = match looked.await {
        Ok(looked) => looked,
        Err(problem) => return visitor.trouble(web, &problem),
    };
    if asking == Asking::Save
        && let Some(draft) = draft(&mut page, w, today, found, visitor, web)
        && !page.look_first
    {
        let request = draft.subject.id;
        match save(web, &page.key, draft).await {
            Ok(one) => {
                let word = if one.known { "known" } else { "new" };
                return Redirect::to(&format!("/request/{request}?saved={word}")).into_response();
            }
            Err(Trouble::Refused(words)) => page.errors.push(FieldError::new("t", &words)),
            Err(Trouble::Problem(problem)) => page.trouble = Some(said(w, &problem).to_owned()),
        }
    }
    if page.look_first && page.errors.is_empty() {
        page.trouble = Some(w.raise_look_first().to_owned());
    } else {
        page.look_first = false;
    }
    let frame = visitor.frame(web, Here::Requests, "/request");
    let refused = !page.errors.is_empty() || page.trouble.is_some();
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    (status, Html(raise_page(&frame, &page))).into_response()
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
    (household, asking): (Option<EntityId>, Asking),
    directory: &Directory,
) {
    let kind = page.kind.as_deref().and_then(RequestKind::from_key);
    let same = |row: &RequestRow| Some(row.request.kind) == kind;
    let own = identity(&page.key);
    let is_like = |row: &RequestRow| match household {
        // The form itself, sent again.
        _ if row.request.request == own => false,
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
fn draft(page: &mut Raise, w: Words, today: Day, found: Found, visitor: &Visitor, web: &Web) -> Option<Draft> {
    let sentences = Sentences {
        missing: w.when_missing(),
        ahead: w.when_ahead(),
    };
    let at = (today, super::desk::signed(web.office.trusted_ms()));
    let occurred = when::occurred(&page.when, at, sentences, w);
    let occurred = occurred.map_err(|error| page.errors.push(error)).ok();
    let kind = page.kind.as_deref().and_then(RequestKind::from_key);
    if kind.is_none() {
        page.errors.push(FieldError::new("kind", w.raise_no_kind()));
    }
    let text = page.text.trim().to_owned();
    if text.is_empty() {
        page.errors.push(FieldError::new("t", w.raise_no_text()));
    }
    page.errors.extend(too_long(&text, w));
    let people = when::numbers(&page.people).filter(|typed| typed.len() == 1);
    let people = people
        .and_then(|typed| u16::try_from(typed[0]).ok())
        .filter(|people| *people > 0);
    if people.is_none() {
        page.errors.push(FieldError::new("people", w.raise_no_people()));
    }
    if !page.errors.is_empty() {
        return None;
    }
    let recorder = visitor.signed.account.person;
    Some(Draft {
        subject: Subject::request(identity(&page.key)),
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

/// The identity of what a form creates: it follows from the form's key, so that the form sent twice creates one thing.
pub(super) fn identity(form_key: &str) -> EntityId {
    let hash = Sha256::new_with_prefix(b"minqing web entity\0")
        .chain_update(form_key)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    EntityId::from_bytes(bytes)
}
