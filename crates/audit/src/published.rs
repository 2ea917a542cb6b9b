//! What the township published of its journals: seals and samples in effect.

use event::{Event, Facts, Kind, Subject};
use leads::Journals;
use ledger::{Effect, Ledger, Step};

use crate::AuditError;
use crate::opened::Entries;

/// Statements of a kind in effect, journal by journal, each journal's in the order of its story, with their facts.
pub(crate) fn published(
    ledger: &Ledger,
    journals: &Journals,
    kind: Kind,
    entries: &dyn Entries,
) -> Result<Vec<(Step, Facts)>, AuditError> {
    let mut found = Vec::new();
    for journal in journals.ids() {
        for step in ledger.story(Subject::journal(journal)) {
            if step.kind != kind.0 || step.effect != Effect::Counted {
                continue;
            }
            let Some(entry) = entries.entry(step.origin, step.sequence)? else {
                continue;
            };
            let facts = Event::decode(&entry.bytes)
                .ok()
                .and_then(|event| Facts::decode(event.header.kind, event.header.schema, event.facts).ok());
            if let Some(facts) = facts.flatten() {
                found.push((step, facts));
            }
        }
    }
    Ok(found)
}
