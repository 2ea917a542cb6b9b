//! What was typed into a form and is not recorded yet, kept in the node's folder: it outlives a closed page, an ended
//! session and a power cut.
//!
//! ```text
//! <data_dir>/drafts/                 readable by its owner alone
//!   key                              marks forms as handed out here; see [`Drafts::mark`]
//!   <person>-<form>                  one form that somebody has not finished
//! ```
//!
//! A draft belongs to one account and to one form that was handed out; nobody else gets to see it. It goes when the form
//! is recorded or given up, or after [`DRAFT_DAYS_MAX`] days. To record a form neither never nor twice there are three
//! steps, each durable before the next: the draft is kept with the key that the record will be known by; it is
//! recorded; the draft is removed. A draft that says what it was going to be known by can be asked whether it was.

mod folder;
mod kept;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use event::{Hash256, PersonId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use link::{Problem, ProblemKind, Surroundings};
use sha2::Sha256;

use crate::office::blocking;
use folder::DraftFolder;
pub(crate) use folder::{DraftError, Now, OfPerson};
pub(crate) use kept::{DraftId, Kept};

/// Most drafts of one account. Whoever has so many is told to finish or drop some; none is dropped for another one.
pub(crate) const DRAFTS_MAX: usize = 32;
/// Longest draft, in bytes as it is kept. The longest form (64 KiB) stays below it, whatever characters it is made of.
pub(crate) const DRAFT_BYTES_MAX: u64 = 512 * 1024;
/// A draft is removed so long after it was last kept, in days. Only a clock that was checked counts them.
pub(crate) const DRAFT_DAYS_MAX: u64 = 30;
/// Most forms that are remembered as recorded of late.
const FINISHED_MAX: usize = 64;
/// How long they are, in milliseconds: longer than a request is under way.
const FINISHED_MS: u64 = 10_000;

/// The drafts of this machine, or why there are none to be had: a folder that cannot be used stops nothing else.
/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct Drafts {
    folder: Arc<Result<DraftFolder, String>>,
    /// Forms that were recorded of late, and when, in milliseconds.
    finished: Arc<Mutex<VecDeque<(DraftId, u64)>>>,
}

impl Drafts {
    /// Opens the folder; makes it where there is none, and removes what was never finished in it.
    pub(crate) fn open(dir: &Path, surroundings: &Surroundings) -> Self {
        let folder = DraftFolder::open(dir, surroundings.random()).map_err(|error| {
            tracing::error!(%error, "no drafts are kept");
            error.to_string()
        });
        Self {
            folder: Arc::new(folder),
            finished: Arc::default(),
        }
    }

    /// Shows that this machine handed out the form with this key to this person: so that what they typed is kept for
    /// them, and for nobody else, when it comes after their session has ended.
    pub(crate) fn mark(&self, person: PersonId, form_key: &str) -> String {
        let mac = self.mac(person, form_key);
        mac.map_or_else(String::new, |mac| {
            let mark = Hash256(mac.finalize().into_bytes().into());
            format!("{person}.{mark}")
        })
    }

    /// Whose form it is, if this machine made the mark for this key.
    pub(crate) fn owner(&self, mark: &str, form_key: &str) -> Option<PersonId> {
        let (person, told) = mark.split_once('.')?;
        let person: PersonId = person.parse().ok()?;
        let told: Hash256 = told.parse().ok()?;
        self.mac(person, form_key)?.verify_slice(&told.0).ok()?;
        Some(person)
    }

    fn mac(&self, person: PersonId, form_key: &str) -> Option<Hmac<Sha256>> {
        let folder = self.folder.as_ref().as_ref().ok()?;
        let mut mac = Hmac::<Sha256>::new(&folder.key().into());
        mac.update(b"minqing form\0");
        mac.update(&person.to_bytes());
        mac.update(form_key.as_bytes());
        Some(mac)
    }

    /// Notes that a form was recorded.
    pub(crate) fn finish(&self, id: DraftId, now: Now) {
        let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        finished.retain(|(known, _)| *known != id);
        finished.push_back((id, now.ms));
        if finished.len() > FINISHED_MAX {
            finished.pop_front();
        }
    }

    /// Whether a form was recorded just now: what a script sent before that and comes after it is no draft any more.
    pub(crate) fn is_finished(&self, id: &DraftId, now: Now) -> bool {
        let finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        let found = finished.iter().find(|(known, _)| known == id);
        found.is_some_and(|(_, at)| now.ms.abs_diff(*at) < FINISHED_MS)
    }

    /// Keeps a draft, in the place of an earlier one of the same form. It is on the disk when this returns.
    ///
    /// # Errors
    /// [`DraftError`]; then what was kept before is still kept.
    pub(crate) async fn keep(&self, kept: Kept, now: Now) -> Result<DraftId, DraftError> {
        self.work(move |folder| folder.keep(&kept, now)).await
    }

    /// The drafts of one person, newest first.
    ///
    /// # Errors
    /// `store-unavailable` if the folder cannot be read.
    pub(crate) async fn of(&self, person: PersonId, now: Now) -> Result<OfPerson, Problem> {
        let found = self.work(move |folder| folder.of(person, now)).await;
        found.map_err(|error| problem(&error))
    }

    /// One draft of this person; `None` if they have no such one.
    ///
    /// # Errors
    /// `store-unavailable` if it cannot be read.
    pub(crate) async fn get(&self, person: PersonId, id: DraftId) -> Result<Option<Kept>, Problem> {
        let found = self.work(move |folder| folder.get(person, id)).await;
        found.map_err(|error| problem(&error))
    }

    /// Removes one; nothing happens where there is none.
    ///
    /// # Errors
    /// `store-unavailable` if it cannot be removed.
    pub(crate) async fn remove(&self, person: PersonId, id: DraftId) -> Result<(), Problem> {
        let removed = self.work(move |folder| folder.remove(person, id)).await;
        removed.map_err(|error| problem(&error))
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&DraftFolder) -> Result<T, DraftError> + Send + 'static,
    ) -> Result<T, DraftError> {
        let folder = Arc::clone(&self.folder);
        let done = blocking(move || match &*folder {
            Ok(folder) => work(folder),
            Err(words) => Err(DraftError::System(words.clone())),
        });
        let done = done.await;
        done.unwrap_or_else(|error| Err(DraftError::System(error.to_string())))
    }
}

fn problem(error: &DraftError) -> Problem {
    Problem::new(ProblemKind::StoreUnavailable, error.to_string())
}

#[cfg(test)]
mod tests {
    use event::{BootId, ClockReading};

    use super::*;

    fn surroundings() -> Surroundings {
        let clock = || ClockReading {
            wall_ms: 0,
            mono_ms: 0,
            boot: BootId([0; 8]),
            ntp: false,
        };
        Surroundings::new(clock, |bytes: &mut [u8]| bytes.fill(9))
    }

    #[test]
    fn a_mark_names_the_owner_of_one_form_and_nobody_can_make_one() {
        let dir = tempfile::tempdir().unwrap();
        let drafts = Drafts::open(dir.path(), &surroundings());
        let (one, other) = (PersonId::from_bytes([1; 16]), PersonId::from_bytes([2; 16]));
        let mark = drafts.mark(one, "k1");
        assert_eq!(drafts.owner(&mark, "k1"), Some(one));
        assert_eq!(drafts.owner(&mark, "k2"), None, "another form");
        let stolen = mark.replace(&one.to_string(), &other.to_string());
        assert_eq!(drafts.owner(&stolen, "k1"), None, "another person");
        for wrong in ["", ".", &mark[..mark.len() - 1], &format!("{one}.{}", "é".repeat(32))] {
            assert_eq!(drafts.owner(wrong, "k1"), None, "{wrong}");
        }
        drop(drafts);
        let again = Drafts::open(dir.path(), &surroundings());
        assert_eq!(again.owner(&mark, "k1"), Some(one), "also after a restart");
    }
}
