//! The plan and the people: who lives and works in the invented township.

use event::{Day, EntityId, PersonId, UnitCode};

use crate::dice::{Dice, Stream};
use crate::habit::{ClockHabit, LinkHabit};
use crate::item::Item;
use crate::life::Story;
use crate::names;

/// Most villages: village committees have the codes …201 to …399.
pub const VILLAGES_MAX: u16 = 199;
/// Most households of one village at the start.
pub const HOUSEHOLDS_MAX: u16 = 2_000;
const CADRES_MAX: u16 = 16;
const DAYS_MAX: u16 = 3_650;
const TOWNSHIP_CODE: u64 = 990_000_103_000;
const STAFF: usize = 6;

/// How large the township is and how long its story lasts. A number beyond its bound counts as the bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// From which everything follows.
    pub seed: u64,
    /// Villages, from 1 to [`VILLAGES_MAX`]. The first ones are the same however many there are.
    pub villages: u16,
    /// Days of the story, from 1 to 3,650.
    pub days: u16,
    /// First day of the story.
    pub first_day: Day,
    /// Households that each village registers in its first weeks, from 1 to [`HOUSEHOLDS_MAX`].
    pub households_per_village: u16,
    /// Cadres of each village, from 2 to 16; the first one is the clerk.
    pub cadres_per_village: u16,
}

impl Default for Plan {
    /// A township of the usual size through one year: 34 villages, 200 households each, 2025-09-01 to
    /// 2026-08-31, rather more than 52,000 items.
    fn default() -> Self {
        Self {
            seed: 1,
            villages: 34,
            days: 365,
            first_day: Day(20_332),
            households_per_village: 200,
            cadres_per_village: 4,
        }
    }
}

/// A cadre or a member of the township's staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The pseudonym that events name.
    pub id: PersonId,
    /// The invented name.
    pub name: String,
}

/// A household on the village's books from the first weeks on. Those that move in or split off later
/// are found in the items alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Household {
    /// Its identifier.
    pub id: EntityId,
    /// 村民小组, from 1.
    pub group: u16,
    /// Members.
    pub size: u16,
    /// Name of its head.
    pub head: String,
    /// Address within the village.
    pub address: String,
    /// Telephone number, beginning with 000.
    pub phone: String,
}

/// An invented village.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Village {
    /// Its code, 990000103201 for the first.
    pub unit: UnitCode,
    /// Its name.
    pub name: String,
    /// Its cadres; the first is the clerk.
    pub cadres: Vec<Person>,
    /// Its households.
    pub households: Vec<Household>,
    /// When its machine has a link.
    pub link: LinkHabit,
    /// How its machine's clock behaves.
    pub clock: ClockHabit,
}

/// The invented township.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Township {
    /// Its code, 990000103000.
    pub unit: UnitCode,
    /// Its name.
    pub name: String,
    /// Those who assign, ask back and close.
    pub staff: Vec<Person>,
    /// Its villages, in the order of their codes.
    pub villages: Vec<Village>,
}

impl Plan {
    /// The same plan with every number inside its bounds.
    pub(crate) fn bounded(&self) -> Self {
        Self {
            villages: self.villages.clamp(1, VILLAGES_MAX),
            days: self.days.clamp(1, DAYS_MAX),
            households_per_village: self.households_per_village.clamp(1, HOUSEHOLDS_MAX),
            cadres_per_village: self.cadres_per_village.clamp(2, CADRES_MAX),
            ..self.clone()
        }
    }

    /// The day after the last day of the story.
    #[must_use]
    pub fn end(&self) -> Day {
        self.first_day.plus(i32::from(self.bounded().days))
    }

    /// Who lives and works there.
    #[must_use]
    pub fn township(&self) -> Township {
        let plan = self.bounded();
        Township {
            unit: township_unit(),
            name: names::TOWNSHIP.to_owned(),
            staff: staff(plan.seed),
            villages: (0..plan.villages).map(|index| village(&plan, index)).collect(),
        }
    }

    /// Everything that is recorded in one village's story, by its own office and by the township for
    /// it, in the order of the true time. The index of a village that the plan does not have gives nothing.
    ///
    /// It depends on the seed, the days, the households, the cadres and the index, and on nothing else.
    #[must_use]
    pub fn village_items(&self, index: u16) -> Vec<Item> {
        let plan = self.bounded();
        if index >= plan.villages {
            return Vec::new();
        }
        let (village, staff) = (village(&plan, index), staff(plan.seed));
        Story::new(&plan, index, &village, &staff).tell()
    }

    /// Everything that is recorded, in the order of the true time (day, minute), then of the villages.
    ///
    /// All of it stands in memory: about 66 MB at its peak for the default plan (63,514 items).
    pub fn items(&self) -> impl Iterator<Item = Item> + use<> {
        let mut items: Vec<Item> = (0..self.bounded().villages)
            .flat_map(|index| self.village_items(index))
            .collect();
        items.sort_by_key(|item| (item.day, item.minute, item.id));
        items.into_iter()
    }
}

pub(crate) fn township_unit() -> UnitCode {
    UnitCode::new(TOWNSHIP_CODE).unwrap_or_default()
}

pub(crate) fn village_unit(index: u16) -> UnitCode {
    UnitCode::new(TOWNSHIP_CODE + 201 + u64::from(index)).unwrap_or_default()
}

pub(crate) fn person(dice: &mut Dice) -> Person {
    Person {
        id: PersonId::from_bytes(dice.bytes()),
        name: names::person(dice),
    }
}

pub(crate) fn household(dice: &mut Dice, group: u16, number: u16) -> Household {
    Household {
        id: EntityId::from_bytes(dice.bytes()),
        group,
        size: dice.weighted(&[(14, 1), (26, 2), (24, 3), (18, 4), (12, 5), (6, 6)]),
        head: names::person(dice),
        address: format!("{group}组{number}号"),
        phone: names::phone(dice),
    }
}

fn staff(seed: u64) -> Vec<Person> {
    let mut dice = Dice::new(seed, Stream::Staff);
    (0..STAFF).map(|_| person(&mut dice)).collect()
}

fn village(plan: &Plan, index: u16) -> Village {
    let mut dice = Dice::new(plan.seed, Stream::People(index));
    let cadres = (0..plan.cadres_per_village).map(|_| person(&mut dice)).collect();
    let groups = (plan.households_per_village / 30).max(1);
    let households = (0..plan.households_per_village)
        .map(|n| household(&mut dice, n % groups + 1, n / groups + 1))
        .collect();
    let mut link_dice = Dice::new(plan.seed, Stream::Link(index));
    Village {
        unit: village_unit(index),
        name: names::village(index),
        cadres,
        households,
        link: LinkHabit::of(plan, index, &mut link_dice),
        clock: ClockHabit::of(plan, index, &mut link_dice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_year_begins_where_it_says() {
        let plan = Plan::default();
        assert_eq!(plan.first_day.to_string(), "2025-09-01");
        assert_eq!(plan.end().to_string(), "2026-09-01");
        let township = plan.township();
        assert_eq!(township.unit.to_string(), "990000103000");
        assert_eq!(township.villages[33].unit.to_string(), "990000103234");
        assert_eq!(township.villages[0].unit.township(), township.unit);
    }
}
