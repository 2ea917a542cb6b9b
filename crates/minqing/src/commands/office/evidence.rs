//! `minqing village evidence` and `day-code`: what a village holds against others, and what others hold against it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use axum::http::Method;
use clap::Args;
use serde_json::Value;

use super::door::at_door;
use crate::exit::Exit;
use crate::out::{Out, instant, number};

#[derive(Args, Debug)]
pub(crate) struct Evidence {
    /// 节点的文件夹 / the node's folder
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,
    /// 写成文件 / write it as files
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Shows and writes every pair of checkpoints that cannot both be true, or that was not proved to be.
pub(super) async fn evidence(args: &Evidence, out: &Out) -> anyhow::Result<Exit> {
    let answer = at_door(&args.dir, async |door| {
        door.json(Method::GET, "/evidence", Vec::new()).await
    })
    .await?;
    let pairs = answer.as_array().cloned().unwrap_or_default();
    if let Some(dir) = &args.out {
        fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
        for (at, pair) in (1..).zip(&pairs) {
            for side in ["kept", "shown"] {
                let path = dir.join(format!("{at:03}-{side}.note"));
                if path.exists() {
                    bail!(
                        "{}: there is a file of that name already; it is not overwritten",
                        path.display()
                    );
                }
                fs::write(&path, pair[side].as_str().unwrap_or_default())
                    .with_context(|| path.display().to_string())?;
            }
        }
    }
    if out.json {
        out.object(&answer)?;
    } else if pairs.is_empty() {
        out.line(out.words.no_evidence())?;
    } else {
        for pair in &pairs {
            out.line(out.words.parted(
                pair["why"].as_str().unwrap_or_default(),
                &instant(pair["wall_ms"].as_u64()),
            ))?;
            for side in ["kept", "shown"] {
                out.line(pair[side].as_str().unwrap_or_default().trim_end())?;
            }
        }
    }
    Ok(if pairs.is_empty() { Exit::Ok } else { Exit::Differs })
}

/// The code that a village writes onto its signed list of the day: whoever has the list can hold the log to it.
pub(super) async fn day_code(dir: &Path, out: &Out) -> anyhow::Result<Exit> {
    let root = at_door(dir, async |door| door.json(Method::GET, "/day-root", Vec::new()).await).await?;
    if out.json {
        out.object(&root)?;
        return Ok(Exit::Ok);
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    out.line(
        out.words
            .day_code(&text(&root["code"]), &number(&root["size"]), &text(&root["origin"])),
    )?;
    Ok(Exit::Ok)
}
