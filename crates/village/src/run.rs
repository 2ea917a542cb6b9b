//! The program: `run(config, surroundings, shutdown)`.

use std::net::SocketAddr;
use std::time::Duration;

use link::{Client, Identity, Surroundings};
use proof::{OriginKey, PublicKey};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::carry::bring_back;
use crate::office::{Office, Threads};
use crate::web::WebDoor;
use crate::{Answer, Step, VillageConfig, VillageError, local, wire};

/// How long a fresh record waits for others that are typed with it, before it is sent.
const GATHER: Duration = Duration::from_millis(250);
/// How long those who are being served at the local socket may go on once the node was asked to stop.
const GRACE: Duration = Duration::from_secs(5);
/// Longest sleep of the sync task: the injected clock is looked at again after it.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// Runs the node in `config.data_dir` until `shutdown` completes: it records what is asked on its local
/// socket, syncs with the hub whenever that can be reached, and keeps the ledgers. Then the log is
/// closed. Many nodes may run in one process, each in a folder of its own.
///
/// # Errors
/// [`VillageError`] says what stands in the way of starting. Once it runs, it survives a full disk, a
/// failing store and a hub that is gone by itself.
pub async fn run(
    config: VillageConfig,
    surroundings: Surroundings,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), VillageError> {
    let node = start(&config, &surroundings).await?;
    shutdown.await;
    node.stop().await
}

/// Starts the node and returns at once; see [`run`].
///
/// # Errors
/// As [`run`].
pub async fn start(config: &VillageConfig, surroundings: &Surroundings) -> Result<RunningNode, VillageError> {
    let (office, threads) = Office::open(config, surroundings, true).await?;
    let (counter, door) = match doors(&office).await {
        Ok(doors) => doors,
        Err(error) => {
            office.close(threads).await?;
            return Err(error);
        }
    };
    let web_address = door.as_ref().map(|door| door.address());
    let origin = office.bulletin.borrow().own.last().map(|one| one.origin.to_string());
    tracing::info!(hub = office.hub.hub, origin, "the node is open");
    let (stop, stopping) = watch::channel(false);
    let tasks = Tasks {
        web: door.map(|door| tokio::spawn(door.serve(stopping.clone()))),
        local: tokio::spawn(counter.serve(stopping)),
        behind: [
            tokio::spawn(sync(office.clone())),
            tokio::spawn(bring_back(office.clone())),
        ],
    };
    Ok(RunningNode {
        office,
        threads,
        stop,
        tasks,
        web_address,
    })
}

/// Opens the node's doors.
async fn doors(office: &Office) -> Result<(local::Counter, Option<WebDoor>), VillageError> {
    let counter = local::Counter::open(office)?;
    let door = match office.config.web_listen {
        Some(listen) => Some(WebDoor::open(office, listen).await?),
        None => None,
    };
    Ok((counter, door))
}

/// A node that runs. Dropping it ends it too, but does not wait for the log to be closed.
pub struct RunningNode {
    office: Office,
    threads: Threads,
    stop: watch::Sender<bool>,
    tasks: Tasks,
    web_address: Option<SocketAddr>,
}

/// The node's tasks; they end with it, also where it is dropped instead of stopped.
struct Tasks {
    local: JoinHandle<()>,
    web: Option<JoinHandle<()>>,
    behind: [JoinHandle<()>; 2],
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.behind.iter().for_each(JoinHandle::abort);
        self.local.abort();
        self.web.iter().for_each(JoinHandle::abort);
    }
}

impl RunningNode {
    /// The office, for whoever runs the node in the same process.
    #[must_use]
    pub const fn office(&self) -> &Office {
        &self.office
    }

    /// Where the pages are, if there are any.
    #[must_use]
    pub const fn web_address(&self) -> Option<SocketAddr> {
        self.web_address
    }

    /// Ends the node: what was acknowledged is on the disk; an exchange under way is broken off, which the
    /// protocol takes in its stride.
    ///
    /// # Errors
    /// [`VillageError::Thread`] if a thread of it had panicked.
    pub async fn stop(mut self) -> Result<(), VillageError> {
        tracing::info!("the node is closing");
        for task in &mut self.tasks.behind {
            task.abort();
            // A task that was aborted says so.
            let _ = task.await;
        }
        // Fails only if the local task has ended already.
        let _ = self.stop.send(true);
        if timeout(GRACE, &mut self.tasks.local).await.is_err() {
            tracing::warn!("somebody at the local socket is cut off");
        }
        if let Some(web) = &mut self.tasks.web
            && timeout(GRACE, web).await.is_err()
        {
            tracing::warn!("somebody at the pages is cut off");
        }
        drop(self.tasks);
        local::close(&self.office.config.data_dir);
        self.office.close(self.threads).await
    }
}

/// Asks the node what to send, sends it, and hands in what came back, until the node closes.
async fn sync(office: Office) {
    let mut client: Option<(PublicKey, Client)> = None;
    while let Some(turn) = office.writer.next().await {
        let (ask, key) = match (turn.step, turn.key) {
            (Step::Send(ask), Some(key)) => (ask, key),
            (Step::Send(_), None) => continue,
            (Step::Wait { until_ms }, _) => {
                let rest = until_ms.saturating_sub(office.now().mono_ms);
                let rest = Duration::from_millis(rest).min(SLEEP_MAX);
                tokio::select! {
                    () = sleep(rest) => {}
                    () = office.writer.rung(GATHER) => {}
                }
                continue;
            }
        };
        let answer = match client_for(&office, &mut client, &key) {
            Ok(client) => wire::ask(&client, ask).await,
            Err(error) => {
                tracing::error!(%error, "no connection to the hub can be made");
                Answer::Failed
            }
        };
        if office.writer.answer(answer).await.is_none() {
            return;
        }
    }
}

/// The client under this key; another key, a successor's, needs another connection.
fn client_for(
    office: &Office,
    client: &mut Option<(PublicKey, Client)>,
    key: &OriginKey,
) -> Result<Client, VillageError> {
    match client {
        Some((known, client)) if *known == key.public() => Ok(client.clone()),
        _ => {
            let identity = Identity::new(key)?;
            let patience = office.config.patience.clone();
            let fresh = Client::new(&office.hub.hub, office.hub.ca_sha256, Some(&identity), patience)?;
            Ok(client.insert((key.public(), fresh)).1.clone())
        }
    }
}
