//! Prints how often each rule is right, in stories whose truth is known: `cargo run -p leads --example evaluate [training]`.
//!
//! Without an argument the held-out seeds are measured: that table stands in `protocol/leads.md`. With `training` those on which
//! thresholds may be looked at.
#![allow(clippy::print_stdout, reason = "it is what the example is for")]

#[allow(dead_code, reason = "a test uses what the example does not")]
#[path = "../tests/evaluation/mod.rs"]
mod evaluation;

use leads::Parameters;
use sample::conduct::{HELD_OUT_SEEDS, PREVALENCES_PERMILLE, TRAINING_SEEDS};

fn main() {
    let (seeds, named) = match std::env::args().nth(1).as_deref() {
        Some("training") => (&TRAINING_SEEDS[..], "training seeds: thresholds may be looked at here"),
        _ => (&HELD_OUT_SEEDS[..], "held-out seeds"),
    };
    let parameters = Parameters::default();
    println!("{named}, parameters version {}\n", parameters.version);
    let measured: Vec<_> = PREVALENCES_PERMILLE
        .iter()
        .map(|permille| evaluation::measure(seeds, *permille, &parameters))
        .collect();
    print!("{}", evaluation::table(&parameters, &measured));
}
