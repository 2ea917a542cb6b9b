//! Visits that did not take place, in the several ways in which they are made up.

use event::{Day, EntryMode, Mode, Outcome, When};

use super::cast::{Plant, Rounding, Village};
use super::honest::claimed;
use super::keying::Keyed;
use super::{Fabrication, MONTHS};
use crate::calendar::is_weekend;

/// A claim: whose, for when, and how it is typed.
struct Claim {
    cadre: usize,
    recorder: usize,
    when: When,
    minutes: Option<u16>,
    day: Day,
    minute: u64,
    mode: EntryMode,
    pace: (u64, u64),
}

/// Every invented visit of the three months.
pub(crate) fn visits(village: &mut Village) {
    for cadre in 0..village.cadres.len() {
        for plant in village.cadres[cadre].plants.clone() {
            let share = usize::from(village.cadres[cadre].volume) * usize::from(plant.intensity) / 1_000;
            let count = share.max(2);
            match plant.what {
                Fabrication::Desk => desk(village, cadre, plant, count),
                Fabrication::Stuffed => stuffed(village, cadre, plant),
                Fabrication::BackDated => back_dated(village, cadre, plant, count),
                Fabrication::ClockTurnedBack => turned_back(village, cadre, plant, count),
                Fabrication::TermBulk => term_bulk(village, cadre, plant, count),
                Fabrication::AbsentMet => absent_met(village, cadre, plant, count),
                Fabrication::KeyedForOthers => for_others(village, cadre, plant),
                Fabrication::TwoPlaces => two_places(village, cadre, plant),
                Fabrication::EditedBeforeCheck => plausible(village, cadre, plant, count, None),
                _ => {}
            }
        }
    }
}

fn day_in(village: &mut Village, month: usize) -> Day {
    let days = u64::from((MONTHS[month + 1].0 - MONTHS[month].0).cast_unsigned());
    let n = i32::try_from(village.dice.below(days)).unwrap_or(0);
    let day = MONTHS[month].plus(n);
    if is_weekend(day) && n > 3 { day.plus(-2) } else { day }
}

fn push(village: &mut Village, claim: Claim, house: Option<usize>, what: Fabrication, back: Option<u16>) {
    let house = house.unwrap_or_else(|| village.dice.index(village.houses.len()));
    village.keyed.push(Keyed {
        house,
        cadre: claim.cadre,
        companion: None,
        claim: claim.when,
        minutes: claim.minutes,
        way: if village.dice.permille(930) {
            Mode::Home
        } else {
            Mode::Elsewhere
        },
        outcome: Outcome::Met,
        recorder: claim.recorder,
        day: claim.day,
        minute: claim.minute,
        mode: claim.mode,
        pace: claim.pace,
        planted: Some(what),
        turned_back: back,
        fix: None,
    });
}

/// Inventing goes faster than remembering, for most.
fn pace(village: &mut Village) -> (u64, u64) {
    village.dice.weighted(&[(6, (12, 55)), (3, (25, 90)), (1, (60, 240))])
}

fn minutes(village: &mut Village) -> Option<u16> {
    let long = village.dice.between(3, 8) * 5;
    village.dice.permille(800).then_some(long)
}

/// Several for one day, typed in one sitting. Seven of ten do not trouble to space them.
fn desk(village: &mut Village, cadre: usize, plant: Plant, count: usize) {
    let mut left = count;
    while left > 0 {
        let size = (3 + village.dice.index(8)).min(left);
        left -= size;
        let (day, pace) = (day_in(village, plant.month), pace(village));
        let is_careful = village.dice.permille(300);
        let rounding = village.cadres[cadre].rounding;
        let start = 500 + village.dice.below(420);
        let mut next = start;
        for _ in 0..size {
            let minutes = minutes(village);
            let dice = &mut village.dice;
            let minute = if is_careful {
                next += u64::from(minutes.unwrap_or(20)) + 5 + dice.below(15);
                next
            } else {
                start + dice.below(25 * size as u64 / 2 + 10)
            };
            let when = claimed(dice, rounding, day, minute);
            let claim = Claim {
                cadre,
                recorder: cadre,
                when,
                minutes,
                day,
                minute: 1_080 + dice.below(200),
                mode: dice.weighted(&[(7, EntryMode::Live), (3, EntryMode::LaterSameDay)]),
                pace,
            };
            push(village, claim, None, Fabrication::Desk, None);
        }
    }
}

fn stuffed(village: &mut Village, cadre: usize, plant: Plant) {
    let day = day_in(village, plant.month);
    let count = 12 + usize::from(plant.intensity) / 40 + village.dice.index(6);
    let (rounding, pace) = (village.cadres[cadre].rounding, pace(village));
    for n in 0..count {
        let minute = 480 + n as u64 * (600 / count as u64) + village.dice.below(8);
        let minutes = village.dice.permille(700).then(|| village.dice.between(2, 4) * 5);
        let when = claimed(&mut village.dice, rounding, day, minute);
        let claim = Claim {
            cadre,
            recorder: cadre,
            when,
            minutes,
            day,
            minute: 1_120,
            mode: EntryMode::Live,
            pace,
        };
        push(village, claim, None, Fabrication::Stuffed, None);
    }
}

/// Claims over the past weeks, typed in one or two sittings; one of five is passed off as a paper diary.
fn back_dated(village: &mut Village, cadre: usize, plant: Plant, count: usize) {
    let sitting = MONTHS[plant.month + 1].plus(-i32::from(village.dice.between(1, 12)));
    let mode = village.dice.weighted(&[
        (6, EntryMode::Live),
        (2, EntryMode::LaterSameDay),
        (2, EntryMode::BatchFromPaper),
    ]);
    let (rounding, pace) = (village.cadres[cadre].rounding, pace(village));
    for _ in 0..count {
        let room = (sitting.0 - MONTHS[plant.month].0).max(1).cast_unsigned();
        let back = 1 + i32::try_from(village.dice.below(u64::from(room))).unwrap_or(0);
        let minute = 500 + village.dice.below(500);
        let minutes = minutes(village);
        let when = claimed(&mut village.dice, rounding, sitting.plus(-back), minute);
        let claim = Claim {
            cadre,
            recorder: cadre,
            when,
            minutes,
            day: sitting,
            minute: 870,
            mode,
            pace,
        };
        push(village, claim, None, Fabrication::BackDated, None);
    }
}

/// In a sitting or two, the clock is set to a past day, the day's visits are made up, and the clock is set right again.
fn turned_back(village: &mut Village, cadre: usize, plant: Plant, count: usize) {
    let mut left = count;
    let rounding = village.cadres[cadre].rounding;
    while left > 0 {
        let size = (2 + village.dice.index(5)).min(left);
        left -= size;
        let back = village.dice.between(2, 20);
        let last = MONTHS[plant.month + 1].plus(-1);
        let sitting = day_in(village, plant.month).plus(i32::from(back)).min(last);
        let false_day = sitting.plus(-i32::from(back)).max(MONTHS[plant.month]);
        let start = 1_110 + village.dice.below(120);
        let pace = pace(village);
        for _ in 0..size {
            let (minutes, minute) = (minutes(village), 500 + village.dice.below(500));
            let when = claimed(&mut village.dice, rounding, false_day, minute);
            let claim = Claim {
                cadre,
                recorder: cadre,
                when,
                minutes,
                day: sitting,
                minute: start,
                mode: EntryMode::Live,
                pace,
            };
            push(village, claim, None, Fabrication::ClockTurnedBack, Some(back));
        }
    }
}

fn term_bulk(village: &mut Village, cadre: usize, plant: Plant, count: usize) {
    let last = MONTHS[plant.month + 1].plus(-1);
    let (rounding, pace) = (village.cadres[cadre].rounding, pace(village));
    let declared = if village.dice.permille(150) {
        EntryMode::BatchFromPaper
    } else {
        EntryMode::Live
    };
    for _ in 0..count.max(6) {
        let claim_day = day_in(village, plant.month);
        let (minutes, minute) = (minutes(village), 500 + village.dice.below(500));
        let sitting = last.plus(-i32::from(village.dice.between(0, 3))).max(claim_day);
        let when = claimed(&mut village.dice, rounding, claim_day, minute);
        let claim = Claim {
            cadre,
            recorder: cadre,
            when,
            minutes,
            day: sitting,
            minute: 840,
            mode: declared,
            pace,
        };
        push(village, claim, None, Fabrication::TermBulk, None);
    }
}

/// Well spaced and typed in time: nothing but the claim itself is wrong.
fn plausible(village: &mut Village, cadre: usize, plant: Plant, count: usize, houses: Option<&[usize]>) {
    let rounding = village.cadres[cadre].rounding;
    for _ in 0..count {
        let (day, minute) = (day_in(village, plant.month), 500 + village.dice.below(500));
        let minutes = minutes(village);
        let when = claimed(&mut village.dice, rounding, day, minute);
        let house = houses.map(|houses| houses[village.dice.index(houses.len())]);
        let claim = Claim {
            cadre,
            recorder: cadre,
            when,
            minutes,
            day,
            minute: 1_050 + village.dice.below(200),
            mode: EntryMode::Live,
            pace: (40, 200),
        };
        push(village, claim, house, plant.what, None);
    }
}

/// Households that are away or gone by the middle of the month; what they are is on the books.
fn absent_met(village: &mut Village, cadre: usize, plant: Plant, count: usize) {
    let middle = MONTHS[plant.month].plus(15);
    let absent: Vec<usize> = (0..village.houses.len())
        .filter(|house| village.houses[*house].is_absent(middle))
        .collect();
    if absent.is_empty() {
        return;
    }
    plausible(village, cadre, plant, count, Some(&absent));
}

/// The recorder makes up visits for two or three others and for itself, in sittings for all of them.
fn for_others(village: &mut Village, recorder: usize, plant: Plant) {
    // The same ones in every month.
    let count = village.cadres.len();
    let mut cadres: Vec<usize> = (0..(3 + recorder % 2).min(count))
        .map(|n| (recorder + n) % count)
        .collect();
    cadres.reverse();
    let sittings = 1 + village.dice.index(2);
    for _ in 0..sittings {
        let (day, start) = (day_in(village, plant.month), 850 + village.dice.below(200));
        let pace = pace(village);
        let mode = if village.dice.permille(200) {
            EntryMode::BatchFromPaper
        } else {
            EntryMode::Live
        };
        for cadre in cadres.clone() {
            let each = 1 + usize::from(plant.intensity) * 5 / 1_000 + village.dice.index(2);
            for _ in 0..each {
                let back = i32::from(village.dice.between(0, 3));
                let (minutes, minute) = (minutes(village), 500 + village.dice.below(400));
                let rounding = village.cadres[cadre].rounding;
                let claim_day = day.plus(-back).max(MONTHS[plant.month]);
                let when = claimed(&mut village.dice, rounding, claim_day, minute);
                let claim = Claim {
                    cadre,
                    recorder,
                    when,
                    minutes,
                    day,
                    minute: start,
                    mode,
                    pace,
                };
                push(village, claim, None, Fabrication::KeyedForOthers, None);
            }
        }
    }
}

/// Visits claimed for the time in which the cadre sat in a reception or a meeting.
fn two_places(village: &mut Village, cadre: usize, plant: Plant) {
    let held = village.gatherings.clone();
    let sat = held
        .iter()
        .filter(|held| held.cadres.contains(&cadre) && super::month_of(held.day) == plant.month);
    for held in sat {
        let count = 1 + usize::from(plant.intensity) * 2 / 1_000;
        for _ in 0..count {
            let long = village.dice.between(4, 8) * 5;
            let room = (held.end - held.start).saturating_sub(20).max(1);
            let minute = held.start + village.dice.below(room);
            // Two of three say when; the others are more careful.
            let rounding = village.dice.weighted(&[(2, Rounding::To5), (1, Rounding::HalfDays)]);
            let when = claimed(&mut village.dice, rounding, held.day, minute);
            let claim = Claim {
                cadre,
                recorder: cadre,
                when,
                minutes: village.dice.permille(850).then_some(long),
                day: held.day,
                minute: 1_100,
                mode: EntryMode::Live,
                pace: (30, 120),
            };
            push(village, claim, None, Fabrication::TwoPlaces, None);
        }
    }
}
