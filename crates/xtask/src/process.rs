//! Starting other programs: `cargo`, `git`, `apt-get`.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::Context;

/// What a program printed, both streams together, and whether it ended well.
pub(crate) struct Said {
    pub(crate) well: bool,
    pub(crate) lines: Vec<String>,
}

/// The cargo that runs this chore, so that a chosen toolchain stays chosen.
pub(crate) fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder);
    command
}

/// Runs a command whose output the person sees as it comes.
pub(crate) fn show(command: &mut Command) -> anyhow::Result<bool> {
    Ok(command.status().with_context(|| named(command))?.success())
}

/// Whether a command can be started and ends well; what it prints is dropped.
pub(crate) fn works(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs a command and keeps what it prints; `loud` passes every line on as it comes.
pub(crate) fn listen(command: &mut Command, loud: bool) -> anyhow::Result<Said> {
    let piped = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().with_context(|| named(command))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let err = thread::spawn(move || pass_on(err, loud, std::io::stderr()));
    let mut lines = pass_on(out, loud, std::io::stdout());
    lines.extend(err.join().unwrap_or_default());
    let well = child.wait().with_context(|| named(command))?.success();
    Ok(Said { well, lines })
}

fn pass_on(from: Option<impl Read>, loud: bool, mut to: impl Write) -> Vec<String> {
    let Some(from) = from else { return Vec::new() };
    let mut lines = Vec::new();
    for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        if loud {
            // A closed terminal is no reason to stop counting.
            let _ = writeln!(to, "{line}");
        }
        lines.push(line);
    }
    lines
}

fn named(command: &Command) -> String {
    format!("{} cannot be run", command.get_program().to_string_lossy())
}
