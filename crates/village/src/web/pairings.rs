//! Who is paired with whom, from the log and the personal parts that are kept on this machine.

use std::collections::BTreeMap;

use event::{EntityId, Event, EventId, Facts, Kind, PersonId, Personal};

/// One pairing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pairing {
    pub(super) cadre: PersonId,
    pub(super) household: Option<EntityId>,
    /// The contact's name; empty where it is not here.
    pub(super) contact: String,
    established: EventId,
    ended: Option<EventId>,
}

impl Pairing {
    /// Whether it stands, by what was recorded last.
    pub(super) fn is_active(&self) -> bool {
        self.ended < Some(self.established)
    }
}

/// The pairings.
#[derive(Debug, Default)]
pub(super) struct Pairings {
    known: BTreeMap<EntityId, Pairing>,
    /// Ends that came before their beginnings.
    ended: BTreeMap<EntityId, EventId>,
}

impl Pairings {
    /// Takes an entry in, whatever the order in which entries come.
    pub(super) fn take(&mut self, event: &Event<'_>, personal: Option<&[u8]>) {
        let header = &event.header;
        if header.kind != Kind::PAIRING_ESTABLISHED && header.kind != Kind::PAIRING_ENDED {
            return;
        }
        let (id, at) = (header.subject.id, header.id);
        match Facts::decode(header.kind, header.schema, event.facts) {
            Ok(Some(Facts::PairingEstablished(facts))) => {
                let content = personal.and_then(|blob| Personal::open(blob).ok()).unwrap_or_default();
                if self.known.get(&id).is_some_and(|known| known.established >= at) {
                    return;
                }
                let pairing = Pairing {
                    cadre: facts.cadre,
                    household: facts.household,
                    contact: content.contact.unwrap_or_default(),
                    established: at,
                    ended: self.ended.get(&id).copied(),
                };
                self.known.insert(id, pairing);
            }
            Ok(Some(Facts::PairingEnded(_))) => {
                let last = self.ended.entry(id).or_insert(at);
                *last = (*last).max(at);
                if let Some(known) = self.known.get_mut(&id) {
                    known.ended = Some(*last);
                }
            }
            _ => {}
        }
    }

    /// A pairing.
    pub(super) fn get(&self, id: EntityId) -> Option<&Pairing> {
        self.known.get(&id)
    }

    /// Every pairing of a household, also those that have ended.
    pub(super) fn of(&self, household: EntityId) -> impl Iterator<Item = EntityId> {
        let all = self.known.iter();
        let own = all.filter(move |(_, pairing)| pairing.household == Some(household));
        own.map(|(id, _)| *id)
    }

    /// The pairings that stand, by identity.
    pub(super) fn active(&self) -> impl Iterator<Item = (EntityId, &Pairing)> {
        let all = self.known.iter().map(|(id, pairing)| (*id, pairing));
        all.filter(|(_, pairing)| pairing.is_active())
    }
}
