//! One entity: its history, what it came to, and the one function from the first to the second.

use std::collections::BTreeMap;

use event::{Day, Origin, PersonId, SubjectKind, UnitCode};

use crate::Effect;
use crate::diary::{self, ClockSpan, DiaryEntry};
use crate::digest::{LiveDigest, RowBytes, View};
use crate::household::{self, Household};
use crate::kept::{Kept, Names, Slot};
use crate::lifecycle;
use crate::request::Request;
use crate::resolve::{Filter, Told, resolve};
use crate::touches::EntityKey;

/// What the folds of one entity came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Folded {
    Request(Option<Box<Request>>),
    Household(Option<Box<Household>>),
    Diary(BTreeMap<Day, DiaryEntry>),
    Clock(Vec<ClockSpan>),
    Pairing,
}

impl Folded {
    /// The digest rows, with their view and unit.
    pub(crate) fn rows(&self) -> Vec<(View, UnitCode, RowBytes)> {
        match self {
            Self::Request(row) => row
                .iter()
                .map(|row| (View::Requests, row.unit, row.row_bytes()))
                .collect(),
            Self::Household(row) => row
                .iter()
                .map(|row| (View::Households, row.unit, row.row_bytes()))
                .collect(),
            Self::Diary(days) => days
                .values()
                .map(|day| (View::Diary, day.unit, day.row_bytes()))
                .collect(),
            Self::Clock(_) | Self::Pairing => Vec::new(),
        }
    }
}

/// One entity: its history in story order and what it came to.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    pub(crate) history: Vec<Slot>,
    pub(crate) folded: Folded,
    /// Digests of its rows, as they stand in the sums.
    pub(crate) hashes: Vec<(View, UnitCode, LiveDigest)>,
    pub(crate) is_dirty: bool,
    /// The unit of the last entry, so that the usual case is not looked up again.
    pub(crate) last_unit: Option<UnitCode>,
}

/// Folds a history that stands in story order; `effects` gets one for each of its entries.
pub(crate) fn fold_history(
    subject: EntityKey,
    history: &[&Kept],
    filter: Filter,
    names: &Names,
    effects: &mut Vec<Effect>,
) -> Folded {
    let mut told: Vec<Told<'_>> = Vec::with_capacity(history.len());
    resolve(subject.kind, history, filter, names, effects, &mut told);
    match subject.kind {
        SubjectKind::Request => Folded::Request(lifecycle::fold(subject.id, &told, names, effects).map(Box::new)),
        SubjectKind::Household => Folded::Household(household::fold(subject.id, &told, effects).map(Box::new)),
        SubjectKind::Person => {
            let cadre = PersonId::from_bytes(subject.id.to_bytes());
            Folded::Diary(diary::fold(cadre, &told, names))
        }
        SubjectKind::Origin => {
            let origin = Origin::from_bytes(subject.id.to_bytes());
            Folded::Clock(diary::fold_clock(origin, &told, effects))
        }
        SubjectKind::Pairing => {
            diary::fold_pairing(&told, effects);
            Folded::Pairing
        }
    }
}

impl Default for Entity {
    fn default() -> Self {
        Self {
            history: Vec::new(),
            folded: Folded::Pairing,
            hashes: Vec::new(),
            is_dirty: false,
            last_unit: None,
        }
    }
}
