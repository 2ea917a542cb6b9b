//! The high-water mark: what the database must at least hold, kept outside it.
//!
//! sled can lose its tail in silence (a truncated file opens without an error), so what was once
//! there is written down in a small file of its own, replaced atomically.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use crc32c::crc32c;

use crate::frame::FrameHash;
use crate::{Disk, LogId};

const MAGIC: &[u8; 8] = b"MQmark\0\x01";
const ROW_BYTES: usize = 16 + 8 + 8 + 16;
pub(crate) const MARK: &str = "mark";

/// How far one log had come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogMark {
    pub(crate) log: LogId,
    pub(crate) size: u64,
    /// First sequence and hash of the last accepted frame.
    pub(crate) first: u64,
    pub(crate) hash: FrameHash,
}

/// How far the store had come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) commits: u64,
    pub(crate) logs: Vec<LogMark>,
}

impl Mark {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(28 + ROW_BYTES * self.logs.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.commits.to_be_bytes());
        for row in &self.logs {
            bytes.extend_from_slice(&row.log.0);
            bytes.extend_from_slice(&row.size.to_be_bytes());
            bytes.extend_from_slice(&row.first.to_be_bytes());
            bytes.extend_from_slice(&row.hash);
        }
        let crc = crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_be_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (content, crc) = bytes.split_last_chunk::<4>()?;
        if u32::from_be_bytes(*crc) != crc32c(content) {
            return None;
        }
        let rest = content.strip_prefix(MAGIC)?;
        let (commits, rows) = rest.split_first_chunk::<8>()?;
        let (rows, tail) = rows.as_chunks::<ROW_BYTES>();
        let logs = rows.iter().map(|row| {
            Some(LogMark {
                log: LogId(*row.first_chunk()?),
                size: u64::from_be_bytes(*row[16..].first_chunk()?),
                first: u64::from_be_bytes(*row[24..].first_chunk()?),
                hash: *row[32..].first_chunk()?,
            })
        });
        let logs = logs.collect::<Option<_>>()?;
        tail.is_empty().then_some(Self {
            commits: u64::from_be_bytes(*commits),
            logs,
        })
    }

    /// Reads the mark of a store; `None` if it is missing or does not pass its checksum.
    pub(crate) fn read(dir: &Path) -> Option<Self> {
        Self::from_bytes(&fs::read(dir.join(MARK)).ok()?)
    }

    /// Replaces the mark: write, sync, rename, sync the directory.
    pub(crate) fn write(&self, dir: &Path, disk: &dyn Disk) -> io::Result<()> {
        let new = dir.join("mark.new");
        let mut file = File::create(&new)?;
        file.write_all(&self.to_bytes())?;
        disk.barrier(&file)?;
        fs::rename(&new, dir.join(MARK))?;
        disk.barrier(&File::open(dir)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_back_and_every_flipped_bit_is_found() {
        let row = LogMark {
            log: LogId([2; 16]),
            size: 40,
            first: 33,
            hash: [5; 16],
        };
        let mark = Mark {
            commits: 12,
            logs: vec![row, LogMark::default()],
        };
        let bytes = mark.to_bytes();
        assert_eq!(Mark::from_bytes(&bytes), Some(mark));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Mark::from_bytes(&flipped), None, "bit {bit}");
        }
    }
}
