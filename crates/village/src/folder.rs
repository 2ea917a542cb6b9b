//! The node's folder.
//!
//! ```text
//! <data_dir>/       readable by its owner alone
//!   node.seed       the first key of this machine; later ones stand in the log
//!   hub.toml        the hub's address and the fingerprint of its authority
//!   enrolled        the hub's answer to the enrolment, as it was sent
//!   accounts        who may sign in at the pages, once somebody may
//!   drafts/         what was typed into forms and is not recorded yet
//!   repaired.json   what the last repair of the log kept and missed, if there was one
//!   log/            the store
//!   views/          the ledgers' snapshot; it may be deleted at any time
//!   node.sock       while the node runs
//! ```

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use event_log::{SledStore, StoreError, release_ballast};
use link::{IdentityError, LinkError, Pin, Problem};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use sync::limits::MESSAGE_BYTES_MAX;
use sync::message::{Enrolled, MessageError};

use crate::{NodeError, VillageConfig};

const SEED: &str = "node.seed";
const SEED_MAGIC: &[u8; 8] = b"MQSEED1\n";
/// Magic, 32 bytes of seed, 8 bytes of its hash: a file that was cut or changed is not taken for a seed.
const SEED_BYTES: u64 = 48;
const HUB: &str = "hub.toml";
const HUB_BYTES_MAX: u64 = 4_096;
const ENROLLED: &str = "enrolled";

/// Why a node cannot be created, opened or repaired.
#[derive(Debug, thiserror::Error)]
pub enum VillageError {
    /// A file of the folder.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that does not hold what its name says.
    #[error("{}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The folder holds a node already.
    #[error("{} holds a node already; choose an empty folder", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// The enrolment file is not for a village.
    #[error("this enrolment file is for an auditor; ask the township for one for a village")]
    Role,
    /// No usable answer from the hub. Asking again with the same file is safe.
    #[error("{0}; nothing is lost, try again with the same file")]
    Link(#[from] LinkError),
    /// The hub refused.
    #[error("the hub refused: {0}")]
    Refused(Problem),
    /// The hub's answer cannot be read.
    #[error("the hub's answer cannot be used: {0}")]
    Answer(String),
    /// The certificate.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The node in it.
    #[error(transparent)]
    Node(NodeError),
    /// The address for the pages.
    #[error("web_listen: {address}: {source}; choose another address or leave the pages off")]
    Web {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A thread of the node ended unasked, or none could be started.
    #[error("a thread of the node: {0}")]
    Thread(String),
}

impl From<NodeError> for VillageError {
    fn from(error: NodeError) -> Self {
        match error {
            NodeError::Store(error) => Self::Store(error),
            other => Self::Node(other),
        }
    }
}

impl From<MessageError> for VillageError {
    fn from(error: MessageError) -> Self {
        Self::Answer(error.to_string())
    }
}

impl VillageError {
    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.to_path_buf(),
            source,
        }
    }

    fn content(path: &Path, problem: impl ToString) -> Self {
        Self::Content {
            path: path.to_path_buf(),
            problem: problem.to_string(),
        }
    }
}

/// How this node finds and knows its hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubAddress {
    /// `host:port`.
    pub hub: String,
    /// The fingerprint of its authority.
    pub ca_sha256: Pin,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HubLines {
    hub: String,
    ca_sha256: String,
}

pub(crate) fn make_folder(dir: &Path) -> Result<(), VillageError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|source| VillageError::file(dir, source))
}

/// Puts a small file in its place whole, readable by its owner alone: it is on the disk when this returns.
pub(crate) fn put_file(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), VillageError> {
    let (path, new) = (dir.join(name), dir.join(format!("{name}.new")));
    let put = || {
        let mut options = File::options();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(dir)?.sync_all()
    };
    put().map_err(|source| VillageError::file(&path, source))
}

/// The file's bytes, or `None` if there is no such file.
pub(crate) fn get_file(dir: &Path, name: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, VillageError> {
    let path = dir.join(name);
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(|source| VillageError::file(&path, source))?,
    };
    let mut bytes = Vec::new();
    let read = file.take(bytes_max + 1).read_to_end(&mut bytes);
    read.map_err(|source| VillageError::file(&path, source))?;
    if bytes.len() as u64 > bytes_max {
        return Err(VillageError::content(&path, format!("longer than {bytes_max} bytes")));
    }
    Ok(Some(bytes))
}

/// The seed of this machine's first key; made of `fresh` and kept, durably, where there is none.
pub(crate) fn seed(dir: &Path, fresh: [u8; 32]) -> Result<[u8; 32], VillageError> {
    match known_seed(dir)? {
        Some(seed) => Ok(seed),
        None => {
            let bytes = [&SEED_MAGIC[..], &fresh, &Sha256::digest(fresh)[..8]].concat();
            put_file(dir, SEED, &bytes)?;
            Ok(fresh)
        }
    }
}

pub(crate) fn known_seed(dir: &Path) -> Result<Option<[u8; 32]>, VillageError> {
    let Some(bytes) = get_file(dir, SEED, SEED_BYTES)? else {
        return Ok(None);
    };
    let seed = bytes
        .strip_prefix(SEED_MAGIC)
        .and_then(|rest| rest.split_first_chunk::<32>())
        .filter(|(seed, check)| Sha256::digest(seed)[..8] == **check);
    match seed {
        Some((seed, _)) => Ok(Some(*seed)),
        None => Err(VillageError::content(
            &dir.join(SEED),
            "not a node's seed, or damaged; ask the township for a new enrolment file and an empty folder",
        )),
    }
}

pub(crate) fn put_hub(dir: &Path, hub: &HubAddress) -> Result<(), VillageError> {
    // An address that was read from an enrolment file holds no quote and no backslash.
    let text = format!(
        "# The township hub of this machine. Its address may be changed here; the fingerprint never changes.\n\
         hub = \"{}\"\nca_sha256 = \"{}\"\n",
        hub.hub, hub.ca_sha256
    );
    put_file(dir, HUB, text.as_bytes())
}

pub(crate) fn hub(dir: &Path) -> Result<HubAddress, VillageError> {
    let path = dir.join(HUB);
    let bytes = get_file(dir, HUB, HUB_BYTES_MAX)?;
    let bytes = bytes.ok_or_else(|| VillageError::content(&path, "missing: run `minqing village init` first"))?;
    let text = String::from_utf8(bytes).map_err(|error| VillageError::content(&path, error))?;
    let lines: HubLines = toml::from_str(&text).map_err(|error| VillageError::content(&path, error))?;
    let ca_sha256 = lines.ca_sha256.parse();
    Ok(HubAddress {
        hub: lines.hub,
        ca_sha256: ca_sha256.map_err(|error| VillageError::content(&path, error))?,
    })
}

pub(crate) fn put_enrolled(dir: &Path, enrolled: &Enrolled) -> Result<(), VillageError> {
    put_file(dir, ENROLLED, &sync::message::encode(enrolled))
}

pub(crate) fn enrolled(dir: &Path) -> Result<Option<Enrolled>, VillageError> {
    let bytes = get_file(dir, ENROLLED, MESSAGE_BYTES_MAX as u64)?;
    let read = |bytes: Vec<u8>| sync::message::decode(&bytes);
    Ok(bytes.map(read).transpose()?)
}

/// Opens the log. Where the disk is so full that the engine cannot even start, the space set aside is given up for it.
pub(crate) fn open_store(config: &VillageConfig) -> Result<SledStore, StoreError> {
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
    fn the_seed_is_made_once_and_a_damaged_one_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(seed(dir.path(), [7; 32]).unwrap(), [7; 32]);
        assert_eq!(seed(dir.path(), [8; 32]).unwrap(), [7; 32]);
        let path = dir.path().join(SEED);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let mut bytes = fs::read(&path).unwrap();
        bytes[20] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(matches!(seed(dir.path(), [8; 32]), Err(VillageError::Content { .. })));
    }

    #[test]
    fn the_hubs_address_may_be_changed_by_hand() {
        let dir = tempfile::tempdir().unwrap();
        let one = HubAddress {
            hub: "hub.example:8443".to_owned(),
            ca_sha256: Pin([9; 32]),
        };
        put_hub(dir.path(), &one).unwrap();
        assert_eq!(hub(dir.path()).unwrap(), one);
        let text = fs::read_to_string(dir.path().join(HUB)).unwrap();
        fs::write(dir.path().join(HUB), text.replace("hub.example", "192.0.2.1")).unwrap();
        assert_eq!(hub(dir.path()).unwrap().hub, "192.0.2.1:8443");
        fs::write(dir.path().join(HUB), "hub = \"h:1\"\n").unwrap();
        assert!(hub(dir.path()).unwrap_err().to_string().contains("ca_sha256"));
    }
}
