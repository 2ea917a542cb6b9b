//! The writer's thread itself: what it does with each order.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use event_log::{LogEntry, LogRead as _, SledStore, State, Store as _, StoreError};
use link::{Problem, ProblemKind, Surroundings};
use tokio::sync::{mpsc, watch};

use crate::bulletin::Bulletin;
use crate::lines::{Line, Outcome, settled, write_to};
use crate::writer::{Bells, Order, Reply, Turn};
use crate::{Answer, Entropy, Node, NodeError, Step, VillageConfig};

/// Most records in one commit.
const GROUP_MAX: usize = 1_024;
/// How often the writer gives way to others in a row, while fewer wait for it than were answered together before.
const PATIENCE: u32 = 64;
/// Pause between two tries to open the log again, in milliseconds.
pub(crate) const RETRY_MS: u64 = 2_000;
/// Pause after something that only time or a person can change, in milliseconds.
const REST_MS: u64 = 5_000;

/// The thread's own.
pub(crate) struct Post {
    pub(crate) config: VillageConfig,
    pub(crate) surroundings: Surroundings,
    pub(crate) node: Option<Node<SledStore>>,
    /// How often the log was opened.
    pub(crate) opened: u64,
    pub(crate) retry_at_ms: u64,
    /// No repair before: each one copies the whole log.
    pub(crate) repair_at_ms: u64,
    /// Full checks in a row that could not come to an end.
    pub(crate) failed_checks: u32,
    /// Whether a question has been sent since the last rest.
    pub(crate) in_round: bool,
    /// Whether another round is to follow this one.
    pub(crate) again: bool,
    pub(crate) bulletin: watch::Sender<Bulletin>,
    pub(crate) bells: Arc<Bells>,
    /// Orders that were taken from the queue while records were gathered.
    pub(crate) held: VecDeque<Order>,
    /// How many were answered together last.
    pub(crate) crowd: usize,
    pub(crate) to_self: mpsc::WeakSender<Order>,
}

impl Post {
    pub(crate) fn new(
        config: &VillageConfig,
        surroundings: &Surroundings,
        node: Node<SledStore>,
        bulletin: watch::Sender<Bulletin>,
        bells: Arc<Bells>,
        to_self: mpsc::WeakSender<Order>,
    ) -> Self {
        Self {
            config: config.clone(),
            surroundings: surroundings.clone(),
            node: Some(node),
            opened: 0,
            retry_at_ms: 0,
            repair_at_ms: 0,
            failed_checks: 0,
            in_round: false,
            again: false,
            bulletin,
            bells,
            held: VecDeque::new(),
            crowd: 1,
            to_self,
        }
    }

    /// Does what it is asked until it is told to stop, or nobody is left to ask; then closes the log.
    pub(crate) fn keep(mut self, orders: &mut mpsc::Receiver<Order>) {
        while let Some(order) = self.held.pop_front().or_else(|| orders.blocking_recv()) {
            if self.node.is_none() {
                self.reopen();
            }
            match order {
                Order::Stop => break,
                Order::Record(lines, reply) => {
                    let group = self.gather(lines, reply, orders);
                    self.record(group);
                }
                Order::Next(reply) => {
                    let turn = self.next();
                    // The sync task may have been stopped meanwhile.
                    let _ = reply.send(turn);
                    self.prepare();
                }
                Order::Answer(answer, reply) => {
                    self.answer(answer);
                    let _ = reply.send(());
                }
                Order::Wake(reply) => {
                    let _ = reply.send(self.wake());
                }
                Order::Carry(entries, reply) => {
                    let _ = reply.send(self.carry(&entries));
                }
                Order::Checked(opened, outcome) if opened == self.opened => self.checked(outcome),
                Order::Checked(..) => {}
            }
        }
        if let Some(node) = self.node.take() {
            match Box::new(node.into_store()).close() {
                Ok(()) => tracing::info!("the log is closed"),
                Err(error) => tracing::warn!(%error, "the log was closed without its mark"),
            }
        }
    }

    /// While a push is on its way.
    fn prepare(&mut self) {
        if let Some(node) = &mut self.node
            && let Err(error) = node.prepare()
        {
            self.trouble(&error);
        }
    }

    /// Every record that waits, up to what one commit takes. Where many were answered together just now, they are
    /// about to come back together: a moment's patience saves a barrier for the first of them alone.
    fn gather(
        &mut self,
        lines: Vec<Line>,
        reply: Reply,
        orders: &mut mpsc::Receiver<Order>,
    ) -> Vec<(Vec<Line>, Reply)> {
        let mut count = lines.len();
        let mut group = vec![(lines, reply)];
        let mut patience = 0;
        while count < GROUP_MAX {
            match orders.try_recv() {
                Ok(Order::Record(lines, reply)) if count + lines.len() <= GROUP_MAX => {
                    count += lines.len();
                    group.push((lines, reply));
                    patience = 0;
                }
                Ok(order @ Order::Record(..)) => {
                    self.held.push_back(order);
                    break;
                }
                Ok(other) => self.held.push_back(other),
                Err(_) if group.len() < self.crowd && patience < PATIENCE => {
                    patience += 1;
                    std::thread::yield_now();
                }
                Err(_) => break,
            }
        }
        self.crowd = group.len();
        group
    }

    fn record(&mut self, group: Vec<(Vec<Line>, Reply)>) {
        let lines: Vec<&Line> = group.iter().flat_map(|(lines, _)| lines).collect();
        let mut outcome = self.write(&lines).map(Vec::into_iter);
        for (lines, reply) in group {
            let own = match &mut outcome {
                Ok(all) => Ok(all.by_ref().take(lines.len()).collect()),
                Err(problem) => Err(problem.clone()),
            };
            // Whoever asked may be gone; what was recorded stays recorded.
            let _ = reply.send(own);
        }
    }

    /// Writes lines in one commit and says what became of each.
    fn write(&mut self, lines: &[&Line]) -> Result<Vec<Outcome>, Problem> {
        let mut fresh: Option<Vec<Entropy>> = None;
        let mut tried = false;
        for _ in 0..2 {
            let now = self.surroundings.now();
            let Some(node) = &mut self.node else { break };
            tried = true;
            let mut told = Vec::new();
            let surroundings = &self.surroundings;
            let entropy = fresh.get_or_insert_with(|| lines.iter().map(|_| surroundings.random()).collect());
            let work = || write_to(node, lines, entropy, &now, &mut told);
            let error = match catch_unwind(AssertUnwindSafe(work)) {
                Ok(Ok(outcomes)) => {
                    // While the link is in trouble its own pauses hold; a fresh record does not hammer at it.
                    if node.link().trouble.is_none() {
                        node.wake();
                    }
                    self.tell(false);
                    self.bells.soon.notify_one();
                    return Ok(outcomes);
                }
                Ok(Err(error)) => error,
                Err(_) => StoreError::Unknown {
                    cause: "the writer panicked".to_owned(),
                }
                .into(),
            };
            if !is_failure(&error) {
                self.tell(false);
                return Err(problem_of(&error));
            }
            tracing::error!(%error, "the store failed; the log is opened again");
            self.close(&error);
            self.retry_at_ms = 0;
            self.reopen();
            if let Some(node) = &self.node
                && let Some(outcomes) = settled(node, told)
            {
                return Ok(outcomes);
            }
        }
        let closed = self.bulletin.borrow().closed.clone().filter(|_| !tried);
        let unknown = "the log failed; whether this was saved shows when it is open again: look before typing it anew";
        Err(closed.unwrap_or_else(|| Problem::new(ProblemKind::StoreUnavailable, unknown).after_s(15)))
    }

    fn next(&mut self) -> Turn {
        let now = self.surroundings.now();
        let rest = |after_ms: u64| Turn {
            step: Step::Wait {
                until_ms: now.mono_ms.saturating_add(after_ms),
            },
            key: None,
        };
        let Some(node) = &mut self.node else {
            return rest(RETRY_MS);
        };
        match node.store().health().state {
            // No checkpoint is signed over what has not been checked since the log was opened.
            State::Verifying => return rest(RETRY_MS),
            // A reader met what the writer has not met yet.
            State::Damaged => {
                let damage = "a reader found it";
                self.close(
                    &StoreError::Poisoned {
                        cause: damage.to_owned(),
                    }
                    .into(),
                );
                self.repair();
                return rest(RETRY_MS);
            }
            State::Poisoned => {
                let cause = "a reader found that the engine had failed".to_owned();
                self.close(&StoreError::Poisoned { cause }.into());
                return rest(0);
            }
            State::Ready | State::Full { .. } => {}
        }
        let fresh = self.surroundings.random();
        let turn = node.next(&now, fresh).and_then(|step| {
            let key = Some(node.key()?);
            Ok(Turn { step, key })
        });
        match turn {
            Ok(turn) => {
                self.count_round(&turn.step);
                turn
            }
            Err(error) => {
                self.trouble(&error);
                rest(REST_MS)
            }
        }
    }

    /// A rest without trouble is the end of a round.
    fn count_round(&mut self, step: &Step) {
        let ended = self.in_round && matches!(step, Step::Wait { .. });
        self.in_round = matches!(step, Step::Send(_));
        let Some(node) = self.node.as_mut().filter(|node| ended && node.link().trouble.is_none()) else {
            return;
        };
        if std::mem::take(&mut self.again) {
            node.wake();
            self.bells.at_once.notify_one();
        }
        self.bulletin.send_modify(|bulletin| bulletin.rounds += 1);
    }

    fn wake(&mut self) -> u64 {
        if let Some(node) = &mut self.node {
            node.wake();
        }
        // What is under way may have asked the hub too early.
        self.again |= self.in_round;
        self.bells.at_once.notify_one();
        let rounds = self.bulletin.borrow().rounds;
        rounds + 1 + u64::from(self.in_round)
    }

    fn carry(&mut self, entries: &[LogEntry]) -> Result<(), Problem> {
        let closed = || Problem::new(ProblemKind::StoreUnavailable, "the log is not open");
        let node = self.node.as_mut().ok_or_else(closed)?;
        if let Err(error) = node.carry(entries) {
            self.trouble(&error);
            return Err(problem_of(&error));
        }
        node.wake();
        self.tell(false);
        self.bells.at_once.notify_one();
        Ok(())
    }

    fn answer(&mut self, answer: Answer) {
        let now = self.surroundings.now();
        let jitter = u64::from_be_bytes(self.surroundings.random());
        let Some(node) = &mut self.node else { return };
        if let Err(error) = node.answer(answer, &now, jitter) {
            self.trouble(&error);
        }
        self.tell(true);
    }

    fn trouble(&mut self, error: &NodeError) {
        if is_failure(error) {
            tracing::error!(%error, "the store failed; the log is opened again");
            self.close(error);
        } else {
            tracing::warn!(%error, "syncing stopped");
        }
    }

    /// Tells everybody how things stand; `all` if the journal may have moved.
    pub(crate) fn tell(&self, all: bool) {
        let Some(node) = &self.node else { return };
        let now = self.surroundings.now();
        self.bulletin.send_modify(|bulletin| {
            if all || bulletin.closed.is_some() {
                let era = bulletin.era + u64::from(bulletin.is_void_in(node));
                *bulletin = Bulletin {
                    edition: bulletin.edition + 1,
                    rounds: bulletin.rounds,
                    ..Bulletin::of(node, era, &now)
                };
            } else {
                bulletin.renew(node, &now);
            }
        });
    }
}

/// Whether the log must be opened again.
const fn is_failure(error: &NodeError) -> bool {
    matches!(
        error,
        NodeError::Store(StoreError::Unknown { .. } | StoreError::Poisoned { .. } | StoreError::Damaged(_))
    )
}

pub(crate) fn problem_of(error: &NodeError) -> Problem {
    let words = error.to_string();
    match error {
        NodeError::Store(StoreError::Full { .. }) => Problem::new(ProblemKind::DiskFull, words).after_s(60),
        NodeError::Store(StoreError::TooLarge { .. }) => Problem::new(ProblemKind::TooLarge, words),
        NodeError::Store(_) => Problem::new(ProblemKind::StoreUnavailable, words).after_s(15),
        _ => Problem::new(ProblemKind::Internal, words),
    }
}
