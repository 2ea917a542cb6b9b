//! One entity: its history, what it came to, and the one function from the first to the second.

use std::collections::BTreeMap;

use event::{JournalId, Origin, PersonId, SubjectKind, UnitCode};

use crate::Effect;
use crate::diary::{self, ClockSpan, DiaryEntry};
use crate::digest::{LiveDigest, RowBytes, View};
use crate::household::{self, Household};
use crate::kept::{Kept, Slot};
use crate::lifecycle;
use crate::names::Names;
use crate::publication;
use crate::request::Request;
use crate::resolve::{Filter, Told, resolve};
use crate::touches::EntityKey;

/// What the folds of one entity came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Folded {
    Request(Option<Box<Request>>),
    Household(Option<Box<Household>>),
    /// By day.
    Diary(Vec<DiaryEntry>),
    Clock(Vec<ClockSpan>),
    /// Nothing that a view shows: pairings, receptions and meetings, journals.
    NoRows,
}

impl Folded {
    /// The digest rows, with their view and unit.
    pub(crate) fn rows(&self) -> Vec<(View, UnitCode, RowBytes)> {
        let mut rows = Vec::new();
        self.differences(&Self::NoRows, |view, unit, row, _| rows.push((view, unit, row)));
        rows
    }

    /// Hands over the digest rows that `before` had and this one has not, and those that are new here (`true`).
    pub(crate) fn differences(&self, before: &Self, mut row: impl FnMut(View, UnitCode, RowBytes, bool)) {
        if let (Self::Diary(old), Self::Diary(new)) = (before, self) {
            let mut old = old.iter().peekable();
            for day in new {
                while let Some(gone) = old.next_if(|gone| gone.day < day.day) {
                    row(View::Diary, gone.unit, gone.row_bytes(), false);
                }
                let same_day = old.next_if(|known| known.day == day.day);
                if same_day == Some(day) {
                    continue;
                }
                if let Some(known) = same_day {
                    row(View::Diary, known.unit, known.row_bytes(), false);
                }
                row(View::Diary, day.unit, day.row_bytes(), true);
            }
            old.for_each(|gone| row(View::Diary, gone.unit, gone.row_bytes(), false));
        } else if before != self {
            before.each_row(|view, unit, bytes| row(view, unit, bytes, false));
            self.each_row(|view, unit, bytes| row(view, unit, bytes, true));
        }
    }

    fn each_row(&self, mut row: impl FnMut(View, UnitCode, RowBytes)) {
        match self {
            Self::Request(Some(own)) => row(View::Requests, own.unit, own.row_bytes()),
            Self::Household(Some(own)) => row(View::Households, own.unit, own.row_bytes()),
            Self::Diary(days) => days.iter().for_each(|day| row(View::Diary, day.unit, day.row_bytes())),
            Self::Request(None) | Self::Household(None) | Self::Clock(_) | Self::NoRows => {}
        }
    }
}

/// One entity: its history in story order and what it came to.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    pub(crate) history: Vec<Slot>,
    pub(crate) folded: Folded,
    pub(crate) is_dirty: bool,
    /// The unit of the last entry, so that the usual case is not looked up again.
    pub(crate) last_unit: Option<UnitCode>,
}

impl Entity {
    /// Puts rows in place of the old ones, and moves the sums by the difference.
    pub(crate) fn replace_rows(&mut self, folded: Folded, sums: &mut BTreeMap<(View, UnitCode), LiveDigest>) {
        self.is_dirty = false;
        folded.differences(&self.folded, |view, unit, row, is_new| {
            let sum = sums.entry((view, unit)).or_default();
            let hash = LiveDigest::of_row(&row);
            if is_new { sum.add(hash) } else { sum.subtract(hash) }
        });
        self.folded = folded;
    }
}

/// Folds a history that stands in story order; `effects` gets one for each of its entries. `told` is room to work in.
pub(crate) fn fold_history<'a>(
    subject: EntityKey,
    history: &[&'a Kept],
    filter: Filter,
    names: &Names,
    effects: &mut Vec<Effect>,
    told: &mut Vec<Told<'a>>,
) -> Folded {
    resolve(subject.kind, history, filter, names, effects, told);
    match subject.kind {
        SubjectKind::Request => Folded::Request(lifecycle::fold(subject.id, told, names, effects).map(Box::new)),
        SubjectKind::Household => Folded::Household(household::fold(subject.id, history, told, effects).map(Box::new)),
        SubjectKind::Person => {
            let cadre = PersonId::from_bytes(subject.id.to_bytes());
            Folded::Diary(diary::fold(cadre, told, names))
        }
        SubjectKind::Origin => {
            let origin = Origin::from_bytes(subject.id.to_bytes());
            Folded::Clock(diary::fold_clock(origin, told, effects))
        }
        SubjectKind::Pairing => {
            diary::fold_pairing(told, effects);
            Folded::NoRows
        }
        SubjectKind::Occasion => {
            publication::fold_occasion(told, effects);
            Folded::NoRows
        }
        SubjectKind::Journal => {
            publication::fold_journal(JournalId::from_bytes(subject.id.to_bytes()), told, effects);
            Folded::NoRows
        }
    }
}

impl Default for Entity {
    fn default() -> Self {
        Self {
            history: Vec::new(),
            folded: Folded::NoRows,
            is_dirty: false,
            last_unit: None,
        }
    }
}
