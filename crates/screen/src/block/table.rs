//! A ledger is set like a ledger: hairlines, numbers at the right, one heavy rule.

use maud::{Markup, html};

use crate::block::Tag;
use crate::{Words, text};

/// Most rows of one table that a page or a text shows; the rest is counted and left to `--json`.
pub const ROWS_SHOWN_MAX: usize = 2_000;
/// Columns up to which a table folds into lines on a narrow page; wider ones scroll in a region of their own.
const FOLDS_MAX: usize = 6;

/// Characters up to which the text of a cell stands in one line.
const WHOLE_CHARS_MAX: usize = 12;

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// An identifier or digest, to be read letter by letter.
    Code(String),
    /// A count.
    Number(u64),
    /// A pair; 0/0 is 「无」.
    Ratio(u64, u64),
    /// What stood, and what stands.
    Change(String, String),
    /// A state.
    Tag(Tag),
    /// Does not apply.
    Empty,
    /// Nobody knows.
    Unknown,
}

impl Cell {
    /// Words, or a dash where there are none.
    #[must_use]
    pub fn text(words: impl Into<String>) -> Self {
        let words = words.into();
        if words.is_empty() {
            Self::Empty
        } else {
            Self::Text(words)
        }
    }

    /// A count, or a dash where there is none.
    #[must_use]
    pub fn number(count: Option<u64>) -> Self {
        count.map_or(Self::Empty, Self::Number)
    }

    /// The cell as plain text.
    #[must_use]
    pub fn plain(&self, words: Words) -> String {
        match self {
            Self::Text(content) | Self::Code(content) => text::visible(content).into_owned(),
            Self::Number(count) => text::number(*count),
            Self::Ratio(numerator, denominator) => text::ratio(*numerator, *denominator, words.lang()),
            Self::Change(before, after) => text::visible(&format!("{before} → {after}")).into_owned(),
            Self::Tag(tag) => format!("{} {}", tag.mark(), tag.word(words)),
            Self::Empty => text::DASH.to_owned(),
            Self::Unknown => words.unknown().to_owned(),
        }
    }

    fn draw(&self, words: Words) -> Markup {
        match self {
            Self::Code(content) => html! { code { (text::visible(content)) } },
            Self::Tag(tag) => tag.draw(words),
            Self::Change(before, after) => html! {
                del { (text::visible(before)) } " " ins { (text::visible(after)) }
            },
            other => html! { (other.plain(words)) },
        }
    }
}

/// A table. The first `left` columns are text, the others numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What it shows, for readers who hear it; may be empty.
    pub caption: String,
    /// Heads of the columns.
    pub head: Vec<String>,
    /// How many columns, from the first, are text.
    pub left: usize,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// The last row under a heavy rule: totals add numerators and denominators.
    pub foot: Option<Vec<Cell>>,
}

impl Table {
    /// A table without rows yet.
    #[must_use]
    pub fn new<H: Into<String>>(head: impl IntoIterator<Item = H>, left: usize) -> Self {
        Self {
            head: head.into_iter().map(Into::into).collect(),
            left,
            ..Self::default()
        }
    }

    /// The same with a caption.
    #[must_use]
    pub fn captioned(self, caption: impl Into<String>) -> Self {
        Self {
            caption: caption.into(),
            ..self
        }
    }

    /// Rows that are shown, and how many are left out.
    #[must_use]
    pub fn shown(&self) -> (&[Vec<Cell>], usize) {
        let shown = self.rows.len().min(ROWS_SHOWN_MAX);
        (&self.rows[..shown], self.rows.len() - shown)
    }

    pub(crate) fn draw(&self, words: Words) -> Markup {
        let (rows, left_out) = self.shown();
        if rows.is_empty() {
            return html! { p.empty { (words.no_rows()) } };
        }
        let folds = self.head.len() <= FOLDS_MAX;
        let label = if self.caption.is_empty() {
            words.table()
        } else {
            &self.caption
        };
        html! {
            div class=(if folds { "scroll folds" } else { "scroll" }) role="region" tabindex="0" aria-label=(text::visible(label)) {
                table {
                    @if !self.caption.is_empty() { caption { (text::visible(&self.caption)) } }
                    thead { tr { @for (at, head) in self.head.iter().enumerate() {
                        th scope="col" class=[self.side(at)] { (text::visible(head)) }
                    } } }
                    tbody { @for row in rows { tr { (self.cells(row, words)) } } }
                    @if let Some(foot) = &self.foot { tfoot { tr { (self.cells(foot, words)) } } }
                }
            }
            @if left_out > 0 { p.m { (words.left_out(&text::number(left_out as u64))) } }
        }
    }

    fn cells(&self, row: &[Cell], words: Words) -> Markup {
        html! {
            @for (at, cell) in row.iter().enumerate() {
                @let head = self.head.get(at).map_or("", String::as_str);
                @if at == 0 {
                    th scope="row" class=[self.class(at, cell)] data-head=(text::visible(head)) { (cell.draw(words)) }
                } @else {
                    td class=[self.class(at, cell)] data-head=(text::visible(head)) { (cell.draw(words)) }
                }
            }
        }
    }

    /// Numbers stand at the right; a date or a short word is not broken.
    fn class(&self, at: usize, cell: &Cell) -> Option<&'static str> {
        match cell {
            _ if at >= self.left => Some("n"),
            Cell::Text(text) if text.chars().count() <= WHOLE_CHARS_MAX => Some("nb"),
            _ => None,
        }
    }

    const fn side(&self, at: usize) -> Option<&'static str> {
        if at < self.left { None } else { Some("n") }
    }
}
