//! Spot checks (抽查): which visits the township asks about, so that nobody can steer it and anybody can draw it again.

use std::collections::{BTreeMap, BTreeSet};

use event::{Day, EntityId, EventId, Hash256, Kind, PersonId, Position, SamplePublished, UnitCode};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::History;

/// Version of the rule of drawing.
pub const SPOT_RULE_VERSION: u16 = 1;

/// What a sample is drawn from, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpotPlan {
    /// Only what had been received in a journal of this size. Where the hub was restored, sizes and positions are counted
    /// over all journals: see [`crate::Journals`].
    pub size: Position,
    /// Root of the journal at that size: the seed, which nobody knew while recording.
    pub root: [u8; 32],
    /// First day of the period that the visits claim.
    pub from: Day,
    /// Last day of it.
    pub to: Day,
    /// Least number drawn of each cadre's visits.
    pub minimum: u16,
    /// Share drawn of each cadre's visits, in thousandths, rounded up.
    pub permille: u16,
}

impl SpotPlan {
    /// The usual plan: two of each cadre's visits, or one in twenty.
    #[must_use]
    pub const fn usual(size: Position, root: [u8; 32], from: Day, to: Day) -> Self {
        Self {
            size,
            root,
            from,
            to,
            minimum: 2,
            permille: 50,
        }
    }

    /// The plan of a published sample of the first journal, or `None` if it was drawn by another version of the rule. For
    /// any journal: [`History::plan_of`].
    #[must_use]
    pub fn of_published(facts: &SamplePublished) -> Option<Self> {
        (facts.rule == SPOT_RULE_VERSION).then_some(Self {
            size: facts.size,
            root: facts.root.0,
            from: facts.from,
            to: facts.to,
            minimum: facts.minimum,
            permille: facts.permille,
        })
    }
}

/// Draws from strata: by stratum in the order of its cadre, and in each the first by SHA-256(seed ‖ EventId). A visit of
/// several cadres stands in the stratum of each, and once in the list.
#[must_use]
pub fn draw(strata: &BTreeMap<PersonId, BTreeSet<EventId>>, plan: &SpotPlan) -> Vec<EventId> {
    let (mut list, mut known) = (Vec::new(), BTreeSet::new());
    for visits in strata.values() {
        let place = |id: &EventId| {
            let hash: [u8; 32] = Sha256::new()
                .chain_update(plan.root)
                .chain_update(id.to_bytes())
                .finalize()
                .into();
            (hash, *id)
        };
        let mut order: Vec<([u8; 32], EventId)> = visits.iter().map(place).collect();
        order.sort_unstable();
        let share = (visits.len() * usize::from(plan.permille)).div_ceil(1_000);
        let drawn = order.into_iter().take(share.max(usize::from(plan.minimum)));
        list.extend(drawn.map(|(_, id)| id).filter(|id| known.insert(*id)));
    }
    list
}

/// SHA-256 over the EventIds of a list, 16 bytes each, in their order.
#[must_use]
pub fn list_hash(list: &[EventId]) -> Hash256 {
    let mut hash = Sha256::new();
    list.iter().for_each(|id| hash.update(id.to_bytes()));
    Hash256(hash.finalize().into())
}

/// Whether a draw looks at entries of this kind: [`History::read`] may be given those alone.
#[must_use]
pub fn is_drawn_from(kind: Kind) -> bool {
    [Kind::VISIT_RECORDED, Kind::RECORD_CORRECTED].contains(&kind)
}

/// A visit that was drawn, as the journal knew it then: all that a checker needs, and nobody's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DrawnVisit {
    /// The visit.
    pub event: EventId,
    /// The village.
    pub unit: UnitCode,
    /// The household to be asked.
    pub household: EntityId,
    /// The day that the visit claims.
    pub day: Day,
}

impl History {
    /// The plan of a published sample, or `None` if it was drawn by another version of the rule, from a journal that is
    /// not here, or at a size that a restore has taken back.
    #[must_use]
    pub fn plan_of(&self, facts: &SamplePublished) -> Option<SpotPlan> {
        let size = self.journals.size_over_all(facts.journal, facts.size)?;
        Some(SpotPlan {
            size,
            ..SpotPlan::of_published(facts)?
        })
    }

    /// The visits of a list, in its order, as a journal of that size knew them.
    #[must_use]
    pub fn drawn(&self, list: &[EventId], plan: &SpotPlan) -> Vec<DrawnVisit> {
        let visits = self.visits_known_at(Some(plan.size));
        let drawn = list.iter().filter_map(|id| {
            let visit = visits.get(id)?;
            Some(DrawnVisit {
                event: *id,
                unit: visit.entered.unit,
                household: visit.household,
                day: visit.entered.occurred.day(),
            })
        });
        drawn.collect()
    }

    /// The strata of a plan: visits that met somebody at home on a day of the period, by cadre, as the journal knew them then.
    #[must_use]
    pub fn strata(&self, plan: &SpotPlan) -> BTreeMap<PersonId, BTreeSet<EventId>> {
        let mut strata: BTreeMap<PersonId, BTreeSet<EventId>> = BTreeMap::new();
        for (id, visit) in self.visits_known_at(Some(plan.size)) {
            let day = visit.entered.occurred.day();
            if visit.met_at_home() && (plan.from..=plan.to).contains(&day) {
                for cadre in visit.visitors {
                    strata.entry(cadre).or_default().insert(id);
                }
            }
        }
        strata
    }

    /// The sample of a plan.
    #[must_use]
    pub fn sample(&self, plan: &SpotPlan) -> Vec<EventId> {
        draw(&self.strata(plan), plan)
    }
}
