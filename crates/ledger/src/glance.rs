//! Every log and every unit at a glance, for whoever looks at all of them again and again.
//!
//! A glance at a log walks its entries. It stays the same as long as [`Ledger::stand_of`] that log does, so a reader
//! who keeps it walks only the logs that have moved since.

use std::collections::BTreeMap;

use event::{Day, Origin, UnitCode};

use crate::digest::{LiveDigest, View};
use crate::kept::{Content, Slot};
use crate::log::Log;
use crate::{Effect, Ledger, NoEffect};

/// Up to where a log has moved. Two equal ones of one [`Ledger`], each taken after a settling, say that nothing about
/// the log's entries has changed in between, their effects included. Between two ledgers they say nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogStand(u64);

/// What one log holds for one unit. Times are those of receipts, in milliseconds, in the order of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogGlance {
    /// Readable entries for this unit.
    pub entries: u64,
    /// Entries by the day of their receipt, in UTC+8.
    pub received: BTreeMap<Day, u64>,
    /// When the last of them was received; 0 without any.
    pub last_received_at_ms: u64,
    /// 状态冲突.
    pub conflicts: Vec<u64>,
    /// 暂扣: held, or a void that waits for a second person.
    pub held: Vec<u64>,
    /// Not understood by this version.
    pub not_understood: u64,
}

/// The requests of one unit that are not closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenRequests {
    /// Not closed.
    pub open: u64,
    /// Of these, past the due day: the same as in [`RequestFigures`](crate::RequestFigures).
    pub overdue: u64,
    /// Of these, not answered: the handler is late, and not only the township that follows up.
    pub unanswered: u64,
    /// The earliest due day among the unanswered ones.
    pub oldest_due: Option<Day>,
}

impl Ledger {
    /// Every log that has entries here, in the order in which they were first seen.
    pub fn origins(&self) -> impl Iterator<Item = Origin> {
        let there = self.logs.iter().zip(0..).filter(|(log, _)| log.len() > 0);
        there.map(|(_, index)| self.names.origins.get(index))
    }

    /// How far a log has moved.
    #[must_use]
    pub fn stand_of(&self, origin: Origin) -> LogStand {
        let log = self
            .names
            .origins
            .find(origin)
            .and_then(|at| self.logs.get(at as usize));
        LogStand(log.map_or(0, |log| log.moved))
    }

    /// What a log holds for each unit, as of the last settling. Unreadable entries belong to no unit.
    #[must_use]
    pub fn glance(&self, origin: Origin) -> BTreeMap<UnitCode, LogGlance> {
        let mut units: BTreeMap<UnitCode, LogGlance> = BTreeMap::new();
        let log = self
            .names
            .origins
            .find(origin)
            .and_then(|at| self.logs.get(at as usize));
        for slot in log.into_iter().flat_map(Log::slots) {
            let kept = &self.arena[slot as usize];
            if kept.content == Content::Unreadable {
                continue;
            }
            let at_ms = self.names.receipt(kept.receipt).received_at_ms;
            let glance = units.entry(kept.unit).or_default();
            glance.entries += 1;
            let day = Day::of_instant(i64::try_from(at_ms).unwrap_or(i64::MAX));
            *glance.received.entry(day).or_default() += 1;
            glance.last_received_at_ms = glance.last_received_at_ms.max(at_ms);
            match self.effect_of_slot(slot) {
                Effect::Conflict(_) => glance.conflicts.push(at_ms),
                Effect::Held | Effect::NoEffect(NoEffect::NoSecondPerson) => glance.held.push(at_ms),
                Effect::NotUnderstood => glance.not_understood += 1,
                Effect::Counted | Effect::NoEffect(_) => {}
            }
        }
        units
    }

    /// The requests of every unit that are not closed, as of a day and of the last settling, in one pass.
    #[must_use]
    pub fn open_by_unit(&self, as_of: Day) -> BTreeMap<UnitCode, OpenRequests> {
        let mut units: BTreeMap<UnitCode, OpenRequests> = BTreeMap::new();
        for row in self.open_requests() {
            let open = units.entry(row.unit).or_default();
            open.open += 1;
            if row.overdue_days(as_of) == 0 {
                continue;
            }
            open.overdue += 1;
            if row.stopped_on().is_none() {
                open.unanswered += 1;
                let due = row.due.map(event::When::day);
                open.oldest_due = open.oldest_due.map_or(due, |known| due.map(|due| due.min(known)));
            }
        }
        units
    }

    /// The sum of the live digests of these views over all units, as of the last settling.
    #[must_use]
    pub fn live_digest_of_all(&self, views: &[View]) -> LiveDigest {
        let mut sum = LiveDigest::default();
        let wanted = self.sums.iter().filter(|((view, _), _)| views.contains(view));
        wanted.for_each(|(_, digest)| sum.add(*digest));
        sum
    }

    /// Notes that something about an entry is not as it was.
    pub(crate) fn touch(&mut self, slot: Slot) {
        self.moves += 1;
        self.logs[self.arena[slot as usize].origin as usize].moved = self.moves;
    }
}
