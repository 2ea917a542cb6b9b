//! `cargo xtask bench`: everything built for release, then the bench, which speaks for itself.

use std::path::Path;

use crate::process::{cargo, show};

/// Builds and measures. The bench finds the program beside itself.
///
/// # Errors
/// If `cargo` cannot be started.
pub(crate) fn run(root: &Path, args: &[String]) -> anyhow::Result<bool> {
    let built = show(cargo(root).args(["build", "--release", "-p", "minqing", "-p", "bench"]))?;
    Ok(built
        && show(
            cargo(root)
                .args(["run", "--release", "-q", "-p", "bench", "--"])
                .args(args),
        )?)
}
