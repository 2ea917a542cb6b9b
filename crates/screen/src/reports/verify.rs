//! What a verification found.

use super::limits;
use crate::block::{Cell, Finding, Table};
use crate::{Block, Figure, Lang, Lead, Place, Report, Section, Tone, Words};

/// A rule that was checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Its own short word.
    pub key: String,
    /// What it demands.
    pub demands: String,
    /// Whether it holds.
    pub holds: bool,
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verify {
    /// Whose mirror.
    pub place: Place,
    /// How much was looked at: what, and how many.
    pub checked: Vec<(String, u64)>,
    /// The rules.
    pub rules: Vec<Rule>,
    /// The newest checkpoint that the township signed, letter by letter.
    pub checkpoint: Option<String>,
    /// What does not hold.
    pub findings: Vec<Finding>,
    /// Further sections, such as on witnesses and proofs.
    pub further: Vec<Section>,
    /// When and by what it was made.
    pub made: String,
}

/// The report.
#[must_use]
pub fn verify(given: Verify, lang: Lang) -> Report {
    let words = Words::new(lang);
    let (tone, sentence) = match given.findings.len() {
        0 => (Tone::Good, words.verify_good().to_owned()),
        count => (Tone::Bad, words.verify_bad(count)),
    };
    let mut sections = Vec::new();
    if !given.findings.is_empty() {
        sections.push(Section::new(words.verify_findings()).with(Block::Findings(given.findings)));
    }
    let mut rules = Table::new([words.rule(), words.what_demands(), words.outcome()], 3);
    let row = |rule: Rule| {
        let outcome = if rule.holds {
            words.holds()
        } else {
            words.does_not_hold()
        };
        vec![Cell::Code(rule.key), Cell::text(rule.demands), Cell::text(outcome)]
    };
    rules.rows = given.rules.into_iter().map(row).collect();
    sections.push(Section::new(words.verify_rules()).with(Block::Table(rules)));
    if let Some(checkpoint) = given.checkpoint {
        let section = Section::new(words.verify_checkpoint()).noted(words.verify_checkpoint_note());
        sections.push(section.with(Block::Verbatim(checkpoint)));
    }
    sections.extend(given.further);
    Report {
        lang,
        title: words.verify_title().to_owned(),
        place: given.place,
        lead: Lead {
            tone,
            sentence,
            meaning: String::new(),
        },
        figures: given
            .checked
            .into_iter()
            .map(|(of, count)| Figure::count(count, of))
            .collect(),
        sections,
        limits: limits(words, &[words.limit_copy(), words.limit_before_sync()]),
        made: given.made,
        ..Report::default()
    }
}
