//! `minqing village record`: one entry from flags, or many from a file with a line-by-line report.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use axum::http::Method;
use clap::{Args, ValueEnum};
use link::Problem;
use serde_json::{Map, Value, json};

use super::At;
use super::door::{Door, at_door};
use crate::commands::failure::of_problem;
use crate::exit::Exit;
use crate::out::Out;

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
pub(super) enum Format {
    Ndjson,
    Csv,
}

pub(super) async fn record(args: &Record, out: &Out) -> anyhow::Result<Exit> {
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

pub(super) async fn batch(door: &Door, name: &str, format: Format, bytes: Vec<u8>) -> anyhow::Result<Value> {
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
pub(super) fn reported(report: &Value, is_file: bool, out: &Out) -> anyhow::Result<Exit> {
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
