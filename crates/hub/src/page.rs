//! Pages of the journal for a reader: the records of its scope, each receipt followed by its entries.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use event::{JournalId, Origin, Position, Sequence, UnitCode};
use event_log::{LogEntry, Reader};
use sync::frame::BodyWriter;
use sync::limits::{BODY_BYTES_MAX, MESSAGE_BYTES_MAX, PAGE_RECORDS_SCANNED_MAX, PUSH_BYTES_MAX, PUSH_EVENTS_MAX};
use sync::message::{Cursor, PageEnd};
use sync::record::{JournalRecord, Role};

use crate::core::stored_note;
use crate::cosigned::Statements;
use crate::{Refusal, Registry};

/// What readers on any thread share: the committed log and what the journal has said. Sync never waits for it.
#[derive(Clone)]
pub struct Desk {
    /// The committed log.
    pub log: Reader,
    pub(crate) registry: Arc<RwLock<Registry>>,
    pub(crate) statements: Arc<RwLock<Statements>>,
    /// Key under which the hub signs its journals.
    pub(crate) hub_key: proof::PublicKey,
}

/// Who asks for a page, and how much it wants.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// The reader's role.
    pub role: Role,
    /// Its unit.
    pub unit: UnitCode,
    /// Where it stands.
    pub after: Cursor,
    /// Logs whose entries it has itself; their receipts come without entries.
    pub skip: Vec<Origin>,
    /// Villages whose entries it wants; the receipts of others come without entries. Empty: it wants every one.
    pub units: Vec<UnitCode>,
    /// Compressed bytes to aim at.
    pub bytes: usize,
    /// Size of the current journal's checkpoint that it knows; 0 if it knows none.
    pub seen: u64,
}

const RECORDS_READ: usize = 256;

impl Desk {
    /// What the journal has said.
    pub fn registry(&self) -> RwLockReadGuard<'_, Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What witnesses said of the journals.
    pub(crate) fn cosigned(&self) -> RwLockReadGuard<'_, Statements> {
        self.statements.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Role and unit of an enrolled peer.
    ///
    /// # Errors
    /// [`Refusal::NotEnrolled`], [`Refusal::Revoked`].
    pub fn reader(&self, peer: Origin) -> Result<(Role, UnitCode), Refusal> {
        let registry = self.registry();
        let party = registry.party(peer).ok_or(Refusal::NotEnrolled)?;
        if party.revoked {
            return Err(Refusal::Revoked);
        }
        Ok((party.role.ok_or(Refusal::NotEnrolled)?, party.unit.unwrap_or_default()))
    }

    /// One page. Its end names the next cursor, which advances past what this reader may not see.
    ///
    /// # Errors
    /// [`Refusal::OtherJournal`] for a journal that this hub never had or a position beyond its end.
    pub fn page(&self, request: &PageRequest) -> Result<Vec<u8>, Refusal> {
        // The checkpoint first: whatever is committed after it is not shown in this page.
        let note = stored_note(&*self.log)?;
        let (journal, size, successor) = self.extent(request.after.journal, &note)?;
        if request.after.position.0 > size {
            return Err(Refusal::OtherJournal("the journal does not reach that position"));
        }
        let mut writer = BodyWriter::new()?;
        let mut next = Cursor {
            journal,
            ..request.after
        };
        let mut page = Room::new(request.bytes);
        'page: while next.position.0 < size && page.scanned < PAGE_RECORDS_SCANNED_MAX {
            let count = usize::try_from(size - next.position.0)
                .unwrap_or(usize::MAX)
                .min(RECORDS_READ);
            let records = self
                .log
                .read(journal.into(), Sequence::after_size(next.position.0), count, usize::MAX)?;
            if records.is_empty() {
                break;
            }
            for record in records {
                if !page.has_room(&writer) {
                    break 'page;
                }
                page.scanned += 1;
                if !self.write_record(&mut writer, &mut page, request, &record.bytes, &mut next)? {
                    break 'page;
                }
                next.position.0 += 1;
                next.offset = 0;
            }
        }
        // At the end of a frozen journal the reader goes on in the one that followed it.
        if let Some(successor) = successor.filter(|_| next.position.0 == size) {
            next = Cursor {
                journal: successor,
                ..Cursor::default()
            };
        }
        let consistency = self.consistency_from(request.seen, &note)?;
        Ok(writer.end(&PageEnd {
            next,
            size: Position(size),
            note,
            consistency,
        })?)
    }

    /// Size up to which a journal is shown, and the journal that follows a frozen one.
    fn extent(&self, asked: JournalId, note: &str) -> Result<(JournalId, u64, Option<JournalId>), Refusal> {
        let registry = self.registry();
        let journals: Vec<_> = registry
            .frozen
            .iter()
            .map(|frozen| (frozen.journal, Some(frozen.size.0)))
            .collect();
        let chain: Vec<_> = journals.into_iter().chain([(registry.journal, None)]).collect();
        let asked = if asked == JournalId::default() {
            chain[0].0
        } else {
            asked
        };
        let at = chain.iter().position(|(journal, _)| *journal == asked);
        let at = at.ok_or(Refusal::OtherJournal("no such journal"))?;
        let size = match chain[at].1 {
            Some(size) => size,
            None => {
                proof::SignedCheckpoint::parse(note)
                    .map_err(|e| Refusal::Encode(e.to_string()))?
                    .claim()
                    .size
            }
        };
        Ok((asked, size, chain.get(at + 1).map(|(journal, _)| *journal)))
    }

    /// Writes a record that the reader may see, with its entries. Returns false if they did not all fit.
    fn write_record(
        &self,
        writer: &mut BodyWriter,
        page: &mut Room,
        request: &PageRequest,
        bytes: &[u8],
        next: &mut Cursor,
    ) -> Result<bool, Refusal> {
        let record = JournalRecord::decode(bytes).ok();
        let visible = match &record {
            Some(record) => self.registry().scope(record).is_visible_to(request.role, request.unit),
            // A record of a later version: auditors get it, a village cannot know whether it is meant.
            None => request.role == Role::Auditor,
        };
        if !visible {
            return Ok(true);
        }
        writer.record(next.position, bytes)?;
        let Some(JournalRecord::Receipt {
            origin,
            unit,
            first,
            size,
            ..
        }) = record
        else {
            return Ok(true);
        };
        let wanted = |unit: UnitCode| request.units.is_empty() || request.units.contains(&unit);
        if request.skip.contains(&origin) || !unit.is_none_or(wanted) {
            return Ok(true);
        }
        let mut at = first.plus(next.offset);
        while at.get() <= size {
            if !page.has_room(writer) {
                return Ok(false);
            }
            let count = usize::try_from(size - at.get() + 1).unwrap_or(usize::MAX).min(64);
            let entries = self.log.read(origin.into(), at, count, usize::MAX)?;
            if entries.is_empty() {
                return Err(Refusal::NotFound("entries of a receipt are missing here"));
            }
            writer.range(origin, at)?;
            for entry in &entries {
                if !page.takes(writer, entry) {
                    return Ok(false);
                }
                writer.entry(&entry.bytes, entry.personal.as_deref())?;
                at = at.plus(1);
                next.offset += 1;
            }
        }
        Ok(true)
    }

    /// Entries of one log from a sequence on, for an origin's own machine and for auditors.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] for another village's log.
    pub fn entries(&self, peer: Origin, origin: Origin, from: Sequence, bytes: usize) -> Result<Vec<u8>, Refusal> {
        self.may_read(peer, origin)?;
        let mut writer = BodyWriter::new()?;
        let mut at = from;
        let mut page = Room::new(bytes);
        writer.range(origin, from)?;
        'body: while page.has_room(&writer) {
            let entries = self.log.read(origin.into(), at, 64, usize::MAX)?;
            if entries.is_empty() {
                break;
            }
            for entry in &entries {
                if !page.takes(&writer, entry) {
                    break 'body;
                }
                writer.entry(&entry.bytes, entry.personal.as_deref())?;
                at = at.plus(1);
            }
        }
        Ok(writer.finish()?)
    }

    /// Root of one log at a size.
    ///
    /// # Errors
    /// As [`Desk::entries`]; [`Refusal::Store`] if the log is shorter.
    pub fn root(&self, peer: Origin, origin: Origin, size: u64) -> Result<[u8; 32], Refusal> {
        self.may_read(peer, origin)?;
        crate::hello::root_at(&*self.log, origin, size)
    }

    pub(crate) fn may_read(&self, peer: Origin, origin: Origin) -> Result<(), Refusal> {
        let (role, unit) = self.reader(peer)?;
        let registry = self.registry();
        let party = registry.party(origin).ok_or(Refusal::NotFound("no such log"))?;
        let scope = match party.audience {
            Some(audience) => audience.scope(),
            None => sync::record::Scope::Unit(party.unit.unwrap_or_default()),
        };
        if scope.is_visible_to(role, unit) {
            Ok(())
        } else {
            Err(Refusal::Forbidden("another village's log"))
        }
    }
}

/// Compressed bytes at which a body takes no more entries, so that its reader's bound holds whatever is in
/// them: room is left for a block that the compressor holds back, and for the end of the page.
const FULL_BYTES: usize = BODY_BYTES_MAX - 128 * 1_024 - MESSAGE_BYTES_MAX;

struct Room {
    bytes: usize,
    entries: usize,
    scanned: usize,
    /// Compressed bytes when something last left the compressor, and what went in since.
    left: usize,
    held: usize,
}

impl Room {
    fn new(bytes: usize) -> Self {
        Self {
            bytes: bytes.clamp(1, PUSH_BYTES_MAX),
            entries: 0,
            scanned: 0,
            left: 0,
            held: 0,
        }
    }

    fn has_room(&self, writer: &BodyWriter) -> bool {
        self.entries < PUSH_EVENTS_MAX && writer.compressed_bytes() < self.bytes && !writer.is_full()
    }

    /// Counts an entry in, if it fits. The first one always does.
    fn takes(&mut self, writer: &BodyWriter, entry: &LogEntry) -> bool {
        let left = writer.compressed_bytes();
        if left != self.left {
            (self.left, self.held) = (left, 0);
        }
        let bytes = entry.bytes.len() + entry.personal.as_ref().map_or(0, Vec::len);
        let fits = self.has_room(writer) && left + self.held + bytes <= FULL_BYTES;
        if self.entries > 0 && !fits {
            return false;
        }
        self.held += bytes;
        self.entries += 1;
        true
    }
}
