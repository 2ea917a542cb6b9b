//! Visits that took place, and the ordinary ways of recording them.

use event::{Day, EntryMode, Mode, Outcome, When};

use super::act::at;
use super::cast::{Rounding, Typing, Village};
use super::keying::{Fix, Keyed, honest_pace, minute_of};
use super::{Fabrication, MONTHS, Setting};
use crate::calendar::{is_weekend, weekday};
use crate::dice::Dice;

/// One walk through the village.
struct Outing {
    cadre: usize,
    companion: Option<usize>,
    day: Day,
    start: u64,
    visits: usize,
    is_campaign: bool,
}

/// Every honest visit of the three months.
pub(crate) fn visits(village: &mut Village) {
    if let Some(day) = village.campaign {
        for cadre in 0..village.cadres.len() {
            let outing = Outing {
                cadre,
                companion: None,
                day,
                start: 480 + village.dice.below(60),
                visits: 11 + village.dice.index(16),
                is_campaign: true,
            };
            if village.is_free(cadre, day, outing.start, 1_100) {
                walk(village, &outing);
            }
        }
    }
    for month in 0..3 {
        for cadre in 0..village.cadres.len() {
            let mut left = honest_share(village, cadre, month);
            for _ in 0..40 {
                if left == 0 {
                    break;
                }
                let size = village
                    .dice
                    .weighted(&[(25, 1), (25, 2), (20, 3), (15, 4), (8, 5), (7, 7)])
                    .min(left);
                left -= set_out(village, cadre, month, size);
            }
        }
    }
}

/// How many visits a cadre really makes: those who make them up make fewer.
fn honest_share(village: &mut Village, cadre: usize, month: usize) -> usize {
    let own = &village.cadres[cadre];
    let volume = u32::from(own.volume);
    let invents = |what: Fabrication| what.invents_visits() && what != Fabrication::TwoPlaces;
    let plants = own
        .plants
        .iter()
        .filter(|plant| plant.month == month && invents(plant.what));
    let made_up = plants.map(|plant| u32::from(plant.intensity)).max().unwrap_or(0);
    usize::try_from(village.dice.about(volume * (1_000 - made_up) / 10)).unwrap_or(0)
}

fn set_out(village: &mut Village, cadre: usize, month: usize, size: usize) -> usize {
    let days = (MONTHS[month + 1].0 - MONTHS[month].0).cast_unsigned();
    for _ in 0..6 {
        let day = MONTHS[month].plus(village.dice.below(days.into()).cast_signed().try_into().unwrap_or(0));
        if is_weekend(day) && village.dice.permille(800) {
            continue;
        }
        let start = if village.dice.permille(550) {
            500 + village.dice.below(120)
        } else {
            840 + village.dice.below(200)
        };
        let end = start + 45 * size as u64;
        if !village.is_free(cadre, day, start, end) {
            continue;
        }
        let other = village.dice.index(village.cadres.len());
        let goes_along = other != cadre && village.dice.permille(220) && village.is_free(other, day, start, end);
        let outing = Outing {
            cadre,
            companion: goes_along.then_some(other),
            day,
            start,
            visits: size,
            is_campaign: false,
        };
        return walk(village, &outing);
    }
    0
}

fn walk(village: &mut Village, outing: &Outing) -> usize {
    let mut now = outing.start;
    let mut seen: Vec<usize> = Vec::new();
    for _ in 0..outing.visits {
        let house = village.dice.index(village.houses.len());
        if seen.contains(&house) || now > 1_200 {
            continue;
        }
        seen.push(house);
        let dice = &mut village.dice;
        // Next door, or across the village.
        now += if dice.permille(if outing.is_campaign { 600 } else { 300 }) {
            dice.below(3)
        } else {
            3 + dice.below(20)
        };
        let (way, outcome) = met(village, outing, house);
        let dice = &mut village.dice;
        let long = match outcome {
            Outcome::Met if outing.is_campaign => 4 + dice.below(8),
            Outcome::Met => 8 + dice.below(35),
            _ => 1 + dice.below(3),
        };
        let visit = typed(village, outing, house, (way, outcome), (now, long));
        village.keyed.push(visit);
        now += long;
    }
    for cadre in [Some(outing.cadre), outing.companion].into_iter().flatten() {
        village.cadres[cadre].busy.push((outing.day, outing.start, now + 5));
    }
    seen.len()
}

/// The way and what came of it. Where the household is away, a relative may open the door.
fn met(village: &mut Village, outing: &Outing, house: usize) -> (Mode, Outcome) {
    let (house, dice) = (&village.houses[house], &mut village.dice);
    let is_absent = house.is_really_absent(outing.day);
    let way = dice.weighted(&[
        (780, Mode::Home),
        (if is_absent { 700 } else { 130 }, Mode::Phone),
        (20, Mode::Video),
        (70, Mode::Elsewhere),
    ]);
    let way = if outing.is_campaign { Mode::Home } else { way };
    let outcome = match way {
        Mode::Home if is_absent && house.gone.is_some() => dice.weighted(&[(1, Outcome::NotHome), (3, Outcome::Moved)]),
        Mode::Home if is_absent && !(house.relative && dice.permille(700)) => Outcome::NotHome,
        Mode::Home => dice.weighted(&[(800, Outcome::Met), (180, Outcome::NotHome), (20, Outcome::Declined)]),
        Mode::Phone => dice.weighted(&[(900, Outcome::Met), (100, Outcome::NotHome)]),
        Mode::Video | Mode::Elsewhere => Outcome::Met,
    };
    (way, outcome)
}

pub(crate) fn claimed(dice: &mut Dice, rounding: Rounding, day: Day, start: u64) -> When {
    let to = |step: u64| at(day, ((start + step / 2) / step * step).cast_signed());
    match rounding {
        Rounding::Exact => at(day, start.cast_signed()),
        Rounding::To5 => to(5),
        Rounding::To30 if dice.permille(550) => to(30),
        Rounding::To30 => to(5),
        Rounding::HalfDays => When::HalfDay {
            day,
            afternoon: start >= 720,
        },
        Rounding::Days => When::Day(day),
    }
}

fn typed(village: &mut Village, outing: &Outing, house: usize, met: (Mode, Outcome), time: (u64, u64)) -> Keyed {
    let (cadre, day) = (village.cadres[outing.cadre].clone(), outing.day);
    let dice = &mut village.dice;
    let mut claim = claimed(dice, cadre.rounding, day, time.0);
    let mut fix = match dice.below(1_000) {
        0..12 => Some(Fix::Minutes),
        12..18 => Some(Fix::Outcome),
        18..24 => Some(Fix::Void),
        _ => None,
    };
    // A slip of the finger: another hour, another week, another month.
    if let (Some(minute), true) = (minute_of(claim), dice.permille(7)) {
        claim = at(day, (minute + 60).cast_signed() - 120 * i64::from(dice.permille(500)));
    } else if dice.permille(5) {
        let right = claim;
        let days = dice.weighted(&[(2, -7), (2, -30), (1, -1)]);
        claim = match minute_of(claim) {
            Some(minute) => at(day.plus(days), minute.cast_signed()),
            None => When::Day(day.plus(days)),
        };
        fix = dice.permille(500).then_some(Fix::Claim(right));
    }
    let rounded = |n: u64, step: u64| u16::try_from((n + step / 2) / step * step).unwrap_or(0).max(1);
    let minutes = (dice.permille(650)).then(|| match cadre.rounding {
        Rounding::Exact if dice.permille(500) => rounded(time.1, 1),
        Rounding::To30 => rounded(time.1, 10),
        _ => rounded(time.1, 5),
    });
    let (recorder, when, mode, from_paper) = keying(village, outing, &cadre.typing, time.0 + time.1);
    let is_quick = village.cadres[recorder].is_quick;
    Keyed {
        house,
        cadre: outing.cadre,
        companion: outing.companion,
        claim,
        minutes,
        way: met.0,
        outcome: met.1,
        recorder,
        day: when.0,
        minute: when.1,
        mode,
        pace: honest_pace(&mut village.dice, from_paper, is_quick),
        planted: None,
        turned_back: None,
        fix,
    }
}

/// Who types it, when, how it is declared, and whether from paper.
fn keying(village: &mut Village, outing: &Outing, typing: &Typing, end: u64) -> (usize, (Day, u64), EntryMode, bool) {
    let (cadre, day, dice) = (outing.cadre, outing.day, &mut village.dice);
    let next = |wanted: i32, from: Day| from.plus((wanted - weekday(from)).rem_euclid(7));
    match *typing {
        // After a campaign day most villages declare the pile.
        _ if outing.is_campaign && village.setting == Setting::Mixed => {
            let mode = dice.weighted(&[(7, EntryMode::BatchFromPaper), (3, EntryMode::Live)]);
            (cadre, (day.plus(1), 510 + dice.below(60)), mode, true)
        }
        Typing::Paper { declares } => {
            let late = if dice.permille(120) { 7 } else { 0 };
            let mode = if declares {
                EntryMode::BatchFromPaper
            } else {
                EntryMode::Live
            };
            (cadre, (next(4, day).plus(late), 900), mode, true)
        }
        Typing::Monthly { declares } => {
            let last = MONTHS[super::month_of(day) + 1].plus(-1);
            let on = last.plus(-i32::from(dice.between(0, 1))).max(day);
            let mode = if declares {
                EntryMode::BatchFromPaper
            } else {
                EntryMode::Live
            };
            (cadre, (on, 1_020), mode, true)
        }
        Typing::ByClerk { declares } => {
            let on = next(if weekday(day) < 2 { 1 } else { 3 }, day.plus(1));
            let mode = if declares {
                EntryMode::BatchFromPaper
            } else {
                EntryMode::Live
            };
            (0, (on, 940), mode, true)
        }
        Typing::SameDay if village.setting == Setting::Mixed && dice.permille(15) => {
            let late = i32::from(dice.between(2, 14));
            (cadre, (day.plus(late), 520 + dice.below(400)), EntryMode::Live, false)
        }
        Typing::SameDay => {
            // Right away, in the evening, or together with the rest of the walk.
            let (minute, mode) = match dice.below(10) {
                0..4 => (end + 2, EntryMode::Live),
                4..7 => (1_110, EntryMode::LaterSameDay),
                _ => (1_110, EntryMode::Live),
            };
            (cadre, (day, minute.clamp(end + 1, 1_400)), mode, false)
        }
    }
}
