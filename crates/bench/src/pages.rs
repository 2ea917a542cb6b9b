//! Row 13: what a page costs at the server, and row 15: what a node weighs that shows pages.
//!
//! The node of row 15 runs in a process of its own, so that its memory is its own; hub and reader stay in this one.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use serde_json::{Value, json};
use village::{RunningNode, VillageConfig};

use crate::Bench;
use crate::browse::{Visitor, link};
use crate::clock::Clock;
use crate::day::memory;
use crate::table::{Line, Target, thousands, whole};
use crate::town::{Office, Town, config};

/// The argument under which this program is the node of row 15.
pub(crate) const CHILD: &str = "node-pages";
/// How often each page is asked for. The slowest twentieth is left out.
const ROUNDS: usize = 200;
/// Between the last page and the look at a node that rests.
const REST: Duration = Duration::from_secs(5);

/// Pages on a port of this machine.
fn with_pages(config: VillageConfig) -> VillageConfig {
    VillageConfig {
        web_listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
        ..config
    }
}

async fn sign_in(node: &RunningNode) -> Result<Visitor> {
    let address = node.web_address().context("pages")?;
    let code = node
        .office()
        .first_code()
        .await
        .map_err(|problem| anyhow!("{problem}"))?;
    Visitor::first(address.to_string(), &code.context("a code")?).await
}

/// Every page of the village: its name, its address, its form if it has one.
async fn every_page(visitor: &mut Visitor) -> Result<Vec<(&'static str, String, Option<String>)>> {
    let today = visitor.ask("/", None).await?.body;
    let delivery = visitor.ask("/delivery", None).await?.body;
    let mut pages = vec![
        ("today", "/".to_owned(), None),
        ("visit", "/visit".to_owned(), None),
        ("households", "/households".to_owned(), None),
        (
            "search of a household",
            "/households".to_owned(),
            Some("q=1".to_owned()),
        ),
        ("requests", "/requests".to_owned(), None),
        ("delivery", "/delivery".to_owned(), None),
    ];
    for (name, page, prefix) in [("household", &today, "/household/"), ("proof", &delivery, "/proof/")] {
        pages.push((
            name,
            link(page, prefix).with_context(|| format!("a {name} to open"))?,
            None,
        ));
    }
    Ok(pages)
}

pub(crate) async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let events = bench.size(100_000, 10_000);
    let dir = bench.scratch()?;
    let mut town = Town::found(dir.path()).await?;
    let office = town.enrol(None).await?;
    office.fill(0, events)?;
    let office = Office {
        config: with_pages(office.config.clone()),
        ..office
    };
    let node = office.start().await?;
    node.office().synced().await.map_err(|problem| anyhow!("{problem}"))?;
    let mut visitor = sign_in(&node).await?;
    let mut lines = Vec::new();
    for (name, path, form) in every_page(&mut visitor).await? {
        let (mut took, mut bytes) = (Vec::with_capacity(ROUNDS), 0);
        for _ in 0..ROUNDS {
            let answer = visitor.ask(&path, form.as_deref()).await?;
            ensure!(answer.status == 200, "{path}: {}", answer.status);
            bytes = answer.body.len();
            took.push(answer.took.as_secs_f64() * 1e3);
        }
        took.sort_by(f64::total_cmp);
        let (half, p95) = (took[ROUNDS / 2], took[ROUNDS * 95 / 100]);
        lines.push(Line {
            row: 13,
            what: format!(
                "village with {} events, page {name}, p95 at the server",
                thousands(whole(events))
            ),
            measured: format!(
                "{half:.1} ms half of the time, {p95:.1} ms p95, {} kB",
                thousands(whole(bytes) / 1e3)
            ),
            yardstick: String::new(),
            value: p95,
            unit: "ms",
            target: Some(Target::AtMost(PAGE_MS_MAX)),
        });
    }
    node.stop().await?;
    town.stop().await?;
    Ok(lines)
}

/// Longest wait for a page at the server, in milliseconds: the measure.
const PAGE_MS_MAX: f64 = 50.0;

/// Row 15.
pub(crate) async fn weigh(bench: &Bench) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for events in [20_000, bench.size(100_000, 40_000)] {
        let dir = bench.scratch()?;
        let mut town = Town::found(dir.path()).await?;
        let office = town.enrol(None).await?;
        office.fill(0, events)?;
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
        let most = figure("most_mib")?;
        for (when, name) in [
            ("right after it has sent them all", "synced_mib"),
            ("at rest, every page looked at", "rest_mib"),
        ] {
            let value = figure(name)?;
            lines.push(Line {
                row: 15,
                what: format!(
                    "node with pages and {} events, {when}: resident",
                    thousands(whole(events))
                ),
                measured: format!("{value:.1} MiB, at most {most:.1}"),
                yardstick: String::new(),
                value,
                unit: "MiB",
                target: Some(Target::AtMost(100.0)),
            });
        }
    }
    Ok(lines)
}

/// The node's process: opens with its pages, sends everything, shows every page, rests.
pub(crate) async fn child(folder: &Path) -> Result<Value> {
    let clock = Clock::new();
    clock.put_forward(24 * 3_600_000);
    let node = village::start(&with_pages(config(folder)), &clock.surroundings()).await?;
    node.office().synced().await.map_err(|problem| anyhow!("{problem}"))?;
    let synced = memory("VmRSS:")?;
    let mut visitor = sign_in(&node).await?;
    for (_, path, form) in every_page(&mut visitor).await? {
        for _ in 0..10 {
            visitor.ask(&path, form.as_deref()).await?;
        }
    }
    tokio::time::sleep(REST).await;
    let said = json!({ "synced_mib": synced, "rest_mib": memory("VmRSS:")?, "most_mib": memory("VmHWM:")? });
    node.stop().await?;
    Ok(said)
}
