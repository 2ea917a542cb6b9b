//! What the township's questions of time cost over many events: rows as they stand, copies of the ledger as it was, the
//! explanation of a difference. Prints; asserts nothing.
//!
//! `cargo run --release -p diff --example compare -- <events>`
//!
//! 34 villages, a household for every 33 events, the rest visits over a year; every tenth village was offline for the last
//! three weeks and came with all of it at once.
#![allow(clippy::print_stdout, reason = "an example that measures and prints")]

use std::collections::HashMap;
use std::convert::Infallible;
use std::error::Error;
use std::time::Instant;

use diff::{Between, DiffView, Entries, History, Moments, diff, end_of_day_ms};
use event::{
    BootId, ClockQuality, Day, Draft, EntityId, Entry, EntryMode, EventId, Facts, HouseholdRegistered, Mode, Origin,
    Outcome, PersonId, Position, Sequence, Stamp, Subject, UnitCode, VisitRecorded, When,
};
use ledger::{Author, Ledger, Period, Query, Receipt};

const VILLAGES: u64 = 34;
const DAYS: u64 = 360;
const DAY_MS: u64 = 86_400_000;
/// 2026-01-01T00:00Z.
const START_MS: u64 = 1_767_225_600_000;

#[derive(Default)]
struct Held(HashMap<(Origin, Sequence), Vec<u8>>);

impl Entries for Held {
    type Error = Infallible;

    fn bytes(&self, origin: Origin, sequence: Sequence) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.0.get(&(origin, sequence)).cloned())
    }
}

fn id(sort: u8, n: u64) -> [u8; 16] {
    let mut bytes = [sort; 16];
    bytes[8..].copy_from_slice(&(n + 1).to_be_bytes());
    bytes
}

#[allow(clippy::disallowed_methods, reason = "it measures")]
fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    println!("{what}: {} ms", start.elapsed().as_millis());
    done
}

fn memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kib.unwrap_or(0) >> 10
}

/// The ledger of so many events, and their bytes.
fn made(events: u64) -> Result<(Ledger, Held), Box<dyn Error>> {
    let (mut ledger, mut held) = (Ledger::new(), Held::default());
    let households = (events / 33).max(VILLAGES);
    let mut sequences = vec![0_u64; usize::try_from(VILLAGES)?];
    for n in 0..events {
        let (day, village) = (n * DAYS / events, n % VILLAGES);
        let ms = START_MS + day * DAY_MS + n % DAY_MS;
        let each = households / VILLAGES;
        let (first, household) = (n < each * VILLAGES, village + VILLAGES * (n / VILLAGES % each));
        let unit: UnitCode = format!("9900001032{:02}", household % VILLAGES + 1).parse()?;
        let facts = if first {
            Facts::HouseholdRegistered(HouseholdRegistered {
                group: 1,
                size: Some(3),
            })
        } else {
            Facts::VisitRecorded(VisitRecorded {
                mode: Mode::Home,
                outcome: if n % 5 == 0 { Outcome::NotHome } else { Outcome::Met },
                minutes: None,
                requests: Vec::new(),
            })
        };
        let person = PersonId::from_bytes(id(0x33, n % 200));
        let draft = Draft {
            subject: Subject::household(EntityId::from_bytes(id(0x22, household))),
            facts,
            occurred: When::Day(Day::of_instant(i64::try_from(ms)?)),
            unit,
            recorder: person,
            actors: vec![person],
            causes: Vec::new(),
            mode: EntryMode::Live,
            source: None,
            personal: None,
        };
        let at = usize::try_from(village)?;
        sequences[at] += 1;
        let (origin, sequence) = (Origin::from_bytes(id(0x44, village)), Sequence::new(sequences[at])?);
        let stamp = Stamp {
            origin,
            sequence,
            id: EventId::from_parts(ms, u128::from(n)).ok_or("an instant out of range")?,
            clock: ClockQuality::Ntp,
            wall_ms: ms,
            mono_ms: 0,
            boot: BootId([7; 8]),
            seen: None,
        };
        let entry = Entry::write(&draft, &stamp, [9; 16])?;
        let is_late = village % 10 == 0 && day + 21 > DAYS;
        let receipt = Receipt {
            position: Position(if is_late { events } else { n / 20 }),
            received_at_ms: if is_late { START_MS + DAYS * DAY_MS } else { ms },
        };
        ledger.apply(&entry.bytes, origin, sequence, Author::Village, receipt);
        held.0.insert((origin, sequence), entry.bytes);
    }
    ledger.settle();
    Ok((ledger, held))
}

fn main() -> Result<(), Box<dyn Error>> {
    let events: u64 = std::env::args().nth(1).ok_or("a number of events is wanted")?.parse()?;
    let before_mib = memory_mib();
    let (ledger, held) = made(events)?;
    println!("{events} events, {} MiB with their bytes", memory_mib() - before_mib);
    let today = Day::of_instant(i64::try_from(START_MS + DAYS * DAY_MS)?);
    let period = Period::month(2026, 12)?;
    let unit: UnitCode = "990000103201".parse()?;
    let now = Query::as_of(today);
    let until = Query {
        occurred_until: Some(today.plus(-10)),
        ..now
    };
    timed("coverage of all villages, as it stands", || {
        ledger.coverages(period, now)
    });
    timed("households of one village, as they stand", || {
        ledger.households(unit, now).len()
    });
    timed("households of all villages, as they stand", || {
        ledger.all_households(now).len()
    });
    timed("households behind one village's coverage", || {
        ledger.covered(unit, period, now).len()
    });
    timed("coverage of all villages, as of a day", || {
        ledger.coverages(period, until)
    });
    let from = today.plus(-7);
    let with_ledger_mib = memory_mib();
    let after = timed("a copy of the ledger", || ledger.clone());
    let before = timed("the ledger as it was a week ago", || {
        after.known_by(end_of_day_ms(from))
    });
    println!("both copies: {} MiB", memory_mib() - with_ledger_mib);
    let history = timed("what can explain a difference", || {
        History::touched_since(&after, end_of_day_ms(from))
    });
    let moments = Moments {
        before: &before,
        after: &after,
        between: Between::Received {
            from,
            to: today,
            query: until,
        },
    };
    let units: Vec<UnitCode> = after.units().collect();
    let rows = timed("what changed in a week and why", || {
        diff(DiffView::Coverage(period), &units, moments, &history, &held)
    })?;
    let explained = rows.iter().filter(|row| row.explained).count();
    let entries: usize = rows.iter().map(|row| row.events.len()).sum();
    println!(
        "{} villages changed, {explained} explained, by {entries} entries",
        rows.len()
    );
    Ok(())
}
