//! The one thread that writes. It owns the node; everybody else hands it orders and waits for the answer.
//!
//! Records that wait together are made durable together. When the store fails, what it was to write may
//! or may not be on the disk: the log is opened and checked again, and what it then holds decides whether
//! the records are acknowledged or written once more. Nobody is told "saved" before that.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use event::{Draft, DraftError, Event, MintError};
use event_log::{Damage, Level, LogEntry, LogRead as _, Report, SledStore, State, Store as _, StoreError};
use link::{Problem, ProblemKind, Surroundings};
use proof::OriginKey;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::bulletin::Bulletin;
use crate::folder::open_store;
use crate::{Answer, Entropy, Node, NodeError, Recorded, Step, VillageConfig, VillageError, repair};

/// Most orders that wait for the writer; whoever comes then waits for a place.
const WAITING_MAX: usize = 1_024;
/// Most records in one commit.
const GROUP_MAX: usize = 1_024;
/// Pause between two tries to open the log again, in milliseconds.
const RETRY_MS: u64 = 2_000;
/// Shortest pause between two repairs, in milliseconds.
const REPAIR_MS: u64 = 600_000;
/// Pause after something that only time or a person can change, in milliseconds.
const REST_MS: u64 = 5_000;

/// One thing to be recorded.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) draft: Draft,
    /// What the line is known by when it comes again; `None` for a fact that is always new.
    pub(crate) key: Option<[u8; 32]>,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is on the disk.
    Recorded(Recorded),
    /// It was recorded before.
    Known(Recorded),
    /// It is no record; the words are for the person who wrote it.
    Refused(DraftError),
}

/// What the sync task is to do, and who it is to be at that.
pub(crate) struct Turn {
    pub(crate) step: Step,
    pub(crate) key: Option<OriginKey>,
}

type Reply = oneshot::Sender<Result<Vec<Outcome>, Problem>>;

enum Order {
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
    /// Rung when there may be something to sync.
    bell: Arc<Notify>,
}

/// The thread's own.
struct Post {
    config: VillageConfig,
    surroundings: Surroundings,
    node: Option<Node<SledStore>>,
    /// How often the log was opened.
    opened: u64,
    retry_at_ms: u64,
    /// No repair before: each one copies the whole log.
    repair_at_ms: u64,
    /// Full checks in a row that could not come to an end.
    failed_checks: u32,
    /// Whether a question has been sent since the last rest.
    in_round: bool,
    /// Whether another round is to follow this one.
    again: bool,
    bulletin: watch::Sender<Bulletin>,
    bell: Arc<Notify>,
    /// Orders that were taken from the queue while records were gathered.
    held: VecDeque<Order>,
    to_self: mpsc::WeakSender<Order>,
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
        let bell = Arc::new(Notify::new());
        let post = Post {
            config: config.clone(),
            surroundings: surroundings.clone(),
            node: Some(node),
            opened: 0,
            retry_at_ms: 0,
            repair_at_ms: 0,
            failed_checks: 0,
            in_round: false,
            again: false,
            bulletin: tell,
            bell: Arc::clone(&bell),
            held: VecDeque::new(),
            to_self: orders.downgrade(),
        };
        post.check_behind();
        let thread = std::thread::Builder::new().name("village-writer".to_owned());
        let thread = thread.spawn(move || post.keep(&mut taken));
        let thread = thread.map_err(|error| VillageError::Thread(error.to_string()))?;
        Ok((Self { orders, bell }, bulletin, thread))
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

    /// Waits until there may be something to sync.
    pub(crate) async fn rung(&self) {
        self.bell.notified().await;
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

/// Opens the node in its folder; a damaged log is repaired first.
fn open_node(config: &VillageConfig) -> Result<Node<SledStore>, VillageError> {
    match try_open(config) {
        Err(error) if is_damage(&error) => {
            tracing::error!(%error, "the log is damaged and is being repaired");
            repair(config)?;
            try_open(config)
        }
        opened => opened,
    }
}

fn try_open(config: &VillageConfig) -> Result<Node<SledStore>, VillageError> {
    Ok(Node::open(open_store(config)?)?)
}

/// Whether the log cannot be read as it is: what was written is missing or changed, or reading what was just
/// opened and checked fails.
const fn is_damage(error: &VillageError) -> bool {
    matches!(
        error,
        VillageError::Store(StoreError::Damaged(_) | StoreError::Unknown { .. } | StoreError::Poisoned { .. })
    )
}

impl Post {
    fn keep(mut self, orders: &mut mpsc::Receiver<Order>) {
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

    /// Every record that waits, up to what one commit takes.
    fn gather(
        &mut self,
        lines: Vec<Line>,
        reply: Reply,
        orders: &mut mpsc::Receiver<Order>,
    ) -> Vec<(Vec<Line>, Reply)> {
        let mut count = lines.len();
        let mut group = vec![(lines, reply)];
        while count < GROUP_MAX
            && let Ok(order) = orders.try_recv()
        {
            match order {
                Order::Record(lines, reply) if count + lines.len() <= GROUP_MAX => {
                    count += lines.len();
                    group.push((lines, reply));
                }
                Order::Record(..) => {
                    self.held.push_back(order);
                    break;
                }
                other => self.held.push_back(other),
            }
        }
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
        for _ in 0..2 {
            let now = self.surroundings.now();
            let Some(node) = &mut self.node else { break };
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
                    self.bell.notify_one();
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
        let closed = self.bulletin.borrow().closed.clone();
        let unknown =
            "the log is not open; whether this was saved shows when it is open again: look before typing it anew";
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
            self.bell.notify_one();
        }
        self.bulletin.send_modify(|bulletin| bulletin.rounds += 1);
    }

    fn wake(&mut self) -> u64 {
        if let Some(node) = &mut self.node {
            node.wake();
        }
        // What is under way may have asked the hub too early.
        self.again |= self.in_round;
        self.bell.notify_one();
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
        self.bell.notify_one();
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

    /// The outcome of the full check behind.
    fn checked(&mut self, outcome: Result<Report, StoreError>) {
        match outcome {
            Ok(report) if report.is_sound() => {
                self.failed_checks = 0;
                tracing::info!(entries = report.entries, "the whole log was checked");
            }
            Ok(report) => {
                for problem in &report.problems {
                    tracing::error!(%problem, "the log is damaged");
                }
                let problems = report.problems;
                self.close(&StoreError::Damaged(Damage { problems }).into());
                self.repair();
            }
            Err(error) => {
                // The engine cannot read what it opened. Once may be the disk's bad moment; twice is damage.
                tracing::error!(%error, "the log could not be checked");
                self.failed_checks += 1;
                self.close(&error.into());
                if self.failed_checks > 1 {
                    self.repair();
                } else {
                    self.reopen();
                }
            }
        }
        self.tell(false);
        self.bell.notify_one();
    }

    /// The log is not to be used as it is.
    fn close(&mut self, error: &NodeError) {
        self.node = None;
        let problem = problem_of(error);
        self.bulletin.send_modify(|bulletin| bulletin.closed = Some(problem));
    }

    /// Repairs the log, unless that was tried just now, and opens it.
    fn repair(&mut self) {
        let now = self.surroundings.now();
        if now.mono_ms < self.repair_at_ms {
            return;
        }
        self.repair_at_ms = now.mono_ms.saturating_add(REPAIR_MS);
        if let Err(error) = repair(&self.config) {
            tracing::error!(%error, "the log could not be repaired");
            return;
        }
        self.failed_checks = 0;
        self.retry_at_ms = 0;
        self.reopen();
    }

    /// One try to open the log again, unless the last one was just now.
    fn reopen(&mut self) {
        let now = self.surroundings.now();
        if now.mono_ms < self.retry_at_ms {
            return;
        }
        self.retry_at_ms = now.mono_ms.saturating_add(RETRY_MS);
        match try_open(&self.config) {
            Ok(node) => {
                tracing::info!("the log is open again and was checked");
                self.node = Some(node);
                self.opened += 1;
                self.check_behind();
                self.tell(true);
            }
            Err(error) => {
                tracing::error!(%error, "the log cannot be opened");
                let problem = Problem::new(ProblemKind::StoreUnavailable, error.to_string()).after_s(15);
                self.bulletin.send_modify(|bulletin| bulletin.closed = Some(problem));
                if matches!(error, VillageError::Store(StoreError::Damaged(_))) {
                    self.repair();
                }
            }
        }
    }

    /// Checks the whole log on a thread of its own.
    fn check_behind(&self) {
        let Some(node) = &self.node else { return };
        let (log, opened, to_self) = (node.store().reader(), self.opened, self.to_self.clone());
        let thread = std::thread::Builder::new().name("village-check".to_owned());
        let thread = thread.spawn(move || {
            let outcome = log.verify(Level::Full, &mut |_, _| ());
            if let Some(orders) = to_self.upgrade() {
                // Fails only when the node is closing.
                let _ = orders.blocking_send(Order::Checked(opened, outcome));
            }
        });
        if let Err(error) = thread {
            tracing::error!(%error, "the log cannot be checked: the system gives no thread");
        }
    }

    /// Tells everybody how things stand; `all` if the journal may have moved.
    fn tell(&self, all: bool) {
        let Some(node) = &self.node else { return };
        let now = self.surroundings.now();
        self.bulletin.send_modify(|bulletin| {
            if all || bulletin.closed.is_some() {
                let era = bulletin.era + u64::from(bulletin.is_void_in(node));
                let rounds = bulletin.rounds;
                *bulletin = Bulletin::of(node, era, &now);
                bulletin.rounds = rounds;
            } else {
                bulletin.renew(node, &now);
            }
        });
    }
}

/// Records what is new of `lines`; `told` gets the outcomes before the commit, for the case that it fails.
fn write_to(
    node: &mut Node<SledStore>,
    lines: &[&Line],
    entropy: &[Entropy],
    now: &event::ClockReading,
    told: &mut Vec<Outcome>,
) -> Result<Vec<Outcome>, NodeError> {
    enum Place {
        Known(Recorded),
        /// The draft with this number.
        Draft(usize),
        /// The same line as the draft with this number.
        Again(usize),
    }
    let mut places = Vec::with_capacity(lines.len());
    let mut drafts: Vec<(Draft, Entropy)> = Vec::with_capacity(lines.len());
    let mut keys: HashMap<[u8; 32], usize> = HashMap::new();
    for (line, entropy) in lines.iter().zip(entropy) {
        if let Some(key) = line.key {
            if let Some(known) = known_line(node, &key)? {
                places.push(Place::Known(known));
                continue;
            }
            if let Some(same) = keys.get(&key) {
                places.push(Place::Again(*same));
                continue;
            }
            keys.insert(key, drafts.len());
        }
        places.push(Place::Draft(drafts.len()));
        drafts.push((line.draft.clone(), *entropy));
    }
    let outcome = |place: &Place, done: &[Result<Recorded, DraftError>]| match place {
        Place::Known(known) => Outcome::Known(known.clone()),
        Place::Draft(at) => done[*at].clone().map_or_else(Outcome::Refused, Outcome::Recorded),
        Place::Again(at) => done[*at].clone().map_or_else(Outcome::Refused, Outcome::Known),
    };
    let done = node.record_with(&drafts, now, &mut |commit, done| {
        *told = places.iter().map(|place| outcome(place, done)).collect();
        for (key, at) in &keys {
            if let Ok(recorded) = &done[*at] {
                commit.put_meta(line_key(key), line_value(recorded));
            }
        }
    })?;
    Ok(places.iter().map(|place| outcome(place, &done)).collect())
}

/// After a commit with an unknown outcome: the outcomes, if the log now shows that it went through. A
/// commit is whole or not there at all, so its last entry speaks for it.
fn settled(node: &Node<SledStore>, told: Vec<Outcome>) -> Option<Vec<Outcome>> {
    let last = told.iter().rev().find_map(|outcome| match outcome {
        Outcome::Recorded(recorded) => Some(recorded),
        _ => None,
    })?;
    let entries = node
        .store()
        .read(last.origin.into(), last.sequence, 1, usize::MAX)
        .ok()?;
    let event = Event::decode(&entries.first()?.bytes).ok()?;
    (event.header.id == last.id).then_some(told)
}

/// What the keys of the marks of batch lines begin with.
pub(crate) const LINES: &[u8] = b"node/line/";

fn line_key(key: &[u8; 32]) -> Vec<u8> {
    [LINES, key].concat()
}

/// `event (16) ‖ origin (16) ‖ sequence (8, big endian)`.
fn line_value(recorded: &Recorded) -> Vec<u8> {
    let (id, origin) = (recorded.id.to_bytes(), recorded.origin.to_bytes());
    [&id[..], &origin, &recorded.sequence.get().to_be_bytes()].concat()
}

fn known_line(node: &Node<SledStore>, key: &[u8; 32]) -> Result<Option<Recorded>, NodeError> {
    let Some(value) = node.store().get_meta(&line_key(key))? else {
        return Ok(None);
    };
    let read = || {
        let (id, rest) = value.split_first_chunk::<16>()?;
        let (origin, rest) = rest.split_first_chunk::<16>()?;
        let sequence = u64::from_be_bytes(rest.try_into().ok()?);
        Some(Recorded {
            id: event::EventId::from_bytes(*id),
            origin: event::Origin::from_bytes(*origin),
            sequence: event::Sequence::new(sequence).ok()?,
        })
    };
    let known = read().ok_or_else(|| NodeError::State("a line of a batch".to_owned()))?;
    Ok(Some(known))
}

/// Whether the log must be opened again.
const fn is_failure(error: &NodeError) -> bool {
    matches!(
        error,
        NodeError::Store(StoreError::Unknown { .. } | StoreError::Poisoned { .. } | StoreError::Damaged(_))
    )
}

fn problem_of(error: &NodeError) -> Problem {
    let words = error.to_string();
    match error {
        NodeError::Store(StoreError::Full { .. }) => Problem::new(ProblemKind::DiskFull, words).after_s(60),
        NodeError::Store(StoreError::TooLarge { .. }) => Problem::new(ProblemKind::TooLarge, words),
        NodeError::Store(_) => Problem::new(ProblemKind::StoreUnavailable, words).after_s(15),
        NodeError::Mint(MintError::Exhausted) => Problem::new(ProblemKind::Internal, words),
        _ => Problem::new(ProblemKind::Internal, words),
    }
}
