//! The store on sled: its folder, its guard rails, its opening and closing.
//!
//! ```text
//! <dir>/FORMAT    the format's number; written last when a store is created
//! <dir>/mark      the high-water mark
//! <dir>/ballast   space to give up when the disk is full
//! <dir>/sled/     conf, db, snap.*, blobs/ (which stays empty)
//! ```

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use event::Sequence;
use proof::Frontier;

use crate::before::{self, BEFORE};
use crate::cell::StoreState;
use crate::check::{self, Checked};
use crate::engine::{Engine as _, Source as _, Writes};
use crate::format::{FORMAT, STATE_KEY};
use crate::mark::{MARK, Mark};
use crate::shared::Shared;
use crate::sled_engine::{OpenError, SledEngine, open_sled, wait_unlocked};
use crate::store::{MetaRows, Visit};
use crate::{
    Commit, Damage, Disk, Head, Health, Level, LogEntry, LogId, LogRead, Problem, Reader, RealDisk, Report, Store,
    StoreError,
};

const FORMAT_FILE: &str = "FORMAT";
/// The number stands in the file twice, so that a flipped bit does not pass for another version.
fn format_line(number: u32) -> String {
    format!("minqing event-log format {number}\nformat {number}\n")
}

pub(crate) const BALLAST: &str = "ballast";
/// Folder of sled itself, within the store's folder.
pub(crate) const SLED: &str = "sled";

/// Where a store is and how it behaves. The defaults are those of a village machine.
#[derive(Clone)]
pub struct SledConfig {
    /// Folder of the store.
    pub dir: PathBuf,
    /// Bytes that must stay free for a commit to be taken, beside twelve times its own size; default 256 MiB.
    pub min_free_bytes: u64,
    /// Bytes kept aside for a full disk; default 64 MiB.
    pub ballast_bytes: u64,
    /// Commits between two high-water marks; default 64.
    pub mark_every: u32,
    /// Cache of the engine in bytes; default 32 MiB.
    pub cache_bytes: u64,
    /// The disk; tests put their own here.
    pub disk: Arc<dyn Disk>,
}

impl SledConfig {
    /// The defaults for a store in `dir`.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            min_free_bytes: 256 << 20,
            ballast_bytes: 64 << 20,
            mark_every: 64,
            cache_bytes: 32 << 20,
            disk: Arc::new(RealDisk),
        }
    }

    pub(crate) fn sled_dir(&self) -> PathBuf {
        self.dir.join(SLED)
    }

    fn directory(&self, problem: impl ToString, advice: &'static str) -> StoreError {
        StoreError::Directory {
            dir: self.dir.clone(),
            problem: problem.to_string(),
            advice,
        }
    }

    pub(crate) fn io(&self, error: &io::Error) -> StoreError {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => self.full(),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                self.directory(error, "make the folder writable for this program and start it again")
            }
            io::ErrorKind::NotFound => self.directory(error, MISSING),
            _ => self.directory(error, "check the disk and its connection"),
        }
    }

    fn full(&self) -> StoreError {
        StoreError::Full {
            free: self.disk.free_bytes(&self.dir).unwrap_or(0),
            needed: self.min_free_bytes,
        }
    }
}

const MISSING: &str = "is its disk connected? A new installation is begun by creating a store; an old one is restored";

/// The store on sled 0.34.7.
pub struct SledStore {
    config: SledConfig,
    shared: Arc<Shared<SledEngine>>,
    /// Commits since the last high-water mark.
    unmarked: u32,
}

impl SledStore {
    /// Creates an empty store in a folder that is missing, empty, or holds a creation that was
    /// interrupted.
    ///
    /// # Errors
    /// [`StoreError::Directory`] if something else is there or the folder cannot be written,
    /// [`StoreError::Full`], [`StoreError::Locked`].
    pub fn create(config: SledConfig) -> Result<Self, StoreError> {
        let dir = config.dir.clone();
        fs::create_dir_all(&dir).map_err(|error| config.io(&error))?;
        if dir.join(FORMAT_FILE).exists() {
            return Err(config.directory("holds a store already", "open it, or choose another folder"));
        }
        let ours = [SLED, MARK, "mark.new", "FORMAT.new", BALLAST, BEFORE];
        for entry in fs::read_dir(&dir).map_err(|error| config.io(&error))?.flatten() {
            if !ours.iter().any(|name| entry.file_name() == *name) {
                return Err(config.directory("holds other files", "choose an empty folder"));
            }
        }
        let db = open_sled(&config.sled_dir(), config.cache_bytes).map_err(|error| open_error(&config, error))?;
        let engine = take_over(&config, db)?;
        if engine
            .last(&[0], &[u8::MAX])?
            .is_some_and(|(key, _)| key.as_ref() != STATE_KEY)
        {
            return Err(Problem::general("the folder holds entries but no FORMAT file").into());
        }
        engine.apply(Writes::from([(STATE_KEY.to_vec(), Some(StoreState::new().to_cell()))]))?;
        drop(engine);
        Mark::default()
            .write(&dir, &*config.disk)
            .map_err(|error| config.io(&error))?;
        write_durably(&dir, FORMAT_FILE, format_line(FORMAT).as_bytes(), &*config.disk)
            .map_err(|error| config.io(&error))?;
        Self::open(config)
    }

    /// Opens the store and checks it: the high-water mark is reached, keys are contiguous, metadata
    /// is whole, and every frame since the mark passes its checksum and follows the one before.
    /// [`LogRead::verify`] with [`Level::Full`] checks the rest.
    ///
    /// # Errors
    /// [`StoreError::Directory`] if there is no store or the folder cannot be written,
    /// [`StoreError::Version`], [`StoreError::Locked`], [`StoreError::Full`] (sled cannot even open
    /// on a full disk: free space, if need be with [`release_ballast`]), [`StoreError::Damaged`]
    /// (see [`crate::salvage`]).
    pub fn open(config: SledConfig) -> Result<Self, StoreError> {
        check_format(&config)?;
        let Some(mark) = Mark::read(&config.dir) else {
            return Err(Problem::general("the high-water mark is missing or does not pass its checksum").into());
        };
        let sled = config.sled_dir();
        // sled would make these anew, empty, without a word.
        for name in ["db", "conf"] {
            if !sled.join(name).exists() {
                return Err(Problem::general(format!("the file {SLED}/{name} is missing")).into());
            }
        }
        wait_unlocked(&sled).map_err(|error| open_error(&config, error))?;
        // What a killed process left in the system's memory must be on the disk before sled builds on it.
        let synced = File::open(sled.join("db")).and_then(|db| config.disk.barrier(&db));
        synced.map_err(|error| config.io(&error))?;
        let free = config.disk.free_bytes(&config.dir).map_err(|error| config.io(&error))?;
        before::keep(&config.dir, &sled, free).map_err(|error| config.io(&error))?;
        let db = open_sled(&sled, config.cache_bytes).map_err(|error| open_error(&config, error))?;
        let engine = take_over(&config, db)?;
        let checked = check_open(&engine, &mark)?;
        before::forget(&config.dir).map_err(|error| config.io(&error))?;
        let shared = Arc::new(Shared::new(engine, checked, mark));
        let mut store = Self {
            config,
            shared,
            unmarked: 0,
        };
        store.write_mark();
        store.renew_ballast();
        Ok(store)
    }

    /// The folder's configuration.
    #[must_use]
    pub const fn config(&self) -> &SledConfig {
        &self.config
    }

    /// Writes the high-water mark. A failure costs safety margin only, so it is reported and tried again.
    fn write_mark(&mut self) {
        let written = self
            .shared
            .mark()
            .map(|mark| mark.write(&self.config.dir, &*self.config.disk));
        match written {
            Ok(Ok(())) => self.unmarked = 0,
            Ok(Err(error)) => tracing::warn!(%error, "the high-water mark could not be written"),
            Err(error) => tracing::warn!(%error, "the high-water mark could not be taken"),
        }
    }

    /// Sets the ballast aside again once there is plenty of space.
    fn renew_ballast(&self) {
        let (path, size) = (self.config.dir.join(BALLAST), self.config.ballast_bytes);
        if size == 0 || fs::metadata(&path).is_ok_and(|meta| meta.len() >= size) {
            return;
        }
        let free = self.config.disk.free_bytes(&self.config.dir).unwrap_or(0);
        if free < self.config.min_free_bytes.saturating_add(size.saturating_mul(2)) {
            return;
        }
        if let Err(error) = make_ballast(&path, size) {
            tracing::warn!(%error, "the ballast could not be set aside");
        }
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.shared.shut();
    }
}

impl LogRead for SledStore {
    delegate_reads!();
}

impl Store for SledStore {
    fn commit(&mut self, commit: Commit) -> Result<(), StoreError> {
        self.shared.commit(commit)?;
        self.unmarked += 1;
        if self.unmarked >= self.config.mark_every {
            self.write_mark();
            self.renew_ballast();
            if has_blobs(&self.config.sled_dir()) {
                tracing::error!("sled keeps values in files of their own, which are not synced");
            }
        }
        Ok(())
    }

    fn reader(&self) -> Reader {
        Reader(Arc::clone(&self.shared) as Arc<dyn LogRead>)
    }

    fn close(self: Box<Self>) -> Result<(), StoreError> {
        let mark = self.shared.mark()?;
        mark.write(&self.config.dir, &*self.config.disk)
            .map_err(|error| StoreError::Unknown {
                cause: format!("the high-water mark: {error}"),
            })
    }
}

/// Frees the space set aside in the store's folder, so that a store on a full disk can be opened.
/// It is set aside again once there is plenty. Returns the bytes freed.
///
/// # Errors
/// [`StoreError::Directory`] if the file cannot be removed.
pub fn release_ballast(dir: &Path) -> Result<u64, StoreError> {
    let path = dir.join(BALLAST);
    let bytes = fs::metadata(&path).map_or(0, |meta| meta.len());
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(SledConfig::new(dir).io(&error)),
        _ => Ok(bytes),
    }
}

fn make_ballast(path: &Path, size: u64) -> io::Result<()> {
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, size)?;
    file.sync_all()
}

fn check_format(config: &SledConfig) -> Result<(), StoreError> {
    match check_version(config)? {
        Some(()) => Ok(()),
        None if config.sled_dir().join("db").exists() => Err(Problem::general("the FORMAT file is missing").into()),
        None => Err(config.directory("holds no store", MISSING)),
    }
}

/// Reads the format's number; `None` if the file is missing.
pub(crate) fn check_version(config: &SledConfig) -> Result<Option<()>, StoreError> {
    if !config.dir.is_dir() {
        return Err(config.directory("the folder is missing", MISSING));
    }
    let bytes = match fs::read(config.dir.join(FORMAT_FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(|error| config.io(&error))?,
    };
    let text = String::from_utf8_lossy(&bytes);
    let number = text
        .trim_end()
        .rsplit(' ')
        .next()
        .and_then(|number| number.parse().ok());
    match number.filter(|number| format_line(*number) == text) {
        Some(FORMAT) => Ok(Some(())),
        Some(found) => Err(StoreError::Version {
            found,
            supported: FORMAT,
        }),
        None => Err(Problem::general("the FORMAT file cannot be read").into()),
    }
}

fn open_error(config: &SledConfig, error: OpenError) -> StoreError {
    match error {
        OpenError::Locked => StoreError::Locked {
            dir: config.dir.clone(),
        },
        OpenError::Full => config.full(),
        OpenError::Damaged(what) => Problem::general(format!("sled cannot open: {what}")).into(),
        OpenError::Io(error) => config.io(&error),
    }
}

fn has_blobs(sled: &Path) -> bool {
    fs::read_dir(sled.join("blobs")).is_ok_and(|mut entries| entries.next().is_some())
}

/// Syncs everything that opening wrote, and takes the database over.
fn take_over(config: &SledConfig, db: sled::Db) -> Result<SledEngine, StoreError> {
    let sled = config.sled_dir();
    let disk = Arc::clone(&config.disk);
    let engine = SledEngine::new(db, &sled, config.dir.clone(), disk, config.min_free_bytes);
    let synced = engine.and_then(|engine| sync_folder(&sled, &config.dir, &*config.disk).map(|()| engine));
    let engine = synced.map_err(|error| config.io(&error))?;
    if has_blobs(&sled) {
        return Err(Problem::general("sled/blobs is not empty: values there were never synced").into());
    }
    Ok(engine)
}

/// Syncs the files in `sled`, that folder, the store's, and the one above.
pub(crate) fn sync_folder(sled: &Path, dir: &Path, disk: &dyn Disk) -> io::Result<()> {
    for entry in fs::read_dir(sled)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            disk.barrier(&File::open(entry.path())?)?;
        }
    }
    disk.barrier(&File::open(sled)?)?;
    disk.barrier(&File::open(dir)?)?;
    match dir.parent() {
        Some(parent) if parent.as_os_str().is_empty() => disk.barrier(&File::open(".")?),
        Some(parent) => disk.barrier(&File::open(parent)?),
        None => Ok(()),
    }
}

fn check_open(engine: &SledEngine, mark: &Mark) -> Result<Checked, StoreError> {
    // A panic or an error while reading what was just opened is damage, not an unknown outcome.
    let checked = check::check(engine, mark).map_err(|error| Problem::general(error.cause))?;
    if checked.state.format != 0 && checked.state.format != FORMAT {
        return Err(StoreError::Version {
            found: checked.state.format,
            supported: FORMAT,
        });
    }
    if checked.problems.is_empty() {
        Ok(checked)
    } else {
        Err(StoreError::Damaged(Damage {
            problems: checked.problems,
        }))
    }
}

/// Writes a small file so that it is there whole or not at all.
pub(crate) fn write_durably(dir: &Path, name: &str, bytes: &[u8], disk: &dyn Disk) -> io::Result<()> {
    let new = dir.join(format!("{name}.new"));
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    disk.barrier(&file)?;
    fs::rename(&new, dir.join(name))?;
    disk.barrier(&File::open(dir)?)
}
