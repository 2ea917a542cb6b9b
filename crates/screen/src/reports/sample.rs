//! Spot checks: what was drawn, from what, by which seed. On paper it is the list that the checker takes along.

use super::limits;
use crate::block::{Cell, Facts, Table};
use crate::chart::{Bar, Bars, Chart};
use crate::{Block, Cut, Lang, Lead, Place, Report, Section, Tone, Words, text};

/// One group that was drawn from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stratum {
    /// Its name.
    pub name: String,
    /// How many it has.
    pub of: u64,
    /// How many were drawn.
    pub drawn: u64,
}

/// One event that was drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Its group; empty where groups are not told.
    pub stratum: String,
    /// Its unit.
    pub unit: Place,
    /// What it is about, by its identifier.
    pub subject: String,
    /// The claimed day.
    pub day: String,
    /// The event.
    pub event: String,
}

/// A draw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Whose.
    pub place: Place,
    /// Up to where.
    pub cut: Cut,
    /// The seed, in full.
    pub seed: String,
    /// The rule of the draw, in words.
    pub rule: String,
    /// The groups.
    pub strata: Vec<Stratum>,
    /// What was drawn.
    pub drawn: Vec<Drawn>,
    /// When and by what it was made.
    pub made: String,
}

/// The report.
#[must_use]
pub fn sample(given: Sample, lang: Lang) -> Report {
    let words = Words::new(lang);
    let of: u64 = given
        .strata
        .iter()
        .fold(0, |sum, stratum| sum.saturating_add(stratum.of));
    let bars = Bars {
        title: String::new(),
        unit: format!("{}／{}", words.sample_taken(), words.sample_of()),
        rows: given
            .strata
            .iter()
            .map(|stratum| Bar {
                label: stratum.name.clone(),
                value: stratum.drawn,
                of: Some(stratum.of),
            })
            .collect(),
    };
    let facts = Facts::default()
        .with(words.sample_seed(), given.seed)
        .with(words.rule(), given.rule);
    let how = Section::new(words.sample_strata())
        .with(Block::Facts(facts))
        .with(Block::Chart(Chart::Bars(bars)));
    // Where strata are not told, the column is left out.
    let has_strata = given.drawn.iter().any(|one| !one.stratum.is_empty());
    let head = [
        words.village(),
        words.subject(),
        words.day(),
        words.event(),
        words.sample_came(),
        words.sample_asked(),
    ];
    let stratum = has_strata.then_some(words.sample_stratum());
    let head: Vec<&str> = stratum.into_iter().chain(head).collect();
    let columns = head.len();
    let mut table = Table::new(head, columns);
    let count = given.drawn.len();
    let row = |one: Drawn| {
        let stratum = has_strata.then(|| Cell::text(one.stratum));
        let cells = [
            Cell::text(format!("{} {}", one.unit.name, one.unit.code).trim()),
            Cell::Code(one.subject),
            Cell::text(one.day),
            Cell::Code(one.event),
            Cell::Text(String::new()),
            Cell::Text(String::new()),
        ];
        stratum.into_iter().chain(cells).collect()
    };
    table.rows = given.drawn.into_iter().map(row).collect();
    Report {
        lang,
        title: words.sample_title().to_owned(),
        place: given.place,
        cuts: vec![given.cut],
        lead: Lead {
            tone: Tone::Plain,
            sentence: words.sample_answer(count, &text::number(of)),
            meaning: String::new(),
        },
        sections: vec![how, Section::new(words.sample_drawn()).with(Block::Table(table))],
        limits: limits(words, &[words.limit_sample()]),
        made: given.made,
        ..Report::default()
    }
}
