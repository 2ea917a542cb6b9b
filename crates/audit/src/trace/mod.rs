//! The story of one household or request, and the events of one lead: every entry with who, where and when, what became
//! of it, and its corrections beside it.
//!
//! A cadre has no story here. What a cadre did can be looked at only where a rule found something to look at: give the
//! events of that lead to [`History::looking_for`], and ask for [`lead_events`].

mod read;

use diff::{History, Standing};
use event::{
    CarriedFrom, ClockQuality, Day, EntityId, EntryMode, EventId, JournalId, Origin, PersonId, Position, Sequence,
    Source, StoryKey, SubjectKind, UnitCode, When,
};
use ledger::{Effect, EntityKey};
use serde::Serialize;
use serde_json::Value;

use crate::AuditError;
use crate::compare::CutAt;
use crate::opened::{Entries, Known};
use crate::slips::Proof;

/// The machine that wrote an entry, and the entry's place in its log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The log.
    pub origin: Origin,
    /// The place in it.
    pub sequence: Sequence,
    /// The village; absent for what the township writes for all.
    pub unit: Option<UnitCode>,
    /// The name under which it was enrolled; empty for the township's own.
    pub name: String,
}

/// Another entry under the same identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Repeat {
    /// Where.
    pub machine: Machine,
    /// The journal record that covers it, counted over all journals.
    pub position: Position,
    /// When it was received, in milliseconds.
    pub received_at_ms: u64,
    /// Whether it says the same; if not, it is evidence of a fork.
    pub same: bool,
}

/// A field that a correction changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The field; `occurred` for the time.
    pub field: String,
    /// As first recorded; null where nothing stood.
    pub before: Value,
    /// As corrected; null where nothing stands.
    pub after: Value,
}

/// A correction, as it stands beside what it corrects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Corrected {
    /// The correction's own event.
    pub event: EventId,
    /// `correct` or `void`.
    pub correction: &'static str,
    /// What it changes.
    pub fields: Vec<FieldChange>,
    /// Who recorded it.
    pub recorder: PersonId,
    /// Who decided it.
    pub actors: Vec<PersonId>,
    /// The journal record that covers it, counted over all journals.
    pub position: Position,
    /// When it was received, in milliseconds.
    pub received_at_ms: u64,
    /// What became of it.
    #[serde(flatten)]
    pub effect: Effect,
}

/// The personal part, of which a trace shows no word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PersonalPart {
    /// Its length in bytes.
    pub len: u32,
    /// Whether it is here.
    pub here: bool,
}

/// One step of a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceStep {
    /// Its identity.
    pub event: EventId,
    /// Its kind, by its word; by its number where this version does not know it.
    pub kind: String,
    /// What it is about.
    pub subject: EntityKey,
    /// The unit it belongs to.
    pub unit: UnitCode,
    /// What it states, with long names; null where this version cannot read it.
    pub facts: Value,
    /// When it happened, as claimed, with the precision of the claim.
    pub occurred: When,
    /// How exactly that is known: `day`, `half_day`, `minute`, `instant`.
    pub precision: &'static str,
    /// Who did it.
    pub actors: Vec<PersonId>,
    /// Who typed it.
    pub recorder: PersonId,
    /// Whether the township wrote it.
    pub by_hub: bool,
    /// How it was entered.
    pub mode: EntryMode,
    /// Its place in the source, for imported history.
    pub source: Option<Source>,
    /// Which machine wrote it.
    pub machine: Machine,
    /// That machine's clock when it was recorded, in milliseconds.
    pub recorded_ms: u64,
    /// The same after the township's corrections of that clock, where there are any.
    pub recorded_corrected_ms: Option<i64>,
    /// What the machine knew of the time.
    pub clock: ClockQuality,
    /// When the township received it, in milliseconds.
    pub received_at_ms: u64,
    /// The journal of its receipt.
    pub journal: Option<JournalId>,
    /// The receipt's place in that journal.
    pub journal_position: Option<Position>,
    /// The receipt's place counted over all journals, as figures count it.
    pub position: Position,
    /// What became of it.
    #[serde(flatten)]
    pub effect: Effect,
    /// Corrections of it, in the order of the story.
    pub corrections: Vec<Corrected>,
    /// Further entries under its identity.
    pub copies: Vec<Repeat>,
    /// Set where a successor carried it on.
    pub carried_from: Option<CarriedFrom>,
    /// Events that led to it.
    pub causes: Vec<EventId>,
    /// Its personal part, where it has one.
    pub personal: Option<PersonalPart>,
    /// Proof of its inclusion, where somebody provides it: see [`Trace::prove`].
    pub proof: Option<Proof>,
    #[serde(skip)]
    story: StoryKey,
}

impl TraceStep {
    /// The day that it claims.
    #[must_use]
    pub fn day(&self) -> Day {
        self.occurred.day()
    }

    /// The correction that it is, of which event.
    #[must_use]
    pub fn target(&self) -> Option<EventId> {
        self.facts.get("target")?.as_str()?.parse().ok()
    }
}

/// A story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// What it is of; absent for the events of a lead.
    pub subject: Option<EntityKey>,
    /// The unit of its first step.
    pub unit: Option<UnitCode>,
    /// That unit's name.
    pub name: String,
    /// Up to where.
    pub cut: CutAt,
    /// Every entry, in the order of the story. Entries about other households that name this one stand among them.
    pub steps: Vec<TraceStep>,
    /// Requests that are said to be of this household.
    pub requests: Vec<EntityId>,
    /// Households that merged or split with this one.
    pub households: Vec<EntityId>,
}

impl Trace {
    /// Puts a proof beside every step that `proof_of` has one for.
    pub fn prove(&mut self, mut proof_of: impl FnMut(Origin, Sequence) -> Option<Proof>) {
        for step in &mut self.steps {
            step.proof = proof_of(step.machine.origin, step.machine.sequence);
        }
    }
}

/// The story of a household or a request.
///
/// # Errors
/// [`AuditError::NotTraced`] for any other subject; [`AuditError::Store`].
pub fn trace(subject: EntityKey, known: &Known, history: &History, entries: &dyn Entries) -> Result<Trace, AuditError> {
    if !matches!(subject.kind, SubjectKind::Household | SubjectKind::Request) {
        return Err(AuditError::NotTraced);
    }
    let mut standings = history.of(subject);
    standings.extend(history.naming(subject));
    let mut trace = made(standings, known, entries)?;
    trace.subject = Some(subject);
    if subject.kind == SubjectKind::Household {
        trace.requests = history.requests_of(subject.id).collect();
        trace.households = history.joined_households(subject.id).collect();
    }
    Ok(trace)
}

/// The events of a lead, in the order of the story, and no others. The index must have been looking for them: see
/// [`History::looking_for`].
///
/// # Errors
/// [`AuditError::Store`].
pub fn lead_events(known: &Known, history: &History, entries: &dyn Entries) -> Result<Trace, AuditError> {
    made(history.found().to_vec(), known, entries)
}

fn made(standings: Vec<Standing>, known: &Known, entries: &dyn Entries) -> Result<Trace, AuditError> {
    let steps = read::steps(standings, known, entries)?;
    let unit = steps.first().map(|step| step.unit);
    Ok(Trace {
        subject: None,
        unit,
        name: unit.map_or("", |unit| known.book.name_of(unit)).to_owned(),
        cut: known.cut(),
        steps,
        requests: Vec::new(),
        households: Vec::new(),
    })
}
