//! A visit in effect, as the rules see it.

use event::{
    BootId, EntityId, EntryMode, EventId, Mode, Origin, Outcome, PersonId, Position, Sequence, UnitCode, VisitRecorded,
    When,
};

use crate::lead::Named;

/// One entry's times and places.
#[derive(Clone, Debug)]
pub(crate) struct Entered {
    pub(crate) id: EventId,
    pub(crate) unit: UnitCode,
    pub(crate) origin: Origin,
    pub(crate) sequence: Sequence,
    pub(crate) recorder: PersonId,
    pub(crate) mode: EntryMode,
    pub(crate) occurred: When,
    /// The node's clock, corrections of that clock applied, in milliseconds.
    pub(crate) recorded_ms: i64,
    pub(crate) mono_ms: u64,
    pub(crate) boot: BootId,
    /// The wall clock was put aside by the mint, and nobody corrected it.
    pub(crate) clock_is_unknown: bool,
    pub(crate) received_ms: i64,
    pub(crate) position: Position,
    /// Size of the journal that the machine had seen, counted over all journals.
    pub(crate) seen: Option<Position>,
    /// Taken over from an earlier log, or imported: its place and times are not those of its recording here.
    pub(crate) is_foreign: bool,
}

impl Entered {
    pub(crate) fn named(&self) -> Named {
        Named {
            day: self.occurred.day(),
            start_ms: self.occurred.start_ms(),
            id: self.id,
            unit: self.unit,
        }
    }

    /// First millisecond of a claim that has minutes.
    pub(crate) fn exact_ms(&self) -> Option<i64> {
        exact(self.occurred)
    }

    /// Whether its recorded time says something: known to the mint, and not after its receipt.
    pub(crate) fn clock_holds(&self, skew_ms: u32) -> bool {
        !self.clock_is_unknown && self.recorded_ms <= self.received_ms.saturating_add(skew_ms.into())
    }
}

pub(crate) fn exact(when: When) -> Option<i64> {
    matches!(when, When::Minute(_) | When::Instant(_)).then(|| when.start_ms())
}

/// A visit after corrections.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// `occurred` is the corrected one.
    pub(crate) entered: Entered,
    pub(crate) household: EntityId,
    /// Without repeats, in order.
    pub(crate) visitors: Vec<PersonId>,
    pub(crate) mode: Mode,
    pub(crate) outcome: Outcome,
    pub(crate) minutes: Option<u16>,
}

impl Visit {
    pub(crate) fn set(&mut self, facts: &VisitRecorded) {
        (self.mode, self.outcome, self.minutes) = (facts.mode, facts.outcome, facts.minutes);
    }

    pub(crate) fn met_at_home(&self) -> bool {
        self.mode == Mode::Home && self.outcome == Outcome::Met
    }

    /// Where somebody walked to.
    pub(crate) fn is_on_foot(&self) -> bool {
        matches!(self.mode, Mode::Home | Mode::Elsewhere)
    }

    /// Start and end in milliseconds, where both are claimed.
    pub(crate) fn span_ms(&self) -> Option<(i64, i64)> {
        let start = self.entered.exact_ms()?;
        Some((start, start.saturating_add(i64::from(self.minutes?) * 60_000)))
    }
}
