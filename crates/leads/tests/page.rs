//! `protocol/leads.md` says what the rules are and how often they are right; both are held to the program.

#[allow(dead_code, reason = "other tests use the rest")]
mod evaluation;

use std::collections::BTreeMap;

use evaluation::{Tally, cells, earns_on, measure, table};
use leads::{
    LEAD_EVENTS_MAX, Lang, Measured, PARAMETERS_VERSION, Parameters, Rule, SPOT_RULE_VERSION, Words, figure_words,
};
use sample::conduct::{HELD_OUT_SEEDS, PREVALENCES_PERMILLE};

const PAGE: &str = include_str!("../../../protocol/leads.md");

/// The section of a rule, from its heading to the next.
fn section(rule: Rule) -> &'static str {
    let (_, rest) = PAGE
        .split_once(&format!("\n### {rule} "))
        .expect("a heading for every rule");
    rest.split("\n#").next().expect("its text")
}

#[test]
fn every_rule_stands_on_the_page_with_its_parameters_and_whether_it_is_on() {
    let parameters = Parameters::default();
    for rule in Rule::ALL {
        let section = section(*rule);
        let on_page: Vec<(&str, u64)> = section
            .lines()
            .filter_map(|line| line.strip_prefix("| `"))
            .map(|line| {
                let mut cells = line.split('|').map(str::trim);
                let name = cells.next().expect("a name").trim_end_matches('`');
                (
                    name,
                    cells.next().and_then(|value| value.parse().ok()).expect("a number"),
                )
            })
            .collect();
        assert_eq!(on_page, parameters.of(*rule), "{rule}");
        let heading = section.lines().next().expect("the rest of the heading");
        let said = if parameters.is_on(*rule) { "· on" } else { "· off" };
        assert!(heading.ends_with(said), "{rule}: {heading:?}");
        assert!(
            heading.contains(Words::of(*rule, Lang::Zh).title),
            "{rule}: {heading:?}"
        );
        assert!(section.contains("Benign: "), "{rule}");
        let (_, figures) = section.split_once("Figures: ").expect("what it counts");
        let (figures, _) = figures.split_once(". Benign").expect("where that ends");
        for name in figures.split([',', ';']) {
            let name = name.split_once('(').map_or(name, |(name, _)| name).trim();
            let name = name.strip_prefix("or ").unwrap_or(name);
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            assert!(!is_name || figure_words(name, Lang::Zh) != name, "{rule}: {name}");
        }
    }
    for text in [
        format!("Parameters version **{PARAMETERS_VERSION}**"),
        format!("rule of drawing **{SPOT_RULE_VERSION}**"),
        format!("at most {LEAD_EVENTS_MAX} events"),
        format!("{} ms", parameters.clock_skew_ms),
    ] {
        assert!(PAGE.contains(&text), "the page does not say {text:?}");
    }
}

/// Measures the held-out seeds anew at these prevalences, half of the seeds in a thread of its own.
fn measured(permilles: &[u16]) -> Vec<BTreeMap<Rule, Tally>> {
    let half = |seeds: &[u64], permille| measure(seeds, permille, &Parameters::default());
    let (one, other) = HELD_OUT_SEEDS.split_at(HELD_OUT_SEEDS.len() / 2);
    let both = |permille: &u16| {
        std::thread::scope(|scope| {
            let running = scope.spawn(|| half(one, *permille));
            let mut sum = half(other, *permille);
            for (rule, tally) in running.join().expect("it ends") {
                sum.entry(rule).or_default().add(&tally);
            }
            sum
        })
    };
    permilles.iter().map(both).collect()
}

/// What decides whether a rule is on: the column of 5 %. With `MINQING_WHOLE_TABLE` the others, too.
#[test]
fn the_measured_table_is_the_one_on_the_page_and_the_rules_that_are_on_have_earned_it() {
    let parameters = Parameters::default();
    let is_whole = std::env::var_os("MINQING_WHOLE_TABLE").is_some();
    let permilles = if is_whole {
        &PREVALENCES_PERMILLE[..]
    } else {
        &PREVALENCES_PERMILLE[1..2]
    };
    let measured = measured(permilles);
    let decides = &measured[usize::from(is_whole)];
    for rule in Rule::ALL {
        let tally = &decides[rule];
        assert_eq!(parameters.is_on(*rule), earns_on(tally), "{rule}: {tally:?}");
        let known = Measured::of(*rule);
        let says = format!("| {} of {} = ", known.right, known.of);
        assert!(cells(tally).starts_with(&says), "{rule}: {says}");
        let row = PAGE.lines().find(|line| line.starts_with(&format!("| {rule} | ")));
        let says = row.is_some_and(|row| row.contains(&cells(tally)));
        assert!(says, "{rule}: its row does not say {}", cells(tally));
    }
    if is_whole {
        let table = table(&parameters, &measured);
        assert!(
            PAGE.contains(&table),
            "the table on the page is not the measured one:\n{table}"
        );
    }
}
