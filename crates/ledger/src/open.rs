//! What is open now: the requests that wait for somebody, kept beside the rows so that a township's board need not walk
//! over every request that there ever was.

use std::collections::BTreeMap;

use event::{EventId, PersonId, UnitCode};

use crate::fold::Folded;
use crate::kept::Content;
use crate::log::Log;
use crate::names::NOBODY;
use crate::request::{Request, State};
use crate::touches::EntityKey;
use crate::{Author, Effect, Ledger};

impl Folded {
    /// Whether this is a request that is not closed.
    pub(crate) fn is_open_request(&self) -> bool {
        matches!(self, Self::Request(Some(row)) if row.state != State::Closed)
    }
}

impl Ledger {
    /// Every request that is not closed, of every unit, as of the last settling; in no particular order.
    ///
    /// The work is in the number of open requests, whatever was closed before.
    pub fn open_requests(&self) -> impl Iterator<Item = &Request> {
        let folded = self.open.iter().map(|entity| &self.entities[*entity as usize].folded);
        folded.filter_map(|folded| match folded {
            Folded::Request(row) => row.as_deref(),
            _ => None,
        })
    }

    /// The last step of an entity's story that counts: with the row it names the moment from which somebody decided.
    #[must_use]
    pub fn last_counted(&self, key: EntityKey) -> Option<EventId> {
        let entity = self.names.entities.find(key)?;
        let history = self.history(entity);
        let last = history.iter().rev().find(|kept| kept.effect == Effect::Counted);
        last.map(|kept| kept.id)
    }

    /// People who recorded or acted in the village's own entries of a unit, each with their last such entry; by identity.
    #[must_use]
    pub fn people_of(&self, unit: UnitCode) -> BTreeMap<PersonId, EventId> {
        let mut people: BTreeMap<u32, EventId> = BTreeMap::new();
        for origin in self.origins_of.get(&unit).into_iter().flatten() {
            for slot in self.logs.get(*origin as usize).into_iter().flat_map(Log::slots) {
                let kept = &self.arena[slot as usize];
                let counts = kept.unit == unit && kept.author == Author::Village && kept.content != Content::Unreadable;
                if !counts {
                    continue;
                }
                for person in kept.people().filter(|person| *person != NOBODY) {
                    let last = people.entry(person).or_insert(kept.id);
                    *last = kept.id.max(*last);
                }
            }
        }
        let named = people.into_iter();
        named
            .map(|(person, last)| (self.names.people.get(person), last))
            .collect()
    }
}
