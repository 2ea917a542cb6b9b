//! `GET /village/{unit}`: one village, to look at before one calls.

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use event::{Kind, SubjectKind, UnitCode, When};
use ledger::{Exception, Ledger, Query, RequestRow};
use link::{Problem, ProblemKind};
use pages::{Visitor, blocking};
use screen::office::{Effect, Here};
use screen::township::{OpenLine, UncountedLine, Village, village};

use super::Web;
use super::villages::cut;
use crate::Registry;
use crate::villages::{signed, town};

/// Most entries that are listed as not counted; the number of all of them stands beside it.
const UNCOUNTED_MAX: usize = 20;

pub(super) async fn show(State(web): State<Web>, visitor: Visitor, Path(unit): Path<String>) -> Response {
    // What somebody wrote into the address goes nowhere but through the parser.
    let unit = unit.parse::<UnitCode>().ok();
    let back = unit.map_or_else(|| "/".to_owned(), |unit| format!("/village/{unit}"));
    let frame = visitor.frame(&web, Here::Villages, &back);
    let w = visitor.words();
    let (office, now_ms) = (web.office.clone(), super::now_ms(&web));
    let page = blocking(move || {
        let unit = unit?;
        let desk = office.desks.get();
        let town = town(&office, &desk, now_ms);
        let known = town.villages.into_iter().find(|known| known.unit == unit)?;
        let (position, digest) = cut(&town.figures, w);
        let coverage = known.coverage;
        let mut page = Village {
            line: known.line,
            machines: known.machines.into_iter().map(|(_, line)| line).collect(),
            contacted: coverage.as_ref().map_or(0, |row| row.contacted),
            knocked: coverage.as_ref().map_or(0, |row| row.knocked_only),
            unvisited: coverage.as_ref().map_or(0, |row| row.unvisited),
            off_books: coverage.as_ref().map_or(0, |row| row.visits_off_books),
            quarter: town.figures.quarter.map_or(0, |(quarter, _)| quarter),
            cut: w.cut(&position, town.figures.cut.rule_version) + &w.with_digest(&digest),
            ..Village::default()
        };
        let registry = desk.registry();
        let query = Query::as_of(town.figures.today);
        office.views.with_ledger(|ledger| {
            (page.uncounted, page.uncounted_in_all) = uncounted(ledger, unit);
            page.open = open(ledger.requests(unit, query), &registry);
        });
        Some(page)
    });
    match page.await {
        Ok(Some(page)) => Html(village(&frame, &page)).into_response(),
        Ok(None) => {
            let problem = Problem::new(ProblemKind::NotFound, w.village_unknown());
            visitor.trouble(&web, &problem)
        }
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

/// The entries that do not count, newest first, and how many there are.
fn uncounted(ledger: &Ledger, unit: UnitCode) -> (Vec<UncountedLine>, u64) {
    let mut all = ledger.exceptions(unit);
    let count = all.len() as u64;
    all.sort_by_key(|one| std::cmp::Reverse((one.position, one.sequence)));
    let line = |one: &Exception| UncountedLine {
        kind: one.kind.map(|kind| Kind(kind).to_string()).unwrap_or_default(),
        position: one.position.0,
        received_ms: signed(one.received_at_ms),
        effect: Effect {
            word: one.effect.key().to_owned(),
            reason: one.effect.reason().map(str::to_owned),
            ..Effect::default()
        },
        address: one
            .subject
            .filter(|subject| subject.kind == SubjectKind::Request)
            .map(|subject| format!("/request/{}", subject.id)),
    };
    (all.iter().take(UNCOUNTED_MAX).map(line).collect(), count)
}

/// Open requests, the first due one first; those without a due day last, the oldest first.
fn open(rows: Vec<RequestRow>, registry: &Registry) -> Vec<OpenLine> {
    let mut rows: Vec<RequestRow> = rows.into_iter().filter(|row| row.open_days.is_some()).collect();
    rows.sort_by_key(|row| {
        let due = row.request.due.map(When::day);
        (due.is_none(), due, row.request.registered_on)
    });
    let lines = rows.into_iter().map(|row| OpenLine {
        address: Some(format!("/request/{}", row.request.request)),
        kind: row.request.kind.key().to_owned(),
        state: row.request.state.key().to_owned(),
        due: row.request.due.map(When::day),
        overdue_days: row.overdue_days,
        round: row.request.round,
        open_days: row.open_days.unwrap_or_default(),
        handled_by: row.request.handling_unit.map_or_else(String::new, |unit| {
            let name = registry.name_of(unit);
            if name.is_empty() {
                unit.to_string()
            } else {
                name.to_owned()
            }
        }),
    });
    lines.collect()
}
