//! The ledger as it was: a replay of the receipts up to a moment, out of what is kept.

use event::{EntityId, Origin, Sequence, Subject};

use crate::fact::Fact;
use crate::touches::EntityKey;
use crate::{Author, Ledger, Receipt};

/// Another entity that an entry names beside its subject, so that rows of both may depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// The other household of a merge or split.
    Joined(EntityId),
    /// The household that is said to have raised a request.
    RaisedBy(EntityId),
}

/// Where an understood entry stands, and which other entity it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// What it is about.
    pub subject: EntityKey,
    /// What it names beside that.
    pub names: Option<Names>,
    /// The log.
    pub origin: Origin,
    /// Its place there.
    pub sequence: Sequence,
    /// The journal record that covers it.
    pub receipt: Receipt,
    /// Who wrote it.
    pub author: Author,
}

impl Ledger {
    /// The ledger of the entries that had been received by an instant, in milliseconds: the same as if these alone had
    /// ever been applied. Nothing of what came later leaks into it. Holds are states of now and stay behind. The cut is
    /// not known here; say it with [`advance`](Self::advance).
    ///
    /// It takes as much room as the ledger itself, and about as long as folding it anew.
    #[must_use]
    pub fn known_by(&self, until_ms: u64) -> Self {
        let mut past = Self {
            names: self.names.clone(),
            ..Self::default()
        };
        for kept in &self.arena {
            if self.names.receipt(kept.receipt).received_at_ms <= until_ms {
                let mut kept = kept.clone();
                kept.held = false;
                past.keep(kept);
            }
        }
        past.unsaved.clear();
        past.settle();
        past
    }

    /// Every understood entry, copies included, in no order that means anything.
    pub fn placed(&self) -> impl Iterator<Item = Placed> + '_ {
        let understood = self
            .arena
            .iter()
            .filter_map(|kept| kept.facts().map(|facts| (kept, facts)));
        understood.map(|(kept, facts)| {
            let subject = self.names.entities.get(kept.entity);
            Placed {
                subject,
                names: named(subject, facts),
                origin: self.names.origins.get(kept.origin),
                sequence: kept.sequence,
                receipt: self.names.receipt(kept.receipt),
                author: kept.author,
            }
        })
    }
}

/// What facts name beside their subject.
fn named(subject: Subject, facts: &Fact) -> Option<Names> {
    match facts {
        Fact::HouseholdChanged(changed) => changed.into.filter(|into| *into != subject.id).map(Names::Joined),
        Fact::RequestRaised(raised) => raised.household.map(Names::RaisedBy),
        Fact::RecordCorrected(correction) => correction
            .replacement
            .as_ref()
            .and_then(|replacement| named(subject, replacement)),
        _ => None,
    }
}
