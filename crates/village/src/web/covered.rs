//! `/ledgers`: coverage by visits, and the ledgers of requests and of the diary as lists of pages.

use std::collections::BTreeMap;

use axum::extract::{Query as UrlQuery, State};
use axum::response::{Html, IntoResponse as _, Response};
use event::{Day, EntityId, Event, Facts, Kind};
use ledger::{Covered, HouseholdRow, Ledger, Period, Query, Reach, View};
use link::Problem;
use pages::Visitor;
use screen::dates;
use screen::office::{
    Candidate, Covered as CoveredPage, CoveredFigures, CoveredLine, DiaryLine, Here, Turned, covered as covered_page,
    diary_ledger, request_ledger,
};
use serde::Deserialize;

use super::Web;
use super::desk::cut;
use super::directory::{Directory, group_in};
use super::lines::Lines;
use super::today::request_line;
use super::which::candidate;
use crate::bulletin::Bulletin;
use crate::views;

/// Rows on one page of a ledger.
const PAGE_ROWS: usize = 50;
/// Quarters that can be chosen, this one and those before it.
const QUARTERS: usize = 8;

/// What the address of the coverage page says: a quarter such as `2026-3`, and a group of its figure.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: Option<String>,
    of: Option<String>,
}

/// Year and quarter of a day.
fn quarter_of(day: Day) -> (i16, u8) {
    dates::civil(day).map_or((1970, 1), |(year, month, _)| (year, month.div_ceil(3)))
}

fn quarter_in(text: &str) -> Option<(i16, u8)> {
    let (year, quarter) = text.split_once('-')?;
    let named = (year.parse().ok()?, quarter.parse().ok()?);
    Period::quarter(named.0, named.1).is_ok().then_some(named)
}

/// The last quarters, this one first.
fn quarters(today: Day) -> Vec<(i16, u8)> {
    let (mut year, mut quarter) = quarter_of(today);
    let mut all = Vec::with_capacity(QUARTERS);
    for _ in 0..QUARTERS {
        all.push((year, quarter));
        (year, quarter) = if quarter == 1 {
            (year - 1, 4)
        } else {
            (year, quarter - 1)
        };
    }
    all
}

/// The quarter of a day.
pub(super) fn this_quarter(today: Day) -> Option<Period> {
    let (year, quarter) = quarter_of(today);
    Period::quarter(year, quarter).ok()
}

pub(super) async fn show(State(web): State<Web>, visitor: Visitor, UrlQuery(asked): UrlQuery<Asked>) -> Response {
    let frame = visitor.frame(&web, Here::Ledgers, "/ledgers");
    let (w, today) = (visitor.words(), web.office.today());
    let page = web.look(move |web, bulletin, ledger, directory| {
        let named = asked.q.as_deref().map(quarter_in);
        let quarter = named.flatten().unwrap_or_else(|| quarter_of(today));
        let mut quarters = quarters(today);
        if !quarters.contains(&quarter) {
            quarters.push(quarter);
        }
        let mut page = CoveredPage {
            quarter,
            quarters,
            of: asked.of.filter(|of| group_of(of).is_some()),
            wrong: named == Some(None),
            cut: cut(w, ledger, bulletin.unit, View::Households),
            ..CoveredPage::default()
        };
        let Ok(period) = Period::quarter(quarter.0, quarter.1) else {
            return Ok(page);
        };
        let query = Query::as_of(today);
        let row = ledger.coverage(bulletin.unit, period, query);
        page.figures = CoveredFigures {
            households: row.households,
            met: row.met_at_home,
            contacted: row.contacted,
            knocked: row.knocked_only,
            unvisited: row.unvisited,
            off_books: row.visits_off_books,
        };
        let caught_up = web.office.books.reached().at_end;
        page.waiting = waiting(bulletin, ledger, caught_up, period)?.len() as u64;
        let rows = ledger.households(bulletin.unit, query);
        let covered = ledger.covered(bulletin.unit, period, query);
        let is_chosen = |one: &Covered| match page.of.as_deref().and_then(group_of) {
            None => one.reach != Some(Reach::MetAtHome),
            Some(None) => true,
            Some(Some(group)) => one.reach == group,
        };
        let chosen = covered.into_iter().filter(is_chosen);
        let mut lines: Vec<CoveredLine> = chosen.map(|one| line(&one, &rows, ledger, directory)).collect();
        lines.sort_by_key(|line| {
            (
                line.group == 0,
                line.group,
                doors(&line.household.address),
                line.household.household.clone(),
            )
        });
        page.lines = lines;
        Ok(page)
    });
    match page.await {
        Ok(page) => Html(covered_page(&frame, &page)).into_response(),
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

/// The group of a figure by its word in an address: outer `None` where there is no such word, then `None` for all of them.
fn group_of(word: &str) -> Option<Option<Option<Reach>>> {
    Some(match word {
        "all" => None,
        "met" => Some(Some(Reach::MetAtHome)),
        "contacted" => Some(Some(Reach::Contacted)),
        "knocked" => Some(Some(Reach::Knocked)),
        "unvisited" => Some(None),
        _ => return None,
    })
}

/// The numbers in an address, so that No. 9 stands before No. 10.
fn doors(address: &str) -> Vec<u64> {
    let digits: String = address
        .chars()
        .map(|c| if c.is_ascii_digit() { c } else { ' ' })
        .collect();
    digits
        .split_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect()
}

fn line(one: &Covered, rows: &[HouseholdRow], ledger: &Ledger, directory: &Directory) -> CoveredLine {
    let household = candidate(one.household, rows, directory).unwrap_or_else(|| Candidate {
        household: one.household.to_string(),
        ..Candidate::default()
    });
    let row = rows.iter().find(|row| row.household == one.household);
    let group = row.and_then(|row| row.group).filter(|group| *group > 0);
    let visit = one.best().map(|visit| {
        let place = ledger.place_of(visit.event);
        let proof = place.map(|(origin, sequence)| format!("/proof/{origin}/{sequence}"));
        (visit.day, visit.outcome.key().to_owned(), proof)
    });
    CoveredLine {
        group: group.or_else(|| group_in(&household.address)).unwrap_or(0),
        household,
        visit,
    }
}

/// Visits of a period that are not in the ledgers yet: the household of each, and whether somebody was met.
pub(super) fn waiting(
    bulletin: &Bulletin,
    ledger: &Ledger,
    caught_up: bool,
    period: Period,
) -> Result<Vec<(EntityId, bool)>, Problem> {
    let entries = views::uncounted(bulletin, ledger, caught_up)?;
    let visits = entries.iter().filter_map(|entry| {
        let event = Event::decode(entry.over().bytes).ok()?;
        let header = &event.header;
        if header.kind != Kind::VISIT_RECORDED || !period.contains(header.occurred.day()) {
            return None;
        }
        match Facts::decode(header.kind, header.schema, event.facts) {
            Ok(Some(Facts::VisitRecorded(visit))) => Some((header.subject.id, visit.outcome == event::Outcome::Met)),
            _ => None,
        }
    });
    Ok(visits.collect())
}

/// Households that are on the books and were not met in the quarter, neither counted nor in what waits: whoever was met
/// longest ago first, for they need it most.
pub(super) fn due(
    bulletin: &Bulletin,
    ledger: &Ledger,
    directory: &Directory,
    caught_up: bool,
    today: Day,
) -> Result<Vec<Candidate>, Problem> {
    let Some(period) = this_quarter(today) else {
        return Ok(Vec::new());
    };
    let query = Query::as_of(today);
    let rows = ledger.households(bulletin.unit, query);
    let status: BTreeMap<EntityId, &HouseholdRow> = rows.iter().map(|row| (row.household, row)).collect();
    let met_now = waiting(bulletin, ledger, caught_up, period)?;
    let is_due = |one: &Covered| {
        let is_open = status
            .get(&one.household)
            .is_some_and(|row| row.status == Some(ledger::Status::Open));
        let is_met = one.reach == Some(Reach::MetAtHome);
        is_open && !is_met && !met_now.contains(&(one.household, true))
    };
    let covered = ledger.covered(bulletin.unit, period, query);
    let mut due: Vec<Candidate> = covered
        .iter()
        .filter(|one| is_due(one))
        .filter_map(|one| {
            let row = status.get(&one.household)?;
            candidate(one.household, std::slice::from_ref(*row), directory)
        })
        .collect();
    due.sort_by_key(|one| (one.last_met, doors(&one.address), one.household.clone()));
    Ok(due)
}

/// Which page of a list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Paged {
    p: Option<u64>,
}

impl Paged {
    /// The page within what there is, and how many rows come before it.
    fn turn(&self, rows: usize) -> (Turned, usize) {
        let pages = rows.div_ceil(PAGE_ROWS).max(1) as u64;
        let page = self.p.unwrap_or(1).clamp(1, pages);
        let skip = usize::try_from(page - 1)
            .unwrap_or(usize::MAX)
            .saturating_mul(PAGE_ROWS);
        let rows = rows as u64;
        (Turned { page, pages, rows }, skip)
    }
}

pub(super) async fn requests(State(web): State<Web>, visitor: Visitor, UrlQuery(paged): UrlQuery<Paged>) -> Response {
    let frame = visitor.frame(&web, Here::Ledgers, "/ledgers/requests");
    let (w, today) = (visitor.words(), web.office.today());
    let page = web.look(move |_, bulletin, ledger, directory| {
        let mut rows = ledger.requests(bulletin.unit, Query::as_of(today));
        rows.sort_by_key(|row| std::cmp::Reverse((row.request.registered_on, row.request.request)));
        let (turned, skip) = paged.turn(rows.len());
        let rows = rows.iter().skip(skip).take(PAGE_ROWS);
        let lines: Vec<_> = rows.map(|row| request_line(row, directory)).collect();
        Ok((lines, turned, cut(w, ledger, bulletin.unit, View::Requests)))
    });
    match page.await {
        Ok((lines, turned, cut)) => Html(request_ledger(&frame, &lines, turned, &cut)).into_response(),
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

pub(super) async fn diary(State(web): State<Web>, visitor: Visitor, UrlQuery(paged): UrlQuery<Paged>) -> Response {
    let frame = visitor.frame(&web, Here::Ledgers, "/ledgers/diary");
    let (w, today) = (visitor.words(), web.office.today());
    let page = web.look(move |web, bulletin, ledger, directory| {
        let lines = Lines::new(web, bulletin, ledger, directory, w)?;
        let mut rows = ledger.diary(bulletin.unit, Query::as_of(today));
        rows.sort_by_key(|row| (std::cmp::Reverse(row.entry.day), row.entry.cadre));
        let (turned, skip) = paged.turn(rows.len());
        let rows = rows.iter().skip(skip).take(PAGE_ROWS);
        let rows = rows.map(|row| DiaryLine {
            day: row.entry.day,
            cadre: lines.name(row.entry.cadre),
            lag_days: row.lag_days,
            proof: format!("/proof/{}/{}", row.entry.origin, row.entry.sequence.get()),
        });
        Ok((
            rows.collect::<Vec<_>>(),
            turned,
            cut(w, ledger, bulletin.unit, View::Diary),
        ))
    });
    match page.await {
        Ok((lines, turned, cut)) => Html(diary_ledger(&frame, &lines, turned, &cut)).into_response(),
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_go_back_over_the_turn_of_the_year() {
        let today = "2026-02-03".parse().unwrap();
        assert_eq!(quarters(today)[..3], [(2026, 1), (2025, 4), (2025, 3)]);
        assert_eq!(quarters(today).len(), QUARTERS);
        assert_eq!(quarter_in("2026-3"), Some((2026, 3)));
        for text in ["2026-5", "0-1", "x", "2026", "-", "99999-1"] {
            assert_eq!(quarter_in(text), None, "{text}");
        }
    }

    #[test]
    fn a_page_lies_within_the_list() {
        let turn = |p, rows| {
            let (turned, skip) = Paged { p }.turn(rows);
            (turned.page, turned.pages, skip)
        };
        assert_eq!(turn(None, 0), (1, 1, 0));
        assert_eq!(turn(Some(2), 50), (1, 1, 0));
        assert_eq!(turn(Some(2), 51), (2, 2, 50));
        assert_eq!(turn(Some(u64::MAX), 151), (4, 4, 150));
        assert_eq!(turn(Some(0), 151), (1, 4, 0));
        assert!(doors("三组14号") < doors("三组102号"));
    }
}
