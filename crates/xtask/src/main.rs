//! The project's own chores, behind `cargo xtask`: `test` is the one test command, `seeded-bugs`
//! puts known mistakes into a copy of the tree and sees to it that a test turns red, `bench` builds
//! and starts the bench.
//!
//! It knows no crate of this workspace: it drives `cargo` and `git` and reads what they print.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore speaks to the person who started it, and to nobody else"
)]

mod bench;
mod clock;
mod machine;
mod process;
mod seeded;
mod suite;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};

const USAGE: &str = "\
cargo xtask test [-p PACKAGE]...
    Checks the machine, then the formatting, the lints and all tests; the last line counts them.
    MINQING_DATA names the folder with real data; what needs it is skipped, and counted, without.
cargo xtask seeded-bugs [--check-applies] [NAME]...
    Puts each mistake of tests/seeded-bugs into a copy of the tree; the test that it names must turn red.
    --check-applies only looks whether every patch still fits the tree.
cargo xtask bench [--quick] [--row N]...
    Builds the bench and the program for release and prints one table, each row beside its yardstick.
    Never a test: a figure that misses its target is printed with MISSED, and the exit code stays 0.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.split_first() {
        Some((chore, rest)) if chore == "test" => packages(rest).and_then(|packages| suite::run(&root()?, &packages)),
        Some((chore, rest)) if chore == "seeded-bugs" => root().and_then(|root| seeded::run(&root, rest)),
        Some((chore, rest)) if chore == "bench" => root().and_then(|root| bench::run(&root, rest)),
        _ => Err(anyhow::anyhow!("{USAGE}")),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

/// The folder of the workspace.
fn root() -> anyhow::Result<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = here
        .ancestors()
        .nth(2)
        .context("the crate stands two folders below the workspace")?;
    Ok(root.to_path_buf())
}

fn packages(args: &[String]) -> anyhow::Result<Vec<String>> {
    let mut packages = Vec::new();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match (arg.as_str(), args.next()) {
            ("-p" | "--package", Some(name)) => packages.push(name.clone()),
            _ => bail!("{USAGE}"),
        }
    }
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_named_one_by_one() {
        let args = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(packages(&args("-p event --package proof")).unwrap(), ["event", "proof"]);
        assert!(packages(&args("")).unwrap().is_empty());
        for bad in ["event", "-p", "--all"] {
            assert!(packages(&args(bad)).is_err(), "{bad}");
        }
    }
}
