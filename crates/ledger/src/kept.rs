//! One entry as the ledger keeps it: what the folds need, and no more.

use std::collections::HashMap;
use std::hash::Hash;

use event::bounds::REFERENCES_MAX;
use event::{Event, EventId, Facts, Header, Kind, Origin, PersonId, Sequence, StoryKey, UnitCode, When};
use sha2::{Digest, Sha256};

use crate::{Author, Effect, Receipt};

/// Index of a [`Kept`] in the ledger's arena.
pub(crate) type Slot = u32;
/// "Nobody" in a list of interned people.
const NOBODY: u32 = u32::MAX;

/// What an entry states, as far as this version can read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A known kind.
    Facts(Facts),
    /// A header that can be read, with a kind, schema or facts that this version does not know.
    Unknown(Kind),
    /// Not even the header can be read.
    Unreadable,
}

/// Place of an imported event in its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) row: u64,
    pub(crate) label: Box<str>,
}

/// One entry of one origin's log.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) id: EventId,
    /// Story time: the source's instant for imports, else `min(ULID, received)`; in milliseconds.
    pub(crate) at: i64,
    pub(crate) import: Option<Box<Import>>,
    /// Journal position of the first receipt; [`u64::MAX`] for a pending entry.
    pub(crate) position: u64,
    pub(crate) received_ms: u64,
    pub(crate) wall_ms: u64,
    pub(crate) sequence: Sequence,
    pub(crate) unit: UnitCode,
    pub(crate) occurred: When,
    pub(crate) content: Content,
    /// First 16 bytes of a hash of everything but origin, sequence and `carried_from`.
    pub(crate) print: [u8; 16],
    /// Hash of the personal part, for the kinds whose rows show it.
    pub(crate) personal: Option<Box<[u8; 32]>>,
    pub(crate) entity: u32,
    pub(crate) origin: u32,
    pub(crate) recorder: u32,
    /// The first two actors; hardly any event has more.
    pub(crate) actors: [u32; 2],
    pub(crate) more_actors: Option<Box<[u32]>>,
    pub(crate) author: Author,
    pub(crate) carried: bool,
    pub(crate) held: bool,
    /// Its ULID does not increase over the entry before it in its log.
    pub(crate) misplaced: bool,
    /// Listed for the next snapshot.
    pub(crate) is_unsaved: bool,
    pub(crate) effect: Effect,
}

impl Kept {
    /// Order of first receipt, apart from the origin.
    pub(crate) const fn rank(&self) -> (u64, u64) {
        (self.position, self.sequence.get())
    }

    /// Whether its ULID fails to increase over `before`, the entry before it in its log. Entries that a successor
    /// carries on keep their ULIDs and are exempt, on both sides.
    pub(crate) fn does_not_increase(&self, before: &Self) -> bool {
        let counts = |kept: &Self| kept.content != Content::Unreadable && !kept.carried;
        counts(self) && counts(before) && self.id <= before.id
    }

    /// Place in the entity's story.
    pub(crate) fn story(&self) -> (bool, i64, u64, EventId) {
        match &self.import {
            Some(import) => (false, self.at, import.row, self.id),
            None => (true, self.at, 0, self.id),
        }
    }

    /// Interned people: who typed, then who did it.
    pub(crate) fn people(&self) -> impl Iterator<Item = u32> + '_ {
        std::iter::once(self.recorder).chain(self.actors())
    }

    pub(crate) fn actors(&self) -> impl Iterator<Item = u32> + '_ {
        let first = self.actors.iter().copied().filter(|person| *person != NOBODY);
        first.chain(self.more_actors.iter().flatten().copied())
    }

    pub(crate) const fn facts(&self) -> Option<&Facts> {
        match &self.content {
            Content::Facts(facts) => Some(facts),
            Content::Unknown(_) | Content::Unreadable => None,
        }
    }

    pub(crate) const fn kind(&self) -> Option<Kind> {
        match &self.content {
            Content::Facts(facts) => Some(facts.kind()),
            Content::Unknown(kind) => Some(*kind),
            Content::Unreadable => None,
        }
    }
}

/// Values that occur again and again, kept once.
#[derive(Clone, Debug)]
pub(crate) struct Interned<T> {
    values: Vec<T>,
    // Only looked up, never walked, so its order shows nowhere.
    index: HashMap<T, u32>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            index: HashMap::new(),
        }
    }
}

impl<T: Copy + Eq + Hash> Interned<T> {
    pub(crate) fn intern(&mut self, value: T) -> u32 {
        if let Some(index) = self.index.get(&value) {
            return *index;
        }
        let index = u32::try_from(self.values.len()).unwrap_or(NOBODY);
        self.values.push(value);
        self.index.insert(value, index);
        index
    }

    pub(crate) fn find(&self, value: T) -> Option<u32> {
        self.index.get(&value).copied()
    }

    pub(crate) fn get(&self, index: u32) -> T {
        self.values[index as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}

/// The names that indices stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) origins: Interned<Origin>,
    pub(crate) people: Interned<PersonId>,
    pub(crate) entities: Interned<event::Subject>,
    /// Room for [`print_of`], used again and again.
    scratch: Vec<u8>,
}

impl Names {
    /// Reads an entry. Whatever cannot be read becomes [`Content::Unreadable`] under its (origin, sequence).
    pub(crate) fn read(
        &mut self,
        bytes: &[u8],
        log: Origin,
        sequence: Sequence,
        author: Author,
        receipt: Option<Receipt>,
    ) -> Kept {
        match Event::decode(bytes) {
            Ok(event) if event.header.origin == log && event.header.sequence == sequence => {
                self.readable(event, author, receipt)
            }
            _ => self.unreadable(bytes, log, sequence, author, receipt),
        }
    }

    fn readable(&mut self, event: Event<'_>, author: Author, receipt: Option<Receipt>) -> Kept {
        let print = print_of(&event, &mut self.scratch);
        let header = event.header;
        let content = match Facts::decode(header.kind, header.schema, event.facts) {
            Ok(Some(facts)) if within_bounds(&facts) => Content::Facts(facts),
            _ => Content::Unknown(header.kind),
        };
        let key = StoryKey::of(&header, receipt.map(|r| r.received_at_ms));
        let shows_personal = matches!(
            header.kind,
            Kind::REQUEST_RAISED | Kind::HOUSEHOLD_REGISTERED | Kind::DIARY_WRITTEN
        );
        let (actors, more_actors) = self.intern_actors(&header.actors);
        Kept {
            id: header.id,
            at: match key {
                StoryKey::Imported { instant_ms, .. } => instant_ms,
                StoryKey::Live { ms, .. } => ms.cast_signed(),
            },
            import: header.source.map(|source| {
                Box::new(Import {
                    row: source.row,
                    label: source.label.into(),
                })
            }),
            position: receipt.map_or(u64::MAX, |r| r.position.0),
            received_ms: receipt.map_or(u64::MAX, |r| r.received_at_ms),
            wall_ms: header.wall_ms,
            sequence: header.sequence,
            unit: header.unit,
            occurred: header.occurred,
            effect: match content {
                Content::Facts(_) => Effect::Counted,
                Content::Unknown(_) | Content::Unreadable => Effect::NotUnderstood,
            },
            content,
            print,
            personal: header.personal.filter(|_| shows_personal).map(|p| Box::new(p.sha256)),
            entity: self.entities.intern(header.subject),
            origin: self.origins.intern(header.origin),
            recorder: self.people.intern(header.recorder),
            actors,
            more_actors,
            author,
            carried: header.carried_from.is_some(),
            held: false,
            misplaced: false,
            is_unsaved: false,
        }
    }

    pub(crate) fn intern_actors(&mut self, actors: &[PersonId]) -> ([u32; 2], Option<Box<[u32]>>) {
        let mut people = actors.iter().map(|actor| self.people.intern(*actor));
        let two = [people.next().unwrap_or(NOBODY), people.next().unwrap_or(NOBODY)];
        let more: Vec<u32> = people.collect();
        (two, (!more.is_empty()).then(|| more.into()))
    }

    fn unreadable(
        &mut self,
        bytes: &[u8],
        log: Origin,
        sequence: Sequence,
        author: Author,
        receipt: Option<Receipt>,
    ) -> Kept {
        Kept {
            id: EventId::default(),
            at: 0,
            import: None,
            position: receipt.map_or(u64::MAX, |r| r.position.0),
            received_ms: receipt.map_or(u64::MAX, |r| r.received_at_ms),
            wall_ms: 0,
            sequence,
            unit: UnitCode::default(),
            occurred: When::Instant(0),
            content: Content::Unreadable,
            print: short(Sha256::digest(bytes).into()),
            personal: None,
            entity: NOBODY,
            origin: self.origins.intern(log),
            recorder: NOBODY,
            actors: [NOBODY; 2],
            more_actors: None,
            author,
            carried: false,
            held: false,
            misplaced: false,
            is_unsaved: false,
            effect: Effect::NotUnderstood,
        }
    }
}

/// Lists longer than this version writes are read by it as "not understood".
fn within_bounds(facts: &Facts) -> bool {
    match facts {
        Facts::VisitRecorded(visit) => visit.requests.len() <= REFERENCES_MAX,
        Facts::DiaryWritten(diary) => diary.visits.len() <= REFERENCES_MAX && diary.requests.len() <= REFERENCES_MAX,
        Facts::RecordCorrected(correction) => match &correction.replacement {
            Some(replacement) => within_bounds(&replacement.0),
            None => true,
        },
        _ => true,
    }
}

fn short(hash: [u8; 32]) -> [u8; 16] {
    let mut print = [0; 16];
    print.copy_from_slice(&hash[..16]);
    print
}

/// A hash of what an event says: everything but origin, sequence and `carried_from`, in fixed widths.
fn print_of(event: &Event<'_>, fixed: &mut Vec<u8>) -> [u8; 16] {
    let Header {
        origin: _,
        sequence: _,
        carried_from: _,
        unit,
        recorder,
        boot,
        clock,
        mode,
        seen,
        kind,
        schema,
        subject,
        id,
        wall_ms,
        mono_ms,
        occurred,
        actors,
        causes,
        source,
        personal,
    } = &event.header;
    fixed.clear();
    let (precision, when) = occurred.to_parts();
    let count = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
    fixed.extend_from_slice(&[
        clock.code(),
        mode.code(),
        subject.kind.code(),
        precision,
        count(actors.len()),
        count(causes.len()),
    ]);
    for number in [unit.get(), *wall_ms, *mono_ms, when.cast_unsigned()] {
        fixed.extend_from_slice(&number.to_be_bytes());
    }
    fixed.extend_from_slice(&kind.0.to_be_bytes());
    fixed.extend_from_slice(&schema.to_be_bytes());
    fixed.extend_from_slice(&boot.0);
    for id in [recorder.to_bytes(), subject.id.to_bytes(), id.to_bytes()] {
        fixed.extend_from_slice(&id);
    }
    actors
        .iter()
        .for_each(|actor| fixed.extend_from_slice(&actor.to_bytes()));
    causes
        .iter()
        .for_each(|cause| fixed.extend_from_slice(&cause.to_bytes()));
    fixed.push(u8::from(seen.is_some()) | u8::from(source.is_some()) << 1 | u8::from(personal.is_some()) << 2);
    if let Some(seen) = seen {
        fixed.extend_from_slice(&seen.journal.to_bytes());
        fixed.extend_from_slice(&seen.size.0.to_be_bytes());
        fixed.extend_from_slice(&seen.root);
    }
    if let Some(source) = source {
        fixed.extend_from_slice(&source.instant_ms.to_be_bytes());
        fixed.extend_from_slice(&source.row.to_be_bytes());
        fixed.push(count(source.label.len()));
        fixed.extend_from_slice(source.label.as_bytes());
    }
    if let Some(personal) = personal {
        fixed.extend_from_slice(&personal.sha256);
        fixed.extend_from_slice(&personal.len.to_be_bytes());
    }
    fixed.extend_from_slice(event.facts);
    short(Sha256::digest(fixed).into())
}
