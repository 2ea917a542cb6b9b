//! A table of records: its columns, and how a row becomes a form. [`crate::batch`] lists the columns for people.

use link::{Problem, ProblemKind};
use serde_json::{Map, Value};

use crate::batch::Read;

/// Where a column's cells belong in a form, and what they hold.
#[derive(Clone, Copy)]
enum Part {
    Form,
    Facts,
    Personal,
}

#[derive(Clone, Copy)]
enum Cell {
    Text,
    Number,
    Flag,
    List,
}

type Column = (&'static str, Part, &'static str, Cell);

/// Column, part of the form, field there, what a cell holds.
const COLUMNS: &[Column] = &[
    ("kind", Part::Form, "kind", Cell::Text),
    ("household", Part::Form, "household", Cell::Text),
    ("request", Part::Form, "request", Cell::Text),
    ("pairing", Part::Form, "pairing", Cell::Text),
    ("person", Part::Form, "person", Cell::Text),
    ("origin", Part::Form, "origin", Cell::Text),
    ("occurred", Part::Form, "occurred", Cell::Text),
    ("unit", Part::Form, "unit", Cell::Text),
    ("recorder", Part::Form, "recorder", Cell::Text),
    ("actors", Part::Form, "actors", Cell::List),
    ("causes", Part::Form, "causes", Cell::List),
    ("entry_mode", Part::Form, "mode", Cell::Text),
    ("text", Part::Personal, "text", Cell::Text),
    ("head", Part::Personal, "head", Cell::Text),
    ("address", Part::Personal, "address", Cell::Text),
    ("phone", Part::Personal, "phone", Cell::Text),
    ("language", Part::Personal, "language", Cell::Text),
    ("contact", Part::Personal, "contact", Cell::Text),
    ("class", Part::Personal, "class", Cell::Text),
    ("theme", Part::Personal, "theme", Cell::Text),
    ("topics", Part::Personal, "topics", Cell::List),
    ("presence", Part::Personal, "presence", Cell::Text),
    ("mode", Part::Facts, "mode", Cell::Text),
    ("outcome", Part::Facts, "outcome", Cell::Text),
    ("minutes", Part::Facts, "minutes", Cell::Number),
    ("requests", Part::Facts, "requests", Cell::List),
    ("for_household", Part::Facts, "household", Cell::Text),
    ("channel", Part::Facts, "channel", Cell::Text),
    ("request_kind", Part::Facts, "kind", Cell::Text),
    ("urgency", Part::Facts, "urgency", Cell::Text),
    ("people", Part::Facts, "people", Cell::Number),
    ("path", Part::Facts, "path", Cell::Text),
    ("rule", Part::Facts, "rule", Cell::Text),
    ("accepted_on", Part::Facts, "accepted_on", Cell::Text),
    ("due", Part::Facts, "due", Cell::Text),
    ("to_unit", Part::Facts, "unit", Cell::Text),
    ("handler", Part::Facts, "handler", Cell::Text),
    ("blocked", Part::Facts, "blocked", Cell::Flag),
    ("reply", Part::Facts, "outcome", Cell::Text),
    ("in_writing", Part::Facts, "in_writing", Cell::Flag),
    ("reached", Part::Facts, "reached", Cell::Flag),
    ("solved", Part::Facts, "solved", Cell::Text),
    ("satisfaction", Part::Facts, "satisfaction", Cell::Text),
    ("closing", Part::Facts, "closing", Cell::Text),
    ("group", Part::Facts, "group", Cell::Number),
    ("size", Part::Facts, "size", Cell::Number),
    ("day", Part::Facts, "day", Cell::Text),
    ("visits", Part::Facts, "visits", Cell::List),
    ("follow_up", Part::Facts, "follow_up", Cell::Flag),
    ("cadre", Part::Facts, "cadre", Cell::Text),
    ("from", Part::Facts, "from", Cell::Text),
    ("until", Part::Facts, "until", Cell::Text),
    ("on", Part::Facts, "on", Cell::Text),
    ("reason", Part::Facts, "reason", Cell::Text),
    ("change", Part::Facts, "change", Cell::Text),
    ("since", Part::Facts, "since", Cell::Text),
    ("into", Part::Facts, "into", Cell::Text),
];

/// The rows of a table, each with its line and the form it makes.
///
/// # Errors
/// `malformed` for a header with unknown or repeated columns.
pub(crate) fn csv_lines(text: &str) -> Result<Vec<Read>, Problem> {
    let malformed = |words: String| Problem::new(ProblemKind::Malformed, words);
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| malformed(error.to_string()))?;
    let mut columns = Vec::with_capacity(header.len());
    for name in header {
        let column = COLUMNS.iter().find(|(known, ..)| *known == name);
        let column = column.ok_or_else(|| {
            let known: Vec<_> = COLUMNS.iter().map(|(known, ..)| *known).collect();
            malformed(format!(
                "no column is called {name:?}; the columns are {}",
                known.join(", ")
            ))
        })?;
        if columns.iter().any(|(other, ..): &Column| other == &column.0) {
            return Err(malformed(format!("the column {name:?} stands there twice")));
        }
        columns.push(*column);
    }
    let mut lines = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(lines),
            Ok(true) => {
                let number = record.position().map_or(0, |at| line_of(text, at));
                if record.iter().any(|cell| !cell.is_empty()) {
                    lines.push((number, row(&columns, &record)));
                }
            }
            Err(error) => {
                let number = error.position().map_or(0, |at| line_of(text, at));
                lines.push((number, Err(error.to_string())));
            }
        }
    }
}

/// The line on which a record begins. The reader counts blank lines before it as its own.
fn line_of(text: &str, at: &csv::Position) -> u64 {
    let rest = usize::try_from(at.byte())
        .ok()
        .and_then(|byte| text.as_bytes().get(byte..));
    let blank = rest.into_iter().flatten().take_while(|byte| b"\r\n".contains(byte));
    at.line() + blank.filter(|byte| **byte == b'\n').count() as u64
}

fn row(columns: &[Column], record: &csv::StringRecord) -> Result<Value, String> {
    if record.len() != columns.len() {
        return Err(format!("{} cells under {} columns", record.len(), columns.len()));
    }
    let (mut form, mut facts, mut personal) = (Map::new(), Map::new(), Map::new());
    for ((name, part, field, cell), text) in columns.iter().zip(record) {
        if text.is_empty() {
            continue;
        }
        let part = match part {
            Part::Form => &mut form,
            Part::Facts => &mut facts,
            Part::Personal => &mut personal,
        };
        let value = cell.read(text).map_err(|why| format!("{name}: {why}"))?;
        if part.insert((*field).to_owned(), value).is_some() {
            return Err(format!("{name}: another column says the same"));
        }
    }
    form.insert("facts".to_owned(), Value::Object(facts));
    if !personal.is_empty() {
        form.insert("personal".to_owned(), Value::Object(personal));
    }
    Ok(Value::Object(form))
}

impl Cell {
    fn read(self, text: &str) -> Result<Value, String> {
        match self {
            Self::Text => Ok(text.into()),
            Self::Number => text
                .parse::<u32>()
                .map(Value::from)
                .map_err(|_| format!("{text:?} is not a whole number")),
            Self::Flag => match text {
                "true" | "yes" | "1" | "是" => Ok(true.into()),
                "false" | "no" | "0" | "否" => Ok(false.into()),
                _ => Err(format!("{text:?} is neither yes nor no")),
            },
            Self::List => {
                let items = text.split([';', '；']).map(str::trim).filter(|item| !item.is_empty());
                Ok(items.map(Value::from).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use event::form::Form;

    use super::*;

    const CADRE: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAW";
    const HOUSE: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    fn draft(value: Value) -> Result<event::Draft, String> {
        let form: Form<Value> = serde_json::from_value(value).map_err(|error| error.to_string())?;
        form.into_draft("990000103001".parse().unwrap())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_table_of_visits_and_requests_becomes_forms() {
        let text = format!(
            "kind,household,request,occurred,recorder,actors,mode,outcome,minutes,for_household,channel,request_kind,\
             urgency,people,topics,text\n\
             visit_recorded,{HOUSE},,2026-08-31 14:05,{CADRE},{CADRE};{HOUSE},home,met,25,,,,,,住房；路灯,\"屋顶漏水, 要修\"\n\
             request_raised,,{HOUSE},2026-08-31,{CADRE},,,,,{HOUSE},visit,help,ordinary,3,,路灯坏了\n"
        );
        let read = csv_lines(&text).unwrap();
        assert_eq!(read.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3]);
        let drafts: Vec<_> = read
            .into_iter()
            .map(|(_, value)| draft(value.unwrap()).unwrap())
            .collect();
        assert_eq!(drafts[0].actors.len(), 2);
        let personal = drafts[0].personal.clone().unwrap();
        assert_eq!(personal.text.as_deref(), Some("屋顶漏水, 要修"));
        assert_eq!(personal.topics.unwrap(), ["住房", "路灯"]);
        assert_eq!(drafts[1].facts.kind(), event::Kind::REQUEST_RAISED);
    }

    #[test]
    fn every_column_leads_to_a_field_that_some_form_knows() {
        let fields: std::collections::BTreeSet<_> = COLUMNS.iter().map(|(name, ..)| name).collect();
        assert_eq!(fields.len(), COLUMNS.len());
        for wrong in ["kind,houshold\n", "kind,kind\n"] {
            assert_eq!(csv_lines(wrong).unwrap_err().kind(), Some(ProblemKind::Malformed));
        }
    }

    #[test]
    fn a_wrong_cell_is_named_and_the_other_lines_go_on() {
        let read = csv_lines("kind,minutes,blocked\na,1,yes\nb,ten,no\nc,1\n\nd,,perhaps\n").unwrap();
        let said: Vec<_> = read.iter().map(|(line, read)| (*line, read.is_ok())).collect();
        assert_eq!(said, [(2, true), (3, false), (4, false), (6, false)]);
        assert!(read[1].1.as_ref().unwrap_err().contains("minutes: \"ten\""));
        assert!(read[2].1.as_ref().unwrap_err().contains("2 cells under 3"));
    }
}
