//! What changed in a ledger, explained out of a mirror's entries by the walk of the crate `diff`.

use diff::{DiffView, History, Moments, RowDiff};
use event::{Origin, Sequence, UnitCode};

use crate::AuditError;
use crate::opened::Entries;

/// The bytes of a mirror's entries.
struct Bytes<'a>(&'a dyn Entries);

impl diff::Entries for Bytes<'_> {
    type Error = AuditError;

    fn bytes(&self, origin: Origin, sequence: Sequence) -> Result<Option<Vec<u8>>, AuditError> {
        Ok(self.0.entry(origin, sequence)?.map(|entry| entry.bytes))
    }
}

/// Every row of the units that changed, by unit and key.
///
/// # Errors
/// [`AuditError::Store`] where an entry that was there cannot be read again.
pub fn diff(
    view: DiffView,
    units: &[UnitCode],
    moments: Moments<'_>,
    history: &History,
    entries: &dyn Entries,
) -> Result<Vec<RowDiff>, AuditError> {
    diff::diff(view, units, moments, history, &Bytes(entries))
}
