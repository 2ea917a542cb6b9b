//! Finding cells wherever they can still be found: in a database that opens, and in raw files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::cell::{Cell, CellKind, MAGIC, claimed_length, meta_of};
use crate::engine::Source;
use crate::format::{FRAMES, HEADS, META, PACKS, STATE_KEY, TREES, VALUE_BYTES_MAX, head_key, key, meta_key, pack_key};
use crate::frame::pieces;
use crate::sled_engine::SledEngine;

/// Bytes of a raw file that are searched at a time.
const CHUNK_BYTES: usize = 8 << 20;

/// Where a cell was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Engine,
    File { file: usize, at: u64, length: usize },
}

/// One version of a cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) commit: u64,
    place: Place,
}

impl Candidate {
    /// Whether the database itself still had it.
    pub(crate) fn is_exported(self) -> bool {
        self.place == Place::Engine
    }
}

/// Every version of every cell that was found, by the key it has in the tree.
#[derive(Default)]
pub(crate) struct Found {
    engine: Option<SledEngine>,
    files: Vec<File>,
    cells: BTreeMap<Vec<u8>, Vec<Candidate>>,
}

/// The key under which a cell is kept.
fn key_of(cell: &Cell<'_>) -> Option<Vec<u8>> {
    Some(match cell.kind {
        CellKind::Frame => key(FRAMES, cell.log, cell.number).to_vec(),
        CellKind::Pack => pack_key(cell.log, cell.number, pieces(cell)?.0).to_vec(),
        CellKind::Tree => key(TREES, cell.log, cell.number).to_vec(),
        CellKind::Head => head_key(cell.log).to_vec(),
        CellKind::Meta => meta_key(meta_of(cell)?.0),
        CellKind::State => STATE_KEY.to_vec(),
    })
}

impl Found {
    /// Searches a raw file for cells. A missing file has none.
    pub(crate) fn carve(&mut self, path: &Path) -> io::Result<()> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file?,
        };
        let number = self.files.len();
        let mut chunk = vec![0; CHUNK_BYTES];
        // Offset of the chunk, and of the first byte not yet searched.
        let (mut base, mut next) = (0u64, 0u64);
        loop {
            let filled = fill(&file, &mut chunk, base)?;
            let bytes = &chunk[..filled];
            let last = filled < CHUNK_BYTES;
            // A cell that begins near the end of the chunk is left to the next, unless there is none.
            let stop = if last { filled } else { filled - VALUE_BYTES_MAX };
            let mut at = usize::try_from(next - base).unwrap_or(0);
            while let Some(hit) = bytes
                .get(at..stop)
                .and_then(|rest| rest.iter().position(|byte| *byte == MAGIC[0]))
            {
                at += hit;
                at += self.cell_at(number, base, bytes, at).unwrap_or(1);
            }
            if last {
                break;
            }
            next = base + at.max(stop) as u64;
            base += stop as u64;
        }
        self.files.push(file);
        Ok(())
    }

    /// Notes the cell that begins at `at`, and says how long it is.
    fn cell_at(&mut self, file: usize, base: u64, bytes: &[u8], at: usize) -> Option<usize> {
        let length = claimed_length(&bytes[at..])?;
        let cell = Cell::parse(bytes.get(at..at + length)?)?;
        let place = Place::File {
            file,
            at: base + at as u64,
            length,
        };
        self.cells.entry(key_of(&cell)?).or_default().push(Candidate {
            commit: cell.commit,
            place,
        });
        Some(length)
    }

    /// Notes every cell that an open database gives out, until it fails.
    pub(crate) fn export(&mut self, engine: SledEngine) {
        for (from, to) in [FRAMES, PACKS, TREES, HEADS, META, STATE_KEY[0]].map(|prefix| ([prefix], [prefix + 1])) {
            for pair in engine.range(&from, &to) {
                let Ok((key, value)) = pair else { break };
                let Some(cell) = Cell::parse(&value).filter(|cell| key_of(cell).as_deref() == Some(&*key)) else {
                    continue;
                };
                let place = Place::Engine;
                self.cells.entry(key.to_vec()).or_default().push(Candidate {
                    commit: cell.commit,
                    place,
                });
            }
        }
        self.engine = Some(engine);
    }

    /// Puts the candidates of each key in order: newest first, exported before carved.
    pub(crate) fn sort(&mut self) {
        for candidates in self.cells.values_mut() {
            candidates.sort_by_key(|candidate| (std::cmp::Reverse(candidate.commit), !candidate.is_exported()));
        }
    }

    /// Versions of one cell, best first.
    pub(crate) fn versions(&self, key: &[u8]) -> &[Candidate] {
        self.cells.get(key).map_or(&[], Vec::as_slice)
    }

    /// Keys from `from` up to `to`, without `to`.
    pub(crate) fn keys(&self, from: &[u8], to: &[u8]) -> impl Iterator<Item = &[u8]> {
        self.cells
            .range(from.to_vec()..to.to_vec())
            .map(|(key, _)| key.as_slice())
    }

    /// The bytes of a candidate; `None` if they can no longer be read.
    pub(crate) fn load(&self, key: &[u8], candidate: Candidate) -> Option<Vec<u8>> {
        match candidate.place {
            Place::Engine => Some(self.engine.as_ref()?.get(key).ok()??.to_vec()),
            Place::File { file, at, length } => {
                let mut bytes = vec![0; length];
                self.files.get(file)?.read_exact_at(&mut bytes, at).ok()?;
                Some(bytes)
            }
        }
    }

    /// The best version of a cell, whole.
    pub(crate) fn best(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.versions(key)
            .iter()
            .find_map(|candidate| self.load(key, *candidate))
    }

    /// Number of the newest commit of which anything was found.
    pub(crate) fn newest_commit(&self) -> u64 {
        self.cells
            .values()
            .flatten()
            .map(|candidate| candidate.commit)
            .max()
            .unwrap_or(0)
    }

    /// The database that was exported from, if it opened.
    pub(crate) const fn engine(&self) -> Option<&SledEngine> {
        self.engine.as_ref()
    }
}

fn fill(file: &File, chunk: &mut [u8], at: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < chunk.len() {
        match file.read_at(&mut chunk[filled..], at + filled as u64) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
