//! Every command line in the README, the runbook and the units is one that the program takes, with nothing missing; and
//! the runbook's exit codes are the program's.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

const PAGES: [&str; 6] = [
    "README.md",
    "deploy/README.md",
    "deploy/trouble.md",
    "deploy/audit.md",
    "deploy/proofs.md",
    "deploy/verify.md",
];
const UNITS: [&str; 3] = [
    "deploy/minqing-hub.service",
    "deploy/minqing-village.service",
    "deploy/minqing-witness.service",
];

fn text(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    fs::read_to_string(root.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A command line as it was found.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    /// Everything after the program's name.
    words: Vec<String>,
    /// Whether it is to be typed as it stands: then nothing may be missing.
    is_whole: bool,
}

/// Words of a line of shell, up to a pipe; quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    let end = words
        .iter()
        .position(|word| matches!(word.as_str(), "|" | ">" | "&&" | ";"));
    words.truncate(end.unwrap_or(words.len()));
    words
}

/// The program's part of a command, if it is one of ours.
fn of_program(command: &str) -> Option<Vec<String>> {
    let words = words(command);
    let cargo = words.starts_with(&["cargo", "run"].map(str::to_owned));
    let at = if cargo {
        words.iter().position(|word| word == "--")?
    } else {
        let user = words.starts_with(&["sudo", "-u"].map(str::to_owned));
        let before = if user { 3 } else { 0 };
        let name = words.get(before)?;
        (name == "minqing" || name.ends_with("/bin/minqing")).then_some(before)?
    };
    Some(words[at + 1..].to_vec())
}

/// Command lines of a page: those to be typed, in `console` blocks, and those spoken of, in code within a sentence.
fn of_page(page: &str) -> Vec<Line> {
    let (mut found, mut fence) = (Vec::new(), None::<&str>);
    for line in page.lines() {
        if let Some(sort) = line.strip_prefix("```") {
            fence = match fence {
                None => Some(sort),
                Some(_) => None,
            };
        } else if fence == Some("console") {
            let command = line.strip_prefix("$ ").and_then(of_program);
            found.extend(command.map(|words| Line { words, is_whole: true }));
        } else if fence.is_none() {
            let code = line.split('`').skip(1).step_by(2);
            let commands = code.filter(|code| !code.contains('…')).filter_map(of_program);
            found.extend(commands.map(|words| Line { words, is_whole: false }));
        }
    }
    found
}

fn program(words: &[String], last: &str) -> (bool, String) {
    let said = Command::new(env!("CARGO_BIN_EXE_minqing"))
        .args(words)
        .arg(last)
        .output()
        .unwrap();
    let text = [said.stdout, said.stderr].concat();
    (said.status.success(), String::from_utf8(text).unwrap())
}

/// Flags that a help text calls for: those in its usage outside of brackets and alternatives.
fn wanted(help: &str) -> Vec<String> {
    let usage = help
        .lines()
        .find_map(|line| line.strip_prefix("Usage: "))
        .unwrap_or_default();
    let (mut depth, mut kept) = (0_i32, String::new());
    for c in usage.chars() {
        depth += i32::from(c == '[') - i32::from(c == ']');
        if depth == 0 {
            kept.push(c);
        }
    }
    kept.split_whitespace()
        .filter(|word| word.starts_with("--"))
        .map(str::to_owned)
        .collect()
}

/// Why the program does not take a command line. `--help` behind it has it read, checked, and not done.
fn complaint(line: &Line) -> Option<String> {
    if line
        .words
        .iter()
        .any(|word| matches!(word.as_str(), "--version" | "--help"))
    {
        return None;
    }
    let (well, help) = program(&line.words, "--help");
    if !well {
        return Some(format!("{:?}\n{help}", line.words));
    }
    let given = |flag: &String| {
        let with_value = format!("{flag}=");
        line.words
            .iter()
            .any(|word| word == flag || word.starts_with(&with_value))
    };
    let missing: Vec<_> = wanted(&help).into_iter().filter(|flag| !given(flag)).collect();
    (line.is_whole && !missing.is_empty()).then(|| format!("{:?} lacks {missing:?}", line.words))
}

#[test]
fn every_documented_command_line_is_one() {
    let mut lines: Vec<Line> = PAGES.iter().flat_map(|page| of_page(&text(page))).collect();
    for unit in UNITS {
        let text = text(unit);
        let start = text.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
        let words = of_program(start).unwrap();
        lines.push(Line { words, is_whole: true });
    }
    assert!(lines.len() > 20, "the command lines were not found: {}", lines.len());
    let complaints: Vec<_> = lines.iter().filter_map(complaint).collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn a_command_line_that_is_none_is_found() {
    let page = "say `minqing hub status` or `minqing hub …`\n```console\n$ sudo -u minqing minqing hub run --dir \"a b\" | less\n\
                $ cargo run --release -- demo --days 3\n$ ls\n```\n```text\n$ minqing nonsense\n```\n";
    let lines = of_page(page);
    let words: Vec<_> = lines.iter().map(|line| line.words.join(" ")).collect();
    assert_eq!(words, ["hub status", "hub run --dir a b", "demo --days 3"]);
    let is_wrong = |command: &str, is_whole| {
        let words = of_program(command).unwrap();
        complaint(&Line { words, is_whole }).is_some()
    };
    assert!(!is_wrong("minqing hub status", false));
    assert!(is_wrong("minqing hub status", true), "the folder is missing");
    assert!(is_wrong("minqing hub statusses", false));
    assert!(is_wrong("minqing hub status --folder x", false));
    assert!(is_wrong("minqing demo --days many", false));
    assert!(
        is_wrong("minqing hub enrol --dir x --village 12 --name y", false),
        "a code has 12 digits"
    );
}

#[test]
fn the_runbooks_exit_codes_are_the_programs() {
    let (_, help) = program(&[], "--help");
    let page = text("deploy/README.md");
    let codes: Vec<(&str, &str)> = help
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_once("  "))
        .filter(|(code, _)| code.parse::<u8>().is_ok())
        .filter_map(|(code, words)| Some((code, words.split_once(" / ")?.1)))
        .collect();
    assert_eq!(codes.len(), 7);
    for (code, words) in codes {
        let short = words.split(';').next().unwrap();
        assert!(page.contains(&format!("| {code} | {short}")), "{code}: {words}");
    }
}
