//! A hub's store, made of invented records: logs, and a journal whose receipts cover them.
#![allow(dead_code, reason = "tests and the example use a part of it each")]

use std::collections::BTreeMap;
use std::error::Error;

use event::{BootId, ClockQuality, Draft, Entry, EventId, JournalId, Origin, Sequence, Stamp, UnitCode};
use event_log::{Commit, LogEntry, Store};
use proof::{Checkpoint, OriginKey, origin_log_name};
use sample::{Item, ItemId, Party, Place, Plan};
use sync::HashBytes;
use sync::record::{Audience, HubOriginName, JournalRecord, Role};

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// Most entries of one push, as in `protocol/`.
pub(crate) const PUSH: usize = 2_000;

/// One log while it is made.
pub(crate) struct Desk {
    key: OriginKey,
    origin: Origin,
    unit: UnitCode,
    last: EventId,
    tree: proof::Frontier,
    waiting: Vec<LogEntry>,
}

/// A hub's store while it is made.
pub(crate) struct Maker<S> {
    pub(crate) store: S,
    journal: JournalId,
    records: u64,
    now_ms: u64,
}

impl<S: Store> Maker<S> {
    pub(crate) fn new(store: S, journal: JournalId) -> Self {
        Self {
            store,
            journal,
            records: 0,
            now_ms: 1_756_000_000_000,
        }
    }

    /// A year after a year of as many villages, until there are enough events.
    pub(crate) fn township(&mut self, events: usize, villages: u16) -> Outcome<()> {
        let mut plan = Plan {
            villages,
            days: 3_650,
            ..Plan::default()
        };
        let per_day = Plan {
            days: 365,
            ..plan.clone()
        }
        .village_items(0)
        .len()
            * usize::from(villages)
            / 365;
        plan.days = u16::try_from(events / per_day.max(1) + 1)?.min(3_650);
        let mut left = events;
        for index in 0..villages {
            let unit = plan.township().villages[usize::from(index)].unit;
            let mut desks = [
                self.desk(u64::from(index), unit, false)?,
                self.desk(u64::from(index) + 10_000, unit, true)?,
            ];
            let mut places: BTreeMap<ItemId, Place> = BTreeMap::new();
            for item in plan.village_items(index).iter().take(left) {
                self.item(item, &mut desks, &mut places)?;
            }
            left = left.saturating_sub(places.len());
            for desk in &mut desks {
                self.push(desk)?;
            }
        }
        Ok(())
    }

    pub(crate) fn item(
        &mut self,
        item: &Item,
        desks: &mut [Desk; 2],
        places: &mut BTreeMap<ItemId, Place>,
    ) -> Outcome<()> {
        let draft = item.draft(&|id| places.get(&id).copied())?;
        let desk = &mut desks[usize::from(item.party == Party::Hub)];
        places.insert(item.id, self.record(desk, &draft, item.true_ms())?);
        Ok(())
    }

    pub(crate) fn desk(&mut self, number: u64, unit: UnitCode, is_hub: bool) -> Outcome<Desk> {
        let mut seed = [5; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        let key = OriginKey::from_seed(seed);
        let (origin, public) = (key.origin(), HashBytes::new(key.public().0));
        let at_ms = self.now_ms;
        let name = HubOriginName {
            journal: self.journal,
            audience: Audience::Unit(unit),
            generation: 1,
        };
        let record = if is_hub {
            JournalRecord::HubOrigin {
                origin,
                key: public,
                name,
                at_ms,
            }
        } else {
            let name = "made".to_owned();
            JournalRecord::Enrolled {
                origin,
                key: public,
                unit,
                role: Role::Village,
                name,
                at_ms,
            }
        };
        let mut commit = Commit::new();
        self.journal(&mut commit, &record)?;
        self.store.commit(commit)?;
        let tree = proof::Frontier::new();
        Ok(Desk {
            key,
            origin,
            unit,
            last: EventId::default(),
            tree,
            waiting: Vec::new(),
        })
    }

    pub(crate) fn record(&mut self, desk: &mut Desk, draft: &Draft, ms: u64) -> Outcome<Place> {
        let at_clock = EventId::from_parts(ms, u128::from(self.records) << 40).ok_or("a time beyond all time")?;
        desk.last = at_clock.max(desk.last.plus(1).ok_or("no identity is left")?);
        let sequence = Sequence::after_size(desk.tree.size() + desk.waiting.len() as u64);
        let stamp = Stamp {
            origin: desk.origin,
            sequence,
            id: desk.last,
            clock: ClockQuality::Ntp,
            wall_ms: ms,
            mono_ms: ms % 86_400_000,
            boot: BootId([3; 8]),
            seen: None,
        };
        let entry = Entry::write(draft, &stamp, [9; 16])?;
        desk.waiting.push(LogEntry {
            bytes: entry.bytes,
            personal: entry.personal,
        });
        self.now_ms = self.now_ms.max(ms + 1);
        if desk.waiting.len() == PUSH {
            self.push(desk)?;
        }
        Ok(Place {
            id: desk.last,
            origin: desk.origin,
            sequence,
        })
    }

    pub(crate) fn push(&mut self, desk: &mut Desk) -> Outcome<()> {
        if desk.waiting.is_empty() {
            return Ok(());
        }
        let first = Sequence::after_size(desk.tree.size());
        desk.waiting
            .iter()
            .for_each(|entry| desk.tree.push(proof::leaf_hash(&entry.bytes)));
        let (size, root) = (desk.tree.size(), desk.tree.root());
        self.now_ms += 1;
        let note = Checkpoint {
            name: origin_log_name(desk.origin),
            size,
            root,
        }
        .sign(&desk.key);
        let receipt = JournalRecord::Receipt {
            origin: desk.origin,
            unit: Some(desk.unit),
            first,
            size,
            note,
            received_at_ms: self.now_ms,
        };
        let mut commit = Commit::new();
        commit.append(desk.origin, first, std::mem::take(&mut desk.waiting));
        self.journal(&mut commit, &receipt)?;
        self.store.commit(commit)?;
        Ok(())
    }

    pub(crate) fn journal(&mut self, commit: &mut Commit, record: &JournalRecord) -> Outcome<()> {
        let entry = LogEntry::bare(record.encode()?);
        commit.append(self.journal, Sequence::after_size(self.records), vec![entry]);
        self.records += 1;
        Ok(())
    }
}
