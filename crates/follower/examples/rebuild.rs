//! How fast ledgers are rebuilt, saved and restored, and what memory they take. Prints; asserts nothing.
//!
//! `cargo run --release -p follower --example rebuild -- <folder> <events> [villages]`
//!
//! The log is made in the folder once and used again. With `villages` it is an invented township's;
//! without, the bench's own generator writes it (one village, 200 households).
#![allow(clippy::print_stdout, reason = "an example that measures and prints")]

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;

use event::{BootId, ClockQuality, Draft, Entry, Event, EventId, Facts, JournalId, Origin, Sequence, Stamp, UnitCode};
use event_log::{Commit, LogEntry, LogId, LogRead, SledConfig, SledStore, Store};
use follower::{Follower, Track};
use ledger::{Ledger, View};
use proof::{Checkpoint, OriginKey, origin_log_name};
use sample::{Item, ItemId, Party, Place, Plan, bench_entries};
use sync::HashBytes;
use sync::record::{Audience, HubOriginName, JournalRecord, Role};

type Outcome<T> = Result<T, Box<dyn Error>>;

const JOURNAL: JournalId = JournalId::from_bytes([7; 16]);
/// Most entries of one push, as in `protocol/`.
const PUSH: usize = 2_000;

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().ok_or("a folder is wanted")?;
    let events: usize = args.next().ok_or("a number of events is wanted")?.parse()?;
    let villages: Option<u16> = args.next().map(|text| text.parse()).transpose()?;
    let dir = Path::new(&dir).join(format!("{events}-{}", villages.unwrap_or(0)));
    if !dir.join("done").exists() {
        make(&dir, events, villages)?;
        std::fs::write(dir.join("done"), [])?;
    }
    let config = SledConfig::new(&dir);
    let before = memory_kib();
    let (store, open_s) = timed(|| SledStore::open(config));
    let store = store?;
    println!("open {open_s:.3} s, {} MiB", (memory_kib() - before) >> 10);
    let logs: Vec<LogId> = store.logs().into_iter().filter(|log| *log != JOURNAL.into()).collect();
    for _ in 0..2 {
        let (count, scan_s) = timed(|| scan(&store, &logs, false));
        println!("scan {scan_s:.3} s, {} events/s", rate(count?, scan_s));
    }
    let (count, decode_s) = timed(|| scan(&store, &logs, true));
    let count = count?;
    println!("scan and decode {decode_s:.3} s, {} events/s", rate(count, decode_s));
    let track = Track::of_hub(&[(JOURNAL, None)]);
    for budget in [4_096, u64::MAX] {
        rebuild(&store, &track, budget, decode_s)?;
    }
    Ok(())
}

fn rebuild(store: &SledStore, track: &Track, budget: u64, decode_s: f64) -> Outcome<()> {
    let before = memory_kib();
    let mut follower = Follower::new();
    let (done, fold_s) = timed(|| {
        let mut entries = 0;
        loop {
            let progress = follower.follow(store, track, budget)?;
            entries += progress.entries;
            if progress.at_end {
                return Ok::<_, follower::FollowError>(entries);
            }
        }
    });
    let entries = done?;
    let held = memory_kib().saturating_sub(before);
    println!(
        "rebuild, settled every {budget}: {fold_s:.3} s, {} events/s, {:.2} of scan and decode; {} MiB, {} B an event",
        rate(entries, fold_s),
        decode_s / fold_s,
        held >> 10,
        (held << 10) / entries.max(1)
    );
    println!("digest {:x}", digest(follower.ledger()));
    Ok(())
}

/// Seconds that this thread was on a processor: what else the machine does shows less in them.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = on_processor_s();
    let done = work();
    (done, on_processor_s() - start)
}

fn on_processor_s() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ns = text.split(' ').next().and_then(|text| text.parse::<f64>().ok());
    ns.unwrap_or(0.0) / 1e9
}

fn rate(count: u64, seconds: f64) -> u64 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "printed"
    )]
    let rate = (count as f64 / seconds) as u64;
    rate
}

/// Resident memory of this process, in KiB.
fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

/// All live digests in one number.
fn digest(ledger: &Ledger) -> u64 {
    let mut sum = 0_u64;
    for unit in ledger.units() {
        for view in View::ALL {
            let bytes = ledger.live_digest(view, unit).to_bytes();
            sum = bytes.chunks_exact(8).fold(sum, |sum, chunk| {
                chunk
                    .iter()
                    .fold(sum.rotate_left(9), |sum, byte| sum.wrapping_mul(257) ^ u64::from(*byte))
            });
        }
    }
    sum
}

fn scan(store: &SledStore, logs: &[LogId], decodes: bool) -> Outcome<u64> {
    let mut count = 0;
    for log in logs {
        store.scan(*log, Sequence::FIRST, &mut |_, bytes, _| {
            if decodes
                && let Ok(event) = Event::decode(bytes)
                && let Ok(facts) = Facts::decode(event.header.kind, event.header.schema, event.facts)
            {
                std::hint::black_box(facts);
            }
            count += 1;
            ControlFlow::Continue(())
        })?;
    }
    Ok(count)
}

/// One log while it is made.
struct Desk {
    key: OriginKey,
    origin: Origin,
    unit: UnitCode,
    last: EventId,
    tree: proof::Frontier,
    waiting: Vec<LogEntry>,
}

struct Maker {
    store: SledStore,
    records: u64,
    now_ms: u64,
}

fn make(dir: &Path, events: usize, villages: Option<u16>) -> Outcome<()> {
    let _ = std::fs::remove_dir_all(dir);
    std::fs::create_dir_all(dir)?;
    let store = SledStore::create(SledConfig::new(dir))?;
    let mut maker = Maker {
        store,
        records: 0,
        now_ms: 1_756_000_000_000,
    };
    match villages {
        None => {
            let unit = UnitCode::new(990_000_103_201)?;
            let mut desk = maker.desk(0, unit, false)?;
            for draft in bench_entries(1, events) {
                let ms = u64::try_from(draft.occurred.start_ms())?;
                maker.record(&mut desk, &draft, ms)?;
            }
            maker.push(&mut desk)?;
        }
        Some(villages) => maker.township(events, villages)?,
    }
    Box::new(maker.store).close()?;
    Ok(())
}

impl Maker {
    /// A year after a year of as many villages, until there are enough events.
    fn township(&mut self, events: usize, villages: u16) -> Outcome<()> {
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

    fn item(&mut self, item: &Item, desks: &mut [Desk; 2], places: &mut BTreeMap<ItemId, Place>) -> Outcome<()> {
        let draft = item.draft(&|id| places.get(&id).copied())?;
        let desk = &mut desks[usize::from(item.party == Party::Hub)];
        places.insert(item.id, self.record(desk, &draft, item.true_ms())?);
        Ok(())
    }

    fn desk(&mut self, number: u64, unit: UnitCode, is_hub: bool) -> Outcome<Desk> {
        let mut seed = [5; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        let key = OriginKey::from_seed(seed);
        let (origin, public) = (key.origin(), HashBytes::new(key.public().0));
        let at_ms = self.now_ms;
        let name = HubOriginName {
            journal: JOURNAL,
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

    fn record(&mut self, desk: &mut Desk, draft: &Draft, ms: u64) -> Outcome<Place> {
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

    fn push(&mut self, desk: &mut Desk) -> Outcome<()> {
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

    fn journal(&mut self, commit: &mut Commit, record: &JournalRecord) -> Outcome<()> {
        let entry = LogEntry::bare(record.encode()?);
        commit.append(JOURNAL, Sequence::after_size(self.records), vec![entry]);
        self.records += 1;
        Ok(())
    }
}
