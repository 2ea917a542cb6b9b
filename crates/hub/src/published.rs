//! Logs as static files over HTTP: checkpoint, tiles of hashes, bundles of entries (c2sp.org/tlog-tiles).
//!
//! Nothing is stored for it: a tile is computed when somebody asks, and never changes afterwards, so that whoever
//! stands between may keep it.

use event::{JournalId, Origin, Sequence};
use event_log::{LogId, LogNodes};
use proof::{Tile, TileLevel, journal_log_name, origin_log_name};
use sync::record::{JournalRecord, Role};

use crate::core::stored_note;
use crate::{Desk, Refusal};

/// A log that is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// A journal.
    Journal(JournalId),
    /// The log of an origin.
    Origin(Origin),
}

impl Published {
    fn id(self) -> LogId {
        match self {
            Self::Journal(journal) => journal.into(),
            Self::Origin(origin) => origin.into(),
        }
    }

    /// Its name, as in its checkpoints.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Journal(journal) => journal_log_name(journal),
            Self::Origin(origin) => origin_log_name(origin),
        }
    }
}

impl Desk {
    /// The newest checkpoint of a log, with the cosignatures that the hub has of it.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`], [`Refusal::NotFound`] for a log without checkpoint.
    pub fn checkpoint_of(&self, peer: Origin, log: Published) -> Result<String, Refusal> {
        self.may_see(peer, log)?;
        match log {
            Published::Origin(origin) => self.last_note_of(origin),
            Published::Journal(journal) if journal == self.registry().journal => {
                let newest = stored_note(&*self.log)?;
                let size = crate::prove::size_of(&newest)?;
                let cosigned = self.cosigned().best(&log.name(), size - 1);
                Ok(cosigned.unwrap_or(newest))
            }
            Published::Journal(journal) => self.note_of_frozen(journal),
        }
    }

    /// The checkpoint in the last receipt of an origin.
    fn last_note_of(&self, origin: Origin) -> Result<String, Refusal> {
        let last = self
            .registry()
            .party(origin)
            .and_then(|party| party.receipts.last().copied());
        let (_, journal, position) = last.ok_or(Refusal::NotFound("nothing of that log was received yet"))?;
        let record = self
            .log
            .read(journal.into(), Sequence::after_size(position.0), 1, usize::MAX)?;
        match record.first().map(|entry| JournalRecord::decode(&entry.bytes)) {
            Some(Ok(JournalRecord::Receipt { note, .. })) => Ok(note),
            _ => Err(Refusal::NotFound("its last receipt")),
        }
    }

    /// The bytes of a tile or bundle.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] for another village's log, and for the journal's records to whoever is no auditor;
    /// [`Refusal::NotFound`] for a tile that the log does not reach.
    pub fn tile_of(&self, peer: Origin, log: Published, tile: &Tile) -> Result<Vec<u8>, Refusal> {
        let role = self.may_see(peer, log)?;
        if tile.level == TileLevel::Entries && matches!(log, Published::Journal(_)) && role != Role::Auditor {
            return Err(Refusal::Forbidden(
                "the journal's records are for auditors; ask for pages",
            ));
        }
        // What is committed is receipted: a staged entry is in no tree.
        if tile.leaves().end > self.log.head(log.id()).size {
            return Err(Refusal::NotFound("the log does not reach as far as that tile"));
        }
        Ok(LogNodes::new(&*self.log, log.id()).tile(tile)?)
    }

    /// Hashes of the journal are anybody's who is enrolled: they say nothing but that it grew.
    fn may_see(&self, peer: Origin, log: Published) -> Result<Role, Refusal> {
        let (role, _) = self.reader(peer)?;
        match log {
            Published::Origin(origin) => self.may_read(peer, origin)?,
            Published::Journal(journal) => {
                let registry = self.registry();
                let is_known = journal == registry.journal || registry.frozen.iter().any(|one| one.journal == journal);
                if !is_known {
                    return Err(Refusal::NotFound("no such journal"));
                }
            }
        }
        Ok(role)
    }
}
