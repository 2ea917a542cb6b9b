//! What a witness is told at its start.

use std::net::SocketAddr;
use std::path::PathBuf;

use proof::{KeyKind, VerifierKey};
use serde::{Deserialize, Deserializer, de};

/// Most logs that one witness watches.
pub const WATCHED_LOGS_MAX: usize = 1_024;

/// A witness's configuration: read once, unknown keys refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// Folder of the witness: its key, what it has cosigned, evidence.
    pub data_dir: PathBuf,
    /// Name in its cosignature lines: no white space, no plus sign. Best an address that is nobody else's.
    pub name: String,
    /// Where the program listens.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// Most connections at once. Beyond it, newcomers wait in the system's queue.
    #[serde(default = "connections_max")]
    pub connections_max: usize,
    /// The logs that it watches.
    #[serde(default, rename = "log")]
    pub logs: Vec<WatchedLog>,
}

/// A log that is watched.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchedLog {
    /// The log's verifier key; its name is in it.
    #[serde(deserialize_with = "vkey")]
    pub vkey: VerifierKey,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The parser's words: the line, and what is wrong with it.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// The name cannot stand in a signature line.
    #[error("{0:?} is no name of a witness: it must not be empty nor hold white space, `+` or control characters")]
    Name(String),
    /// A key that is not one of a log.
    #[error("the key of {0} is one of a witness (type 0x04); a log's key has type 0x01")]
    Kind(String),
    /// A log stands there twice.
    #[error("the log {0} stands in the settings twice")]
    Twice(String),
    /// More logs than one witness watches.
    #[error("{0} logs; at most {WATCHED_LOGS_MAX} can be watched")]
    Many(usize),
}

impl WitnessConfig {
    /// The defaults for a witness in `data_dir`, watching nothing yet.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        Self {
            data_dir: data_dir.into(),
            name: name.into(),
            listen: listen(),
            connections_max: connections_max(),
            logs: Vec::new(),
        }
    }

    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text)?;
        config.checked()
    }

    /// The configuration, if it is one that a witness can run under.
    ///
    /// # Errors
    /// [`ConfigError`], all but `Toml`.
    pub fn checked(self) -> Result<Self, ConfigError> {
        if !VerifierKey::is_name(&self.name) {
            return Err(ConfigError::Name(self.name));
        }
        if self.logs.len() > WATCHED_LOGS_MAX {
            return Err(ConfigError::Many(self.logs.len()));
        }
        for (at, log) in self.logs.iter().enumerate() {
            if log.vkey.kind != KeyKind::Log {
                return Err(ConfigError::Kind(log.vkey.name.clone()));
            }
            if self.logs[..at].iter().any(|before| before.vkey.name == log.vkey.name) {
                return Err(ConfigError::Twice(log.vkey.name.clone()));
            }
        }
        Ok(self)
    }
}

fn listen() -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], 8_448))
}

const fn connections_max() -> usize {
    256
}

fn vkey<'de, D: Deserializer<'de>>(from: D) -> Result<VerifierKey, D::Error> {
    String::deserialize(from)?.parse().map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use proof::OriginKey;

    use super::*;

    fn log(name: &str, kind: KeyKind) -> String {
        let (name, key) = (name.to_owned(), OriginKey::from_seed([1; 32]).public());
        format!("[[log]]\nvkey = \"{}\"\n", VerifierKey { name, kind, key })
    }

    #[test]
    fn a_file_is_read_strictly() {
        let head = "data_dir = \"w\"\nname = \"witness.example/w\"\n";
        let config = WitnessConfig::from_toml(&(head.to_owned() + &log("a", KeyKind::Log) + &log("b", KeyKind::Log)));
        let config = config.unwrap();
        assert_eq!((config.logs.len(), config.connections_max), (2, 256));
        let refused = |text: String| WitnessConfig::from_toml(&text).unwrap_err().to_string();
        assert!(refused(head.to_owned() + "lisen = 1\n").contains("lisen"));
        assert!(refused(head.to_owned() + &log("a", KeyKind::Log) + "url = 1\n").contains("url"));
        assert!(refused(head.to_owned() + &log("a", KeyKind::Log) + &log("a", KeyKind::Log)).contains("twice"));
        assert!(refused(head.to_owned() + &log("a", KeyKind::Cosigner)).contains("0x04"));
        assert!(refused(head.to_owned() + &log("a", KeyKind::Log).replace("+", "-")).contains("verifier key"));
        assert!(refused("data_dir = \"w\"\nname = \"my witness\"\n".to_owned()).contains("my witness"));
    }
}
