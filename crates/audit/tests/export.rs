//! What leaves the auditor's machine tells nobody's name, number or words, in no form that could be found again.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "made/town.rs"]
mod town;

use std::collections::BTreeSet;

use audit::{Archive, FiguresOf, Form, HIDDEN, Knowledge, Known, Pseudonyms, export_events, export_figures};
use event::{Event, Facts};
use ledger::{Period, Query};
use serde_json::Value;
use town::{household, person, request, story};

fn with_known(check: impl FnOnce(&town::Town, &Archive, &Known)) {
    let town = story();
    let (_dir, config) = town.mirror();
    let archive = Archive::open(&config).unwrap();
    let known = archive
        .known(Knowledge::Everything, &mut |_, _| (), &mut |_, _| ())
        .unwrap();
    check(&town, &archive, &known);
    archive.close().unwrap();
}

fn events(archive: &Archive, known: &Known, key: u8, form: Form) -> Vec<u8> {
    let mut out = Vec::new();
    let written = export_events(archive, known, &Pseudonyms::new([key; 32]), form, &mut out).unwrap();
    assert_eq!(written, known.ledger.len() as u64);
    out
}

fn figures(known: &Known, of: FiguresOf, form: Form) -> Vec<u8> {
    let period = Period::year(2026).unwrap();
    let mut out = Vec::new();
    export_figures(of, known, period, Query::as_of(period.to), form, &mut out).unwrap();
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Everything of the source that must not be found: identifiers in both forms, texts, hashes of texts.
fn secrets(town: &town::Town) -> BTreeSet<String> {
    let (mut secrets, mut ids) = (BTreeSet::from_iter(town.texts.iter().cloned()), BTreeSet::new());
    let mut id = |text: String, bytes: [u8; 16]| ids.extend([text, hex(&bytes)]);
    for n in 0..12 {
        id(household(n).to_string(), household(n).to_bytes());
        id(person(n).to_string(), person(n).to_bytes());
        id(request(n).to_string(), request(n).to_bytes());
    }
    for told in &town.told {
        let event = Event::decode(&told.entry.bytes).unwrap();
        let header = &event.header;
        id(header.id.to_string(), header.id.to_bytes());
        id(header.origin.to_string(), header.origin.to_bytes());
        id(header.subject.id.to_string(), header.subject.id.to_bytes());
        if let Some(personal) = header.personal {
            secrets.insert(hex(&personal.sha256));
        }
        let facts = Facts::decode(header.kind, header.schema, event.facts).unwrap().unwrap();
        // Identifiers inside the facts, whatever their field.
        let text = serde_json::to_string(&facts).unwrap();
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        secrets.extend(words.filter(|word| word.len() == 26).map(str::to_owned));
    }
    secrets.extend(ids);
    secrets.extend(["0000000", "三组", "乔满仓"].map(str::to_owned));
    secrets
}

#[test]
fn no_identifier_and_no_text_of_the_source_leaves() {
    with_known(|town, archive, known| {
        let secrets = secrets(town);
        assert!(secrets.len() > 100, "{}", secrets.len());
        let mut files = Vec::new();
        for form in [Form::Ndjson, Form::Csv] {
            files.push(events(archive, known, 1, form));
            files.push(figures(known, FiguresOf::Requests, form));
            files.push(figures(known, FiguresOf::Coverage, form));
        }
        for file in files {
            let text = String::from_utf8(file).unwrap();
            for secret in &secrets {
                assert!(!text.contains(secret.as_str()), "{secret} in {text}");
                assert!(!text.to_lowercase().contains(&secret.to_lowercase()), "{secret}");
            }
        }
    });
}

#[test]
fn pseudonyms_hold_an_export_together_and_no_two_exports() {
    with_known(|_, archive, known| {
        let lines = |bytes: Vec<u8>| -> Vec<Value> {
            let text = String::from_utf8(bytes).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        let one = lines(events(archive, known, 1, Form::Ndjson));
        assert_eq!(
            one,
            lines(events(archive, known, 1, Form::Ndjson)),
            "one key, one export"
        );
        let other = lines(events(archive, known, 2, Form::Ndjson));
        let names = |lines: &[Value]| -> BTreeSet<String> {
            let fields = ["event", "subject", "recorder", "origin"];
            lines
                .iter()
                .flat_map(|line| fields.map(|field| line[field].as_str().unwrap().to_owned()))
                .collect()
        };
        assert!(names(&one).is_disjoint(&names(&other)));
        // The household of the request is the one that was visited.
        let raised = one.iter().find(|line| line["kind"] == "request_raised").unwrap();
        let visits = one.iter().filter(|line| line["kind"] == "visit_recorded");
        let visited: BTreeSet<&str> = visits.map(|line| line["subject"].as_str().unwrap()).collect();
        assert!(visited.contains(raised["facts"]["household"].as_str().unwrap()));
        // The correction names the event that it corrects.
        let ids: BTreeSet<&str> = one.iter().map(|line| line["event"].as_str().unwrap()).collect();
        for corrected in one.iter().filter(|line| line["kind"] == "record_corrected") {
            assert!(
                ids.contains(corrected["facts"]["target"].as_str().unwrap()),
                "{corrected}"
            );
        }
        let effects: BTreeSet<&str> = one.iter().map(|line| line["effect"].as_str().unwrap()).collect();
        assert_eq!(effects, BTreeSet::from(["conflict", "counted", "no_effect"]));
    });
}

#[test]
fn a_table_opens_in_an_office_and_shows_no_small_count() {
    with_known(|_, archive, known| {
        let file = figures(known, FiguresOf::Coverage, Form::Csv);
        assert!(file.starts_with(b"\xef\xbb\xbf"), "the mark");
        let mut table = csv::Reader::from_reader(&file[3..]);
        let head = table.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 3, "two villages and the township");
        let at = |row: &csv::StringRecord, name: &str| {
            row[head.iter().position(|column| column == name).unwrap()].to_owned()
        };
        assert_eq!(at(&rows[1], "name"), "'=1+1村", "no formula");
        assert_eq!(at(&rows[2], "unit"), "990000103000");
        assert_eq!(at(&rows[2], "name"), "禾渡镇");
        assert_eq!(at(&rows[2], "households"), "12", "the township is large enough");
        for row in &rows {
            for column in [
                "met_at_home",
                "contacted",
                "knocked_only",
                "unvisited",
                "visits_off_books",
            ] {
                let cell = at(row, column);
                assert!(cell == HIDDEN || cell.parse::<u64>().unwrap() >= 5, "{column} {cell}");
            }
            assert_eq!(at(row, "position"), known.cut().position.unwrap().to_string());
            assert_eq!(at(row, "rules"), ledger::RULE_VERSION.to_string());
        }
        assert_eq!(at(&rows[0], "coverage_percent"), HIDDEN);
        let file = events(archive, known, 1, Form::Csv);
        let mut table = csv::Reader::from_reader(&file[3..]);
        assert_eq!(table.headers().unwrap(), &audit::EXPORT_COLUMNS[..]);
        assert_eq!(table.records().count(), known.ledger.len());
    });
}
