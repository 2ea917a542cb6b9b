//! One request: where it stands, how it came there, what may be done now.

use event::{ClosingKind, Day, EntityId, Facts, Kind, PersonId, When};
use ledger::{
    Author, Cut, EntityKey, Ledger, LiveDigest, Move, Query, Request, RequestRow, Speaker, State, Step, View,
};
use screen::Words;
use screen::office::Effect;
use screen::township::{ActForm, Closing, Group, Matter, MatterStep, Offer, WhyNot, Wording};

use super::board::{cut, since};
use super::names::Names;
use super::people::{deeds, groups};
use super::texts::{self, Entry};
use super::why::{move_of, why};
use super::{STEPS_MAX, Seen, address};
use crate::{Desk, Refusal};

/// The closings of live records, in the order in which they are offered.
const CLOSINGS: [ClosingKind; 6] = [
    ClosingKind::Satisfied,
    ClosingKind::Unreachable,
    ClosingKind::ExplainedFinal,
    ClosingKind::Withdrawn,
    ClosingKind::Duplicate,
    ClosingKind::StatutoryEnd,
];

/// What of a request the ledgers say, gathered under their lock.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) row: RequestRow,
    pub(crate) seen: Seen,
    /// Its story, oldest first.
    story: Vec<Step>,
    cut: Cut,
    digest: LiveDigest,
}

impl Known {
    /// `None` if it is not on the books.
    pub(crate) fn gather(ledger: &Ledger, request: EntityId, today: Day) -> Option<Self> {
        let row = ledger.request_row(request, Query::as_of(today))?;
        Some(Self {
            seen: Seen::of(ledger, &row.request)?,
            story: ledger.story(EntityKey::request(request)),
            cut: ledger.cut(),
            digest: ledger.live_digest(View::Requests, row.request.unit),
            row,
        })
    }

    /// The last step that counts.
    pub(crate) fn last(&self) -> Option<Step> {
        self.story
            .iter()
            .rev()
            .find(|step| step.effect == ledger::Effect::Counted)
            .cloned()
    }

    /// The entries of its story, oldest first, with the steps that they are; what cannot be read is left out.
    ///
    /// # Errors
    /// [`Refusal::Store`].
    pub(crate) fn read(&self, desk: &Desk) -> Result<Vec<(Step, Entry)>, Refusal> {
        let mut read = Vec::new();
        for step in &self.story {
            if let Some(entry) = texts::entry(desk, step.origin, step.sequence)? {
                read.push((step.clone(), entry));
            }
        }
        Ok(read)
    }
}

/// Who looks, and what they chose to do.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) person: PersonId,
    pub(crate) name: String,
    /// The act whose form is asked for.
    pub(crate) act: Option<String>,
    /// The closing that it is asked for with.
    pub(crate) closing: Option<ClosingKind>,
}

/// Whether this person's step would count now.
pub(crate) fn may(row: &Request, step: Move, person: PersonId) -> Option<WhyNot> {
    let by = Speaker {
        author: Author::Hub,
        unit: row.unit,
        people: &[person],
    };
    row.may(step, &by).err().map(|refusal| why(row, step, refusal))
}

/// The act that comes next in a state, where it is the township's.
const fn next(state: State) -> Option<&'static str> {
    match state {
        State::Registered => Some("accept"),
        State::Accepted => Some("assign"),
        State::Replied => Some("follow"),
        State::Unsatisfied => Some("reassign"),
        State::Satisfied => Some("close"),
        State::Assigned | State::Handling | State::Closed => None,
    }
}

fn offers(row: &Request, person: PersonId) -> Vec<Offer> {
    let mut acts = match row.state {
        State::Closed => return Vec::new(),
        State::Registered => vec!["accept", "assign"],
        State::Accepted => vec!["assign"],
        _ => vec!["follow", "reassign"],
    };
    acts.sort_by_key(|act| Some(*act) != next(row.state));
    let plain = acts.into_iter().filter_map(|act| {
        let step = move_of(act, row.unit, None)?;
        Some(Offer {
            act: act.to_owned(),
            closing: None,
            round: (act == "reassign").then(|| row.round.saturating_add(1)),
            address: format!("{}?do={act}", address(row.request)),
            not: may(row, step, person),
        })
    });
    let early = matches!(row.state, State::Registered | State::Accepted);
    let closings = CLOSINGS.iter().filter(|kind| {
        let ends_a_course = matches!(
            kind,
            ClosingKind::Satisfied | ClosingKind::Unreachable | ClosingKind::ExplainedFinal
        );
        !(early && ends_a_course)
    });
    let closings = closings.map(|kind| Offer {
        act: "close".to_owned(),
        closing: Some(kind.key().to_owned()),
        round: None,
        address: format!("{}?do=close&closing={}", address(row.request), kind.key()),
        not: may(row, Move::Close(*kind), person),
    });
    plain.chain(closings).collect()
}

/// The blank form of an act.
pub(crate) fn form(row: &Request, seen: Seen, act: &str, people: &[Group], person: PersonId, key: String) -> ActForm {
    let closings = CLOSINGS.iter().map(|kind| Closing {
        kind: kind.key().to_owned(),
        not: may(row, Move::Close(*kind), person),
    });
    let mut form = ActForm {
        act: act.to_owned(),
        address: address(row.request),
        key,
        seen: seen.to_string(),
        people: if matches!(act, "assign" | "reassign") {
            people.to_vec()
        } else {
            Vec::new()
        },
        closings: if act == "close" { closings.collect() } else { Vec::new() },
        ..ActForm::default()
    };
    if act == "accept" {
        "ordinary".clone_into(&mut form.typed.path);
    }
    form
}

/// What an entry says beside its kind, by its words.
fn said(facts: Option<&Facts>) -> Vec<String> {
    let words: Vec<&str> = match facts {
        Some(Facts::RequestAccepted(facts)) => vec![facts.path.key()],
        Some(Facts::RequestReplied(facts)) => vec![facts.outcome.key()],
        Some(Facts::RequestFollowedUp(facts)) if !facts.reached => vec!["reached_no"],
        Some(Facts::RequestFollowedUp(facts)) => {
            let solved = facts.solved.map(|solved| match solved {
                event::Solved::Yes => "solved_yes",
                event::Solved::No => "solved_no",
                event::Solved::Partly => "solved_partly",
            });
            facts
                .satisfaction
                .map(event::Satisfaction::key)
                .into_iter()
                .chain(solved)
                .collect()
        }
        Some(Facts::RequestClosed(facts)) => vec![facts.closing.key()],
        Some(Facts::RecordCorrected(facts)) => vec![facts.correction.key()],
        _ => Vec::new(),
    };
    words.into_iter().map(str::to_owned).collect()
}

fn matter_step(step: &Step, entry: &Entry, number: Option<u16>, names: &Names, w: Words) -> MatterStep {
    let (to, due) = match &entry.facts {
        Some(Facts::RequestAssigned(facts)) => (Some((facts.unit, facts.handler)), facts.due),
        Some(Facts::RequestReassigned(facts)) => (Some((facts.unit, facts.handler)), facts.due),
        Some(Facts::RequestAccepted(facts)) => (None, facts.due),
        _ => (None, None),
    };
    let actors: Vec<String> = entry.actors.iter().map(|actor| names.person(*actor, w)).collect();
    MatterStep {
        kind: entry.kind.to_string(),
        said: said(entry.facts.as_ref()),
        number,
        occurred: entry.occurred,
        actors: actors.join(if w.lang() == screen::Lang::Zh { "、" } else { ", " }),
        recorder: names.person(entry.recorder, w),
        to: to.map(|(unit, person)| (names.unit(unit), names.person(person, w))),
        due: due.map(When::day),
        text: entry.wording(),
        by_township: step.by_hub,
        has_come: names.has_come(entry.unit, step.position).filter(|_| step.by_hub),
        receipt: step.position.0,
        received_ms: i64::try_from(step.received_at_ms).unwrap_or(i64::MAX),
        effect: Effect {
            word: step.effect.key().to_owned(),
            reason: step.effect.reason().map(str::to_owned),
            ..Effect::default()
        },
    }
}

/// Which call of its round a follow-up is, and which round an assignment began; `None` for other kinds and for what does
/// not count.
fn numbers(read: &[(Step, Entry)]) -> Vec<Option<u16>> {
    let (mut calls, mut round) = (0_u16, 0_u16);
    let number = |(step, entry): &(Step, Entry)| {
        if step.effect != ledger::Effect::Counted {
            return None;
        }
        match entry.kind {
            Kind::REQUEST_FOLLOWED_UP => {
                calls = calls.saturating_add(1);
                Some(calls)
            }
            Kind::REQUEST_ASSIGNED | Kind::REQUEST_REASSIGNED => {
                (calls, round) = (0, round.saturating_add(1));
                Some(round)
            }
            _ => None,
        }
    };
    read.iter().map(number).collect()
}

/// The page about a request, without a form's errors and without what was refused.
pub(crate) fn matter(known: &Known, read: &[(Step, Entry)], names: &Names, ask: &Ask, today: Day, w: Words) -> Matter {
    let row = &known.row.request;
    let counted: Vec<&Entry> = (read.iter())
        .filter(|(step, _)| step.effect == ledger::Effect::Counted)
        .map(|(_, entry)| entry)
        .collect();
    let last_of = |kind: Kind| counted.iter().rev().find(|entry| entry.kind == kind);
    let raised = counted.iter().find(|entry| entry.kind == Kind::REQUEST_RAISED);
    let personal = raised.and_then(|entry| entry.personal.as_ref());
    let requester = personal.map(|content| [&content.head, &content.phone, &content.address]);
    let accepted = last_of(Kind::REQUEST_ACCEPTED).and_then(|entry| match &entry.facts {
        Some(Facts::RequestAccepted(facts)) => Some((facts.path.key().to_owned(), facts.rule.key().to_owned())),
        _ => None,
    });
    let reply = row.outcome.map(|outcome| {
        let wording = last_of(Kind::REQUEST_REPLIED).map(|entry| entry.wording());
        (outcome.key().to_owned(), wording.unwrap_or_default())
    });
    let steps = read.iter().zip(numbers(read)).rev().take(STEPS_MAX);
    let steps: Vec<_> = steps
        .map(|((step, entry), number)| matter_step(step, entry, number, names, w))
        .collect();
    let age = i64::from(today.0) - i64::from(since(row).0);
    Matter {
        number: names.number(row.unit, row.request, w),
        text: raised.map_or(Wording::Missing, |entry| entry.wording()),
        village: names.unit(row.unit),
        channel: row.channel.key().to_owned(),
        kind: row.kind.key().to_owned(),
        urgency: row.urgency.key().to_owned(),
        people: row.people,
        requester: requester.into_iter().flatten().filter_map(Clone::clone).collect(),
        from_household: row.household.is_some(),
        state: row.state.key().to_owned(),
        round: row.round,
        handling: row
            .handling_unit
            .zip(row.handler)
            .map(|(unit, person)| (names.unit(unit), names.person(person, w))),
        accepted: row.accepted_on.zip(accepted).map(|(on, (path, rule))| (on, path, rule)),
        registered_on: Some(row.registered_on),
        due: row.due.map(When::day),
        replied_on: row.replied_on,
        overdue_days: known.row.overdue_days,
        reply,
        age_days: (row.state != State::Closed).then(|| u32::try_from(age.max(0)).unwrap_or(u32::MAX)),
        cut: cut(w, known.cut, known.digest),
        more_steps: known.story.len().saturating_sub(steps.len()),
        steps,
        counted: counted.len(),
        next: next(row.state).map(str::to_owned),
        offers: offers(row, ask.person),
        handler_looks: (row.handler == Some(ask.person)).then(|| ask.name.clone()),
        form: None,
        refused: None,
        kept: String::new(),
        said: None,
        trouble: None,
        is_behind: false,
    }
}

/// The people to whom it can be given, by what they did in it.
pub(crate) fn people(ledger: &Ledger, known: &Known, read: &[(Step, Entry)], names: &Names, w: Words) -> Vec<Group> {
    let row = &known.row.request;
    groups(ledger, row, &deeds(row, read.iter().map(|(_, entry)| entry)), names, w)
}

/// The act whose form stands on the page: the one that was asked for, where it may be done.
pub(crate) fn act_shown(row: &Request, ask: &Ask) -> Option<String> {
    let act = ask.act.as_deref()?;
    let is_offered = offers(row, ask.person)
        .into_iter()
        .any(|offer| offer.act == act && offer.not.is_none());
    is_offered.then(|| act.to_owned())
}
