//! The one thread that writes. It owns the node; everybody else hands it orders and waits for the answer.
//!
//! Records that wait together are made durable together. When the store fails, what it was to write may
//! or may not be on the disk: the log is opened and checked again, and what it then holds decides whether
//! the records are acknowledged or written once more. Nobody is told "saved" before that.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use event_log::{LogEntry, Report, StoreError};
use link::{Problem, ProblemKind, Surroundings};
use proof::OriginKey;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::sleep;

use crate::bulletin::Bulletin;
use crate::lines::{Line, Outcome};
use crate::mend::open_node;
use crate::post::Post;
use crate::{Answer, Step, VillageConfig, VillageError};

/// Most orders that wait for the writer; whoever comes then waits for a place.
const WAITING_MAX: usize = 1_024;

/// What the sync task is to do, and who it is to be at that.
pub(crate) struct Turn {
    pub(crate) step: Step,
    pub(crate) key: Option<OriginKey>,
}

pub(crate) type Reply = oneshot::Sender<Result<Vec<Outcome>, Problem>>;

/// What the thread is asked to do.
pub(crate) enum Order {
    Record(Vec<Line>, Reply),
    Next(oneshot::Sender<Turn>),
    Answer(Answer, oneshot::Sender<()>),
    /// Sync now; the answer is the number of the round that brings everything there is now.
    Wake(oneshot::Sender<u64>),
    /// Own entries that a repair put by and that the hub does not have.
    Carry(Vec<LogEntry>, oneshot::Sender<Result<(), Problem>>),
    /// The full check of the log with this number has ended.
    Checked(u64, Result<Report, StoreError>),
    Stop,
}

/// Hands orders to the writer's thread. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Writer {
    orders: mpsc::Sender<Order>,
    bells: Arc<Bells>,
}

/// Rung when there is something to sync.
#[derive(Default)]
pub(crate) struct Bells {
    /// Something was recorded: what is typed with it may travel with it.
    pub(crate) soon: Notify,
    /// Somebody asked for it, or the node has just become able to.
    pub(crate) at_once: Notify,
}

impl Writer {
    /// Opens the node and starts the thread; the full check of the log goes on behind.
    ///
    /// # Errors
    /// Why the node cannot be opened.
    pub(crate) fn start(
        config: &VillageConfig,
        surroundings: &Surroundings,
    ) -> Result<(Self, watch::Receiver<Bulletin>, JoinHandle<()>), VillageError> {
        let node = open_node(config)?;
        let (tell, bulletin) = watch::channel(Bulletin::of(&node, 0, &surroundings.now()));
        let (orders, mut taken) = mpsc::channel(WAITING_MAX);
        let bells = Arc::new(Bells::default());
        let post = Post::new(config, surroundings, node, tell, Arc::clone(&bells), orders.downgrade());
        post.check_behind();
        let thread = std::thread::Builder::new().name("village-writer".to_owned());
        let thread = thread.spawn(move || post.keep(&mut taken));
        let thread = thread.map_err(|error| VillageError::Thread(error.to_string()))?;
        Ok((Self { orders, bells }, bulletin, thread))
    }

    /// Records lines, in order; those whose outcome is [`Outcome::Recorded`] are on the disk.
    ///
    /// # Errors
    /// Why none of them counts as saved.
    pub(crate) async fn record(&self, lines: Vec<Line>) -> Result<Vec<Outcome>, Problem> {
        let (reply, answer) = oneshot::channel();
        let sent = self.orders.send(Order::Record(lines, reply)).await;
        sent.map_err(|_| closing())?;
        answer.await.map_err(|_| closing())?
    }

    /// What to do next about syncing; `None` when the node is closing.
    pub(crate) async fn next(&self) -> Option<Turn> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Next(reply)).await.ok()?;
        answer.await.ok()
    }

    /// Hands in what came back. Returns when it has been dealt with; `None` when the node is closing.
    pub(crate) async fn answer(&self, came: Answer) -> Option<()> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Answer(came, reply)).await.ok()?;
        answer.await.ok()
    }

    /// Syncs now, whatever was agreed on or went wrong before. Returns the number of the round that brings
    /// everything there is now; `None` when the node is closing.
    pub(crate) async fn wake(&self) -> Option<u64> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Wake(reply)).await.ok()?;
        answer.await.ok()
    }

    /// Appends entries that a repair put by, under the current origin.
    ///
    /// # Errors
    /// Why they were not appended.
    pub(crate) async fn carry(&self, entries: Vec<LogEntry>) -> Result<(), Problem> {
        let (reply, answer) = oneshot::channel();
        self.orders
            .send(Order::Carry(entries, reply))
            .await
            .map_err(|_| closing())?;
        answer.await.map_err(|_| closing())?
    }

    /// Waits until there is something to sync: at once if somebody asked for it, else `gather` after a record.
    pub(crate) async fn rung(&self, gather: Duration) {
        tokio::select! {
            () = self.bells.at_once.notified() => return,
            () = self.bells.soon.notified() => {}
        }
        tokio::select! {
            () = self.bells.at_once.notified() => {}
            () = sleep(gather) => {}
        }
    }

    /// Has the thread close the log once everything before this is done.
    pub(crate) async fn stop(&self) {
        // Fails only if the thread has ended already.
        let _ = self.orders.send(Order::Stop).await;
    }
}

fn closing() -> Problem {
    Problem::new(ProblemKind::Busy, "the node is closing; nothing of this was recorded")
}
