//! One thing that is recorded, with its identity and its true time.

use event::{Day, EntryMode, EventId, Facts, PersonId, Subject, When};

use super::Fabrication;
use crate::dice::Dice;

pub(crate) const MINUTE_MS: u64 = 60_000;
pub(crate) const DAY_MS: u64 = 86_400_000;

/// An event before it has a place in a log.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    /// Its identity, which carries the true time: the mint of a machine that hears the hub does the same.
    pub(crate) id: EventId,
    pub(crate) by_hub: bool,
    pub(crate) subject: Subject,
    pub(crate) facts: Facts,
    pub(crate) occurred: When,
    pub(crate) recorder: PersonId,
    pub(crate) actors: Vec<PersonId>,
    pub(crate) mode: EntryMode,
    /// What stands in the personal part of a change of presence.
    pub(crate) presence: Option<&'static str>,
    /// What it was planted with, and whose month that is.
    pub(crate) planted: Option<(PersonId, Fabrication)>,
}

impl Act {
    /// Recorded at `true_ms` by the one who acts.
    pub(crate) fn new(dice: &mut Dice, true_ms: u64, subject: Subject, facts: Facts, by: PersonId) -> Self {
        Self {
            id: identity(dice, true_ms),
            by_hub: false,
            subject,
            facts,
            occurred: When::Minute(i64::try_from(true_ms / MINUTE_MS).unwrap_or(0)),
            recorder: by,
            actors: vec![by],
            mode: EntryMode::Live,
            presence: None,
            planted: None,
        }
    }

    pub(crate) fn true_ms(&self) -> u64 {
        self.id.ms()
    }
}

fn identity(dice: &mut Dice, true_ms: u64) -> EventId {
    let mut low = [0; 16];
    low[6..].copy_from_slice(&dice.bytes()[6..]);
    EventId::from_parts(true_ms, u128::from_be_bytes(low)).unwrap_or_default()
}

/// The instant of a minute of a day in UTC+8, and some seconds.
pub(crate) fn instant(day: Day, minute: u64, dice: &mut Dice) -> u64 {
    u64::try_from(day.start_ms()).unwrap_or(0) + minute * MINUTE_MS + dice.below(MINUTE_MS)
}

/// A minute of a day, claimed as such.
pub(crate) fn at(day: Day, minute: i64) -> When {
    When::Minute(day.start_ms() / 60_000 + minute)
}
