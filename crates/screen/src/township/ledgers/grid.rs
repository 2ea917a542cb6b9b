//! A table whose cells may be links.

use maud::{Markup, html};

use crate::block::Cell;
use crate::{Words, text};

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridCell {
    /// What stands in it.
    pub cell: Cell,
    /// Where it leads.
    pub address: Option<String>,
}

impl GridCell {
    /// A cell that leads nowhere.
    #[must_use]
    pub const fn plain(cell: Cell) -> Self {
        Self { cell, address: None }
    }

    /// A cell that leads somewhere.
    #[must_use]
    pub const fn link(cell: Cell, address: String) -> Self {
        Self {
            cell,
            address: Some(address),
        }
    }

    fn draw(&self, w: Words) -> Markup {
        let said = self.cell.plain(w);
        html! {
            @match (&self.address, &self.cell) {
                (Some(address), Cell::Code(_)) => a href=(address) { code { (said) } },
                (Some(address), _) => a href=(address) { (said) },
                (None, Cell::Code(_)) => code { (said) },
                (None, _) => (said),
            }
        }
    }
}

impl From<Cell> for GridCell {
    fn from(cell: Cell) -> Self {
        Self::plain(cell)
    }
}

/// A table. The first `left` columns are text, the others numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// Heads of the columns.
    pub head: Vec<String>,
    /// How many columns, from the first, are text.
    pub left: usize,
    /// The rows.
    pub rows: Vec<Vec<GridCell>>,
    /// The totals.
    pub foot: Option<Vec<Cell>>,
}

impl Grid {
    pub(crate) fn draw(&self, label: &str, w: Words) -> Markup {
        let class = |at: usize| if at < self.left { None } else { Some("n") };
        html! {
            div.scrollx tabindex="0" role="region" aria-label=(text::visible(label)) { table.led.dense {
                thead { tr { @for (at, head) in self.head.iter().enumerate() {
                    th scope="col" class=[class(at)] { (text::visible(head)) } } } }
                tbody { @for row in &self.rows { tr { @for (at, cell) in row.iter().enumerate() {
                    @if at == 0 { th.nb scope="row" { (cell.draw(w)) } } @else { td class=[class(at)] { (cell.draw(w)) } }
                } } } }
                @if let Some(foot) = &self.foot { tfoot { tr { @for (at, cell) in foot.iter().enumerate() {
                    @if at == 0 { th scope="row" { (cell.plain(w)) } } @else { td class=[class(at)] { (cell.plain(w)) } }
                } } } }
            } }
        }
    }
}
