//! From entries to what the rules look at: facts in effect, corrections applied, clocks corrected.

use std::collections::{BTreeMap, BTreeSet};

use event::{
    ClockQuality, ContactChecked, CorrectionKind, EntityId, Event, EventId, Facts, Origin, PersonId, Personal,
    Position, SamplePublished, Sequence, StoryKey, VisitRecorded, When,
};
use ledger::{Conflict, Effect, Ledger};

use crate::absence::Absences;
use crate::request::Requests;
use crate::visit::{Entered, Visit, exact};
use crate::{Journals, LogNote, Record};

/// A reception or a meeting with a beginning and an end.
#[derive(Clone, Debug)]
pub(crate) struct Gathering {
    pub(crate) entered: Entered,
    pub(crate) people: Vec<PersonId>,
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
}

/// A check in effect.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) facts: ContactChecked,
    pub(crate) entered: Entered,
}

/// A correction of a visit, in effect.
#[derive(Clone, Debug)]
pub(crate) struct Correction {
    pub(crate) entered: Entered,
    pub(crate) target: EventId,
    pub(crate) kind: CorrectionKind,
    /// Mode and outcome are others than the ones first recorded.
    is_of_substance: bool,
    facts: Option<VisitRecorded>,
    occurred: Option<When>,
}

impl Correction {
    /// Whether it touches what the household will be asked: whether, how and when somebody came.
    pub(crate) fn changes_what_is_asked(&self) -> bool {
        self.kind == CorrectionKind::Void || self.is_of_substance || self.occurred.is_some()
    }
}

/// A published sample, in effect.
#[derive(Clone, Debug)]
pub(crate) struct Publication {
    pub(crate) facts: SamplePublished,
    pub(crate) entered: Entered,
}

/// What the rules look at. It is the same for the same set of entries, whatever order they were given in.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Visits in effect, by identity.
    pub(crate) visits: BTreeMap<EventId, Visit>,
    /// Visits as first recorded, voided ones included.
    recorded: BTreeMap<EventId, Visit>,
    /// In story order.
    pub(crate) corrections: Vec<Correction>,
    /// Index of the corrections of each visit.
    corrected: BTreeMap<EventId, Vec<usize>>,
    pub(crate) gatherings: Vec<Gathering>,
    pub(crate) checks: Vec<Check>,
    pub(crate) publications: Vec<Publication>,
    pub(crate) requests: Requests,
    pub(crate) absences: Absences,
    /// Every readable entry of every log, by place.
    pub(crate) logs: BTreeMap<Origin, BTreeMap<Sequence, Entered>>,
    /// Every place that was given, readable or not.
    pub(crate) held: BTreeMap<Origin, BTreeSet<Sequence>>,
    /// When the hub received what, by position.
    pub(crate) received: BTreeMap<Position, i64>,
    /// Places that were given twice with different bytes.
    pub(crate) doubled: BTreeSet<(Origin, Sequence)>,
    pub(crate) notes: BTreeSet<LogNote>,
    pub(crate) journals: Journals,
}

/// An entry that can be read, and what the ledger says it came to.
struct Read<'a> {
    record: Record<'a>,
    event: Event<'a>,
    facts: Option<Facts>,
    effect: Option<Effect>,
    entered: Entered,
}

impl History {
    /// Reads entries beside a settled ledger that holds them. `journals` are those that the receipts stand in: one
    /// [`JournalId`](event::JournalId), or [`Journals`] where the hub was restored.
    #[must_use]
    pub fn read<'a>(
        ledger: &Ledger,
        records: impl IntoIterator<Item = Record<'a>>,
        notes: impl IntoIterator<Item = LogNote>,
        journals: impl Into<Journals>,
    ) -> Self {
        let mut history = Self {
            journals: journals.into(),
            notes: notes.into_iter().collect(),
            ..Self::default()
        };
        let mut read = history.places(ledger, records);
        read.sort_by_key(|one| {
            let story = StoryKey::of(&one.event.header, Some(one.record.receipt.received_at_ms));
            (story, one.record.origin, one.record.sequence)
        });
        history.correct_clocks(&mut read);
        for one in &read {
            history.take(one);
        }
        history.absences.finish();
        history.requests.finish();
        history.visits = history.visits_known_at(None);
        history
    }

    /// The same, from entries alone: the ledger is made on the way.
    #[must_use]
    pub fn rebuild(
        records: &[Record<'_>],
        notes: impl IntoIterator<Item = LogNote>,
        journals: impl Into<Journals>,
    ) -> Self {
        let mut ledger = Ledger::new();
        for one in records {
            ledger.apply(one.bytes, one.origin, one.sequence, one.author, one.receipt);
        }
        ledger.settle();
        Self::read(&ledger, records.iter().copied(), notes, journals)
    }

    /// One readable entry for each place; the first receipt decides.
    fn places<'a>(&mut self, ledger: &Ledger, records: impl IntoIterator<Item = Record<'a>>) -> Vec<Read<'a>> {
        let mut places: BTreeMap<(Origin, Sequence), Record<'a>> = BTreeMap::new();
        for record in records {
            let at_ms = record.receipt.received_at_ms.cast_signed();
            let known = self.received.entry(record.receipt.position).or_insert(at_ms);
            *known = at_ms.min(*known);
            let place = (record.origin, record.sequence);
            self.held.entry(record.origin).or_default().insert(record.sequence);
            let known = places.entry(place).or_insert(record);
            if known.bytes != record.bytes {
                self.doubled.insert(place);
            }
            let rank = |record: &Record<'a>| (record.receipt, record.bytes, record.personal.is_none());
            if rank(&record) < rank(known) {
                *known = record;
            }
        }
        let read = |record: Record<'a>| {
            let event = Event::decode(record.bytes).ok()?;
            let h = &event.header;
            let is_here = h.origin == record.origin && h.sequence == record.sequence;
            Some(Read {
                facts: Facts::decode(h.kind, h.schema, event.facts).ok().flatten(),
                effect: ledger.effect_at(record.origin, record.sequence),
                entered: Entered {
                    id: h.id,
                    unit: h.unit,
                    origin: h.origin,
                    sequence: h.sequence,
                    recorder: h.recorder,
                    mode: h.mode,
                    occurred: h.occurred,
                    recorded_ms: h.wall_ms.cast_signed(),
                    mono_ms: h.mono_ms,
                    boot: h.boot,
                    clock_is_unknown: h.clock == ClockQuality::Floor,
                    received_ms: record.receipt.received_at_ms.cast_signed(),
                    position: record.receipt.position,
                    seen: h
                        .seen
                        .and_then(|seen| self.journals.size_over_all(seen.journal, seen.size)),
                    is_foreign: h.carried_from.is_some() || h.source.is_some(),
                },
                record,
                event,
            })
            .filter(|_| is_here)
        };
        places.into_values().filter_map(read).collect()
    }

    /// Adds the township's offsets to the recorded times; the last one in story order that covers a place decides.
    fn correct_clocks(&mut self, read: &mut [Read<'_>]) {
        let mut offsets: BTreeMap<Origin, Vec<(Sequence, Sequence, i64)>> = BTreeMap::new();
        for one in read.iter().filter(|one| one.effect == Some(Effect::Counted)) {
            if let Some(Facts::ClockCorrected(facts)) = &one.facts {
                let span = (facts.first, facts.last, facts.offset_ms);
                offsets.entry(facts.origin).or_default().push(span);
            }
        }
        for one in read {
            let spans = offsets.get(&one.record.origin).into_iter().flatten().rev();
            let mut covering = spans.filter(|(first, last, _)| (*first..=*last).contains(&one.record.sequence));
            if let Some((.., offset)) = covering.next() {
                one.entered.recorded_ms = one.entered.recorded_ms.saturating_add(*offset);
                one.entered.clock_is_unknown = false;
            }
            let log = self.logs.entry(one.record.origin).or_default();
            log.insert(one.record.sequence, one.entered.clone());
        }
    }

    fn take(&mut self, one: &Read<'_>) {
        let Some(facts) = &one.facts else { return };
        let (header, entered) = (&one.event.header, one.entered.clone());
        let is_voided = one.effect == Some(Effect::NoEffect(ledger::NoEffect::Voided));
        if let (Facts::VisitRecorded(facts), true) = (facts, is_voided || one.effect == Some(Effect::Counted)) {
            let mut visit = Visit {
                entered,
                household: header.subject.id,
                visitors: people(&header.actors),
                mode: facts.mode,
                outcome: facts.outcome,
                minutes: None,
            };
            visit.set(facts);
            self.recorded.insert(header.id, visit);
            return;
        }
        match (facts, one.effect) {
            // Neither has an effect, and both are looked at: who asked back, and what was said after the close.
            (Facts::RequestFollowedUp(said), Some(Effect::Conflict(Conflict::AskerIsHandler))) => {
                self.requests.self_checked(header.subject.id, entered, said);
            }
            (Facts::RequestFollowedUp(said), Some(Effect::Conflict(Conflict::IllegalIn(ledger::State::Closed)))) => {
                self.requests.said_after_close(header.subject.id, entered, said);
            }
            (_, Some(Effect::Counted)) => self.take_counted(one, facts, entered, header.subject.id),
            _ => {}
        }
    }

    fn take_counted(&mut self, one: &Read<'_>, facts: &Facts, entered: Entered, subject: EntityId) {
        let actors = &one.event.header.actors;
        match facts {
            Facts::RecordCorrected(facts) => {
                let new = facts.replacement.as_ref().and_then(|new| match &*new.0 {
                    Facts::VisitRecorded(visit) => Some(visit.clone()),
                    _ => None,
                });
                let first = self.recorded.get(&facts.target);
                let at = self.corrections.len();
                self.corrected.entry(facts.target).or_default().push(at);
                let is_other = |new: &VisitRecorded, old: &Visit| (new.mode, new.outcome) != (old.mode, old.outcome);
                self.corrections.push(Correction {
                    is_of_substance: new.as_ref().zip(first).is_some_and(|(new, old)| is_other(new, old)),
                    entered,
                    target: facts.target,
                    kind: facts.correction,
                    facts: new,
                    occurred: facts.occurred,
                });
            }
            Facts::ReceptionHeld(facts) => self.gather(entered, actors, exact(facts.until)),
            Facts::MeetingHeld(facts) => {
                let minutes = facts.minutes.map(|minutes| i64::from(minutes) * 60_000);
                let end = entered
                    .exact_ms()
                    .zip(minutes)
                    .map(|(start, long)| start.saturating_add(long));
                self.gather(entered, actors, end);
            }
            Facts::ContactChecked(facts) => self.checks.push(Check {
                facts: facts.clone(),
                entered,
            }),
            Facts::SamplePublished(facts) => self.publications.push(Publication {
                facts: facts.clone(),
                entered,
            }),
            Facts::HouseholdChanged(facts) => {
                let personal = one.record.personal.and_then(|bytes| Personal::open(bytes).ok());
                let presence = personal.and_then(|content| content.presence);
                self.absences
                    .take(subject, entered.occurred.day(), facts, presence.as_deref());
            }
            facts => self.requests.take(subject, entered, facts),
        }
    }

    fn gather(&mut self, entered: Entered, actors: &[PersonId], end_ms: Option<i64>) {
        if let (Some(start_ms), Some(end_ms)) = (entered.exact_ms(), end_ms) {
            self.gatherings.push(Gathering {
                entered,
                people: people(actors),
                start_ms,
                end_ms,
            });
        }
    }

    /// Visits in effect: as known in a journal of this size, or as known now.
    pub(crate) fn visits_known_at(&self, size: Option<Position>) -> BTreeMap<EventId, Visit> {
        let is_known = |entered: &Entered| size.is_none_or(|size| entered.position < size);
        let mut visits: BTreeMap<EventId, Visit> = BTreeMap::new();
        for (id, visit) in self.recorded.iter().filter(|(_, visit)| is_known(&visit.entered)) {
            visits.insert(*id, visit.clone());
        }
        let mut voided = BTreeSet::new();
        for correction in self.corrections.iter().filter(|one| is_known(&one.entered)) {
            let Some(visit) = visits.get_mut(&correction.target) else {
                continue;
            };
            if correction.kind == CorrectionKind::Void {
                voided.insert(correction.target);
                continue;
            }
            voided.remove(&correction.target);
            if let Some(facts) = &correction.facts {
                visit.set(facts);
            }
            visit.entered.occurred = correction.occurred.unwrap_or(visit.entered.occurred);
        }
        visits.retain(|id, _| !voided.contains(id));
        visits
    }

    /// A visit as first recorded.
    pub(crate) fn first_record(&self, id: EventId) -> Option<&Visit> {
        self.recorded.get(&id)
    }

    /// The visit that a check asked about, unless it had been voided when the check was received: a claim that was taken back is no
    /// claim, and a void that comes later takes back nothing that the household said.
    pub(crate) fn checked_visit(&self, check: &Check) -> Option<&Visit> {
        let target = check.facts.target;
        let mut own = self.corrected.get(&target).into_iter().flatten();
        let is_known = |at: &&usize| self.corrections[**at].entered.position < check.entered.position;
        let last = own.rfind(is_known).map(|at| &self.corrections[*at]);
        let was_voided = last.is_some_and(|last| last.kind == CorrectionKind::Void);
        self.recorded.get(&target).filter(|_| !was_voided)
    }

    /// Whether no entry could be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.logs.is_empty()
    }
}

fn people(actors: &[PersonId]) -> Vec<PersonId> {
    let unique: BTreeSet<PersonId> = actors.iter().copied().collect();
    unique.into_iter().collect()
}
