//! A witness's folder.
//!
//! ```text
//! <data_dir>/             readable by its owner alone
//!   witness.seed          its key
//!   lock                  held while it runs
//!   logs/<id>.note        of each log: the newest checkpoint it cosigned, with its cosignature
//!   evidence/<id>-…       of each log: requests that speak of a fork
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use proof::{KeyKind, OriginKey, VerifierKey};
use sha2::{Digest as _, Sha256};

use crate::ConfigError;

const SEED: &str = "witness.seed";
const LOCK: &str = "lock";
const SEED_MAGIC: &[u8; 8] = b"MQWITN1\n";
/// Magic, 32 bytes of seed, 8 bytes of its hash: a file that was cut or changed is not taken for a seed.
const SEED_BYTES: u64 = 48;

/// Why a witness cannot be made or run.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// A file of the folder.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The seed file is not one.
    #[error("{}: not a witness's seed, or damaged", path.display())]
    Seed {
        /// The file.
        path: PathBuf,
    },
    /// The folder holds a witness.
    #[error("{} holds a witness already; choose an empty folder", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// Another process runs this witness.
    #[error("{}: another process runs this witness", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// What it has cosigned of a log cannot be read.
    #[error(
        "{}: what was cosigned of {log} is damaged ({reason}); a witness that has forgotten must not go on under its key: make a new one",
        path.display()
    )]
    Memory {
        /// The file.
        path: PathBuf,
        /// The log.
        log: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The listening socket.
    #[error("the listening socket is not usable: {0}")]
    Socket(io::Error),
}

impl WitnessError {
    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        Self::File { path, source }
    }
}

/// Makes a new witness in `dir`, with the key of this seed, and gives its verifier key.
///
/// # Errors
/// [`WitnessError::Taken`] if there is one, [`WitnessError::File`], [`WitnessError::Config`] for a name that is none.
pub fn create(dir: &Path, name: &str, seed: &[u8; 32]) -> Result<VerifierKey, WitnessError> {
    if !VerifierKey::is_name(name) {
        return Err(ConfigError::Name(name.to_owned()).into());
    }
    make_dir(dir)?;
    let path = dir.join(SEED);
    let wrong = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => WitnessError::Taken {
            path: dir.to_path_buf(),
        },
        _ => WitnessError::file(&path, source),
    };
    let bytes = [&SEED_MAGIC[..], seed, &Sha256::digest(seed)[..8]].concat();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .map_err(wrong)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(wrong)?;
    sync_dir(dir)?;
    verifier_key(dir, name)
}

/// The verifier key of the witness in `dir` under this name.
///
/// # Errors
/// [`WitnessError::File`] or [`WitnessError::Seed`].
pub fn verifier_key(dir: &Path, name: &str) -> Result<VerifierKey, WitnessError> {
    let (name, key) = (name.to_owned(), read_key(dir)?.public());
    let kind = KeyKind::Cosigner;
    Ok(VerifierKey { name, kind, key })
}

pub(crate) fn read_key(dir: &Path) -> Result<OriginKey, WitnessError> {
    let path = dir.join(SEED);
    let mut bytes = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(SEED_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|source| WitnessError::file(&path, source))?;
    let seed = bytes
        .strip_prefix(SEED_MAGIC)
        .and_then(|rest| rest.split_first_chunk::<32>())
        .filter(|(seed, check)| Sha256::digest(seed)[..8] == **check);
    match seed {
        Some((seed, _)) => Ok(OriginKey::from_seed(*seed)),
        None => Err(WitnessError::Seed { path }),
    }
}

/// Holds the folder for this process until the file is closed.
pub(crate) fn lock(dir: &Path) -> Result<File, WitnessError> {
    let path = dir.join(LOCK);
    let wrong = |source| WitnessError::file(&path, source);
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(wrong)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(WitnessError::Locked {
            path: dir.to_path_buf(),
        }),
        Err(TryLockError::Error(source)) => Err(wrong(source)),
    }
}

pub(crate) fn make_dir(dir: &Path) -> Result<(), WitnessError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|source| WitnessError::file(dir, source))
}

pub(crate) fn sync_dir(dir: &Path) -> Result<(), WitnessError> {
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(|source| WitnessError::file(dir, source))
}

/// Puts `bytes` in the place of a file: after this returns they are there for good, and at no time is there anything
/// but the whole of the old or the whole of the new. The folder of the file is synced too.
///
/// # Errors
/// Whatever the system reports; the file is then the old or the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&aside, path)?;
    let dir = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    File::open(dir)?.sync_all()
}
