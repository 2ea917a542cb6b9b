//! Writes the committed synthetic log anew: `cargo run -p sample --example source_files -- tests/data`.
//! Its figures come from `tests/independent/source_figures.py`, never from here.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let dir = PathBuf::from(env::args().nth(1).unwrap_or_else(|| "tests/data".to_owned()));
    let log = sample::source_log(1, 150);
    fs::write(dir.join("source.csv"), log.whole)?;
    fs::write(dir.join("source_left.csv"), log.left)?;
    fs::write(dir.join("source_right.csv"), log.right)?;
    fs::write(dir.join("source_relations.csv"), log.relations)
}
