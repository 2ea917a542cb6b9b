//! `minqing hub …`

mod sample;
mod seal;
mod witness;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use event::UnitCode;
use hub::{AskError, HubConfig};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::asked_to_end;
use super::code::{CodeFor, say};
use crate::clock::surroundings;
use crate::exit::Exit;
use crate::out::{Out, instant, number};

/// The hub's own settings, beside what it keeps.
const CONFIG: &str = "config.toml";
/// Where the township's pages are if nothing else is said.
const WEB_LISTEN: &str = "127.0.0.1:8490";
/// How often a hub that is opening is asked whether it is open.
const OPENING: Duration = Duration::from_millis(20);

#[derive(Debug, Subcommand)]
pub(crate) enum HubCommand {
    /// 建一个新的总台 / make a new hub
    Init(Init),
    /// 给一个村（或审计员）发登记文件 / write the enrolment file of a village or an auditor
    Enrol(Enrol),
    /// 运行总台 / run the hub
    Run(Run),
    /// 开一张一次性登录码，给镇里的网页用 / a one-time code for the township's pages in the browser
    Code(Code),
    /// 总台和各村怎么样 / how the hub and its villages are doing
    Status(At),
    /// 一条记录的凭证：收据、证明、见证 / the proof of one entry: receipt, proofs, witnesses
    Proof(super::slip::ProofArgs),
    /// 封存一个时段的数字 / seal the figures of a period
    Seal(seal::Seal),
    /// 抽查：按账本此刻的树根抽走访，公布出去，谁都能重抽 / publish a spot check drawn by the journal's root, which anybody can
    /// draw again
    Sample(sample::Sample),
    /// 看封存过哪些时段 / the seals that stand
    Seals(At),
    /// 封存的数字和现在的数字并排看 / sealed figures with today's beside them
    Sealed(seal::Sealed),
    /// 给核验工具的策略文件：账本和见证人的钥匙 / the policy file for verifiers: keys of the journal and its witnesses
    Policy(witness::PolicyArgs),
    /// 全部账本导出成一个文件夹，交给审计；再导出到同一个，只添新的 / everything as a folder to be handed over; into the same one again, only what is new
    Export(witness::Export),
    /// 打印账本检查点，贴公告栏、存档 / print the journal's checkpoint for the notice board and the archive
    Print(witness::Print),
}

#[derive(Args, Debug)]
pub(crate) struct At {
    /// 总台的文件夹 / the hub's folder
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Init {
    #[command(flatten)]
    at: At,
    /// 镇的 12 位区划代码 / the township's division code of 12 digits
    #[arg(long)]
    unit: UnitCode,
    /// 镇名 / its name
    #[arg(long)]
    name: String,
    /// 各村联总台用的 主机:端口，写进登记文件 / host:port under which villages reach the hub
    #[arg(long, value_name = "HOST:PORT")]
    address: String,
    /// 在哪里听 / where the hub listens
    #[arg(long, default_value = "0.0.0.0:8443", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// 证书里另写的主机名或地址 / further host names or addresses for the certificate
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Enrol {
    #[command(flatten)]
    at: At,
    /// 村的 12 位区划代码 / the village's division code of 12 digits
    #[arg(long, required_unless_present = "auditor", conflicts_with = "auditor")]
    village: Option<UnitCode>,
    /// 审计员，只读 / an auditor, who only reads
    #[arg(long)]
    auditor: bool,
    /// 机器的名字 / the machine's name
    #[arg(long)]
    name: String,
    /// 写到哪个文件 / the file to write
    #[arg(long, value_name = "FILE", default_value = "minqing-enrolment.toml")]
    out: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Run {
    #[command(flatten)]
    at: At,
    /// 另一份设置 / another file of settings than the folder's own
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// 在哪里听，盖过设置 / where to listen, whatever the settings say
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// 开镇里的网页；不写地址就只有本机能看（127.0.0.1:8490） / the township's pages; this machine alone where no address is given
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

pub(crate) async fn run(command: &HubCommand, out: &Out) -> anyhow::Result<Exit> {
    match command {
        HubCommand::Init(args) => init(args, out),
        HubCommand::Enrol(args) => enrol(args, out).await,
        HubCommand::Run(args) => serve(args, out).await,
        HubCommand::Code(args) => say(&ask(&args.at.dir, "POST", &args.what.path(), None).await?.0, out),
        HubCommand::Status(args) => status(args, out).await,
        HubCommand::Proof(args) => {
            let (answer, _) = ask(&args.dir, "GET", &args.path()?, None).await?;
            super::slip::show(&answer, args, out)
        }
        HubCommand::Seal(args) => seal::seal(args, out).await,
        HubCommand::Sample(args) => sample::publish(args, out).await,
        HubCommand::Seals(args) => seal::seals(args, out).await,
        HubCommand::Sealed(args) => seal::sealed(args, out).await,
        HubCommand::Policy(args) => witness::policy(args, out).await,
        HubCommand::Export(args) => witness::export(args, out).await,
        HubCommand::Print(args) => witness::print(args, out).await,
    }
}

fn init(args: &Init, out: &Out) -> anyhow::Result<Exit> {
    let dir = &args.at.dir;
    let mut config = HubConfig::new(dir, &args.address);
    config.listen = args.listen;
    let host = args
        .address
        .rsplit_once(':')
        .map_or(args.address.as_str(), |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let mut names = vec![host];
    names.extend(args.host.iter().cloned());
    hub::create(&config, args.unit, &args.name, &names, &surroundings()?)?;
    fs::write(dir.join(CONFIG), settings(dir, &config)?).with_context(|| dir.join(CONFIG).display().to_string())?;
    if out.json {
        out.object(&json!({ "dir": dir, "unit": args.unit, "name": args.name, "address": args.address }))?;
    } else {
        out.line(out.words.hub_made(&dir.display().to_string()))?;
    }
    Ok(Exit::Ok)
}

/// The settings of a hub as they are written beside what it keeps.
pub(crate) fn settings(dir: &Path, config: &HubConfig) -> anyhow::Result<String> {
    Ok(format!(
        "# 总台设置 / settings of the hub. `data_dir` is this file's own folder when it is left out of the command.\n\
         data_dir = {:?}\naddress = {:?}\nlisten = {:?}\n",
        std::path::absolute(dir)?.display().to_string(),
        config.address,
        config.listen.to_string()
    ))
}

/// The settings in the folder, for the folder as it is called now: it may have been moved or copied.
fn config(dir: &Path, file: Option<&Path>) -> anyhow::Result<HubConfig> {
    let own = dir.join(CONFIG);
    let path = file.unwrap_or(&own);
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut config = HubConfig::from_toml(&text).with_context(|| path.display().to_string())?;
    config.data_dir = dir.to_path_buf();
    Ok(config)
}

async fn serve(args: &Run, out: &Out) -> anyhow::Result<Exit> {
    let mut config = config(&args.at.dir, args.config.as_deref())?;
    config.web_listen = args.web.or(config.web_listen);
    let listen = args.listen.unwrap_or(config.listen);
    let listener = TcpListener::bind(listen).await.with_context(|| listen.to_string())?;
    let address = listener.local_addr()?;
    let running = hub::run(config, listener, surroundings()?, asked_to_end());
    let mut running = std::pin::pin!(running);
    let ready = async {
        while matches!(
            hub::ask(&args.at.dir, "GET", "/status", None).await,
            Err(AskError::NotRunning { .. })
        ) {
            tokio::time::sleep(OPENING).await;
        }
    };
    tokio::select! {
        ended = &mut running => {
            ended?;
            return Ok(Exit::Ok);
        }
        () = ready => {}
    }
    let web = hub::ask(&args.at.dir, "GET", "/status", None)
        .await
        .map(|status| status["web"].clone());
    let web = web.unwrap_or_default();
    let code = if web.is_null() {
        Value::Null
    } else {
        first_code(&args.at.dir).await
    };
    if out.json {
        out.line(json!({ "listening": address, "web": web, "code": code }).to_string())?;
    } else {
        out.line(format!("{} {address}", out.words.hub_ready()))?;
        if let Some(web) = web.as_str() {
            out.line(out.words.pages_at(&format!("http://{web}/")))?;
        }
        if let Some(code) = code.as_str() {
            out.line(out.words.first_code(code))?;
        }
    }
    running.await?;
    Ok(Exit::Ok)
}

/// The code of the first start. A damaged accounts file stops nothing but the pages.
async fn first_code(dir: &Path) -> Value {
    match hub::ask(dir, "POST", "/first-code", None).await {
        Ok(answer) => answer["code"].clone(),
        Err(error) => {
            tracing::error!(%error, "nobody can sign in");
            Value::Null
        }
    }
}

/// Asks the hub that runs in the folder; where none runs, it is opened for this one question, on a port of its own that
/// nobody knows.
async fn ask(dir: &Path, method: &str, path: &str, document: Option<&Value>) -> anyhow::Result<(Value, bool)> {
    match hub::ask(dir, method, path, document).await {
        Ok(answer) => return Ok((answer, true)),
        Err(AskError::NotRunning { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let mut config = config(dir, None)?;
    config.web_listen = None;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        // Dropping the other end says the same.
        let _ = stopped.await;
    };
    let mut running = tokio::spawn(hub::run(config, listener, surroundings()?, shutdown));
    let answer = loop {
        match hub::ask(dir, method, path, document).await {
            Err(AskError::NotRunning { .. }) if !running.is_finished() => {
                tokio::time::sleep(OPENING).await;
            }
            Err(AskError::NotRunning { source, .. }) => {
                (&mut running).await??;
                bail!(source);
            }
            answer => break answer,
        }
    };
    // Fails only if the hub has ended already.
    let _ = stop.send(());
    running.await??;
    Ok((answer?, false))
}

async fn enrol(args: &Enrol, out: &Out) -> anyhow::Result<Exit> {
    if args.out.exists() {
        bail!(
            "{}: there is a file of that name already; it is not overwritten",
            args.out.display()
        );
    }
    let unit = match args.village {
        Some(unit) => unit,
        None => {
            let (status, _) = ask(&args.at.dir, "GET", "/status", None).await?;
            status["unit"].as_str().context("the hub names no township")?.parse()?
        }
    };
    let role = if args.auditor { "auditor" } else { "village" };
    let offer = json!({ "unit": unit, "role": role, "name": args.name });
    let (answer, _) = ask(&args.at.dir, "POST", "/offer", Some(&offer)).await?;
    let text = answer["enrolment"].as_str().context("the hub gave no enrolment file")?;
    link::Enrolment::from_text(text.as_bytes())?.save(&args.out)?;
    let until = answer["expires_at_ms"].as_u64();
    if out.json {
        out.object(&json!({ "file": args.out, "unit": unit, "role": role, "expires_at_ms": until }))?;
    } else {
        out.line(out.words.offered(&args.out.display().to_string(), &instant(until)))?;
    }
    Ok(Exit::Ok)
}

async fn status(args: &At, out: &Out) -> anyhow::Result<Exit> {
    let (mut status, running) = ask(&args.dir, "GET", "/status", None).await?;
    status["running"] = json!(running);
    let state = status["log"]["state"]
        .as_str()
        .unwrap_or("store-unavailable")
        .to_owned();
    let exit = match state.as_str() {
        "ok" | "verifying" => Exit::Ok,
        "disk-full" => Exit::Full,
        _ => Exit::Damaged,
    };
    if out.json {
        out.object(&status)?;
        return Ok(exit);
    }
    let w = out.words;
    let running = if running { w.running() } else { w.not_running() };
    let name = status["name"].as_str().unwrap_or_default();
    out.line(format!(
        "{name} {} · {running} · {state}",
        status["unit"].as_str().unwrap_or_default()
    ))?;
    let cut = &status["ledgers"]["position"];
    out.line(w.cut(&number(cut), ledger::RULE_VERSION))?;
    if let Some(times) = status["restored_times"].as_u64().filter(|times| *times > 0) {
        out.line(w.restored_times(times))?;
    }
    if let Some(forks) = status["forks"].as_u64().filter(|forks| *forks > 0) {
        out.line(w.forks(forks))?;
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let machines = status["machines"].as_array().into_iter().flatten();
    let rows = machines.map(|machine| {
        let mut state = Vec::new();
        for word in ["revoked", "forked"] {
            if machine[word] == json!(true) {
                state.push(word.to_owned());
            }
        }
        if !machine["closed_at"].is_null() {
            state.push("closed".to_owned());
        }
        vec![
            text(&machine["name"]),
            text(&machine["unit"]),
            text(&machine["role"]),
            instant(machine["last_received_at_ms"].as_u64()),
            number(&machine["received"]),
            number(&machine["heard"]["pending"]),
            state.join(" "),
        ]
    });
    out.table(&w.machines_head(), 4, &rows.collect::<Vec<_>>())?;
    Ok(exit)
}
