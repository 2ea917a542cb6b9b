//! Requests from raising to closing, handled or only called handled.

use event::{
    Channel, ClockRule, ClosingKind, Day, EntityId, EntryMode, Facts, LegalPath, PersonId, ReplyOutcome,
    RequestAccepted, RequestAssigned, RequestClosed, RequestFollowedUp, RequestKind, RequestProgressed, RequestRaised,
    RequestReassigned, RequestReplied, Satisfaction, Solved, Subject, Urgency, When,
};

use super::act::{Act, DAY_MS, MINUTE_MS, instant};
use super::cast::Village;
use super::{Fabrication, MONTHS};

/// One request on its way.
struct Case {
    subject: Subject,
    house: usize,
    kind: RequestKind,
    handler: usize,
    plant: Option<Fabrication>,
    /// Typed in one sitting when it was answered, from notes.
    from_paper: Option<EntryMode>,
}

/// Every request of the three months.
pub(crate) fn handle(village: &mut Village, staff: &[PersonId]) {
    let is_small = village.cadres.len() < 5;
    for month in 0..3 {
        let count = if is_small {
            village.dice.between(2, 5)
        } else {
            village.dice.between(13, 26)
        };
        let days = u64::from((MONTHS[month + 1].0 - MONTHS[month].0).cast_unsigned());
        for _ in 0..count {
            let day = MONTHS[month].plus(i32::try_from(village.dice.below(days)).unwrap_or(0));
            let house = village.dice.index(village.houses.len());
            let kind = kind(village);
            raise(village, staff, (month, day), house, kind);
        }
    }
}

fn kind(village: &mut Village) -> RequestKind {
    village.dice.weighted(&[
        (20, RequestKind::Advice),
        (30, RequestKind::Help),
        (10, RequestKind::Complaint),
        (8, RequestKind::Suggestion),
        (7, RequestKind::Dispute),
        (25, RequestKind::Errand),
    ])
}

/// Two of the office handle most; whoever closes what is not done seeks such cases.
fn handler(village: &mut Village, month: usize) -> (usize, Option<Fabrication>) {
    let about_requests = |what: Fabrication| {
        matches!(
            what,
            Fabrication::PerfectFollowUps
                | Fabrication::SelfChecked
                | Fabrication::InstantClosing
                | Fabrication::FalseFinish
        )
    };
    let count = village.cadres.len();
    let seeks = |c: &usize| {
        let mut plants = village.cadres[*c].plants.iter();
        plants.any(|plant| plant.month == month && about_requests(plant.what))
    };
    let planted: Vec<usize> = (0..count).filter(seeks).collect();
    let handler = match village.dice.below(100) {
        0..40 if !planted.is_empty() => planted[village.dice.index(planted.len())],
        0..40 => 1 % count,
        40..70 => 2 % count,
        _ => village.dice.index(count),
    };
    let plants = village.cadres[handler].plants.clone();
    let plants = plants.iter().filter(|p| p.month == month && about_requests(p.what));
    let plant = plants.filter(|p| village.dice.permille(u32::from(p.intensity))).last();
    (handler, plant.map(|plant| plant.what))
}

fn raise(village: &mut Village, staff: &[PersonId], (month, day): (usize, Day), house: usize, kind: RequestKind) {
    let (handler, plant) = handler(village, month);
    let kind = match plant {
        Some(Fabrication::InstantClosing) if kind == RequestKind::Advice => RequestKind::Help,
        _ => kind,
    };
    let dice = &mut village.dice;
    let case = Case {
        subject: Subject::request(EntityId::from_bytes(dice.bytes())),
        house,
        kind,
        handler,
        plant,
        from_paper: (plant.is_none() && dice.permille(200))
            .then(|| dice.weighted(&[(6, EntryMode::BatchFromPaper), (4, EntryMode::Live)])),
    };
    let raised = instant(day, 500 + dice.below(560), dice);
    raise_at(village, &case, raised);
    let on_the_spot = match kind {
        RequestKind::Advice => 600,
        RequestKind::Errand => 300,
        RequestKind::Help => 60,
        _ => 10,
    };
    let dice = &mut village.dice;
    let (accepted, replied) = match plant {
        Some(Fabrication::InstantClosing) => {
            let accepted = raised + dice.below(2 * DAY_MS);
            (accepted, accepted + (2 + dice.below(24)) * MINUTE_MS)
        }
        _ if dice.permille(on_the_spot) => (raised + 2 * MINUTE_MS, raised + (6 + dice.below(20)) * MINUTE_MS),
        _ => {
            let accepted = raised + dice.below(2 * DAY_MS);
            (accepted, accepted + DAY_MS / 4 + dice.below(18 * DAY_MS))
        }
    };
    answer(village, &case, accepted, replied);
    let asked = ask(village, staff, &case, replied);
    recur(village, &case, asked);
}

fn raise_at(village: &mut Village, case: &Case, when: u64) {
    let handler = village.cadres[case.handler].id;
    let facts = Facts::RequestRaised(RequestRaised {
        household: Some(village.houses[case.house].id),
        channel: village
            .dice
            .weighted(&[(5, Channel::Visit), (3, Channel::Caller), (2, Channel::Hotline)]),
        kind: case.kind,
        urgency: Urgency::Ordinary,
        people: 1,
    });
    let act = Act::new(&mut village.dice, when, case.subject, facts, handler);
    village.acts.push(act);
}

/// Accepted, assigned, perhaps worked on, answered.
fn answer(village: &mut Village, case: &Case, accepted: u64, replied: u64) {
    let (unit, handler, clerk) = (village.unit, village.cadres[case.handler].id, village.cadres[0].id);
    let day_of = |ms: u64| Day::of_instant(ms.cast_signed());
    let mut steps = vec![
        (
            accepted,
            Facts::RequestAccepted(RequestAccepted {
                path: LegalPath::Ordinary,
                rule: ClockRule::Township,
                accepted_on: day_of(accepted),
                due: Some(When::Day(day_of(accepted).plus(20))),
            }),
        ),
        (
            accepted + 20_000 + village.dice.below(60_000),
            Facts::RequestAssigned(RequestAssigned {
                unit,
                handler,
                due: None,
            }),
        ),
    ];
    if replied > accepted + DAY_MS && village.dice.permille(400) {
        let facts = Facts::RequestProgressed(RequestProgressed { blocked: false });
        steps.push(((accepted + replied) / 2, facts));
    }
    let outcome = village
        .dice
        .weighted(&[(7, ReplyOutcome::Supported), (2, ReplyOutcome::Explained)]);
    let facts = Facts::RequestReplied(RequestReplied {
        outcome,
        in_writing: false,
    });
    steps.push((replied, facts));
    let typist = if village.dice.permille(250) { clerk } else { handler };
    let planted = (case.plant).filter(|what| matches!(what, Fabrication::InstantClosing | Fabrication::FalseFinish));
    let mut sitting = replied + village.dice.below(3 * DAY_MS);
    for (when, facts) in steps {
        let typed = if case.from_paper.is_some() { sitting } else { when };
        sitting += 25_000 + village.dice.below(60_000);
        let is_reply = matches!(facts, Facts::RequestReplied(_));
        village.acts.push(Act {
            occurred: match case.from_paper {
                Some(_) => When::Day(day_of(when)),
                None => When::Minute((when / MINUTE_MS).cast_signed()),
            },
            mode: case.from_paper.unwrap_or(EntryMode::Live),
            recorder: typist,
            planted: planted.filter(|_| is_reply).map(|what| (handler, what)),
            ..Act::new(&mut village.dice, typed, case.subject, facts, handler)
        });
    }
}

/// The township asks back and closes. Returns when it was done, and whether it was closed.
fn ask(village: &mut Village, staff: &[PersonId], case: &Case, replied: u64) -> Option<u64> {
    let (handler, liked) = (village.cadres[case.handler].id, village.cadres[case.handler].liked);
    let asker = staff[village.dice.index(staff.len())];
    let is_perfect = case.plant == Some(Fabrication::PerfectFollowUps);
    let is_self = case.plant == Some(Fabrication::SelfChecked);
    let mut now = replied + 2 * DAY_MS + village.dice.below(7 * DAY_MS);
    let reached = is_perfect || is_self || village.dice.permille(870);
    let said = if !reached {
        None
    } else if is_perfect || is_self || village.dice.permille(liked) {
        Some(Satisfaction::Satisfied)
    } else {
        Some(village.dice.weighted(&[
            (60, Satisfaction::Mostly),
            (22, Satisfaction::Unsatisfied),
            (18, Satisfaction::NoOpinion),
        ]))
    };
    let facts = Facts::RequestFollowedUp(RequestFollowedUp {
        reached,
        solved: said.map(|said| {
            if said == Satisfaction::Unsatisfied {
                Solved::No
            } else {
                Solved::Yes
            }
        }),
        satisfaction: said,
    });
    let replies = village.acts.iter().rev();
    let typist = replies
        .filter(|act| act.subject == case.subject && matches!(act.facts, Facts::RequestReplied(_)))
        .map(|act| act.recorder)
        .next()
        .unwrap_or(handler);
    // Once in a hundred the township lets the village's own account type what its asker heard.
    let (recorder, actor) = match is_self {
        true if village.dice.permille(500) => (handler, handler),
        true => (typist, asker),
        false if village.dice.permille(10) => (typist, asker),
        false => (asker, asker),
    };
    village.acts.push(Act {
        by_hub: true,
        recorder,
        actors: vec![actor],
        planted: (is_perfect || is_self).then_some(handler).zip(case.plant),
        ..Act::new(&mut village.dice, now, case.subject, facts, asker)
    });
    if said == Some(Satisfaction::Unsatisfied) {
        now = again(village, case, asker, now);
    } else if !matches!(said, Some(Satisfaction::Satisfied | Satisfaction::Mostly)) {
        return None;
    }
    let closer = staff[village.dice.index(staff.len())];
    now += village.dice.below(3 * DAY_MS) + MINUTE_MS;
    let facts = Facts::RequestClosed(RequestClosed {
        closing: ClosingKind::Satisfied,
    });
    village.acts.push(Act {
        by_hub: true,
        ..Act::new(&mut village.dice, now, case.subject, facts, closer)
    });
    Some(now)
}

/// A second round, with a better answer.
fn again(village: &mut Village, case: &Case, asker: PersonId, mut now: u64) -> u64 {
    let handler = village.cadres[case.handler].id;
    let steps = [
        (
            true,
            Facts::RequestReassigned(RequestReassigned {
                unit: village.unit,
                handler,
                due: None,
            }),
        ),
        (
            false,
            Facts::RequestReplied(RequestReplied {
                outcome: ReplyOutcome::Supported,
                in_writing: true,
            }),
        ),
        (
            true,
            Facts::RequestFollowedUp(RequestFollowedUp {
                reached: true,
                solved: Some(Solved::Yes),
                satisfaction: Some(Satisfaction::Mostly),
            }),
        ),
    ];
    for (by_hub, facts) in steps {
        now += DAY_MS + village.dice.below(5 * DAY_MS);
        let by = if by_hub { asker } else { handler };
        village.acts.push(Act {
            by_hub,
            ..Act::new(&mut village.dice, now, case.subject, facts, by)
        });
    }
    now
}

/// The same household comes again with the same matter: because nothing was done, or because something else broke.
fn recur(village: &mut Village, case: &Case, closed: Option<u64>) {
    let Some(closed) = closed else { return };
    let comes_back = if case.plant == Some(Fabrication::FalseFinish) {
        600
    } else {
        25
    };
    if !village.dice.permille(comes_back) {
        return;
    }
    let again = Case {
        subject: Subject::request(EntityId::from_bytes(village.dice.bytes())),
        plant: None,
        from_paper: None,
        ..*case
    };
    let when = closed + 2 * DAY_MS + village.dice.below(24 * DAY_MS);
    raise_at(village, &again, when);
}
