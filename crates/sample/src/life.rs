//! One village's story, told day by day.

use event::{Day, EntityId, EntryMode, PersonId, Subject, When};

use crate::dice::{Dice, Stream};
use crate::item::{Item, ItemId, Party, What};
use crate::plan::{Person, Plan, Village};

/// A household as the story knows it.
pub(crate) struct House {
    pub(crate) id: EntityId,
    pub(crate) head: String,
    pub(crate) registered: ItemId,
    pub(crate) since: Day,
    pub(crate) away_until: Option<Day>,
    pub(crate) gone: bool,
    pub(crate) group: u16,
}

/// A pairing as the story knows it.
pub(crate) struct Pair {
    pub(crate) id: EntityId,
    pub(crate) cadre: usize,
    pub(crate) house: usize,
    pub(crate) established: ItemId,
    pub(crate) from: Day,
    pub(crate) ended: bool,
}

/// Something a cadre did on a day, for the diary.
pub(crate) struct Deed {
    pub(crate) cadre: PersonId,
    pub(crate) item: ItemId,
    pub(crate) day: Day,
    pub(crate) minute: u16,
    pub(crate) request: Option<EntityId>,
}

pub(crate) struct Story<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) index: u16,
    pub(crate) village: &'a Village,
    pub(crate) staff: &'a [Person],
    pub(crate) dice: Dice,
    pub(crate) houses: Vec<House>,
    pub(crate) deeds: Vec<Deed>,
    pub(crate) items: Vec<Item>,
    pub(crate) pairs: Vec<Pair>,
    /// Order in which a round of visits passes the houses, and where it stands.
    pub(crate) round: Vec<usize>,
    pub(crate) round_at: usize,
    /// Hundredths of the usual: how much happens in this village.
    pub(crate) pace: u32,
}

impl<'a> Story<'a> {
    pub(crate) fn new(plan: &'a Plan, index: u16, village: &'a Village, staff: &'a [Person]) -> Self {
        let mut dice = Dice::new(plan.seed, Stream::Life(index));
        let pace = u32::from(dice.between(70, 118));
        Self {
            plan,
            index,
            village,
            staff,
            dice,
            pace,
            houses: Vec::new(),
            deeds: Vec::new(),
            items: Vec::new(),
            pairs: Vec::new(),
            round: Vec::new(),
            round_at: 0,
        }
    }

    /// The whole story, in order, each item under its final identity.
    pub(crate) fn tell(mut self) -> Vec<Item> {
        let registration_days = (self.plan.days / 3).clamp(1, 19);
        for n in 0..self.plan.days {
            let day = self.plan.first_day.plus(i32::from(n));
            self.deeds.retain(|deed| deed.day >= day);
            if n < registration_days {
                self.register(day, n, registration_days);
            } else {
                self.household_changes(day);
                self.pairings(day, n - registration_days);
            }
            self.visits(day);
            self.requests(day);
            self.talks(day);
            self.diaries(day);
            self.corrections(day);
        }
        self.clock_correction();
        self.in_order()
    }

    fn in_order(self) -> Vec<Item> {
        let mut items = self.items;
        items.sort_by_key(|item| (item.day, item.minute, item.id));
        let mut new = vec![0; items.len()];
        for (at, item) in items.iter().enumerate() {
            new[item.id.number()] = at;
        }
        for item in &mut items {
            item.renumber(|old| ItemId::new(old.village(), new[old.number()]));
        }
        items
    }

    /// Adds an item, unless it falls behind the end of the story.
    pub(crate) fn push(&mut self, item: Item) -> Option<ItemId> {
        if item.day >= self.plan.end() {
            return None;
        }
        let id = ItemId::new(self.index, self.items.len());
        self.items.push(Item { id, ..item });
        Some(id)
    }

    /// An item of the village's own office, typed while it happens by the one who does it.
    pub(crate) fn own(&self, day: Day, minute: u16, subject: Subject, what: What, by: PersonId) -> Item {
        Item {
            id: ItemId::new(self.index, 0),
            party: Party::Village(usize::from(self.index)),
            day,
            minute,
            after: Vec::new(),
            subject: Some(subject),
            what,
            occurred: at(day, minute),
            unit: self.village.unit,
            recorder: by,
            actors: vec![by],
            causes: Vec::new(),
            mode: EntryMode::Live,
            personal: None,
        }
    }

    pub(crate) fn cadre(&self, n: usize) -> PersonId {
        self.village.cadres[n % self.village.cadres.len()].id
    }

    pub(crate) fn any_cadre(&mut self) -> PersonId {
        let n = self.dice.index(self.village.cadres.len());
        self.cadre(n)
    }

    /// A household that is on the books before `day` and has not gone.
    pub(crate) fn any_house(&mut self, day: Day) -> Option<usize> {
        for _ in 0..8 {
            let house = self.dice.index(self.houses.len());
            if self.is_open(house, day) {
                return Some(house);
            }
        }
        None
    }

    pub(crate) fn is_open(&self, house: usize, day: Day) -> bool {
        self.houses.get(house).is_some_and(|h| !h.gone && h.since < day)
    }
}

/// A minute of a day, claimed as such.
pub(crate) fn at(day: Day, minute: u16) -> When {
    When::Minute(day.start_ms() / 60_000 + i64::from(minute))
}
