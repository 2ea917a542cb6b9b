//! What must hold when machines fail, by real processes that are really killed. Scenario numbers are those of the
//! project's list of failures, which `tests/README.md` maps to tests.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests may panic and speak")]

mod support;

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};
use support::*;

/// Every household of these numbers stands in the village's log exactly once, and the township counts it once.
fn all_there(dir: &std::path::Path, count: usize) {
    let registered = registered(dir);
    let twice: Vec<_> = registered.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "recorded twice: {twice:?}");
    assert_eq!(registered.len(), count, "acknowledged and gone, or never recorded");
    assert_eq!(counted(dir), count);
}

/// Scenarios 25 and 1: the village's process is killed at random moments of recording and pushing.
#[test]
fn s25_s01_a_village_killed_while_it_records_and_pushes_loses_nothing() {
    let mut dice = Dice::new();
    let town = Town::found();
    let hub = town.start();
    let dir = town.village("village");
    let mut acknowledged = Vec::new();
    let rounds: u64 = 10;
    for round in 0..rounds {
        let file = town.path(&format!("{round}.ndjson"));
        forms(&file, round * 60..(round + 1) * 60);
        let node = start_village(&dir);
        let (recorder, records) = (dir.clone(), file.clone());
        let recording = thread::spawn(move || record(&recorder, &records));
        dice.pause(if round % 2 == 0 { 40 } else { 700 });
        node.kill();
        // Whatever it said was saved is saved, whether it lived to say it or not.
        let (_, report) = recording.join().unwrap();
        for line in report["report"].as_array().into_iter().flatten() {
            acknowledged.push((line["id"].clone(), line["origin"].clone(), line["sequence"].clone()));
        }
        let (code, _) = record(&dir, &file);
        assert_eq!(code, 0, "the same file again records the rest");
    }
    let node = start_village(&dir);
    synced(&dir);
    all_there(&dir, usize::try_from(rounds * 60).unwrap());
    let output = run(&["village", "log", "--dir", text(&dir)]);
    let log: Vec<Value> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    for (id, origin, sequence) in acknowledged {
        let stands = log
            .iter()
            .any(|line| (&line["id"], &line["origin"], &line["sequence"]) == (&id, &origin, &sequence));
        assert!(stands, "acknowledged and gone: {id} at {origin}:{sequence}");
    }
    town.audited("auditor");
    node.stop();
    hub.stop();
}

/// Scenarios 1, 5 and 25: the hub's process is killed at random moments while a backlog is pushed to it.
#[test]
fn s01_s05_s25_a_hub_killed_during_pushes_takes_everything_once() {
    let mut dice = Dice::new();
    let town = Town::found();
    let hub = town.start();
    let dir = town.village("village");
    let file = town.path("backlog.ndjson");
    forms(&file, 0..4_000);
    assert_eq!(record(&dir, &file).0, 0);
    hub.stop();
    let node = start_village(&dir);
    for _ in 0..8 {
        let hub = town.start();
        // It tries at once, whatever went wrong before: the hub dies somewhere between hello and the last receipt.
        done(&["village", "sync", "--dir", text(&dir)]);
        dice.pause(300);
        hub.kill();
    }
    let hub = town.start();
    synced(&dir);
    all_there(&dir, 4_000);
    let machine = town.status()["machines"][0].clone();
    assert_eq!((&machine["received"], &machine["staged"]), (&json!(4_000), &json!(0)));
    assert_eq!(town.audited("auditor")["entries"], json!(4_000));
    node.stop();
    hub.stop();
}

/// Scenario 8: two processes open one folder.
#[test]
fn s08_a_second_process_is_refused_and_harms_nothing() {
    let town = Town::found();
    let hub = town.start();
    let dir = town.village("village");
    let node = start_village(&dir);
    assert_eq!(outcome(&["village", "run", "--dir", text(&dir)]).0, 5);
    let (hub_dir, elsewhere) = (town.path("hub"), "127.0.0.1:0");
    assert_eq!(
        outcome(&["hub", "run", "--dir", text(&hub_dir), "--listen", elsewhere]).0,
        5
    );
    let file = town.path("after.ndjson");
    forms(&file, 0..10);
    assert_eq!(record(&dir, &file).0, 0, "the first one goes on");
    synced(&dir);
    all_there(&dir, 10);
    node.stop();
    hub.stop();
}

/// Scenario 7: a village is restored from an old copy of its folder and records at once.
#[test]
fn s07_an_old_copy_of_the_folder_goes_on_under_a_successor() {
    let town = Town::found();
    let hub = town.start();
    let dir = town.village("village");
    let file = |name: &str, from: u64, to: u64| {
        let path = town.path(name);
        forms(&path, from..to);
        assert_eq!(record(&dir, &path).0, 0);
    };
    file("one.ndjson", 0, 30);
    let node = start_village(&dir);
    synced(&dir);
    node.stop();
    copy(&dir, &town.path("old"));
    file("two.ndjson", 30, 60);
    let node = start_village(&dir);
    synced(&dir);
    node.kill();
    replace(&dir, &town.path("old"));
    file("three.ndjson", 60, 90);
    let node = start_village(&dir);
    synced(&dir);
    all_there(&dir, 90);
    let status = village_status(&dir);
    assert!(
        status["origins"].as_array().unwrap().len() > 1,
        "a successor records: {status}"
    );
    town.audited("auditor");
    node.stop();
    hub.stop();
}

/// Scenario 6: a folder is cloned, and both machines record.
#[test]
fn s06_a_cloned_folder_forks_and_nothing_is_lost_or_counted_twice() {
    let town = Town::found();
    let hub = town.start();
    let dir = town.village("village");
    let clone = town.path("clone");
    let first = town.path("first.ndjson");
    forms(&first, 0..20);
    assert_eq!(record(&dir, &first).0, 0);
    let node = start_village(&dir);
    synced(&dir);
    node.stop();
    copy(&dir, &clone);
    for (dir, name, from, to) in [(&dir, "a.ndjson", 20, 40), (&clone, "b.ndjson", 40, 60)] {
        let path = town.path(name);
        forms(&path, from..to);
        assert_eq!(record(dir, &path).0, 0);
    }
    let node = start_village(&dir);
    synced(&dir);
    let twin = start_village(&clone);
    synced(&clone);
    synced(&dir);
    // What the clone recorded reaches the first machine with the journal, and both count the same.
    wait_for("both count everything", || {
        synced(&dir);
        synced(&clone);
        (counted(&dir) == 60 && counted(&clone) == 60).then_some(())
    });
    let status = town.status();
    assert!(status["forks"].as_u64() > Some(0), "the fork is evidence: {status}");
    town.audited("auditor");
    twin.stop();
    node.stop();
    hub.stop();
}

/// Scenario 9: the hub's folder comes back from a backup; its villages give it back what it lost.
#[test]
fn s09_a_hub_restored_from_a_backup_gets_everything_back() {
    let town = Town::found();
    let hub = town.start();
    let dir = town.village("village");
    let file = |name: &str, from: u64, to: u64| {
        let path = town.path(name);
        forms(&path, from..to);
        assert_eq!(record(&dir, &path).0, 0);
    };
    let node = start_village(&dir);
    file("one.ndjson", 0, 25);
    synced(&dir);
    hub.stop();
    copy(&town.path("hub"), &town.path("backup"));
    let hub = town.start();
    file("two.ndjson", 25, 70);
    synced(&dir);
    hub.kill();
    replace(&town.path("hub"), &town.path("backup"));
    let hub = town.start();
    file("three.ndjson", 70, 80);
    synced(&dir);
    wait_for("the hub has everything again", || {
        let status = town.status();
        (status["machines"][0]["received"] == json!(80)).then_some(status)
    });
    synced(&dir);
    assert_eq!(town.status()["restored_times"], json!(1));
    wait_for("the village's ledgers are those of the new journal", || {
        (counted(&dir) == 80).then_some(())
    });
    all_there(&dir, 80);
    town.audited("auditor");
    node.stop();
    hub.stop();
}

/// Scenario 27: the village's store is damaged; what is sound is kept, the rest comes back from the hub, and it is said.
#[test]
fn s27_a_damaged_store_is_found_kept_and_refilled() {
    for truncate in [true, false] {
        let town = Town::found();
        let hub = town.start();
        let dir = town.village("village");
        let file = town.path("many.ndjson");
        forms(&file, 0..400);
        assert_eq!(record(&dir, &file).0, 0);
        let node = start_village(&dir);
        synced(&dir);
        node.stop();
        let db = dir.join("log/sled/db");
        let len = fs::metadata(&db).unwrap().len();
        let disk = fs::File::options().read(true).write(true).open(&db).unwrap();
        if truncate {
            disk.set_len(len / 2).unwrap();
        } else {
            // A stripe in every block of the second quarter: a disk that lies.
            for block in len / 16_384..len / 8_192 {
                disk.write_all_at(&[0xa5; 64], block * 4_096 + 512).unwrap();
            }
        }
        drop(disk);
        let node = start_village(&dir);
        let status = synced(&dir);
        assert!(!status["repaired"].is_null(), "it says so: {status}");
        wait_for("everything is back", || (registered(&dir).len() == 400).then_some(()));
        all_there(&dir, 400);
        town.audited("auditor");
        node.stop();
        hub.stop();
    }
}

/// Scenario 28: the disk is full; reading goes on, and recording resumes by itself when there is space.
#[test]
fn s28_a_full_disk_refuses_and_recovers() {
    const NAME: &str = "s28_a_full_disk_refuses_and_recovers";
    let town = Town::found();
    let small_disk = town.path("disk");
    fs::create_dir_all(&small_disk).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"])
        .arg(&small_disk)
        .output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        return skip(NAME, "a small disk can be mounted by root alone");
    }
    let _unmount = Unmount(small_disk.clone());
    let hub = town.start();
    let file = town.enrolment("village", &["--village", VILLAGE]);
    let dir = small_disk.join("village");
    small(&dir);
    done(&["village", "init", "--dir", text(&dir), "--enrolment", text(&file)]);
    let node = start_village(&dir);
    let (first, second) = (town.path("first.ndjson"), town.path("second.ndjson"));
    forms(&first, 0..20);
    assert_eq!(record(&dir, &first).0, 0);
    synced(&dir);
    let filler = small_disk.join("filler");
    let mut file = fs::File::create(&filler).unwrap();
    while std::io::Write::write_all(&mut file, &[0; 1 << 16]).is_ok() {}
    // Space is given back when nobody has the file open.
    drop(file);
    forms(&second, 20..40);
    let (code, report) = record(&dir, &second);
    assert_eq!(code, 6, "{report}");
    assert_eq!(counted(&dir), 20, "reading goes on");
    fs::remove_file(&filler).unwrap();
    wait_for("recording resumes by itself", || {
        (record(&dir, &second).0 == 0).then_some(())
    });
    synced(&dir);
    all_there(&dir, 40);
    node.stop();
    hub.stop();
}

/// Takes the small disk away again, also when the test fails.
struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!("{} is still mounted", self.0.display());
        }
    }
}
