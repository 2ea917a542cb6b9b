//! Keeping a ledger outside memory: what changed since the last time, and the way back.

use std::collections::BTreeMap;

use event::{EventId, Facts, Kind, Origin, PersonId, Position, SCHEMA, Sequence, Subject, UnitCode, When};
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use crate::digest::{LiveDigest, View};
use crate::kept::{Content, Import, Kept};
use crate::{Author, Effect, Ledger, RULE_VERSION};

const FORMAT: u8 = 1;
const ENTRY: u8 = 1;
const HOLD: u8 = 2;

/// One change for the snapshot store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Put this value under this key.
    Put {
        /// At most 25 bytes.
        key: Vec<u8>,
        /// At most about 2.5 KiB.
        value: Vec<u8>,
    },
    /// Remove this key.
    Remove {
        /// The key.
        key: Vec<u8>,
    },
}

/// All changes since the last time. The store writes them and `meta` in one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// In no order that matters.
    pub changes: Vec<Change>,
    /// Cut, rule version, number of entries and digests.
    pub meta: Vec<u8>,
}

/// Why a snapshot is not used. The ledger is then rebuilt from the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// Something cannot be read.
    #[error("the snapshot is damaged: {0}")]
    Damaged(String),
    /// Another format or another rule version wrote it.
    #[error("the snapshot was written by format {format}, rule version {rule_version}")]
    Version {
        /// Its format.
        format: u8,
        /// Its rules.
        rule_version: u16,
    },
    /// Entries are missing or too many.
    #[error("the snapshot has {found} entries where {expected} are told of")]
    Entries {
        /// Told of.
        expected: u64,
        /// Found.
        found: u64,
    },
    /// The rows are not the ones that were saved.
    #[error("the {} rows of {unit} are not the ones that were saved", .view.key())]
    Digest {
        /// The view.
        view: View,
        /// The unit.
        unit: UnitCode,
    },
}

#[derive(Serialize, Deserialize)]
struct Meta {
    format: u8,
    rule_version: u16,
    position: Option<Position>,
    entries: u64,
    sums: Vec<(u8, UnitCode, ByteArray<32>)>,
}

/// A [`Kept`] with its names written out.
#[derive(Serialize, Deserialize)]
struct Stored {
    position: u64,
    received_ms: u64,
    by_hub: bool,
    print: ByteArray<16>,
    readable: Option<Readable>,
}

#[derive(Serialize, Deserialize)]
struct Readable {
    id: EventId,
    at: i64,
    import: Option<(u64, String)>,
    wall_ms: u64,
    unit: UnitCode,
    occurred: When,
    kind: u16,
    /// `None` for what this version does not know.
    facts: Option<ByteBuf>,
    personal: Option<ByteArray<32>>,
    subject: Subject,
    recorder: PersonId,
    actors: Vec<PersonId>,
    carried: bool,
}

fn key(tag: u8, origin: Origin, sequence: Sequence) -> Vec<u8> {
    let mut key = vec![tag];
    key.extend_from_slice(&origin.to_bytes());
    key.extend_from_slice(&sequence.get().to_be_bytes());
    key
}

fn damaged(what: impl ToString) -> RestoreError {
    RestoreError::Damaged(what.to_string())
}

impl Ledger {
    /// What changed since the last call, or since the ledger was made or restored. Settle first: the digests saved
    /// are those of the last settling.
    ///
    /// # Panics
    /// Never: writing MessagePack into memory does not fail; an entry that could not be written would be saved
    /// empty and refused on restore.
    pub fn take_changes(&mut self) -> Changes {
        let mut changes = Vec::with_capacity(self.unsaved.len());
        for slot in std::mem::take(&mut self.unsaved) {
            self.arena[slot as usize].is_unsaved = false;
            let kept = &self.arena[slot as usize];
            changes.push(Change::Put {
                key: key(ENTRY, self.names.origins.get(kept.origin), kept.sequence),
                value: rmp_serde::to_vec(&self.stored(kept)).unwrap_or_default(),
            });
        }
        for (origin, sequence) in std::mem::take(&mut self.unsaved_holds) {
            let key = key(HOLD, origin, sequence);
            changes.push(if self.held.contains(&(origin, sequence)) {
                Change::Put { key, value: Vec::new() }
            } else {
                Change::Remove { key }
            });
        }
        let sums = self.sums.iter().filter(|(_, sum)| **sum != LiveDigest::default());
        let meta = Meta {
            format: FORMAT,
            rule_version: RULE_VERSION,
            position: self.position,
            entries: self.arena.len() as u64,
            sums: sums
                .map(|((view, unit), sum)| (*view as u8, *unit, ByteArray::new(sum.to_bytes())))
                .collect(),
        };
        Changes {
            changes,
            meta: rmp_serde::to_vec(&meta).unwrap_or_default(),
        }
    }

    fn stored(&self, kept: &Kept) -> Stored {
        let (kind, facts) = match &kept.content {
            Content::Facts(facts) => (facts.kind(), facts.encode().ok().map(ByteBuf::from)),
            Content::Unknown(kind) => (*kind, None),
            Content::Unreadable => (Kind(0), None),
        };
        let person = |index| self.names.people.get(index);
        Stored {
            position: kept.position,
            received_ms: kept.received_ms,
            by_hub: kept.author == Author::Hub,
            print: ByteArray::new(kept.print),
            readable: (kept.content != Content::Unreadable).then(|| Readable {
                id: kept.id,
                at: kept.at,
                import: kept
                    .import
                    .as_ref()
                    .map(|import| (import.row, import.label.to_string())),
                wall_ms: kept.wall_ms,
                unit: kept.unit,
                occurred: kept.occurred,
                kind: kind.0,
                facts,
                personal: kept.personal.as_deref().copied().map(ByteArray::new),
                subject: self.names.entities.get(kept.entity),
                recorder: person(kept.recorder),
                actors: kept.actors().map(person).collect(),
                carried: kept.carried,
            }),
        }
    }

    /// Builds a ledger from what the store kept, folds everything again and compares with the digests of `meta`.
    ///
    /// # Errors
    /// [`RestoreError`]: rebuild from the log then.
    pub fn restore(entries: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>, meta: &[u8]) -> Result<Self, RestoreError> {
        let meta: Meta = rmp_serde::from_slice(meta).map_err(damaged)?;
        if meta.format != FORMAT || meta.rule_version != RULE_VERSION {
            return Err(RestoreError::Version {
                format: meta.format,
                rule_version: meta.rule_version,
            });
        }
        let mut ledger = Self::new();
        for (key, value) in entries {
            let (tag, origin, sequence) = place(&key)?;
            match tag {
                ENTRY => {
                    let stored: Stored = rmp_serde::from_slice(&value).map_err(damaged)?;
                    let kept = ledger.read_stored(origin, sequence, stored)?;
                    ledger.keep(kept);
                }
                HOLD => ledger.hold(origin, sequence),
                other => return Err(damaged(format!("unknown tag {other}"))),
            }
        }
        ledger.settle();
        for slot in std::mem::take(&mut ledger.unsaved) {
            ledger.arena[slot as usize].is_unsaved = false;
        }
        ledger.unsaved_holds.clear();
        ledger.position = meta.position;
        let found = ledger.arena.len() as u64;
        if found != meta.entries {
            return Err(RestoreError::Entries {
                expected: meta.entries,
                found,
            });
        }
        ledger.compare(&meta)?;
        Ok(ledger)
    }

    fn compare(&self, meta: &Meta) -> Result<(), RestoreError> {
        let mut saved = BTreeMap::new();
        for (code, unit, sum) in &meta.sums {
            let view = View::ALL.into_iter().find(|view| *view as u8 == *code);
            let view = view.ok_or_else(|| damaged("unknown view"))?;
            saved.insert((view, *unit), LiveDigest::from_bytes(sum.into_array()));
        }
        let none = LiveDigest::default();
        for (view, unit) in self.sums.keys().chain(saved.keys()) {
            let before = saved.get(&(*view, *unit)).unwrap_or(&none);
            if self.sums.get(&(*view, *unit)).unwrap_or(&none) != before {
                return Err(RestoreError::Digest {
                    view: *view,
                    unit: *unit,
                });
            }
        }
        Ok(())
    }

    fn read_stored(&mut self, origin: Origin, sequence: Sequence, stored: Stored) -> Result<Kept, RestoreError> {
        let author = if stored.by_hub { Author::Hub } else { Author::Village };
        let receipt = crate::Receipt {
            position: Position(stored.position),
            received_at_ms: stored.received_ms,
        };
        // Empty bytes are no event, so this is the unreadable form, to be filled in.
        let mut kept = self.names.read(&[], origin, sequence, author, Some(receipt));
        kept.print = stored.print.into_array();
        let Some(readable) = stored.readable else {
            return Ok(kept);
        };
        let kind = Kind(readable.kind);
        kept.content = match readable.facts {
            None => Content::Unknown(kind),
            Some(bytes) => match Facts::decode(kind, SCHEMA, &bytes) {
                Ok(Some(facts)) => Content::Facts(facts),
                _ => return Err(damaged(format!("facts of {} cannot be read", readable.id))),
            },
        };
        if kept.facts().is_some() {
            kept.effect = Effect::Counted;
        }
        kept.id = readable.id;
        kept.at = readable.at;
        kept.import = readable.import.map(|(row, label)| {
            Box::new(Import {
                row,
                label: label.into(),
            })
        });
        kept.wall_ms = readable.wall_ms;
        kept.unit = readable.unit;
        kept.occurred = readable.occurred;
        kept.personal = readable.personal.map(|hash| Box::new(hash.into_array()));
        kept.entity = self.names.entities.intern(readable.subject);
        kept.carried = readable.carried;
        kept.recorder = self.names.people.intern(readable.recorder);
        (kept.actors, kept.more_actors) = self.names.intern_actors(&readable.actors);
        Ok(kept)
    }
}

fn place(key: &[u8]) -> Result<(u8, Origin, Sequence), RestoreError> {
    let (Some((tag, rest)), 25) = (key.split_first(), key.len()) else {
        return Err(damaged("a key has not 25 bytes"));
    };
    let origin = Origin::from_slice(&rest[..16]).map_err(damaged)?;
    let number = rest[16..].iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
    Ok((*tag, origin, Sequence::new(number).map_err(damaged)?))
}
