//! Charts drawn here, as SVG: no script, no style attribute, every number beside its picture.

mod bars;
mod lines;
mod shares;
mod spark;
mod strip;

pub use bars::{Bar, Bars};
pub use lines::{Line, Lines};
pub use shares::{Share, Shares};
pub use spark::{SPARK_DAYS, Spark};
pub use strip::{Mark, Strip};

use maud::{Markup, html};

use crate::block::Table;
use crate::{Words, text};

/// A chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chart {
    /// One bar a row.
    Bars(Bars),
    /// Numbers over time.
    Lines(Lines),
    /// Parts of wholes, one whole a row.
    Shares(Shares),
    /// Events on a line of time.
    Strip(Strip),
}

impl Chart {
    /// The same as a table, for readers who do not see it.
    #[must_use]
    pub fn table(&self, words: Words) -> Table {
        match self {
            Self::Bars(bars) => bars.table(),
            Self::Lines(lines) => lines.table(),
            Self::Shares(shares) => shares.table(),
            Self::Strip(strip) => strip.table(words),
        }
    }

    pub(crate) fn draw(&self, words: Words) -> Markup {
        let (title, picture) = match self {
            Self::Bars(bars) => (&bars.title, bars.draw(words)),
            Self::Lines(lines) => (&lines.title, lines.draw(words)),
            Self::Shares(shares) => (&shares.title, shares.draw(words)),
            Self::Strip(strip) => (&strip.title, strip.draw(words)),
        };
        html! {
            figure {
                @if !title.is_empty() { figcaption { (text::visible(title)) } }
                @match picture {
                    Some(picture) => (picture),
                    None => p.empty { (words.no_rows()) },
                }
            }
        }
    }
}

/// `value` of `whole` on a scale of `length`, in hundredths, rounded down. 0 where there is nothing to compare with.
fn hundredths(value: u64, whole: u64, length: u64) -> u64 {
    let scaled = u128::from(value.min(whole)) * u128::from(length) * 100;
    let scaled = scaled.checked_div(u128::from(whole)).unwrap_or(0);
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// A length in hundredths as SVG writes it.
fn length(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_divided_by_nothing_and_nothing_overflows() {
        assert_eq!([hundredths(0, 0, 100), hundredths(3, 0, 100)], [0, 0]);
        assert_eq!(hundredths(1, 3, 100), 3_333);
        assert_eq!(hundredths(u64::MAX, u64::MAX, 640), 64_000);
        assert_eq!(hundredths(9, 3, 100), 10_000, "never longer than the scale");
        assert_eq!(length(3_304), "33.04");
    }
}
