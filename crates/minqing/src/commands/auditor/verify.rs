//! `minqing audit verify`: a mirror or an exported folder, against signatures, kept checkpoints and a policy.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use audit::{Archive, Asked, AuditConfig, Checked, Finding, Folder, KeptNote, Knowledge, Typed, Verified};
use clap::Args;
use proof::{NOTE_BYTES_MAX, PublicKey, VerifierKey};
use screen::block::{Facts, Finding as Shown};
use screen::reports::{Rule, Verify as Given, verify};
use screen::{Block, Place, Report, Section, Words};

use super::at_work;
use super::report::{check, lang, made, township, words, write};
use crate::clock::{Stopwatch, random, wall_ms};
use crate::commands::folder::{file, policy};
use crate::exit::Exit;
use crate::out::{Out, instant};

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// 审计员的文件夹；核验导出的文件夹时，也用它留下的检查点和公钥 / the auditor's folder; with --export its checkpoints and key are held
    /// against that
    #[arg(long, value_name = "FOLDER", required_unless_present = "export")]
    dir: Option<PathBuf>,
    /// 核验导出的文件夹，不核验镜像 / check an exported folder and not the mirror
    #[arg(long, value_name = "FOLDER")]
    export: Option<PathBuf>,
    /// 以前留下的检查点，例如上个月打印的；可以给几个 / a checkpoint that was kept, such as last month's; more than one may be given
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// 纸上抄来的条数和树根，写成 条数:树根 / size and root from a printed sheet, as size:root
    #[arg(long, value_name = "SIZE:ROOT")]
    root: Vec<String>,
    /// 要哪些见证人（c2sp.org/tlog-policy） / which witnesses must have cosigned (c2sp.org/tlog-policy)
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// 总台的公钥（vkey 文件或那一行） / the hub's key: a vkey file, or the line itself
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// 另写一份签名的报告；用审计员的密钥 / also write a report, signed with the auditor's key
    #[arg(long, value_name = "FILE", requires = "dir")]
    report: Option<PathBuf>,
    /// 账本树根不对时，不去问总台是哪一条 / where the journal's root is wrong, do not ask the hub which record it is
    #[arg(long)]
    offline: bool,
    /// 另写一份网页报告，可打印、可拷走 / also write a report as a web page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// The hub's key, as a verifier key in a file or on the command line.
fn hub_key(text: &str) -> anyhow::Result<PublicKey> {
    let read = match text.parse::<VerifierKey>() {
        Ok(vkey) => vkey,
        Err(_) if Path::new(text).exists() => {
            let bytes = file(Path::new(text), 1_024)?;
            String::from_utf8_lossy(&bytes)
                .trim()
                .parse()
                .with_context(|| text.to_owned())?
        }
        Err(error) => return Err(error.into()),
    };
    Ok(read.key)
}

impl Verify {
    fn asked(&self) -> anyhow::Result<Asked> {
        let mut asked = Asked::default();
        for path in &self.checkpoint {
            let note = String::from_utf8(file(path, NOTE_BYTES_MAX)?).with_context(|| path.display().to_string())?;
            let from = path.display().to_string();
            asked.kept.push(KeptNote { from, note });
        }
        for text in &self.root {
            asked
                .typed
                .push(Typed::parse(text).map_err(|words| anyhow::anyhow!("--root {text}: {words}"))?);
        }
        asked.policy = policy(self.policy.as_ref())?.map(|(policy, _)| policy);
        asked.hub_key = self.key.as_deref().map(hub_key).transpose()?;
        // An auditor's own checkpoints and the key that it was given at its enrolment count for a stranger's folder, too.
        if let (Some(dir), Some(_)) = (&self.dir, &self.export) {
            let known = audit::known_to(dir)?;
            asked.kept.extend(known.kept);
            asked.hub_key = asked.hub_key.or(known.hub_key);
        }
        Ok(asked)
    }
}

pub(super) async fn run(args: &Verify, out: &Out) -> anyhow::Result<Exit> {
    check(args.html.as_deref())?;
    let asked = args.asked()?;
    let watch = Stopwatch::start();
    let (dir, export) = (args.dir.clone(), args.export.clone());
    let verified = at_work(out.words.verifying(), out, move |progress| {
        Ok(match (export, dir) {
            (Some(export), _) => audit::verify_folder(&Folder::open(export)?, &asked, progress)?,
            (None, Some(dir)) => audit::verify_asked(&AuditConfig::new(dir), &asked, progress)?,
            (None, None) => bail!("--dir or --export is needed"),
        })
    });
    let mut verified = verified.await?;
    verified.took_ms = u64::try_from(watch.elapsed().as_millis()).ok();
    let is_root = |finding: &Finding| finding.rule == Finding::JOURNAL_ROOT;
    if let (Some(dir), None, false) = (&args.dir, &args.export, args.offline)
        && verified.findings.iter().any(is_root)
    {
        match audit::locate(&AuditConfig::new(dir)).await {
            Ok(located) => verified.findings.extend(located),
            Err(error) => tracing::warn!(%error, "the hub cannot be asked which record was altered"),
        }
    }
    let text = told(&verified, out)?;
    if let Some(file) = &args.html {
        write(file, &shown(&verified, whose(args).await, out))?;
    }
    if out.json {
        out.object(&verified)?;
    } else {
        out.raw(text.as_bytes())?;
        if let Some(file) = &args.html {
            out.line(out.words.page_written(&file.display().to_string()))?;
        }
    }
    if let (Some(report), Some(dir)) = (&args.report, &args.dir) {
        let mut fresh = [0; 32];
        random(&mut fresh)?;
        let what = args.export.as_ref().unwrap_or(dir).display().to_string();
        let head = out.words.report_head(&instant(Some(wall_ms())), &what);
        let data = serde_json::to_string(&verified)?;
        let text = format!("{head}\n\n{text}\n{data}\n");
        let signed = audit::signed_report(dir, &text, fresh)?;
        fs::write(report, signed).with_context(|| report.display().to_string())?;
    }
    let damaged = verified.findings.iter().any(|finding| finding.rule == "store");
    Ok(match verified.holds() {
        true => Exit::Ok,
        false if damaged => Exit::Damaged,
        false => Exit::Differs,
    })
}

/// The outcome as people read it.
fn told(verified: &Verified, out: &Out) -> anyhow::Result<String> {
    let (words, checked) = (out.words, &verified.checked);
    let mut text = String::new();
    let seconds = verified.took_ms.unwrap_or(0);
    let mut line = |line: String| writeln!(text, "{line}");
    line(words.checked(checked.records, checked.signatures, checked.entries, checked.roots))?;
    line(words.checked_more(
        checked.receipts,
        checked.tiles,
        checked.cosignatures,
        checked.proofs,
        seconds,
    ))?;
    if checked.logs_left_out > 0 {
        line(words.left_out(checked.logs_left_out, checked.entries_left_out))?;
    }
    if let Some(key) = &verified.hub_key {
        line(words.under_key(key))?;
    }
    for kept in &verified.kept {
        line(words.kept(&kept.from, kept.size, kept.verdict, kept.witnesses.len()))?;
    }
    for witness in &verified.witnesses {
        let time = instant(Some(witness.time_s.saturating_mul(1_000)));
        line(words.witness(&witness.name, witness.size, &time))?;
    }
    if let Some(quorum) = verified.quorum.as_ref().filter(|quorum| quorum.asked) {
        line(words.quorum(quorum.size))?;
    }
    if checked.bounded > 0 {
        line(words.bounded(checked.bounded, checked.bound_ms_max / 60_000))?;
    }
    for note in &verified.notes {
        line(words.note(note))?;
    }
    if verified.holds() {
        line(words.mirror_holds().to_owned())?;
    } else {
        line(words.findings(verified.findings.len()))?;
        for finding in &verified.findings {
            line(words.finding(finding))?;
        }
        if verified.findings_unlisted > 0 {
            line(words.unlisted(verified.findings_unlisted))?;
        }
    }
    line(words.limits_head().to_owned())?;
    for limit in Verified::LIMITS {
        line(format!("  · {}", words.either(limit)))?;
    }
    Ok(text)
}

/// Whose mirror it is. A damaged one may not even say that; an exported folder is not asked.
async fn whose(args: &Verify) -> Place {
    let Some(dir) = args.dir.clone().filter(|_| args.export.is_none()) else {
        return Place::default();
    };
    let place = tokio::task::spawn_blocking(move || {
        let archive = Archive::open(&AuditConfig::new(dir))?;
        let place = archive.book(Knowledge::Everything).map(|book| township(&book));
        archive.close()?;
        place
    });
    place.await.ok().and_then(Result::ok).unwrap_or_default()
}

fn shown(verified: &Verified, place: Place, out: &Out) -> Report {
    let words = words(out);
    let rule = |(key, demands): (&str, &str)| Rule {
        key: key.to_owned(),
        demands: out.words.rule(key, demands),
        holds: verified.findings.iter().all(|finding| finding.rule != key),
    };
    let given = Given {
        place,
        checked: checked(&verified.checked, words),
        rules: Finding::RULES.into_iter().map(rule).collect(),
        checkpoint: verified.checkpoint.clone(),
        findings: verified
            .findings
            .iter()
            .map(|finding| one(finding, words, out))
            .collect(),
        further: further(verified, words, out),
        made: made(out),
    };
    verify(given, lang(out))
}

/// What was kept, who vouched, what was noticed and proves nothing.
fn further(verified: &Verified, words: Words, out: &Out) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut add = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let section = Section::new(title);
            sections.push(
                lines
                    .into_iter()
                    .fold(section, |section, line| section.with(Block::Text(line))),
            );
        }
    };
    let (logs, entries) = (verified.checked.logs_left_out, verified.checked.entries_left_out);
    if logs > 0 {
        add(words.logs(), vec![out.words.left_out(logs, entries)]);
    }
    let kept = verified.kept.iter();
    let kept = kept.map(|kept| {
        out.words
            .kept(&kept.from, kept.size, kept.verdict, kept.witnesses.len())
    });
    add(words.kept_checkpoints(), kept.collect());
    let vouched = verified.witnesses.iter().map(|witness| {
        let time = instant(Some(witness.time_s.saturating_mul(1_000)));
        out.words.witness(&witness.name, witness.size, &time)
    });
    let quorum = verified.quorum.iter().filter(|quorum| quorum.asked);
    add(
        words.witnesses(),
        vouched
            .chain(quorum.map(|quorum| out.words.quorum(quorum.size)))
            .collect(),
    );
    add(
        words.noticed(),
        verified.notes.iter().map(|note| out.words.note(note)).collect(),
    );
    sections
}

fn checked(checked: &Checked, words: Words) -> Vec<(String, u64)> {
    let all = [
        (words.journal_records(), checked.records),
        (words.receipts(), checked.receipts),
        (words.signatures(), checked.signatures),
        (words.tree_roots(), checked.roots),
        (words.logs(), checked.logs),
        (words.events(), checked.entries),
        (words.personal_parts(), checked.personal_parts),
    ];
    all.map(|(word, count)| (word.to_owned(), count)).to_vec()
}

fn one(finding: &Finding, words: Words, out: &Out) -> Shown {
    let text = |value: Option<String>| value.unwrap_or_default();
    let unit = finding
        .unit
        .map(|unit| format!("{} {unit}", finding.name.as_deref().unwrap_or_default()));
    let entries = match (finding.from, finding.to) {
        (Some(from), Some(to)) if from == to => from.to_string(),
        (Some(from), Some(to)) => format!("{from}–{to}"),
        _ => String::new(),
    };
    Shown {
        rule: finding.rule.to_owned(),
        what: out.words.found(finding),
        facts: Facts::default()
            .with(words.unit(), text(unit))
            .with(
                words.journal(),
                text(finding.journal.map(|journal| journal.to_string())),
            )
            .with(
                words.position(),
                text(finding.position.map(|position| position.to_string())),
            )
            .with(words.log(), text(finding.origin.map(|origin| origin.to_string())))
            .with(words.entries(), entries)
            .with(words.event(), text(finding.event.map(|event| event.to_string()))),
        ..Shown::default()
    }
}
