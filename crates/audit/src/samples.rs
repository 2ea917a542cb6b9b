//! Spot checks, drawn again: whether each list that the township published is the one that the rule and the journal's
//! root give, and draws of the auditor's own.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use diff::{Standing, end_of_day_ms};
use event::{Day, Event, EventId, Facts, Hash256, JournalId, Kind, Position, SamplePublished, Sequence, UnitCode};
use event_log::LogRead as _;
use follower::split;
use leads::{DrawnVisit, Gathered, SPOT_RULE_VERSION, SpotPlan, is_drawn_from, list_hash};
use proof::{Frontier, leaf_hash};
use serde::Serialize;
use sync::record::JournalRecord;

use crate::opened::{Archive, Knowledge, Known};
use crate::published::published;
use crate::{AuditError, led};

/// What to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SamplePlan {
    /// First day of the period that the visits claim.
    pub from: Day,
    /// Last day of it.
    pub to: Day,
    /// The journal whose root is the seed.
    pub journal: JournalId,
    /// Its size then.
    pub size: Position,
    /// Least number drawn of each cadre's visits.
    pub minimum: u16,
    /// Share drawn of each cadre's visits, in thousandths, rounded up.
    pub permille: u16,
}

/// One village's part of a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct VillageShare {
    /// The village.
    pub unit: UnitCode,
    /// Visits that could have been drawn.
    pub of: u64,
    /// Visits that were.
    pub drawn: u64,
}

/// A draw. It names households and days, and nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SampleDraw {
    /// What was asked.
    pub plan: SamplePlan,
    /// The seed: root of the journal at that size.
    pub root: Hash256,
    /// Time of the last record under that root, in milliseconds.
    pub seed_at_ms: u64,
    /// Strata: one for each cadre with such visits.
    pub strata: u64,
    /// What each village has, and gives.
    pub villages: Vec<VillageShare>,
    /// SHA-256 over the list.
    pub list: Hash256,
    /// The list.
    pub visits: Vec<DrawnVisit>,
}

/// What a published sample says, and what follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SampleCheck {
    /// The event.
    pub event: EventId,
    /// Its receipt, counted over all journals.
    pub position: Position,
    /// When that was written, in milliseconds.
    pub received_at_ms: u64,
    /// What it says.
    pub published: SamplePublished,
    /// Records between the seed and the publication. The more there are, the more seeds the township had to choose from.
    pub records_between: u64,
    /// The draw; absent where it cannot be made.
    pub redrawn: Option<SampleDraw>,
    /// What does not hold; nothing if all does.
    pub problems: Vec<SampleProblem>,
}

/// Why a published sample does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleProblem {
    /// Another number was drawn.
    Drawn {
        /// As published.
        published: u32,
        /// As drawn again.
        redrawn: u64,
    },
    /// Another list was drawn.
    List {
        /// Its hash as published.
        published: Hash256,
        /// Its hash as drawn again.
        redrawn: Hash256,
    },
    /// The journal has another root at that size.
    Root {
        /// As published.
        published: Hash256,
        /// As the records have it.
        ours: Hash256,
    },
    /// The seed was known before the period was over.
    SeedInside {
        /// Time of the last record under the root, in milliseconds.
        at_ms: u64,
    },
    /// The journal was not that long when the sample was published, or is not here.
    NoSuchSize,
    /// It was drawn by a rule that this version does not know.
    OtherRule {
        /// The version of the rule.
        rule: u16,
    },
}

impl Archive {
    /// Draws every published sample again. `progress` hears entries done and in all, from the start for each.
    ///
    /// # Errors
    /// [`AuditError::Store`].
    pub fn check_samples(
        &self,
        known: &Known,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Vec<SampleCheck>, AuditError> {
        let mut checks = Vec::new();
        for (step, facts) in published(&known.ledger, &self.journals(), Kind::SAMPLE_PUBLISHED, self)? {
            let Facts::SamplePublished(facts) = facts else { continue };
            let mut check = SampleCheck {
                event: step.event,
                position: step.position,
                received_at_ms: step.received_at_ms,
                published: facts,
                records_between: 0,
                redrawn: None,
                problems: Vec::new(),
            };
            self.redraw(&mut check, progress)?;
            checks.push(check);
        }
        Ok(checks)
    }

    fn redraw(&self, check: &mut SampleCheck, progress: &mut dyn FnMut(u64, u64)) -> Result<(), AuditError> {
        let facts = check.published.clone();
        if facts.rule != SPOT_RULE_VERSION {
            check.problems.push(SampleProblem::OtherRule { rule: facts.rule });
            return Ok(());
        }
        let size = self.journals().size_over_all(facts.journal, facts.size);
        let Some(size) = size.filter(|size| *size <= check.position) else {
            check.problems.push(SampleProblem::NoSuchSize);
            return Ok(());
        };
        check.records_between = check.position.0 - size.0;
        let plan = SamplePlan {
            from: facts.from,
            to: facts.to,
            journal: facts.journal,
            size: facts.size,
            minimum: facts.minimum,
            permille: facts.permille,
        };
        let draw = match self.draw(plan, progress) {
            Ok(draw) => draw,
            Err(AuditError::NoSuchSize { .. }) => {
                check.problems.push(SampleProblem::NoSuchSize);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        if draw.root != facts.root {
            let (published, ours) = (facts.root, draw.root);
            check.problems.push(SampleProblem::Root { published, ours });
        }
        if draw.seed_at_ms <= end_of_day_ms(facts.to) {
            let at_ms = draw.seed_at_ms;
            check.problems.push(SampleProblem::SeedInside { at_ms });
        }
        let redrawn = draw.visits.len() as u64;
        if u64::from(facts.drawn) != redrawn {
            let published = facts.drawn;
            check.problems.push(SampleProblem::Drawn { published, redrawn });
        }
        if facts.list != draw.list {
            let (published, redrawn) = (facts.list, draw.list);
            check.problems.push(SampleProblem::List { published, redrawn });
        }
        check.redrawn = Some(draw);
        Ok(())
    }

    /// Draws a sample of an auditor's own.
    ///
    /// # Errors
    /// [`AuditError::SeedInside`] where the seed was known before the period was over: whoever recorded then could have
    /// steered the draw; [`AuditError::NoSuchSize`], [`AuditError::Partial`], [`AuditError::Store`].
    pub fn draw_own(&self, plan: SamplePlan, progress: &mut dyn FnMut(u64, u64)) -> Result<SampleDraw, AuditError> {
        let (_, at_ms) = self.seed(plan.journal, plan.size)?;
        if at_ms <= end_of_day_ms(plan.to) {
            return Err(AuditError::SeedInside {
                size: plan.size,
                day: Day::of_instant(at_ms.cast_signed()),
                to: plan.to,
            });
        }
        self.draw(plan, progress)
    }

    /// Draws from what was known in a journal of that size, and from nothing that came later.
    fn draw(&self, plan: SamplePlan, progress: &mut dyn FnMut(u64, u64)) -> Result<SampleDraw, AuditError> {
        let (root, seed_at_ms) = self.seed(plan.journal, plan.size)?;
        let (journals, none) = (self.journals(), AuditError::NoSuchSize { size: plan.size });
        let size = journals.size_over_all(plan.journal, plan.size).ok_or(none)?;
        // Of some villages alone another list would be drawn.
        AuditError::unless_whole(self.mirror().units())?;
        let mut gathered = Gathered::new();
        let mut visit = |standing: &Standing, bytes: &[u8]| {
            if Event::decode(bytes).is_ok_and(|event| is_drawn_from(event.header.kind)) {
                led::add(&mut gathered, standing, bytes);
            }
        };
        // A journal of this size holds records up to the one before it.
        let knowledge = Knowledge::Upto(Position(size.0.saturating_sub(1)));
        let known = self.known(knowledge, &mut visit, progress)?;
        let records: Vec<leads::Record<'_>> = gathered.records().collect();
        let history = leads::History::read(&known.ledger, records, [], journals);
        let spot = SpotPlan {
            size,
            root: root.0,
            from: plan.from,
            to: plan.to,
            minimum: plan.minimum,
            permille: plan.permille,
        };
        let strata = history.strata(&spot);
        let list = leads::draw(&strata, &spot);
        let all: BTreeSet<EventId> = strata.values().flatten().copied().collect();
        let all: Vec<EventId> = all.into_iter().collect();
        let visits = history.drawn(&list, &spot);
        Ok(SampleDraw {
            plan,
            root,
            seed_at_ms,
            strata: strata.len() as u64,
            villages: villages(&history.drawn(&all, &spot), &visits),
            list: list_hash(&list),
            visits,
        })
    }

    /// Root of a journal at a size, by its records, and the time of the last of them.
    fn seed(&self, journal: JournalId, size: Position) -> Result<(Hash256, u64), AuditError> {
        let none = || AuditError::NoSuchSize { size };
        let copy = self.mirror().journals().find(|(known, ..)| *known == journal);
        let (_, copy, frozen) = copy.ok_or_else(none)?;
        let (mut frontier, mut at_ms) = (Frontier::new(), 0);
        self.store().scan(copy, Sequence::FIRST, &mut |_, entry, _| {
            let record = split(entry).filter(|(position, _)| position.0 == frontier.size() && *position < size);
            let Some((_, bytes)) = record else {
                return ControlFlow::Break(());
            };
            frontier.push(leaf_hash(bytes));
            at_ms = JournalRecord::decode(bytes).map_or(at_ms, |record| record.at_ms());
            ControlFlow::Continue(())
        })?;
        let is_there = size.0 > 0 && frontier.size() == size.0 && frozen.is_none_or(|frozen| size <= frozen);
        if is_there {
            Ok((Hash256(frontier.root()), at_ms))
        } else {
            Err(none())
        }
    }
}

fn villages(all: &[DrawnVisit], drawn: &[DrawnVisit]) -> Vec<VillageShare> {
    let mut shares: BTreeMap<UnitCode, (u64, u64)> = BTreeMap::new();
    all.iter()
        .for_each(|visit| shares.entry(visit.unit).or_default().0 += 1);
    drawn
        .iter()
        .for_each(|visit| shares.entry(visit.unit).or_default().1 += 1);
    let share = |(unit, (of, drawn))| VillageShare { unit, of, drawn };
    shares.into_iter().map(share).collect()
}
