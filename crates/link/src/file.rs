//! Small files that are written once and read whole: keys, certificates, enrolments.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Writes a file that must not exist yet, with these permissions from its first byte on, and syncs it.
/// A stick without permissions (FAT) ignores the mode.
pub(crate) fn write_new(path: &Path, mode: u32, bytes: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The whole file, or an error if it is longer than `bytes_max`.
pub(crate) fn read_bounded(path: &Path, bytes_max: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(len) if len <= bytes_max => Ok(bytes),
        _ => Err(Error::new(
            ErrorKind::InvalidData,
            format!("longer than {bytes_max} bytes"),
        )),
    }
}
