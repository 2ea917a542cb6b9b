//! Receptions and meetings, and what the township publishes of a journal: legal or not, without rows.

use event::{Day, EventId, JournalId};

use crate::fact::Fact;
use crate::resolve::Told;
use crate::{Author, Conflict, Effect};

/// Each reception and each meeting is an entity of its own, held once.
pub(crate) fn fold_occasion(told: &[Told<'_>], effects: &mut [Effect]) {
    let held = |one: &&Told<'_>| matches!(one.facts, Fact::MeetingHeld | Fact::ReceptionHeld);
    for one in told.iter().filter(held).skip(1).filter(|one| !one.is_import()) {
        effects[one.index] = Effect::Conflict(Conflict::AlreadyCreated);
    }
}

/// Samples and seals: the township alone states them, of the journal that they name; the seal of a period that was
/// sealed before names the seal that stood.
pub(crate) fn fold_journal(journal: JournalId, told: &[Told<'_>], effects: &mut [Effect]) {
    let mut standing: Vec<((Day, Day), EventId)> = Vec::new();
    for one in told {
        let (named, seal) = match one.facts {
            Fact::SamplePublished(facts) => (facts.journal, None),
            Fact::LedgerSealed(facts) => (facts.journal, Some(facts)),
            _ => continue,
        };
        let known = |period| standing.iter().position(|(sealed, _)| *sealed == period);
        let before = seal.and_then(|seal| known((seal.from, seal.to)));
        let replaces = |at: usize| seal.is_some_and(|seal| seal.supersedes == Some(standing[at].1));
        if one.kept.author == Author::Village {
            effects[one.index] = Effect::Conflict(Conflict::HubOnly);
        } else if named != journal {
            effects[one.index] = Effect::Conflict(Conflict::WrongSubject);
        } else if before.is_some_and(|at| !replaces(at)) {
            effects[one.index] = Effect::Conflict(Conflict::AlreadySealed);
        } else if let Some(seal) = seal {
            match before {
                Some(at) => standing[at].1 = one.kept.id,
                None => standing.push(((seal.from, seal.to), one.kept.id)),
            }
        }
    }
}
