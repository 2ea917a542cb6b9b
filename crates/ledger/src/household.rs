//! L1 and L4, the part that is kept: what one household's own history says of it.

use event::{ChangeKind, Day, EntityId, EventId, HouseholdChanged, Kind, Mode, Outcome, UnitCode};
use serde::Serialize;

use crate::bytes::RowWriter;
use crate::digest::RowBytes;
use crate::fact::Fact;
use crate::kept::Kept;
use crate::request::hex_or_null;
use crate::resolve::Told;
use crate::{Author, Conflict, Effect, NoEffect};

/// Whether a household is on the village's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "status", content = "into")]
pub enum Status {
    /// On the books. Someone who is away stays on them.
    Open,
    /// Moved out.
    Out,
    /// Merged into another household.
    Merged(EntityId),
    /// No more.
    Closed,
}

impl Status {
    const fn code(self) -> u8 {
        match self {
            Self::Open => 1,
            Self::Out => 2,
            Self::Merged(_) => 3,
            Self::Closed => 4,
        }
    }

    const fn into(self) -> Option<EntityId> {
        match self {
            Self::Merged(into) => Some(into),
            _ => None,
        }
    }
}

/// From a day on, a household has this status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// First day.
    pub from: Day,
    /// What it is from then on.
    #[serde(flatten)]
    pub status: Status,
}

/// The last day's status decides a day with several turns.
pub(crate) fn status_on(turns: &[Turn], day: Day) -> Option<Status> {
    let until = turns.partition_point(|turn| turn.from <= day);
    turns[..until].last().map(|turn| turn.status)
}

/// Whether the household is open on any day from `from` to `to`.
pub(crate) fn open_within(turns: &[Turn], from: Day, to: Day) -> bool {
    let inside = turns.partition_point(|turn| turn.from <= from)..turns.partition_point(|turn| turn.from <= to);
    from <= to
        && (status_on(turns, from) == Some(Status::Open)
            || turns[inside].iter().any(|turn| turn.status == Status::Open))
}

/// A part that became a household of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The new household.
    pub household: EntityId,
    /// From that day.
    pub from: Day,
    /// Unit of the record.
    pub unit: UnitCode,
}

/// A visit in effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Visit {
    /// The day.
    pub day: Day,
    /// How.
    pub mode: Mode,
    /// What came of it.
    pub outcome: Outcome,
    /// Its event.
    pub event: EventId,
}

/// One household as its own history tells it. What merges and splits of others mean for it is joined when asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Household {
    /// The household.
    pub household: EntityId,
    /// Unit of its registration; without one, of its first record.
    pub unit: UnitCode,
    /// Day of its registration, where it has one.
    pub registered_on: Option<Day>,
    /// 村民小组.
    pub group: Option<u16>,
    /// Members.
    pub size: Option<u16>,
    /// SHA-256 of the personal part of its registration.
    #[serde(serialize_with = "hex_or_null")]
    pub text_sha256: Option<[u8; 32]>,
    /// Its statuses, by day; at most one for a day.
    pub turns: Vec<Turn>,
    /// Parts that became households of their own, in story order.
    pub parts: Vec<Part>,
    /// Its visits, by day and then in story order.
    pub visits: Vec<Visit>,
}

impl Household {
    /// Key and value as hashed.
    #[must_use]
    pub fn row_bytes(&self) -> RowBytes {
        let mut row = RowWriter::array(8);
        row.put(self.unit)
            .put(self.registered_on)
            .put(self.group)
            .put(self.size)
            .put(self.text_sha256.as_ref().map(<[u8; 32]>::as_slice));
        row.nested(self.turns.len());
        for turn in &self.turns {
            row.nested(3);
            row.put(turn.from).put(turn.status.code()).put(turn.status.into());
        }
        row.nested(self.parts.len());
        for part in &self.parts {
            row.nested(3);
            row.put(part.household).put(part.from).put(part.unit);
        }
        row.nested(self.visits.len());
        for visit in &self.visits {
            row.nested(4);
            row.put(visit.day)
                .put(visit.mode.code())
                .put(visit.outcome.code())
                .put(visit.event);
        }
        RowBytes {
            key: self.household.to_bytes().to_vec(),
            value: row.0,
        }
    }

    fn change(&mut self, day: Day, unit: UnitCode, facts: &HouseholdChanged) {
        let from = facts.since.unwrap_or(day);
        let until = facts.until.filter(|until| *until >= from);
        let mut turn = |from, status| self.turns.push(Turn { from, status });
        let other = facts.into.filter(|into| *into != self.household);
        match facts.change {
            ChangeKind::MovedIn => {
                turn(from, Status::Open);
                if let Some(until) = until {
                    turn(until.plus(1), Status::Out);
                }
            }
            ChangeKind::MovedOut => {
                turn(from, Status::Out);
                if let Some(until) = until {
                    turn(until.plus(1), Status::Open);
                }
            }
            ChangeKind::Merged => turn(from, other.map_or(Status::Closed, Status::Merged)),
            ChangeKind::Closed => turn(from, Status::Closed),
            ChangeKind::Split => self.parts.extend(other.map(|household| Part { household, from, unit })),
            ChangeKind::Presence => {}
        }
    }
}

/// What a check comes to: the township asks, whoever asks was not there, and what is asked about is a visit. A visit that was
/// voided was checked all the same: what the household said is not taken back with it.
fn check_effect(check: &Kept, target: EventId, history: &[&Kept], effects: &[Effect]) -> Effect {
    if check.author == Author::Village {
        return Effect::Conflict(Conflict::HubOnly);
    }
    let is_there = |effect: &Effect| !matches!(effect, Effect::Held | Effect::NotUnderstood);
    let found = history.iter().zip(effects).find(|(kept, _)| kept.id == target);
    match found.filter(|(_, effect)| is_there(effect)).map(|(kept, _)| *kept) {
        None => Effect::NoEffect(NoEffect::TargetMissing),
        Some(visit) if visit.kind() != Some(Kind::VISIT_RECORDED) => Effect::Conflict(Conflict::ChecksNoVisit),
        Some(visit) if check.people().any(|person| visit.actors().any(|actor| actor == person)) => {
            Effect::Conflict(Conflict::CheckerIsVisitor)
        }
        Some(_) => Effect::Counted,
    }
}

/// Folds a household's story. There is no row where nothing is in effect; a check alone makes none.
pub(crate) fn fold(
    household: EntityId,
    history: &[&Kept],
    told: &[Told<'_>],
    effects: &mut [Effect],
) -> Option<Household> {
    for one in told {
        if let Fact::ContactChecked(check) = one.facts {
            effects[one.index] = check_effect(one.kept, check.target, history, effects);
        }
    }
    let first = told.iter().find(|one| !matches!(one.facts, Fact::ContactChecked(_)))?;
    let mut row = Household {
        household,
        unit: first.kept.unit,
        registered_on: None,
        group: None,
        size: None,
        text_sha256: None,
        turns: Vec::new(),
        parts: Vec::new(),
        visits: Vec::with_capacity(told.len()),
    };
    for one in told {
        let day = one.day();
        match one.facts {
            Fact::HouseholdRegistered { .. } if row.registered_on.is_some() && one.is_import() => {}
            Fact::HouseholdRegistered { .. } if row.registered_on.is_some() => {
                effects[one.index] = Effect::Conflict(Conflict::AlreadyCreated);
            }
            Fact::HouseholdRegistered { group, size } => {
                row.unit = one.kept.unit;
                row.registered_on = Some(day);
                row.group = Some(*group);
                row.size = *size;
                row.text_sha256 = one.kept.personal();
                row.turns.push(Turn {
                    from: day,
                    status: Status::Open,
                });
            }
            Fact::HouseholdChanged(facts) => row.change(day, one.kept.unit, facts),
            Fact::VisitRecorded { mode, outcome } => row.visits.push(Visit {
                day,
                mode: *mode,
                outcome: *outcome,
                event: one.kept.id,
            }),
            _ => {}
        }
    }
    // Stable sorts: story order stays within a day, and the last turn of a day decides it.
    row.visits.sort_by_key(|visit| visit.day);
    row.turns.sort_by_key(|turn| turn.from);
    row.turns.reverse();
    row.turns.dedup_by_key(|turn| turn.from);
    row.turns.reverse();
    row.turns.shrink_to_fit();
    row.visits.shrink_to_fit();
    Some(row)
}
