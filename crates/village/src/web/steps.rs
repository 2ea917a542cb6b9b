//! `/request/{id}/{step}`: a step of a request, stated by the village. What the ledger would not count is not recorded; it
//! is said why, and what was typed stays.

use accounts::Act;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use event::bounds::TEXT_BYTES_MAX;
use event::{
    ClockRule, Day, Draft, EntityId, EntryMode, Facts, LegalPath, PersonId, PersonalContent, ReplyOutcome,
    RequestAccepted, RequestAssigned, RequestProgressed, RequestReplied, Subject, When,
};
use ledger::Conflict;
use link::Problem;
use pages::{Fields, Visitor};
use screen::office::{Here, Sheet, Stamp, StepForm, step as step_page};
use screen::{Words, dates};
use serde::Deserialize;

use super::Web;
use super::desk::signed;
use super::drafts::{Asked, FormKind, Opened, Trouble, said};
use super::foreseen::Foreseen;
use super::raise::already;
use super::records::who_may;
use super::request::{link_to, may, move_of};
use super::when::{claimed, numbers, when_typed};

/// The steps that a village states: the form of each, whose word ends in the step's name in addresses.
static FORMS: [FormKind; 4] = [
    FormKind {
        word: "request_accept",
        says: &["duem", "dued", "month", "date"],
    },
    FormKind {
        word: "request_assign",
        says: &["duem", "dued", "month", "date"],
    },
    FormKind {
        word: "request_progress",
        says: &["t", "month", "date"],
    },
    FormKind {
        word: "request_reply",
        says: &["o", "t", "month", "date"],
    },
];

/// A step's name and its form.
fn form_of(step: &str) -> Option<(&'static str, &'static FormKind)> {
    let named = FORMS
        .iter()
        .filter_map(|form| Some((form.word.strip_prefix("request_")?, form)));
    named.into_iter().find(|(name, _)| *name == step)
}

/// What the address of a form says of drafts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coming {
    draft: Option<String>,
    new: Option<String>,
}

pub(super) async fn ask(
    State(web): State<Web>,
    visitor: Visitor,
    Path((id, step)): Path<(String, String)>,
    Query(coming): Query<Coming>,
) -> Response {
    let Some((name, form)) = form_of(&step) else {
        return visitor.trouble(&web, &web.gone(visitor.words()));
    };
    let asked = Asked {
        is_fresh: coming.new.is_some(),
        draft: coming.draft,
    };
    let back = format!("/request/{id}/{name}");
    let page = match web.opened(&visitor, (form, &back), &asked, |_| true).await {
        Err(problem) => return visitor.trouble(&web, &problem),
        Ok(Opened::Recorded(origin, sequence)) => return already(&web, &visitor, origin, sequence).await,
        Ok(Opened::Left(fields, stamp, note)) => {
            let mut page = typed(&web, &visitor, &fields, (name, stamp));
            page.sheet.note = note;
            page
        }
        Ok(Opened::Empty(stamp)) => typed(&web, &visitor, &Fields::default(), (name, stamp)),
    };
    match looked(&web, &visitor, page, id).await {
        Ok(mut found) => {
            found.explain(visitor.words(), false);
            shown(&web, &visitor, &found)
        }
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

pub(super) async fn take(
    State(web): State<Web>,
    visitor: Result<Visitor, Response>,
    Path((id, step)): Path<(String, String)>,
    fields: Fields,
) -> Response {
    let Some((name, form)) = form_of(&step) else {
        return match visitor {
            Ok(visitor) => visitor.trouble(&web, &web.gone(visitor.words())),
            Err(answer) => answer,
        };
    };
    let back = format!("/request/{id}/{name}");
    let sent = match web.sent((form, &back), visitor, fields).await {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let (visitor, w) = (&sent.visitor, sent.visitor.words());
    if let Some(refused) = visitor.refusal(&web, Act::Record) {
        return refused;
    }
    let page = typed(&web, visitor, &sent.fields, (name, web.stamp_of(&sent)));
    let mut found = match looked(&web, visitor, page, id).await {
        Ok(found) => found,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    let saves = sent.fields.get("do") == "save";
    if saves && let Some(draft) = draft(&mut found.page, w, found.request, visitor, &web) {
        // The same form sent again may come whatever stands now: it has itself moved the request on.
        let may_record = match found.verdict {
            Ok(()) => Ok(true),
            Err(_) => web.was_recorded(&sent, &draft).await,
        };
        let recorded = match may_record {
            Ok(true) => web.record(&sent, vec![draft]).await.map(Some),
            Ok(false) => Ok(None),
            Err(trouble) => Err(trouble),
        };
        match recorded {
            Ok(Some(all)) => {
                let word = if all.iter().all(|one| one.known) {
                    "known"
                } else {
                    "new"
                };
                return Redirect::to(&format!("/request/{}?saved={word}", found.request)).into_response();
            }
            Ok(None) => {}
            Err(Trouble::Refused(words)) => found.page.sheet.refuse("t", words),
            Err(Trouble::Problem(problem)) => found.page.sheet.trouble = Some(said(w, &problem).to_owned()),
        }
    }
    found.explain(w, saves);
    found.page.sheet.note = web.keep(&sent).await;
    shown(&web, visitor, &found)
}

/// The form with what the ledger says of its step.
struct Found {
    page: StepForm,
    request: EntityId,
    verdict: Result<(), Conflict>,
}

impl Found {
    /// Says why the step would not count, and after it was sent that nothing was recorded.
    fn explain(&mut self, w: Words, saves: bool) {
        let sheet = &mut self.page.sheet;
        if self.verdict.is_err() && sheet.trouble.is_none() {
            let why = w.not_now(self.page.step, &self.page.state);
            let refused = if saves { w.step_refused() } else { "" };
            sheet.trouble = Some(format!("{refused}{why}"));
        }
    }
}

fn shown(web: &Web, visitor: &Visitor, found: &Found) -> Response {
    let frame = visitor.frame(web, Here::Requests, &found.page.request.address);
    let sheet = &found.page.sheet;
    let status = match found.verdict {
        _ if !sheet.wrong.is_empty() => StatusCode::UNPROCESSABLE_ENTITY,
        Err(_) => StatusCode::CONFLICT,
        Ok(()) if sheet.is_refused() => StatusCode::UNPROCESSABLE_ENTITY,
        Ok(()) => StatusCode::OK,
    };
    (status, Html(step_page(&frame, &found.page))).into_response()
}

fn typed(web: &Web, visitor: &Visitor, fields: &Fields, (step, stamp): (&'static str, Stamp)) -> StepForm {
    let mut who = who_may(web, visitor);
    if let Some(handler) = fields.some("w") {
        who.iter_mut().for_each(|(id, _, on)| *on = id == handler);
    }
    StepForm {
        sheet: Sheet {
            stamp,
            ..Sheet::default()
        },
        step,
        when: when_typed(fields),
        due: [fields.get("duem").to_owned(), fields.get("dued").to_owned()],
        path: fields.some("path").unwrap_or(LegalPath::Ordinary.key()).to_owned(),
        who,
        outcome: fields.some("o").map(str::to_owned),
        ticked: fields.some("tick").is_some(),
        text: fields.get("t").replace("\r\n", "\n"),
        ..StepForm::default()
    }
}

/// The request, and what the ledger would make of the step.
async fn looked(web: &Web, visitor: &Visitor, mut page: StepForm, id: String) -> Result<Found, Problem> {
    let (w, today) = (visitor.words(), web.office.today());
    let person = visitor.signed.account.person;
    let looked = web.look(move |web, bulletin, ledger, directory| {
        let request: EntityId = id.parse().map_err(|_| web.gone(w))?;
        let foreseen = Foreseen::new(web, bulletin, ledger)?;
        let row = foreseen.request(ledger, request, today);
        let (row, _) = row
            .filter(|(row, _)| row.request.unit == bulletin.unit)
            .ok_or_else(|| web.gone(w))?;
        page.request = link_to(&row, directory, w);
        row.request.state.key().clone_into(&mut page.state);
        let step = move_of(page.step, bulletin.unit);
        let verdict = step.map_or(Err(Conflict::HubOnly), |step| {
            may(&row.request, step, bulletin.unit, person)
        });
        Ok(Found { page, request, verdict })
    });
    looked.await
}

/// The due day: month and day, this year or, where that has passed, the next.
fn due_of(page: &StepForm, from: Day, w: Words) -> Result<Option<When>, &'static str> {
    let wrong = || w.step_bad_due();
    let typed = page.due.join(" ");
    if typed.trim().is_empty() {
        return Ok(None);
    }
    let typed = numbers(&typed).ok_or_else(wrong)?;
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
        _ => Err(w.step_due_passed()),
    }
}

/// A due day without a year lies at most so many days ahead; else it is taken for one that has passed.
const DUE_DAYS_MAX: i32 = 183;

/// The draft that the form describes; `None` where something is wrong, which then stands in the form.
fn draft(page: &mut StepForm, w: Words, id: EntityId, visitor: &Visitor, web: &Web) -> Option<Draft> {
    let (today, now_ms) = (web.office.today(), signed(web.office.trusted_ms()));
    let text = page.text.trim().to_owned();
    let unit = web.office.bulletin.borrow().unit;
    let mut time = Sheet::default();
    let occurred = claimed(&page.when, &mut time, w, today, now_ms);
    let day = occurred.map_or(today, When::day);
    let due = due_of(page, day, w);
    let facts = match page.step {
        "accept" => {
            let path = LegalPath::from_key(&page.path).unwrap_or(LegalPath::Ordinary);
            due_said(&mut page.sheet, due).map(|due| {
                Facts::RequestAccepted(RequestAccepted {
                    path,
                    rule: ClockRule::Township,
                    accepted_on: day,
                    due,
                })
            })
        }
        "assign" => {
            let chosen = page.who.iter().find(|(.., on)| *on);
            let handler = chosen.and_then(|(id, ..)| id.parse::<PersonId>().ok());
            if handler.is_none() {
                page.sheet.refuse("who", w.step_no_handler());
            }
            let due = due_said(&mut page.sheet, due);
            handler
                .zip(due)
                .map(|(handler, due)| Facts::RequestAssigned(RequestAssigned { unit, handler, due }))
        }
        "reply" => {
            let outcome = page.outcome.as_deref().and_then(ReplyOutcome::from_key);
            if outcome.is_none() {
                page.sheet.refuse("outcome", w.step_no_outcome());
            }
            if text.is_empty() {
                page.sheet.refuse("t", w.step_no_answer());
            }
            let in_writing = page.ticked;
            outcome.map(|outcome| Facts::RequestReplied(RequestReplied { outcome, in_writing }))
        }
        _ => {
            if text.is_empty() {
                page.sheet.refuse("t", w.step_no_note());
            }
            Some(Facts::RequestProgressed(RequestProgressed { blocked: page.ticked }))
        }
    };
    if let Some(over) = text.len().checked_sub(TEXT_BYTES_MAX).filter(|over| *over > 0) {
        page.sheet.refuse("t", w.too_long(over));
    }
    // The day stands last on these forms.
    page.sheet.wrong.append(&mut time.wrong);
    if !page.sheet.wrong.is_empty() {
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

fn due_said(sheet: &mut Sheet, due: Result<Option<When>, &'static str>) -> Option<Option<When>> {
    due.map_err(|words| sheet.refuse("duem", words)).ok()
}
