//! Every ledger from nothing, out of the mirrored entries and receipts alone.

use event::{Day, Origin, Sequence, UnitCode};
use event_log::{LogEntry, LogRead as _, SledStore, Store as _};
use follower::{Follower, Mirror, Track};
use ledger::{Ledger, Query, Step, View};
use proof::PublicKey;
use serde_json::{Value, json};

use crate::compare::{Digests, UnitDigests, ViewDigest};
use crate::opened::Entries;
use crate::{AuditConfig, AuditError, Book, folder};

/// A mirror that was replayed. Close it with [`Replay::close`].
pub struct Replay {
    store: SledStore,
    mirror: Mirror,
    follower: Follower,
    book: Book,
}

impl Replay {
    /// Replays the mirror. `progress` hears entries folded in and in all.
    ///
    /// # Errors
    /// [`AuditError::Store`] where the mirror is damaged; `verify` says more.
    pub fn run(config: &AuditConfig, progress: &mut dyn FnMut(u64, u64)) -> Result<Self, AuditError> {
        let hub_key = PublicKey(*folder::enrolled(&config.data_dir)?.hub_key);
        let store = config.open()?;
        let mirror = Mirror::open(&store, hub_key)?;
        let book = Book::read(&store, &mirror)?;
        let all = book.logs.values().map(|log| store.head(log.id).size).sum();
        let track = Track::of_mirror(&mirror);
        let mut follower = Follower::new();
        follower.catch_up(&store, &track, &mut |done| {
            progress(done, all);
            true
        })?;
        progress(follower.len() as u64, all);
        Ok(Self {
            store,
            mirror,
            follower,
            book,
        })
    }

    /// The ledgers.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        self.follower.ledger()
    }

    /// What the journal says of the logs.
    #[must_use]
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// The day of the last record: "today" for whoever asks this replay for ages.
    #[must_use]
    pub fn last_day(&self) -> Day {
        Day::of_instant(i64::try_from(self.book.last_ms).unwrap_or(i64::MAX))
    }

    /// The digests of every view and unit, with each unit's own cut.
    #[must_use]
    pub fn digests(&self) -> Digests {
        digests_of(self.ledger(), &self.book)
    }

    pub(crate) const fn store(&self) -> &SledStore {
        &self.store
    }

    pub(crate) const fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// The story of what a row is about: `household`, `request` or `person` by its identifier.
    #[must_use]
    pub fn story(&self, row: &Value) -> Vec<Step> {
        let ledger = self.ledger();
        let id = |key: &str| row.get(key)?.as_str()?.parse::<event::EntityId>().ok();
        let subject = id("request")
            .map(event::Subject::request)
            .or_else(|| id("household").map(event::Subject::household));
        subject.map(|subject| ledger.story(subject)).unwrap_or_default()
    }

    /// Closes the mirror; another process may open it when this returns.
    ///
    /// # Errors
    /// [`AuditError::Store`].
    pub fn close(self) -> Result<(), AuditError> {
        Ok(Box::new(self.store).close()?)
    }
}

impl Entries for Replay {
    fn entry(&self, origin: Origin, sequence: Sequence) -> Result<Option<LogEntry>, AuditError> {
        let log = self.mirror.log_of(origin);
        Ok(self.store.read(log, sequence, 1, usize::MAX)?.pop())
    }
}

/// The digests of every view and unit of a ledger, with each unit's own cut.
#[must_use]
pub fn digests_of(ledger: &Ledger, book: &Book) -> Digests {
    let cut = ledger.cut();
    let digest = |view, unit| ViewDigest {
        live: ledger.live_digest(view, unit).to_string(),
        root: Some(ledger.root(view, unit).to_string()),
    };
    let units = ledger.units().filter(|unit| book.holds(*unit)).map(|unit| UnitDigests {
        unit,
        scope_position: book.scope_position(unit),
        views: View::ALL
            .into_iter()
            .map(|view| (view.key().to_owned(), digest(view, unit)))
            .collect(),
    });
    Digests {
        cut: crate::compare::CutAt {
            position: cut.position,
            rule_version: cut.rule_version,
        },
        units: units.collect(),
    }
}

/// The rows of a view of one unit, as hub and village serve them.
#[must_use]
pub fn rows(ledger: &Ledger, view: View, unit: UnitCode, as_of: Day) -> Vec<Value> {
    rows_of(ledger, view, unit, Query::as_of(as_of))
}

/// The rows of a view of one unit under a question of time.
#[must_use]
pub fn rows_of(ledger: &Ledger, view: View, unit: UnitCode, query: Query) -> Vec<Value> {
    let rows = match view {
        View::Requests => json!(ledger.requests(unit, query)),
        View::Households => json!(ledger.households(unit, query)),
        View::Diary => json!(ledger.diary(unit, query)),
        View::SyncHealth => json!(ledger.sync_health(unit)),
    };
    match rows {
        Value::Array(rows) => rows,
        _ => Vec::new(),
    }
}
