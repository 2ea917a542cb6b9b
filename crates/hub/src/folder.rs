//! The hub's folder, and how it comes into being.
//!
//! ```text
//! <data_dir>/             readable by its owner alone
//!   hub.seed              every key of the hub follows from it
//!   ca.pem, ca.key, server.pem, server.key
//!   log/                  the store
//!   views/                the ledgers' snapshot; it may be deleted at any time
//!   heard.json            what machines said in their last hellos; it may be deleted at any time
//!   admin.sock            while the hub runs
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use event::{JournalId, UnitCode};
use event_log::{SledStore, Store as _, StoreError, release_ballast};
use link::{Authority, AuthorityError, Surroundings, TlsError};
use sha2::{Digest, Sha256};

use crate::{Hub, HubConfig, Keys, Refusal};

const SEED: &str = "hub.seed";
const SEED_MAGIC: &[u8; 8] = b"MQSEED1\n";
/// Magic, 32 bytes of seed, 8 bytes of its hash: a file that was cut or changed is not taken for a seed.
const SEED_BYTES: usize = 48;

/// Why a hub cannot be created or run.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// A file of the folder.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The seed file is not one.
    #[error("{}: not a hub's seed, or damaged; take it from the backup", path.display())]
    Seed {
        /// The file.
        path: PathBuf,
    },
    /// The folder holds a hub, or the beginning of one.
    #[error("{} holds a hub already, or the beginning of one; choose an empty folder", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// The certificates.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The listener.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] Refusal),
    /// The address for the pages.
    #[error("web_listen: {address}: {source}; choose another address or leave the pages off")]
    Web {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A thread of the hub ended unasked.
    #[error("a thread of the hub ended: {0}")]
    Thread(String),
}

impl HubError {
    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.to_path_buf(),
            source,
        }
    }
}

/// Makes a new hub: its seed, its certificate authority with a server certificate for `names` (host
/// names and addresses), and its first journal. `unit` is the township, `name` what people call it.
///
/// # Errors
/// [`HubError::Taken`] if the folder holds something of a hub; whatever stands in the way otherwise.
pub fn create(
    config: &HubConfig,
    unit: UnitCode,
    name: &str,
    names: &[String],
    surroundings: &Surroundings,
) -> Result<(), HubError> {
    let dir = &config.data_dir;
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|source| HubError::file(dir, source))?;
    if ["ca.key", "log"].iter().any(|file| dir.join(file).exists()) {
        return Err(HubError::Taken { path: dir.clone() });
    }
    let authority = Authority::create(surroundings.random(), surroundings.random(), names)?;
    let seed = surroundings.random();
    write_seed(dir, &seed)?;
    authority.save(dir)?;
    let store = SledStore::create(config.store())?;
    let journal = JournalId::from_bytes(surroundings.random());
    let hub = Hub::init(store, Keys::from_seed(seed), unit, name, journal, &surroundings.now())?;
    Box::new(hub.into_store()).close()?;
    Ok(())
}

fn write_seed(dir: &Path, seed: &[u8; 32]) -> Result<(), HubError> {
    let path = dir.join(SEED);
    let wrong = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => HubError::Taken {
            path: dir.to_path_buf(),
        },
        _ => HubError::file(&path, source),
    };
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .map_err(wrong)?;
    let bytes = [&SEED_MAGIC[..], seed, &Sha256::digest(seed)[..8]].concat();
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(wrong)
}

/// The hub's keys.
///
/// # Errors
/// [`HubError::File`], [`HubError::Seed`].
pub(crate) fn read_keys(dir: &Path) -> Result<Keys, HubError> {
    let path = dir.join(SEED);
    let mut bytes = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(SEED_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(|source| HubError::file(&path, source))?;
    let seed = bytes
        .strip_prefix(SEED_MAGIC)
        .and_then(|rest| rest.split_first_chunk::<32>())
        .filter(|(seed, check)| Sha256::digest(seed)[..8] == **check);
    match seed {
        Some((seed, _)) => Ok(Keys::from_seed(*seed)),
        None => Err(HubError::Seed { path }),
    }
}

/// Opens the log. Where the disk is so full that the engine cannot even start, the space set aside is given up for it.
pub(crate) fn open_store(config: &HubConfig) -> Result<SledStore, StoreError> {
    match SledStore::open(config.store()) {
        Err(StoreError::Full { .. }) => {
            let bytes = release_ballast(&config.store().dir)?;
            tracing::warn!(
                bytes,
                "the disk is full: the space set aside was given up to open the log"
            );
            SledStore::open(config.store())
        }
        opened => opened,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_seed_is_its_owners_alone_and_a_damaged_one_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        write_seed(dir.path(), &[7; 32]).unwrap();
        let path = dir.path().join(SEED);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let keys = read_keys(dir.path()).unwrap();
        let same = Keys::from_seed([7; 32]);
        assert_eq!(keys.journal().public(), same.journal().public());
        assert!(matches!(write_seed(dir.path(), &[8; 32]), Err(HubError::Taken { .. })));
        let whole = fs::read(&path).unwrap();
        for (bytes, why) in [
            (whole[..47].to_vec(), "cut"),
            ([&whole[..], b"x"].concat(), "too long"),
            ([&whole[..20], &[0], &whole[21..]].concat(), "changed"),
        ] {
            fs::write(&path, bytes).unwrap();
            assert!(matches!(read_keys(dir.path()), Err(HubError::Seed { .. })), "{why}");
        }
    }
}
