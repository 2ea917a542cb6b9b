//! What is known of every village, for whoever helps them: from the journal, from the ledgers, and from what machines
//! said of themselves.

mod figures;
mod need;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use event::{Day, Origin, UnitCode};
use ledger::CoverageRow;
use screen::chart::{SPARK_DAYS, Spark};
use screen::township::{Clock, MachineLine, NeedGroup, PendingThere, TownStrip, Trouble, VillageLine};
use sync::record::Role;

pub(crate) use figures::{Figures, Townwide};

use crate::heard::{CLOCK_OFF_MS, Heard};
use crate::office::Office;
use crate::{Desk, Party, Registry};

/// How long the number that a machine said waits on it is taken for the number, in milliseconds: a day.
const PENDING_FRESH_MS: u64 = 86_400_000;

/// Everything that is known of the villages at one moment.
pub(crate) struct Town {
    /// The villages: by group; in the first two by how long they have waited, in the last by code.
    pub(crate) villages: Vec<Known>,
    /// The figures behind them, with their cut.
    pub(crate) figures: Arc<Figures>,
}

/// One village.
pub(crate) struct Known {
    pub(crate) unit: UnitCode,
    pub(crate) line: VillageLine,
    /// Its machines, those in use first.
    pub(crate) machines: Vec<(Origin, MachineLine)>,
    /// The quarter's coverage.
    pub(crate) coverage: Option<CoverageRow>,
}

/// One machine, as far as the rules need it.
pub(super) struct Machine {
    pub(super) origin: Origin,
    pub(super) party: Party,
    pub(super) heard: Option<Heard>,
    /// When its log forked first.
    pub(super) forked_ms: Option<u64>,
}

impl Machine {
    /// When it was last heard of, by a hello or a receipt.
    pub(super) fn last_ms(&self) -> Option<u64> {
        let said = self.heard.as_ref().map(|heard| heard.at_ms);
        said.max(self.party.received_ms)
    }

    fn clock(&self) -> Clock {
        match &self.heard {
            None => Clock::Unknown,
            Some(heard) if heard.wall_lead_ms.unsigned_abs() > CLOCK_OFF_MS => Clock::Off {
                lead_ms: heard.wall_lead_ms,
            },
            Some(_) => Clock::Right,
        }
    }

    fn pending(&self, now_ms: u64) -> PendingThere {
        match &self.heard {
            None => PendingThere::Unknown,
            Some(heard) if now_ms.saturating_sub(heard.at_ms) <= PENDING_FRESH_MS => {
                PendingThere::Exactly(heard.pending)
            }
            Some(heard) if heard.pending > 0 => PendingThere::AtLeast(heard.pending),
            Some(_) => PendingThere::Unknown,
        }
    }

    fn line(&self, desk: &Desk, now_ms: u64) -> MachineLine {
        let head = desk.log.head(self.origin.into());
        let heard = self.heard.as_ref();
        let name = self.origin.to_string();
        MachineLine {
            origin: name.chars().take(6).collect(),
            name: self.party.name.clone(),
            enrolled_ms: signed(self.party.since_ms),
            heard_ms: self.last_ms().map(signed),
            received_ms: self.party.received_ms.map(signed),
            software: heard.map(|heard| heard.software.clone()).unwrap_or_default(),
            clock: self.clock(),
            ntp: heard.is_some_and(|heard| heard.ntp),
            pending: self.pending(now_ms),
            received: head.size,
            staged: head.staged_size - head.size,
            revoked: self.party.revoked,
            replaced: self.party.closed_at.is_some(),
            forked: self.forked_ms.is_some(),
        }
    }
}

/// Everything that is known of the villages at `now_ms`. It reads the ledgers, so it belongs on a thread that may block.
pub(crate) fn town(office: &Office, desk: &Desk, now_ms: u64) -> Town {
    let today = Day::of_instant(signed(now_ms));
    let figures = office.townwide.figures(&office.views, today);
    let mut villages = Vec::new();
    for (unit, machines) in machines(office, desk) {
        let registry = desk.registry();
        let line = line(office, &registry, unit, &machines, &figures, now_ms);
        drop(registry);
        let mut lines: Vec<_> = machines
            .iter()
            .map(|one| (one.origin, one.line(desk, now_ms)))
            .collect();
        lines.sort_by_key(|(_, line)| (line.revoked || line.replaced, line.enrolled_ms));
        villages.push(Known {
            unit,
            line,
            machines: lines,
            coverage: figures.coverage.get(&unit).cloned(),
        });
    }
    villages.sort_by_key(|known| {
        let waits = known.line.needs.first().map(|need| need.since_ms);
        (known.line.group, waits, known.unit)
    });
    Town { villages, figures }
}

/// The villages' machines.
fn machines(office: &Office, desk: &Desk) -> BTreeMap<UnitCode, Vec<Machine>> {
    let registry = desk.registry();
    let mut units: BTreeMap<UnitCode, Vec<Machine>> = BTreeMap::new();
    for (origin, party) in registry.parties() {
        let (Some(Role::Village), Some(unit)) = (party.role, party.unit) else {
            continue;
        };
        let forks = registry.forks.iter().filter(|fork| fork.origin == origin);
        units.entry(unit).or_default().push(Machine {
            origin,
            // Its receipts are many and nobody needs them here.
            party: Party {
                receipts: Vec::new(),
                successors: party.successors.clone(),
                name: party.name.clone(),
                ..*party
            },
            heard: office.heard.of(origin),
            forked_ms: forks.map(|fork| fork.at_ms).min(),
        });
    }
    units
}

fn line(
    office: &Office,
    registry: &Registry,
    unit: UnitCode,
    machines: &[Machine],
    figures: &Figures,
    now_ms: u64,
) -> VillageLine {
    let trouble = trouble(unit, machines, figures);
    let in_use = || machines.iter().filter(|one| one.party.is_in_use());
    // Where the hub's own clock lags behind its journal, nobody's clock can be compared with it.
    let comparable = office.surroundings.now().wall_ms + CLOCK_OFF_MS >= registry.last_ms;
    let clocks = in_use().map(Machine::clock).filter(|_| comparable);
    let coverage = figures.coverage.get(&unit);
    let open = figures.open.get(&unit).copied().unwrap_or_default();
    let needs = need::needs(machines, &figures.glances_of(unit, |_| true), open, now_ms, comparable);
    let group = match needs.first() {
        Some(need) if need.first => NeedGroup::First,
        Some(_) => NeedGroup::Watch,
        None => NeedGroup::Usual,
    };
    VillageLine {
        unit: unit.to_string(),
        name: registry.name_of(unit).to_owned(),
        group,
        needs,
        heard_ms: machines.iter().filter_map(Machine::last_ms).max().map(signed),
        pending: in_use()
            .map(|one| one.pending(now_ms))
            .reduce(together)
            .unwrap_or_default(),
        received: received(unit, machines, figures, now_ms),
        met: coverage.map_or(0, |row| row.met_at_home),
        of: coverage.map_or(0, |row| row.households),
        open: open.open,
        overdue: open.overdue,
        clock: clocks.max_by_key(|clock| need::worse(*clock)).unwrap_or_default(),
        trouble,
    }
}

/// What waits on two machines together.
fn together(one: PendingThere, other: PendingThere) -> PendingThere {
    use PendingThere::{AtLeast, Exactly, Unknown};
    match (one, other) {
        (Exactly(one), Exactly(other)) => Exactly(one.saturating_add(other)),
        (Exactly(0) | Unknown, Unknown) | (Unknown, Exactly(0)) => Unknown,
        (Exactly(known) | AtLeast(known), Unknown) | (Unknown, Exactly(known) | AtLeast(known)) => AtLeast(known),
        (Exactly(one) | AtLeast(one), AtLeast(other)) | (AtLeast(one), Exactly(other)) => {
            AtLeast(one.saturating_add(other))
        }
    }
}

fn trouble(unit: UnitCode, machines: &[Machine], figures: &Figures) -> Trouble {
    let count = |many: usize| many as u64;
    let mut trouble = Trouble {
        forks: count(machines.iter().filter(|one| one.forked_ms.is_some()).count()),
        revoked: count(machines.iter().filter(|one| one.party.revoked).count()),
        ..Trouble::default()
    };
    for glance in figures.glances_of(unit, |_| true) {
        trouble.conflicts += count(glance.conflicts.len());
        trouble.held += count(glance.held.len());
        trouble.not_understood += glance.not_understood;
    }
    trouble
}

/// What came from the village's machines, day by day. A day without a receipt and without a hello is unknown.
fn received(unit: UnitCode, machines: &[Machine], figures: &Figures, now_ms: u64) -> Spark {
    let today = Day::of_instant(signed(now_ms));
    let own: BTreeSet<Origin> = machines.iter().map(|one| one.origin).collect();
    let glances = figures.glances_of(unit, |origin| own.contains(&origin));
    let mut spark = Spark::default();
    for (back, slot) in (0..).zip(spark.0.iter_mut().rev()) {
        let day = today.plus(-back);
        let count: u64 = glances.iter().filter_map(|glance| glance.received.get(&day)).sum();
        let mut heard = machines.iter().filter_map(|one| one.heard.as_ref());
        *slot = (count > 0 || heard.any(|heard| heard.days.contains(&day))).then_some(count);
    }
    debug_assert_eq!(spark.0.len(), SPARK_DAYS);
    spark
}

/// What the strip says: the newest receipt, and villages without a word. It reads no ledger.
pub(crate) fn strip(office: &Office, now_ms: u64) -> TownStrip {
    let desk = office.desks.get();
    let today = Day::of_instant(signed(now_ms));
    let mut silent = Vec::new();
    for (unit, machines) in machines(office, &desk) {
        let in_use = machines.iter().any(|one| one.party.is_in_use());
        let last = machines.iter().filter_map(Machine::last_ms).max();
        let days = last.map(|last| i64::from(today.0) - i64::from(Day::of_instant(signed(last)).0));
        if let Some(days) = days.and_then(|days| u64::try_from(days).ok())
            && in_use
            && days >= need::SILENT_DAYS
        {
            silent.push((unit, days));
        }
    }
    silent.sort_by_key(|(unit, days)| (std::cmp::Reverse(*days), *unit));
    let registry = desk.registry();
    let last = registry.last_receipt.map(|last| {
        let unit = registry.party(last.origin).and_then(|party| party.unit);
        let name = unit.map(|unit| match registry.name_of(unit) {
            "" => unit.to_string(),
            name => name.to_owned(),
        });
        (last, name.unwrap_or_default())
    });
    TownStrip {
        is_open: office.takes_in(),
        last: last.map(|(last, name)| screen::township::LastReceipt {
            position: last.position.0,
            at_ms: signed(last.at_ms),
            name,
            entries: last.entries,
        }),
        silent: silent.len(),
        longest: silent.first().map(|(unit, days)| {
            let name = registry.name_of(*unit);
            let name = if name.is_empty() {
                unit.to_string()
            } else {
                name.to_owned()
            };
            (name, *days)
        }),
    }
}

/// Milliseconds as pages count them.
pub(crate) fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
