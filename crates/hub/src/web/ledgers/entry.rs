//! `GET /entry/{origin}/{sequence}`: one entry as the township has it.

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use event::{ChangeKind, Event, Facts, Kind, Origin, Personal, Sequence, SubjectKind};
use link::{Problem, ProblemKind};
use pages::Visitor;
use screen::Words;
use screen::office::{Effect, Here, Shown};
use screen::township::ledgers::{Asked, Entry, Ledger, Quarter, Text, entry};
use serde_json::{Value, json};

use super::Web;
use super::names::Names;
use super::show::story_of;
use crate::answers::plain;
use crate::slip::{self, Which};

/// Kinds whose text is about what the law calls sensitive: it is not shown here.
const RESTRICTED: [Kind; 3] = [Kind::PAIRING_ESTABLISHED, Kind::PAIRING_ENDED, Kind::TALK_RECORDED];

pub(super) async fn show(
    State(web): State<Web>,
    visitor: Visitor,
    Path((origin, sequence)): Path<(String, u64)>,
) -> Response {
    let not_found = || Problem::new(ProblemKind::NotFound, "");
    let (Ok(origin), Ok(sequence)) = (origin.parse::<Origin>(), Sequence::new(sequence)) else {
        return visitor.trouble(&web, &not_found());
    };
    let frame = visitor.frame(&web, Here::Ledgers, &format!("/entry/{origin}/{}", sequence.get()));
    let names = Names::of(&web);
    let (w, today) = (frame.words(), web.today(&frame));
    let views = web.office.views.clone();
    let read = web.office.read(crate::admin::TOWNSHIP, move |desk| {
        let entry = desk
            .log
            .read(origin.into(), sequence, 1, usize::MAX)
            .map_err(crate::Refusal::Store)?;
        let entry = entry
            .into_iter()
            .next()
            .ok_or(crate::Refusal::NotFound("no such entry"))?;
        let registry = desk.registry();
        let party = registry.party(origin);
        let (receipt, effect) =
            views.with_ledger(|ledger| (ledger.receipt_at(origin, sequence), ledger.effect_at(origin, sequence)));
        let mut page = Entry {
            kind: String::new(),
            identity: String::new(),
            place: (origin.to_string(), sequence.get()),
            machine: party.map(|party| party.name.clone()).unwrap_or_default(),
            unit: names.place(party.and_then(|party| party.unit).unwrap_or(registry.unit)),
            about: (String::new(), String::new()),
            occurred: None,
            recorded_ms: None,
            recorder: String::new(),
            actors: Vec::new(),
            facts: Vec::new(),
            text: Text::None,
            received: receipt.map(|receipt| (receipt.position.0, receipt.received_at_ms.cast_signed())),
            effect: effect.map(|effect| Effect {
                word: effect.key().to_owned(),
                reason: effect.reason().map(str::to_owned),
                ..Effect::default()
            }),
            proof: Shown::Waiting,
            story: None,
        };
        if page.machine.is_empty() {
            page.machine.clone_from(&registry.name);
        }
        if let Ok(event) = Event::decode(&entry.bytes) {
            describe(
                &mut page,
                &event,
                entry.personal.as_deref(),
                &names,
                Quarter::of(today),
                w,
            );
        }
        Ok::<_, crate::Refusal>(page)
    });
    let mut page = match read.await {
        Ok(page) => page,
        Err(problem) => return visitor.trouble(&web, &problem),
    };
    page.proof = match slip::prove(&web.office, Which::at(origin, sequence)).await {
        Ok(proved) => proved.shown(),
        Err(problem) => Shown::Unavailable(problem.detail),
    };
    Html(entry(&frame, &page)).into_response()
}

/// What an entry that can be read says of itself.
fn describe(page: &mut Entry, event: &Event<'_>, personal: Option<&[u8]>, names: &Names, quarter: Quarter, w: Words) {
    let header = &event.header;
    page.kind = header.kind.to_string();
    page.identity = header.id.to_string();
    page.unit = names.place(header.unit);
    page.occurred = Some(header.occurred);
    page.recorded_ms = Some(header.wall_ms.cast_signed());
    page.recorder = names.person(header.recorder);
    page.actors = header.actors.iter().map(|person| names.person(*person)).collect();
    let (sort, view) = match header.subject.kind {
        SubjectKind::Household => ("household", Some(Ledger::Households)),
        SubjectKind::Request => ("request", Some(Ledger::Requests)),
        SubjectKind::Person => ("cadre", None),
        _ => ("subject", None),
    };
    let id = header.subject.id.to_string();
    page.story = view.map(|ledger| {
        let asked = Asked {
            ledger,
            quarter,
            ..Asked::default()
        };
        story_of(&asked, sort, &id)
    });
    page.about = (sort.to_owned(), id);
    let facts = Facts::decode(header.kind, header.schema, event.facts).ok().flatten();
    // Whether a household is away is nobody's business but of those with the right and a purpose.
    let is_away = matches!(&facts, Some(Facts::HouseholdChanged(changed)) if changed.change == ChangeKind::Presence);
    if let Some(Value::Object(fields)) = facts.map(|facts| json!(facts)) {
        page.facts = fields
            .iter()
            .map(|(name, value)| (name.clone(), plain(name, value, w)))
            .filter(|(_, value)| !value.is_empty())
            .collect();
    }
    page.text = match (header.personal.is_some(), personal) {
        (false, _) => Text::None,
        _ if is_away || RESTRICTED.contains(&header.kind) => Text::Held,
        (true, None) => Text::Gone,
        (true, Some(blob)) => match Personal::open(blob) {
            Ok(content) => content.text.map_or(Text::None, Text::Here),
            Err(_) => Text::Held,
        },
    };
}
