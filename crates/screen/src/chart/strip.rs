//! Events on a line of time: above, when they are said to have happened; below, when the township received them. A
//! line between the two that leans far is a record that came late.

use maud::{Markup, html};

use super::{hundredths, length};
use crate::block::{Cell, Table};
use crate::{Words, text};

/// One event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// When it is said to have happened, in milliseconds since 1970-01-01T00:00:00Z.
    pub claimed_ms: i64,
    /// When the township received it; `None` while it waits.
    pub received_ms: Option<i64>,
    /// Whether it is a decision or correction.
    pub is_decision: bool,
}

/// Events, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strip {
    /// What it shows.
    pub title: String,
    /// The events.
    pub marks: Vec<Mark>,
}

const WIDE: u64 = 640;

impl Strip {
    pub(crate) fn table(&self, words: Words) -> Table {
        let mut table = Table::new([words.claimed(), words.received_at()], 2);
        let row = |mark: &Mark| {
            let received = mark.received_ms.map_or_else(String::new, text::instant);
            vec![Cell::Text(text::instant(mark.claimed_ms)), Cell::text(received)]
        };
        table.rows = self.marks.iter().map(row).collect();
        table
    }

    pub(crate) fn draw(&self, words: Words) -> Option<Markup> {
        let times = || {
            self.marks
                .iter()
                .flat_map(|mark| std::iter::once(mark.claimed_ms).chain(mark.received_ms))
        };
        let (first, last) = (times().min()?, times().max()?);
        let place = |ms: i64| length(hundredths(ms.abs_diff(first), last.abs_diff(first), WIDE));
        Some(html! {
            svg.strip viewBox=(format!("-6 0 {} 64", WIDE + 12)) role="img"
                aria-label=(words.strip_heard(self.marks.len(), &text::instant(first), &text::instant(last))) {
                line.axis x1="0" y1="16" x2=(WIDE) y2="16" {}
                line.axis x1="0" y1="52" x2=(WIDE) y2="52" {}
                @for mark in &self.marks {
                    @if let Some(received) = mark.received_ms {
                        line.lag x1=(place(mark.claimed_ms)) y1="16" x2=(place(received)) y2="52" {}
                        line.tick x1=(place(received)) y1="48" x2=(place(received)) y2="56" {}
                    }
                }
                @for mark in &self.marks {
                    circle class=(if mark.is_decision { "dot k" } else { "dot" }) cx=(place(mark.claimed_ms)) cy="16" r="4.5" {}
                }
            }
            p.axis { span { (text::instant(first)) } span { (words.strip_legend()) } span { (text::instant(last)) } }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_event_one_event_and_mad_clocks_are_drawn() {
        let words = Words::new(crate::Lang::En);
        let strip = |marks: &[Mark]| Strip {
            title: String::new(),
            marks: marks.to_vec(),
        };
        assert!(strip(&[]).draw(words).is_none());
        let mark = |claimed_ms, received_ms| Mark {
            claimed_ms,
            received_ms,
            is_decision: true,
        };
        let one = strip(&[mark(5, None)]).draw(words).expect("one").into_string();
        assert!(one.contains("cx=\"0.00\""), "{one}");
        let mad = strip(&[mark(i64::MIN, Some(i64::MAX))])
            .draw(words)
            .expect("two")
            .into_string();
        assert!(mad.contains("x2=\"640.00\""), "{mad}");
    }
}
