//! The proof of one entry, as a village and the township show it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use event::{EventId, Origin, Sequence};
use follower::{Shown, Slip};
use serde_json::Value;

use crate::exit::Exit;
use crate::out::{Out, instant};

#[derive(Args, Debug)]
pub(crate) struct ProofArgs {
    /// 节点或总台的文件夹 / the folder of the node or the hub
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: PathBuf,
    /// 事件编号 / the event
    #[arg(
        long,
        value_name = "EVENT",
        required_unless_present = "place",
        conflicts_with = "place"
    )]
    event: Option<EventId>,
    /// 位置：来源:序号 / the place: origin:sequence
    #[arg(long, value_name = "ORIGIN:SEQUENCE")]
    place: Option<String>,
    /// 把叶子和证明写进这个文件夹 / write leaves and proofs into this folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

impl ProofArgs {
    /// The question at the door.
    pub(crate) fn path(&self) -> anyhow::Result<String> {
        if let Some(event) = self.event {
            return Ok(format!("/proof?event={event}"));
        }
        let place = self.place.as_deref().unwrap_or_default();
        let parts = place.split_once(':');
        let (origin, sequence) = parts.context("--place: give <origin>:<sequence>")?;
        let (origin, sequence): (Origin, u64) = (origin.parse()?, sequence.parse()?);
        let sequence = Sequence::new(sequence)?;
        Ok(format!("/proof?origin={origin}&sequence={}", sequence.get()))
    }
}

/// Shows what a door answered, and writes the files if that was asked.
pub(crate) fn show(answer: &Value, args: &ProofArgs, out: &Out) -> anyhow::Result<Exit> {
    let w = out.words;
    if answer["delivery"] == "pending" {
        if out.json {
            out.object(answer)?;
        } else {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            out.line(w.slip_pending(&text(&answer["origin"]), &text(&answer["sequence"])))?;
        }
        return Ok(Exit::Differs);
    }
    let slip: Slip = serde_json::from_value(answer["slip"].clone()).context("the answer holds no proof")?;
    let shown: &Value = &answer["shown"];
    let shown = Shown {
        log_size: shown["log_size"].as_u64().unwrap_or(0),
        journal_size: shown["journal_size"].as_u64(),
        cosigned: serde_json::from_value(shown["cosigned"].clone())?,
    };
    if let Some(dir) = &args.out {
        write(dir, &slip)?;
    }
    if out.json {
        out.object(answer)?;
        return Ok(Exit::Ok);
    }
    let (origin, sequence) = (slip.origin.to_string(), slip.sequence.get().to_string());
    out.line(w.slip_recorded(&origin, &sequence))?;
    out.line(w.slip_received(
        &slip.position.0.to_string(),
        &instant(Some(slip.received_at_ms)),
        &slip.journal.to_string(),
    ))?;
    out.line(w.slip_in_log(&sequence, &shown.log_size.to_string()))?;
    match shown.journal_size {
        Some(size) => out.line(w.slip_in_journal(&slip.position.0.to_string(), &size.to_string()))?,
        None => out.line(w.slip_no_journal_proof())?,
    }
    let names = answer["witnesses"].as_array().cloned().unwrap_or_default();
    let called = |witness: &str| {
        let known = names.iter().find(|pair| pair[0].as_str() == Some(witness));
        known.and_then(|pair| pair[1].as_str()).unwrap_or(witness).to_owned()
    };
    if shown.cosigned.is_empty() {
        out.line(w.slip_no_witness())?;
    }
    for (witness, time_s) in &shown.cosigned {
        out.line(w.slip_witness(&called(witness), &instant(Some(time_s.saturating_mul(1_000)))))?;
    }
    if let Some(dir) = &args.out {
        out.line(w.slip_written(&dir.display().to_string()))?;
    }
    out.line(w.slip_shows_not())?;
    Ok(Exit::Ok)
}

/// Writes leaves and proofs; a file that is there already is not overwritten.
pub(crate) fn write(dir: &Path, slip: &Slip) -> anyhow::Result<()> {
    fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    for (name, bytes) in slip.files()? {
        let path = dir.join(name);
        if path.exists() {
            bail!(
                "{}: there is a file of that name already; it is not overwritten",
                path.display()
            );
        }
        fs::write(&path, bytes).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
