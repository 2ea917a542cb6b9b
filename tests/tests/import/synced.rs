//! The same import through the real protocol: two installations of one village record their halves, sync with the
//! township over a link that loses, doubles and delays, pull each other's entries, and an auditor mirrors it all.

use std::collections::VecDeque;

use event::{Draft, JournalId, Position};
use event_log::{LogRead as _, MemDisk, MemStore, Store as _};
use follower::{Follower, Mirror, Track};
use hub::{Hub, Keys};
use ledger::{Ledger, View};
use proof::{OriginKey, PublicKey};
use serde_json::Value;
use sync::record::Role;
use village::{Answer, Ask, Node, Step};

use crate::figures::{Source, complaints};
use crate::journal::Dice;
use crate::office;
use crate::party::{Auditor, Clock, HUB_SEED, HubMachine, hub_track, rebuild, slug};

const START_MS: u64 = 1_793_491_200_000;

/// One installation, what it has still to record, and a ledger that follows while everything happens.
struct Half {
    node: Node<MemStore>,
    drafts: VecDeque<Draft>,
    live: Follower,
}

struct Township {
    hub: HubMachine,
    halves: Vec<Half>,
    auditor: Auditor,
    live: Follower,
    dice: Dice,
    now_ms: u64,
    /// Requests that may come again.
    late: Vec<(PublicKey, Ask)>,
}

const CLOCK: Clock = Clock {
    boot: 1,
    booted_ms: START_MS - 1_000,
    skew_ms: 0,
    ntp: true,
};

impl Township {
    fn found(halves: [Vec<Draft>; 2], seed: u64) -> Self {
        let now = CLOCK.read(START_MS);
        let disk = MemDisk::new();
        let store = MemStore::open(&disk).unwrap();
        let journal = JournalId::from_bytes([7; 16]);
        let unit = office().unit;
        let mut hub = Hub::init(
            store,
            Keys::from_seed(HUB_SEED),
            unit.township(),
            "禾渡镇",
            journal,
            &now,
        )
        .unwrap();
        let mut enrol = |seed: u8, role| {
            let key = OriginKey::from_seed([seed; 32]).public();
            hub.offer(&[seed; 16], unit, role, "一号机", &now).unwrap();
            (hub.enrol(&key, &[seed; 16], &now).unwrap(), key)
        };
        let halves = halves.into_iter().zip(1..).map(|(drafts, seed)| {
            let (enrolled, _) = enrol(seed, Role::Village);
            let node = Node::init(MemStore::open(&MemDisk::new()).unwrap(), [seed; 32], &enrolled).unwrap();
            Half {
                node,
                drafts: drafts.into(),
                live: Follower::new(),
            }
        });
        let halves = halves.collect();
        let (enrolled, key) = enrol(200, Role::Auditor);
        let store = MemStore::open(&MemDisk::new()).unwrap();
        let mirror = Mirror::open(&store, PublicKey(*enrolled.hub_key)).unwrap();
        Self {
            hub: HubMachine {
                disk,
                hub: Some(hub),
                clock: CLOCK,
            },
            halves,
            auditor: Auditor { key, store, mirror },
            live: Follower::new(),
            dice: Dice(seed),
            now_ms: START_MS,
            late: Vec::new(),
        }
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.dice.below(n) == 0
    }

    fn entropy(&mut self) -> [u8; 26] {
        std::array::from_fn(|_| u8::try_from(self.dice.below(256)).unwrap())
    }

    /// Records the next piece of a half.
    fn record(&mut self, at: usize) {
        let size = usize::try_from(1 + self.dice.below(400)).unwrap();
        let size = size.min(self.halves[at].drafts.len());
        let drafts: Vec<_> = self.halves[at].drafts.drain(..size).collect();
        let drafts: Vec<_> = drafts.into_iter().map(|draft| (draft, self.entropy())).collect();
        let outcomes = self.halves[at].node.record(&drafts, &CLOCK.read(self.now_ms)).unwrap();
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    }

    /// One question of a half to the hub; `bad` says whether the link is. Returns whether it had one.
    fn exchange(&mut self, at: usize, bad: bool) -> bool {
        let now = CLOCK.read(self.now_ms);
        let ask = match self.halves[at].node.next(&now, [0; 32]).unwrap() {
            Step::Send(ask) => ask,
            Step::Wait { until_ms } => {
                self.now_ms += until_ms.saturating_sub(now.mono_ms);
                return false;
            }
        };
        let key = self.halves[at].node.key().unwrap().public();
        if bad && self.one_in(4) {
            self.late.push((key, ask.clone()));
        }
        let lost_before = bad && self.one_in(8);
        let answer = if lost_before {
            Answer::Failed
        } else {
            let doubled = bad && self.one_in(8);
            let mut answer = self.hub.serve(&key, &ask, [0; 16], self.now_ms);
            if doubled {
                answer = self.hub.serve(&key, &ask, [0; 16], self.now_ms);
            }
            match answer {
                _ if bad && self.one_in(8) => Answer::Failed,
                Ok(body) => Answer::Body(body),
                Err(refusal) => Answer::Refused {
                    slug: slug(&refusal).to_owned(),
                    retry_after_ms: None,
                },
            }
        };
        self.now_ms += 200;
        let jitter = self.dice.below(1_000_000);
        let now = CLOCK.read(self.now_ms);
        self.halves[at].node.answer(answer, &now, jitter).unwrap();
        true
    }

    /// A request from long ago arrives once more.
    fn again(&mut self) {
        if self.late.is_empty() {
            return;
        }
        let at = usize::try_from(self.dice.below(self.late.len() as u64)).unwrap();
        let (key, ask) = self.late.swap_remove(at);
        // Nobody hears the answer.
        drop(self.hub.serve(&key, &ask, [0; 16], self.now_ms));
    }

    /// The ledgers fold in some of what has arrived.
    fn follow(&mut self, budget: u64) {
        for half in &mut self.halves {
            half.live.follow(half.node.store(), &half.node.track(), budget).unwrap();
        }
        let hub = self.hub.hub.as_ref().unwrap();
        self.live
            .follow(&*hub.store().reader(), &hub_track(hub), budget)
            .unwrap();
    }

    fn run(&mut self) {
        while self.halves.iter().any(|half| !half.drafts.is_empty()) {
            let at = usize::try_from(self.dice.below(2)).unwrap();
            match self.dice.below(8) {
                0 => self.record(at),
                1 => self.again(),
                2 => {
                    let budget = 1 + self.dice.below(2_000);
                    self.follow(budget);
                }
                _ => {
                    self.exchange(at, true);
                }
            }
        }
        for round in 0.. {
            assert!(round < 20_000, "the halves never come to rest");
            let size = journal_size(self.hub.hub.as_ref().unwrap());
            let level = |half: &Half| half.node.pending() == 0 && half.node.mirror().cursor().position == size;
            if self.halves.iter().all(level) {
                break;
            }
            self.exchange(0, false);
            self.exchange(1, false);
        }
        self.follow(u64::MAX);
        self.auditor.pull(&mut self.hub, self.now_ms);
    }
}

fn journal_size(hub: &Hub<MemStore>) -> Position {
    let journal = hub.registry().journal;
    Position(hub.store().head(journal.into()).size)
}

/// Everyone has the office's own figures and one digest: live, and rebuilt from the log alone.
pub(crate) fn check(source: &Source, wanted: &Value, halves: [Vec<Draft>; 2], seed: u64) {
    let unit = office().unit;
    let mut township = Township::found(halves, seed);
    township.run();
    let hub = township.hub.hub.as_ref().unwrap();
    let hub_rebuilt = rebuild(&*hub.store().reader(), &hub_track(hub), 700);
    let auditor = rebuild(
        &township.auditor.store,
        &Track::of_mirror(&township.auditor.mirror),
        u64::MAX,
    );
    let rebuilt: Vec<_> = township
        .halves
        .iter()
        .map(|half| rebuild(half.node.store(), &half.node.track(), 900))
        .collect();
    let mut parties: Vec<(&str, &Ledger)> = vec![
        ("hub", township.live.ledger()),
        ("hub, rebuilt", hub_rebuilt.ledger()),
        ("auditor", auditor.ledger()),
    ];
    parties.extend(township.halves.iter().map(|half| ("node", half.live.ledger())));
    parties.extend(rebuilt.iter().map(|follower| ("node, rebuilt", follower.ledger())));
    let digests = |ledger: &Ledger| View::ALL.map(|view| (ledger.root(view, unit), ledger.live_digest(view, unit)));
    for (name, ledger) in &parties {
        let complaints = complaints(&source.figures(ledger, wanted), wanted);
        assert!(complaints.is_empty(), "{name}:\n{}", complaints.join("\n"));
        assert_eq!(ledger.cut(), parties[0].1.cut(), "{name} is not at the hub's cut");
        assert_eq!(digests(ledger), digests(parties[0].1), "{name}");
        assert_eq!(ledger.exceptions(unit), [], "{name}: an imported entry did not count");
    }
}
