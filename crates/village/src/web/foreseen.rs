//! What the ledgers would say if what waits here were received: pages of one thing show that, and say so. Figures never do.

use std::collections::BTreeMap;

use event::{Day, EntityId};
use ledger::{EntityKey, Household, Ledger, Pending, PendingRow, Query, RequestRow};
use link::Problem;

use super::Web;
use crate::bulletin::Bulletin;
use crate::views;

/// The rows that waiting entries would change.
pub(super) struct Foreseen(BTreeMap<EntityKey, PendingRow>);

impl Foreseen {
    pub(super) fn new(web: &Web, bulletin: &Bulletin, ledger: &Ledger) -> Result<Self, Problem> {
        let caught_up = web.office.books.reached().at_end;
        let entries = views::uncounted(bulletin, ledger, caught_up)?;
        let overlay: Vec<Pending<'_>> = entries.iter().map(views::PendingEntry::over).collect();
        Ok(Self(ledger.with_pending(&overlay).rows))
    }

    /// A request, and whether entries that wait would make it what it is.
    pub(super) fn request(&self, ledger: &Ledger, request: EntityId, today: Day) -> Option<(RequestRow, bool)> {
        match self.0.get(&EntityKey::request(request)) {
            Some(PendingRow::Request(row)) => {
                let row = row.as_ref()?;
                Some((RequestRow::new((**row).clone(), today), true))
            }
            _ => Some((ledger.request_row(request, Query::as_of(today))?, false)),
        }
    }

    /// A household that waiting entries would change, as its own history would tell it.
    pub(super) fn household(&self, household: EntityId) -> Option<&Household> {
        match self.0.get(&EntityKey::household(household))? {
            PendingRow::Household(row) => row.as_deref(),
            _ => None,
        }
    }

    /// Requests that waiting entries would change.
    pub(super) fn waiting(&self, today: Day) -> Vec<RequestRow> {
        let rows = self.0.values().filter_map(|row| match row {
            PendingRow::Request(row) => row.as_deref(),
            _ => None,
        });
        rows.map(|row| RequestRow::new(row.clone(), today)).collect()
    }

    /// Every request of the village as it would be.
    pub(super) fn requests(&self, bulletin: &Bulletin, ledger: &Ledger, today: Day) -> Vec<RequestRow> {
        let mut rows = ledger.requests(bulletin.unit, Query::as_of(today));
        rows.retain(|row| !self.0.contains_key(&EntityKey::request(row.request.request)));
        rows.extend(self.waiting(today));
        rows
    }
}
