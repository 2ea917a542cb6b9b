//! A village that shows another ledger than its records give: one row of what it keeps was altered, and the digests
//! were made to fit. Its log is whole, so nothing in its own folder gives it away; the township's figures do.

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use event::{Day, Origin, Sequence, UnitCode};
use event_log::{LogRead as _, SledStore, Store as _};
use follower::{Follower, Mirror, Track};
use ledger::View;
use proof::PublicKey;
use serde::Deserialize;
use serde_json::{Value, json};
use sync::message::{Enrolled, decode};
use tokio::net::UnixListener;

use super::run::Office;
use super::sabotage::{NO_HOUSEHOLD, copy, enlarge};

struct Desk {
    unit: UnitCode,
    follower: Follower,
    /// The village's own log, as it is.
    log: SledStore,
}

/// Puts the altered ledger in the place of the village's own, at its own door.
pub(super) async fn show_another_ledger(office: &mut Office) -> anyhow::Result<()> {
    let party = &mut office.party;
    party.stop().await?;
    let (dir, config, unit) = (party.config.data_dir.clone(), party.config.store(), party.unit);
    let folder = dir.clone();
    let fold = tokio::task::spawn_blocking(move || {
        let kept = folder.join("kept");
        let mut altered = None;
        copy(&config, &kept, &mut |_, entry| {
            if altered.is_none() {
                altered = enlarge(entry);
            }
        })?;
        altered.context(NO_HOUSEHOLD)?;
        let enrolled: Enrolled = decode(&std::fs::read(folder.join("enrolled"))?)?;
        let mut kept_config = config.clone();
        kept_config.dir = kept;
        let store = SledStore::open(kept_config)?;
        let mirror = Mirror::open(&store, PublicKey(*enrolled.hub_key))?;
        let mut follower = Follower::new();
        while !follower.follow(&store, &Track::of_mirror(&mirror), u64::MAX)?.at_end {}
        Box::new(store).close()?;
        let log = SledStore::open(config)?;
        anyhow::Ok(Desk { unit, follower, log })
    });
    let desk = Arc::new(fold.await??);
    let door = listen(&dir)?;
    let routes = Router::new()
        .route("/digests", get(digests))
        .route("/ledger/{view}", get(ledger))
        .route("/log", get(log))
        .route("/status", get(status))
        .with_state(desk);
    // It goes when the demo does.
    tokio::spawn(async move {
        if let Err(error) = axum::serve(door, routes).await {
            tracing::error!(%error, "the altered ledger is not shown");
        }
    });
    Ok(())
}

fn listen(dir: &std::path::Path) -> anyhow::Result<UnixListener> {
    // A path that fits into a socket's address, whatever the folder is called.
    let folder = File::open(dir)?;
    let short = format!("/proc/self/fd/{}/node.sock", folder.as_raw_fd());
    UnixListener::bind(short).context("the socket cannot be put into the village's folder")
}

type Shared = State<Arc<Desk>>;

async fn digests(State(desk): Shared) -> Json<Value> {
    let ledger = desk.follower.ledger();
    let views = View::ALL.into_iter().map(|view| {
        let (live, root) = (ledger.live_digest(view, desk.unit), ledger.root(view, desk.unit));
        (view.key().to_owned(), json!({ "live": live, "root": root }))
    });
    let views: serde_json::Map<String, Value> = views.collect();
    let health = ledger.sync_health(desk.unit);
    let scope = health.iter().map(|row| row.last_position).max();
    let unit = json!({ "unit": desk.unit, "scope_position": scope, "views": views });
    Json(json!({ "cut": ledger.cut(), "units": [unit] }))
}

#[derive(Deserialize)]
struct AsOf {
    as_of: Day,
}

async fn ledger(State(desk): Shared, Path(word): Path<String>, Query(question): Query<AsOf>) -> Json<Value> {
    let view = if word == "sync" {
        Some(View::SyncHealth)
    } else {
        View::from_key(&word)
    };
    let rows = view.map(|view| audit::rows(desk.follower.ledger(), view, desk.unit, question.as_of));
    Json(json!({ "confirmed": { "rows": rows } }))
}

#[derive(Deserialize)]
struct From {
    from: String,
}

async fn log(State(desk): Shared, Query(place): Query<From>) -> Json<Value> {
    let read = || {
        let (origin, sequence) = place.from.split_once(':')?;
        let sequence = Sequence::new(sequence.parse().ok()?).ok()?;
        let entries = desk
            .log
            .read(origin.parse::<Origin>().ok()?.into(), sequence, 1, usize::MAX);
        entries.ok()?.pop()
    };
    Json(json!({ "bytes": read().map(|entry| crate::out::hex(&entry.bytes)) }))
}

async fn status(State(desk): Shared) -> Json<Value> {
    Json(json!({ "unit": desk.unit, "pending": 0, "state": "ok" }))
}
