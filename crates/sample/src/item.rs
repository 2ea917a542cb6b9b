//! One thing that is recorded, before it has an identity and a place in a log.

use event::{
    ClockCorrected, CorrectionKind, Day, DiaryWritten, Draft, EntityId, EntryMode, EventId, Facts, Kind, Origin,
    PersonId, PersonalContent, RecordCorrected, Replacement, Sequence, Subject, UnitCode, When,
};

/// Identity of an item within its plan. Ascending within one village's story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(u64);

impl ItemId {
    pub(crate) fn new(village: u16, number: usize) -> Self {
        Self(u64::from(village) << 32 | number as u64)
    }

    /// Index of the village in whose story the item stands.
    #[must_use]
    pub fn village(self) -> u16 {
        u16::try_from(self.0 >> 32).unwrap_or(u16::MAX)
    }

    /// Number of the item in that story, from 0.
    #[must_use]
    pub fn number(self) -> usize {
        usize::try_from(self.0 & 0xffff_ffff).unwrap_or(usize::MAX)
    }
}

/// Who records an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// The office of the village with this index.
    Village(usize),
    /// The township, for the readers of the village in whose story the item stands ([`ItemId::village`]).
    Hub,
}

/// What became of an item when it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its identity.
    pub id: EventId,
    /// The installation that wrote it.
    pub origin: Origin,
    /// Its place there.
    pub sequence: Sequence,
}

/// An item refers to one that has not been recorded yet; [`Item::after`] names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("item {} of village {} has not been recorded yet", .0.number(), .0.village())]
pub struct NotRecorded(pub ItemId);

/// What an item states. References to events are items until the events are recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// No reference to an event.
    Plain(Facts),
    Diary {
        day: Day,
        visits: Vec<ItemId>,
        requests: Vec<EntityId>,
    },
    Corrected {
        target: ItemId,
        correction: CorrectionKind,
        replacement: Option<Facts>,
        occurred: Option<When>,
    },
    Clock {
        first: ItemId,
        last: ItemId,
        offset_ms: i64,
    },
}

/// One thing that is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its identity within the plan.
    pub id: ItemId,
    /// Who records it.
    pub party: Party,
    /// True day on which it is recorded, unless its author must wait for others.
    pub day: Day,
    /// Minute of that day in UTC+8, below 1,440.
    pub minute: u16,
    /// Items, all with a smaller identity, that its author must see before it may be recorded: those
    /// that it refers to and those that it answers.
    pub after: Vec<ItemId>,
    pub(crate) subject: Option<Subject>,
    pub(crate) what: What,
    pub(crate) occurred: When,
    pub(crate) unit: UnitCode,
    pub(crate) recorder: PersonId,
    pub(crate) actors: Vec<PersonId>,
    pub(crate) causes: Vec<ItemId>,
    pub(crate) mode: EntryMode,
    pub(crate) personal: Option<PersonalContent>,
}

impl Item {
    /// The true instant of recording, in milliseconds since 1970-01-01T00:00:00Z, unless its author must wait.
    #[must_use]
    pub fn true_ms(&self) -> u64 {
        u64::try_from(self.day.start_ms()).unwrap_or(0) + u64::from(self.minute) * 60_000
    }

    /// Index of the village in whose story it stands. For a hub item: whose readers see it.
    #[must_use]
    pub fn village(&self) -> usize {
        usize::from(self.id.village())
    }

    /// The kind of event that it becomes.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match &self.what {
            What::Plain(facts) => facts.kind(),
            What::Diary { .. } => Kind::DIARY_WRITTEN,
            What::Corrected { .. } => Kind::RECORD_CORRECTED,
            What::Clock { .. } => Kind::CLOCK_CORRECTED,
        }
    }

    /// What it is about; `None` for a clock correction, whose origin is known only when recorded.
    #[must_use]
    pub const fn subject(&self) -> Option<Subject> {
        self.subject
    }

    /// What is to be recorded. `lookup` tells what became of an earlier item.
    ///
    /// # Errors
    /// [`NotRecorded`] if `lookup` does not know an item that this one refers to; it is in [`Item::after`].
    pub fn draft(&self, lookup: &dyn Fn(ItemId) -> Option<Place>) -> Result<Draft, NotRecorded> {
        let place = |item: ItemId| lookup(item).ok_or(NotRecorded(item));
        let id = |item: &ItemId| place(*item).map(|place| place.id);
        let facts = match &self.what {
            What::Plain(facts) => facts.clone(),
            What::Diary { day, visits, requests } => Facts::DiaryWritten(DiaryWritten {
                day: *day,
                visits: visits.iter().map(id).collect::<Result<_, _>>()?,
                requests: requests.clone(),
            }),
            What::Corrected {
                target,
                correction,
                replacement,
                occurred,
            } => Facts::RecordCorrected(RecordCorrected {
                target: id(target)?,
                correction: *correction,
                replacement: replacement.clone().map(|facts| Replacement(Box::new(facts))),
                occurred: *occurred,
            }),
            What::Clock { first, last, offset_ms } => {
                let (first, last) = (place(*first)?, place(*last)?);
                Facts::ClockCorrected(ClockCorrected {
                    origin: first.origin,
                    first: first.sequence,
                    // A successor may have taken over in between; one correction speaks of one origin.
                    last: if last.origin == first.origin {
                        last.sequence.max(first.sequence)
                    } else {
                        first.sequence
                    },
                    offset_ms: *offset_ms,
                })
            }
        };
        let subject = match (self.subject, &facts) {
            (Some(subject), _) => subject,
            (None, Facts::ClockCorrected(clock)) => Subject::origin(clock.origin),
            (None, _) => Subject::person(self.recorder),
        };
        Ok(Draft {
            subject,
            facts,
            occurred: self.occurred,
            unit: self.unit,
            recorder: self.recorder,
            actors: self.actors.clone(),
            causes: self.causes.iter().map(id).collect::<Result<_, _>>()?,
            mode: self.mode,
            source: None,
            personal: self.personal.clone(),
        })
    }

    /// Gives the item and everything that it refers to new identities.
    pub(crate) fn renumber(&mut self, new: impl Fn(ItemId) -> ItemId) {
        let all = |list: &mut Vec<ItemId>| {
            for item in list {
                *item = new(*item);
            }
        };
        self.id = new(self.id);
        all(&mut self.after);
        all(&mut self.causes);
        match &mut self.what {
            What::Plain(_) => {}
            What::Diary { visits, .. } => all(visits),
            What::Corrected { target, .. } => *target = new(*target),
            What::Clock { first, last, .. } => {
                *first = new(*first);
                *last = new(*last);
            }
        }
    }
}
