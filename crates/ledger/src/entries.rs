//! Entries and digests: who wrote, what did not count, one entity's story, the rows as hashed.

use event::{Kind, Origin, SubjectKind, UnitCode};

use crate::diary::ClockSpan;
use crate::digest::{LiveDigest, RowBytes, View, ViewRoot};
use crate::fold::Folded;
use crate::kept::{Content, Slot};
use crate::log::Log;
use crate::query::{Exception, Step};
use crate::resolve::Filter;
use crate::touches::EntityKey;
use crate::{Author, Ledger};

impl Ledger {
    /// Corrections of a machine's clock, in story order.
    #[must_use]
    pub fn clock_of(&self, origin: Origin) -> &[ClockSpan] {
        match self.folded(EntityKey::origin(origin)) {
            Some(Folded::Clock(spans)) => spans,
            _ => &[],
        }
    }

    /// The entries of one log that somebody should look at, by sequence.
    #[must_use]
    pub fn exceptions_of(&self, origin: Origin) -> Vec<Exception> {
        let log = self
            .names
            .origins
            .find(origin)
            .and_then(|log| self.logs.get(log as usize));
        let slots = log.into_iter().flat_map(Log::slots);
        slots.filter_map(|slot| self.exception(slot)).collect()
    }

    /// The entries of one unit that somebody should look at, by log and sequence. Unreadable entries have no unit; they
    /// are listed with every unit that their log has written for.
    #[must_use]
    pub fn exceptions(&self, unit: UnitCode) -> Vec<Exception> {
        let mut origins: Vec<Origin> = self.origins_of_unit(unit).collect();
        origins.sort_unstable();
        let all = origins.into_iter().flat_map(|origin| self.exceptions_of(origin));
        all.filter(|one| one.unit.is_none_or(|own| own == unit)).collect()
    }

    pub(crate) fn origins_of_unit(&self, unit: UnitCode) -> impl Iterator<Item = Origin> {
        let origins = self.origins_of.get(&unit).into_iter().flatten();
        origins.map(|origin| self.names.origins.get(*origin))
    }

    fn exception(&self, slot: Slot) -> Option<Exception> {
        let effect = self.effect_of_slot(slot);
        if !effect.is_exception() {
            return None;
        }
        let kept = &self.arena[slot as usize];
        let receipt = self.names.receipt(kept.receipt);
        let readable = kept.content != Content::Unreadable;
        Some(Exception {
            origin: self.names.origins.get(kept.origin),
            sequence: kept.sequence,
            event: readable.then_some(kept.id),
            kind: kept.kind().map(|kind: Kind| kind.0),
            subject: readable.then(|| self.names.entities.get(kept.entity)),
            unit: readable.then_some(kept.unit),
            position: receipt.position,
            received_at_ms: receipt.received_at_ms,
            effect,
        })
    }

    /// An entity's story, each fact once, in order.
    #[must_use]
    pub fn story(&self, key: EntityKey) -> Vec<Step> {
        let Some(entity) = self.names.entities.find(key) else {
            return Vec::new();
        };
        let steps = self.history(entity).into_iter().map(|kept| {
            let receipt = self.names.receipt(kept.receipt);
            Step {
                event: kept.id,
                kind: kept.kind().map_or(0, |kind| kind.0),
                origin: self.names.origins.get(kept.origin),
                sequence: kept.sequence,
                occurred: kept.occurred(),
                received_at_ms: receipt.received_at_ms,
                position: receipt.position,
                by_hub: kept.author == Author::Hub,
                imported: kept.is_import,
                effect: kept.effect,
            }
        });
        steps.collect()
    }

    /// The units that have entries, in the order of their codes.
    pub fn units(&self) -> impl Iterator<Item = UnitCode> {
        self.origins_of.keys().copied()
    }

    /// The digest rows of a view and unit, sorted by key.
    #[must_use]
    pub fn rows(&self, view: View, unit: UnitCode) -> Vec<RowBytes> {
        let kind = match view {
            View::Requests => SubjectKind::Request,
            View::Households => SubjectKind::Household,
            View::Diary => SubjectKind::Person,
            View::SyncHealth => {
                let rows = self.sync_health(unit);
                return rows.iter().map(crate::SyncHealthRow::row_bytes).collect();
            }
        };
        let mut rows: Vec<RowBytes> = Vec::new();
        for (_, folded) in self.folds(Some(unit), kind, Filter::default()) {
            let own = folded.rows().into_iter();
            rows.extend(own.filter(|(_, at, _)| *at == unit).map(|(_, _, row)| row));
        }
        rows.sort_unstable();
        rows
    }

    /// The additive digest of a view and unit, as of the last settling.
    #[must_use]
    pub fn live_digest(&self, view: View, unit: UnitCode) -> LiveDigest {
        if view == View::SyncHealth {
            let mut sum = LiveDigest::default();
            self.rows(view, unit)
                .iter()
                .for_each(|row| sum.add(LiveDigest::of_row(row)));
            return sum;
        }
        self.sums.get(&(view, unit)).copied().unwrap_or_default()
    }

    /// The root over the sorted rows of a view and unit, as of the last settling.
    #[must_use]
    pub fn root(&self, view: View, unit: UnitCode) -> ViewRoot {
        ViewRoot::of_rows(view, unit, &self.rows(view, unit))
    }
}
