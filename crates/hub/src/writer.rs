//! The one thread that writes. It owns the hub; everybody else hands it work and waits for the answer.
//!
//! When the store fails, the outcome of the work under way is unknown: nothing is acknowledged, the
//! store is opened and checked again, and whoever asked may ask once more, because every request of the
//! protocol may be repeated. Until that succeeds, work is refused at once with the reason.
//!
//! Pushes that wait one behind another are made durable together: [`Hub::push_together`].

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use event::Origin;
use event_log::{Level, SledStore, Store as _, StoreError};
use link::{Problem, ProblemKind, Surroundings};
use sync::limits::PUSH_BYTES_MAX;
use sync::message::PushReply;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::folder::open_store;
use crate::{Desk, Hub, HubConfig, HubError, Keys, Push, Refusal};

/// Most pieces of work that wait for the writer; whoever comes then is told that the hub is busy.
const WAITING_MAX: usize = 1_024;
/// Pause between two tries to open the store again.
const RETRY: Duration = Duration::from_secs(2);
/// The same, when the log is damaged: nothing but a person will change that.
const RETRY_DAMAGED: Duration = Duration::from_secs(60);
/// Most pieces of work that are refused between two tries.
const REFUSED_BETWEEN: usize = 256;
/// Most pushes in one commit, and most bytes of their bodies: the others wait no longer than the disk
/// takes for a few thousand entries.
const GROUP_PUSHES_MAX: usize = 64;
const GROUP_BYTES_MAX: usize = 4 * PUSH_BYTES_MAX;

/// The hub if it is open, else why it is not. Returns whether the store must be opened again.
type Work = Box<dyn FnOnce(Result<&mut Hub<SledStore>, &Problem>, &Surroundings) -> bool + Send>;

enum Order {
    Work(Work, OwnedSemaphorePermit),
    Push(PushOrder),
    Stop,
}

/// A push that was read.
struct PushOrder {
    peer: Origin,
    push: Push,
    /// Length of its body.
    bytes: usize,
    reply: oneshot::Sender<Result<PushReply, Problem>>,
    place: OwnedSemaphorePermit,
}

/// Hands work to the writer's thread. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Writer {
    orders: mpsc::Sender<Order>,
    places: Arc<Semaphore>,
}

/// The readers' side, replaced when the store was opened again.
#[derive(Clone)]
pub(crate) struct Desks(Arc<RwLock<Desk>>);

impl Desks {
    pub(crate) fn get(&self) -> Desk {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, desk: Desk) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = desk;
    }
}

/// The thread's own.
struct Post {
    config: HubConfig,
    keys: Keys,
    surroundings: Surroundings,
    hub: Result<Hub<SledStore>, Problem>,
    clock: Option<sync::clock::HubClock>,
    desks: Desks,
    /// Rung after everything that may have changed the journal.
    bell: mpsc::SyncSender<()>,
    /// What was taken from the queue while pushes were gathered.
    held: VecDeque<Order>,
}

impl Writer {
    /// Starts the thread. `bell` is rung after every piece of work.
    ///
    /// # Errors
    /// [`HubError::Thread`] if the system gives no thread.
    pub(crate) fn start(
        config: &HubConfig,
        keys: Keys,
        hub: Hub<SledStore>,
        surroundings: &Surroundings,
        bell: mpsc::SyncSender<()>,
    ) -> Result<(Self, Desks, JoinHandle<()>), HubError> {
        let desks = Desks(Arc::new(RwLock::new(hub.desk())));
        let (orders, taken) = mpsc::channel();
        let post = Post {
            config: config.clone(),
            keys,
            surroundings: surroundings.clone(),
            hub: Ok(hub),
            clock: None,
            desks: desks.clone(),
            bell,
            held: VecDeque::new(),
        };
        let thread = std::thread::Builder::new().name("hub-writer".to_owned());
        let thread = thread
            .spawn(move || {
                verify(&post.desks);
                post.keep(&taken);
            })
            .map_err(|error| HubError::Thread(error.to_string()))?;
        let places = Arc::new(Semaphore::new(WAITING_MAX));
        Ok((Self { orders, places }, desks, thread))
    }

    /// Has the writer do something and waits for the outcome. The work is done even if the caller goes away.
    ///
    /// # Errors
    /// The refusal as a problem; `busy` if too much is waiting or the hub is closing.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Hub<SledStore>, &Surroundings) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Problem> {
        let place = self.place()?;
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move |hub, surroundings| {
            let (outcome, failed) = match hub {
                Err(closed) => (Err(closed.clone()), false),
                Ok(hub) => attempt(hub, surroundings, work),
            };
            // Nobody may be waiting any more: a connection that broke.
            let _ = reply.send(outcome);
            failed
        });
        self.orders.send(Order::Work(work, place)).map_err(|_| closing())?;
        answer.await.map_err(|_| closing())?
    }

    /// Has the writer take in a push, with others that wait. `bytes` is the length of its body.
    ///
    /// # Errors
    /// As [`Writer::ask`].
    pub(crate) async fn push(&self, peer: Origin, push: Push, bytes: usize) -> Result<PushReply, Problem> {
        let place = self.place()?;
        let (reply, answer) = oneshot::channel();
        let order = PushOrder {
            peer,
            push,
            bytes,
            reply,
            place,
        };
        self.orders.send(Order::Push(order)).map_err(|_| closing())?;
        answer.await.map_err(|_| closing())?
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map_err(|_| busy("too much is waiting for the hub's log").after_s(5))
    }

    /// Has the writer close the store once everything before this is done.
    pub(crate) fn stop(&self) {
        // Fails only if the thread has ended already.
        let _ = self.orders.send(Order::Stop);
    }
}

fn busy(words: &str) -> Problem {
    Problem::new(ProblemKind::Busy, words)
}

fn closing() -> Problem {
    busy("the hub is closing")
}

/// Does the work. The second part says whether the store must be opened again.
fn attempt<T>(
    hub: &mut Hub<SledStore>,
    surroundings: &Surroundings,
    work: impl FnOnce(&mut Hub<SledStore>, &Surroundings) -> Result<T, Refusal>,
) -> (Result<T, Problem>, bool) {
    match catch_unwind(AssertUnwindSafe(|| work(hub, surroundings))) {
        Ok(done) => {
            let failed = done.as_ref().is_err_and(is_failure);
            (done.map_err(Problem::from), failed)
        }
        Err(_) => (Err(panicked()), true),
    }
}

/// Whether a refusal means that the store must be opened again.
fn is_failure(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Store(error @ (StoreError::Unknown { .. } | StoreError::Poisoned { .. })) => {
            tracing::error!(%error, "the store failed");
            true
        }
        Refusal::Store(error) => {
            tracing::warn!(%error, "the store refused");
            false
        }
        _ => false,
    }
}

fn panicked() -> Problem {
    tracing::error!("the writer panicked; its store is opened again");
    Problem::new(ProblemKind::Internal, "the failure is in the hub's log")
}

impl Post {
    fn keep(mut self, orders: &mpsc::Receiver<Order>) {
        loop {
            let goes_on = match self.hub {
                Ok(_) => self.work(orders),
                Err(_) => self.recover(orders),
            };
            if !goes_on {
                break;
            }
        }
        if let Ok(hub) = self.hub {
            match Box::new(hub.into_store()).close() {
                Ok(()) => tracing::info!("the log is closed"),
                Err(error) => tracing::warn!(%error, "the log was closed without its mark"),
            }
        }
    }

    /// One piece of work, or the pushes that wait. Returns false when it is time to stop.
    fn work(&mut self, orders: &mpsc::Receiver<Order>) -> bool {
        let failed = match self.held.pop_front().map_or_else(|| orders.recv(), Ok) {
            Ok(Order::Work(work, place)) => {
                let failed = work(self.hub.as_mut().map_err(|problem| &*problem), &self.surroundings);
                drop(place);
                failed
            }
            Ok(Order::Push(push)) => {
                let group = self.gather(push, orders);
                self.push(group)
            }
            Ok(Order::Stop) | Err(_) => return false,
        };
        if failed {
            let again = StoreError::Poisoned { cause: String::new() };
            if let Ok(hub) = std::mem::replace(&mut self.hub, Err(Refusal::from(again).into())) {
                self.clock = Some(hub.clock().clone());
            }
        } else {
            // A bell that is still ringing needs no second push.
            let _ = self.bell.try_send(());
        }
        true
    }

    /// The pushes that wait directly behind this one, as many as one commit takes.
    fn gather(&mut self, push: PushOrder, orders: &mpsc::Receiver<Order>) -> Vec<PushOrder> {
        let mut bytes = push.bytes;
        let mut group = vec![push];
        while group.len() < GROUP_PUSHES_MAX
            && let Ok(order) = orders.try_recv()
        {
            match order {
                Order::Push(push) if bytes + push.bytes <= GROUP_BYTES_MAX => {
                    bytes += push.bytes;
                    group.push(push);
                }
                other => {
                    self.held.push_back(other);
                    break;
                }
            }
        }
        group
    }

    /// Takes in pushes together. Returns whether the store must be opened again.
    fn push(&mut self, group: Vec<PushOrder>) -> bool {
        let (mut replies, mut pushes) = (Vec::with_capacity(group.len()), Vec::with_capacity(group.len()));
        // The places are given back at the end, when there is an answer for each.
        let mut places = Vec::with_capacity(group.len());
        for order in group {
            replies.push(order.reply);
            pushes.push((order.peer, order.push));
            places.push(order.place);
        }
        let (outcomes, failed) = match &mut self.hub {
            Err(closed) => (vec![Err(closed.clone()); replies.len()], false),
            Ok(hub) => {
                let now = self.surroundings.now();
                match catch_unwind(AssertUnwindSafe(|| hub.push_together(pushes, &now))) {
                    Ok(done) => {
                        let failed = done.iter().any(|outcome| outcome.as_ref().is_err_and(is_failure));
                        (
                            done.into_iter().map(|done| done.map_err(Problem::from)).collect(),
                            failed,
                        )
                    }
                    Err(_) => (vec![Err(panicked()); replies.len()], true),
                }
            }
        };
        for (reply, outcome) in replies.into_iter().zip(outcomes) {
            // Nobody may be waiting any more: a connection that broke.
            let _ = reply.send(outcome);
        }
        failed
    }

    /// One try to open the store again; then refuses what comes until it is time for the next try.
    fn recover(&mut self, orders: &mpsc::Receiver<Order>) -> bool {
        let reopened = open_store(&self.config)
            .map_err(Refusal::from)
            .and_then(|store| Hub::open(store, self.keys.clone(), &self.surroundings.now()));
        let error = match reopened {
            Ok(mut hub) => {
                if let Some(clock) = self.clock.take() {
                    hub.resume_clock(clock);
                }
                tracing::info!("the log is open again and was checked");
                self.desks.put(hub.desk());
                verify(&self.desks);
                self.hub = Ok(hub);
                let _ = self.bell.try_send(());
                return true;
            }
            Err(error) => error,
        };
        tracing::error!(%error, "the log cannot be opened");
        let retry = match error {
            Refusal::Store(StoreError::Damaged(_) | StoreError::Version { .. }) => RETRY_DAMAGED,
            _ => RETRY,
        };
        let problem = Problem::from(error);
        for _ in 0..REFUSED_BETWEEN {
            match self.held.pop_front().map_or_else(|| orders.recv_timeout(retry), Ok) {
                Ok(Order::Work(work, _place)) => {
                    work(Err(&problem), &self.surroundings);
                }
                Ok(Order::Push(push)) => {
                    // Nobody may be waiting any more: a connection that broke.
                    let _ = push.reply.send(Err(problem.clone()));
                }
                Err(RecvTimeoutError::Timeout) => break,
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        self.hub = Err(problem);
        true
    }
}

/// Checks the whole log behind the running hub; until that has passed, its state is "verifying".
fn verify(desks: &Desks) {
    let log = desks.get().log;
    let check = move || match log.verify(Level::Full, &mut |_, _| ()) {
        Ok(report) if report.is_sound() => tracing::info!(entries = report.entries, "the whole log was checked"),
        Ok(report) => {
            for problem in &report.problems {
                tracing::error!(%problem, "the log is damaged");
            }
        }
        Err(error) => tracing::warn!(%error, "the log could not be checked"),
    };
    // Nobody waits for it: closing the store does.
    if let Err(error) = std::thread::Builder::new().name("hub-verify".to_owned()).spawn(check) {
        tracing::warn!(%error, "no thread to check the log");
    }
}
