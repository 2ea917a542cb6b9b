//! The guards of a request's course: which step is legal where, whose it is, and what is still missing. The fold asks the
//! same function as the pages, so that what is offered is what will count.

use event::{ClosingKind, Day, PersonId, ReplyOutcome, UnitCode};

use crate::fact::Fact;
use crate::request::{Request, State};
use crate::{Author, Conflict};

/// Attempts to reach the requester before a request may be closed as unreachable.
pub const UNREACHABLE_ATTEMPTS_MIN: u16 = 3;
/// Different days on which these attempts must have been made.
pub const UNREACHABLE_DAYS_MIN: u16 = 2;
/// Round from which a request may be closed as finally explained.
pub const EXPLAINED_FINAL_ROUND_MIN: u16 = 2;

/// A step in the course of a request, after it was raised, with what of it the rules look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Move {
    /// 受理.
    Accept,
    /// 交办 to a unit.
    Assign(UnitCode),
    /// 办理进展.
    Progress,
    /// 答复.
    Reply,
    /// 回访.
    FollowUp,
    /// 再交办.
    Reassign,
    /// 办结, and why.
    Close(ClosingKind),
}

/// Who states a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speaker<'a> {
    /// In whose log it stands.
    pub author: Author,
    /// The record's unit: the village; for a hub's record the township.
    pub unit: UnitCode,
    /// Its recorder and its actors.
    pub people: &'a [PersonId],
}

/// Why a step would not count, and what would have to come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the ledger would make of it.
    pub conflict: Conflict,
    /// What is missing, where it is something that can come yet.
    pub lacking: Option<Lacking>,
}

/// What must come before a step is legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// Attempts to reach the requester.
    Attempts {
        /// So many more, at least 1.
        more: u16,
        /// At least one of them on another day than this: all attempts so far were made on it.
        not_on: Option<Day>,
    },
    /// This round, and an answer in it that explains or refuses.
    Round {
        /// [`EXPLAINED_FINAL_ROUND_MIN`] where that is not reached, the round of today else.
        round: u16,
    },
}

impl Move {
    /// The step that an event's facts are; `None` if they are of another sort.
    pub(crate) fn of(facts: &Fact) -> Option<Self> {
        Some(match facts {
            Fact::RequestAccepted(_) => Self::Accept,
            Fact::RequestAssigned(facts) => Self::Assign(facts.unit),
            Fact::RequestProgressed => Self::Progress,
            Fact::RequestReplied(_) => Self::Reply,
            Fact::RequestFollowedUp(_) => Self::FollowUp,
            Fact::RequestReassigned(_) => Self::Reassign,
            Fact::RequestClosed(closing) => Self::Close(*closing),
            _ => return None,
        })
    }
}

impl Request {
    /// Whether somebody's step would count as the request stands: `Ok`, or why it would be a 状态冲突. It is no promise:
    /// what others have stated and is still on its way stands before it in the story.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn may(&self, step: Move, by: &Speaker<'_>) -> Result<(), Refusal> {
        let handler_is_among = self.handler.is_some_and(|handler| by.people.contains(&handler));
        judge(self, step, by.author, by.unit, handler_is_among).map_err(|conflict| Refusal {
            conflict,
            lacking: self.lacking(conflict),
        })
    }

    fn lacking(&self, conflict: Conflict) -> Option<Lacking> {
        match conflict {
            Conflict::TooFewAttempts => {
                let attempts = UNREACHABLE_ATTEMPTS_MIN.saturating_sub(self.attempts);
                let days = UNREACHABLE_DAYS_MIN.saturating_sub(self.attempt_days);
                Some(Lacking::Attempts {
                    more: attempts.max(days),
                    not_on: self.followed_up_on.filter(|_| self.attempt_days == 1),
                })
            }
            Conflict::NotFinal => Some(Lacking::Round {
                round: self.round.max(EXPLAINED_FINAL_ROUND_MIN),
            }),
            _ => None,
        }
    }
}

/// The rule of every step. Imported history is not asked.
pub(crate) fn judge(
    row: &Request,
    step: Move,
    author: Author,
    unit: UnitCode,
    handler_is_among: bool,
) -> Result<(), Conflict> {
    let village = author == Author::Village;
    match (step, row.state) {
        (Move::FollowUp | Move::Reassign | Move::Close(_), _) if village => Err(Conflict::HubOnly),
        (Move::Accept, State::Registered)
        | (Move::Progress | Move::Reply, State::Assigned | State::Handling)
        | (Move::Reassign, State::Unsatisfied) => Ok(()),
        (Move::Assign(to), State::Accepted) if village && to != unit => Err(Conflict::NotOwnUnit),
        (Move::Assign(_), State::Accepted) => Ok(()),
        (Move::FollowUp, State::Replied) if handler_is_among => Err(Conflict::AskerIsHandler),
        (Move::FollowUp, State::Replied) => Ok(()),
        (Move::Close(_), State::Closed) => Err(Conflict::IllegalIn(State::Closed)),
        (Move::Close(_), _) if handler_is_among => Err(Conflict::CloserIsHandler),
        (Move::Close(closing), _) => may_close(row, closing),
        (_, state) => Err(Conflict::IllegalIn(state)),
    }
}

fn may_close(row: &Request, closing: ClosingKind) -> Result<(), Conflict> {
    match (closing, row.state) {
        (ClosingKind::Withdrawn | ClosingKind::Duplicate | ClosingKind::StatutoryEnd, _)
        | (ClosingKind::Satisfied, State::Satisfied) => Ok(()),
        (ClosingKind::ExplainedFinal, State::Unsatisfied) => {
            let explained = matches!(row.outcome, Some(ReplyOutcome::Explained | ReplyOutcome::NotSupported));
            if explained && row.round >= EXPLAINED_FINAL_ROUND_MIN {
                Ok(())
            } else {
                Err(Conflict::NotFinal)
            }
        }
        (ClosingKind::Unreachable, State::Replied) => {
            if row.attempts >= UNREACHABLE_ATTEMPTS_MIN && row.attempt_days >= UNREACHABLE_DAYS_MIN {
                Ok(())
            } else {
                Err(Conflict::TooFewAttempts)
            }
        }
        (ClosingKind::Source, _) => Err(Conflict::ClosingKind),
        (_, state) => Err(Conflict::IllegalIn(state)),
    }
}

#[cfg(test)]
mod tests {
    use event::{Channel, EntityId, RequestKind, Urgency};

    use super::*;

    fn row(state: State) -> Request {
        Request {
            request: EntityId::from_bytes([1; 16]),
            unit: "990000000001".parse().expect("a unit"),
            household: None,
            channel: Channel::Visit,
            kind: RequestKind::Help,
            urgency: Urgency::Ordinary,
            people: 1,
            registered_on: Day(0),
            raised_ms: 0,
            accepted_on: None,
            assigned_on: None,
            due: None,
            replied_on: None,
            followed_up_on: None,
            closed_on: None,
            closed_ms: None,
            handling_unit: None,
            handler: None,
            round: 1,
            outcome: None,
            solved: None,
            satisfaction: None,
            closing: None,
            state,
            attempts: 0,
            attempt_days: 0,
            imported: false,
            text_sha256: None,
        }
    }

    fn lacking(row: &Request, closing: ClosingKind) -> Option<Lacking> {
        let by = Speaker {
            author: Author::Hub,
            unit: row.unit,
            people: &[],
        };
        row.may(Move::Close(closing), &by)
            .err()
            .and_then(|refusal| refusal.lacking)
    }

    #[test]
    fn a_refusal_says_how_many_attempts_are_missing_and_on_which_day_they_may_not_be() {
        let attempts = |attempts, attempt_days| {
            let mut row = row(State::Replied);
            (row.attempts, row.attempt_days) = (attempts, attempt_days);
            row.followed_up_on = (attempts > 0).then_some(Day(9));
            lacking(&row, ClosingKind::Unreachable)
        };
        let more = |more, not_on| Some(Lacking::Attempts { more, not_on });
        assert_eq!(attempts(0, 0), more(3, None));
        assert_eq!(attempts(2, 1), more(1, Some(Day(9))));
        assert_eq!(attempts(5, 1), more(1, Some(Day(9))), "five on one day are not enough");
        assert_eq!(attempts(2, 2), more(1, None));
        assert_eq!(attempts(3, 2), None);
    }

    #[test]
    fn a_final_explanation_lacks_a_round_or_an_answer() {
        let mut row = row(State::Unsatisfied);
        let round = |round| Some(Lacking::Round { round });
        assert_eq!(lacking(&row, ClosingKind::ExplainedFinal), round(2));
        row.round = 3;
        row.outcome = Some(ReplyOutcome::Supported);
        assert_eq!(lacking(&row, ClosingKind::ExplainedFinal), round(3));
        row.outcome = Some(ReplyOutcome::Explained);
        assert_eq!(lacking(&row, ClosingKind::ExplainedFinal), None);
    }
}
