//! A few records at a time: one village's log and the township's, written by hand.
#![allow(dead_code, reason = "every test binary uses a part of it")]

use event::*;
use leads::{Asked, History, Lead, LogNote, Parameters, Record, Rule, leads};
use ledger::{Author, Receipt};

pub(crate) const JOURNAL: JournalId = JournalId::from_bytes([0xc0; 16]);
pub(crate) const VILLAGE: Origin = Origin::from_bytes([0xa1; 16]);
pub(crate) const HUB: Origin = Origin::from_bytes([0xb1; 16]);

pub(crate) fn house(n: u8) -> EntityId {
    EntityId::from_bytes([n; 16])
}
pub(crate) fn person(n: u8) -> PersonId {
    PersonId::from_bytes([0x70 + n; 16])
}
/// Milliseconds of `2026-03-10 09:00` in UTC+8.
pub(crate) fn ms(text: &str) -> i64 {
    text.parse::<When>().expect("a time").start_ms()
}

/// What is recorded, with everything that most tests leave as it is.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) subject: Subject,
    pub(crate) facts: Facts,
    pub(crate) occurred: When,
    pub(crate) recorder: PersonId,
    pub(crate) actors: Vec<PersonId>,
    pub(crate) mode: EntryMode,
    /// What the machine's clock says.
    pub(crate) wall_ms: i64,
    pub(crate) clock: ClockQuality,
    /// Size of the journal that the machine had seen.
    pub(crate) seen: Option<u64>,
    pub(crate) received_ms: i64,
    pub(crate) by_hub: bool,
    pub(crate) presence: Option<&'static str>,
}

/// A visit by person 1, typed at once and received a minute later.
pub(crate) fn visit(n: u8, at: &str, minutes: Option<u16>) -> Told {
    let facts = VisitRecorded {
        mode: Mode::Home,
        outcome: Outcome::Met,
        minutes,
        requests: vec![],
    };
    told(Subject::household(house(n)), Facts::VisitRecorded(facts), at, 1)
}

pub(crate) fn told(subject: Subject, facts: Facts, at: &str, by: u8) -> Told {
    let occurred: When = at.parse().expect("a time");
    let wall_ms = occurred.start_ms() + 3_600_000;
    Told {
        subject,
        facts,
        occurred,
        recorder: person(by),
        actors: vec![person(by)],
        mode: EntryMode::Live,
        wall_ms,
        clock: ClockQuality::Unknown,
        seen: None,
        received_ms: wall_ms + 60_000,
        by_hub: false,
        presence: None,
    }
}

impl Told {
    /// Typed at another time than an hour after it happened.
    pub(crate) fn typed(mut self, at: &str) -> Self {
        self.wall_ms = ms(at);
        self.received_ms = self.wall_ms + 60_000;
        self
    }
    pub(crate) fn received(mut self, at: &str) -> Self {
        self.received_ms = ms(at);
        self
    }
    pub(crate) fn hub(mut self) -> Self {
        self.by_hub = true;
        self
    }
    pub(crate) fn by(mut self, recorder: u8, actors: &[u8]) -> Self {
        self.recorder = person(recorder);
        self.actors = actors.iter().map(|n| person(*n)).collect();
        self
    }
    pub(crate) fn declared(mut self) -> Self {
        self.mode = EntryMode::BatchFromPaper;
        self
    }
    pub(crate) fn seconds_later(mut self, seconds: i64) -> Self {
        self.wall_ms += seconds * 1_000;
        self
    }
}

type Given = (Entry, Origin, Sequence, Author, Receipt);

fn record((entry, origin, sequence, author, receipt): &Given) -> Record<'_> {
    Record {
        bytes: &entry.bytes,
        personal: entry.personal.as_deref(),
        origin: *origin,
        sequence: *sequence,
        author: *author,
        receipt: *receipt,
    }
}

/// Entries in the order in which they were added, one receipt for each.
#[derive(Default)]
pub(crate) struct Story {
    told: Vec<(Told, EventId)>,
    pub(crate) notes: Vec<LogNote>,
    pub(crate) parameters: Parameters,
}

impl Story {
    pub(crate) fn of(told: impl IntoIterator<Item = Told>) -> Self {
        let mut story = Self::default();
        for one in told {
            story.add(one);
        }
        story
    }

    pub(crate) fn add(&mut self, told: Told) -> EventId {
        let n = self.told.len() as u64;
        let id = EventId::from_parts(1_772_000_000_000 + n * 1_000, 1).expect("within bounds");
        self.told.push((told, id));
        id
    }

    /// Identity of the first entry.
    pub(crate) fn first_id(&self) -> EventId {
        self.told[0].1
    }

    /// Puts an entry before the one that stands at this place.
    pub(crate) fn insert(&mut self, at: usize, told: Told) {
        let id = self.add(told);
        let last = self.told.pop().map(|(told, _)| (told, id));
        self.told.splice(at..at, last);
    }

    /// The entries, the first at position 10.
    pub(crate) fn entries(&self) -> Vec<Given> {
        let (mut sizes, mut last_ms) = ([0_u64; 2], 0);
        let mut entries = Vec::new();
        for (n, (told, id)) in self.told.iter().enumerate() {
            let size = &mut sizes[usize::from(told.by_hub)];
            let (origin, sequence) = (if told.by_hub { HUB } else { VILLAGE }, Sequence::after_size(*size));
            *size += 1;
            let draft = Draft {
                subject: told.subject,
                facts: told.facts.clone(),
                occurred: told.occurred,
                unit: "990000103201".parse().expect("a code"),
                recorder: told.recorder,
                actors: told.actors.clone(),
                causes: vec![],
                mode: told.mode,
                source: None,
                personal: told.presence.map(|presence| PersonalContent {
                    presence: Some(presence.to_owned()),
                    ..PersonalContent::default()
                }),
            };
            let stamp = Stamp {
                origin,
                sequence,
                id: *id,
                clock: told.clock,
                wall_ms: told.wall_ms.cast_unsigned(),
                mono_ms: 0,
                boot: BootId((n as u64).to_be_bytes()),
                seen: told.seen.map(|size| SeenJournal {
                    journal: JOURNAL,
                    size: Position(size),
                    root: [0; 16],
                }),
            };
            // Receipts rise along the journal, whatever a test says of one of them.
            last_ms = told.received_ms.cast_unsigned().max(last_ms);
            let receipt = Receipt {
                position: Position(10 + n as u64),
                received_at_ms: last_ms,
            };
            let author = if told.by_hub { Author::Hub } else { Author::Village };
            entries.push((
                Entry::write(&draft, &stamp, [1; 16]).expect("a draft"),
                origin,
                sequence,
                author,
                receipt,
            ));
        }
        entries
    }

    pub(crate) fn history(&self) -> History {
        let entries = self.entries();
        let records: Vec<Record<'_>> = entries.iter().map(record).collect();
        History::rebuild(&records, self.notes.clone(), JOURNAL)
    }

    pub(crate) fn leads(&self, rule: Rule) -> Vec<Lead> {
        leads(&self.history(), &self.parameters, Asked::One(rule))
    }

    /// The figures of the one lead that there is.
    pub(crate) fn figures(&self, rule: Rule) -> Vec<(&'static str, i64)> {
        let found = self.leads(rule);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0]
            .figures
            .iter()
            .map(|figure| (figure.name, figure.value))
            .collect()
    }

    pub(crate) fn nothing(&self, rule: Rule) {
        assert_eq!(self.leads(rule), [], "{rule}");
    }
}
