//! An opened mirror that can be asked what was known when: ledgers are rebuilt from the receipts up to a moment, and
//! from nothing else.

use std::ops::ControlFlow;

use diff::{Standing, end_of_day_ms};
use event::{Day, Origin, Position, Sequence};
use event_log::{LogEntry, LogRead as _, SledStore, Store as _};
use follower::Mirror;
use ledger::{Ledger, Receipt};
use proof::PublicKey;

use crate::compare::CutAt;
use crate::{AuditConfig, AuditError, Book, folder};

/// Entries between two words on how far it has come.
const STEP_ENTRIES: u64 = 8_192;

/// Which receipts count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Knowledge {
    /// All that the mirror holds.
    #[default]
    Everything,
    /// "As known on": those that the hub received by this instant, in milliseconds since 1970-01-01T00:00:00Z.
    By(u64),
    /// Those up to this position, counted over all journals: the cut of somebody's figures.
    Upto(Position),
}

impl Knowledge {
    /// What the township had received by the end of a day, in UTC+8.
    #[must_use]
    pub fn by_day(day: Day) -> Self {
        Self::By(end_of_day_ms(day))
    }

    /// Whether a record of this place and time is known.
    #[must_use]
    pub const fn covers(self, position: Position, at_ms: u64) -> bool {
        match self {
            Self::Everything => true,
            Self::By(until_ms) => at_ms <= until_ms,
            Self::Upto(until) => position.0 <= until.0,
        }
    }
}

/// Whoever holds entries.
pub trait Entries {
    /// The entry at a place, as it was written; `None` where there is none.
    ///
    /// # Errors
    /// [`AuditError::Store`].
    fn entry(&self, origin: Origin, sequence: Sequence) -> Result<Option<LogEntry>, AuditError>;
}

/// What was known: the ledgers and the journal's own page, rebuilt from the receipts that count.
#[derive(Debug)]
pub struct Known {
    /// Which receipts count.
    pub knowledge: Knowledge,
    /// The ledgers.
    pub ledger: Ledger,
    /// What the journal says of the logs.
    pub book: Book,
}

impl Known {
    /// The cut of every figure.
    #[must_use]
    pub fn cut(&self) -> CutAt {
        let cut = self.ledger.cut();
        CutAt {
            position: cut.position,
            rule_version: cut.rule_version,
        }
    }

    /// The day of the last record that is known: "today" where no other day is asked for.
    #[must_use]
    pub fn last_day(&self) -> Day {
        Day::of_instant(i64::try_from(self.book.last_ms).unwrap_or(i64::MAX))
    }
}

/// An opened mirror. Close it with [`Archive::close`].
pub struct Archive {
    store: SledStore,
    mirror: Mirror,
}

impl Archive {
    /// Opens a mirror.
    ///
    /// # Errors
    /// [`AuditError::Store`] where it is damaged; `verify` says more.
    pub fn open(config: &AuditConfig) -> Result<Self, AuditError> {
        let hub_key = PublicKey(*folder::enrolled(&config.data_dir)?.hub_key);
        let store = config.open()?;
        let mirror = Mirror::open(&store, hub_key)?;
        Ok(Self { store, mirror })
    }

    /// Rebuilds what was known. `visit` sees every entry that counts, log by log; `progress` hears entries done and in
    /// all.
    ///
    /// # Errors
    /// [`AuditError::Store`].
    pub fn known(
        &self,
        knowledge: Knowledge,
        visit: &mut dyn FnMut(&Standing, &[u8]),
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Known, AuditError> {
        let book = self.book(knowledge)?;
        let all = book.logs.values().map(|log| self.store.head(log.id).size).sum();
        let (mut ledger, mut done) = (Ledger::new(), 0);
        self.each(&book, &mut |standing, bytes| {
            standing.apply(&mut ledger, bytes);
            visit(standing, bytes);
            done += 1;
            if done % STEP_ENTRIES == 0 {
                progress(done, all);
            }
            true
        })?;
        ledger.settle();
        if let Some(cut) = book.cut {
            ledger.advance(cut);
        }
        progress(done, all);
        Ok(Known {
            knowledge,
            ledger,
            book,
        })
    }

    /// What the journal says of the logs, as far as it was known.
    ///
    /// # Errors
    /// [`AuditError::Store`].
    pub fn book(&self, knowledge: Knowledge) -> Result<Book, AuditError> {
        Book::known(&self.store, &self.mirror, knowledge)
    }

    /// Goes through every receipted entry that a journal's page knows of, log by log, until `visit` returns false.
    ///
    /// # Errors
    /// [`AuditError::Store`].
    pub fn each(&self, book: &Book, visit: &mut dyn FnMut(&Standing, &[u8]) -> bool) -> Result<(), AuditError> {
        let mut goes_on = true;
        for (origin, log) in &book.logs {
            for receipt in log.receipts.iter() {
                if !goes_on {
                    return Ok(());
                }
                self.store.scan(log.id, receipt.first, &mut |sequence, bytes, _| {
                    if sequence.get() > receipt.size {
                        return ControlFlow::Break(());
                    }
                    let standing = Standing {
                        receipt: Receipt {
                            position: receipt.global,
                            received_at_ms: receipt.received_at_ms,
                        },
                        origin: *origin,
                        sequence,
                        by_hub: log.audience.is_some(),
                    };
                    goes_on = visit(&standing, bytes);
                    if goes_on {
                        ControlFlow::Continue(())
                    } else {
                        ControlFlow::Break(())
                    }
                })?;
            }
        }
        Ok(())
    }

    pub(crate) const fn store(&self) -> &SledStore {
        &self.store
    }

    pub(crate) const fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// The journal that goes on, and how many of its records the newest checkpoint covers; `None` before the first page.
    #[must_use]
    pub fn newest(&self) -> Option<(event::JournalId, Position)> {
        let checkpoint = self.mirror.checkpoint()?;
        let journal = proof::journal_of_log_name(&checkpoint.name)?;
        Some((journal, Position(checkpoint.size)))
    }

    /// The newest checkpoint that the hub signed, as it was signed.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.mirror.note()
    }

    /// Closes the mirror; another process may open it when this returns.
    ///
    /// # Errors
    /// [`AuditError::Store`].
    pub fn close(self) -> Result<(), AuditError> {
        Ok(Box::new(self.store).close()?)
    }
}

impl Entries for Archive {
    fn entry(&self, origin: Origin, sequence: Sequence) -> Result<Option<LogEntry>, AuditError> {
        let log = self.mirror.log_of(origin);
        Ok(self.store.read(log, sequence, 1, usize::MAX)?.pop())
    }
}
