//! A forger with an exported folder: what was changed is put back afterwards.

use std::fs;
use std::path::{Path, PathBuf};

use archive::Log;
use proof::{EntryBundle, Tile, TileLevel, leaf_hash, node_hash};

/// Files as they were before they were touched.
pub(crate) struct Forger {
    dir: PathBuf,
    before: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl Drop for Forger {
    fn drop(&mut self) {
        for (path, bytes) in self.before.drain(..).rev() {
            match bytes {
                Some(bytes) => fs::write(path, bytes).unwrap(),
                None => fs::remove_file(path).unwrap(),
            }
        }
    }
}

impl Forger {
    pub(crate) fn new(dir: &Path) -> Self {
        let (dir, before) = (dir.to_owned(), Vec::new());
        Self { dir, before }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    pub(crate) fn write(&mut self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        self.before.push((path.clone(), fs::read(&path).ok()));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn remove(&mut self, name: &str) {
        let path = self.path(name);
        self.before.push((path.clone(), Some(fs::read(&path).unwrap())));
        fs::remove_file(path).unwrap();
    }

    /// The tile of a log of `size` that holds leaf `index` at a level of hashes, or of entries; and the number in it.
    pub(crate) fn tile(log: Log, size: u64, level: TileLevel, index: u64) -> (String, usize) {
        let shift = match level {
            TileLevel::Entries => 0,
            TileLevel::Hashes(level) => 8 * u32::from(level),
        };
        let at = index >> shift;
        let tile = Tile::all(size).find(|tile| tile.level == level && tile.index == at / 256);
        let path = format!("{}/{}", log.folder(), tile.unwrap().path());
        (path, usize::try_from(at % 256).unwrap())
    }

    /// Changes the entries of the bundle that holds leaf `index`; the change learns its number there.
    pub(crate) fn bundle(&mut self, log: Log, size: u64, index: u64, change: impl FnOnce(&mut Vec<Vec<u8>>, usize)) {
        let (path, at) = Self::tile(log, size, TileLevel::Entries, index);
        let bytes = self.read(&path);
        let mut entries: Vec<Vec<u8>> = EntryBundle::entries(&bytes)
            .map(|entry| entry.unwrap().to_vec())
            .collect();
        change(&mut entries, at);
        let mut bundle = EntryBundle::new();
        entries.iter().for_each(|entry| bundle.push(entry).unwrap());
        self.write(&path, bundle.as_bytes());
    }

    /// Puts the hash of what leaf `index` is now into the lowest tile; `levels` above it are computed again, too.
    pub(crate) fn rehash(&mut self, log: Log, size: u64, index: u64, levels: u8) {
        let (path, at) = Self::tile(log, size, TileLevel::Entries, index);
        let bytes = self.read(&path);
        let mut hash = leaf_hash(EntryBundle::entries(&bytes).nth(at).unwrap().unwrap());
        for level in 0..=levels {
            if size >> (8 * u32::from(level)) <= index >> (8 * u32::from(level)) {
                break;
            }
            let (path, at) = Self::tile(log, size, TileLevel::Hashes(level), index);
            let mut bytes = self.read(&path);
            bytes[32 * at..32 * at + 32].copy_from_slice(&hash);
            self.write(&path, &bytes);
            if bytes.len() < 8_192 {
                break;
            }
            let mut row: Vec<[u8; 32]> = bytes.as_chunks::<32>().0.to_vec();
            while row.len() > 1 {
                row = row.as_chunks::<2>().0.iter().map(|[a, b]| node_hash(a, b)).collect();
            }
            hash = row[0];
        }
    }
}
