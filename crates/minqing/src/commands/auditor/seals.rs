//! Sealed periods, as `minqing audit replay` shows them.

use audit::{Book, SealCheck, SealVerdict};
use screen::block::{Facts, Finding};
use screen::{Block, Section};

use super::report::{place, words};
use crate::out::Out;

/// How many are not what follows.
pub(super) fn wrong(checks: &[SealCheck]) -> usize {
    let is_wrong = |check: &&SealCheck| !matches!(check.verdict, SealVerdict::Equal | SealVerdict::Partial);
    checks.iter().filter(is_wrong).count()
}

/// All of them in a sentence.
pub(super) fn sentence(checks: &[SealCheck], out: &Out) -> String {
    match (checks.len(), wrong(checks)) {
        (0, _) => out.words.no_seals().to_owned(),
        (count, _) if checks[0].verdict == SealVerdict::Partial => out.words.seals_partial(count),
        (count, 0) => out.words.seals_agree(count),
        (count, wrong) => out.words.seals_differ(count, wrong),
    }
}

/// Line by line, at a terminal.
pub(super) fn told(checks: &[SealCheck], book: &Book, out: &Out) -> anyhow::Result<()> {
    for check in checks {
        let mark = if check.verdict == SealVerdict::Equal {
            "√"
        } else {
            "≠"
        };
        out.line(format!("{mark} {} · {}", line(check, out), verdict(check, out)))?;
        for more in more(check, book, out) {
            out.line(format!("    {more}"))?;
        }
    }
    out.line(sentence(checks, out))
}

/// A section of the page.
pub(super) fn section(checks: &[SealCheck], book: &Book, out: &Out) -> Section {
    let mut section = Section::new(out.words.seals_title()).with(Block::Text(sentence(checks, out)));
    for check in checks {
        if check.verdict == SealVerdict::Equal {
            section = section.with(Block::Text(format!("{} · {}", line(check, out), verdict(check, out))));
            continue;
        }
        let finding = Finding {
            rule: verdict(check, out),
            what: line(check, out),
            facts: Facts::default().with(words(out).event(), check.event.to_string()),
            ..Finding::default()
        };
        section = section.with(Block::Findings(vec![finding]));
        for more in more(check, book, out) {
            section = section.with(Block::Text(more));
        }
    }
    section
}

fn line(check: &SealCheck, out: &Out) -> String {
    let seal = &check.seal;
    let (from, to) = (seal.from.to_string(), seal.to.to_string());
    out.words
        .seal_line(&from, &to, &seal.position.to_string(), &seal.rule.to_string())
}

fn verdict(check: &SealCheck, out: &Out) -> String {
    match &check.verdict {
        SealVerdict::Equal => out.words.seal_equal().to_owned(),
        SealVerdict::Differs { .. } => out.words.seal_differs().to_owned(),
        SealVerdict::OtherRules { ours } => out
            .words
            .seal_other_rules(&check.seal.rule.to_string(), &ours.to_string()),
        SealVerdict::Partial => out.words.seal_partial().to_owned(),
        SealVerdict::NoSuchCut => out.words.seal_not_here().to_owned(),
    }
}

/// Both roots, and where they part if that can be told.
fn more(check: &SealCheck, book: &Book, out: &Out) -> Vec<String> {
    let SealVerdict::Differs { ours, ours_count, at } = &check.verdict else {
        return Vec::new();
    };
    let seal = &check.seal;
    let mut lines = vec![out.words.seal_roots(
        &seal.root.to_string(),
        &seal.count.to_string(),
        &ours.to_string(),
        &ours_count.to_string(),
    )];
    let Some(at) = at else {
        lines.push(out.words.seal_one_root().to_owned());
        return lines;
    };
    let unit = place(book, at.unit);
    let unit = format!("{} {}", unit.name, unit.code);
    let view = words(out).view(&at.view).unwrap_or(&at.view).to_owned();
    lines.push(out.words.seal_first(unit.trim(), &view));
    if let Some(row) = &at.row {
        let keys = ["request", "household", "cadre", "day", "origin"];
        let named = keys.iter().filter_map(|key| {
            let id = row.row()[*key].as_str()?;
            Some(format!("{} {id}", words(out).column(key)))
        });
        lines.push(named.collect::<Vec<_>>().join(" · "));
    }
    lines
}
