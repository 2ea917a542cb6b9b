//! Traces of random histories: copies, forks, unknown kinds, bad clocks, imports.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod made;

use std::collections::{BTreeMap, BTreeSet};

use audit::{Book, Knowledge, Known, trace};
use event::{EventId, SubjectKind};
use ledger::{Effect, NoEffect};
use made::common::history;
use made::{Held, header, rebuild};

#[test]
fn every_entry_of_an_entity_stands_in_its_trace_once_and_in_the_order_of_the_story() {
    let (mut repeats, mut forks, mut corrected, mut unknown) = (0, 0, 0, 0);
    for seed in 0..80 {
        let given = history(seed, 90);
        let held = Held::of(&given);
        let known = Known {
            knowledge: Knowledge::Everything,
            ledger: rebuild(&given),
            book: Book::default(),
        };
        let subjects: BTreeSet<_> = given.iter().filter_map(|one| header(one)?.subject.into()).collect();
        for subject in subjects {
            let told = trace(subject, &known, &held.history, &held);
            if !matches!(subject.kind, SubjectKind::Household | SubjectKind::Request) {
                assert!(told.is_err(), "{subject:?}");
                continue;
            }
            let told = told.unwrap();
            let steps: BTreeMap<EventId, _> = told.steps.iter().map(|step| (step.event, step)).collect();
            assert_eq!(steps.len(), told.steps.len(), "an identity stands once");
            // What the ledger folds stands in its order, with its effect; what it cannot read stands among it.
            let story = known.ledger.story(subject);
            let in_story: BTreeSet<EventId> = story.iter().map(|step| step.event).collect();
            let own = told.steps.iter().filter(|step| in_story.contains(&step.event));
            assert_eq!(
                own.map(|step| step.event).collect::<Vec<_>>(),
                story.iter().map(|step| step.event).collect::<Vec<_>>(),
                "seed {seed} {subject:?}"
            );
            for step in &story {
                let shown = steps[&step.event];
                assert_eq!(known.ledger.effect_of(step.event), Some(shown.effect));
                assert_eq!(
                    (shown.position, shown.received_at_ms),
                    (step.position, step.received_at_ms)
                );
                assert_eq!(
                    (shown.machine.origin, shown.machine.sequence),
                    (step.origin, step.sequence)
                );
                corrected += shown.corrections.len();
            }
            // Every entry about it is a step, or a repeat beside one.
            for one in given
                .iter()
                .filter(|one| header(one).is_some_and(|header| header.subject == subject))
            {
                let id = header(one).unwrap().id;
                let place = (one.log, one.sequence);
                let step = steps.get(&id);
                let is_step = step.is_some_and(|step| (step.machine.origin, step.machine.sequence) == place);
                let beside = step.into_iter().flat_map(|step| &step.copies);
                let beside = beside
                    .filter(|copy| (copy.machine.origin, copy.machine.sequence) == place)
                    .count();
                match known.ledger.effect_at(one.log, one.sequence) {
                    Some(Effect::NoEffect(NoEffect::Duplicate)) => {
                        assert_eq!((is_step, beside), (false, 1), "seed {seed} {id}");
                        repeats += 1;
                    }
                    Some(Effect::NoEffect(NoEffect::OtherContent)) => {
                        assert!(is_step || beside == 1, "seed {seed} {id}");
                        forks += 1;
                    }
                    effect => {
                        assert!(is_step, "seed {seed} {id} {effect:?}");
                        unknown += usize::from(effect == Some(Effect::NotUnderstood));
                    }
                }
            }
        }
    }
    assert!(
        repeats > 50 && forks > 50 && corrected > 50 && unknown > 20,
        "{repeats} {forks} {corrected} {unknown}"
    );
}
