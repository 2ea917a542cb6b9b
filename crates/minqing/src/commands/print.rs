//! `minqing hub print`: a checkpoint for the notice board.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use proof::{Policy, VerifierKey};
use serde_json::json;

use crate::exit::Exit;
use crate::notice::{About, Held, print_checkpoint};
use crate::out::Out;

#[derive(Args, Debug)]
pub(crate) struct Print {
    /// 账本存证（签过名的树根），一个文件 / the checkpoint, as a file
    #[arg(long, value_name = "FILE")]
    checkpoint: PathBuf,
    /// 账本的公钥 / the log's verifier key
    #[arg(long, value_name = "KEY")]
    vkey: VerifierKey,
    /// 哪些见证算数；不写就不印见证 / whose cosignatures are printed; without it nobody's
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// 镇名 / the township's name
    #[arg(long)]
    township: String,
    /// 哪个月，例如 2026-08 / the month, such as 2026-08
    #[arg(long)]
    month: String,
    /// 写到哪个文件（.html 打印用，别的写成文字） / the file to write: to be printed if it ends with .html, else text
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn print(args: &Print, out: &Out) -> anyhow::Result<Exit> {
    let month = format!("{}-01", args.month).parse::<jiff::civil::Date>();
    if args.month.len() != 7 || month.is_err() {
        bail!("{}: a month is written as 2026-08", args.month);
    }
    if args.out.exists() {
        bail!(
            "{}: there is a file of that name already; it is not overwritten",
            args.out.display()
        );
    }
    let note = fs::read_to_string(&args.checkpoint).with_context(|| args.checkpoint.display().to_string())?;
    let mut witnesses = Vec::new();
    if let Some(file) = &args.policy {
        let bytes = fs::read(file).with_context(|| file.display().to_string())?;
        let policy = Policy::parse(&bytes).with_context(|| file.display().to_string())?;
        witnesses.extend(
            policy
                .witnesses()
                .iter()
                .map(|witness| (witness.name.clone(), witness.key.clone())),
        );
    }
    let about = About {
        township: &args.township,
        month: &args.month,
        log: &args.vkey,
        witnesses: &witnesses,
    };
    let notice = print_checkpoint(&note, &about, out.words)?;
    let to_print = args.out.extension().is_some_and(|extension| extension == "html");
    let page = if to_print { &notice.html } else { &notice.text };
    fs::write(&args.out, page).with_context(|| args.out.display().to_string())?;
    if out.json {
        let held = match notice.held {
            Held::Note => "note",
            Held::WithoutCosignatures => "without_cosignatures",
            Held::Nothing => "nothing",
        };
        out.object(&json!({ "file": args.out, "code_holds": held }))?;
    } else {
        out.line(out.words.notice_written(&args.out.display().to_string()))?;
    }
    Ok(Exit::Ok)
}
