//! The part of a history that can explain what changed since a moment, out of what a ledger keeps.

use std::collections::{BTreeMap, BTreeSet};

use event::{EntityId, Origin, Subject, SubjectKind};
use ledger::{Author, EntityKey, Ledger, Names, Placed};

use crate::{History, Standing};

/// Who is bound to whom, of everything that a ledger keeps.
#[derive(Default)]
struct Bonds {
    /// Households that merged or split with one another, both ways.
    households: BTreeMap<EntityId, BTreeSet<EntityId>>,
    /// The requests of a household.
    requests: BTreeMap<EntityId, BTreeSet<EntityId>>,
    /// What entries since the moment are about.
    touched: BTreeSet<EntityKey>,
    /// Households that entries since name.
    named: BTreeSet<EntityId>,
}

impl Bonds {
    fn of(ledger: &Ledger, since_ms: u64) -> Self {
        let mut bonds = Self::default();
        for placed in ledger.placed() {
            let is_new = placed.receipt.received_at_ms > since_ms;
            if is_new {
                bonds.touched.insert(placed.subject);
            }
            let own = placed.subject.id;
            let household = match placed.names {
                None => continue,
                Some(Names::Joined(other)) => {
                    bonds.households.entry(own).or_default().insert(other);
                    bonds.households.entry(other).or_default().insert(own);
                    other
                }
                Some(Names::RaisedBy(household)) => {
                    bonds.requests.entry(household).or_default().insert(own);
                    household
                }
            };
            if is_new {
                bonds.named.insert(household);
            }
        }
        bonds
    }

    /// Everything on which a row may depend of which something is new.
    fn wanted(&self) -> BTreeSet<EntityKey> {
        let mut wanted = self.touched.clone();
        let touched: BTreeSet<EntityId> = self.touched.iter().map(|subject| subject.id).collect();
        let is_touched = |household: &EntityId| touched.contains(household) || self.named.contains(household);
        let with_requests = self.requests.iter().filter(|(household, requests)| {
            is_touched(household) || requests.iter().any(|request| touched.contains(request))
        });
        let mut next: Vec<EntityId> = with_requests.map(|(household, _)| *household).collect();
        let households = self
            .touched
            .iter()
            .filter(|subject| subject.kind == SubjectKind::Household);
        next.extend(households.map(|subject| subject.id));
        next.extend(&self.named);
        let mut found: BTreeSet<EntityId> = next.iter().copied().collect();
        while let Some(at) = next.pop() {
            let joined = self.households.get(&at).into_iter().flatten();
            next.extend(joined.filter(|other| found.insert(**other)));
        }
        for household in found {
            wanted.insert(Subject::household(household));
            let requests = self.requests.get(&household).into_iter().flatten();
            wanted.extend(requests.copied().map(Subject::request));
        }
        wanted
    }
}

impl History {
    /// An index of everything that can explain what changed in a ledger since a moment: the entities that later entries
    /// are about, and those that their rows depend on. Of the others there is nothing in it, for their rows are the same.
    #[must_use]
    pub fn touched_since(ledger: &Ledger, since_ms: u64) -> Self {
        let bonds = Bonds::of(ledger, since_ms);
        let wanted = bonds.wanted();
        let clocks: BTreeSet<Origin> = wanted
            .iter()
            .filter(|subject| subject.kind == SubjectKind::Origin)
            .map(|subject| Origin::from_bytes(subject.id.to_bytes()))
            .collect();
        let mut diaries: BTreeSet<EntityKey> = BTreeSet::new();
        if !clocks.is_empty() {
            let moved = |placed: &Placed| placed.subject.kind == SubjectKind::Person && clocks.contains(&placed.origin);
            diaries.extend(ledger.placed().filter(moved).map(|placed| placed.subject));
        }
        let mut history = Self::new();
        for placed in ledger.placed() {
            let is_clock = placed.subject.kind == SubjectKind::Origin;
            if is_clock || wanted.contains(&placed.subject) || diaries.contains(&placed.subject) {
                let standing = Standing {
                    receipt: placed.receipt,
                    origin: placed.origin,
                    sequence: placed.sequence,
                    by_hub: placed.author == Author::Hub,
                };
                history.place(placed.subject, placed.names, &standing);
            }
        }
        history
    }
}
