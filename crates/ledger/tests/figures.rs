//! Figures over requests and their roll-ups: who counts as solved, and that ratios are added, never averaged.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{FIRST_HUB, author, day, origin, person, unit, write};
use event::*;
use ledger::{Author, Ledger, Period, Query, Ratio, Receipt, RequestFigures, State};

const HANDLER: u64 = 7;

/// Steps of requests of one village, a day apart, all by the township.
struct Story {
    ledger: Ledger,
    written: u64,
}

impl Story {
    fn new() -> Self {
        let ledger = Ledger::new();
        Self { ledger, written: 0 }
    }

    fn steps(&mut self, of: UnitCode, request: u64, steps: impl IntoIterator<Item = Facts>) {
        for facts in steps {
            self.written += 1;
            let n = self.written;
            let ms = common::START_MS + n * 86_400_000;
            let (id, subject) = (
                EventId::from_parts(ms, 1).unwrap(),
                Subject::request(common::request(request)),
            );
            let occurred = When::Day(day("2026-03-02").plus(i32::try_from(n).unwrap()));
            let people = (person(1), vec![person(1)]);
            let entry = write(FIRST_HUB, n, id, of, subject, facts, occurred, people, None, None);
            let receipt = Receipt {
                position: Position(n),
                received_at_ms: ms + 1,
            };
            assert_eq!(author(FIRST_HUB), Author::Hub);
            let sequence = Sequence::new(n).unwrap();
            self.ledger
                .apply(&entry.bytes, origin(FIRST_HUB), sequence, Author::Hub, receipt);
        }
        self.ledger.settle();
    }

    fn figures(&self, of: UnitCode) -> RequestFigures {
        let period = Period {
            from: day("2026-01-01"),
            to: day("2027-12-31"),
        };
        self.ledger.request_figures(of, period, Query::as_of(day("2027-12-31")))
    }

    fn state(&self, request: u64) -> State {
        let row = self
            .ledger
            .request_row(common::request(request), Query::as_of(day("2027-12-31")));
        row.unwrap().request.state
    }
}

fn raised() -> Facts {
    Facts::RequestRaised(RequestRaised {
        household: None,
        channel: Channel::Visit,
        kind: RequestKind::Help,
        urgency: Urgency::Ordinary,
        people: 1,
    })
}

fn accepted() -> Facts {
    Facts::RequestAccepted(RequestAccepted {
        path: LegalPath::Ordinary,
        rule: ClockRule::Township,
        accepted_on: day("2026-03-02"),
        due: None,
    })
}

fn assigned(to: u64) -> Facts {
    let (unit, handler) = (unit(to), person(HANDLER));
    Facts::RequestAssigned(RequestAssigned {
        unit,
        handler,
        due: None,
    })
}

fn reassigned(to: u64) -> Facts {
    let (unit, handler) = (unit(to), person(HANDLER));
    Facts::RequestReassigned(RequestReassigned {
        unit,
        handler,
        due: None,
    })
}

fn replied() -> Facts {
    Facts::RequestReplied(RequestReplied {
        outcome: ReplyOutcome::Explained,
        in_writing: false,
    })
}

fn asked(solved: Option<Solved>, satisfaction: Option<Satisfaction>) -> Facts {
    Facts::RequestFollowedUp(RequestFollowedUp {
        reached: true,
        solved,
        satisfaction,
    })
}

/// A request handed on to another unit, even twice, is neither solved nor closed: the requester decides.
#[test]
fn a_request_that_was_handed_on_is_not_solved() {
    let mut story = Story::new();
    let unsolved = || asked(Some(Solved::No), Some(Satisfaction::Unsatisfied));
    story.steps(unit(0), 1, [raised(), accepted(), assigned(0)]);
    assert_eq!(story.figures(unit(0)).solved, Ratio::new(0, 0), "nobody was asked yet");
    story.steps(unit(0), 1, [replied(), unsolved(), reassigned(1)]);
    assert_eq!(
        (story.figures(unit(0)).solved, story.state(1)),
        (Ratio::new(0, 1), State::Assigned)
    );
    story.steps(unit(0), 1, [replied(), unsolved(), reassigned(2)]);
    let figures = story.figures(unit(0));
    assert_eq!(
        (figures.solved, figures.reassigned),
        (Ratio::new(0, 1), Ratio::new(1, 1))
    );
    assert_eq!(
        (figures.open, figures.closed, figures.first_round),
        (1, 0, Ratio::new(0, 0))
    );
    assert_eq!(figures.satisfied, Ratio::new(0, 1));
    // A second one is solved in its first round, a third one by its second handler.
    let solved = || asked(Some(Solved::Yes), Some(Satisfaction::Satisfied));
    let close = || {
        Facts::RequestClosed(RequestClosed {
            closing: ClosingKind::Satisfied,
        })
    };
    story.steps(
        unit(0),
        2,
        [raised(), accepted(), assigned(0), replied(), solved(), close()],
    );
    story.steps(
        unit(0),
        3,
        [raised(), accepted(), assigned(0), replied(), unsolved(), reassigned(1)],
    );
    assert_eq!(story.figures(unit(0)).solved, Ratio::new(1, 3));
    story.steps(unit(0), 3, [replied(), solved(), close()]);
    let figures = story.figures(unit(0));
    assert_eq!((figures.solved, figures.closed), (Ratio::new(2, 3), 2));
    assert_eq!(
        (figures.first_round, figures.reassigned),
        (Ratio::new(1, 2), Ratio::new(2, 3))
    );
    assert_eq!(figures.solved.to_string(), "66.6%", "floored");
}

/// A small village and a large one: the township's ratio is that of all their cases.
#[test]
fn a_roll_up_adds_cases_and_never_averages_ratios() {
    let mut story = Story::new();
    let answer = |solved| [raised(), accepted(), assigned(0), replied(), asked(Some(solved), None)];
    story.steps(unit(0), 1, answer(Solved::Yes));
    for request in 2..11 {
        story.steps(
            unit(1),
            request,
            answer(if request < 4 { Solved::Yes } else { Solved::No }),
        );
    }
    let [small, large] = [0, 1].map(|n| story.figures(unit(n)).solved);
    assert_eq!((small, large), (Ratio::new(1, 1), Ratio::new(2, 9)));
    let both = small + large;
    assert_eq!(
        (both, both.to_string()),
        (Ratio::new(3, 10), "30.0%".to_owned()),
        "the mean of both would be 61.1 %"
    );
    assert_eq!(large + small, both);
    assert_eq!(both + Ratio::default(), both, "a village without cases changes nothing");
    assert_eq!(
        Ratio::new(39_999, 40_000) + Ratio::new(1, 1),
        Ratio::new(40_000, 40_001)
    );
    assert!(!(Ratio::new(39_999, 40_000) + Ratio::new(1, 1)).is_whole());
}
