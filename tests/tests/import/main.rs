//! An office's log, taken over under a mapping, gives the office's own figures: in the ledgers of node, hub and auditor,
//! whatever way its events came, live and rebuilt; and the same log as two systems kept it gives them again.
//!
//! The invented log is always tried. The real one is an extra: `MINQING_DATA` names the folder that holds it.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(
    clippy::print_stdout,
    reason = "a skip is never silent, and the real log's result is shown"
)]

mod figures;
mod journal;
#[path = "../world/party.rs"]
#[expect(
    dead_code,
    reason = "the machines of the seeded world; this suite needs some of them"
)]
mod party;
mod synced;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use event::{Day, Draft, Kind, Origin, PersonId, SubjectKind};
use import::{Mapping, Office, Summary};
use ledger::{Ledger, Query, View};
use serde_json::Value;

use crate::figures::{Source, complaints};
use crate::journal::{Dice, Given, deliver, receipt, write};

const SEED: u64 = 0x6d69_6e71;
/// First bytes of the two origins of the one village.
const LEFT: u8 = 1;
const RIGHT: u8 = 2;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn mapping(name: &str) -> Mapping {
    let path = here("data/mappings").join(name);
    Mapping::parse(&text(&path)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn office() -> Office {
    Office {
        unit: "990000103001".parse().unwrap(),
        recorder: PersonId::from_bytes([9; 16]),
    }
}

/// Reads a table. Refused rows fail the test.
fn drafts(mapping: &Mapping, table: &str) -> (Vec<Draft>, Summary) {
    let mut rows = mapping.read(table.as_bytes(), office()).unwrap();
    let drafts = rows
        .by_ref()
        .map(|row| row.unwrap_or_else(|error| panic!("{error}")).draft);
    (drafts.collect(), rows.summary().clone())
}

/// Reads a table and writes its events into the log of an installation.
fn entries(mapping: &Mapping, table: &str, origin: u8) -> (Vec<Given>, Summary) {
    let (drafts, summary) = drafts(mapping, table);
    (write(&drafts, Origin::from_bytes([origin; 16])), summary)
}

/// The ledgers of hub, node and auditor, all from the same entries.
struct Parties {
    hub: Ledger,
    node: Ledger,
    auditor: Ledger,
}

impl Parties {
    /// Receipts the logs in random batches, and lets each party learn of them in another way.
    fn of(logs: &[Vec<Given>], seed: u64) -> Self {
        let mut dice = Dice(seed);
        let batches = receipt(logs, &mut dice);
        let (mut hub, mut node, mut auditor) = (Ledger::new(), Ledger::new(), Ledger::new());
        // The hub settles at every push.
        for batch in &batches {
            deliver(&mut hub, batch);
            hub.settle();
        }
        // The node hears everything in any order, a third of it twice, the first batch of each log last of all.
        let (late, mut rest): (Vec<_>, Vec<_>) = batches.iter().partition(|batch| batch[0].sequence.get() == 1);
        let again: Vec<_> = rest.iter().copied().filter(|_| dice.below(3) == 0).collect();
        rest.extend(again);
        dice.shuffle(&mut rest);
        for batch in rest.into_iter().chain(late.iter().copied()).chain(late.iter().copied()) {
            let mut batch = batch.clone();
            dice.shuffle(&mut batch);
            deliver(&mut node, &batch);
            node.settle();
        }
        // The auditor replays at once.
        batches.iter().for_each(|batch| deliver(&mut auditor, batch));
        auditor.settle();
        let mut parties = Self { hub, node, auditor };
        let last = batches.last().map(|batch| batch[0].receipt.position).unwrap();
        parties.all().into_iter().for_each(|(_, ledger)| ledger.advance(last));
        parties
    }

    fn all(&mut self) -> [(&'static str, &mut Ledger); 3] {
        [
            ("hub", &mut self.hub),
            ("node", &mut self.node),
            ("auditor", &mut self.auditor),
        ]
    }

    /// Every party has the wanted figures and the auditor's digests; returns the digest of the requests.
    fn check(&mut self, source: &Source, wanted: &Value) -> String {
        let unit = office().unit;
        let digests = |ledger: &Ledger| View::ALL.map(|view| (ledger.root(view, unit), ledger.live_digest(view, unit)));
        let replayed = digests(&self.auditor);
        for (name, ledger) in self.all() {
            let complaints = complaints(&source.figures(ledger, wanted), wanted);
            assert!(complaints.is_empty(), "{name}:\n{}", complaints.join("\n"));
            assert_eq!(digests(ledger), replayed, "{name}");
            assert_eq!(ledger.exceptions(unit), [], "{name}: an imported entry did not count");
            let requests = ledger.requests(unit, Query::as_of(Day(0)));
            let mut closed = requests.iter().filter(|row| row.request.closed_on.is_some());
            assert!(
                closed.all(|row| row.not_followed_up),
                "{name}: 未回访 where nobody asked back"
            );
        }
        format!("{:?}", replayed[0].0)
    }
}

/// A log as one file and as the two systems kept it, with the figures that must come out.
struct Trial {
    whole: String,
    left: String,
    right: String,
    relations: String,
    mapping: Mapping,
    halves: Mapping,
    wanted: Value,
}

impl Trial {
    fn run(&self) -> String {
        let source = Source::new(&self.mapping, &self.whole);
        let (log, summary) = entries(&self.mapping, &self.whole, LEFT);
        assert_eq!(Some(summary.events), self.wanted["events"].as_u64());
        assert_eq!((summary.refused, summary.skipped), (0, 0));
        assert_eq!(
            Some(summary.by_kind[&Kind::REQUEST_RAISED]),
            self.wanted["cases"].as_u64()
        );
        let ended = self.wanted["cases_with_enddate"].as_u64();
        assert_eq!(Some(summary.by_kind[&Kind::REQUEST_CLOSED]), ended);
        let whole = Parties::of(std::slice::from_ref(&log), SEED).check(&source, &self.wanted);

        let (left, of_left) = entries(&self.halves, &self.left, LEFT);
        let (right, of_right) = entries(&self.halves, &self.right, RIGHT);
        assert_eq!(of_left.events + of_right.events, summary.events);
        assert_eq!(
            of_left.derived, summary.derived,
            "derived from the half that enters the cases"
        );
        assert_eq!(of_right.derived, 0);
        for relation in self.relations.lines().skip(1) {
            let (left, right) = relation.split_once(',').unwrap();
            let request = |case| self.halves.entity(SubjectKind::Request, case);
            assert_eq!(request(left), request(right), "{relation}");
        }
        let logs = [left, right];
        for round in 1..=4 {
            let halves = Parties::of(&logs, SEED + round).check(&source, &self.wanted);
            assert_eq!(halves, whole, "one file and two systems give one ledger");
        }
        let drafts = |table| drafts(&self.halves, table).0;
        synced::check(&source, &self.wanted, [drafts(&self.left), drafts(&self.right)], SEED);
        format!(
            "{} rows, {} derived events, {} cases; {} + {} rows from two systems; {} figures each; requests {whole}",
            summary.events,
            summary.derived,
            self.wanted["cases"],
            of_left.events,
            of_right.events,
            figures::comparable(&self.wanted).count(),
        )
    }
}

fn invented() -> Trial {
    Trial {
        whole: text(&here("data/source.csv")),
        left: text(&here("data/source_left.csv")),
        right: text(&here("data/source_right.csv")),
        relations: text(&here("data/source_relations.csv")),
        mapping: mapping("source.toml"),
        halves: mapping("source_halves.toml"),
        wanted: serde_json::from_str(&text(&here("data/source_figures.json"))).unwrap(),
    }
}

#[test]
fn the_invented_log_gives_its_figures() {
    invented().run();
}

#[test]
fn the_real_log_gives_its_figures() {
    let name = "import of the real receipt log";
    let Some(data) = std::env::var_os("MINQING_DATA").map(PathBuf::from) else {
        return skip(name, "MINQING_DATA names no folder");
    };
    // The tests run in their own folder; a relative path is meant from the workspace.
    let data = here("..").join(data);
    let log = data.join("logs/receipt.csv");
    if !log.is_file() {
        return skip(name, "the folder of MINQING_DATA has no logs/receipt.csv");
    }
    let figures: Value = serde_json::from_str(&text(&data.join("reference_figures.json"))).unwrap();
    let trial = Trial {
        whole: text(&log),
        left: text(&data.join("logs/receipt_even.csv")),
        right: text(&data.join("logs/receipt_odd.csv")),
        relations: text(&data.join("logs/case_relations.csv")),
        mapping: mapping("receipt.toml"),
        halves: mapping("receipt_halves.toml"),
        wanted: figures["receipt"].clone(),
    };
    println!("receipt: {}", trial.run());
}

/// A test that cannot run here says so twice: to whoever looks on, and to the chore that counts.
fn skip(name: &str, reason: &str) {
    println!("SKIPPED: {name}: {reason}");
    if let Some(list) = std::env::var_os("MINQING_SKIPS") {
        let mut list = fs::OpenOptions::new().append(true).create(true).open(list).unwrap();
        writeln!(list, "{name}: {reason}").unwrap();
    }
}

#[test]
fn false_offsets_taken_as_true_change_the_figures() {
    let trial = invented();
    let (left, _) = entries(&trial.mapping, &trial.left, LEFT);
    let (right, _) = entries(&trial.mapping, &trial.right, RIGHT);
    let parties = Parties::of(&[left, right], SEED);
    let source = Source::new(&trial.mapping, &trial.whole);
    let complaints = complaints(&source.figures(&parties.hub, &trial.wanted), &trial.wanted);
    let wrong = |figure: &str| complaints.iter().any(|complaint| complaint.starts_with(figure));
    assert!(
        wrong("final_state_digest_sha256") && wrong("first_event"),
        "{complaints:?}"
    );
    assert!(!wrong("events:") && !wrong("cases:"), "{complaints:?}");
}

#[test]
fn a_repeated_hour_is_not_guessed() {
    let trial = invented();
    let text = text(&here("data/mappings/source_halves.toml"));
    let (before, rest) = text.split_once("[time.repeated]").unwrap();
    let (_, after) = rest.split_once("[moments]").unwrap();
    let silent = Mapping::parse(&format!("{before}[moments]{after}")).unwrap();
    let refused = |table: &str| {
        let rows = silent.read(table.as_bytes(), office()).unwrap();
        let errors = rows.filter_map(Result::err).map(|error| error.to_string());
        errors.collect::<Vec<_>>()
    };
    let (left, right) = (refused(&trial.left), refused(&trial.right));
    assert_eq!((left.len(), right.len()), (2, 1));
    let all = [left, right].concat();
    assert!(
        all.iter()
            .all(|error| error.contains("column `time:timestamp`") && error.contains("shown twice"))
    );
}

#[test]
fn a_table_under_the_other_mapping_is_refused_row_by_row() {
    let trial = invented();
    let rows = trial.halves.read(trial.whole.as_bytes(), office()).unwrap();
    let (read, refused): (Vec<_>, Vec<_>) = rows.partition(Result::is_ok);
    assert!(
        read.is_empty(),
        "true offsets are not those that the mapping declares false"
    );
    assert_eq!(refused.len() as u64, trial.wanted["events"].as_u64().unwrap());
}

#[test]
fn both_halves_name_the_same_requests_and_people() {
    let trial = invented();
    let request = |mapping: &Mapping, case: &str| mapping.entity(SubjectKind::Request, case);
    let bare = request(&trial.mapping, "case-1004");
    assert_eq!(request(&trial.halves, "LEFT_case-1004"), bare);
    assert_eq!(request(&trial.halves, "RIGHT_case-1004"), bare);
    assert_ne!(request(&trial.halves, "RIGHT_case-1005"), bare);
    assert_eq!(trial.mapping.person("Clerk01"), trial.halves.person("Clerk01"));
    assert_ne!(
        mapping("receipt.toml").person("Clerk01"),
        trial.halves.person("Clerk01")
    );
}
