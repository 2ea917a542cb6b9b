//! Prints how often each rule is right, in stories whose truth is known: `cargo run -p leads --example evaluate [training]`.
//!
//! Without an argument the held-out seeds are measured: that table stands in `protocol/leads.md`. With `training` those on which
//! thresholds may be looked at.
#![allow(clippy::print_stdout, reason = "it is what the example is for")]
#![allow(
    dead_code,
    reason = "the test uses a part of the measuring that the example does not"
)]

#[path = "../tests/evaluation/mod.rs"]
mod evaluation;

use evaluation::{Tally, measure};
use leads::{Parameters, Rule};
use sample::conduct::{HELD_OUT_SEEDS, PREVALENCES_PERMILLE, TRAINING_SEEDS};

fn permille(value: Option<u64>) -> String {
    value.map_or_else(
        || "–".to_owned(),
        |value| format!("{}.{:03}", value / 1_000, value % 1_000),
    )
}

fn row(rule: Rule, parameters: &Parameters, tallies: &[Tally]) -> String {
    let mut line = format!("| {rule} | {} ", if parameters.is_on(rule) { "on" } else { "off" });
    for tally in tallies {
        let wrong = tally.wrong_in_a_million();
        line += &format!(
            "| {} of {} = {} | {} | {}.{:04} ",
            tally.right,
            tally.leads,
            permille(tally.precision()),
            permille(tally.recall()),
            wrong / 1_000_000,
            wrong % 1_000_000 / 100,
        );
    }
    line + "|"
}

fn main() {
    let (seeds, named) = match std::env::args().nth(1).as_deref() {
        Some("training") => (&TRAINING_SEEDS[..], "training seeds: thresholds may be looked at here"),
        _ => (&HELD_OUT_SEEDS[..], "held-out seeds"),
    };
    let parameters = Parameters::default();
    println!("{named}, parameters version {}\n", parameters.version);
    let all: Vec<_> = PREVALENCES_PERMILLE
        .iter()
        .map(|permille| measure(seeds, *permille, &parameters))
        .collect();
    println!(
        "| rule | default | 1 %: right leads | recall | false | 5 %: right leads | recall | false | 20 %: right leads | recall | false |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for rule in Rule::ALL {
        let tallies: Vec<Tally> = all.iter().map(|tallies| tallies[rule]).collect();
        println!("{}", row(*rule, &parameters, &tallies));
    }
    if std::env::args().nth(2).is_some() {
        for rule in Rule::ALL {
            let tally = all[1][rule];
            println!("{rule}: {tally:?}");
        }
    }
}
