//! The auditor's folder.
//!
//! ```text
//! <data_dir>/       readable by its owner alone
//!   auditor.seed    the key under which it asks the hub
//!   hub.toml        the hub's address and the fingerprint of its authority
//!   enrolled        the hub's answer to the enrolment, as it was sent: it names the key that signs the journal
//!   log/            the mirror
//!   checkpoints/    every checkpoint of the journals that was ever seen, with its cosignatures
//!   evidence/       checkpoints that do not go on from one another
//! ```

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use event_log::{SledConfig, SledStore};
use link::{Patience, Pin};
use proof::OriginKey;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use sync::limits::MESSAGE_BYTES_MAX;
use sync::message::Enrolled;

use crate::AuditError;

const SEED: &str = "auditor.seed";
const SEED_MAGIC: &[u8; 8] = b"MQSEED1\n";
/// Magic, 32 bytes of seed, 8 bytes of its hash: a file that was cut or changed is not taken for a seed.
const SEED_BYTES: u64 = 48;
const HUB: &str = "hub.toml";
const HUB_BYTES_MAX: u64 = 4_096;
const ENROLLED: &str = "enrolled";

/// Where an auditor keeps its mirror, and how it behaves.
#[derive(Clone, Debug)]
pub struct AuditConfig {
    /// Folder of the auditor.
    pub data_dir: PathBuf,
    /// Megabytes (2^20 bytes) that must stay free on the disk.
    pub min_free_mib: u64,
    /// Megabytes (2^20 bytes) set aside for a full disk.
    pub ballast_mib: u64,
    /// Megabytes (2^20 bytes) of memory for the engine's cache.
    pub cache_mib: u64,
    /// How long the auditor waits for the hub.
    pub patience: Patience,
}

impl AuditConfig {
    /// The defaults for an auditor in `data_dir`.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            min_free_mib: 256,
            ballast_mib: 16,
            cache_mib: 64,
            patience: Patience::default(),
        }
    }

    /// The mirror's folder and how it behaves.
    #[must_use]
    pub fn store(&self) -> SledConfig {
        SledConfig {
            min_free_bytes: self.min_free_mib << 20,
            ballast_bytes: self.ballast_mib << 20,
            cache_bytes: self.cache_mib << 20,
            ..SledConfig::new(self.data_dir.join("log"))
        }
    }

    pub(crate) fn open(&self) -> Result<SledStore, AuditError> {
        Ok(SledStore::open(self.store())?)
    }
}

/// How this auditor finds and knows its hub.
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

/// Whether an auditor was enrolled in this folder.
#[must_use]
pub fn is_auditor(dir: &Path) -> bool {
    dir.join(ENROLLED).exists()
}

pub(crate) fn make(dir: &Path) -> Result<(), AuditError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|source| AuditError::file(dir, source))
}

/// Puts a small file in its place whole, readable by its owner alone: it is on the disk when this returns.
pub(crate) fn put_file(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), AuditError> {
    let (path, new) = (dir.join(name), dir.join(format!("{name}.new")));
    let put = || {
        let mut options = File::options();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(dir)?.sync_all()
    };
    put().map_err(|source| AuditError::file(&path, source))
}

pub(crate) fn get_file(dir: &Path, name: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, AuditError> {
    let path = dir.join(name);
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(|source| AuditError::file(&path, source))?,
    };
    let mut bytes = Vec::new();
    let read = file.take(bytes_max + 1).read_to_end(&mut bytes);
    read.map_err(|source| AuditError::file(&path, source))?;
    if bytes.len() as u64 > bytes_max {
        return Err(AuditError::content(&path, format!("longer than {bytes_max} bytes")));
    }
    Ok(Some(bytes))
}

/// The auditor's key; made of `fresh` and kept, durably, where there is none.
pub(crate) fn make_key(dir: &Path, fresh: [u8; 32]) -> Result<OriginKey, AuditError> {
    if !dir.join(SEED).exists() {
        let bytes = [&SEED_MAGIC[..], &fresh, &Sha256::digest(fresh)[..8]].concat();
        put_file(dir, SEED, &bytes)?;
    }
    key(dir)
}

pub(crate) fn key(dir: &Path) -> Result<OriginKey, AuditError> {
    let wrong = |words: &str| AuditError::content(&dir.join(SEED), words);
    let bytes = get_file(dir, SEED, SEED_BYTES)?;
    let bytes = bytes.ok_or_else(|| wrong("missing: run `minqing audit mirror --enrolment <file>` first"))?;
    let seed = bytes
        .strip_prefix(SEED_MAGIC)
        .and_then(|rest| rest.split_first_chunk::<32>())
        .filter(|(seed, check)| Sha256::digest(seed)[..8] == **check);
    let (seed, _) = seed.ok_or_else(|| wrong("not an auditor's seed, or damaged"))?;
    Ok(OriginKey::from_seed(*seed))
}

pub(crate) fn put_hub(dir: &Path, hub: &HubAddress) -> Result<(), AuditError> {
    // An address that was read from an enrolment file holds no quote and no backslash.
    let text = format!(
        "# The township hub that this auditor reads. Its address may be changed here; the fingerprint never changes.\n\
         hub = \"{}\"\nca_sha256 = \"{}\"\n",
        hub.hub, hub.ca_sha256
    );
    put_file(dir, HUB, text.as_bytes())
}

pub(crate) fn hub(dir: &Path) -> Result<HubAddress, AuditError> {
    let path = dir.join(HUB);
    let bytes = get_file(dir, HUB, HUB_BYTES_MAX)?;
    let bytes = bytes.ok_or_else(|| AuditError::content(&path, "missing: no auditor was enrolled in this folder"))?;
    let text = String::from_utf8(bytes).map_err(|error| AuditError::content(&path, error))?;
    let lines: HubLines = toml::from_str(&text).map_err(|error| AuditError::content(&path, error))?;
    let ca_sha256 = lines.ca_sha256.parse();
    Ok(HubAddress {
        hub: lines.hub,
        ca_sha256: ca_sha256.map_err(|error| AuditError::content(&path, error))?,
    })
}

pub(crate) fn put_enrolled(dir: &Path, enrolled: &Enrolled) -> Result<(), AuditError> {
    put_file(dir, ENROLLED, &sync::message::encode(enrolled))
}

pub(crate) fn enrolled(dir: &Path) -> Result<Enrolled, AuditError> {
    let path = dir.join(ENROLLED);
    let bytes = get_file(dir, ENROLLED, MESSAGE_BYTES_MAX as u64)?;
    let bytes = bytes.ok_or_else(|| AuditError::content(&path, "missing: no auditor was enrolled in this folder"))?;
    sync::message::decode(&bytes).map_err(|error| AuditError::content(&path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_an_auditor_says_what_to_do_and_a_damaged_seed_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_auditor(dir.path()));
        assert!(hub(dir.path()).unwrap_err().to_string().contains("hub.toml"));
        assert!(key(dir.path()).is_err_and(|error| error.to_string().contains("--enrolment")));
        let made = make_key(dir.path(), [7; 32]).unwrap();
        assert_eq!(make_key(dir.path(), [8; 32]).unwrap().public(), made.public());
        let mut bytes = fs::read(dir.path().join(SEED)).unwrap();
        bytes[20] ^= 1;
        fs::write(dir.path().join(SEED), bytes).unwrap();
        assert!(key(dir.path()).is_err());
    }
}
