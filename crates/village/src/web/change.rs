//! `/household/{id}/change`: changes a household. What that does to the figures is said before it is saved.

use accounts::Act;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use event::bounds::TEXT_BYTES_MAX;
use event::{ChangeKind, Day, Draft, EntityId, EntryMode, Facts, HouseholdChanged, PersonalContent, Subject};
use ledger::{HouseholdRow, Query as LedgerQuery, Status};
use link::{Problem, ProblemKind};
use pages::{Fields, Visitor};
use screen::office::{Change, ChangeEffect, Here, Sheet, Stamp, change as change_page};
use serde::Deserialize;

use super::Web;
use super::desk::signed;
use super::drafts::{Asked, FormKind, Opened, Trouble, said};
use super::raise::already;
use super::reading::word_of;
use super::when::{claimed, when_typed};
use super::which::{Asking, candidate, chosen_in};

/// The form of a change.
const FORM: FormKind = FormKind {
    word: "household_change",
    says: &["kind", "q", "h", "t", "month", "date"],
};

/// What the address of the form says: which change, and drafts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coming {
    k: Option<String>,
    draft: Option<String>,
    new: Option<String>,
}

/// The kind that a word of the form stands for, and for presence which of the two.
fn kind_of(word: &str) -> Option<(ChangeKind, Option<&'static str>)> {
    Some(match word {
        "away" => (ChangeKind::Presence, Some("away")),
        "returned" => (ChangeKind::Presence, Some("returned")),
        _ => (
            ChangeKind::from_key(word).filter(|kind| *kind != ChangeKind::Presence)?,
            None,
        ),
    })
}

pub(super) async fn ask(
    State(web): State<Web>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(coming): Query<Coming>,
) -> Response {
    let asked = Asked {
        is_fresh: coming.new.is_some() || coming.k.is_some(),
        draft: coming.draft,
    };
    let back = format!("/household/{id}/change");
    let mut chosen = None;
    let page = match web.opened(&visitor, (&FORM, &back), &asked, |_| true).await {
        Err(problem) => return visitor.trouble(&web, &problem),
        Ok(Opened::Recorded(origin, sequence)) => return already(&web, &visitor, origin, sequence).await,
        Ok(Opened::Left(fields, stamp, note)) => {
            chosen = fields.some("h").map(str::to_owned);
            let mut page = typed(&fields, stamp);
            page.sheet.note = note;
            page
        }
        Ok(Opened::Empty(stamp)) => {
            let mut page = typed(&Fields::default(), stamp);
            page.kind = coming.k.filter(|word| kind_of(word).is_some());
            page
        }
    };
    match looked(&web, &visitor, page, (id, chosen), Asking::Not).await {
        Ok((page, _)) => shown(&web, &visitor, &page),
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

fn typed(fields: &Fields, stamp: Stamp) -> Change {
    let mut page = Change {
        sheet: Sheet {
            stamp,
            ..Sheet::default()
        },
        kind: fields.some("kind").map(str::to_owned),
        when: when_typed(fields),
        text: fields.get("t").replace("\r\n", "\n"),
        seen: fields.get("seen").to_owned(),
        ..Change::default()
    };
    fields.get("q").clone_into(&mut page.other.query);
    page
}

pub(super) async fn change(
    State(web): State<Web>,
    visitor: Result<Visitor, Response>,
    Path(id): Path<String>,
    fields: Fields,
) -> Response {
    let back = format!("/household/{id}/change");
    let sent = match web.sent((&FORM, &back), visitor, fields).await {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let (visitor, w) = (&sent.visitor, sent.visitor.words());
    if let Some(refused) = visitor.refusal(&web, Act::Record) {
        return refused;
    }
    let page = typed(&sent.fields, web.stamp_of(&sent));
    let saves = sent.fields.get("do") == "save";
    let needs_other = matches!(page.kind.as_deref(), Some("merged" | "split"));
    let asking = match sent.fields.get("do") {
        "save" if needs_other => Asking::Save,
        "find" => Asking::Find,
        _ => Asking::Not,
    };
    let chosen = chosen_in(&sent.fields, asking).map(str::to_owned);
    let (mut page, found) = match looked(&web, visitor, page, (id, chosen), asking).await {
        Ok(looked) => looked,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    if saves && let Some((draft, from)) = draft(&mut page, &found, visitor, &web) {
        let effect = found.effect(&draft, from, web.office.today());
        let other = page.other.chosen.as_ref().map_or("", |one| one.household.as_str());
        let said_of = format!(
            "{}:{from}:{other}:{}:{}",
            page.kind.as_deref().unwrap_or_default(),
            effect.before,
            effect.after
        );
        let known = web.was_recorded(&sent, &draft).await.unwrap_or(false);
        if page.seen == said_of || known {
            match web.record(&sent, vec![draft]).await {
                Ok(all) => {
                    let word = if all.iter().all(|one| one.known) {
                        "known"
                    } else {
                        "new"
                    };
                    return Redirect::to(&format!("/household/{}?saved={word}", found.household)).into_response();
                }
                Err(Trouble::Refused(words)) => page.sheet.refuse("t", words),
                Err(Trouble::Problem(problem)) => page.sheet.trouble = Some(said(w, &problem).to_owned()),
            }
        } else {
            page.sheet.trouble = Some(w.change_look_first().to_owned());
            page.effect = Some(effect);
            page.seen = said_of;
        }
    }
    page.sheet.note = web.keep(&sent).await;
    shown(&web, visitor, &page)
}

fn shown(web: &Web, visitor: &Visitor, page: &Change) -> Response {
    let back = format!("/household/{}/change", page.household.household);
    let frame = visitor.frame(web, Here::Households, &back);
    let status = if page.sheet.is_refused() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    (status, Html(change_page(&frame, page))).into_response()
}

/// What the node knows of the household and the others on the books.
struct Found {
    household: EntityId,
    status: Option<Status>,
    rows: Vec<HouseholdRow>,
}

impl Found {
    fn open(&self, household: EntityId) -> bool {
        let row = self.rows.iter().find(|row| row.household == household);
        row.is_some_and(|row| row.status == Some(Status::Open))
    }

    /// What the change does to the number of households on the books today.
    fn effect(&self, draft: &Draft, from: Day, today: Day) -> ChangeEffect {
        let before = self.rows.iter().filter(|row| row.status == Some(Status::Open)).count() as u64;
        let is_open = self.status == Some(Status::Open);
        let Facts::HouseholdChanged(facts) = &draft.facts else {
            return ChangeEffect {
                before,
                after: before,
                leaves: false,
            };
        };
        let leaves = match facts.change {
            ChangeKind::MovedOut | ChangeKind::Merged | ChangeKind::Closed => is_open && from <= today,
            _ => false,
        };
        let comes = match facts.change {
            ChangeKind::MovedIn => !is_open && from <= today,
            ChangeKind::Split => facts.into.is_some_and(|other| !self.open(other)) && from <= today,
            _ => false,
        };
        ChangeEffect {
            before,
            after: (before + u64::from(comes)).saturating_sub(u64::from(leaves)),
            leaves,
        }
    }
}

async fn looked(
    web: &Web,
    visitor: &Visitor,
    mut page: Change,
    (id, chosen): (String, Option<String>),
    asking: Asking,
) -> Result<(Change, Found), Problem> {
    let (w, today) = (visitor.words(), web.office.today());
    let looked = web.look(move |web, bulletin, ledger, directory| {
        let gone = || Problem::new(ProblemKind::NotFound, w.visit_gone());
        let household: EntityId = id.parse().map_err(|_| gone())?;
        let rows = ledger.households(bulletin.unit, LedgerQuery::as_of(today));
        page.household = candidate(household, &rows, directory).ok_or_else(gone)?;
        let status = rows
            .iter()
            .find(|row| row.household == household)
            .and_then(|row| row.status);
        page.status = status.map(word_of).unwrap_or_default().to_owned();
        let node = (bulletin, ledger, directory);
        web.choose(node, &mut page.other, &mut page.sheet, chosen.as_deref(), (asking, w))?;
        Ok((
            page,
            Found {
                household,
                status,
                rows,
            },
        ))
    });
    looked.await
}

/// The draft that the form describes and the day from which it holds; `None` where something is wrong.
fn draft(page: &mut Change, found: &Found, visitor: &Visitor, web: &Web) -> Option<(Draft, Day)> {
    let w = visitor.words();
    let (today, now_ms) = (web.office.today(), signed(web.office.trusted_ms()));
    let mut wrong = Sheet::default();
    let kind = page.kind.as_deref().and_then(kind_of);
    match kind.map(|(kind, _)| kind) {
        None => wrong.refuse("kind", w.change_no_kind()),
        Some(ChangeKind::MovedOut) if found.status == Some(Status::Out) => wrong.refuse("kind", w.change_already()),
        Some(ChangeKind::Closed) if found.status == Some(Status::Closed) => wrong.refuse("kind", w.change_already()),
        Some(ChangeKind::MovedIn) if found.status == Some(Status::Open) => wrong.refuse("kind", w.change_already()),
        Some(_) => {}
    }
    let occurred = claimed(&page.when, &mut wrong, w, today, now_ms);
    let needs_other = matches!(kind, Some((ChangeKind::Merged | ChangeKind::Split, _)));
    let other = page.other.chosen.as_ref().filter(|_| needs_other);
    let other: Option<EntityId> = other.and_then(|one| one.household.parse().ok());
    // A choice that is missing or has gone stands beside its field already.
    let mut at_other = std::mem::take(&mut page.sheet.wrong);
    if other == Some(found.household) {
        wrong.refuse("hh", w.change_same());
    } else if kind.is_some_and(|(kind, _)| kind == ChangeKind::Merged) && other.is_some_and(|other| !found.open(other))
    {
        wrong.refuse("hh", w.change_not_open());
    }
    wrong.wrong.append(&mut at_other);
    let text = page.text.trim().to_owned();
    if let Some(over) = text.len().checked_sub(TEXT_BYTES_MAX).filter(|over| *over > 0) {
        wrong.refuse("t", w.too_long(over));
    }
    page.sheet.wrong = wrong.wrong;
    if !page.sheet.wrong.is_empty() {
        return None;
    }
    let ((change, presence), occurred) = (kind?, occurred?);
    let from = occurred.day();
    let recorder = visitor.signed.account.person;
    let personal = PersonalContent {
        text: (!text.is_empty()).then_some(text),
        presence: presence.map(str::to_owned),
        ..PersonalContent::default()
    };
    let draft = Draft {
        subject: Subject::household(found.household),
        facts: Facts::HouseholdChanged(HouseholdChanged {
            change,
            since: None,
            until: None,
            into: other,
        }),
        occurred,
        unit: web.office.bulletin.borrow().unit,
        recorder,
        actors: vec![recorder],
        causes: Vec::new(),
        mode: EntryMode::Live,
        source: None,
        personal: (personal != PersonalContent::default()).then_some(personal),
    };
    Some((draft, from))
}
