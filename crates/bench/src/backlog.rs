//! Rows 4 and 5: what offices recorded without a link, on its way to the hub.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use axum::http::Method;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::batch::{EVENTS, LocalLog};
use crate::clock::{Moment, timed};
use crate::proxy::Proxy;
use crate::table::{Line, Target, median, per_second, speed, whole};
use crate::town::Town;
use crate::{Bench, local};

/// Row 4.
pub(crate) async fn speeds(bench: &Bench) -> Result<Vec<Line>> {
    let rounds = bench.size(3, 1);
    let (one, nodes, each) = (bench.size(20_000, 5_000), bench.size(50, 10), bench.size(1_000, 200));
    let dir = bench.scratch()?;
    let entries = local::entries(EVENTS, &dir.path().join("made"))?;
    let mut log = LocalLog::create(&dir.path().join("log"))?;
    let (mut batch, mut single, mut many) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        for _ in 0..3 {
            let entries = entries.clone();
            let (done, took) = timed(|| log.append(entries));
            done?;
            batch.push(per_second(EVENTS, took));
        }
        single.push(per_second(one, delivered(bench, 1, one).await?));
        many.push(per_second(nodes * each, delivered(bench, nodes, each).await?));
    }
    let batch = median(&mut batch);
    let line = |what: String, ours: f64| Line {
        row: 4,
        what: format!("{what} → durable at the hub; beside the local batch append"),
        measured: speed(ours),
        yardstick: speed(batch),
        value: ours / batch,
        unit: "×",
        target: Some(Target::AtLeast(0.4)),
    };
    Ok(vec![
        line(format!("a backlog of {one}"), median(&mut single)),
        line(format!("{nodes} nodes × {each} at once"), median(&mut many)),
    ])
}

/// From the first hello that reaches the hub to the last receipt.
async fn delivered(bench: &Bench, nodes: usize, each: usize) -> Result<Duration> {
    let dir = bench.scratch()?;
    let mut town = Town::found(dir.path()).await?;
    let mut offices = Vec::new();
    for _ in 0..nodes {
        let office = town.enrol(None).await?;
        office.fill(0, each)?;
        offices.push(office);
    }
    // They are opened while there is no hub, so that all begin at once and none while it is still opening its log.
    town.stop().await?;
    let mut running = Vec::new();
    for office in &offices {
        running.push(office.start().await?);
    }
    for node in &running {
        while node.office().status()["link"]["trouble"].is_null() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    town.start().await?;
    for node in &running {
        node.office().sync().await.map_err(|problem| anyhow!("{problem}"))?;
    }
    town.until_heard().await?;
    let start = Moment::now();
    town.until_received(nodes * each).await?;
    let took = start.elapsed();
    for node in running {
        node.stop().await?;
    }
    town.stop().await?;
    Ok(took)
}

/// Row 5.
pub(crate) async fn bytes(bench: &Bench) -> Result<Vec<Line>> {
    let events = bench.size(20_000, 5_000);
    let dir = bench.scratch()?;
    let mut town = Town::found(dir.path()).await?;
    let proxy = Proxy::lay(town.config.address.clone()).await?;
    let office = town.enrol(Some(proxy.address.clone())).await?;
    office.fill(0, events)?;
    let node = office.start().await?;
    let before = proxy.carried();
    node.office().synced().await.map_err(|problem| anyhow!("{problem}"))?;
    let carried = proxy.carried().since(before);
    let (mut plain, mut zipped) = (0, GzEncoder::new(Vec::new(), Compression::default()));
    let mut from = None;
    loop {
        let path = from.map_or_else(|| "/log".to_owned(), |from| format!("/log?from={from}"));
        let reply = node.office().ask(Method::GET, &path, Vec::new()).await?;
        let reply = reply.accepted().map_err(|problem| anyhow!("{problem}"))?;
        plain += reply.body.len();
        zipped.write_all(&reply.body)?;
        match reply.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    let zipped = zipped.finish()?.len();
    node.stop().await?;
    town.stop().await?;
    let wire = whole(usize::try_from(carried.both()).context("bytes of a backlog")?);
    let each = |bytes: f64| bytes / whole(events);
    let line = |yardstick: &str, value: f64, unit: &'static str, given: String, target| Line {
        row: 5,
        what: format!(
            "bytes on the wire, both ways, TLS included, for each event of a backlog of {events}; {yardstick}"
        ),
        measured: format!("{:.1} B", each(wire)),
        yardstick: given,
        value,
        unit,
        target,
    };
    let json = |bytes: usize| format!("{:.1} B", each(whole(bytes)));
    Ok(vec![
        line(
            "beside its JSON",
            wire / whole(plain),
            "×",
            json(plain),
            Some(Target::AtMost(0.35)),
        ),
        line(
            "by themselves",
            each(wire),
            "B",
            String::new(),
            Some(Target::AtMost(170.0)),
        ),
        line("beside its gzipped JSON", wire / whole(zipped), "×", json(zipped), None),
    ])
}
