//! A witness: it remembers, of each log that it watches, the newest tree head it has cosigned, and cosigns another only
//! if that one continues it (c2sp.org/tlog-witness, tlog-cosignature).
//!
//! Its whole worth is that memory. A checkpoint is on the disk before its cosignature leaves; two requests at once
//! cannot set it back; what speaks of a fork is refused and kept as evidence. It reads no entry and knows no residents:
//! any office that is not the township's own can run one.
//!
//! It speaks plain HTTP on purpose: everything that it takes and gives is signed and public. Where a door needs TLS, a
//! reverse proxy gives it.
//!
//! **A witness is never restored from a backup.** An older memory under the same key could be made to cosign a second
//! history. What comes back from a backup is made a new witness, with a new key.

mod config;
mod folder;
mod run;
mod watch;
mod witness;

pub use config::{ConfigError, WATCHED_LOGS_MAX, WatchedLog, WitnessConfig};
pub use folder::{WitnessError, create, verifier_key};
pub use run::{run, serve};
pub use watch::EVIDENCE_FILES_MAX;
pub use witness::{Answer, Seen, Witness};
