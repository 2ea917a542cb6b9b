//! What changed and why: a row for each village and way of changing; the differences add up to the whole, or the page says
//! that they do not.

use event::Day;
use maud::{Markup, html};

use super::asked::name;
use super::cut::CutLine;
use crate::reports::Why as Way;
use crate::{Place, Words, dates, text};

/// Counts of coverage that add up, in the order in which they are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is a column")]
pub enum Count {
    Met,
    Households,
    Contacted,
    Knocked,
    Unvisited,
    OffBooks,
}

impl Count {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Met,
        Self::Households,
        Self::Contacted,
        Self::Knocked,
        Self::Unvisited,
        Self::OffBooks,
    ];

    /// The ledger's own word.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Met => "met_at_home",
            Self::Households => "households",
            Self::Contacted => "contacted",
            Self::Knocked => "knocked_only",
            Self::Unvisited => "unvisited",
            Self::OffBooks => "visits_off_books",
        }
    }

    const fn word(self, w: Words) -> &'static str {
        match self {
            Self::Met => w.ledger_count_met(),
            Self::Households => w.ledger_count_households(),
            Self::Contacted => w.ledger_count_contacted(),
            Self::Knocked => w.ledger_count_knocked(),
            Self::Unvisited => w.ledger_count_unvisited(),
            Self::OffBooks => w.ledger_count_off_books(),
        }
    }
}

/// What one way of changing did in one village.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyRow {
    /// The village.
    pub unit: Place,
    /// The way.
    pub way: Way,
    /// By how much it moved each count.
    pub counts: Vec<(Count, i64)>,
    /// How many entries did it.
    pub entries: u64,
    /// The page that lists them.
    pub address: String,
    /// Days of the first and last of their receipts.
    pub received: (Day, Day),
    /// The first and last of their receipts.
    pub receipts: (u64, u64),
    /// Met and in scope before this way is counted in.
    pub was: (u64, u64),
}

/// The whole explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// The earlier cut.
    pub from: CutLine,
    /// The rows, by village and way.
    pub rows: Vec<WhyRow>,
    /// Villages whose change their entries do not explain.
    pub unexplained: Vec<Place>,
}

/// A difference with its sign.
pub(crate) fn signed(difference: i64) -> String {
    let sign = if difference < 0 { "−" } else { "+" };
    format!("{sign}{}", text::number(difference.unsigned_abs()))
}

fn moved(count: u64, by: i64) -> u64 {
    count.saturating_add_signed(by)
}

fn pair((met, households): (u64, u64)) -> String {
    format!("{}／{}", text::number(met), text::number(households))
}

impl WhyRow {
    /// By how much a count moved.
    #[must_use]
    pub fn by(&self, count: Count) -> i64 {
        self.counts
            .iter()
            .filter(|(own, _)| *own == count)
            .map(|(_, by)| by)
            .sum()
    }

    fn is(&self) -> (u64, u64) {
        (
            moved(self.was.0, self.by(Count::Met)),
            moved(self.was.1, self.by(Count::Households)),
        )
    }

    fn sentence(&self, from: &str, today: Day, w: Words) -> String {
        let day = |day: Day| dates::day(day, today, w.lang());
        let received = if self.received.0 == self.received.1 {
            day(self.received.0)
        } else {
            w.ledgers_between(&day(self.received.0), &day(self.received.1))
        };
        let count = text::number(self.entries);
        match self.way {
            Way::Late => w.ledgers_late(&count, &received, from),
            Way::New => w.ledgers_new(&count, from),
            Way::Corrected => w.ledgers_corrected(&count, &received),
            Way::Voided => w.ledgers_voided(&count, &received),
            Way::Merged => w.ledgers_merged(&count, &received),
            Way::Clock => w.ledgers_clock(&count, &received),
        }
    }

    fn draw(&self, from: &str, today: Day, w: Words) -> Markup {
        let (first, last) = self.receipts;
        let receipts = if first == last {
            w.ledgers_receipt_no(&text::number(first))
        } else {
            w.ledgers_receipts_no(&text::number(first), &text::number(last))
        };
        let stop = if w.lang() == crate::Lang::Zh { "。" } else { ". " };
        html! {
            tr {
                th.nb scope="row" { (name(&self.unit)) }
                td { b { (self.way.word(w)) (stop) } (self.sentence(from, today, w)) }
                td.n { del { (pair(self.was)) } }
                td.n { ins { (pair(self.is())) } }
                td.n { (differences(&self.counts, w)) }
                td.nb { a href=(self.address) { (w.ledgers_entries(&text::number(self.entries))) } " · " (receipts) }
            }
        }
    }
}

/// 「见到 +10，应访 −1」; a dash where nothing moved.
pub(crate) fn differences(counts: &[(Count, i64)], w: Words) -> String {
    let comma = if w.lang() == crate::Lang::Zh { "，" } else { ", " };
    let said = Count::ALL.into_iter().filter_map(|count| {
        let by: i64 = counts.iter().filter(|(own, _)| *own == count).map(|(_, by)| by).sum();
        (by != 0).then(|| format!("{} {}", count.word(w), signed(by)))
    });
    let said = said.collect::<Vec<_>>().join(comma);
    if said.is_empty() { text::DASH.to_owned() } else { said }
}

impl Why {
    /// Whether the rows account for the whole difference of every count.
    #[must_use]
    pub fn adds_up(&self, was: &[(Count, u64)], is: &[(Count, u64)]) -> bool {
        let of = |counts: &[(Count, u64)], count| counts.iter().find(|(own, _)| *own == count).map_or(0, |(_, n)| *n);
        Count::ALL.into_iter().all(|count| {
            let by: i64 = self.rows.iter().map(|row| row.by(count)).sum();
            i128::from(of(is, count)) - i128::from(of(was, count)) == i128::from(by)
        })
    }

    /// The section; `was` and `is` are the totals of the page.
    pub(crate) fn draw(
        &self,
        to: &CutLine,
        was: &[(Count, u64)],
        is: &[(Count, u64)],
        now_ms: i64,
        w: Words,
    ) -> Markup {
        let today = Day::of_instant(now_ms);
        let from = self.from.moment(now_ms, w);
        let of = |counts: &[(Count, u64)], count| counts.iter().find(|(own, _)| *own == count).map_or(0, |(_, n)| *n);
        let pair_of = |counts: &[(Count, u64)]| pair((of(counts, Count::Met), of(counts, Count::Households)));
        let whole: Vec<(Count, i64)> = Count::ALL
            .into_iter()
            .map(|count| {
                let by = i128::from(of(is, count)) - i128::from(of(was, count));
                (count, i64::try_from(by).unwrap_or(0))
            })
            .collect();
        html! {
            section #why aria-labelledby="why-h" {
                div.sh { h2 #why-h { (w.ledgers_why()) }
                    span.s { (w.ledgers_from_to(&self.from.short(now_ms, w), &to.short(now_ms, w))) } }
                @if !self.unexplained.is_empty() || !self.adds_up(was, is) {
                    @let villages = self.unexplained.iter().map(name).collect::<Vec<_>>().join("、");
                    div.say.stop role="status" { p { b {
                        @if villages.is_empty() { (w.ledgers_not_explained(w.ledgers_every_unit())) }
                        @else { (w.ledgers_not_explained(&villages)) } } } }
                }
                @if self.rows.is_empty() {
                    p.empty { (w.ledgers_nothing_changed()) }
                } @else {
                    table.stk { thead { tr {
                        th scope="col" { (w.ledgers_unit()) } th scope="col" { (w.ledgers_because()) }
                        th.n scope="col" { (w.ledgers_was()) } th.n scope="col" { (w.ledgers_is()) }
                        th.n scope="col" { (w.ledgers_difference()) } th scope="col" { (w.ledgers_basis()) }
                    } }
                    tbody { @for row in &self.rows { (row.draw(&from, today, w)) } }
                    tfoot { tr { th scope="row" { (w.total()) } td {}
                        td.n { (pair_of(was)) } td.n { (pair_of(is)) }
                        td.n { (differences(&whole, w)) } td {} } } }
                    p.cut.gap-s { (w.ledgers_pair_note()) }
                }
            }
        }
    }
}
