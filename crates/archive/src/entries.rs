//! One origin's log: every entry in its place, every receipt's root the tree's, every personal part its own; and the time
//! that each entry claims, beside what bounds it.

use std::ops::ControlFlow;

use event::{ClockQuality, Event, EventId, Origin, Personal, Sequence};

use crate::check::{LogCheck, Mark};
use crate::records::Records;
use crate::said::{LogLines, Receipt};
use crate::{Finding, Log, Piece, Source, SourceError, Verified};

/// How far a claimed time may lie outside its bounds before it is noted, in milliseconds: ten minutes, as the hub allows
/// when it listens to machines' clocks.
const TIME_SLACK_MS: u64 = 600_000;

pub(crate) struct Walk<'a> {
    source: &'a dyn Source,
    records: &'a Records,
    origin: Origin,
    lines: &'a LogLines,
    check: LogCheck<'a>,
    last: Option<EventId>,
    /// The receipt that the walk is under.
    under: usize,
}

/// Checks the log of one origin. `kept` are roots of it that were kept elsewhere; their tags are 0 and up.
pub(crate) fn walk(
    source: &dyn Source,
    records: &Records,
    (origin, lines): (Origin, &LogLines),
    kept: Vec<Mark>,
    progress: &mut dyn FnMut(u64),
    verified: &mut Verified,
) -> Result<crate::check::Outcome, SourceError> {
    let log = Log::Origin(origin);
    let tags = kept.len();
    let mut marks = kept;
    let receipts = lines.receipts.iter().enumerate();
    marks.extend(receipts.filter_map(|(at, receipt)| {
        let root = receipt.root?;
        Some(Mark {
            size: receipt.size,
            root,
            tag: tags + at,
        })
    }));
    let mut walk = Walk {
        check: LogCheck::new(source, log, lines.reached, marks),
        source,
        records,
        origin,
        lines,
        last: None,
        under: 0,
    };
    let before = verified.findings.len();
    let mut failed = None;
    source.scan(log, lines.reached, &mut |piece| {
        let step = walk.piece(piece, verified);
        if verified.checked.entries.is_multiple_of(4_096) {
            progress(verified.checked.entries);
        }
        step.unwrap_or_else(|error| {
            failed = Some(error);
            ControlFlow::Break(())
        })
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    let outcome = walk.check.finish(verified)?;
    let of_receipt = |tag: usize| tag.checked_sub(tags).and_then(|at| lines.receipts.get(at));
    let missed = outcome
        .failed
        .iter()
        .find_map(|failed| of_receipt(failed.mark.tag).zip(Some(failed)));
    if let Some((receipt, failed)) = missed {
        let words = if outcome.ends_right {
            "the origin signed another root here than the entries have, which a later signature of its own bears out"
        } else {
            "the entries do not have the root that their origin signed: one of them was altered, swapped, taken out or put in"
        };
        let first = failed.right_until.max(receipt.first.saturating_sub(1));
        let finding = log.finding(
            "root",
            words,
            first.min(failed.mark.size.saturating_sub(1)),
            failed.mark.size,
        );
        verified.find(finding.at(receipt.journal, event::Position(receipt.position)));
    }
    ends(origin, lines, outcome.size, verified);
    for finding in verified.findings.iter_mut().skip(before) {
        finding.unit = finding.unit.or(lines.unit);
        if finding.name.is_none() && !lines.name.is_empty() {
            finding.name = Some(lines.name.clone());
        }
    }
    Ok(outcome)
}

fn ends(origin: Origin, lines: &LogLines, size: u64, verified: &mut Verified) {
    let covered = lines.reached;
    if covered > size {
        let words = "receipted entries are missing: the end of the log was dropped";
        verified.find(Finding::new("uncovered", words).entries(origin, size + 1, covered));
    }
    if size > covered {
        let words = "entries that no receipt covers";
        verified.find(Finding::new("uncovered", words).entries(origin, covered + 1, size));
    }
}

impl Walk<'_> {
    fn piece(&mut self, piece: Piece<'_>, verified: &mut Verified) -> Result<ControlFlow<()>, SourceError> {
        match piece {
            Piece::Entry { bytes, personal, .. } => {
                let sequence = Sequence::after_size(self.check.size());
                self.check.entry(bytes, verified)?;
                verified.checked.entries += 1;
                verified.checked.event_bytes += bytes.len() as u64;
                // An entry whose header cannot be read counts as bytes: that it was never altered is all there is to check.
                if let Ok(event) = Event::decode(bytes) {
                    self.event(sequence, &event, personal, verified)?;
                }
            }
            Piece::Missing {
                first,
                end,
                file,
                bytes,
                problem,
            } => {
                self.check.missing((first, end), file, (bytes, problem), verified)?;
                self.last = None;
            }
        }
        Ok(if self.check.has_ended() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    }

    fn finding(&self, rule: &'static str, what: &str, sequence: Sequence, id: EventId) -> Finding {
        let finding = Finding::new(rule, what).entries(self.origin, sequence.get(), sequence.get());
        finding.event(id)
    }

    fn event(
        &mut self,
        sequence: Sequence,
        event: &Event<'_>,
        personal: Option<&[u8]>,
        verified: &mut Verified,
    ) -> Result<(), SourceError> {
        let header = &event.header;
        let is_carried = header.carried_from.is_some();
        if header.origin != self.origin || header.sequence != sequence {
            let words = "the event's header names another place";
            verified.find(self.finding("header", words, sequence, header.id));
        }
        if !is_carried {
            if self.last.is_some_and(|last| header.id <= last) {
                let words = "the event's identity does not lie behind that of the entry before it";
                verified.find(self.finding("ulid", words, sequence, header.id));
            }
            self.last = Some(header.id);
        }
        let apart = match (&header.personal, personal) {
            (Some(reference), None) => self.source.personal(&reference.sha256)?,
            _ => None,
        };
        match (header.personal, personal.or(apart.as_deref())) {
            (Some(reference), Some(blob)) if Personal::reference_of(blob) == reference => {
                verified.checked.personal_parts += 1;
            }
            (Some(_), Some(_)) | (None, Some(_)) => {
                let words = "the personal part is not the one that the event states";
                verified.find(self.finding("personal", words, sequence, header.id));
            }
            // Erased, or not handed out: the event proves what it was.
            (_, None) => {}
        }
        self.times(sequence, event, is_carried || header.source.is_some(), verified);
        Ok(())
    }

    /// What bounds the time of an entry: the journal that its machine had seen (not before), its receipt (not after).
    fn times(&mut self, sequence: Sequence, event: &Event<'_>, is_exempt: bool, verified: &mut Verified) {
        let receipts = &self.lines.receipts;
        while receipts
            .get(self.under)
            .is_some_and(|receipt| receipt.size < sequence.get())
        {
            self.under += 1;
        }
        let Some(receipt) = receipts.get(self.under).copied() else {
            return;
        };
        let header = &event.header;
        let claimed_ms = header.id.ms();
        let seen = header.seen.filter(|_| !is_exempt);
        let seen_ms = seen.and_then(|seen| {
            let journal = self.records.journal_of(seen.journal)?;
            // Behind a frozen end stood records that the hub has lost.
            if journal.frozen.is_some_and(|frozen| seen.size.0 > frozen) {
                return None;
            }
            let later = seen.journal == receipt.journal && seen.size.0 > receipt.position;
            if later || journal.begins_with(seen.size.0, &seen.root) != Some(true) {
                let words = format!(
                    "the entry says that its machine had seen a journal of {} records which this one is not a \
                     continuation of, or not yet",
                    seen.size
                );
                verified.note(self.finding("seen", &words, sequence, header.id));
                return None;
            }
            journal.time_at(seen.size.0)
        });
        let told = matches!(header.clock, ClockQuality::Ntp | ClockQuality::HubAnchored) && !is_exempt;
        if let Some(seen_ms) = seen_ms {
            verified.checked.bounded += 1;
            let width = receipt.at_ms.saturating_sub(seen_ms);
            verified.checked.bound_ms_max = verified.checked.bound_ms_max.max(width);
            if told && claimed_ms.saturating_add(TIME_SLACK_MS) < seen_ms {
                let words = format!(
                    "made at least {} minutes later than it says: it names a journal that did not exist before",
                    (seen_ms - claimed_ms) / 60_000
                );
                verified.note(self.finding("time", &words, sequence, header.id));
            }
        }
        self.ahead(&receipt, told, (sequence, header.id, claimed_ms), verified);
    }

    fn ahead(
        &self,
        receipt: &Receipt,
        told: bool,
        (sequence, id, claimed_ms): (Sequence, EventId, u64),
        verified: &mut Verified,
    ) {
        if told && claimed_ms > receipt.at_ms.saturating_add(TIME_SLACK_MS) {
            let words = format!(
                "claims a time {} minutes after it was received",
                (claimed_ms - receipt.at_ms) / 60_000
            );
            verified.note(self.finding("time", &words, sequence, id));
        }
    }
}
