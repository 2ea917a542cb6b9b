//! The accounts in one small file, replaced whole: a power cut leaves the old one or the new one.
//!
//! ```text
//! MQACCT1                      what it is
//! 5f0c…                        SHA-256 of the rest, 64 digits
//! {"accounts":[…],…}           JSON
//! ```

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::Accounts;
use crate::bounds::FILE_BYTES_MAX;

const MAGIC: &str = "MQACCT1";

/// Why the file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// What the system said.
    #[error("{}: {source}", path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is no accounts file, or a damaged one.
    #[error(
        "{}: {problem}. No record is touched by this. Put a good copy of the file back, or move it away: then a new one-time \
         code opens a new account (`--person` keeps the identity that earlier records name)",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

/// The accounts, and the file that holds them.
#[derive(Debug)]
pub struct AccountsFile {
    path: PathBuf,
    accounts: Accounts,
}

impl AccountsFile {
    /// Reads the file; where there is none, nobody has an account.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, FileError> {
        let path = path.into();
        let accounts = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Accounts::default(),
            Err(source) => return Err(FileError::System { path, source }),
            Ok(file) => {
                let mut bytes = Vec::new();
                if let Err(source) = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes) {
                    return Err(FileError::System { path, source });
                }
                match read(&bytes) {
                    Ok(accounts) => accounts,
                    Err(problem) => return Err(FileError::Damaged { path, problem }),
                }
            }
        };
        Ok(Self { path, accounts })
    }

    /// What it holds.
    #[must_use]
    pub const fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Changes the accounts. What `change` did is on the disk when this returns, or not done at all. May block.
    ///
    /// # Errors
    /// [`FileError::System`]; then nothing has changed.
    pub fn change<T>(&mut self, change: impl FnOnce(&mut Accounts) -> T) -> Result<T, FileError> {
        let mut changed = self.accounts.clone();
        let told = change(&mut changed);
        if changed != self.accounts {
            let put = write(&changed).and_then(|bytes| put(&self.path, &bytes));
            put.map_err(|source| FileError::System {
                path: self.path.clone(),
                source,
            })?;
            self.accounts = changed;
        }
        Ok(told)
    }
}

fn digest(body: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(body) {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn read(bytes: &[u8]) -> Result<Accounts, String> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("longer than {FILE_BYTES_MAX} bytes"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "not an accounts file".to_owned())?;
    let rest = text.strip_prefix(MAGIC).and_then(|rest| rest.strip_prefix('\n'));
    let (told, body) = rest
        .and_then(|rest| rest.split_once('\n'))
        .ok_or("not an accounts file")?;
    if told != digest(body.as_bytes()) {
        return Err("damaged: it is not what was written".to_owned());
    }
    serde_json::from_str(body).map_err(|error| format!("written by another version: {error}"))
}

fn write(accounts: &Accounts) -> io::Result<Vec<u8>> {
    let body = serde_json::to_string(accounts)?;
    Ok(format!("{MAGIC}\n{}\n{body}", digest(body.as_bytes())).into_bytes())
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path
        .parent()
        .ok_or_else(|| io::Error::other("the file stands in no folder"))?;
    let new = path.with_extension("new");
    let mut options = File::options();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(dir)?.sync_all()
}
