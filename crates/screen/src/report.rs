//! A report as a value: what it says, before it is a page or a text.

use crate::block::{Facts, Finding, Story, Table};
use crate::chart::Chart;
use crate::{Lang, Page, Words};

/// Whether what is said is good news.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Neither.
    #[default]
    Plain,
    /// Everything holds.
    Good,
    /// Something does not hold.
    Bad,
    /// Nobody can tell yet, or a person should look.
    Unsure,
}

/// The sentence that answers the report's question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lead {
    /// Whether it is good news.
    pub tone: Tone,
    /// The sentence.
    pub sentence: String,
    /// What it means, in a line or two; may be empty.
    pub meaning: String,
}

/// Whose report it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Name of the township or village; may be empty.
    pub name: String,
    /// Its division code.
    pub code: String,
}

/// How far, and by which rules, the figures were computed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Whose or which one, where there are several; may be empty.
    pub label: String,
    /// Last journal position that is counted; `None` before the first.
    pub position: Option<u64>,
    /// Version of the rules.
    pub rule_version: u16,
    /// A digest, in full; may be empty.
    pub digest: String,
}

impl Cut {
    /// The line that stands under figures.
    #[must_use]
    pub fn line(&self, words: Words) -> String {
        let position = self.position.map_or_else(
            || words.before_first_receipt().to_owned(),
            |position| words.receipt(&crate::text::number(position)),
        );
        let mut line = words.cut(&position, self.rule_version);
        if !self.digest.is_empty() {
            line.push_str(&words.with_digest(&crate::text::short(&self.digest)));
        }
        if self.label.is_empty() {
            line
        } else {
            words.labelled(&self.label, &line)
        }
    }
}

/// One number, with what it counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// The number, as it is shown.
    pub value: String,
    /// What it counts.
    pub of: String,
    /// A further line; may be empty.
    pub note: String,
}

impl Figure {
    /// A count.
    #[must_use]
    pub fn count(count: u64, of: impl Into<String>) -> Self {
        Self {
            value: crate::text::number(count),
            of: of.into(),
            note: String::new(),
        }
    }
}

/// One piece of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// Text that is to be read letter by letter: a checkpoint, a key.
    Verbatim(String),
    /// Pairs of a word and a value.
    Facts(Facts),
    /// A table.
    Table(Table),
    /// A chart.
    Chart(Chart),
    /// An entity's story.
    Story(Story),
    /// Findings or leads.
    Findings(Vec<Finding>),
}

/// A part of a report under a heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// What stands beside it, such as a cut; may be empty.
    pub note: String,
    /// Its pieces.
    pub blocks: Vec<Block>,
}

impl Section {
    /// An empty section.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    /// The same with a note beside the heading.
    #[must_use]
    pub fn noted(self, note: impl Into<String>) -> Self {
        Self {
            note: note.into(),
            ..self
        }
    }

    /// The same with one piece more.
    #[must_use]
    pub fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }
}

/// A report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Its language; the texts within are of it.
    pub lang: Lang,
    /// What it is.
    pub title: String,
    /// What was asked, in a line; may be empty.
    pub question: String,
    /// Whose it is.
    pub place: Place,
    /// The cuts of its figures.
    pub cuts: Vec<Cut>,
    /// The answer.
    pub lead: Lead,
    /// The numbers that matter most.
    pub figures: Vec<Figure>,
    /// The rest.
    pub sections: Vec<Section>,
    /// What this report cannot show, each in a sentence.
    pub limits: Vec<String>,
    /// When and by what it was made, as people read it; may be empty.
    pub made: String,
}

impl Report {
    /// The words of its language.
    #[must_use]
    pub const fn words(&self) -> Words {
        Words::new(self.lang)
    }

    /// The report as one page that needs nothing else.
    #[must_use]
    pub fn html(&self) -> String {
        Page::of_report(self).render()
    }
}
