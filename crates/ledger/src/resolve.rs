//! From an entity's history to what the folds are told: corrections applied, voided, held and
//! refused entries taken out.

use event::{CorrectionKind, Day, EventId, Facts, Kind, SubjectKind, When};

use crate::fact::Fact;
use crate::kept::Kept;
use crate::ledger::rank_of;
use crate::names::Names;
use crate::{Author, Conflict, Effect, NoEffect};

/// Which part of the history a fold looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Only what had been received by then, in milliseconds.
    pub(crate) known_at_ms: Option<u64>,
    /// Only what had happened by the end of that day. Corrections are knowledge, not happenings: they always apply.
    pub(crate) occurred_until: Option<Day>,
}

impl Filter {
    pub(crate) const fn is_open(self) -> bool {
        self.known_at_ms.is_none() && self.occurred_until.is_none()
    }
}

/// One event as a fold sees it, after corrections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    /// Index in the history that was resolved.
    pub(crate) index: usize,
    pub(crate) kept: &'a Kept,
    pub(crate) facts: &'a Fact,
    pub(crate) occurred: When,
    pub(crate) instant_ms: i64,
}

impl Told<'_> {
    /// The day on which it happened, in UTC+8.
    pub(crate) fn day(&self) -> Day {
        if self.kept.is_import {
            Day::of_instant(self.instant_ms)
        } else {
            self.occurred.day()
        }
    }

    pub(crate) const fn is_import(&self) -> bool {
        self.kept.is_import
    }
}

/// What corrections do to one target.
#[derive(Clone, Copy, Default)]
struct Patch<'a> {
    voided: bool,
    facts: Option<&'a Fact>,
    occurred: Option<When>,
}

/// Resolves a history that stands in story order. `effects` gets one effect for each of its entries;
/// the fold may still turn a "counted" into something else.
pub(crate) fn resolve<'a>(
    subject: SubjectKind,
    history: &[&'a Kept],
    filter: Filter,
    names: &Names,
    effects: &mut Vec<Effect>,
    told: &mut Vec<Told<'a>>,
) {
    effects.clear();
    told.clear();
    let mut has_corrections = false;
    let mut has_imports = false;
    for kept in history {
        let unknown = filter
            .known_at_ms
            .is_some_and(|ms| names.receipt(kept.receipt).received_at_ms > ms);
        has_corrections |= kept.kind() == Some(Kind::RECORD_CORRECTED);
        has_imports |= kept.is_import;
        effects.push(match kept.facts() {
            None => Effect::NotUnderstood,
            // An entry that is not known yet has no effect of its own; the word is never shown.
            Some(_) if kept.held || unknown => Effect::Held,
            Some(_) if kept.misplaced => Effect::NotUnderstood,
            Some(facts) if Facts::subject_kind(facts.kind()).is_some_and(|kind| kind != subject) => {
                Effect::Conflict(Conflict::WrongSubject)
            }
            Some(_) => Effect::Counted,
        });
    }
    let patches = if has_corrections {
        corrections(history, effects)
    } else {
        Vec::new()
    };
    for (index, kept) in history.iter().enumerate() {
        let Some(facts) = kept.facts() else { continue };
        if effects[index] != Effect::Counted || facts.kind() == Kind::RECORD_CORRECTED {
            continue;
        }
        let patch = patches.get(index).copied().unwrap_or_default();
        if patch.voided {
            effects[index] = Effect::NoEffect(NoEffect::Voided);
            continue;
        }
        let occurred = patch.occurred.unwrap_or(kept.occurred());
        let instant_ms = if kept.is_import && patch.occurred.is_none() {
            kept.at
        } else {
            occurred.start_ms()
        };
        let facts = patch.facts.unwrap_or(facts);
        told.push(Told {
            index,
            kept,
            facts,
            occurred,
            instant_ms,
        });
    }
    if has_imports && created_live(told, names) {
        told.retain(|one| {
            if one.is_import() {
                effects[one.index] = Effect::NoEffect(NoEffect::ImportIntoLive);
            }
            !one.is_import()
        });
    }
    if let Some(day) = filter.occurred_until {
        told.retain(|one| one.day() <= day);
    }
}

/// Whether the record that created the entity, the first to be received, is a live one.
fn created_live(told: &[Told<'_>], names: &Names) -> bool {
    let creates = |kind| {
        matches!(
            kind,
            Kind::REQUEST_RAISED | Kind::HOUSEHOLD_REGISTERED | Kind::PAIRING_ESTABLISHED
        )
    };
    let creations = told.iter().filter(|one| creates(one.facts.kind()));
    let first = creations.min_by_key(|one| rank_of(names, one.kept));
    first.is_some_and(|one| !one.is_import())
}

/// Applies corrections in story order: each puts its facts or its time in place of what stood, a void
/// takes the target's effect away, and a later "correct" gives it back.
fn corrections<'a>(history: &[&'a Kept], effects: &mut [Effect]) -> Vec<Patch<'a>> {
    let mut patches = vec![Patch::default(); history.len()];
    let mut by_id: Vec<(EventId, usize)> = history.iter().enumerate().map(|(i, kept)| (kept.id, i)).collect();
    by_id.sort_unstable();
    for (index, kept) in history.iter().enumerate() {
        let Some(Fact::RecordCorrected(correction)) = kept.facts() else {
            continue;
        };
        if effects[index] != Effect::Counted {
            continue;
        }
        let target = by_id
            .binary_search_by_key(&correction.target, |(id, _)| *id)
            .ok()
            .map(|found| by_id[found].1);
        let Some(target) = target.filter(|at| !matches!(effects[*at], Effect::Held | Effect::NotUnderstood)) else {
            effects[index] = Effect::NoEffect(NoEffect::TargetMissing);
            continue;
        };
        let replacement = correction.replacement.as_ref();
        let fault = match history[target].facts() {
            None => Some(Conflict::WrongReplacement),
            Some(facts) if facts.kind() == Kind::RECORD_CORRECTED => Some(Conflict::CorrectsCorrection),
            _ if kept.author == Author::Village && history[target].author == Author::Hub => Some(Conflict::HubOnly),
            Some(facts) if correction.correction == CorrectionKind::Correct => match replacement {
                Some(new) if new.kind() != facts.kind() => Some(Conflict::WrongReplacement),
                None if correction.occurred.is_none() => Some(Conflict::CorrectsNothing),
                _ => None,
            },
            Some(_) => None,
        };
        if let Some(conflict) = fault {
            effects[index] = Effect::Conflict(conflict);
            continue;
        }
        let patch = &mut patches[target];
        match correction.correction {
            CorrectionKind::Void if kept.actors().all(|actor| actor == kept.recorder) => {
                effects[index] = Effect::NoEffect(NoEffect::NoSecondPerson);
            }
            CorrectionKind::Void => patch.voided = true,
            CorrectionKind::Correct => {
                patch.voided = false;
                patch.facts = replacement.or(patch.facts);
                patch.occurred = correction.occurred.or(patch.occurred);
            }
        }
    }
    patches
}
