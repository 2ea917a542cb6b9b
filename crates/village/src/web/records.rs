//! Recording a visit. The answer comes when it is on the disk; what is wrong is said beside its field.

use accounts::Act;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use event::{
    Day, Draft, EntityId, EntryMode, Facts, Mode, Origin, Outcome, PersonId, PersonalContent, Sequence, Subject,
    VisitRecorded,
};
use ledger::Query as LedgerQuery;
use pages::{Fields, Visitor};
use screen::Words;
use screen::office::{Beside, ChosenDay, FieldError, Here, Moment, Precision, Visit, Which, visit as visit_page};
use serde::Deserialize;

use super::Web;
use super::lines::Lines;
use super::saving::{Saved, Trouble, form_key, said, save, too_long};
use super::today::open_lines;
use super::when::{self, Sentences};
use super::which::{Asking, chosen_in};

/// What the address of the form says: what was just saved, and what the next visit takes over. No name, no text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coming {
    h: Option<String>,
    saved: Option<String>,
    known: Option<String>,
    d: Option<String>,
    month: Option<String>,
    date: Option<String>,
    p: Option<String>,
}

/// What was asked for with a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Do {
    Find,
    Keep,
    Save,
    Next,
}

impl Do {
    const fn asking(self) -> Asking {
        match self {
            Self::Find => Asking::Find,
            Self::Keep => Asking::Not,
            Self::Save | Self::Next => Asking::Save,
        }
    }
}

pub(super) async fn ask(State(web): State<Web>, visitor: Visitor, Query(coming): Query<Coming>) -> Response {
    let mut page = blank(&web, &visitor, &Fields::default());
    page.when = Moment {
        day: when::day_chosen(coming.d.as_deref().unwrap_or_default()),
        precision: when::precision_chosen(coming.p.as_deref().unwrap_or_default()),
        other: [coming.month.unwrap_or_default(), coming.date.unwrap_or_default()],
        ..Moment::default()
    };
    let w = visitor.words();
    let (chosen, saved, known) = (coming.h, coming.saved, coming.known.is_some());
    let looked = web.look(move |web, bulletin, ledger, directory| {
        if let Some((origin, sequence)) = saved.as_deref().and_then(place_of) {
            let mut lines = Lines::new(web, bulletin, ledger, directory, w)?;
            if let Some(entry) = lines.read(origin, sequence)? {
                page.saved = Some((lines.line(origin, sequence, &entry), known));
            }
        }
        Ok(page)
    });
    let page = match looked.await {
        Ok(page) => page,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    show(&web, &visitor, page, chosen, Do::Keep).await
}

fn place_of(text: &str) -> Option<(Origin, Sequence)> {
    let (origin, sequence) = text.split_once(':')?;
    Some((origin.parse().ok()?, Sequence::new(sequence.parse().ok()?).ok()?))
}

/// An empty form: who is signed in went themselves, at the home, unless they say otherwise; both stand on the form.
fn blank(web: &Web, visitor: &Visitor, fields: &Fields) -> Visit {
    let own = visitor.signed.account.person;
    let who = web.office.accounts.ask(|accounts| {
        let all = accounts.all().iter();
        all.map(|one| (one.person.to_string(), one.name.clone(), one.person == own))
            .collect()
    });
    Visit {
        key: form_key(web, fields),
        how: Mode::Home.key().to_owned(),
        // Where the accounts cannot be read nobody is signed in either.
        who: who.unwrap_or_default(),
        ..Visit::default()
    }
}

/// The form as it was typed.
fn typed(web: &Web, visitor: &Visitor, fields: &Fields) -> Visit {
    let mut page = blank(web, visitor, fields);
    fields.get("q").clone_into(&mut page.which.query);
    page.when = when::typed(fields);
    page.outcome = fields.some("o").map(str::to_owned);
    page.text = fields.get("t").replace("\r\n", "\n");
    for (id, _, on) in &mut page.who {
        *on = fields.all("w").any(|chosen| chosen == id);
    }
    if let Some(how) = fields.some("how").filter(|how| Mode::from_key(how).is_some()) {
        how.clone_into(&mut page.how);
    }
    page
}

pub(super) async fn visit(State(web): State<Web>, visitor: Visitor, fields: Fields) -> Response {
    if let Some(refused) = visitor.refusal(&web, Act::Record) {
        return refused;
    }
    let page = typed(&web, &visitor, &fields);
    let act = match fields.get("do") {
        "save" => Do::Save,
        "next" => Do::Next,
        "keep" | "other" => Do::Keep,
        _ => Do::Find,
    };
    let chosen = chosen_in(&fields, act.asking()).map(str::to_owned);
    show(&web, &visitor, page, chosen, act).await
}

/// Finds the household, saves where that is asked for and nothing is wrong, and shows the form else.
async fn show(web: &Web, visitor: &Visitor, mut page: Visit, chosen: Option<String>, act: Do) -> Response {
    let (w, today) = (visitor.words(), web.office.today());
    let looked = web.look(move |web, bulletin, ledger, directory| {
        let node = (bulletin, ledger, directory);
        let error = web.choose(node, &mut page.which, chosen.as_deref(), (act.asking(), w))?;
        page.errors.extend(error);
        page.go_on = act == Do::Find && page.which.chosen.is_some();
        if let Some(id) = household_of(&page.which) {
            let rows = ledger.households(bulletin.unit, LedgerQuery::as_of(today));
            let row = rows.iter().find(|row| row.household == id);
            let requests = ledger.requests(bulletin.unit, LedgerQuery::as_of(today));
            let own: Vec<_> = requests
                .into_iter()
                .filter(|row| row.request.household == Some(id))
                .collect();
            page.beside = Some(Beside {
                address: format!("/household/{id}"),
                last: row
                    .and_then(|row| row.last_visit)
                    .map(|visit| (visit.day, visit.outcome.key().to_owned())),
                last_met: row.and_then(|row| row.last_met_on),
                open: open_lines(&own, directory),
            });
        }
        Ok(page)
    });
    let mut page = match looked.await {
        Ok(page) => page,
        Err(problem) => return visitor.trouble(web, &problem),
    };
    if act.asking() == Asking::Save {
        let at = (today, super::desk::signed(web.office.trusted_ms()));
        if let Some(draft) = draft(&mut page, w, at, visitor.signed.account.person, web) {
            match save(web, &page.key, draft).await {
                Ok(one) => return saved(&page, act, one),
                Err(Trouble::Refused(words)) => page.errors.push(FieldError::new("t", &words)),
                Err(Trouble::Problem(problem)) => page.trouble = Some(said(w, &problem).to_owned()),
            }
        }
    }
    let frame = visitor.frame(web, Here::Visits, "/visit");
    let refused = !page.errors.is_empty() || page.trouble.is_some();
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    (status, Html(visit_page(&frame, &page))).into_response()
}

fn household_of(which: &Which) -> Option<EntityId> {
    which.chosen.as_ref()?.household.parse().ok()
}

/// The draft that the form describes; `None` where something is wrong, which then stands in the form.
fn draft(page: &mut Visit, w: Words, at: (Day, i64), recorder: PersonId, web: &Web) -> Option<Draft> {
    let sentences = Sentences {
        missing: w.visit_no_day(),
        ahead: w.visit_future(),
    };
    let occurred = when::occurred(&page.when, at, sentences, w);
    let occurred = occurred.map_err(|error| page.errors.push(error)).ok();
    let outcome = page.outcome.as_deref().and_then(Outcome::from_key);
    if outcome.is_none() {
        page.errors.push(FieldError::new("met", w.visit_no_outcome()));
    }
    let text = page.text.trim().to_owned();
    if outcome == Some(Outcome::Met) && text.is_empty() {
        page.errors.push(FieldError::new("t", w.visit_no_text()));
    }
    page.errors.extend(too_long(&text, w));
    let who = page.who.iter().filter(|(.., on)| *on);
    let actors: Vec<PersonId> = who.filter_map(|(id, ..)| id.parse().ok()).collect();
    if actors.is_empty() {
        page.errors.push(FieldError::new("who", w.visit_nobody()));
    }
    if !page.errors.is_empty() {
        return None;
    }
    Some(Draft {
        subject: Subject::household(household_of(&page.which)?),
        facts: Facts::VisitRecorded(VisitRecorded {
            mode: Mode::from_key(&page.how).unwrap_or(Mode::Home),
            outcome: outcome?,
            minutes: None,
            requests: Vec::new(),
        }),
        occurred: occurred?,
        unit: web.office.bulletin.borrow().unit,
        recorder,
        actors,
        causes: Vec::new(),
        mode: EntryMode::Live,
        source: None,
        personal: (!text.is_empty()).then(|| PersonalContent {
            text: Some(text),
            ..PersonalContent::default()
        }),
    })
}

/// Where to after saving: to the household, or to the next form with day and precision taken over.
fn saved(page: &Visit, act: Do, one: Saved) -> Response {
    let Saved {
        origin,
        sequence,
        known,
    } = one;
    let household = page.which.chosen.as_ref().map_or("", |one| one.household.as_str());
    if act == Do::Save {
        let word = if known { "known" } else { "new" };
        return Redirect::to(&format!("/household/{household}?saved={word}")).into_response();
    }
    let day = match page.when.day {
        ChosenDay::Today => String::new(),
        ChosenDay::Yesterday => "&d=yesterday".to_owned(),
        ChosenDay::Other => {
            let typed = when::numbers(&page.when.other.join(" ")).unwrap_or_default();
            let digits = |at: usize| typed.len().checked_sub(at).map_or(0, |from| typed[from]);
            format!("&d=other&month={}&date={}", digits(2), digits(1))
        }
    };
    let precision = match page.when.precision {
        Precision::Day | Precision::Clock => "",
        Precision::Morning => "&p=am",
        Precision::Afternoon => "&p=pm",
    };
    let known = if known { "&known=1" } else { "" };
    Redirect::to(&format!("/visit?saved={origin}:{sequence}{known}{day}{precision}")).into_response()
}
