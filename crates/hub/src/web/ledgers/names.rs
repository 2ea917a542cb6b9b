//! What units and people are called, as far as the township knows.

use std::collections::BTreeMap;

use event::{PersonId, UnitCode};
use screen::Place;

use super::Web;

/// The names of one page.
pub(super) struct Names {
    /// Units, by code; those without a machine that has a name are not here.
    pub(super) units: BTreeMap<UnitCode, String>,
    people: BTreeMap<PersonId, String>,
}

impl Names {
    pub(super) fn of(web: &Web) -> Self {
        let desk = web.office.desks.get();
        let registry = desk.registry();
        let mut units = BTreeMap::from([(registry.unit, registry.name.clone())]);
        for (_, party) in registry.parties().filter(|(_, party)| party.audience.is_none()) {
            if let Some(unit) = party.unit.filter(|_| !party.name.is_empty()) {
                units.entry(unit).or_insert_with(|| party.name.clone());
            }
        }
        let people = web.office.accounts.ask(|accounts| {
            let people = accounts
                .all()
                .iter()
                .map(|account| (account.person, account.name.clone()));
            people.collect()
        });
        Self {
            units,
            // Without the accounts nobody is signed in; the page says so elsewhere.
            people: people.unwrap_or_default(),
        }
    }

    /// A unit with its name.
    pub(super) fn place(&self, unit: UnitCode) -> Place {
        Place {
            name: self.units.get(&unit).cloned().unwrap_or_default(),
            code: unit.to_string(),
        }
    }

    /// The units that have written, by code.
    pub(super) fn villages(&self, web: &Web) -> Vec<Place> {
        let units: Vec<UnitCode> = web.office.views.with_ledger(|ledger| ledger.units().collect());
        units.into_iter().map(|unit| self.place(unit)).collect()
    }

    /// A person; of who has no account here the end of their identity.
    pub(super) fn person(&self, person: PersonId) -> String {
        let short = || crate::answers::short_id(&person.to_string());
        self.people.get(&person).cloned().unwrap_or_else(short)
    }
}
