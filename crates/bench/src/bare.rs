//! The yardsticks: what the disk and sled give to somebody who keeps no proof of anything.
//!
//! [`BareSled`] writes the same frames, as many entries and bytes to a value, with the same checksum, in one
//! batch behind the same barrier (`flush`, then `fdatasync` of `db`): no hashes, no tree, no heads, no mint, no
//! high-water mark. [`AppendFile`] is a file that was filled with zeros beforehand, written from its beginning,
//! with `fdatasync`.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use anyhow::Result;
use event_log::LogEntry;
use sled::{Batch, Db};

/// Most entries of a frame, and most bytes of a value, as in `event-log`.
const FRAME_ENTRIES_MAX: usize = 16;
const VALUE_BYTES_MAX: usize = 4_096;
const PACK_BYTES_MAX: usize = 3_584;
/// Bytes of a frame's, or a pack's, envelope; bytes before each entry of a frame and each piece of a pack.
const FRAME_BYTES: usize = 61;
const PACK_BYTES: usize = 45;
const ENTRY_BYTES: usize = 8;
const PIECE_BYTES: usize = 12;

/// sled with frames and a barrier, and nothing else.
pub(crate) struct BareSled {
    db: Db,
    file: File,
    next: u64,
}

impl BareSled {
    pub(crate) fn create(dir: &Path) -> Result<Self> {
        // As `event-log` has it.
        let config = sled::Config::new().path(dir).cache_capacity(32 << 20);
        let config = config.flush_every_ms(Some(5_000));
        let db = config.use_compression(false).open()?;
        let file = File::options().read(true).write(true).open(dir.join("db"))?;
        Ok(Self { db, file, next: 1 })
    }

    /// Makes entries durable in one batch.
    pub(crate) fn append(&mut self, entries: &[LogEntry]) -> Result<()> {
        let mut batch = Batch::default();
        let mut rest = entries;
        while !rest.is_empty() {
            let mut frame = vec![b'f'; FRAME_BYTES - 4];
            let mut packs = vec![vec![b'p'; PACK_BYTES - 4]];
            let mut count = 0;
            for entry in rest.iter().take(FRAME_ENTRIES_MAX) {
                if frame.len() + ENTRY_BYTES + entry.bytes.len() + 4 > VALUE_BYTES_MAX {
                    break;
                }
                frame.extend_from_slice(&[0; ENTRY_BYTES]);
                frame.extend_from_slice(&entry.bytes);
                if let Some(blob) = &entry.personal {
                    push_piece(&mut packs, blob);
                }
                count += 1;
            }
            batch.insert(&key(b'f', self.next, 0)[..25], sealed(frame));
            for (pack, index) in packs.into_iter().zip(0u8..).filter(|(pack, _)| pack.len() > PACK_BYTES) {
                batch.insert(&key(b'p', self.next, index), sealed(pack));
            }
            self.next += count as u64;
            rest = &rest[count..];
        }
        self.db.apply_batch(batch)?;
        self.db.flush()?;
        Ok(self.file.sync_data()?)
    }
}

fn push_piece(packs: &mut Vec<Vec<u8>>, blob: &[u8]) {
    let full = |pack: &Vec<u8>| pack.len() + PIECE_BYTES + blob.len() + 4 > PACK_BYTES_MAX;
    if packs.last().is_none_or(full) {
        packs.push(vec![b'p'; PACK_BYTES - 4]);
    }
    if let Some(pack) = packs.last_mut() {
        pack.extend_from_slice(&[0; PIECE_BYTES]);
        pack.extend_from_slice(blob);
    }
}

fn sealed(mut value: Vec<u8>) -> Vec<u8> {
    let crc = crc32c::crc32c(&value);
    value.extend_from_slice(&crc.to_be_bytes());
    value
}

fn key(prefix: u8, first: u64, index: u8) -> [u8; 26] {
    let mut key = [7; 26];
    key[0] = prefix;
    key[17..25].copy_from_slice(&first.to_be_bytes());
    key[25] = index;
    key
}

/// A file with its space, written from the beginning on.
pub(crate) struct AppendFile {
    file: File,
    at: u64,
}

impl AppendFile {
    /// A file of `bytes` zeros, on the disk.
    pub(crate) fn create(path: &Path, bytes: usize) -> Result<Self> {
        let mut file = File::create(path)?;
        let zeros = vec![0; 1 << 20];
        for _ in 0..bytes.div_ceil(zeros.len()) {
            file.write_all(&zeros)?;
        }
        file.sync_all()?;
        Ok(Self { file, at: 0 })
    }

    /// As [`AppendFile::create`], with space that the file system has set aside but not written.
    pub(crate) fn reserve(path: &Path, bytes: usize) -> Result<Self> {
        let file = File::create(path)?;
        rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes as u64)?;
        file.sync_all()?;
        Ok(Self { file, at: 0 })
    }

    /// Makes one record durable.
    pub(crate) fn append(&mut self, record: &[u8]) -> Result<()> {
        self.file.write_all_at(record, self.at)?;
        self.file.sync_data()?;
        self.at += record.len() as u64;
        Ok(())
    }
}
