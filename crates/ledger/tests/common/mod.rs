//! Random histories: a few villages, a township, late pushes, clocks that are ahead, copies, corrections.
#![allow(dead_code, reason = "every test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "tests")]

use event::*;
use ledger::{Author, Ledger, Receipt};

/// A generator of random numbers for tests (SplitMix64): the same seed gives the same history everywhere.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, usize::try_from(self.below(at as u64 + 1)).unwrap());
        }
    }
}

/// One receipted entry.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) bytes: Vec<u8>,
    pub(crate) log: Origin,
    pub(crate) sequence: Sequence,
    pub(crate) author: Author,
    pub(crate) receipt: Receipt,
}

impl Given {
    pub(crate) fn apply(&self, ledger: &mut Ledger) {
        ledger.apply(&self.bytes, self.log, self.sequence, self.author, self.receipt);
    }
    pub(crate) fn event(&self) -> Option<Event<'_>> {
        Event::decode(&self.bytes).ok()
    }
}

pub(crate) fn id16(group: u8, n: u64) -> [u8; 16] {
    let mut bytes = [group; 16];
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    bytes
}
pub(crate) fn request(n: u64) -> EntityId {
    EntityId::from_bytes(id16(0x11, n))
}
pub(crate) fn household(n: u64) -> EntityId {
    EntityId::from_bytes(id16(0x22, n))
}
pub(crate) fn person(n: u64) -> PersonId {
    PersonId::from_bytes(id16(0x33, n))
}
pub(crate) fn origin(n: u64) -> Origin {
    Origin::from_bytes(id16(0x44, n))
}
pub(crate) fn pairing(n: u64) -> EntityId {
    EntityId::from_bytes(id16(0x55, n))
}
pub(crate) fn unit(n: u64) -> UnitCode {
    UnitCode::new(990_000_103_000 + n).unwrap()
}
pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// First instant of every history here: 2026-03-01T00:00Z.
pub(crate) const START_MS: u64 = 1_772_323_200_000;
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Origins from this number on belong to the township.
pub(crate) const FIRST_HUB: u64 = 3;
const ORIGINS: usize = 5;

pub(crate) fn author(n: u64) -> Author {
    if n < FIRST_HUB { Author::Village } else { Author::Hub }
}

/// Writes one event.
#[allow(clippy::too_many_arguments, reason = "a test's shorthand for two structs")]
pub(crate) fn write(
    log: u64,
    sequence: u64,
    id: EventId,
    at: UnitCode,
    subject: Subject,
    facts: Facts,
    occurred: When,
    people: (PersonId, Vec<PersonId>),
    source: Option<Source>,
    text: Option<u8>,
) -> Entry {
    let draft = Draft {
        subject,
        facts,
        occurred,
        unit: at,
        recorder: people.0,
        actors: people.1,
        causes: vec![],
        mode: if source.is_some() {
            EntryMode::Import
        } else {
            EntryMode::Live
        },
        source,
        personal: text.map(|n| PersonalContent {
            text: Some(format!("text {n}")),
            ..PersonalContent::default()
        }),
    };
    let stamp = Stamp {
        origin: origin(log),
        sequence: Sequence::new(sequence).unwrap(),
        id,
        clock: ClockQuality::Unknown,
        wall_ms: id.ms(),
        mono_ms: 0,
        boot: BootId([7; 8]),
        seen: None,
    };
    Entry::write(&draft, &stamp, [9; 16]).unwrap()
}

/// A whole random history, in journal order.
pub(crate) fn history(seed: u64, events: u64) -> Vec<Given> {
    let mut world = World {
        dice: Dice(seed),
        now_ms: START_MS,
        last_ms: [START_MS; ORIGINS],
        logs: vec![Vec::new(); ORIGINS],
        known: Vec::new(),
    };
    for _ in 0..events {
        world.step();
    }
    world.receive()
}

struct World {
    dice: Dice,
    now_ms: u64,
    last_ms: [u64; ORIGINS],
    logs: Vec<Vec<Vec<u8>>>,
    /// Events so far, for corrections and copies.
    known: Vec<(Subject, EventId, Facts, Entry)>,
}

impl World {
    fn step(&mut self) {
        self.now_ms += self.dice.below(20) * HOUR_MS;
        let log = self.dice.below(ORIGINS as u64);
        match self.dice.below(100) {
            0..8 => self.copy(log),
            8..11 => self.odd(log),
            11..22 => self.correct(log),
            22..62 => self.request(log),
            62..86 => self.household(log),
            86..92 => self.diary(log),
            92..96 => self.pairing(log),
            _ => self.clock(log),
        }
        self.check();
    }

    fn mint(&mut self, log: u64) -> EventId {
        let last = &mut self.last_ms[usize::try_from(log).unwrap()];
        // The first village's clock is days ahead; the second one's is a year behind.
        let clock = match log {
            0 => self.now_ms + 5 * DAY_MS,
            1 => self.now_ms - 365 * DAY_MS,
            _ => self.now_ms,
        };
        *last = (*last + 1).max(clock);
        let random = u128::from(self.dice.next());
        EventId::from_parts(*last, random).unwrap()
    }

    fn when(&mut self) -> When {
        let ms = (self.now_ms - self.dice.below(5) * DAY_MS).cast_signed();
        match self.dice.below(4) {
            0 => When::Day(Day::of_instant(ms)),
            1 => When::HalfDay {
                day: Day::of_instant(ms),
                afternoon: self.dice.chance(50),
            },
            2 => When::Minute(ms / 60_000),
            _ => When::Instant(ms),
        }
    }

    fn somebody(&mut self) -> PersonId {
        person(self.dice.below(5))
    }

    fn record(&mut self, log: u64, subject: Subject, facts: Facts, source: Option<Source>) {
        let id = self.mint(log);
        let occurred = match &source {
            Some(source) => When::Instant(source.instant_ms),
            None => self.when(),
        };
        let mut actors = vec![self.somebody()];
        if self.dice.chance(30) {
            actors.push(self.somebody());
        }
        let recorder = self.somebody();
        let at = unit(if log < FIRST_HUB {
            log
        } else {
            self.dice.below(FIRST_HUB)
        });
        let text = self.dice.chance(40).then_some(1);
        let sequence = self.logs[usize::try_from(log).unwrap()].len() as u64 + 1;
        let people = (recorder, actors);
        let entry = write(
            log,
            sequence,
            id,
            at,
            subject,
            facts.clone(),
            occurred,
            people,
            source,
            text,
        );
        self.put(log, entry.bytes.clone());
        self.known.push((subject, id, facts, entry));
    }

    fn put(&mut self, log: u64, bytes: Vec<u8>) {
        self.logs[usize::try_from(log).unwrap()].push(bytes);
    }

    fn due(&mut self) -> Option<When> {
        let ms = (self.now_ms + self.dice.below(10) * DAY_MS).cast_signed();
        self.dice.chance(60).then(|| When::Day(Day::of_instant(ms)))
    }

    fn request_facts(&mut self) -> Facts {
        let (unit, handler) = (unit(self.dice.below(3)), self.somebody());
        match self.dice.below(20) {
            0..4 => Facts::RequestRaised(RequestRaised {
                household: self.dice.chance(70).then(|| household(self.dice.below(4))),
                channel: self.dice.pick(Channel::ALL),
                kind: self.dice.pick(RequestKind::ALL),
                urgency: self.dice.pick(Urgency::ALL),
                people: 1 + u16::try_from(self.dice.below(4)).unwrap(),
            }),
            4..7 => Facts::RequestAccepted(RequestAccepted {
                path: self.dice.pick(LegalPath::ALL),
                rule: self.dice.pick(ClockRule::ALL),
                accepted_on: self.when().day(),
                due: self.due(),
            }),
            7..10 => Facts::RequestAssigned(RequestAssigned {
                unit,
                handler,
                due: self.due(),
            }),
            10 => Facts::RequestProgressed(RequestProgressed {
                blocked: self.dice.chance(50),
            }),
            11..14 => Facts::RequestReplied(RequestReplied {
                outcome: self.dice.pick(ReplyOutcome::ALL),
                in_writing: true,
            }),
            14..17 => Facts::RequestFollowedUp(RequestFollowedUp {
                reached: self.dice.chance(60),
                solved: self.dice.chance(60).then(|| self.dice.pick(Solved::ALL)),
                satisfaction: self.dice.chance(60).then(|| self.dice.pick(Satisfaction::ALL)),
            }),
            17 => Facts::RequestReassigned(RequestReassigned {
                unit,
                handler,
                due: self.due(),
            }),
            _ => Facts::RequestClosed(RequestClosed {
                closing: self.dice.pick(ClosingKind::ALL),
            }),
        }
    }

    fn request(&mut self, log: u64) {
        let facts = self.request_facts();
        let subject = Subject::request(request(self.dice.below(4)));
        let source = self.dice.chance(12).then(|| Source {
            instant_ms: (self.now_ms - self.dice.below(50) * DAY_MS).cast_signed(),
            row: self.dice.below(9) + 1,
            label: self.dice.pick(&["", "T02 Check", "T05 Print"]).to_owned(),
        });
        // A step of the township's is more often the township's.
        let late = matches!(
            facts.kind(),
            Kind::REQUEST_FOLLOWED_UP | Kind::REQUEST_REASSIGNED | Kind::REQUEST_CLOSED
        );
        let log = if late && self.dice.chance(80) { FIRST_HUB } else { log };
        self.record(log, subject, facts, source);
    }

    fn household_facts(&mut self) -> Facts {
        match self.dice.below(10) {
            0..2 => Facts::HouseholdRegistered(HouseholdRegistered {
                group: u16::try_from(self.dice.below(4)).unwrap(),
                size: self.dice.chance(50).then_some(3),
            }),
            2..5 => {
                let since = self.dice.chance(70).then(|| self.when().day());
                Facts::HouseholdChanged(HouseholdChanged {
                    change: self.dice.pick(ChangeKind::ALL),
                    since,
                    until: self.dice.chance(30).then(|| self.when().day().plus(6)),
                    into: self.dice.chance(80).then(|| household(self.dice.below(5))),
                })
            }
            _ => Facts::VisitRecorded(VisitRecorded {
                mode: self.dice.pick(Mode::ALL),
                outcome: self.dice.pick(Outcome::ALL),
                minutes: None,
                requests: vec![],
            }),
        }
    }

    /// Now and then a check of something that happened to a household before, whatever it was. It draws from dice of its
    /// own, so that histories without it are the ones that they were.
    fn check(&mut self) {
        let all = std::mem::replace(&mut self.dice, Dice(self.now_ms));
        self.check_with_own_dice();
        self.dice = all;
    }

    fn check_with_own_dice(&mut self) {
        if self.known.is_empty() || !self.dice.chance(20) {
            return;
        }
        let at = usize::try_from(self.dice.below(self.known.len() as u64)).unwrap();
        let (subject, target, ..) = self.known[at].clone();
        if subject.kind == SubjectKind::Household {
            let facts = Facts::ContactChecked(ContactChecked {
                target,
                method: self.dice.pick(CheckMethod::ALL),
                sample: None,
                result: self.dice.pick(CheckResult::ALL),
            });
            let log = if self.dice.chance(80) { FIRST_HUB } else { 0 };
            self.record(log, subject, facts, None);
            self.known.pop();
        }
    }

    fn household(&mut self, log: u64) {
        let facts = self.household_facts();
        let subject = Subject::household(household(self.dice.below(5)));
        self.record(log, subject, facts, None);
    }

    fn diary(&mut self, log: u64) {
        let cadre = self.somebody();
        let facts = Facts::DiaryWritten(DiaryWritten {
            day: self.when().day(),
            visits: vec![],
            requests: vec![request(self.dice.below(4))],
        });
        self.record(log, Subject::person(cadre), facts, None);
    }

    fn pairing(&mut self, log: u64) {
        let from = self.when().day();
        let facts = if self.dice.chance(50) {
            Facts::PairingEstablished(PairingEstablished {
                cadre: person(1),
                household: None,
                from,
                until: None,
            })
        } else {
            Facts::PairingEnded(PairingEnded {
                on: from,
                reason: EndReason::Moved,
            })
        };
        self.record(log, Subject::pairing(pairing(0)), facts, None);
    }

    fn clock(&mut self, log: u64) {
        let machine = origin(self.dice.below(3));
        let facts = Facts::ClockCorrected(ClockCorrected {
            origin: machine,
            first: Sequence::FIRST,
            last: Sequence::new(5).unwrap(),
            offset_ms: -5 * DAY_MS.cast_signed(),
        });
        self.record(log, Subject::origin(machine), facts, None);
    }

    fn correct(&mut self, log: u64) {
        if self.known.is_empty() {
            return;
        }
        let at = usize::try_from(self.dice.below(self.known.len() as u64)).unwrap();
        let (mut subject, target, facts, _) = self.known[at].clone();
        if self.dice.chance(4) {
            subject = Subject::request(request(0));
        }
        let replacement = match facts.kind() {
            _ if self.dice.chance(25) => None,
            Kind::VISIT_RECORDED | Kind::HOUSEHOLD_CHANGED | Kind::HOUSEHOLD_REGISTERED => Some(self.household_facts()),
            Kind::RECORD_CORRECTED => None,
            kind if kind.0 >= 17 && kind.0 < 44 => Some(self.request_facts()),
            _ => Some(facts),
        };
        let facts = Facts::RecordCorrected(RecordCorrected {
            target,
            correction: self.dice.pick(CorrectionKind::ALL),
            replacement: replacement.map(|facts| Replacement(Box::new(facts))),
            occurred: self.dice.chance(30).then(|| self.when()),
        });
        self.record(log, subject, facts, None);
    }

    /// The same fact under another origin, or other content under the same identity.
    fn copy(&mut self, log: u64) {
        if self.known.is_empty() {
            return;
        }
        let at = usize::try_from(self.dice.below(self.known.len() as u64)).unwrap();
        let (subject, id, _, entry) = self.known[at].clone();
        let sequence = self.logs[usize::try_from(log).unwrap()].len() as u64 + 1;
        let bytes = if self.dice.chance(60) {
            entry
                .carry(origin(log), Sequence::new(sequence).unwrap())
                .unwrap()
                .bytes
        } else {
            let (subject, facts) = if self.dice.chance(50) {
                (
                    Subject::household(household(self.dice.below(5))),
                    self.household_facts(),
                )
            } else {
                let subject = if subject.kind == SubjectKind::Request {
                    subject
                } else {
                    Subject::request(request(1))
                };
                (subject, self.request_facts())
            };
            let occurred = self.when();
            let people = (person(0), vec![person(1)]);
            write(log, sequence, id, unit(0), subject, facts, occurred, people, None, None).bytes
        };
        self.put(log, bytes);
    }

    /// An unknown kind, facts that make no sense, or a header that cannot be read.
    fn odd(&mut self, log: u64) {
        let subject = Subject::request(request(self.dice.below(4)));
        let facts = Facts::RequestProgressed(RequestProgressed { blocked: true });
        self.record(log, subject, facts, None);
        self.known.pop();
        let bytes = self.logs[usize::try_from(log).unwrap()].last_mut().unwrap();
        match self.dice.below(3) {
            0 => *bytes = with_kind(bytes, Kind::REQUEST_PROGRESSED, 99),
            1 => *bytes = with_kind(bytes, Kind::REQUEST_PROGRESSED, Kind::REQUEST_CLOSED.0),
            _ => bytes.truncate(bytes.len() - 1),
        }
    }

    /// Cuts the logs into pushes and mixes them into one journal.
    fn receive(mut self) -> Vec<Given> {
        let mut given = Vec::new();
        let mut next = vec![0_usize; self.logs.len()];
        let mut received_ms = START_MS + 30 * DAY_MS;
        let mut position = 0;
        while next.iter().zip(&self.logs).any(|(at, log)| *at < log.len()) {
            let log = usize::try_from(self.dice.below(ORIGINS as u64)).unwrap();
            let left = self.logs[log].len() - next[log];
            if left == 0 {
                continue;
            }
            let size = 1 + usize::try_from(self.dice.below(left.min(7) as u64)).unwrap();
            received_ms += 1 + self.dice.below(2 * DAY_MS);
            position += 1 + self.dice.below(3);
            for at in next[log]..next[log] + size {
                given.push(Given {
                    bytes: self.logs[log][at].clone(),
                    log: origin(log as u64),
                    sequence: Sequence::new(at as u64 + 1).unwrap(),
                    author: author(log as u64),
                    receipt: Receipt {
                        position: Position(position),
                        received_at_ms: received_ms,
                    },
                });
            }
            next[log] += size;
        }
        given
    }
}

/// Another kind in place of the one that was written; both have one byte. The header's fixed part puts it at byte 62.
pub(crate) fn with_kind(bytes: &[u8], from: Kind, to: u16) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    assert_eq!(u16::from(changed[62]), from.0, "the envelope's layout");
    changed[62] = u8::try_from(to).unwrap();
    changed
}

/// Everything in journal order, settled once.
pub(crate) fn rebuild<'a>(given: impl IntoIterator<Item = &'a Given>) -> Ledger {
    let mut ledger = Ledger::new();
    for one in given {
        one.apply(&mut ledger);
        ledger.advance(one.receipt.position);
    }
    ledger.settle();
    ledger
}
