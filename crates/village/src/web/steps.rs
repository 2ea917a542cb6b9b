//! `/request/{id}/{step}`: a step of a request, stated by the village. What the ledger would not count is not recorded; it
//! is said why, and what was typed stays.

use accounts::Act;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use event::{
    ClockRule, Day, Draft, EntityId, EntryMode, Facts, LegalPath, PersonId, PersonalContent, ReplyOutcome,
    RequestAccepted, RequestAssigned, RequestProgressed, RequestReplied, Subject, When,
};
use ledger::Conflict;
use pages::{Fields, Visitor};
use screen::Words;
use screen::dates;
use screen::office::{FieldError, Here, StepForm, step as step_page};

use super::Web;
use super::foreseen::Foreseen;
use super::request::{link_to, may, move_of};
use super::saving::{Trouble, form_key, said, save, too_long, was_saved};
use super::when::{self, Sentences};

/// The steps that a village states, by their names in addresses.
const STEPS: [&str; 4] = ["accept", "assign", "progress", "reply"];

pub(super) async fn ask(
    State(web): State<Web>,
    visitor: Visitor,
    Path((id, step)): Path<(String, String)>,
) -> Response {
    let page = typed(&web, &visitor, &Fields::default());
    show(&web, &visitor, page, (id, step), false).await
}

pub(super) async fn take(
    State(web): State<Web>,
    visitor: Visitor,
    Path((id, step)): Path<(String, String)>,
    fields: Fields,
) -> Response {
    if let Some(refused) = visitor.refusal(&web, Act::Record) {
        return refused;
    }
    let page = typed(&web, &visitor, &fields);
    show(&web, &visitor, page, (id, step), fields.get("do") == "save").await
}

fn typed(web: &Web, visitor: &Visitor, fields: &Fields) -> StepForm {
    let own = visitor.signed.account.person.to_string();
    let handler = fields.some("w").unwrap_or(&own);
    let who = web.office.accounts.ask(|accounts| {
        let all = accounts.all().iter();
        all.map(|one| {
            let id = one.person.to_string();
            let is_on = id == handler;
            (id, one.name.clone(), is_on)
        })
        .collect()
    });
    StepForm {
        key: form_key(web, fields),
        when: when::typed(fields),
        due: [fields.get("duem").to_owned(), fields.get("dued").to_owned()],
        path: fields.some("path").unwrap_or(LegalPath::Ordinary.key()).to_owned(),
        // Where the accounts cannot be read nobody is signed in either.
        who: who.unwrap_or_default(),
        outcome: fields.some("o").map(str::to_owned),
        ticked: fields.some("tick").is_some(),
        text: fields.get("t").replace("\r\n", "\n"),
        ..StepForm::default()
    }
}

async fn show(web: &Web, visitor: &Visitor, mut page: StepForm, (id, step): (String, String), saves: bool) -> Response {
    let (w, today) = (visitor.words(), web.office.today());
    let person = visitor.signed.account.person;
    let looked = web.look(move |web, bulletin, ledger, directory| {
        let gone = || web.gone(w);
        let id: EntityId = id.parse().map_err(|_| gone())?;
        let step = STEPS.into_iter().find(|known| *known == step).ok_or_else(gone)?;
        let foreseen = Foreseen::new(web, bulletin, ledger)?;
        let (row, _) = foreseen.request(ledger, id, today).ok_or_else(gone)?;
        if row.request.unit != bulletin.unit {
            return Err(gone());
        }
        let state = row.request.state.key();
        page.step = step;
        page.request = link_to(&row, directory, w);
        state.clone_into(&mut page.state);
        let verdict = move_of(step, bulletin.unit).map_or(Err(Conflict::HubOnly), |step| {
            may(&row.request, step, bulletin.unit, person)
        });
        Ok((page, id, verdict))
    });
    let (mut page, id, verdict) = match looked.await {
        Ok(looked) => looked,
        Err(problem) => return visitor.trouble(web, &problem),
    };
    let mut status = StatusCode::OK;
    if saves && let Some(draft) = draft(&mut page, w, id, today, visitor, web) {
        // The same form sent again is known whatever stands now: it has itself moved the request on.
        let may_save = match verdict {
            Ok(()) => Ok(true),
            Err(_) => was_saved(web, &page.key, &draft).await,
        };
        let saved = match may_save {
            Ok(true) => Some(save(web, &page.key, draft).await),
            Ok(false) => None,
            Err(trouble) => Some(Err(trouble)),
        };
        match saved {
            Some(Ok(one)) => {
                let word = if one.known { "known" } else { "new" };
                return Redirect::to(&format!("/request/{id}?saved={word}")).into_response();
            }
            Some(Err(Trouble::Refused(words))) => page.errors.push(FieldError::new("t", &words)),
            Some(Err(Trouble::Problem(problem))) => page.trouble = Some(said(w, &problem).to_owned()),
            None => {}
        }
    }
    if verdict.is_err() && page.trouble.is_none() {
        let why = w.not_now(page.step, &page.state);
        page.trouble = Some(if saves {
            format!("{}{why}", w.step_refused())
        } else {
            why.to_owned()
        });
        status = StatusCode::CONFLICT;
    }
    if !page.errors.is_empty() {
        status = StatusCode::UNPROCESSABLE_ENTITY;
    }
    let frame = visitor.frame(web, Here::Requests, &page.request.address);
    (status, Html(step_page(&frame, &page))).into_response()
}

/// The due day: month and day, this year or, where that has passed, the next.
fn due_of(page: &StepForm, from: Day, w: Words) -> Result<Option<When>, FieldError> {
    let wrong = || FieldError::new("duem", w.step_bad_due());
    let typed = page.due.join(" ");
    if typed.trim().is_empty() {
        return Ok(None);
    }
    let typed = when::numbers(&typed).ok_or_else(wrong)?;
    let this_year = dates::civil(from).map_or(1970, |(year, ..)| year);
    let (year, month, day) = match typed[..] {
        [month, day] => (None, month, day),
        [year, month, day] => (Some(year), month, day),
        _ => return Err(wrong()),
    };
    let (Ok(month), Ok(day)) = (u8::try_from(month), u8::try_from(day)) else {
        return Err(wrong());
    };
    let due = dates::day_of(year.unwrap_or(this_year), month, day).ok_or_else(wrong)?;
    let next = dates::day_of(this_year + 1, month, day).filter(|_| year.is_none());
    match next {
        _ if due >= from => Ok(Some(When::Day(due))),
        // In the last months of a year the next one is meant.
        Some(next) if next.0 - from.0 <= DUE_DAYS_MAX => Ok(Some(When::Day(next))),
        _ => Err(FieldError::new("duem", w.step_due_passed())),
    }
}

/// A due day without a year lies at most so many days ahead; else it is taken for one that has passed.
const DUE_DAYS_MAX: i32 = 183;

/// The draft that the form describes; `None` where something is wrong, which then stands in the form.
fn draft(page: &mut StepForm, w: Words, id: EntityId, today: Day, visitor: &Visitor, web: &Web) -> Option<Draft> {
    let sentences = Sentences {
        missing: w.when_missing(),
        ahead: w.when_ahead(),
    };
    let at = (today, super::desk::signed(web.office.trusted_ms()));
    let occurred = when::occurred(&page.when, at, sentences, w);
    let day = occurred.as_ref().map_or(today, |when| when.day());
    let text = page.text.trim().to_owned();
    let unit = web.office.bulletin.borrow().unit;
    let mut wrong = Vec::new();
    let mut due = || due_of(page, day, w).map_err(|error| wrong.push(error)).ok();
    let facts = match page.step {
        "accept" => due().map(|due| {
            Facts::RequestAccepted(RequestAccepted {
                path: LegalPath::from_key(&page.path).unwrap_or(LegalPath::Ordinary),
                rule: ClockRule::Township,
                accepted_on: day,
                due,
            })
        }),
        "assign" => {
            let chosen = page.who.iter().find(|(.., on)| *on);
            let handler = chosen.and_then(|(id, ..)| id.parse::<PersonId>().ok());
            let due = due();
            if handler.is_none() {
                wrong.insert(0, FieldError::new("who", w.step_no_handler()));
            }
            handler
                .zip(due)
                .map(|(handler, due)| Facts::RequestAssigned(RequestAssigned { unit, handler, due }))
        }
        "reply" => {
            let outcome = page.outcome.as_deref().and_then(ReplyOutcome::from_key);
            if outcome.is_none() {
                wrong.push(FieldError::new("outcome", w.step_no_outcome()));
            }
            if text.is_empty() {
                wrong.push(FieldError::new("t", w.step_no_answer()));
            }
            let in_writing = page.ticked;
            outcome.map(|outcome| Facts::RequestReplied(RequestReplied { outcome, in_writing }))
        }
        _ => {
            if text.is_empty() {
                wrong.push(FieldError::new("t", w.step_no_note()));
            }
            Some(Facts::RequestProgressed(RequestProgressed { blocked: page.ticked }))
        }
    };
    page.errors.append(&mut wrong);
    page.errors.extend(too_long(&text, w));
    let occurred = occurred.map_err(|error| page.errors.push(error)).ok();
    if !page.errors.is_empty() {
        return None;
    }
    let recorder = visitor.signed.account.person;
    Some(Draft {
        subject: Subject::request(id),
        facts: facts?,
        occurred: occurred?,
        unit,
        recorder,
        actors: vec![recorder],
        causes: Vec::new(),
        mode: EntryMode::Live,
        source: None,
        personal: (!text.is_empty()).then(|| PersonalContent {
            text: Some(text),
            ..PersonalContent::default()
        }),
    })
}
