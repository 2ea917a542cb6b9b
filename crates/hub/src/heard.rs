//! What machines said of themselves in their hellos, kept over a restart in one small file.
//!
//! None of it is in the journal and no figure depends on it: it says whom to call. The file may be deleted at any time;
//! then it is not known what waits in the villages until they say hello again.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use event::{Day, JournalId, Origin};
use serde::{Deserialize, Serialize};
use sync::message::Hello;
use tokio::sync::watch;

use crate::office::Shared;

/// The file in the hub's folder.
const FILE: &str = "heard.json";
/// Longest file that is read, in bytes: some 400 for each machine.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// Longest name of a program that is kept, in characters.
const SOFTWARE_CHARS_MAX: usize = 64;
/// Days of contact that are kept.
const DAYS_KEPT: usize = 14;
/// How often the file is written where something changed. What a crash takes is said again in the next hello.
const WRITE_EVERY: Duration = Duration::from_secs(60);
/// A clock that differs by more than so much is off, in milliseconds: ten minutes, as for the hub's own doubts.
pub(crate) const CLOCK_OFF_MS: u64 = 600_000;

/// What a machine said in its last hello.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Heard {
    /// Hub's wall clock, in milliseconds.
    pub(crate) at_ms: u64,
    /// Entries it had not delivered.
    pub(crate) pending: u64,
    /// Its program.
    pub(crate) software: String,
    /// Its wall clock minus the hub's, in milliseconds.
    pub(crate) wall_lead_ms: i64,
    /// Whether it follows a time server.
    pub(crate) ntp: bool,
    /// Since when its clock has been off, in milliseconds by the hub's.
    pub(crate) off_since_ms: Option<u64>,
    /// The last days on which it was heard, in UTC+8, ascending.
    pub(crate) days: Vec<Day>,
    /// The journal of which it holds a copy, and how many of its records.
    #[serde(default)]
    pub(crate) holds: Option<(JournalId, u64)>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    origin: Origin,
    #[serde(flatten)]
    heard: Heard,
}

#[derive(Default)]
struct Book {
    known: BTreeMap<Origin, Heard>,
    is_new: bool,
}

/// What every machine said, and the file of it.
pub(crate) struct HeardKept {
    path: PathBuf,
    book: Mutex<Book>,
}

impl HeardKept {
    /// Reads the file, if there is one that can be read.
    pub(crate) fn open(dir: &Path) -> Self {
        let path = dir.join(FILE);
        let known = match read(&path) {
            Ok(known) => known,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => {
                tracing::warn!(%error, "what machines said before is not known: {FILE} cannot be read");
                BTreeMap::new()
            }
        };
        Self {
            path,
            book: Mutex::new(Book { known, is_new: false }),
        }
    }

    /// Notes what a machine said at `now_ms` of the hub's wall clock.
    pub(crate) fn hear(&self, origin: Origin, hello: &Hello, now_ms: u64) {
        let signed = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
        let wall_lead_ms = signed(hello.wall_ms).saturating_sub(signed(now_ms));
        let today = Day::of_instant(signed(now_ms));
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let before = book.known.remove(&origin);
        let (off_since_ms, mut days) = before.map_or((None, Vec::new()), |heard| (heard.off_since_ms, heard.days));
        // A hub's clock that was set back leaves days behind that have not come yet.
        days.retain(|day| *day < today);
        days.push(today);
        days.drain(..days.len().saturating_sub(DAYS_KEPT));
        let is_off = wall_lead_ms.unsigned_abs() > CLOCK_OFF_MS;
        let heard = Heard {
            at_ms: now_ms,
            pending: hello.pending,
            software: hello.software.chars().take(SOFTWARE_CHARS_MAX).collect(),
            wall_lead_ms,
            ntp: hello.ntp,
            off_since_ms: is_off.then(|| off_since_ms.unwrap_or(now_ms)),
            days,
            holds: hello.cursor.map(|cursor| (cursor.journal, cursor.position.0)),
        };
        book.known.insert(origin, heard);
        book.is_new = true;
    }

    /// What a machine said last.
    pub(crate) fn of(&self, origin: Origin) -> Option<Heard> {
        let book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.known.get(&origin).cloned()
    }

    /// Writes the file, if something changed since the last time.
    fn save(&self) -> io::Result<()> {
        let kept: Vec<Kept> = {
            let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
            if !std::mem::take(&mut book.is_new) {
                return Ok(());
            }
            let known = book.known.iter();
            let known = known.map(|(origin, heard)| Kept {
                origin: *origin,
                heard: heard.clone(),
            });
            known.collect()
        };
        let new = self.path.with_extension("json.new");
        let mut file = fs::File::create(&new)?;
        file.write_all(&serde_json::to_vec(&kept)?)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)
    }
}

fn read(path: &Path) -> io::Result<BTreeMap<Origin, Heard>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    let kept: Vec<Kept> = serde_json::from_slice(&bytes)?;
    Ok(kept.into_iter().map(|kept| (kept.origin, kept.heard)).collect())
}

/// Writes the file now and then, and at the end.
pub(crate) async fn keep(office: Shared, mut stopping: watch::Receiver<bool>) {
    loop {
        let stopped = tokio::time::timeout(WRITE_EVERY, stopping.wait_for(|stop| *stop));
        let stopped = stopped.await.is_ok();
        let writer = Shared::clone(&office);
        let saved = tokio::task::spawn_blocking(move || writer.heard.save()).await;
        if let Ok(Err(error)) = saved {
            tracing::warn!(%error, "{FILE} could not be written; it is said again in the next hellos");
        }
        if stopped {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_790_000_000_000;
    const DAY_MS: u64 = 86_400_000;

    fn hello(wall_ms: u64, pending: u64) -> Hello {
        Hello {
            version: 1,
            software: "x".repeat(100),
            wall_ms,
            ntp: false,
            logs: Vec::new(),
            holds: Vec::new(),
            seen: None,
            cursor: None,
            pending,
            enrolments: Vec::new(),
            cosignature: None,
        }
    }

    #[test]
    fn what_was_said_outlives_a_restart_and_a_damaged_file_is_no_harm() {
        let dir = tempfile::tempdir().unwrap();
        let origin = Origin::from_bytes([4; 16]);
        let kept = HeardKept::open(dir.path());
        assert_eq!(kept.of(origin), None);
        kept.hear(origin, &hello(NOW - 5, 41), NOW);
        kept.save().unwrap();
        let again = HeardKept::open(dir.path());
        let heard = again.of(origin).unwrap();
        assert_eq!(Some(&heard), kept.of(origin).as_ref());
        assert_eq!((heard.pending, heard.wall_lead_ms, heard.software.len()), (41, -5, 64));
        let path = dir.path().join(FILE);
        fs::remove_file(&path).unwrap();
        again.save().unwrap();
        assert!(!path.exists(), "nothing new, nothing written");
        for damaged in ["", "[{", "[{\"origin\":\"x\"}]"] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(HeardKept::open(dir.path()).of(origin), None, "{damaged}");
        }
    }

    #[test]
    fn a_clock_is_off_since_it_was_first_seen_off_and_days_are_counted_once() {
        let dir = tempfile::tempdir().unwrap();
        let origin = Origin::from_bytes([4; 16]);
        let kept = HeardKept::open(dir.path());
        let heard = |wall_ms, now_ms| {
            kept.hear(origin, &hello(wall_ms, 0), now_ms);
            kept.of(origin).unwrap()
        };
        assert_eq!(heard(NOW + CLOCK_OFF_MS, NOW).off_since_ms, None);
        assert_eq!(heard(NOW + CLOCK_OFF_MS + 2, NOW + 1).off_since_ms, Some(NOW + 1));
        let later = heard(3, NOW + 2 * DAY_MS);
        assert_eq!((later.off_since_ms, later.days.len()), (Some(NOW + 1), 2));
        assert_eq!(heard(NOW + 3 * DAY_MS, NOW + 3 * DAY_MS).off_since_ms, None);
        let mut kept_days = Vec::new();
        for n in 4..40 {
            kept_days = heard(NOW, NOW + n * DAY_MS).days;
        }
        assert_eq!(kept_days.len(), DAYS_KEPT);
        let back = heard(NOW, NOW);
        assert_eq!(back.days.len(), 1, "days that have not come are gone: {:?}", back.days);
    }
}
