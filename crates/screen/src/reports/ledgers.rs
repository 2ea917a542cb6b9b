//! Ledgers as of a day, or as known on a day.

use super::limits;
use crate::block::Table;
use crate::chart::Chart;
use crate::{Block, Cut, Figure, Lang, Lead, Place, Report, Section, Tone, Words, text};

/// Which question of time was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// What had happened by a day; perhaps only as far as it was known by another one.
    AsOf {
        /// The day.
        day: String,
        /// Known by that day.
        known: Option<String>,
    },
    /// What was known on a day; ages perhaps as of another one.
    AsKnown {
        /// The day.
        known: String,
        /// The day that "today" means, if it is another one.
        day: Option<String>,
    },
}

/// One unit's ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitLedger {
    /// Which unit.
    pub unit: Place,
    /// The last receipt in its scope.
    pub position: Option<u64>,
    /// Its rows.
    pub table: Table,
    /// Charts over them.
    pub charts: Vec<Chart>,
}

/// Ledgers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledgers {
    /// Whose.
    pub place: Place,
    /// What was asked.
    pub asked: Asked,
    /// Which ledger, by its word.
    pub view: String,
    /// A period, for figures over one; may be empty.
    pub period: String,
    /// Up to where.
    pub cut: Cut,
    /// Numbers that matter most.
    pub figures: Vec<Figure>,
    /// A table over all units and charts of it; may be without rows.
    pub summary: Vec<Block>,
    /// Each unit's rows.
    pub units: Vec<UnitLedger>,
    /// When and by what it was made.
    pub made: String,
}

/// The report.
#[must_use]
pub fn ledgers(given: Ledgers, lang: Lang) -> Report {
    let words = Words::new(lang);
    let view = words.view(&given.view).unwrap_or(&given.view).to_owned();
    let (title, question, own) = match &given.asked {
        Asked::AsOf { day, known: None } => (words.as_of_title(), words.as_of_question(day), None),
        Asked::AsOf {
            day,
            known: Some(known),
        } => (
            words.as_of_title(),
            words.as_of_known_question(day, known),
            Some(words.limit_known()),
        ),
        Asked::AsKnown { known, day: None } => (
            words.as_known_title(),
            words.as_known_question(known),
            Some(words.limit_known()),
        ),
        Asked::AsKnown { known, day: Some(day) } => (
            words.as_known_title(),
            words.as_known_of_question(known, day),
            Some(words.limit_known()),
        ),
    };
    let rows: usize = given.units.iter().map(|unit| unit.table.rows.len()).sum();
    let units = given.units.len();
    let mut sections = Vec::new();
    if !given.summary.is_empty() {
        sections.push(Section {
            title: words.units_summary().to_owned(),
            note: given.period.clone(),
            blocks: given.summary,
        });
    }
    for unit in given.units {
        let position = unit.position.map(text::number);
        let note = position.map_or_else(String::new, |position| words.receipt(&position));
        let mut section = Section::new(format!("{} {}", unit.unit.name, unit.unit.code).trim()).noted(note);
        section.blocks.extend(unit.charts.into_iter().map(Block::Chart));
        section.blocks.push(Block::Table(unit.table));
        sections.push(section);
    }
    let own: Vec<&str> = own.into_iter().chain([words.limit_rules()]).collect();
    Report {
        lang,
        title: format!("{title} · {view}"),
        question,
        place: given.place,
        cuts: vec![given.cut],
        lead: Lead {
            tone: Tone::Plain,
            sentence: if rows == 0 {
                String::new()
            } else {
                words.ledgers_answer(&text::number(rows as u64), units)
            },
            meaning: String::new(),
        },
        figures: given.figures,
        sections,
        limits: limits(words, &own),
        made: given.made,
    }
}
