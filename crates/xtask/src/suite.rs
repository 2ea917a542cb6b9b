//! `cargo xtask test`: formatting, lints, every test, and one last line that counts them.

use std::fs;
use std::ops::AddAssign;
use std::path::Path;
use std::process::Command;

use anyhow::Context;
use serde_json::Value;

use crate::process::{Said, cargo, listen, show, works};
use crate::{clock, machine};

/// Tests by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl AddAssign for Count {
    fn add_assign(&mut self, more: Self) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.ignored += more.ignored;
    }
}

impl Count {
    /// Reads what `cargo test` or `cargo nextest run` printed.
    pub(crate) fn read(lines: &[String]) -> Self {
        let mut count = Self::default();
        for line in lines {
            // "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s", or
            // "     Summary [   1.2s] 40 tests run: 38 passed (1 slow), 1 failed, 1 timed out, 2 skipped"
            let parts = match (
                line.strip_prefix("test result: "),
                line.trim_start().strip_prefix("Summary ["),
            ) {
                (Some(result), _) => result.split_once(". ").map(|(_, parts)| parts),
                (None, Some(summary)) => summary.split_once(" run: ").map(|(_, parts)| parts),
                (None, None) => None,
            };
            for part in parts.unwrap_or_default().split([';', ',']) {
                let mut words = part.split_whitespace();
                let Some(number) = words.next().and_then(|word| word.parse::<u64>().ok()) else {
                    continue;
                };
                match words.next() {
                    Some("passed") => count.passed += number,
                    Some("failed" | "timed" | "exec") => count.failed += number,
                    Some("ignored" | "skipped") => count.ignored += number,
                    _ => {}
                }
            }
        }
        count
    }
}

/// Runs everything for the named packages, or for all. Every step runs, so that one run tells it all.
///
/// # Errors
/// If the machine lacks something or a program cannot be started; a red test is no error but `false`.
pub(crate) fn run(root: &Path, packages: &[String]) -> anyhow::Result<bool> {
    machine::ready(root)?;
    let (outcome, took) = clock::timed(|| steps(root, packages));
    let (well, last_line) = outcome?;
    println!("{last_line} ({} s)", took.as_secs());
    Ok(well)
}

fn steps(root: &Path, packages: &[String]) -> anyhow::Result<(bool, String)> {
    let chosen: Vec<&str> = match packages {
        [] => vec!["--workspace"],
        some => some.iter().flat_map(|name| ["--package", name]).collect(),
    };
    let for_fmt = if packages.is_empty() {
        vec!["--all"]
    } else {
        chosen.clone()
    };
    let fmt = show(cargo(root).arg("fmt").args(for_fmt).arg("--check"))?;
    let clippy = show(
        cargo(root)
            .arg("clippy")
            .args(&chosen)
            .args(["--all-targets", "--", "-D", "warnings"]),
    )?;

    let skips = root.join("target").join("skips.txt");
    fs::write(&skips, "").with_context(|| format!("{} cannot be written", skips.display()))?;
    let mut tests = listen(tests(root, &chosen).env("MINQING_SKIPS", &skips), true)?;
    let with_docs = with_library(root, packages)?;
    if !with_docs.is_empty() {
        let mut docs = cargo(root);
        docs.args(["test", "--doc", "--no-fail-fast"])
            .env("MINQING_SKIPS", &skips);
        for name in &with_docs {
            docs.args(["--package", name]);
        }
        let docs = listen(&mut docs, true)?;
        tests = Said {
            well: tests.well && docs.well,
            lines: [tests.lines, docs.lines].concat(),
        };
    }

    let skipped = fs::read_to_string(&skips).with_context(|| format!("{} cannot be read", skips.display()))?;
    skipped.lines().for_each(|line| println!("SKIPPED: {line}"));
    let count = Count::read(&tests.lines);
    let well = fmt && clippy && tests.well && count.failed == 0;
    Ok((
        well,
        last_line(fmt, clippy, tests.well, count, skipped.lines().count() as u64),
    ))
}

/// The test command: `cargo nextest` where it is installed, else `cargo test`.
fn tests(root: &Path, chosen: &[&str]) -> Command {
    let mut command = cargo(root);
    if works(cargo(root).args(["nextest", "--version"])) {
        command
            .args(["nextest", "run", "--no-fail-fast", "--no-tests=pass"])
            .args(chosen);
    } else {
        command.args(["test", "--no-fail-fast", "--all-targets"]).args(chosen);
    }
    command
}

/// Packages among the chosen ones that have a library, and so may have examples in their documentation.
fn with_library(root: &Path, packages: &[String]) -> anyhow::Result<Vec<String>> {
    let said = cargo(root)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()?;
    let metadata: Value = serde_json::from_slice(&said.stdout).context("cargo metadata is not JSON")?;
    let all = metadata["packages"]
        .as_array()
        .context("cargo metadata names no packages")?;
    let has_library = |package: &&Value| {
        let targets = package["targets"].as_array().into_iter().flatten();
        targets
            .filter_map(|target| target["kind"].as_array())
            .flatten()
            .any(|kind| kind == "lib")
    };
    let names = all
        .iter()
        .filter(has_library)
        .filter_map(|package| package["name"].as_str());
    Ok(names
        .filter(|name| packages.is_empty() || packages.iter().any(|p| p == name))
        .map(str::to_owned)
        .collect())
}

/// A test that skips itself looks passed to its runner; it is counted here as what it is.
fn last_line(fmt: bool, clippy: bool, ran: bool, count: Count, skipped: u64) -> String {
    let word = |well| if well { "ok" } else { "FAILED" };
    let note = if ran || count.failed > 0 {
        ""
    } else {
        " · TESTS DID NOT RUN"
    };
    format!(
        "formatting {} · lints {} · {} passed, {} failed, {} skipped{note}",
        word(fmt),
        word(clippy),
        count.passed.saturating_sub(skipped),
        count.failed,
        count.ignored + skipped,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Count {
        Count::read(&text.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn both_runners_are_read() {
        let cargo_test = "running 2 tests\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 9 filtered out; finished in 0.10s\n\
            test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s";
        assert_eq!(
            read(cargo_test),
            Count {
                passed: 7,
                failed: 2,
                ignored: 1
            }
        );
        let nextest = "     Summary [   0.104s] 38 tests run: 34 passed (1 slow), 3 failed, 1 timed out, 5 skipped";
        assert_eq!(
            read(nextest),
            Count {
                passed: 34,
                failed: 4,
                ignored: 5
            }
        );
        assert_eq!(read("error: could not compile `event`"), Count::default());
    }

    #[test]
    fn a_skip_is_not_a_pass() {
        let count = Count {
            passed: 10,
            failed: 0,
            ignored: 1,
        };
        assert_eq!(
            last_line(true, true, true, count, 2),
            "formatting ok · lints ok · 8 passed, 0 failed, 3 skipped"
        );
        assert_eq!(
            last_line(true, false, false, Count::default(), 0),
            "formatting ok · lints FAILED · 0 passed, 0 failed, 0 skipped · TESTS DID NOT RUN"
        );
    }
}
