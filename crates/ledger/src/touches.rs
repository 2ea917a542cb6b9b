//! Which entities an event concerns.

use event::{Event, Facts, Subject};

/// The entity whose history an event belongs to.
pub type EntityKey = Subject;

/// The entities whose rows an event may change: its subject, and for a merge or split of households the
/// other one too, whose coverage changes with it. A correction touches its subject, which is its target's.
///
/// Rows that are joined when asked (the open requests of a household, the dates of a machine whose clock
/// was corrected) are not counted: no digest has them.
#[must_use]
pub fn touches(event: &Event<'_>) -> Vec<EntityKey> {
    let mut keys = vec![event.header.subject];
    if let Ok(Some(facts)) = Facts::decode(event.header.kind, event.header.schema, event.facts) {
        keys.extend(other_household(&facts));
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn other_household(facts: &Facts) -> Option<EntityKey> {
    match facts {
        Facts::HouseholdChanged(changed) => changed.into.map(Subject::household),
        Facts::RecordCorrected(correction) => other_household(&correction.replacement.as_ref()?.0),
        _ => None,
    }
}
