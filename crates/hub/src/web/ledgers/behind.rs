//! `GET /entries`: the entries behind a figure, behind a difference, or about one thing.

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse as _, Response};
use diff::RowDiff;
use event::{EntityId, Event, EventId, Facts, Header, Origin, PersonId, Sequence, Subject};
use ledger::{Covered, EntityKey, Reach};
use link::{Problem, ProblemKind};
use pages::Visitor;
use screen::Words;
use screen::office::{Effect, Here};
use screen::township::ledgers::{Asked, BehindLine, Entries, Ledger, entries};
use serde::Deserialize;

use super::names::Names;
use super::show::{cut_line, is_known, key_of};
use super::{Web, here, page_of};
use crate::answers::{Answer, Answered, Question, Typed, Wanted, short_id, way};
use crate::web::ledgers::PAGE_ROWS;

/// Which entries, beside the question of the figure.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    view: String,
    /// A column of coverage, or `why`.
    figure: String,
    why: String,
    /// `household` or `request`, with `id`: everything recorded about it. A cadre has no story.
    of: String,
    id: String,
}

/// A line before its entry was read.
struct Line {
    about: String,
    place: Option<(Origin, Sequence)>,
    /// Where a line without an entry leads.
    story: Option<String>,
}

/// The lines of a page, what they are of, and the address without the page's number.
struct List {
    what: String,
    address: String,
    lines: Vec<Line>,
}

pub(super) async fn show(
    State(web): State<Web>,
    visitor: Visitor,
    Query(which): Query<Which>,
    Query(typed): Query<Typed>,
) -> Response {
    let not_found = || visitor.trouble(&web, &Problem::new(ProblemKind::NotFound, ""));
    let Some(ledger) = Ledger::from_key(&which.view) else {
        return not_found();
    };
    let names = Names::of(&web);
    let mut frame = visitor.frame(&web, Here::Ledgers, "/ledgers");
    let Ok((mut question, asked)) = typed.read(ledger, web.today(&frame), names.villages(&web)) else {
        return not_found();
    };
    let is_story = !which.of.is_empty();
    if asked.unit.is_none() && !is_story {
        return not_found();
    }
    let known = question.known;
    match (&*which.figure, is_story) {
        // The cut alone is wanted of a story; the entries come from the ledger that follows the journal.
        (_, true) => (question.until, question.known, question.against) = (None, None, None),
        ("why", _) => {}
        _ => (question.wanted, question.against) = (Wanted::Covered, None),
    }
    let address = address_of(&which, &asked);
    frame.back.clone_from(&address);
    let found = match web.answer(question.clone(), frame.now_ms).await {
        Ok(found) => found,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    let answer = match here(found, &frame, &asked, &address) {
        Ok(answer) => answer,
        Err(response) => return *response,
    };
    let list = if is_story {
        story(&web, &which, known, frame.words())
    } else {
        of_figure(&web, &which, &question, &asked, &answer, frame.words())
    };
    let Some(mut list) = list else { return not_found() };
    list.address = address;
    let (page, pages, from) = page_of(typed.page, list.lines.len());
    let all = list.lines.len() as u64;
    let shown: Vec<Line> = list.lines.drain(..).skip(from).take(PAGE_ROWS).collect();
    let views = web.office.views.clone();
    let read = web.office.read(crate::admin::TOWNSHIP, move |desk| {
        let lines = shown.into_iter().map(|line| read_line(line, desk, &views));
        lines.collect::<Result<Vec<Read>, crate::Refusal>>()
    });
    let lines = match read.await {
        Ok(read) => read.into_iter().map(|line| line.named(&names)).collect(),
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    let page = Entries {
        what: list.what,
        cut: cut_line(&answer.cut),
        lines,
        all,
        page: (page, pages),
        address: list.address,
        asked,
    };
    Html(entries(&frame, &page)).into_response()
}

fn address_of(which: &Which, asked: &Asked) -> String {
    let word = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let figure: String = which
        .figure
        .chars()
        .filter(|c| c.is_ascii_alphabetic() || *c == '_')
        .collect();
    let mut address = format!("/entries?view={}", asked.ledger.key());
    for (name, value) in [
        ("figure", figure),
        ("why", word(&which.why)),
        ("of", word(&which.of)),
        ("id", word(&which.id)),
    ] {
        if !value.is_empty() {
            address.push_str(&format!("&{name}={value}"));
        }
    }
    format!("{address}&{}", asked.query())
}

/// Everything recorded about one thing, in the order of its story.
fn story(web: &Web, which: &Which, known: Option<event::Day>, w: Words) -> Option<List> {
    let id: EntityId = which.id.parse().ok()?;
    let subject: EntityKey = match &*which.of {
        "household" => Subject::household(id),
        "request" => Subject::request(id),
        _ => return None,
    };
    let steps = web.office.views.with_ledger(|ledger| ledger.story(subject));
    if steps.is_empty() {
        return None;
    }
    let lines = steps.into_iter().filter(|step| is_known(known, step.received_at_ms));
    let about = short_id(&which.id);
    Some(List {
        what: format!("{} {about}", w.column(&which.of)),
        address: String::new(),
        lines: lines
            .map(|step| Line {
                about: about.clone(),
                place: Some((step.origin, step.sequence)),
                story: None,
            })
            .collect(),
    })
}

fn of_figure(web: &Web, which: &Which, question: &Question, asked: &Asked, answer: &Answer, w: Words) -> Option<List> {
    match &answer.rows {
        Answered::Covered(rows) => behind_coverage(web, which, asked, rows, w),
        Answered::Coverage(_) => {
            let before = answer.before.as_ref()?;
            let row = before.changed.iter().find(|row| Some(row.unit) == question.unit)?;
            behind_difference(which, row, w)
        }
        _ => None,
    }
}

/// The households of a figure; each with the visits that put it there, or alone.
fn behind_coverage(web: &Web, which: &Which, asked: &Asked, rows: &[Covered], w: Words) -> Option<List> {
    let reach: Option<Option<Reach>> = match &*which.figure {
        "households" => None,
        "met_at_home" => Some(Some(Reach::MetAtHome)),
        "contacted" => Some(Some(Reach::Contacted)),
        "knocked_only" => Some(Some(Reach::Knocked)),
        "unvisited" => Some(None),
        _ => return None,
    };
    let mut lines = Vec::new();
    web.office.views.with_ledger(|ledger| {
        for row in rows.iter().filter(|row| reach.is_none_or(|reach| reach == row.reach)) {
            let id = row.household.to_string();
            let about = short_id(&id);
            let decisive = row.visits.iter().filter(|visit| Some(Reach::of(visit)) == row.reach);
            let before = lines.len();
            lines.extend(decisive.filter_map(|visit| {
                Some(Line {
                    about: about.clone(),
                    place: Some(ledger.place_of(visit.event)?),
                    story: None,
                })
            }));
            if lines.len() == before {
                lines.push(Line {
                    about,
                    place: None,
                    story: Some(super::show::story_of(asked, "household", &id)),
                });
            }
        }
    });
    Some(List {
        what: w.column(&which.figure),
        address: String::new(),
        lines,
    })
}

/// The entries that changed a village's figures in one way.
fn behind_difference(which: &Which, row: &RowDiff, w: Words) -> Option<List> {
    let (why, share) = row.shares.iter().find(|(why, _)| key_of(**why) == which.why)?;
    let events: std::collections::BTreeSet<EventId> = share.events.iter().copied().collect();
    let reasons = row.events.iter().filter(|reason| events.contains(&reason.event));
    Some(List {
        what: way(*why).word(w).to_owned(),
        address: String::new(),
        lines: reasons
            .map(|reason| Line {
                about: short_id(&reason.subject.id.to_string()),
                place: Some((reason.origin, reason.sequence)),
                story: None,
            })
            .collect(),
    })
}

/// A line whose entry was read; people are not named yet.
struct Read {
    line: BehindLine,
    actors: Vec<PersonId>,
}

impl Read {
    fn named(self, names: &Names) -> BehindLine {
        BehindLine {
            actors: self.actors.into_iter().map(|person| names.person(person)).collect(),
            ..self.line
        }
    }
}

fn read_line(line: Line, desk: &crate::Desk, views: &crate::views::Views) -> Result<Read, crate::Refusal> {
    let mut shown = BehindLine {
        about: line.about,
        address: line.story,
        ..BehindLine::default()
    };
    let Some((origin, sequence)) = line.place else {
        return Ok(Read {
            line: shown,
            actors: Vec::new(),
        });
    };
    shown.address = Some(format!("/entry/{origin}/{}", sequence.get()));
    let (receipt, effect) =
        views.with_ledger(|ledger| (ledger.receipt_at(origin, sequence), ledger.effect_at(origin, sequence)));
    shown.receipt = receipt.map(|receipt| receipt.position.0);
    shown.received_ms = receipt.map(|receipt| receipt.received_at_ms.cast_signed());
    shown.effect = effect.map(|effect| Effect {
        word: effect.key().to_owned(),
        reason: effect.reason().map(str::to_owned),
        ..Effect::default()
    });
    let entry = desk
        .log
        .read(origin.into(), sequence, 1, usize::MAX)?
        .into_iter()
        .next();
    let mut actors = Vec::new();
    if let Some(event) = entry.as_ref().and_then(|entry| Event::decode(&entry.bytes).ok()) {
        let header: &Header = &event.header;
        shown.kind = header.kind.to_string();
        shown.occurred = Some(header.occurred);
        actors.clone_from(&header.actors);
        if let Ok(Some(facts)) = Facts::decode(header.kind, header.schema, event.facts) {
            shown.outcome = outcome(&facts);
        }
    }
    Ok(Read { line: shown, actors })
}

/// Further words of an entry's line.
fn outcome(facts: &Facts) -> Vec<String> {
    match facts {
        Facts::VisitRecorded(visit) => vec![visit.mode.key().to_owned(), visit.outcome.key().to_owned()],
        Facts::HouseholdChanged(changed) => vec![changed.change.key().to_owned()],
        Facts::RecordCorrected(corrected) => vec![corrected.correction.key().to_owned()],
        _ => Vec::new(),
    }
}
