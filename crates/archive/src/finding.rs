//! What a verification finds wrong: one thing, where it stands, whom it concerns, which signed statements it is about.

use std::fmt;

use event::{EventId, JournalId, Origin, Position, Sequence, UnitCode};
use serde::Serialize;

/// What somebody signed, or what was typed in from a printed sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Who says so: the signer's name; `typed` for figures without a signature.
    pub who: String,
    /// Where it was kept.
    pub from: String,
    /// The log.
    pub log: String,
    /// Its size.
    pub size: u64,
    /// Its root: base64.
    pub root: String,
}

/// One finding. Every one names the journal record, the log entry or the file concerned, as far as it is known.
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
    /// Position of the last record concerned, if there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Position>,
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
    /// The file, below the exported folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The first hash or entry in that file that differs, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// What follows from the entries and what stands in its place, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differs: Option<(String, String)>,
    /// Signed statements that cannot all be true.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<Statement>,
}

impl Finding {
    /// The rule that the journal's records have the root that was signed.
    pub const JOURNAL_ROOT: &'static str = "journal-root";

    /// Every rule that is checked, with what it demands.
    pub const RULES: [(&'static str, &'static str); 21] = [
        ("store", "the mirror's own files are sound"),
        (
            "export",
            "the folder was finished, and its files are those that its checkpoints call for",
        ),
        ("complete", "everything under the newest signed checkpoint is here"),
        ("gapless", "the journal's records follow one another without a gap"),
        ("journal-root", "the records have the root that the hub signed"),
        (
            "journal-signature",
            "the journal's checkpoint is signed with the hub's key",
        ),
        (
            "restore",
            "every journal but the first names the one before it, where that ended, and shows why",
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
        ("tile", "every file of hashes holds the hashes of its entries"),
        ("kept", "every checkpoint that was kept is a beginning of what is here"),
        ("cosignature", "every cosignature of a known witness is right"),
        ("quorum", "enough witnesses have cosigned, as the policy asks"),
        (
            "proof",
            "every proof for one entry shows that entry at that place, under a signed checkpoint",
        ),
    ];

    /// What is told beside the findings, because it is no proof of anything: what it is about.
    pub const NOTES: [(&'static str, &'static str); 4] = [
        ("restored", "a restore that the hub declared"),
        ("seen", "the journal that an entry says its machine had seen"),
        ("time", "the time that an entry claims, beside what bounds it"),
        ("vouched", "records that no quorum of witnesses has cosigned yet"),
    ];

    /// A finding of this rule.
    #[must_use]
    pub fn new(rule: &'static str, what: impl Into<String>) -> Self {
        debug_assert!(
            Self::RULES.iter().chain(&Self::NOTES).any(|(known, _)| *known == rule),
            "{rule}"
        );
        Self {
            rule,
            what: what.into(),
            ..Self::default()
        }
    }

    /// At this record.
    #[must_use]
    pub fn at(self, journal: JournalId, position: Position) -> Self {
        Self {
            journal: Some(journal),
            position: Some(position),
            ..self
        }
    }

    /// At these entries.
    #[must_use]
    pub fn entries(self, origin: Origin, from: u64, to: u64) -> Self {
        Self {
            origin: Some(origin),
            from: Sequence::new(from).ok(),
            to: Sequence::new(to).ok(),
            ..self
        }
    }

    /// Concerning this unit.
    #[must_use]
    pub fn of(self, unit: Option<UnitCode>, name: &str) -> Self {
        Self {
            unit: unit.or(self.unit),
            name: (!name.is_empty()).then(|| name.to_owned()).or(self.name),
            ..self
        }
    }

    /// About this event.
    #[must_use]
    pub fn event(self, event: EventId) -> Self {
        Self {
            event: Some(event),
            ..self
        }
    }

    /// In this file.
    #[must_use]
    pub fn in_file(self, file: impl Into<String>) -> Self {
        Self {
            file: Some(file.into()),
            ..self
        }
    }

    /// At this hash or entry of the file, with what follows from the entries and what is there.
    #[must_use]
    pub fn differing(self, index: u64, expected: &[u8], found: &[u8]) -> Self {
        Self {
            index: Some(index),
            differs: Some((hex(expected), hex(found))),
            ..self
        }
    }

    /// Between these statements.
    #[must_use]
    pub fn between(self, statements: Vec<Statement>) -> Self {
        Self { statements, ..self }
    }
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.rule, self.what)?;
        if let Some(unit) = self.unit {
            write!(f, "; {} {unit}", self.name.as_deref().unwrap_or_default())?;
        }
        match (self.position, self.until) {
            (Some(first), Some(last)) => write!(f, "; journal records {first} to {last}")?,
            (Some(position), None) => write!(f, "; journal record {position}")?,
            _ => {}
        }
        if let Some(origin) = self.origin {
            write!(f, "; log {origin}")?;
        }
        match (self.from, self.to) {
            (Some(from), Some(to)) if from == to => write!(f, "; entry {from}")?,
            (Some(from), Some(to)) => write!(f, "; entries {from} to {to}")?,
            _ => {}
        }
        if let Some(event) = self.event {
            write!(f, "; event {event}")?;
        }
        if let Some(file) = &self.file {
            write!(f, "; file {file}")?;
        }
        if let Some(index) = self.index {
            write!(f, ", number {index} in it")?;
        }
        for statement in &self.statements {
            let Statement {
                who,
                from,
                log,
                size,
                root,
            } = statement;
            write!(f, "; {who} ({from}): {log} has {size} entries and root {root}")?;
        }
        Ok(())
    }
}
