//! A copy of what opening may overwrite.
//!
//! When sled opens, it replays what was written since its last snapshot; at the first thing it cannot
//! read it takes the log to end there and overwrites the rest. A single flipped bit would so destroy
//! sound entries behind it. They are therefore copied aside before each open, and the copy is removed
//! once the check has passed. If it has not, [`crate::salvage`] carves from the copy.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Folder of the copy, within the store's folder.
pub(crate) const BEFORE: &str = "before-open";
/// sled's segment size: its default, which we never change.
const SEGMENT_BYTES: usize = 512 * 1024;

/// Copies the segments of `sled/db` that are newer than the last snapshot, at their own offsets in a
/// sparse file. A copy that is there already is older and worth more: it stays. Without enough space
/// no copy is made. Returns whether there is one.
pub(crate) fn keep(dir: &Path, sled: &Path, free: u64) -> io::Result<bool> {
    match copy(dir, sled, free) {
        Err(error) if error.kind() == io::ErrorKind::StorageFull => forget(dir).map(|()| false),
        kept => kept,
    }
}

fn copy(dir: &Path, sled: &Path, free: u64) -> io::Result<bool> {
    let folder = dir.join(BEFORE);
    if folder.join("db").exists() {
        return Ok(true);
    }
    let from = File::open(sled.join("db"))?;
    let since = snapshot_lsn(sled);
    let length = from.metadata()?.len();
    let mut wanted = Vec::new();
    let mut at = 0;
    while at < length {
        if is_newer(&from, at, since) {
            wanted.push(at);
        }
        at += SEGMENT_BYTES as u64;
    }
    if free / 2 < (wanted.len() * SEGMENT_BYTES) as u64 {
        tracing::warn!("too little space for a copy of what opening may overwrite");
        return Ok(false);
    }
    // Named `db` only when whole: a copy cut short by a crash must not pass for one.
    fs::create_dir_all(&folder)?;
    let part = folder.join("db.part");
    let to = File::create(&part)?;
    let mut segment = vec![0; SEGMENT_BYTES];
    for at in wanted {
        let mut filled = 0;
        while filled < SEGMENT_BYTES {
            match from.read_at(&mut segment[filled..], at + filled as u64)? {
                0 => break,
                n => filled += n,
            }
        }
        to.write_all_at(&segment[..filled], at)?;
    }
    fs::rename(part, folder.join("db"))?;
    Ok(true)
}

/// Removes the copy: the check passed.
pub(crate) fn forget(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir.join(BEFORE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Log sequence number of sled's last snapshot, from the name of its file; 0 without one.
fn snapshot_lsn(sled: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(sled) else { return 0 };
    let names = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter_map(|name| u64::from_str_radix(name.strip_prefix("snap.")?, 16).ok())
        .max()
        .unwrap_or(0)
}

/// Whether the segment at `at` may hold something newer than `since`. sled stores a segment's own
/// number, xor-ed, in bytes 4 to 12; one that cannot be understood counts as newer.
fn is_newer(db: &File, at: u64, since: u64) -> bool {
    let mut header = [0; 12];
    if db.read_exact_at(&mut header, at).is_err() {
        return true;
    }
    let number = header
        .last_chunk::<8>()
        .map(|bytes| u64::from_le_bytes(*bytes) ^ 0x7fff_ffff_ffff_ffff);
    number.is_none_or(|number| number + SEGMENT_BYTES as u64 >= since || number % SEGMENT_BYTES as u64 != 0)
}
