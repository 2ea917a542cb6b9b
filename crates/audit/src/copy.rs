//! A mirror as a source: the same verification and the same export as of any other.

use std::ops::ControlFlow;

use archive::{Chapter, KeptNote, Log, Piece, Source, SourceError, Visit};
use event::Sequence;
use event_log::{LogId, LogRead, StoreError};
use follower::{Mirror, split};
use proof::{PublicKey, journal_log_name};

/// A mirror and what its auditor kept beside it.
pub(crate) struct Copy<'a> {
    pub(crate) store: &'a dyn LogRead,
    pub(crate) mirror: &'a Mirror,
    pub(crate) kept: Vec<KeptNote>,
}

impl Copy<'_> {
    fn scan_log(&self, log: LogId, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.store.scan(log, Sequence::FIRST, &mut |sequence, bytes, personal| {
            let index = sequence.leaf_index();
            visit(Piece::Entry { index, bytes, personal })
        })
    }
}

impl Source for Copy<'_> {
    fn holds(&self, log: Log) -> bool {
        match log {
            Log::Journal(_) => true,
            Log::Origin(origin) => self.mirror.holds(origin),
        }
    }

    fn hub_key(&self) -> PublicKey {
        self.mirror.hub_key()
    }

    fn journals(&self) -> Result<Vec<Chapter>, SourceError> {
        let note = |journal| {
            let newest = self
                .mirror
                .checkpoint()
                .filter(|newest| newest.name == journal_log_name(journal));
            newest.and_then(|_| self.mirror.note().map(str::to_owned))
        };
        let journals = self.mirror.journals();
        Ok(journals
            .map(|(journal, _, frozen)| Chapter {
                journal,
                frozen: frozen.map(|frozen| frozen.0),
                note: note(journal),
            })
            .collect())
    }

    fn kept(&self) -> Result<Vec<KeptNote>, SourceError> {
        Ok(self.kept.clone())
    }

    fn scan(&self, log: Log, _: u64, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        match log {
            Log::Origin(origin) => self.scan_log(self.mirror.log_of(origin), visit)?,
            // A mirror's records stand behind their positions, so that a scope may have gaps: the tree is over the
            // records alone.
            Log::Journal(journal) => {
                let Some((_, copy, _)) = self.mirror.journals().find(|(known, ..)| *known == journal) else {
                    return Ok(());
                };
                self.store
                    .scan(copy, Sequence::FIRST, &mut |_, entry, _| match split(entry) {
                        Some((position, bytes)) => visit(Piece::Entry {
                            index: position.0,
                            bytes,
                            personal: None,
                        }),
                        None => ControlFlow::Break(()),
                    })?;
            }
        }
        Ok(())
    }

    fn scan_apart(&self, log: Log, visit: &mut Visit<'_>) -> Result<bool, SourceError> {
        let Log::Origin(origin) = log else { return Ok(false) };
        let own = LogId::from(origin);
        if self.mirror.log_of(origin) == own || self.store.head(own).size == 0 {
            return Ok(false);
        }
        self.scan_log(own, visit)?;
        Ok(true)
    }
}
