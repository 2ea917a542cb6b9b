//! What was found, one thing each: a rule that does not hold, or a lead for a human check.

use maud::{Markup, html};

use crate::block::{Facts, Tag};
use crate::{Words, text};

/// One finding or lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// The rule, in its own short word.
    pub rule: String,
    /// What was found, in a sentence.
    pub what: String,
    /// Where: village, journal record, log, entries, events.
    pub facts: Facts,
    /// How it may have come about without fault; stands beside every lead. May be empty.
    pub benign: String,
    /// States, such as whether the rule is on.
    pub tags: Vec<Tag>,
}

pub(crate) fn draw(findings: &[Finding], words: Words) -> Markup {
    if findings.is_empty() {
        return html! { p.empty { (words.nothing_found()) } };
    }
    html! {
        ol.findings {
            @for finding in findings {
                li {
                    p { b { (text::visible(&finding.what)) } " " code { (text::visible(&finding.rule)) }
                        @for tag in &finding.tags { " " (tag.draw(words)) } }
                    (finding.facts.draw())
                    @if !finding.benign.is_empty() {
                        p.benign { b { (words.benign()) } (text::visible(&finding.benign)) }
                    }
                }
            }
        }
    }
}
