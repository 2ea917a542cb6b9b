//! The folder of drafts: one small file for each, replaced whole.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use event::PersonId;

use super::kept::{DraftId, Kept};
use super::{DRAFT_BYTES_MAX, DRAFT_DAYS_MAX, DRAFTS_MAX};
use crate::VillageError;
use crate::folder::{get_file, make_folder, put_file};

const FOLDER: &str = "drafts";
const KEY: &str = "key";
const KEY_BYTES: usize = 64;
const DAY_MS: u64 = 86_400_000;
/// How often old drafts of everybody are looked for while the node runs.
const SWEEP_MS: u64 = DAY_MS;

/// Why a draft was not kept, or cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DraftError {
    /// This person has too many.
    #[error("{DRAFTS_MAX} drafts are kept for one person: finish or drop some first")]
    Full,
    /// The form is too long.
    #[error("the form is too long to be kept: at most {DRAFT_BYTES_MAX} bytes")]
    TooLong,
    /// What the system said.
    #[error("{0}")]
    System(String),
}

impl From<VillageError> for DraftError {
    fn from(error: VillageError) -> Self {
        Self::System(error.to_string())
    }
}

/// Now, and whether anybody has checked the clock that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Now {
    /// Milliseconds of the time that the node trusts.
    pub(crate) ms: u64,
    /// Whether a receipt or a time service stands behind it.
    pub(crate) is_checked: bool,
}

/// What is kept for one person.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct OfPerson {
    /// Their drafts, newest first.
    pub(crate) drafts: Vec<Kept>,
    /// Files that are theirs and cannot be read any more.
    pub(crate) damaged: usize,
}

pub(super) struct DraftFolder {
    dir: PathBuf,
    key: [u8; KEY_BYTES],
    /// One change at a time; when old ones were looked for last.
    swept_ms: Mutex<Option<u64>>,
}

impl DraftFolder {
    pub(super) fn open(data_dir: &Path, fresh: [u8; KEY_BYTES]) -> Result<Self, VillageError> {
        let dir = data_dir.join(FOLDER);
        make_folder(&dir)?;
        let known = get_file(&dir, KEY, KEY_BYTES as u64).unwrap_or_else(|error| {
            tracing::warn!(%error, "the key of the drafts is made anew");
            None
        });
        let key = match known.and_then(|bytes| bytes.try_into().ok()) {
            Some(key) => key,
            None => {
                // Without the key forms that are open now are not known as ours once their session has ended.
                put_file(&dir, KEY, &fresh)?;
                fresh
            }
        };
        let folder = Self {
            dir,
            key,
            swept_ms: Mutex::new(None),
        };
        folder.remove_unfinished()?;
        Ok(folder)
    }

    pub(super) const fn key(&self) -> [u8; KEY_BYTES] {
        self.key
    }

    /// A crash while a file was written leaves the part beside the whole one.
    fn remove_unfinished(&self) -> Result<(), VillageError> {
        for name in self.names().map_err(|source| VillageError::file(&self.dir, source))? {
            if name.ends_with(".new") {
                let path = self.dir.join(name);
                fs::remove_file(&path).map_err(|source| VillageError::file(&path, source))?;
            }
        }
        Ok(())
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            // Names of ours are plain; what is not is not ours.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// The drafts in the folder: whose, which, and its file's name.
    fn drafts(&self, of: Option<PersonId>) -> Result<Vec<(PersonId, DraftId, String)>, DraftError> {
        let names = self.names().map_err(|error| self.failed(&error))?;
        let parsed = names.into_iter().filter_map(|name| {
            let (person, id) = name.split_once('-')?;
            let (person, id) = (person.parse().ok()?, id.parse().ok()?);
            of.is_none_or(|of| of == person).then_some((person, id, name))
        });
        Ok(parsed.collect())
    }

    fn failed(&self, error: &io::Error) -> DraftError {
        DraftError::System(format!("{}: {error}", self.dir.display()))
    }

    pub(super) fn keep(&self, kept: &Kept, now: Now) -> Result<DraftId, DraftError> {
        let mut swept = self.swept_ms.lock().unwrap_or_else(PoisonError::into_inner);
        self.sweep_now_and_then(&mut swept, now)?;
        let id = kept.id();
        let own = self.drafts(Some(kept.person))?;
        if own.len() >= DRAFTS_MAX && own.iter().all(|(_, known, _)| *known != id) {
            return Err(DraftError::Full);
        }
        let kept = Kept {
            kept_ms: now.ms,
            until_ms: now.is_checked.then(|| until(now)),
            ..kept.clone()
        };
        self.put(&kept)?;
        Ok(id)
    }

    fn put(&self, kept: &Kept) -> Result<(), DraftError> {
        let bytes = kept.to_bytes().map_err(|error| DraftError::System(error.to_string()))?;
        if bytes.len() as u64 > DRAFT_BYTES_MAX {
            return Err(DraftError::TooLong);
        }
        put_file(&self.dir, &name_of(kept.person, kept.id()), &bytes)?;
        Ok(())
    }

    pub(super) fn of(&self, person: PersonId, now: Now) -> Result<OfPerson, DraftError> {
        let mut swept = self.swept_ms.lock().unwrap_or_else(PoisonError::into_inner);
        self.sweep_now_and_then(&mut swept, now)?;
        let mut found = OfPerson::default();
        for (_, _, name) in self.drafts(Some(person))? {
            match self.read(&name)? {
                Some(Ok(kept)) => found.drafts.push(kept),
                Some(Err(())) => found.damaged += 1,
                None => {}
            }
        }
        found
            .drafts
            .sort_by_key(|kept| (std::cmp::Reverse(kept.kept_ms), kept.id()));
        Ok(found)
    }

    pub(super) fn get(&self, person: PersonId, id: DraftId) -> Result<Option<Kept>, DraftError> {
        let read = self.read(&name_of(person, id))?;
        Ok(read.and_then(Result::ok))
    }

    /// Reads a draft; `None` if it is not there, an error inside if it is damaged.
    fn read(&self, name: &str) -> Result<Option<Result<Kept, ()>>, DraftError> {
        let mut bytes = Vec::new();
        let read =
            File::open(self.dir.join(name)).and_then(|file| file.take(DRAFT_BYTES_MAX + 1).read_to_end(&mut bytes));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(&error)),
        }
        let read = if bytes.len() as u64 > DRAFT_BYTES_MAX {
            Err("longer than a draft".to_owned())
        } else {
            Kept::from_bytes(&bytes)
        };
        let read = read.and_then(|kept| {
            if name == name_of(kept.person, kept.id()) {
                Ok(kept)
            } else {
                Err("under another one's name".to_owned())
            }
        });
        Ok(Some(read.map_err(|problem| {
            tracing::warn!(name, problem, "a draft cannot be read");
        })))
    }

    pub(super) fn remove(&self, person: PersonId, id: DraftId) -> Result<(), DraftError> {
        let _one = self.swept_ms.lock().unwrap_or_else(PoisonError::into_inner);
        self.remove_file(&name_of(person, id))
    }

    fn remove_file(&self, name: &str) -> Result<(), DraftError> {
        match fs::remove_file(self.dir.join(name)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(self.failed(&error)),
        }
        let synced = File::open(&self.dir).and_then(|dir| dir.sync_all());
        synced.map_err(|error| self.failed(&error))
    }

    fn sweep_now_and_then(&self, swept_ms: &mut Option<u64>, now: Now) -> Result<(), DraftError> {
        let is_due = swept_ms.is_none_or(|last| now.ms.abs_diff(last) >= SWEEP_MS);
        if now.is_checked && is_due {
            self.sweep(now)?;
            *swept_ms = Some(now.ms);
        }
        Ok(())
    }

    /// Removes what has grown too old. What was kept while nobody knew the time begins to age now; so does what cannot
    /// be read, by the system's own time of its file.
    fn sweep(&self, now: Now) -> Result<(), DraftError> {
        for (_, _, name) in self.drafts(None)? {
            match self.read(&name)? {
                Some(Ok(kept)) => match kept.until_ms {
                    None => self.put(&Kept {
                        until_ms: Some(until(now)),
                        ..kept
                    })?,
                    Some(until_ms) if until_ms <= now.ms => {
                        tracing::info!(draft = %kept.id(), "a draft was removed: nobody finished it in {DRAFT_DAYS_MAX} days");
                        self.remove_file(&name)?;
                    }
                    Some(_) => {}
                },
                Some(Err(())) => {
                    let age = self.age_ms(&name, now);
                    if age.is_some_and(|age| age >= DRAFT_DAYS_MAX * DAY_MS) {
                        tracing::warn!(name, "a draft that cannot be read was removed");
                        self.remove_file(&name)?;
                    }
                }
                None => {}
            }
        }
        Ok(())
    }

    fn age_ms(&self, name: &str, now: Now) -> Option<u64> {
        let changed = fs::metadata(self.dir.join(name)).ok()?.modified().ok()?;
        let at = changed.duration_since(std::time::UNIX_EPOCH).ok()?;
        now.ms.checked_sub(u64::try_from(at.as_millis()).ok()?)
    }
}

const fn until(now: Now) -> u64 {
    now.ms.saturating_add(DRAFT_DAYS_MAX * DAY_MS)
}

fn name_of(person: PersonId, id: DraftId) -> String {
    format!("{person}-{id}")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const START: Now = Now {
        ms: 1_790_000_000_000,
        is_checked: true,
    };

    fn later(days: u64) -> Now {
        Now {
            ms: START.ms + days * DAY_MS,
            ..START
        }
    }

    fn person(number: u8) -> PersonId {
        PersonId::from_bytes([number; 16])
    }

    fn typed(who: u8, key: &str, text: &str) -> Kept {
        Kept {
            person: person(who),
            form: "visit".to_owned(),
            back: "/visit".to_owned(),
            key: key.to_owned(),
            kept_ms: 0,
            until_ms: None,
            saving: None,
            fields: vec![("t".to_owned(), text.to_owned()), ("w".to_owned(), "甲".to_owned())],
        }
    }

    fn open(dir: &Path) -> DraftFolder {
        DraftFolder::open(dir, [7; KEY_BYTES]).unwrap()
    }

    fn texts(folder: &DraftFolder, who: u8, now: Now) -> Vec<String> {
        let found = folder.of(person(who), now).unwrap();
        found.drafts.iter().map(|kept| kept.get("t").to_owned()).collect()
    }

    #[test]
    fn what_was_typed_is_there_again_for_its_owner_and_for_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        let folder = open(dir.path());
        let text = "第一行\n第二行 \"引号\" \u{0} 𠮷";
        let id = folder.keep(&typed(1, "k", text), START).unwrap();
        folder.keep(&typed(1, "k2", "另一张"), later(1)).unwrap();
        drop(folder);
        let folder = open(dir.path());
        assert_eq!(texts(&folder, 1, later(1)), ["另一张", text], "newest first");
        let kept = folder.get(person(1), id).unwrap().unwrap();
        assert_eq!((kept.kept_ms, &kept.fields), (START.ms, &typed(1, "k", text).fields));
        assert_eq!(folder.get(person(2), id).unwrap(), None);
        assert_eq!(texts(&folder, 2, later(1)), [""; 0]);
        folder.remove(person(2), id).unwrap();
        assert!(
            folder.get(person(1), id).unwrap().is_some(),
            "nobody removes another one's"
        );
        folder.remove(person(1), id).unwrap();
        folder.remove(person(1), id).unwrap();
        assert_eq!(texts(&folder, 1, later(1)), ["另一张"]);
    }

    #[test]
    fn files_are_readable_by_their_owner_alone_and_name_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let folder = open(dir.path());
        folder.keep(&typed(1, "乔满仓", "玉米"), START).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.dir), 0o700);
        for name in folder.names().unwrap() {
            assert_eq!(mode(&folder.dir.join(&name)), 0o600, "{name}");
            assert!(name.is_ascii());
        }
    }

    #[test]
    fn a_crash_between_two_steps_leaves_the_old_draft_or_the_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let folder = open(dir.path());
        let id = folder.keep(&typed(1, "k", "旧"), START).unwrap();
        let name = name_of(person(1), id);
        // The power went while the new file was written beside the old one.
        let new = typed(1, "k", "新的一稿").to_bytes().unwrap();
        for end in [0, 1, new.len() / 2, new.len()] {
            fs::write(folder.dir.join(format!("{name}.new")), &new[..end]).unwrap();
            let folder = open(dir.path());
            assert_eq!(texts(&folder, 1, START), ["旧"], "cut at {end}");
            assert!(!folder.dir.join(format!("{name}.new")).exists());
        }
        folder.keep(&typed(1, "k", "新"), START).unwrap();
        assert_eq!(texts(&folder, 1, START), ["新"], "one form is one draft");
    }

    #[test]
    fn a_damaged_draft_is_counted_shows_nothing_and_stops_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let folder = open(dir.path());
        let id = folder.keep(&typed(1, "k", "字"), START).unwrap();
        let path = folder.dir.join(name_of(person(1), id));
        let sound = fs::read(&path).unwrap();
        let mut cases: Vec<Vec<u8>> = vec![Vec::new(), sound[..sound.len() - 1].to_vec(), b"MQDRAFT1\n".to_vec()];
        cases.extend((0..sound.len()).map(|at| {
            let mut flipped = sound.clone();
            flipped[at] ^= 1;
            flipped
        }));
        for bytes in cases {
            fs::write(&path, &bytes).unwrap();
            let found = folder.of(person(1), START).unwrap();
            assert_eq!((found.drafts.len(), found.damaged), (0, 1));
            assert_eq!(folder.get(person(1), id).unwrap(), None);
        }
        // A sound one under another person's name is not theirs.
        fs::write(folder.dir.join(name_of(person(2), id)), &sound).unwrap();
        assert_eq!(folder.of(person(2), START).unwrap().damaged, 1);
        folder.keep(&typed(1, "k", "重写"), START).unwrap();
        assert_eq!(texts(&folder, 1, START), ["重写"]);
    }

    #[test]
    fn there_is_a_most_of_drafts_and_of_bytes_and_none_falls_out_for_another() {
        let dir = tempfile::tempdir().unwrap();
        let folder = open(dir.path());
        for number in 0..DRAFTS_MAX {
            folder.keep(&typed(1, &number.to_string(), "字"), START).unwrap();
        }
        let over = folder.keep(&typed(1, "one more", "字"), START);
        assert!(matches!(over, Err(DraftError::Full)));
        folder.keep(&typed(1, "3", "改过"), START).unwrap();
        folder.keep(&typed(2, "one more", "别人的"), START).unwrap();
        assert_eq!(texts(&folder, 1, START).len(), DRAFTS_MAX);
        // The longest form of the characters that take most room.
        folder
            .keep(&typed(2, "long", &"\u{1}".repeat(64 * 1024)), START)
            .unwrap();
        let too_long = folder.keep(&typed(2, "longer", &"\u{1}".repeat(128 * 1024)), START);
        assert!(matches!(too_long, Err(DraftError::TooLong)));
        assert_eq!(texts(&folder, 2, START).len(), 2);
    }

    #[test]
    fn a_draft_is_removed_after_its_days_by_a_checked_clock_alone() {
        let dir = tempfile::tempdir().unwrap();
        let folder = open(dir.path());
        folder.keep(&typed(1, "k", "字"), START).unwrap();
        let unchecked = |days| Now {
            is_checked: false,
            ..later(days)
        };
        assert_eq!(
            texts(&folder, 1, unchecked(4_000)),
            ["字"],
            "a clock that nobody checked removes nothing"
        );
        assert_eq!(texts(&folder, 1, later(29)), ["字"]);
        assert_eq!(texts(&folder, 1, later(30)), [""; 0]);
        // What was kept under a clock that stood years behind does not vanish when the clock is set right.
        folder.keep(&typed(1, "k", "再写"), unchecked(0)).unwrap();
        assert_eq!(texts(&folder, 1, later(1_000)), ["再写"]);
        assert_eq!(texts(&folder, 1, later(1_029)), ["再写"]);
        assert_eq!(texts(&folder, 1, later(1_031)), [""; 0]);
    }
}
