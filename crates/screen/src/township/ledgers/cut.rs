//! Up to where figures were computed, said in a line.

use event::Day;

use crate::{Words, dates, text};

/// Up to when receipts count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Everything up to this instant, in milliseconds.
    Now(i64),
    /// Everything up to the end of a day.
    By(Day),
}

/// The cut of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutLine {
    /// Up to when.
    pub received: Received,
    /// The last receipt that counts; `None` before the first.
    pub receipt: Option<u64>,
    /// Digest of the rows that the figures follow from, in hexadecimal; empty where there is none.
    pub digest: String,
    /// Version of the rules.
    pub rules: u16,
}

/// Digits of a digest on a screen.
const DIGITS: usize = 4;

impl CutLine {
    /// The day or moment.
    pub(crate) fn moment(&self, now_ms: i64, w: Words) -> String {
        let today = Day::of_instant(now_ms);
        match self.received {
            Received::Now(ms) => {
                let day = dates::day(Day::of_instant(ms), today, w.lang());
                format!("{day} {}", dates::clock(ms))
            }
            Received::By(day) => dates::day(day, today, w.lang()),
        }
    }

    /// The day, or 「现在」.
    pub(crate) fn seen(&self, now_ms: i64, w: Words) -> String {
        match self.received {
            Received::Now(_) => w.ledgers_until_now().to_owned(),
            Received::By(_) => self.moment(now_ms, w),
        }
    }

    /// 「9 月 18 日 14:30 为止收到的 · 截至 第 1,291 号收据 · 摘要 41b7… · 规则第 3 版」
    pub(crate) fn say(&self, now_ms: i64, w: Words) -> String {
        let mut moment = self.moment(now_ms, w);
        if matches!(self.received, Received::Now(_)) && w.lang() == crate::Lang::Zh {
            // A number stands apart from what follows it.
            moment.push(' ');
        }
        let mut parts = vec![w.ledgers_received_to(&moment)];
        parts.push(match self.receipt {
            Some(position) => w.ledgers_cut(&text::number(position)),
            None => w.before_first_receipt().to_owned(),
        });
        if !self.digest.is_empty() {
            let digits: String = self.digest.chars().take(DIGITS).collect();
            parts.push(w.ledgers_digest(&digits));
        }
        parts.push(w.ledgers_rules(self.rules));
        parts.join(" · ")
    }

    /// 「第 1,262 号收据（9 月 5 日）」
    pub(crate) fn short(&self, now_ms: i64, w: Words) -> String {
        match self.receipt {
            Some(position) => w.ledgers_receipt_on(&text::number(position), &self.moment(now_ms, w)),
            None => format!("{} ({})", w.before_first_receipt(), self.moment(now_ms, w)),
        }
    }
}
