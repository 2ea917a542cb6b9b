//! A lead: what was seen, in which events.

use event::{EventId, Subject, UnitCode};
use ledger::Period;
use serde::Serialize;

use crate::Rule;

/// Most events that a lead names. Its figures tell how many there were.
pub const LEAD_EVENTS_MAX: usize = 32;

/// A named integer: what a rule counted or measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Figure {
    /// Its name, as in `protocol/leads.md`.
    pub name: &'static str,
    /// Its value, in the unit that the name says.
    pub value: i64,
}

/// One hint for a human check.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Lead {
    /// The rule.
    pub rule: Rule,
    /// Version of the parameters under which it was found.
    pub version: u16,
    /// Unit of its first event (of a log without events: 0).
    pub unit: UnitCode,
    /// Whom or what it is about: a cadre, or an installation's log.
    pub subject: Subject,
    /// From the first to the last day that its events claim.
    #[serde(serialize_with = "days")]
    pub period: (event::Day, event::Day),
    /// The events to look at, at most [`LEAD_EVENTS_MAX`], by claimed time.
    pub events: Vec<EventId>,
    /// What was counted.
    pub figures: Vec<Figure>,
}

fn days<S: serde::Serializer>(period: &(event::Day, event::Day), serializer: S) -> Result<S::Ok, S::Error> {
    let (from, to) = *period;
    Period { from, to }.serialize(serializer)
}

/// An event as a lead names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named {
    /// Day that it claims.
    pub(crate) day: event::Day,
    /// First millisecond that it claims.
    pub(crate) start_ms: i64,
    pub(crate) id: EventId,
    pub(crate) unit: UnitCode,
}

impl Lead {
    /// A lead about these events, of which there is at least one.
    pub(crate) fn about(
        (rule, version): (Rule, u16),
        subject: Subject,
        mut named: Vec<Named>,
        figures: &[(&'static str, i64)],
    ) -> Option<Self> {
        named.sort_unstable_by_key(|one| (one.start_ms, one.id));
        named.dedup();
        let from = named.iter().map(|one| one.day).min()?;
        let to = named.iter().map(|one| one.day).max()?;
        Some(Self {
            rule,
            version,
            unit: named.first()?.unit,
            subject,
            period: (from, to),
            events: named.iter().map(|one| one.id).take(LEAD_EVENTS_MAX).collect(),
            figures: figures
                .iter()
                .map(|(name, value)| Figure { name, value: *value })
                .collect(),
        })
    }
}

/// A count as a figure.
pub(crate) fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
