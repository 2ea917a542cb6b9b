//! An exported folder, and nothing else.
//!
//! ```text
//! README.txt                    what this is, and how to check it
//! policy, policy.origins        which keys and witnesses (c2sp.org/tlog-policy)
//! keys/<name>.vkey              verifier keys: the journals', every origin's, those of cosigners
//! journal/<journal id>/         checkpoint, tile/L/N[.p/W], tile/entries/N[.p/W] (c2sp.org/tlog-tiles)
//! origin/<origin>/              the same
//! checkpoints/<log>/<size>-<n>  every checkpoint that was kept, with its cosignatures
//! proofs/*.leaf, *.tlog-proof   proofs for entries that were asked for (c2sp.org/tlog-proof)
//! personal/<2 digits>/<SHA-256> personal parts, only where they were asked for
//! UNFINISHED                    stands here while the folder is being written
//! ```

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use event::{JournalId, Origin};
use proof::{
    BUNDLED_ENTRY_BYTES_MAX, EntryBundle, NOTE_BYTES_MAX, POLICY_BYTES_MAX, Policy, PublicKey, SignedCheckpoint,
    TILE_WIDTH, Tile, TileLevel, VerifierKey,
};
use sync::record::{JournalRecord, Previous};

use crate::{ArchiveError, Chapter, KeptNote, Log, Piece, Source, SourceError, Visit};

pub(crate) const UNFINISHED: &str = "UNFINISHED";
pub(crate) const CHECKPOINT: &str = "checkpoint";
pub(crate) const CHECKPOINTS: &str = "checkpoints";
pub(crate) const KEYS: &str = "keys";
pub(crate) const POLICY: &str = "policy";
pub(crate) const PROOFS: &str = "proofs";
pub(crate) const PERSONAL: &str = "personal";
/// Longest bundle that is read, in bytes: 256 of the longest entries with their lengths.
pub const BUNDLE_BYTES_MAX: usize = TILE_WIDTH as usize * (BUNDLED_ENTRY_BYTES_MAX + 2);
/// Longest verifier key that is read, in bytes.
const VKEY_BYTES_MAX: usize = 1_024;
/// Most kept checkpoints that are read.
pub const KEPT_MAX: usize = 10_000;

/// An exported folder, opened for reading.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    hub_key: PublicKey,
    chapters: Vec<Chapter>,
    policy: Option<Policy>,
    has_personal: bool,
}

/// The bytes of a file below the bound; `None` if there is none.
pub(crate) fn get(path: &Path, bytes_max: usize) -> Result<Option<Vec<u8>>, ArchiveError> {
    // Whatever else a stranger's stick holds under that name is not read: a pipe would never end.
    if fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        return Err(ArchiveError::content(path, "not a plain file"));
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(ArchiveError::file(path, error)),
    };
    let length = file.metadata().map_or(0, |meta| meta.len());
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(bytes_max).min(bytes_max));
    let read = file.take(bytes_max as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| ArchiveError::file(path, error))?;
    if bytes.len() > bytes_max {
        return Err(ArchiveError::content(path, format!("longer than {bytes_max} bytes")));
    }
    Ok(Some(bytes))
}

pub(crate) fn get_text(path: &Path, bytes_max: usize) -> Result<Option<String>, ArchiveError> {
    let bytes = get(path, bytes_max)?;
    let text = bytes.map(|bytes| String::from_utf8(bytes).map_err(|error| ArchiveError::content(path, error)));
    text.transpose()
}

/// The same for what is judged afterwards: a file that is no text within the bound is an empty one.
pub(crate) fn get_text_or_none(path: &Path, bytes_max: usize) -> Result<String, ArchiveError> {
    match get_text(path, bytes_max) {
        Err(ArchiveError::Content { .. }) => Ok(String::new()),
        text => Ok(text?.unwrap_or_default()),
    }
}

/// Names within a folder, in order; none if it does not exist.
pub(crate) fn names(dir: &Path) -> Result<Vec<String>, ArchiveError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ArchiveError::file(dir, error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|error| ArchiveError::file(dir, error))?.file_name();
        names.extend(name.into_string().ok().filter(|name| !name.starts_with('.')));
    }
    names.sort();
    Ok(names)
}

impl Folder {
    /// Opens an export. Nothing is judged but what is needed to find one's way.
    ///
    /// # Errors
    /// [`ArchiveError::Content`] if this is no export, or its key or policy cannot be read; [`ArchiveError::File`].
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, ArchiveError> {
        let dir = dir.into();
        let journals: Vec<JournalId> = ids(&dir.join("journal"))?;
        let missing = || ArchiveError::content(&dir, "not an exported folder: it has no journal/<id> and keys/");
        let mut hub_key = None;
        for journal in &journals {
            let path = dir.join(KEYS).join(format!("journal-{journal}.vkey"));
            let Some(text) = get_text(&path, VKEY_BYTES_MAX)? else {
                continue;
            };
            let vkey: VerifierKey = text
                .trim_end()
                .parse()
                .map_err(|error| ArchiveError::content(&path, error))?;
            if vkey.name != Log::Journal(*journal).name() {
                return Err(ArchiveError::content(&path, "a verifier key of another log"));
            }
            if hub_key.is_some_and(|known| known != vkey.key) {
                return Err(ArchiveError::content(
                    &path,
                    "another key than that of the other journals",
                ));
            }
            hub_key = Some(vkey.key);
        }
        let path = dir.join(POLICY);
        let policy = get(&path, POLICY_BYTES_MAX)?.map(|bytes| Policy::parse(&bytes));
        let mut folder = Self {
            hub_key: hub_key.ok_or_else(missing)?,
            chapters: Vec::new(),
            policy: policy
                .transpose()
                .map_err(|error| ArchiveError::content(&path, error))?,
            has_personal: dir.join(PERSONAL).is_dir(),
            dir,
        };
        folder.chapters = folder.chain(journals)?;
        Ok(folder)
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The policy that came along.
    #[must_use]
    pub const fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    /// Whether the writing of the folder was finished.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        !self.dir.join(UNFINISHED).exists()
    }

    /// Whether it holds personal parts.
    #[must_use]
    pub const fn has_personal(&self) -> bool {
        self.has_personal
    }

    /// Origins whose logs are here.
    ///
    /// # Errors
    /// [`ArchiveError::File`].
    pub fn origins(&self) -> Result<Vec<Origin>, ArchiveError> {
        ids(&self.dir.join("origin"))
    }

    /// The checkpoint file of a log.
    ///
    /// # Errors
    /// [`ArchiveError::File`], [`ArchiveError::Content`].
    pub fn checkpoint(&self, log: Log) -> Result<Option<String>, ArchiveError> {
        get_text(&self.path(log, CHECKPOINT), NOTE_BYTES_MAX)
    }

    pub(crate) fn path(&self, log: Log, name: &str) -> PathBuf {
        self.dir.join(log.folder()).join(name)
    }

    /// The journals in the order in which they name one another; those that nobody names come first.
    fn chain(&self, journals: Vec<JournalId>) -> Result<Vec<Chapter>, ArchiveError> {
        let mut open: Vec<(JournalId, Option<Previous>)> = Vec::new();
        for journal in journals {
            open.push((journal, self.previous(journal)?));
        }
        let frozen_at = |journal: JournalId| {
            let after = open.iter().filter_map(|(_, previous)| previous.as_ref());
            let mut after = after.filter(|previous| previous.journal == journal);
            after.next_back().map(|previous| previous.size.0)
        };
        let mut chapters = Vec::new();
        for (journal, _) in &open {
            chapters.push(Chapter {
                journal: *journal,
                frozen: frozen_at(*journal),
                note: self.checkpoint(Log::Journal(*journal))?,
            });
        }
        let depth = |journal: JournalId| {
            let (mut at, mut depth) = (journal, 0);
            while let Some((_, Some(previous))) = open.iter().find(|(of, _)| *of == at) {
                (at, depth) = (previous.journal, depth + 1);
                if depth > open.len() {
                    break;
                }
            }
            depth
        };
        chapters.sort_by_key(|chapter| (chapter.frozen.is_none(), depth(chapter.journal)));
        Ok(chapters)
    }

    /// What a journal's first record says of the one before it.
    fn previous(&self, journal: JournalId) -> Result<Option<Previous>, ArchiveError> {
        let log = Log::Journal(journal);
        let entries = self.dir.join(log.folder()).join("tile/entries");
        let mut first = vec![entries.join("000")];
        for name in names(&entries.join("000.p"))? {
            first.push(entries.join("000.p").join(name));
        }
        for path in first {
            let Some(bytes) = get(&path, BUNDLE_BYTES_MAX)? else {
                continue;
            };
            let record = EntryBundle::entries(&bytes).next().and_then(Result::ok);
            if let Some(Ok(JournalRecord::Opened { previous, .. })) = record.map(JournalRecord::decode) {
                return Ok(previous);
            }
        }
        Ok(None)
    }

    /// The first file of entries or hashes of a log that its tree of `size` entries has no place for; smaller trees'
    /// partial files may stay.
    ///
    /// # Errors
    /// [`ArchiveError::File`].
    pub(crate) fn superfluous(&self, log: Log, size: u64) -> Result<Option<String>, ArchiveError> {
        let base = self.dir.join(log.folder());
        let mut todo = vec!["tile".to_owned()];
        while let Some(below) = todo.pop() {
            for name in names(&base.join(&below))? {
                let path = format!("{below}/{name}");
                // A link is no folder here: it could lead round in circles.
                let meta = fs::symlink_metadata(base.join(&path));
                if meta.is_ok_and(|meta| meta.is_dir()) {
                    todo.push(path);
                    continue;
                }
                let has_place = Tile::parse(&path).is_ok_and(|tile| tile.leaves().end <= size);
                if !has_place {
                    return Ok(Some(format!("{}/{path}", log.folder())));
                }
            }
        }
        Ok(None)
    }

    /// Entries of a log of `size` from leaf `first` on, at most `count` and at most to the end of the file that holds the
    /// first of them; none behind the end.
    ///
    /// # Errors
    /// [`ArchiveError::Content`] if the file is missing or not as it should be; [`ArchiveError::File`].
    pub fn read(&self, log: Log, size: u64, first: u64, count: u64) -> Result<Vec<Vec<u8>>, ArchiveError> {
        let width = u64::from(TILE_WIDTH);
        let begin = first - first % width;
        if first >= size {
            return Ok(Vec::new());
        }
        let tile = Tile {
            level: TileLevel::Entries,
            index: first / width,
            width: u16::try_from((size - begin).min(width)).unwrap_or(TILE_WIDTH),
        };
        let path = self.path(log, &tile.path());
        let bytes = get(&path, BUNDLE_BYTES_MAX)?.ok_or_else(|| ArchiveError::content(&path, "missing"))?;
        let entries = EntryBundle::decode(&bytes, tile.width).map_err(|error| ArchiveError::content(&path, error))?;
        let (skip, count) = (usize::try_from(first - begin), usize::try_from(count));
        let wanted = entries
            .into_iter()
            .skip(skip.unwrap_or(0))
            .take(count.unwrap_or(usize::MAX));
        Ok(wanted.map(<[u8]>::to_vec).collect())
    }
}

fn ids<T: std::str::FromStr>(dir: &Path) -> Result<Vec<T>, ArchiveError> {
    let names = names(dir)?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

impl Source for Folder {
    fn hub_key(&self) -> PublicKey {
        self.hub_key
    }

    fn journals(&self) -> Result<Vec<Chapter>, SourceError> {
        Ok(self.chapters.clone())
    }

    fn kept(&self) -> Result<Vec<KeptNote>, SourceError> {
        let mut kept = Vec::new();
        for log in names(&self.dir.join(CHECKPOINTS))? {
            for name in names(&self.dir.join(CHECKPOINTS).join(&log))? {
                let from = format!("{CHECKPOINTS}/{log}/{name}");
                let note = get_text_or_none(&self.dir.join(&from), NOTE_BYTES_MAX)?;
                kept.push(KeptNote { from, note });
                if kept.len() > KEPT_MAX {
                    let problem = format!("more than {KEPT_MAX} checkpoints");
                    return Err(ArchiveError::content(&self.dir.join(CHECKPOINTS), problem).into());
                }
            }
        }
        for name in names(&self.dir.join(PROOFS))?
            .iter()
            .filter(|name| name.ends_with(".tlog-proof"))
        {
            let from = format!("{PROOFS}/{name}");
            let text = get_text_or_none(&self.dir.join(&from), proof::PROOF_BYTES_MAX)?;
            if let Ok(proof) = proof::TlogProof::parse(&text) {
                let note = proof.note;
                kept.push(KeptNote { from, note });
            }
        }
        // The checkpoint of every log counts as kept: a tile tool reads it first.
        for origin in self.origins()? {
            let from = format!("{}/{CHECKPOINT}", Log::Origin(origin).folder());
            let note = get_text_or_none(&self.dir.join(&from), NOTE_BYTES_MAX)?;
            if SignedCheckpoint::parse(&note).is_ok() {
                kept.push(KeptNote { from, note });
            }
        }
        Ok(kept)
    }

    fn scan(&self, log: Log, size: u64, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        let folder = self.dir.join(log.folder());
        for tile in Tile::all(size).take_while(|tile| tile.level == TileLevel::Entries) {
            let (path, leaves) = (tile.path(), tile.leaves());
            let (bytes, problem) = match get(&folder.join(&path), BUNDLE_BYTES_MAX) {
                Err(ArchiveError::Content { problem, .. }) => (None, problem),
                bytes => (bytes?, "the file of entries is missing: they were withheld".to_owned()),
            };
            let entries = bytes.as_deref().map(|bytes| EntryBundle::decode(bytes, tile.width));
            let step = match entries {
                Some(Ok(entries)) => {
                    let mut step = ControlFlow::Continue(());
                    for (index, bytes) in (leaves.start..).zip(entries) {
                        let personal = None;
                        step = visit(Piece::Entry { index, bytes, personal });
                        if step.is_break() {
                            break;
                        }
                    }
                    step
                }
                faulty => {
                    let problem = match faulty {
                        Some(Err(error)) => error.to_string(),
                        _ => problem,
                    };
                    visit(Piece::Missing {
                        first: leaves.start,
                        end: leaves.end,
                        file: &format!("{}/{path}", log.folder()),
                        bytes: bytes.as_deref(),
                        problem: &problem,
                    })
                }
            };
            if step.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn personal(&self, sha256: &[u8; 32]) -> Result<Option<Vec<u8>>, SourceError> {
        if !self.has_personal {
            return Ok(None);
        }
        let path = self.dir.join(personal_path(sha256));
        Ok(get(&path, event::bounds::PERSONAL_BYTES_MAX + 64)?)
    }

    fn is_tiled(&self) -> bool {
        true
    }

    fn tile(&self, log: Log, tile: &Tile) -> Result<Option<Vec<u8>>, SourceError> {
        // One byte more than a tile has, so that one that is too long is seen to be.
        let path = self.path(log, &tile.path());
        match get(&path, tile.hash_bytes() + 1) {
            Err(ArchiveError::Content { .. }) => Ok(Some(Vec::new())),
            bytes => Ok(bytes?),
        }
    }
}

/// Where a personal part lies, by its hash.
pub(crate) fn personal_path(sha256: &[u8; 32]) -> String {
    let digits = crate::finding::hex(sha256);
    format!("{PERSONAL}/{}/{digits}", &digits[..2])
}
