//! A hub, machines that write their logs by hand, and readers.

use event::{
    BootId, ClockQuality, ClockReading, Draft, EntityId, Entry, EntryMode, EventId, Facts, HouseholdRegistered,
    JournalId, Mode, Origin, Outcome, PersonId, PersonalContent, Sequence, Stamp, Subject, UnitCode, VisitRecorded,
    When,
};
use event_log::{LogRead as _, MemDisk, MemStore, Store};
use follower::{Follower, Mirror, Taken, Track};
use hub::{Hub, Keys, PageRequest, Refusal};
use ledger::{Effect, Ledger, View};
use proof::{Checkpoint, Frontier, OriginKey, leaf_hash, origin_log_name};
use sync::frame::BodyWriter;
use sync::message::{Cursor, Enrolled, PushReply};
use sync::record::Role;

pub(crate) const START_MS: u64 = 1_790_000_000_000;
pub(crate) const DAY_MS: u64 = 86_400_000;
pub(crate) const HUB_SEED: [u8; 32] = [9; 32];

pub(crate) fn unit(n: u64) -> UnitCode {
    UnitCode::new(990_000_103_000 + n).expect("a code")
}

/// A right clock that was started a second before the story begins.
pub(crate) fn clock(at_ms: u64) -> ClockReading {
    ClockReading {
        wall_ms: at_ms,
        mono_ms: at_ms - START_MS + 1_000,
        boot: BootId([1; 8]),
        ntp: true,
    }
}

/// Enrols a key.
pub(crate) fn enrol<S: Store>(hub: &mut Hub<S>, key: &OriginKey, at: UnitCode, role: Role, now_ms: u64) -> Enrolled {
    let secret = *key.origin().to_bytes().first_chunk::<16>().expect("16 bytes");
    hub.offer(&secret, at, role, "一号机", &clock(now_ms))
        .expect("an offer");
    hub.enrol(&key.public(), &secret, &clock(now_ms)).expect("enrolled")
}

/// A township's hub and its time.
pub(crate) struct Town {
    pub(crate) disk: MemDisk,
    pub(crate) hub: Hub<MemStore>,
    pub(crate) now_ms: u64,
}

impl Town {
    pub(crate) fn found() -> Self {
        let disk = MemDisk::new();
        let store = MemStore::open(&disk).expect("an empty disk opens");
        let journal = JournalId::from_bytes([3; 16]);
        let keys = Keys::from_seed(HUB_SEED);
        let hub = Hub::init(store, keys, unit(0), "禾渡镇", journal, &clock(START_MS)).expect("a new hub");
        Self {
            disk,
            hub,
            now_ms: START_MS,
        }
    }

    pub(crate) fn village(&mut self, n: u8) -> Pen {
        let pen = Pen::new(n);
        enrol(&mut self.hub, &pen.key, pen.unit, Role::Village, self.now_ms);
        pen
    }

    /// Another hub from what is on the disk now.
    pub(crate) fn copy(&self) -> Self {
        let disk = self.disk.copy();
        let store = MemStore::open(&disk).expect("a copy opens");
        let hub = Hub::open(store, Keys::from_seed(HUB_SEED), &clock(self.now_ms)).expect("the hub opens");
        let now_ms = self.now_ms;
        Self { disk, hub, now_ms }
    }

    pub(crate) fn push(&mut self, pen: &Pen, body: &[u8]) -> Result<PushReply, Refusal> {
        self.now_ms += 1;
        let origin = pen.key.origin();
        self.hub.push(origin, origin, body, 0, &clock(self.now_ms))
    }

    /// Events and personal parts that stand in a machine's log here.
    pub(crate) fn log(&self, pen: &Pen) -> Vec<Entry> {
        let store = self.hub.store();
        let read = store.read(pen.key.origin().into(), Sequence::FIRST, usize::MAX, usize::MAX);
        let entries = read.expect("the log can be read").into_iter().map(|entry| Entry {
            bytes: entry.bytes,
            personal: entry.personal,
        });
        entries.collect()
    }

    pub(crate) fn journal_size(&self) -> u64 {
        let journal = self.hub.registry().journal;
        self.hub.store().head(journal.into()).size
    }

    /// The township's ledger, from nothing.
    pub(crate) fn ledger(&self) -> Follower {
        rebuilt(self.hub.store(), &Track::of_hub(&[(self.hub.registry().journal, None)]))
    }
}

/// A ledger that follows from the beginning to the end.
pub(crate) fn rebuilt(store: &impl event_log::LogRead, track: &Track) -> Follower {
    let mut follower = Follower::new();
    while !follower.follow(store, track, 100).expect("follows").at_end {}
    follower
}

/// A machine whose log is written by hand.
pub(crate) struct Pen {
    pub(crate) key: OriginKey,
    pub(crate) unit: UnitCode,
    pub(crate) entries: Vec<Entry>,
    number: u8,
}

pub(crate) fn registered(household: u8, of: UnitCode) -> Draft {
    let facts = Facts::HouseholdRegistered(HouseholdRegistered {
        group: 1,
        size: Some(3),
    });
    draft(household, of, facts)
}

pub(crate) fn visited(household: u8, of: UnitCode, minutes: u16) -> Draft {
    let facts = Facts::VisitRecorded(VisitRecorded {
        mode: Mode::Home,
        outcome: Outcome::Met,
        minutes: Some(minutes),
        requests: Vec::new(),
    });
    draft(household, of, facts)
}

fn draft(household: u8, unit: UnitCode, facts: Facts) -> Draft {
    let mut id = [household; 16];
    id[..8].copy_from_slice(&unit.get().to_be_bytes());
    let person = PersonId::from_bytes([7; 16]);
    Draft {
        subject: Subject::household(EntityId::from_bytes(id)),
        facts,
        occurred: When::Instant(START_MS.cast_signed()),
        unit,
        recorder: person,
        actors: vec![person],
        causes: Vec::new(),
        mode: EntryMode::Live,
        source: None,
        personal: Some(PersonalContent {
            text: Some("走访记录：家中平安，屋顶漏水。".to_owned()),
            ..PersonalContent::default()
        }),
    }
}

impl Pen {
    pub(crate) fn new(number: u8) -> Self {
        Self {
            key: OriginKey::from_seed([number; 32]),
            unit: unit(u64::from(number)),
            entries: Vec::new(),
            number,
        }
    }

    pub(crate) fn origin(&self) -> Origin {
        self.key.origin()
    }

    /// An entry as this machine would write it next, minted at that time.
    pub(crate) fn entry(&self, draft: &Draft, at_ms: u64) -> Entry {
        let size = self.entries.len() as u64;
        let stamp = Stamp {
            origin: self.origin(),
            sequence: Sequence::after_size(size),
            id: EventId::from_parts(at_ms, u128::from(size) << 8 | u128::from(self.number)).expect("before 10889"),
            clock: ClockQuality::Unknown,
            wall_ms: at_ms,
            mono_ms: 0,
            boot: BootId([2; 8]),
            seen: None,
        };
        Entry::write(draft, &stamp, [5; 16]).expect("within the bounds")
    }

    pub(crate) fn write(&mut self, draft: &Draft, at_ms: u64) {
        self.entries.push(self.entry(draft, at_ms));
    }

    /// Writes `count` visits to one household, which the first entry of the log registers.
    pub(crate) fn visits(&mut self, count: usize, at_ms: u64) {
        for n in 0..count {
            let draft = match self.entries.len() {
                0 => registered(1, self.unit),
                at => visited(1, self.unit, u16::try_from(at).expect("few")),
            };
            self.write(&draft, at_ms + n as u64);
        }
    }

    pub(crate) fn note(&self, size: usize) -> String {
        let mut frontier = Frontier::new();
        let leaves = self.entries[..size].iter().map(|entry| leaf_hash(&entry.bytes));
        leaves.for_each(|leaf| frontier.push(leaf));
        let (name, size, root) = (origin_log_name(self.origin()), frontier.size(), frontier.root());
        Checkpoint { name, size, root }.sign(&self.key)
    }

    /// A body of the entries from index `from` to `to`, without a checkpoint.
    pub(crate) fn part(&self, from: usize, to: usize) -> BodyWriter {
        let mut writer = BodyWriter::new().expect("a compressor");
        let first = Sequence::after_size(from as u64);
        writer.range(self.origin(), first).expect("writes");
        for entry in &self.entries[from..to] {
            writer.entry(&entry.bytes, entry.personal.as_deref()).expect("writes");
        }
        writer
    }

    /// The same with the checkpoint at its end.
    pub(crate) fn body(&self, from: usize, to: usize) -> Vec<u8> {
        let mut writer = self.part(from, to);
        writer.checkpoint(&self.note(to)).expect("writes");
        writer.finish().expect("ends")
    }

    /// Every fact of this log counts in the ledger, once, and nothing else of its unit does.
    pub(crate) fn is_counted_once(&self, ledger: &Ledger) {
        for (index, entry) in self.entries.iter().enumerate() {
            let sequence = Sequence::after_size(index as u64);
            let effect = ledger.effect_at(self.origin(), sequence);
            assert_eq!(effect, Some(Effect::Counted), "entry {sequence} of {}", self.origin());
            let id = entry.event().expect("readable").header.id;
            assert_eq!(ledger.effect_of(id), Some(Effect::Counted));
        }
        let rows = ledger.households(
            self.unit,
            ledger::Query::as_of(event::Day::of_instant(START_MS.cast_signed())),
        );
        let visits: u64 = rows.iter().map(|row| row.visits).sum();
        assert_eq!((rows.len(), visits), (1, self.entries.len() as u64 - 1));
    }
}

/// Somebody who reads the hub's journal page by page and follows it with a ledger all the while.
pub(crate) struct Reader {
    pub(crate) role: Role,
    pub(crate) unit: UnitCode,
    pub(crate) mirror: Mirror,
    pub(crate) store: MemStore,
    pub(crate) follower: Follower,
}

impl Reader {
    pub(crate) fn new(role: Role, unit: UnitCode) -> Self {
        let store = MemStore::open(&MemDisk::new()).expect("an empty disk opens");
        let key = Keys::from_seed(HUB_SEED).journal().public();
        let mirror = Mirror::open(&store, key).expect("an empty mirror");
        Self {
            role,
            unit,
            mirror,
            store,
            follower: Follower::new(),
        }
    }

    pub(crate) fn page(&self, town: &Town, after: Cursor, skip: &[Origin], bytes: usize) -> Vec<u8> {
        let (role, unit, skip) = (self.role, self.unit, skip.to_vec());
        let request = PageRequest {
            role,
            unit,
            after,
            skip,
            units: self.mirror.units().to_vec(),
            bytes,
            seen: self.mirror.seen(),
        };
        town.hub.desk().page(&request).expect("a page")
    }

    /// Takes one page in; of the logs in `own` it gets the receipts only.
    pub(crate) fn take(&mut self, town: &Town, own: &[Origin], bytes: usize) -> Taken {
        let page = self.page(town, self.mirror.cursor(), own, bytes);
        self.mirror.take(&mut self.store, &page, own).expect("the page holds")
    }

    /// Reads to the end of the journal and says in how many pages; the ledger follows after each.
    pub(crate) fn pull(&mut self, town: &Town, bytes: usize) -> usize {
        for pages in 1..10_000 {
            let taken = self.take(town, &[], bytes);
            self.follow();
            if taken.at_end {
                return pages;
            }
        }
        panic!("the journal has no end");
    }

    pub(crate) fn follow(&mut self) {
        let track = Track::of_mirror(&self.mirror);
        while !self.follower.follow(&self.store, &track, 7).expect("follows").at_end {}
    }

    /// Its ledger, kept up page by page, is the rebuilt one, and of a village what the township's says.
    pub(crate) fn agrees_with(&self, town: &Town, units: &[UnitCode]) {
        let anew = rebuilt(&self.store, &Track::of_mirror(&self.mirror));
        let (live, theirs) = (self.follower.ledger(), town.ledger());
        assert_eq!(live.cut(), theirs.ledger().cut());
        for (view, unit) in View::ALL
            .into_iter()
            .flat_map(|view| units.iter().map(move |unit| (view, *unit)))
        {
            let numbers = [live, anew.ledger(), theirs.ledger()].map(|one| one.live_digest(view, unit));
            assert!(
                numbers[0] == numbers[1] && numbers[1] == numbers[2],
                "{view:?} of {unit}: {numbers:?}"
            );
        }
    }
}
