//! `minqing village import`: an old ledger becomes imported history under a mapping file.

use std::path::PathBuf;
use std::{fs, io};

use anyhow::Context as _;
use axum::http::Method;
use clap::Args;
use event::PersonId;
use event::form::Form;
use serde_json::json;

use super::At;
use super::door::at_door;
use super::record::{Format, batch, reported};
use crate::exit::Exit;
use crate::out::Out;

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

pub(super) async fn import(args: &Import, out: &Out) -> anyhow::Result<Exit> {
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
