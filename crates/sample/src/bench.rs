//! The bench's fixed generator. Figures of different days and machines compare only if this stays as
//! it is: a golden test holds the first 1,000 drafts.
//!
//! One village, four cadres, [`BENCH_HOUSEHOLDS`] households. The first drafts register the households;
//! after them 19 of 20 drafts are visits and one is a request. Fifty a day from 2025-09-01. Every draft
//! has a note of exactly [`BENCH_NOTE_CHARS`] characters, drawn evenly from 3,500 that lie evenly
//! spread over U+4E00 to U+9FA5: 11.8 bits each, which is about what a compressor leaves of real notes
//! that never repeat, and more than it leaves of stock phrases.

use event::{
    Channel, Day, Draft, EntityId, EntryMode, Facts, HouseholdRegistered, Mode, Outcome, PersonId, PersonalContent,
    RequestKind, RequestRaised, Subject, Urgency, VisitRecorded,
};

use crate::dice::{Dice, Stream};
use crate::life::at;
use crate::{names, plan};

/// Households of the bench's village.
pub const BENCH_HOUSEHOLDS: usize = 200;
/// Characters of each note.
pub const BENCH_NOTE_CHARS: usize = 40;
const FIRST_DAY: Day = Day(20_332);
const PER_DAY: usize = 50;

/// The first `n` drafts of the bench with this seed.
pub fn bench_entries(seed: u64, n: usize) -> impl Iterator<Item = Draft> {
    let mut dice = Dice::new(seed, Stream::Bench);
    let cadres: Vec<PersonId> = (0..4).map(|_| PersonId::from_bytes(dice.bytes())).collect();
    let households: Vec<EntityId> = (0..BENCH_HOUSEHOLDS)
        .map(|_| EntityId::from_bytes(dice.bytes()))
        .collect();
    (0..n).map(move |k| {
        let by = cadres[dice.index(cadres.len())];
        let household = households[if k < BENCH_HOUSEHOLDS {
            k
        } else {
            dice.index(BENCH_HOUSEHOLDS)
        }];
        let mut personal = PersonalContent {
            text: Some((0..BENCH_NOTE_CHARS).map(|_| character(&mut dice)).collect()),
            ..PersonalContent::default()
        };
        let (subject, facts) = if k < BENCH_HOUSEHOLDS {
            personal.head = Some(names::person(&mut dice));
            personal.phone = Some(names::phone(&mut dice));
            let facts = Facts::HouseholdRegistered(HouseholdRegistered {
                group: dice.between(1, 8),
                size: Some(dice.between(1, 6)),
            });
            (Subject::household(household), facts)
        } else if dice.permille(950) {
            (Subject::household(household), visit(&mut dice))
        } else {
            let facts = Facts::RequestRaised(RequestRaised {
                household: Some(household),
                channel: Channel::Visit,
                kind: dice.weighted(&[
                    (3, RequestKind::Advice),
                    (4, RequestKind::Help),
                    (3, RequestKind::Errand),
                ]),
                urgency: Urgency::Ordinary,
                people: 1,
            });
            (Subject::request(EntityId::from_bytes(dice.bytes())), facts)
        };
        let day = FIRST_DAY.plus(i32::try_from(k / PER_DAY).unwrap_or(i32::MAX));
        let minute = 480 + u16::try_from(k % PER_DAY * 13).unwrap_or(0);
        Draft {
            subject,
            facts,
            occurred: at(day, minute),
            unit: plan::village_unit(0),
            recorder: by,
            actors: vec![by],
            causes: Vec::new(),
            mode: EntryMode::Live,
            source: None,
            personal: Some(personal),
        }
    })
}

fn visit(dice: &mut Dice) -> Facts {
    Facts::VisitRecorded(VisitRecorded {
        mode: dice.weighted(&[(8, Mode::Home), (2, Mode::Phone)]),
        outcome: dice.weighted(&[(85, Outcome::Met), (15, Outcome::NotHome)]),
        minutes: dice.permille(400).then(|| dice.between(5, 60)),
        requests: Vec::new(),
    })
}

fn character(dice: &mut Dice) -> char {
    let offset = dice.below(3_500) * 20_902 / 3_500;
    u32::try_from(offset)
        .ok()
        .and_then(|offset| char::from_u32(0x4e00 + offset))
        .unwrap_or('一')
}
