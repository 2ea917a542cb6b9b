//! The driver: one random action a step, then healing, then the reckoning.

use std::collections::BTreeSet;

use event::{
    Channel, ClockRule, Day, Draft, EntityId, EntryMode, Event, EventId, Facts, HouseholdRegistered, JournalId,
    LegalPath, Mode, Outcome, PersonId, PersonalContent, RequestAccepted, RequestAssigned, RequestKind, RequestRaised,
    Sequence, Subject, UnitCode, Urgency, VisitRecorded, When,
};
use event_log::{Fault, LogRead, MemDisk, MemStore, Store};
use follower::Mirror;
use hub::{Hub, Keys};
use ledger::View;
use proof::{OriginKey, PublicKey};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sync::record::{Audience, Role};
use village::{Answer, Ask, Node, NodeError, Step};

use crate::model::{Model, receipted};
use crate::party::{Auditor, Clock, HUB_SEED, HubMachine, VillageMachine, hub_track, rebuild, slug};

const START_MS: u64 = 1_790_000_000_000;
const YEAR_MS: i64 = 365 * 86_400_000;

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
    rng: ChaCha8Rng,
    faults: Faults,
    now_ms: u64,
    boots: u64,
    hub: HubMachine,
    villages: Vec<VillageMachine>,
    auditor: Auditor,
    model: Model,
    /// Requests that were delivered or lost and may come again, late.
    late: Vec<(PublicKey, Ask)>,
    hub_backup: Option<MemDisk>,
    village_backups: Vec<(usize, MemDisk)>,
    open_requests: Vec<(UnitCode, EntityId)>,
    healing: bool,
    seed: u64,
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

    fn record(&mut self, at: usize) {
        if self.villages[at].is_gone {
            return;
        }
        let unit = self.villages[at].open().unit();
        let count = if self.rng.random_ratio(1, 20) {
            150
        } else {
            self.rng.random_range(1..6)
        };
        let drafts: Vec<_> = (0..count).map(|_| (self.draft(unit), self.rng.random())).collect();
        let machine = &mut self.villages[at];
        let now = machine.clock.read(self.now_ms);
        match machine.open().record(&drafts, &now) {
            Ok(outcomes) => {
                for (outcome, (draft, _)) in outcomes.into_iter().zip(&drafts) {
                    let id = outcome.expect("the world's drafts are within bounds").id;
                    if std::env::var("MINQING_WORLD_FACT").is_ok_and(|t| t == id.to_string()) {
                        println!(
                            "{} saved at {at} {}",
                            self.now_ms,
                            machine.node.as_ref().expect("o").origin()
                        );
                    }
                    self.model.saved(id, unit, draft.subject.id.to_bytes());
                }
            }
            // Nobody was told that it was saved. It may be there all the same.
            Err(NodeError::Store(_)) => machine.node = None,
            Err(other) => panic!("recording failed: {other}"),
        }
    }

    fn draft(&mut self, unit: UnitCode) -> Draft {
        let person = PersonId::from_bytes([self.rng.random_range(1..5); 16]);
        let mut household = [self.rng.random_range(1..30); 16];
        household[..8].copy_from_slice(&unit.get().to_be_bytes());
        let household = EntityId::from_bytes(household);
        let today = Day::of_instant(i64::try_from(self.now_ms).expect("before 292 million years"));
        let (subject, facts) = match self.rng.random_range(0..10) {
            0..2 => (
                Subject::household(household),
                Facts::HouseholdRegistered(HouseholdRegistered {
                    group: 1,
                    size: Some(3),
                }),
            ),
            2..4 => {
                let request = EntityId::from_bytes(self.rng.random());
                self.open_requests.push((unit, request));
                let facts = RequestRaised {
                    household: Some(household),
                    channel: Channel::Visit,
                    kind: RequestKind::Help,
                    urgency: Urgency::Ordinary,
                    people: 1,
                };
                (Subject::request(request), Facts::RequestRaised(facts))
            }
            4 if self.open_requests.iter().any(|(of, _)| *of == unit) => {
                let here: Vec<_> = self.open_requests.iter().filter(|(of, _)| *of == unit).collect();
                let (_, request) = *here[self.rng.random_range(0..here.len())];
                let facts = RequestAccepted {
                    path: LegalPath::Ordinary,
                    rule: ClockRule::Township,
                    accepted_on: today,
                    due: Some(When::Day(today.plus(30))),
                };
                (Subject::request(request), Facts::RequestAccepted(facts))
            }
            _ => {
                let outcome = Outcome::ALL[self.rng.random_range(0..Outcome::ALL.len())];
                let facts = VisitRecorded {
                    mode: Mode::Home,
                    outcome,
                    minutes: None,
                    requests: Vec::new(),
                };
                (Subject::household(household), Facts::VisitRecorded(facts))
            }
        };
        let personal = self.rng.random_ratio(2, 3).then(|| PersonalContent {
            text: Some("走访记录：家中平安。".repeat(self.rng.random_range(1..4))),
            ..PersonalContent::default()
        });
        Draft {
            subject,
            facts,
            occurred: When::Day(today),
            unit,
            recorder: person,
            actors: vec![person],
            causes: Vec::new(),
            mode: EntryMode::Live,
            source: None,
            personal,
        }
    }

    /// The township acts on a request that it has heard of.
    fn township_works(&mut self) {
        if self.open_requests.is_empty() {
            return;
        }
        let (unit, request) = self.open_requests[self.rng.random_range(0..self.open_requests.len())];
        let person = PersonId::from_bytes([77; 16]);
        let facts = RequestAssigned {
            unit,
            handler: person,
            due: None,
        };
        let draft = Draft {
            subject: Subject::request(request),
            facts: Facts::RequestAssigned(facts),
            ..self.draft(unit)
        };
        let draft = Draft {
            unit,
            personal: None,
            ..draft
        };
        let audience = if self.rng.random_ratio(1, 5) {
            Audience::All
        } else {
            Audience::Unit(unit)
        };
        let now = self.hub.clock.read(self.now_ms);
        let entropy = self.rng.random();
        let now_ms = self.now_ms;
        match self.hub.open(now_ms).record(audience, &[(draft, entropy)], &now) {
            Ok(ids) => ids
                .into_iter()
                .for_each(|id| self.model.saved(id, unit, request.to_bytes())),
            Err(hub::Refusal::Store(_)) => self.hub.stop(),
            Err(other) => panic!("the township cannot record: {other}"),
        }
    }

    /// One question of one village, through the link.
    fn exchange(&mut self, at: usize) {
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

    fn carry(&mut self, key: &PublicKey, ask: Ask) -> Answer {
        let bad = self.faults.link && !self.healing;
        if bad && self.rng.random_ratio(1, 12) {
            self.late.push((*key, ask));
            return Answer::Failed;
        }
        if bad
            && self.rng.random_ratio(1, 8)
            && let Ask::Push { origin, first, body } = &ask
        {
            let cut = self.rng.random_range(0..body.len());
            let part = Ask::Push {
                origin: *origin,
                first: *first,
                body: body[..cut].to_vec(),
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

    fn deliver(&mut self, key: &PublicKey, ask: &Ask) -> Answer {
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

    fn deliver_late(&mut self) {
        if self.late.is_empty() {
            return;
        }
        let at = self.rng.random_range(0..self.late.len());
        let (key, ask) = self.late.swap_remove(at);
        let fresh = self.rng.random();
        // Whatever the hub says to a request that is long past, nobody hears it.
        if let Err(hub::Refusal::Store(_)) = self.hub.serve(&key, &ask, fresh, self.now_ms) {
            self.hub.stop();
        }
    }

    fn restart(&mut self, at: usize) {
        self.boots += 1;
        let clock = if self.rng.random_ratio(1, 4) {
            self.hub.stop();
            &mut self.hub.clock
        } else {
            self.villages[at].node = None;
            &mut self.villages[at].clock
        };
        (clock.boot, clock.booted_ms) = (self.boots, self.now_ms);
    }

    fn break_a_disk(&mut self, at: usize) {
        let fault = [Fault::BeforeWrite, Fault::BeforeSync, Fault::AfterSync][self.rng.random_range(0..3)];
        let disk = if self.rng.random_ratio(1, 3) {
            &self.hub.disk
        } else {
            &self.villages[at].disk
        };
        match self.rng.random_range(0..3) {
            0 => disk.crash(),
            _ => disk.fail_next_commit(fault),
        }
        // A crash takes the programs with it.
        self.hub.stop();
        self.villages[at].node = None;
    }

    fn break_a_clock(&mut self, at: usize) {
        let skews = [
            -YEAR_MS,
            10 * YEAR_MS,
            0,
            3_600_000,
            -3_600_000,
            -i64::try_from(self.now_ms).expect("fits"),
            40_000,
        ];
        let skew_ms = skews[self.rng.random_range(0..skews.len())];
        if self.rng.random_ratio(1, 6) {
            self.hub.clock.skew_ms = skew_ms;
        } else {
            let clock = &mut self.villages[at].clock;
            (clock.skew_ms, clock.ntp) = (skew_ms, skew_ms == 0);
        }
        if self.rng.random_ratio(1, 2) {
            self.restart(at);
        }
    }

    fn restore_or_clone(&mut self, at: usize) {
        if self.villages[at].is_gone {
            return;
        }
        match self.rng.random_range(0..4) {
            0 | 1 => {
                let copy = self.villages[at].disk.copy();
                self.village_backups.push((at, copy));
            }
            2 => {
                // The machine's disk dies; the backup takes its place. What only the dead disk held is gone.
                let Some(found) = self.village_backups.iter().position(|(of, _)| *of == at) else {
                    return;
                };
                let (_, backup) = self.village_backups.swap_remove(found);
                let lost = self.only_on(at, &backup);
                self.model.lost_with_a_disk(&lost);
                self.villages[at].node = None;
                self.villages[at].disk = backup;
                self.restart_village(at);
            }
            _ => {
                if self.villages.len() >= 8 {
                    return;
                }
                let disk = self.villages[at].disk.copy();
                self.boots += 1;
                let clock = Clock {
                    boot: self.boots,
                    booted_ms: self.now_ms,
                    ..self.villages[at].clock
                };
                let name = format!("clone of {}", self.villages[at].name);
                self.villages.push(VillageMachine {
                    name,
                    disk,
                    node: None,
                    clock,
                    is_gone: false,
                });
            }
        }
    }

    fn restart_village(&mut self, at: usize) {
        self.boots += 1;
        (self.villages[at].clock.boot, self.villages[at].clock.booted_ms) = (self.boots, self.now_ms);
    }

    /// Facts that stand on this village's disk alone: not in the backup, not at the hub, on no other machine.
    fn only_on(&mut self, at: usize, backup: &MemDisk) -> BTreeSet<EventId> {
        let mut ids = facts_on(&self.villages[at].disk.copy());
        let mut elsewhere = facts_on(backup);
        let now_ms = self.now_ms;
        elsewhere.extend(receipted(self.hub.open(now_ms)).into_keys());
        for (other, machine) in self.villages.iter().enumerate() {
            if other != at {
                elsewhere.extend(facts_on(&machine.disk.copy()));
            }
        }
        ids.retain(|id| !elsewhere.contains(id));
        ids
    }

    fn back_up_or_restore_the_hub(&mut self) {
        match self.hub_backup.take() {
            Some(backup) if self.rng.random_ratio(1, 2) => {
                // Hub events that no village had pulled are on the dead disk alone.
                let mut lost: BTreeSet<_> = facts_on(&self.hub.disk.copy());
                let mut elsewhere = facts_on(&backup);
                for machine in &self.villages {
                    elsewhere.extend(facts_on(&machine.disk.copy()));
                }
                lost.retain(|id| !elsewhere.contains(id));
                self.model.lost_with_a_disk(&lost);
                self.hub.stop();
                self.hub.disk = backup;
                self.boots += 1;
                (self.hub.clock.boot, self.hub.clock.booted_ms) = (self.boots, self.now_ms);
                // The auditor's mirror is one of the old journal; a new auditor begins with the new one.
                self.auditor = fresh_auditor(&self.auditor);
            }
            kept => {
                if kept.is_none() || self.rng.random_ratio(1, 2) {
                    self.hub_backup = Some(self.hub.disk.copy());
                } else {
                    self.hub_backup = kept;
                }
            }
        }
    }

    /// The faults end; everyone syncs until nobody has anything to say.
    pub(crate) fn heal(&mut self) {
        self.healing = true;
        let mut quiet = 0;
        for round in 0..40_000 {
            let at = round % self.villages.len();
            let before = self.state(at);
            self.exchange(at);
            self.now_ms += 500;
            quiet = if self.state(at) == before { quiet + 1 } else { 0 };
            if quiet > 12 * self.villages.len() && self.villages.iter_mut().all(|machine| machine.open().pending() == 0)
            {
                return;
            }
        }
        for machine in &mut self.villages {
            let name = machine.name.clone();
            let node = machine.open();
            println!(
                "{name}: pending {}, {:?}, {:?}",
                node.pending(),
                node.link(),
                node.mirror().cursor()
            );
        }
        panic!("seed {}: the villages never come to rest", self.seed);
    }

    fn state(&mut self, at: usize) -> (u64, sync::message::Cursor, usize, u64) {
        let now_ms = self.now_ms;
        let journal = {
            let hub = self.hub.open(now_ms);
            let id = hub.registry().journal;
            hub.store().head(id.into()).size
        };
        let node = self.villages[at].open();
        (node.pending(), node.mirror().cursor(), node.origins().len(), journal)
    }

    pub(crate) fn check(&mut self) {
        let now_ms = self.now_ms;
        if let Ok(id) = std::env::var("MINQING_WORLD_FACT") {
            for machine in &self.villages {
                let store = MemStore::open(&machine.disk.copy()).expect("opens");
                for log in store.logs() {
                    let size = store.head(log).size;
                    store
                        .scan(log, Sequence::FIRST, &mut |at, bytes, _| {
                            if let Ok(event) = Event::decode(bytes)
                                && event.header.id.to_string() == id
                            {
                                println!(
                                    "{} holds it in {log} at {at} of {size}, origin {} {:?}",
                                    machine.name, event.header.origin, event.header.carried_from
                                );
                            }
                            std::ops::ControlFlow::Continue(())
                        })
                        .expect("reads");
                }
            }
            let hub = self.hub.open(now_ms);
            for (origin, party) in hub.registry().parties() {
                println!(
                    "{origin} hub size {} closed {:?} pred {:?} succ {:?} {:?}",
                    hub.store().head(origin.into()).size,
                    party.closed_at,
                    party.predecessor,
                    party.successors,
                    party.audience
                );
            }
        }
        self.model.check(self.hub.open(now_ms));
        self.auditor.pull(&mut self.hub, now_ms);
        let hub = self.hub.hub.as_ref().expect("open");
        let by_hub = rebuild(&*hub.store().reader(), &hub_track(hub), u64::MAX);
        let step = self.rng.random_range(1..300);
        let by_auditor = rebuild(
            &self.auditor.store,
            &follower::Track::of_mirror(&self.auditor.mirror),
            step,
        );
        assert_eq!(
            by_auditor.ledger().cut(),
            by_hub.ledger().cut(),
            "seed {}: auditor and hub are not at one cut",
            self.seed
        );
        for machine in &mut self.villages {
            let name = machine.name.clone();
            let node = machine.open();
            assert_eq!(
                node.pending(),
                0,
                "seed {}: {name} still has something to send",
                self.seed
            );
            println!("{name}: {:?} {:?}", node.mirror().cursor(), node.track());
            let step = self.rng.random_range(1..300);
            let by_village = rebuild(node.store(), &node.track(), step);
            let unit = node.unit();
            assert_eq!(
                by_village.ledger().cut(),
                by_hub.ledger().cut(),
                "seed {}: {name} is not at the hub's cut",
                self.seed
            );
            for view in View::ALL {
                let numbers = [&by_hub, &by_auditor, &by_village].map(|party| party.ledger().live_digest(view, unit));
                assert!(
                    numbers[0] == numbers[1] && numbers[1] == numbers[2],
                    "seed {}: {name} has another number in {view:?}: {numbers:?}",
                    self.seed
                );
            }
        }
    }
}

fn fresh_auditor(old: &Auditor) -> Auditor {
    let store = MemStore::open(&MemDisk::new()).expect("opens");
    let mirror = Mirror::open(&store, old.mirror.hub_key()).expect("an empty mirror");
    Auditor {
        key: old.key,
        store,
        mirror,
    }
}

/// Identities of every event on a disk, whoever wrote it.
fn facts_on(disk: &MemDisk) -> BTreeSet<EventId> {
    let store = MemStore::open(disk).expect("a copy of a disk opens");
    let mut ids = BTreeSet::new();
    for log in store.logs() {
        store
            .scan(log, Sequence::FIRST, &mut |_, bytes, _| {
                if let Ok(event) = Event::decode(bytes) {
                    ids.insert(event.header.id);
                }
                std::ops::ControlFlow::Continue(())
            })
            .expect("a sound disk");
    }
    ids
}
