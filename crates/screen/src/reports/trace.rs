//! The story of one household or request, and the events of one lead.

use super::limits;
use crate::block::{Facts, Story};
use crate::chart::{Chart, Strip};
use crate::{Block, Cut, Lang, Lead, Place, Report, Section, Tone, Words};

/// A story.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Whose.
    pub place: Place,
    /// Up to where.
    pub cut: Cut,
    /// Sort and identifier of what is traced.
    pub subject: String,
    /// What it is connected with.
    pub related: Facts,
    /// The steps, in the order of the story.
    pub story: Story,
    /// How many of them are not counted.
    pub exceptions: usize,
    /// When each is said to have happened, and was received.
    pub strip: Strip,
    /// The first and the last claimed day.
    pub span: Option<(String, String)>,
    /// When and by what it was made.
    pub made: String,
}

/// The report on a household or request.
#[must_use]
pub fn trace(given: Trace, lang: Lang) -> Report {
    let title = Words::new(lang).trace_title();
    made(given, title, lang)
}

/// The report on the events of one lead.
#[must_use]
pub fn lead_events(given: Trace, lang: Lang) -> Report {
    let words = Words::new(lang);
    let mut report = made(given, words.of_lead_title(), lang);
    report.limits.push(words.limit_lead().to_owned());
    report
}

fn made(given: Trace, title: &str, lang: Lang) -> Report {
    let words = Words::new(lang);
    let steps = given.story.entries.len();
    let lead = match &given.span {
        Some((first, last)) => Lead {
            tone: if given.exceptions > 0 {
                Tone::Unsure
            } else {
                Tone::Plain
            },
            sentence: words.trace_answer(steps, first, last),
            meaning: if given.exceptions > 0 {
                words.trace_exceptions(given.exceptions)
            } else {
                String::new()
            },
        },
        None => Lead {
            tone: Tone::Unsure,
            sentence: words.trace_not_here().to_owned(),
            meaning: String::new(),
        },
    };
    let mut sections = Vec::new();
    if !given.strip.marks.is_empty() {
        sections.push(Section::new(words.trace_strip()).with(Block::Chart(Chart::Strip(given.strip))));
    }
    let mut section = Section::new(words.trace_story()).noted(words.trace_order());
    if !given.related.0.is_empty() {
        section.blocks.push(Block::Facts(given.related));
    }
    sections.push(section.with(Block::Story(given.story)));
    Report {
        lang,
        title: title.to_owned(),
        question: given.subject,
        place: given.place,
        cuts: vec![given.cut],
        lead,
        sections,
        limits: limits(words, &[words.limit_before_sync()]),
        made: given.made,
        ..Report::default()
    }
}
