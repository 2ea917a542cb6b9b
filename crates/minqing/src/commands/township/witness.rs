//! `minqing hub policy` and `print`: what others need to hold the township to its word.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};

use super::{At, ask};
use crate::exit::Exit;
use crate::out::Out;

#[derive(Args, Debug)]
pub(crate) struct PolicyArgs {
    #[command(flatten)]
    at: At,
    /// 至少几个见证人；不写就取一半以上 / witnesses that are asked for; more than half where it is left out
    #[arg(long)]
    quorum: Option<usize>,
    /// 见证最多旧到几小时 / oldest cosignature that counts, in hours
    #[arg(long, default_value_t = 168)]
    fresh_hours: u32,
    /// 写到哪个文件；不写就显示 / the file to write; shown where it is left out
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Print {
    #[command(flatten)]
    at: At,
    /// 哪个月 / which month, such as 2026-08
    #[arg(long, value_name = "MONTH")]
    month: String,
    /// 写到哪个文件：.html 带二维码，其余是文字 / the file to write: .html with a QR code, else text
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// The policy as C2SP tlog-policy has it, so that tools that nobody here wrote can read it.
pub(super) async fn policy(args: &PolicyArgs, out: &Out) -> anyhow::Result<Exit> {
    let (known, _) = ask(&args.at.dir, "GET", "/witnesses", None).await?;
    let text = policy_text(&known, args.quorum, args.fresh_hours)?;
    if let Some(path) = &args.out {
        if path.exists() {
            bail!("{}: there is a file of that name already; it is not overwritten", path.display());
        }
        fs::write(path, &text).with_context(|| path.display().to_string())?;
    }
    if out.json {
        out.object(&json!({ "policy": text, "file": args.out }))?;
    } else if args.out.is_none() {
        out.raw(text.as_bytes())?;
    }
    Ok(Exit::Ok)
}

fn policy_text(known: &Value, quorum: Option<usize>, fresh_hours: u32) -> anyhow::Result<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let witnesses = known["witnesses"].as_array().cloned().unwrap_or_default();
    let quorum = quorum.unwrap_or(witnesses.len() / 2 + usize::from(!witnesses.is_empty()));
    if quorum > witnesses.len() {
        bail!("--quorum {quorum}: there are only {} witnesses", witnesses.len());
    }
    let mut policy = format!("# {} {}\n# minqing: fresh {fresh_hours}\nlog {}\n\n", text(&known["township"]), text(&known["unit"]), text(&known["log"]));
    let mut members = String::new();
    for (at, witness) in (1..).zip(&witnesses) {
        policy.push_str(&format!("# {}\nwitness W{at} {}", text(&witness["name"]), text(&witness["key"])));
        if let Some(url) = witness["url"].as_str() {
            policy.push_str(&format!(" {url}"));
        }
        policy.push('\n');
        members.push_str(&format!(" W{at}"));
    }
    if quorum == 0 {
        policy.push_str("\nquorum none\n");
    } else {
        policy.push_str(&format!("\ngroup enough {quorum}{members}\nquorum enough\n"));
    }
    policy.parse::<proof::Policy>().context("the policy cannot be read back")?;
    Ok(policy)
}

pub(super) async fn print(args: &Print, out: &Out) -> anyhow::Result<Exit> {
    let _ = (args, out);
    bail!("not yet")
}
