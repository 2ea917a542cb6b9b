//! A report at a terminal.

use screen::block::{Cell, Entry, Facts, Finding, Table};
use screen::chart::Chart;
use screen::text::visible;
use screen::{Block, Report, Section, Words};

use crate::out::Out;

/// Says a report, line by line.
pub(super) fn told(report: &Report, out: &Out) -> anyhow::Result<()> {
    let words = report.words();
    let place = format!("{} {}", report.place.name, report.place.code);
    let title = [report.title.trim(), place.trim()]
        .into_iter()
        .filter(|part| !part.is_empty());
    out.line(visible(&title.collect::<Vec<_>>().join(" · ")))?;
    if !report.question.is_empty() {
        out.line(visible(&report.question))?;
    }
    for cut in &report.cuts {
        out.line(visible(&cut.line(words)))?;
    }
    for figure in &report.figures {
        out.line(format!("  {}  {}", visible(&figure.of), visible(&figure.value)))?;
    }
    for part in &report.sections {
        section(part, words, out)?;
    }
    if !report.lead.sentence.is_empty() {
        out.line(format!("\n{}", visible(&report.lead.sentence)))?;
    }
    if !report.lead.meaning.is_empty() {
        out.line(visible(&report.lead.meaning))?;
    }
    if !report.limits.is_empty() {
        out.line(format!("\n{}", words.limits()))?;
        for limit in &report.limits {
            out.line(format!("  - {}", visible(limit)))?;
        }
    }
    Ok(())
}

fn section(section: &Section, words: Words, out: &Out) -> anyhow::Result<()> {
    let is_picture = |block: &Block| matches!(block, Block::Chart(Chart::Lines(_) | Chart::Strip(_)));
    if !section.blocks.is_empty() && section.blocks.iter().all(is_picture) {
        return Ok(());
    }
    let note = if section.note.is_empty() {
        String::new()
    } else {
        format!("  ({})", section.note)
    };
    out.line(format!("\n{}{}", visible(&section.title), visible(&note)))?;
    // A chart beside a table shows the same numbers.
    let has_table = section.blocks.iter().any(|block| matches!(block, Block::Table(_)));
    for block in &section.blocks {
        match block {
            Block::Text(text) | Block::Verbatim(text) => out.line(visible(text))?,
            Block::Facts(facts) => pairs(facts, "  ", out)?,
            Block::Table(table) => rows(table, words, out)?,
            Block::Chart(chart @ (Chart::Bars(_) | Chart::Shares(_))) if !has_table => {
                rows(&chart.table(words), words, out)?;
            }
            Block::Chart(_) => {}
            Block::Story(story) => story.entries.iter().try_for_each(|entry| step(entry, words, out))?,
            Block::Findings(findings) => findings.iter().try_for_each(|finding| found(finding, words, out))?,
        }
    }
    Ok(())
}

fn pairs(facts: &Facts, before: &str, out: &Out) -> anyhow::Result<()> {
    let mut all = facts.0.iter();
    all.try_for_each(|(word, value)| out.line(format!("{before}{}  {}", visible(word), visible(value))))
}

fn rows(table: &Table, words: Words, out: &Out) -> anyhow::Result<()> {
    let (shown, left_out) = table.shown();
    if shown.is_empty() {
        return out.line(words.no_rows());
    }
    let plain = |row: &Vec<Cell>| row.iter().map(|cell| cell.plain(words)).collect::<Vec<_>>();
    let mut cells: Vec<Vec<String>> = shown.iter().map(plain).collect();
    cells.extend(table.foot.iter().map(plain));
    let head: Vec<String> = table.head.iter().map(|head| visible(head).into_owned()).collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    out.table(&head, table.left, &cells)?;
    match left_out {
        0 => Ok(()),
        count => out.line(words.left_out(&screen::text::number(count as u64))),
    }
}

fn step(entry: &Entry, words: Words, out: &Out) -> anyhow::Result<()> {
    let when = [&entry.day, &entry.precision].map(|part| part.as_str());
    let when = when.join(" ");
    let tags: Vec<String> = entry
        .tags
        .iter()
        .map(|tag| format!("{} {}", tag.mark(), tag.word(words)))
        .collect();
    let line = format!(
        "{}  {}  {}  [{}] {}",
        when.trim(),
        entry.what,
        entry.who,
        tags.join(", "),
        entry.why
    );
    out.line(visible(line.trim_end()))?;
    let joined = |facts: &Facts| {
        let pairs = facts.0.iter().map(|(word, value)| format!("{word} {value}"));
        pairs.collect::<Vec<_>>().join(" · ")
    };
    for facts in [&entry.facts, &entry.record] {
        if !facts.0.is_empty() {
            out.line(format!("    {}", visible(&joined(facts))))?;
        }
    }
    for change in &entry.changes {
        let line = format!(
            "    {} {} {} {} {} ({})",
            change.what,
            words.was(),
            change.before,
            words.became(),
            change.after,
            change.by
        );
        out.line(visible(&line))?;
    }
    if entry.proof.is_empty() {
        return Ok(());
    }
    out.line(format!("    {}\n{}", words.proof(), visible(&entry.proof)))
}

fn found(finding: &Finding, words: Words, out: &Out) -> anyhow::Result<()> {
    let tags: Vec<String> = finding
        .tags
        .iter()
        .map(|tag| format!(" ({})", tag.word(words)))
        .collect();
    out.line(format!(
        "≠ [{}] {}{}",
        visible(&finding.rule),
        visible(&finding.what),
        tags.concat()
    ))?;
    pairs(&finding.facts, "    ", out)?;
    if finding.benign.is_empty() {
        return Ok(());
    }
    out.line(format!("    {}{}", words.benign(), visible(&finding.benign)))
}
