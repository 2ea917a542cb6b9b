//! Writing an export from any source, also while recording goes on: sizes are taken from signed checkpoints first, and
//! nothing behind them is looked at.
//!
//! A folder is written to again and again. Files of earlier exports are never changed: what a larger tree adds is put
//! beside them, and only when everything is on the disk do the checkpoints say so, the newest journal's last of all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use event::{Event, JournalId, Origin};
use proof::{KeyKind, NOTE_BYTES_MAX, PublicKey, SignedCheckpoint, VerifierKey, origin_log_name};
use sync::record::{JournalRecord, Role};

use crate::folder::{CHECKPOINT, CHECKPOINTS, KEYS, UNFINISHED, get_text, personal_path};
use crate::pen::{Files, put, put_new};
use crate::{ArchiveError, Chapter, Log, Source, readme};

/// What goes into an export beside the logs.
#[derive(Clone, Debug, Default)]
pub struct ExportOptions {
    /// Personal parts too.
    pub personal: bool,
    /// The policy file, byte for byte; without one it is made: the known cosigners, and no quorum.
    pub policy: Option<String>,
    /// Entries to be proved, each with its receipt: origin and sequence from 1.
    pub prove: Vec<(Origin, u64)>,
    /// Whether to wait until the disk has everything. Only tests have no need to.
    pub is_hasty: bool,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Exported {
    /// Journals.
    pub journals: u64,
    /// Logs of origins.
    pub logs: u64,
    /// Journal records in the folder.
    pub records: u64,
    /// Entries in the folder.
    pub entries: u64,
    /// Files that this call added.
    pub files: u64,
    /// Bytes of the files of hashes that this call added.
    pub tile_bytes: u64,
    /// Bytes of the files of entries that this call added.
    pub entry_bytes: u64,
    /// Proofs for single entries.
    pub proofs: u64,
}

pub(crate) struct Writer<'a> {
    source: &'a dyn Source,
    pub(crate) dir: &'a Path,
    options: &'a ExportOptions,
    pub(crate) done: Exported,
    pub(crate) book: Book,
    /// Checkpoints to be put in place at the end.
    checkpoints: Vec<(PathBuf, String)>,
}

/// Writes everything under the newest signed checkpoint into `dir`, or adds what is new to an earlier export there.
/// `progress` hears leaves written.
///
/// # Errors
/// [`ArchiveError::Untrue`] if the source does not have the roots that were signed, [`ArchiveError::Parted`] if the folder
/// holds another history, [`ArchiveError::NoEntry`], [`ArchiveError::File`]. A folder that was not finished says so.
pub fn export(
    source: &dyn Source,
    dir: &Path,
    options: &ExportOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<Exported, ArchiveError> {
    // Checkpoints first: whatever is recorded after this is not in this export.
    let (chapters, kept) = (source.journals()?, source.kept()?);
    fs::create_dir_all(dir).map_err(|error| ArchiveError::file(dir, error))?;
    let mut writer = Writer {
        source,
        dir,
        options,
        done: Exported::default(),
        book: Book {
            asked: options.prove.iter().copied().collect(),
            ..Book::default()
        },
        checkpoints: Vec::new(),
    };
    writer.put(UNFINISHED, readme::UNFINISHED.as_bytes())?;
    writer.sync()?;
    for chapter in &chapters {
        writer.journal(chapter, progress)?;
    }
    let origins: Vec<Origin> = writer.book.parties.keys().copied().collect();
    for origin in origins {
        writer.origin(origin, progress)?;
    }
    writer.papers(&chapters, kept)?;
    writer.prove()?;
    writer.finish()?;
    Ok(writer.done)
}

impl Writer<'_> {
    fn journal(&mut self, chapter: &Chapter, progress: &mut dyn FnMut(u64)) -> Result<(), ArchiveError> {
        let (log, hub_key) = (Log::Journal(chapter.journal), self.source.hub_key());
        let signed = chapter.note.as_deref().map(|note| {
            let checkpoint = SignedCheckpoint::verify(note, &log.name(), &hub_key);
            checkpoint.map_err(|error| ArchiveError::untrue(log, error.to_string()))
        });
        // Of a frozen journal only what stands: a checkpoint beyond that is evidence, not a head.
        let signed = signed.transpose()?;
        let signed = signed.filter(|signed| chapter.frozen.is_none_or(|frozen| signed.size <= frozen));
        let size = chapter.frozen.or(signed.as_ref().map(|signed| signed.size));
        let size = size.ok_or_else(|| ArchiveError::untrue(log, "there is no signed checkpoint of it"))?;
        // The head that an earlier export had is about to go: it is kept.
        let path = self.dir.join(log.folder()).join(CHECKPOINT);
        if let Some(before) = get_text(&path, NOTE_BYTES_MAX)? {
            self.keep(&before)?;
        }
        let (journal, book) = (chapter.journal, &mut self.book);
        let see = &mut |position, bytes: &[u8], _: Option<&[u8]>| book.learn(journal, position, bytes);
        let files = Files {
            source: self.source,
            dir: self.dir,
            done: &mut self.done,
        };
        self.done.records += files.write(log, size, signed.as_slice(), see, progress)?;
        self.done.journals += 1;
        if let Some(note) = chapter.note.clone().filter(|_| signed.is_some()) {
            self.checkpoints.push((path, note));
        }
        Ok(())
    }

    fn origin(&mut self, origin: Origin, progress: &mut dyn FnMut(u64)) -> Result<(), ArchiveError> {
        let log = Log::Origin(origin);
        let Some((size, note, key)) = self.book.parties.get(&origin).and_then(|party| {
            let (size, note) = party.last.clone()?;
            Some((size, note, party.key))
        }) else {
            return Ok(());
        };
        let signed = SignedCheckpoint::verify(&note, &log.name(), &key);
        let signed = signed.map_err(|error| ArchiveError::untrue(log, error.to_string()))?;
        let (dir, personal_too) = (self.dir, self.options.personal);
        let mut failed = None;
        let see = &mut |_, bytes: &[u8], personal: Option<&[u8]>| {
            if let Some(blob) = personal.filter(|_| personal_too && failed.is_none())
                && let Some(reference) = Event::decode(bytes).ok().and_then(|event| event.header.personal)
            {
                failed = put_new(&dir.join(personal_path(&reference.sha256)), blob).err();
            }
        };
        let files = Files {
            source: self.source,
            dir: self.dir,
            done: &mut self.done,
        };
        let written = files.write(log, size, &[signed], see, progress)?;
        if let Some(error) = failed {
            return Err(error);
        }
        self.done.entries += written;
        self.done.logs += 1;
        self.checkpoints
            .push((self.dir.join(log.folder()).join(CHECKPOINT), note));
        Ok(())
    }

    /// Keys, policies, kept checkpoints and the page for people.
    fn papers(&self, chapters: &[Chapter], kept: Vec<crate::KeptNote>) -> Result<(), ArchiveError> {
        let hub_key = self.source.hub_key();
        let log_key = |log: Log, key| VerifierKey {
            name: log.name(),
            kind: KeyKind::Log,
            key,
        };
        for chapter in chapters {
            let vkey = log_key(Log::Journal(chapter.journal), hub_key);
            self.put(
                &format!("{KEYS}/journal-{}.vkey", chapter.journal),
                format!("{vkey}\n").as_bytes(),
            )?;
        }
        let (mut logs, mut witnesses) = (Vec::new(), Vec::new());
        for (origin, party) in &self.book.parties {
            let vkey = log_key(Log::Origin(*origin), party.key);
            logs.push((format!("{KEYS}/origin-{origin}.vkey"), vkey));
            if party.is_village {
                let name = origin_log_name(*origin);
                let kind = KeyKind::Cosigner;
                let key = party.key;
                witnesses.push((
                    format!("{KEYS}/cosigner-{origin}.vkey"),
                    VerifierKey { name, kind, key },
                ));
            }
        }
        for (path, vkey) in logs.iter().chain(&witnesses) {
            self.put(path, format!("{vkey}\n").as_bytes())?;
        }
        let journal = chapters
            .last()
            .map(|chapter| log_key(Log::Journal(chapter.journal), hub_key));
        let witnesses: Vec<VerifierKey> = witnesses.into_iter().map(|(_, vkey)| vkey).collect();
        let policy = self.options.policy.clone();
        let policy = policy.unwrap_or_else(|| readme::policy(journal.as_ref(), &witnesses));
        self.put(crate::folder::POLICY, policy.as_bytes())?;
        let logs: Vec<VerifierKey> = logs.into_iter().map(|(_, vkey)| vkey).collect();
        for (name, text) in readme::origin_policies(&logs) {
            self.put(&name, text.as_bytes())?;
        }
        self.put("README.txt", readme::README.as_bytes())?;
        for kept in kept {
            self.keep(&kept.note)?;
        }
        for chapter in chapters {
            if let Some(note) = &chapter.note {
                self.keep(note)?;
            }
        }
        Ok(())
    }

    /// Puts a checkpoint among those that are kept, once.
    fn keep(&self, note: &str) -> Result<(), ArchiveError> {
        let Ok(signed) = SignedCheckpoint::parse(note) else {
            return Ok(());
        };
        let claim = signed.claim();
        let Some(log) = Log::of_name(&claim.name) else {
            return Ok(());
        };
        let dir = self.dir.join(CHECKPOINTS).join(log.folder().replace('/', "-"));
        for number in 0..crate::folder::KEPT_MAX {
            let path = dir.join(format!("{}-{number}", claim.size));
            match get_text(&path, NOTE_BYTES_MAX)? {
                Some(known) if known == note => return Ok(()),
                Some(_) => {}
                None => return put_new(&path, note.as_bytes()).map(drop),
            }
        }
        Ok(())
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        put(&self.dir.join(name), bytes)
    }

    /// The checkpoint that a log will have in this folder.
    pub(crate) fn note_of(&self, log: Log) -> Option<&str> {
        let path = self.dir.join(log.folder()).join(CHECKPOINT);
        let found = self.checkpoints.iter().find(|(at, _)| *at == path);
        found.map(|(_, note)| &note[..])
    }

    fn finish(&mut self) -> Result<(), ArchiveError> {
        self.sync()?;
        // The journals' last: they name everything else. The newest one stands last among them.
        let journals = self.dir.join("journal");
        self.checkpoints.sort_by_key(|(path, _)| path.starts_with(&journals));
        for (path, note) in &self.checkpoints {
            let new = path.with_extension("new");
            put(&new, note.as_bytes())?;
            fs::rename(&new, path).map_err(|error| ArchiveError::file(path, error))?;
        }
        self.sync()?;
        let marker = self.dir.join(UNFINISHED);
        fs::remove_file(&marker).map_err(|error| ArchiveError::file(&marker, error))?;
        self.sync()
    }

    /// Waits until the disk has what was written.
    fn sync(&self) -> Result<(), ArchiveError> {
        if self.options.is_hasty {
            return Ok(());
        }
        let all = || {
            let dir = File::open(self.dir)?;
            rustix::fs::syncfs(&dir)?;
            dir.sync_all()
        };
        all().map_err(|error| ArchiveError::file(self.dir, error))
    }
}

/// What the journals say that an export needs.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) parties: BTreeMap<Origin, Party>,
    /// Entries to be proved.
    pub(crate) asked: BTreeSet<(Origin, u64)>,
    /// Where their first receipts stand.
    pub(crate) receipts: BTreeMap<(Origin, u64), (JournalId, u64)>,
}

/// The writer of a log.
#[derive(Debug)]
pub(crate) struct Party {
    key: PublicKey,
    is_village: bool,
    /// Size and checkpoint of its last receipt.
    pub(crate) last: Option<(u64, String)>,
}

impl Book {
    fn learn(&mut self, journal: JournalId, position: u64, bytes: &[u8]) {
        let mut party = |origin, key: [u8; 32], is_village| {
            self.parties.entry(origin).or_insert(Party {
                key: PublicKey(key),
                is_village,
                last: None,
            });
        };
        match JournalRecord::decode(bytes) {
            Ok(JournalRecord::Enrolled { origin, key, role, .. }) => party(origin, *key, role == Role::Village),
            Ok(JournalRecord::Successor { new, key, .. }) => party(new, *key, true),
            Ok(JournalRecord::HubOrigin { origin, key, .. }) => party(origin, *key, false),
            Ok(JournalRecord::Receipt {
                origin,
                first,
                size,
                note,
                ..
            }) => {
                for asked in self
                    .asked
                    .range((origin, first.get())..=(origin, size.max(first.get())))
                {
                    self.receipts.entry(*asked).or_insert((journal, position));
                }
                if let Some(party) = self.parties.get_mut(&origin)
                    && party.last.as_ref().is_none_or(|(known, _)| *known <= size)
                {
                    party.last = Some((size, note));
                }
            }
            _ => {}
        }
    }
}
