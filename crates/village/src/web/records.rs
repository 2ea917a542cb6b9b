//! Recording a visit. The answer comes when it is on the disk; what is wrong is said beside its field.

use accounts::Act;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use event::bounds::TEXT_BYTES_MAX;
use event::{
    Draft, EntityId, EntryMode, Facts, Mode, Origin, Outcome as VisitOutcome, PersonId, PersonalContent, Sequence,
    Subject, VisitRecorded,
};
use ledger::{Ledger, Query as LedgerQuery};
use link::Problem;
use pages::{Fields, Visitor};
use screen::Words;
use screen::office::{Beside, ChosenDay, Here, Precision, Sheet, Stamp, Visit, visit as visit_page};
use serde::Deserialize;

use super::Web;
use super::desk::signed;
use super::directory::Directory;
use super::drafts::{Asked, FormKind, Opened, Saved, Trouble, form_page, said};
use super::lines::Lines;
use super::today::open_lines;
use super::when::{claimed, day_chosen, numbers, precision_chosen, when_typed};
use super::which::{Asking, chosen_in};
use crate::bulletin::Bulletin;
use crate::drafts::Kept;

/// The form of a visit.
const FORM: FormKind = FormKind {
    word: "visit",
    says: &["q", "h", "o", "t", "month", "date", "hour", "minute"],
};
/// Its address.
const BACK: &str = "/visit";

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
    draft: Option<String>,
    new: Option<String>,
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
    // The next one of a series begins empty; so does one for a household that nothing was left about.
    let asked = Asked {
        is_fresh: coming.new.is_some() || coming.saved.is_some(),
        draft: coming.draft.clone(),
    };
    let fits = |kept: &Kept| coming.h.as_deref().is_none_or(|h| kept.get("h") == h);
    let opened = match web.opened(&visitor, (&FORM, BACK), &asked, fits).await {
        Ok(opened) => opened,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    let (mut page, mut chosen) = match opened {
        Opened::Recorded(origin, sequence) => {
            return Redirect::to(&format!("{BACK}?saved={origin}:{sequence}&known=1")).into_response();
        }
        Opened::Left(fields, stamp, note) => {
            let mut page = typed(&web, &visitor, &fields, stamp);
            page.sheet.note = note;
            (page, fields.some("h").map(str::to_owned))
        }
        Opened::Empty(stamp) => {
            let mut page = blank(&web, &visitor, stamp);
            page.when.day = day_chosen(coming.d.as_deref().unwrap_or_default());
            page.when.precision = precision_chosen(coming.p.as_deref().unwrap_or_default());
            page.when.other = [coming.month.unwrap_or_default(), coming.date.unwrap_or_default()];
            (page, None)
        }
    };
    chosen = chosen.or(coming.h);
    let (w, saved, known) = (visitor.words(), coming.saved, coming.known.is_some());
    let looked = web.look(move |web, bulletin, ledger, directory| {
        if let Some((origin, sequence)) = saved.as_deref().and_then(place_of) {
            let mut lines = Lines::new(web, bulletin, ledger, directory, w)?;
            if let Some(entry) = lines.read(origin, sequence)? {
                page.saved = Some((lines.line(origin, sequence, &entry), known));
            }
        }
        find(
            web,
            (bulletin, ledger, directory),
            w,
            &mut page,
            chosen.as_deref(),
            Do::Keep,
        )?;
        Ok(page)
    });
    match looked.await {
        Ok(page) => shown(&web, &visitor, &page),
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

pub(super) fn place_of(text: &str) -> Option<(Origin, Sequence)> {
    let (origin, sequence) = text.split_once(':')?;
    Some((origin.parse().ok()?, Sequence::new(sequence.parse().ok()?).ok()?))
}

/// An empty form: who is signed in went themselves, at the home, unless they say otherwise; both stand on the form.
fn blank(web: &Web, visitor: &Visitor, stamp: Stamp) -> Visit {
    Visit {
        sheet: Sheet {
            stamp,
            ..Sheet::default()
        },
        how: Mode::Home.key().to_owned(),
        who: who_may(web, visitor),
        ..Visit::default()
    }
}

/// Everybody with an account here, and whether they are chosen where nobody chose: who is signed in is.
pub(super) fn who_may(web: &Web, visitor: &Visitor) -> Vec<(String, String, bool)> {
    let own = visitor.signed.account.person;
    let who = web.office.accounts.ask(|accounts| {
        let all = accounts.all().iter();
        all.map(|one| (one.person.to_string(), one.name.clone(), one.person == own))
            .collect()
    });
    // Where the accounts cannot be read nobody is signed in either.
    who.unwrap_or_default()
}

/// The form as it was typed.
fn typed(web: &Web, visitor: &Visitor, fields: &Fields, stamp: Stamp) -> Visit {
    let mut page = blank(web, visitor, stamp);
    fields.get("q").clone_into(&mut page.which.query);
    page.when = when_typed(fields);
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

pub(super) async fn visit(State(web): State<Web>, visitor: Result<Visitor, Response>, fields: Fields) -> Response {
    let sent = match web.sent((&FORM, BACK), visitor, fields).await {
        Ok(sent) => sent,
        Err(answer) => return answer,
    };
    let (visitor, fields) = (&sent.visitor, &sent.fields);
    if let Some(refused) = visitor.refusal(&web, Act::Record) {
        return refused;
    }
    let mut page = typed(&web, visitor, fields, web.stamp_of(&sent));
    let act = match fields.get("do") {
        "save" => Do::Save,
        "next" => Do::Next,
        "keep" | "leave" | "other" => Do::Keep,
        _ => Do::Find,
    };
    let chosen = chosen_in(fields, act.asking());
    let (w, chosen) = (visitor.words(), chosen.map(str::to_owned));
    let looked = web.look(move |web, bulletin, ledger, directory| {
        find(web, (bulletin, ledger, directory), w, &mut page, chosen.as_deref(), act)?;
        Ok(page)
    });
    let mut page = match looked.await {
        Ok(page) => page,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    if matches!(act, Do::Save | Do::Next)
        && let Some(draft) = draft(&mut page, w, visitor.signed.account.person, &web)
    {
        match web.record(&sent, vec![draft]).await {
            Ok(all) => {
                if let Some(one) = all.first() {
                    return saved(&page, act, *one);
                }
            }
            Err(Trouble::Refused(words)) => page.sheet.refuse("t", words),
            Err(Trouble::Problem(problem)) => page.sheet.trouble = Some(said(w, &problem).to_owned()),
        }
    }
    page.sheet.note = web.keep(&sent).await;
    shown(&web, visitor, &page)
}

fn shown(web: &Web, visitor: &Visitor, page: &Visit) -> Response {
    let frame = visitor.frame(web, Here::Visits, BACK);
    form_page(page.sheet.is_refused(), visit_page(&frame, page))
}

/// Finds the household, by what was chosen or by what was typed, and what stands beside the form of it.
fn find(
    web: &Web,
    (bulletin, ledger, directory): (&Bulletin, &Ledger, &Directory),
    w: Words,
    page: &mut Visit,
    chosen: Option<&str>,
    act: Do,
) -> Result<(), Problem> {
    let today = web.office.today();
    let rows = ledger.households(bulletin.unit, LedgerQuery::as_of(today));
    web.choose(
        (bulletin, ledger, directory),
        &mut page.which,
        &mut page.sheet,
        chosen,
        (act.asking(), w),
    )?;
    page.go_on = act == Do::Find && page.which.chosen.is_some();
    let Some(id) = page
        .which
        .chosen
        .as_ref()
        .and_then(|one| one.household.parse::<EntityId>().ok())
    else {
        return Ok(());
    };
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
    Ok(())
}

/// The draft that the form describes; `None` where something is wrong, which then stands in the form.
fn draft(page: &mut Visit, w: Words, recorder: PersonId, web: &Web) -> Option<Draft> {
    let (today, now_ms) = (web.office.today(), signed(web.office.trusted_ms()));
    let occurred = claimed(&page.when, &mut page.sheet, w, today, now_ms);
    let outcome = page.outcome.as_deref().and_then(VisitOutcome::from_key);
    if outcome.is_none() {
        page.sheet.refuse("met", w.visit_no_outcome());
    }
    let text = page.text.trim().to_owned();
    if outcome == Some(VisitOutcome::Met) && text.is_empty() {
        page.sheet.refuse("t", w.visit_no_text());
    }
    if let Some(over) = text.len().checked_sub(TEXT_BYTES_MAX).filter(|over| *over > 0) {
        page.sheet.refuse("t", w.too_long(over));
    }
    let who = page.who.iter().filter(|(.., on)| *on);
    let actors: Vec<PersonId> = who.filter_map(|(id, ..)| id.parse().ok()).collect();
    if actors.is_empty() {
        page.sheet.refuse("who", w.visit_nobody());
    }
    if !page.sheet.wrong.is_empty() {
        return None;
    }
    let household = page.which.chosen.as_ref()?.household.parse().ok()?;
    Some(Draft {
        subject: Subject::household(household),
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
        // Who has moved is to leave the books, too.
        let moved = if page.outcome.as_deref() == Some(VisitOutcome::Moved.key()) {
            "&moved=1"
        } else {
            ""
        };
        return Redirect::to(&format!("/household/{household}?saved={word}{moved}")).into_response();
    }
    let day = match page.when.day {
        ChosenDay::Today => String::new(),
        ChosenDay::Yesterday => "&d=yesterday".to_owned(),
        ChosenDay::Other => {
            let typed = numbers(&page.when.other.join(" ")).unwrap_or_default();
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
