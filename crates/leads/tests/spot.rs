//! Anybody draws the same sample, and nobody can steer it.

#[allow(dead_code, reason = "the table is read by other tests")]
mod evaluation;

use std::collections::{BTreeMap, BTreeSet};

use evaluation::history_of;
use event::{Day, EventId, Facts, PersonId, Position};
use leads::{SpotPlan, draw, list_hash};
use sample::conduct::{ConductPlan, TRAINING_SEEDS};

fn id(n: u8) -> EventId {
    EventId::from_bytes([n; 16])
}

fn plan(root: [u8; 32]) -> SpotPlan {
    SpotPlan::usual(Position(100), root, Day(20_513), Day(20_543))
}

/// Two cadres with 50 and 3 visits, one of them together. The expected list was computed apart, by a few lines of Python over the page.
#[test]
fn a_fixed_vector() {
    let strata = BTreeMap::from([
        (PersonId::from_bytes([2; 16]), (0..50).map(id).collect::<BTreeSet<_>>()),
        (PersonId::from_bytes([9; 16]), BTreeSet::from([id(200), id(201), id(7)])),
    ]);
    let list = draw(&strata, &plan([0x5e; 32]));
    let bytes: Vec<u8> = list.iter().map(|id| id.to_bytes()[0]).collect();
    assert_eq!(
        (bytes, list_hash(&list).to_string()),
        (LIST.to_vec(), LIST_HASH.to_owned())
    );
    assert_ne!(draw(&strata, &plan([0x5f; 32])), list, "another seed draws others");
}

const LIST: [u8; 5] = [18, 20, 31, 200, 201];
const LIST_HASH: &str = "fb568cfd415c1a22980dadbcfa9210564e71c44baece01299136570795e47835";

#[test]
fn two_of_few_and_one_in_twenty_of_many() {
    for (visits, drawn) in [(0, 0), (1, 1), (2, 2), (40, 2), (41, 3), (60, 3), (100, 5)] {
        let strata = BTreeMap::from([(PersonId::from_bytes([2; 16]), (0..visits).map(id).collect())]);
        assert_eq!(draw(&strata, &plan([1; 32])).len(), drawn, "{visits}");
    }
}

#[test]
fn the_generator_of_stories_which_draws_by_the_page_alone_draws_the_same() {
    // Nothing is planted: who cuts a log takes visits out of the sample.
    for seed in &TRAINING_SEEDS[..3] {
        let conduct = ConductPlan::new(*seed, 0).tell();
        let history = history_of(&conduct);
        let published = conduct.records.iter().filter_map(|one| {
            let event = one.entry.event().ok()?;
            match Facts::decode(event.header.kind, event.header.schema, event.facts) {
                Ok(Some(Facts::SamplePublished(facts))) => Some(facts),
                _ => None,
            }
        });
        for (facts, theirs) in published.zip(&conduct.samples) {
            let plan = SpotPlan::of_published(&facts).expect("a known rule");
            let list = history.sample(&plan);
            assert!(&list == theirs, "seed {seed}");
            assert_eq!(list_hash(&list), facts.list);
            assert!(list.len() > 300, "{}", list.len());
        }
    }
}
