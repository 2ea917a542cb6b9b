//! `minqing village …`

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use axum::http::Method;
use clap::{Args, Subcommand, ValueEnum};
use event::form::Form;
use event::{Day, PersonId};
use link::{Enrolment, Problem};
use serde_json::{Map, Value, json};
use village::VillageConfig;
use village::local::LocalReply;

use super::failure::of_problem;
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
    Run(At),
    /// 记一条，或从文件记多条；重复运行不会重复记 / record one entry, or many from a file; twice is once
    Record(Box<Record>),
    /// 按映射文件导入旧台账 / import an old ledger under a mapping
    Import(Import),
    /// 现在试着传 / try to sync now
    Sync(At),
    /// 送达、线路、时钟、硬盘怎么样 / delivery, link, clock, disk
    Status(At),
    /// 看台账 / show a ledger
    Ledger(LedgerArgs),
    /// 一条条看记录 / the log, entry by entry
    Log(LogArgs),
}

#[derive(Args, Debug)]
pub(crate) struct At {
    /// 节点的文件夹 / the node's folder
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,
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
pub(crate) struct Record {
    #[command(flatten)]
    at: At,
    /// 多条：NDJSON 或 CSV 文件 / many: a file in NDJSON or CSV
    #[arg(long, value_name = "FILE", conflicts_with_all = ["kind", "again"])]
    file: Option<PathBuf>,
    /// 文件格式；不写时看扩展名 / its format; as its name says where absent
    #[arg(long, value_enum, requires = "file")]
    format: Option<Format>,
    /// 批次名：不同批次可以有相同的行 / a name that tells batches apart that may hold the same line
    #[arg(long, default_value = "")]
    name: String,
    /// 确实又发生了一次，再记一条 / it did happen once more: record the same again
    #[arg(long)]
    again: bool,
    /// 类型，如 visit_recorded / the kind, such as visit_recorded
    #[arg(long, required_unless_present = "file", requires_all = ["occurred", "recorder"])]
    kind: Option<String>,
    /// 关于哪一户 / the household it is about
    #[arg(long, value_name = "ID", group = "subject")]
    household: Option<String>,
    /// 关于哪件诉求 / the request
    #[arg(long, value_name = "ID", group = "subject")]
    request: Option<String>,
    /// 关于哪个结对 / the pairing
    #[arg(long, value_name = "ID", group = "subject")]
    pairing: Option<String>,
    /// 关于哪个干部 / the cadre
    #[arg(long, value_name = "ID", group = "subject")]
    person: Option<String>,
    /// 关于哪台机器 / the installation
    #[arg(long, value_name = "ID", group = "subject")]
    origin: Option<String>,
    /// 什么时候：2026-08-31、2026-08-31 am、2026-08-31 14:05 / when it happened, as exact as it is known
    #[arg(long, value_name = "WHEN")]
    occurred: Option<String>,
    /// 谁录的 / who types
    #[arg(long, value_name = "ID")]
    recorder: Option<String>,
    /// 谁去的，可写多次 / who did it; may be given several times
    #[arg(long = "actor", value_name = "ID")]
    actors: Vec<String>,
    /// 由哪条事件引起，可写多次 / an event that led to it
    #[arg(long = "cause", value_name = "ID")]
    causes: Vec<String>,
    /// 事实，如 outcome=met minutes=25 / a fact; may be given several times
    #[arg(long = "fact", value_name = "NAME=VALUE")]
    facts: Vec<String>,
    /// 个人部分，如 text=屋顶漏水 / a part of the personal text
    #[arg(long = "personal", value_name = "NAME=VALUE")]
    personal: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Ndjson,
    Csv,
}

#[derive(Args, Debug)]
pub(crate) struct Import {
    #[command(flatten)]
    at: At,
    /// 映射文件 / the mapping
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// 旧台账，CSV / the old ledger, in CSV
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// 谁导入的 / who imports
    #[arg(long, value_name = "ID")]
    recorder: PersonId,
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
        VillageCommand::Record(args) => record(args, out).await,
        VillageCommand::Import(args) => import(args, out).await,
        VillageCommand::Sync(args) => sync(args, out).await,
        VillageCommand::Status(args) => status(args, out).await,
        VillageCommand::Ledger(args) => ledger(args, out).await,
        VillageCommand::Log(args) => log(args, out).await,
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

async fn serve(args: &At, out: &Out) -> anyhow::Result<Exit> {
    let node = village::start(&config(&args.dir)?, &surroundings()?).await?;
    if out.json {
        out.line(json!({ "ready": args.dir }).to_string())?;
    } else {
        out.line(out.words.village_ready())?;
    }
    asked_to_end().await;
    node.stop().await?;
    Ok(Exit::Ok)
}

/// A village's door: the running node's, or that of the node opened in this process.
enum Door {
    Running(PathBuf),
    Opened(Box<village::OfflineOffice>),
}

impl Door {
    async fn open(dir: &Path) -> anyhow::Result<Self> {
        match village::local::ask(dir, Method::GET, "/status", Vec::new()).await {
            Ok(_) => Ok(Self::Running(dir.to_path_buf())),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
                let office = village::open_offline(&config(dir)?, &surroundings()?).await?;
                Ok(Self::Opened(Box::new(office)))
            }
            Err(error) => Err(error).with_context(|| dir.display().to_string()),
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Vec<u8>) -> anyhow::Result<LocalReply> {
        let reply = match self {
            Self::Running(dir) => village::local::ask(dir, method, path, body).await?,
            Self::Opened(office) => office.office().ask(method, path, body).await?,
        };
        Ok(reply.accepted()?)
    }

    async fn json(&self, method: Method, path: &str, body: Vec<u8>) -> anyhow::Result<Value> {
        let reply = self.ask(method, path, body).await?;
        Ok(serde_json::from_slice(&reply.body)?)
    }

    async fn close(self) -> anyhow::Result<()> {
        match self {
            Self::Running(_) => Ok(()),
            Self::Opened(office) => Ok(office.close().await?),
        }
    }
}

/// Opens the door, does something there, and closes it whatever came of it.
async fn at_door<T>(dir: &Path, work: impl AsyncFnOnce(&Door) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let door = Door::open(dir).await?;
    let done = work(&door).await;
    let closed = door.close().await;
    let done = done?;
    closed?;
    Ok(done)
}

async fn record(args: &Record, out: &Out) -> anyhow::Result<Exit> {
    let (format, bytes) = match &args.file {
        Some(file) => (
            format_of(args, file)?,
            fs::read(file).with_context(|| file.display().to_string())?,
        ),
        None => (Format::Ndjson, form(args)?.to_string().into_bytes()),
    };
    let report = at_door(&args.at.dir, async |door| {
        if args.again {
            let recorded = door.json(Method::POST, "/record", bytes).await?;
            let mut line = json!({ "line": 1, "outcome": "recorded" });
            merge(&mut line, &recorded);
            return Ok(json!({
                "lines": 1, "recorded": 1, "known": 0, "refused": 0, "not_reached": 0, "stopped": null, "report": [line]
            }));
        }
        batch(door, &args.name, format, bytes).await
    });
    let report = report.await?;
    reported(&report, args.file.is_some(), out)
}

async fn batch(door: &Door, name: &str, format: Format, bytes: Vec<u8>) -> anyhow::Result<Value> {
    let format = match format {
        Format::Ndjson => "ndjson",
        Format::Csv => "csv",
    };
    let name: String = name.bytes().map(escaped).collect();
    door.json(Method::POST, &format!("/batch?name={name}&format={format}"), bytes)
        .await
}

/// A byte as it may stand in an address.
fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

fn merge(into: &mut Value, from: &Value) {
    if let (Some(into), Some(from)) = (into.as_object_mut(), from.as_object()) {
        into.extend(from.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
}

fn format_of(args: &Record, file: &Path) -> anyhow::Result<Format> {
    let extension = file
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    match (args.format, extension.to_ascii_lowercase().as_str()) {
        (Some(format), _) => Ok(format),
        (None, "ndjson" | "jsonl" | "json") => Ok(Format::Ndjson),
        (None, "csv") => Ok(Format::Csv),
        _ => bail!("{}: say --format ndjson or --format csv", file.display()),
    }
}

/// The form that the flags describe; the node judges it.
fn form(args: &Record) -> anyhow::Result<Value> {
    let mut form = Map::new();
    let single = [
        ("kind", &args.kind),
        ("household", &args.household),
        ("request", &args.request),
        ("pairing", &args.pairing),
        ("person", &args.person),
        ("origin", &args.origin),
        ("occurred", &args.occurred),
        ("recorder", &args.recorder),
    ];
    for (name, value) in single {
        if let Some(value) = value {
            form.insert(name.to_owned(), json!(value));
        }
    }
    for (name, values) in [("actors", &args.actors), ("causes", &args.causes)] {
        if !values.is_empty() {
            form.insert(name.to_owned(), json!(values));
        }
    }
    form.insert("facts".to_owned(), Value::Object(pairs(&args.facts)?));
    if !args.personal.is_empty() {
        form.insert("personal".to_owned(), Value::Object(pairs(&args.personal)?));
    }
    Ok(Value::Object(form))
}

/// `name=value` pairs: a value that is JSON is taken as such, anything else as text.
fn pairs(all: &[String]) -> anyhow::Result<Map<String, Value>> {
    let pair = |text: &String| {
        let (name, value) = text
            .split_once('=')
            .with_context(|| format!("{text:?}: write NAME=VALUE"))?;
        let is_json = value.starts_with(['[', '{', '"']) || value == "true" || value == "false";
        let value = if is_json || value.parse::<i64>().is_ok() {
            serde_json::from_str(value).with_context(|| text.clone())?
        } else {
            json!(value)
        };
        Ok((name.to_owned(), value))
    };
    all.iter().map(pair).collect()
}

/// Shows a report of recording, line by line where there are several.
fn reported(report: &Value, is_file: bool, out: &Out) -> anyhow::Result<Exit> {
    let stopped: Option<Problem> = serde_json::from_value(report["stopped"].clone())?;
    let count = |key: &str| report[key].as_u64().unwrap_or(0);
    let exit = match &stopped {
        Some(problem) => of_problem(problem),
        None if count("refused") > 0 => Exit::Differs,
        None => Exit::Ok,
    };
    if out.json {
        out.object(report)?;
        return Ok(exit);
    }
    let w = out.words;
    for line in report["report"].as_array().into_iter().flatten() {
        let number = line["line"].as_u64().unwrap_or(0);
        match line["outcome"].as_str() {
            Some("refused") => out.line(w.line_refused(number, line["why"].as_str().unwrap_or_default()))?,
            Some("known") => out.line(w.line_known(number))?,
            _ if !is_file => out.line(format!(
                "{} {}:{} {}",
                w.saved(),
                line["origin"].as_str().unwrap_or_default(),
                line["sequence"],
                line["id"].as_str().unwrap_or_default()
            ))?,
            _ => {}
        }
    }
    if is_file {
        out.line(w.batch(count("lines"), count("recorded"), count("known"), count("refused")))?;
    }
    if let Some(problem) = stopped {
        out.line(w.batch_stopped(count("not_reached"), &problem.to_string()))?;
    }
    Ok(exit)
}

async fn import(args: &Import, out: &Out) -> anyhow::Result<Exit> {
    let text = fs::read_to_string(&args.mapping).with_context(|| args.mapping.display().to_string())?;
    let mapping = import::Mapping::parse(&text).with_context(|| args.mapping.display().to_string())?;
    let table = fs::File::open(&args.file).with_context(|| args.file.display().to_string())?;
    let report = at_door(&args.at.dir, async |door| {
        let status = door.json(Method::GET, "/status", Vec::new()).await?;
        let office = import::Office {
            unit: status["unit"].as_str().context("the node names no unit")?.parse()?,
            recorder: args.recorder,
        };
        let mut lines = Vec::new();
        let mut rows = Vec::new();
        let mut refused = Vec::new();
        let mut reading = mapping.read(io::BufReader::new(table), office)?;
        for event in &mut reading {
            match event {
                Ok(imported) => {
                    let facts = serde_json::to_value(&imported.draft.facts)?;
                    serde_json::to_writer(&mut lines, &Form::of_draft(&imported.draft, facts))?;
                    lines.push(b'\n');
                    rows.push(imported.row);
                }
                Err(error) => refused.push(json!({
                    "line": error.line, "row": error.row, "outcome": "refused", "why": error.to_string()
                })),
            }
        }
        let summary = reading.summary();
        let counts = json!({
            "rows": summary.rows, "skipped": summary.skipped, "refused": summary.refused, "events": summary.events,
            "derived": summary.derived
        });
        let mut report = batch(door, &format!("import {}", mapping.id()), Format::Ndjson, lines).await?;
        let told = report["report"].as_array_mut().context("no report")?;
        for line in told.iter_mut() {
            let at = line["line"]
                .as_u64()
                .and_then(|line| usize::try_from(line).ok()?.checked_sub(1));
            line["row"] = json!(at.and_then(|at| rows.get(at)));
        }
        told.extend(refused.iter().cloned());
        report["refused"] = json!(report["refused"].as_u64().unwrap_or(0) + refused.len() as u64);
        report["lines"] = json!(report["lines"].as_u64().unwrap_or(0) + refused.len() as u64);
        report["table"] = counts;
        anyhow::Ok(report)
    });
    let report = report.await?;
    reported(&report, true, out)
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
