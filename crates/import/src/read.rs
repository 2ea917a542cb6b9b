//! Reading a table: from its rows, in order, to what is to be recorded.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;

use event::bounds::SOURCE_LABEL_BYTES_MAX;
use event::{Draft, Kind, PersonId, Source, UnitCode};

use crate::form::{IfEmpty, Place};
use crate::mapping::Label;
use crate::rule::{Cells, Derived, Fault, Row};
use crate::{FileError, Mapping, RowError, RowReason, SourceKey};

/// Row of a derived event: 0 stands before every row of the same instant, the greatest number after.
const fn row_of(place: Place) -> u64 {
    match place {
        Place::Before => 0,
        Place::After => u64::MAX,
    }
}

/// In whose name a table is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Office {
    /// Unit of the rows, unless the mapping names one.
    pub unit: UnitCode,
    /// Who imports: the recorder of every event. Never taken for the one who did it.
    pub recorder: PersonId,
}

/// One event to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The draft.
    pub draft: Draft,
    /// What to remember of it: an event with this key is recorded once.
    pub key: SourceKey,
    /// Row of the table that it comes from, from 1.
    pub row: u64,
    /// Whether the mapping derived it. A derived event has an empty source label.
    pub is_derived: bool,
}

/// What came of a table so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows read.
    pub rows: u64,
    /// Rows whose label the mapping leaves out.
    pub skipped: u64,
    /// Rows refused.
    pub refused: u64,
    /// Events that rows state, one each.
    pub events: u64,
    /// Events that the mapping derived.
    pub derived: u64,
    /// All events, by kind.
    pub by_kind: BTreeMap<Kind, u64>,
}

/// A table that is being read. Each step gives one event, or one row that is refused as a whole.
#[derive(Debug)]
pub struct Reading<'a, R> {
    mapping: &'a Mapping,
    office: Office,
    reader: csv::Reader<R>,
    /// Where each column of the mapping stands in the table.
    places: Vec<usize>,
    row: u64,
    waiting: VecDeque<Imported>,
    /// Rows by the first half of their key. Only looked up, never walked.
    seen: HashMap<[u8; 16], u64>,
    summary: Summary,
    is_over: bool,
}

impl Mapping {
    /// Begins to read a table.
    ///
    /// # Errors
    /// [`FileError`] if the line of column names cannot be read or lacks a column that the mapping calls for.
    pub fn read<R: io::Read>(&self, table: R, office: Office) -> Result<Reading<'_, R>, FileError> {
        let mut reader = csv::ReaderBuilder::new().delimiter(self.delimiter).from_reader(table);
        let mut found = Vec::new();
        for name in reader.byte_headers()? {
            let name = str::from_utf8(name).map_err(|_| FileError::HeadEncoding)?.to_owned();
            if self.columns.contains(&name) && found.contains(&name) {
                return Err(FileError::Twice(name));
            }
            found.push(name);
        }
        let place = |name: &String| found.iter().position(|other| other == name);
        let missing: Vec<String> = self
            .columns
            .iter()
            .filter(|name| place(name).is_none())
            .cloned()
            .collect();
        if !missing.is_empty() {
            return Err(FileError::Missing { missing, found });
        }
        Ok(Reading {
            mapping: self,
            office: Office {
                unit: self.unit.unwrap_or(office.unit),
                recorder: office.recorder,
            },
            places: self.columns.iter().filter_map(place).collect(),
            reader,
            row: 0,
            waiting: VecDeque::new(),
            seen: HashMap::new(),
            summary: Summary::default(),
            is_over: false,
        })
    }
}

impl<R> Reading<'_, R> {
    /// What came of the rows so far.
    #[must_use]
    pub const fn summary(&self) -> &Summary {
        &self.summary
    }

    fn error(&self, line: u64, fault: Fault) -> RowError {
        RowError {
            row: self.row,
            line,
            column: fault.column.map(|column| self.mapping.columns[column].clone()),
            reason: fault.reason,
        }
    }

    /// Everything that one row gives, in the order in which it is recorded.
    fn events_of(&mut self, record: &csv::StringRecord) -> Result<Vec<Imported>, Fault> {
        let mapping = self.mapping;
        let cells = Cells {
            record,
            places: &self.places,
        };
        let label = match &mapping.label {
            Label::Column(column) => cells.get(*column),
            Label::Text(text) => text,
        };
        if mapping.skip.contains(label) {
            self.summary.skipped += 1;
            return Ok(Vec::new());
        }
        let filled = |column: usize| match cells.get(column) {
            "" => Err(Fault::at(column, RowReason::Empty)),
            text => Ok(text),
        };
        let case = mapping.case_name(filled(mapping.case)?);
        let row_key = match mapping.key {
            Some(column) => filled(column)?.to_owned(),
            None => format!("#{}", self.row),
        };
        let key = |part: &str| SourceKey::new(&mapping.id, case, &row_key, part);
        let row = Row {
            cells,
            case,
            office: self.office,
        };
        let own = own_event(mapping, row, label, self.row, key("row"))?;
        let mut before = Vec::new();
        let mut after = vec![own];
        for derived in &mapping.derived {
            if derived.labels.iter().any(|of| of == label)
                && let Some(event) = derived_event(mapping, row, derived, self.row, key(&derived.part))?
            {
                match derived.place {
                    Place::Before => before.push(event),
                    Place::After => after.push(event),
                }
            }
        }
        let mut half = [0; 16];
        half.copy_from_slice(&key("row").0[..16]);
        if let Some(earlier) = self.seen.insert(half, self.row) {
            self.seen.insert(half, earlier);
            return Err(Fault {
                column: mapping.key,
                reason: RowReason::SameKey(earlier),
            });
        }
        before.append(&mut after);
        Ok(before)
    }

    fn count(&mut self, events: &[Imported]) {
        for event in events {
            self.summary.events += u64::from(!event.is_derived);
            self.summary.derived += u64::from(event.is_derived);
            *self.summary.by_kind.entry(event.draft.facts.kind()).or_default() += 1;
        }
    }
}

fn own_event(mapping: &Mapping, row: Row<'_>, label: &str, number: u64, key: SourceKey) -> Result<Imported, Fault> {
    let label_column = match mapping.label {
        Label::Column(column) => Some(column),
        Label::Text(_) => None,
    };
    let fault = |reason| Fault {
        column: label_column,
        reason,
    };
    if label.is_empty() {
        return Err(fault(RowReason::Empty));
    }
    if label.len() > SOURCE_LABEL_BYTES_MAX {
        return Err(fault(RowReason::Label {
            len: label.len(),
            max: SOURCE_LABEL_BYTES_MAX,
        }));
    }
    let rule = mapping.by_label.get(label).copied().or(mapping.default);
    let Some(rule) = rule else {
        return Err(fault(RowReason::NoRule(label.to_owned())));
    };
    let at = mapping.moment(mapping.at, row.cells)?;
    let Some(at) = at else {
        return Err(Fault::at(mapping.moments[mapping.at].column, RowReason::Empty));
    };
    let source = Source {
        instant_ms: at.instant_ms,
        row: source_row(mapping, row.cells, number)?,
        label: label.to_owned(),
    };
    let by = mapping.actor.map(|column| row.cells.get(column));
    let draft = mapping.rules[rule].draft(mapping, row, at, source, by)?;
    Ok(Imported {
        draft,
        key,
        row: number,
        is_derived: false,
    })
}

/// The row by which ties are ordered: the source's own number where the mapping names its column, else the row of the file.
fn source_row(mapping: &Mapping, cells: Cells<'_>, row: u64) -> Result<u64, Fault> {
    let Some(column) = mapping.number else {
        return Ok(row);
    };
    let cell = cells.get(column);
    let text = cell.trim_end();
    let digits = &text[text.trim_end_matches(|c: char| c.is_ascii_digit()).len()..];
    let number = digits.parse().ok();
    number
        .filter(|number| (1..u64::MAX).contains(number))
        .ok_or_else(|| Fault::at(column, RowReason::RowNumber(cell.to_owned())))
}

fn derived_event(
    mapping: &Mapping,
    row: Row<'_>,
    derived: &Derived,
    number: u64,
    key: SourceKey,
) -> Result<Option<Imported>, Fault> {
    let at = match (mapping.moment(derived.at, row.cells)?, derived.if_empty) {
        (Some(at), _) => at,
        (None, IfEmpty::Leave) => return Ok(None),
        (None, IfEmpty::Refuse) => {
            return Err(Fault::at(mapping.moments[derived.at].column, RowReason::Empty));
        }
    };
    let source = Source {
        instant_ms: at.instant_ms,
        row: row_of(derived.place),
        label: String::new(),
    };
    // Nobody is said to have done what no row states.
    let draft = derived.recipe.draft(mapping, row, at, source, None)?;
    Ok(Some(Imported {
        draft,
        key,
        row: number,
        is_derived: true,
    }))
}

impl<R: io::Read> Iterator for Reading<'_, R> {
    type Item = Result<Imported, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = csv::ByteRecord::new();
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(Ok(event));
            }
            if self.is_over {
                return None;
            }
            let mut line = self.reader.position().line();
            let read = self.reader.read_byte_record(&mut bytes);
            if matches!(read, Ok(false)) {
                self.is_over = true;
                return None;
            }
            self.row += 1;
            self.summary.rows += 1;
            line = bytes.position().map_or(line, csv::Position::line);
            let outcome = match read {
                Err(error) => {
                    self.is_over = error.is_io_error();
                    if let Some(position) = error.position() {
                        line = position.line();
                    }
                    Err(Fault {
                        column: None,
                        reason: RowReason::Table(error),
                    })
                }
                Ok(_) => match csv::StringRecord::from_byte_record(bytes.clone()) {
                    Ok(record) => self.events_of(&record),
                    Err(_) => Err(Fault {
                        column: None,
                        reason: RowReason::Encoding,
                    }),
                },
            };
            match outcome {
                Ok(events) => {
                    self.count(&events);
                    self.waiting.extend(events);
                }
                Err(fault) => {
                    self.summary.refused += 1;
                    return Some(Err(self.error(line, fault)));
                }
            }
        }
    }
}
