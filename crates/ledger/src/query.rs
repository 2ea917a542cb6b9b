//! What can be asked of a unit, and what is answered: rows and figures under an explicit as-of date.

use event::{Day, EntityId, EventId, Origin, Position, Satisfaction, Sequence, UnitCode, When};
use serde::Serialize;

use crate::coverage::Period;
use crate::diary::DiaryEntry;
use crate::household::{Status, Visit};
use crate::request::Request;
use crate::resolve::Filter;
use crate::touches::EntityKey;
use crate::{Cut, Effect, Ratio};

/// As of when, and on what knowledge, figures are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// The day that "today" means: ages and overdue days are counted up to it.
    pub as_of: Day,
    /// "As known then": only what the hub had received by this instant, in milliseconds.
    pub known_at_ms: Option<u64>,
    /// "As of then": only what had happened by the end of that day. Corrections always apply: they are
    /// knowledge about what happened.
    pub occurred_until: Option<Day>,
}

impl Query {
    /// Everything received and everything that happened, with ages as of a day.
    #[must_use]
    pub const fn as_of(as_of: Day) -> Self {
        Self {
            as_of,
            known_at_ms: None,
            occurred_until: None,
        }
    }

    pub(crate) const fn filter(self) -> Filter {
        Filter {
            known_at_ms: self.known_at_ms,
            occurred_until: self.occurred_until,
        }
    }
}

/// L3: a request as of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestRow {
    /// The columns that do not depend on today.
    #[serde(flatten)]
    pub request: Request,
    /// 超期天数.
    pub overdue_days: u32,
    /// Days since acceptance (registration, where not accepted), while open.
    pub open_days: Option<u32>,
    /// 「未回访」: closed although nobody followed up.
    pub not_followed_up: bool,
}

/// L1: a household as of a day, with its requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HouseholdRow {
    /// 户号.
    pub household: EntityId,
    /// The village.
    pub unit: UnitCode,
    /// 村民小组; unknown for a part that has no registration of its own.
    pub group: Option<u16>,
    /// Members.
    pub size: Option<u16>,
    /// 建档日.
    pub registered_on: Option<Day>,
    /// 户情状态 on the as-of day; `None` before its first day.
    #[serde(flatten)]
    pub status: Option<Status>,
    /// 最近走访, met or not.
    pub last_visit: Option<Visit>,
    /// Last day on which somebody was met.
    pub last_met_on: Option<Day>,
    /// Visits in all.
    pub visits: u64,
    /// 未结诉求数.
    pub open_requests: u64,
    /// 最老未结天数.
    pub oldest_open_days: Option<u32>,
    /// 最近满意度.
    pub last_satisfaction: Option<Satisfaction>,
}

/// L2: a diary day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DiaryRow {
    /// The columns that no clock correction touches.
    #[serde(flatten)]
    pub entry: DiaryEntry,
    /// Day of recording, after clock corrections; `None` for imported history.
    pub recorded_on: Option<Day>,
    /// 补录天数: recorded − day.
    pub lag_days: Option<i64>,
}

/// An entry that does not count, for those who should look at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exception {
    /// The log.
    pub origin: Origin,
    /// Its place there.
    pub sequence: Sequence,
    /// Its identity, where its header can be read.
    pub event: Option<EventId>,
    /// Its kind's number, where its header can be read.
    pub kind: Option<u16>,
    /// What it is about, where its header can be read.
    pub subject: Option<EntityKey>,
    /// Its unit, where its header can be read.
    pub unit: Option<UnitCode>,
    /// The journal record that covers it.
    pub position: Position,
    /// When it was received, in milliseconds.
    pub received_at_ms: u64,
    /// What it came to.
    #[serde(flatten)]
    pub effect: Effect,
}

/// One step of an entity's story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its identity.
    pub event: EventId,
    /// Its kind's number.
    pub kind: u16,
    /// The log that its first receipt came from.
    pub origin: Origin,
    /// Its place there.
    pub sequence: Sequence,
    /// When it happened, as first claimed (corrections are steps of their own).
    pub occurred: When,
    /// When it was received, in milliseconds.
    pub received_at_ms: u64,
    /// The journal record that covers it.
    pub position: Position,
    /// Whether the township wrote it.
    pub by_hub: bool,
    /// Whether it is imported history.
    pub imported: bool,
    /// What it came to.
    #[serde(flatten)]
    pub effect: Effect,
}

/// Figures of a unit's requests in a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestFigures {
    /// The unit.
    pub unit: UnitCode,
    /// The period.
    pub period: Period,
    /// Registered in the period.
    pub raised: u64,
    /// Closed in the period.
    pub closed: u64,
    /// Not closed.
    pub open: u64,
    /// Not closed and past the due day.
    pub overdue: u64,
    /// 按期办结率: answered by the due day, of those due in the period.
    pub on_time: Ratio,
    /// 一次办结率: never assigned again, of those closed in the period.
    pub first_round: Ratio,
    /// 再交办率: assigned again, of those followed up.
    pub reassigned: Ratio,
    /// 满意率: satisfied or mostly, of those who expressed it.
    pub satisfied: Ratio,
    /// 解决率: called solved, of those who were reached.
    pub solved: Ratio,
    /// Up to where, and by which rules.
    pub cut: Cut,
}
