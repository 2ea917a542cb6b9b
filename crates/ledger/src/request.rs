//! L3 诉求办理台账: the row of a request.

use event::{
    Channel, ClosingKind, Day, EntityId, PersonId, ReplyOutcome, RequestKind, RequestRaised, Satisfaction, Solved,
    UnitCode, Urgency, When,
};
use serde::{Serialize, Serializer};

use crate::bytes::RowWriter;
use crate::digest::RowBytes;
use crate::resolve::Told;

/// What is shown where nobody followed up.
pub const NOT_FOLLOWED_UP_WORD: &str = "未回访";

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// 已登记.
    Registered,
    /// 已受理.
    Accepted,
    /// 已交办.
    Assigned,
    /// 办理中.
    Handling,
    /// 已答复.
    Replied,
    /// The requester is satisfied, or calls it solved.
    Satisfied,
    /// 不满意.
    Unsatisfied,
    /// 办结.
    Closed,
}

impl State {
    /// All states, in the order of their codes.
    pub const ALL: [Self; 8] = [
        Self::Registered,
        Self::Accepted,
        Self::Assigned,
        Self::Handling,
        Self::Replied,
        Self::Satisfied,
        Self::Unsatisfied,
        Self::Closed,
    ];

    /// The code in row bytes, from 1.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8 + 1
    }

    /// The word used in JSON and on the command line.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Accepted => "accepted",
            Self::Assigned => "assigned",
            Self::Handling => "handling",
            Self::Replied => "replied",
            Self::Satisfied => "satisfied",
            Self::Unsatisfied => "unsatisfied",
            Self::Closed => "closed",
        }
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

/// One request as its history tells it: every column that does not depend on today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// The request.
    pub request: EntityId,
    /// Unit of the record that raised it.
    pub unit: UnitCode,
    /// The household, unless anonymous.
    pub household: Option<EntityId>,
    /// 来源.
    pub channel: Channel,
    /// 类别.
    pub kind: RequestKind,
    /// How soon.
    pub urgency: Urgency,
    /// How many people ask for it.
    pub people: u16,
    /// 登记日.
    pub registered_on: Day,
    /// First millisecond that the claim of its raising covers (imports: the source's instant).
    pub raised_ms: i64,
    /// 受理日; the ledger ages by it.
    pub accepted_on: Option<Day>,
    /// 交办日 of the current round.
    pub assigned_on: Option<Day>,
    /// 应办结 of the current round.
    pub due: Option<When>,
    /// 答复日 in the current round.
    pub replied_on: Option<Day>,
    /// Last 回访日, reached or not.
    pub followed_up_on: Option<Day>,
    /// 办结日.
    pub closed_on: Option<Day>,
    /// First millisecond that the claim of its closing covers (imports: the source's instant).
    pub closed_ms: Option<i64>,
    /// 承办单位 of the current round.
    pub handling_unit: Option<UnitCode>,
    /// Handler of the current round.
    pub handler: Option<PersonId>,
    /// 轮次: 0 before the first assignment.
    pub round: u16,
    /// 结果 of the current round.
    pub outcome: Option<ReplyOutcome>,
    /// Whether the requester called it solved, at the last follow-up that reached them.
    pub solved: Option<Solved>,
    /// 满意度 at the last follow-up that reached them.
    pub satisfaction: Option<Satisfaction>,
    /// Why it was closed.
    pub closing: Option<ClosingKind>,
    /// 状态.
    pub state: State,
    /// Attempts in vain to reach the requester since the last answer or the last time they were reached.
    pub attempts: u16,
    /// Different days of these attempts.
    pub attempt_days: u16,
    /// Whether it began as imported history.
    pub imported: bool,
    /// SHA-256 of the personal part with its text.
    #[serde(serialize_with = "hex_or_null")]
    pub text_sha256: Option<[u8; 32]>,
}

pub(crate) fn hex_or_null<S: Serializer>(hash: &Option<[u8; 32]>, serializer: S) -> Result<S::Ok, S::Error> {
    use std::fmt::Write as _;
    match hash {
        None => serializer.serialize_none(),
        Some(bytes) => {
            let mut text = String::with_capacity(64);
            for byte in bytes {
                let _ = write!(text, "{byte:02x}");
            }
            serializer.serialize_str(&text)
        }
    }
}

impl Request {
    /// 「未回访」: closed although nobody followed up.
    #[must_use]
    pub fn not_followed_up(&self) -> bool {
        self.state == State::Closed && self.followed_up_on.is_none()
    }

    /// The day on which the handling clock stopped: the answer, or the close where there was none. For imported
    /// history only the close stops it, for the source's deadline is one for the whole case.
    #[must_use]
    pub fn stopped_on(&self) -> Option<Day> {
        if self.imported {
            self.closed_on
        } else {
            self.replied_on.or(self.closed_on)
        }
    }

    /// 超期天数 as of a day: whole days past the due day, 0 where there is none.
    #[must_use]
    pub fn overdue_days(&self, as_of: Day) -> u32 {
        let Some(due) = self.due else { return 0 };
        let stop = self.stopped_on().unwrap_or(as_of);
        let days = i64::from(stop.0) - i64::from(due.day().0);
        u32::try_from(days.max(0)).unwrap_or(u32::MAX)
    }

    /// Whether it was raised, and not closed, at this instant (milliseconds since 1970-01-01T00:00:00Z).
    #[must_use]
    pub fn open_at(&self, instant_ms: i64) -> bool {
        self.raised_ms <= instant_ms && self.closed_ms.is_none_or(|closed| closed > instant_ms)
    }

    /// Whether it was open at this instant and past its due time.
    #[must_use]
    pub fn overdue_at(&self, instant_ms: i64) -> bool {
        self.open_at(instant_ms) && self.due.is_some_and(|due| due.end_ms() < instant_ms)
    }

    /// Whether it was closed after its due time.
    #[must_use]
    pub fn closed_late(&self) -> bool {
        let pair = self.closed_ms.zip(self.due);
        pair.is_some_and(|(closed, due)| closed > due.end_ms())
    }

    /// Key and value as hashed; the columns in the order of this struct, the request itself being the key.
    #[must_use]
    pub fn row_bytes(&self) -> RowBytes {
        let mut row = RowWriter::array(27);
        row.put(self.unit)
            .put(self.household)
            .put(self.channel.code())
            .put(self.kind.code())
            .put(self.urgency.code())
            .put(self.people)
            .put(self.registered_on)
            .put(self.raised_ms)
            .put(self.accepted_on)
            .put(self.assigned_on)
            .put(self.due)
            .put(self.replied_on)
            .put(self.followed_up_on)
            .put(self.closed_on)
            .put(self.closed_ms)
            .put(self.handling_unit)
            .put(self.handler)
            .put(self.round)
            .put(self.outcome.map(ReplyOutcome::code))
            .put(self.solved.map(Solved::code))
            .put(self.satisfaction.map(Satisfaction::code))
            .put(self.closing.map(ClosingKind::code))
            .put(self.state.code())
            .put(self.attempts)
            .put(self.attempt_days)
            .put(self.imported)
            .put(self.text_sha256.as_ref().map(<[u8; 32]>::as_slice));
        RowBytes {
            key: self.request.to_bytes().to_vec(),
            value: row.0,
        }
    }

    pub(crate) fn raise(request: EntityId, told: &Told<'_>, facts: &RequestRaised) -> Self {
        Self {
            request,
            unit: told.kept.unit,
            household: facts.household,
            channel: facts.channel,
            kind: facts.kind,
            urgency: facts.urgency,
            people: facts.people,
            registered_on: told.day(),
            raised_ms: told.instant_ms,
            accepted_on: None,
            assigned_on: None,
            due: None,
            replied_on: None,
            followed_up_on: None,
            closed_on: None,
            closed_ms: None,
            handling_unit: None,
            handler: None,
            round: 0,
            outcome: None,
            solved: None,
            satisfaction: None,
            closing: None,
            state: State::Registered,
            attempts: 0,
            attempt_days: 0,
            imported: told.is_import(),
            text_sha256: told.kept.personal(),
        }
    }
}
