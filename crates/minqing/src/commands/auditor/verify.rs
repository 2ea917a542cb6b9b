//! `minqing audit verify`

use audit::{Archive, Checked, Finding, Knowledge, Verified};
use clap::Args;
use screen::block::{Facts, Finding as Shown};
use screen::reports::{Rule, Verify as Given, verify};
use screen::{Place, Report, Words};

use super::report::{check, lang, made, present, township, words};
use super::{At, at_work};
use crate::exit::Exit;
use crate::out::Out;

#[derive(Args, Debug)]
pub(crate) struct Verify {
    #[command(flatten)]
    at: At,
    /// 账本树根不对时，不去问总台是哪一条 / where the journal's root is wrong, do not ask the hub which record it is
    #[arg(long)]
    offline: bool,
}

pub(super) async fn run(args: &Verify, out: &Out) -> anyhow::Result<Exit> {
    check(&args.at)?;
    let config = args.at.config();
    let work = config.clone();
    let verified = at_work(out.words.verifying(), out, move |progress| {
        Ok(audit::verify(&work, progress)?)
    });
    let mut verified = verified.await?;
    let is_root = |finding: &Finding| finding.rule == Finding::JOURNAL_ROOT;
    if !args.offline && verified.findings.iter().any(is_root) {
        match audit::locate(&config).await {
            Ok(located) => verified.findings.extend(located),
            Err(error) => tracing::warn!(%error, "the hub cannot be asked which record was altered"),
        }
    }
    if out.json || args.at.html.is_some() {
        // A damaged mirror may not even say whose it is.
        let place = tokio::task::spawn_blocking(move || {
            let archive = Archive::open(&config)?;
            let place = archive.book(Knowledge::Everything).map(|book| township(&book));
            archive.close()?;
            place
        });
        let place = place.await?.unwrap_or_default();
        present(out, &args.at, &shown(&verified, place, out), &verified)?;
    } else {
        let checked = &verified.checked;
        let words = out.words;
        out.line(words.checked(checked.records, checked.signatures, checked.entries, checked.roots))?;
        if verified.holds() {
            out.line(words.mirror_holds())?;
        } else {
            out.line(words.findings(verified.findings.len()))?;
            for finding in &verified.findings {
                out.line(words.finding(finding))?;
            }
        }
    }
    let damaged = verified.findings.iter().any(|finding| finding.rule == "store");
    Ok(match verified.holds() {
        true => Exit::Ok,
        false if damaged => Exit::Damaged,
        false => Exit::Differs,
    })
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
        further: Vec::new(),
        made: made(out),
    };
    verify(given, lang(out))
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
