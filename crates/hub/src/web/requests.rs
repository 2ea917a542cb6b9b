//! `GET /requests`: the board. `POST /requests`: accept, assign or follow up several at once; what cannot be done is
//! explained, the rest is done.

use std::collections::BTreeSet;

use accounts::Act;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use event::{Day, EventId, When};
use ledger::{EntityKey, Step};
use link::Problem;
use pages::{Fields, Visitor};
use screen::office::Here;
use screen::township::{
    ActForm, Chosen, Done, Outcome, Several, WhyNot, WrongField, board as board_page, outcome as outcome_page,
    several as several_page,
};
use serde::Deserialize;

use super::Web;
use super::look::{key_of, person, said, standing};
use super::request::moved;
use crate::dispatch::{
    self, Filter, From, Known, Order, Pick, SEVERAL_MAX, Told, asked, board, carry_out, lines, may, move_of, people,
    raised_at, typed, wordings,
};

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coming {
    village: Option<String>,
    stage: Option<String>,
    page: Option<String>,
}

pub(super) async fn show(State(web): State<Web>, visitor: Visitor, Query(coming): Query<Coming>) -> Response {
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (village, stage, page) = (some(coming.village), some(coming.stage), some(coming.page));
    let filter = Filter::read(village.as_deref(), stage.as_deref(), page.as_deref());
    show_board(&web, &visitor, filter, None).await
}

async fn show_board(web: &Web, visitor: &Visitor, filter: Filter, trouble: Option<String>) -> Response {
    let (w, today) = (visitor.words(), web.clock().today);
    let is_behind = web.is_behind().await;
    let looked = web.look(person(visitor), move |desk, views, names| {
        let lines = views.with_ledger(|ledger| lines(ledger, filter, today));
        board(lines, desk, names, filter, today, w)
    });
    match looked.await {
        Ok(mut page) => {
            let status = if trouble.is_some() {
                StatusCode::UNPROCESSABLE_ENTITY
            } else {
                StatusCode::OK
            };
            (page.key, page.trouble, page.is_behind) = (web.key(), trouble, is_behind);
            let frame = visitor.frame(web, Here::Requests, "/requests");
            (status, Html(board_page(&frame, &page))).into_response()
        }
        Err(problem) => visitor.trouble(web, &problem),
    }
}

/// One of those that were selected, as it stands now.
struct Line {
    pick: Pick,
    chosen: Chosen,
    replied_on: Option<Day>,
    /// What is known of it before the writer is asked.
    already: Option<Already>,
}

enum Already {
    /// This form has done it before.
    Known,
    /// It stands otherwise than the form says.
    Moved(Option<Box<Step>>),
    /// It cannot be done.
    Not(WhyNot),
}

/// Each request once, in the order in which they were sent.
fn picks(fields: &Fields) -> Vec<Pick> {
    let mut taken = BTreeSet::new();
    let picks = fields.all("r").filter_map(|pick| pick.parse::<Pick>().ok());
    picks.filter(|pick| taken.insert(pick.request)).collect()
}

pub(super) async fn several(State(web): State<Web>, visitor: Visitor, fields: Fields) -> Response {
    if let Some(refused) = visitor.refusal(&web, Act::Dispatch) {
        return refused;
    }
    let w = visitor.words();
    let (act, goes) = match fields.get("do") {
        "accept" => ("accept", false),
        "assign" => ("assign", false),
        "follow" => ("follow", false),
        "go-accept" => ("accept", true),
        "go-assign" => ("assign", true),
        "go-follow" => ("follow", true),
        _ => return show_board(&web, &visitor, Filter::default(), None).await,
    };
    let picks = picks(&fields);
    let trouble = match picks.len() {
        0 => Some(w.bulk_none_chosen().to_owned()),
        count if count > SEVERAL_MAX => Some(w.bulk_too_many(count, SEVERAL_MAX)),
        _ => None,
    };
    if trouble.is_some() {
        return show_board(&web, &visitor, Filter::default(), trouble).await;
    }
    let mut lines = match gather(&web, &visitor, (act, goes), picks, &fields).await {
        Ok(lines) => lines,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    let mut form = ActForm {
        act: act.to_owned(),
        key: if goes { key_of(&fields) } else { web.key() },
        typed: typed(&fields),
        ..ActForm::default()
    };
    if form.typed.path.is_empty() {
        "ordinary".clone_into(&mut form.typed.path);
    }
    if !goes {
        return ask(&web, &visitor, form, lines, None, StatusCode::OK);
    }
    let Some(orders) = orders(&mut form, &mut lines, &web, &visitor) else {
        return ask(&web, &visitor, form, lines, None, StatusCode::UNPROCESSABLE_ENTITY);
    };
    match carry_out(&web.office, orders.clone()).await {
        Ok(told) => show_outcome(&web, &visitor, act, lines, &orders, told).await,
        Err(problem) => {
            tracing::warn!(%problem, "several acts at the desk");
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            ask(&web, &visitor, form, lines, Some(said(w, &problem)), status)
        }
    }
}

fn ask(
    web: &Web,
    visitor: &Visitor,
    form: ActForm,
    lines: Vec<Line>,
    trouble: Option<String>,
    status: StatusCode,
) -> Response {
    let frame = visitor.frame(web, Here::Requests, "/requests");
    let page = Several {
        form,
        chosen: lines.into_iter().map(|line| line.chosen).collect(),
        trouble,
    };
    (status, Html(several_page(&frame, &page))).into_response()
}

/// The selected as they stand now, with what can be chosen for each. Where the form goes, it decides from the moment that
/// it names; where the page that asks is being made, from this one.
async fn gather(
    web: &Web,
    visitor: &Visitor,
    (act, goes): (&'static str, bool),
    picks: Vec<Pick>,
    fields: &Fields,
) -> Result<Vec<Line>, Problem> {
    let (w, today, who) = (visitor.words(), web.clock().today, person(visitor));
    let key = key_of(fields);
    let sent: Vec<(Pick, String, Option<EventId>)> = (picks.into_iter())
        .map(|pick| {
            let done = web.office.once.get(&dispatch::key(&key, pick.request, who));
            (
                pick,
                fields.get(&format!("x.{}", pick.request)).to_owned(),
                done.filter(|_| goes),
            )
        })
        .collect();
    let looked = web.look(who, move |desk, views, names| {
        let places = views.with_ledger(|ledger| raised_at(ledger, sent.iter().map(|(pick, ..)| pick.request)));
        let mut texts = wordings(desk, &places)?;
        let mut lines = Vec::with_capacity(sent.len());
        for (mut pick, choice, done) in sent {
            let known = views.with_ledger(|ledger| Known::gather(ledger, pick.request, today));
            let mut chosen = Chosen {
                request: pick.request.to_string(),
                address: dispatch::address(pick.request),
                text: texts.remove(&pick.request).unwrap_or_default(),
                choice,
                ..Chosen::default()
            };
            let Some(known) = known else {
                chosen.not = Some(WhyNot::Gone);
                lines.push(Line {
                    pick,
                    chosen,
                    replied_on: None,
                    already: Some(Already::Not(WhyNot::Gone)),
                });
                continue;
            };
            let row = &known.row.request;
            let not = move_of(act, row.unit, None).and_then(|step| may(row, step, who));
            let already = match (done, &not) {
                (Some(_), _) => Some(Already::Known),
                (None, _) if goes && pick.seen != known.seen => Some(Already::Moved(known.last().map(Box::new))),
                (None, Some(why)) => Some(Already::Not(why.clone())),
                (None, None) => None,
            };
            if !goes {
                pick.seen = known.seen;
            }
            chosen.pick = pick.to_string();
            chosen.number = names.number(row.unit, row.request, w);
            row.kind.key().clone_into(&mut chosen.kind);
            row.state.key().clone_into(&mut chosen.state);
            chosen.due = row.due.map(When::day);
            if act == "assign" && already.is_none() {
                let read = known.read(desk)?;
                chosen.people = views.with_ledger(|ledger| people(ledger, &known, &read, names, w));
            }
            chosen.not = match &already {
                Some(Already::Moved(step)) => Some(moved(desk, names, step.as_deref(), w)?),
                _ => not,
            };
            lines.push(Line {
                pick,
                chosen,
                replied_on: row.replied_on,
                already,
            });
        }
        Ok(lines)
    });
    looked.await
}

/// What is to be recorded for each that something was chosen for; `None` where something is wrong. What is wrong with all
/// is said once.
fn orders(form: &mut ActForm, lines: &mut [Line], web: &Web, visitor: &Visitor) -> Option<Vec<Order>> {
    let (w, clock) = (visitor.words(), web.clock());
    let mut orders = Vec::new();
    for line in lines.iter_mut().filter(|line| line.already.is_none()) {
        let mut own = form.clone();
        own.errors.clear();
        match form.act.as_str() {
            "assign" => {
                own.people.clone_from(&line.chosen.people);
                own.typed.who.clone_from(&line.chosen.choice);
            }
            "follow" if line.chosen.choice.is_empty() => continue,
            "follow" => {
                let reached = if line.chosen.choice == "unreached" { "no" } else { "yes" };
                reached.clone_into(&mut own.typed.reached);
                own.typed.satisfaction = if reached == "yes" {
                    line.chosen.choice.clone()
                } else {
                    String::new()
                };
                own.typed.solved.clear();
            }
            _ => {}
        }
        if let Some(asked) = asked(&mut own, line.replied_on, clock, w) {
            orders.push(Order {
                request: line.pick.request,
                from: From::Seen(line.pick.seen),
                asked,
                person: person(visitor),
                form: form.key.clone(),
            });
        }
        for (field, words) in own.errors {
            let is_own =
                matches!(field, WrongField::Who | WrongField::Word | WrongField::Reached) || words == w.act_day_old();
            if is_own {
                line.chosen.error = Some(words);
            } else if !form.errors.iter().any(|(known, _)| *known == field) {
                form.errors.push((field, words));
            }
        }
    }
    let is_wrong = !form.errors.is_empty() || lines.iter().any(|line| line.chosen.error.is_some());
    (!is_wrong).then_some(orders)
}

/// One page that says what came of each.
async fn show_outcome(
    web: &Web,
    visitor: &Visitor,
    act: &'static str,
    lines: Vec<Line>,
    orders: &[Order],
    told: Vec<Told>,
) -> Response {
    let w = visitor.words();
    let mut told: Vec<_> = orders.iter().map(|order| order.request).zip(told).collect();
    let looked = web.look(person(visitor), move |desk, views, names| {
        let mut done = Vec::with_capacity(lines.len());
        for line in lines {
            let request = line.pick.request;
            let at = told.iter().position(|(of, _)| *of == request);
            let outcome = match (line.already, at.map(|at| told.swap_remove(at).1)) {
                (Some(Already::Known), _) | (None, Some(Told::Known(_))) => Outcome::Known,
                (Some(Already::Moved(step)), _) | (None, Some(Told::Moved(step))) => {
                    Outcome::Not(moved(desk, names, step.as_deref(), w)?)
                }
                (Some(Already::Not(why)), _) | (None, Some(Told::Not(why))) => Outcome::Not(why),
                (None, Some(Told::Done(event))) => {
                    let found = views.with_ledger(|ledger| standing(ledger, EntityKey::request(request), event));
                    Outcome::Done {
                        receipt: found.map(|(_, receipt, _)| receipt),
                        counted: found.map(|(.., counted)| counted),
                    }
                }
                (None, None) => Outcome::Skipped,
            };
            done.push(Done {
                number: line.chosen.number,
                address: line.chosen.address,
                text: line.chosen.text,
                kind: line.chosen.kind,
                outcome,
            });
        }
        Ok(done)
    });
    match looked.await {
        Ok(done) => {
            let frame = visitor.frame(web, Here::Requests, "/requests");
            Html(outcome_page(&frame, act, &done)).into_response()
        }
        Err(problem) => visitor.trouble(web, &problem),
    }
}
