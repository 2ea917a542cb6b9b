//! What befalls the world: links, disks, clocks, restores, clones.

use std::collections::BTreeSet;

use crate::model::receipted;
use crate::party::{Auditor, Clock, VillageMachine};
use crate::world::{World, YEAR_MS};
use event::{Event, EventId, Sequence};
use event_log::{Fault, LogRead, MemDisk, MemStore};
use follower::Mirror;
use rand::RngExt;

impl World {
    pub(crate) fn deliver_late(&mut self) {
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

    pub(crate) fn restart(&mut self, at: usize) {
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

    pub(crate) fn break_a_disk(&mut self, at: usize) {
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

    pub(crate) fn break_a_clock(&mut self, at: usize) {
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

    pub(crate) fn restore_or_clone(&mut self, at: usize) {
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

    pub(crate) fn restart_village(&mut self, at: usize) {
        self.boots += 1;
        (self.villages[at].clock.boot, self.villages[at].clock.booted_ms) = (self.boots, self.now_ms);
    }

    /// Facts that stand on this village's disk alone: not in the backup, not at the hub, on no other machine.
    pub(crate) fn only_on(&mut self, at: usize, backup: &MemDisk) -> BTreeSet<EventId> {
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

    pub(crate) fn back_up_or_restore_the_hub(&mut self) {
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
