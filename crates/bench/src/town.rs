//! A township on loopback with its villages, all real: sockets, TLS, sled.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use event::{Draft, UnitCode};
use event_log::{RealDisk, Store as _};
use hub::{HubConfig, HubError};
use link::Enrolment;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use village::{Node, RunningNode, VillageConfig};

use crate::clock::Clock;
use crate::local;

const TOWNSHIP: &str = "990000103000";
/// Between two looks at the hub's state.
const LOOK: Duration = Duration::from_millis(4);

type Running = (oneshot::Sender<()>, JoinHandle<Result<(), HubError>>);

/// A hub that can be stopped and started at the same address, and how to make nodes for it.
pub(crate) struct Town {
    dir: TempDir,
    pub(crate) config: HubConfig,
    pub(crate) clock: Clock,
    running: Option<Running>,
    nodes: usize,
}

impl Town {
    /// Founds a township below `scratch` and starts its hub.
    pub(crate) async fn found(scratch: &Path) -> Result<Self> {
        Self::found_with(scratch, |_| {}).await
    }

    /// The same, with something set that is not as usual.
    pub(crate) async fn found_with(scratch: &Path, set: impl FnOnce(&mut HubConfig)) -> Result<Self> {
        let dir = TempDir::new_in(scratch)?;
        let mut config = HubConfig::new(dir.path().join("hub"), "127.0.0.1:0");
        config.ballast_mib = 0;
        set(&mut config);
        let clock = Clock::new();
        let names = ["127.0.0.1".to_owned()];
        hub::create(&config, TOWNSHIP.parse()?, "示范镇", &names, &clock.surroundings())?;
        let mut town = Self {
            dir,
            config,
            clock,
            running: None,
            nodes: 0,
        };
        town.start().await?;
        Ok(town)
    }

    pub(crate) async fn start(&mut self) -> Result<()> {
        let listener = TcpListener::bind(&self.config.address).await?;
        self.config.address = listener.local_addr()?.to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { stopped.await.unwrap_or_default() };
        let running = hub::run(self.config.clone(), listener, self.clock.surroundings(), shutdown);
        let running = tokio::spawn(running);
        while self.status().await.is_err() {
            if running.is_finished() {
                running.await??;
                bail!("the hub ended at once");
            }
            tokio::time::sleep(LOOK).await;
        }
        self.running = Some((stop, running));
        Ok(())
    }

    pub(crate) async fn stop(&mut self) -> Result<()> {
        if let Some((stop, running)) = self.running.take() {
            // Fails only if the hub has ended already, which the next line tells.
            let _ = stop.send(());
            running.await??;
        }
        Ok(())
    }

    pub(crate) async fn status(&self) -> Result<Value> {
        Ok(hub::ask(&self.config.data_dir, "GET", "/status", None).await?)
    }

    /// A node's folder, enrolled. `through` is the address under which the node is to reach the hub, if it is not the hub's own.
    pub(crate) async fn enrol(&mut self, through: Option<String>) -> Result<Office> {
        self.enrol_of(local::unit()?, through).await
    }

    /// The same, of another village.
    pub(crate) async fn enrol_of(&mut self, unit: UnitCode, through: Option<String>) -> Result<Office> {
        self.nodes += 1;
        let ask = json!({ "unit": unit, "role": "village", "name": format!("{}号机", self.nodes) });
        let answer = hub::ask(&self.config.data_dir, "POST", "/offer", Some(&ask)).await?;
        let text = answer["enrolment"].as_str().context("an enrolment")?;
        let mut enrolment = Enrolment::from_text(text.as_bytes())?;
        if let Some(address) = through {
            enrolment.hub = address;
        }
        let config = config(&self.dir.path().join(format!("node-{}", self.nodes)));
        village::create(&config, &enrolment, &self.clock.surroundings()).await?;
        Ok(Office {
            config,
            clock: self.clock.clone(),
        })
    }

    /// Waits until the hub has heard of a machine since it was started.
    pub(crate) async fn until_heard(&self) -> Result<()> {
        self.until(|status| machines(status).iter().any(|one| !one["heard"].is_null()))
            .await
    }

    /// Waits until the hub has receipted as many entries of all machines.
    pub(crate) async fn until_received(&self, entries: usize) -> Result<()> {
        let received = |status: &Value| {
            let each = machines(status).iter().filter_map(|one| one["received"].as_u64());
            each.sum::<u64>()
        };
        self.until(|status| received(status) >= entries as u64).await
    }

    async fn until(&self, holds: impl Fn(&Value) -> bool) -> Result<()> {
        while !holds(&self.status().await?) {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}

fn machines(status: &Value) -> &[Value] {
    status["machines"].as_array().map_or(&[], Vec::as_slice)
}

/// The configuration of a node in a folder.
pub(crate) fn config(dir: &Path) -> VillageConfig {
    let mut config = VillageConfig::new(PathBuf::from(dir));
    config.ballast_mib = 0;
    config
}

/// A village office's folder.
pub(crate) struct Office {
    pub(crate) config: VillageConfig,
    pub(crate) clock: Clock,
}

impl Office {
    /// Appends the generator's drafts number `from` to `to` while the node does not run.
    pub(crate) fn fill(&self, from: usize, to: usize) -> Result<()> {
        self.fill_with(local::drafts(to).skip(from))
    }

    /// The same, with drafts of one's own.
    pub(crate) fn fill_with(&self, drafts: impl Iterator<Item = Draft>) -> Result<()> {
        let store = event_log::SledStore::open(event_log::SledConfig {
            disk: Arc::new(RealDisk),
            ..self.config.store()
        })?;
        let mut node = Node::open(store)?;
        local::fill(&mut node, drafts, &self.clock)?;
        Box::new(node.into_store()).close()?;
        Ok(())
    }

    pub(crate) async fn start(&self) -> Result<RunningNode> {
        Ok(village::start(&self.config, &self.clock.surroundings()).await?)
    }
}
