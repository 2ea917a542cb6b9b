//! Events without a word about whom they concern: identifiers as pseudonyms, times as days, facts from a list of fields
//! that may leave. A field that is not on the list stays here, so a new kind of event leaves nothing by accident.

use std::io::{self, Write};

use diff::Standing;
use event::{Day, Event, Facts, SubjectKind, When};
use ledger::Effect;
use serde_json::{Map, Value, json};

use super::table::Table;
use super::{Form, Pseudonyms};
use crate::AuditError;
use crate::opened::{Archive, Known};

/// The columns of the table, and the names in each line of NDJSON.
pub const EXPORT_COLUMNS: [&str; 19] = [
    "event",
    "kind",
    "subject_kind",
    "subject",
    "unit",
    "day",
    "precision",
    "recorder",
    "actors",
    "hub",
    "origin",
    "sequence",
    "mode",
    "recorded_on",
    "received_on",
    "position",
    "effect",
    "reason",
    "facts",
];

/// Fields that name somebody or something, with the sort of what they name.
const NAMES: [(&str, &str); 8] = [
    ("household", "household"),
    ("into", "household"),
    ("handler", "person"),
    ("cadre", "person"),
    ("requests", "request"),
    ("visits", "event"),
    ("target", "event"),
    ("origin", "origin"),
];

/// Fields with codes, days, counts and division codes. The number of a group and of a household's members are not among
/// them: in a village they point to a door.
const PLAIN: [&str; 33] = [
    "change",
    "since",
    "until",
    "from",
    "on",
    "reason",
    "mode",
    "outcome",
    "minutes",
    "follow_up",
    "day",
    "channel",
    "kind",
    "urgency",
    "people",
    "path",
    "rule",
    "accepted_on",
    "due",
    "unit",
    "blocked",
    "in_writing",
    "reached",
    "solved",
    "satisfaction",
    "closing",
    "correction",
    "occurred",
    "first",
    "last",
    "offset_ms",
    "contacted",
    "drawn",
];

/// Longest code or day that leaves, in bytes.
const CODE_BYTES_MAX: usize = 40;

/// Writes every entry that is known and can be read. Returns how many.
///
/// # Errors
/// [`AuditError::Store`], [`AuditError::Write`].
pub fn export_events(
    archive: &Archive,
    known: &Known,
    pseudonyms: &Pseudonyms,
    form: Form,
    out: &mut dyn Write,
) -> Result<u64, AuditError> {
    let (mut written, mut failed) = (0, None);
    let mut sheet = match form {
        Form::Csv => Sheet::Table(Box::new(Table::begin(out, &EXPORT_COLUMNS).map_err(AuditError::Write)?)),
        Form::Ndjson => Sheet::Lines(out),
    };
    archive.each(&known.book, &mut |standing, bytes| {
        if let Some(line) = de_identified(standing, bytes, known, pseudonyms) {
            match sheet.put(line) {
                Ok(()) => written += 1,
                Err(error) => failed = Some(error),
            }
        }
        failed.is_none()
    })?;
    match failed {
        Some(error) => Err(AuditError::Write(error)),
        None => sheet.end().map(|()| written).map_err(AuditError::Write),
    }
}

/// Where lines go.
enum Sheet<'a> {
    Table(Box<Table<&'a mut dyn Write>>),
    Lines(&'a mut dyn Write),
}

impl Sheet<'_> {
    fn put(&mut self, line: Map<String, Value>) -> io::Result<()> {
        match self {
            Self::Table(table) => table.row(EXPORT_COLUMNS.map(|column| cell(&line[column]))),
            Self::Lines(out) => writeln!(out, "{}", Value::Object(line)),
        }
    }

    fn end(self) -> io::Result<()> {
        match self {
            Self::Table(table) => table.end(),
            Self::Lines(out) => out.flush(),
        }
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn de_identified(standing: &Standing, bytes: &[u8], known: &Known, to: &Pseudonyms) -> Option<Map<String, Value>> {
    let event = Event::decode(bytes).ok()?;
    let header = &event.header;
    let facts = Facts::decode(header.kind, header.schema, event.facts).ok().flatten();
    let effect = known.ledger.effect_at(standing.origin, standing.sequence);
    let effect = effect.unwrap_or(Effect::NotUnderstood);
    let sort = match header.subject.kind {
        SubjectKind::Household => "household",
        SubjectKind::Request => "request",
        SubjectKind::Pairing => "pairing",
        SubjectKind::Person => "person",
        SubjectKind::Origin => "origin",
        SubjectKind::Journal => "journal",
        SubjectKind::Occasion => "occasion",
    };
    let person = |id: &event::PersonId| to.of("person", &id.to_string());
    let claimed = header.source.as_ref().map(|source| Day::of_instant(source.instant_ms));
    let (precision, _) = header.occurred.to_parts();
    let precision = ["day", "half_day", "minute", "instant"][usize::from(precision.min(3))];
    let line = json!({
        "event": to.of("event", &header.id.to_string()),
        "kind": header.kind.key(),
        "subject_kind": header.subject.kind,
        "subject": to.of(sort, &header.subject.id.to_string()),
        "unit": header.unit,
        "day": claimed.unwrap_or_else(|| header.occurred.day()),
        "precision": precision,
        "recorder": person(&header.recorder),
        "actors": header.actors.iter().map(person).collect::<Vec<_>>(),
        "hub": standing.by_hub,
        "origin": to.of("origin", &standing.origin.to_string()),
        "sequence": standing.sequence,
        "mode": header.mode,
        "recorded_on": Day::of_instant(i64::try_from(header.wall_ms).unwrap_or(i64::MAX)),
        "received_on": Day::of_instant(i64::try_from(standing.receipt.received_at_ms).unwrap_or(i64::MAX)),
        "position": standing.receipt.position,
        "effect": effect.key(),
        "reason": effect.reason(),
        "facts": facts.map(|facts| may_leave(&json!(facts), to)),
    });
    match line {
        Value::Object(line) => Some(line),
        _ => None,
    }
}

/// The fields that may leave.
fn may_leave(facts: &Value, to: &Pseudonyms) -> Value {
    let mut kept = Map::new();
    for (name, value) in facts.as_object().into_iter().flatten() {
        if name == "replacement" {
            // Under the word of its kind.
            let by_kind = value.as_object().into_iter().flatten();
            let inner: Map<String, Value> = by_kind
                .map(|(kind, facts)| (kind.clone(), may_leave(facts, to)))
                .collect();
            kept.insert(name.clone(), Value::Object(inner));
        } else if let Some((_, sort)) = NAMES.iter().find(|(known, _)| known == name) {
            let pseudonym = |id: &Value| id.as_str().map(|id| json!(to.of(sort, id)));
            let value = match value {
                Value::Array(ids) => ids.iter().filter_map(pseudonym).collect(),
                id => pseudonym(id).unwrap_or_default(),
            };
            kept.insert(name.clone(), value);
        } else if PLAIN.contains(&&**name)
            && let Some(value) = plain(value)
        {
            kept.insert(name.clone(), value);
        }
    }
    Value::Object(kept)
}

/// A code, a day, a number or a yes or no; a time becomes its day. Anything else stays here.
fn plain(value: &Value) -> Option<Value> {
    let Value::String(text) = value else {
        return (value.is_boolean() || value.is_number()).then(|| value.clone());
    };
    let is_code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if text.len() <= CODE_BYTES_MAX && text.chars().all(is_code) {
        return Some(value.clone());
    }
    let when: When = text.parse().ok()?;
    Some(json!(when.day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_on_the_list_leaves_and_names_do_not() {
        let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        let to = Pseudonyms::new([1; 32]);
        let facts = json!({
            "household": id, "channel": "visit", "people": 2, "note": "乔满仓", "reason": "乔满仓说的", "group": 3,
            "requests": [id], "due": "2026-08-31T06:05:09.123Z",
            "replacement": { "visit_recorded": { "outcome": "met", "text": "x", "requests": [id] } }
        });
        let left = may_leave(&facts, &to);
        assert_eq!(
            left,
            json!({
                "household": to.of("household", id), "channel": "visit", "people": 2,
                "requests": [to.of("request", id)], "due": "2026-08-31",
                "replacement": { "visit_recorded": { "outcome": "met", "requests": [to.of("request", id)] } }
            })
        );
        assert!(!left.to_string().contains(id));
    }
}
