//! What was known when, from a real mirror: exactly the receipts up to then, and nothing of the later ones.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod made;
#[path = "made/town.rs"]
mod town;

use std::collections::{BTreeMap, BTreeSet};

use audit::{
    Archive, Between, DiffView, History, Knowledge, Moments, Proof, Prover, Sealed, Verdict, Why, compare_sealed, diff,
    digests_of, lead_events, rows_of, trace,
};
use event::{Day, EventId, Position, Sequence, Subject};
use ledger::{Effect, Ledger, Query, View};
use serde_json::json;
use town::{DAY_MS, START_MS, household, person, request, story, unit};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn everything(ledger: &Ledger, today: Day) -> serde_json::Value {
    let mut all = BTreeMap::new();
    for village in 0..2 {
        for view in View::ALL {
            let rows = rows_of(ledger, view, unit(village), Query::as_of(today));
            let root = ledger.root(view, unit(village)).to_string();
            all.insert(
                format!("{village} {}", view.key()),
                json!({ "rows": rows, "root": root }),
            );
        }
    }
    json!(all)
}

#[test]
fn as_known_is_the_ledger_of_those_receipts_alone() {
    let town = story();
    let (_dir, config) = town.mirror();
    let archive = Archive::open(&config).unwrap();
    let today = day("2026-10-01");
    let receipts = town.receipts();
    for (position, at_ms) in &receipts {
        // A millisecond before a receipt it is not known, at its own millisecond it is.
        for (until, knows) in [(at_ms - 1, false), (*at_ms, true)] {
            let known = archive
                .known(Knowledge::By(until), &mut |_, _| (), &mut |_, _| ())
                .unwrap();
            let alone = town.ledger_of(|told| told.receipt.received_at_ms <= until);
            assert_eq!(everything(&known.ledger, today), everything(&alone, today));
            assert_eq!(known.ledger.len(), alone.len());
            assert_eq!(
                known.cut().position,
                Some(Position(if knows { position.0 } else { position.0 - 1 }))
            );
            let scope = known.book.scope_position(unit(0));
            assert!(scope.is_none_or(|scope| scope <= known.cut().position.unwrap()));
        }
        // The same by position, as a sealed cut names it.
        let known = archive
            .known(Knowledge::Upto(*position), &mut |_, _| (), &mut |_, _| ())
            .unwrap();
        let alone = town.ledger_of(|told| told.receipt.position <= *position);
        assert_eq!(everything(&known.ledger, today), everything(&alone, today));
        assert_eq!(known.cut().position, Some(*position));
    }
    let whole = archive
        .known(Knowledge::Everything, &mut |_, _| (), &mut |_, _| ())
        .unwrap();
    assert_eq!(whole.last_day(), day("2026-09-20"));
    archive.close().unwrap();
    let replay = audit::Replay::run(&config, &mut |_, _| ()).unwrap();
    assert_eq!(
        replay.digests(),
        digests_of(&whole.ledger, &whole.book),
        "two ways of reading, one ledger"
    );
    replay.close().unwrap();
}

#[test]
fn days_end_where_the_office_says_so() {
    let ms = |text: &str| day(text).start_ms().cast_unsigned();
    let covers = |until: &str, at_ms| Knowledge::by_day(day(until)).covers(Position(0), at_ms);
    assert!(covers("2026-08-31", ms("2026-09-01") - 1));
    assert!(!covers("2026-08-31", ms("2026-09-01")));
}

#[test]
fn a_sealed_period_compares_at_its_own_cut_and_at_no_other() {
    let town = story();
    let (_dir, config) = town.mirror();
    let archive = Archive::open(&config).unwrap();
    let cut = *town.receipts().keys().nth(4).unwrap();
    let known = archive
        .known(Knowledge::Upto(cut), &mut |_, _| (), &mut |_, _| ())
        .unwrap();
    let roots = (0..2).flat_map(|village| View::ALL.map(|view| (unit(village), view)));
    let roots = roots.map(|(unit, view)| ((unit, view.key().to_owned()), known.ledger.root(view, unit).to_string()));
    let sealed = Sealed {
        cut,
        rule_version: ledger::RULE_VERSION,
        roots: roots.collect(),
    };
    let verdicts = |sealed: &Sealed, known: &audit::Known| {
        let comparisons = compare_sealed(known, sealed);
        comparisons.into_iter().map(|one| one.verdict).collect::<Vec<_>>()
    };
    assert_eq!(verdicts(&sealed, &known), [Verdict::Equal, Verdict::Equal]);
    let later = archive
        .known(Knowledge::Everything, &mut |_, _| (), &mut |_, _| ())
        .unwrap();
    assert!(
        verdicts(&sealed, &later)
            .iter()
            .all(|one| matches!(one, Verdict::NotComparable { .. }))
    );
    let mut other = sealed.clone();
    other.rule_version += 1;
    assert!(
        verdicts(&other, &known)
            .iter()
            .all(|one| matches!(one, Verdict::NotComparable { .. }))
    );
    let mut wrong = sealed;
    *wrong.roots.get_mut(&(unit(1), "households".to_owned())).unwrap() = "00".repeat(32);
    let found = verdicts(&wrong, &known);
    assert_eq!(found[0], Verdict::Equal);
    assert!(
        matches!(&found[1], Verdict::Differs { view, .. } if view == "households"),
        "{found:?}"
    );
    archive.close().unwrap();
}

#[test]
fn a_difference_over_a_mirror_names_the_late_push_the_correction_and_the_merge() {
    let town = story();
    let (_dir, config) = town.mirror();
    let archive = Archive::open(&config).unwrap();
    let (from, to) = (day("2026-09-10"), day("2026-09-30"));
    let mut history = History::new();
    let before = archive
        .known(Knowledge::by_day(from), &mut |_, _| (), &mut |_, _| ())
        .unwrap();
    let mut add = |standing: &audit::Standing, bytes: &[u8]| history.add(standing, bytes);
    let after = archive.known(Knowledge::by_day(to), &mut add, &mut |_, _| ()).unwrap();
    let moments = Moments {
        before: &before.ledger,
        after: &after.ledger,
        between: Between::Known { from, to },
    };
    let units = [unit(0), unit(1)];
    let found = diff(DiffView::Households, &units, moments, &history, &archive).unwrap();
    let why: BTreeSet<Why> = found
        .iter()
        .flat_map(|row| &row.events)
        .map(|reason| reason.why)
        .collect();
    assert_eq!(why, BTreeSet::from([Why::New, Why::Late, Why::Voided, Why::Merged]));
    assert!(found.iter().all(|row| row.explained));
    // A household whose request only grew older says so, and names no event for it.
    let found = diff(DiffView::Requests, &units, moments, &history, &archive).unwrap();
    let row = &found[0];
    let cell = |column: &str| row.cells.iter().find(|cell| cell.column == column).unwrap();
    assert!(
        cell("open_days").time_passed && cell("open_days").because.is_empty(),
        "{row:?}"
    );
    assert_eq!(
        (&cell("state").before, &cell("state").after),
        (&json!("replied"), &json!("unsatisfied"))
    );
    assert_eq!(cell("state").because.len(), 1);
    // The close that came too early is a conflict: it changed nothing, so it is named nowhere.
    let closed: Vec<_> = row
        .events
        .iter()
        .filter(|reason| reason.kind == "request_closed")
        .collect();
    assert!(closed.is_empty(), "{closed:?}");
    archive.close().unwrap();
}

#[test]
fn a_trace_has_every_entry_in_the_order_of_the_story_with_who_where_and_when() {
    let town = story();
    let (_dir, config) = town.mirror();
    let archive = Archive::open(&config).unwrap();
    let mut history = History::new();
    let mut add = |standing: &audit::Standing, bytes: &[u8]| history.add(standing, bytes);
    let known = archive.known(Knowledge::Everything, &mut add, &mut |_, _| ()).unwrap();
    for subject in history.subjects() {
        let Ok(told) = trace(subject, &known, &history, &archive) else {
            continue;
        };
        let own: Vec<EventId> = told
            .steps
            .iter()
            .filter(|step| step.subject == subject)
            .map(|step| step.event)
            .collect();
        let story: Vec<EventId> = known.ledger.story(subject).iter().map(|step| step.event).collect();
        assert_eq!(own, story, "{subject:?}");
        for (step, in_ledger) in told
            .steps
            .iter()
            .filter(|step| step.subject == subject)
            .zip(known.ledger.story(subject))
        {
            assert_eq!(step.effect, in_ledger.effect);
            assert_eq!(step.position, in_ledger.position);
        }
    }
    let told = trace(Subject::request(request(0)), &known, &history, &archive).unwrap();
    let kinds: Vec<&str> = told.steps.iter().map(|step| &*step.kind).collect();
    assert_eq!(
        kinds,
        [
            "request_raised",
            "request_accepted",
            "request_assigned",
            "request_replied",
            "request_closed",
            "request_followed_up"
        ]
    );
    let closed = &told.steps[4];
    assert!(matches!(closed.effect, Effect::Conflict(_)), "{closed:?}");
    assert!(closed.by_hub && closed.actors == [person(9)]);
    let replied = &told.steps[3];
    assert_eq!((replied.precision, replied.machine.name.as_str()), ("minute", "砚渡村"));
    assert_eq!(replied.received_at_ms, START_MS + 9 * DAY_MS + 40_000);
    assert_eq!(replied.recorded_ms, START_MS + 9 * DAY_MS);
    assert!(replied.personal.as_ref().is_some_and(|part| part.here && part.len > 0));
    assert_eq!(replied.journal_position, Some(replied.position), "one journal");
    assert!(replied.proof.is_none());

    let told = trace(Subject::household(household(1)), &known, &history, &archive).unwrap();
    let visit = told.steps.iter().find(|step| step.kind == "visit_recorded").unwrap();
    assert_eq!(
        visit.occurred.to_string(),
        "2026-09-02 10:30",
        "the original stands as it was claimed"
    );
    let corrected = &visit.corrections[0];
    let fields: BTreeMap<_, _> = corrected
        .fields
        .iter()
        .map(|field| (&*field.field, (&field.before, &field.after)))
        .collect();
    assert_eq!(fields["mode"], (&json!("home"), &json!("phone")));
    assert_eq!(
        fields["occurred"],
        (&json!("2026-09-02 10:30"), &json!("2026-08-30 pm"))
    );
    assert_eq!(corrected.effect, Effect::Counted);

    let told = trace(Subject::household(household(3)), &known, &history, &archive).unwrap();
    assert_eq!(told.households, [household(2)]);
    assert!(
        told.steps
            .iter()
            .any(|step| step.subject == Subject::household(household(2))),
        "the merge stands here too"
    );
    let told = trace(Subject::household(household(0)), &known, &history, &archive).unwrap();
    assert_eq!(told.requests, [request(0)]);
    // No text of anybody, in whatever form it is shown.
    let shown = serde_json::to_string(&told).unwrap();
    assert!(town.texts.iter().all(|text| !shown.contains(text.as_str())));
    assert!(
        trace(Subject::person(person(7)), &known, &history, &archive).is_err(),
        "a cadre has no story here"
    );
    archive.close().unwrap();
}

#[test]
fn a_lead_shows_its_events_and_no_others_and_a_proof_stands_beside_each() {
    let town = story();
    let (_dir, config) = town.mirror();
    let archive = Archive::open(&config).unwrap();
    let wanted: Vec<EventId> = [12, 13, 3].map(|at: usize| town.told[at].id).to_vec();
    let mut history = History::looking_for(wanted.clone());
    let mut add = |standing: &audit::Standing, bytes: &[u8]| history.add(standing, bytes);
    let known = archive.known(Knowledge::Everything, &mut add, &mut |_, _| ()).unwrap();
    let mut told = lead_events(&known, &history, &archive).unwrap();
    let found: Vec<EventId> = told.steps.iter().map(|step| step.event).collect();
    assert_eq!(found, [wanted[2], wanted[0], wanted[1]], "in the order of the story");
    let prover = Prover::new(&archive, &known.book, &config, Vec::new()).unwrap();
    told.prove(|origin, sequence| Some(prover.prove(origin, sequence)));
    for step in &told.steps {
        let Some(Proof::Holds { slip, shown }) = &step.proof else {
            panic!("{:?}", step.proof);
        };
        assert_eq!(
            (slip.origin, slip.sequence),
            (step.machine.origin, step.machine.sequence)
        );
        assert_eq!(shown.journal_size, Some(known.book.records));
        assert_eq!(slip.files().unwrap().len(), 4);
    }
    let beyond = Sequence::new(1 << 40).unwrap();
    let nowhere = prover.prove(told.steps[0].machine.origin, beyond);
    assert!(matches!(nowhere, Proof::Fails { .. }), "{nowhere:?}");
    drop(prover);
    archive.close().unwrap();
}
