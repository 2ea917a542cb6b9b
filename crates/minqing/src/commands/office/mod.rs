//! `minqing village …`

mod door;
mod evidence;
mod import;
mod record;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::Context as _;
use axum::http::Method;
use clap::{Args, Subcommand, ValueEnum};
use event::Day;
use link::Enrolment;
use serde_json::{Value, json};
use village::VillageConfig;

use self::door::at_door;
use super::code::CodeFor;
use super::{asked_to_end, ledgers};
use crate::clock::surroundings;
use crate::exit::Exit;
use crate::out::{Out, number};

/// The node's own settings, where it has any.
const CONFIG: &str = "config.toml";
/// Lines of the log that are asked for at once.
const LOG_LINES: usize = 2_000;

#[derive(Debug, Subcommand)]
pub(crate) enum VillageCommand {
    /// 凭登记文件建本村节点 / make the node, with the enrolment file
    Init(Init),
    /// 运行本村节点：记录、同步、台账 / run the node
    Run(Run),
    /// 开一张一次性登录码，给网页用 / a one-time code for the pages in the browser
    Code(Code),
    /// 记一条，或从文件记多条；重复运行不会重复记 / record one entry, or many from a file; twice is once
    Record(Box<record::Record>),
    /// 按映射文件导入旧台账 / import an old ledger under a mapping
    Import(import::Import),
    /// 现在试着传 / try to sync now
    Sync(At),
    /// 送达、线路、时钟、硬盘怎么样 / delivery, link, clock, disk
    Status(At),
    /// 看台账 / show a ledger
    Ledger(LedgerArgs),
    /// 一条条看记录 / the log, entry by entry
    Log(LogArgs),
    /// 一条记录的凭证：收据、证明、见证 / the proof of one entry: receipt, proofs, witnesses
    Proof(super::slip::ProofArgs),
    /// 今天的根码，抄到签字的日清单上 / today's root code, for the signed list of the day
    DayCode(At),
    /// 总台签过名却不能同时为真的东西 / what the hub signed and cannot all be true
    Evidence(evidence::Evidence),
}

#[derive(Args, Debug)]
pub(crate) struct At {
    /// 节点的文件夹 / the node's folder
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,
}

/// Where the pages are if nothing else is said.
const WEB_LISTEN: &str = "127.0.0.1:8480";

#[derive(Args, Debug)]
pub(crate) struct Run {
    #[command(flatten)]
    at: At,
    /// 开网页；不写地址就只有本机能看（127.0.0.1:8480） / pages in the browser; this machine alone where no address is given
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, default_missing_value = WEB_LISTEN)]
    web: Option<SocketAddr>,
}

#[derive(Args, Debug)]
pub(crate) struct Code {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    what: CodeFor,
}

#[derive(Args, Debug)]
pub(crate) struct Init {
    #[command(flatten)]
    at: At,
    /// 总台发的登记文件 / the enrolment file from the township
    #[arg(long, value_name = "FILE")]
    enrolment: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct LedgerArgs {
    #[command(flatten)]
    at: At,
    /// 哪本台账 / which ledger
    #[arg(value_enum, default_value = "requests")]
    view: View,
    /// 截到哪一天算 / the day that "today" means
    #[arg(long, value_name = "DAY")]
    as_of: Option<Day>,
    /// 时段起 / first day of the period
    #[arg(long, value_name = "DAY", requires = "to")]
    from: Option<Day>,
    /// 时段止 / last day of the period
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<Day>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum View {
    Requests,
    Coverage,
    Households,
    Diary,
    Sync,
}

#[derive(Args, Debug)]
pub(crate) struct LogArgs {
    #[command(flatten)]
    at: At,
    /// 从哪里起：来源:序号 / where to begin: origin:sequence
    #[arg(long, value_name = "PLACE")]
    from: Option<String>,
    /// 最多几条 / at most so many
    #[arg(long)]
    limit: Option<usize>,
}

pub(crate) async fn run(command: &VillageCommand, out: &Out) -> anyhow::Result<Exit> {
    match command {
        VillageCommand::Init(args) => init(args, out).await,
        VillageCommand::Run(args) => serve(args, out).await,
        VillageCommand::Code(args) => {
            let path = args.what.path();
            let answer = at_door(&args.at.dir, async |door| {
                door.json(Method::POST, &path, Vec::new()).await
            })
            .await?;
            super::code::say(&answer, out)
        }
        VillageCommand::Record(args) => record::record(args, out).await,
        VillageCommand::Import(args) => import::import(args, out).await,
        VillageCommand::Sync(args) => sync(args, out).await,
        VillageCommand::Status(args) => status(args, out).await,
        VillageCommand::Ledger(args) => ledger(args, out).await,
        VillageCommand::Log(args) => log(args, out).await,
        VillageCommand::Proof(args) => {
            let path = args.path()?;
            let answer = at_door(&args.dir, async |door| door.json(Method::GET, &path, Vec::new()).await).await?;
            super::slip::show(&answer, args, out)
        }
        VillageCommand::DayCode(args) => evidence::day_code(&args.dir, out).await,
        VillageCommand::Evidence(args) => evidence::evidence(args, out).await,
    }
}

fn config(dir: &Path) -> anyhow::Result<VillageConfig> {
    let path = dir.join(CONFIG);
    let mut config = match fs::read_to_string(&path) {
        Ok(text) => VillageConfig::from_toml(&text).with_context(|| path.display().to_string())?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => VillageConfig::new(dir),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    // The folder may have been moved or copied since the settings were written.
    config.data_dir = dir.to_path_buf();
    Ok(config)
}

async fn init(args: &Init, out: &Out) -> anyhow::Result<Exit> {
    let enrolment = Enrolment::load(&args.enrolment).with_context(|| args.enrolment.display().to_string())?;
    village::create(&config(&args.at.dir)?, &enrolment, &surroundings()?).await?;
    if out.json {
        out.object(&json!({ "dir": args.at.dir, "unit": enrolment.unit, "name": enrolment.name }))?;
    } else {
        out.line(out.words.village_made(&args.at.dir.display().to_string()))?;
    }
    Ok(Exit::Ok)
}

async fn serve(args: &Run, out: &Out) -> anyhow::Result<Exit> {
    let mut config = config(&args.at.dir)?;
    config.web_listen = args.web.or(config.web_listen);
    let node = village::start(&config, &surroundings()?).await?;
    let address = node.web_address();
    let code = match address {
        Some(_) => first_code(&node).await,
        None => None,
    };
    if out.json {
        out.line(json!({ "ready": args.at.dir, "web": address, "code": code }).to_string())?;
    } else {
        out.line(out.words.village_ready())?;
        if let Some(address) = address {
            out.line(out.words.pages_at(&format!("http://{address}/")))?;
        }
        if let Some(code) = code {
            out.line(out.words.first_code(&code))?;
        }
    }
    asked_to_end().await;
    node.stop().await?;
    Ok(Exit::Ok)
}

/// The code of the first start. A damaged accounts file stops nothing but the pages.
async fn first_code(node: &village::RunningNode) -> Option<String> {
    match node.office().first_code().await {
        Ok(code) => code,
        Err(problem) => {
            tracing::error!(%problem, "nobody can sign in");
            None
        }
    }
}

/// Has the running node sync now; how far it came, `status` says.
async fn sync(args: &At, out: &Out) -> anyhow::Result<Exit> {
    let answer = at_door(&args.dir, async |door| {
        door.json(Method::POST, "/sync", Vec::new()).await
    })
    .await?;
    if out.json {
        out.object(&answer)?;
    } else {
        out.line(out.words.syncing())?;
    }
    Ok(Exit::Ok)
}

async fn status(args: &At, out: &Out) -> anyhow::Result<Exit> {
    let status = at_door(&args.dir, async |door| {
        door.json(Method::GET, "/status", Vec::new()).await
    })
    .await?;
    let exit = match status["state"].as_str() {
        Some("ok" | "verifying") => Exit::Ok,
        Some("disk-full") => Exit::Full,
        _ => Exit::Damaged,
    };
    if out.json {
        out.object(&status)?;
        return Ok(exit);
    }
    let w = out.words;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let running = if status["syncs"] == json!(true) {
        w.running()
    } else {
        w.not_running()
    };
    let (name, unit, state) = (text(&status["name"]), text(&status["unit"]), text(&status["state"]));
    out.line(format!("{name} {unit} · {running} · {state}"))?;
    let pending = status["pending"].as_u64().unwrap_or(0);
    out.line(match pending {
        0 if status["all_sent"] == json!(true) => w.all_sent().to_owned(),
        0 => w.nothing_waiting().to_owned(),
        pending => w.strip_waiting(pending),
    })?;
    if let Some(trouble) = status["link"]["trouble"].as_str() {
        out.line(format!(
            "{} {} ({trouble})",
            w.unreachable(),
            text(&status["link"]["hub"])
        ))?;
    }
    if let Some(count) = status["exceptions"]["count"].as_u64().filter(|count| *count > 0) {
        out.line(w.strip_not_counted(count))?;
        ledgers::exceptions(status["exceptions"]["first"].as_array().into_iter().flatten(), out)?;
    }
    for origin in status["origins"].as_array().into_iter().flatten() {
        out.line(format!(
            "{}  {} {} / {}",
            text(&origin["origin"]),
            w.received(),
            number(&origin["received"]),
            number(&origin["size"])
        ))?;
    }
    out.line(w.cut(&number(&status["ledger"]["cut"]["position"]), ledger::RULE_VERSION))?;
    Ok(exit)
}

async fn ledger(args: &LedgerArgs, out: &Out) -> anyhow::Result<Exit> {
    let view = match args.view {
        View::Requests => "requests",
        View::Coverage => "coverage",
        View::Households => "households",
        View::Diary => "diary",
        View::Sync => "sync",
    };
    let days = [("as_of", args.as_of), ("from", args.from), ("to", args.to)];
    let days = days
        .iter()
        .filter_map(|(name, day)| day.map(|day| format!("{name}={day}")));
    let path = format!("/ledger/{view}?{}", days.collect::<Vec<_>>().join("&"));
    let answer = at_door(&args.at.dir, async |door| {
        door.json(Method::GET, &path, Vec::new()).await
    })
    .await?;
    if out.json {
        out.object(&answer)?;
    } else {
        ledgers::show(view, &answer, out)?;
    }
    Ok(Exit::Ok)
}

/// With `--json` as NDJSON, every entry whole; else as a table.
async fn log(args: &LogArgs, out: &Out) -> anyhow::Result<Exit> {
    at_door(&args.at.dir, async |door| {
        let (mut from, mut left) = (args.from.clone(), args.limit.unwrap_or(usize::MAX));
        let mut rows = Vec::new();
        while left > 0 {
            let limit = left.min(LOG_LINES);
            let from_here = from.as_ref().map_or_else(String::new, |from| format!("&from={from}"));
            let reply = door
                .ask(Method::GET, &format!("/log?limit={limit}{from_here}"), Vec::new())
                .await?;
            let lines = reply.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            for line in lines {
                left -= 1;
                if out.json {
                    out.raw(line)?;
                    out.raw(b"\n")?;
                } else {
                    rows.push(row(&serde_json::from_slice(line)?, out));
                }
            }
            match reply.next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
        if out.json {
            return Ok(());
        }
        if rows.is_empty() {
            return out.line(out.words.no_rows());
        }
        out.table(&out.words.log_head(), 5, &rows)
    })
    .await?;
    Ok(Exit::Ok)
}

fn row(line: &Value, out: &Out) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("—").to_owned();
    let effect = out.words.effect(line["effect"]["effect"].as_str().unwrap_or_default());
    let reason = line["effect"]["reason"]
        .as_str()
        .map_or_else(String::new, |reason| format!(" {reason}"));
    vec![
        format!("{}:{}", text(&line["origin"]), line["sequence"]),
        text(&line["kind"]),
        text(&line["occurred"]),
        out.words
            .delivery(line["delivery"].as_str().unwrap_or_default())
            .to_owned(),
        format!("{effect}{reason}"),
    ]
}
