//! What the mirrored journal says of the logs: whose they are, how far each is receipted, and by which record.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use event::{JournalId, Origin, Position, Sequence, UnitCode};
use event_log::{LogId, LogRead};
use follower::{Mirror, split};
use proof::PublicKey;
use sync::record::{Audience, JournalRecord};

use crate::{AuditError, Knowledge};

/// One log that the journal speaks of.
#[derive(Clone, Debug)]
pub struct Log {
    /// Its key.
    pub key: PublicKey,
    /// Where the mirror keeps its entries.
    pub id: LogId,
    /// The village; for a hub origin the village that reads it.
    pub unit: Option<UnitCode>,
    /// Name, for people; empty for the hub's own.
    pub name: String,
    /// Who reads it, if the hub writes it.
    pub audience: Option<Audience>,
    /// Receipts, in the order of the journals.
    pub receipts: Vec<Covering>,
}

/// A receipt that covers entries.
#[derive(Clone, Debug)]
pub struct Covering {
    /// Its journal.
    pub journal: JournalId,
    /// Its position there.
    pub position: Position,
    /// Its position counted over all journals, as figures count it.
    pub global: Position,
    /// First entry that it covers.
    pub first: Sequence,
    /// Last entry that it covers.
    pub size: u64,
    /// The signed checkpoint.
    pub note: String,
    /// When the hub received the entries, in milliseconds.
    pub received_at_ms: u64,
}

/// Everything that the journal says of logs.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// The logs, by origin.
    pub logs: BTreeMap<Origin, Log>,
    /// The township.
    pub township: Option<UnitCode>,
    /// Its name.
    pub name: String,
    /// Villages whose entries the mirror holds; empty: every one's.
    pub held: Vec<UnitCode>,
    /// Time of the last record, in milliseconds.
    pub last_ms: u64,
    /// Records, over all journals, known or not.
    pub records: u64,
    /// The last record that is known, counted over all journals: the cut of every figure.
    pub cut: Option<Position>,
}

impl Book {
    /// Reads it from a mirror.
    ///
    /// # Errors
    /// [`AuditError::Store`] where the mirror is damaged.
    pub fn read(store: &dyn LogRead, mirror: &Mirror) -> Result<Self, AuditError> {
        Self::known(store, mirror, Knowledge::Everything)
    }

    /// Reads as much of it as was known.
    ///
    /// # Errors
    /// [`AuditError::Store`] where the mirror is damaged.
    pub fn known(store: &dyn LogRead, mirror: &Mirror, knowledge: Knowledge) -> Result<Self, AuditError> {
        let mut book = Self {
            held: mirror.units().to_vec(),
            ..Self::default()
        };
        let (mut base, mut at_ms) = (0, 0);
        for (journal, log, frozen) in mirror.journals() {
            let mut end = 0;
            store.scan(log, Sequence::FIRST, &mut |_, entry, _| {
                if let Some((position, bytes)) = split(entry) {
                    end = position.0 + 1;
                    // Behind the frozen end nothing counts.
                    if frozen.is_none_or(|frozen| position < frozen) {
                        let global = Position(base + position.0);
                        let record = JournalRecord::decode(bytes).ok();
                        // A record of a later version is as old as the one before it.
                        at_ms = record.as_ref().map_or(at_ms, JournalRecord::at_ms);
                        if knowledge.covers(global, at_ms) {
                            book.cut = book.cut.max(Some(global));
                            if let Some(record) = record {
                                book.learn(mirror, journal, position, global, record);
                            }
                        }
                    }
                }
                ControlFlow::Continue(())
            })?;
            base += frozen.map_or(end, |frozen| frozen.0);
        }
        book.records = base;
        Ok(book)
    }

    fn learn(
        &mut self,
        mirror: &Mirror,
        journal: JournalId,
        position: Position,
        global: Position,
        record: JournalRecord,
    ) {
        self.last_ms = self.last_ms.max(record.at_ms());
        let mut log = |origin: Origin, key: [u8; 32], unit, name: String, audience| {
            self.logs.entry(origin).or_insert_with(|| Log {
                key: PublicKey(key),
                id: mirror.log_of(origin),
                unit,
                name,
                audience,
                receipts: Vec::new(),
            });
        };
        match record {
            JournalRecord::Opened { unit, name, .. } => (self.township, self.name) = (Some(unit), name),
            JournalRecord::Enrolled {
                origin,
                key,
                unit,
                name,
                ..
            } => log(origin, *key, Some(unit), name, None),
            JournalRecord::HubOrigin { origin, key, name, .. } => {
                let unit = name.audience.unit();
                log(origin, *key, unit, String::new(), Some(name.audience));
            }
            JournalRecord::Successor {
                old, new, key, unit, ..
            } => {
                let name = self.logs.get(&old).map(|log| log.name.clone()).unwrap_or_default();
                self.logs.entry(new).or_insert_with(|| Log {
                    key: PublicKey(*key),
                    id: mirror.log_of(new),
                    unit: Some(unit),
                    name,
                    audience: None,
                    receipts: Vec::new(),
                });
            }
            JournalRecord::Receipt {
                origin,
                first,
                size,
                note,
                received_at_ms,
                ..
            } => {
                if let Some(log) = self.logs.get_mut(&origin) {
                    log.receipts.push(Covering {
                        journal,
                        position,
                        global,
                        first,
                        size,
                        note,
                        received_at_ms,
                    });
                }
            }
            JournalRecord::Fork { .. } | JournalRecord::Revoked { .. } => {}
        }
    }

    /// Whether the mirror holds what concerns a unit.
    #[must_use]
    pub fn holds(&self, unit: UnitCode) -> bool {
        self.held.is_empty() || self.held.contains(&unit)
    }

    /// Refuses what cannot be answered out of some villages alone.
    ///
    /// # Errors
    /// [`AuditError::Partial`] if the mirror is limited to some.
    pub fn whole(&self) -> Result<(), AuditError> {
        AuditError::unless_whole(&self.held)
    }

    /// The name of a unit, as the township gave it to a machine there; empty if it has none.
    #[must_use]
    pub fn name_of(&self, unit: UnitCode) -> &str {
        let named = |log: &&Log| log.unit == Some(unit) && !log.name.is_empty();
        match self.logs.values().find(named) {
            Some(log) => &log.name,
            None if self.township == Some(unit) => &self.name,
            None => "",
        }
    }

    /// Position, counted over all journals, of the last receipt that a unit's villages see: the cut of its figures.
    #[must_use]
    pub fn scope_position(&self, unit: UnitCode) -> Option<Position> {
        let seen = |log: &&Log| log.unit == Some(unit) || log.audience == Some(Audience::All);
        let receipts = self.logs.values().filter(seen).flat_map(|log| &log.receipts);
        receipts.map(|receipt| receipt.global).max()
    }

    /// The first receipt that covers an entry.
    #[must_use]
    pub fn receipt_of(&self, origin: Origin, sequence: Sequence) -> Option<&Covering> {
        let receipts = &self.logs.get(&origin)?.receipts;
        receipts
            .iter()
            .find(|receipt| receipt.first <= sequence && sequence.get() <= receipt.size)
    }
}
