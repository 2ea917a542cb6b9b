//! What changed between two days, and because of which events.

use super::limits;
use crate::block::{Cell, Table};
use crate::{Block, Cut, Figure, Lang, Lead, Place, Report, Section, Tone, Words};

/// Why something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It happened since.
    New,
    /// It had happened before and came late.
    Late,
    /// A correction.
    Corrected,
    /// A void.
    Voided,
    /// A merge or split of households.
    Merged,
    /// A machine's clock was corrected.
    Clock,
}

impl Why {
    /// The word.
    #[must_use]
    pub const fn word(self, words: Words) -> &'static str {
        match self {
            Self::New => words.why_new(),
            Self::Late => words.why_late(),
            Self::Corrected => words.why_corrected(),
            Self::Voided => words.why_voided(),
            Self::Merged => words.why_merged(),
            Self::Clock => words.why_clock(),
        }
    }
}

/// One reason of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// Only the day on which it is looked at is another one.
    TimePassed,
    /// An event.
    Event {
        /// Its identity.
        id: String,
        /// Its kind, by its word.
        kind: String,
        /// Its journal position.
        position: u64,
        /// In which way.
        why: Why,
    },
}

impl Because {
    fn words(&self, words: Words) -> String {
        match self {
            Self::TimePassed => words.time_passed().to_owned(),
            Self::Event {
                id,
                kind,
                position,
                why,
            } => format!(
                "{} · {} · {} · {id}",
                why.word(words),
                words.kind(kind).unwrap_or(kind),
                words.receipt(&crate::text::number(*position))
            ),
        }
    }
}

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedCell {
    /// The column, by its name.
    pub column: String,
    /// What stood; empty for nothing.
    pub before: String,
    /// What stands; empty for nothing.
    pub after: String,
    /// Why; empty if that could not be explained.
    pub because: Vec<Because>,
}

/// Whether a row came, went or changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowChange {
    /// It is new.
    New,
    /// It is gone.
    Gone,
    /// Some of its cells changed.
    #[default]
    Changed,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangedRow {
    /// Its unit.
    pub unit: Place,
    /// What it is about, by its identifiers.
    pub key: String,
    /// Whether it came, went or changed.
    pub change: RowChange,
    /// Its cells that changed.
    pub cells: Vec<ChangedCell>,
    /// Whether its events explain it.
    pub explained: bool,
}

/// The difference between two days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// Whose.
    pub place: Place,
    /// Which ledger, by its word.
    pub view: String,
    /// How the days are meant: "as of", "as known", in words.
    pub meant: String,
    /// The first day.
    pub from: String,
    /// The second day.
    pub to: String,
    /// Both cuts.
    pub cuts: Vec<Cut>,
    /// Rows that changed.
    pub rows: Vec<ChangedRow>,
    /// How many events in which way.
    pub reasons: Vec<(Why, u64)>,
    /// When and by what it was made.
    pub made: String,
}

/// The report.
#[must_use]
pub fn diff(given: Diff, lang: Lang) -> Report {
    let words = Words::new(lang);
    let view = words.view(&given.view).unwrap_or(&given.view).to_owned();
    let cells: usize = given.rows.iter().map(|row| row.cells.len()).sum();
    let unexplained = given.rows.iter().filter(|row| !row.explained).count();
    let count = |change: RowChange| given.rows.iter().filter(|row| row.change == change).count() as u64;
    let figures = vec![
        Figure::count(count(RowChange::New), words.row_new()),
        Figure::count(count(RowChange::Changed), words.row_changed()),
        Figure::count(count(RowChange::Gone), words.row_gone()),
    ];
    let lead = Lead {
        tone: if unexplained > 0 { Tone::Bad } else { Tone::Plain },
        sentence: if given.rows.is_empty() {
            words.diff_none().to_owned()
        } else {
            words.diff_answer(given.rows.len(), cells)
        },
        meaning: if unexplained > 0 {
            words.diff_unexplained(unexplained)
        } else {
            String::new()
        },
    };
    let mut sections = Vec::new();
    if !given.reasons.is_empty() {
        let mut table = Table::new([words.why(), words.how_many()].map(str::to_owned), 1);
        let row = |(why, count): &(Why, u64)| vec![Cell::text(why.word(words)), Cell::Number(*count)];
        table.rows = given.reasons.iter().map(row).collect();
        sections.push(Section::new(words.diff_reasons()).with(Block::Table(table)));
    }
    let mut units: Vec<(Place, Vec<ChangedRow>)> = Vec::new();
    for row in given.rows {
        match units.last_mut() {
            Some((unit, rows)) if *unit == row.unit => rows.push(row),
            _ => units.push((row.unit.clone(), vec![row])),
        }
    }
    for (unit, rows) in units {
        let title = format!("{} {}", unit.name, unit.code);
        sections.push(Section::new(title.trim()).with(Block::Table(of_unit(rows, words))));
    }
    Report {
        lang,
        title: format!("{} · {view}", words.diff_title()),
        question: format!(
            "{} · {}",
            words.diff_question(&view, &given.from, &given.to),
            given.meant
        ),
        place: given.place,
        cuts: given.cuts,
        lead,
        figures,
        sections,
        limits: limits(words, &[words.limit_rules()]),
        made: given.made,
    }
}

/// A unit's changed cells, row after row; the row's own cell says what it is about and stands once.
fn of_unit(rows: Vec<ChangedRow>, words: Words) -> Table {
    let head = [
        words.subject(),
        words.column_head(),
        words.before(),
        words.after(),
        words.because(),
    ];
    let mut table = Table::new(head, 5);
    for row in rows {
        let change = match row.change {
            RowChange::New => words.row_new(),
            RowChange::Gone => words.row_gone(),
            RowChange::Changed => "",
        };
        let unexplained = if row.explained { "" } else { words.unexplained() };
        let about = [&*row.key, change, unexplained]
            .into_iter()
            .filter(|part| !part.is_empty());
        let mut about = about.collect::<Vec<_>>().join("\n");
        for cell in row.cells {
            let because: Vec<String> = cell.because.iter().map(|one| one.words(words)).collect();
            let because = if because.is_empty() {
                words.unexplained().to_owned()
            } else {
                because.join("\n")
            };
            table.rows.push(vec![
                Cell::Code(std::mem::take(&mut about)),
                Cell::text(words.column(&cell.column)),
                Cell::text(cell.before),
                Cell::text(cell.after),
                Cell::text(because),
            ]);
        }
    }
    table
}
