//! The end: the faults stop, everyone syncs, and everything is counted.

use crate::party::{hub_track, rebuild};
use crate::world::World;
use event::{Event, Sequence};
use event_log::{LogRead, MemStore, Store};
use ledger::View;
use rand::RngExt;

impl World {
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

    pub(crate) fn state(&mut self, at: usize) -> (u64, sync::message::Cursor, usize, u64) {
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
                if numbers[0] != numbers[2] {
                    let rows = [&by_hub, &by_village].map(|party| party.ledger().rows(view, unit));
                    for (here, there) in [(0, 1), (1, 0)] {
                        for row in rows[here].iter().filter(|row| !rows[there].contains(row)) {
                            println!("only {}: {row:02x?}", ["hub", "village"][here]);
                        }
                    }
                }
                assert!(
                    numbers[0] == numbers[1] && numbers[1] == numbers[2],
                    "seed {}: {name} has another number in {view:?}: {numbers:?}",
                    self.seed
                );
            }
        }
    }
}
