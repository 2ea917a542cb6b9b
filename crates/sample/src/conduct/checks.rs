//! The township draws a sample of each month, publishes it, and asks the households.
//!
//! The drawing is written here once more, from `protocol/leads.md`, and not taken from the crate that holds the rules: each
//! is held to the other.

use std::collections::{BTreeMap, BTreeSet};

use event::{
    CheckMethod, CheckResult, ContactChecked, CorrectionKind, EventId, Facts, Hash256, Mode, Outcome, PersonId,
    Position, RecordCorrected, Replacement, SamplePublished, Subject,
};
use sha2::{Digest, Sha256};

use super::act::{Act, DAY_MS, instant};
use super::cast::Village;
use super::journal::{JOURNAL, pushes, root};
use super::{ConductPlan, Fabrication, MONTHS};
use crate::dice::Dice;

const MINIMUM: u16 = 2;
const PERMILLE: u16 = 50;

/// Draws, publishes and checks each month; returns the lists that were drawn.
pub(crate) fn check(
    plan: &ConductPlan,
    villages: &mut [Village],
    staff: &[PersonId],
    dice: &mut Dice,
) -> Vec<Vec<EventId>> {
    let mut lists = Vec::new();
    for month in 0..3 {
        let published = instant(MONTHS[month + 1].plus(4), 540, dice);
        let received = pushes(villages)
            .into_iter()
            .filter(|push| push.received_at_ms < published);
        let places: BTreeMap<EventId, Position> = received
            .flat_map(|push| push.ids.into_iter().map(move |id| (id, push.position)))
            .collect();
        let size = Position(places.values().max().map_or(0, |last| last.0 + 1));
        let seed = root(plan.seed, size);
        let list = draw(&strata(villages, &places, month), &seed);
        let facts = Facts::SamplePublished(SamplePublished {
            journal: JOURNAL,
            size,
            root: Hash256(seed),
            from: MONTHS[month],
            to: MONTHS[month + 1].plus(-1),
            minimum: MINIMUM,
            permille: PERMILLE,
            rule: 1,
            drawn: u32::try_from(list.len()).unwrap_or(0),
            list: Hash256(
                list.iter()
                    .fold(Sha256::new(), |hash, id| hash.chain_update(id.to_bytes()))
                    .finalize()
                    .into(),
            ),
        });
        let publication = Act {
            by_hub: true,
            ..Act::new(dice, published, Subject::journal(JOURNAL), facts, staff[0])
        };
        let (sample, drawn) = (publication.id, list.iter().copied().collect());
        villages[0].acts.push(publication);
        for village in villages.iter_mut() {
            ask(village, staff, (sample, published), &drawn);
        }
        lists.push(list);
    }
    lists
}

/// The visits of the month that met somebody at home, by cadre, as the journal knew them.
fn strata(
    villages: &[Village],
    places: &BTreeMap<EventId, Position>,
    month: usize,
) -> BTreeMap<PersonId, BTreeSet<EventId>> {
    let mut strata: BTreeMap<PersonId, BTreeSet<EventId>> = BTreeMap::new();
    for village in villages {
        let known: Vec<&Act> = village.acts.iter().filter(|act| places.contains_key(&act.id)).collect();
        let mut visits: BTreeMap<EventId, (&Act, Facts, event::Day, bool)> = BTreeMap::new();
        for act in &known {
            if matches!(act.facts, Facts::VisitRecorded(_)) {
                visits.insert(act.id, (act, act.facts.clone(), act.occurred.day(), false));
            }
        }
        let mut corrections: Vec<&&Act> = known
            .iter()
            .filter(|act| matches!(act.facts, Facts::RecordCorrected(_)))
            .collect();
        corrections.sort_by_key(|act| act.id);
        for act in corrections {
            let Facts::RecordCorrected(facts) = &act.facts else {
                continue;
            };
            let Some(visit) = visits.get_mut(&facts.target) else {
                continue;
            };
            if facts.correction == CorrectionKind::Void {
                visit.3 |= act.actors.iter().any(|actor| *actor != act.recorder);
                continue;
            }
            visit.3 = false;
            if let Some(Replacement(new)) = &facts.replacement {
                visit.1 = (**new).clone();
            }
            if let Some(occurred) = facts.occurred {
                visit.2 = occurred.day();
            }
        }
        for (id, (act, facts, day, is_void)) in visits {
            let Facts::VisitRecorded(facts) = facts else { continue };
            let counts = facts.mode == Mode::Home && facts.outcome == Outcome::Met && !is_void;
            if counts && (MONTHS[month]..MONTHS[month + 1]).contains(&day) {
                for cadre in &act.actors {
                    strata.entry(*cadre).or_default().insert(id);
                }
            }
        }
    }
    strata
}

fn draw(strata: &BTreeMap<PersonId, BTreeSet<EventId>>, seed: &[u8; 32]) -> Vec<EventId> {
    let mut list = Vec::new();
    for visits in strata.values() {
        let mut order: Vec<([u8; 32], EventId)> = visits
            .iter()
            .map(|id| {
                (
                    Sha256::new()
                        .chain_update(seed)
                        .chain_update(id.to_bytes())
                        .finalize()
                        .into(),
                    *id,
                )
            })
            .collect();
        order.sort_unstable();
        let share = (visits.len() * usize::from(PERMILLE)).div_ceil(1_000);
        for (_, id) in order.into_iter().take(share.max(usize::from(MINIMUM))) {
            if !list.contains(&id) {
                list.push(id);
            }
        }
    }
    list
}

fn ask(village: &mut Village, staff: &[PersonId], (sample, published): (EventId, u64), drawn: &BTreeSet<EventId>) {
    let visits: Vec<Act> = village
        .acts
        .iter()
        .filter(|act| drawn.contains(&act.id))
        .cloned()
        .collect();
    for visit in visits {
        let invented = visit.planted.filter(|(_, what)| what.invents_visits());
        let asked = published + 6 * DAY_MS + village.dice.below(11 * DAY_MS);
        let edits = matches!(visit.planted, Some((_, Fabrication::EditedBeforeCheck)));
        let when = published + DAY_MS / 4 + village.dice.below(5 * DAY_MS);
        if edits && village.is_online(event::Day::of_instant(when.cast_signed())) && village.dice.permille(750) {
            let act = edit(village, &visit, when);
            village.acts.push(act);
        }
        let dice = &mut village.dice;
        let result = if invented.is_some() {
            dice.weighted(&[
                (50, CheckResult::Contradicted),
                (25, CheckResult::NotRemembered),
                (12, CheckResult::Confirmed),
                (8, CheckResult::Unreachable),
                (5, CheckResult::Declined),
            ])
        } else {
            // Another of the family opened the door then; or memory is short.
            dice.weighted(&[
                (835, CheckResult::Confirmed),
                (42, CheckResult::NotRemembered),
                (8, CheckResult::Contradicted),
                (90, CheckResult::Unreachable),
                (25, CheckResult::Declined),
            ])
        };
        let facts = Facts::ContactChecked(ContactChecked {
            target: visit.id,
            method: dice.weighted(&[(7, CheckMethod::Phone), (3, CheckMethod::Home)]),
            sample: Some(sample),
            result,
        });
        let checker = staff[dice.index(staff.len())];
        village.acts.push(Act {
            by_hub: true,
            ..Act::new(dice, asked, visit.subject, facts, checker)
        });
    }
}

/// The record is made harmless before anybody asks.
fn edit(village: &mut Village, visit: &Act, when: u64) -> Act {
    let Facts::VisitRecorded(mut facts) = visit.facts.clone() else {
        return visit.clone();
    };
    let (mut correction, mut actors) = (CorrectionKind::Correct, vec![visit.recorder]);
    match village.dice.below(4) {
        0 => {
            correction = CorrectionKind::Void;
            actors.push(village.cadres[village.dice.index(village.cadres.len())].id);
        }
        1 => facts.mode = Mode::Phone,
        _ => facts.outcome = Outcome::NotHome,
    }
    let new = (correction == CorrectionKind::Correct).then(|| Replacement(Box::new(Facts::VisitRecorded(facts))));
    let corrected = Facts::RecordCorrected(RecordCorrected {
        target: visit.id,
        correction,
        replacement: new,
        occurred: None,
    });
    Act {
        actors,
        planted: visit.planted,
        occurred: visit.occurred,
        ..Act::new(&mut village.dice, when, visit.subject, corrected, visit.recorder)
    }
}
