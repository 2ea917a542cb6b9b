//! Which entries speak of which entity, and which entities speak of one another: found in one pass over a mirror.

use std::collections::{BTreeMap, BTreeSet};

use event::{EntityId, Event, EventId, Facts, Kind, Subject, SubjectKind};
use ledger::{EntityKey, Names};

use crate::Standing;

/// An index of entries by what they are about. Entries whose header cannot be read are about nothing and are not here.
#[derive(Clone, Debug, Default)]
pub struct History {
    by_subject: BTreeMap<EntityKey, Vec<Standing>>,
    /// Entries of other subjects that name this one.
    naming: BTreeMap<EntityKey, Vec<Standing>>,
    /// Households that merged or split with one another, both ways.
    households: BTreeMap<EntityId, BTreeSet<EntityId>>,
    /// Requests by the household that is said to have raised them.
    requests: BTreeMap<EntityId, BTreeSet<EntityId>>,
    wanted: BTreeSet<EventId>,
    found: Vec<Standing>,
}

impl History {
    /// An index of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An index that also notes where these events stand: those of a lead.
    #[must_use]
    pub fn looking_for(events: impl IntoIterator<Item = EventId>) -> Self {
        Self {
            wanted: events.into_iter().collect(),
            ..Self::default()
        }
    }

    /// The entries of the events that it was looking for, copies included.
    #[must_use]
    pub fn found(&self) -> &[Standing] {
        &self.found
    }

    /// Takes in one entry. Order and repeats do not matter.
    pub fn add(&mut self, standing: &Standing, bytes: &[u8]) {
        let Ok(event) = Event::decode(bytes) else { return };
        let subject = event.header.subject;
        self.by_subject.entry(subject).or_default().push(*standing);
        if self.wanted.contains(&event.header.id) {
            self.found.push(*standing);
        }
        // Only these kinds name another entity by which its rows are joined.
        let names = [Kind::HOUSEHOLD_CHANGED, Kind::REQUEST_RAISED, Kind::RECORD_CORRECTED];
        if !names.contains(&event.header.kind) {
            return;
        }
        if let Ok(Some(facts)) = Facts::decode(event.header.kind, event.header.schema, event.facts) {
            self.link(subject, &facts, standing);
        }
    }

    /// Takes in one entry that was read before: what it is about, and what it names beside that.
    pub(crate) fn place(&mut self, subject: EntityKey, names: Option<Names>, standing: &Standing) {
        self.by_subject.entry(subject).or_default().push(*standing);
        match names {
            None => {}
            Some(Names::Joined(other)) => self.join(subject.id, other, standing),
            Some(Names::RaisedBy(household)) => {
                self.requests.entry(household).or_default().insert(subject.id);
            }
        }
    }

    fn join(&mut self, household: EntityId, other: EntityId, standing: &Standing) {
        self.households.entry(household).or_default().insert(other);
        self.households.entry(other).or_default().insert(household);
        self.naming
            .entry(Subject::household(other))
            .or_default()
            .push(*standing);
    }

    fn link(&mut self, subject: EntityKey, facts: &Facts, standing: &Standing) {
        match facts {
            Facts::HouseholdChanged(changed) => {
                if let Some(into) = changed.into.filter(|into| *into != subject.id) {
                    self.join(subject.id, into, standing);
                }
            }
            Facts::RequestRaised(raised) => {
                if let Some(household) = raised.household {
                    self.requests.entry(household).or_default().insert(subject.id);
                }
            }
            Facts::RecordCorrected(correction) => {
                if let Some(replacement) = &correction.replacement {
                    self.link(subject, &replacement.0, standing);
                }
            }
            _ => {}
        }
    }

    /// Entries about an entity, by log and sequence, each once under its first receipt.
    #[must_use]
    pub fn of(&self, subject: EntityKey) -> Vec<Standing> {
        first_receipts(self.by_subject.get(&subject).cloned().unwrap_or_default())
    }

    /// Entries about other entities that name this one: merges into it, splits from another.
    #[must_use]
    pub fn naming(&self, subject: EntityKey) -> Vec<Standing> {
        first_receipts(self.naming.get(&subject).cloned().unwrap_or_default())
    }

    /// Everything that is known of, by sort and identifier.
    pub fn subjects(&self) -> impl Iterator<Item = EntityKey> {
        self.by_subject.keys().copied()
    }

    /// Households that an entry joins to this one by a merge or split, nearest ones only.
    pub fn joined_households(&self, household: EntityId) -> impl Iterator<Item = EntityId> {
        self.households.get(&household).into_iter().flatten().copied()
    }

    /// Requests that are said to be of a household.
    pub fn requests_of(&self, household: EntityId) -> impl Iterator<Item = EntityId> {
        self.requests.get(&household).into_iter().flatten().copied()
    }

    /// A household with everything that its row may depend on: households that merged or split with it, however many
    /// steps away, and the requests of them all.
    #[must_use]
    pub fn around_household(&self, household: EntityId) -> BTreeSet<EntityKey> {
        let (mut found, mut next) = (BTreeSet::from([household]), vec![household]);
        while let Some(at) = next.pop() {
            next.extend(self.joined_households(at).filter(|other| found.insert(*other)));
        }
        let requests = found.iter().flat_map(|household| self.requests_of(*household));
        let requests: Vec<EntityKey> = requests.map(Subject::request).collect();
        found.into_iter().map(Subject::household).chain(requests).collect()
    }

    /// Households that entries speak of.
    pub fn households(&self) -> impl Iterator<Item = EntityId> {
        let households = self.subjects().filter(|subject| subject.kind == SubjectKind::Household);
        households.map(|subject| subject.id)
    }
}

/// One (origin, sequence) may be receipted twice, after a restore of the hub: the smaller position counts.
fn first_receipts(mut standings: Vec<Standing>) -> Vec<Standing> {
    standings.sort_unstable_by_key(|one| (one.origin, one.sequence, one.receipt));
    standings.dedup_by_key(|one| (one.origin, one.sequence));
    standings
}
