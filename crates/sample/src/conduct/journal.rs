//! How entries reach the hub, and what they look like when they have.

use std::collections::BTreeMap;

use event::{
    ClockCorrected, Day, Draft, Entry, EventId, Facts, JournalId, Origin, PersonId, PersonalContent, Position,
    SeenJournal, Sequence, Stamp, Subject,
};
use sha2::{Digest, Sha256};

use super::act::{Act, DAY_MS, MINUTE_MS};
use super::cast::Village;
use super::clock::{Clock, Habit};
use super::{Conduct, ConductPlan, Fabrication, LogNote, MONTHS, Planted, Receipted, month_of};
use crate::dice::{Dice, Stream};

/// The journal of the story.
pub const JOURNAL: JournalId = JournalId::from_bytes([0xc0; 16]);
/// Records before the first receipt: the opening and the enrolments.
const FIRST_POSITION: u64 = 100;
/// The story's machines are looked at no longer than this day.
const END: Day = Day(20_634);
/// A push goes out every twenty minutes, where there is something to push.
const SLOT_MS: u64 = 20 * MINUTE_MS;

/// One push: entries of one log, received together.
pub(crate) struct Push {
    pub(crate) received_at_ms: u64,
    origin: Origin,
    pub(crate) ids: Vec<EventId>,
    /// When the machine that pushed learns of the receipt.
    known_ms: u64,
    pub(crate) position: Position,
}

/// The root of the journal at a size; an invention, like everything here.
pub(crate) fn root(plan_seed: u64, size: Position) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"minqing invented journal");
    hash.update(plan_seed.to_be_bytes());
    hash.update(size.0.to_be_bytes());
    hash.finalize().into()
}

fn start(day: Day) -> u64 {
    u64::try_from(day.start_ms()).unwrap_or(0)
}

impl Village {
    /// When an entry recorded at this time reaches the hub, and when its author learns so.
    fn arrival(&self, when: u64) -> (u64, u64) {
        let day = Day::of_instant(when.cast_signed());
        let second = 1_000 * (self.unit.get() % 200);
        let Some((from, to)) = self.offline.filter(|(from, to)| (*from..=*to).contains(&day)) else {
            let slot = when.div_ceil(SLOT_MS) * SLOT_MS + second;
            return (slot, slot + 3_000);
        };
        let back = start(to.plus(1)) + 510 * MINUTE_MS + second;
        if self.stick {
            // Every sixth day at five the stick leaves; it is at the township one to three days later, and back after three more.
            let n = (day.0 - from.0).div_euclid(6) * 6 + 5;
            let leaves = start(from.plus(n)) + 1_020 * MINUTE_MS;
            let leaves = if leaves < when { leaves + 6 * DAY_MS } else { leaves };
            let there = leaves + (1 + self.unit.get() % 3) * DAY_MS - 7 * 60 * MINUTE_MS + second;
            if there < back {
                return (there, (there + 3 * DAY_MS).min(back));
            }
        }
        (back, back + 3_000)
    }

    fn pushes(&self, into: &mut Vec<Push>) {
        let mut acts: Vec<&Act> = self.acts.iter().collect();
        acts.sort_by_key(|act| act.id);
        let mut before = 0;
        for act in acts.iter().filter(|act| !act.by_hub) {
            let (mut there, known) = self.arrival(act.true_ms());
            there = there.max(before);
            match into.last_mut() {
                Some(push) if push.origin == self.origin && push.received_at_ms == there => push.ids.push(act.id),
                _ => into.push(Push {
                    received_at_ms: there,
                    origin: self.origin,
                    ids: vec![act.id],
                    known_ms: known.max(there),
                    position: Position(0),
                }),
            }
            before = there;
        }
        into.extend(acts.iter().filter(|act| act.by_hub).map(|act| Push {
            received_at_ms: act.true_ms() + 1_000,
            origin: self.hub_origin,
            ids: vec![act.id],
            known_ms: act.true_ms() + 1_000,
            position: Position(0),
        }));
    }
}

/// Every push, in the order of the journal.
pub(crate) fn pushes(villages: &[Village]) -> Vec<Push> {
    let mut all = Vec::new();
    villages.iter().for_each(|village| village.pushes(&mut all));
    all.sort_by_key(|push| (push.received_at_ms, push.origin));
    let mut before = 0;
    for (n, push) in all.iter_mut().enumerate() {
        push.received_at_ms = push.received_at_ms.max(before + 1);
        push.position = Position(FIRST_POSITION + n as u64);
        before = push.received_at_ms;
    }
    all
}

/// Writes the entries, and the truth beside them.
pub(crate) fn receive(plan: &ConductPlan, mut villages: Vec<Village>, samples: Vec<Vec<EventId>>) -> Conduct {
    for village in &mut villages {
        village.acts.retain(|act| act.true_ms() < start(END));
        correct_clock(village);
    }
    let mut dice = Dice::new(plan.seed, Stream::Conduct(u16::MAX - 1));
    let mut conduct = Conduct {
        cadres: villages.iter().flat_map(|v| v.cadres.iter().map(|c| c.id)).collect(),
        logs: villages.iter().map(|village| (village.origin, village.unit)).collect(),
        records: Vec::new(),
        notes: Vec::new(),
        planted: truth(&villages),
        samples,
    };
    let acts: BTreeMap<EventId, (&Village, &Act)> = villages
        .iter()
        .flat_map(|village| village.acts.iter().map(move |act| (act.id, (village, act))))
        .collect();
    let pushes = pushes(&villages);
    let mut sizes: BTreeMap<Origin, u64> = BTreeMap::new();
    let mut seen: BTreeMap<Origin, Vec<(u64, Position)>> = BTreeMap::new();
    for push in &pushes {
        let known = seen.entry(push.origin).or_default();
        for id in &push.ids {
            let size = sizes.entry(push.origin).or_default();
            let sequence = Sequence::after_size(*size);
            *size += 1;
            let (village, act) = acts[id];
            let last = known.iter().rev().find(|(from, _)| *from < act.true_ms());
            let checkpoint = last.map(|(_, size)| SeenJournal {
                journal: JOURNAL,
                size: *size,
                root: std::array::from_fn(|at| root(plan.seed, *size)[at]),
            });
            conduct.records.push(Receipted {
                entry: write(village, act, sequence, checkpoint),
                origin: push.origin,
                sequence,
                by_hub: act.by_hub,
                position: push.position,
                received_at_ms: push.received_at_ms,
            });
        }
        known.push((push.known_ms, Position(push.position.0 + 1)));
    }
    for village in &villages {
        let size = sizes.get(&village.origin).copied().unwrap_or(0);
        note(village, size, &mut conduct, &mut dice);
    }
    conduct
}

/// Where a clock was plainly wrong, the township finds out by how much, in three cases of five. It says so after the last
/// sample, so that no position before it moves.
fn correct_clock(village: &mut Village) {
    let (from, until, offset_ms) = match village.clock.habit {
        Habit::Reset { from, until } => (from, until, from.start_ms()),
        Habit::Off { from, until, by_ms } => (from, until, -by_ms),
        Habit::Exact { .. } | Habit::Drifting { .. } => return,
    };
    let mut own: Vec<EventId> = village
        .acts
        .iter()
        .filter(|act| !act.by_hub)
        .map(|act| act.id)
        .collect();
    own.sort_unstable();
    let concerned = own.partition_point(|id| id.ms() < start(from))..own.partition_point(|id| id.ms() < start(until));
    if concerned.is_empty() || !village.dice.permille(600) {
        return;
    }
    let origin = village.origin;
    let facts = Facts::ClockCorrected(ClockCorrected {
        origin,
        first: Sequence::after_size(concerned.start as u64),
        last: Sequence::after_size(concerned.end as u64 - 1),
        offset_ms,
    });
    let when = start(END) - DAY_MS + village.dice.below(DAY_MS / 3);
    let act = Act::new(
        &mut village.dice,
        when,
        Subject::origin(origin),
        facts,
        PersonId::from_bytes([0x0c; 16]),
    );
    village.acts.push(Act { by_hub: true, ..act });
}

fn write(village: &Village, act: &Act, sequence: Sequence, seen: Option<SeenJournal>) -> Entry {
    let day = Day::of_instant(act.true_ms().cast_signed());
    let hub = Clock {
        habit: Habit::Exact { ntp: true },
        turned: Vec::new(),
        salt: 7,
    };
    let clock = if act.by_hub { &hub } else { &village.clock };
    let read = clock.read(act.true_ms(), village.is_online(day));
    let is_township = matches!(act.facts, Facts::SamplePublished(_));
    let draft = Draft {
        subject: act.subject,
        facts: act.facts.clone(),
        occurred: act.occurred,
        unit: if is_township {
            village.unit.township()
        } else {
            village.unit
        },
        recorder: act.recorder,
        actors: act.actors.clone(),
        causes: Vec::new(),
        mode: act.mode,
        source: None,
        personal: act.presence.map(|presence| PersonalContent {
            presence: Some(presence.to_owned()),
            ..PersonalContent::default()
        }),
    };
    let stamp = Stamp {
        origin: if act.by_hub { village.hub_origin } else { village.origin },
        sequence,
        id: act.id,
        clock: read.quality,
        wall_ms: read.wall_ms,
        mono_ms: read.mono_ms,
        boot: read.boot,
        seen,
    };
    let salt = act.subject.id.to_bytes();
    Entry::write(&draft, &stamp, salt).unwrap_or(Entry {
        bytes: Vec::new(),
        personal: None,
    })
}

/// What the journal says of a village's log, and what was done to it.
fn note(village: &Village, size: u64, conduct: &mut Conduct, dice: &mut Dice) {
    let origin = village.origin;
    conduct.notes.push(LogNote::Reached { origin, size });
    let at_ms = start(MONTHS[0].plus(i32::from(dice.between(10, 85))));
    let fork = LogNote::Fork {
        origin,
        hub_size: size / 2 + 1,
        at_ms,
    };
    let mut planted = |fabrication, month: usize| {
        conduct.planted.push(Planted {
            subject: Subject::origin(origin),
            month: MONTHS[month],
            fabrication,
            events: Vec::new(),
        });
    };
    match village.log_plant {
        Some(Fabrication::LogForked) => {
            planted(Fabrication::LogForked, month_of(Day::of_instant(at_ms.cast_signed())));
            conduct.notes.push(fork);
        }
        Some(_) if size > 40 => {
            let first = 20 + dice.below(size - 30);
            let gone = first..first + 1 + dice.below(8);
            let cut = |one: &Receipted| one.origin == origin && gone.contains(&one.sequence.get());
            let month = conduct
                .records
                .iter()
                .find(|one| cut(one))
                .map_or(0, |one| month_of(Day::of_instant(one.received_at_ms.cast_signed())));
            conduct.records.retain(|one| !cut(one));
            conduct.planted.push(Planted {
                subject: Subject::origin(origin),
                month: MONTHS[month],
                fabrication: Fabrication::LogCut,
                events: Vec::new(),
            });
        }
        _ if village.restored => conduct.notes.extend([fork, LogNote::Restored { origin }]),
        // An honest village restored a backup and told nobody.
        _ if village.forked_by_mistake => conduct.notes.push(fork),
        _ => {}
    }
}

fn truth(villages: &[Village]) -> Vec<Planted> {
    let mut found: BTreeMap<(Subject, usize, Fabrication), Vec<EventId>> = BTreeMap::new();
    for village in villages {
        for act in &village.acts {
            let Some((cadre, what)) = act.planted else { continue };
            let mut subjects = vec![Subject::person(cadre)];
            match what {
                Fabrication::KeyedForOthers => subjects.push(Subject::person(act.recorder)),
                Fabrication::ClockTurnedBack => subjects.push(Subject::origin(village.origin)),
                _ => {}
            }
            subjects.dedup();
            for subject in subjects {
                let month = month_of(act.occurred.day());
                found.entry((subject, month, what)).or_default().push(act.id);
            }
        }
    }
    let line = |((subject, month, fabrication), events)| Planted {
        subject,
        month: MONTHS[month],
        fabrication,
        events,
    };
    found.into_iter().map(line).collect()
}
