//! L13 同步健康, the part that follows from the journal.

use std::collections::BTreeSet;

use event::{Origin, Position, Sequence, UnitCode};
use serde::Serialize;

use crate::bytes::RowWriter;
use crate::diary::corrected_ms;
use crate::digest::RowBytes;
use crate::kept::Content;
use crate::{Effect, Ledger};

/// One log, as far as it wrote for one unit. Sequences, receipts and unreadable entries are those of the whole log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SyncHealthRow {
    /// The log.
    pub origin: Origin,
    /// The unit.
    pub unit: UnitCode,
    /// Greatest sequence received.
    pub last_sequence: Sequence,
    /// Journal position of the last receipt.
    pub last_position: Position,
    /// When that was, in milliseconds.
    pub last_received_at_ms: u64,
    /// Different receipts.
    pub receipts: u64,
    /// 缺号: sequences up to the last one that are not here.
    pub missing: u64,
    /// Entries whose header cannot be read; they belong to no unit.
    pub unreadable: u64,
    /// Readable entries for this unit.
    pub entries: u64,
    /// Of these, counted.
    pub counted: u64,
    /// 状态冲突.
    pub conflicts: u64,
    /// Not understood by this version.
    pub not_understood: u64,
    /// Held.
    pub held: u64,
    /// Without effect: duplicates, other content, voided and so on.
    pub no_effect: u64,
    /// Carried over from a predecessor.
    pub carried: u64,
    /// 时钟偏差: the lower median of recorded (after clock corrections) − received, over live entries that were not
    /// carried; in milliseconds. Not part of the digest: a clock correction changes it.
    pub skew_median_ms: Option<i64>,
}

impl SyncHealthRow {
    /// Key and value as hashed.
    #[must_use]
    pub fn row_bytes(&self) -> RowBytes {
        let mut row = RowWriter::array(14);
        row.put(self.unit)
            .put(self.last_sequence.get())
            .put(self.last_position.0)
            .put(self.last_received_at_ms)
            .put(self.receipts)
            .put(self.missing)
            .put(self.unreadable)
            .put(self.entries)
            .put(self.counted)
            .put(self.conflicts)
            .put(self.not_understood)
            .put(self.held)
            .put(self.no_effect)
            .put(self.carried);
        RowBytes {
            key: self.origin.to_bytes().to_vec(),
            value: row.0,
        }
    }
}

impl Ledger {
    /// L13 of a unit: one row for each log that wrote for it, by origin, as of the last settling.
    #[must_use]
    pub fn sync_health(&self, unit: UnitCode) -> Vec<SyncHealthRow> {
        let origins: BTreeSet<Origin> = self.origins_of_unit(unit).collect();
        origins
            .into_iter()
            .filter_map(|origin| self.health_of(origin, unit))
            .collect()
    }

    fn health_of(&self, origin: Origin, unit: UnitCode) -> Option<SyncHealthRow> {
        let log = self.logs.get(self.names.origins.find(origin)? as usize)?;
        let last_sequence = log.last_sequence()?;
        let mut row = SyncHealthRow {
            origin,
            unit,
            last_sequence,
            last_position: Position(0),
            last_received_at_ms: 0,
            receipts: 0,
            missing: last_sequence.get() - log.len(),
            unreadable: 0,
            entries: 0,
            counted: 0,
            conflicts: 0,
            not_understood: 0,
            held: 0,
            no_effect: 0,
            carried: 0,
            skew_median_ms: None,
        };
        let clock = self.clock_of(origin);
        let mut receipts = BTreeSet::new();
        let mut skews = Vec::new();
        for slot in log.slots() {
            let kept = &self.arena[slot as usize];
            let receipt = self.names.receipt(kept.receipt);
            receipts.insert(receipt);
            if kept.content == Content::Unreadable {
                row.unreadable += 1;
                continue;
            }
            if kept.unit != unit {
                continue;
            }
            row.entries += 1;
            row.carried += u64::from(kept.carried);
            *match self.effect_of_slot(slot) {
                Effect::Counted => &mut row.counted,
                Effect::Conflict(_) => &mut row.conflicts,
                Effect::NotUnderstood => &mut row.not_understood,
                Effect::Held => &mut row.held,
                Effect::NoEffect(_) => &mut row.no_effect,
            } += 1;
            if !kept.is_import && !kept.carried {
                let recorded = corrected_ms(clock, kept.sequence, kept.wall_ms);
                skews.push(recorded.saturating_sub(i64::try_from(receipt.received_at_ms).unwrap_or(i64::MAX)));
            }
        }
        row.receipts = receipts.len() as u64;
        if let Some(last) = receipts.last() {
            row.last_position = last.position;
            row.last_received_at_ms = last.received_at_ms;
        }
        skews.sort_unstable();
        row.skew_median_ms = skews.get(skews.len().saturating_sub(1) / 2).copied();
        Some(row)
    }
}
