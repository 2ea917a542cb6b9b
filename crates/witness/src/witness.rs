//! The witness without its sockets and clock.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::sync::{Mutex, PoisonError};

use proof::{AddCheckpoint, Hash, OriginKey, VerifierKey};

use crate::folder::{lock, make_dir, read_key, sync_dir};
use crate::watch::Watch;
use crate::{WitnessConfig, WitnessError, verifier_key};

/// What a request comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The checkpoint continues the last one, is on the disk, and this is its cosignature line.
    Cosigned(String),
    /// The request has another form, or its old size is above the checkpoint's.
    Malformed(String),
    /// The log is none of those watched.
    UnknownLog(String),
    /// The log's signature is missing or wrong.
    Unsigned(String),
    /// The newest cosigned checkpoint has this size, which is not the one that was named; or it is, and has another root.
    Conflict(u64),
    /// The consistency proof does not hold.
    Inconsistent(String),
}

/// What is remembered of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The log.
    pub log: VerifierKey,
    /// Size of the newest cosigned checkpoint.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// When it was cosigned: seconds since 1970; 0 if nothing was.
    pub time_s: u64,
    /// It, with the cosignature.
    pub note: Option<String>,
}

/// A witness in its folder.
#[derive(Debug)]
pub struct Witness {
    name: String,
    key: OriginKey,
    logs: BTreeMap<String, Mutex<Watch>>,
    /// Open as long as the folder is this process's.
    _lock: Option<File>,
}

impl Witness {
    /// Opens the witness of a folder, for this process alone.
    ///
    /// # Errors
    /// Every [`WitnessError`] but `Taken` and `Socket`.
    pub fn open(config: &WitnessConfig) -> Result<Self, WitnessError> {
        let held = lock(&config.data_dir)?;
        let mut witness = Self::read(config)?;
        witness._lock = Some(held);
        Ok(witness)
    }

    /// What the witness of a folder remembers, whether it runs or not.
    ///
    /// # Errors
    /// Every [`WitnessError`] but `Taken`, `Locked` and `Socket`.
    pub fn remembers(config: &WitnessConfig) -> Result<Vec<Seen>, WitnessError> {
        Ok(Self::read(config)?.seen())
    }

    fn read(config: &WitnessConfig) -> Result<Self, WitnessError> {
        let config = config.clone().checked()?;
        let key = read_key(&config.data_dir)?;
        let own = verifier_key(&config.data_dir, &config.name)?;
        let (logs, evidence) = (config.data_dir.join("logs"), config.data_dir.join("evidence"));
        make_dir(&logs)?;
        make_dir(&evidence)?;
        // A folder whose name is not on the disk may be gone after a power cut, and with it what was cosigned.
        sync_dir(&config.data_dir)?;
        let mut watched = BTreeMap::new();
        for log in config.logs {
            let name = log.vkey.name.clone();
            watched.insert(name, Mutex::new(Watch::open(&logs, &evidence, log.vkey, &own)?));
        }
        Ok(Self {
            name: config.name,
            key,
            logs: watched,
            _lock: None,
        })
    }

    /// Answers the body of a request. `now_s` is the time in seconds since 1970. Blocks until the disk has what the
    /// answer rests on.
    ///
    /// # Errors
    /// The disk's. Nothing was cosigned then; whether it was stored is seen at the next request.
    pub fn add_checkpoint(&self, body: &[u8], now_s: u64) -> io::Result<Answer> {
        let request = match AddCheckpoint::parse(body) {
            Ok(request) => request,
            Err(error) => return Ok(Answer::Malformed(error.to_string())),
        };
        let name = &request.checkpoint.claim().name;
        let Some(watch) = self.logs.get(name) else {
            return Ok(Answer::UnknownLog(name.clone()));
        };
        // A panic in between has changed nothing: the memory changes last.
        let mut watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
        watch.add(&request, &self.name, &self.key, now_s)
    }

    /// What is remembered of each log, by name.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        let watches = self.logs.values();
        watches
            .map(|watch| watch.lock().unwrap_or_else(PoisonError::into_inner).seen())
            .collect()
    }
}
