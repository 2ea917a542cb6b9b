//! What the journal has said so far: who is enrolled, who writes for whom, how far every log is receipted.
//!
//! A pure fold over the journal's records, rebuilt at every start.

use std::collections::BTreeMap;

use event::{JournalId, Origin, Position, UnitCode};
use proof::PublicKey;
use sync::message::Frozen;
use sync::record::{Audience, JournalRecord, Role, Scope};

use crate::Refusal;

/// What is known of one origin.
#[derive(Clone, Debug)]
pub struct Party {
    /// Its key.
    pub key: PublicKey,
    /// Its unit; `None` for a hub origin that is not one village's.
    pub unit: Option<UnitCode>,
    /// What it may do; `None` for the hub's own origins.
    pub role: Option<Role>,
    /// For a hub origin, who reads it.
    pub audience: Option<Audience>,
    /// Name, for people.
    pub name: String,
    /// The origin before it, of the same machine.
    pub predecessor: Option<Origin>,
    /// The origins that went on for it; more than one is an alarm.
    pub successors: Vec<Origin>,
    /// Size at which a successor took over.
    pub closed_at: Option<u64>,
    /// Whether its key counts no more.
    pub revoked: bool,
    /// Receipted sizes, ascending, each with its record's position in the journal `receipts_in`.
    pub receipts: Vec<(u64, JournalId, Position)>,
    /// When the journal first spoke of it, in milliseconds.
    pub since_ms: u64,
    /// When it was taken out of use or another one took over, in milliseconds.
    pub ended_ms: Option<u64>,
    /// When its last receipt was given, in milliseconds.
    pub received_ms: Option<u64>,
}

/// The newest receipt of a village.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastReceipt {
    /// The log.
    pub origin: Origin,
    /// Entries that it covers.
    pub entries: u64,
    /// Its place, counted over all journals.
    pub position: Position,
    /// When, in milliseconds.
    pub at_ms: u64,
}

/// A fork that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The log.
    pub origin: Origin,
    /// The checkpoint that was shown.
    pub shown_note: String,
    /// When, in milliseconds.
    pub at_ms: u64,
}

/// What a push is checked against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pusher {
    pub(crate) key: PublicKey,
    pub(crate) unit: Option<UnitCode>,
    pub(crate) closed_at: Option<u64>,
}

/// Everything that the journal has said.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// The current journal.
    pub journal: JournalId,
    /// Township.
    pub unit: UnitCode,
    /// Its name.
    pub name: String,
    /// Journals before the current one, oldest first.
    pub frozen: Vec<Frozen>,
    parties: BTreeMap<Origin, Party>,
    /// Forks that were recorded.
    pub forks: Vec<Fork>,
    /// The newest receipt of a village.
    pub last_receipt: Option<LastReceipt>,
    /// Time of the last record, in milliseconds.
    pub last_ms: u64,
}

impl Registry {
    /// Takes in the record at `position` of `journal`.
    pub fn apply(&mut self, journal: JournalId, position: Position, record: &JournalRecord) {
        self.last_ms = self.last_ms.max(record.at_ms());
        match record {
            JournalRecord::Opened {
                journal,
                unit,
                name,
                previous,
                ..
            } => {
                self.journal = *journal;
                self.unit = *unit;
                self.name.clone_from(name);
                if let Some(previous) = previous {
                    self.frozen.push(Frozen {
                        journal: previous.journal,
                        size: previous.size,
                        root: previous.root,
                    });
                }
            }
            JournalRecord::Enrolled {
                origin,
                key,
                unit,
                role,
                name,
                ..
            } => {
                let party = self
                    .parties
                    .entry(*origin)
                    .or_insert_with(|| Party::new(PublicKey(**key), record.at_ms()));
                party.unit = Some(*unit);
                party.role = Some(*role);
                party.name.clone_from(name);
            }
            JournalRecord::HubOrigin { origin, key, name, .. } => {
                let party = self
                    .parties
                    .entry(*origin)
                    .or_insert_with(|| Party::new(PublicKey(**key), record.at_ms()));
                party.audience = Some(name.audience);
                party.unit = name.audience.unit();
            }
            JournalRecord::Receipt {
                origin,
                first,
                size,
                received_at_ms: at_ms,
                ..
            } => {
                let before: u64 = self.frozen.iter().map(|frozen| frozen.size.0).sum();
                if let Some(party) = self.parties.get_mut(origin) {
                    party.receipts.push((*size, journal, position));
                    party.received_ms = Some(*at_ms);
                    if party.role == Some(Role::Village) {
                        self.last_receipt = Some(LastReceipt {
                            origin: *origin,
                            entries: (*size + 1).saturating_sub(first.get()),
                            position: Position(before + position.0),
                            at_ms: *at_ms,
                        });
                    }
                }
            }
            JournalRecord::Successor {
                old,
                new,
                key,
                unit,
                size,
                ..
            } => {
                let (role, name) = match self.parties.get_mut(old) {
                    Some(party) => {
                        party.successors.push(*new);
                        party.closed_at.get_or_insert(*size);
                        party.ended_ms.get_or_insert(record.at_ms());
                        (party.role, party.name.clone())
                    }
                    None => (Some(Role::Village), String::new()),
                };
                let party = self
                    .parties
                    .entry(*new)
                    .or_insert_with(|| Party::new(PublicKey(**key), record.at_ms()));
                (party.unit, party.role, party.name, party.predecessor) = (Some(*unit), role, name, Some(*old));
            }
            JournalRecord::Fork {
                origin,
                shown_note,
                at_ms,
                ..
            } => self.forks.push(Fork {
                origin: *origin,
                shown_note: shown_note.clone(),
                at_ms: *at_ms,
            }),
            JournalRecord::Revoked { origin, .. } => {
                if let Some(party) = self.parties.get_mut(origin) {
                    party.revoked = true;
                    party.ended_ms.get_or_insert(record.at_ms());
                }
            }
        }
    }

    /// What is known of an origin.
    #[must_use]
    pub fn party(&self, origin: Origin) -> Option<&Party> {
        self.parties.get(&origin)
    }

    /// What a unit is called: as its first machine that was given a name, by origin. Auditors go by the same rule.
    #[must_use]
    pub fn name_of(&self, unit: UnitCode) -> &str {
        let named = |party: &&Party| party.unit == Some(unit) && !party.name.is_empty();
        match self.parties.values().find(named) {
            Some(party) => &party.name,
            None if self.unit == unit => &self.name,
            None => "",
        }
    }

    /// Every origin, in ascending order.
    pub fn parties(&self) -> impl Iterator<Item = (Origin, &Party)> {
        self.parties.iter().map(|(origin, party)| (*origin, party))
    }

    /// Records of all journals before this one.
    pub(crate) fn base(&self, journal: JournalId) -> u64 {
        let before = self.frozen.iter().take_while(|frozen| frozen.journal != journal);
        before.map(|frozen| frozen.size.0).sum()
    }

    /// Position, counted over all journals, of the last receipt of an entry that was written by or for this village; of any
    /// entry where none is named.
    #[must_use]
    pub fn newest_of(&self, unit: Option<UnitCode>) -> Option<Position> {
        let of_unit = |party: &&Party| unit.is_none() || party.unit == unit;
        let last = self
            .parties
            .values()
            .filter(of_unit)
            .filter_map(|party| party.receipts.last());
        last.map(|(_, journal, position)| Position(self.base(*journal) + position.0))
            .max()
    }

    /// Whether the machine behind `peer` also writes, or wrote, `origin`.
    #[must_use]
    pub fn same_machine(&self, peer: Origin, origin: Origin) -> bool {
        peer == origin || self.descends(origin, peer) || self.descends(peer, origin)
    }

    fn descends(&self, from: Origin, ancestor: Origin) -> bool {
        let mut at = self.party(from);
        // A chain of successors is as long as the machine was restored often; a ring cannot arise, as a new key is new.
        while let Some(before) = at.and_then(|party| party.predecessor) {
            if before == ancestor {
                return true;
            }
            at = self.party(before);
        }
        false
    }

    /// What to know of `origin`, if `peer` may push to its log.
    ///
    /// # Errors
    /// [`Refusal::NotEnrolled`], [`Refusal::Revoked`], [`Refusal::Forbidden`].
    pub(crate) fn may_push(&self, peer: Origin, origin: Origin) -> Result<Pusher, Refusal> {
        let sender = self.party(peer).ok_or(Refusal::NotEnrolled)?;
        if sender.revoked {
            return Err(Refusal::Revoked);
        }
        let party = self
            .party(origin)
            .ok_or(Refusal::Forbidden("this origin is not enrolled"))?;
        if party.revoked {
            return Err(Refusal::Revoked);
        }
        if party.role == Some(Role::Auditor) {
            return Err(Refusal::Forbidden("an auditor only reads"));
        }
        // After a restore others give back what the hub has lost; the origin's own signature proves it.
        if self.same_machine(peer, origin) || !self.frozen.is_empty() {
            Ok(Pusher {
                key: party.key,
                unit: party.unit,
                closed_at: party.closed_at,
            })
        } else {
            Err(Refusal::Forbidden("a machine speaks for its own origins only"))
        }
    }

    /// Who may see a record.
    #[must_use]
    pub fn scope(&self, record: &JournalRecord) -> Scope {
        match record {
            JournalRecord::Receipt { origin, unit: None, .. } => self
                .party(*origin)
                .and_then(|party| party.audience)
                .map_or(Scope::Internal, |audience| audience.scope()),
            other => other.scope(),
        }
    }
}

impl Party {
    const fn new(key: PublicKey, since_ms: u64) -> Self {
        Self {
            key,
            unit: None,
            role: None,
            audience: None,
            name: String::new(),
            predecessor: None,
            successors: Vec::new(),
            closed_at: None,
            revoked: false,
            receipts: Vec::new(),
            since_ms,
            ended_ms: None,
            received_ms: None,
        }
    }

    /// Whether it is a village's machine that may still write.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        self.role == Some(Role::Village) && !self.revoked && self.closed_at.is_none()
    }

    /// The receipt that covers the entry with this sequence.
    #[must_use]
    pub fn receipt_for(&self, sequence: u64) -> Option<(JournalId, Position)> {
        let at = self.receipts.partition_point(|(size, ..)| *size < sequence);
        self.receipts
            .get(at)
            .map(|(_, journal, position)| (*journal, *position))
    }
}
