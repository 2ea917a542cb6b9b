//! The journals: every record in its place, every root the one that was signed, every receipt signed by its origin.
//!
//! What is kept of them is bounded by the number of records, about a hundred bytes each: roots for what entries say that
//! they had seen, times, and of every receipt its root.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::ControlFlow;

use event::{JournalId, Origin, Position, UnitCode};
use proof::{Hash, PublicKey, SignedCheckpoint, journal_log_name, origin_log_name};
use sync::message::SUCCESSOR_DOMAIN;
use sync::record::{JournalRecord, Previous, Role};

use crate::check::{LogCheck, Mark, Outcome};
use crate::said::{Fork, JournalMark, LogLines, NEWEST, Named, ReadJournal, Receipt, Restore};
use crate::{Chapter, Finding, Log, Piece, Source, SourceError, Verified};

/// Everything that the journals say.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) journals: Vec<ReadJournal>,
    pub(crate) logs: BTreeMap<Origin, LogLines>,
    pub(crate) last_ms: u64,
    /// Restores that were declared: the journal that was frozen and where.
    pub(crate) restores: Vec<Restore>,
    /// Records of checkpoints that cannot both be true.
    pub(crate) forks: Vec<Fork>,
    /// Successors of one origin, where there is more than one.
    pub(crate) successors: Vec<Named>,
    /// Found of receipts; told behind what is found of the journal itself.
    late: Vec<Finding>,
    township: Option<(UnitCode, String)>,
}

impl Records {
    /// Reads every journal. `marks` are the roots of kept checkpoints.
    pub(crate) fn read(
        source: &dyn Source,
        hub_key: PublicKey,
        marks: &[JournalMark],
        progress: &mut dyn FnMut(u64, u64),
        verified: &mut Verified,
    ) -> Result<Self, SourceError> {
        let mut records = Self::default();
        for chapter in source.journals()? {
            verified.checked.journals += 1;
            records.journal(source, hub_key, &chapter, marks, progress, verified)?;
        }
        records.judge_ends(verified);
        Ok(records)
    }

    /// Every journal but the newest ends where the next one says, and the newest one has no end yet: otherwise a record
    /// could take the place of the hub's signature.
    fn judge_ends(&self, verified: &mut Verified) {
        let next = self.journals.iter().skip(1).map(Some).chain([None]);
        for (read, next) in self.journals.iter().zip(next) {
            let stated = next.and_then(|next| self.restore_of(next.journal));
            let stated = stated.filter(|restore| restore.previous.journal == read.journal);
            if read.frozen != stated.map(|restore| restore.previous.size.0) {
                let words = match next {
                    Some(_) => "the journal does not end where the next one says that it was frozen",
                    None => "the journal is said to have been frozen, and none that follows it is here",
                };
                let mut finding = Finding::new("restore", words);
                finding.journal = Some(read.journal);
                verified.find(finding);
            }
        }
    }

    fn journal(
        &mut self,
        source: &dyn Source,
        hub_key: PublicKey,
        chapter: &Chapter,
        marks: &[JournalMark],
        progress: &mut dyn FnMut(u64, u64),
        verified: &mut Verified,
    ) -> Result<(), SourceError> {
        let (journal, log) = (chapter.journal, Log::Journal(chapter.journal));
        let newest = newest(hub_key, chapter, verified);
        let kept = marks
            .iter()
            .filter(|kept| kept.journal == journal)
            .map(|kept| kept.mark);
        let mut all: Vec<Mark> = kept.chain(newest).collect();
        // Behind the frozen end nothing counts, whatever was signed of it once.
        all.retain(|mark| chapter.frozen.is_none_or(|frozen| mark.size <= frozen));
        let wanted = chapter.frozen.or(newest.map(|mark| mark.size)).unwrap_or(0);
        let mut check = LogCheck::new(source, log, wanted, all);
        let mut read = ReadJournal {
            journal,
            frozen: chapter.frozen,
            signed: newest.map(|mark| mark.size),
            roots: vec![first_half(&check.root())],
            times: Vec::new(),
            outcome: Outcome::default(),
        };
        let mut failed = None;
        let before = verified.checked.records;
        source.scan(log, wanted, &mut |piece| {
            let step = self.piece(piece, hub_key, &mut check, &mut read, verified);
            if verified.checked.records.is_multiple_of(4_096) {
                progress(verified.checked.records - before, wanted);
            }
            step.unwrap_or_else(|error| {
                failed = Some(error);
                ControlFlow::Break(())
            })
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        read.outcome = check.finish(verified)?;
        self.judge_end(&read, newest, verified);
        self.journals.push(read);
        verified.findings.append(&mut self.late);
        Ok(())
    }

    fn piece(
        &mut self,
        piece: Piece<'_>,
        hub_key: PublicKey,
        check: &mut LogCheck<'_>,
        read: &mut ReadJournal,
        verified: &mut Verified,
    ) -> Result<ControlFlow<()>, SourceError> {
        match piece {
            Piece::Entry { index, bytes, .. } => {
                if read.frozen.is_some_and(|frozen| index >= frozen) {
                    return Ok(ControlFlow::Break(()));
                }
                let position = Position(check.size());
                if index != position.0 {
                    verified.find(Finding::new("gapless", "the record is missing").at(read.journal, position));
                    return Ok(ControlFlow::Break(()));
                }
                check.entry(bytes, verified)?;
                read.roots.push(first_half(&check.root()));
                verified.checked.records += 1;
                let record = JournalRecord::decode(bytes);
                read.times
                    .push(record.as_ref().map_or(self.last_ms, JournalRecord::at_ms));
                match record {
                    Ok(record) => self.record(hub_key, read, position, record, verified),
                    Err(_) => verified.checked.unknown_records += 1,
                }
            }
            Piece::Missing {
                first,
                end,
                file,
                bytes,
                problem,
            } => {
                check.missing((first, end), file, (bytes, problem), verified)?;
                while (read.roots.len() as u64) <= check.size() {
                    // Roots within what is missing are not known one by one.
                    read.roots.push([0; 16]);
                    read.times.push(self.last_ms);
                }
            }
        }
        Ok(if check.has_ended() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    }

    /// What is wrong with the journal as a whole.
    fn judge_end(&self, read: &ReadJournal, newest: Option<Mark>, verified: &mut Verified) {
        let outcome = &read.outcome;
        // A successor states where its predecessor was frozen.
        if let (Some(restore), Some(before)) = (self.restore_of(read.journal), self.journals.last()) {
            verified.checked.roots += 1;
            let stated = (
                restore.previous.journal,
                restore.previous.size.0,
                *restore.previous.root,
            );
            if stated != (before.journal, before.outcome.size, before.outcome.root) {
                let words = "the journal before it does not have the size and root that are stated here";
                verified.find(Finding::new("journal-root", words).at(read.journal, Position(0)));
            }
        }
        let Some(newest) = newest else {
            if read.frozen.is_none() {
                let words = "no checkpoint of the journal is here: nobody signed that these are its records";
                let mut finding = Finding::new("journal-signature", words);
                finding.journal = Some(read.journal);
                verified.find(finding);
            }
            return;
        };
        if read.frozen.is_none() && outcome.size > newest.size {
            let words = format!(
                "{} records of the journal stand behind its newest checkpoint: nobody signed for them",
                outcome.size - newest.size
            );
            let mut finding = Finding::new("uncovered", words).at(read.journal, Position(newest.size));
            finding.until = Some(Position(outcome.size - 1));
            verified.find(finding);
        }
        if outcome.beyond.iter().any(|mark| mark.tag == NEWEST) {
            let words = format!(
                "{} records of the journal are here; the hub has signed {}",
                outcome.size, newest.size
            );
            let mut finding = Finding::new("complete", words);
            finding.journal = Some(read.journal);
            verified.find(finding);
            return;
        }
        if let (false, Some(first)) = (outcome.ends_right, outcome.failed.first()) {
            let words = format!(
                "the {} records of the journal do not have the root that the hub signed: a record was altered, swapped, \
                 taken out or put in",
                newest.size
            );
            let finding = Finding::new(Finding::JOURNAL_ROOT, words);
            let mut finding = finding.at(read.journal, Position(first.right_until));
            finding.until = Some(Position(first.mark.size.saturating_sub(1)));
            verified.find(finding);
        }
    }

    fn restore_of(&self, journal: JournalId) -> Option<&Restore> {
        self.restores.iter().find(|restore| restore.journal == journal)
    }

    fn record(
        &mut self,
        hub: PublicKey,
        read: &ReadJournal,
        position: Position,
        record: JournalRecord,
        verified: &mut Verified,
    ) {
        let (journal, at_ms) = (read.journal, record.at_ms());
        if self.last_ms > 0 && at_ms <= self.last_ms {
            let (unit, origin) = concerned(&record);
            let words = format!(
                "the time of receipt ({at_ms} ms) does not lie behind that of the record before it ({} ms)",
                self.last_ms
            );
            let mut finding = Finding::new("received-at", words).at(journal, position);
            (finding.unit, finding.origin) = (unit, origin);
            verified.find(finding);
        }
        self.last_ms = self.last_ms.max(at_ms);
        match record {
            JournalRecord::Opened {
                journal: named,
                key,
                unit,
                name,
                previous,
                ..
            } => {
                if position.0 != 0 || *key != hub.0 || named != journal {
                    let words = "the journal is not opened by its first record under the hub's key";
                    verified.find(Finding::new("key", words).at(journal, position));
                }
                self.township = Some((unit, name));
                self.opened(hub, journal, previous, verified);
            }
            JournalRecord::Enrolled {
                origin,
                key,
                unit,
                role,
                name,
                ..
            } => self.key(
                journal,
                position,
                origin,
                LogLines::new(*key, Some(unit), name, role == Role::Village),
                verified,
            ),
            JournalRecord::HubOrigin { origin, key, name, .. } => {
                let unit = name.audience.unit();
                self.key(
                    journal,
                    position,
                    origin,
                    LogLines::new(*key, unit, String::new(), false),
                    verified,
                );
            }
            JournalRecord::Successor {
                old,
                new,
                key,
                unit,
                signature,
                size,
                second,
                ..
            } => {
                verified.checked.signatures += 1;
                let statement = [&old.to_bytes()[..], &key[..]].concat();
                self.successors.push(Named {
                    old,
                    new,
                    place: (journal, position),
                    statement: statement.clone(),
                    signature: signature.to_vec(),
                    size,
                    second,
                    at_ms,
                });
                let signature = <[u8; 64]>::try_from(&signature[..]).ok();
                let before = self.logs.get(&old);
                let is_named = before
                    .zip(signature)
                    .is_some_and(|(before, signature)| before.key.verify(SUCCESSOR_DOMAIN, &statement, &signature));
                let name = before.map(|before| before.name.clone()).unwrap_or_default();
                if before.is_some_and(|before| before.unit != Some(unit)) {
                    let words = "the successor is of another unit than the machine that it follows";
                    verified.find(Finding::new("key", words).at(journal, position).of(Some(unit), &name));
                }
                if !is_named {
                    let words = "the successor was not named by the key before it";
                    verified.find(Finding::new("key", words).at(journal, position).of(Some(unit), &name));
                }
                self.key(
                    journal,
                    position,
                    new,
                    LogLines::new(*key, Some(unit), name, true),
                    verified,
                );
            }
            JournalRecord::Receipt {
                origin,
                unit,
                first,
                size,
                note,
                received_at_ms,
            } => {
                verified.checked.receipts += 1;
                let receipt = Receipt {
                    journal,
                    position: position.0,
                    first: first.get(),
                    size,
                    root: None,
                    at_ms: received_at_ms,
                };
                self.receipt(origin, unit, receipt, &note, verified);
            }
            JournalRecord::Fork {
                origin,
                hub_note,
                shown_note,
                ..
            } => self.forks.push(Fork {
                origin,
                place: (journal, position),
                hub_note,
                shown_note,
                at_ms,
            }),
            JournalRecord::Revoked { .. } => {}
        }
    }

    fn opened(&mut self, hub: PublicKey, journal: JournalId, previous: Option<Previous>, verified: &mut Verified) {
        let before = self.journals.last().map(|before| before.journal);
        let Some(previous) = previous else {
            if before.is_some() {
                let words = "the journal does not name the one before it: a restore that was not declared";
                verified.find(Finding::new("restore", words).at(journal, Position(0)));
            }
            return;
        };
        verified.checked.signatures += 1;
        let evidence = SignedCheckpoint::verify(&previous.evidence, &journal_log_name(previous.journal), &hub);
        let is_shown = evidence.is_ok_and(|shown| shown.size >= previous.size.0);
        if before != Some(previous.journal) {
            let words = "the journal goes on from another one than the one before it, or from one that is not here";
            verified.find(Finding::new("restore", words).at(journal, Position(0)));
        } else if is_shown {
            let words = format!(
                "the hub was restored from a backup and says so: the journal {} was frozen at {} records; what was \
                 recorded behind that came back from the villages",
                previous.journal, previous.size
            );
            verified.note(Finding::new("restored", words).at(journal, Position(0)));
        } else {
            let words = "the checkpoint that is to show the restore is not the hub's, or lies within what stands";
            verified.find(Finding::new("restore", words).at(journal, Position(0)));
        }
        self.restores.push(Restore {
            previous,
            journal,
            is_shown,
        });
    }

    fn key(
        &mut self,
        journal: JournalId,
        position: Position,
        origin: Origin,
        lines: LogLines,
        verified: &mut Verified,
    ) {
        if lines.key.origin() != origin {
            let finding = Finding::new("key", "the origin is not the one of its key").at(journal, position);
            let mut finding = finding.of(lines.unit, &lines.name);
            finding.origin = Some(origin);
            verified.find(finding);
        }
        match self.logs.entry(origin) {
            Entry::Vacant(log) => {
                log.insert(lines);
            }
            // A journal that follows a frozen one enrols again; whose log it is stays.
            Entry::Occupied(log) if (log.get().key, log.get().unit) != (lines.key, lines.unit) => {
                let words = "the origin is enrolled again, for another unit or under another key";
                let finding = Finding::new("key", words).at(journal, position);
                let mut finding = finding.of(log.get().unit, &log.get().name);
                finding.origin = Some(origin);
                verified.find(finding);
            }
            Entry::Occupied(_) => {}
        }
    }

    fn receipt(
        &mut self,
        origin: Origin,
        unit: Option<UnitCode>,
        mut receipt: Receipt,
        note: &str,
        verified: &mut Verified,
    ) {
        let Some(log) = self.logs.get_mut(&origin) else {
            let words = "a receipt of an origin that nobody enrolled";
            let finding = Finding::new("receipt", words).at(receipt.journal, Position(receipt.position));
            let mut finding = finding.of(unit, "");
            finding.origin = Some(origin);
            verified.find(finding);
            return;
        };
        let finding = |rule, words: &str| {
            Finding::new(rule, words)
                .at(receipt.journal, Position(receipt.position))
                .entries(origin, receipt.first, receipt.size)
                .of(log.unit, &log.name)
        };
        verified.checked.signatures += 1;
        match SignedCheckpoint::verify(note, &origin_log_name(origin), &log.key) {
            Ok(checkpoint) if checkpoint.size == receipt.size => receipt.root = Some(checkpoint.root),
            Ok(_) => self
                .late
                .push(finding("receipt", "the receipt is not of its checkpoint's size")),
            Err(error) => {
                let words = format!("the receipt holds a checkpoint that its origin did not sign ({error})");
                self.late.push(finding("receipt-signature", &words));
            }
        }
        if unit != log.unit {
            let words = "the receipt names another unit than the one that the origin was enrolled for";
            self.late.push(finding("receipt", words));
        }
        // A hub that was restored receipts again what it had receipted before.
        if receipt.first > log.reached + 1 || receipt.size < receipt.first {
            let words = format!(
                "the receipt begins with entry {}; the one before it ended with entry {}",
                receipt.first, log.reached
            );
            self.late.push(finding("receipt", &words));
        }
        log.reached = log.reached.max(receipt.size);
        log.receipts.push(receipt);
    }

    /// The journal of this name.
    pub(crate) fn journal_of(&self, journal: JournalId) -> Option<&ReadJournal> {
        self.journals.iter().find(|read| read.journal == journal)
    }

    /// The declared restore that froze a journal.
    pub(crate) fn restore_from(&self, journal: JournalId) -> Option<&Restore> {
        let shown = self.restores.iter().filter(|restore| restore.is_shown);
        shown.rev().find(|restore| restore.previous.journal == journal)
    }
}

/// The newest checkpoint of a journal, if the hub signed it.
fn newest(hub_key: PublicKey, chapter: &Chapter, verified: &mut Verified) -> Option<Mark> {
    let note = chapter.note.as_ref()?;
    verified.checked.signatures += 1;
    match SignedCheckpoint::verify(note, &journal_log_name(chapter.journal), &hub_key) {
        Ok(checkpoint) => Some(Mark {
            size: checkpoint.size,
            root: checkpoint.root,
            tag: NEWEST,
        }),
        Err(error) => {
            let words = format!("the newest checkpoint of the journal does not carry the hub's signature ({error})");
            let mut finding = Finding::new("journal-signature", words);
            finding.journal = Some(chapter.journal);
            verified.find(finding);
            // It is no evidence, but says how far to look.
            let claim = SignedCheckpoint::parse(note).ok()?.claim().clone();
            (claim.name == journal_log_name(chapter.journal)).then_some(Mark {
                size: claim.size,
                root: claim.root,
                tag: NEWEST,
            })
        }
    }
}

fn first_half(root: &Hash) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&root[..16]);
    half
}

/// Whom a record concerns.
#[must_use]
pub fn concerned(record: &JournalRecord) -> (Option<UnitCode>, Option<Origin>) {
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
