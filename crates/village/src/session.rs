//! Syncing, as a machine that is asked what to send and told what came back.
//!
//! One question is open at a time. After a failure nothing is remembered but how long to wait: the
//! next hello finds out where both sides stand.

use event::{ClockReading, Origin, Sequence};
use event_log::{Commit, LogEntry, Store};
use sync::compare::{Bisect, Relation, compare};
use sync::frame::{BodyWriter, Item};
use sync::limits::{BODY_RAW_BYTES_MAX, PROTOCOL_VERSION, PUSH_EVENTS_MAX};
use sync::message::{
    Cursor, Enrolled, Hello, HelloReply, LogState, PushReply, RootReply, Successor, SuccessorReason, decode,
};
use sync::pace::Pace;
use sync::record::JournalRecord;

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
    },
    /// `GET /v1/journal`.
    Page {
        /// Where to go on.
        after: Cursor,
        /// Logs that need no entries.
        skip: Vec<Origin>,
        /// Compressed bytes to aim at.
        bytes: usize,
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
    phase: Phase,
    pace: Pace,
    due_ms: u64,
    /// How long the hub wants to be left alone when nothing is to do, in milliseconds.
    rest_ms: u64,
    sent_ms: u64,
    prove_enrolment: bool,
    show_holds: bool,
    asked: Option<Asked>,
    pub(crate) link: LinkState,
}

/// What the open question was about.
#[derive(Clone, Debug)]
enum Asked {
    Hello,
    Push { origin: Origin, upto: u64 },
    Page,
    Root { size: u64 },
    Entries,
    Successor,
    GiveBack { upto: u64 },
}

#[derive(Clone, Debug, Default)]
enum Phase {
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
                Course::Done => {
                    self.sync.phase = Phase::Hello;
                    Ok(None)
                }
            },
            Phase::GiveBack { wants } => self.ask_give_back(wants),
            Phase::Page => {
                let (after, skip) = (self.mirror.cursor(), self.origins());
                let bytes = self.sync.pace.bytes().max(PAGE_BYTES_MIN);
                Ok(self.asking(Asked::Page, Ask::Page { after, skip, bytes }))
            }
            Phase::Idle => Ok(None),
        }
    }

    fn asking(&mut self, asked: Asked, ask: Ask) -> Option<Ask> {
        self.sync.asked = Some(asked);
        Some(ask)
    }

    fn hello(&self, now: &ClockReading) -> Result<Hello, NodeError> {
        let state = |origin: Origin| {
            let head = self.store.head(origin.into());
            LogState {
                origin,
                size: head.size,
                root: hash(head.frontier.root()),
            }
        };
        let own = self.own.origins.iter().filter(|one| !one.closed);
        let mut holds = Vec::new();
        if self.sync.show_holds {
            let closed = self.own.origins.iter().filter(|one| one.closed).map(|one| one.origin);
            let mine = self.origins();
            let others = self.mirror.origins().filter(|origin| !mine.contains(origin));
            for origin in closed.chain(others) {
                let head = self.store.head(self.mirror.log_of(origin));
                holds.push(LogState {
                    origin,
                    size: head.size,
                    root: hash(head.frontier.root()),
                });
            }
            holds.truncate(sync::limits::HELLO_LOGS_MAX);
        }
        Ok(Hello {
            version: PROTOCOL_VERSION,
            software: concat!("minqing ", env!("CARGO_PKG_VERSION")).to_owned(),
            wall_ms: now.wall_ms,
            ntp: now.ntp,
            logs: own.map(|one| state(one.origin)).collect(),
            holds,
            seen: self.mirror.note().map(str::to_owned),
            cursor: Some(self.mirror.cursor()),
            pending: self.pending(),
            enrolment: self.sync.prove_enrolment.then(|| self.own.proof.clone()),
        })
    }

    fn ask_push(&mut self, from: u64) -> Result<Option<Ask>, NodeError> {
        let one = self.current().clone();
        let size = self.store.head(one.origin.into()).size;
        if from >= size {
            self.sync.phase = if self.runaway && self.pending() == 0 {
                Phase::Succeed
            } else {
                Phase::Page
            };
            return Ok(None);
        }
        let body = self.push_body(&one.origin, from, one.received, size)?;
        let Some((mut writer, upto)) = body else {
            return Err(NodeError::Untrue("its log is longer than it can be read"));
        };
        writer.checkpoint(&self.checkpoint(&one, upto)?).map_err(compressor)?;
        let body = writer.finish().map_err(compressor)?;
        let first = Sequence::after_size(from);
        Ok(self.asking(
            Asked::Push {
                origin: one.origin,
                upto,
            },
            Ask::Push {
                origin: one.origin,
                first,
                body,
            },
        ))
    }

    /// Entries from `from` on, as many as the pace allows; a push ends at most 2,000 events after the last receipt.
    fn push_body(
        &self,
        origin: &Origin,
        from: u64,
        received: u64,
        size: u64,
    ) -> Result<Option<(BodyWriter, u64)>, NodeError> {
        let end = size.min(received.min(from) + PUSH_EVENTS_MAX as u64);
        let mut writer = BodyWriter::new().map_err(compressor)?;
        writer.range(*origin, Sequence::after_size(from)).map_err(compressor)?;
        let mut at = from;
        let log = self.mirror_log(*origin);
        while at < end && writer.compressed_bytes() < self.sync.pace.bytes() && !writer.is_full() {
            let count = usize::try_from(end - at).unwrap_or(usize::MAX).min(64);
            let entries = self.store.read(log, Sequence::after_size(at), count, usize::MAX)?;
            if entries.is_empty() {
                return Ok(None);
            }
            for entry in &entries {
                writer
                    .entry(&entry.bytes, entry.personal.as_deref())
                    .map_err(compressor)?;
            }
            at += entries.len() as u64;
        }
        Ok(Some((writer, at)))
    }

    /// Where an origin's entries stand for the purpose of sending them: our own as we wrote them.
    fn mirror_log(&self, origin: Origin) -> event_log::LogId {
        if origin == self.origin() {
            origin.into()
        } else {
            self.mirror.log_of(origin)
        }
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
                    self.back_off(now, jitter, None, "untrue-answer");
                    Err(error)
                }
            },
            Answer::Refused { slug, retry_after_ms } => {
                self.sync.link.last_heard_ms = Some(now.mono_ms);
                match slug.as_str() {
                    // The next hello finds out what the hub has and what it has forgotten.
                    "not-enrolled" if !self.sync.prove_enrolment => {
                        self.sync.prove_enrolment = true;
                        self.sync.phase = Phase::Hello;
                    }
                    "gap" | "root-mismatch" | "fork" | "closed" if !matches!(asked, Asked::Hello) => {
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
                let own = self.origins();
                let taken = self.mirror.take(&mut self.store, body, &own)?;
                if let Some(id) = taken.greatest {
                    self.mint.observe(id);
                    let mut commit = Commit::new();
                    self.put_mint(&mut commit);
                    self.store.commit(commit)?;
                }
                if taken.at_end {
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
                self.take_successor(&enrolled)
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
        let known_cursor = self.mirror.cursor().journal;
        let is_new =
            known_cursor != event::JournalId::default() && known_cursor != reply.journal && !reply.frozen.is_empty();
        if is_new && !self.sync.show_holds {
            self.mirror.learn_frozen(&mut self.store, &reply.frozen)?;
            self.sync.link.hub_restored = true;
            self.sync.show_holds = true;
            self.sync.phase = Phase::Hello;
            return Ok(());
        }
        self.sync.show_holds = false;
        self.mirror.take_note(&mut self.store, reply.journal, &reply.note)?;
        let origin = self.origin();
        let head = self.store.head(origin.into());
        let ours = LogState {
            origin,
            size: head.size,
            root: hash(head.frontier.root()),
        };
        let theirs = reply.logs.iter().find(|log| log.origin == origin);
        if self.own.next.is_some() {
            self.sync.phase = Phase::Succeed;
            return Ok(());
        }
        let relation = compare(&ours, theirs, |size| self.store.root_at(origin.into(), size))?;
        self.sync.phase = match relation {
            Relation::Extends { received, push_from } => {
                self.set_received(origin, received)?;
                if theirs.is_some_and(|log| log.closed) {
                    // Another machine with this key was faster: this one needs a key of its own.
                    Phase::Bisect {
                        search: Bisect::settled(received),
                        hub_size: received,
                    }
                } else if reply.wants.is_empty() {
                    Phase::Push { from: push_from }
                } else {
                    Phase::GiveBack {
                        wants: reply.wants.clone(),
                    }
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

    /// How many entries the hub has receipted. It may become fewer when the hub was restored: then they are pending again.
    pub(crate) fn set_received(&mut self, origin: Origin, received: u64) -> Result<(), NodeError> {
        let Some(one) = self.own.origins.iter_mut().find(|one| one.origin == origin) else {
            return Ok(());
        };
        if one.received == received {
            return Ok(());
        }
        one.received = received;
        self.save_own()
    }

    fn take_push(&mut self, origin: Origin, upto: u64, reply: &PushReply) -> Result<(), NodeError> {
        self.mirror.take_note_of_any(&mut self.store, &reply.note)?;
        let receipt = reply
            .receipt
            .as_ref()
            .ok_or(NodeError::Untrue("a push was taken without a receipt"))?;
        let Ok(JournalRecord::Receipt {
            origin: of, size, note, ..
        }) = JournalRecord::decode(&receipt.record)
        else {
            return Err(NodeError::Untrue("its receipt is none"));
        };
        let one = self
            .own
            .origins
            .iter()
            .find(|one| one.origin == origin)
            .ok_or(NodeError::Untrue("whose log?"))?;
        let name = proof::origin_log_name(origin);
        let signed = proof::SignedCheckpoint::verify(&note, &name, &one.key()?.public());
        let root = signed
            .map_err(|_| NodeError::Untrue("its receipt holds a checkpoint that this machine did not sign"))?
            .root;
        if of != origin || size < upto || self.store.root_at(origin.into(), size)? != root {
            return Err(NodeError::Untrue("its receipt is of something else"));
        }
        self.set_received(origin, size)?;
        self.sync.phase = Phase::Push { from: size };
        Ok(())
    }

    /// The next piece of what a restored hub has lost: entries up to a receipt, under the checkpoint in it.
    fn ask_give_back(&mut self, mut wants: Vec<LogState>) -> Result<Option<Ask>, NodeError> {
        while let Some(want) = wants.first().cloned() {
            if let Some((upto, note)) = self.mirror.receipt_beyond(&self.store, want.origin, want.size)?
                && let Some((mut writer, at)) = self.give_back_body(want.origin, want.size, upto)?
            {
                let first = Sequence::after_size(want.size);
                let origin = want.origin;
                if at == upto {
                    writer.checkpoint(&note).map_err(compressor)?;
                }
                let body = writer.finish().map_err(compressor)?;
                self.sync.phase = Phase::GiveBack { wants };
                return Ok(self.asking(Asked::GiveBack { upto: at }, Ask::Push { origin, first, body }));
            }
            wants.remove(0);
        }
        let received = self.current().received;
        self.sync.phase = Phase::Push { from: received };
        Ok(None)
    }

    fn give_back_body(&self, origin: Origin, from: u64, upto: u64) -> Result<Option<(BodyWriter, u64)>, NodeError> {
        let mut writer = BodyWriter::new().map_err(compressor)?;
        writer.range(origin, Sequence::after_size(from)).map_err(compressor)?;
        let count = usize::try_from(upto - from).unwrap_or(usize::MAX);
        let entries = self.store.read(
            self.mirror_log(origin),
            Sequence::after_size(from),
            count,
            BODY_RAW_BYTES_MAX / 2,
        )?;
        if entries.is_empty() {
            return Ok(None);
        }
        for entry in &entries {
            writer
                .entry(&entry.bytes, entry.personal.as_deref())
                .map_err(compressor)?;
        }
        Ok(Some((writer, from + entries.len() as u64)))
    }

    fn advance_give_back(&mut self, upto: u64) {
        if let Phase::GiveBack { wants } = &mut self.sync.phase
            && let Some(want) = wants.first_mut()
        {
            want.size = upto;
        }
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
