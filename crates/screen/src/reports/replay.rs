//! What a replay came to, and where it differs from what others say.

use super::limits;
use crate::block::{Cell, Facts, Finding, Story, Table};
use crate::{Block, Cut, Figure, Lang, Lead, Place, Report, Section, Tone, Words, text};

/// What the comparison of one unit came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// Compared with nobody.
    #[default]
    None,
    /// The same.
    Equal,
    /// They have seen other receipts.
    NotComparable(Option<u64>),
    /// They say nothing of it.
    Missing,
    /// Other rows.
    Differs,
}

/// The digests of one unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitDigests {
    /// Which unit.
    pub unit: Place,
    /// The last receipt in its scope.
    pub position: Option<u64>,
    /// View and digest, in full.
    pub digests: Vec<(String, String)>,
    /// What the comparison came to.
    pub verdict: Verdict,
}

/// One difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Which unit.
    pub unit: Place,
    /// Which ledger, by its word.
    pub view: String,
    /// The first row that differs, by its identifiers; empty where it cannot be named.
    pub key: String,
    /// Column, replay's value, their value.
    pub columns: Vec<(String, String, String)>,
    /// The events behind the row.
    pub story: Story,
}

/// A replay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// Whose.
    pub place: Place,
    /// Up to where.
    pub cut: Cut,
    /// With whom it was compared; empty for nobody.
    pub party: String,
    /// Entries that were replayed.
    pub entries: u64,
    /// Each unit.
    pub units: Vec<UnitDigests>,
    /// What differs.
    pub differences: Vec<Difference>,
    /// When and by what it was made.
    pub made: String,
}

/// The report.
#[must_use]
pub fn replay(given: Replay, lang: Lang) -> Report {
    let words = Words::new(lang);
    let wrong = |unit: &&UnitDigests| !matches!(unit.verdict, Verdict::None | Verdict::Equal);
    let (tone, sentence) = match given.units.iter().filter(wrong).count() {
        _ if given.party.is_empty() => (Tone::Plain, words.replay_only().to_owned()),
        0 => (Tone::Good, words.replay_good().to_owned()),
        count => (Tone::Bad, words.replay_bad(count)),
    };
    let figures = vec![
        Figure::count(given.entries, words.events()),
        Figure::count(given.units.len() as u64, words.unit()),
    ];
    let mut sections = Vec::new();
    if !given.differences.is_empty() {
        let mut section = Section::new(words.replay_differences()).noted(&*given.party);
        for difference in given.differences {
            section.blocks.extend(of_difference(difference, words));
        }
        sections.push(section);
    }
    let views: Vec<String> = given
        .units
        .first()
        .map(|unit| unit.digests.iter().map(|(view, _)| view.clone()).collect())
        .unwrap_or_default();
    let head = [words.unit().to_owned(), words.as_of().to_owned()].into_iter();
    let head = head.chain(views.iter().map(|view| words.view(view).unwrap_or(view).to_owned()));
    let mut table = Table::new(head.chain([words.outcome().to_owned()]), 1);
    table.rows = given.units.iter().map(|unit| row(unit, &given.party, words)).collect();
    sections.push(Section::new(words.replay_digests()).with(Block::Table(table)));
    Report {
        lang,
        title: words.replay_title().to_owned(),
        question: given.party,
        place: given.place,
        cuts: vec![given.cut],
        lead: Lead {
            tone,
            sentence,
            meaning: String::new(),
        },
        figures,
        sections,
        limits: limits(words, &[words.limit_rules(), words.limit_copy()]),
        made: given.made,
    }
}

fn row(unit: &UnitDigests, party: &str, words: Words) -> Vec<Cell> {
    let name = format!("{} {}", unit.unit.name, unit.unit.code);
    let mut row = vec![Cell::text(name.trim()), Cell::number(unit.position)];
    row.extend(unit.digests.iter().map(|(_, digest)| Cell::Code(text::short(digest))));
    let position = |position: Option<u64>| position.map_or_else(|| text::DASH.to_owned(), text::number);
    row.push(match unit.verdict {
        Verdict::None => Cell::Empty,
        Verdict::Equal => Cell::text(words.holds()),
        Verdict::NotComparable(theirs) => {
            Cell::text(words.replay_not_comparable(&position(unit.position), &position(theirs)))
        }
        Verdict::Missing => Cell::text(words.replay_missing(party)),
        Verdict::Differs => Cell::text(words.does_not_hold()),
    });
    row
}

fn of_difference(difference: Difference, words: Words) -> Vec<Block> {
    let view = words.view(&difference.view).unwrap_or(&difference.view).to_owned();
    let key = if difference.key.is_empty() {
        text::DASH
    } else {
        &difference.key
    };
    let finding = Finding {
        rule: difference.view.clone(),
        what: words.replay_first(&view, key),
        facts: Facts::default().with(
            words.unit(),
            format!("{} {}", difference.unit.name, difference.unit.code).trim(),
        ),
        ..Finding::default()
    };
    let mut blocks = vec![Block::Findings(vec![finding])];
    if difference.key.is_empty() {
        blocks.push(Block::Text(words.replay_no_rows().to_owned()));
        return blocks;
    }
    let mut table = Table::new(
        [words.column_head(), words.ours(), words.theirs()].map(str::to_owned),
        3,
    );
    let cells = |(column, ours, theirs): (String, String, String)| {
        vec![Cell::text(words.column(&column)), Cell::text(ours), Cell::text(theirs)]
    };
    table.rows = difference.columns.into_iter().map(cells).collect();
    blocks.push(Block::Table(table));
    if !difference.story.entries.is_empty() {
        blocks.push(Block::Text(words.replay_events().to_owned()));
        blocks.push(Block::Story(difference.story));
    }
    blocks
}
