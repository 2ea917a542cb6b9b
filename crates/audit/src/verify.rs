//! Checking a mirror against the signatures of those who wrote it. Nothing is repaired, nothing is taken on trust:
//! roots are computed again from the stored bytes, signatures are judged again.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use event::{Origin, Position, Sequence};
use event_log::{Level, LogRead, Store as _, StoreError};
use follower::{Mirror, split};
use proof::{Frontier, Hash, PublicKey, SignedCheckpoint, journal_log_name, leaf_hash};
use serde::Serialize;
use sync::message::SUCCESSOR_DOMAIN;
use sync::record::{JournalRecord, Previous};

use crate::book::Book;
use crate::walk::Walk;
use crate::{AuditConfig, AuditError, Finding, folder};

/// Most findings that are reported.
const FINDINGS_MAX: usize = 200;

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Journals.
    pub journals: u64,
    /// Journal records.
    pub records: u64,
    /// Receipts among them.
    pub receipts: u64,
    /// Records of a later version, whose bytes count in the root and whose meaning is unknown here.
    pub unknown_records: u64,
    /// Signatures.
    pub signatures: u64,
    /// Roots that were computed again.
    pub roots: u64,
    /// Logs.
    pub logs: u64,
    /// Entries.
    pub entries: u64,
    /// Personal parts.
    pub personal_parts: u64,
    /// Bytes of events.
    pub event_bytes: u64,
}

/// The outcome of a verification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How much was checked.
    pub checked: Checked,
    /// The newest checkpoint of the journal that the hub signed, byte for byte.
    pub checkpoint: Option<String>,
    /// What does not hold; empty if everything does.
    pub findings: Vec<Finding>,
}

impl Verified {
    /// Whether everything holds.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.findings.is_empty()
    }

    pub(crate) fn find(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }
}

/// Checks everything that the mirror holds. `progress` hears entries done and in all.
///
/// # Errors
/// [`AuditError::Store`] if the mirror cannot be opened at all; everything else that is wrong is a finding.
pub fn verify(config: &AuditConfig, progress: &mut dyn FnMut(u64, u64)) -> Result<Verified, AuditError> {
    let hub_key = PublicKey(*folder::enrolled(&config.data_dir)?.hub_key);
    let store = config.open()?;
    let mut verified = Verified::default();
    let report = store.verify(Level::Full, &mut |done, all| progress(done, all * 2))?;
    for problem in &report.problems {
        verified.find(Finding::new("store", problem.to_string()));
    }
    let outcome = Mirror::open(&store, hub_key)
        .map_err(AuditError::from)
        .and_then(|mirror| contents(&store, &mirror, &mut verified, report.entries, progress));
    match outcome {
        // The store's own check has said where.
        Err(AuditError::Store(StoreError::Damaged(_))) if !verified.holds() => {}
        outcome => outcome?,
    }
    Box::new(store).close()?;
    Ok(verified)
}

fn contents(
    store: &dyn LogRead,
    mirror: &Mirror,
    verified: &mut Verified,
    all: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), AuditError> {
    verified.checkpoint = mirror.note().map(str::to_owned);
    journals(store, mirror, verified)?;
    let book = Book::read(store, mirror)?;
    for finding in &mut verified.findings {
        let name = finding.unit.map_or("", |unit| book.name_of(unit));
        finding.name = (!name.is_empty()).then(|| name.to_owned());
    }
    verified.checked.logs = book.logs.len() as u64;
    for (origin, log) in &book.logs {
        let mut walk = Walk::new(*origin, log, verified);
        let scanned = store.scan(log.id, Sequence::FIRST, &mut |sequence, bytes, personal| {
            walk.entry(sequence, bytes, personal);
            ControlFlow::Continue(())
        });
        walk.end();
        progress(all + verified.checked.entries, all * 2);
        scanned?;
    }
    Ok(())
}

/// The journals: every record in its place, every root the one that was signed.
fn journals(store: &dyn LogRead, mirror: &Mirror, verified: &mut Verified) -> Result<(), AuditError> {
    let mut walk = Records::default();
    for (journal, log, frozen) in mirror.journals() {
        verified.checked.journals += 1;
        let mut frontier = Frontier::new();
        let signed = mirror
            .checkpoint()
            .filter(|checkpoint| checkpoint.name == journal_log_name(journal));
        let mut root_at_signed: Option<Hash> = None;
        walk.previous = None;
        store.scan(log, Sequence::FIRST, &mut |_, entry, _| {
            let Some((position, bytes)) = split(entry) else {
                verified.find(Finding::new("gapless", "a record without its position"));
                return ControlFlow::Break(());
            };
            if frozen.is_some_and(|frozen| position >= frozen) {
                return ControlFlow::Break(());
            }
            if position.0 != frontier.size() {
                let missing = Position(frontier.size());
                verified.find(Finding::new("gapless", "the record is missing").at(journal, missing));
                return ControlFlow::Break(());
            }
            frontier.push(leaf_hash(bytes));
            if signed.is_some_and(|signed| signed.size == frontier.size()) {
                root_at_signed = Some(frontier.root());
            }
            verified.checked.records += 1;
            match JournalRecord::decode(bytes) {
                Ok(record) => walk.record(mirror.hub_key(), position, record, verified),
                Err(_) => verified.checked.unknown_records += 1,
            }
            ControlFlow::Continue(())
        })?;
        // A successor states where its predecessor was frozen.
        if let (Some((claim, at)), Some(before)) = (&walk.previous, walk.root_before.take()) {
            verified.checked.roots += 1;
            if (claim.size.0, *claim.root) != before {
                let words = "the journal before it does not have the size and root that are stated here";
                verified.find(Finding::new("journal-root", words).at(journal, *at));
            }
        }
        walk.root_before = Some((frontier.size(), frontier.root()));
        let Some(signed) = signed else { continue };
        verified.checked.roots += 1;
        if let Some(note) = mirror.note() {
            verified.checked.signatures += 1;
            if SignedCheckpoint::verify(note, &signed.name, &mirror.hub_key()).as_ref() != Ok(signed) {
                let words = "the newest checkpoint of the journal does not carry the hub's signature";
                verified.find(Finding::new("journal-signature", words));
            }
        }
        match root_at_signed {
            Some(root) if root == signed.root => {}
            Some(_) => {
                let words = format!(
                    "the {} records of the journal do not have the root that the hub signed: a record was altered, \
                     swapped or put in",
                    signed.size
                );
                let mut finding = Finding::new(Finding::JOURNAL_ROOT, words);
                finding.journal = Some(journal);
                verified.find(finding);
            }
            None => {
                let words = format!(
                    "the mirror holds {} records of the journal; the hub has signed {}",
                    frontier.size(),
                    signed.size
                );
                verified.find(Finding::new("complete", words));
            }
        }
    }
    if verified.checked.journals == 0 {
        verified.find(Finding::new(
            "complete",
            "the mirror is empty: run `minqing audit mirror` first",
        ));
    }
    Ok(())
}

/// What is carried from record to record.
#[derive(Default)]
struct Records {
    last_ms: Option<u64>,
    keys: BTreeMap<Origin, PublicKey>,
    /// What the journal that is being read says of the one before it.
    previous: Option<(Previous, Position)>,
    /// Size and root of the journal before it, as computed.
    root_before: Option<(u64, Hash)>,
    journal: event::JournalId,
}

impl Records {
    fn record(&mut self, hub: PublicKey, position: Position, record: JournalRecord, verified: &mut Verified) {
        let at_ms = record.at_ms();
        if let JournalRecord::Opened { journal, .. } = &record {
            self.journal = *journal;
        }
        let journal = self.journal;
        if self.last_ms.is_some_and(|last| at_ms <= last) {
            let (unit, origin) = concerned(&record);
            let words = "the time of receipt does not lie behind that of the record before it";
            let mut finding = Finding::new("received-at", words).at(journal, position);
            (finding.unit, finding.origin) = (unit, origin);
            verified.find(finding);
        }
        self.last_ms = Some(self.last_ms.unwrap_or(0).max(at_ms));
        match record {
            JournalRecord::Opened { key, previous, .. } => {
                if position.0 != 0 || *key != hub.0 {
                    let words = "the journal is not opened by its first record under the hub's key";
                    verified.find(Finding::new("key", words).at(journal, position));
                }
                self.previous = previous.map(|previous| (previous, position));
            }
            JournalRecord::Enrolled { origin, key, .. } | JournalRecord::HubOrigin { origin, key, .. } => {
                self.key(origin, PublicKey(*key), position, verified);
            }
            JournalRecord::Successor {
                old,
                new,
                key,
                signature,
                ..
            } => {
                verified.checked.signatures += 1;
                let statement = [&old.to_bytes()[..], &key[..]].concat();
                let signature = <[u8; 64]>::try_from(&signature[..]).ok();
                let named = self.keys.get(&old).zip(signature);
                if !named.is_some_and(|(old, signature)| old.verify(SUCCESSOR_DOMAIN, &statement, &signature)) {
                    let words = "the successor was not named by the key before it";
                    verified.find(Finding::new("key", words).at(journal, position));
                }
                self.key(new, PublicKey(*key), position, verified);
            }
            JournalRecord::Receipt { origin, unit, .. } => {
                verified.checked.receipts += 1;
                if !self.keys.contains_key(&origin) {
                    let words = "a receipt of an origin that nobody enrolled";
                    let mut finding = Finding::new("receipt", words).at(journal, position).of(unit, "");
                    finding.origin = Some(origin);
                    verified.find(finding);
                }
            }
            JournalRecord::Fork { .. } | JournalRecord::Revoked { .. } => {}
        }
    }

    fn key(&mut self, origin: Origin, key: PublicKey, position: Position, verified: &mut Verified) {
        if key.origin() != origin {
            let mut finding = Finding::new("key", "the origin is not the one of its key").at(self.journal, position);
            finding.origin = Some(origin);
            verified.find(finding);
        }
        self.keys.entry(origin).or_insert(key);
    }
}

pub(crate) fn concerned(record: &JournalRecord) -> (Option<event::UnitCode>, Option<Origin>) {
    match record {
        JournalRecord::Receipt { unit, origin, .. } => (*unit, Some(*origin)),
        JournalRecord::Enrolled { unit, origin, .. }
        | JournalRecord::Fork { unit, origin, .. }
        | JournalRecord::Revoked { unit, origin, .. } => (Some(*unit), Some(*origin)),
        JournalRecord::Successor { unit, new, .. } => (Some(*unit), Some(*new)),
        JournalRecord::HubOrigin { origin, .. } => (None, Some(*origin)),
        JournalRecord::Opened { unit, .. } => (Some(*unit), None),
    }
}
