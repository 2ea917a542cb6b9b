//! `minqing hub policy`, `export` and `print`: what others need to hold the township to its word.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use proof::{VerifierKey, cosignatures};
use serde_json::{Value, json};

use super::{At, ask};
use crate::exit::Exit;
use crate::notice::{About, Held, print_checkpoint};
use crate::out::Out;

#[derive(Args, Debug)]
pub(crate) struct PolicyArgs {
    #[command(flatten)]
    at: At,
    /// 至少几个村见证；不写就取一半 / villages that must have witnessed; half of them where it is left out
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
pub(crate) struct Export {
    #[command(flatten)]
    at: At,
    /// 写到哪个文件夹 / the folder to write
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// 连同个人部分 / personal parts too
    #[arg(long)]
    personal: bool,
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
            bail!(
                "{}: there is a file of that name already; it is not overwritten",
                path.display()
            );
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

/// Every machine that still records, more than half of them, and one of those that the hub asks by itself.
fn policy_text(known: &Value, quorum: Option<usize>, fresh_hours: u32) -> anyhow::Result<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let witnesses = known["witnesses"].as_array().cloned().unwrap_or_default();
    let active = witnesses.into_iter().filter(|witness| witness["active"] == json!(true));
    let (asked, villages): (Vec<Value>, Vec<Value>) = active.partition(|witness| !witness["url"].is_null());
    let quorum = quorum.unwrap_or_else(|| villages.len().div_ceil(2));
    if quorum > villages.len() {
        bail!(
            "--quorum {quorum}: there are only {} villages that can witness",
            villages.len()
        );
    }
    let mut policy = format!(
        "# {} {}\n# minqing: fresh {fresh_hours}\nlog {}\n\n",
        text(&known["township"]),
        text(&known["unit"]),
        text(&known["log"])
    );
    let mut list = |sort: char, witnesses: &[Value]| {
        let mut names = String::new();
        for (at, witness) in (1..).zip(witnesses) {
            let url = witness["url"]
                .as_str()
                .map_or_else(String::new, |url| format!(" {url}"));
            policy.push_str(&format!(
                "# {}\nwitness {sort}{at} {}{url}\n",
                text(&witness["name"]),
                text(&witness["key"])
            ));
            names.push_str(&format!(" {sort}{at}"));
        }
        names
    };
    let (asked_names, village_names) = (list('C', &asked), list('V', &villages));
    let mut groups = Vec::new();
    if !asked.is_empty() {
        policy.push_str(&format!("\ngroup asked any{asked_names}"));
        groups.push("asked");
    }
    if quorum > 0 {
        policy.push_str(&format!("\ngroup villages {quorum}{village_names}"));
        groups.push("villages");
    }
    if groups.is_empty() {
        policy.push_str("\nquorum none\n");
    } else {
        policy.push_str(&format!("\ngroup enough all {}\nquorum enough\n", groups.join(" ")));
    }
    proof::Policy::parse(policy.as_bytes()).context("the policy cannot be read back")?;
    Ok(policy)
}

/// The hub writes the folder itself, also while it takes in pushes.
pub(super) async fn export(args: &Export, out: &Out) -> anyhow::Result<Exit> {
    let dir = std::path::absolute(&args.out)?;
    let asked = json!({ "dir": dir, "personal": args.personal });
    let (answer, _) = ask(&args.at.dir, "POST", "/export", Some(&asked)).await?;
    if out.json {
        out.object(&json!({ "exported": answer["exported"], "folder": dir }))?;
        return Ok(Exit::Ok);
    }
    let count = |key: &str| answer["exported"][key].as_u64().unwrap_or(0);
    let dir = dir.display().to_string();
    out.line(
        out.words
            .exported_folder(count("records"), count("entries"), count("files"), &dir),
    )?;
    Ok(Exit::Ok)
}

/// The checkpoint that most have cosigned; where nobody has, the newest.
fn best(notes: &[String], keys: &[VerifierKey]) -> anyhow::Result<String> {
    let mut best: Option<(usize, &String)> = None;
    for note in notes {
        let count = cosignatures(note, keys)?.len();
        if best.is_none_or(|(most, _)| count > most) {
            best = Some((count, note));
        }
    }
    Ok(best.context("the hub has no checkpoint")?.1.clone())
}

/// A page for the notice board and the paper archive.
pub(super) async fn print(args: &Print, out: &Out) -> anyhow::Result<Exit> {
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
    let (known, _) = ask(&args.at.dir, "GET", "/witnesses", None).await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let log: VerifierKey = text(&known["log"]).parse()?;
    let mut witnesses = Vec::new();
    for witness in known["witnesses"].as_array().into_iter().flatten() {
        witnesses.push((text(&witness["name"]), text(&witness["key"]).parse::<VerifierKey>()?));
    }
    let keys: Vec<VerifierKey> = witnesses.iter().map(|(_, key)| key.clone()).collect();
    let notes: Vec<String> = known["notes"].as_array().into_iter().flatten().map(text).collect();
    let about = About {
        township: &text(&known["township"]),
        month: &args.month,
        log: &log,
        witnesses: &witnesses,
    };
    let notice = print_checkpoint(&best(&notes, &keys)?, &about, out.words)?;
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
