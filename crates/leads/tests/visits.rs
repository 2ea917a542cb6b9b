//! Rules about visits: each is raised by what it is about, and not by what looks like it.

mod common;

use common::{Story, Told, house, ms, person, told, visit};
use event::*;
use leads::Rule;

fn many(count: u8, at: impl Fn(u8) -> String, minutes: Option<u16>) -> Vec<Told> {
    (0..count).map(|n| visit(n + 1, &at(n), minutes)).collect()
}

#[test]
fn r01_seven_households_within_an_hour_and_no_fewer() {
    let at = |n: u8| format!("2026-03-10 09:{:02}", n * 8);
    assert_eq!(
        Story::of(many(7, at, None)).figures(Rule::R01),
        [("households", 7), ("window_minutes", 60)]
    );
    Story::of(many(6, at, None)).nothing(Rule::R01);
    // The seventh an hour after the first; the same household again; a claim without minutes; nobody there; by telephone.
    let mut story = many(6, at, None);
    story.push(visit(7, "2026-03-10 10:00", None));
    Story::of(story.clone()).nothing(Rule::R01);
    story[6] = visit(1, "2026-03-10 09:50", None);
    Story::of(story.clone()).nothing(Rule::R01);
    story[6] = visit(7, "2026-03-10 am", None);
    Story::of(story.clone()).nothing(Rule::R01);
    for (mode, outcome) in [(Mode::Home, Outcome::NotHome), (Mode::Phone, Outcome::Met)] {
        story[6] = visit(7, "2026-03-10 09:50", None);
        if let Facts::VisitRecorded(facts) = &mut story[6].facts {
            (facts.mode, facts.outcome) = (mode, outcome);
        }
        Story::of(story.clone()).nothing(Rule::R01);
    }
}

#[test]
fn r01_and_r04_leave_the_day_aside_on_which_the_whole_village_went_out() {
    let mut story: Vec<Told> = Vec::new();
    for cadre in 1..=3 {
        let at = |n: u8| format!("2026-04-20 {:02}:{:02}", 8 + n / 8, n % 8 * 7);
        story.extend(many(24, at, None).into_iter().map(|one| one.by(cadre, &[cadre])));
    }
    Story::of(story.clone()).nothing(Rule::R01);
    Story::of(story.clone()).nothing(Rule::R04);
    story.truncate(48);
    assert_eq!(Story::of(story.clone()).leads(Rule::R01).len(), 2);
    let found = Story::of(story).leads(Rule::R04);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].events.len(), found[0].figures[0].value), (24, 24));
}

#[test]
fn r02_two_pairs_that_overlap_by_more_than_rounding() {
    let story = |second: &str| {
        Story::of([
            visit(1, "2026-03-10 09:00", Some(40)),
            visit(2, second, Some(40)),
            visit(3, "2026-03-12 09:00", Some(40)),
            visit(4, "2026-03-12 09:10", Some(40)),
        ])
    };
    assert_eq!(
        story("2026-03-10 09:20").figures(Rule::R02),
        [("pairs", 2), ("longest_minutes", 30)]
    );
    story("2026-03-10 09:25").nothing(Rule::R02);
    // Who came along is somebody else; the same household may be entered twice.
    let mut other = Story::of([
        visit(1, "2026-03-10 09:00", Some(40)),
        visit(2, "2026-03-10 09:05", Some(40)).by(2, &[2]),
    ]);
    other.parameters.r02.pairs_min = 1;
    other.nothing(Rule::R02);
    let mut same = Story::of([
        visit(1, "2026-03-10 09:00", Some(40)),
        visit(1, "2026-03-10 09:05", Some(40)),
    ]);
    same.parameters.r02.pairs_min = 1;
    same.nothing(Rule::R02);
}

#[test]
fn r03_two_visits_while_sitting_in_a_reception() {
    let reception = ReceptionHeld {
        venue: Venue::Workroom,
        until: "2026-03-10 11:00".parse().unwrap(),
        visitors: 0,
        requests: vec![],
    };
    let held = told(
        Subject::occasion(house(0x50)),
        Facts::ReceptionHeld(reception),
        "2026-03-10 09:00",
        1,
    );
    let during = visit(9, "2026-03-10 09:30", Some(25));
    let story = |at: &str, minutes| Story::of([held.clone(), during.clone(), visit(1, at, minutes)]);
    let found = story("2026-03-10 10:30", Some(40)).leads(Rule::R03);
    assert_eq!((found[0].events.len(), found[0].figures[1].value), (3, 30));
    // One alone; left early by less than twenty minutes; no length claimed; another cadre sat there; by telephone.
    Story::of([held.clone(), during.clone()]).nothing(Rule::R03);
    story("2026-03-10 10:41", Some(40)).nothing(Rule::R03);
    story("2026-03-10 10:30", None).nothing(Rule::R03);
    Story::of([
        held.clone().by(2, &[2]),
        during.clone(),
        visit(1, "2026-03-10 10:00", Some(30)),
    ])
    .nothing(Rule::R03);
    let mut call = visit(1, "2026-03-10 10:00", Some(30));
    if let Facts::VisitRecorded(facts) = &mut call.facts {
        facts.mode = Mode::Phone;
    }
    Story::of([held, during, call]).nothing(Rule::R03);
}

#[test]
fn r05_counts_the_days_of_the_machine_that_typed_and_never_those_of_the_link() {
    let at = |n: u8| format!("2026-03-{:02}", n + 1);
    let late = |days: u8| {
        let all = many(5, at, None).into_iter().enumerate();
        all.map(move |(n, one)| one.typed(&format!("2026-03-{:02} 09:00", n + 1 + usize::from(days))))
    };
    assert_eq!(
        Story::of(late(4)).figures(Rule::R05),
        [("late", 5), ("visits", 5), ("longest_days", 4)]
    );
    Story::of(late(3)).nothing(Rule::R05);
    Story::of(late(7).map(Told::declared)).nothing(Rule::R05);
    assert_eq!(Story::of(late(8).map(Told::declared)).leads(Rule::R05).len(), 1);
    // Typed on the day, received five weeks later.
    Story::of(late(0).map(|one| one.received("2026-04-20 09:00"))).nothing(Rule::R05);
    // A clock that is ahead of the receipt says nothing, nor does one that the mint put aside.
    Story::of(late(9).map(|one| one.received("2026-03-06 09:00"))).nothing(Rule::R05);
    let aside = late(9).map(|one| Told {
        clock: ClockQuality::Floor,
        ..one
    });
    Story::of(aside).nothing(Rule::R05);
}

#[test]
fn r05_takes_the_corrected_time_of_a_clock_that_was_wrong() {
    let at = |n: u8| format!("2026-03-{:02}", n + 1);
    let wrong = many(5, at, None).into_iter().map(|one| Told {
        wall_ms: one.wall_ms + 40 * 86_400_000,
        received_ms: one.wall_ms + 50 * 86_400_000,
        ..one
    });
    let mut story = Story::of(wrong);
    assert_eq!(story.leads(Rule::R05).len(), 1);
    let facts = ClockCorrected {
        origin: common::VILLAGE,
        first: Sequence::FIRST,
        last: Sequence::after_size(9),
        offset_ms: -40 * 86_400_000,
    };
    story.add(
        told(
            Subject::origin(common::VILLAGE),
            Facts::ClockCorrected(facts),
            "2026-05-01",
            9,
        )
        .hub(),
    );
    story.nothing(Rule::R05);
}

#[test]
fn r06_a_month_typed_in_its_last_days() {
    let at = |n: u8| format!("2026-03-{:02} 09:00", n + 1);
    let typed = |one: Told, day: usize| one.typed(&format!("2026-03-{day:02} 18:00"));
    let bulk = many(12, at, None).into_iter().map(|one| typed(one, 30));
    assert_eq!(
        Story::of(bulk).figures(Rule::R06),
        [("bulk", 12), ("records", 12), ("last_days", 7)]
    );
    // In time; before the last days; too few to tell from chance.
    Story::of(many(12, at, None)).nothing(Rule::R06);
    Story::of(many(12, at, None).into_iter().map(|one| typed(one, 24))).nothing(Rule::R06);
    Story::of(many(9, at, None).into_iter().map(|one| typed(one, 30))).nothing(Rule::R06);
    // Visits of the last days are rightly typed then.
    let at = |n: u8| format!("2026-03-{:02} 09:00", 25 + n % 7);
    Story::of(many(14, at, None)).nothing(Rule::R06);
}

#[test]
fn r14_needs_three_absent_households_and_knows_who_came_back() {
    let change = |n: u8, change, since: &str, presence| {
        let facts = HouseholdChanged {
            change,
            since: Some(since.parse().unwrap()),
            until: None,
            into: None,
        };
        Told {
            presence,
            ..told(
                Subject::household(house(n)),
                Facts::HouseholdChanged(facts),
                "2026-03-01",
                2,
            )
        }
    };
    let away = |n| change(n, ChangeKind::Presence, "2026-03-01", Some("away"));
    let visits = [1, 2, 3].map(|n| visit(n, &format!("2026-03-1{n} 09:00"), None));
    let story = |changes: &[Told]| Story::of(changes.iter().chain(&visits).cloned());
    let moved = change(2, ChangeKind::MovedOut, "2026-03-05", None);
    assert_eq!(
        story(&[away(1), moved.clone(), away(3)]).figures(Rule::R14),
        [("visits", 3), ("households", 3)]
    );
    story(&[away(1), away(3)]).nothing(Rule::R14);
    let moved_later = change(2, ChangeKind::MovedOut, "2026-03-13", None);
    story(&[away(1), moved_later, away(3)]).nothing(Rule::R14);
    let back = change(1, ChangeKind::Presence, "2026-03-09", Some("returned"));
    story(&[away(1), moved.clone(), away(3), back]).nothing(Rule::R14);
    // Without the personal part a change of presence says nothing.
    let unsaid = change(1, ChangeKind::Presence, "2026-03-01", None);
    story(&[unsaid, moved, away(3)]).nothing(Rule::R14);
}

#[test]
fn r15_others_type_and_one_types_for_many() {
    let at = |n: u8| format!("2026-03-{:02} 09:00", n + 1);
    let by_clerk = |declared: bool| {
        let all = many(10, at, None).into_iter().map(|one| one.by(2, &[1]));
        Story::of(all.map(move |one| if declared { one.declared() } else { one }))
    };
    assert_eq!(
        by_clerk(false).figures(Rule::R15),
        [("typed_by_others", 10), ("visits", 10)]
    );
    by_clerk(true).nothing(Rule::R15);
    let sitting = |cadres: u8| {
        let one = |n: u8| {
            visit(n, "2026-03-10 09:00", None)
                .by(9, &[n])
                .seconds_later(i64::from(n) * 100)
        };
        Story::of((1..=cadres).map(one))
    };
    assert_eq!(sitting(3).figures(Rule::R15), [("cadres", 3), ("visits", 3)]);
    sitting(2).nothing(Rule::R15);
}

#[test]
fn r20_fourteen_in_a_row_and_a_declared_batch_is_no_lead() {
    let run = |count: u8, gap: i64| {
        (0..count).map(move |n| visit(n + 1, "2026-03-10 09:00", None).seconds_later(i64::from(n) * gap))
    };
    assert_eq!(
        Story::of(run(14, 59)).figures(Rule::R20),
        [("records", 14), ("seconds", 767)]
    );
    Story::of(run(13, 30)).nothing(Rule::R20);
    Story::of(run(14, 60)).nothing(Rule::R20);
    Story::of(run(19, 30).map(Told::declared)).nothing(Rule::R20);
    let mut broken: Vec<Told> = run(24, 30).collect();
    broken[12] = broken[12].clone().declared();
    Story::of(broken).nothing(Rule::R20);
}

#[test]
fn voided_visits_do_not_count_and_corrected_ones_count_as_corrected() {
    let at = |n: u8| format!("2026-03-10 09:{:02}", n * 8);
    let fix = |target, correction, occurred: Option<&str>, actors: &[u8]| {
        let facts = RecordCorrected {
            target,
            correction,
            replacement: None,
            occurred: occurred.map(|at| at.parse().unwrap()),
        };
        told(
            Subject::household(house(7)),
            Facts::RecordCorrected(facts),
            "2026-03-11",
            1,
        )
        .by(1, actors)
    };
    let with = |make: &dyn Fn(EventId) -> Told| {
        let mut story = Story::of(many(6, at, None));
        let last = story.add(visit(7, "2026-03-10 09:50", None));
        story.add(make(last));
        story
    };
    let (void, correct) = (CorrectionKind::Void, CorrectionKind::Correct);
    with(&|last| fix(last, void, None, &[1, 2])).nothing(Rule::R01);
    // A void without a second person has no effect.
    assert_eq!(with(&|last| fix(last, void, None, &[1])).leads(Rule::R01).len(), 1);
    with(&|last| fix(last, correct, Some("2026-03-10 15:50"), &[1])).nothing(Rule::R01);
}

#[test]
fn a_lead_names_at_most_so_many_events_and_its_figures_tell_the_rest() {
    let at = |n: u8| format!("2026-03-10 {:02}:{:02}", 8 + n / 6, n % 6 * 10);
    let found = Story::of(many(60, at, None)).leads(Rule::R04);
    assert_eq!(
        (found[0].events.len(), found[0].figures[0].value),
        (leads::LEAD_EVENTS_MAX, 60)
    );
    assert_eq!(found[0].subject, Subject::person(person(1)));
    assert!(ms("2026-03-10 09:00") > 0);
}
