//! The parties of the demo, each in a folder of its own: the hub, the villages, the auditor. They are the programs
//! themselves: the same `run` functions, real TLS over real sockets, real folders.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use audit::{AuditConfig, Digests};
use axum::http::Method;
use event::{Day, Position, UnitCode};
use hub::HubConfig;
use link::{Enrolment, Surroundings};
use sample::{ClockHabit, LinkHabit, Plan, Township, Village};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use village::{RunningNode, VillageConfig};

use super::clocks::Cell;
use super::story::{Side, Story, hub_place, place};
use super::wire::Wire;

const HOUR_MS: u64 = 3_600_000;
/// A port of this machine that is free.
const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// Most forms that the hub records at once.
const HUB_FORMS_MAX: usize = 16;
/// Most lines that a village records at once.
const VILLAGE_FORMS_MAX: usize = 200;
/// After this long a village is asked again to sync.
const ASK_AGAIN: Duration = Duration::from_millis(700);
/// How often at most: a minute in all.
const ASK_TIMES: usize = 90;

/// The hub in its folder.
pub(super) struct HubParty {
    pub(super) dir: PathBuf,
    pub(super) address: SocketAddr,
    pub(super) cell: Arc<Cell>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), hub::HubError>>,
}

impl HubParty {
    /// Founds it and starts it, with pages if somebody is to sit down at them.
    pub(super) async fn found(
        dir: PathBuf,
        town: &Township,
        now_ms: u64,
        has_pages: bool,
        real: &Surroundings,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let cell = Cell::new(now_ms);
        let surroundings = cell.surroundings(town.unit, ClockHabit::Exact { ntp: true }, real);
        let mut config = HubConfig::new(&dir, address.to_string());
        (config.ballast_mib, config.min_free_mib, config.cache_mib) = (4, 64, 64);
        let names = ["127.0.0.1".to_owned()];
        hub::create(&config, town.unit, &town.name, &names, &surroundings)?;
        std::fs::write(
            dir.join("config.toml"),
            crate::commands::township::settings(&dir, &config)?,
        )?;
        config.web_listen = has_pages.then_some(ANY_PORT);
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            // Dropping the other end says the same.
            let _ = stopped.await;
        };
        let running = tokio::spawn(hub::run(config, listener, surroundings, shutdown));
        let party = Self {
            dir,
            address,
            cell,
            stop,
            running,
        };
        while party.ask("GET", "/status", None).await.is_err() {
            if party.running.is_finished() {
                bail!("the hub did not start");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(party)
    }

    /// Asks at the hub's own door.
    pub(super) async fn ask(&self, method: &str, path: &str, document: Option<&Value>) -> anyhow::Result<Value> {
        Ok(hub::ask(&self.dir, method, path, document).await?)
    }

    /// Where its pages are, and the code of the first time.
    pub(super) async fn pages(&self) -> anyhow::Result<(SocketAddr, String)> {
        let status = self.ask("GET", "/status", None).await?;
        let address = status["web"].as_str().context("no pages")?.parse()?;
        let answer = self.ask("POST", "/first-code", None).await?;
        let code = answer["code"].as_str().context("somebody has an account already")?;
        Ok((address, code.to_owned()))
    }

    async fn offer(&self, unit: UnitCode, role: &str, name: &str) -> anyhow::Result<Enrolment> {
        let ask = json!({ "unit": unit, "role": role, "name": name });
        let answer = self.ask("POST", "/offer", Some(&ask)).await?;
        let text = answer["enrolment"].as_str().context("no enrolment file")?;
        Ok(Enrolment::from_text(text.as_bytes())?)
    }

    /// Enrols an auditor in `dir`.
    pub(super) async fn auditor(
        &self,
        dir: &Path,
        town: &Township,
        real: &Surroundings,
    ) -> anyhow::Result<AuditConfig> {
        let enrolment = self.offer(town.unit, "auditor", "审计").await?;
        let mut config = AuditConfig::new(dir);
        (config.ballast_mib, config.min_free_mib) = (0, 64);
        audit::enrol(&config, &enrolment, real).await?;
        Ok(config)
    }

    /// Lets the township record what it can record of a village's story by the end of `day`.
    pub(super) async fn record(&self, unit: UnitCode, story: &mut Story, day: Day) -> anyhow::Result<()> {
        loop {
            let ready = story.ready(Side::Hub, day, HUB_FORMS_MAX);
            if ready.is_empty() {
                return Ok(());
            }
            let ask = json!({ "audience": unit, "forms": story.forms(&ready)? });
            let answer = self.ask("POST", "/record", Some(&ask)).await?;
            let events = answer["events"].as_array().context("no events")?;
            if events.len() != ready.len() {
                bail!("the hub recorded {} of {} forms", events.len(), ready.len());
            }
            let places = ready
                .into_iter()
                .zip(events)
                .map(|(at, event)| Ok((at, hub_place(event)?)));
            story.note(Side::Hub, &places.collect::<anyhow::Result<BTreeMap<_, _>>>()?);
        }
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        // Fails only if the hub has ended already; then the next line says why.
        let _ = self.stop.send(());
        Ok(self.running.await??)
    }
}

/// A village in its folder, at its end of a link.
pub(super) struct VillageParty {
    pub(super) unit: UnitCode,
    pub(super) name: String,
    pub(super) config: VillageConfig,
    pub(super) link: LinkHabit,
    pub(super) clock: ClockHabit,
    pub(super) wire: Wire,
    /// Last day on which it reached the hub.
    pub(super) heard_on: Option<Day>,
    surroundings: Surroundings,
    cell: Arc<Cell>,
    node: Option<RunningNode>,
    batches: u64,
}

impl VillageParty {
    pub(super) async fn found(
        dir: PathBuf,
        hub: &HubParty,
        village: &Village,
        now_ms: u64,
        real: &Surroundings,
    ) -> anyhow::Result<Self> {
        let wire = Wire::lay(hub.address).await?;
        let cell = Cell::new(now_ms);
        let surroundings = cell.surroundings(village.unit, village.clock, real);
        let mut config = VillageConfig::new(dir);
        (config.ballast_mib, config.min_free_mib, config.cache_mib) = (0, 64, 4);
        let mut enrolment = hub.offer(village.unit, "village", &village.name).await?;
        enrolment.hub = wire.near.to_string();
        village::create(&config, &enrolment, &surroundings).await?;
        let node = village::start(&config, &surroundings).await?;
        Ok(Self {
            unit: village.unit,
            name: village.name.clone(),
            link: village.link.clone(),
            clock: village.clock,
            heard_on: None,
            node: Some(node),
            batches: 0,
            config,
            wire,
            surroundings,
            cell,
        })
    }

    /// Lets the time at this village pass.
    pub(super) fn advance_to(&self, ms: u64) {
        self.cell.advance_to(ms);
    }

    /// The machine is switched off and on again.
    pub(super) async fn restart(&mut self) -> anyhow::Result<()> {
        self.stop().await?;
        self.cell.restart();
        self.start().await
    }

    /// Whether its node runs; another one may stand in for it.
    pub(super) const fn is_running(&self) -> bool {
        self.node.is_some()
    }

    /// Its time.
    pub(super) const fn cell(&self) -> &Arc<Cell> {
        &self.cell
    }

    /// The machine is switched on in the morning, now with pages: where they are, and the code of the first time.
    pub(super) async fn open_pages(&mut self) -> anyhow::Result<(SocketAddr, String)> {
        self.config.web_listen = Some(ANY_PORT);
        self.restart().await?;
        let node = self.node.as_ref().context("the village is not running")?;
        let address = node.web_address().context("no pages")?;
        let code = node.office().first_code().await;
        let code = code.map_err(|problem| anyhow::anyhow!("{}: {problem}", self.name))?;
        Ok((address, code.context("somebody has an account already")?))
    }

    pub(super) async fn start(&mut self) -> anyhow::Result<()> {
        self.node = Some(village::start(&self.config, &self.surroundings).await?);
        Ok(())
    }

    pub(super) async fn stop(&mut self) -> anyhow::Result<()> {
        if let Some(node) = self.node.take() {
            node.stop().await?;
        }
        Ok(())
    }

    /// Asks at the village's own door.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Vec<u8>) -> anyhow::Result<Value> {
        let reply = village::local::ask(&self.config.data_dir, method, path, body).await?;
        let reply = reply
            .accepted()
            .map_err(|problem| anyhow::anyhow!("{}: {problem}", self.name))?;
        Ok(serde_json::from_slice(&reply.body)?)
    }

    /// Records what the office can record of its story on `day`, through the same door and in the same form
    /// as `village record --file`: one commit for the day, one more for what refers to it.
    pub(super) async fn record(&mut self, story: &mut Story, day: Day) -> anyhow::Result<()> {
        let day_ms = u64::try_from(day.start_ms()).unwrap_or(0);
        self.advance_to(day_ms + 8 * HOUR_MS);
        loop {
            let ready = story.ready(Side::Village, day, VILLAGE_FORMS_MAX);
            if ready.is_empty() {
                return Ok(());
            }
            self.advance_to(story.true_ms(&ready));
            let mut lines = Vec::new();
            for form in story.forms(&ready)? {
                serde_json::to_writer(&mut lines, &form)?;
                lines.push(b'\n');
            }
            self.batches += 1;
            let path = format!("/batch?name=demo-{}&format=ndjson", self.batches);
            let answer = self.ask(Method::POST, &path, lines).await?;
            let report = answer["report"].as_array().context("no report")?;
            let mut places = BTreeMap::new();
            for line in report {
                let at = line["line"].as_u64().and_then(|line| usize::try_from(line).ok());
                let at = at.and_then(|line| ready.get(line.checked_sub(1)?)).context("no line")?;
                match line["outcome"].as_str() {
                    Some("recorded") => {
                        places.insert(*at, place(line)?);
                    }
                    // Two lines that say the same: the second one is sent again, in a batch of its own.
                    Some("known") => {}
                    _ => bail!("{} refused a form of the sample: {line}", self.name),
                }
            }
            if places.is_empty() {
                bail!("{}: nothing was recorded: {answer}", self.name);
            }
            story.note(Side::Village, &places);
        }
    }

    /// With the link up, sends everything and takes in everything; then the link is down again.
    pub(super) async fn sync(&mut self, day: Day) -> anyhow::Result<()> {
        let node = self.node.as_ref().context("the village is not running")?;
        self.wire.set(true);
        let mut done = false;
        for _ in 0..ASK_TIMES {
            // A connection that broke with the link may cost the first try.
            if let Ok(synced) = timeout(ASK_AGAIN, node.office().synced()).await {
                synced.map_err(|problem| anyhow::anyhow!("{}: {problem}", self.name))?;
                done = true;
                break;
            }
        }
        self.wire.set(false);
        if !done {
            let status = self.ask(Method::GET, "/status", Vec::new()).await?;
            bail!("{} does not get through: {status}", self.name);
        }
        self.heard_on = Some(day);
        Ok(())
    }

    /// Its digests, as it serves them, once its ledgers have come as far as `at_least`.
    pub(super) async fn digests(&self, at_least: Option<Position>) -> anyhow::Result<Digests> {
        let at_least = at_least.map_or_else(String::new, |position| format!("&at_least={position}"));
        let path = format!("/digests?roots=true{at_least}");
        Ok(serde_json::from_value(self.ask(Method::GET, &path, Vec::new()).await?)?)
    }
}

/// The instant at which the story begins: the morning of its first day.
pub(super) fn beginning_ms(plan: &Plan) -> u64 {
    u64::try_from(plan.first_day.start_ms()).unwrap_or(0) + 7 * HOUR_MS
}
