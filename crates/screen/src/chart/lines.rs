//! Numbers over time. A day of which nothing is known is a gap, never a zero.

use maud::{Markup, html};

use super::{hundredths, length};
use crate::block::{Cell, Table};
use crate::{Words, text};

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// What it is of.
    pub name: String,
    /// One number for each point of time; `None` where nobody knows.
    pub values: Vec<Option<u64>>,
}

/// Lines over the same points of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// What it shows.
    pub title: String,
    /// The points of time, as people read them.
    pub points: Vec<String>,
    /// At most three are drawn: more cannot be told apart in print.
    pub lines: Vec<Line>,
}

/// Most lines in one picture: more cannot be told apart in print.
const LINES_MAX: usize = 3;
const WIDE: u64 = 640;
const HIGH: u64 = 120;

impl Lines {
    pub(crate) fn table(&self) -> Table {
        let head = std::iter::once(self.title.clone()).chain(self.lines.iter().map(|line| line.name.clone()));
        let mut table = Table::new(head, 1);
        let row = |(at, point): (usize, &String)| {
            let values = self.lines.iter().map(|line| match line.values.get(at) {
                Some(Some(value)) => Cell::Number(*value),
                _ => Cell::Unknown,
            });
            std::iter::once(Cell::text(&**point)).chain(values).collect()
        };
        table.rows = self.points.iter().enumerate().map(row).collect();
        table
    }

    pub(crate) fn draw(&self, words: Words) -> Option<Markup> {
        let (first, last) = (self.points.first()?, self.points.last()?);
        let known = |line: &Line| line.values.iter().copied().flatten().max();
        let top = self.lines.iter().take(LINES_MAX).filter_map(known).max()?;
        Some(html! {
            svg.lines viewBox=(format!("-1 -4 {} {}", WIDE + 2, HIGH + 8)) role="img"
                aria-label=(text::visible(&words.lines_heard(&self.title, &text::number(top), first, last))) {
                line.axis x1="0" y1=(HIGH) x2=(WIDE) y2=(HIGH) {}
                line.grid x1="0" y1="0" x2=(WIDE) y2="0" {}
                @for (at, line) in self.lines.iter().take(LINES_MAX).enumerate() {
                    @for run in self.runs(line, top) {
                        @if let [(x, y)] = &run[..] {
                            circle class=(format!("dot l{at}")) cx=(x) cy=(y) r="2.5" {}
                        } @else {
                            polyline class=(format!("l{at}")) points=(run.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")) {}
                        }
                    }
                }
            }
            p.axis { span { (text::visible(first)) } span { (words.greatest(&text::number(top))) } span { (text::visible(last)) } }
            @if self.lines.len() > 1 {
                p.legend { @for (at, line) in self.lines.iter().take(LINES_MAX).enumerate() {
                    span { svg.key viewBox="0 0 24 8" aria-hidden="true" { line class=(format!("l{at}")) x1="0" y1="4" x2="24" y2="4" {} }
                        (text::visible(&line.name)) }
                } }
            }
        })
    }

    /// Stretches of a line without a gap, as places in the picture.
    fn runs(&self, line: &Line, top: u64) -> Vec<Vec<(String, String)>> {
        let steps = (self.points.len() as u64).saturating_sub(1);
        let mut runs = vec![Vec::new()];
        for (at, value) in line.values.iter().take(self.points.len()).enumerate() {
            let Some(value) = value else {
                runs.push(Vec::new());
                continue;
            };
            let x = length(hundredths(at as u64, steps, WIDE));
            let y = length(HIGH * 100 - hundredths(*value, top, HIGH));
            if let Some(run) = runs.last_mut() {
                run.push((x, y));
            }
        }
        runs.retain(|run| !run.is_empty());
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_a_gap_and_one_point_is_a_dot() {
        let line = |values: &[Option<u64>]| Lines {
            title: "t".to_owned(),
            points: (0..values.len()).map(|n| n.to_string()).collect(),
            lines: vec![Line {
                name: "x".to_owned(),
                values: values.to_vec(),
            }],
        };
        let lines = line(&[Some(0), Some(2), None, Some(1)]);
        let runs = lines.runs(&lines.lines[0], 2);
        let at = |x: &str, y: &str| (x.to_owned(), y.to_owned());
        assert_eq!(
            runs,
            [
                vec![at("0.00", "120.00"), at("213.33", "0.00")],
                vec![at("640.00", "60.00")]
            ]
        );
        let words = Words::new(crate::Lang::En);
        assert!(line(&[]).draw(words).is_none() && line(&[None, None]).draw(words).is_none());
        let flat = line(&[Some(0)]).draw(words).expect("one point").into_string();
        assert!(flat.contains("<circle") && !flat.contains("NaN"), "{flat}");
    }
}
