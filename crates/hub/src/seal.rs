//! Sealing the figures of a period: what every view said at a cut, as an event for all, in the journal.
//!
//! A seal takes nothing away. What is corrected later shows beside the sealed figure, never over it.

use event::{
    Day, Draft, EntryMode, EventId, Facts, JournalId, LedgerSealed, PersonId, Position, Sequence, Subject, When,
};
use event::{Event, Kind, Origin};
use ledger::{Cut, Effect, Ledger, SealRoot};
use link::{Problem, ProblemKind};
use serde::Serialize;
use sync::record::{Audience, JournalRecord};

use crate::office::Office;
use crate::{Desk, Entropy, Refusal, Registry};

/// A seal that stands.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Seal {
    /// The event.
    pub(crate) event: EventId,
    /// First day of the period.
    pub(crate) from: Day,
    /// Last day of it.
    pub(crate) to: Day,
    /// Journal of the cut.
    pub(crate) journal: JournalId,
    /// Last position that was counted.
    pub(crate) position: Position,
    /// Time of the record at the cut, in milliseconds: what was known by then was sealed.
    pub(crate) known_at_ms: u64,
    /// Rule version of the views.
    pub(crate) rule: u16,
    /// The one root, in hexadecimal digits.
    pub(crate) root: String,
    /// (unit, view) roots under it.
    pub(crate) count: u32,
    /// The seal whose place it took.
    pub(crate) supersedes: Option<EventId>,
}

/// What is sealed now: the ledgers' own cut.
pub(crate) struct Sealing {
    pub(crate) cut: Cut,
    pub(crate) root: SealRoot,
}

/// Seals a period at the ledgers' present cut. A period that was sealed before is sealed again only if `again`.
pub(crate) async fn seal(
    office: &Office,
    from: Day,
    to: Day,
    recorder: PersonId,
    again: bool,
) -> Result<Seal, Problem> {
    if from > to {
        return Err(Problem::new(ProblemKind::Malformed, "the period ends before it begins"));
    }
    let standing = standing(office).await?;
    let before = standing.into_iter().find(|seal| (seal.from, seal.to) == (from, to));
    if let Some(known) = before.as_ref().filter(|_| !again) {
        let words = format!(
            "{from} to {to} is sealed already, by {}; --again seals it anew beside it",
            known.event
        );
        return Err(Problem::new(ProblemKind::Malformed, words));
    }
    let sealing = office.views.sealing()?;
    let (journal, position) = at_cut(&office.desks.get().registry(), sealing.cut).ok_or_else(|| {
        Problem::new(
            ProblemKind::Malformed,
            "nothing was received yet: there is nothing to seal",
        )
    })?;
    let supersedes = before.map(|seal| seal.event);
    let facts = LedgerSealed {
        from,
        to,
        journal,
        position,
        rule: sealing.cut.rule_version,
        root: sealing.root.root,
        count: sealing.root.count,
        supersedes,
    };
    let recorded = office.writer.ask(move |hub, surroundings| {
        let now = surroundings.now();
        let today = Day::of_instant(i64::try_from(hub.clock().last_ms()).unwrap_or(i64::MAX));
        let draft = Draft {
            subject: Subject::journal(journal),
            facts: Facts::LedgerSealed(facts),
            occurred: When::Day(today),
            unit: hub.registry().unit,
            recorder,
            actors: vec![recorder],
            causes: Vec::new(),
            mode: EntryMode::Live,
            source: None,
            personal: None,
        };
        let entropy: Entropy = surroundings.random();
        hub.record(Audience::All, &[(draft, entropy)], &now)
    });
    let event = recorded.await?.pop();
    let event = event.ok_or_else(|| Problem::new(ProblemKind::Internal, "the seal has no identity"))?;
    let known_at_ms = office
        .read(crate::admin::TOWNSHIP, move |desk| time_at(desk, journal, position))
        .await?;
    Ok(Seal {
        event,
        from,
        to,
        journal,
        position,
        known_at_ms,
        rule: sealing.cut.rule_version,
        root: sealing.root.root.to_string(),
        count: sealing.root.count,
        supersedes,
    })
}

/// The seals that stand, in the order of their story.
pub(crate) async fn standing(office: &Office) -> Result<Vec<Seal>, Problem> {
    office.views.all_of(&office.desks.get()).await?;
    let views = office.views.clone();
    office
        .read(crate::admin::TOWNSHIP, move |desk| {
            let places = views.with_ledger(|ledger| places(ledger, &desk.registry()));
            let mut seals: Vec<Seal> = Vec::new();
            for (origin, sequence) in places {
                if let Some(seal) = read(desk, origin, sequence)? {
                    seals.retain(|known| Some(known.event) != seal.supersedes);
                    seals.push(seal);
                }
            }
            Ok::<_, Refusal>(seals)
        })
        .await
}

/// Where the seals that count stand.
fn places(ledger: &Ledger, registry: &Registry) -> Vec<(Origin, Sequence)> {
    let frozen = registry.frozen.iter().map(|frozen| frozen.journal);
    let journals = frozen.chain([registry.journal]);
    let steps = journals.flat_map(|journal| ledger.story(Subject::journal(journal)));
    let counts = |step: &ledger::Step| step.kind == Kind::LEDGER_SEALED.0 && step.effect == Effect::Counted;
    steps.filter(counts).map(|step| (step.origin, step.sequence)).collect()
}

fn read(desk: &Desk, origin: Origin, sequence: Sequence) -> Result<Option<Seal>, Refusal> {
    let entry = desk.log.read(origin.into(), sequence, 1, usize::MAX)?.pop();
    let Some(entry) = entry else { return Ok(None) };
    let Ok(event) = Event::decode(&entry.bytes) else {
        return Ok(None);
    };
    let facts = Facts::decode(event.header.kind, event.header.schema, event.facts);
    let Ok(Some(Facts::LedgerSealed(facts))) = facts else {
        return Ok(None);
    };
    Ok(Some(Seal {
        event: event.header.id,
        from: facts.from,
        to: facts.to,
        journal: facts.journal,
        position: facts.position,
        known_at_ms: time_at(desk, facts.journal, facts.position)?,
        rule: facts.rule,
        root: facts.root.to_string(),
        count: facts.count,
        supersedes: facts.supersedes,
    }))
}

/// A cut, which is counted over all journals, as a position of one.
fn at_cut(registry: &Registry, cut: Cut) -> Option<(JournalId, Position)> {
    let mut left = cut.position?.0;
    for frozen in &registry.frozen {
        if left < frozen.size.0 {
            return Some((frozen.journal, Position(left)));
        }
        left -= frozen.size.0;
    }
    Some((registry.journal, Position(left)))
}

/// Time of a record, in milliseconds.
pub(crate) fn time_at(desk: &Desk, journal: JournalId, position: Position) -> Result<u64, Refusal> {
    let record = desk
        .log
        .read(journal.into(), Sequence::after_size(position.0), 1, usize::MAX)?;
    let record = record
        .first()
        .and_then(|entry| JournalRecord::decode(&entry.bytes).ok());
    Ok(record.map_or(0, |record| record.at_ms()))
}
