//! Row 8: a node that holds a hundred thousand events opens, and lives through a working day.
//!
//! The node runs in a process of its own, so that its memory is its own; the hub stays in this one.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, ensure};
use axum::http::Method;
use event::form::Form;
use serde_json::{Value, json};

use crate::clock::{Clock, Moment};
use crate::table::{Line, Target, thousands, whole};
use crate::town::{Town, config};
use crate::{Bench, local};

/// The argument under which this program is the node.
pub(crate) const CHILD: &str = "node-day";
/// A day of syncs, one in fifteen minutes.
const TURNS: usize = 96;
const TURN_MS: u64 = 15 * 60_000;

pub(crate) async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let events = bench.size(100_000, 10_000);
    let dir = bench.scratch()?;
    let mut town = Town::found(dir.path()).await?;
    let office = town.enrol(None).await?;
    office.fill(0, events)?;
    let node = office.start().await?;
    node.office().synced().await.map_err(|problem| anyhow!("{problem}"))?;
    node.stop().await?;
    let (me, folder) = (std::env::current_exe()?, office.config.data_dir.clone());
    let child = tokio::task::spawn_blocking(move || Command::new(me).arg(CHILD).arg(folder).output());
    let said = child.await??;
    town.stop().await?;
    ensure!(
        said.status.success(),
        "the node: {}",
        String::from_utf8_lossy(&said.stderr)
    );
    let said: Value = serde_json::from_slice(&said.stdout)?;
    let figure = |name: &str| said[name].as_f64().with_context(|| format!("the node says no {name}"));
    let line = |what: &str, measured: String, value: f64, unit, target| Line {
        row: 8,
        what: format!("node with {} events: {what}", thousands(whole(events))),
        measured,
        yardstick: String::new(),
        value,
        unit,
        target,
    };
    let (ready, ledgers) = (figure("ready_s")?, figure("ledgers_s")?);
    let (after, most) = (figure("rss_mib")?, figure("most_mib")?);
    Ok(vec![
        line(
            "open to ready",
            format!("{ready:.3} s"),
            ready,
            "s",
            Some(Target::AtMost(0.5)),
        ),
        line("open to ledgers rebuilt", format!("{ledgers:.3} s"), ledgers, "s", None),
        line(
            "resident after a day of records, syncs and ledgers shown",
            format!("{after:.1} MiB, at most {most:.1}"),
            after,
            "MiB",
            Some(Target::AtMost(80.0)),
        ),
    ])
}

/// The node's process: opens, lives through the day, says what it took.
pub(crate) async fn child(folder: &Path) -> Result<Value> {
    let clock = Clock::new();
    let wrong = |problem: link::Problem| anyhow!("{problem}");
    // The day after what was recorded before.
    clock.put_forward(24 * 3_600_000);
    let start = Moment::now();
    let node = village::start(&config(folder), &clock.surroundings()).await?;
    let ready_s = start.elapsed().as_secs_f64();
    node.office().synced().await.map_err(wrong)?;
    let ledgers_s = start.elapsed().as_secs_f64();
    let opened = memory("VmRSS:")?;
    let mut drafts = local::drafts(TURNS);
    for turn in 0..TURNS {
        clock.put_forward(TURN_MS);
        if let Some(draft) = drafts.next() {
            let facts = serde_json::to_value(&draft.facts)?;
            node.office()
                .record(Form::of_draft(&draft, facts))
                .await
                .map_err(wrong)?;
        }
        node.office().synced().await.map_err(wrong)?;
        if turn % 8 == 0 {
            for path in [
                "/ledger/requests?as_of=2026-09-23",
                "/ledger/households?as_of=2026-09-23",
                "/status",
            ] {
                let reply = node.office().ask(Method::GET, path, Vec::new()).await?;
                reply.accepted().map_err(wrong)?;
            }
        }
    }
    let said = json!({
        "ready_s": ready_s, "ledgers_s": ledgers_s, "opened_mib": opened,
        "rss_mib": memory("VmRSS:")?, "most_mib": memory("VmHWM:")?,
    });
    node.stop().await?;
    Ok(said)
}

/// A line of this process's memory, in MiB.
pub(crate) fn memory(name: &str) -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .context("a line of memory")?;
    let kib: u32 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(f64::from(kib) / 1_024.0)
}
