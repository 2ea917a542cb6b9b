//! Entries as lines: what they are, who wrote them, whether they came, what they came to.

use std::collections::HashMap;

use event::{ChangeKind, Day, Event, EventId, Facts, Header, Kind, Origin, PersonId, Sequence, Subject, SubjectKind};
use event_log::{LogEntry, LogId};
use ledger::{Conflict, Ledger, Query, State, Step};
use link::{Problem, ProblemKind};
use screen::office::{AmendedTo, Came, Effect, EntryLine};
use screen::{Words, dates};

use super::Web;
use super::correct::is_mendable;
use super::desk::signed;
use super::directory::Directory;
use crate::bulletin::Bulletin;

/// An entry's log and its place there.
type Place = (Origin, Sequence);

/// Looks at the node as it stands for the time of one page.
pub(super) struct Lines<'a> {
    pub(super) bulletin: &'a Bulletin,
    pub(super) ledger: &'a Ledger,
    pub(super) directory: &'a Directory,
    names: HashMap<PersonId, String>,
    w: Words,
    /// The day that this is looked at.
    pub(super) today: Day,
    /// Receipts of one entity's entries, looked up once.
    receipts: HashMap<Subject, HashMap<Place, (u64, u64)>>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(
        web: &Web,
        bulletin: &'a Bulletin,
        ledger: &'a Ledger,
        directory: &'a Directory,
        w: Words,
    ) -> Result<Self, Problem> {
        let names = web.office.accounts.ask(|accounts| {
            let names = accounts
                .all()
                .iter()
                .map(|account| (account.person, account.name.clone()));
            names.collect()
        })?;
        Ok(Self {
            bulletin,
            ledger,
            directory,
            names,
            w,
            today: web.office.today(),
            receipts: HashMap::new(),
        })
    }

    /// A person's name; for who has no account here a neutral word with the end of their identity: no record carries a
    /// cadre's name.
    pub(super) fn name(&self, person: PersonId) -> String {
        self.names.get(&person).cloned().unwrap_or_else(|| {
            let id = person.to_string();
            self.w.no_account(&id[id.len().saturating_sub(4)..])
        })
    }

    /// Where a log is kept.
    pub(super) fn log_of(&self, origin: Origin) -> Option<LogId> {
        let own = self
            .bulletin
            .own
            .iter()
            .find(|own| own.origin == origin)
            .map(|own| own.log);
        let other = || {
            self.bulletin
                .others
                .iter()
                .find(|(known, _)| *known == origin)
                .map(|(_, log)| *log)
        };
        own.or_else(other)
    }

    /// An entry's bytes.
    pub(super) fn read(&self, origin: Origin, sequence: Sequence) -> Result<Option<LogEntry>, Problem> {
        let Some(log) = self.log_of(origin) else {
            return Ok(None);
        };
        let entry = self.bulletin.log.read(log, sequence, 1, usize::MAX);
        let entry = entry.map_err(|error| Problem::new(ProblemKind::StoreUnavailable, error.to_string()))?;
        Ok(entry.into_iter().next())
    }

    /// An own entry without a receipt waits; everything else was received.
    pub(super) fn is_waiting(&self, origin: Origin, sequence: Sequence) -> bool {
        let own = self.bulletin.own.iter().find(|own| own.origin == origin);
        own.is_some_and(|own| !own.closed && sequence.get() > own.received)
    }

    fn receipt(&mut self, subject: Subject, at: (Origin, Sequence)) -> Option<(u64, u64)> {
        let ledger = self.ledger;
        let known = self.receipts.entry(subject).or_insert_with(|| {
            let steps = ledger.story(subject).into_iter();
            steps
                .map(|step: Step| ((step.origin, step.sequence), (step.position.0, step.received_at_ms)))
                .collect()
        });
        known.get(&at).copied()
    }

    /// What it is about, in words, and the page about it.
    fn about(&self, subject: Subject) -> (Option<String>, Option<String>) {
        match subject.kind {
            SubjectKind::Household => {
                let head = self
                    .directory
                    .person(subject.id)
                    .map(|person| self.w.house_of(&person.head));
                (head, Some(format!("/household/{}", subject.id)))
            }
            SubjectKind::Request => {
                let wording = self.directory.wording(subject.id).lines().next().unwrap_or_default();
                let short: String = wording.chars().take(16).collect();
                (
                    (!short.is_empty()).then_some(short),
                    Some(format!("/request/{}", subject.id)),
                )
            }
            SubjectKind::Pairing => match self.directory.pairings().get(subject.id) {
                Some(pairing) => {
                    let head = pairing.household.and_then(|id| self.directory.person(id));
                    let head = head.map(|person| self.w.house_of(&person.head));
                    let contact = Some(pairing.contact.clone()).filter(|contact| !contact.is_empty());
                    (contact.or(head), pairing.household.map(|id| format!("/household/{id}")))
                }
                None => (None, None),
            },
            SubjectKind::Person => {
                let person = PersonId::from_bytes(subject.id.to_bytes());
                (Some(self.name(person)), None)
            }
            _ => (None, None),
        }
    }

    /// The line of an entry.
    pub(super) fn line(&mut self, origin: Origin, sequence: Sequence, entry: &LogEntry) -> EntryLine {
        let found = self.ledger.effect_at(origin, sequence);
        let mut effect = found.map(|effect| Effect {
            word: effect.key().to_owned(),
            reason: effect.reason().map(str::to_owned),
            told: None,
            todo: None,
        });
        let proof = format!("/proof/{origin}/{sequence}");
        let Ok(event) = Event::decode(&entry.bytes) else {
            return EntryLine {
                kind: self.w.not_understood().to_owned(),
                proof,
                came: self.came(None, origin, sequence),
                effect,
                ..EntryLine::default()
            };
        };
        let header = &event.header;
        let (about, subject) = self.about(header.subject);
        let facts = Facts::decode(header.kind, header.schema, event.facts).ok().flatten();
        let came = self.came(Some(header.subject), origin, sequence);
        if let (Some(effect), Some(found)) = (&mut effect, found) {
            (effect.told, effect.todo) = self.told(header, found, came);
        }
        let is_own = self.bulletin.is_own(origin);
        let mend = (is_own && is_mendable(header.kind)).then(|| format!("/correct/{origin}/{sequence}"));
        EntryLine {
            kind: header.kind.to_string(),
            about,
            outcome: facts.as_ref().and_then(outcome_of).map(str::to_owned),
            subject,
            proof,
            mend,
            amended: AmendedTo::Nothing,
            recorder: self.name(header.recorder),
            recorded_ms: signed(EventId::ms(header.id)),
            came,
            effect,
        }
    }

    /// Why an entry is not counted and what to do, where this machine can say more than the ledger's word.
    fn told(&self, header: &Header, effect: ledger::Effect, came: Came) -> (Option<String>, Option<String>) {
        let w = self.w;
        match effect {
            ledger::Effect::Held if header.kind == Kind::RECORD_CORRECTED => (Some(w.held_void().to_owned()), None),
            ledger::Effect::Conflict(Conflict::IllegalIn(state)) if header.subject.kind == SubjectKind::Request => {
                let today = Day::of_instant(signed(self.bulletin.trusted.0));
                let said = |day: Day| dates::day(day, today, w.lang());
                let arrived = match came {
                    Came::Received { at_ms: Some(at), .. } => said(Day::of_instant(at)),
                    _ => String::new(),
                };
                let kind = header.kind.to_string();
                let kind = w.kind(&kind).unwrap_or(&kind);
                let row = self.ledger.request_row(header.subject.id, Query::as_of(today));
                let row = row.map(|row| row.request);
                let closed = row.as_ref().and_then(|row| row.closed_on);
                let unit = row.as_ref().and_then(|row| row.handling_unit);
                let told = match (state, closed) {
                    (State::Closed, Some(closed)) => w.conflict_closed(&said(closed), kind, &arrived),
                    _ if unit.is_some_and(|unit| unit != self.bulletin.unit) => w.conflict_other_unit(kind),
                    _ => w.conflict_state(&w.value(state.key()), kind, &arrived),
                };
                (Some(told), Some(w.conflict_new().to_owned()))
            }
            _ => (None, None),
        }
    }

    fn came(&mut self, subject: Option<Subject>, origin: Origin, sequence: Sequence) -> Came {
        if self.is_waiting(origin, sequence) {
            return Came::Waiting;
        }
        let receipt = subject.and_then(|subject| self.receipt(subject, (origin, sequence)));
        let receipt = receipt.or_else(|| {
            // What nobody can read belongs to no story; its receipt stands with the exceptions.
            let exceptions = self.ledger.exceptions(self.bulletin.unit);
            let found = exceptions
                .iter()
                .find(|one| (one.origin, one.sequence) == (origin, sequence));
            found.map(|one| (one.position.0, one.received_at_ms))
        });
        Came::Received {
            receipt: receipt.map(|(position, _)| position),
            at_ms: receipt.map(|(_, at)| signed(at)),
        }
    }

    /// The page about what an entry is about.
    pub(super) fn page_of(&mut self, origin: Origin, sequence: Sequence) -> Result<Option<String>, Problem> {
        let entry = self.read(origin, sequence)?;
        Ok(entry.and_then(|entry| self.line(origin, sequence, &entry).subject))
    }
}

/// The word that says how a step went, where it has one.
fn outcome_of(facts: &Facts) -> Option<&'static str> {
    Some(match facts {
        Facts::VisitRecorded(facts) => facts.outcome.key(),
        // Whether somebody is away stands on no list.
        Facts::HouseholdChanged(facts) if facts.change == ChangeKind::Presence => return None,
        Facts::HouseholdChanged(facts) => facts.change.key(),
        Facts::RequestReplied(facts) => facts.outcome.key(),
        Facts::RequestClosed(facts) => facts.closing.key(),
        Facts::RequestFollowedUp(facts) if !facts.reached => "not_reached",
        Facts::RequestFollowedUp(facts) => facts.satisfaction?.key(),
        _ => return None,
    })
}
