//! Row 9: the one file that is carried to a village.

use anyhow::{Context as _, Result};

use crate::table::{Line, Target};

pub(crate) fn run() -> Result<Vec<Line>> {
    let me = std::env::current_exe()?;
    let path = me.with_file_name("minqing");
    let meta =
        std::fs::metadata(&path).context("no `minqing` beside this program: cargo build --release -p minqing")?;
    let mib = f64::from(u32::try_from(meta.len() / 1_024)?) / 1_024.0;
    Ok(vec![Line {
        row: 9,
        what: "release binary `minqing`, stripped".to_owned(),
        measured: format!("{mib:.1} MiB"),
        yardstick: String::new(),
        value: mib,
        unit: "MiB",
        target: Some(Target::AtMost(25.0)),
    }])
}
