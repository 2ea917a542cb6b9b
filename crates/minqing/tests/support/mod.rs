//! Real processes of the built program, on loopback, in folders that go away.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "each test program uses a part of this; tests may panic, wait and speak"
)]

pub(crate) mod browser;
pub(crate) mod guest;
pub(crate) mod office;
pub(crate) mod reach;
pub(crate) mod served;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use event::{EntityId, PersonId};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const TOWNSHIP: &str = "990000103000";
pub(crate) const VILLAGE: &str = "990000103201";
/// Beyond this a test has failed: nothing here takes as long.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program with these arguments, JSON out.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minqing"));
    command.arg("--json").args(args).env_remove("RUST_LOG");
    command
}

pub(crate) fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// Its exit code and the JSON on its standard output, `null` if there is none.
pub(crate) fn outcome(args: &[&str]) -> (i32, Value) {
    let output = run(args);
    let code = output.status.code().unwrap_or(-1);
    (code, serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
}

/// What it says when it succeeds.
pub(crate) fn done(args: &[&str]) -> Value {
    let output = run(args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {said}");
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

/// A program that runs until it is stopped or killed.
pub(crate) struct Running {
    child: Child,
    /// What it said when it was ready.
    pub(crate) said: Value,
}

impl Running {
    /// Starts it and waits until it says that it is ready.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.starts_with('{'), "{args:?} did not start: {line:?}");
        let said = serde_json::from_str(&line).unwrap();
        Self { child, said }
    }

    /// SIGKILL: nothing is closed, nothing is flushed.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, as a service manager ends it.
    pub(crate) fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Killed already, or about to be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A township of one hub.
pub(crate) struct Town {
    pub(crate) dir: TempDir,
    pub(crate) address: SocketAddr,
}

impl Town {
    pub(crate) fn found() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let town = Self { dir, address };
        let (hub, address) = (town.path("hub"), address.to_string());
        done(&[
            "hub",
            "init",
            "--dir",
            text(&hub),
            "--unit",
            TOWNSHIP,
            "--name",
            "示范镇",
            "--address",
            &address,
            "--listen",
            &address,
        ]);
        let settings = hub.join("config.toml");
        let mut file = fs::File::options().append(true).open(settings).unwrap();
        writeln!(file, "min_free_mib = 8\nballast_mib = 0\ncache_mib = 8").unwrap();
        town
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn start(&self) -> Running {
        Running::start(&["hub", "run", "--dir", text(&self.path("hub"))])
    }

    pub(crate) fn status(&self) -> Value {
        done(&["hub", "status", "--dir", text(&self.path("hub"))])
    }

    /// An enrolment file in `name`.
    pub(crate) fn enrolment(&self, name: &str, role: &[&str]) -> PathBuf {
        let (hub, file) = (self.path("hub"), self.path(&format!("{name}.toml")));
        let mut args = vec![
            "hub",
            "enrol",
            "--dir",
            text(&hub),
            "--name",
            name,
            "--out",
            text(&file),
        ];
        args.extend(role);
        done(&args);
        file
    }

    /// A village in the folder `name`, enrolled at the running hub.
    pub(crate) fn village(&self, name: &str) -> PathBuf {
        self.village_of(name, VILLAGE)
    }

    /// The same, of another village.
    pub(crate) fn village_of(&self, name: &str, unit: &str) -> PathBuf {
        let file = self.enrolment(name, &["--village", unit]);
        let dir = self.path(name);
        small(&dir);
        done(&["village", "init", "--dir", text(&dir), "--enrolment", text(&file)]);
        dir
    }

    /// Mirrors, verifies and replays in the folder `name`: everything holds and agrees. Returns the replay.
    pub(crate) fn audited(&self, name: &str) -> Value {
        let file = self.enrolment(name, &["--auditor"]);
        let dir = self.path(name);
        done(&["audit", "mirror", "--dir", text(&dir), "--enrolment", text(&file)]);
        let verified = done(&["audit", "verify", "--dir", text(&dir)]);
        assert_eq!(verified["findings"], json!([]));
        let replay = done(&["audit", "replay", "--dir", text(&dir)]);
        assert_eq!(replay["agree"], json!(true), "{replay}");
        // What is known at the end of all days is what the replay knows, over however many journals.
        let known = done(&[
            "audit",
            "as-known",
            "--dir",
            text(&dir),
            "--date",
            "2999-12-31",
            "--view",
            "households",
        ]);
        assert_eq!(known["cut"], replay["digests"]["cut"]);
        let units = replay["digests"]["units"].as_array().unwrap();
        let same = units.iter().zip(known["units"].as_array().unwrap());
        for (ours, known) in same {
            assert_eq!(ours["views"]["households"], known["digest"]);
            assert_eq!(ours["scope_position"], known["scope_position"]);
        }
        replay
    }
}

/// Settings for a village on a small machine.
pub(crate) fn small(dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    let settings = "data_dir = \".\"\nmin_free_mib = 8\nballast_mib = 0\ncache_mib = 8\n";
    fs::write(dir.join("config.toml"), settings).unwrap();
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(crate) fn start_village(dir: &Path) -> Running {
    Running::start(&["village", "run", "--dir", text(dir)])
}

pub(crate) fn village_status(dir: &Path) -> Value {
    done(&["village", "status", "--dir", text(dir)])
}

/// Has the village try now, and waits until it has delivered everything and taken in everything.
pub(crate) fn synced(dir: &Path) -> Value {
    wait_for("everything is delivered", || {
        done(&["village", "sync", "--dir", text(dir)]);
        let status = village_status(dir);
        let there = status["all_sent"] == json!(true) && status["ledger"]["caught_up"] == json!(true);
        there.then_some(status)
    })
}

/// Asks again and again until there is an answer.
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited for: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn id(number: u64) -> EntityId {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&(number + 1).to_be_bytes());
    EntityId::from_bytes(bytes)
}

pub(crate) fn cadre() -> PersonId {
    PersonId::from_bytes([7; 16])
}

/// The form that registers household number `number`.
pub(crate) fn household(number: u64) -> Value {
    json!({
        "kind": "household_registered", "household": id(number), "occurred": "2026-08-31", "recorder": cadre(),
        "facts": { "group": 1, "size": 3 }, "personal": { "head": format!("户主{number}"), "phone": "00000000000" }
    })
}

/// A file of forms.
pub(crate) fn forms(path: &Path, numbers: impl Iterator<Item = u64>) {
    let mut file = fs::File::create(path).unwrap();
    for number in numbers {
        writeln!(file, "{}", household(number)).unwrap();
    }
}

/// Records a file; the report and the exit code.
pub(crate) fn record(dir: &Path, file: &Path) -> (i32, Value) {
    outcome(&["village", "record", "--dir", text(dir), "--file", text(file)])
}

/// How often each household stands in the village's log, over all its logs.
pub(crate) fn registered(dir: &Path) -> BTreeMap<String, usize> {
    let output = run(&["village", "log", "--dir", text(dir)]);
    assert!(output.status.success());
    let mut found = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for line in output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let line: Value = serde_json::from_slice(line).unwrap();
        // A fact that was carried on into a successor keeps its identity: it is the same fact.
        if line["kind"] == json!("household_registered") && seen.insert(line["id"].to_string()) {
            *found.entry(line["household"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    found
}

/// Households that a ledger counts.
pub(crate) fn counted(dir: &Path) -> usize {
    let ledger = done(&["village", "ledger", "households", "--dir", text(dir)]);
    ledger["confirmed"]["rows"].as_array().unwrap().len()
}

/// Copies a folder as somebody would who makes a backup of a stopped machine; sockets stay behind.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        let target = to.join(entry.file_name());
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_file() {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Puts another folder in the place of one.
pub(crate) fn replace(dir: &Path, with: &Path) {
    fs::remove_dir_all(dir).unwrap();
    copy(with, dir);
}

/// Numbers that look random, from a seed that a failing test prints.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new() -> Self {
        let seed = std::env::var("MINQING_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            u64::from(now.unwrap().subsec_nanos())
        });
        eprintln!("MINQING_SEED={seed}");
        Self(seed | 1)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    pub(crate) fn pause(&mut self, below_ms: u64) {
        std::thread::sleep(Duration::from_millis(self.below(below_ms)));
    }
}

/// A test that cannot be run here says so, loudly, and is counted in the last line of the suite.
pub(crate) fn skip(name: &str, reason: &str) {
    eprintln!("SKIPPED: {name}: {reason}");
    if let Some(list) = std::env::var_os("MINQING_SKIPS") {
        let mut list = fs::OpenOptions::new().append(true).create(true).open(list).unwrap();
        writeln!(list, "{name}: {reason}").unwrap();
    }
}
