//! An entity's story: one entry after the other, with who, where and when, and corrections beside what they correct.

use maud::{Markup, html};

use crate::block::{Facts, Tag};
use crate::{Words, text};

/// What a correction put in place of something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What was corrected.
    pub what: String,
    /// As first recorded.
    pub before: String,
    /// As corrected.
    pub after: String,
    /// Which event, by whom and when, and whether it is in effect.
    pub by: String,
}

/// One step of a story.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The claimed day.
    pub day: String,
    /// How exactly it is known; empty where only the day is.
    pub precision: String,
    /// What happened.
    pub what: String,
    /// Who did it and who typed it.
    pub who: String,
    /// What it states.
    pub facts: Facts,
    /// What became of it.
    pub tags: Vec<Tag>,
    /// Why it is not counted; may be empty.
    pub why: String,
    /// Machine, recorded, received, journal position, identity.
    pub record: Facts,
    /// Corrections of it.
    pub changes: Vec<Change>,
    /// Proof of inclusion as text; may be empty.
    pub proof: String,
    /// Whether it is a decision or correction: its dot is filled.
    pub is_decision: bool,
}

/// Steps in the order of the story.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// The steps.
    pub entries: Vec<Entry>,
}

impl Story {
    pub(crate) fn draw(&self, words: Words) -> Markup {
        if self.entries.is_empty() {
            return html! { p.empty { (words.no_rows()) } };
        }
        html! {
            ol.story {
                @for entry in &self.entries {
                    li class=[entry.is_decision.then_some("k")] {
                        div.when { (entry.day) @if !entry.precision.is_empty() { br; small { (entry.precision) } } }
                        div.body { (entry.draw(words)) }
                    }
                }
            }
        }
    }
}

impl Entry {
    fn draw(&self, words: Words) -> Markup {
        html! {
            p { b { (text::visible(&self.what)) } "　" span.m { (text::visible(&self.who)) } }
            @if !self.facts.0.is_empty() {
                p.said { @for (word, value) in &self.facts.0 {
                    span { span.m { (text::visible(word)) } " " (text::visible(value)) } " "
                } }
            }
            @for change in &self.changes {
                p.change { (text::visible(&change.what)) " " (words.was()) " " del { (text::visible(&change.before)) }
                    " " (words.became()) " " ins { (text::visible(&change.after)) } br;
                    small { (text::visible(&change.by)) } }
            }
            p.state { @for tag in &self.tags { (tag.draw(words)) " " } span.m { (text::visible(&self.why)) } }
            p.receipt { @for (word, value) in &self.record.0 {
                span { (text::visible(word)) " " (text::visible(value)) } " "
            } }
            @if !self.proof.is_empty() { details { summary { (words.proof()) } pre { (text::visible(&self.proof)) } } }
        }
    }
}
