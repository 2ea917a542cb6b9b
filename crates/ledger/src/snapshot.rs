//! Keeping a ledger outside memory: what changed since the last time, and the way back.
//!
//! A row holds up to sixteen entries of one log, or a part of them. Beside the rows stands a summary: the
//! cut, the rule version, the digests and a note of the caller's own. A ledger is restored only from rows
//! whose checksums hold, and only if folding them again gives the digests of the summary.

use std::collections::BTreeMap;

use event::{Origin, Position, Sequence, UnitCode};
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};
use sha2::{Digest, Sha256};

use crate::digest::{LiveDigest, View};
use crate::stored::{self, Stored};
use crate::unsaved::CHUNK_ENTRIES;
use crate::{Ledger, RULE_VERSION};

/// Format of the rows and the summary. Another one, too, when more kinds are understood: a snapshot says of each
/// entry whether it was.
const FORMAT: u8 = 3;
const SUMMARY: u8 = 0;
const ENTRIES: u8 = 1;
const HOLD: u8 = 2;
/// Longest value, so that a page of the store holds it.
const VALUE_BYTES_MAX: usize = 3_500;
const CHECKSUM_BYTES: usize = 16;

/// One change for the snapshot store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Put this value under this key.
    Put {
        /// At most 27 bytes.
        key: Vec<u8>,
        /// At most 3,500 bytes.
        value: Vec<u8>,
    },
    /// Remove this key.
    Remove {
        /// The key.
        key: Vec<u8>,
    },
}

/// Why a snapshot is not used. The ledger is then rebuilt from the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// Something cannot be read, or is not what was written.
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
struct Summary {
    position: Option<Position>,
    entries: u64,
    holds: u64,
    sums: Vec<(u8, UnitCode, ByteArray<32>)>,
    note: ByteBuf,
}

fn damaged(what: impl ToString) -> RestoreError {
    RestoreError::Damaged(what.to_string())
}

fn row_key(tag: u8, origin: Origin, number: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(26);
    key.push(tag);
    key.extend_from_slice(&origin.to_bytes());
    key.extend_from_slice(&number.to_be_bytes());
    key
}

fn checksum(key: &[u8], body: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let hash = Sha256::new().chain_update(key).chain_update(body).finalize();
    let mut sum = [0; CHECKSUM_BYTES];
    sum.copy_from_slice(&hash[..CHECKSUM_BYTES]);
    sum
}

/// Puts a body of any length under a key, in as many rows as it takes: length, body, checksum.
fn put_pieces(changes: &mut Vec<Change>, key: &[u8], body: &[u8]) {
    let len = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    let whole = [&len[..], body, &checksum(key, body)].concat();
    for (piece, value) in (0_u16..).zip(whole.chunks(VALUE_BYTES_MAX)) {
        changes.push(Change::Put {
            key: [key, &piece.to_be_bytes()].concat(),
            value: value.to_vec(),
        });
    }
}

impl Ledger {
    /// Whether a snapshot that has everything that was taken so far would lack something.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        !self.unsaved.is_empty()
    }

    /// Rows that changed since they were taken, or since the ledger was made or restored: as many as fit into about
    /// `bytes_max`, and none when nothing is left. The store may write them piece by piece, if [`Ledger::no_summary`]
    /// is written before the first piece, and [`Ledger::summary`] with the last.
    pub fn take_changes(&mut self, bytes_max: usize) -> Vec<Change> {
        let (mut changes, mut bytes) = (Vec::new(), 0);
        for (origin, sequence) in std::mem::take(&mut self.unsaved.holds) {
            let key = row_key(HOLD, origin, sequence.get());
            changes.push(if self.held.contains(&(origin, sequence)) {
                let value = checksum(&key, &[]).to_vec();
                Change::Put { key, value }
            } else {
                Change::Remove { key }
            });
        }
        self.unsaved.sort();
        let mut body = Vec::new();
        while bytes < bytes_max
            && let Some((origin, chunk)) = self.unsaved.chunks.pop()
        {
            body.clear();
            self.write_chunk(&mut body, origin, chunk);
            bytes += body.len();
            let key = row_key(ENTRIES, self.names.origins.get(origin), chunk);
            put_pieces(&mut changes, &key, &body);
        }
        changes
    }

    fn write_chunk(&self, body: &mut Vec<u8>, origin: u32, chunk: u64) {
        let mut before = None;
        for (offset, number) in (0_u8..).zip(chunk * CHUNK_ENTRIES..(chunk + 1) * CHUNK_ENTRIES) {
            let slot = self.logs[origin as usize].get(Sequence::after_size(number));
            if let Some(slot) = slot {
                stored::write(body, &self.arena[slot as usize], offset, &self.names, &mut before);
            }
        }
    }

    /// What makes the rows that were taken a snapshot: cut, rule version, digests, and whatever the caller has to note.
    /// Settle first: the digests are those of the last settling.
    #[must_use]
    pub fn summary(&self, note: &[u8]) -> Vec<Change> {
        let sums = self.sums.iter().filter(|(_, sum)| **sum != LiveDigest::default());
        let summary = Summary {
            position: self.position,
            entries: self.arena.len() as u64,
            holds: self.held.len() as u64,
            sums: sums
                .map(|((view, unit), sum)| (*view as u8, *unit, ByteArray::new(sum.to_bytes())))
                .collect(),
            note: ByteBuf::from(note),
        };
        let mut body = vec![FORMAT];
        body.extend(RULE_VERSION.to_be_bytes());
        // Writing into memory does not fail; an empty summary would be refused.
        body.extend(rmp_serde::to_vec(&summary).unwrap_or_default());
        let mut changes = Vec::new();
        put_pieces(&mut changes, &[SUMMARY], &body);
        changes
    }

    /// Says that the rows in the store are no snapshot for now.
    #[must_use]
    pub fn no_summary() -> Change {
        Change::Remove {
            key: vec![SUMMARY, 0, 0],
        }
    }

    /// Nothing of this ledger is in the store any more: the next changes are everything.
    pub fn forget_saved(&mut self) {
        self.unsaved.clear();
        for kept in &self.arena {
            self.unsaved.note(kept.origin, kept.sequence);
        }
        self.held
            .iter()
            .for_each(|(origin, sequence)| self.unsaved.hold(*origin, *sequence));
    }
}

/// A ledger while it is restored from the rows of a store, which come in the order of their keys.
#[derive(Debug, Default)]
pub struct Restore {
    ledger: Ledger,
    summary: Option<Summary>,
    /// The rows read last, while more of their body is to come: their common key, and what came.
    open: Option<(Vec<u8>, Vec<u8>)>,
    /// Key whose body is complete: further rows of it are left over from a longer one.
    done: Vec<u8>,
}

impl std::fmt::Debug for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Summary")
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl Restore {
    /// Nothing read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next row. Rows without a summary before them are no snapshot, and are passed over.
    ///
    /// # Errors
    /// [`RestoreError`]: the snapshot is of no use.
    pub fn row(&mut self, key: &[u8], value: &[u8]) -> Result<(), RestoreError> {
        match key.first() {
            Some(&SUMMARY) => {}
            _ if self.summary.is_none() => return Ok(()),
            Some(&ENTRIES) => {}
            Some(&HOLD) => return self.hold(key, value),
            _ => return Err(damaged("a row of an unknown sort")),
        }
        let Some((own, piece)) = key.split_last_chunk::<2>() else {
            return Err(damaged("a row without a key"));
        };
        let piece = u16::from_be_bytes(*piece);
        let bytes = match self.open.take() {
            Some((open, mut bytes)) if open == own && piece > 0 => {
                bytes.extend_from_slice(value);
                bytes
            }
            Some(_) => return Err(damaged("a part of a row is missing")),
            None if piece == 0 => value.to_vec(),
            None if own == self.done || self.summary.is_none() => return Ok(()),
            None => return Err(damaged("the first part of a row is missing")),
        };
        let Some((len, rest)) = bytes.split_first_chunk::<4>() else {
            return Err(damaged("a row is too short"));
        };
        let len = usize::try_from(u32::from_be_bytes(*len)).unwrap_or(usize::MAX);
        if rest.len() < len.saturating_add(CHECKSUM_BYTES) {
            self.open = Some((own.to_vec(), bytes));
            return Ok(());
        }
        let (body, sum) = rest.split_at(len);
        if sum != checksum(own, body) {
            return Err(damaged("a row is not the one that was written"));
        }
        if own == [SUMMARY] {
            self.begin(body)?;
        } else {
            self.entries(own, body)?;
        }
        self.done = own.to_vec();
        Ok(())
    }

    fn begin(&mut self, body: &[u8]) -> Result<(), RestoreError> {
        let Some((&[format, high, low], rest)) = body.split_first_chunk::<3>() else {
            return Err(damaged("the summary is too short"));
        };
        let rule_version = u16::from_be_bytes([high, low]);
        if (format, rule_version) != (FORMAT, RULE_VERSION) {
            return Err(RestoreError::Version { format, rule_version });
        }
        self.summary = Some(rmp_serde::from_slice(rest).map_err(damaged)?);
        Ok(())
    }

    fn entries(&mut self, key: &[u8], body: &[u8]) -> Result<(), RestoreError> {
        let (origin, chunk) = place(key)?;
        let first = chunk
            .checked_mul(CHUNK_ENTRIES)
            .ok_or_else(|| damaged("a row beyond all logs"))?;
        let mut stored = Stored::new(body, origin, Sequence::after_size(first));
        while !stored.is_at_end() {
            let kept = stored.read(&mut self.ledger.names);
            self.ledger
                .keep(kept.ok_or_else(|| damaged("an entry cannot be read"))?);
        }
        Ok(())
    }

    fn hold(&mut self, key: &[u8], value: &[u8]) -> Result<(), RestoreError> {
        let (origin, number) = place(key)?;
        if value != checksum(key, &[]) {
            return Err(damaged("a row is not the one that was written"));
        }
        self.ledger.hold(origin, Sequence::new(number).map_err(damaged)?);
        Ok(())
    }

    /// Folds everything again and compares. `None` if the rows were no snapshot; otherwise the ledger and the note
    /// that was saved with it.
    ///
    /// # Errors
    /// [`RestoreError`]: rebuild from the log then.
    pub fn finish(self) -> Result<Option<(Ledger, Vec<u8>)>, RestoreError> {
        if self.open.is_some() {
            return Err(damaged("the last row ends early"));
        }
        let (mut ledger, Some(summary)) = (self.ledger, self.summary) else {
            return Ok(None);
        };
        let found = (ledger.arena.len() as u64, ledger.held.len() as u64);
        if found != (summary.entries, summary.holds) {
            return Err(RestoreError::Entries {
                expected: summary.entries + summary.holds,
                found: found.0 + found.1,
            });
        }
        ledger.settle();
        ledger.unsaved.clear();
        ledger.position = summary.position;
        ledger.compare(&summary)?;
        Ok(Some((ledger, summary.note.into_vec())))
    }
}

impl Ledger {
    fn compare(&self, summary: &Summary) -> Result<(), RestoreError> {
        let mut saved = BTreeMap::new();
        for (code, unit, sum) in &summary.sums {
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
}

fn place(key: &[u8]) -> Result<(Origin, u64), RestoreError> {
    let rest = key.get(1..).and_then(|rest| rest.split_first_chunk::<16>());
    let place = rest.and_then(|(origin, number)| Some((Origin::from_bytes(*origin), number.try_into().ok()?)));
    let (origin, number) = place.ok_or_else(|| damaged("a key of another length"))?;
    Ok((origin, u64::from_be_bytes(number)))
}
