//! Row 14: what a page of the township's desk costs at the server, with every village's events in the hub's ledgers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;

use anyhow::{Context as _, Result, anyhow, ensure};
use event::{Draft, UnitCode};

use crate::Bench;
use crate::browse::Visitor;
use crate::local::{self, SEED};
use crate::table::{Line, Target, thousands, whole};
use crate::town::Town;

/// Villages of a township of the usual size.
const VILLAGES: usize = 34;
/// How often each page is asked for.
const ROUNDS: usize = 60;
/// Longest wait for a page at the server, in milliseconds: the measure.
const PAGE_MS_MAX: f64 = 150.0;
/// Most pages of one shape, and most in all.
const OF_A_SHAPE_MAX: usize = 1;
const PAGES_MAX: usize = 40;

/// The events of the village with this number: another seed, another unit.
fn drafts(village: usize, unit: UnitCode, n: usize) -> impl Iterator<Item = Draft> {
    let seed = SEED + village as u64;
    sample::bench_entries(seed, n).map(move |draft| Draft { unit, ..draft })
}

pub(crate) async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let events = bench.size(1_000_000, 34_000);
    let dir = bench.scratch()?;
    let pages = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    let mut town = Town::found_with(dir.path(), |config| config.web_listen = pages).await?;
    let first = local::unit()?.get();
    for village in 0..VILLAGES {
        let unit = UnitCode::new(first + village as u64)?;
        let office = town.enrol_of(unit, None).await?;
        office.fill_with(drafts(village, unit, events / VILLAGES))?;
        let node = office.start().await?;
        node.office().synced().await.map_err(|problem| anyhow!("{problem}"))?;
        node.stop().await?;
    }
    let status = town.status().await?;
    let address = status["web"].as_str().context("pages")?.to_owned();
    let answer = hub::ask(&town.config.data_dir, "POST", "/first-code", None).await?;
    let mut visitor = Visitor::first(address, answer["code"].as_str().context("a code")?).await?;
    let mut lines = Vec::new();
    for path in reachable(&mut visitor).await? {
        let (mut took, mut bytes) = (Vec::with_capacity(ROUNDS), 0);
        for _ in 0..ROUNDS {
            let answer = visitor.ask(&path, None).await?;
            ensure!(answer.status == 200, "{path}: {}", answer.status);
            bytes = answer.body.len();
            took.push(answer.took.as_secs_f64() * 1e3);
        }
        took.sort_by(f64::total_cmp);
        let (half, p95) = (took[ROUNDS / 2], took[ROUNDS * 95 / 100]);
        lines.push(Line {
            row: 14,
            what: format!(
                "township with {} events, page {}, p95 at the server",
                thousands(whole(events)),
                shape(&path)
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
    town.stop().await?;
    Ok(lines)
}

/// One page of each shape that links lead to from the first one.
async fn reachable(visitor: &mut Visitor) -> Result<Vec<String>> {
    let mut waiting = VecDeque::from(["/".to_owned()]);
    let (mut seen, mut shapes, mut pages) = (BTreeSet::new(), BTreeMap::<String, usize>::new(), Vec::new());
    while let Some(path) = waiting.pop_front().filter(|_| pages.len() < PAGES_MAX) {
        let count = shapes.entry(shape(&path)).or_default();
        if *count >= OF_A_SHAPE_MAX {
            continue;
        }
        *count += 1;
        let answer = visitor.ask(&path, None).await?;
        for link in answer
            .body
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            let link = link.replace("&amp;", "&");
            let link = link.split('#').next().unwrap_or_default();
            // Examples of the interface for programs name what need not be here.
            let is_file = link.split('?').next().unwrap_or_default().contains('.') || link.starts_with("/api/v1/");
            if link.starts_with('/') && !is_file && seen.insert(link.to_owned()) {
                waiting.push_back(link.to_owned());
            }
        }
        pages.push(path);
    }
    Ok(pages)
}

/// The shape of an address: what tells one village from another is left out.
fn shape(path: &str) -> String {
    let (path, question) = path.split_once('?').unwrap_or((path, ""));
    let parts = path.split('/').map(|part| {
        let is_id = part.len() > 12 || part.chars().any(|c| c.is_ascii_digit());
        if is_id { "…" } else { part }
    });
    let keys: BTreeSet<&str> = question.split('&').filter_map(|pair| pair.split('=').next()).collect();
    let keys: Vec<&str> = keys.into_iter().filter(|key| !key.is_empty()).collect();
    let path = parts.collect::<Vec<_>>().join("/");
    if keys.is_empty() {
        path
    } else {
        format!("{path}?{}", keys.join("&"))
    }
}
