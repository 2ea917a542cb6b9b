//! The leads against a finding that shares nothing with them but the page (`tests/independent/leads.py`), lead by lead.

#[allow(dead_code, reason = "the table is read by other tests")]
mod evaluation;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use evaluation::{notes_of, records_of};
use event::{Event, Personal};
use leads::{Asked, History, Lead, LogNote, Parameters, Record, Rule, SpotPlan, leads};
use ledger::Ledger;
use sample::conduct::{Conduct, ConductPlan, JOURNAL, TRAINING_SEEDS};
use serde_json::{Value, json};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn line(ledger: &Ledger, record: &Record<'_>) -> Value {
    let effect = ledger
        .effect_at(record.origin, record.sequence)
        .expect("it was applied");
    let effect = serde_json::to_value(effect).expect("JSON");
    let presence = record
        .personal
        .and_then(|bytes| Personal::open(bytes).ok())
        .and_then(|content| content.presence);
    json!({
        "position": record.receipt.position.0,
        "received_at_ms": record.receipt.received_at_ms,
        "origin": record.origin.to_string(),
        "sequence": record.sequence.get(),
        "bytes": hex(record.bytes),
        "presence": presence,
        "effect": effect["effect"],
        "reason": effect["reason"],
        "state": effect["state"],
    })
}

fn note(note: &LogNote) -> Value {
    match note {
        LogNote::Reached { origin, size } => json!({ "note": "reached", "origin": origin.to_string(), "size": size }),
        LogNote::Fork { origin, at_ms, .. } => json!({ "note": "fork", "origin": origin.to_string(), "at_ms": at_ms }),
        LogNote::Broken { origin, .. } => json!({ "note": "broken", "origin": origin.to_string() }),
        LogNote::Restored { origin } => json!({ "note": "restored", "origin": origin.to_string() }),
    }
}

/// A lead as the script tells it. Of a log the script says what is missing, and leaves the events on either side to us.
fn told(lead: &Lead) -> Value {
    let figures: serde_json::Map<String, Value> = lead
        .figures
        .iter()
        .map(|figure| (figure.name.to_owned(), json!(figure.value)))
        .collect();
    if lead.rule == Rule::R31 {
        let origin = event::Origin::from_bytes(lead.subject.id.to_bytes()).to_string();
        return json!(["R31", null, 5, origin, null, null, null, figures]);
    }
    let events: Vec<String> = lead.events.iter().map(|id| hex(&id.to_bytes())).collect();
    let subject = hex(&lead.subject.id.to_bytes());
    json!([
        lead.rule.key(),
        lead.unit.get(),
        lead.subject.kind.code(),
        subject,
        lead.period.0.0,
        lead.period.1.0,
        events,
        figures
    ])
}

/// Runs the script, or returns `None` where there is no Python 3.
fn found(lines: &[Value]) -> Option<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/independent/leads.py");
    let mut command = Command::new("python3");
    command
        .arg("-B")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            skip(
                "the_page_alone_gives_the_same_leads",
                &format!("python3 cannot be run: {error}"),
            );
            return None;
        }
    };
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(text.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the script failed");
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// A skip is counted: see `tests/README.md`.
fn skip(name: &str, reason: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {name}: {reason}");
    if let Some(list) = std::env::var_os("MINQING_SKIPS") {
        let mut list = fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(list)
            .expect("the list of skips");
        writeln!(list, "{name}: {reason}").expect("the list of skips");
    }
}

fn compare(conduct: &Conduct, parameters: &Parameters) -> Option<usize> {
    let (records, notes) = (records_of(conduct), notes_of(conduct));
    let mut ledger = Ledger::new();
    for one in &records {
        ledger.apply(one.bytes, one.origin, one.sequence, one.author, one.receipt);
    }
    ledger.settle();
    let mut head = serde_json::to_value(parameters).expect("JSON");
    head["journal"] = json!(JOURNAL.to_string());
    let mut lines = vec![head];
    lines.extend(records.iter().map(|record| line(&ledger, record)));
    lines.extend(notes.iter().map(note));
    let theirs = found(&lines)?;
    let history = History::read(&ledger, records.iter().copied(), notes, JOURNAL);
    let ours = leads(&history, parameters, Asked::All);
    let sorted = |mut leads: Vec<String>| {
        leads.sort();
        leads
    };
    let theirs_told = theirs["leads"]
        .as_array()
        .expect("a list")
        .iter()
        .map(Value::to_string)
        .collect();
    let (ours_told, theirs_told) = (
        sorted(ours.iter().map(|lead| told(lead).to_string()).collect()),
        sorted(theirs_told),
    );
    for (one, other) in ours_told.iter().zip(&theirs_told) {
        assert_eq!(one, other);
    }
    assert_eq!(ours_told.len(), theirs_told.len());
    let published =
        records.iter().filter_map(
            |record| match Event::decode(record.bytes).map(|e| (e.header.kind, e.facts)) {
                Ok((kind, facts)) => match event::Facts::decode(kind, 1, facts) {
                    Ok(Some(event::Facts::SamplePublished(facts))) => SpotPlan::of_published(&facts),
                    _ => None,
                },
                Err(_) => None,
            },
        );
    let lists: Vec<Vec<String>> = published
        .map(|plan| history.sample(&plan).iter().map(|id| hex(&id.to_bytes())).collect())
        .collect();
    assert!(json!(lists) == theirs["samples"], "the samples differ");
    Some(ours.len())
}

fn story(seed: u64, villages: u16) -> Conduct {
    let plan = ConductPlan {
        villages,
        ..ConductPlan::new(seed, 400)
    };
    plan.tell()
}

#[test]
fn the_page_alone_gives_the_same_leads() {
    let Some(usual) = compare(&story(TRAINING_SEEDS[6], 9), &Parameters::default()) else {
        return;
    };
    // With low thresholds everything is told that a rule can see, and much more is compared.
    let mut low = Parameters::default();
    (
        low.r01.households_max,
        low.r02.pairs_min,
        low.r02.overlap_minutes_max,
        low.r04.households_max,
    ) = (2, 1, 0, 6);
    (
        low.r03.visits_min,
        low.r05.records_min,
        low.r06.one_in,
        low.r06.records_min,
    ) = (1, 1, 2, 3);
    (
        low.r13.follow_ups_min,
        low.r13.one_in,
        low.r14.households_min,
        low.r14.margin_days,
    ) = (3, 2, 1, 2);
    (
        low.r15.cadres_min,
        low.r15.visits_min,
        low.r16.answers_min,
        low.r16.share_permille,
    ) = (1, 3, 1, 50);
    (
        low.r20.records_min,
        low.r23.instant_min,
        low.r23.self_checked_min,
        low.r24.requests_min,
    ) = (4, 1, 1, 1);
    let many = compare(&story(TRAINING_SEEDS[1], 16), &low).expect("it ran before");
    assert!(usual > 80 && many > 500, "{usual}, {many}");
}
