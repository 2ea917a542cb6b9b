//! `cargo xtask seeded-bugs`: known mistakes, each a patch in `tests/seeded-bugs` that names the
//! test which must turn red. It shows that the suite would notice; a suite that stays green with
//! the mistake in place checks nothing.
//!
//! A patch begins with `# test: <package>[/<target>] <filter>` and `# why: …`. The target is the file of an
//! integration test, or `lib` for the tests beside the code; it spares building the package's other tests.
//!
//! First every test must be green in the sound tree, then red with its mistake in place. The mistakes are put into a copy of the tree below `target`, never into the tree itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::clock;
use crate::process::{listen, works};
use crate::suite::Count;

/// Longest run of one test with a mistake in place, in seconds. A mistake that makes it hang is found, too.
const TEST_SECONDS_MAX: &str = "120";

/// One patch.
#[derive(Debug, PartialEq, Eq)]
struct Bug {
    name: String,
    patch: PathBuf,
    test: Test,
    why: String,
}

/// The test that must turn red.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Test {
    package: String,
    /// `lib`, or an integration test; every target of the package if not named.
    target: Option<String>,
    filter: String,
}

/// What came of a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Caught,
    Broke,
    Survived,
    NoSuchTest,
    RedBefore,
    DoesNotBuild,
    DoesNotApply,
}

impl Outcome {
    const fn well(self) -> bool {
        matches!(self, Self::Caught | Self::Broke)
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Broke => "caught (the test hung or died)",
            Self::Survived => "SURVIVED: the test stays green",
            Self::NoSuchTest => "NO SUCH TEST: the filter matches nothing",
            Self::RedBefore => "RED WITHOUT IT: the test fails in the sound tree",
            Self::DoesNotBuild => "DOES NOT BUILD: a compile error is no catch",
            Self::DoesNotApply => "DOES NOT APPLY: the tree has moved on",
        }
    }
}

/// Runs the chore; `false` if a mistake was not caught or a patch does not apply.
///
/// # Errors
/// A patch without its header, an unknown name, a copy that cannot be made.
pub(crate) fn run(root: &Path, args: &[String]) -> anyhow::Result<bool> {
    let (flags, names): (Vec<&String>, Vec<&String>) = args.iter().partition(|arg| arg.starts_with('-'));
    if let Some(flag) = flags.iter().find(|flag| **flag != "--check-applies") {
        bail!("{flag} is not an option of seeded-bugs");
    }
    let mut bugs = read_all(&root.join("tests/seeded-bugs"))?;
    if let Some(name) = names.iter().find(|name| !bugs.iter().any(|bug| bug.name == ***name)) {
        bail!("no patch named {name} in tests/seeded-bugs");
    }
    bugs.retain(|bug| names.is_empty() || names.contains(&&bug.name));
    if flags.is_empty() {
        plant_all(root, &bugs)
    } else {
        Ok(check_applies(root, &bugs))
    }
}

fn read_all(folder: &Path) -> anyhow::Result<Vec<Bug>> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut patches: Vec<PathBuf> = entries.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    patches.retain(|path| path.extension().is_some_and(|ext| ext == "patch"));
    patches.sort();
    ensure!(!patches.is_empty(), "no patch in {}", folder.display());
    patches
        .iter()
        .map(|path| Bug::read(path, &fs::read_to_string(path)?))
        .collect()
}

impl Bug {
    fn read(patch: &Path, text: &str) -> anyhow::Result<Self> {
        let header = |key: &str| {
            let line = text
                .lines()
                .take_while(|line| line.starts_with('#'))
                .find_map(|line| line.strip_prefix(key));
            line.map(str::trim)
                .with_context(|| format!("{} has no line {key:?}", patch.display()))
        };
        let test = header("# test:")?;
        let (place, filter) = test.split_once(' ').with_context(|| {
            format!(
                "{}: \"# test:\" names a package and, after a space, a test",
                patch.display()
            )
        })?;
        let (package, target) = match place.split_once('/') {
            Some((package, target)) => (package, Some(target.to_owned())),
            None => (place, None),
        };
        Ok(Self {
            name: patch.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            patch: patch.to_path_buf(),
            test: Test {
                package: package.to_owned(),
                target,
                filter: filter.trim().to_owned(),
            },
            why: header("# why:")?.to_owned(),
        })
    }
}

fn check_applies(root: &Path, bugs: &[Bug]) -> bool {
    let (fit, moved): (Vec<&Bug>, Vec<&Bug>) = bugs.iter().partition(|bug| works(git_apply(root, bug).arg("--check")));
    for bug in &moved {
        println!("{}: {}", bug.name, Outcome::DoesNotApply.words());
    }
    println!("seeded bugs: {} patches apply, {} do not", fit.len(), moved.len());
    moved.is_empty()
}

/// `git apply` of a patch in `folder`, which is taken as a plain folder and not as a part of a repository.
fn git_apply(folder: &Path, bug: &Bug) -> Command {
    let mut command = Command::new("git");
    command.arg("apply").arg(&bug.patch).current_dir(folder);
    command.env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap_or(folder));
    command
}

fn plant_all(root: &Path, bugs: &[Bug]) -> anyhow::Result<bool> {
    let place = root.join("target/seeded-bugs");
    let copy = Copy {
        tree: place.join("tree"),
        build: place.join("build"),
    };
    mirror(root, &copy.tree)?;
    let tests: BTreeSet<&Test> = bugs.iter().map(|bug| &bug.test).collect();
    println!("{} tests in the sound tree …", tests.len());
    let (sound, took) = clock::timed(|| {
        let judged = tests.iter().map(|test| Ok((*test, copy.sound(test)?)));
        judged.collect::<anyhow::Result<BTreeMap<&Test, Option<Outcome>>>>()
    });
    let sound = sound?;
    let mut rows = vec![format!("the sound tree, built and tested: {} s", took.as_secs())];
    let mut all_well = true;
    let width = bugs.iter().map(|bug| bug.name.len()).max().unwrap_or(0);
    for bug in bugs {
        // Afresh each time: a patch that was left half-way by an interrupted run must not stay.
        mirror(root, &copy.tree)?;
        println!("{}: {}", bug.name, bug.why);
        let (outcome, took) = match sound.get(&bug.test).copied().flatten() {
            Some(fault) => (Ok(fault), std::time::Duration::ZERO),
            None => clock::timed(|| copy.plant(bug)),
        };
        let outcome = outcome?;
        all_well &= outcome.well();
        rows.push(format!(
            "{:width$}  {:>4} s  {}  [{} {}]",
            bug.name,
            took.as_secs(),
            outcome.words(),
            bug.test.package,
            bug.test.filter,
        ));
    }
    mirror(root, &copy.tree)?;
    println!();
    rows.iter().for_each(|row| println!("{row}"));
    let caught = if all_well {
        "every seeded bug is caught"
    } else {
        "NOT EVERY SEEDED BUG IS CAUGHT"
    };
    println!("{caught} ({} tried)", bugs.len());
    Ok(all_well)
}

struct Copy {
    tree: PathBuf,
    build: PathBuf,
}

impl Copy {
    /// What speaks against a test even without a mistake, if something does.
    fn sound(&self, test: &Test) -> anyhow::Result<Option<Outcome>> {
        Ok(match self.run(test)? {
            Some((true, Count { failed: 0, passed, .. })) => (passed == 0).then_some(Outcome::NoSuchTest),
            _ => Some(Outcome::RedBefore),
        })
    }

    fn plant(&self, bug: &Bug) -> anyhow::Result<Outcome> {
        if !works(&mut git_apply(&self.tree, bug)) {
            return Ok(Outcome::DoesNotApply);
        }
        Ok(match self.run(&bug.test)? {
            None => Outcome::DoesNotBuild,
            Some((true, _)) => Outcome::Survived,
            Some((false, Count { failed: 0, .. })) => Outcome::Broke,
            Some((false, _)) => Outcome::Caught,
        })
    }

    /// Builds and runs a test; `None` if it does not build.
    fn run(&self, test: &Test) -> anyhow::Result<Option<(bool, Count)>> {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let arranged = |command: &mut Command| {
            command
                .current_dir(&self.tree)
                .env("CARGO_TARGET_DIR", &self.build)
                .env_remove("MINQING_SKIPS");
        };
        let target: &[&str] = match test.target.as_deref() {
            None => &[],
            Some("lib") => &["--lib"],
            Some(file) => &["--test", file],
        };
        let mut build = Command::new(&cargo);
        build.args(["test", "--quiet", "--no-run", "--package", &test.package]);
        arranged(build.args(target));
        if !listen(&mut build, false)?.well {
            return Ok(None);
        }
        let mut run = Command::new("timeout");
        run.args([
            TEST_SECONDS_MAX,
            &cargo,
            "test",
            "--no-fail-fast",
            "--package",
            &test.package,
        ])
        .args(target)
        .arg(&test.filter);
        arranged(&mut run);
        let said = listen(&mut run, false)?;
        Ok(Some((said.well, Count::read(&said.lines))))
    }
}

/// Makes `tree` the same as the files that git tracks or would track; what is equal is not touched, so
/// that cargo builds only what differs.
fn mirror(root: &Path, tree: &Path) -> anyhow::Result<()> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("git cannot be run")?;
    ensure!(
        listed.status.success(),
        "git does not list the files of {}",
        root.display()
    );
    let listed = String::from_utf8(listed.stdout).context("a file name is not UTF-8")?;
    let mut wanted = BTreeSet::new();
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        // A file that was deleted and not yet committed is listed, too.
        let Ok(bytes) = fs::read(root.join(name)) else { continue };
        let to = tree.join(name);
        if fs::read(&to).ok().as_deref() != Some(&bytes) {
            fs::create_dir_all(to.parent().unwrap_or(tree))?;
            fs::write(&to, bytes).with_context(|| format!("{} cannot be written", to.display()))?;
        }
        wanted.insert(to);
    }
    ensure!(!wanted.is_empty(), "git lists no file of {}", root.display());
    prune(tree, &wanted)
}

fn prune(folder: &Path, wanted: &BTreeSet<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let (path, is_folder) = entry.and_then(|e| Ok((e.path(), e.file_type()?.is_dir())))?;
        if is_folder {
            prune(&path, wanted)?;
        } else if !wanted.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_names_its_test_and_its_reason() {
        let text = "# test: event back_one_year\n# why: a restart forgets\n#\ndiff --git a/x b/x\n# test: no header\n";
        let bug = Bug::read(Path::new("tests/seeded-bugs/stock-ulid.patch"), text).unwrap();
        assert_eq!(
            (&*bug.name, &*bug.test.package, &*bug.test.filter, &*bug.why),
            ("stock-ulid", "event", "back_one_year", "a restart forgets")
        );
        assert_eq!(bug.test.target, None);
        let text = "# test: event-log/power what_was\n# why: x";
        let test = Bug::read(Path::new("x.patch"), text).unwrap().test;
        assert_eq!((&*test.package, test.target.as_deref()), ("event-log", Some("power")));
        for bad in [
            "",
            "# test: event\n# why: x",
            "# test: event name",
            "\n# test: event name\n# why: x",
        ] {
            assert!(Bug::read(Path::new("x.patch"), bad).is_err(), "{bad:?}");
        }
    }
}
