//! Who lives and works in the story, and their habits.

use event::{
    ChangeKind, Day, EntityId, Facts, HouseholdChanged, HouseholdRegistered, Origin, PersonId, Subject, UnitCode, When,
};

use super::act::{Act, instant};
use super::clock::{Clock, Habit};
use super::keying::Keyed;
use super::{CONDUCT_FIRST_DAY, ConductPlan, Fabrication, MONTHS, Setting};
use crate::dice::{Dice, Stream};
use crate::plan::village_unit;

/// Most cadres of one village; the first is the clerk.
pub const CADRES_PER_VILLAGE_MAX: u16 = 9;

/// How a cadre's visits come to be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typing {
    /// After the outing or in the evening.
    SameDay,
    /// From a paper diary, once a week.
    Paper { declares: bool },
    /// From a paper diary, in the last days of the month.
    Monthly { declares: bool },
    /// The clerk types for an elderly cadre, every few days.
    ByClerk { declares: bool },
}

/// How exactly times are claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    Exact,
    To5,
    To30,
    HalfDays,
    Days,
}

#[derive(Clone, Debug)]
pub(crate) struct Cadre {
    pub(crate) id: PersonId,
    pub(crate) typing: Typing,
    pub(crate) rounding: Rounding,
    /// Honest visits of a month.
    pub(crate) volume: u16,
    /// Types quickly from paper, all the time.
    pub(crate) is_quick: bool,
    /// Takes the day that the form has filled in, also from a wrong clock.
    pub(crate) takes_the_day: bool,
    /// How often the requester is fully satisfied, of a thousand.
    pub(crate) liked: u32,
    /// What is planted, by month, with the share of a month's visits in thousandths.
    pub(crate) plants: Vec<Plant>,
    /// Where the cadre truly is: day, first minute, last minute.
    pub(crate) busy: Vec<(Day, u64, u64)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Plant {
    pub(crate) month: usize,
    pub(crate) what: Fabrication,
    pub(crate) intensity: u16,
}

#[derive(Clone, Debug)]
pub(crate) struct House {
    pub(crate) id: EntityId,
    /// Away from the first to the last day.
    pub(crate) away: Option<(Day, Day)>,
    /// Left for good, or closed, on that day.
    pub(crate) gone: Option<Day>,
    /// Somebody stays at home all the same.
    pub(crate) relative: bool,
    /// Came back half way, and nobody recorded it.
    pub(crate) back_early: bool,
}

impl House {
    /// Whether the door stays closed, whatever the books say.
    pub(crate) fn is_really_absent(&self, day: Day) -> bool {
        let half_way = self.away.map(|(from, to)| from.plus((to.0 - from.0) / 2));
        let is_back = self.back_early && half_way.is_some_and(|half| day >= half);
        self.is_absent(day) && !is_back
    }

    pub(crate) fn is_absent(&self, day: Day) -> bool {
        self.away.is_some_and(|(from, to)| (from..=to).contains(&day)) || self.gone.is_some_and(|gone| day >= gone)
    }
}

/// A reception or a meeting, and who sat in it.
#[derive(Clone, Debug)]
pub(crate) struct Gathering {
    pub(crate) day: Day,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) cadres: Vec<usize>,
}

pub(crate) struct Village {
    pub(crate) unit: UnitCode,
    pub(crate) origin: Origin,
    pub(crate) hub_origin: Origin,
    pub(crate) dice: Dice,
    pub(crate) cadres: Vec<Cadre>,
    pub(crate) houses: Vec<House>,
    pub(crate) gatherings: Vec<Gathering>,
    /// Days from the first without a link, and whether a stick is carried meanwhile.
    pub(crate) offline: Option<(Day, Day)>,
    pub(crate) stick: bool,
    pub(crate) clock: Clock,
    /// A day on which everybody goes out.
    pub(crate) campaign: Option<Day>,
    pub(crate) setting: Setting,
    pub(crate) log_plant: Option<Fabrication>,
    pub(crate) restored: bool,
    pub(crate) forked_by_mistake: bool,
    pub(crate) keyed: Vec<Keyed>,
    pub(crate) acts: Vec<Act>,
}

impl Village {
    pub(crate) fn cast(plan: &ConductPlan, index: u16) -> Self {
        let mut dice = Dice::new(plan.seed, Stream::Conduct(index));
        let is_honest = plan.setting == Setting::HonestOffline;
        let is_small = dice.permille(200);
        let cadres = if is_small {
            dice.between(2, 3)
        } else {
            dice.between(7, CADRES_PER_VILLAGE_MAX)
        };
        let houses = if is_small {
            dice.between(18, 30)
        } else {
            dice.between(90, 180)
        };
        let permille = if is_honest { 0 } else { u32::from(plan.planted_permille) };
        let offline = (is_honest || dice.permille(350)).then(|| {
            let from = CONDUCT_FIRST_DAY.plus(i32::from(dice.between(3, 60)));
            (from, from.plus(i32::from(dice.between(14, 35))))
        });
        let origin = Origin::from_bytes(dice.bytes());
        let mut village = Self {
            unit: village_unit(index),
            origin,
            hub_origin: Origin::from_bytes(dice.bytes()),
            stick: dice.permille(400),
            offline,
            clock: Clock {
                habit: Habit::of(&mut dice, is_honest),
                turned: Vec::new(),
                salt: dice.below(u64::MAX),
            },
            campaign: dice
                .permille(250)
                .then(|| MONTHS[1].plus(i32::from(dice.between(6, 26)))),
            setting: plan.setting,
            log_plant: dice
                .permille(permille)
                .then(|| dice.weighted(&[(1, Fabrication::LogForked), (1, Fabrication::LogCut)])),
            restored: dice.permille(40),
            forked_by_mistake: !is_honest && dice.permille(6),
            cadres: (0..cadres).map(|n| cadre(&mut dice, n, is_honest, permille)).collect(),
            houses: (0..houses).map(|_| house(&mut dice)).collect(),
            gatherings: Vec::new(),
            keyed: Vec::new(),
            acts: Vec::new(),
            dice,
        };
        village.books();
        village
    }

    /// The households come onto the books, and what happens to them is recorded when the clerk hears of it.
    fn books(&mut self) {
        let clerk = self.cadres[0].id;
        for n in 0..self.houses.len() {
            let (house, dice) = (self.houses[n].clone(), &mut self.dice);
            let subject = Subject::household(house.id);
            let registered = Facts::HouseholdRegistered(HouseholdRegistered {
                group: dice.between(1, 5),
                size: Some(dice.between(1, 6)),
            });
            let day = CONDUCT_FIRST_DAY.plus(-i32::from(dice.between(5, 25)));
            let when = instant(day, 540 + n as u64 % 400, dice);
            self.acts.push(Act::new(dice, when, subject, registered, clerk));
            let change = match (house.away, house.gone) {
                (Some((from, to)), _) => Some((from, Some(to), ChangeKind::Presence)),
                (_, Some(day)) => Some((
                    day,
                    None,
                    dice.weighted(&[(3, ChangeKind::MovedOut), (1, ChangeKind::Closed)]),
                )),
                _ => None,
            };
            let Some((since, until, change)) = change else { continue };
            // A week later on average; sometimes before, as people say that they will go.
            let heard = since
                .plus(i32::from(dice.between(0, 14)) - 2)
                .max(CONDUCT_FIRST_DAY.plus(-3));
            let when = instant(heard, 570 + dice.below(420), dice);
            let facts = Facts::HouseholdChanged(HouseholdChanged {
                change,
                since: Some(since),
                until,
                into: None,
            });
            self.acts.push(Act {
                occurred: When::Day(heard),
                presence: (change == ChangeKind::Presence).then_some("away"),
                ..Act::new(dice, when, subject, facts, clerk)
            });
        }
    }

    pub(crate) fn is_online(&self, day: Day) -> bool {
        !self.offline.is_some_and(|(from, to)| (from..=to).contains(&day))
    }

    pub(crate) fn is_free(&self, cadre: usize, day: Day, start: u64, end: u64) -> bool {
        let mut busy = self.cadres[cadre].busy.iter();
        !busy.any(|(on, from, to)| *on == day && start < *to && *from < end)
    }
}

fn cadre(dice: &mut Dice, n: u16, is_honest_offline: bool, permille: u32) -> Cadre {
    let typing = match dice.below(100) {
        _ if is_honest_offline || n == 0 => Typing::SameDay,
        0..68 => Typing::SameDay,
        68 => Typing::Monthly { declares: true },
        69 => Typing::Monthly { declares: false },
        70..78 => Typing::Paper { declares: true },
        78..84 => Typing::Paper { declares: false },
        84..95 => Typing::ByClerk { declares: true },
        _ => Typing::ByClerk { declares: false },
    };
    let mut cadre = Cadre {
        id: PersonId::from_bytes(dice.bytes()),
        typing,
        rounding: dice.weighted(&[
            (30, Rounding::Exact),
            (35, Rounding::To5),
            (10, Rounding::To30),
            (13, Rounding::HalfDays),
            (12, Rounding::Days),
        ]),
        volume: dice.between(7, 24),
        is_quick: dice.permille(300),
        takes_the_day: dice.permille(400),
        liked: 520 + u32::from(dice.between(0, 430)),
        plants: Vec::new(),
        busy: Vec::new(),
    };
    if dice.permille(permille) {
        cadre.plants = plants(dice);
    }
    cadre
}

/// One to three sorts, in some months, of varying intensity.
fn plants(dice: &mut Dice) -> Vec<Plant> {
    let sorts = dice.weighted(&[(50, 1), (35, 2), (15, 3)]);
    let mut found: Vec<Plant> = Vec::new();
    for _ in 0..sorts {
        let what = dice.weighted(&[
            (14, Fabrication::Desk),
            (5, Fabrication::Stuffed),
            (10, Fabrication::BackDated),
            (7, Fabrication::ClockTurnedBack),
            (12, Fabrication::TermBulk),
            (9, Fabrication::AbsentMet),
            (4, Fabrication::KeyedForOthers),
            (8, Fabrication::TwoPlaces),
            (8, Fabrication::EditedBeforeCheck),
            (6, Fabrication::PerfectFollowUps),
            (6, Fabrication::SelfChecked),
            (6, Fabrication::InstantClosing),
            (6, Fabrication::FalseFinish),
        ]);
        if found.iter().any(|plant| plant.what == what) {
            continue;
        }
        let intensity = dice.between(200, 1_000);
        let months: Vec<usize> = (0..3).filter(|_| dice.permille(700)).collect();
        found.extend(months.into_iter().map(|month| Plant { month, what, intensity }));
    }
    found
}

fn house(dice: &mut Dice) -> House {
    let from = CONDUCT_FIRST_DAY.plus(i32::from(dice.between(0, 80)) - 10);
    let fate = dice.below(100);
    House {
        id: EntityId::from_bytes(dice.bytes()),
        away: (fate < 12).then(|| (from, from.plus(i32::from(dice.between(10, 90))))),
        gone: (fate >= 97).then_some(from),
        relative: dice.permille(120),
        back_early: dice.permille(200),
    }
}
