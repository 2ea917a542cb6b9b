//! The state machine of a request (诉求): what its steps do to its row. Which are legal where, [`guard`](crate::guard) says.

use event::{Day, EntityId, PersonId, RequestFollowedUp, Satisfaction, Solved, UnitCode, When};

use crate::fact::Fact;
use crate::guard::{Move, judge};
use crate::names::Names;
use crate::request::{Request, State};
use crate::resolve::Told;
use crate::{Conflict, Effect, NoEffect};

/// Folds a request's story. Turns the effects of illegal steps into conflicts.
pub(crate) fn fold(request: EntityId, told: &[Told<'_>], names: &Names, effects: &mut [Effect]) -> Option<Request> {
    // Imported steps are taken as given, in whatever order the source has them: the first raising makes the row.
    let first_import = told.iter().find_map(|one| match one.facts {
        Fact::RequestRaised(facts) if one.is_import() => Some((one, facts)),
        _ => None,
    });
    let mut row = first_import.map(|(one, facts)| Request::raise(request, one, facts));
    let mut fold = Fold {
        names,
        attempt_days: Vec::new(),
    };
    for one in told {
        let effect = &mut effects[one.index];
        if one.is_import() {
            match &mut row {
                Some(row) => fold.take_as_given(row, one),
                None => *effect = Effect::NoEffect(NoEffect::CreationMissing),
            }
            continue;
        }
        let step = match (&mut row, one.facts) {
            (None, Fact::RequestRaised(facts)) => {
                row = Some(Request::raise(request, one, facts));
                Ok(())
            }
            (None, _) => Err(Conflict::NoSuchEntity),
            (Some(_), Fact::RequestRaised(_)) => Err(Conflict::AlreadyCreated),
            (Some(row), _) => fold.step(row, one),
        };
        if let Err(conflict) = step {
            *effect = Effect::Conflict(conflict);
        }
    }
    row
}

struct Fold<'a> {
    names: &'a Names,
    attempt_days: Vec<Day>,
}

impl Fold<'_> {
    fn step(&mut self, row: &mut Request, told: &Told<'_>) -> Result<(), Conflict> {
        let Some(step) = Move::of(told.facts) else {
            return Err(Conflict::IllegalIn(row.state));
        };
        let handler_is_among = self.handler_is_among(row, told);
        judge(row, step, told.kept.author, told.kept.unit, handler_is_among)?;
        self.take(row, told);
        Ok(())
    }

    fn handler_is_among(&self, row: &Request, told: &Told<'_>) -> bool {
        let handler = row.handler.and_then(|person| self.names.people.find(person));
        handler.is_some_and(|handler| told.kept.people().any(|person| person == handler))
    }

    /// The rule set "imported history": the state follows the steps, and a close is a close wherever it stands.
    fn take_as_given(&mut self, row: &mut Request, told: &Told<'_>) {
        let closed = row.state == State::Closed;
        self.take(row, told);
        if closed {
            row.state = State::Closed;
        }
    }

    /// Takes a step that is legal or given.
    fn take(&mut self, row: &mut Request, told: &Told<'_>) {
        let day = told.day();
        match told.facts {
            Fact::RequestAccepted(facts) => {
                row.state = State::Accepted;
                row.accepted_on = Some(facts.accepted_on);
                row.due = facts.due.or(row.due);
            }
            Fact::RequestAssigned(facts) => self.assign(row, day, facts.unit, facts.handler, facts.due),
            Fact::RequestReassigned(facts) => self.assign(row, day, facts.unit, facts.handler, facts.due),
            Fact::RequestProgressed => row.state = State::Handling,
            Fact::RequestReplied(outcome) => {
                row.state = State::Replied;
                row.replied_on = Some(day);
                row.outcome = Some(*outcome);
                self.reset_attempts(row);
            }
            Fact::RequestFollowedUp(facts) => self.follow_up(row, day, facts),
            Fact::RequestClosed(closing) => {
                row.state = State::Closed;
                row.closing = Some(*closing);
                row.closed_on = Some(day);
                row.closed_ms = Some(told.instant_ms);
            }
            _ => {}
        }
    }

    fn assign(&mut self, row: &mut Request, day: Day, unit: UnitCode, handler: PersonId, due: Option<When>) {
        row.state = State::Assigned;
        row.round = row.round.saturating_add(1);
        row.assigned_on = Some(day);
        row.handling_unit = Some(unit);
        row.handler = Some(handler);
        row.due = due.or(row.due);
        row.replied_on = None;
        row.outcome = None;
        self.reset_attempts(row);
    }

    fn follow_up(&mut self, row: &mut Request, day: Day, facts: &RequestFollowedUp) {
        row.followed_up_on = Some(day);
        if !facts.reached {
            row.attempts = row.attempts.saturating_add(1);
            if !self.attempt_days.contains(&day) {
                self.attempt_days.push(day);
                row.attempt_days = row.attempt_days.saturating_add(1);
            }
            return;
        }
        self.reset_attempts(row);
        row.solved = facts.solved;
        row.satisfaction = facts.satisfaction;
        // The requester's word on the answer goes before their word on the matter; without either the question stays open.
        match (facts.satisfaction, facts.solved) {
            (Some(Satisfaction::Unsatisfied), _) => row.state = State::Unsatisfied,
            (Some(Satisfaction::Satisfied | Satisfaction::Mostly), _) | (_, Some(Solved::Yes)) => {
                row.state = State::Satisfied;
            }
            (_, Some(Solved::No)) => row.state = State::Unsatisfied,
            _ => {}
        }
    }

    fn reset_attempts(&mut self, row: &mut Request) {
        self.attempt_days.clear();
        row.attempts = 0;
        row.attempt_days = 0;
    }
}
