//! The order of the story: the one order in which every reader folds an entity's events.

use crate::{EventId, Header};

/// Place of an event in the story of its entity.
///
/// Imported history comes first, by the source's instant and row; live events follow by
/// `min(ULID milliseconds, received_at)` and ULID, so that a clock that is ahead never pushes a
/// village's entries behind the township's. A pending entry, which has no `received_at`, uses its ULID alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoryKey {
    /// An event of imported history.
    Imported {
        /// The source's instant, in milliseconds since 1970-01-01T00:00:00Z.
        instant_ms: i64,
        /// The source's row.
        row: u64,
        /// Identity, for equal rows.
        id: EventId,
    },
    /// An event recorded here.
    Live {
        /// `min(ULID milliseconds, received_at milliseconds)`.
        ms: u64,
        /// Identity, for equal milliseconds.
        id: EventId,
    },
}

impl StoryKey {
    /// The place of an event that the hub received at `received_at_ms`, or `None` for a pending one.
    #[must_use]
    pub fn of(header: &Header, received_at_ms: Option<u64>) -> Self {
        match &header.source {
            Some(source) => Self::Imported {
                instant_ms: source.instant_ms,
                row: source.row,
                id: header.id,
            },
            None => Self::live(header.id, received_at_ms),
        }
    }

    /// The place of a live event with this identity.
    #[must_use]
    pub fn live(id: EventId, received_at_ms: Option<u64>) -> Self {
        Self::Live {
            ms: received_at_ms.map_or(id.ms(), |received| received.min(id.ms())),
            id,
        }
    }

    /// Identity of the event.
    #[must_use]
    pub const fn id(self) -> EventId {
        match self {
            Self::Imported { id, .. } | Self::Live { id, .. } => id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_ahead_does_not_push_entries_behind() {
        let ahead = EventId::from_parts(9_000_000, 1).unwrap();
        let reply = EventId::from_parts(5_000, 1).unwrap();
        assert!(StoryKey::live(ahead, Some(4_000)) < StoryKey::live(reply, Some(6_000)));
        assert!(StoryKey::live(ahead, None) > StoryKey::live(reply, None));
        assert!(
            StoryKey::Imported {
                instant_ms: i64::MAX,
                row: 9,
                id: ahead
            } < StoryKey::live(reply, None)
        );
    }
}
