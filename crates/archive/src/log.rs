//! Which log: a journal of the hub, or the log of an origin.

use std::fmt;

use event::{JournalId, Origin, Position};
use proof::{journal_log_name, journal_of_log_name, origin_log_name};

use crate::Finding;

/// A log of the township.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Log {
    /// A journal.
    Journal(JournalId),
    /// The log of an origin.
    Origin(Origin),
}

impl Log {
    /// Its name, as in its checkpoints.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Journal(journal) => journal_log_name(journal),
            Self::Origin(origin) => origin_log_name(origin),
        }
    }

    /// The log whose checkpoints carry this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let journal = journal_of_log_name(name).map(Self::Journal);
        journal.or_else(|| name.strip_prefix("minqing/")?.parse().ok().map(Self::Origin))
    }

    /// Its folder within an export: `journal/<journal id>` or `origin/<origin>`.
    #[must_use]
    pub fn folder(self) -> String {
        match self {
            Self::Journal(journal) => format!("journal/{journal}"),
            Self::Origin(origin) => format!("origin/{origin}"),
        }
    }

    /// A finding at the leaves `first..end` (counted from 0) of this log.
    pub(crate) fn finding(self, rule: &'static str, what: impl Into<String>, first: u64, end: u64) -> Finding {
        let finding = Finding::new(rule, what);
        match self {
            Self::Journal(journal) => {
                let mut finding = finding.at(journal, Position(first));
                finding.until = (end > first.saturating_add(1)).then_some(Position(end - 1));
                finding
            }
            Self::Origin(origin) => finding.entries(origin, first.saturating_add(1), end.max(first.saturating_add(1))),
        }
    }

    /// The rule that its entries have the roots that were signed.
    pub(crate) const fn root_rule(self) -> &'static str {
        match self {
            Self::Journal(_) => Finding::JOURNAL_ROOT,
            Self::Origin(_) => "root",
        }
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for log in [
            Log::Journal(JournalId::from_bytes([3; 16])),
            Log::Origin(Origin::from_bytes([4; 16])),
        ] {
            assert_eq!(Log::of_name(&log.name()), Some(log));
        }
        assert_eq!(Log::of_name("minqing/elsewhere"), None);
        assert_eq!(Log::of_name("example.com/log"), None);
    }
}
