//! What is still pending here: a throw-away overlay, never kept and never part of a digest.

use std::collections::BTreeMap;

use event::{Origin, Sequence};
use serde::Serialize;

use crate::fold::{Folded, fold_history};
use crate::kept::{Content, Kept};
use crate::resolve::Filter;
use crate::touches::EntityKey;
use crate::{Author, DiaryEntry, Effect, Household, Ledger, NoEffect, Request};

/// An entry that has no receipt yet.
#[derive(Clone, Copy, Debug)]
pub struct Pending<'a> {
    /// The event.
    pub bytes: &'a [u8],
    /// Its log.
    pub origin: Origin,
    /// Its place there.
    pub sequence: Sequence,
    /// Who speaks in that log.
    pub author: Author,
}

/// A row as it would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingRow {
    /// A request, or `None` if it would be gone.
    Request(Option<Box<Request>>),
    /// A household, or `None` if it would be gone.
    Household(Option<Box<Household>>),
    /// A cadre's diary, by day.
    Diary(Vec<DiaryEntry>),
}

/// What the ledgers would be if the pending entries were received now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingView {
    /// The rows that would change, by entity.
    pub rows: BTreeMap<EntityKey, PendingRow>,
    /// What each pending entry would come to, in the order given.
    pub effects: Vec<Effect>,
}

impl Ledger {
    /// Folds pending entries over what is confirmed. They stand in the story by their ULID alone.
    #[must_use]
    pub fn with_pending(&self, pending: &[Pending<'_>]) -> PendingView {
        if pending.is_empty() {
            return PendingView::default();
        }
        let mut names = self.names.clone();
        let mut kept: Vec<Kept> = Vec::with_capacity(pending.len());
        for one in pending {
            let mut read = names.read(one.bytes, one.origin, one.sequence, one.author, None);
            read.held = self.held.contains(&(one.origin, one.sequence));
            kept.push(read);
        }
        self.check_places(pending, &mut kept);
        let mut entities: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        let mut firsts: BTreeMap<event::EventId, usize> = BTreeMap::new();
        let mut effects = Vec::with_capacity(kept.len());
        for (index, one) in kept.iter().enumerate() {
            let confirmed = self.first_of(one.id).map(|slot| self.arena[slot as usize].print);
            let before = confirmed.or_else(|| firsts.get(&one.id).map(|first| kept[*first].print));
            effects.push(match (&one.content, before) {
                (Content::Unreadable, _) => Effect::NotUnderstood,
                (_, Some(print)) if print == one.print => Effect::NoEffect(NoEffect::Duplicate),
                (_, Some(_)) => Effect::NoEffect(NoEffect::OtherContent),
                (Content::Unknown(_), None) => Effect::NotUnderstood,
                (Content::Facts(_), None) => {
                    firsts.insert(one.id, index);
                    entities.entry(one.entity).or_default().push(index);
                    Effect::Counted
                }
            });
        }
        let mut rows = BTreeMap::new();
        let (mut folded_effects, mut told) = (Vec::new(), Vec::new());
        for (entity, indices) in entities {
            let subject = names.entities.get(entity);
            let mut history = self.history(entity);
            history.extend(indices.iter().map(|index| &kept[*index]));
            history.sort_by_key(|one| one.story());
            let folded = fold_history(
                subject,
                &history,
                Filter::default(),
                &names,
                &mut folded_effects,
                &mut told,
            );
            for index in indices {
                let id = kept[index].id;
                if let Some(at) = history.iter().position(|one| one.id == id) {
                    effects[index] = folded_effects[at];
                }
            }
            if self.folded(subject) != Some(&folded) {
                rows.extend(PendingRow::of(folded).map(|row| (subject, row)));
            }
        }
        PendingView { rows, effects }
    }

    /// Pending entries, too, must increase over the entry before them in their log.
    fn check_places(&self, pending: &[Pending<'_>], kept: &mut [Kept]) {
        let places: BTreeMap<(Origin, u64), usize> = (pending.iter().enumerate())
            .map(|(index, one)| ((one.origin, one.sequence.get()), index))
            .collect();
        for (index, one) in pending.iter().enumerate() {
            let before = one.sequence.leaf_index();
            let confirmed = Sequence::new(before)
                .ok()
                .and_then(|before| self.slot(one.origin, before));
            let before = match confirmed {
                Some(slot) => Some(&self.arena[slot as usize]),
                None => places.get(&(one.origin, before)).map(|at| &kept[*at]),
            };
            kept[index].misplaced = before.is_some_and(|before| kept[index].does_not_increase(before));
        }
    }
}

impl PendingRow {
    fn of(folded: Folded) -> Option<Self> {
        match folded {
            Folded::Request(row) => Some(Self::Request(row)),
            Folded::Household(row) => Some(Self::Household(row)),
            Folded::Diary(days) => Some(Self::Diary(days)),
            Folded::Clock(_) | Folded::NoRows => None,
        }
    }
}
