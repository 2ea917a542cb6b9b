//! One bar a row, all on one scale.

use maud::{Markup, html};

use super::{hundredths, length};
use crate::block::{Cell, Table};
use crate::{Words, text};

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    /// What it is of.
    pub label: String,
    /// How long it is.
    pub value: u64,
    /// The whole that it is a part of, drawn behind it.
    pub of: Option<u64>,
}

/// Rows in the order given. Nobody sorts people or villages by a rate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bars {
    /// What it shows.
    pub title: String,
    /// What is counted.
    pub unit: String,
    /// The rows.
    pub rows: Vec<Bar>,
}

const LONG: u64 = 100;

impl Bars {
    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new([self.title.clone(), self.unit.clone()], 1);
        table.rows = self
            .rows
            .iter()
            .map(|row| {
                let value = row.of.map_or(Cell::Number(row.value), |of| Cell::Ratio(row.value, of));
                vec![Cell::text(&*row.label), value]
            })
            .collect();
        table
    }

    pub(crate) fn draw(&self, words: Words) -> Option<Markup> {
        let scale = self.rows.iter().map(|row| row.of.unwrap_or(0).max(row.value)).max()?;
        Some(html! {
            div.bars {
                @for row in &self.rows {
                    div {
                        span.label { (text::visible(&row.label)) }
                        svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
                            @if let Some(of) = row.of {
                                rect.rest x="0" y="0" height="10" width=(length(hundredths(of, scale, LONG))) {}
                            }
                            rect.bar x="0" y="0" height="10" width=(length(hundredths(row.value, scale, LONG))) {}
                        }
                        span.n {
                            @match row.of {
                                Some(0) => (text::none(words.lang())),
                                Some(of) => { (text::number(row.value)) "／" (text::number(of)) },
                                None => (text::number(row.value)),
                            }
                        }
                    }
                }
            }
            p.m { (text::visible(&self.unit)) }
        })
    }
}
