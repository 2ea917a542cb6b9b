//! `minqing audit verify`, `export --tlog`, `open`, `evidence`: what is handed over, and how it is checked.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use audit::{Asked, AuditConfig, ExportOptions, Finding, Folder, KeptNote, Typed, Verified};
use clap::Args;
use event::Origin;
use proof::{NOTE_BYTES_MAX, POLICY_BYTES_MAX, Policy, PublicKey, VerifierKey};
use serde_json::json;

use crate::clock::{Stopwatch, random, surroundings, wall_ms};
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
}

#[derive(Args, Debug)]
pub(crate) struct Tlog {
    /// 导出成一个文件夹，用任何 C2SP tlog-tiles 工具都能核对；可以再导出到同一个，只添新的 / export as a folder that any C2SP
    /// tlog-tiles tool can check; into the same folder again, only what is new is added
    #[arg(long, value_name = "FOLDER")]
    pub(crate) tlog: Option<PathBuf>,
    /// 附上这一条的证明，写成 来源:序号；可以给几个 / with a proof for this entry, as origin:sequence; more than one may be given
    #[arg(long, value_name = "ORIGIN:SEQUENCE", requires = "tlog")]
    prove: Vec<String>,
    /// 放进文件夹的见证人要求 / the policy to be put into the folder
    #[arg(long, value_name = "FILE", requires = "tlog")]
    policy: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Open {
    /// 导出的文件夹 / the exported folder
    #[arg(value_name = "EXPORT")]
    export: PathBuf,
    /// 审计员的新文件夹 / the auditor's new folder
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Evidence {
    /// 审计员的文件夹 / the auditor's folder
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,
    /// 写到哪个文件夹 / the folder to write
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// A file within its bound.
fn file(path: &Path, bytes_max: usize) -> anyhow::Result<Vec<u8>> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    if bytes.len() > bytes_max {
        bail!("{}: longer than {bytes_max} bytes", path.display());
    }
    Ok(bytes)
}

fn policy(path: Option<&PathBuf>) -> anyhow::Result<Option<(Policy, String)>> {
    let Some(path) = path else { return Ok(None) };
    let bytes = file(path, POLICY_BYTES_MAX)?;
    let policy = Policy::parse(&bytes).with_context(|| path.display().to_string())?;
    Ok(Some((policy, String::from_utf8_lossy(&bytes).into_owned())))
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

pub(crate) async fn verify(args: &Verify, out: &Out) -> anyhow::Result<Exit> {
    let asked = args.asked()?;
    let bar = out.bar(out.words.verifying(), 0);
    let (shown, watch) = (bar.clone(), Stopwatch::start());
    let (dir, export) = (args.dir.clone(), args.export.clone());
    let work = move || -> anyhow::Result<Verified> {
        let mut progress = |done, all| {
            shown.set_length(all);
            shown.set_position(done);
        };
        Ok(match (export, dir) {
            (Some(export), _) => audit::verify_folder(&Folder::open(export)?, &asked, &mut progress)?,
            (None, Some(dir)) => audit::verify_asked(&AuditConfig::new(dir), &asked, &mut progress)?,
            (None, None) => bail!("--dir or --export is needed"),
        })
    };
    let mut verified = tokio::task::spawn_blocking(work).await??;
    verified.took_ms = u64::try_from(watch.elapsed().as_millis()).ok();
    bar.finish_and_clear();
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
    if out.json {
        out.object(&verified)?;
    } else {
        out.raw(text.as_bytes())?;
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
    }
    line(words.limits_head().to_owned())?;
    for limit in Verified::LIMITS {
        line(format!("  · {}", words.either(limit)))?;
    }
    Ok(text)
}

/// `minqing audit export --tlog`.
pub(crate) fn export(dir: &Path, to: &Path, args: &Tlog, personal: bool, out: &Out) -> anyhow::Result<Exit> {
    let mut prove = Vec::new();
    for text in &args.prove {
        let form =
            || anyhow::anyhow!("--prove {text}: expected origin:sequence, such as 5JT8EWF1PRNAYMEF42S857AV5V:17");
        let (origin, sequence) = text.split_once(':').ok_or_else(form)?;
        let origin: Origin = origin.parse().map_err(|_| form())?;
        let sequence = proof::plain_decimal(sequence)
            .filter(|sequence| *sequence > 0)
            .ok_or_else(form)?;
        prove.push((origin, sequence));
    }
    let options = ExportOptions {
        personal,
        policy: policy(args.policy.as_ref())?.map(|(_, text)| text),
        prove,
        is_hasty: false,
    };
    let bar = out.bar(out.words.exporting(), 0);
    let written = audit::export_folder(&AuditConfig::new(dir), to, &options, &mut |done| bar.set_position(done))?;
    bar.finish_and_clear();
    if out.json {
        out.object(&json!({ "exported": written, "folder": to }))?;
    } else {
        let to = to.display().to_string();
        out.line(
            out.words
                .exported_folder(written.records, written.entries, written.files, &to),
        )?;
    }
    Ok(Exit::Ok)
}

/// `minqing audit open`.
pub(crate) fn open(args: &Open, out: &Out) -> anyhow::Result<Exit> {
    let bar = out.bar(out.words.verifying(), 0);
    let mut told = |done: audit::Mirrored| bar.set_position(done.held);
    let export = Folder::open(&args.export)?;
    let opened = audit::open_export(&AuditConfig::new(&args.dir), &export, &surroundings()?, &mut told)?;
    bar.finish_and_clear();
    if out.json {
        out.object(&opened)?;
    } else {
        out.line(out.words.mirrored(opened.records, opened.entries, opened.held))?;
    }
    Ok(Exit::Ok)
}

/// `minqing audit evidence`.
pub(crate) fn evidence(args: &Evidence, out: &Out) -> anyhow::Result<Exit> {
    let (found, written) = audit::write_evidence(&AuditConfig::new(&args.dir), &args.out)?;
    if out.json {
        out.object(&json!({ "evidence": found, "files": written }))?;
    } else {
        for (one, path) in found.iter().zip(&written) {
            out.line(
                out.words
                    .evidence(one.is_benign, out.words.either((&one.words.0, &one.words.1)), path),
            )?;
        }
        out.line(out.words.evidence_count(found.len()))?;
    }
    let open = found.iter().any(|one| !one.is_benign);
    Ok(if open { Exit::Differs } else { Exit::Ok })
}
