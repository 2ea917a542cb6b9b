//! Parts of wholes: one stacked bar a row, each as long as its whole is large a part of itself. 0/0 is 「无」.

use maud::{Markup, html};

use super::{hundredths, length};
use crate::block::{Cell, Table};
use crate::{Words, text};

/// One whole and its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// What it is of.
    pub label: String,
    /// The parts, in the order of [`Shares::parts`].
    pub parts: Vec<u64>,
}

/// Wholes in the order given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// What it shows.
    pub title: String,
    /// Names of the parts; at most five are told apart.
    pub parts: Vec<String>,
    /// The wholes.
    pub rows: Vec<Share>,
}

/// Parts that have a pattern of their own.
const PARTS_MAX: usize = 5;
const LONG: u64 = 100;

impl Shares {
    pub(crate) fn table(&self) -> Table {
        let head = std::iter::once(self.title.clone()).chain(self.parts.iter().cloned());
        let mut table = Table::new(head, 1);
        let row = |row: &Share| {
            let parts = row.parts.iter().map(|part| Cell::Number(*part));
            std::iter::once(Cell::text(&*row.label)).chain(parts).collect()
        };
        table.rows = self.rows.iter().map(row).collect();
        table
    }

    pub(crate) fn draw(&self, words: Words) -> Option<Markup> {
        if self.rows.is_empty() {
            return None;
        }
        Some(html! {
            p.legend { @for (at, part) in self.parts.iter().enumerate() {
                span { svg.key viewBox="0 0 12 8" aria-hidden="true" { rect class=(pattern(at)) width="12" height="8" {} }
                    (text::visible(part)) }
            } }
            div.bars {
                @for row in &self.rows {
                    @let whole = row.parts.iter().fold(0_u64, |sum, part| sum.saturating_add(*part));
                    div {
                        span.label { (text::visible(&row.label)) }
                        @if whole == 0 {
                            span.m { (text::none(words.lang())) }
                        } @else {
                            svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
                                @for (at, (x, wide)) in places(&row.parts, whole).into_iter().enumerate() {
                                    rect class=(pattern(at)) x=(length(x)) y="0" height="10" width=(length(wide)) {}
                                }
                            }
                        }
                        span.n { (row.parts.iter().map(|part| text::number(*part)).collect::<Vec<_>>().join(" · ")) }
                    }
                }
            }
        })
    }
}

fn pattern(at: usize) -> String {
    format!("s{}", at % PARTS_MAX)
}

/// Where each part begins and how long it is; together they are as long as the bar.
fn places(parts: &[u64], whole: u64) -> Vec<(u64, u64)> {
    let (mut places, mut sum) = (Vec::with_capacity(parts.len()), 0_u64);
    for part in parts {
        let from = hundredths(sum, whole, LONG);
        sum = sum.saturating_add(*part);
        places.push((from, hundredths(sum, whole, LONG) - from));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_up_the_whole_bar_and_nothing_is_said_in_words() {
        assert_eq!(places(&[1, 1, 1], 3), [(0, 3_333), (3_333, 3_333), (6_666, 3_334)]);
        assert_eq!(places(&[0, 0], 0), [(0, 0), (0, 0)]);
        let row = |parts: &[u64]| Share {
            label: "x".to_owned(),
            parts: parts.to_vec(),
        };
        let mut shares = Shares {
            parts: vec!["a".to_owned(), "b".to_owned()],
            rows: vec![row(&[0, 0]), row(&[u64::MAX, u64::MAX])],
            ..Shares::default()
        };
        let words = Words::new(crate::Lang::Zh);
        let drawn = shares.draw(words).expect("rows").into_string();
        assert!(drawn.contains('无') && !drawn.contains("NaN"), "{drawn}");
        shares.rows.clear();
        assert!(shares.draw(words).is_none());
    }
}
