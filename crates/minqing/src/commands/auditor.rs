//! `minqing audit …`

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use anyhow::Context as _;
use audit::{AuditConfig, Comparison, Digests, Replay, Verdict};
use clap::{Args, Subcommand};
use ledger::View;
use link::Enrolment;
use serde_json::{Value, json};

use crate::clock::surroundings;
use crate::commands::folder;
use crate::exit::Exit;
use crate::out::Out;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// 把总台的全部账本取到本机；第一次要登记文件 / copy the hub's whole journal; the first time with an enrolment file
    Mirror(Mirror),
    /// 核验镜像或导出的文件夹：签名、树根、时间、编号、留下的检查点 / check the mirror or an exported folder: signatures, roots, times,
    /// identities, checkpoints that were kept
    Verify(folder::Verify),
    /// 从头重算所有台账，跟总台比摘要 / rebuild every ledger from nothing and compare with the hub's digests
    Replay(ReplayArgs),
    /// 导出原始事件，给别的程序核对 / export the raw events, for other programs to check
    Export(Export),
    /// 只凭导出的文件夹建一个审计员的文件夹，不用总台 / make an auditor's folder out of an export alone, without a hub
    Open(folder::Open),
    /// 把不能同时为真的签名单独写出来 / write apart what was signed and cannot both be true
    Evidence(folder::Evidence),
}

#[derive(Args, Debug)]
pub(crate) struct At {
    /// 审计员的文件夹 / the auditor's folder
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Mirror {
    #[command(flatten)]
    at: At,
    /// 总台发的登记文件 / the enrolment file from the hub
    #[arg(long, value_name = "FILE")]
    enrolment: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    at: At,
    /// 不跟总台比 / do not compare with the hub
    #[arg(long)]
    offline: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    at: At,
    /// 写到哪个文件 / the file to write
    #[arg(long, value_name = "FILE", required_unless_present = "tlog", conflicts_with = "tlog")]
    out: Option<PathBuf>,
    #[command(flatten)]
    tlog: folder::Tlog,
    /// 连同个人部分 / personal parts too
    #[arg(long)]
    personal: bool,
}

pub(crate) async fn run(command: &AuditCommand, out: &Out) -> anyhow::Result<Exit> {
    match command {
        AuditCommand::Mirror(args) => mirror(args, out).await,
        AuditCommand::Verify(args) => folder::verify(args, out).await,
        AuditCommand::Replay(args) => replay(args, out).await,
        AuditCommand::Export(args) => export(args, out),
        AuditCommand::Open(args) => folder::open(args, out),
        AuditCommand::Evidence(args) => folder::evidence(args, out),
    }
}

async fn mirror(args: &Mirror, out: &Out) -> anyhow::Result<Exit> {
    let config = AuditConfig::new(&args.at.dir);
    if let Some(file) = &args.enrolment {
        let enrolment = Enrolment::load(file).with_context(|| file.display().to_string())?;
        audit::enrol(&config, &enrolment, &surroundings()?).await?;
    }
    let bar = out.bar(out.words.mirroring(), 0);
    let mut told = |done: audit::Mirrored| {
        bar.set_length(done.of);
        bar.set_position(done.held);
    };
    let mirrored = audit::mirror(&config, &mut told).await?;
    bar.finish_and_clear();
    if out.json {
        out.object(&mirrored)?;
    } else {
        out.line(out.words.mirrored(mirrored.records, mirrored.entries, mirrored.held))?;
    }
    Ok(Exit::Ok)
}

async fn replay(args: &ReplayArgs, out: &Out) -> anyhow::Result<Exit> {
    let config = AuditConfig::new(&args.at.dir);
    let bar = out.bar(out.words.replaying(), 0);
    let (work, shown) = (config.clone(), bar.clone());
    let replayed = tokio::task::spawn_blocking(move || {
        Replay::run(&work, &mut |done, all| {
            shown.set_length(all);
            shown.set_position(done);
        })
    });
    let replayed = replayed.await??;
    bar.finish_and_clear();
    let digests = replayed.digests();
    let (mut comparisons, mut differences) = (Vec::new(), Vec::new());
    if !args.offline {
        let client = audit::client(&config)?;
        let position = digests.cut.position;
        let at_least = position.map_or_else(String::new, |position| format!("&at_least={position}"));
        let served = audit::ask(&client, &format!("/v1/digests?roots=true{at_least}")).await?;
        let served: Digests = serde_json::from_value(served)?;
        comparisons = audit::compare(&digests, &served);
        for comparison in comparisons.iter().filter(|one| one.verdict != Verdict::Equal) {
            differences.push(difference(&replayed, &client, comparison).await?);
        }
    }
    let agrees = differences.is_empty();
    if out.json {
        out.object(&json!({
            "digests": digests, "entries": replayed.ledger().len(), "compared": !args.offline, "agree": agrees,
            "comparisons": comparisons, "differences": differences
        }))?;
    } else {
        shown_digests(&replayed, &digests, out)?;
        for difference in &differences {
            out.line(format!("≠ {difference}"))?;
        }
        out.line(match (args.offline, agrees) {
            (true, _) => out.words.replay_only(),
            (false, true) => out.words.replay_agrees(),
            (false, false) => out.words.replay_differs(),
        })?;
    }
    replayed.close()?;
    Ok(if agrees { Exit::Ok } else { Exit::Differs })
}

/// What differs in a unit: the view, the first row, the events behind it.
async fn difference(replayed: &Replay, client: &link::Client, comparison: &Comparison) -> anyhow::Result<Value> {
    let mut found = json!({ "comparison": comparison, "name": replayed.book().name_of(comparison.unit) });
    let Verdict::Differs { view, .. } = &comparison.verdict else {
        return Ok(found);
    };
    if let Some(view) = View::from_key(view) {
        let word = if view == View::SyncHealth { "sync" } else { view.key() };
        let day = replayed.last_day();
        let path = format!("/v1/views/{word}?unit={}&as_of={day}", comparison.unit);
        let answer = audit::ask(client, &path).await?;
        let theirs = answer["units"][0]["rows"].as_array().cloned().unwrap_or_default();
        let ours = audit::rows(replayed.ledger(), view, comparison.unit, day);
        if let Some(row) = audit::row_difference(&ours, &theirs) {
            found["events"] = json!(replayed.story(row.row()));
            found["row"] = json!(row);
        }
    }
    Ok(found)
}

fn shown_digests(replayed: &Replay, digests: &Digests, out: &Out) -> anyhow::Result<()> {
    out.line(out.words.replayed(replayed.ledger().len(), digests.units.len()))?;
    let rows = digests.units.iter().map(|unit| {
        let scope = unit
            .scope_position
            .map_or_else(|| "—".to_owned(), |position| position.to_string());
        let name = replayed.book().name_of(unit.unit);
        let mut row = vec![format!("{name} {}", unit.unit), scope];
        let views = ["requests", "households", "diary", "sync_health"];
        row.extend(views.map(|view| {
            let digest = unit.views.get(view).map(|digest| digest.live.as_str());
            digest.and_then(|live| live.get(..12)).unwrap_or("—").to_owned()
        }));
        row
    });
    out.table(&out.words.digests_head(), 1, &rows.collect::<Vec<_>>())
}

fn export(args: &Export, out: &Out) -> anyhow::Result<Exit> {
    if let Some(to) = &args.tlog.tlog {
        return folder::export(&args.at.dir, to, &args.tlog, args.personal, out);
    }
    let config = AuditConfig::new(&args.at.dir);
    let file = args.out.clone().context("--out or --tlog is needed")?;
    let (path, file) = (file.display().to_string(), File::create_new(&file));
    let file = file.with_context(|| path.clone())?;
    let written = audit::export(&config, args.personal, &mut BufWriter::new(file))?;
    if out.json {
        out.object(&json!({ "entries": written, "file": path }))?;
    } else {
        out.line(out.words.exported(written, &path))?;
    }
    Ok(Exit::Ok)
}
