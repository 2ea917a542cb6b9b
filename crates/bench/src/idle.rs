//! Row 6: what a sync costs that has nothing to carry, however much both sides hold.

use anyhow::{Result, anyhow};

use crate::Bench;
use crate::proxy::Proxy;
use crate::table::{Line, Target, thousands, whole};
use crate::town::Town;

pub(crate) async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let held = if bench.quick {
        vec![1_000, 10_000]
    } else {
        vec![10_000, 100_000, 1_000_000]
    };
    let dir = bench.scratch()?;
    let mut town = Town::found(dir.path()).await?;
    let proxy = Proxy::lay(town.config.address.clone()).await?;
    let office = town.enrol(Some(proxy.address.clone())).await?;
    let (mut lines, mut before) = (Vec::new(), 0);
    for events in held {
        office.fill(before, events)?;
        before = events;
        let node = office.start().await?;
        let idle = || async { node.office().synced().await.map_err(|problem| anyhow!("{problem}")) };
        idle().await?;
        // The second one finds the connection open and the checkpoint known.
        idle().await?;
        let start = proxy.carried();
        idle().await?;
        let carried = proxy.carried().since(start);
        node.stop().await?;
        let fresh = if carried.connections > 0 {
            ", on a new connection"
        } else {
            ""
        };
        let worst = carried.to_hub.max(carried.to_node);
        lines.push(Line {
            row: 6,
            what: format!(
                "idle sync with {} events held, TLS included{fresh}; the dearer way",
                thousands(whole(events))
            ),
            measured: format!("{} B up, {} B down", carried.to_hub, carried.to_node),
            yardstick: String::new(),
            value: whole(usize::try_from(worst)?),
            unit: "B",
            target: Some(Target::AtMost(2_048.0)),
        });
    }
    town.stop().await?;
    Ok(lines)
}
