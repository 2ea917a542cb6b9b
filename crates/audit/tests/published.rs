//! What the township publishes, made again from the mirror alone: samples are drawn, seals replayed. Neither may differ,
//! and what differs is named.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "made/town.rs"]
mod town;

use audit::{
    Archive, AuditConfig, AuditError, Knowledge, Led, Replay, SampleCheck, SampleDraw, SamplePlan, SampleProblem,
    SealCheck, SealVerdict, Served, ServedRows, digests_of, rows_of,
};
use event::{Hash256, Position};
use leads::{Asked, Parameters, Rule, leads};
use ledger::{Query, RULE_VERSION, SealRoot, View};
use proof::OriginKey;
use serde_bytes::{ByteArray, ByteBuf};
use serde_json::{Value, json};
use sync::message::SuccessorReason;
use sync::record::JournalRecord;
use town::{DAY_MS, HUB, START_MS, Town, household, person, story, unit};

const PUBLISHED_MS: u64 = START_MS + 22 * DAY_MS;

fn plan(archive: &Archive, size: Option<u64>) -> SamplePlan {
    let (journal, newest) = archive.newest().unwrap();
    SamplePlan {
        from: "2026-09-01".parse().unwrap(),
        to: "2026-09-10".parse().unwrap(),
        journal,
        size: size.map_or(newest, Position),
        minimum: 1,
        permille: 500,
    }
}

fn drawn(town: &Town) -> SampleDraw {
    let (_dir, config) = town.mirror();
    let archive = Archive::open(&config).unwrap();
    let draw = archive.draw_own(plan(&archive, None), &mut |_, _| ()).unwrap();
    archive.close().unwrap();
    draw
}

fn facts(draw: &SampleDraw) -> Value {
    let plan = draw.plan;
    json!({
        "journal": plan.journal, "size": plan.size, "root": draw.root, "from": plan.from, "to": plan.to,
        "minimum": plan.minimum, "permille": plan.permille, "rule": 1, "drawn": draw.visits.len(), "list": draw.list
    })
}

/// The township publishes; an auditor looks.
fn publish(mut town: Town, kind: &str, facts: Value) -> (tempfile::TempDir, AuditConfig) {
    let form = json!({
        "kind": kind, "journal": facts["journal"], "occurred": "2026-09-22", "actors": [person(9)], "facts": facts
    });
    town.record(HUB, PUBLISHED_MS, form);
    town.receive(HUB, PUBLISHED_MS + 5);
    town.mirror()
}

fn sampled(facts: Value) -> SampleCheck {
    let (_dir, config) = publish(story(), "sample_published", facts);
    let archive = Archive::open(&config).unwrap();
    let known = archive
        .known(Knowledge::Everything, &mut |_, _| (), &mut |_, _| ())
        .unwrap();
    let mut checks = archive.check_samples(&known, &mut |_, _| ()).unwrap();
    archive.close().unwrap();
    assert_eq!(checks.len(), 1);
    checks.pop().unwrap()
}

#[test]
fn a_published_sample_is_drawn_again_and_names_households_and_days() {
    let draw = drawn(&story());
    // Three visits met somebody at home in the period: one of household 0 and two of the second village; the one that
    // was corrected into a telephone call, and the one that was voided, are not among them.
    let households: Vec<_> = draw.visits.iter().map(|visit| visit.household).collect();
    assert!(!households.is_empty() && households.iter().all(|id| [household(8), household(10)].contains(id)));
    let village: Vec<_> = draw.villages.iter().map(|one| (one.unit, one.of)).collect();
    assert_eq!(village, [(unit(1), 2)]);
    let check = sampled(facts(&draw));
    assert_eq!(check.problems, []);
    assert_eq!((check.redrawn, check.records_between), (Some(draw), 0));
}

#[test]
fn what_was_tampered_with_in_a_sample_is_said() {
    let honest = facts(&drawn(&story()));
    let with = |name: &str, value: Value| {
        let mut facts = honest.clone();
        facts[name] = value;
        sampled(facts).problems
    };
    let other = Hash256([7; 32]);
    let problems = with("list", json!(other));
    assert!(
        matches!(problems[..], [SampleProblem::List { published, .. }] if published == other),
        "{problems:?}"
    );
    let problems = with("drawn", json!(40));
    assert!(
        matches!(problems[..], [SampleProblem::Drawn { published: 40, .. }]),
        "{problems:?}"
    );
    // Another root is another draw: what follows from the journal is said, and that nothing else fits is seen.
    let problems = with("root", json!(other));
    assert!(
        matches!(problems[..], [SampleProblem::Root { published, .. }] if published == other),
        "{problems:?}"
    );
    assert_eq!(with("size", json!(1_000)), [SampleProblem::NoSuchSize]);
    assert_eq!(with("size", json!(0)), [SampleProblem::NoSuchSize]);
    assert_eq!(with("rule", json!(9)), [SampleProblem::OtherRule { rule: 9 }]);
    // A seed from the middle of the period: whoever recorded after it knew it.
    let problems = with("size", json!(7));
    assert!(
        problems
            .iter()
            .any(|one| matches!(one, SampleProblem::SeedInside { .. })),
        "{problems:?}"
    );
}

#[test]
fn an_auditors_own_seed_must_lie_behind_the_period() {
    let (_dir, config) = story().mirror();
    let archive = Archive::open(&config).unwrap();
    let inside = archive.draw_own(plan(&archive, Some(7)), &mut |_, _| ());
    assert!(matches!(inside, Err(AuditError::SeedInside { .. })), "{inside:?}");
    let beyond = archive.draw_own(plan(&archive, Some(99)), &mut |_, _| ());
    assert!(matches!(beyond, Err(AuditError::NoSuchSize { .. })), "{beyond:?}");
    let (_, newest) = archive.newest().unwrap();
    let seeds = [newest.0 - 1, newest.0].map(|size| {
        let draw = archive.draw_own(plan(&archive, Some(size)), &mut |_, _| ()).unwrap();
        draw.root
    });
    assert_ne!(seeds[0], seeds[1]);
    archive.close().unwrap();
}

/// What a hub would serve and seal at the newest cut.
fn served(town: &Town) -> (Served, SealRoot, Value) {
    let (_dir, config) = town.mirror();
    let archive = Archive::open(&config).unwrap();
    let (journal, _) = archive.newest().unwrap();
    let known = archive
        .known(Knowledge::Everything, &mut |_, _| (), &mut |_, _| ())
        .unwrap();
    archive.close().unwrap();
    let day = known.last_day();
    let rows = known.ledger.units().flat_map(|unit| {
        let ledger = &known.ledger;
        View::ALL.into_iter().map(move |view| ServedRows {
            unit,
            view: view.key().to_owned(),
            rows: rows_of(ledger, view, unit, Query::as_of(day)),
        })
    });
    let served = Served {
        digests: digests_of(&known.ledger, &known.book),
        as_of: Some(day),
        rows: rows.collect(),
    };
    let root = known.ledger.seal_root();
    let facts = json!({
        "from": "2026-09-01", "to": "2026-09-10", "journal": journal, "position": known.cut().position,
        "rule": RULE_VERSION, "root": root.root, "count": root.count
    });
    (served, root, facts)
}

fn sealed(facts: Value, kept: Option<&Served>) -> SealCheck {
    let (_dir, config) = publish(story(), "ledger_sealed", facts);
    let replay = Replay::run(&config, &mut |_, _| ()).unwrap();
    let mut checks = replay.check_seals(kept, &mut |_, _| ()).unwrap();
    replay.close().unwrap();
    assert_eq!(checks.len(), 1);
    checks.pop().unwrap()
}

#[test]
fn a_seal_is_what_follows_from_the_receipts_up_to_its_cut_whatever_came_later() {
    let (_, _, honest) = served(&story());
    assert_eq!(sealed(honest.clone(), None).verdict, SealVerdict::Equal);
    let with = |name: &str, value: Value| {
        let mut facts = honest.clone();
        facts[name] = value;
        sealed(facts, None).verdict
    };
    let tampered = with("root", json!(Hash256([7; 32])));
    assert!(
        matches!(tampered, SealVerdict::Differs { at: None, .. }),
        "{tampered:?}"
    );
    let tampered = with("count", json!(1));
    assert!(matches!(tampered, SealVerdict::Differs { .. }), "{tampered:?}");
    // At an earlier cut other figures follow.
    let earlier = honest["position"].as_u64().unwrap() - 1;
    let earlier = with("position", json!(earlier));
    assert!(matches!(earlier, SealVerdict::Differs { .. }), "{earlier:?}");
    assert_eq!(with("position", json!(500)), SealVerdict::NoSuchCut);
    assert_eq!(with("rule", json!(77)), SealVerdict::OtherRules { ours: RULE_VERSION });
}

#[test]
fn with_what_was_served_at_the_cut_the_first_difference_has_a_name() {
    let (mut kept, _, mut facts) = served(&story());
    // The hub serves, and seals, one household less than follows.
    let lacking = unit(1);
    let altered = kept.digests.units.iter_mut().find(|one| one.unit == lacking).unwrap();
    altered.views.get_mut("households").unwrap().root = Some(Hash256([8; 32]).to_string());
    let rows = kept
        .rows
        .iter_mut()
        .find(|one| one.unit == lacking && one.view == "households");
    let gone = rows.unwrap().rows.remove(0);
    let roots = kept.digests.units.iter().flat_map(|one| {
        one.views.iter().filter_map(move |(view, digest)| {
            let (view, root): (_, Hash256) = (View::from_key(view)?, digest.root.as_ref()?.parse().ok()?);
            let root = ledger::ViewRoot(root.0);
            let is_empty = root == ledger::ViewRoot::of_rows(view, one.unit, &[]);
            (!is_empty).then_some((one.unit, view, root))
        })
    });
    let root = SealRoot::of_roots(roots);
    (facts["root"], facts["count"]) = (json!(root.root), json!(root.count));
    let SealVerdict::Differs { at: Some(at), .. } = sealed(facts.clone(), Some(&kept)).verdict else {
        panic!("it differs");
    };
    assert_eq!((at.unit, &*at.view), (lacking, "households"));
    assert_eq!(at.row.unwrap().row()["household"], gone["household"]);
    // Without rows the view is named, and with figures of another cut nothing is.
    kept.rows.clear();
    let SealVerdict::Differs { at: Some(at), .. } = sealed(facts.clone(), Some(&kept)).verdict else {
        panic!("it differs");
    };
    assert_eq!(at.row, None);
    kept.digests.cut.position = Some(Position(3));
    let verdict = sealed(facts, Some(&kept)).verdict;
    assert!(matches!(verdict, SealVerdict::Differs { at: None, .. }), "{verdict:?}");
}

#[test]
fn leads_are_read_from_the_mirror_with_what_the_journal_notes_of_the_logs() {
    // A household is away, as its personal part says, and is met at home three times by one cadre: R14 looks there.
    let mut town = story();
    let at = |n: u64| START_MS + 21 * DAY_MS + n;
    for n in 4..7 {
        town.record(
            0,
            at(10 * n),
            json!({
                "kind": "household_changed", "household": household(n), "occurred": "2026-09-01", "actors": [person(7)],
                "facts": { "change": "presence" }, "personal": { "presence": "away" }
            }),
        );
        town.record(
            0,
            at(10 * n + 5),
            json!({
                "kind": "visit_recorded", "household": household(n), "occurred": "2026-09-15", "actors": [person(7)],
                "facts": { "mode": "home", "outcome": "met" }
            }),
        );
    }
    town.receive(0, at(100));
    let found = found(&town, Asked::On);
    assert_eq!(
        found.iter().map(|lead| lead.rule).collect::<Vec<_>>(),
        [Rule::R14],
        "{found:?}"
    );
    assert_eq!(found[0].events.len(), 3);
    // The story alone raises nothing, whichever rule is asked.
    assert_eq!(self::found(&story(), Asked::On), []);
}

fn found(town: &Town, asked: Asked) -> Vec<leads::Lead> {
    let (_dir, config) = town.mirror();
    let archive = Archive::open(&config).unwrap();
    let led = Led::read(&archive, &mut |_, _| ()).unwrap();
    archive.close().unwrap();
    leads(&led.history, &Parameters::default(), asked)
}

#[test]
fn forks_and_second_successors_are_told_and_a_declared_restore_explains_them() {
    let asked = Asked::One(Rule::R31);
    let mut town = story();
    let (origin, note) = town.checkpoint_of(0);
    let fork = JournalRecord::Fork {
        origin,
        unit: unit(0),
        hub_size: 10,
        hub_note: note.clone(),
        shown_note: note,
        at_ms: PUBLISHED_MS,
    };
    town.note(fork);
    let told = found(&town, asked);
    assert_eq!(told.len(), 1, "{told:?}");
    let forks = told[0].figures.iter().find(|figure| figure.name == "forks");
    assert_eq!(forks.unwrap().value, 1);
    let successor = |reason, second, at_ms| JournalRecord::Successor {
        old: origin,
        size: 10,
        new: OriginKey::from_seed([9; 32]).origin(),
        key: ByteArray::new(OriginKey::from_seed([9; 32]).public().0),
        unit: unit(0),
        reason,
        signature: ByteBuf::new(),
        second,
        at_ms,
    };
    town.note(successor(SuccessorReason::Restored, false, PUBLISHED_MS + 1));
    assert_eq!(found(&town, asked), []);
    let mut town = story();
    town.note(successor(SuccessorReason::Forked, true, PUBLISHED_MS));
    assert_eq!(found(&town, asked).len(), 1);
    assert_eq!(found(&story(), asked), []);
}
