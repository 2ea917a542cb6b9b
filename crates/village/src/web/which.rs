//! Which household a form is about: found by what was typed, or chosen before.

use std::collections::BTreeSet;

use event::{Day, EntityId, Event};
use ledger::{HouseholdRow, Ledger, Query, Status};
use link::Problem;
use pages::Fields;
use screen::office::{Candidate, Sheet, Which};
use screen::{Words, dates};

use super::Web;
use super::directory::{Directory, FOUND_MAX};
use super::reading::merged_on;
use crate::bulletin::Bulletin;
use crate::views;

/// Whether the household was asked for, and how: what is missing is an error only where something is to be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    /// The form is shown; nothing is searched.
    Not,
    /// It was searched for.
    Find,
    /// Something is to be saved.
    Save,
}

/// The choice that a form brings: what was found counts as long as the search is the same, and 换一户 drops it.
pub(super) fn chosen_in(fields: &Fields, asking: Asking) -> Option<&str> {
    let is_stale = asking == Asking::Find && fields.some("fq").is_some_and(|of| of != fields.get("q"));
    fields.some("h").filter(|_| fields.get("do") != "other" && !is_stale)
}

/// One household with what a form shows of it; `None` where nothing of it is here.
pub(super) fn candidate(id: EntityId, rows: &[HouseholdRow], directory: &Directory) -> Option<Candidate> {
    let row = rows.iter().find(|row| row.household == id);
    let person = directory.person(id);
    if row.is_none() && person.is_none() {
        return None;
    }
    Some(Candidate {
        household: id.to_string(),
        head: person.map(|person| person.head.clone()).unwrap_or_default(),
        address: person.map(|person| person.address.clone()).unwrap_or_default(),
        size: row.and_then(|row| row.size),
        last_met: row.and_then(|row| row.last_met_on),
    })
}

impl Web {
    /// Chooses the household, or lists what fits; what stands in the way is an error beside `hh`.
    pub(super) fn choose(
        &self,
        node: (&Bulletin, &Ledger, &Directory),
        which: &mut Which,
        sheet: &mut Sheet,
        chosen: Option<&str>,
        (asking, w): (Asking, Words),
    ) -> Result<(), Problem> {
        let (bulletin, ledger, directory) = node;
        let today = self.office.today();
        if let Some(id) = chosen.and_then(|id| id.parse::<EntityId>().ok()) {
            let rows = ledger.households(bulletin.unit, Query::as_of(today));
            which.chosen = candidate(id, &rows, directory);
            let row = rows.iter().find(|row| row.household == id);
            match (&which.chosen, row.and_then(|row| row.status)) {
                (None, _) => sheet.refuse("hh", w.visit_gone()),
                // What is recorded there would count for the other one all the same; here it is said whose it is.
                (Some(_), Some(Status::Merged(into))) => {
                    let day = dates::day(merged_on(ledger, id), today, w.lang());
                    let head = directory.person(into).map(|person| person.head.clone());
                    let head = head.map_or_else(|| w.household_nameless().to_owned(), |head| w.house_of(&head));
                    sheet.refuse("hh", w.merged_visit(&day, &head));
                }
                (Some(_), _) => {}
            }
            return Ok(());
        }
        if asking == Asking::Not {
            return Ok(());
        }
        let caught_up = self.office.books.reached().at_end;
        let mut found = candidates(bulletin, ledger, directory, caught_up, &which.query, today)?;
        let (query, count) = (which.query.trim(), found.len());
        match (count, query.is_empty()) {
            (1, _) => which.chosen = found.pop(),
            (0, true) => sheet.refuse("hh", w.visit_choose()),
            (0, false) => sheet.refuse("hh", w.found_none(query)),
            _ => {
                if asking == Asking::Save {
                    sheet.refuse("hh", w.found_several(query, count));
                }
                which.more = count > FOUND_MAX;
                found.truncate(FOUND_MAX);
                which.found = found;
            }
        }
        Ok(())
    }
}

/// Households on the books, the pending ones too, with what the form shows of them.
pub(super) fn candidates(
    bulletin: &Bulletin,
    ledger: &Ledger,
    directory: &Directory,
    caught_up: bool,
    query: &str,
    today: Day,
) -> Result<Vec<Candidate>, Problem> {
    let rows = ledger.households(bulletin.unit, Query::as_of(today));
    let pending = pending_households(bulletin, ledger, caught_up)?;
    let is_here = |id: EntityId| {
        let row = rows.binary_search_by_key(&id, |row| row.household).ok();
        row.map_or_else(
            || pending.contains(&id),
            |at| matches!(rows[at].status, Some(Status::Open) | None),
        )
    };
    let found = directory.find(query, is_here).into_iter().map(|(id, person)| {
        let row = rows
            .binary_search_by_key(&id, |row| row.household)
            .ok()
            .map(|at| &rows[at]);
        Candidate {
            household: id.to_string(),
            head: person.head.clone(),
            address: person.address.clone(),
            size: row.and_then(|row| row.size),
            last_met: row.and_then(|row| row.last_met_on),
        }
    });
    Ok(found.collect())
}

/// Households that were registered here and have no receipt yet.
fn pending_households(bulletin: &Bulletin, ledger: &Ledger, caught_up: bool) -> Result<BTreeSet<EntityId>, Problem> {
    let entries = views::uncounted(bulletin, ledger, caught_up)?;
    let subjects = entries.iter().filter_map(|entry| {
        let header = Event::decode(entry.over().bytes).ok()?.header;
        (header.kind == event::Kind::HOUSEHOLD_REGISTERED).then_some(header.subject.id)
    });
    Ok(subjects.collect())
}
