//! `minqing witness …`

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;
use tokio::net::TcpListener;
use witness::{Seen, Witness, WitnessConfig};

use super::asked_to_end;
use crate::clock::{random, surroundings};
use crate::exit::Exit;
use crate::out::{Out, hex, instant, number};

/// The witness's own settings, beside what it keeps.
const CONFIG: &str = "config.toml";

#[derive(Debug, Subcommand)]
pub(crate) enum WitnessCommand {
    /// 建一个新的见证，给出公钥 / make a new witness and show its verifier key
    Init(Init),
    /// 运行见证 / run the witness
    Run(Run),
    /// 公钥，和各账本最后作证到哪里 / its verifier key, and what it cosigned last of each log
    Show(At),
}

#[derive(Args, Debug)]
pub(crate) struct At {
    /// 见证的文件夹 / the witness's folder
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Init {
    #[command(flatten)]
    at: At,
    /// 签名里的名字，不含空格和加号，例如 witness.example/county / its name in signatures, without spaces or plus signs
    #[arg(long)]
    name: String,
    /// 在哪里听 / where it listens
    #[arg(long, default_value = "0.0.0.0:8448", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
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
}

pub(crate) async fn run(command: &WitnessCommand, out: &Out) -> anyhow::Result<Exit> {
    match command {
        WitnessCommand::Init(args) => init(args, out),
        WitnessCommand::Run(args) => serve(args, out).await,
        WitnessCommand::Show(args) => show(args, out),
    }
}

fn init(args: &Init, out: &Out) -> anyhow::Result<Exit> {
    let dir = &args.at.dir;
    let mut seed = [0; 32];
    random(&mut seed)?;
    let vkey = witness::create(dir, &args.name, &seed)?.to_string();
    let settings = format!(
        "# 见证设置 / settings of the witness. `data_dir` is this file's own folder when it is left out of the command.\n\
         # 每个要看的账本一段 / one section for each log that it watches:\n\
         # [[log]]\n# vkey = \"<name>+<id>+<key>\"\n\
         data_dir = {:?}\nname = {:?}\nlisten = {:?}\n",
        std::path::absolute(dir)?.display().to_string(),
        args.name,
        args.listen.to_string()
    );
    fs::write(dir.join(CONFIG), settings).with_context(|| dir.join(CONFIG).display().to_string())?;
    if out.json {
        out.object(&json!({ "dir": dir, "name": args.name, "vkey": vkey }))?;
    } else {
        out.line(out.words.witness_made(&dir.display().to_string(), &vkey))?;
    }
    Ok(Exit::Ok)
}

/// The settings in the folder, for the folder as it is called now.
fn config(dir: &Path, file: Option<&Path>) -> anyhow::Result<WitnessConfig> {
    let own = dir.join(CONFIG);
    let path = file.unwrap_or(&own);
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut config = WitnessConfig::from_toml(&text).with_context(|| path.display().to_string())?;
    config.data_dir = dir.to_path_buf();
    Ok(config)
}

async fn serve(args: &Run, out: &Out) -> anyhow::Result<Exit> {
    let config = config(&args.at.dir, args.config.as_deref())?;
    let listen = args.listen.unwrap_or(config.listen);
    let listener = TcpListener::bind(listen).await.with_context(|| listen.to_string())?;
    let address = listener.local_addr()?;
    // The folder is opened before anything else happens; whoever connects meanwhile waits in the system's queue.
    let witness = Witness::open(&config)?;
    if out.json {
        out.line(json!({ "listening": address }).to_string())?;
    } else {
        out.line(format!("{} {address}", out.words.witness_ready()))?;
    }
    witness::serve(
        witness,
        config.connections_max,
        listener,
        surroundings()?,
        asked_to_end(),
    )
    .await?;
    Ok(Exit::Ok)
}

fn show(args: &At, out: &Out) -> anyhow::Result<Exit> {
    let config = config(&args.dir, None)?;
    let vkey = witness::verifier_key(&args.dir, &config.name)?.to_string();
    let seen = Witness::remembers(&config)?;
    if out.json {
        let each = |seen: &Seen| {
            json!({
                "log": seen.log.name, "vkey": seen.log.to_string(), "size": seen.size, "root": hex(&seen.root),
                "cosigned_at_s": seen.note.as_ref().map(|_| seen.time_s), "note": seen.note
            })
        };
        let logs: Vec<_> = seen.iter().map(each).collect();
        out.object(&json!({ "name": config.name, "vkey": vkey, "logs": logs }))?;
        return Ok(Exit::Ok);
    }
    out.line(vkey)?;
    let row = |seen: &Seen| {
        let at = seen.note.as_ref().map(|_| seen.time_s.saturating_mul(1_000));
        vec![
            seen.log.name.clone(),
            instant(at),
            number(&json!(seen.size)),
            hex(&seen.root)[..16].to_owned(),
        ]
    };
    out.table(&out.words.witness_head(), 2, &seen.iter().map(row).collect::<Vec<_>>())?;
    Ok(Exit::Ok)
}
