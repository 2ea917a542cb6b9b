//! From what was (or was not) done to what is typed: who types when, how fast, and what is put right later.

use event::{
    CorrectionKind, Day, EntryMode, Facts, Mode, Outcome, RecordCorrected, Replacement, Subject, VisitRecorded, When,
};

use super::Fabrication;
use super::act::{Act, DAY_MS, MINUTE_MS, at, instant};
use super::cast::Village;
use super::clock::{Habit, TurnedBack};
use crate::dice::Dice;

/// A visit that will be typed.
#[derive(Clone, Debug)]
pub(crate) struct Keyed {
    pub(crate) house: usize,
    pub(crate) cadre: usize,
    pub(crate) companion: Option<usize>,
    pub(crate) claim: When,
    pub(crate) minutes: Option<u16>,
    pub(crate) way: Mode,
    pub(crate) outcome: Outcome,
    pub(crate) recorder: usize,
    /// Day and minute after which it is typed.
    pub(crate) day: Day,
    pub(crate) minute: u64,
    pub(crate) mode: EntryMode,
    /// Seconds between this record and the one typed before it.
    pub(crate) pace: (u64, u64),
    pub(crate) planted: Option<Fabrication>,
    /// Days by which the clock is turned back for it.
    pub(crate) turned_back: Option<u16>,
    pub(crate) fix: Option<Fix>,
}

/// What an honest recorder puts right some days later.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fix {
    Minutes,
    Outcome,
    Claim(When),
    Void,
}

/// Types all visits of a village: one recorder's sitting after the other.
pub(crate) fn key(village: &mut Village) {
    let mut all = std::mem::take(&mut village.keyed);
    all.sort_by_key(|one| (one.recorder, one.day, one.minute));
    let mut last = (usize::MAX, 0_u64);
    let mut sitting: Option<(usize, Day, u16)> = None;
    for one in &all {
        let dice = &mut village.dice;
        let gap = 1_000 * (one.pace.0 + dice.below(one.pace.1 - one.pace.0 + 1)) + dice.below(1_000);
        let planned = instant(one.day, one.minute, dice);
        let when = if last.0 == one.recorder {
            planned.max(last.1 + gap)
        } else {
            planned
        };
        last = (one.recorder, when);
        turn_back(village, one, when, &mut sitting);
        let visit = visit(village, one, when);
        let fix = one.fix.map(|fix| fixed(village, &visit, fix));
        village.acts.push(visit);
        village.acts.extend(fix);
    }
}

fn turn_back(village: &mut Village, one: &Keyed, when: u64, sitting: &mut Option<(usize, Day, u16)>) {
    let Some(days) = one.turned_back else {
        *sitting = None;
        return;
    };
    let this = (one.recorder, one.day, days);
    match village.clock.turned.last_mut() {
        Some(turned) if *sitting == Some(this) => turned.until_ms = when + 20_000,
        _ => village.clock.turned.push(TurnedBack {
            from_ms: when.saturating_sub(20_000),
            until_ms: when + 20_000,
            by_ms: u64::from(days) * DAY_MS,
            new_boot: village.dice.permille(500),
        }),
    }
    *sitting = Some(this);
}

fn visit(village: &mut Village, one: &Keyed, when: u64) -> Act {
    let people = [Some(one.cadre), one.companion];
    let facts = Facts::VisitRecorded(VisitRecorded {
        mode: one.way,
        outcome: one.outcome,
        minutes: one.minutes,
        requests: Vec::new(),
    });
    let subject = Subject::household(village.houses[one.house].id);
    let recorder = village.cadres[one.recorder].id;
    let cadre = village.cadres[one.cadre].id;
    Act {
        occurred: as_filled_in(village, one, when),
        actors: people.into_iter().flatten().map(|c| village.cadres[c].id).collect(),
        mode: one.mode,
        planted: one.planted.map(|what| (cadre, what)),
        ..Act::new(&mut village.dice, when, subject, facts, recorder)
    }
}

/// The day that the form has filled in comes from the machine's clock; some take it as it stands.
fn as_filled_in(village: &Village, one: &Keyed, when: u64) -> When {
    let is_live = one.planted.is_none() && one.mode == EntryMode::Live;
    let day = Day::of_instant(when.cast_signed());
    let wrong_days = match village.clock.habit {
        Habit::Off { from, until, by_ms } if (from..until).contains(&day) => by_ms.div_euclid(86_400_000),
        _ => 0,
    };
    if wrong_days == 0 || !is_live || !village.cadres[one.recorder].takes_the_day {
        return one.claim;
    }
    let days = i32::try_from(wrong_days).unwrap_or(0);
    match minute_of(one.claim) {
        Some(minute) => at(one.claim.day().plus(days), minute.cast_signed()),
        None => When::Day(one.claim.day().plus(days)),
    }
}

fn fixed(village: &mut Village, visit: &Act, fix: Fix) -> Act {
    let Facts::VisitRecorded(mut facts) = visit.facts.clone() else {
        return visit.clone();
    };
    let dice = &mut village.dice;
    let when = visit.true_ms() + DAY_MS / 3 + dice.below(14 * DAY_MS);
    let second = village.cadres[dice.index(village.cadres.len())].id;
    let (mut correction, mut occurred) = (CorrectionKind::Correct, None);
    match fix {
        Fix::Minutes => facts.minutes = Some(dice.between(2, 9) * 5),
        Fix::Outcome => facts.outcome = Outcome::NotHome,
        Fix::Claim(claim) => occurred = Some(claim),
        Fix::Void => correction = CorrectionKind::Void,
    }
    let new = matches!(fix, Fix::Minutes | Fix::Outcome).then(|| Replacement(Box::new(Facts::VisitRecorded(facts))));
    let corrected = Facts::RecordCorrected(RecordCorrected {
        target: visit.id,
        correction,
        replacement: new,
        occurred,
    });
    let mut act = Act::new(dice, when, visit.subject, corrected, visit.recorder);
    if correction == CorrectionKind::Void && second != visit.recorder {
        act.actors.push(second);
    }
    act
}

/// How fast an honest recorder types: from the diary faster than from memory, and some always quickly; a minute or more, and often less.
pub(crate) fn honest_pace(dice: &mut Dice, from_paper: bool, is_quick: bool) -> (u64, u64) {
    match (from_paper, is_quick, dice.below(100)) {
        (true, true, 0..92) => (18, 50),
        (true, false, 0..30) => (22, 59),
        (true, ..) => (60, 150),
        (false, true, 0..45) | (false, false, 0..20) => (25, 59),
        (false, ..) => (60, 240),
    }
}

/// Minutes since the day began of a claim that has them.
pub(crate) fn minute_of(claim: When) -> Option<u64> {
    match claim {
        When::Minute(minute) => {
            let start = claim.day().start_ms() / i64::try_from(MINUTE_MS).unwrap_or(1);
            u64::try_from(minute - start).ok()
        }
        _ => None,
    }
}
