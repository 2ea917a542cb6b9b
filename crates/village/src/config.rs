//! What a village node is told at its start.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use event_log::{Disk, RealDisk, SledConfig};
use link::Patience;
use serde::Deserialize;

/// A node's configuration: read once, unknown keys refused.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VillageConfig {
    /// Folder of the node: key, hub's address, log, socket.
    pub data_dir: PathBuf,
    /// Megabytes (2^20 bytes) that must stay free on the disk for anything to be recorded.
    #[serde(default = "min_free_mib")]
    pub min_free_mib: u64,
    /// Megabytes (2^20 bytes) set aside for a full disk.
    #[serde(default = "ballast_mib")]
    pub ballast_mib: u64,
    /// Megabytes (2^20 bytes) of memory for the engine's cache.
    #[serde(default = "cache_mib")]
    pub cache_mib: u64,
    /// Address and port of the pages for people, such as 127.0.0.1:8480; absent = no pages. Without encryption: beyond
    /// this machine passwords can be read on the network.
    #[serde(default)]
    pub web_listen: Option<SocketAddr>,
    /// How long the node waits for the hub.
    #[serde(skip)]
    pub patience: Patience,
    /// The disk below the log; tests put their own here.
    #[serde(skip, default = "real_disk")]
    pub disk: Arc<dyn Disk>,
}

impl VillageConfig {
    /// The defaults for a node in `data_dir`.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            min_free_mib: min_free_mib(),
            ballast_mib: ballast_mib(),
            cache_mib: cache_mib(),
            web_listen: None,
            patience: Patience::default(),
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

impl fmt::Debug for VillageConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VillageConfig")
            .field("data_dir", &self.data_dir)
            .finish_non_exhaustive()
    }
}

const fn min_free_mib() -> u64 {
    256
}

const fn ballast_mib() -> u64 {
    64
}

const fn cache_mib() -> u64 {
    32
}

fn real_disk() -> Arc<dyn Disk> {
    Arc::new(RealDisk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_enough_and_unknown_keys_are_refused() {
        let config = VillageConfig::from_toml("data_dir = \"/srv/village\"\n").unwrap();
        assert_eq!(config.web_listen, None);
        let with_pages = "data_dir = \"/srv/village\"\nweb_listen = \"127.0.0.1:8480\"\n";
        let with_pages = VillageConfig::from_toml(with_pages).unwrap();
        assert_eq!(with_pages.web_listen, "127.0.0.1:8480".parse().ok());
        assert_eq!((config.min_free_mib, config.cache_mib), (256, 32));
        assert_eq!(config.store().dir, PathBuf::from("/srv/village/log"));
        let error = VillageConfig::from_toml("data_dir = \"/srv/village\"\nhub = \"h:2\"\n").unwrap_err();
        assert!(error.to_string().contains("hub"));
    }
}
