//! `/talk`: a talk, which belongs to a pairing. Where none stands yet one is recorded with it.

use accounts::Act;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use event::bounds::TEXT_BYTES_MAX;
use event::{Draft, EntityId, EntryMode, Facts, PairingEstablished, PersonId, PersonalContent, Subject, TalkRecorded};
use link::Problem;
use pages::{Fields, Visitor};
use screen::Words;
use screen::office::{Here, Sheet, Talk, TalkWith, talk as talk_page};
use serde::Deserialize;

use super::Web;
use super::desk::signed;
use super::directory::{Directory, FOUND_MAX};
use super::drafts::{Asked, FormKind, Opened, Sent, Trouble, form_page, said};
use super::lines::Lines;
use super::records::{place_of, who_may};
use super::when::{claimed, when_typed};
use super::which::candidates;
use crate::bulletin::Bulletin;
use crate::drafts::Kept;

const FORM: FormKind = FormKind {
    word: "talk",
    says: &["q", "c", "t", "f", "month", "date", "hour", "minute"],
};
const BACK: &str = "/talk";

/// What the address of the form says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Coming {
    h: Option<String>,
    saved: Option<String>,
    known: Option<String>,
    draft: Option<String>,
    new: Option<String>,
}

/// Whom a talk is with: a pairing that stands, or a household that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum With {
    Pairing(EntityId),
    Household(EntityId),
}

impl With {
    fn of(value: &str) -> Option<Self> {
        match value.split_once(':')? {
            ("p", id) => Some(Self::Pairing(id.parse().ok()?)),
            ("h", id) => Some(Self::Household(id.parse().ok()?)),
            _ => None,
        }
    }

    /// As a line of the form; `None` where it is not known here any more.
    fn line(self, lines: &Lines<'_>, w: Words) -> Option<TalkWith> {
        let directory = lines.directory;
        match self {
            Self::Pairing(id) => {
                let pairing = directory.pairings().get(id).filter(|pairing| pairing.is_active())?;
                let person = pairing.household.and_then(|id| directory.person(id));
                let contact = match person {
                    _ if !pairing.contact.is_empty() => pairing.contact.clone(),
                    Some(person) => w.house_of(&person.head),
                    None => w.household_nameless().to_owned(),
                };
                Some(TalkWith {
                    value: format!("p:{id}"),
                    title: w.contact_of(&contact, &lines.name(pairing.cadre)),
                    address: person.map(|person| person.address.clone()).unwrap_or_default(),
                    is_new: false,
                })
            }
            Self::Household(id) => {
                let person = directory.person(id)?;
                Some(TalkWith {
                    value: format!("h:{id}"),
                    title: w.house_of(&person.head),
                    address: person.address.clone(),
                    is_new: true,
                })
            }
        }
    }
}

fn blank(web: &Web, visitor: &Visitor) -> Talk {
    Talk {
        who: who_may(web, visitor),
        ..Talk::default()
    }
}

fn typed(web: &Web, visitor: &Visitor, fields: &Fields) -> Talk {
    let mut page = blank(web, visitor);
    fields.get("q").clone_into(&mut page.query);
    page.when = when_typed(fields);
    page.text = fields.get("t").replace("\r\n", "\n");
    page.follow_up = fields.some("f").is_some();
    for (id, _, on) in &mut page.who {
        *on = fields.all("w").any(|chosen| chosen == id);
    }
    page
}

pub(super) async fn ask(State(web): State<Web>, visitor: Visitor, Query(coming): Query<Coming>) -> Response {
    let asked = Asked {
        is_fresh: coming.new.is_some() || coming.saved.is_some(),
        draft: coming.draft.clone(),
    };
    let wanted = coming.h.as_deref().map(|h| format!("h:{h}"));
    let fits = |kept: &Kept| wanted.as_deref().is_none_or(|wanted| kept.get("c") == wanted);
    let opened = match web.opened(&visitor, (&FORM, BACK), &asked, fits).await {
        Ok(opened) => opened,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    let (mut page, chosen) = match opened {
        Opened::Recorded(origin, sequence) => {
            return Redirect::to(&format!("{BACK}?saved={origin}:{sequence}&known=1")).into_response();
        }
        Opened::Left(fields, stamp, note) => {
            let mut page = typed(&web, &visitor, &fields);
            (page.sheet.stamp, page.sheet.note) = (stamp, note);
            (page, fields.some("c").map(str::to_owned))
        }
        Opened::Empty(stamp) => {
            let mut page = blank(&web, &visitor);
            page.sheet = Sheet {
                stamp,
                ..Sheet::default()
            };
            (page, None)
        }
    };
    let (w, saved, known) = (visitor.words(), coming.saved, coming.known.is_some());
    let looked = web.look(move |web, bulletin, ledger, directory| {
        let mut lines = Lines::new(web, bulletin, ledger, directory, w)?;
        if let Some((origin, sequence)) = saved.as_deref().and_then(place_of)
            && let Some(entry) = lines.read(origin, sequence)?
        {
            page.saved = Some((lines.line(origin, sequence, &entry), known));
        }
        // Who comes from a household's page talks within its pairing, where there is one.
        let household = wanted.as_deref().and_then(With::of);
        let chosen = chosen.as_deref().and_then(With::of).or(household);
        page.chosen = chosen.and_then(|with| paired(directory, with).line(&lines, w));
        Ok(page)
    });
    match looked.await {
        Ok(page) => shown(&web, &visitor, &page),
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

/// The pairing that stands for a household, where there is one.
fn paired(directory: &Directory, with: With) -> With {
    let With::Household(household) = with else { return with };
    let mut active = directory.pairings().active();
    let own = active.find(|(_, pairing)| pairing.household == Some(household));
    own.map_or(with, |(id, _)| With::Pairing(id))
}

pub(super) async fn talk(State(web): State<Web>, visitor: Result<Visitor, Response>, fields: Fields) -> Response {
    let sent = match web.sent((&FORM, BACK), visitor, fields).await {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let (visitor, fields) = (&sent.visitor, &sent.fields);
    if let Some(refused) = visitor.refusal(&web, Act::Record) {
        return refused;
    }
    let mut page = typed(&web, visitor, fields);
    page.sheet.stamp = web.stamp_of(&sent);
    let act = fields.get("do").to_owned();
    let is_stale = fields.some("fq").is_some_and(|of| of != fields.get("q"));
    let chosen = fields
        .some("c")
        .filter(|_| act != "other" && !(act == "find" && is_stale));
    let (w, chosen, saves) = (visitor.words(), chosen.map(str::to_owned), act == "save");
    let looked = web.look(move |web, bulletin, ledger, directory| {
        let lines = Lines::new(web, bulletin, ledger, directory, w)?;
        match chosen {
            Some(value) => {
                page.chosen = With::of(&value).and_then(|with| with.line(&lines, w));
                page.go_on = act == "find";
                if page.chosen.is_none() {
                    page.sheet.refuse("q", w.talk_gone());
                }
            }
            None if act == "find" || saves => find(web, bulletin, &lines, w, &mut page, saves)?,
            None => {}
        }
        Ok(page)
    });
    let mut page = match looked.await {
        Ok(page) => page,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    if saves && let Some(drafts) = drafts(&mut page, &sent, &web).await {
        match web.record(&sent, drafts).await {
            Ok(all) => {
                if let Some(one) = all.last() {
                    let known = if one.known { "&known=1" } else { "" };
                    return Redirect::to(&format!("{BACK}?saved={}:{}{known}", one.origin, one.sequence))
                        .into_response();
                }
            }
            Err(Trouble::Refused(words)) => page.sheet.refuse("t", words),
            Err(Trouble::Problem(problem)) => page.sheet.trouble = Some(said(w, &problem).to_owned()),
        }
    }
    page.sheet.note = web.keep(&sent).await;
    shown(&web, visitor, &page)
}

fn shown(web: &Web, visitor: &Visitor, page: &Talk) -> Response {
    let frame = visitor.frame(web, Here::Visits, BACK);
    form_page(page.sheet.is_refused(), talk_page(&frame, page))
}

/// Finds contacts by their own name, and households with the pairing that they have or with none.
fn find(
    web: &Web,
    bulletin: &Bulletin,
    lines: &Lines<'_>,
    w: Words,
    page: &mut Talk,
    saves: bool,
) -> Result<(), Problem> {
    let query = page.query.trim().to_owned();
    if query.is_empty() {
        page.sheet.refuse("q", w.talk_choose());
        return Ok(());
    }
    let (directory, today) = (lines.directory, web.office.today());
    let mut found: Vec<With> = directory
        .pairings()
        .active()
        .filter(|(_, pairing)| directory.names_fit(&pairing.contact, &query))
        .map(|(id, _)| With::Pairing(id))
        .collect();
    let caught_up = web.office.books.reached().at_end;
    for household in candidates(bulletin, lines.ledger, directory, caught_up, &query, today)? {
        let Ok(id) = household.household.parse::<EntityId>() else {
            continue;
        };
        let mut own: Vec<With> = directory
            .pairings()
            .active()
            .filter(|(_, pairing)| pairing.household == Some(id))
            .map(|(id, _)| With::Pairing(id))
            .collect();
        if own.is_empty() {
            own.push(With::Household(id));
        }
        for with in own {
            if !found.contains(&with) {
                found.push(with);
            }
        }
    }
    let mut shown: Vec<TalkWith> = found.into_iter().filter_map(|with| with.line(lines, w)).collect();
    match shown.len() {
        0 => page.sheet.refuse("q", w.talk_none(&query)),
        1 => {
            page.chosen = shown.pop();
            page.go_on = !saves;
        }
        count => {
            if saves {
                page.sheet.refuse("q", w.talk_several(&query, count));
            }
            page.more = count > FOUND_MAX;
            shown.truncate(FOUND_MAX);
            page.found = shown;
        }
    }
    Ok(())
}

/// What the form records: the talk, and before it the pairing where none stands.
async fn drafts(page: &mut Talk, sent: &Sent, web: &Web) -> Option<Vec<Draft>> {
    let w = sent.visitor.words();
    let (today, now_ms) = (web.office.today(), signed(web.office.trusted_ms()));
    let occurred = claimed(&page.when, &mut page.sheet, w, today, now_ms);
    let text = page.text.trim().to_owned();
    if text.is_empty() {
        page.sheet.refuse("t", w.talk_no_text());
    }
    if let Some(over) = text.len().checked_sub(TEXT_BYTES_MAX).filter(|over| *over > 0) {
        page.sheet.refuse("t", w.too_long(over));
    }
    let who = page.who.iter().filter(|(.., on)| *on);
    let actors: Vec<PersonId> = who.filter_map(|(id, ..)| id.parse().ok()).collect();
    let Some(cadre) = actors.first().copied() else {
        page.sheet.refuse("who", w.talk_nobody());
        return None;
    };
    if !page.sheet.wrong.is_empty() {
        return None;
    }
    let (with, occurred) = (With::of(&page.chosen.as_ref()?.value)?, occurred?);
    let draft = |subject, facts, personal| Draft {
        subject,
        facts,
        occurred,
        unit: web.office.bulletin.borrow().unit,
        recorder: sent.visitor.signed.account.person,
        actors: actors.clone(),
        causes: Vec::new(),
        mode: EntryMode::Live,
        source: None,
        personal: Some(personal),
    };
    let mut drafts = Vec::new();
    let pairing = match with {
        With::Pairing(id) => id,
        With::Household(household) => {
            let contact =
                web.look(move |_, _, _, directory| Ok(directory.person(household).map(|one| one.head.clone())));
            let id = sent.fresh_id(0);
            let facts = Facts::PairingEstablished(PairingEstablished {
                cadre,
                household: Some(household),
                from: occurred.day(),
                until: None,
            });
            let content = PersonalContent {
                contact: contact.await.ok().flatten(),
                ..PersonalContent::default()
            };
            drafts.push(draft(Subject::pairing(id), facts, content));
            id
        }
    };
    let facts = Facts::TalkRecorded(TalkRecorded {
        follow_up: page.follow_up,
        minutes: None,
    });
    let content = PersonalContent {
        text: Some(text),
        ..PersonalContent::default()
    };
    drafts.push(draft(Subject::pairing(pairing), facts, content));
    Some(drafts)
}
