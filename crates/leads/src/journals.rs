//! The journals that receipts stand in: one, unless the hub was restored from a backup.

use event::{JournalId, Position};

/// One journal, as part of the count over all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    journal: JournalId,
    /// Position of its first record, counted over all journals.
    first: Position,
    /// Records of it that count, where another journal followed.
    size: Option<Position>,
}

/// Journals in their order, oldest first. Receipts are counted over all of them; what an event says of a journal is
/// counted in that one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journals(Vec<Part>);

impl Journals {
    /// Journals, oldest first, each with the size at which it was frozen; the last one goes on.
    #[must_use]
    pub fn new(journals: impl IntoIterator<Item = (JournalId, Option<Position>)>) -> Self {
        let (mut parts, mut first) = (Vec::new(), Position(0));
        for (journal, size) in journals {
            parts.push(Part { journal, first, size });
            first = Position(first.0.saturating_add(size.unwrap_or_default().0));
        }
        Self(parts)
    }

    /// A size of one journal as a size over all of them: so many records stand before it. `None` for a journal that is
    /// not here, and beyond what counts of one that was frozen: those records are gone.
    #[must_use]
    pub fn size_over_all(&self, journal: JournalId, size: Position) -> Option<Position> {
        let part = self.0.iter().find(|part| part.journal == journal)?;
        let counts = part.size.is_none_or(|frozen| size <= frozen);
        counts.then(|| Position(part.first.0.saturating_add(size.0)))
    }

    /// Their identifiers, oldest first.
    pub fn ids(&self) -> impl Iterator<Item = JournalId> {
        self.0.iter().map(|part| part.journal)
    }

    /// A position over all journals as one of its journal.
    #[must_use]
    pub fn place(&self, position: Position) -> Option<(JournalId, Position)> {
        let part = self.0.iter().rev().find(|part| part.first <= position)?;
        Some((part.journal, Position(position.0 - part.first.0)))
    }
}

/// One journal alone.
impl From<JournalId> for Journals {
    fn from(journal: JournalId) -> Self {
        Self::new([(journal, None)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_counted_over_all_journals_and_what_a_restore_lost_is_no_size() {
        let [one, two, other] = [1, 2, 3].map(|byte| JournalId::from_bytes([byte; 16]));
        let journals = Journals::new([(one, Some(Position(80))), (two, None)]);
        assert_eq!(journals.size_over_all(one, Position(80)), Some(Position(80)));
        assert_eq!(journals.size_over_all(one, Position(81)), None);
        assert_eq!(journals.size_over_all(two, Position(5)), Some(Position(85)));
        assert_eq!(journals.size_over_all(other, Position(5)), None);
        assert_eq!(journals.place(Position(79)), Some((one, Position(79))));
        assert_eq!(journals.place(Position(80)), Some((two, Position(0))));
        assert_eq!(Journals::from(one).size_over_all(one, Position(7)), Some(Position(7)));
    }
}
