//! `minqing audit export --tlog`, `open`, `evidence`: what is handed over.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use audit::{AuditConfig, ExportOptions, Folder};
use clap::Args;
use event::Origin;
use proof::{POLICY_BYTES_MAX, Policy};
use serde_json::json;

use crate::clock::surroundings;
use crate::exit::Exit;
use crate::out::Out;

#[derive(Args, Debug)]
pub(crate) struct Tlog {
    /// 导出成一个文件夹，用任何 C2SP tlog-tiles 工具都能核对；可以再导出到同一个，只添新的 / export as a folder that any C2SP
    /// tlog-tiles tool can check; into the same folder again, only what is new is added
    #[arg(long, value_name = "FOLDER", group = "whole")]
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
pub(crate) fn file(path: &Path, bytes_max: usize) -> anyhow::Result<Vec<u8>> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    if bytes.len() > bytes_max {
        bail!("{}: longer than {bytes_max} bytes", path.display());
    }
    Ok(bytes)
}

/// A policy and the text of it.
pub(crate) fn policy(path: Option<&PathBuf>) -> anyhow::Result<Option<(Policy, String)>> {
    let Some(path) = path else { return Ok(None) };
    let bytes = file(path, POLICY_BYTES_MAX)?;
    let policy = Policy::parse(&bytes).with_context(|| path.display().to_string())?;
    Ok(Some((policy, String::from_utf8_lossy(&bytes).into_owned())))
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
