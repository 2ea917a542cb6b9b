//! Coverage by visits of one village: a pair, floored, with its cut; what waits stands apart; who was not met yet, by group
//! and address. Nobody is put in order by a rate.

use event::Day;
use maud::{Markup, html};

use crate::office::Frame;
use crate::office::which::{Candidate, named};
use crate::{Words, dates, text};

/// A household of a period's denominator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoveredLine {
    /// The household.
    pub household: Candidate,
    /// 村民小组; 0 where there is none or it is unknown.
    pub group: u16,
    /// The visit that decides: day, outcome's word, the page with its proof. `None` if nobody went.
    pub visit: Option<(Day, String, Option<String>)>,
}

/// The figures of a quarter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a column of L4")]
pub struct CoveredFigures {
    pub households: u64,
    pub met: u64,
    pub contacted: u64,
    pub knocked: u64,
    pub unvisited: u64,
    pub off_books: u64,
}

/// The page of coverage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Covered {
    /// Year and quarter.
    pub quarter: (i16, u8),
    /// Quarters that can be chosen, the newest first.
    pub quarters: Vec<(i16, u8)>,
    /// The figures.
    pub figures: CoveredFigures,
    /// Entries of visits in the quarter that wait here.
    pub waiting: u64,
    /// Cut and digits of the digest.
    pub cut: String,
    /// The households of one group of the figure; those that were not met where none was chosen.
    pub lines: Vec<CoveredLine>,
    /// The chosen group: `met`, `contacted`, `knocked`, `unvisited`, `all`; `None` for all that were not met.
    pub of: Option<String>,
    /// What was wrong with the quarter in the address.
    pub wrong: bool,
}

/// The village's ledgers, as tabs.
pub(crate) fn tabs(here: &str, w: Words) -> Markup {
    let pages = [
        ("/ledgers", w.books_coverage()),
        ("/ledgers/requests", w.books_requests()),
        ("/ledgers/diary", w.books_diary()),
    ];
    html! { nav.noprint aria-label=(w.books_menu()) { ul.opts { @for (address, word) in pages {
        li { a href=(address) aria-current=[(address == here).then_some("page")] { (word) } }
    } } } }
}

impl Covered {
    fn address(&self, of: &str) -> String {
        let (year, quarter) = self.quarter;
        format!("/ledgers?q={year}-{quarter}&of={of}")
    }

    fn figures(&self, w: Words) -> Markup {
        let figures = self.figures;
        let rows = [
            (
                "all",
                w.covered_on_books(),
                w.covered_on_books_note(),
                figures.households,
            ),
            ("met", w.covered_met(), w.covered_met_note(), figures.met),
            (
                "contacted",
                w.covered_contacted(),
                w.covered_contacted_note(),
                figures.contacted,
            ),
            (
                "knocked",
                w.covered_knocked(),
                w.covered_knocked_note(),
                figures.knocked,
            ),
            (
                "unvisited",
                w.covered_unvisited(),
                w.covered_unvisited_note(),
                figures.unvisited,
            ),
        ];
        html! { table.stk {
            tbody {
                @for (of, word, note, count) in rows { tr {
                    th scope="row" { (word) } td.m { (note) } td.n { a href=(self.address(of)) { (text::number(count)) } }
                } }
                @if figures.off_books > 0 { tr {
                    th scope="row" { (w.covered_off()) } td.m { (w.covered_off_note()) } td.n { (text::number(figures.off_books)) }
                } }
            }
        } }
    }

    fn heading(&self, w: Words) -> &'static str {
        match self.of.as_deref() {
            None => w.covered_to_see(),
            Some("met") => w.covered_met(),
            Some("contacted") => w.covered_contacted(),
            Some("knocked") => w.covered_knocked(),
            Some("unvisited") => w.covered_unvisited(),
            Some(_) => w.covered_on_books(),
        }
    }

    fn lines(&self, w: Words, today: Day) -> Markup {
        if self.lines.is_empty() {
            let words = if self.of.is_none() {
                w.covered_all_met()
            } else {
                w.covered_nothing()
            };
            return html! { p { (words) } };
        }
        let mut before = None;
        html! { ul.rows { @for line in &self.lines {
            @let is_new = before.replace(line.group) != Some(line.group);
            li {
                span.m.nb { @if is_new { b { @if line.group == 0 { (w.books_group_none()) } @else { (w.covered_group(line.group)) } } } }
                span { a href={ "/household/" (line.household.household) } { (named(&line.household, w)) }
                    " · " (text::visible(&line.household.address)) }
                span.m { @match &line.visit {
                    Some((day, outcome, proof)) => { (dates::day(*day, today, w.lang())) " " (w.value(outcome))
                        @if let Some(proof) = proof { " " a.noprint href=(proof) { (w.see_proof()) } } },
                    None => { (w.covered_last()) " " @match line.household.last_met { Some(day) => (dates::day(day, today, w.lang())), None => (w.visit_never()) } },
                } }
            }
        } } }
    }
}

/// The page.
#[must_use]
pub fn covered(frame: &Frame, page: &Covered) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let (year, quarter) = page.quarter;
    let figures = page.figures;
    let body = html! {
        @if page.wrong { div.say.stop role="alert" { p { (w.covered_bad_quarter()) } } }
        div.head { div { h1 { (w.covered()) } p.m { (w.covered_quarter_name(year, quarter)) } }
            form.acts.noprint method="get" action="/ledgers" {
                label for="q" { (w.covered_quarter()) }
                select.sel #q name="q" { @for (year, quarter) in &page.quarters {
                    option value={ (year) "-" (quarter) } selected[(*year, *quarter) == page.quarter] { (w.covered_quarter_name(*year, *quarter)) }
                } }
                button { (w.covered_show()) }
            } }
        (tabs("/ledgers", w))
        section aria-labelledby="a" {
            div.sh { h2 #a { (w.covered_quarter_name(year, quarter)) } }
            div.fig {
                @match text::percent(figures.met, figures.households) {
                    Some(percent) => p { a href=(page.address("met")) { (text::number(figures.met)) }
                        span { (w.visits_met(&text::number(figures.households), &percent)) } },
                    None => p { span { (w.visits_none()) } },
                }
                p.cut { (text::visible(&page.cut)) }
            }
            @if page.waiting > 0 { div.fig { p.m { (w.covered_waiting(&text::number(page.waiting))) } } }
            (page.figures(w))
        }
        section aria-labelledby="b" {
            div.sh { h2 #b { (page.heading(w)) } span.s { (w.covered_to_see_note()) } }
            (page.lines(w, today))
        }
    };
    frame.around(w.covered(), false, &body)
}
