//! From a row to one event: fixed facts, and facts that the row's cells give.

use event::{Draft, EntryMode, Facts, Kind, PersonalContent, Source, Subject, SubjectKind};
use serde::Deserialize as _;
use toml::{Table, Value};

use crate::form::{IfEmpty, Place};
use crate::read::Office;
use crate::{Mapping, RowReason, identity};

/// What becomes of a row: a kind and how its facts are made.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    pub(crate) kind: Kind,
    pub(crate) sort: SubjectKind,
    pub(crate) facts: Table,
    pub(crate) from: Vec<(String, Part)>,
    /// Field of the personal part, column.
    pub(crate) personal: Vec<(String, usize)>,
}

/// An event that no row states.
#[derive(Clone, Debug)]
pub(crate) struct Derived {
    pub(crate) labels: Vec<String>,
    pub(crate) at: usize,
    /// Tells it apart from the other events of its row.
    pub(crate) part: String,
    pub(crate) place: Place,
    pub(crate) if_empty: IfEmpty,
    pub(crate) recipe: Recipe,
}

/// Where a fact comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A moment as it is.
    When(usize),
    /// The day of a moment, in UTC+8.
    Day(usize),
    /// A word of the mapping.
    Word(usize),
    /// Another entity, named by the source's key.
    Key(usize),
    /// Who did it.
    Actor,
}

/// Words of the source and what they mean.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub(crate) column: usize,
    pub(crate) map: std::collections::BTreeMap<String, Value>,
    pub(crate) other: Option<Value>,
    pub(crate) number: bool,
}

/// Keys by which the source names other entities.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) column: usize,
    pub(crate) sort: SubjectKind,
}

/// What is wrong, and in which column of the mapping.
pub(crate) struct Fault {
    pub(crate) column: Option<usize>,
    pub(crate) reason: RowReason,
}

impl Fault {
    pub(crate) const fn at(column: usize, reason: RowReason) -> Self {
        Self {
            column: Some(column),
            reason,
        }
    }
}

/// One row's cells, by the mapping's own numbers of the columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cells<'a> {
    pub(crate) record: &'a csv::StringRecord,
    pub(crate) places: &'a [usize],
}

impl<'a> Cells<'a> {
    /// Every column of the mapping was found in the head, and every row is as long as the head.
    pub(crate) fn get(self, column: usize) -> &'a str {
        self.places
            .get(column)
            .and_then(|place| self.record.get(*place))
            .unwrap_or_default()
    }
}

/// A row's own share in each of its events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) cells: Cells<'a>,
    pub(crate) case: &'a str,
    pub(crate) office: Office,
}

impl Words {
    /// The meaning of a cell; an empty one has none unless the mapping gives it one.
    pub(crate) fn read(&self, cell: &str) -> Result<Option<Value>, RowReason> {
        let text = cell.trim();
        match (self.map.get(text), &self.other) {
            (Some(value), _) => return Ok(Some(value.clone())),
            (None, _) if text.is_empty() => return Ok(None),
            (None, Some(other)) => return Ok(Some(other.clone())),
            (None, None) => {}
        }
        if !self.number {
            return Err(RowReason::Word(text.to_owned()));
        }
        let number: Result<i64, _> = text.parse();
        number
            .map(|number| Some(Value::Integer(number)))
            .map_err(|_| RowReason::Number(text.to_owned()))
    }
}

/// Facts of a kind from a table with long names.
pub(crate) fn facts(kind: Kind, table: Table) -> Result<Facts, String> {
    Facts::deserialize_as(kind, Value::Table(table)).map_err(|error| error.message().to_owned())
}

impl Recipe {
    /// The draft of one event of a row.
    pub(crate) fn draft(
        &self,
        mapping: &Mapping,
        row: Row<'_>,
        at: crate::moment::Read,
        source: Source,
        by: Option<&str>,
    ) -> Result<Draft, Fault> {
        let actor = by.filter(|text| !text.is_empty());
        let actor = actor.map(|text| identity::person(&mapping.id, text));
        let mut table = self.facts.clone();
        for (fact, part) in &self.from {
            if let Some(value) = part.value(mapping, row.cells)? {
                table.insert(fact.clone(), value);
            }
        }
        let facts = facts(self.kind, table).map_err(|reason| Fault {
            column: None,
            reason: RowReason::Facts {
                kind: self.kind,
                reason,
            },
        })?;
        let subject = match self.sort {
            SubjectKind::Person => match actor.or_else(|| mapping.actor_of(row.cells)) {
                Some(person) => Subject::person(person),
                None => {
                    return Err(Fault {
                        column: mapping.actor,
                        reason: RowReason::Empty,
                    });
                }
            },
            sort => Subject {
                kind: sort,
                id: identity::entity(&mapping.id, sort, row.case),
            },
        };
        Ok(Draft {
            subject,
            facts,
            occurred: at.when,
            unit: row.office.unit,
            recorder: row.office.recorder,
            actors: actor.into_iter().collect(),
            causes: Vec::new(),
            mode: EntryMode::Import,
            source: Some(source),
            personal: self.personal(row.cells)?,
        })
    }

    fn personal(&self, cells: Cells<'_>) -> Result<Option<PersonalContent>, Fault> {
        let mut table = Table::new();
        for (field, column) in &self.personal {
            let text = cells.get(*column).trim();
            if !text.is_empty() {
                table.insert(field.clone(), Value::String(text.to_owned()));
            }
        }
        if table.is_empty() {
            return Ok(None);
        }
        let content = PersonalContent::deserialize(Value::Table(table));
        content.map(Some).map_err(|error| Fault {
            column: None,
            reason: RowReason::Facts {
                kind: self.kind,
                reason: error.message().to_owned(),
            },
        })
    }
}

impl Part {
    /// The value that a row gives; `None` where its cell is empty.
    fn value(self, mapping: &Mapping, cells: Cells<'_>) -> Result<Option<Value>, Fault> {
        let text = |text: String| Some(Value::String(text));
        let value = match self {
            Self::When(moment) => mapping.moment(moment, cells)?.and_then(|at| text(at.when.to_string())),
            Self::Day(moment) => mapping
                .moment(moment, cells)?
                .and_then(|at| text(at.when.day().to_string())),
            Self::Word(words) => {
                let words = &mapping.words[words];
                let value = words.read(cells.get(words.column));
                value.map_err(|reason| Fault::at(words.column, reason))?
            }
            Self::Key(key) => {
                let key = mapping.keys[key];
                let cell = cells.get(key.column);
                let id = (!cell.is_empty()).then(|| identity::entity(&mapping.id, key.sort, cell));
                id.and_then(|id| text(id.to_string()))
            }
            Self::Actor => mapping.actor_of(cells).and_then(|person| text(person.to_string())),
        };
        Ok(value)
    }
}
