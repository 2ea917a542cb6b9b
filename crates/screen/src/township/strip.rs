//! The strip of the township's pages: whether the hub takes in, what came last, and who has not been heard of.

use maud::{Markup, html};

use crate::{Words, dates, text};

/// The newest receipt of a village.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastReceipt {
    /// Its place, counted over all journals.
    pub position: u64,
    /// When, in milliseconds.
    pub at_ms: i64,
    /// The village.
    pub name: String,
    /// Entries that it covers.
    pub entries: u64,
}

/// What the strip is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TownStrip {
    /// Whether the hub's log takes entries in.
    pub is_open: bool,
    /// The newest receipt; `None` before the first.
    pub last: Option<LastReceipt>,
    /// Villages without a word for so long that somebody should call.
    pub silent: usize,
    /// Of these the one that has been silent longest, and for how many days.
    pub longest: Option<(String, u64)>,
}

impl TownStrip {
    pub(crate) fn draw(&self, w: Words, now_ms: i64) -> Markup {
        let class = if self.is_open { "strip" } else { "strip bad" };
        let silent = self.longest.as_ref().map(|(name, days)| match self.silent {
            0 | 1 => w.strip_silent_one(name, &text::number(*days)),
            many => w.strip_silent(many, &text::number(*days)),
        });
        html! {
            div class=(class) role="status" { div.w {
                span {
                    @if self.is_open { (w.strip_receiving()) } @else { b { (w.strip_not_receiving()) } }
                    @match &self.last {
                        Some(last) => { (w.strip_newest()) b { (w.strip_receipt(&text::number(last.position))) }
                            (w.strip_last_receipt(&when(last.at_ms, now_ms, w), &text::visible(&last.name), &text::number(last.entries))) },
                        None => (w.strip_none_yet()),
                    }
                }
                @if let Some(silent) = silent { span { (text::visible(&silent)) } }
            } }
        }
    }
}

/// The time of day alone, where it was today.
fn when(at_ms: i64, now_ms: i64, w: Words) -> String {
    if event::Day::of_instant(at_ms) == event::Day::of_instant(now_ms) {
        dates::clock(at_ms)
    } else {
        dates::moment(at_ms, now_ms, w.lang())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lang;

    const NOW: i64 = 1_789_713_000_000;

    #[test]
    fn the_newest_receipt_is_said_with_its_village_and_silence_with_its_days() {
        let strip = TownStrip {
            is_open: true,
            last: Some(LastReceipt {
                position: 1_291,
                at_ms: NOW - 120_000,
                name: "东浦村".to_owned(),
                entries: 12,
            }),
            silent: 1,
            longest: Some(("苇塘村".to_owned(), 9)),
        };
        let zh = strip.draw(Words::new(Lang::Zh), NOW).into_string();
        assert!(
            zh.contains("收件正常 · 最近一份：<b>第 1,291 号收据</b>，14:28，东浦村 12 条。"),
            "{zh}"
        );
        assert!(zh.contains("苇塘村 9 天没有消息。") && !zh.contains("bad"));
        let many = TownStrip {
            silent: 3,
            ..strip.clone()
        };
        let en = many.draw(Words::new(Lang::En), NOW + 86_400_000).into_string();
        assert!(
            en.contains("yesterday 14:28") && en.contains("No word from 3 villages"),
            "{en}"
        );
        let closed = TownStrip {
            is_open: false,
            last: None,
            silent: 0,
            longest: None,
        };
        let closed = closed.draw(Words::new(Lang::Zh), NOW).into_string();
        assert!(
            closed.contains("strip bad") && closed.contains("还没有收到过"),
            "{closed}"
        );
    }
}
