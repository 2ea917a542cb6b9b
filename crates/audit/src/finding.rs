//! What an audit finds wrong: one thing, where it stands, whom it concerns.

use std::fmt;

use event::{EventId, JournalId, Origin, Position, Sequence, UnitCode};
use serde::Serialize;

/// One finding. Every one names the journal record or the log entry concerned, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule that does not hold, in one word; see [`Finding::RULES`].
    pub rule: &'static str,
    /// What was found, for people.
    pub what: String,
    /// The village or township concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<JournalId>,
    /// Position of the record in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// The log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// First entry concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Sequence>,
    /// Last entry concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Sequence>,
    /// The event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
}

impl Finding {
    /// The rule that the journal's records have the root that was signed: [`crate::locate`] can say which has not.
    pub const JOURNAL_ROOT: &'static str = "journal-root";

    /// Every rule that is checked, with what it demands.
    pub const RULES: [(&'static str, &'static str); 14] = [
        ("store", "the mirror's own files are sound"),
        (
            "complete",
            "the mirror holds every record under the newest signed checkpoint",
        ),
        ("gapless", "the journal's records follow one another without a gap"),
        ("journal-root", "the records have the root that the hub signed"),
        (
            "journal-signature",
            "the journal's checkpoint is signed with the hub's key",
        ),
        ("received-at", "the time of receipt increases from record to record"),
        (
            "key",
            "every origin is the one of its key, and successors are named by their predecessors",
        ),
        (
            "receipt",
            "every receipt goes on where the one before it ended, under a checkpoint of its size",
        ),
        (
            "receipt-signature",
            "every receipt's checkpoint is signed by the origin it speaks of",
        ),
        ("root", "the entries have the root that their origin signed"),
        ("uncovered", "every entry is covered by a receipt"),
        ("header", "every event stands where its header says"),
        ("ulid", "identities increase along a log, carried entries aside"),
        (
            "personal",
            "every personal part has the hash and the length that its event states",
        ),
    ];

    pub(crate) fn new(rule: &'static str, what: impl Into<String>) -> Self {
        debug_assert!(Self::RULES.iter().any(|(known, _)| *known == rule), "{rule}");
        Self {
            rule,
            what: what.into(),
            ..Self::default()
        }
    }

    pub(crate) fn at(self, journal: JournalId, position: Position) -> Self {
        Self {
            journal: Some(journal),
            position: Some(position),
            ..self
        }
    }

    pub(crate) fn entries(self, origin: Origin, from: u64, to: u64) -> Self {
        Self {
            origin: Some(origin),
            from: Sequence::new(from).ok(),
            to: Sequence::new(to).ok(),
            ..self
        }
    }

    pub(crate) fn of(self, unit: Option<UnitCode>, name: &str) -> Self {
        Self {
            unit: unit.or(self.unit),
            name: (!name.is_empty()).then(|| name.to_owned()).or(self.name),
            ..self
        }
    }

    pub(crate) fn event(self, event: EventId) -> Self {
        Self {
            event: Some(event),
            ..self
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.rule, self.what)?;
        if let Some(unit) = self.unit {
            write!(f, "; {} {unit}", self.name.as_deref().unwrap_or_default())?;
        }
        if let Some(position) = self.position {
            write!(f, "; journal record {position}")?;
        }
        if let Some(origin) = self.origin {
            write!(f, "; log {origin}")?;
        }
        match (self.from, self.to) {
            (Some(from), Some(to)) if from == to => write!(f, "; entry {from}")?,
            (Some(from), Some(to)) => write!(f, "; entries {from} to {to}")?,
            _ => {}
        }
        match self.event {
            Some(event) => write!(f, "; event {event}"),
            None => Ok(()),
        }
    }
}
