//! What it means: a ledger is a pure function of the receipted events, the rule version and the cut.
//!
//! This crate never sees a clock, a disk, a socket or randomness. It keeps, per entity, a compact history
//! in the order of the story ([`event::StoryKey`]) and folds each entity whose history changed once per
//! batch ([`Ledger::settle`]); a late event, a repeat or another batching gives the same rows and digests
//! as a rebuild. "Today" enters only as [`Query::as_of`].
//!
//! Columns, formulae, row bytes and digests are written in `protocol/views.md`, and recomputed from there
//! by `tests/independent/recompute.py`.

mod bytes;
mod coverage;
mod covered;
mod diary;
mod digest;
mod effect;
mod entries;
mod fact;
mod fold;
mod glance;
mod guard;
mod health;
mod household;
mod keep;
mod kept;
mod ledger;
mod lifecycle;
mod log;
mod names;
mod open;
mod overlay;
mod past;
mod print;
mod publication;
mod query;
mod ratio;
mod request;
mod resolve;
mod rows;
mod seal;
mod snapshot;
mod source;
mod stored;
mod table;
mod touches;
mod unsaved;

pub use coverage::{CoverageRow, Period, PeriodError, Reach};
pub use covered::Covered;
pub use diary::{ClockSpan, DiaryEntry};
pub use digest::{LiveDigest, RowBytes, View, ViewRoot};
pub use effect::{Conflict, Effect, NoEffect};
pub use glance::{LogGlance, LogStand, OpenRequests};
pub use guard::{
    EXPLAINED_FINAL_ROUND_MIN, Lacking, Move, Refusal, Speaker, UNREACHABLE_ATTEMPTS_MIN, UNREACHABLE_DAYS_MIN,
};
pub use health::SyncHealthRow;
pub use household::{Household, Part, Status, Turn, Visit};
pub use ledger::{Author, Cut, Ledger, Receipt};
pub use overlay::{Pending, PendingRow, PendingView};
pub use past::{Names, Placed};
pub use query::{DiaryRow, Exception, HouseholdRow, Query, RequestFigures, RequestRow, Step};
pub use ratio::{NONE_WORD, Ratio};
pub use request::{NOT_FOLLOWED_UP_WORD, Request, State};

pub use seal::SealRoot;
pub use snapshot::{Change, Restore, RestoreError};
pub use source::{CaseFigures, Moment, SourceFigures, SourceStep};
pub use touches::{EntityKey, touches};

/// Version of the rules behind every row. Digests of different versions do not compare.
pub const RULE_VERSION: u16 = 1;
