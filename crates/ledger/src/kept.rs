//! One entry as the ledger keeps it: what the folds need, and no more.

use event::{Event, EventId, Facts, Kind, Origin, PersonId, Sequence, StoryKey, UnitCode, When};

use crate::fact::Fact;
use crate::names::{NOBODY, Names};
use crate::print::{Print, print_of, print_of_bytes};
use crate::{Author, Effect, Receipt};

/// Index of a [`Kept`] in the ledger's arena.
pub(crate) type Slot = u32;

/// What an entry states, as far as this version can read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A known kind.
    Facts(Fact),
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

/// What hardly any entry has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rare {
    pub(crate) import: Option<Box<Import>>,
    /// Hash of the personal part, for the kinds whose rows show it.
    pub(crate) personal: Option<[u8; 32]>,
    /// Actors after the second.
    pub(crate) more_actors: Box<[u32]>,
}

/// One entry of one origin's log. There may be millions of them: 128 bytes, and [`Rare`] for a few.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) id: EventId,
    pub(crate) print: Print,
    /// Story time: the source's instant for imports, else `min(ULID, received)`; in milliseconds.
    pub(crate) at: i64,
    pub(crate) wall_ms: u64,
    pub(crate) sequence: Sequence,
    pub(crate) unit: UnitCode,
    /// With `precision`, the two parts of a [`When`].
    occurred: i64,
    pub(crate) content: Content,
    pub(crate) rare: Option<Box<Rare>>,
    /// The journal record of its first receipt; [`NOBODY`] for a pending entry.
    pub(crate) receipt: u32,
    pub(crate) entity: u32,
    pub(crate) origin: u32,
    pub(crate) recorder: u32,
    /// The first two actors; hardly any event has more.
    pub(crate) actors: [u32; 2],
    precision: u8,
    pub(crate) author: Author,
    pub(crate) is_import: bool,
    pub(crate) carried: bool,
    pub(crate) held: bool,
    /// Its ULID does not increase over the entry before it in its log.
    pub(crate) misplaced: bool,
    pub(crate) effect: Effect,
}

impl Kept {
    /// An entry of which nothing is known yet but its place.
    pub(crate) fn blank(origin: u32, sequence: Sequence, author: Author, receipt: u32, print: Print) -> Self {
        Self {
            id: EventId::from_bytes([0; 16]),
            print,
            at: 0,
            wall_ms: 0,
            sequence,
            unit: UnitCode::default(),
            occurred: 0,
            content: Content::Unreadable,
            rare: None,
            receipt,
            entity: NOBODY,
            origin,
            recorder: NOBODY,
            actors: [NOBODY; 2],
            precision: 3,
            author,
            is_import: false,
            carried: false,
            held: false,
            misplaced: false,
            effect: Effect::NotUnderstood,
        }
    }

    /// When it happened, as claimed.
    pub(crate) fn occurred(&self) -> When {
        When::from_parts(self.precision, self.occurred).unwrap_or(When::Instant(self.occurred))
    }

    pub(crate) fn set_occurred(&mut self, occurred: When) {
        (self.precision, self.occurred) = occurred.to_parts();
    }

    /// Whether its ULID fails to increase over `before`, the entry before it in its log. Entries that a successor
    /// carries on keep their ULIDs and are exempt, on both sides.
    pub(crate) fn does_not_increase(&self, before: &Self) -> bool {
        let counts = |kept: &Self| kept.content != Content::Unreadable && !kept.carried;
        counts(self) && counts(before) && self.id <= before.id
    }

    /// Place in the entity's story.
    pub(crate) fn story(&self) -> (bool, i64, u64, EventId) {
        (
            !self.is_import,
            self.at,
            self.import().map_or(0, |import| import.row),
            self.id,
        )
    }

    pub(crate) fn import(&self) -> Option<&Import> {
        self.rare.as_ref().and_then(|rare| rare.import.as_deref())
    }

    pub(crate) fn personal(&self) -> Option<[u8; 32]> {
        self.rare.as_ref().and_then(|rare| rare.personal)
    }

    /// Interned people: who typed, then who did it.
    pub(crate) fn people(&self) -> impl Iterator<Item = u32> + '_ {
        std::iter::once(self.recorder).chain(self.actors())
    }

    pub(crate) fn actors(&self) -> impl Iterator<Item = u32> + '_ {
        let first = self.actors.iter().copied().filter(|person| *person != NOBODY);
        first.chain(self.rare.iter().flat_map(|rare| rare.more_actors.iter().copied()))
    }

    pub(crate) const fn facts(&self) -> Option<&Fact> {
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
        let (origin, number) = (self.origins.intern(log), self.intern_receipt(receipt));
        match Event::decode(bytes) {
            Ok(event) if event.header.origin == log && event.header.sequence == sequence => {
                let print = print_of(&event, &mut self.scratch);
                let mut kept = Kept::blank(origin, sequence, author, number, print);
                self.fill(&mut kept, event, receipt);
                kept
            }
            _ => Kept::blank(origin, sequence, author, number, print_of_bytes(bytes)),
        }
    }

    fn fill(&mut self, kept: &mut Kept, event: Event<'_>, receipt: Option<Receipt>) {
        let header = event.header;
        let facts = Facts::decode(header.kind, header.schema, event.facts);
        kept.content = match facts.ok().flatten().and_then(Fact::of) {
            Some(facts) => Content::Facts(facts),
            None => Content::Unknown(header.kind),
        };
        if kept.facts().is_some() {
            kept.effect = Effect::Counted;
        }
        kept.at = match StoryKey::of(&header, receipt.map(|r| r.received_at_ms)) {
            StoryKey::Imported { instant_ms, .. } => instant_ms,
            StoryKey::Live { ms, .. } => ms.cast_signed(),
        };
        let shows_personal = matches!(
            header.kind,
            Kind::REQUEST_RAISED | Kind::HOUSEHOLD_REGISTERED | Kind::DIARY_WRITTEN
        );
        let more_actors = self.intern_actors(kept, &header.actors);
        kept.set_rare(Rare {
            import: header.source.map(|source| {
                Box::new(Import {
                    row: source.row,
                    label: source.label.into(),
                })
            }),
            personal: header.personal.filter(|_| shows_personal).map(|p| p.sha256),
            more_actors,
        });
        kept.id = header.id;
        kept.wall_ms = header.wall_ms;
        kept.unit = header.unit;
        kept.set_occurred(header.occurred);
        kept.entity = self.entities.intern(header.subject);
        kept.recorder = self.people.intern(header.recorder);
        kept.carried = header.carried_from.is_some();
    }

    /// Notes the first two actors, and returns the others.
    pub(crate) fn intern_actors(&mut self, kept: &mut Kept, actors: &[PersonId]) -> Box<[u32]> {
        let mut people = actors.iter().map(|actor| self.people.intern(*actor));
        kept.actors = [people.next().unwrap_or(NOBODY), people.next().unwrap_or(NOBODY)];
        people.collect()
    }
}

impl Kept {
    pub(crate) fn set_rare(&mut self, rare: Rare) {
        self.is_import = rare.import.is_some();
        let is_there = self.is_import || rare.personal.is_some() || !rare.more_actors.is_empty();
        self.rare = is_there.then(|| Box::new(rare));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_takes_no_more_than_is_said() {
        assert_eq!(size_of::<Content>(), 16);
        assert_eq!(size_of::<Kept>(), 128);
    }
}
