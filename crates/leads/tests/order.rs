//! The same entries give the same leads, in whatever order and however often they are given; an honest office that was offline gives none of
//! the four that look at entering.

#[allow(dead_code, reason = "the table is read by other tests")]
mod evaluation;

use evaluation::{history_of, measure, notes_of, records_of, tally};
use leads::{Asked, History, Parameters, Rule, leads};
use sample::conduct::{self, ConductPlan, Setting, TRAINING_SEEDS};

/// A generator for shuffling (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).expect("a small number")
    }
}

#[test]
fn leads_do_not_depend_on_the_order_of_the_entries_nor_on_repeats() {
    let plan = ConductPlan {
        villages: 12,
        ..ConductPlan::new(TRAINING_SEEDS[5], 300)
    };
    let conduct = plan.tell();
    let (mut records, mut notes) = (records_of(&conduct), notes_of(&conduct));
    let of = |history: &History| leads(history, &Parameters::default(), Asked::All);
    let expected = of(&History::rebuild(&records, notes.clone(), conduct::JOURNAL));
    let rules: std::collections::BTreeSet<Rule> = expected.iter().map(|lead| lead.rule).collect();
    assert!(rules.len() >= 12, "only {rules:?} found something to compare");
    let mut dice = Dice(3);
    for _ in 0..3 {
        for at in (1..records.len()).rev() {
            records.swap(at, dice.below(at + 1));
        }
        notes.reverse();
        let again = records.iter().step_by(7).copied().collect::<Vec<_>>();
        let more: Vec<_> = records.iter().copied().chain(again).collect();
        let history = History::rebuild(&more, notes.clone(), conduct::JOURNAL);
        assert_eq!(of(&history), expected);
    }
}

#[test]
fn an_honest_township_that_is_offline_for_weeks_raises_none_of_the_rules_on_entering() {
    // Seeds of its own: nothing is fitted to them, they only have to be many.
    for seed in 0..24 {
        let plan = ConductPlan {
            setting: Setting::HonestOffline,
            ..ConductPlan::new(500_000 + seed, 0)
        };
        let history = history_of(&plan.tell());
        for rule in [Rule::R05, Rule::R06, Rule::R07, Rule::R08] {
            let found = leads(&history, &Parameters::default(), Asked::One(rule));
            assert_eq!(found, [], "seed {seed}");
        }
    }
}

#[test]
fn only_the_rules_that_are_on_are_asked_unless_somebody_names_another() {
    let conduct = ConductPlan::new(TRAINING_SEEDS[0], 200).tell();
    let history = history_of(&conduct);
    let parameters = Parameters::default();
    let all = leads(&history, &parameters, Asked::All);
    let on = leads(&history, &parameters, Asked::On);
    let filtered: Vec<_> = all.iter().filter(|lead| parameters.is_on(lead.rule)).cloned().collect();
    assert_eq!(on, filtered);
    for rule in Rule::ALL {
        let one = leads(&history, &parameters, Asked::One(*rule));
        assert_eq!(
            one,
            all.iter()
                .filter(|lead| lead.rule == *rule)
                .cloned()
                .collect::<Vec<_>>()
        );
    }
    for lead in &all {
        assert!(lead.events.len() <= leads::LEAD_EVENTS_MAX && lead.period.0 <= lead.period.1);
        assert_eq!(lead.version, parameters.version);
    }
}

#[test]
fn measuring_finds_what_is_there_and_nothing_in_an_honest_story() {
    let tallies = measure(&TRAINING_SEEDS[..1], 0, &Parameters::default());
    assert!(
        tallies
            .values()
            .all(|tally| tally.right == 0 && tally.planted == 0 && tally.wrong == tally.leads)
    );
    let conduct = ConductPlan::new(TRAINING_SEEDS[0], 200).tell();
    let mut tallies = std::collections::BTreeMap::new();
    tally(
        &conduct,
        &evaluation::leads_of(&conduct, &Parameters::default()),
        &mut tallies,
    );
    let tally = tallies[&Rule::R07];
    assert!(tally.right > 0 && tally.right <= tally.leads && tally.found <= tally.planted);
    assert!(tally.any >= tally.right && tally.any + tally.wrong == tally.leads);
}
