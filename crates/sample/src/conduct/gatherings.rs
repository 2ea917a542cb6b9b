//! Receptions and meetings: who sat where, and when.

use event::{EntityId, Facts, MeetingHeld, MeetingKind, ReceptionHeld, Subject, Venue};

use super::act::{Act, at, instant};
use super::cast::{Gathering, Village};
use super::{Fabrication, MONTHS};

/// Holds a reception or two and a meeting in each month.
pub(crate) fn hold(village: &mut Village) {
    for (month, first_day) in MONTHS.into_iter().enumerate().take(3) {
        for n in 0..3_u64 {
            let is_meeting = n == 0;
            if n == 2 && village.dice.permille(500) {
                continue;
            }
            let day = first_day.plus(i32::from(village.dice.between(1, 27)));
            let start = if village.dice.permille(700) { 540 } else { 870 } + village.dice.below(4) * 15;
            let end = start + 60 + village.dice.below(7) * 15;
            let mut cadres: Vec<usize> = (0..village.cadres.len())
                .filter(|c| village.is_free(*c, day, start, end))
                .collect();
            village.dice.shuffle(&mut cadres);
            cadres.truncate(if is_meeting { 5 } else { 2 });
            // Whoever will claim to have been in two places was in this one.
            let plants = |c: &usize| {
                let mut plants = village.cadres[*c].plants.iter();
                plants.any(|plant| plant.month == month && plant.what == Fabrication::TwoPlaces)
            };
            let claims: Vec<usize> = (0..village.cadres.len()).filter(plants).collect();
            for cadre in claims {
                if !cadres.contains(&cadre) && village.is_free(cadre, day, start, end) {
                    cadres.push(cadre);
                }
            }
            let Some(first) = cadres.first() else { continue };
            let clerk = village.cadres[0].id;
            let by = if village.dice.permille(600) {
                clerk
            } else {
                village.cadres[*first].id
            };
            let facts = if is_meeting {
                Facts::MeetingHeld(MeetingHeld {
                    meeting: village
                        .dice
                        .weighted(&[(3, MeetingKind::Symposium), (2, MeetingKind::Villagers)]),
                    attending: village.dice.between(6, 40),
                    minutes: Some(u16::try_from(end - start).unwrap_or(0)),
                    requests: Vec::new(),
                })
            } else {
                Facts::ReceptionHeld(ReceptionHeld {
                    venue: village
                        .dice
                        .weighted(&[(3, Venue::Workroom), (2, Venue::VillageOffice)]),
                    until: at(day, end.cast_signed()),
                    // Nobody came to a fifth of them.
                    visitors: village.dice.weighted(&[(20, 0), (30, 1), (30, 3), (20, 6)]),
                    requests: Vec::new(),
                })
            };
            let subject = Subject::occasion(EntityId::from_bytes(village.dice.bytes()));
            let late = 5 + village.dice.below(180);
            let when = instant(day, (end + late).min(1_380), &mut village.dice);
            village.acts.push(Act {
                occurred: at(day, start.cast_signed()),
                actors: cadres.iter().map(|c| village.cadres[*c].id).collect(),
                ..Act::new(&mut village.dice, when, subject, facts, by)
            });
            for cadre in &cadres {
                // The list has some who should have come and did not.
                if village.dice.permille(30) {
                    continue;
                }
                // Some leave early, and may be seen in the village while the list still has them.
                let left = if village.dice.permille(60) {
                    20 + village.dice.below(40)
                } else {
                    0
                };
                village.cadres[*cadre].busy.push((day, start, end - left));
            }
            village.gatherings.push(Gathering {
                day,
                start,
                end,
                cadres,
            });
        }
    }
}
