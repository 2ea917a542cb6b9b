//! The files of one log: bundles of entries and tiles of hashes, as its tree grows.

use std::fs::{self, File};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use proof::{Checkpoint, EntryBundle, Hash, NOTE_BYTES_MAX, SignedCheckpoint, TILE_WIDTH, Tile, TileLevel, leaf_hash};

use crate::folder::{CHECKPOINT, get_text};
use crate::tree::{Finished, Tree};
use crate::{ArchiveError, Exported, Log, Piece, Source};

/// Sees every entry as it is written: its leaf from 0, its bytes, its personal part.
pub(crate) type See<'a> = dyn FnMut(u64, &[u8], Option<&[u8]>) + 'a;

/// Where files come from and go to.
pub(crate) struct Files<'a> {
    pub(crate) source: &'a dyn Source,
    pub(crate) dir: &'a Path,
    pub(crate) done: &'a mut Exported,
}

impl Files<'_> {
    /// Writes the files of one log that are not there yet. Returns its size.
    pub(crate) fn write(
        self,
        log: Log,
        size: u64,
        signed: &[Checkpoint],
        see: &mut See<'_>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<u64, ArchiveError> {
        let folder = self.dir.join(log.folder());
        let before = get_text(&folder.join(CHECKPOINT), NOTE_BYTES_MAX)?;
        let before = before.and_then(|note| SignedCheckpoint::parse(&note).ok().map(|signed| signed.claim().clone()));
        if let Some(before) = before
            .as_ref()
            .filter(|before| before.size > size || before.name != log.name())
        {
            let size = before.size;
            return Err(ArchiveError::Parted { log, size });
        }
        let mut roots: Vec<(u64, Hash, bool)> = signed.iter().map(|one| (one.size, one.root, true)).collect();
        roots.extend(before.as_ref().map(|before| (before.size, before.root, false)));
        let old = before.map_or(0, |before| before.size);
        let mut pen = Pen {
            folder,
            old,
            tree: Tree::default(),
            bundle: EntryBundle::new(),
            done: self.done,
            log,
            roots,
        };
        pen.hold()?;
        let mut failed = None;
        self.source.scan(log, size, &mut |piece| {
            let outcome = match piece {
                Piece::Entry { index, bytes, personal } if index == pen.tree.size() && index < size => {
                    see(index, bytes, personal);
                    pen.entry(bytes)
                }
                Piece::Entry { index, .. } if index >= size => return ControlFlow::Break(()),
                _ => Err(ArchiveError::untrue(log, "entries are missing")),
            };
            if pen.tree.size().is_multiple_of(4_096) {
                progress(pen.tree.size());
            }
            match outcome {
                Ok(()) if pen.tree.size() < size => ControlFlow::Continue(()),
                Ok(()) => ControlFlow::Break(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        match failed {
            Some(error) => Err(error),
            None if pen.tree.size() < size => Err(ArchiveError::untrue(
                log,
                format!("{} of {size} entries are there", pen.tree.size()),
            )),
            None => pen.end().map(|()| size),
        }
    }
}

/// Writes the files of one log.
struct Pen<'a> {
    folder: PathBuf,
    /// Size of the tree whose files are there.
    old: u64,
    tree: Tree,
    bundle: EntryBundle,
    done: &'a mut Exported,
    log: Log,
    /// Sizes and roots that must come up; whether of the source, else of the folder.
    roots: Vec<(u64, Hash, bool)>,
}

impl Pen<'_> {
    fn entry(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        let pushed = self.bundle.push(bytes);
        pushed.map_err(|error| ArchiveError::untrue(self.log, error.to_string()))?;
        let finished = self.tree.push(leaf_hash(bytes));
        if self.tree.size().is_multiple_of(u64::from(TILE_WIDTH)) {
            self.turn(TILE_WIDTH)?;
        }
        for (tile, bytes) in finished {
            self.tile(tile, &bytes)?;
        }
        self.hold()
    }

    /// Puts the bundle that was gathered in its place.
    fn turn(&mut self, width: u16) -> Result<(), ArchiveError> {
        let bundle = std::mem::take(&mut self.bundle);
        let index = (self.tree.size() - 1) / u64::from(TILE_WIDTH);
        let level = TileLevel::Entries;
        self.tile(Tile { level, index, width }, bundle.as_bytes())
    }

    fn tile(&mut self, tile: Tile, bytes: &[u8]) -> Result<(), ArchiveError> {
        if tile.leaves().end <= self.old {
            return Ok(());
        }
        // What an export that broke off left here is written again: it may be half a file.
        put(&self.folder.join(tile.path()), bytes)?;
        self.done.files += 1;
        match tile.level {
            TileLevel::Entries => self.done.entry_bytes += bytes.len() as u64,
            TileLevel::Hashes(_) => self.done.tile_bytes += bytes.len() as u64,
        }
        Ok(())
    }

    /// Holds the tree against what was signed at its size, and puts the partial tiles of such a size in place.
    fn hold(&mut self) -> Result<(), ArchiveError> {
        let (log, size, mut is_signed) = (self.log, self.tree.size(), false);
        for (_, root, of_source) in self.roots.iter().filter(|(of, ..)| *of == size) {
            if *root != self.tree.root() {
                return Err(if *of_source {
                    ArchiveError::untrue(log, format!("its {size} entries do not have the root that was signed"))
                } else {
                    ArchiveError::Parted { log, size }
                });
            }
            is_signed |= of_source;
        }
        if is_signed { self.edge() } else { Ok(()) }
    }

    /// The partial files at this size.
    fn edge(&mut self) -> Result<(), ArchiveError> {
        let partial: Vec<Finished> = self.tree.partial().collect();
        for (tile, bytes) in partial {
            self.tile(tile, &bytes)?;
        }
        let rest = u16::try_from(self.tree.size() % u64::from(TILE_WIDTH)).unwrap_or(0);
        if rest > 0 {
            let bundle = self.bundle.clone();
            let index = self.tree.size() / u64::from(TILE_WIDTH);
            let level = TileLevel::Entries;
            let width = rest;
            self.tile(Tile { level, index, width }, bundle.as_bytes())?;
        }
        Ok(())
    }

    fn end(mut self) -> Result<(), ArchiveError> {
        self.edge()
    }
}

/// Writes a file, with the folders above it.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<(), ArchiveError> {
    let write = || {
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        File::create(path)?.write_all(bytes)
    };
    write().map_err(|error| ArchiveError::file(path, error))
}

/// The same, unless it is there with these bytes.
pub(crate) fn put_new(path: &Path, bytes: &[u8]) -> Result<(), ArchiveError> {
    match fs::read(path) {
        Ok(known) if known == bytes => Ok(()),
        _ => put(path, bytes),
    }
}
