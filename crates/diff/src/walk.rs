//! The entries that a group of rows depends on, read once, and small ledgers made of some of them.

use std::collections::{BTreeMap, BTreeSet};

use event::{ChangeKind, CorrectionKind, Day, Event, EventId, Facts, Kind, StoryKey, UnitCode, When};
use ledger::{Effect, EntityKey, Ledger, NoEffect};

use crate::path::{Path, Rows};
use crate::rows::{Row, RowKey, rows_of_units};
use crate::{Between, DiffView, Entries, History, Moments, Reason, Standing, Why, end_of_day_ms};

/// One entry that may have an effect.
#[derive(Debug)]
struct Item {
    standing: Standing,
    bytes: Vec<u8>,
    id: EventId,
    kind: Kind,
    subject: EntityKey,
    unit: UnitCode,
    occurred: When,
    story: StoryKey,
    /// The day on which it happened, after corrections.
    day: Day,
    why: Why,
    /// Whether it lies between the two moments.
    between: bool,
}

/// The entries of a group of entities, in the order of the journal.
#[derive(Debug)]
pub(crate) struct Walk {
    items: Vec<Item>,
    pub(crate) asked: Between,
}

impl Walk {
    /// Reads them. Entries that have no effect wherever they stand (copies of a fact, what this version does not
    /// understand, what is held) are left out: to see why they have none takes the entries beside them.
    pub(crate) fn read<E: Entries + ?Sized>(
        subjects: &BTreeSet<EntityKey>,
        moments: Moments<'_>,
        history: &History,
        entries: &E,
    ) -> Result<Self, E::Error> {
        let mut walk = Self {
            items: Vec::new(),
            asked: moments.between,
        };
        let mut moved: BTreeMap<EventId, (StoryKey, When)> = BTreeMap::new();
        for standing in subjects.iter().flat_map(|subject| history.of(*subject)) {
            let effect = moments.after.effect_at(standing.origin, standing.sequence);
            let counts = !matches!(
                effect,
                None | Some(Effect::NotUnderstood | Effect::Held)
                    | Some(Effect::NoEffect(NoEffect::Duplicate | NoEffect::OtherContent))
            );
            let bytes = if counts {
                entries.bytes(standing.origin, standing.sequence)?
            } else {
                None
            };
            let Some(bytes) = bytes else { continue };
            let Ok(event) = Event::decode(&bytes) else {
                continue;
            };
            let facts = Facts::decode(event.header.kind, event.header.schema, event.facts)
                .ok()
                .flatten();
            let header = event.header;
            let story = StoryKey::of(&header, Some(standing.receipt.received_at_ms));
            // The latest correction in effect decides on which day its target happened.
            if let (Some(Facts::RecordCorrected(correction)), Some(Effect::Counted)) = (&facts, effect)
                && let (CorrectionKind::Correct, Some(occurred)) = (correction.correction, correction.occurred)
            {
                let known = moved.entry(correction.target).or_insert((story, occurred));
                *known = (*known).max((story, occurred));
            }
            let claimed = header.source.as_ref().map(|source| Day::of_instant(source.instant_ms));
            walk.items.push(Item {
                standing,
                id: header.id,
                kind: header.kind,
                subject: header.subject,
                unit: header.unit,
                occurred: header.occurred,
                story,
                day: claimed.unwrap_or_else(|| header.occurred.day()),
                why: why(facts.as_ref(), header.occurred, moments.between),
                between: false,
                bytes,
            });
        }
        for item in &mut walk.items {
            if let Some((_, occurred)) = moved.get(&item.id) {
                item.day = occurred.day();
            }
            item.between = match walk.asked {
                Between::Known { from, .. } | Between::Received { from, .. } => {
                    item.standing.receipt.received_at_ms > end_of_day_ms(from)
                }
                // Corrections, of records and of clocks, are knowledge: they always apply.
                Between::Happened { from, to } => {
                    let is_knowledge = matches!(item.kind, Kind::RECORD_CORRECTED | Kind::CLOCK_CORRECTED);
                    !is_knowledge && from < item.day && item.day <= to
                }
            };
        }
        walk.items.sort_by_key(|item| item.standing);
        Ok(walk)
    }

    /// Units that its entries belong to: their rows, and no others, may follow from them.
    pub(crate) fn units(&self) -> BTreeSet<UnitCode> {
        self.items.iter().map(|item| item.unit).collect()
    }

    /// The entries in between, in the order of the journal.
    pub(crate) fn between(&self) -> impl Iterator<Item = usize> + '_ {
        let between = self.items.iter().enumerate().filter(|(_, item)| item.between);
        between.map(|(at, _)| at)
    }

    /// The entries in between, by the day on which they happened, each day in the order of the story.
    pub(crate) fn days(&self) -> BTreeMap<Day, Vec<usize>> {
        let mut days: BTreeMap<Day, Vec<usize>> = BTreeMap::new();
        for at in self.between() {
            days.entry(self.items[at].day).or_default().push(at);
        }
        for at in days.values_mut() {
            at.sort_by_key(|at| self.items[*at].story);
        }
        days
    }

    /// A ledger of the entries that `is_in` wants, and of all that do not lie in between.
    pub(crate) fn ledger(&self, is_in: impl Fn(usize) -> bool) -> Ledger {
        let mut ledger = Ledger::new();
        for (at, item) in self.items.iter().enumerate() {
            if !item.between || is_in(at) {
                item.standing.apply(&mut ledger, &item.bytes);
            }
        }
        ledger.settle();
        ledger
    }

    /// Adds one entry.
    pub(crate) fn add(&self, ledger: &mut Ledger, at: usize) {
        self.items[at].standing.apply(ledger, &self.items[at].bytes);
        ledger.settle();
    }

    /// Rows of the second moment, if only these of the entries in between were there.
    pub(crate) fn with_only(&self, named: &BTreeSet<usize>, view: DiffView, units: &BTreeSet<UnitCode>) -> Rows {
        let (_, query) = self.asked.queries();
        rows_of_units(&self.ledger(|at| named.contains(&at)), view, units, query)
    }

    /// Whether the old knowledge and these entries alone give this row.
    pub(crate) fn suffice(&self, named: &BTreeSet<usize>, key: &RowKey, row: Option<&Row>, view: DiffView) -> bool {
        self.with_only(named, view, &BTreeSet::from([key.unit])).get(key) == row
    }

    pub(crate) fn event(&self, at: usize) -> EventId {
        self.items[at].id
    }

    pub(crate) fn reason(&self, at: usize) -> Reason {
        let item = &self.items[at];
        Reason {
            event: item.id,
            kind: item.kind.key().unwrap_or("unknown"),
            subject: item.subject,
            origin: item.standing.origin,
            sequence: item.standing.sequence,
            position: item.standing.receipt.position,
            received_at_ms: item.standing.receipt.received_at_ms,
            occurred: item.occurred,
            why: item.why,
        }
    }

    /// The way from the old rows to the new ones.
    pub(crate) fn path(&self, view: DiffView, units: &BTreeSet<UnitCode>) -> Path {
        Path::walk(self, view, units)
    }
}

fn why(facts: Option<&Facts>, occurred: When, asked: Between) -> Why {
    match facts {
        Some(Facts::RecordCorrected(correction)) => match correction.correction {
            CorrectionKind::Correct => Why::Corrected,
            CorrectionKind::Void => Why::Voided,
        },
        Some(Facts::HouseholdChanged(changed)) if matches!(changed.change, ChangeKind::Merged | ChangeKind::Split) => {
            Why::Merged
        }
        Some(Facts::ClockCorrected(_)) => Why::Clock,
        _ => match asked {
            Between::Known { from, .. } | Between::Received { from, .. } if occurred.day() <= from => Why::Late,
            Between::Known { .. } | Between::Received { .. } | Between::Happened { .. } => Why::New,
        },
    }
}
