//! Syncing, as a machine that is asked what to send and told what came back.
//!
//! One question is open at a time. After a failure nothing is remembered but how long to wait: the
//! next hello finds out where both sides stand.

use event::{ClockReading, Origin, Sequence};
use event_log::{Commit, LogEntry, Store};
use follower::MirrorError;
use serde_bytes::ByteArray;
use sync::compare::{Bisect, Relation, compare};
use sync::frame::Item;
use sync::limits::{HELLO_LOGS_MAX, PROTOCOL_VERSION};
use sync::message::{
    Cursor, Enrolled, Held, Hello, HelloReply, KeyProof, LogState, PushReply, RootReply, Successor, SuccessorReason,
    decode,
};
use sync::pace::Pace;

use crate::cosign::Cosigning;
use crate::node::{Node, NodeError, hash};
use crate::succession::Course;

/// What the node asks of the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `POST /v1/hello`.
    Hello(Box<Hello>),
    /// `PUT /v1/logs/{origin}/{first}`.
    Push {
        /// The log.
        origin: Origin,
        /// First entry of the body.
        first: Sequence,
        /// The body.
        body: Vec<u8>,
        /// Size of the journal's checkpoint that is known here.
        seen: u64,
    },
    /// `GET /v1/journal`.
    Page {
        /// Where to go on.
        after: Cursor,
        /// Logs that need no entries.
        skip: Vec<Origin>,
        /// Compressed bytes to aim at.
        bytes: usize,
        /// Size of the journal's checkpoint that is known here.
        seen: u64,
    },
    /// `GET /v1/logs/{origin}/root`.
    Root {
        /// The log.
        origin: Origin,
        /// At that size.
        size: u64,
    },
    /// `GET /v1/logs/{origin}/entries`.
    Entries {
        /// The log.
        origin: Origin,
        /// From there on.
        from: Sequence,
        /// Compressed bytes to aim at.
        bytes: usize,
    },
    /// `POST /v1/logs/{origin}/successor`.
    Successor(Box<Successor>),
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this and come back with the answer.
    Send(Ask),
    /// Nothing to do before that monotonic time, in milliseconds; a fresh record may come earlier.
    Wait {
        /// Monotonic milliseconds of this boot.
        until_ms: u64,
    },
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The hub's answer, with a status that says so.
    Body(Vec<u8>),
    /// The hub refused: the slug of its problem, and how long it wants to be left alone.
    Refused {
        /// Slug of the problem type.
        slug: String,
        /// Milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// Nothing, or nothing whole.
    Failed,
}

/// The link as people should see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkState {
    /// Monotonic time of the last answer of the hub, in milliseconds.
    pub last_heard_ms: Option<u64>,
    /// Why the last try failed: a slug, or `unreachable`.
    pub trouble: Option<String>,
    /// The hub was found to have been restored; what it lost is being sent again.
    pub hub_restored: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    pub(crate) phase: Phase,
    pub(crate) pace: Pace,
    due_ms: u64,
    /// How long the hub wants to be left alone when nothing is to do, in milliseconds.
    rest_ms: u64,
    sent_ms: u64,
    prove_enrolment: bool,
    /// Logs that were named to a hub which had lost something: the next hello names those behind them.
    offered: usize,
    /// Whether the hello under way named the last of them.
    offers_last: Option<bool>,
    pub(crate) asked: Option<Asked>,
    /// Size that the hub says it has receipted of the current log, where no receipt for it is here.
    pub(crate) unproved: Option<u64>,
    pub(crate) cosigning: Cosigning,
    pub(crate) link: LinkState,
}

/// What the open question was about.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    Hello,
    Push { origin: Origin, upto: u64 },
    Page,
    Root { size: u64 },
    Entries,
    Successor,
    GiveBack { upto: u64 },
}

#[derive(Clone, Debug, Default)]
pub(crate) enum Phase {
    #[default]
    Hello,
    Push {
        from: u64,
    },
    Bisect {
        search: Bisect,
        hub_size: u64,
    },
    Succeed,
    GiveBack {
        wants: Vec<LogState>,
    },
    Page,
    Idle,
}

/// Compressed bytes that a page may have when the link has not been measured yet.
const PAGE_BYTES_MIN: usize = 16 * 1_024;
/// Shortest and longest rest between two syncs that a hub may ask for, in milliseconds: an answer can
/// neither make this machine ask without pause nor silence it.
const REST_MS_MIN: u64 = 1_000;
const REST_MS_MAX: u64 = 3_600_000;

impl<S: Store> Node<S> {
    /// The link as people should see it.
    #[must_use]
    pub const fn link(&self) -> &LinkState {
        &self.sync.link
    }

    /// Something was recorded, or somebody asked for it: sync now.
    pub fn wake(&mut self) {
        self.sync.due_ms = 0;
        if matches!(self.sync.phase, Phase::Idle) {
            self.sync.phase = Phase::Hello;
        }
    }

    /// What to do next. `fresh` is 32 random bytes, used only where a successor's key is needed.
    ///
    /// # Errors
    /// [`NodeError`]; the session begins again with a hello.
    pub fn next(&mut self, now: &ClockReading, fresh: [u8; 32]) -> Result<Step, NodeError> {
        if now.mono_ms < self.sync.due_ms {
            return Ok(Step::Wait {
                until_ms: self.sync.due_ms,
            });
        }
        // An answer that never came counts as a failure of the link; the caller has told us or has forgotten us.
        self.sync.asked = None;
        for _ in 0..8 {
            if let Some(ask) = self.ask(now, fresh)? {
                self.sync.sent_ms = now.mono_ms;
                return Ok(Step::Send(ask));
            }
            if matches!(self.sync.phase, Phase::Idle) {
                self.sync.phase = Phase::Hello;
                return Ok(Step::Wait {
                    until_ms: self.sync.due_ms,
                });
            }
        }
        Ok(Step::Wait {
            until_ms: now.mono_ms + 1_000,
        })
    }

    fn ask(&mut self, now: &ClockReading, fresh: [u8; 32]) -> Result<Option<Ask>, NodeError> {
        match self.sync.phase.clone() {
            Phase::Hello => {
                let hello = self.hello(now)?;
                let end = self.sync.offered.saturating_add(HELLO_LOGS_MAX);
                self.sync.offers_last = self.mirror.gives_back().then(|| self.mirror.origins().count() <= end);
                Ok(self.asking(Asked::Hello, Ask::Hello(Box::new(hello))))
            }
            Phase::Push { from } => self.ask_push(from),
            Phase::Bisect { search, hub_size } => match search.ask() {
                Some(size) => {
                    let origin = self.origin();
                    Ok(self.asking(Asked::Root { size }, Ask::Root { origin, size }))
                }
                None => {
                    let ours = self.store.head(self.origin().into()).size;
                    let is_restored = search.agreed() == ours && hub_size > ours;
                    let reason = if is_restored {
                        SuccessorReason::Restored
                    } else {
                        SuccessorReason::Forked
                    };
                    self.decide_successor(reason, search.agreed(), hub_size, fresh)?;
                    self.sync.phase = Phase::Succeed;
                    Ok(None)
                }
            },
            Phase::Succeed => match self.pursue_successor(fresh, self.sync.pace.bytes().max(PAGE_BYTES_MIN))? {
                Course::Ask(ask) => {
                    let asked = if matches!(ask, Ask::Successor(_)) {
                        Asked::Successor
                    } else {
                        Asked::Entries
                    };
                    Ok(self.asking(asked, ask))
                }
                Course::Hello => {
                    self.sync.phase = Phase::Hello;
                    Ok(None)
                }
            },
            Phase::GiveBack { wants } => self.ask_give_back(wants),
            Phase::Page => {
                // Logs that a successor has closed are as others' are: another machine with their key may have gone on.
                let (after, skip) = (self.mirror.cursor(), vec![self.origin()]);
                let bytes = self.sync.pace.bytes().max(PAGE_BYTES_MIN);
                let seen = self.mirror.seen();
                let ask = Ask::Page {
                    after,
                    skip,
                    bytes,
                    seen,
                };
                Ok(self.asking(Asked::Page, ask))
            }
            Phase::Idle => Ok(None),
        }
    }

    pub(crate) fn asking(&mut self, asked: Asked, ask: Ask) -> Option<Ask> {
        self.sync.asked = Some(asked);
        Some(ask)
    }

    fn hello(&mut self, now: &ClockReading) -> Result<Hello, NodeError> {
        let cosignature = self.cosign(now)?;
        let state = |origin: Origin| {
            let head = self.store.head(self.mirror_log(origin));
            LogState {
                origin,
                size: head.size,
                root: hash(head.frontier.root()),
            }
        };
        let mut holds = Vec::new();
        if self.mirror.gives_back() {
            let mine = self.origins();
            let others = self.mirror.origins().skip(self.sync.offered).take(HELLO_LOGS_MAX);
            for origin in others.filter(|origin| !mine.contains(origin)) {
                let head = self.store.head(self.mirror.log_of(origin));
                let (size, root) = (head.size, hash(head.frontier.root()));
                holds.push(Held {
                    log: LogState { origin, size, root },
                    hub: self.mirror.hub_name(origin),
                });
            }
        }
        let proves = self.sync.prove_enrolment || self.mirror.gives_back();
        let enrolments = self.own.origins.iter().filter(|_| proves).map(|one| {
            let key = hash(one.key()?.public().0);
            Ok(KeyProof {
                key,
                proof: one.proof.clone(),
            })
        });
        let enrolments = enrolments.collect::<Result<_, NodeError>>()?;
        Ok(Hello {
            version: PROTOCOL_VERSION,
            software: concat!("minqing ", env!("CARGO_PKG_VERSION")).to_owned(),
            wall_ms: now.wall_ms,
            ntp: now.ntp,
            logs: self
                .own
                .origins
                .iter()
                .rev()
                .take(HELLO_LOGS_MAX)
                .map(|one| state(one.origin))
                .collect(),
            holds,
            seen: self.mirror.note().map(str::to_owned),
            cursor: Some(self.mirror.cursor()),
            pending: self.pending(),
            enrolments,
            cosignature,
        })
    }

    /// Takes the answer to what was asked last. `jitter` is a random number that spreads the waits.
    ///
    /// # Errors
    /// [`NodeError::Store`] and the like. An answer that does not hold is treated as a failure of the link.
    pub fn answer(&mut self, answer: Answer, now: &ClockReading, jitter: u64) -> Result<(), NodeError> {
        let Some(asked) = self.sync.asked.take() else {
            return Ok(());
        };
        let took_ms = now.mono_ms.saturating_sub(self.sync.sent_ms);
        match answer {
            Answer::Body(body) => match self.take_answer(asked, &body, now, took_ms) {
                Ok(()) => {
                    self.sync.link.last_heard_ms = Some(now.mono_ms);
                    Ok(())
                }
                Err(NodeError::Store(error)) => {
                    self.back_off(now, jitter, None, "store");
                    Err(NodeError::Store(error))
                }
                Err(error) => {
                    let parted = matches!(error, NodeError::Mirror(MirrorError::Parted(_)));
                    if let NodeError::Mirror(MirrorError::Parted(parted)) = &error {
                        self.keep_evidence(parted, now)?;
                    }
                    let trouble = if parted { "journal-parted" } else { "untrue-answer" };
                    self.back_off(now, jitter, None, trouble);
                    Err(error)
                }
            },
            Answer::Refused { slug, retry_after_ms } => {
                self.sync.link.last_heard_ms = Some(now.mono_ms);
                match slug.as_str() {
                    // The next hello finds out what the hub has and what it has forgotten.
                    "not-enrolled" if !self.sync.prove_enrolment => {
                        self.sync.prove_enrolment = true;
                        self.mirror.offer_back(&mut self.store)?;
                        self.sync.phase = Phase::Hello;
                    }
                    // The key was drawn before this disk was cloned, and the clone was faster: another one is drawn.
                    "forbidden" if matches!(asked, Asked::Successor) => {
                        self.own.next = None;
                        self.save_own()?;
                        self.back_off(now, jitter, retry_after_ms, &slug);
                    }
                    // Of this log the hub has another continuation. Ours is set apart when the journal tells of it;
                    // meanwhile nothing waits for it.
                    "gap" | "root-mismatch" | "fork" | "forbidden" if matches!(asked, Asked::GiveBack { .. }) => {
                        if let Phase::GiveBack { wants } = &mut self.sync.phase
                            && !wants.is_empty()
                        {
                            wants.remove(0);
                        }
                    }
                    "gap" | "root-mismatch" | "fork" if !matches!(asked, Asked::Hello) => {
                        self.back_off(now, jitter, Some(0), &slug);
                    }
                    _ => self.back_off(now, jitter, retry_after_ms, &slug),
                }
                Ok(())
            }
            Answer::Failed => {
                self.back_off(now, jitter, None, "unreachable");
                Ok(())
            }
        }
    }

    fn back_off(&mut self, now: &ClockReading, jitter: u64, retry_after_ms: Option<u64>, trouble: &str) {
        let wait = self.sync.pace.failed(jitter, retry_after_ms);
        self.sync.due_ms = now.mono_ms.saturating_add(wait);
        self.sync.phase = Phase::Hello;
        self.sync.link.trouble = Some(trouble.to_owned());
    }

    fn take_answer(&mut self, asked: Asked, body: &[u8], now: &ClockReading, took_ms: u64) -> Result<(), NodeError> {
        match asked {
            Asked::Hello => {
                let reply: HelloReply = read(body)?;
                self.take_hello(&reply, now, took_ms)
            }
            Asked::Push { origin, upto } => {
                let reply: PushReply = read(body)?;
                self.sync.pace.succeeded(took_ms);
                self.take_push(origin, upto, &reply)
            }
            Asked::GiveBack { upto } => {
                let reply: PushReply = read(body)?;
                self.sync.pace.succeeded(took_ms);
                if reply.staged < upto {
                    return Err(NodeError::Untrue("it does not take back what it has lost"));
                }
                self.advance_give_back(upto);
                Ok(())
            }
            Asked::Page => {
                self.sync.pace.succeeded(took_ms);
                let own = [self.origin()];
                let taken = match self.mirror.take(&mut self.store, body, &own) {
                    Err(MirrorError::Forked(origin)) => {
                        self.own.overtaken.push(ByteArray::new(self.mirror.log_of(origin).0));
                        self.save_own()?;
                        self.mirror.begin_anew(&mut self.store, origin)?;
                        return Ok(());
                    }
                    Err(MirrorError::Turned) => {
                        self.sync.phase = Phase::Hello;
                        return Ok(());
                    }
                    taken => taken?,
                };
                if let Some(id) = taken.greatest {
                    self.mint.observe(id);
                    let mut commit = Commit::new();
                    self.put_mint(&mut commit);
                    self.store.commit(commit)?;
                }
                if taken.at_end {
                    self.carry_overtaken()?;
                    self.sync.phase = Phase::Idle;
                    self.sync.due_ms = now.mono_ms.saturating_add(self.sync.rest_ms);
                    self.sync.link.trouble = None;
                    let current = self.store.head(self.origin().into()).size;
                    // Whatever was recorded meanwhile goes out at once.
                    if current > self.current().received {
                        self.sync.phase = Phase::Hello;
                        self.sync.due_ms = now.mono_ms;
                    }
                }
                Ok(())
            }
            Asked::Root { size } => {
                let reply: RootReply = read(body)?;
                let equal = reply.size == size && self.store.root_at(self.origin().into(), size)? == *reply.root;
                if let Phase::Bisect { search, .. } = &mut self.sync.phase {
                    search.answer(size, equal);
                }
                Ok(())
            }
            Asked::Entries => self.take_pulled_back(body),
            Asked::Successor => {
                let enrolled: Enrolled = read(body)?;
                self.take_successor(&enrolled)?;
                self.sync.phase = Phase::Hello;
                Ok(())
            }
        }
    }

    fn take_hello(&mut self, reply: &HelloReply, now: &ClockReading, took_ms: u64) -> Result<(), NodeError> {
        if let Some(time_ms) = reply.time_ms {
            // The hub read its clock while the answer was under way; half the time of the exchange has passed since.
            self.mint.anchor(time_ms.saturating_add(took_ms / 2), now);
        }
        self.sync.due_ms = 0;
        self.sync.rest_ms = reply.next_hello_ms.clamp(REST_MS_MIN, REST_MS_MAX);
        self.sync.prove_enrolment = false;
        self.sync.unproved = None;
        self.sync.cosigning.delivered();
        let offers_last = self.sync.offers_last.take();
        let is_overtaken = self.mirror.is_overtaken(reply.journal, &reply.frozen);
        self.mirror.see_frozen(&mut self.store, &reply.frozen)?;
        if is_overtaken {
            self.mirror
                .learn_journals(&mut self.store, reply.journal, &reply.frozen)?;
            self.sync.link.hub_restored = true;
            self.sync.phase = Phase::Hello;
            return Ok(());
        }
        let wants = self.wanted(reply)?;
        match offers_last {
            Some(true) if wants.is_empty() => {
                self.sync.offered = 0;
                self.mirror.gave_back(&mut self.store)?;
            }
            Some(false) if wants.is_empty() => {
                self.sync.offered += HELLO_LOGS_MAX;
                self.sync.phase = Phase::Hello;
                return Ok(());
            }
            _ => {}
        }
        self.mirror
            .take_note(&mut self.store, reply.journal, &reply.note, &reply.consistency)?;
        let origin = self.origin();
        let head = self.store.head(origin.into());
        let ours = LogState {
            origin,
            size: head.size,
            root: hash(head.frontier.root()),
        };
        let theirs = reply.logs.iter().find(|log| log.origin == origin);
        if self.own.next.is_some() {
            self.review_successor(theirs)?;
            self.sync.phase = Phase::Succeed;
            return Ok(());
        }
        let relation = compare(&ours, theirs, |size| self.store.root_at(origin.into(), size))?;
        self.sync.phase = match relation {
            Relation::Extends { received, push_from } => {
                // More than is known here: an answer was lost, and the receipt in it is asked for again. The hub's mere
                // word that it has something is no receipt.
                let is_closed = theirs.is_some_and(|log| log.closed);
                if received > self.current().received && !is_closed {
                    self.sync.unproved = Some(received);
                } else {
                    self.set_received(origin, received)?;
                }
                if theirs.is_some_and(|log| log.closed) {
                    // Another machine with this key was faster: this one needs a key of its own.
                    Phase::Bisect {
                        search: Bisect::settled(received),
                        hub_size: received,
                    }
                } else if wants.is_empty() {
                    Phase::Push { from: push_from }
                } else {
                    Phase::GiveBack { wants }
                }
            }
            Relation::HubAhead { hub_size } => Phase::Bisect {
                search: Bisect::settled(ours.size),
                hub_size,
            },
            Relation::Diverged { hub_size } => Phase::Bisect {
                search: Bisect::between(ours.size, hub_size),
                hub_size,
            },
        };
        Ok(())
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, NodeError> {
    decode(body).map_err(|_| NodeError::Untrue("it is not the message that was asked for"))
}

pub(crate) fn compressor(error: sync::frame::WriteError) -> NodeError {
    NodeError::State(error.to_string())
}

/// Entries of a body that holds one range.
pub(crate) fn entries_of(body: &[u8], origin: Origin, from: u64) -> Result<Vec<LogEntry>, NodeError> {
    let mut entries = Vec::new();
    let mut in_range = false;
    let end = sync::frame::read::<sync::frame::FrameError>(body, |item| {
        match item {
            Item::Range { origin: of, first } => in_range = of == origin && first.leaf_index() == from,
            Item::Entry { bytes, personal } if in_range => entries.push(LogEntry { bytes, personal }),
            _ => return Err(sync::frame::FrameError::Item("not the range that was asked for")),
        }
        Ok(())
    });
    end.map_err(|_| NodeError::Untrue("its entries cannot be read"))?;
    Ok(entries)
}
