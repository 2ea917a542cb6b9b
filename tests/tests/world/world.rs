//! The driver: one random action a step, and every exchange between a village and the hub.

use crate::model::Model;
use crate::party::{Auditor, Clock, HUB_SEED, HubMachine, VillageMachine, slug};
use event::{EntityId, JournalId, UnitCode};
use event_log::{MemDisk, MemStore};
use follower::Mirror;
use hub::{Hub, Keys};
use proof::{OriginKey, PublicKey};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sync::record::Role;
use village::{Answer, Ask, Node, NodeError, Step};

const START_MS: u64 = 1_790_000_000_000;
pub(crate) const YEAR_MS: i64 = 365 * 86_400_000;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Faults {
    pub(crate) link: bool,
    pub(crate) disks: bool,
    pub(crate) clocks: bool,
    pub(crate) villages_restored: bool,
    pub(crate) hub_restored: bool,
}

impl Faults {
    pub(crate) const NONE: Self = Self {
        link: false,
        disks: false,
        clocks: false,
        villages_restored: false,
        hub_restored: false,
    };
    pub(crate) const ALL: Self = Self {
        link: true,
        disks: true,
        clocks: true,
        villages_restored: true,
        hub_restored: true,
    };
}

pub(crate) struct World {
    pub(crate) rng: ChaCha8Rng,
    pub(crate) faults: Faults,
    pub(crate) now_ms: u64,
    pub(crate) boots: u64,
    pub(crate) hub: HubMachine,
    pub(crate) villages: Vec<VillageMachine>,
    pub(crate) auditor: Auditor,
    pub(crate) model: Model,
    /// Requests that were delivered or lost and may come again, late.
    pub(crate) late: Vec<(PublicKey, Ask)>,
    pub(crate) hub_backup: Option<MemDisk>,
    pub(crate) village_backups: Vec<(usize, MemDisk)>,
    pub(crate) open_requests: Vec<(UnitCode, EntityId)>,
    pub(crate) healing: bool,
    pub(crate) seed: u64,
}

impl World {
    pub(crate) fn new(seed: u64, villages: u64, faults: Faults) -> Self {
        println!("world seed {seed}, {faults:?}");
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let township: UnitCode = "990000103000".parse().expect("a code");
        let clock = Clock {
            boot: 1,
            booted_ms: START_MS - 1_000,
            skew_ms: 0,
            ntp: true,
        };
        let disk = MemDisk::new();
        let store = MemStore::open(&disk).expect("an empty disk opens");
        let journal = JournalId::from_bytes(rng.random());
        let now = clock.read(START_MS);
        let mut hub =
            Hub::init(store, Keys::from_seed(HUB_SEED), township, "禾渡镇", journal, &now).expect("a new hub");
        let mut enrol = |seed: [u8; 32], unit: UnitCode, role: Role, hub: &mut Hub<MemStore>| {
            let secret: [u8; 16] = rng.random();
            hub.offer(&secret, unit, role, "一村", &now).expect("an offer");
            let key = OriginKey::from_seed(seed).public();
            (hub.enrol(&key, &secret, &now).expect("enrolled"), key)
        };
        let machines = (0..villages).map(|n| {
            let unit = UnitCode::new(990_000_103_201 + n).expect("a code");
            let seed = [u8::try_from(n + 1).expect("few villages"); 32];
            let (enrolled, _) = enrol(seed, unit, Role::Village, &mut hub);
            let disk = MemDisk::new();
            let node = Node::init(MemStore::open(&disk).expect("opens"), seed, &enrolled).expect("a new node");
            let clock = Clock {
                boot: 10 + n,
                booted_ms: START_MS - 1_000,
                skew_ms: 0,
                ntp: n % 2 == 0,
            };
            VillageMachine {
                name: format!("village {n}"),
                disk,
                node: Some(node),
                clock,
                is_gone: false,
            }
        });
        let machines: Vec<_> = machines.collect();
        let (enrolled, key) = enrol([200; 32], township, Role::Auditor, &mut hub);
        let store = MemStore::open(&MemDisk::new()).expect("opens");
        let mirror = Mirror::open(&store, PublicKey(*enrolled.hub_key)).expect("an empty mirror");
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed ^ 0x5eed),
            faults,
            now_ms: START_MS,
            boots: 100,
            hub: HubMachine {
                disk,
                hub: Some(hub),
                clock,
            },
            villages: machines,
            auditor: Auditor { key, store, mirror },
            model: Model::default(),
            late: Vec::new(),
            hub_backup: None,
            village_backups: Vec::new(),
            open_requests: Vec::new(),
            healing: false,
            seed,
        }
    }

    pub(crate) fn saved(&self) -> usize {
        self.model.len()
    }

    pub(crate) fn step(&mut self) {
        self.now_ms += self.rng.random_range(1..20_000);
        let village = self.rng.random_range(0..self.villages.len());
        match self.rng.random_range(0..100) {
            0..35 => self.record(village),
            35..80 => self.exchange(village),
            80..86 => self.township_works(),
            86..88 => self.now_ms += self.rng.random_range(0..86_400_000),
            88..90 => self.restart(village),
            90..92 if self.faults.link => self.deliver_late(),
            92..94 if self.faults.disks => self.break_a_disk(village),
            94..96 if self.faults.clocks => self.break_a_clock(village),
            96..98 if self.faults.villages_restored => self.restore_or_clone(village),
            98..100 if self.faults.hub_restored => self.back_up_or_restore_the_hub(),
            _ => self.exchange(village),
        }
    }

    /// One question of one village, through the link.
    pub(crate) fn exchange(&mut self, at: usize) {
        if self.villages[at].is_gone {
            return;
        }
        let fresh = self.rng.random();
        let now = self.villages[at].clock.read(self.now_ms);
        let step = self.villages[at].open().next(&now, fresh);
        let ask = match step {
            Ok(Step::Send(ask)) => ask,
            Ok(Step::Wait { until_ms }) => {
                if self.healing || self.rng.random_ratio(1, 3) {
                    self.now_ms += until_ms.saturating_sub(now.mono_ms);
                }
                return;
            }
            Err(NodeError::Store(_)) => {
                self.villages[at].node = None;
                return;
            }
            Err(other) => panic!("{}: {other}", self.villages[at].name),
        };
        let key = self.villages[at].open().key().expect("a node has its key").public();
        let asked = match &ask {
            Ask::Hello(h) => format!("hello {} holds", h.holds.len()),
            Ask::Push { origin, first, .. } => format!("push {origin} {first}"),
            other => format!("{other:?}"),
        };
        let answer = self.carry(&key, ask);
        if std::env::var("MINQING_WORLD_TRACE").is_ok() {
            println!(
                "{} {at} {asked} -> {}",
                self.now_ms,
                match &answer {
                    Answer::Body(b) => format!("{} B", b.len()),
                    other => format!("{other:?}"),
                }
            );
        }
        self.now_ms += self.rng.random_range(1..2_000);
        let jitter = self.rng.random();
        let now = self.villages[at].clock.read(self.now_ms);
        match self.villages[at].open().answer(answer, &now, jitter) {
            Ok(()) => {}
            Err(NodeError::Store(_)) => self.villages[at].node = None,
            // An answer of a hub that was restored in between, or that did not hold: the next hello settles it.
            Err(error) if self.healing => println!("{}: {error}", self.villages[at].name),
            Err(error) => assert!(
                self.faults.hub_restored || self.faults.villages_restored,
                "{}: {error}",
                self.villages[at].name
            ),
        }
    }

    pub(crate) fn carry(&mut self, key: &PublicKey, ask: Ask) -> Answer {
        let bad = self.faults.link && !self.healing;
        if bad && self.rng.random_ratio(1, 12) {
            self.late.push((*key, ask));
            return Answer::Failed;
        }
        if bad
            && self.rng.random_ratio(1, 8)
            && let Ask::Push {
                origin,
                first,
                body,
                seen,
            } = &ask
        {
            let cut = self.rng.random_range(0..body.len());
            let part = Ask::Push {
                origin: *origin,
                first: *first,
                body: body[..cut].to_vec(),
                seen: *seen,
            };
            // The hub's answer, whatever it is, goes down with the connection.
            let fresh = self.rng.random();
            if let Err(hub::Refusal::Store(_)) = self.hub.serve(key, &part, fresh, self.now_ms) {
                self.hub.stop();
            }
            return Answer::Failed;
        }
        if bad && self.rng.random_ratio(1, 10) {
            self.deliver(key, &ask);
            self.late.push((*key, ask.clone()));
        }
        let answer = self.deliver(key, &ask);
        if bad && self.rng.random_ratio(1, 10) {
            self.late.push((*key, ask));
            return Answer::Failed;
        }
        answer
    }

    pub(crate) fn deliver(&mut self, key: &PublicKey, ask: &Ask) -> Answer {
        let fresh = self.rng.random();
        match self.hub.serve(key, ask, fresh, self.now_ms) {
            Ok(body) => Answer::Body(body),
            Err(hub::Refusal::Store(error)) => {
                // A question about more than the hub has is a store's answer too; only a broken store is restarted.
                if matches!(
                    error,
                    event_log::StoreError::Unknown { .. } | event_log::StoreError::Poisoned { .. }
                ) {
                    self.hub.stop();
                }
                Answer::Refused {
                    slug: "store-unavailable".to_owned(),
                    retry_after_ms: None,
                }
            }
            Err(refusal) => {
                assert!(slug(&refusal) != "malformed", "seed {}: {refusal}", self.seed);
                Answer::Refused {
                    slug: slug(&refusal).to_owned(),
                    retry_after_ms: None,
                }
            }
        }
    }
}
