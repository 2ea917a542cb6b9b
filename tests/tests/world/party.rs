//! The machines of the world: a hub, villages, an auditor, each on a disk that can fail, with clocks that lie.

use event::{BootId, ClockReading};
use event_log::{LogRead, MemDisk, MemStore};
use follower::{Follower, Mirror, Track};
use hub::{Hub, Keys, PageRequest, Refusal};
use proof::PublicKey;
use sync::message::{RootReply, encode};
use village::{Ask, Node};

/// A machine's clocks, derived from the world's true time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) boot: u64,
    pub(crate) booted_ms: u64,
    /// Wall clock minus true time.
    pub(crate) skew_ms: i64,
    pub(crate) ntp: bool,
}

impl Clock {
    pub(crate) fn read(&self, true_ms: u64) -> ClockReading {
        ClockReading {
            wall_ms: true_ms.saturating_add_signed(self.skew_ms),
            mono_ms: true_ms - self.booted_ms,
            boot: BootId(self.boot.to_be_bytes()),
            ntp: self.ntp,
        }
    }
}

pub(crate) struct HubMachine {
    pub(crate) disk: MemDisk,
    pub(crate) hub: Option<Hub<MemStore>>,
    pub(crate) clock: Clock,
}

pub(crate) const HUB_SEED: [u8; 32] = [9; 32];

impl HubMachine {
    pub(crate) fn open(&mut self, true_ms: u64) -> &mut Hub<MemStore> {
        if self.hub.is_none() {
            let store = MemStore::open(&self.disk).expect("the hub's disk opens");
            let hub = Hub::open(store, Keys::from_seed(HUB_SEED), &self.clock.read(true_ms)).expect("the hub opens");
            self.hub = Some(hub);
        }
        self.hub.as_mut().expect("just opened")
    }

    pub(crate) fn stop(&mut self) {
        self.hub = None;
    }

    /// Answers one request as the program would: typed in, bytes out.
    pub(crate) fn serve(
        &mut self,
        key: &PublicKey,
        ask: &Ask,
        fresh: [u8; 16],
        true_ms: u64,
    ) -> Result<Vec<u8>, Refusal> {
        let now = self.clock.read(true_ms);
        let hub = self.open(true_ms);
        let peer = key.origin();
        match ask {
            Ask::Hello(hello) => hub.hello(peer, key, hello, fresh, &now).map(|reply| encode(&reply)),
            Ask::Push { origin, body, seen, .. } => {
                hub.push(peer, *origin, body, *seen, &now).map(|reply| encode(&reply))
            }
            Ask::Page {
                after,
                skip,
                bytes,
                seen,
            } => {
                let desk = hub.desk();
                let (role, unit) = desk.reader(peer)?;
                desk.page(&PageRequest {
                    role,
                    unit,
                    after: *after,
                    skip: skip.clone(),
                    units: Vec::new(),
                    bytes: *bytes,
                    seen: *seen,
                })
            }
            Ask::Root { origin, size } => {
                let root = hub.desk().root(peer, *origin, *size)?;
                Ok(encode(&RootReply {
                    size: *size,
                    root: serde_bytes::ByteArray::new(root),
                }))
            }
            Ask::Entries { origin, from, bytes } => hub.desk().entries(peer, *origin, *from, *bytes),
            Ask::Successor(ask) => hub.successor(peer, ask, &now).map(|reply| encode(&reply)),
        }
    }
}

/// The slug that the program's problem document would carry.
pub(crate) fn slug(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotEnrolled => "not-enrolled",
        Refusal::Revoked => "revoked",
        Refusal::Gap { .. } => "gap",
        Refusal::Fork { .. } => "fork",
        Refusal::Closed { .. } => "closed",
        Refusal::RootMismatch { .. } => "root-mismatch",
        Refusal::Store(_) => "store-unavailable",
        Refusal::NotFound(_) => "not-found",
        Refusal::Forbidden(_) => "forbidden",
        Refusal::Malformed(_) => "malformed",
        _ => "another",
    }
}

pub(crate) struct VillageMachine {
    pub(crate) name: String,
    pub(crate) disk: MemDisk,
    pub(crate) node: Option<Node<MemStore>>,
    pub(crate) clock: Clock,
    /// The machine was thrown away; another one goes on for it.
    pub(crate) is_gone: bool,
}

impl VillageMachine {
    pub(crate) fn open(&mut self) -> &mut Node<MemStore> {
        if self.node.is_none() {
            let store = MemStore::open(&self.disk).expect("the village's disk opens");
            self.node = Some(Node::open(store).expect("the node opens"));
        }
        self.node.as_mut().expect("just opened")
    }
}

/// A reader that gets everything, as an auditor does.
pub(crate) struct Auditor {
    pub(crate) key: PublicKey,
    pub(crate) store: MemStore,
    pub(crate) mirror: Mirror,
}

impl Auditor {
    /// Pulls until it stands at the end of the journal.
    pub(crate) fn pull(&mut self, hub: &mut HubMachine, true_ms: u64) {
        for _ in 0..10_000 {
            let after = self.mirror.cursor();
            let ask = Ask::Page {
                after,
                skip: Vec::new(),
                bytes: 20_000,
                seen: self.mirror.seen(),
            };
            let page = hub
                .serve(&self.key, &ask, [0; 16], true_ms)
                .expect("an auditor gets a page");
            let taken = self.mirror.take(&mut self.store, &page, &[]).expect("the page holds");
            if taken.at_end {
                return;
            }
        }
        panic!("the journal has no end");
    }
}

/// The ledger that follows a journal from nothing.
pub(crate) fn rebuild(log: &dyn LogRead, track: &Track, step: u64) -> Follower {
    let mut follower = Follower::new();
    while !follower
        .follow(log, track, step)
        .expect("the journal can be followed")
        .at_end
    {}
    follower
}

/// The hub's own journals as a ledger follows them.
pub(crate) fn hub_track(hub: &Hub<MemStore>) -> Track {
    let registry = hub.registry();
    let mut journals: Vec<_> = registry
        .frozen
        .iter()
        .map(|frozen| (frozen.journal, Some(frozen.size)))
        .collect();
    journals.push((registry.journal, None));
    Track::of_hub(&journals)
}
