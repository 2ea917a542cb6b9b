//! What the sources and texts say.

use crate::knows::floor;

/// Calls that read a clock or draw randomness. Clippy's `disallowed-methods` is the first net; it does
/// not see through macros and re-exports, this one does not see through renames.
const BANNED_CALLS: [&str; 13] = [
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "Ulid::new",
    "Ulid::generate",
    "getrandom::",
    "OsRng",
    "thread_rng",
    "rand::rng(",
    "rand::random",
    "from_entropy",
    "from_os_rng",
];

/// Past this many lines a source file is split by noun.
const FILE_LINES_MAX: usize = 600;

/// Whether a file may read the clock: `clock.rs` of a program.
fn may_read_clocks(name: &str) -> bool {
    let Some((folder, "clock.rs")) = name.strip_prefix("crates/").and_then(|rest| rest.split_once("/src/")) else {
        return false;
    };
    floor(folder).is_none_or(|floor| floor >= 5)
}

pub(crate) fn banned_calls(name: &str, text: &str) -> Vec<String> {
    if may_read_clocks(name) {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.split("//").next().unwrap_or_default();
        let calls = BANNED_CALLS.iter().filter(|call| code.contains(**call));
        complaints.extend(calls.map(|call| format!("{name}:{number}: {call} outside a program's clock.rs")));
    }
    complaints
}

pub(crate) fn too_long(name: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > FILE_LINES_MAX).then(|| format!("{name} has {lines} lines; past {FILE_LINES_MAX} split it by noun"))
}

/// Folders of one machine, and hosts that packages come from: neither belongs into the project's text.
pub(crate) fn strange_places(name: &str, text: &str) -> Vec<String> {
    // Put together here, so that this file does not say what it forbids.
    let folders = [["/wo", "rk"].concat(), ["/t", "mp"].concat(), ["/ro", "ot"].concat()];
    let hosts = [
        ["crates", ".io"],
        ["pypi", ".org"],
        ["npmjs", ".org"],
        ["npmjs", ".com"],
        ["rsproxy", ".cn"],
        ["docker", ".io"],
        ["ghcr", ".io"],
        ["quay", ".io"],
        ["arti", "factory"],
        ["proxy.golang", ".org"],
        ["mirrors", "."],
    ]
    .map(|parts| parts.concat());
    let lock = name == "Cargo.lock";
    let official = ["registry+https://github.com/rust-lang/crates", ".io-index"].concat();
    let mut complaints = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        // The lock file names one place, the same for everybody; any other would bind the build to a machine.
        let line = if lock {
            line.replace(&official, "")
        } else {
            line.to_owned()
        };
        let found = folders.iter().filter(|folder| names_folder(&line, folder));
        let hosts = hosts.iter().filter(|host| line.contains(&***host));
        complaints.extend(found.chain(hosts).map(|what| format!("{name}:{number}: {what}")));
    }
    complaints
}

/// Whether `folder` stands in `line` as an absolute path.
fn names_folder(line: &str, folder: &str) -> bool {
    let part_of_name =
        |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '}' | ')'));
    line.match_indices(folder).any(|(at, _)| {
        let (before, after) = (line[..at].chars().next_back(), line[at + folder.len()..].chars().next());
        !part_of_name(before) && before != Some('/') && !part_of_name(after)
    })
}

#[test]
fn a_banned_call_and_a_long_file_are_found() {
    let call = "    let now = std::time::Instant::now(); // now\n// Instant::now() in a comment\n";
    assert_eq!(
        banned_calls("crates/hub/src/lib.rs", call),
        ["crates/hub/src/lib.rs:1: Instant::now outside a program's clock.rs"]
    );
    assert_eq!(
        banned_calls("crates/event/src/clock.rs", call).len(),
        1,
        "a pure crate has no clock.rs"
    );
    assert_eq!(banned_calls("crates/hub/src/clock.rs", call), [""; 0]);
    assert_eq!(banned_calls("crates/xtask/src/clock.rs", call), [""; 0]);
    assert!(too_long("x.rs", &"\n".repeat(FILE_LINES_MAX + 1)).is_some());
    assert!(too_long("x.rs", &"\n".repeat(FILE_LINES_MAX)).is_none());
}

#[test]
fn a_machine_or_a_registry_in_a_text_is_found() {
    let tmp = ["/t", "mp/x"].concat();
    let work = ["see /wo", "rk/main"].concat();
    let host = ["https://index.crates", ".io/x"].concat();
    for text in [&tmp, &work, &host, &format!("cd {tmp}"), &format!("\"{tmp}\"")] {
        assert_eq!(strange_places("README.md", text).len(), 1, "{text}");
    }
    let official = ["source = \"registry+https://github.com/rust-lang/crates", ".io-index\""].concat();
    assert_eq!(strange_places("Cargo.lock", &official), [""; 0]);
    assert_eq!(strange_places("README.md", &official).len(), 1);
    for fine in [
        "net/work".to_owned(),
        ["/wo", "rkspace"].concat(),
        ["{folder}/t", "mp"].concat(),
    ] {
        assert_eq!(strange_places("README.md", &fine), [""; 0], "{fine}");
    }
}
