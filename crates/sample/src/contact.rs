//! Visits: how many, to whom, how, with what result, and when they are typed.

use event::{Day, EntityId, EntryMode, Facts, Mode, Outcome, PersonId, PersonalContent, Subject, VisitRecorded, When};

use crate::calendar::{Season, is_weekend, season, weekday};
use crate::item::{ItemId, What};
use crate::life::{Deed, Story, at};
use crate::words;

impl Story<'_> {
    pub(crate) fn visits(&mut self, day: Day) {
        let mean = match (season(day), is_weekend(day)) {
            (_, true) => 40,
            (Season::Campaign, _) => 420,
            (Season::Fields, _) => 160,
            (Season::Festival, _) => 70,
            (Season::Usual, _) => 215,
        };
        for _ in 0..self.dice.about(mean * self.pace / 100) {
            let Some(house) = self.house_to_visit(day) else {
                continue;
            };
            let start = if season(day) == Season::Fields {
                self.dice.between(990, 1_150)
            } else {
                self.dice.between(490, 1_120)
            };
            self.visit(day, start, house, None);
        }
    }

    /// The next house of the round, or any one.
    fn house_to_visit(&mut self, day: Day) -> Option<usize> {
        let in_turn = if season(day) == Season::Campaign { 700 } else { 400 };
        if self.dice.permille(in_turn) && !self.round.is_empty() {
            for _ in 0..self.round.len() {
                self.round_at = (self.round_at + 1) % self.round.len();
                let house = self.round[self.round_at];
                if self.is_open(house, day) {
                    return Some(house);
                }
            }
        }
        self.any_house(day)
    }

    /// A visit that began at minute `start` of `day`. `request`: one that came up then, so that somebody was met
    /// and the record was typed on the same day. Returns the item, who visited, and the minute of recording.
    pub(crate) fn visit(
        &mut self,
        day: Day,
        start: u16,
        house: usize,
        request: Option<EntityId>,
    ) -> Option<(ItemId, PersonId, u16)> {
        let visitor = self.any_cadre();
        let away = self.houses[house].away_until.is_some();
        let (mode, outcome) = self.way_and_outcome(day, away, request.is_some());
        let minutes = (outcome == Outcome::Met && self.dice.permille(450)).then(|| self.dice.between(6, 55));
        let facts = Facts::VisitRecorded(VisitRecorded {
            mode,
            outcome,
            minutes,
            requests: request.into_iter().collect(),
        });
        let paper = if request.is_some() { 0 } else { 130 };
        let (entry, later, minute) = match self.dice.weighted(&[(560, 0), (310, 1), (paper, 2)]) {
            0 => (
                EntryMode::Live,
                0,
                start + minutes.unwrap_or(5) + self.dice.between(2, 12),
            ),
            1 => (EntryMode::LaterSameDay, 0, start.max(700) + self.dice.between(70, 150)),
            _ => (
                EntryMode::BatchFromPaper,
                7 - weekday(day),
                self.dice.between(965, 1_030),
            ),
        };
        // A paper book is typed in at the village office on the next Friday, or on the Monday after a weekend.
        let later = if later > 2 { later - 3 } else { later };
        let mut item = self.own(
            day.plus(later),
            minute,
            Subject::household(self.houses[house].id),
            What::Plain(facts),
            visitor,
        );
        item.mode = entry;
        if entry == EntryMode::BatchFromPaper && later == 0 {
            item.mode = EntryMode::LaterSameDay;
            item.minute = item.minute.max(start + 60);
        }
        item.occurred = match self.dice.weighted(&[(45, 0), (35, 1), (20, 2)]) {
            0 if item.mode != EntryMode::BatchFromPaper => at(day, start),
            0 | 1 => When::HalfDay {
                day,
                afternoon: start >= 720,
            },
            _ => When::Day(day),
        };
        if self.dice.permille(250) {
            let second = self.any_cadre();
            if second != visitor {
                item.actors.push(second);
            }
        }
        if self.dice.permille(220) {
            item.recorder = self.cadre(0);
        }
        item.after = vec![self.houses[house].registered];
        item.personal = Some(PersonalContent {
            text: Some(words::visit(&mut self.dice, mode, outcome)),
            topics: (outcome == Outcome::Met).then(|| words::topics(&mut self.dice)),
            ..PersonalContent::default()
        });
        let (recorded, minute) = (item.day, item.minute);
        let id = self.push(item)?;
        self.deeds.push(Deed {
            cadre: visitor,
            item: id,
            day: recorded,
            minute,
            request: None,
        });
        Some((id, visitor, minute))
    }

    fn way_and_outcome(&mut self, day: Day, away: bool, met: bool) -> (Mode, Outcome) {
        let elsewhere = if season(day) == Season::Fields { 220 } else { 60 };
        let phone = if away { 700 } else { 170 };
        let mode = self.dice.weighted(&[
            (740, Mode::Home),
            (phone, Mode::Phone),
            (25, Mode::Video),
            (elsewhere, Mode::Elsewhere),
        ]);
        let outcome = match mode {
            _ if met => Outcome::Met,
            // A household that is away is met at home by nobody.
            Mode::Home if away => Outcome::NotHome,
            Mode::Home => self.dice.weighted(&[
                (800, Outcome::Met),
                (178, Outcome::NotHome),
                (17, Outcome::Declined),
                (5, Outcome::Moved),
            ]),
            Mode::Phone => self
                .dice
                .weighted(&[(950, Outcome::Met), (40, Outcome::NotHome), (10, Outcome::Declined)]),
            Mode::Video | Mode::Elsewhere => Outcome::Met,
        };
        if away && met {
            (Mode::Phone, outcome)
        } else {
            (mode, outcome)
        }
    }
}
