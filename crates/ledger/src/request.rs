//! L3 诉求办理台账: the state machine of a request (domain study §2.3) and its row.

use event::{
    Channel, ClosingKind, Day, EntityId, Facts, PersonId, ReplyOutcome, RequestClosed, RequestFollowedUp, RequestKind,
    RequestRaised, Satisfaction, Solved, UnitCode, Urgency, When,
};
use serde::{Serialize, Serializer};

use crate::bytes::RowWriter;
use crate::digest::RowBytes;
use crate::kept::Names;
use crate::resolve::Told;
use crate::{Author, Conflict, Effect, NoEffect};

/// Attempts to reach the requester before a request may be closed as unreachable.
pub const UNREACHABLE_ATTEMPTS_MIN: u16 = 3;
/// Different days on which these attempts must have been made.
pub const UNREACHABLE_DAYS_MIN: u16 = 2;
/// Round from which a request may be closed as finally explained.
pub const EXPLAINED_FINAL_ROUND_MIN: u16 = 2;
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

    fn raise(request: EntityId, told: &Told<'_>, facts: &RequestRaised) -> Self {
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
            text_sha256: told.kept.personal.as_deref().copied(),
        }
    }
}

/// Folds a request's story. Turns the effects of illegal steps into conflicts.
pub(crate) fn fold(request: EntityId, told: &[Told<'_>], names: &Names, effects: &mut [Effect]) -> Option<Request> {
    // Imported steps are taken as given, in whatever order the source has them: the first raising makes the row.
    let first_import = told.iter().find_map(|one| match one.facts {
        Facts::RequestRaised(facts) if one.is_import() => Some((one, facts)),
        _ => None,
    });
    let mut row = first_import.map(|(one, facts)| Request::raise(request, one, facts));
    let mut fold = Fold {
        names,
        attempt_days: Vec::new(),
    };
    for one in told {
        let effect = &mut effects[one.index];
        if one.is_import() {
            match &mut row {
                Some(row) => fold.take_as_given(row, one),
                None => *effect = Effect::NoEffect(NoEffect::CreationMissing),
            }
            continue;
        }
        let step = match (&mut row, one.facts) {
            (None, Facts::RequestRaised(facts)) => {
                row = Some(Request::raise(request, one, facts));
                Ok(())
            }
            (None, _) => Err(Conflict::NoSuchEntity),
            (Some(_), Facts::RequestRaised(_)) => Err(Conflict::AlreadyCreated),
            (Some(row), _) => fold.step(row, one),
        };
        if let Err(conflict) = step {
            *effect = Effect::Conflict(conflict);
        }
    }
    row
}

struct Fold<'a> {
    names: &'a Names,
    attempt_days: Vec<Day>,
}

impl Fold<'_> {
    fn step(&mut self, row: &mut Request, told: &Told<'_>) -> Result<(), Conflict> {
        let village = told.kept.author == Author::Village;
        let illegal = Err(Conflict::IllegalIn(row.state));
        match (told.facts, row.state) {
            (Facts::RequestFollowedUp(_) | Facts::RequestReassigned(_) | Facts::RequestClosed(_), _) if village => {
                return Err(Conflict::HubOnly);
            }
            (Facts::RequestAccepted(_), State::Registered)
            | (Facts::RequestProgressed(_), State::Assigned | State::Handling)
            | (Facts::RequestReplied(_), State::Assigned | State::Handling)
            | (Facts::RequestReassigned(_), State::Unsatisfied) => {}
            (Facts::RequestAssigned(facts), State::Accepted) => {
                if village && facts.unit != told.kept.unit {
                    return Err(Conflict::NotOwnUnit);
                }
            }
            (Facts::RequestFollowedUp(_), State::Replied) => {
                if self.handler_is_among(row, told) {
                    return Err(Conflict::AskerIsHandler);
                }
            }
            (Facts::RequestClosed(facts), _) if row.state != State::Closed => self.may_close(row, told, facts)?,
            _ => return illegal,
        }
        self.take(row, told);
        Ok(())
    }

    fn handler_is_among(&self, row: &Request, told: &Told<'_>) -> bool {
        let handler = row.handler.and_then(|person| self.names.people.find(person));
        handler.is_some_and(|handler| told.kept.people().any(|person| person == handler))
    }

    fn may_close(&self, row: &Request, told: &Told<'_>, facts: &RequestClosed) -> Result<(), Conflict> {
        if self.handler_is_among(row, told) {
            return Err(Conflict::CloserIsHandler);
        }
        match (facts.closing, row.state) {
            (ClosingKind::Withdrawn | ClosingKind::Duplicate | ClosingKind::StatutoryEnd, _)
            | (ClosingKind::Satisfied, State::Satisfied) => Ok(()),
            (ClosingKind::ExplainedFinal, State::Unsatisfied) => {
                let explained = matches!(row.outcome, Some(ReplyOutcome::Explained | ReplyOutcome::NotSupported));
                if explained && row.round >= EXPLAINED_FINAL_ROUND_MIN {
                    Ok(())
                } else {
                    Err(Conflict::NotFinal)
                }
            }
            (ClosingKind::Unreachable, State::Replied) => {
                if row.attempts >= UNREACHABLE_ATTEMPTS_MIN && row.attempt_days >= UNREACHABLE_DAYS_MIN {
                    Ok(())
                } else {
                    Err(Conflict::TooFewAttempts)
                }
            }
            (ClosingKind::Source, _) => Err(Conflict::ClosingKind),
            (_, state) => Err(Conflict::IllegalIn(state)),
        }
    }

    /// The rule set "imported history": the state follows the steps, and a close is a close wherever it stands.
    fn take_as_given(&mut self, row: &mut Request, told: &Told<'_>) {
        let closed = row.state == State::Closed;
        self.take(row, told);
        if closed {
            row.state = State::Closed;
        }
    }

    /// Takes a step that is legal or given.
    fn take(&mut self, row: &mut Request, told: &Told<'_>) {
        let day = told.day();
        match told.facts {
            Facts::RequestAccepted(facts) => {
                row.state = State::Accepted;
                row.accepted_on = Some(facts.accepted_on);
                row.due = facts.due.or(row.due);
            }
            Facts::RequestAssigned(facts) => self.assign(row, day, facts.unit, facts.handler, facts.due),
            Facts::RequestReassigned(facts) => self.assign(row, day, facts.unit, facts.handler, facts.due),
            Facts::RequestProgressed(_) => row.state = State::Handling,
            Facts::RequestReplied(facts) => {
                row.state = State::Replied;
                row.replied_on = Some(day);
                row.outcome = Some(facts.outcome);
                self.reset_attempts(row);
            }
            Facts::RequestFollowedUp(facts) => self.follow_up(row, day, facts),
            Facts::RequestClosed(facts) => {
                row.state = State::Closed;
                row.closing = Some(facts.closing);
                row.closed_on = Some(day);
                row.closed_ms = Some(told.instant_ms);
            }
            _ => {}
        }
    }

    fn assign(&mut self, row: &mut Request, day: Day, unit: UnitCode, handler: PersonId, due: Option<When>) {
        row.state = State::Assigned;
        row.round = row.round.saturating_add(1);
        row.assigned_on = Some(day);
        row.handling_unit = Some(unit);
        row.handler = Some(handler);
        row.due = due.or(row.due);
        row.replied_on = None;
        row.outcome = None;
        self.reset_attempts(row);
    }

    fn follow_up(&mut self, row: &mut Request, day: Day, facts: &RequestFollowedUp) {
        row.followed_up_on = Some(day);
        if !facts.reached {
            row.attempts = row.attempts.saturating_add(1);
            if !self.attempt_days.contains(&day) {
                self.attempt_days.push(day);
                row.attempt_days = row.attempt_days.saturating_add(1);
            }
            return;
        }
        self.reset_attempts(row);
        row.solved = facts.solved;
        row.satisfaction = facts.satisfaction;
        // The requester's word on the answer goes before their word on the matter; without either the question stays open.
        match (facts.satisfaction, facts.solved) {
            (Some(Satisfaction::Unsatisfied), _) => row.state = State::Unsatisfied,
            (Some(Satisfaction::Satisfied | Satisfaction::Mostly), _) | (_, Some(Solved::Yes)) => {
                row.state = State::Satisfied;
            }
            (_, Some(Solved::No)) => row.state = State::Unsatisfied,
            _ => {}
        }
    }

    fn reset_attempts(&mut self, row: &mut Request) {
        self.attempt_days.clear();
        row.attempts = 0;
        row.attempt_days = 0;
    }
}
