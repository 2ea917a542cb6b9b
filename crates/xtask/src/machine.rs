//! Is everything here that the tests need? What is missing is installed where that is allowed (as
//! root, with `apt-get`), else the one line to type is printed. `cargo` and `rustc` are here, or
//! nobody could read this.

use std::path::Path;
use std::process::Command;

use anyhow::bail;

use crate::process::{cargo, show, works};

struct Tool {
    name: &'static str,
    asked: fn(&Path) -> Command,
    debian: &'static [&'static str],
    by_hand: &'static str,
    /// Whether the suite stops without it; without the others some tests say loudly that they were skipped.
    is_needed: bool,
}

const TOOLS: [Tool; 6] = [
    Tool {
        name: "cargo fmt",
        asked: |root| with(cargo(root), &["fmt", "--version"]),
        debian: &[],
        by_hand: "rustup component add rustfmt",
        is_needed: true,
    },
    Tool {
        name: "cargo clippy",
        asked: |root| with(cargo(root), &["clippy", "--version"]),
        debian: &[],
        by_hand: "rustup component add clippy",
        is_needed: true,
    },
    Tool {
        name: "git",
        asked: |_| with(Command::new("git"), &["--version"]),
        debian: &["git"],
        by_hand: "sudo apt-get install -y --no-install-recommends git",
        is_needed: true,
    },
    Tool {
        name: "python3",
        asked: |_| with(Command::new("python3"), &["--version"]),
        debian: &["python3"],
        by_hand: "sudo apt-get install -y --no-install-recommends python3",
        is_needed: true,
    },
    Tool {
        name: "a C compiler",
        asked: |_| with(Command::new("cc"), &["--version"]),
        debian: &["gcc", "libc6-dev"],
        by_hand: "sudo apt-get install -y --no-install-recommends gcc libc6-dev",
        is_needed: true,
    },
    Tool {
        name: "a browser for the pages",
        asked: |_| with(Command::new("chromedriver"), &["--version"]),
        debian: &["chromium", "chromium-driver", "fonts-noto-cjk", "fonts-wqy-microhei"],
        by_hand: "sudo apt-get install -y --no-install-recommends chromium chromium-driver fonts-noto-cjk fonts-wqy-microhei",
        is_needed: false,
    },
];

fn with(mut command: Command, args: &[&str]) -> Command {
    command.args(args);
    command
}

fn missing(root: &Path) -> Vec<&'static Tool> {
    TOOLS.iter().filter(|tool| !works(&mut (tool.asked)(root))).collect()
}

/// Makes the machine ready.
///
/// # Errors
/// Names what is missing and the lines to type.
pub(crate) fn ready(root: &Path) -> anyhow::Result<()> {
    let packages: Vec<&str> = missing(root).iter().flat_map(|tool| tool.debian).copied().collect();
    if !packages.is_empty() && may_install() {
        println!("missing: {}; installing", packages.join(", "));
        // The list of packages may be absent or old; if it cannot be fetched, the old one may still do.
        let _ = show(&mut with(Command::new("apt-get"), &["update", "-q"]));
        show(
            Command::new("apt-get")
                .args(["install", "-y", "--no-install-recommends"])
                .args(&packages)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )?;
    }
    let (still, wanted): (Vec<&Tool>, Vec<&Tool>) = missing(root).into_iter().partition(|tool| tool.is_needed);
    for tool in wanted {
        println!(
            "not on this machine: {}; its tests will be skipped. Type:\n  {}",
            tool.name, tool.by_hand
        );
    }
    if still.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = still.iter().map(|tool| tool.name).collect();
    let lines: Vec<&str> = still.iter().map(|tool| tool.by_hand).collect();
    bail!(
        "not on this machine: {}. Type:\n  {}",
        names.join(", "),
        lines.join(" && ")
    )
}

fn may_install() -> bool {
    let user = Command::new("id").arg("-u").output();
    user.is_ok_and(|said| said.stdout.trim_ascii() == b"0") && works(&mut with(Command::new("apt-get"), &["--version"]))
}
