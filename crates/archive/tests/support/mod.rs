//! A small township in memory: villages, a hub, and whoever reads them. Keys are invented.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test program uses a part of this; tests may panic"
)]

pub(crate) mod forge;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use archive::{Chapter, ExportOptions, KeptNote, Log, Piece, Source, SourceError, Verified, Visit};
use event::{JournalId, Origin, Sequence};
use proof::{Checkpoint, Frontier, OriginKey, PublicKey, cosign, leaf_hash, origin_log_name};
use serde_bytes::ByteArray;
use sync::record::{JournalRecord, Previous, Role};

/// Every size of `failures.md` 36, and one that is no multiple of 256.
pub(crate) const SIZES: [u64; 11] = [0, 1, 2, 255, 256, 257, 511, 1_000, 65_535, 65_536, 65_537];
pub(crate) const START_MS: u64 = 1_790_000_000_000;

#[derive(Clone)]
pub(crate) struct Leaves {
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) frontier: Frontier,
}

impl Leaves {
    const fn new() -> Self {
        Self {
            entries: Vec::new(),
            frontier: Frontier::new(),
        }
    }

    pub(crate) fn push(&mut self, bytes: Vec<u8>) {
        self.frontier.push(leaf_hash(&bytes));
        self.entries.push(bytes);
    }

    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(crate) fn checkpoint(&self, log: Log) -> Checkpoint {
        Checkpoint {
            name: log.name(),
            size: self.size(),
            root: self.frontier.root(),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Town {
    pub(crate) hub: OriginKey,
    pub(crate) villages: Vec<OriginKey>,
    pub(crate) journal: JournalId,
    pub(crate) frozen: Vec<(JournalId, u64, Option<String>)>,
    pub(crate) logs: BTreeMap<Log, Leaves>,
    pub(crate) kept: Vec<KeptNote>,
    /// Histories that were not receipted, held as evidence.
    pub(crate) apart: BTreeMap<Log, Vec<Vec<u8>>>,
    pub(crate) at_ms: u64,
}

impl Town {
    pub(crate) fn new(villages: u8) -> Self {
        let mut town = Self {
            hub: OriginKey::from_seed([1; 32]),
            villages: (0..villages).map(|n| OriginKey::from_seed([100 + n; 32])).collect(),
            journal: JournalId::from_bytes([3; 16]),
            frozen: Vec::new(),
            logs: BTreeMap::new(),
            kept: Vec::new(),
            apart: BTreeMap::new(),
            at_ms: START_MS,
        };
        town.open(None);
        for village in town.villages.clone() {
            let unit = "990000103201".parse().unwrap();
            let at_ms = town.next_ms();
            town.record(&JournalRecord::Enrolled {
                origin: village.origin(),
                key: ByteArray::new(village.public().0),
                unit,
                role: Role::Village,
                name: "砚渡村".to_owned(),
                at_ms,
            });
        }
        town
    }

    pub(crate) fn next_ms(&mut self) -> u64 {
        self.at_ms += 7;
        self.at_ms
    }

    fn open(&mut self, previous: Option<Previous>) {
        let (journal, at_ms) = (self.journal, self.next_ms());
        let record = JournalRecord::Opened {
            journal,
            key: ByteArray::new(self.hub.public().0),
            unit: "990000103000".parse().unwrap(),
            name: "示范镇".to_owned(),
            previous,
            at_ms,
        };
        self.record(&record);
    }

    pub(crate) fn record(&mut self, record: &JournalRecord) {
        let bytes = record.encode().unwrap();
        self.leaves(Log::Journal(self.journal)).push(bytes);
    }

    pub(crate) fn leaves(&mut self, log: Log) -> &mut Leaves {
        self.logs.entry(log).or_insert_with(Leaves::new)
    }

    pub(crate) fn size(&self, log: Log) -> u64 {
        self.logs.get(&log).map_or(0, Leaves::size)
    }

    pub(crate) fn origin(&self, village: usize) -> Origin {
        self.villages[village].origin()
    }

    pub(crate) fn log(&self, village: usize) -> Log {
        Log::Origin(self.origin(village))
    }

    pub(crate) const fn journal(&self) -> Log {
        Log::Journal(self.journal)
    }

    /// Entries of about 60 bytes that nobody can read: they count as bytes.
    pub(crate) fn push(&mut self, village: usize, count: u64) {
        let (log, first) = (self.log(village), self.size(self.log(village)));
        for n in first..first + count {
            self.leaves(log).push(entry(n));
        }
        self.receipt(village, first + 1);
    }

    /// A receipt over everything from `first` on.
    pub(crate) fn receipt(&mut self, village: usize, first: u64) {
        let (log, key, at_ms) = (self.log(village), self.villages[village].clone(), self.next_ms());
        let checkpoint = self.leaves(log).checkpoint(log);
        let record = JournalRecord::Receipt {
            origin: key.origin(),
            unit: Some("990000103201".parse().unwrap()),
            first: Sequence::new(first).unwrap(),
            size: checkpoint.size,
            note: checkpoint.sign(&key),
            received_at_ms: at_ms,
        };
        self.record(&record);
    }

    /// Fills the journal up to `size` with records of a later version, which count as bytes.
    pub(crate) fn fill(&mut self, size: u64) {
        let log = self.journal();
        for n in self.size(log)..size {
            self.leaves(log)
                .push(format!("a record of a later version, {n:09}, and no more").into_bytes());
        }
    }

    pub(crate) fn note(&self) -> String {
        self.logs[&self.journal()].checkpoint(self.journal()).sign(&self.hub)
    }

    /// Keeps the newest checkpoint, cosigned by a village.
    pub(crate) fn cosigned(&mut self, village: usize) {
        let (note, key) = (self.note(), &self.villages[village]);
        let line = cosign(&note, &origin_log_name(key.origin()), key, self.at_ms / 1_000);
        let from = "kept".to_owned();
        let note = proof::add_line(&note, &line).unwrap();
        self.kept.push(KeptNote { from, note });
    }

    /// A town whose first village has a log of `size`, with a receipt for every 2,000 entries, and whose journal has as many
    /// records, where that is possible.
    pub(crate) fn of_size(size: u64) -> Self {
        let mut town = Self::new(2);
        town.push(1, 3);
        town.cosigned(1);
        let mut rest = size;
        while rest > 0 {
            // A receipt in the middle of a tile, too.
            let count = rest.min(1_990);
            town.push(0, count);
            rest -= count;
        }
        town.fill(size.saturating_sub(1));
        town.cosigned(1);
        town.push(1, 2);
        town
    }

    /// The hub comes back from a backup of `journal_size` records and says so.
    pub(crate) fn restored(&mut self, journal_size: u64) {
        let (journal, evidence) = (self.journal, self.note());
        let lost = self.logs.get_mut(&Log::Journal(journal)).unwrap();
        let mut stands = Leaves::new();
        for bytes in lost.entries.drain(..).take(usize::try_from(journal_size).unwrap()) {
            stands.push(bytes);
        }
        let root = ByteArray::new(stands.frontier.root());
        *lost = stands;
        self.frozen.push((journal, journal_size, None));
        self.journal = JournalId::from_bytes([4; 16]);
        self.open(Some(Previous {
            journal,
            size: event::Position(journal_size),
            root,
            evidence,
        }));
    }
}

pub(crate) fn entry(n: u64) -> Vec<u8> {
    format!("an entry that only its village can read, and it is no {n:08}").into_bytes()
}

impl Source for Town {
    fn hub_key(&self) -> PublicKey {
        self.hub.public()
    }

    fn journals(&self) -> Result<Vec<Chapter>, SourceError> {
        let frozen = self.frozen.iter().map(|(journal, size, note)| Chapter {
            journal: *journal,
            frozen: Some(*size),
            note: note.clone(),
        });
        let current = Chapter {
            journal: self.journal,
            frozen: None,
            note: Some(self.note()),
        };
        Ok(frozen.chain([current]).collect())
    }

    fn kept(&self) -> Result<Vec<KeptNote>, SourceError> {
        Ok(self.kept.clone())
    }

    fn scan(&self, log: Log, _: u64, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        let entries = self.logs.get(&log).map(|log| &log.entries[..]).unwrap_or_default();
        for (index, bytes) in (0..).zip(entries) {
            let personal = None;
            if visit(Piece::Entry { index, bytes, personal }) == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }

    fn scan_apart(&self, log: Log, visit: &mut Visit<'_>) -> Result<bool, SourceError> {
        let Some(entries) = self.apart.get(&log) else {
            return Ok(false);
        };
        for (index, bytes) in (0..).zip(entries) {
            let personal = None;
            if visit(Piece::Entry { index, bytes, personal }) == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(true)
    }
}

pub(crate) fn hasty() -> ExportOptions {
    ExportOptions {
        is_hasty: true,
        ..ExportOptions::default()
    }
}

pub(crate) fn rules(verified: &Verified) -> Vec<&'static str> {
    verified.findings.iter().map(|finding| finding.rule).collect()
}
