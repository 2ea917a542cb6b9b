//! Rules about clocks, logs, requests and checks.

mod common;

use common::{HUB, JOURNAL, Story, Told, VILLAGE, house, ms, person, told, visit};
use event::*;
use leads::{LogNote, Rule, SpotPlan, list_hash};

const HANDLER: u8 = 1;
const ASKER: u8 = 6;

#[test]
fn r07_the_machine_had_seen_a_receipt_that_its_clock_says_was_still_to_come() {
    // Position 10 is received on the 20th at 10:01; the machine sees it and then records as of the 12th.
    let first = visit(1, "2026-03-20 09:00", None);
    let back = |at: &str, occurred: &str, seen| Told {
        seen,
        received_ms: ms("2026-03-20 20:00"),
        ..visit(2, occurred, None).typed(at)
    };
    let story = |one: Told| {
        Story::of([
            first.clone(),
            Told {
                received_ms: ms("2026-03-20 20:00"),
                ..one
            },
        ])
    };
    let found = story(back("2026-03-12 18:00", "2026-03-12 09:00", Some(11))).figures(Rule::R07);
    assert_eq!(found, [("records", 1), ("longest_hours", 184)]);
    // It had not seen it: a stick was on its way. Within the skew. A clock that is years behind, and one whose user claims the true day.
    story(back("2026-03-12 18:00", "2026-03-12 09:00", None)).nothing(Rule::R07);
    story(back("2026-03-12 18:00", "2026-03-12 09:00", Some(10))).nothing(Rule::R07);
    story(back("2026-03-20 09:52", "2026-03-20 09:40", Some(11))).nothing(Rule::R07);
    story(back("1971-03-12 18:00", "1971-03-12 09:00", Some(11))).nothing(Rule::R07);
    story(back("2026-03-12 18:00", "2026-03-20 17:00", Some(11))).nothing(Rule::R07);
}

#[test]
fn r08_backwards_along_the_log_or_ahead_of_the_receipt() {
    let back = [
        visit(1, "2026-03-10 09:00", None),
        visit(2, "2026-03-10 08:00", None).received("2026-03-10 10:30"),
    ];
    assert_eq!(
        Story::of(back).figures(Rule::R08),
        [("records", 1), ("backwards", 1), ("ahead", 0)]
    );
    let ahead = [visit(1, "2026-03-10 09:00", None)
        .typed("2026-04-10 09:00")
        .received("2026-03-10 10:00")];
    assert_eq!(
        Story::of(ahead).figures(Rule::R08),
        [("records", 1), ("backwards", 0), ("ahead", 1)]
    );
    let skew = [visit(1, "2026-03-10 09:00", None), visit(2, "2026-03-10 08:55", None)];
    Story::of(skew).nothing(Rule::R08);
}

#[test]
fn r07_a_clock_that_is_wrong_for_days_was_not_turned_back_for_a_sitting() {
    // Each day the machine sees the receipt of the day before, and stays eight days behind.
    let days = |hours: i64| {
        let first = visit(1, "2026-03-20 09:00", None);
        let wrong = (0..4_u8).map(move |n| {
            let true_ms = ms("2026-03-20 12:00") + i64::from(n) * hours * 3_600_000;
            Told {
                seen: Some(11 + u64::from(n)),
                wall_ms: true_ms - 8 * 86_400_000,
                received_ms: true_ms + 60_000,
                ..visit(2 + n, "2026-03-12 09:00", None)
            }
        });
        Story::of([first].into_iter().chain(wrong))
    };
    assert_eq!(days(1).leads(Rule::R07)[0].figures[0].value, 4);
    days(24).nothing(Rule::R07);
}

fn request(n: u8) -> Subject {
    Subject::request(house(0x80 + n))
}

/// Raised by a household, accepted and answered at these times.
fn case(n: u8, household: u8, kind: RequestKind, accepted: &str, replied: &str) -> Vec<Told> {
    let raised = RequestRaised {
        household: Some(house(household)),
        channel: Channel::Visit,
        kind,
        urgency: Urgency::Ordinary,
        people: 1,
    };
    let accept = RequestAccepted {
        path: LegalPath::Ordinary,
        rule: ClockRule::Township,
        accepted_on: accepted.parse::<When>().expect("a time").day(),
        due: None,
    };
    let assign = RequestAssigned {
        unit: "990000103201".parse().expect("a code"),
        handler: person(HANDLER),
        due: None,
    };
    let reply = RequestReplied {
        outcome: ReplyOutcome::Supported,
        in_writing: false,
    };
    vec![
        told(request(n), Facts::RequestRaised(raised), accepted, HANDLER),
        told(request(n), Facts::RequestAccepted(accept), accepted, HANDLER),
        told(request(n), Facts::RequestAssigned(assign), accepted, HANDLER),
        told(request(n), Facts::RequestReplied(reply), replied, HANDLER),
    ]
}

fn follow_up(n: u8, at: &str, said: Satisfaction, by: u8) -> Told {
    let facts = RequestFollowedUp {
        reached: true,
        solved: None,
        satisfaction: Some(said),
    };
    told(request(n), Facts::RequestFollowedUp(facts), at, by).hub()
}

fn close(n: u8, at: &str) -> Told {
    let facts = RequestClosed {
        closing: ClosingKind::Satisfied,
    };
    told(request(n), Facts::RequestClosed(facts), at, ASKER).hub()
}

#[test]
fn r13_all_satisfied_where_others_are_not() {
    let mut story = Story::default();
    story.parameters.r13.follow_ups_min = 4;
    let handled = |n: u8, handler: u8, said| {
        let mut steps = case(n, n, RequestKind::Help, "2026-03-10 09:00", "2026-03-12 09:00");
        if let Facts::RequestAssigned(facts) = &mut steps[2].facts {
            facts.handler = person(handler);
        }
        steps.push(follow_up(n, "2026-03-15 09:00", said, ASKER));
        steps
    };
    for n in 0..8 {
        let (handler, said) = match n {
            0..4 => (HANDLER, Satisfaction::Satisfied),
            4 => (2, Satisfaction::Satisfied),
            _ => (2, Satisfaction::Mostly),
        };
        handled(n, handler, said).into_iter().for_each(|step| {
            story.add(step);
        });
    }
    // (1/4)^4 is less than one in a hundred.
    assert_eq!(
        story.figures(Rule::R13),
        [("follow_ups", 4), ("others_satisfied", 1), ("others", 4)]
    );
    handled(9, HANDLER, Satisfaction::Mostly).into_iter().for_each(|step| {
        story.add(step);
    });
    story.nothing(Rule::R13);
}

#[test]
fn r23_answered_at_once_or_asked_back_by_oneself() {
    let instant = |kind, minutes: u16, count: u8| {
        let replied = format!("2026-03-10 09:{minutes:02}");
        Story::of((0..count).flat_map(|n| case(n, n, kind, "2026-03-10 09:00", &replied)))
    };
    assert_eq!(
        instant(RequestKind::Help, 29, 6).figures(Rule::R23),
        [("instant", 6), ("self_checked", 0)]
    );
    instant(RequestKind::Help, 30, 6).nothing(Rule::R23);
    instant(RequestKind::Help, 5, 5).nothing(Rule::R23);
    instant(RequestKind::Advice, 5, 9).nothing(Rule::R23);
    let asked = |by: u8| {
        let mut story = Story::default();
        for n in 0..4 {
            for step in case(n, n, RequestKind::Help, "2026-03-10 09:00", "2026-03-12 09:00") {
                story.add(step);
            }
            story.add(follow_up(n, "2026-03-15 09:00", Satisfaction::Satisfied, by));
        }
        story
    };
    // The handler's own follow-up has no effect in the ledger, and is seen here all the same.
    assert_eq!(asked(HANDLER).figures(Rule::R23), [("instant", 0), ("self_checked", 4)]);
    asked(ASKER).nothing(Rule::R23);
}

#[test]
fn r24_the_same_matter_again_or_a_word_after_the_close() {
    let closed = |n: u8, household: u8| {
        let mut steps = case(n, household, RequestKind::Help, "2026-03-01 09:00", "2026-03-03 09:00");
        steps.push(follow_up(n, "2026-03-05 09:00", Satisfaction::Satisfied, ASKER));
        steps.push(close(n, "2026-03-06 09:00"));
        steps
    };
    let again = |n: u8, household: u8, kind, at: &str| case(n, household, kind, at, at).remove(0);
    let story = |extra: &dyn Fn(u8) -> Told| {
        let all = (0..3).flat_map(|n| closed(n, n + 1).into_iter().chain([extra(n)]));
        Story::of(all.collect::<Vec<_>>())
    };
    let same = |n: u8| again(10 + n, n + 1, RequestKind::Help, "2026-04-05 09:00");
    assert_eq!(story(&same).figures(Rule::R24), [("requests", 3)]);
    story(&|n| again(10 + n, n + 1, RequestKind::Help, "2026-04-06 09:00")).nothing(Rule::R24);
    story(&|n| again(10 + n, n + 1, RequestKind::Errand, "2026-03-20 09:00")).nothing(Rule::R24);
    story(&|n| again(10 + n, n + 5, RequestKind::Help, "2026-03-20 09:00")).nothing(Rule::R24);
    let unsatisfied = |n: u8| follow_up(n, "2026-03-20 09:00", Satisfaction::Unsatisfied, ASKER);
    assert_eq!(story(&unsatisfied).figures(Rule::R24), [("requests", 3)]);
}

fn check(household: u8, target: EventId, at: &str, result: CheckResult) -> Told {
    let facts = ContactChecked {
        target,
        method: CheckMethod::Phone,
        sample: None,
        result,
    };
    told(
        Subject::household(house(household)),
        Facts::ContactChecked(facts),
        at,
        ASKER,
    )
    .hub()
}

#[test]
fn r16_households_that_do_not_confirm() {
    use CheckResult::{Confirmed, Contradicted, Declined, NotRemembered, Unreachable};
    let story = |results: &[CheckResult]| {
        let mut story = Story::default();
        for (n, result) in (1..).zip(results) {
            let id = story.add(visit(n, "2026-03-10 09:00", None));
            story.add(check(n, id, "2026-04-10 09:00", *result));
        }
        story
    };
    let failing = [Contradicted, NotRemembered, Contradicted, Confirmed];
    assert_eq!(story(&failing).figures(Rule::R16), [("failed", 3), ("answers", 4)]);
    // Who cannot be reached or does not wish to say is no failure and no answer.
    story(&[Unreachable, Declined, Unreachable, Declined, Contradicted, Contradicted]).nothing(Rule::R16);
    story(&[NotRemembered, Confirmed, Confirmed, Confirmed]).nothing(Rule::R16);
    // Visits that are voided after the check count; those that were voided before do not.
    let with_voids = |at: &str| {
        let mut all: Vec<(u8, EventId)> = Vec::new();
        let mut story = Story::default();
        all.extend((1..5).map(|n| (n, story.add(visit(n, "2026-03-10 09:00", None)))));
        let void = |(n, target): &(u8, EventId)| {
            let facts = RecordCorrected {
                target: *target,
                correction: CorrectionKind::Void,
                replacement: None,
                occurred: None,
            };
            told(Subject::household(house(*n)), Facts::RecordCorrected(facts), at, 1).by(1, &[1, 2])
        };
        let asked = |(n, target): &(u8, EventId)| check(*n, *target, "2026-04-10 09:00", Contradicted);
        let mut rest: Vec<Told> = all.iter().map(void).chain(all.iter().map(asked)).collect();
        rest.sort_by_key(|one| one.wall_ms);
        for one in rest {
            story.add(one);
        }
        story
    };
    assert_eq!(
        with_voids("2026-04-15 09:00").figures(Rule::R16),
        [("failed", 4), ("answers", 4)]
    );
    with_voids("2026-04-05 09:00").nothing(Rule::R16);
}

/// Three visits, a published sample of them, perhaps an edit, and the checks.
fn edited(edit: Option<(&str, CorrectionKind)>, checked: &str, replacement: Option<VisitRecorded>) -> Story {
    let mut story = Story::default();
    let target = story.add(visit(1, "2026-03-10 09:00", Some(20)));
    let plan = SpotPlan::usual(
        Position(11),
        [5; 32],
        "2026-03-01".parse().expect("a day"),
        "2026-03-31".parse().expect("a day"),
    );
    let list = story.history().sample(&plan);
    assert_eq!(list, [target]);
    let facts = SamplePublished {
        journal: JOURNAL,
        size: plan.size,
        root: Hash256(plan.root),
        from: plan.from,
        to: plan.to,
        minimum: plan.minimum,
        permille: plan.permille,
        rule: 1,
        drawn: 1,
        list: list_hash(&list),
    };
    let published = told(
        Subject::journal(JOURNAL),
        Facts::SamplePublished(facts),
        "2026-04-05 09:00",
        ASKER,
    )
    .hub();
    let correct = |(at, correction)| {
        let facts = RecordCorrected {
            target,
            correction,
            replacement: replacement.map(|facts| Replacement(Box::new(Facts::VisitRecorded(facts)))),
            occurred: None,
        };
        told(Subject::household(house(1)), Facts::RecordCorrected(facts), at, 1).by(1, &[1, 2])
    };
    let mut all = vec![published, check(1, target, checked, CheckResult::Confirmed)];
    all.extend(edit.map(correct));
    all.sort_by_key(|one| one.wall_ms);
    for one in all {
        story.add(one);
    }
    story
}

#[test]
fn r28_an_edit_between_publication_and_check() {
    let (void, checked) = (CorrectionKind::Void, "2026-04-12 09:00");
    assert_eq!(
        edited(Some(("2026-04-08 09:00", void)), checked, None).figures(Rule::R28),
        [("records", 1)]
    );
    // Before the publication, after the check, no edit at all.
    edited(Some(("2026-04-01 09:00", void)), checked, None).nothing(Rule::R28);
    edited(Some(("2026-04-20 09:00", void)), checked, None).nothing(Rule::R28);
    edited(None, checked, None).nothing(Rule::R28);
    let new = |outcome, minutes| {
        Some(VisitRecorded {
            mode: Mode::Home,
            outcome,
            minutes,
            requests: vec![],
        })
    };
    // Recorded before the publication by a village that was offline, and received after it.
    let mut late = edited(None, checked, None);
    let facts = RecordCorrected {
        target: late.first_id(),
        correction: void,
        replacement: None,
        occurred: None,
    };
    let subject = Subject::household(house(1));
    let mut fix = told(subject, Facts::RecordCorrected(facts), "2026-04-03 09:00", 1).by(1, &[1, 2]);
    fix.received_ms = ms("2026-04-09 09:00");
    late.insert(2, fix);
    late.nothing(Rule::R28);
    let correct = Some(("2026-04-08 09:00", CorrectionKind::Correct));
    // The household will not be asked how long somebody stayed.
    edited(correct, checked, new(Outcome::Met, Some(25))).nothing(Rule::R28);
    assert_eq!(
        edited(correct, checked, new(Outcome::NotHome, Some(20)))
            .leads(Rule::R28)
            .len(),
        1
    );
}

#[test]
fn r31_gaps_forks_and_roots_that_do_not_hold() {
    let with = |notes: &[LogNote]| {
        let mut story = Story::of([visit(1, "2026-03-10 09:00", None), visit(2, "2026-03-11 09:00", None)]);
        story.notes = notes.to_vec();
        story
    };
    let reached = |size| LogNote::Reached { origin: VILLAGE, size };
    let fork = LogNote::Fork {
        origin: VILLAGE,
        hub_size: 2,
        at_ms: ms("2026-03-12 09:00").cast_unsigned(),
    };
    with(&[reached(2)]).nothing(Rule::R31);
    let gap = with(&[reached(5)]).figures(Rule::R31);
    assert_eq!(gap, [("missing", 3), ("first_missing", 3), ("forks", 0), ("broken", 0)]);
    assert_eq!(with(&[reached(2), fork]).leads(Rule::R31).len(), 1);
    with(&[reached(2), fork, LogNote::Restored { origin: VILLAGE }]).nothing(Rule::R31);
    // A declared restore explains a fork, and no gap.
    assert_eq!(
        with(&[reached(5), fork, LogNote::Restored { origin: VILLAGE }])
            .leads(Rule::R31)
            .len(),
        1
    );
    let broken = LogNote::Broken {
        origin: HUB,
        from: Sequence::FIRST,
    };
    assert_eq!(with(&[broken]).leads(Rule::R31)[0].subject, Subject::origin(HUB));
}
