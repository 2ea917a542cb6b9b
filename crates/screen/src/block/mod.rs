//! What a report is made of. Each piece is a value that can draw itself; whoever writes for a terminal reads its fields.

mod facts;
mod finding;
mod story;
mod table;
mod tag;

pub use facts::Facts;
pub use finding::Finding;
pub use story::{Change, Entry, Story};
pub use table::{Cell, ROWS_SHOWN_MAX, Table};
pub use tag::Tag;

use maud::{Markup, html};

use crate::report::Block;
use crate::{Words, text};

/// A piece as it stands in a page.
pub(crate) fn draw(block: &Block, words: Words) -> Markup {
    match block {
        Block::Text(paragraph) => html! { p { (text::visible(paragraph)) } },
        Block::Verbatim(letters) => html! { pre { (text::visible(letters)) } },
        Block::Facts(facts) => facts.draw(),
        Block::Table(table) => table.draw(words),
        Block::Chart(chart) => chart.draw(words),
        Block::Story(story) => story.draw(words),
        Block::Findings(findings) => finding::draw(findings, words),
    }
}
