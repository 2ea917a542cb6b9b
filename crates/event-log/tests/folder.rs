//! The folder and the processes around it: locks, kills, full disks, permissions, versions.

#![expect(
    clippy::print_stdout,
    reason = "a child process speaks to its parent; a skipped trial says so"
)]

mod common;

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use common::{all, append, copy_folder, log, small, usual};
use event_log::{
    Disk, Level, LogRead as _, SledConfig, SledStore, State, Store as _, StoreError, free_space, release_ballast,
    salvage,
};

const ROLE: &str = "EVENT_LOG_TRIAL_ROLE";
const FOLDER: &str = "EVENT_LOG_TRIAL_FOLDER";

/// A child process: this very binary, running the test [`child`] in a role.
fn spawn(role: &str, dir: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a program"));
    command
        .args(["--exact", "child", "--include-ignored", "--nocapture"])
        .env(ROLE, role)
        .env(FOLDER, dir);
    command
}

#[test]
#[ignore = "runs only as a child process of the other tests"]
fn child() {
    let (Ok(role), Ok(dir)) = (std::env::var(ROLE), std::env::var(FOLDER)) else {
        return;
    };
    let config = small(Path::new(&dir));
    match role.as_str() {
        "try" => match SledStore::open(config) {
            Ok(_) => println!("\noutcome opened"),
            Err(error) => println!("\noutcome {error}"),
        },
        "write" => {
            let mut store = SledStore::open(config).expect("opens");
            loop {
                let size = store.head(log(1)).size;
                store
                    .commit(append(log(1), size + 1, size + 1 + size % 5))
                    .expect("commits");
                println!("acknowledged {}", store.head(log(1)).size);
            }
        }
        _ => panic!("no such role"),
    }
}

fn outcome(command: &mut Command) -> io::Result<String> {
    let output = command.stderr(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text
        .lines()
        .find_map(|line| line.strip_prefix("outcome "))
        .unwrap_or(&text)
        .to_owned())
}

fn created(dir: &Path) -> SledStore {
    SledStore::create(small(dir)).expect("is created")
}

#[test]
fn a_second_process_is_told_that_the_store_is_open() {
    let scratch = tempfile::tempdir().expect("a folder");
    let dir = scratch.path().join("log");
    let store = created(&dir);
    let second = SledStore::open(small(&dir)).err();
    assert_eq!(second, Some(StoreError::Locked { dir: dir.clone() }));
    assert_eq!(salvage(&small(&dir)), Err(StoreError::Locked { dir: dir.clone() }));
    assert!(
        outcome(&mut spawn("try", &dir))
            .expect("runs")
            .contains("open in another process")
    );
    drop(store);
    assert_eq!(outcome(&mut spawn("try", &dir)).expect("runs"), "opened");
}

#[test]
fn a_killed_process_loses_nothing_acknowledged() {
    let scratch = tempfile::tempdir().expect("a folder");
    let dir = scratch.path().join("log");
    drop(created(&dir));
    for kill in 0..8u64 {
        let mut child = spawn("write", &dir).stdout(Stdio::piped()).spawn().expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("its output"))
            .lines()
            .map_while(Result::ok);
        let mut acknowledged = 0;
        for (n, line) in lines.filter(|line| line.starts_with("acknowledged ")).enumerate() {
            acknowledged = line["acknowledged ".len()..].parse().expect("a number");
            if n as u64 == 3 + kill * 7 {
                child.kill().expect("is killed");
            }
        }
        child.wait().expect("ends");
        let store = SledStore::open(small(&dir)).expect("opens");
        let size = store.head(log(1)).size;
        assert!(size >= acknowledged, "{size} of {acknowledged}");
        assert_eq!(
            all(&store, log(1)),
            (1..=size).map(|n| usual(log(1), n)).collect::<Vec<_>>()
        );
        assert!(store.verify(Level::Full, &mut |_, _| {}).expect("verifies").is_sound());
    }
}

/// A disk that can be filled up and whose barriers can be made to fail.
struct Moody {
    free: AtomicU64,
    fails: AtomicBool,
}

impl Disk for Moody {
    fn barrier(&self, file: &File) -> io::Result<()> {
        if self.fails.load(Ordering::Relaxed) {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            file.sync_data()
        }
    }

    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        Ok(self.free.load(Ordering::Relaxed))
    }
}

#[test]
fn a_full_disk_stops_writing_not_reading_and_writing_resumes_by_itself() {
    let scratch = tempfile::tempdir().expect("a folder");
    let dir = scratch.path().join("log");
    let moody = Arc::new(Moody {
        free: AtomicU64::new(1 << 40),
        fails: AtomicBool::new(false),
    });
    let disk = Arc::clone(&moody) as Arc<dyn Disk>;
    let config = SledConfig {
        disk,
        ballast_bytes: 1 << 20,
        ..small(&dir)
    };
    let mut store = SledStore::create(config.clone()).expect("is created");
    assert_eq!(fs::metadata(dir.join("ballast")).expect("a ballast").len(), 1 << 20);
    store.commit(append(log(1), 1, 50)).expect("commits");

    moody.free.store((1 << 20) - 1, Ordering::Relaxed);
    let refused = store.commit(append(log(1), 51, 60));
    assert_eq!(
        refused,
        Err(StoreError::Full {
            free: (1 << 20) - 1,
            needed: 1 << 20
        })
    );
    assert_eq!(store.health().state, State::Full { needed: 1 << 20 });
    assert_eq!(all(&store, log(1)).len(), 50);
    // A batch needs twelve times its size.
    moody.free.store(1 << 20, Ordering::Relaxed);
    let large = store.commit(append(log(1), 51, 900));
    assert!(
        matches!(large, Err(StoreError::Full { needed, .. }) if needed > 12 * 200 * 850),
        "{large:?}"
    );
    store.commit(append(log(1), 51, 60)).expect("a small one fits");

    // The disk fills up under the engine: the outcome is unknown, nothing is acknowledged.
    moody.fails.store(true, Ordering::Relaxed);
    assert!(matches!(
        store.commit(append(log(1), 61, 70)),
        Err(StoreError::Unknown { .. })
    ));
    moody.fails.store(false, Ordering::Relaxed);
    assert!(matches!(
        store.commit(append(log(1), 61, 70)),
        Err(StoreError::Poisoned { .. })
    ));
    assert_eq!(store.health().state, State::Poisoned);
    drop(store);
    assert_eq!(release_ballast(&dir), Ok(1 << 20));
    assert_eq!(release_ballast(&dir), Ok(0));
    let mut store = SledStore::open(config.clone()).expect("opens");
    assert!(!dir.join("ballast").exists(), "there is not plenty of space yet");
    assert!([60, 70].contains(&store.head(log(1)).size));
    store.commit(append(log(1), 61, 70)).expect("repeats");
    assert_eq!(store.head(log(1)).size, 70);
    drop(store);
    moody.free.store(1 << 40, Ordering::Relaxed);
    drop(SledStore::open(config).expect("opens"));
    assert!(dir.join("ballast").exists(), "the ballast is set aside again");
}

/// A file system of eight megabytes, if this user may mount one.
struct Tiny(tempfile::TempDir);

impl Tiny {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().expect("a folder");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
            .arg(dir.path())
            .stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then(|| Self(dir))
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "unmounts");
    }
}

#[test]
fn a_disk_that_is_really_full_loses_nothing() {
    let Some(tiny) = Tiny::mount() else {
        println!("SKIPPED: this user may not mount a small file system; the injected full disk was tried instead");
        return;
    };
    let dir = tiny.0.path().join("log");
    // Nothing is asked to stay free, so that sled itself runs into the end of the disk.
    let config = SledConfig {
        min_free_bytes: 0,
        ballast_bytes: 2 << 20,
        ..small(&dir)
    };
    let mut store = SledStore::create(config.clone()).expect("is created");
    store.commit(append(log(1), 1, 200)).expect("commits");
    let filler = tiny.0.path().join("filler");
    let mut file = File::create(&filler).expect("a file");
    while file.write_all(&[1; 4_096]).is_ok() {}
    let mut size = store.head(log(1)).size;
    let error = loop {
        // Twelve times the batch is asked for: a commit is refused before sled is touched …
        match store.commit(append(log(1), size + 1, size + 10)) {
            Ok(()) => size += 10,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert_eq!(all(&store, log(1)).len() as u64, size, "reading goes on");
    drop(store);
    // … and a store on a full disk cannot even be opened, until the ballast is given up.
    let full = SledStore::open(config.clone()).map(|_| ());
    assert!(matches!(full, Ok(()) | Err(StoreError::Full { .. })), "{full:?}");
    assert_eq!(release_ballast(&dir), Ok(2 << 20));
    let mut store = SledStore::open(config.clone()).expect("opens without the ballast");
    assert_eq!(all(&store, log(1)).len() as u64, size);
    drop(file);
    fs::remove_file(&filler).expect("removes");
    store
        .commit(append(log(1), size + 1, size + 10))
        .expect("recording resumes by itself");
    assert!(store.verify(Level::Full, &mut |_, _| {}).expect("verifies").is_sound());
    println!("really full at {size} entries, opened while full: {}", full.is_ok());
}

#[test]
fn sled_running_into_the_end_of_the_disk_is_unknown_and_mended_by_reopening() {
    let Some(tiny) = Tiny::mount() else {
        println!("SKIPPED: this user may not mount a small file system; the injected full disk was tried instead");
        return;
    };
    /// Claims that there is space.
    struct Boaster;
    impl Disk for Boaster {
        fn free_bytes(&self, _: &Path) -> io::Result<u64> {
            Ok(1 << 40)
        }
    }
    let dir = tiny.0.path().join("log");
    let config = SledConfig {
        disk: Arc::new(Boaster),
        ..small(&dir)
    };
    let mut store = SledStore::create(config.clone()).expect("is created");
    let mut size = 0;
    let error = loop {
        match store.commit(append(log(1), size + 1, size + 100)) {
            Ok(()) => size += 100,
            Err(error) => break error,
        }
        assert!(size < 100_000, "eight megabytes cannot hold this");
    };
    assert!(matches!(error, StoreError::Unknown { .. }), "{error}");
    drop(store);
    assert!(matches!(
        SledStore::open(config.clone()).map(|_| ()),
        Ok(()) | Err(StoreError::Full { .. })
    ));
    let roomy = tempfile::tempdir().expect("a folder");
    copy_folder(&dir, &roomy.path().join("log"));
    let mut store = SledStore::open(small(&roomy.path().join("log"))).expect("opens where there is space");
    assert!(store.head(log(1)).size >= size);
    let found = store.head(log(1)).size;
    assert_eq!(
        all(&store, log(1)),
        (1..=found).map(|n| usual(log(1), n)).collect::<Vec<_>>()
    );
    store.commit(append(log(1), size + 1, size + 100)).expect("repeats");
}

#[test]
fn another_version_is_named_and_nothing_is_touched() {
    let scratch = tempfile::tempdir().expect("a folder");
    let dir = scratch.path().join("log");
    drop(created(&dir));
    let line = fs::read_to_string(dir.join("FORMAT")).expect("readable");
    assert_eq!(line, "minqing event-log format 1\nformat 1\n");
    for (number, advice) in [("2", "newer"), ("0", "older")] {
        fs::write(dir.join("FORMAT"), line.replace('1', number)).expect("writes");
        let found = number.parse().expect("a number");
        let expected = StoreError::Version { found, supported: 1 };
        let error = SledStore::open(small(&dir)).err().expect("is refused");
        assert_eq!(error, expected);
        assert!(error.to_string().contains(advice), "{error}");
        assert_eq!(salvage(&small(&dir)), Err(expected));
    }
    fs::write(dir.join("FORMAT"), line).expect("writes");
    drop(SledStore::open(small(&dir)).expect("opens"));
}

#[test]
fn a_missing_folder_is_not_a_new_store() {
    let scratch = tempfile::tempdir().expect("a folder");
    let dir = scratch.path().join("log");
    let error = SledStore::open(small(&dir)).err().expect("is refused");
    assert!(matches!(error, StoreError::Directory { .. }), "{error}");
    assert!(error.to_string().contains("is its disk connected?"), "{error}");
    assert!(!dir.exists());
    fs::create_dir(&dir).expect("a folder");
    let error = SledStore::open(small(&dir)).err().expect("is refused");
    assert!(error.to_string().contains("holds no store"), "{error}");
    assert_eq!(
        fs::read_dir(&dir).expect("a folder").count(),
        0,
        "nothing was made there"
    );
    assert!(matches!(
        salvage(&small(&scratch.path().join("none"))),
        Err(StoreError::Directory { .. })
    ));

    fs::write(dir.join("letter.txt"), b"something else").expect("writes");
    let error = SledStore::create(small(&dir)).err().expect("is refused");
    assert!(error.to_string().contains("holds other files"), "{error}");
    fs::remove_file(dir.join("letter.txt")).expect("removes");
    drop(created(&dir));
    let error = SledStore::create(small(&dir)).err().expect("is refused");
    assert!(error.to_string().contains("holds a store already"), "{error}");
}

#[test]
fn an_interrupted_creation_is_taken_up_but_never_over_entries() {
    let scratch = tempfile::tempdir().expect("a folder");
    let dir = scratch.path().join("log");
    drop(created(&dir));
    fs::remove_file(dir.join("FORMAT")).expect("removes");
    let mut store = SledStore::create(small(&dir)).expect("goes on");
    store.commit(append(log(1), 1, 5)).expect("commits");
    drop(store);
    fs::remove_file(dir.join("FORMAT")).expect("removes");
    let refused = SledStore::create(small(&dir)).err();
    assert!(matches!(refused, Some(StoreError::Damaged(_))), "{refused:?}");
    salvage(&small(&dir)).expect("salvages");
    assert_eq!(SledStore::open(small(&dir)).expect("opens").head(log(1)).size, 5);
}

#[test]
fn a_read_only_folder_is_said_to_be_one() {
    let scratch = tempfile::tempdir().expect("a folder");
    let dir = scratch.path().join("log");
    let mut store = created(&dir);
    store.commit(append(log(1), 1, 5)).expect("commits");
    drop(store);
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its mode");
    mode(scratch.path(), 0o755);
    for folder in [dir.join("sled/blobs"), dir.join("sled"), dir.clone()] {
        mode(&folder, 0o555);
        for entry in fs::read_dir(&folder)
            .expect("a folder")
            .flatten()
            .filter(|entry| entry.path().is_file())
        {
            mode(&entry.path(), 0o444);
        }
    }
    // Modes do not bind the superuser: then a child tries it as nobody.
    let as_nobody = File::create(dir.join("probe")).is_ok();
    let mut command = spawn("try", &dir);
    if as_nobody {
        fs::remove_file(dir.join("probe")).expect("removes");
        command.uid(65_534).gid(65_534);
    }
    match outcome(&mut command) {
        Ok(text) => assert!(text.contains("make the folder writable"), "{text}"),
        Err(error) if as_nobody => println!("SKIPPED: a child process cannot run as nobody here: {error}"),
        Err(error) => panic!("{error}"),
    }
    for folder in [dir.clone(), dir.join("sled"), dir.join("sled/blobs")] {
        mode(&folder, 0o755);
    }
}

#[test]
fn free_space_is_known() {
    let scratch = tempfile::tempdir().expect("a folder");
    assert!(free_space(scratch.path()).expect("known") > 0);
    assert!(free_space(&scratch.path().join("none")).is_err());
}
