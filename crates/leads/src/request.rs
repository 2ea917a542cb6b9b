//! Requests as the rules see them: who handled what, when it was answered, what was said.

use std::collections::BTreeMap;

use event::{EntityId, Facts, PersonId, RequestFollowedUp, RequestKind, Satisfaction};

use crate::visit::Entered;

/// One answer in effect, with the acceptance before it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) handler: PersonId,
    /// The acceptance, in the first round.
    pub(crate) accepted: Option<Entered>,
    pub(crate) replied: Entered,
}

/// One follow-up.
#[derive(Clone, Debug)]
pub(crate) struct FollowUp {
    pub(crate) handler: PersonId,
    pub(crate) entered: Entered,
    pub(crate) said: RequestFollowedUp,
    /// Who typed the answer.
    pub(crate) answered_by: Option<PersonId>,
    /// It had no effect because the handler asked.
    pub(crate) by_handler: bool,
}

/// One request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) raised: Option<(Entered, Option<EntityId>, RequestKind)>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) follow_ups: Vec<FollowUp>,
    pub(crate) closed: Option<(PersonId, Entered)>,
    pub(crate) said_after_close: Vec<Entered>,
    accepted: Option<Entered>,
    handler: Option<PersonId>,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests {
    pub(crate) all: BTreeMap<EntityId, Request>,
    by_household: BTreeMap<EntityId, Vec<EntityId>>,
}

impl Requests {
    /// Takes a step in effect, in story order. Imported history is not looked at.
    pub(crate) fn take(&mut self, id: EntityId, entered: Entered, facts: &Facts) {
        let is_request = matches!(
            facts,
            Facts::RequestRaised(_)
                | Facts::RequestAccepted(_)
                | Facts::RequestAssigned(_)
                | Facts::RequestReassigned(_)
                | Facts::RequestReplied(_)
                | Facts::RequestFollowedUp(_)
                | Facts::RequestClosed(_)
        );
        if !is_request || entered.mode == event::EntryMode::Import {
            return;
        }
        let request = self.all.entry(id).or_default();
        match facts {
            Facts::RequestRaised(facts) => request.raised = Some((entered, facts.household, facts.kind)),
            Facts::RequestAccepted(_) => request.accepted = Some(entered),
            Facts::RequestAssigned(facts) => request.handler = Some(facts.handler),
            Facts::RequestReassigned(facts) => {
                request.handler = Some(facts.handler);
                request.accepted = None;
            }
            Facts::RequestReplied(_) => {
                if let Some(handler) = request.handler {
                    request.answers.push(Answer {
                        handler,
                        accepted: request.accepted.take(),
                        replied: entered,
                    });
                }
            }
            Facts::RequestFollowedUp(said) => self.follow_up(id, entered, said, false),
            Facts::RequestClosed(_) => request.closed = request.handler.map(|handler| (handler, entered)),
            _ => {}
        }
    }

    fn follow_up(&mut self, id: EntityId, entered: Entered, said: &RequestFollowedUp, by_handler: bool) {
        let request = self.all.entry(id).or_default();
        if let Some(handler) = request.handler {
            request.follow_ups.push(FollowUp {
                handler,
                entered,
                said: said.clone(),
                answered_by: request.answers.last().map(|answer| answer.replied.recorder),
                by_handler,
            });
        }
    }

    /// A follow-up without effect, because the handler asked.
    pub(crate) fn self_checked(&mut self, id: EntityId, entered: Entered, said: &RequestFollowedUp) {
        self.follow_up(id, entered, said, true);
    }

    /// A follow-up without effect, because the request was closed.
    pub(crate) fn said_after_close(&mut self, id: EntityId, entered: Entered, said: &RequestFollowedUp) {
        if said.satisfaction == Some(Satisfaction::Unsatisfied) {
            self.all.entry(id).or_default().said_after_close.push(entered);
        }
    }

    /// Finds the requests of each household.
    pub(crate) fn finish(&mut self) {
        for (id, request) in &self.all {
            if let Some((_, Some(household), _)) = &request.raised {
                self.by_household.entry(*household).or_default().push(*id);
            }
        }
    }

    /// The requests that a household raised.
    pub(crate) fn of_household(&self, household: EntityId) -> impl Iterator<Item = &Request> {
        let ids = self.by_household.get(&household).into_iter().flatten();
        ids.filter_map(|id| self.all.get(id))
    }
}
