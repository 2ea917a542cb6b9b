//! The request's state machine, step by step and state by state.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{FIRST_HUB, Given, author, day, person, request, unit, write};
use event::*;
use ledger::{Conflict, Effect, Ledger, Move, NoEffect, Period, Query, Receipt, Refusal, Speaker, State};

const HANDLER: u64 = 7;
const VILLAGE: u64 = 0;
const HUB: u64 = FIRST_HUB;

/// A history that is written line by line, each entry received at once.
struct Story {
    ledger: Ledger,
    given: Vec<Given>,
    next: [u64; 5],
    today: Day,
}

impl Story {
    fn new() -> Self {
        Self {
            ledger: Ledger::new(),
            given: Vec::new(),
            next: [1; 5],
            today: day("2026-03-02"),
        }
    }

    /// Records a step on the next day and says what it came to.
    fn step(&mut self, log: u64, who: u64, facts: Facts) -> Effect {
        self.step_on(log, who, facts, 1)
    }

    fn step_on(&mut self, log: u64, who: u64, facts: Facts, days: i32) -> Effect {
        self.today = self.today.plus(days);
        self.write(log, (person(who), vec![person(who)]), facts, None)
    }

    fn write(&mut self, log: u64, people: (PersonId, Vec<PersonId>), facts: Facts, source: Option<Source>) -> Effect {
        let n = self.given.len() as u64 + 1;
        let ms = common::START_MS + n * 3_600_000;
        let id = EventId::from_parts(ms, 1).unwrap();
        let sequence = self.next[usize::try_from(log).unwrap()];
        self.next[usize::try_from(log).unwrap()] += 1;
        let (subject, occurred) = (Subject::request(request(1)), When::Day(self.today));
        let asked = source.is_none().then(|| self.ask(log, &people, &facts)).flatten();
        let entry = write(
            log,
            sequence,
            id,
            unit(0),
            subject,
            facts,
            occurred,
            people,
            source,
            None,
        );
        let given = Given {
            bytes: entry.bytes,
            log: common::origin(log),
            sequence: Sequence::new(sequence).unwrap(),
            author: author(log),
            receipt: Receipt {
                position: Position(n),
                received_at_ms: ms + 1,
            },
        };
        given.apply(&mut self.ledger);
        self.ledger.settle();
        self.given.push(given);
        let effect = self.ledger.effect_of(id).unwrap();
        if let Some(asked) = asked {
            let said = asked.map_or_else(|refusal| Effect::Conflict(refusal.conflict), |()| Effect::Counted);
            assert_eq!(said, effect, "whoever asks first is told what the step will come to");
        }
        effect
    }

    /// What the guards say of a step before it is stated; `None` where there is no request yet.
    fn ask(&self, log: u64, people: &(PersonId, Vec<PersonId>), facts: &Facts) -> Option<Result<(), Refusal>> {
        let step = match facts {
            Facts::RequestAccepted(_) => Move::Accept,
            Facts::RequestAssigned(facts) => Move::Assign(facts.unit),
            Facts::RequestProgressed(_) => Move::Progress,
            Facts::RequestReplied(_) => Move::Reply,
            Facts::RequestFollowedUp(_) => Move::FollowUp,
            Facts::RequestReassigned(_) => Move::Reassign,
            Facts::RequestClosed(facts) => Move::Close(facts.closing),
            _ => return None,
        };
        let row = self.ledger.request_row(request(1), Query::as_of(self.today))?;
        let all: Vec<PersonId> = std::iter::once(people.0).chain(people.1.iter().copied()).collect();
        let by = Speaker {
            author: author(log),
            unit: unit(0),
            people: &all,
        };
        Some(row.request.may(step, &by))
    }

    fn last_id(&self) -> EventId {
        self.given.last().unwrap().event().unwrap().header.id
    }

    fn row(&self) -> ledger::RequestRow {
        self.ledger.request_row(request(1), Query::as_of(self.today)).unwrap()
    }

    fn state(&self) -> Option<State> {
        self.ledger
            .request_row(request(1), Query::as_of(self.today))
            .map(|row| row.request.state)
    }
}

fn raised() -> Facts {
    Facts::RequestRaised(RequestRaised {
        household: Some(common::household(1)),
        channel: Channel::Visit,
        kind: RequestKind::Help,
        urgency: Urgency::Ordinary,
        people: 1,
    })
}
fn accepted(on: Day) -> Facts {
    Facts::RequestAccepted(RequestAccepted {
        path: LegalPath::Ordinary,
        rule: ClockRule::Township,
        accepted_on: on,
        due: Some(When::Day(on.plus(5))),
    })
}
fn assigned() -> Facts {
    Facts::RequestAssigned(RequestAssigned {
        unit: unit(0),
        handler: person(HANDLER),
        due: None,
    })
}
fn reassigned() -> Facts {
    Facts::RequestReassigned(RequestReassigned {
        unit: unit(1),
        handler: person(HANDLER),
        due: None,
    })
}
fn progressed() -> Facts {
    Facts::RequestProgressed(RequestProgressed { blocked: false })
}
fn replied(outcome: ReplyOutcome) -> Facts {
    Facts::RequestReplied(RequestReplied {
        outcome,
        in_writing: false,
    })
}
fn followed_up(satisfaction: Satisfaction) -> Facts {
    Facts::RequestFollowedUp(RequestFollowedUp {
        reached: true,
        solved: None,
        satisfaction: Some(satisfaction),
    })
}
fn not_reached() -> Facts {
    Facts::RequestFollowedUp(RequestFollowedUp {
        reached: false,
        solved: None,
        satisfaction: None,
    })
}
fn closed(closing: ClosingKind) -> Facts {
    Facts::RequestClosed(RequestClosed { closing })
}

/// A story that has legally come to this state.
fn story_at(state: Option<State>) -> Story {
    let mut story = Story::new();
    let Some(state) = state else { return story };
    let on = story.today;
    let path = [
        raised(),
        accepted(on),
        assigned(),
        progressed(),
        replied(ReplyOutcome::Explained),
    ];
    let steps = match state {
        State::Registered => 1,
        State::Accepted => 2,
        State::Assigned => 3,
        State::Handling => 4,
        _ => 5,
    };
    for facts in path.into_iter().take(steps) {
        assert_eq!(story.step(HUB, 1, facts), Effect::Counted);
    }
    let last = match state {
        State::Satisfied => vec![followed_up(Satisfaction::Mostly)],
        State::Unsatisfied => vec![followed_up(Satisfaction::Unsatisfied)],
        State::Closed => vec![followed_up(Satisfaction::Satisfied), closed(ClosingKind::Satisfied)],
        _ => vec![],
    };
    for facts in last {
        assert_eq!(story.step(HUB, 1, facts), Effect::Counted);
    }
    assert_eq!(story.state(), Some(state));
    story
}

#[test]
fn every_step_in_every_state_is_legal_or_a_conflict() {
    use State::{Accepted, Assigned, Closed, Handling, Registered, Replied, Satisfied, Unsatisfied};
    let on = day("2026-03-02");
    let open: &[State] = &[
        Registered,
        Accepted,
        Assigned,
        Handling,
        Replied,
        Satisfied,
        Unsatisfied,
    ];
    let table: Vec<(Facts, &[State], Option<State>)> = vec![
        (accepted(on), &[Registered], Some(Accepted)),
        (assigned(), &[Accepted], Some(Assigned)),
        (progressed(), &[Assigned, Handling], Some(Handling)),
        (replied(ReplyOutcome::Supported), &[Assigned, Handling], Some(Replied)),
        (followed_up(Satisfaction::Satisfied), &[Replied], Some(Satisfied)),
        (followed_up(Satisfaction::Mostly), &[Replied], Some(Satisfied)),
        (followed_up(Satisfaction::Unsatisfied), &[Replied], Some(Unsatisfied)),
        (followed_up(Satisfaction::NoOpinion), &[Replied], Some(Replied)),
        (not_reached(), &[Replied], Some(Replied)),
        (reassigned(), &[Unsatisfied], Some(Assigned)),
        (closed(ClosingKind::Satisfied), &[Satisfied], Some(Closed)),
        (closed(ClosingKind::Withdrawn), open, Some(Closed)),
        (closed(ClosingKind::Duplicate), open, Some(Closed)),
        (closed(ClosingKind::StatutoryEnd), open, Some(Closed)),
        // legal states, but their guards are not met here
        (closed(ClosingKind::ExplainedFinal), &[], None),
        (closed(ClosingKind::Unreachable), &[], None),
        (closed(ClosingKind::Source), &[], None),
        (raised(), &[], None),
    ];
    for (facts, legal_in, to) in table {
        for state in State::ALL {
            let mut story = story_at(Some(state));
            let effect = story.step(HUB, 2, facts.clone());
            if legal_in.contains(&state) {
                assert_eq!((effect, story.state()), (Effect::Counted, to), "{facts:?} in {state:?}");
            } else {
                assert!(
                    matches!(effect, Effect::Conflict(_)),
                    "{facts:?} in {state:?}: {effect:?}"
                );
                assert_eq!(story.state(), Some(state), "{facts:?} in {state:?}");
                assert_eq!(
                    story.ledger.exceptions(unit(0)).len(),
                    1,
                    "conflicts are kept and listed"
                );
            }
        }
        let mut story = story_at(None);
        let effect = story.step(HUB, 2, facts.clone());
        let expected = if facts.kind() == Kind::REQUEST_RAISED {
            Effect::Counted
        } else {
            Effect::Conflict(Conflict::NoSuchEntity)
        };
        assert_eq!(effect, expected);
    }
}

#[test]
fn only_the_township_asks_back_assigns_again_and_closes() {
    for (state, facts) in [
        (State::Replied, followed_up(Satisfaction::Satisfied)),
        (State::Unsatisfied, reassigned()),
        (State::Satisfied, closed(ClosingKind::Satisfied)),
        (State::Registered, closed(ClosingKind::Withdrawn)),
    ] {
        let mut story = story_at(Some(state));
        let effect = story.step(VILLAGE, 2, facts.clone());
        assert_eq!(effect, Effect::Conflict(Conflict::HubOnly));
        assert_eq!(story.step(HUB, 2, facts), Effect::Counted);
    }
    let mut story = story_at(Some(State::Accepted));
    let elsewhere = Facts::RequestAssigned(RequestAssigned {
        unit: unit(1),
        handler: person(HANDLER),
        due: None,
    });
    assert_eq!(
        story.step(VILLAGE, 2, elsewhere),
        Effect::Conflict(Conflict::NotOwnUnit)
    );
    assert_eq!(story.step(VILLAGE, 2, assigned()), Effect::Counted);
}

#[test]
fn the_handler_neither_asks_back_nor_closes() {
    let mut story = story_at(Some(State::Replied));
    let facts = followed_up(Satisfaction::Satisfied);
    assert_eq!(
        story.step(HUB, HANDLER, facts.clone()),
        Effect::Conflict(Conflict::AskerIsHandler)
    );
    let typed_for = (person(1), vec![person(2), person(HANDLER)]);
    assert_eq!(
        story.write(HUB, typed_for, facts.clone(), None),
        Effect::Conflict(Conflict::AskerIsHandler)
    );
    assert_eq!(story.step(HUB, 1, facts), Effect::Counted);
    let close = closed(ClosingKind::Satisfied);
    assert_eq!(
        story.step(HUB, HANDLER, close.clone()),
        Effect::Conflict(Conflict::CloserIsHandler)
    );
    assert_eq!(story.step(HUB, 1, close), Effect::Counted);
}

#[test]
fn a_final_explanation_needs_two_rounds_and_an_answer_that_explains_or_refuses() {
    for (outcome, expected) in [
        (ReplyOutcome::Explained, Effect::Counted),
        (ReplyOutcome::NotSupported, Effect::Counted),
        (ReplyOutcome::Supported, Effect::Conflict(Conflict::NotFinal)),
    ] {
        let mut story = story_at(Some(State::Unsatisfied));
        let close = closed(ClosingKind::ExplainedFinal);
        assert_eq!(story.step(HUB, 1, close.clone()), Effect::Conflict(Conflict::NotFinal));
        for facts in [reassigned(), replied(outcome), followed_up(Satisfaction::Unsatisfied)] {
            assert_eq!(story.step(HUB, 1, facts), Effect::Counted);
        }
        assert_eq!(story.row().request.round, 2);
        assert_eq!(story.step(HUB, 1, close), expected);
    }
}

#[test]
fn unreachable_needs_three_attempts_on_two_days() {
    let close = closed(ClosingKind::Unreachable);
    for (days_between, after_three) in [(0, Effect::Conflict(Conflict::TooFewAttempts)), (1, Effect::Counted)] {
        let mut story = story_at(Some(State::Replied));
        for _ in 0..2 {
            assert_eq!(story.step_on(HUB, 1, not_reached(), days_between), Effect::Counted);
        }
        let early = story.step_on(HUB, 1, close.clone(), 0);
        assert_eq!(early, Effect::Conflict(Conflict::TooFewAttempts));
        story.step_on(HUB, 1, not_reached(), 0);
        assert_eq!(story.row().request.attempts, 3);
        assert_eq!(story.step_on(HUB, 1, close.clone(), 0), after_three);
    }
    // Who was reached is not unreachable.
    let mut story = story_at(Some(State::Replied));
    for facts in [
        not_reached(),
        not_reached(),
        followed_up(Satisfaction::NoOpinion),
        not_reached(),
    ] {
        story.step(HUB, 1, facts);
    }
    assert_eq!(story.step(HUB, 1, close), Effect::Conflict(Conflict::TooFewAttempts));
}

#[test]
fn voids_need_two_people_and_a_later_correction_gives_back() {
    let mut story = story_at(Some(State::Satisfied));
    let target = story.last_id();
    let void = |correction, satisfaction: Option<Satisfaction>| {
        Facts::RecordCorrected(RecordCorrected {
            target,
            correction,
            replacement: satisfaction.map(|s| Replacement(Box::new(followed_up(s)))),
            occurred: None,
        })
    };
    let alone = story.step(HUB, 1, void(CorrectionKind::Void, None));
    assert_eq!(alone, Effect::NoEffect(NoEffect::NoSecondPerson));
    let two = (person(1), vec![person(2)]);
    assert_eq!(
        story.write(VILLAGE, two.clone(), void(CorrectionKind::Void, None), None),
        Effect::Conflict(Conflict::HubOnly)
    );
    assert_eq!(story.state(), Some(State::Satisfied));
    assert_eq!(
        story.write(HUB, two, void(CorrectionKind::Void, None), None),
        Effect::Counted
    );
    assert_eq!(story.state(), Some(State::Replied));
    assert_eq!(story.ledger.effect_of(target), Some(Effect::NoEffect(NoEffect::Voided)));
    let again = void(CorrectionKind::Correct, Some(Satisfaction::Unsatisfied));
    assert_eq!(story.step(HUB, 1, again), Effect::Counted);
    assert_eq!(story.state(), Some(State::Unsatisfied));
    let of_correction = Facts::RecordCorrected(RecordCorrected {
        target: story.last_id(),
        correction: CorrectionKind::Correct,
        replacement: None,
        occurred: Some(When::Day(story.today)),
    });
    assert_eq!(
        story.step(HUB, 1, of_correction),
        Effect::Conflict(Conflict::CorrectsCorrection)
    );
    let nothing = void(CorrectionKind::Correct, None);
    assert_eq!(story.step(HUB, 1, nothing), Effect::Conflict(Conflict::CorrectsNothing));
}

#[test]
fn overdue_days_end_with_the_answer_and_the_first_acceptance_ages() {
    let mut story = story_at(Some(State::Assigned));
    // Accepted on 03-02 by its own claim, due on 03-07.
    let row = |story: &Story, on: &str| story.ledger.request_row(request(1), Query::as_of(day(on))).unwrap();
    assert_eq!(row(&story, "2026-03-07").overdue_days, 0);
    assert_eq!(row(&story, "2026-03-17").overdue_days, 10);
    assert_eq!(row(&story, "2026-03-17").open_days, Some(15));
    story.step_on(HUB, 1, replied(ReplyOutcome::Supported), 5);
    let answered = story.row().request.replied_on.unwrap();
    assert_eq!(answered, day("2026-03-10"));
    assert_eq!(row(&story, "2026-12-31").overdue_days, 3);
    let figures = story.ledger.request_figures(
        unit(0),
        Period::month(2026, 3).unwrap(),
        Query::as_of(day("2026-03-31")),
    );
    assert_eq!((figures.on_time.numerator, figures.on_time.denominator), (0, 1));
    assert_eq!(figures.satisfied.to_string(), "无");
    assert_eq!((figures.open, figures.overdue, figures.raised), (1, 1, 1));
    let then = Query {
        occurred_until: Some(day("2026-03-03")),
        ..Query::as_of(day("2026-03-31"))
    };
    let before = story.ledger.request_row(request(1), then).unwrap();
    assert_eq!(before.request.state, State::Registered);
}

fn imported(story: &mut Story, instant_ms: i64, row: u64, label: &str, facts: Facts) -> Effect {
    let source = Source {
        instant_ms,
        row,
        label: label.to_owned(),
    };
    story.write(VILLAGE, (person(1), vec![person(3)]), facts, Some(source))
}

#[test]
fn imported_steps_are_taken_as_given() {
    let mut story = Story::new();
    let counted = Effect::Counted;
    let due = Facts::RequestAccepted(RequestAccepted {
        path: LegalPath::Ordinary,
        rule: ClockRule::Source,
        accepted_on: Day(10),
        due: Some(When::Instant(5_000)),
    });
    let waiting = imported(&mut story, 2_000, 2, "T02 Check", progressed());
    assert_eq!(waiting, Effect::NoEffect(NoEffect::CreationMissing));
    assert_eq!(
        imported(&mut story, 9_000, 4, "", closed(ClosingKind::Source)),
        counted_later()
    );
    assert_eq!(imported(&mut story, 1_000, 1, "", raised()), counted);
    assert_eq!(imported(&mut story, 1_500, 1, "Confirmation", due), counted);
    // A step after the end is taken, and the request stays closed.
    assert_eq!(
        imported(&mut story, 12_000, 5, "T05 Print", replied(ReplyOutcome::Supported)),
        counted
    );
    assert!(story.ledger.exceptions(unit(0)).is_empty());
    let row = story.row();
    assert_eq!(
        (row.request.state, row.not_followed_up, row.request.imported),
        (State::Closed, true, true)
    );
    let request = &row.request;
    assert!(request.open_at(1_000) && request.open_at(8_999) && !request.open_at(9_000) && !request.open_at(999));
    assert!(!request.overdue_at(5_000) && request.overdue_at(5_001) && request.closed_late());
    let figures = story.ledger.source_figures(None, &[6_000]);
    assert_eq!((figures.cases, figures.events, figures.closed_late), (1, 3, 1));
    assert_eq!((figures.moments[0].open, figures.moments[0].overdue), (1, 1));
    assert_eq!(
        (figures.median_ms, figures.p90_nearest_rank_ms),
        (Some(8_000), Some(8_000))
    );
    assert_eq!(figures.by_case[0].last_label.as_deref(), Some("T05 Print"));
    assert_eq!(figures.by_case[0].first_ms, Some(1_500));
    // Live steps go on from there, under the ordinary rules.
    let live = story.step(HUB, 1, reassigned());
    assert_eq!(live, Effect::Conflict(Conflict::IllegalIn(State::Closed)));
}

/// The close stands alone until the first record arrives.
fn counted_later() -> Effect {
    Effect::NoEffect(NoEffect::CreationMissing)
}

#[test]
fn an_imported_answer_starts_the_attempts_anew() {
    let mut story = Story::new();
    imported(&mut story, 1_000, 1, "", raised());
    for (row, facts) in [
        (2, not_reached()),
        (3, not_reached()),
        (4, replied(ReplyOutcome::Supported)),
    ] {
        let at = 1_000 * i64::try_from(row).unwrap();
        assert_eq!(imported(&mut story, at, row, "step", facts), Effect::Counted);
    }
    let row = story.row().request;
    assert_eq!((row.attempts, row.attempt_days, row.state), (0, 0, State::Replied));
}

#[test]
fn a_live_request_takes_no_imports() {
    let mut story = story_at(Some(State::Accepted));
    let effect = imported(&mut story, 1_000, 1, "T05", replied(ReplyOutcome::Supported));
    assert_eq!(effect, Effect::NoEffect(NoEffect::ImportIntoLive));
    let effect = imported(&mut story, 500, 1, "", raised());
    assert_eq!(effect, Effect::NoEffect(NoEffect::ImportIntoLive));
    assert_eq!(story.state(), Some(State::Accepted));
    assert_eq!(story.ledger.source_figures(None, &[]).cases, 0);
}

#[test]
fn a_request_is_among_the_open_ones_until_it_is_closed_and_again_when_the_close_is_voided() {
    let mut story = Story::new();
    assert_eq!(story.ledger.open_requests().count(), 0);
    story.step(VILLAGE, 1, raised());
    let first = story.last_id();
    let open = |story: &Story| -> Vec<State> { story.ledger.open_requests().map(|row| row.state).collect() };
    assert_eq!(open(&story), [State::Registered]);
    let view = ledger::View::Requests;
    assert_eq!(
        story.ledger.live_digest_of_all(&[view]),
        story.ledger.live_digest(view, unit(0))
    );
    assert_eq!(story.ledger.last_counted(Subject::request(request(1))), Some(first));
    story.step(HUB, 2, accepted(day("2026-03-05")));
    let accepted = story.last_id();
    assert_eq!(open(&story), [State::Accepted]);
    // What does not count moves neither the row nor the last step.
    assert!(matches!(
        story.step(VILLAGE, 1, closed(ClosingKind::Withdrawn)),
        Effect::Conflict(Conflict::HubOnly)
    ));
    assert_eq!(story.ledger.last_counted(Subject::request(request(1))), Some(accepted));
    story.step(HUB, 2, closed(ClosingKind::Withdrawn));
    let close = story.last_id();
    assert_eq!(open(&story), []);
    let void = Facts::RecordCorrected(RecordCorrected {
        target: close,
        correction: CorrectionKind::Void,
        replacement: None,
        occurred: None,
    });
    story.write(HUB, (person(2), vec![person(2), person(3)]), void, None);
    assert_eq!(open(&story), [State::Accepted]);
}

#[test]
fn people_of_a_unit_are_those_of_its_own_entries() {
    let mut story = Story::new();
    story.step(VILLAGE, 1, raised());
    story.step(HUB, 2, accepted(day("2026-03-05")));
    let people = story.ledger.people_of(unit(0));
    assert_eq!(people.keys().copied().collect::<Vec<_>>(), [person(1)]);
    assert!(story.ledger.people_of(unit(1)).is_empty());
}
