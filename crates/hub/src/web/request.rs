//! `GET|POST /request/{id}`: one request, and the acts by which the township moves it on.

use accounts::Act;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use event::{ClosingKind, EntityId, EventId, Kind};
use ledger::{EntityKey, Step};
use link::{Problem, ProblemKind};
use pages::{Fields, Visitor};
use screen::Words;
use screen::office::Here;
use screen::township::{ActForm, Matter, Refused, Said, Typed, WhyNot, WrongField, matter as matter_page};
use serde::Deserialize;

use super::Web;
use super::look::{key_of, person, said, standing};
use crate::dispatch::{
    self, Ask, Asked, From, Known, Names, Order, Seen, Told, act_shown, asked, carry_out, form, matter, people, typed,
};
use crate::{Desk, Refusal};

/// The acts that the page's form can send.
const ACTS: [&str; 5] = ["accept", "assign", "follow", "reassign", "close"];

/// What the address of the page says. No name and no text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coming {
    #[serde(rename = "do")]
    act: Option<String>,
    closing: Option<String>,
    done: Option<String>,
    known: Option<String>,
}

/// What a page shows beside the request itself.
#[derive(Clone, Debug, Default)]
struct Beside {
    /// The form as it was sent.
    sent: Option<(String, Typed)>,
    errors: Vec<(WrongField, String)>,
    refused: Option<Refused>,
    /// What was just recorded, and whether this was the second time that it was asked for.
    done: Option<(EventId, bool)>,
    trouble: Option<String>,
}

fn not_found() -> Problem {
    Problem::new(ProblemKind::NotFound, "")
}

pub(super) async fn show(
    State(web): State<Web>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(coming): Query<Coming>,
) -> Response {
    let Ok(request) = id.parse::<EntityId>() else {
        return visitor.trouble(&web, &not_found());
    };
    let ask = Ask {
        person: person(&visitor),
        name: visitor.signed.account.name.clone(),
        act: coming.act,
        closing: coming.closing.as_deref().and_then(ClosingKind::from_key),
    };
    let done = coming.done.as_deref().and_then(|event| event.parse().ok());
    let beside = Beside {
        done: done.map(|event| (event, coming.known.is_some())),
        ..Beside::default()
    };
    page(&web, &visitor, request, ask, beside, StatusCode::OK).await
}

/// Writes the page.
async fn page(
    web: &Web,
    visitor: &Visitor,
    request: EntityId,
    ask: Ask,
    beside: Beside,
    status: StatusCode,
) -> Response {
    let (w, today, key) = (visitor.words(), web.clock().today, web.key());
    let is_behind = web.is_behind().await;
    let looked = web.look(ask.person, move |desk, views, names| {
        let Some(known) = views.with_ledger(|ledger| Known::gather(ledger, request, today)) else {
            return Err(Refusal::NotFound("no such request"));
        };
        let read = known.read(desk)?;
        let mut page: Matter = matter(&known, &read, names, &ask, today, w);
        if let Some(act) = act_shown(&known.row.request, &ask) {
            let groups = match act.as_str() {
                "assign" | "reassign" => views.with_ledger(|ledger| people(ledger, &known, &read, names, w)),
                _ => Vec::new(),
            };
            page.form = Some(fill(&known, &act, &groups, &ask, &beside, key));
        }
        if let Some((event, again)) = beside.done {
            let found = views.with_ledger(|ledger| standing(ledger, EntityKey::request(request), event));
            page.said = found.map(|(kind, receipt, counted)| Said {
                kind: Kind(kind).to_string(),
                receipt: Some(receipt),
                counted: Some(counted),
                known: again,
            });
            // The ledgers are behind: what was recorded is on the disk all the same.
            page.trouble = page.said.is_none().then(|| w.act_recorded_pending().to_owned());
        }
        let is_shown = |act: &str| page.form.as_ref().is_some_and(|form| form.act == act);
        if let Some((_, typed)) = beside
            .sent
            .filter(|(act, _)| beside.refused.is_some() && !is_shown(act))
        {
            page.kept = typed.note;
        }
        page.refused = beside.refused;
        page.trouble = beside.trouble.or(page.trouble);
        page.is_behind = is_behind;
        Ok(page)
    });
    match looked.await {
        Ok(page) => {
            let frame = visitor.frame(web, Here::Requests, &dispatch::address(request));
            (status, Html(matter_page(&frame, &page))).into_response()
        }
        // What is not in the ledgers yet may be in what they have not read.
        Err(problem) if is_behind && problem.kind() == Some(ProblemKind::NotFound) => {
            visitor.trouble(web, &Problem::new(ProblemKind::Busy, w.matter_behind()))
        }
        Err(problem) => visitor.trouble(web, &problem),
    }
}

/// The form of an act, as it was sent where it was.
fn fill(
    known: &Known,
    act: &str,
    groups: &[screen::township::Group],
    ask: &Ask,
    beside: &Beside,
    key: String,
) -> ActForm {
    let mut filled = form(&known.row.request, known.seen, act, groups, ask.person, key);
    match &beside.sent {
        Some((sent, typed)) if sent == act => {
            filled.typed = typed.clone();
            filled.errors.clone_from(&beside.errors);
        }
        _ => {
            if let Some(closing) = ask.closing {
                closing.key().clone_into(&mut filled.typed.closing);
            }
        }
    }
    filled
}

pub(super) async fn act(State(web): State<Web>, visitor: Visitor, Path(id): Path<String>, fields: Fields) -> Response {
    if let Some(refused) = visitor.refusal(&web, Act::Dispatch) {
        return refused;
    }
    let act = ACTS.into_iter().find(|act| *act == fields.get("act"));
    let (Ok(request), Some(act)) = (id.parse::<EntityId>(), act) else {
        return visitor.trouble(&web, &not_found());
    };
    let ask = Ask {
        person: person(&visitor),
        name: visitor.signed.account.name.clone(),
        act: Some(act.to_owned()),
        closing: None,
    };
    let mut beside = Beside {
        sent: Some((act.to_owned(), typed(&fields))),
        ..Beside::default()
    };
    let seen = fields.get("seen").parse::<Seen>();
    let (Ok(seen), "go") = (seen, fields.get("do")) else {
        return page(&web, &visitor, request, ask, beside, StatusCode::OK).await;
    };
    let wanted = match understand(&web, &visitor, request, &ask, &beside).await {
        Ok(Ok(wanted)) => wanted,
        Ok(Err(errors)) => {
            beside.errors = errors;
            return page(&web, &visitor, request, ask, beside, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    let order = Order {
        request,
        from: From::Seen(seen),
        asked: wanted,
        person: ask.person,
        form: key_of(&fields),
    };
    let w = visitor.words();
    let told = match carry_out(&web.office, vec![order]).await {
        Ok(told) => told.into_iter().next(),
        Err(problem) => {
            tracing::warn!(%problem, "an act at the desk");
            beside.trouble = Some(said(w, &problem));
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return page(&web, &visitor, request, ask, beside, status).await;
        }
    };
    let why = match told {
        Some(Told::Done(event)) => return done(request, event, false),
        Some(Told::Known(event)) => return done(request, event, true),
        Some(Told::Not(why)) => why,
        Some(Told::Moved(step)) => match web
            .look(ask.person, move |desk, _, names| moved(desk, names, step.as_deref(), w))
            .await
        {
            Ok(why) => why,
            Err(problem) => return visitor.trouble(&web, &problem),
        },
        None => WhyNot::Moved,
    };
    tracing::info!(%request, act, "an act at the desk was refused by its guard");
    let mut ask = ask;
    if matches!(
        why,
        WhyNot::Attempts { .. } | WhyNot::Round(_) | WhyNot::Standing { .. }
    ) {
        // Another form helps on: that of the step that is due.
        ask.act = None;
    }
    beside.refused = Some(Refused {
        act: act.to_owned(),
        why,
    });
    page(&web, &visitor, request, ask, beside, StatusCode::CONFLICT).await
}

/// What the form asks for, on the request as it stands; or what is wrong with its fields.
async fn understand(
    web: &Web,
    visitor: &Visitor,
    request: EntityId,
    ask: &Ask,
    beside: &Beside,
) -> Result<Result<Asked, Vec<(WrongField, String)>>, Problem> {
    let (ask, beside, clock, w) = (ask.clone(), beside.clone(), web.clock(), visitor.words());
    let looked = web.look(ask.person, move |desk, views, names| {
        let known = views.with_ledger(|ledger| Known::gather(ledger, request, clock.today));
        let known = known.ok_or(Refusal::NotFound("no such request"))?;
        let act = ask.act.clone().unwrap_or_default();
        let groups = match act.as_str() {
            "assign" | "reassign" => {
                let read = known.read(desk)?;
                views.with_ledger(|ledger| people(ledger, &known, &read, names, w))
            }
            _ => Vec::new(),
        };
        let mut filled = fill(&known, &act, &groups, &ask, &beside, String::new());
        Ok(asked(&mut filled, known.row.request.replied_on, clock, w).ok_or(filled.errors))
    });
    looked.await
}

fn done(request: EntityId, event: EventId, again: bool) -> Response {
    let again = if again { "&known=1" } else { "" };
    Redirect::to(&format!("{}?done={event}{again}", dispatch::address(request))).into_response()
}

/// Who was first, and with what.
///
/// # Errors
/// [`Refusal::Store`].
pub(super) fn moved(desk: &Desk, names: &Names, step: Option<&Step>, w: Words) -> Result<WhyNot, Refusal> {
    let Some(step) = step else { return Ok(WhyNot::Moved) };
    let Some(entry) = dispatch::entry(desk, step.origin, step.sequence)? else {
        return Ok(WhyNot::Moved);
    };
    let at_ms = i64::try_from(step.received_at_ms).unwrap_or(i64::MAX);
    let kind = entry.kind.to_string();
    Ok(if step.by_hub {
        WhyNot::SomebodyFirst {
            who: names.person(entry.recorder, w),
            at_ms,
            kind,
        }
    } else {
        WhyNot::Arrived {
            unit: names.unit(entry.unit),
            at_ms,
            kind,
        }
    })
}
