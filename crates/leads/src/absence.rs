//! Which households were away or gone on a day, by what was recorded of them.

use std::collections::BTreeMap;

use event::{ChangeKind, Day, EntityId, HouseholdChanged};

/// From this day on: absent, or there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    There,
    Absent,
}

/// The turns of every household.
#[derive(Clone, Debug, Default)]
pub(crate) struct Absences(BTreeMap<EntityId, Vec<(Day, Turn)>>);

impl Absences {
    /// Takes a change in effect, in story order. Away and returned stand in the personal part; without it a change of
    /// presence says nothing.
    pub(crate) fn take(&mut self, household: EntityId, day: Day, facts: &HouseholdChanged, presence: Option<&str>) {
        let (now, then) = match (facts.change, presence) {
            (ChangeKind::MovedOut | ChangeKind::Closed, _) | (ChangeKind::Presence, Some("away")) => {
                (Turn::Absent, Turn::There)
            }
            (ChangeKind::MovedIn, _) | (ChangeKind::Presence, Some("returned")) => (Turn::There, Turn::Absent),
            _ => return,
        };
        let since = facts.since.unwrap_or(day);
        let turns = self.0.entry(household).or_default();
        turns.push((since, now));
        // A household that is closed does not come back.
        if let Some(until) = facts
            .until
            .filter(|until| *until >= since && facts.change != ChangeKind::Closed)
        {
            turns.push((until.plus(1), then));
        }
    }

    /// Sorts the turns by day; of several on one day the last in story order decides.
    pub(crate) fn finish(&mut self) {
        self.0.values_mut().for_each(|turns| turns.sort_by_key(|(day, _)| *day));
    }

    /// Whether the household is absent on every day from `margin` before to `margin` after this day.
    pub(crate) fn covers(&self, household: EntityId, day: Day, margin: u16) -> bool {
        let Some(turns) = self.0.get(&household) else {
            return false;
        };
        let margin = i32::from(margin);
        let state = |day: Day| {
            let until = turns.partition_point(|(from, _)| *from <= day);
            turns[..until].last().map_or(Turn::There, |(_, turn)| *turn)
        };
        (-margin..=margin).all(|days| state(day.plus(days)) == Turn::Absent)
    }
}
