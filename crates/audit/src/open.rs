//! An auditor out of an export alone: the folder's logs are taken in page by page, by the same way and under the same
//! checks as those of a running hub. From then on everything works that needs no hub.

use archive::{Asked, Folder, Log, Source as _, verify_folder};
use event::{Event, JournalId, Origin, Position, Sequence};
use event_log::{SledStore, Store as _};
use follower::Mirror;
use link::Surroundings;
use serde_bytes::{ByteArray, ByteBuf};
use sync::frame::BodyWriter;
use sync::message::{Cursor, Enrolled, EnrolmentProof, PageEnd};
use sync::record::{JournalRecord, Role};

use crate::mirror::Mirrored;
use crate::{AuditConfig, AuditError, folder, kept};

/// Bytes of events and personal parts after which a page ends.
const PAGE_BYTES: usize = 1 << 20;
/// Records after which a page ends.
const PAGE_RECORDS: u64 = 1_000;

/// Makes an auditor's folder out of an export, which is verified first.
///
/// # Errors
/// [`AuditError::Taken`] if the folder holds an auditor, [`AuditError::Unsound`] if the export does not hold,
/// [`AuditError::Archive`], [`AuditError::Store`].
pub fn open_export(
    config: &AuditConfig,
    export: &Folder,
    surroundings: &Surroundings,
    progress: &mut dyn FnMut(Mirrored),
) -> Result<Mirrored, AuditError> {
    let dir = &config.data_dir;
    if folder::is_auditor(dir) {
        return Err(AuditError::Taken { path: dir.clone() });
    }
    let verified = verify_folder(export, &Asked::default(), &mut |_, _| ())?;
    if let Some(first) = verified.findings.first() {
        return Err(AuditError::Unsound {
            findings: verified.findings.len(),
            first: first.to_string(),
        });
    }
    folder::make(dir)?;
    folder::make_key(dir, surroundings.random())?;
    let hub_key = export.hub_key();
    let note = verified.checkpoint.unwrap_or_default();
    let mut store = SledStore::create(config.store())?;
    let mut mirror = Mirror::open(&store, hub_key)?;
    let done = take_all(export, &note, &mut store, &mut mirror, progress);
    Box::new(store).close()?;
    let done = done?;
    for one in export.kept().map_err(AuditError::from_source)? {
        if one.from.starts_with("checkpoints/journal-") {
            kept::keep(dir, &one.note, &hub_key)?;
        }
    }
    kept::keep(dir, &note, &hub_key)?;
    let proof = EnrolmentProof {
        unit: event::UnitCode::default(),
        role: Role::Auditor,
        name: String::new(),
        signature: ByteBuf::new(),
    };
    let journal = mirror.cursor().journal;
    // The last step: a folder without it holds no auditor yet.
    folder::put_enrolled(
        dir,
        &Enrolled {
            journal,
            hub_key: ByteArray::new(hub_key.0),
            note,
            proof,
        },
    )?;
    Ok(done)
}

fn take_all(
    export: &Folder,
    note: &str,
    store: &mut SledStore,
    mirror: &mut Mirror,
    progress: &mut dyn FnMut(Mirrored),
) -> Result<Mirrored, AuditError> {
    let chapters = export.journals().map_err(AuditError::from_source)?;
    let mut done = Mirrored::default();
    for (at, chapter) in chapters.iter().enumerate() {
        let size = chapter.size();
        let mut next = Cursor {
            journal: chapter.journal,
            ..Cursor::default()
        };
        while next.journal == chapter.journal && next.position.0 < size {
            let page = Page {
                export,
                journal: chapter.journal,
                size,
                note,
                follows: chapters.get(at + 1).map(|chapter| chapter.journal),
            };
            let (body, end) = page.write(next)?;
            let taken = mirror.take(store, &body, &[])?;
            done.records += taken.records as u64;
            done.entries += taken.entries as u64;
            (done.held, done.of) = (done.records, done.records);
            progress(done);
            next = end;
        }
    }
    Ok(done)
}

/// One page of a journal, as a hub would send it.
struct Page<'a> {
    export: &'a Folder,
    journal: JournalId,
    size: u64,
    note: &'a str,
    /// The journal behind this one.
    follows: Option<JournalId>,
}

impl Page<'_> {
    fn write(&self, from: Cursor) -> Result<(Vec<u8>, Cursor), AuditError> {
        let mut body = BodyWriter::new().map_err(|error| AuditError::Answer(error.to_string()))?;
        let wrote = |outcome: Result<(), sync::frame::WriteError>| {
            outcome.map_err(|error| AuditError::Answer(error.to_string()))
        };
        let (mut next, mut bytes) = (from, 0);
        let last = self.size.min(from.position.0 + PAGE_RECORDS);
        'records: while next.position.0 < last && bytes < PAGE_BYTES {
            let position = next.position.0;
            let count = (last - position).min(256);
            let records = self
                .export
                .read(Log::Journal(self.journal), self.size, position, count)?;
            if records.is_empty() {
                return Err(AuditError::Answer("the export has no such record".to_owned()));
            }
            for record in records {
                wrote(body.record(next.position, &record))?;
                bytes += record.len();
                if let Ok(JournalRecord::Receipt {
                    origin, first, size, ..
                }) = JournalRecord::decode(&record)
                {
                    wrote(body.range(origin, first.plus(next.offset)))?;
                    let given = self.entries(origin, (first.get() + next.offset, size), &mut body, &mut bytes)?;
                    if first.get() + next.offset + given <= size {
                        next.offset += given;
                        break 'records;
                    }
                }
                next.offset = 0;
                next.position = Position(next.position.0 + 1);
                if bytes >= PAGE_BYTES {
                    break;
                }
            }
        }
        if next.position.0 >= self.size
            && let Some(journal) = self.follows
        {
            next = Cursor {
                journal,
                ..Cursor::default()
            };
        }
        let end = PageEnd {
            next,
            size: Position(self.size),
            note: self.note.to_owned(),
            consistency: Vec::new(),
        };
        let body = body.end(&end).map_err(|error| AuditError::Answer(error.to_string()))?;
        Ok((body, next))
    }

    /// Entries from a sequence on, until the page is full. Returns how many.
    fn entries(
        &self,
        origin: Origin,
        (from, to): (u64, u64),
        body: &mut BodyWriter,
        bytes: &mut usize,
    ) -> Result<u64, AuditError> {
        let log = Log::Origin(origin);
        let size = self.export.checkpoint(log)?.as_deref().and_then(archive::size_of_note);
        let (size, mut given) = (size.unwrap_or(to), 0);
        while from + given <= to && (*bytes < PAGE_BYTES || given == 0) {
            let first = Sequence::after_size(from + given - 1).leaf_index();
            let entries = self.export.read(log, size, first, (to - from - given + 1).min(256))?;
            if entries.is_empty() {
                return Err(AuditError::Answer("the export has no such entry".to_owned()));
            }
            for entry in entries {
                let reference = Event::decode(&entry).ok().and_then(|event| event.header.personal);
                let personal = match reference {
                    Some(reference) => self
                        .export
                        .personal(&reference.sha256)
                        .map_err(AuditError::from_source)?,
                    None => None,
                };
                *bytes += entry.len() + personal.as_ref().map_or(0, Vec::len);
                let wrote = body.entry(&entry, personal.as_deref());
                wrote.map_err(|error| AuditError::Answer(error.to_string()))?;
                given += 1;
                if *bytes >= PAGE_BYTES {
                    break;
                }
            }
        }
        Ok(given)
    }
}
