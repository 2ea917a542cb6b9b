//! The few things asked of the disk itself, behind a trait so that tests can cut the power.

use std::fs::File;
use std::io;
use std::path::Path;

/// Barriers and free space. Every sync of this crate's own goes through here.
pub trait Disk: Send + Sync {
    /// Returns once everything written to `file` is on the disk, its length included.
    ///
    /// # Errors
    /// Whatever the system reports; the store then counts the outcome as unknown.
    fn barrier(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    /// Bytes that this user may still write on the disk that holds `path`.
    ///
    /// # Errors
    /// Whatever the system reports.
    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        free_space(path)
    }
}

/// The disk as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {}

/// Bytes that this user may still write on the disk that holds `path`.
///
/// # Errors
/// Whatever the system reports, for instance that the path does not exist.
pub fn free_space(path: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}
