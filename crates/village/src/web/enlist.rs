//! `/households/new`: puts a household on the books. Households that may be the same are shown before it is saved.

use accounts::Act;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use event::{Draft, EntityId, EntryMode, Facts, HouseholdRegistered, PersonalContent, Subject};
use ledger::Query as LedgerQuery;
use link::Problem;
use pages::{Fields, Visitor};
use screen::office::{Alike, Enlist, Here, Sheet, Stamp, enlist as enlist_page};
use serde::Deserialize;

use super::Web;
use super::desk::signed;
use super::directory::group_in;
use super::drafts::{Asked, FormKind, Opened, Trouble, said};
use super::raise::already;
use super::reading::word_of;
use super::when::{claimed, numbers, when_typed};
use super::which::candidate;

/// The form of a household.
const FORM: FormKind = FormKind {
    word: "household",
    says: &["head", "address", "group", "size", "phone", "month", "date"],
};
/// Its address.
const BACK: &str = "/households/new";
/// Most households that are shown as like the one that is registered.
const ALIKE_MAX: usize = 8;

/// What the address of the form says of drafts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coming {
    draft: Option<String>,
    new: Option<String>,
}

pub(super) async fn ask(State(web): State<Web>, visitor: Visitor, Query(coming): Query<Coming>) -> Response {
    let asked = Asked {
        is_fresh: coming.new.is_some(),
        draft: coming.draft,
    };
    let page = match web.opened(&visitor, (&FORM, BACK), &asked, |_| true).await {
        Err(problem) => return visitor.trouble(&web, &problem),
        Ok(Opened::Recorded(origin, sequence)) => return already(&web, &visitor, origin, sequence).await,
        Ok(Opened::Left(fields, stamp, note)) => {
            let mut page = typed(&fields, stamp);
            page.sheet.note = note;
            page
        }
        Ok(Opened::Empty(stamp)) => typed(&Fields::default(), stamp),
    };
    shown(&web, &visitor, &page)
}

fn typed(fields: &Fields, stamp: Stamp) -> Enlist {
    let text = |name: &str| fields.get(name).trim().to_owned();
    Enlist {
        sheet: Sheet {
            stamp,
            ..Sheet::default()
        },
        head: text("head"),
        address: text("address"),
        group: text("group"),
        size: text("size"),
        phone: text("phone"),
        when: when_typed(fields),
        seen: text("seen"),
        ..Enlist::default()
    }
}

pub(super) async fn enlist(State(web): State<Web>, visitor: Result<Visitor, Response>, fields: Fields) -> Response {
    let sent = match web.sent((&FORM, BACK), visitor, fields).await {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let (visitor, w) = (&sent.visitor, sent.visitor.words());
    if let Some(refused) = visitor.refusal(&web, Act::Record) {
        return refused;
    }
    let own = sent.fresh_id(0);
    let mut page = typed(&sent.fields, web.stamp_of(&sent));
    if sent.fields.get("do") == "save"
        && let Some(draft) = draft(&mut page, own, visitor, &web)
    {
        page = match alike(&web, page, own).await {
            Ok(page) => page,
            Err(problem) => return visitor.trouble(&web, &problem),
        };
        if page.look_first {
            page.sheet.trouble = Some(w.enlist_look_first().to_owned());
        } else {
            match web.record(&sent, vec![draft]).await {
                Ok(all) => {
                    let word = if all.iter().all(|one| one.known) {
                        "known"
                    } else {
                        "new"
                    };
                    return Redirect::to(&format!("/household/{own}?saved={word}")).into_response();
                }
                Err(Trouble::Refused(words)) => page.sheet.refuse("head", words),
                Err(Trouble::Problem(problem)) => page.sheet.trouble = Some(said(w, &problem).to_owned()),
            }
        }
    }
    page.sheet.note = web.keep(&sent).await;
    shown(&web, visitor, &page)
}

fn shown(web: &Web, visitor: &Visitor, page: &Enlist) -> Response {
    let frame = visitor.frame(web, Here::Households, BACK);
    let status = if page.sheet.is_refused() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    (status, Html(enlist_page(&frame, page))).into_response()
}

/// Lists who may be the same, whatever became of them; those that were not shown yet must be looked at first.
async fn alike(web: &Web, mut page: Enlist, own: EntityId) -> Result<Enlist, Problem> {
    let today = web.office.today();
    let looked = web.look(move |_, bulletin, ledger, directory| {
        let rows = ledger.households(bulletin.unit, LedgerQuery::as_of(today));
        let found = directory.alike(&page.head, &page.address, &page.phone);
        let others = found.into_iter().filter(|(id, ..)| *id != own).take(ALIKE_MAX);
        let seen: Vec<String> = page.seen.split(' ').map(str::to_owned).collect();
        let mut shown = Vec::new();
        for (id, _, how) in others {
            let row = rows.iter().find(|row| row.household == id);
            let status = row.and_then(|row| row.status).map(word_of).unwrap_or_default();
            page.look_first |= !seen.contains(&id.to_string());
            shown.push(id.to_string());
            page.alike.push(Alike {
                household: candidate(id, &rows, directory).unwrap_or_default(),
                status: status.to_owned(),
                how,
            });
        }
        page.seen = shown.join(" ");
        Ok(page)
    });
    looked.await
}

/// The draft that the form describes; `None` where something is wrong, which then stands in the form.
fn draft(page: &mut Enlist, own: EntityId, visitor: &Visitor, web: &Web) -> Option<Draft> {
    let w = visitor.words();
    let (today, now_ms) = (web.office.today(), signed(web.office.trusted_ms()));
    let number = |typed: &str| match numbers(typed).as_deref() {
        Some([one]) => u16::try_from(*one).ok(),
        _ => None,
    };
    if page.head.is_empty() {
        page.sheet.refuse("head", w.enlist_no_head());
    }
    let group = if page.group.is_empty() {
        group_in(&page.address)
    } else {
        number(&page.group)
    };
    if group.is_none() {
        page.sheet.refuse("group", w.enlist_no_group());
    }
    let size = number(&page.size).filter(|size| *size > 0);
    if size.is_none() && !page.size.is_empty() {
        page.sheet.refuse("size", w.enlist_bad_size());
    }
    let occurred = claimed(&page.when, &mut page.sheet, w, today, now_ms);
    if !page.sheet.wrong.is_empty() {
        return None;
    }
    let recorder = visitor.signed.account.person;
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Some(Draft {
        subject: Subject::household(own),
        facts: Facts::HouseholdRegistered(HouseholdRegistered { group: group?, size }),
        occurred: occurred?,
        unit: web.office.bulletin.borrow().unit,
        recorder,
        actors: vec![recorder],
        causes: Vec::new(),
        mode: EntryMode::Live,
        source: None,
        personal: Some(PersonalContent {
            head: some(&page.head),
            address: some(&page.address),
            phone: some(&page.phone),
            ..PersonalContent::default()
        }),
    })
}
