//! An entry: an event's bytes and, beside them, its personal part.

use crate::bounds::{
    ACTORS_MAX, CAUSES_MAX, EVENT_BYTES_MAX, FACTS_BYTES_MAX, PERSONAL_SALT_BYTES, SOURCE_LABEL_BYTES_MAX,
};
use crate::facts::SCHEMA;
use crate::header::{CarriedFrom, ClockQuality, EntryMode, Event, Header, SeenJournal, Source, Subject};
use crate::{
    BootId, DecodeError, EventId, Facts, FactsError, Origin, PersonId, Personal, PersonalContent, PersonalError,
    Sequence, UnitCode, When,
};

/// Room kept for a later `carried_from` and a longer sequence: an array head, 18 bytes of origin and
/// at most 9 of sequence. The longest envelope and the longest facts together leave more than that.
const CARRY_BYTES: usize = 28;

/// What a person or a program wants recorded, before the log gives it a place, an identity and a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What it is about.
    pub subject: Subject,
    /// The facts.
    pub facts: Facts,
    /// When it happened, as claimed.
    pub occurred: When,
    /// Unit that it belongs to.
    pub unit: UnitCode,
    /// Who types.
    pub recorder: PersonId,
    /// Who did it.
    pub actors: Vec<PersonId>,
    /// Events that led to it.
    pub causes: Vec<EventId>,
    /// How it is entered.
    pub mode: EntryMode,
    /// Where it stood in its source, for imported history.
    pub source: Option<Source>,
    /// Names and free text.
    pub personal: Option<PersonalContent>,
}

/// What the log adds to a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The installation.
    pub origin: Origin,
    /// The next place in its log.
    pub sequence: Sequence,
    /// Identity, from the mint.
    pub id: EventId,
    /// What the machine knew of the time.
    pub clock: ClockQuality,
    /// Its wall clock, in milliseconds.
    pub wall_ms: u64,
    /// Milliseconds since boot.
    pub mono_ms: u64,
    /// The boot.
    pub boot: BootId,
    /// Last journal checkpoint seen.
    pub seen: Option<SeenJournal>,
}

/// Why a draft cannot become an event. Nothing was recorded; what was typed is to be kept by the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// The facts.
    #[error(transparent)]
    Facts(#[from] FactsError),
    /// The personal part.
    #[error(transparent)]
    Personal(#[from] PersonalError),
    /// A field is longer than its bound.
    #[error("{what}: {len} is more than the {max} that fit into one event")]
    Bound {
        /// The field.
        what: &'static str,
        /// What was given.
        len: usize,
        /// What fits.
        max: usize,
    },
    /// The kind speaks of another sort of subject.
    #[error("this kind of event is about a {expected}, not a {found}")]
    Subject {
        /// What the kind calls for.
        expected: &'static str,
        /// What was given.
        found: &'static str,
    },
    /// Imported history and live records are told apart by both the mode and the source.
    #[error("an imported event names its source row, and only an imported event does")]
    Import,
}

/// An event's exact bytes and its personal part, where it has one and it is at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The event.
    pub bytes: Vec<u8>,
    /// The blob that the event names by hash.
    pub personal: Option<Vec<u8>>,
}

impl Entry {
    /// Turns a draft into an entry. `salt` is 16 fresh random bytes; it is used only if there is a personal part.
    ///
    /// # Errors
    /// [`DraftError`] names the field that is wrong and its bound.
    pub fn write(draft: &Draft, stamp: &Stamp, salt: [u8; PERSONAL_SALT_BYTES]) -> Result<Self, DraftError> {
        draft.check()?;
        let personal = draft
            .personal
            .as_ref()
            .map(|content| Personal::plain(content, salt))
            .transpose()?;
        let facts = draft.facts.encode()?;
        let header = Header {
            origin: stamp.origin,
            unit: draft.unit,
            recorder: draft.recorder,
            boot: stamp.boot,
            clock: stamp.clock,
            mode: draft.mode,
            seen: stamp.seen,
            kind: draft.facts.kind(),
            schema: SCHEMA,
            subject: draft.subject,
            sequence: stamp.sequence,
            id: stamp.id,
            wall_ms: stamp.wall_ms,
            mono_ms: stamp.mono_ms,
            occurred: draft.occurred,
            actors: draft.actors.clone(),
            causes: draft.causes.clone(),
            carried_from: None,
            source: draft.source.clone(),
            personal: personal.as_ref().map(Personal::reference),
        };
        Self::seal(&header, &facts, personal.map(Personal::into_bytes))
    }

    /// The same fact under a successor origin: same identity, facts and personal part; origin and
    /// sequence are new, and `carried_from` says where it was first written.
    ///
    /// # Errors
    /// [`DecodeError`] if the entry's own header cannot be read.
    pub fn carry(&self, origin: Origin, sequence: Sequence) -> Result<Self, DecodeError> {
        let event = Event::decode(&self.bytes)?;
        let first = CarriedFrom {
            origin: event.header.origin,
            sequence: event.header.sequence,
        };
        let carried_from = event.header.carried_from.or(Some(first));
        let header = Header {
            origin,
            sequence,
            carried_from,
            ..event.header
        };
        Ok(Self {
            bytes: header.encode(event.facts),
            personal: self.personal.clone(),
        })
    }

    fn seal(header: &Header, facts: &[u8], personal: Option<Vec<u8>>) -> Result<Self, DraftError> {
        bound("facts", facts.len(), FACTS_BYTES_MAX)?;
        let bytes = header.encode(facts);
        bound("event", bytes.len() + CARRY_BYTES, EVENT_BYTES_MAX)?;
        Ok(Self { bytes, personal })
    }

    /// Decodes the event.
    ///
    /// # Errors
    /// See [`Event::decode`].
    pub fn event(&self) -> Result<Event<'_>, DecodeError> {
        Event::decode(&self.bytes)
    }
}

impl Draft {
    fn check(&self) -> Result<(), DraftError> {
        bound("actors", self.actors.len(), ACTORS_MAX)?;
        bound("causes", self.causes.len(), CAUSES_MAX)?;
        if let Some(source) = &self.source {
            bound("source label", source.label.len(), SOURCE_LABEL_BYTES_MAX)?;
        }
        if self.source.is_some() != (self.mode == EntryMode::Import) {
            return Err(DraftError::Import);
        }
        match Facts::subject_kind(self.facts.kind()) {
            Some(expected) if expected != self.subject.kind => Err(DraftError::Subject {
                expected: expected.key(),
                found: self.subject.kind.key(),
            }),
            _ => Ok(()),
        }
    }
}

const fn bound(what: &'static str, len: usize, max: usize) -> Result<(), DraftError> {
    if len > max {
        Err(DraftError::Bound { what, len, max })
    } else {
        Ok(())
    }
}
