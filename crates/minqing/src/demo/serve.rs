//! The demo stays up: people sit down at its pages.
//!
//! The clocks of the story go on from the morning after its end, now at the pace of real time. So a visit that a guest
//! records "today" lies on the day after everything the story has told, and no ledger jumps by the months between the
//! story and the guest's own calendar. The text says which day it is there.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::clocks::Cell;
use super::run::Town;
use crate::clock::Stopwatch;
use crate::commands::asked_to_end;
use crate::out::{Out, instant};

const HOUR_MS: u64 = 3_600_000;
/// When people come in on the morning after, past midnight.
const MORNING_MS: u64 = 8 * HOUR_MS + HOUR_MS / 2;
/// How often the clocks are moved on.
const TICK: Duration = Duration::from_millis(100);
/// Villages whose pages are opened.
const PAGES: usize = 2;

/// Pages that somebody can sit down at.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Pages {
    /// `village` or `hub`.
    pub(super) party: &'static str,
    /// The name of the place.
    pub(super) name: String,
    /// Where they are.
    pub(super) web: SocketAddr,
    /// The one-time code with which the first account is made.
    pub(super) code: String,
    /// Head of a household that somebody could be looking for.
    pub(super) household: Option<String>,
}

/// What is said of a demo that stays up.
#[derive(Clone, Debug, Serialize)]
struct Serving {
    /// The time at all parties when this was said, in UTC.
    now_ms: u64,
    /// Where the hub is for machines.
    hub: SocketAddr,
    folder: String,
    pages: Vec<Pages>,
}

/// Stays up until it is told to stop.
pub(super) async fn serve(town: &mut Town, dir: &Path, out: &Out) -> anyhow::Result<()> {
    let morning_ms = u64::try_from(town.today.plus(1).start_ms()).unwrap_or(0) + MORNING_MS;
    let mut cells = vec![Arc::clone(&town.hub.cell)];
    cells.extend(town.villages.iter().map(|office| Arc::clone(office.party.cell())));
    let flow = tokio::spawn(flow(cells, morning_ms));
    for office in &town.villages {
        office.party.wire.set(true);
    }
    let pages = open(town).await?;
    let serving = Serving {
        now_ms: morning_ms,
        hub: town.hub.address,
        folder: dir.display().to_string(),
        pages,
    };
    say(out, town, &serving)?;
    asked_to_end().await;
    flow.abort();
    Ok(())
}

/// Lets the clocks of all parties run from this instant on.
async fn flow(cells: Vec<Arc<Cell>>, from_ms: u64) {
    let watch = Stopwatch::start();
    loop {
        let passed = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
        for cell in &cells {
            cell.advance_to(from_ms.saturating_add(passed));
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Opens pages at the township and some villages: first at those whose clock is right, because a wrong one is another lesson.
async fn open(town: &mut Town) -> anyhow::Result<Vec<Pages>> {
    let mut running: Vec<_> = town
        .villages
        .iter_mut()
        .filter(|office| office.party.is_running())
        .collect();
    running.sort_by_key(|office| office.party.clock.wrong_span().is_some());
    let (web, code) = town.hub.pages().await?;
    let mut pages = vec![Pages {
        party: "hub",
        name: town.town.name.clone(),
        web,
        code,
        household: None,
    }];
    for office in running.into_iter().take(PAGES) {
        let (web, code) = office.party.open_pages().await?;
        pages.push(Pages {
            party: "village",
            name: office.party.name.clone(),
            web,
            code,
            household: office.story.somebody()?,
        });
    }
    Ok(pages)
}

fn say(out: &Out, town: &Town, serving: &Serving) -> anyhow::Result<()> {
    if out.json {
        return out.object(&serde_json::json!({ "serving": serving }));
    }
    let w = &out.words;
    out.line(w.serving(&instant(Some(serving.now_ms))))?;
    for pages in &serving.pages {
        let place = match pages.party {
            "hub" => w.serving_township(&pages.name),
            _ => w.serving_village(&pages.name),
        };
        out.line(format!("\n{place}"))?;
        out.line(format!("  http://{}/", pages.web))?;
        out.line(format!("  {}", w.serving_code(&pages.code)))?;
        out.line(format!("  {}", w.serving_first()))?;
        match &pages.household {
            Some(head) => out.line(format!("  {}", w.serving_visit(head)))?,
            None => out.line(format!("  {}", w.serving_look()))?,
        }
    }
    out.line(format!("\n{}", w.serving_hub(&town.town.name)))?;
    out.line(format!("  {}", w.serving_hub_status()))?;
    out.line(format!("  minqing hub status --dir {}", town.hub.dir.display()))?;
    if let Some(office) = town.villages.first() {
        let folder = office.party.config.data_dir.display();
        out.line(format!("\n{}", w.serving_commands(&office.party.name)))?;
        out.line(format!("  minqing village status --dir {folder}"))?;
        out.line(format!("  minqing village ledger requests --dir {folder}"))?;
        out.line(format!("  minqing village log --dir {folder} | head"))?;
    }
    out.line(format!("\n{}", w.serving_folder(&serving.folder)))?;
    out.line(w.stop_with_ctrl_c())
}
