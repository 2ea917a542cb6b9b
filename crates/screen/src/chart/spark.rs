//! Two weeks in the space of a word: one bar a day on a scale of its own, for it shows rhythm and not size. A day of
//! which nothing was heard is a dash, never a bar without height.

use maud::{Markup, html};

use super::hundredths;
use crate::{Words, text};

/// Days that it shows.
pub const SPARK_DAYS: usize = 14;
/// Highest bar.
const HIGH: u64 = 18;
/// From one bar to the next; a bar is 5 wide.
const STEP: usize = 7;

/// What came in, day by day; the last one is today. `None` where nothing was heard that day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spark(pub [Option<u64>; SPARK_DAYS]);

impl Spark {
    /// Everything that came in.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.0.iter().flatten().fold(0, |sum, day| sum.saturating_add(*day))
    }

    /// Days of which nothing was heard.
    #[must_use]
    pub fn silent(&self) -> usize {
        self.0.iter().filter(|day| day.is_none()).count()
    }

    /// The picture, 98 by 20. Its label says the sum and the silent days; that it is of two weeks stands in the head.
    pub(crate) fn draw(&self, words: Words) -> Markup {
        let label = match self.silent() {
            0 => words.spark_heard(&text::number(self.sum())),
            silent => words.spark_heard_silent(&text::number(self.sum()), silent),
        };
        let (bars, dashes) = (self.bars(), self.dashes());
        html! {
            svg width="98" height="20" role="img" aria-label=(label) {
                @if !bars.is_empty() { path d=(bars) {} }
                @if !dashes.is_empty() { path.none d=(dashes) {} }
            }
        }
    }

    /// Strokes from the ground upwards, each told from the one before. A day with nothing, and one with hardly anything,
    /// is one high.
    fn bars(&self) -> String {
        let most = self.0.iter().flatten().copied().max().unwrap_or(0);
        let (mut path, mut before) = (String::new(), None);
        for (at, day) in self.0.iter().enumerate() {
            let Some(day) = *day else { continue };
            let high = (hundredths(day, most, HIGH) / 100).max(1);
            path += &match before {
                // The middle of a bar is half a pixel off, so that its edges are not.
                None => format!("M{}.5 19v-{high}", at * STEP + 2),
                Some((last, fell)) => format!("m{} {fell}v-{high}", (at - last) * STEP),
            };
            before = Some((at, high));
        }
        path
    }

    fn dashes(&self) -> String {
        let dashes = self.0.iter().enumerate().filter(|(_, day)| day.is_none());
        dashes.map(|(at, _)| format!("M{} 18.5h5", at * STEP)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lang;

    fn of(days: &[Option<u64>]) -> Spark {
        let mut spark = Spark::default();
        spark.0[..days.len()].copy_from_slice(days);
        spark
    }

    #[test]
    fn the_greatest_day_is_the_scale_and_nothing_is_one_high() {
        let spark = of(&[Some(0), Some(9), Some(18), Some(1_000_000)]);
        assert_eq!(spark.bars(), "M2.5 19v-1m7 1v-1m7 1v-1m7 1v-18");
        assert_eq!(of(&[Some(9), Some(18)]).bars(), "M2.5 19v-9m7 9v-18");
        assert_eq!(of(&[None, Some(2), None, Some(1)]).bars(), "M9.5 19v-18m14 18v-9");
        assert_eq!(of(&[Some(u64::MAX), Some(u64::MAX)]).sum(), u64::MAX);
    }

    #[test]
    fn a_day_without_a_word_is_a_dash_and_the_label_counts_it() {
        let spark = of(&[Some(3), None, Some(0)]);
        assert_eq!(spark.silent(), 12);
        let drawn = spark.draw(Words::new(Lang::Zh)).into_string();
        assert!(drawn.contains("送到 3 条，12 天没有消息"), "{drawn}");
        assert!(drawn.contains("M7 18.5h5") && !drawn.contains("style"), "{drawn}");
        let never = Spark::default().draw(Words::new(Lang::En)).into_string();
        assert!(
            !never.contains("M2.5") && never.contains("no word on 14 days"),
            "{never}"
        );
        let full = Spark([Some(2); SPARK_DAYS]).draw(Words::new(Lang::En)).into_string();
        assert!(full.contains("28 received") && !full.contains("none"), "{full}");
    }
}
