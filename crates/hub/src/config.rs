//! What a hub is told at its start.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use event_log::{Disk, RealDisk, SledConfig};
use link::{GateLimits, Limits};
use proof::{KeyKind, VerifierKey};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A hub's configuration: read once, unknown keys refused.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubConfig {
    /// Folder of the hub: keys, certificates, log, admin socket.
    pub data_dir: PathBuf,
    /// `host:port` under which villages reach this hub; it goes into enrolment files.
    pub address: String,
    /// Where the program listens.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// Where the pages of the township's desk are served; there are none where it is absent. Beyond this machine they have no
    /// encryption of their own: put a proxy with TLS before them.
    #[serde(default)]
    pub web_listen: Option<SocketAddr>,
    /// Host names under which the pages may be opened, beside `localhost` and addresses in digits: those of the proxy.
    #[serde(default)]
    pub web_names: Vec<String>,
    /// Megabytes (2^20 bytes) that must stay free on the disk for anything to be taken in.
    #[serde(default = "min_free_mib")]
    pub min_free_mib: u64,
    /// Megabytes (2^20 bytes) set aside for a full disk.
    #[serde(default = "ballast_mib")]
    pub ballast_mib: u64,
    /// Megabytes (2^20 bytes) of memory for the engine's cache.
    #[serde(default = "cache_mib")]
    pub cache_mib: u64,
    /// Witnesses that are asked for cosignatures.
    #[serde(default, rename = "witness")]
    pub witnesses: Vec<WitnessConfig>,
    /// Bounds of connections.
    #[serde(skip)]
    pub limits: Limits,
    /// Bounds of pushes.
    #[serde(skip, default = "push_gate")]
    pub pushes: GateLimits,
    /// The disk below the log; tests put their own here.
    #[serde(skip, default = "real_disk")]
    pub disk: Arc<dyn Disk>,
}

impl HubConfig {
    /// The defaults for a hub in `data_dir` that villages reach at `address`.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>, address: impl Into<String>) -> Self {
        Self {
            data_dir: data_dir.into(),
            address: address.into(),
            listen: listen(),
            web_listen: None,
            web_names: Vec::new(),
            min_free_mib: min_free_mib(),
            ballast_mib: ballast_mib(),
            cache_mib: cache_mib(),
            witnesses: Vec::new(),
            limits: Limits::default(),
            pushes: push_gate(),
            disk: real_disk(),
        }
    }

    /// Reads a configuration file.
    ///
    /// # Errors
    /// The parser's words: the line, and what is wrong with it.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The keys of the witnesses that are asked.
    #[must_use]
    pub fn witness_keys(&self) -> Vec<VerifierKey> {
        self.witnesses.iter().map(|witness| witness.key.clone()).collect()
    }

    /// The log's folder and how it behaves.
    #[must_use]
    pub fn store(&self) -> SledConfig {
        SledConfig {
            min_free_bytes: self.min_free_mib << 20,
            ballast_bytes: self.ballast_mib << 20,
            cache_bytes: self.cache_mib << 20,
            disk: Arc::clone(&self.disk),
            ..SledConfig::new(self.data_dir.join("log"))
        }
    }
}

/// A witness: a county's, for instance, that runs `minqing witness`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// Where it is asked: the address before `/add-checkpoint` (c2sp.org/tlog-witness).
    pub url: String,
    /// Its verifier key, as `minqing witness init` prints it.
    #[serde(deserialize_with = "cosigner_key")]
    pub key: VerifierKey,
    /// Minutes between two askings.
    #[serde(default = "witness_minutes")]
    pub every_minutes: u32,
}

fn cosigner_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<VerifierKey, D::Error> {
    let text = String::deserialize(deserializer)?;
    let key: VerifierKey = text.parse().map_err(D::Error::custom)?;
    if key.kind == KeyKind::Cosigner {
        Ok(key)
    } else {
        Err(D::Error::custom("this is the key of a log, not of a witness"))
    }
}

const fn witness_minutes() -> u32 {
    15
}

impl fmt::Debug for HubConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubConfig")
            .field("data_dir", &self.data_dir)
            .field("address", &self.address)
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

fn listen() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 8_443))
}

const fn min_free_mib() -> u64 {
    256
}

const fn ballast_mib() -> u64 {
    64
}

const fn cache_mib() -> u64 {
    128
}

/// A push inside the gate is mostly a slow link delivering its body; one writer takes them in. So the
/// bytes are what is bounded, and a county's villages may all be sending at once.
fn push_gate() -> GateLimits {
    GateLimits {
        running_max: 512,
        inside_max: 1_024,
        bytes_max: 64 << 20,
        ..GateLimits::default()
    }
}

fn real_disk() -> Arc<dyn Disk> {
    Arc::new(RealDisk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_two_lines_is_enough_and_unknown_keys_are_refused() {
        let config = HubConfig::from_toml("data_dir = \"/srv/hub\"\naddress = \"hub.example:8443\"\n").unwrap();
        assert_eq!((config.min_free_mib, config.pushes.running_max), (256, 512));
        assert_eq!(config.store().dir, PathBuf::from("/srv/hub/log"));
        let error = HubConfig::from_toml("data_dir = \"/srv/hub\"\naddress = \"h:1\"\nadress = \"h:2\"\n");
        assert!(error.unwrap_err().to_string().contains("adress"));
    }
}
