//! A village and its hub, either of which may be dead.

use std::sync::{Arc, Mutex};

use event::{BootId, ClockReading, Draft, EventId, JournalId};
use event_log::{LogRead as _, MemDisk, MemStore};
use follower::Track;
use hub::{Hub, Keys, PageRequest, Refusal};
use ledger::{Effect, View};
use proof::{OriginKey, SignedCheckpoint, journal_log_name};
use sync::message::{PushReply, RootReply, encode};
use sync::record::{Audience, Role};
use village::{Answer, Ask, Node, NodeError, Step};

use crate::fragile::{Fragile, Fuse, Side, Trap};
use crate::town::{HUB_SEED, START_MS, clock, enrol, rebuilt, unit};

const VILLAGE_SEED: [u8; 32] = [1; 32];

/// A village and its hub, either of which may be dead.
pub(crate) struct Pair {
    pub(crate) disks: [MemDisk; 2],
    hub: Option<Hub<Fragile>>,
    node: Option<Node<Fragile>>,
    pub(crate) fuse: Arc<Mutex<Fuse>>,
    pub(crate) now_ms: u64,
    /// Starts of the hub: each draws its own number.
    boots: u64,
    pub(crate) saved: Vec<EventId>,
    /// Checkpoints of the journal that have left the hub.
    shown: Vec<String>,
    /// What was refused, and answers that did not hold.
    pub(crate) refused: Vec<String>,
    /// A hub that does not want to know what it showed before: it is asked without it.
    pub(crate) is_blind: bool,
    /// Somebody between the two changes answers to pushes.
    pub(crate) changes: Option<fn(&mut PushReply)>,
}

impl Pair {
    pub(crate) fn new(trap: Trap) -> Self {
        let fuse = Fuse {
            trap,
            commits: 0,
            has_fired: false,
        };
        let disks = [MemDisk::new(), MemDisk::new()];
        let open = |disk: &MemDisk| MemStore::open(disk).expect("an empty disk opens");
        let (keys, journal) = (Keys::from_seed(HUB_SEED), JournalId::from_bytes([3; 16]));
        let mut hub =
            Hub::init(open(&disks[1]), keys, unit(0), "禾渡镇", journal, &clock(START_MS)).expect("a new hub");
        let key = OriginKey::from_seed(VILLAGE_SEED);
        let enrolled = enrol(&mut hub, &key, unit(1), Role::Village, START_MS);
        drop(Node::init(open(&disks[0]), VILLAGE_SEED, &enrolled).expect("a new node"));
        drop(hub);
        Self {
            disks,
            hub: None,
            node: None,
            fuse: Arc::new(Mutex::new(fuse)),
            now_ms: START_MS + 1_000,
            boots: 1,
            saved: Vec::new(),
            shown: Vec::new(),
            refused: Vec::new(),
            is_blind: false,
            changes: None,
        }
    }

    fn store(&self, side: Side) -> Fragile {
        let disk = self.disks[usize::from(side == Side::Hub)].clone();
        Fragile {
            inner: MemStore::open(&disk).expect("the disk opens"),
            disk,
            side,
            fuse: Arc::clone(&self.fuse),
        }
    }

    fn hub_clock(&self) -> ClockReading {
        ClockReading {
            boot: BootId(self.boots.to_be_bytes()),
            ..clock(self.now_ms)
        }
    }

    /// A backup takes the place of a disk.
    pub(crate) fn restore(&mut self, side: Side, backup: MemDisk) {
        match side {
            Side::Village => self.node = None,
            Side::Hub => self.hub = None,
        }
        self.disks[usize::from(side == Side::Hub)] = backup;
    }

    pub(crate) fn hub(&mut self) -> &mut Hub<Fragile> {
        if self.hub.is_none() {
            self.boots += 1;
            let hub = Hub::open(self.store(Side::Hub), Keys::from_seed(HUB_SEED), &self.hub_clock());
            self.hub = Some(hub.expect("the hub opens"));
        }
        self.hub.as_mut().expect("just opened")
    }

    pub(crate) fn node(&mut self) -> &mut Node<Fragile> {
        if self.node.is_none() {
            self.node = Some(Node::open(self.store(Side::Village)).expect("the node opens"));
        }
        self.node.as_mut().expect("just opened")
    }

    fn dies(&mut self, side: Side) {
        match side {
            Side::Village => self.node = None,
            Side::Hub => self.hub = None,
        }
        if self.fuse.lock().expect("not poisoned").trap.cuts {
            self.disks[usize::from(side == Side::Hub)].crash();
        }
    }

    pub(crate) fn record(&mut self, drafts: Vec<Draft>) {
        self.now_ms += 10;
        let now = clock(self.now_ms);
        let base = u8::try_from(self.now_ms % 251).expect("small");
        let drafts: Vec<_> = (0..).zip(drafts).map(|(n, draft)| (draft, [base ^ n; 26])).collect();
        match self.node().record(&drafts, &now) {
            Ok(outcomes) => self
                .saved
                .extend(outcomes.into_iter().map(|one| one.expect("within the bounds").id)),
            Err(NodeError::Store(_)) => self.dies(Side::Village),
            Err(other) => panic!("{other}"),
        }
    }

    pub(crate) fn township_records(&mut self, draft: Draft) {
        self.now_ms += 10;
        self.hub();
        let now = self.hub_clock();
        match self.hub().record(Audience::Unit(unit(1)), &[(draft, [77; 26])], &now) {
            Ok(ids) => self.saved.extend(ids),
            Err(Refusal::Store(_)) => self.dies(Side::Hub),
            Err(other) => panic!("{other}"),
        }
    }

    pub(crate) fn serve(&mut self, ask: &Ask) -> Result<Vec<u8>, Refusal> {
        let key = self.node().key().expect("a node has its key").public();
        let peer = key.origin();
        self.hub();
        let now = self.hub_clock();
        let (is_blind, changes) = (self.is_blind, self.changes);
        let hub = self.hub();
        match ask {
            Ask::Hello(hello) => {
                let mut hello = hello.clone();
                hello.seen = hello.seen.filter(|_| !is_blind);
                let reply = hub.hello(peer, &key, &hello, [8; 16], &now)?;
                self.shown.push(reply.note.clone());
                Ok(encode(&reply))
            }
            Ask::Push { origin, body, seen, .. } => {
                let mut reply = hub.push(peer, *origin, body, *seen, &now)?;
                if let Some(change) = changes {
                    change(&mut reply);
                }
                self.shown.push(reply.note.clone());
                Ok(encode(&reply))
            }
            Ask::Page {
                after,
                skip,
                bytes,
                seen,
            } => hub.desk().page(&PageRequest {
                role: Role::Village,
                unit: unit(1),
                after: *after,
                skip: skip.clone(),
                units: Vec::new(),
                bytes: *bytes,
                seen: *seen,
            }),
            Ask::Root { origin, size } => {
                let root = serde_bytes::ByteArray::new(hub.desk().root(peer, *origin, *size)?);
                Ok(encode(&RootReply { size: *size, root }))
            }
            Ask::Entries { origin, from, bytes } => hub.desk().entries(peer, *origin, *from, *bytes),
            Ask::Successor(ask) => hub.successor(peer, ask, &now).map(|reply| encode(&reply)),
        }
    }

    /// Syncs until both sides have the same and nothing is left to say.
    pub(crate) fn sync(&mut self) {
        for _ in 0..400 {
            self.now_ms += 50;
            let now = clock(self.now_ms);
            let step = match self.node().next(&now, [6; 32]) {
                Ok(step) => step,
                Err(NodeError::Store(_)) => {
                    self.dies(Side::Village);
                    continue;
                }
                Err(other) => panic!("{other}"),
            };
            let ask = match step {
                Step::Send(ask) => ask,
                Step::Wait { until_ms } => {
                    let journal = self.hub().registry().journal;
                    let size = self.hub().store().head(journal.into()).size;
                    let node = self.node();
                    let at = node.mirror().cursor();
                    let is_there = (at.journal, at.position.0) == (journal, size);
                    if node.pending() == 0 && is_there && node.link().trouble.is_none() {
                        return;
                    }
                    self.now_ms += until_ms.saturating_sub(now.mono_ms);
                    continue;
                }
            };
            let answer = match self.serve(&ask) {
                Ok(body) => Answer::Body(body),
                Err(Refusal::Store(_)) => {
                    self.dies(Side::Hub);
                    Answer::Failed
                }
                Err(refusal) => {
                    self.refused.push(refusal.to_string());
                    Answer::Refused {
                        slug: slug(&refusal).to_owned(),
                        retry_after_ms: None,
                    }
                }
            };
            let now = clock(self.now_ms + 20);
            match self.node().answer(answer, &now, 3) {
                Ok(()) => {}
                Err(NodeError::Store(_)) => self.dies(Side::Village),
                Err(other) => self.refused.push(other.to_string()),
            }
        }
        panic!("they never come to rest: {:?}", self.refused);
    }

    /// Asks and answers a few times, whatever comes of it.
    pub(crate) fn exchange(&mut self, times: usize) {
        for _ in 0..times {
            self.now_ms += 50;
            let now = clock(self.now_ms);
            match self.node().next(&now, [6; 32]).expect("the store is sound") {
                Step::Wait { until_ms } => self.now_ms += until_ms.saturating_sub(now.mono_ms),
                Step::Send(ask) => {
                    let body = self.serve(&ask).expect("the hub answers");
                    let now = clock(self.now_ms + 20);
                    if let Err(error) = self.node().answer(Answer::Body(body), &now, 3) {
                        self.refused.push(error.to_string());
                    }
                }
            }
        }
    }

    /// Both machines are started anew.
    pub(crate) fn restart(&mut self) {
        (self.hub, self.node) = (None, None);
    }

    /// What must be true however the story went. Returns how many visits the township counts.
    pub(crate) fn check(&mut self) -> u64 {
        // Both start once more: what counts is on the disks.
        (self.hub, self.node) = (None, None);
        let (saved, shown) = (self.saved.clone(), self.shown.clone());
        let node_ledger = {
            let node = self.node();
            assert_eq!(node.pending(), 0);
            rebuilt(node.store(), &node.track())
        };
        let hub = self.hub();
        let journal = hub.registry().journal;
        let frozen: Vec<_> = hub
            .registry()
            .frozen
            .iter()
            .map(|one| (one.journal, Some(one.size)))
            .collect();
        let was_restored = !frozen.is_empty();
        let chain: Vec<_> = frozen.into_iter().chain([(journal, None)]).collect();
        let hub_ledger = rebuilt(hub.store(), &Track::of_hub(&chain));
        for id in saved {
            assert_eq!(
                hub_ledger.ledger().effect_of(id),
                Some(Effect::Counted),
                "{id} was saved"
            );
        }
        assert_eq!(hub_ledger.ledger().cut(), node_ledger.ledger().cut());
        for view in View::ALL {
            let numbers = [&hub_ledger, &node_ledger].map(|one| one.ledger().live_digest(view, unit(1)));
            assert_eq!(numbers[0], numbers[1], "{view:?}");
        }
        let key = Keys::from_seed(HUB_SEED).journal().public();
        let verified = |note: &str| SignedCheckpoint::verify(note, &journal_log_name(journal), &key).expect("signed");
        let head = hub.store().head(journal.into());
        let last = verified(&hub.note().expect("a note"));
        assert_eq!(
            (last.size, last.root),
            (head.size, head.frontier.root()),
            "the note that is kept"
        );
        // A hub that was restored has another journal than the one whose checkpoints it had shown.
        for note in shown.iter().filter(|_| !was_restored) {
            let note = verified(note);
            assert!(
                note.size <= head.size,
                "a checkpoint left the hub over what it does not have"
            );
            assert_eq!(
                hub.store().root_at(journal.into(), note.size).expect("reads"),
                note.root
            );
        }
        let today = ledger::Query::as_of(event::Day::of_instant(START_MS.cast_signed()));
        let rows = hub_ledger.ledger().households(unit(1), today);
        rows.iter().map(|row| row.visits).sum()
    }
}

/// The slug of a refusal that may be met on the way; any other is a mistake.
fn slug(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotEnrolled => "not-enrolled",
        Refusal::Gap { .. } => "gap",
        Refusal::Fork { .. } => "fork",
        Refusal::Closed { .. } => "closed",
        Refusal::RootMismatch { .. } => "root-mismatch",
        Refusal::OtherJournal(_) => "other-journal",
        other => panic!("{other}"),
    }
}
