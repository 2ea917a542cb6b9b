//! Households come onto the books, change and leave them.

use event::{
    ChangeKind, Day, EndReason, EntryMode, Facts, HouseholdChanged, HouseholdRegistered, PersonalContent, Subject, When,
};

use crate::calendar::is_weekend;
use crate::item::What;
use crate::life::{House, Story};
use crate::plan::Household;
use crate::{plan, words};

impl Story<'_> {
    pub(crate) fn register(&mut self, day: Day, n: u16, days: u16) {
        let total = self.village.households.len();
        let share = |n: u16| total * usize::from(n) / usize::from(days);
        let (from, to) = (share(n), share(n + 1));
        for (k, household) in self.village.households[from..to].iter().enumerate() {
            let minute = 510 + u16::try_from(k * 420 / (to - from)).unwrap_or(0);
            self.add_household(day, minute, household, EntryMode::BatchFromPaper);
        }
        let mut fresh: Vec<usize> = (from..to).collect();
        self.dice.shuffle(&mut fresh);
        self.round.extend(fresh);
    }

    fn add_household(&mut self, day: Day, minute: u16, household: &Household, mode: EntryMode) -> Option<usize> {
        let facts = Facts::HouseholdRegistered(HouseholdRegistered {
            group: household.group,
            size: Some(household.size),
        });
        let clerk = self.cadre(0);
        let mut item = self.own(day, minute, Subject::household(household.id), What::Plain(facts), clerk);
        item.mode = mode;
        item.occurred = When::Day(day);
        item.personal = Some(PersonalContent {
            head: Some(household.head.clone()),
            address: Some(household.address.clone()),
            phone: Some(household.phone.clone()),
            language: self.dice.permille(150).then(|| "方言".to_owned()),
            ..PersonalContent::default()
        });
        let registered = self.push(item)?;
        self.houses.push(House {
            id: household.id,
            head: household.head.clone(),
            registered,
            since: day,
            away_until: None,
            gone: false,
            group: household.group,
        });
        Some(self.houses.len() - 1)
    }

    pub(crate) fn household_changes(&mut self, day: Day) {
        let minute = self.dice.between(520, 660);
        if is_weekend(day) {
            return;
        }
        self.presence(day, minute);
        let happens = self.dice.weighted(&[
            (960, None),
            (11, Some(ChangeKind::MovedOut)),
            (12, Some(ChangeKind::MovedIn)),
            (8, Some(ChangeKind::Split)),
            (5, Some(ChangeKind::Merged)),
            (4, Some(ChangeKind::Closed)),
        ]);
        let Some(change) = happens else { return };
        let number = u16::try_from(self.houses.len()).unwrap_or(u16::MAX);
        match change {
            ChangeKind::MovedIn => {
                let group = self.houses.last().map_or(1, |h| h.group);
                let fresh = plan::household(&mut self.dice, group, number);
                if let Some(house) = self.add_household(day, minute, &fresh, EntryMode::Live) {
                    self.round.push(house);
                    self.change(day, minute + 4, house, change, None, "迁入本村落户");
                }
            }
            ChangeKind::Split => {
                let Some(house) = self.any_house(day) else { return };
                let fresh = plan::household(&mut self.dice, self.houses[house].group, number);
                if let Some(part) = self.add_household(day, minute, &fresh, EntryMode::Live) {
                    self.round.push(part);
                    self.change(day, minute + 4, house, change, Some(part), "子女成家后分户另立");
                }
            }
            ChangeKind::Merged => {
                if let (Some(house), Some(into)) = (self.any_house(day), self.any_house(day))
                    && house != into
                {
                    self.change(day, minute, house, change, Some(into), "与亲属并为一户生活");
                    self.leave(day, minute, house);
                }
            }
            _ => {
                let Some(house) = self.any_house(day) else { return };
                let moved = change == ChangeKind::MovedOut;
                self.change(
                    day,
                    minute,
                    house,
                    change,
                    None,
                    if moved {
                        "全家迁往外地居住"
                    } else {
                        "户内已无成员，注销登记"
                    },
                );
                self.leave(day, minute, house);
            }
        }
    }

    /// Somebody goes away for some weeks; the return is a fact of its own.
    fn presence(&mut self, day: Day, minute: u16) {
        for house in 0..self.houses.len() {
            if self.houses[house].away_until.is_some_and(|until| until <= day) && !self.houses[house].gone {
                self.houses[house].away_until = None;
                self.change(day, minute, house, ChangeKind::Presence, None, "外出务工的家人返回");
            }
        }
        if self.dice.permille(55)
            && let Some(house) = self.any_house(day)
            && self.houses[house].away_until.is_none()
        {
            self.houses[house].away_until = Some(day.plus(i32::from(self.dice.between(20, 150))));
            self.change(day, minute, house, ChangeKind::Presence, None, "全家外出务工一段时间");
        }
    }

    fn leave(&mut self, day: Day, minute: u16, house: usize) {
        self.houses[house].gone = true;
        for n in 0..self.pairs.len() {
            if self.pairs[n].house == house && !self.pairs[n].ended {
                self.end_pair(n, day, minute + 10, EndReason::Moved);
            }
        }
    }

    fn change(&mut self, day: Day, minute: u16, house: usize, change: ChangeKind, other: Option<usize>, why: &str) {
        let into = other.map(|n| self.houses[n].id);
        let facts = Facts::HouseholdChanged(HouseholdChanged {
            change,
            since: self.dice.permille(600).then_some(day),
            until: None,
            into,
        });
        let clerk = self.cadre(0);
        let mut item = self.own(
            day,
            minute,
            Subject::household(self.houses[house].id),
            What::Plain(facts),
            clerk,
        );
        item.occurred = When::Day(day);
        item.after = [Some(house), other]
            .into_iter()
            .flatten()
            .map(|n| self.houses[n].registered)
            .collect();
        let away = self.houses[house].away_until.is_some();
        item.personal = Some(PersonalContent {
            text: Some(words::household_change(&mut self.dice, why)),
            presence: (change == ChangeKind::Presence).then(|| if away { "away" } else { "returned" }.to_owned()),
            ..PersonalContent::default()
        });
        self.push(item);
    }
}
