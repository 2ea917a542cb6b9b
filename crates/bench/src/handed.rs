//! Rows 10 to 12: what is handed over, and how fast anybody checks it.

use std::hint::black_box;

use anyhow::{Context as _, Result, ensure};
use archive::{
    Asked, Chapter, ExportOptions, Folder, KeptNote, Log, Piece, Source, SourceError, Visit, export, verify_folder,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use event::{BootId, ClockQuality, Entry, EventId, JournalId, Origin, Position, SeenJournal, Sequence, Stamp};
use link::Surroundings;
use proof::{Checkpoint, Frontier, Hash, LeafNodes, OriginKey, PublicKey, inclusion_proof, leaf_hash};
use serde_bytes::{ByteArray, ByteBuf};
use sync::message::{ProofReply, encode};
use sync::record::{JournalRecord, Role};

use crate::clock::{Clock, random, timed};
use crate::table::{Line, Target, median, per_second, speed, thousands, whole};
use crate::{Bench, local};

/// Events of one receipt, as the target says.
const PER_RECEIPT: usize = 20;
const START_MS: u64 = 1_790_000_000_000;

pub(crate) fn run(bench: &Bench) -> Result<Vec<Line>> {
    let (events, rounds) = (bench.size(200_000, 20_000), bench.size(5, 3));
    let dir = bench.scratch()?;
    let town = Town::new(events)?;
    let (folder, mirror) = (dir.path().join("export"), dir.path().join("auditor"));
    let written = export(&town, &folder, &ExportOptions::default(), &mut |_| ())?;
    let config = audit::AuditConfig {
        ballast_mib: 0,
        ..audit::AuditConfig::new(&mirror)
    };
    let surroundings: Surroundings = Clock::new().surroundings();
    audit::open_export(&config, &Folder::open(&folder)?, &surroundings, &mut |_| ())?;
    let notes = town.notes()?;
    let (mut bare, mut folders, mut copied) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (judged, took) = timed(|| town.bare(&notes));
        ensure!(judged == notes.len(), "the yardstick refuses a signature");
        bare.push(per_second(events, took));
        let (verified, took) = timed(|| verify_folder(&Folder::open(&folder)?, &Asked::default(), &mut |_, _| ()));
        let verified = verified?;
        ensure!(
            verified.holds() && verified.checked.entries == events as u64,
            "{:?}",
            verified.findings
        );
        folders.push(per_second(events, took));
        let (verified, took) = timed(|| audit::verify(&config, &mut |_, _| ()));
        let verified = verified?;
        ensure!(
            verified.holds() && verified.checked.entries == events as u64,
            "{:?}",
            verified.findings
        );
        copied.push(per_second(events, took));
    }
    let yardstick = median(&mut bare);
    let line = |what: &str, measured: f64| Line {
        row: 10,
        what: format!(
            "verify {what} of {} events, {PER_RECEIPT} a receipt; beside SHA-256 of the leaves and Ed25519 of the notes alone",
            thousands(whole(events))
        ),
        measured: speed(measured),
        yardstick: speed(yardstick),
        value: measured / yardstick,
        unit: "×",
        target: Some(Target::AtLeast(0.5)),
    };
    let mut lines = vec![
        line("an export", median(&mut folders)),
        line("a mirror", median(&mut copied)),
    ];
    let tiles = usize::try_from(written.tile_bytes)?;
    lines.push(Line {
        row: 11,
        what: "files of hashes of an export, journal and log, for each event".to_owned(),
        measured: format!("{} B in all", thousands(whole(tiles))),
        yardstick: String::new(),
        value: whole(tiles) / whole(events),
        unit: "B",
        target: Some(Target::AtMost(40.0)),
    });
    for records in [events / PER_RECEIPT, 1_000_000] {
        lines.push(receipt(&town, records)?);
    }
    Ok(lines)
}

/// The bytes of a receipt with its proof and the checkpoint, in a journal of so many records.
fn receipt(town: &Town, records: usize) -> Result<Line> {
    let leaves: Vec<Hash> = (0..records as u64).map(|n| leaf_hash(&n.to_be_bytes())).collect();
    let mut frontier = Frontier::new();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    let checkpoint = Checkpoint {
        name: Log::Journal(town.journal).name(),
        size: frontier.size(),
        root: frontier.root(),
    };
    let path = inclusion_proof(&LeafNodes(&leaves), 1, frontier.size())?;
    let reply = ProofReply {
        journal: town.journal,
        position: Position(1),
        record: ByteBuf::from(town.records.last().context("a receipt")?.clone()),
        note: checkpoint.sign(&town.hub),
        inclusion: path.into_iter().map(ByteArray::new).collect(),
    };
    let bytes = encode(&reply).len();
    Ok(Line {
        row: 12,
        what: format!(
            "a receipt with proof and checkpoint, at {} records",
            thousands(whole(records))
        ),
        measured: format!("{bytes} B"),
        yardstick: format!("record {} B", reply.record.len()),
        value: whole(bytes),
        unit: "B",
        target: Some(Target::AtMost(1_500.0)),
    })
}

/// One village's log and the journal of its receipts, in memory.
struct Town {
    hub: OriginKey,
    village: OriginKey,
    journal: JournalId,
    entries: Vec<Vec<u8>>,
    records: Vec<Vec<u8>>,
    note: String,
}

impl Town {
    fn new(events: usize) -> Result<Self> {
        let (hub, village) = (OriginKey::from_seed(random()), OriginKey::from_seed(random()));
        let (journal, unit) = (JournalId::from_bytes(random()), local::unit()?);
        let (mut entries, mut records) = (Vec::new(), Vec::new());
        let (mut log, mut tree) = (Frontier::new(), Frontier::new());
        let mut at_ms = START_MS;
        let mut record = |record: &JournalRecord| -> Result<SeenJournal> {
            let bytes = record.encode()?;
            tree.push(leaf_hash(&bytes));
            records.push(bytes);
            let mut root = [0; 16];
            root.copy_from_slice(&tree.root()[..16]);
            let size = Position(tree.size());
            Ok(SeenJournal { journal, size, root })
        };
        record(&JournalRecord::Opened {
            journal,
            key: ByteArray::new(hub.public().0),
            unit: unit.township(),
            name: "示范镇".to_owned(),
            previous: None,
            at_ms,
        })?;
        let mut seen = record(&JournalRecord::Enrolled {
            origin: village.origin(),
            key: ByteArray::new(village.public().0),
            unit,
            role: Role::Village,
            name: "一号机".to_owned(),
            at_ms: at_ms + 1,
        })?;
        let mut drafts = local::drafts(events).peekable();
        while drafts.peek().is_some() {
            let first = Sequence::after_size(log.size());
            for draft in drafts.by_ref().take(PER_RECEIPT) {
                at_ms += 1_000;
                let stamp = Stamp {
                    origin: village.origin(),
                    sequence: Sequence::after_size(log.size()),
                    id: EventId::from_parts(at_ms, 7).context("a time")?,
                    clock: ClockQuality::Ntp,
                    wall_ms: at_ms,
                    mono_ms: at_ms - START_MS,
                    boot: BootId([2; 8]),
                    seen: Some(seen),
                };
                let entry = Entry::write(&draft, &stamp, random())?;
                log.push(leaf_hash(&entry.bytes));
                entries.push(entry.bytes);
            }
            let checkpoint = Checkpoint {
                name: Log::Origin(village.origin()).name(),
                size: log.size(),
                root: log.root(),
            };
            at_ms += 1_000;
            seen = record(&JournalRecord::Receipt {
                origin: village.origin(),
                unit: Some(unit),
                first,
                size: log.size(),
                note: checkpoint.sign(&village),
                received_at_ms: at_ms,
            })?;
        }
        let checkpoint = Checkpoint {
            name: Log::Journal(journal).name(),
            size: tree.size(),
            root: tree.root(),
        };
        Ok(Self {
            note: checkpoint.sign(&hub),
            hub,
            village,
            journal,
            entries,
            records,
        })
    }

    /// Every note as a verifier alone sees it: key, text, signature.
    fn notes(&self) -> Result<Vec<(VerifyingKey, String, Signature)>> {
        let receipts = self
            .records
            .iter()
            .filter_map(|bytes| match JournalRecord::decode(bytes) {
                Ok(JournalRecord::Receipt { note, .. }) => Some((self.village.public(), note)),
                _ => None,
            });
        let all = receipts.chain([(self.hub.public(), self.note.clone())]);
        all.map(|(key, note)| {
            let (text, line) = note.split_once("\n\n").context("a note")?;
            let signed = line.trim_end().rsplit(' ').next().context("a line")?;
            let signature = STANDARD.decode(signed)?;
            let key = VerifyingKey::from_bytes(&key.0)?;
            Ok((key, format!("{text}\n"), Signature::from_slice(&signature[4..])?))
        })
        .collect()
    }

    /// The sum of what cannot be spared: a hash for every leaf, a signature for every note. Returns how many were right.
    fn bare(&self, notes: &[(VerifyingKey, String, Signature)]) -> usize {
        for bytes in self.entries.iter().chain(&self.records) {
            black_box(leaf_hash(bytes));
        }
        let right = |(key, text, signature): &&(VerifyingKey, String, Signature)| {
            key.verify_strict(text.as_bytes(), signature).is_ok()
        };
        notes.iter().filter(right).count()
    }
}

impl Source for Town {
    fn hub_key(&self) -> PublicKey {
        self.hub.public()
    }

    fn journals(&self) -> Result<Vec<Chapter>, SourceError> {
        Ok(vec![Chapter {
            journal: self.journal,
            frozen: None,
            note: Some(self.note.clone()),
        }])
    }

    fn kept(&self) -> Result<Vec<KeptNote>, SourceError> {
        Ok(Vec::new())
    }

    fn scan(&self, log: Log, _: u64, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        let of_village = |origin: Origin| origin == self.village.origin();
        let all = match log {
            Log::Journal(_) => &self.records,
            Log::Origin(origin) if of_village(origin) => &self.entries,
            Log::Origin(_) => return Ok(()),
        };
        for (index, bytes) in (0..).zip(all) {
            let personal = None;
            if visit(Piece::Entry { index, bytes, personal }).is_break() {
                break;
            }
        }
        Ok(())
    }
}
