//! The bench: one table, each row beside its yardstick from the same run, the two taken in turns.
//!
//! Behind `cargo xtask bench`. It is never a test: a figure that misses its target is printed with
//! `MISSED`, and the program ends well all the same. Everything is written below the folder of the
//! program itself, so that the disk is the one that the build is on and not one made of memory.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the bench speaks to the person who started it, and to nobody else"
)]

mod backlog;
mod bare;
mod batch;
mod binary;
mod browse;
mod clock;
mod day;
mod desk;
mod group;
mod handed;
mod idle;
mod local;
mod pages;
mod proxy;
mod rebuild;
mod single;
mod table;
mod town;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::clock::Moment;
use crate::table::Line;

const USAGE: &str = "\
bench [--quick] [--row N]...
    Measures and prints one table. --quick: smaller sizes, fewer rounds. --row: these rows only, 1 to 10 and 13 to 15; row 10 prints 10 to 12.";
const ROWS: [u32; 13] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15];

/// What is measured, and where.
pub(crate) struct Bench {
    pub(crate) quick: bool,
    rows: Vec<u32>,
    base: PathBuf,
}

impl Bench {
    fn of(args: &[String], base: PathBuf) -> Result<Self> {
        let (mut quick, mut rows) = (false, Vec::new());
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => quick = true,
                "--row" => match args.next().and_then(|row| row.parse().ok()) {
                    Some(row) if ROWS.contains(&row) => rows.push(row),
                    _ => bail!("{USAGE}"),
                },
                _ => bail!("{USAGE}"),
            }
        }
        if rows.is_empty() {
            rows.extend(ROWS);
        }
        Ok(Self { quick, rows, base })
    }

    /// The full size, or the quick one.
    pub(crate) const fn size(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// A folder of its own, gone when it is dropped.
    pub(crate) fn scratch(&self) -> Result<TempDir> {
        std::fs::create_dir_all(&self.base)?;
        Ok(TempDir::new_in(&self.base)?)
    }

    async fn row(&self, row: u32) -> Result<Vec<Line>> {
        match row {
            1 => single::run(self),
            2 => group::run(self).await,
            3 => batch::run(self),
            4 => backlog::speeds(self).await,
            5 => backlog::bytes(self).await,
            6 => idle::run(self).await,
            7 => rebuild::run(self),
            8 => day::run(self).await,
            9 => binary::run(),
            13 => pages::run(self).await,
            14 => desk::run(self).await,
            15 => pages::weigh(self).await,
            _ => handed::run(self),
        }
    }
}

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn measure() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [child, folder] = &args[..] {
        let folder = Path::new(folder);
        let said = match child.as_str() {
            day::CHILD => Some(day::child(folder).await?),
            pages::CHILD => Some(pages::child(folder).await?),
            _ => None,
        };
        if let Some(said) = said {
            println!("{said}");
            return Ok(());
        }
    }
    let me = std::env::current_exe()?;
    let base = me
        .parent()
        .context("the program stands in a folder")?
        .join("bench-scratch");
    let bench = Bench::of(&args, base)?;
    let mut lines = Vec::new();
    for row in &bench.rows {
        let start = Moment::now();
        lines.extend(bench.row(*row).await.with_context(|| format!("row {row}"))?);
        eprintln!("row {row}: {:.0} s", start.elapsed().as_secs_f64());
    }
    print!("{}", table::table(&lines));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_chosen_one_by_one() {
        let of = |text: &str| {
            let args: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            Bench::of(&args, PathBuf::new())
        };
        let all = of("").expect("no argument");
        assert_eq!((all.quick, all.rows.len()), (false, ROWS.len()));
        let some = of("--row 3 --quick --row 9").expect("two rows");
        assert_eq!((some.quick, some.rows), (true, vec![3, 9]));
        for bad in ["--row", "--row 0", "--row 11", "--row 16", "fast"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
