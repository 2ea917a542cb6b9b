//! Carrying out what somebody decided at a page: all in one turn of the writer, or not at all where it no longer fits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use event::{Draft, EntityId, EventId, PersonId, PersonalContent, Position, Subject, UnitCode};
use event_log::Store;
use ledger::{EntityKey, Ledger, Step};
use link::{Problem, ProblemKind};
use screen::township::WhyNot;
use sync::record::Audience;

use super::board::row_of;
use super::matter::may;
use super::{Asked, Once, Seen, once};
use crate::office::Shared;
use crate::{Entropy, Hub, Refusal, Registry};

/// Turns of the writer in which the ledgers may be found behind or taken before nobody waits any longer.
const TURNS_MAX: usize = 40;
/// Longest wait between two of them.
const PAUSE: Duration = Duration::from_millis(500);
/// Pause where the ledgers are being written to at that moment.
const MOMENT: Duration = Duration::from_millis(5);
/// How long an answer waits for the ledgers to show what was recorded; the record is durable before that.
const SHOWN: Duration = Duration::from_secs(3);

/// The moment that a decision was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// There was no such request; it is to be raised for this unit.
    Nothing(UnitCode),
    /// It stood so.
    Seen(Seen),
}

/// What somebody decided about one request.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) request: EntityId,
    pub(crate) from: From,
    pub(crate) asked: Asked,
    pub(crate) person: PersonId,
    /// The form's own name.
    pub(crate) form: String,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    /// It is durable, with its receipt.
    Done(EventId),
    /// It was done before, by the same form.
    Known(EventId),
    /// It would not count; nothing was recorded.
    Not(WhyNot),
    /// The request has moved on since; the step that counts last. Nothing was recorded.
    Moved(Option<Box<Step>>),
}

enum Turn {
    /// The ledgers are being written to.
    Taken,
    /// They have not read what the village, or the township for it, has a receipt for.
    Behind(Position),
    Over(Vec<Told>, Option<Position>),
}

enum Decided {
    Told(Told),
    Record(UnitCode, Box<Draft>, [u8; 32]),
}

/// Carries out the orders, each by itself: what does not fit is told, the rest is done. Of two orders about one request the
/// second is told that it has moved on. When this returns, what is done is durable.
///
/// # Errors
/// The writer's problem: then nobody knows what was recorded. `busy` if the ledgers stay behind: then nothing was.
pub(crate) async fn carry_out(office: &Shared, orders: Vec<Order>) -> Result<Vec<Told>, Problem> {
    let orders: Arc<[Order]> = orders.into();
    for _ in 0..TURNS_MAX {
        let (views, orders, office_then) = (office.views.clone(), Arc::clone(&orders), Arc::clone(office));
        let turn = office.writer.ask(move |hub, surroundings| {
            let once = &office_then.once;
            // Inside the turn nothing is waited for: sync never waits for the ledgers.
            let decided = views.glance(|ledger| {
                let behind = behind(ledger, &hub.registry(), &orders);
                behind.map_or_else(|| Ok(decide(ledger, &hub.registry(), &orders, once)), Err)
            });
            let decided = match decided {
                None => return Ok(Turn::Taken),
                Some(Err(position)) => return Ok(Turn::Behind(position)),
                Some(Ok(decided)) => decided,
            };
            let now = surroundings.now();
            let (told, units) = record(hub, decided, once, &now, &mut || surroundings.random())?;
            let newest = units
                .iter()
                .filter_map(|unit| hub.registry().newest_of(Some(*unit)))
                .max();
            Ok(Turn::Over(told, newest))
        });
        match turn.await? {
            Turn::Taken => tokio::time::sleep(MOMENT).await,
            Turn::Behind(position) => {
                office.views.until(position, PAUSE).await;
            }
            Turn::Over(told, newest) => {
                if let Some(newest) = newest {
                    office.views.until(newest, SHOWN).await;
                }
                return Ok(told);
            }
        }
    }
    Err(Problem::new(ProblemKind::Busy, "the ledgers are still reading the journal").after_s(5))
}

/// The first receipt position that the ledgers would have to come to; `None` where they have read everything that
/// concerns these requests' villages.
fn behind(ledger: &Ledger, registry: &Registry, orders: &[Order]) -> Option<Position> {
    let reached = ledger.cut().position;
    if !ledger.is_settled() {
        return Some(reached.unwrap_or(Position(0)));
    }
    // A request that is not here may be in what has not been read.
    let units: BTreeSet<Option<UnitCode>> = orders.iter().map(|order| unit_of(ledger, order)).collect();
    let newest = units.into_iter().filter_map(|unit| registry.newest_of(unit));
    newest.filter(|newest| reached < Some(*newest)).max()
}

fn unit_of(ledger: &Ledger, order: &Order) -> Option<UnitCode> {
    match order.from {
        From::Nothing(unit) => Some(unit),
        From::Seen(_) => row_of(ledger, order.request).map(|row| row.unit),
    }
}

/// What each order comes to. Nothing is recorded here.
fn decide(ledger: &Ledger, registry: &Registry, orders: &[Order], once: &Once) -> Vec<Decided> {
    let mut taken = BTreeSet::new();
    let decide = |order: &Order| {
        let key = once::key(&order.form, order.request, order.person);
        if let Some(event) = once.get(&key) {
            return Decided::Told(Told::Known(event));
        }
        if !taken.insert(order.request) {
            return Decided::Told(Told::Moved(None));
        }
        match decide_one(ledger, registry, order) {
            Ok((unit, draft)) => Decided::Record(unit, Box::new(draft), key),
            Err(told) => Decided::Told(told),
        }
    };
    orders.iter().map(decide).collect()
}

fn decide_one(ledger: &Ledger, registry: &Registry, order: &Order) -> Result<(UnitCode, Draft), Told> {
    let row = row_of(ledger, order.request);
    let (unit, causes) = match (order.from, &row) {
        (From::Nothing(unit), None) => (unit, Vec::new()),
        // Raised by this very form before the hub was started anew.
        (From::Nothing(_), Some(_)) => {
            let story = ledger.story(EntityKey::request(order.request));
            return Err(story
                .first()
                .map_or(Told::Moved(None), |first| Told::Known(first.event)));
        }
        (From::Seen(_), None) => return Err(Told::Not(WhyNot::Gone)),
        (From::Seen(seen), Some(row)) => {
            if Seen::of(ledger, row) != Some(seen) {
                let story = ledger.story(EntityKey::request(order.request));
                let last = story
                    .into_iter()
                    .rev()
                    .find(|step| step.effect == ledger::Effect::Counted);
                return Err(Told::Moved(last.map(Box::new)));
            }
            if let Some(step) = order.asked.step
                && let Some(why) = may(row, step, order.person)
            {
                return Err(Told::Not(why));
            }
            (row.unit, vec![seen.last])
        }
    };
    if !registry
        .parties()
        .any(|(_, party)| party.unit == Some(unit) && party.role.is_some())
    {
        return Err(Told::Not(WhyNot::NoMachine));
    }
    let asked = &order.asked;
    let draft = Draft {
        subject: Subject::request(order.request),
        facts: asked.facts.clone(),
        occurred: asked.occurred,
        unit,
        recorder: order.person,
        actors: vec![order.person],
        causes,
        mode: asked.mode,
        source: None,
        personal: asked
            .personal
            .clone()
            .filter(|content| *content != PersonalContent::default()),
    };
    Ok((unit, draft))
}

/// A draft, its order's place, and what is remembered of its form.
type Ready = (usize, [u8; 32], (Draft, Entropy));

/// Records what is to be recorded, in one commit for each village.
fn record<S: Store>(
    hub: &mut Hub<S>,
    decided: Vec<Decided>,
    once: &Once,
    now: &event::ClockReading,
    entropy: &mut dyn FnMut() -> Entropy,
) -> Result<(Vec<Told>, BTreeSet<UnitCode>), Refusal> {
    let mut told: Vec<Option<Told>> = Vec::with_capacity(decided.len());
    let mut drafts: BTreeMap<UnitCode, Vec<Ready>> = BTreeMap::new();
    for (at, one) in decided.into_iter().enumerate() {
        told.push(match one {
            Decided::Told(one) => Some(one),
            Decided::Record(unit, draft, key) => {
                drafts.entry(unit).or_default().push((at, key, (*draft, entropy())));
                None
            }
        });
    }
    let units = drafts.keys().copied().collect();
    for (unit, drafts) in drafts {
        let (places, drafts): (Vec<_>, Vec<_>) = drafts.into_iter().map(|(at, key, draft)| ((at, key), draft)).unzip();
        let events = hub.record(Audience::Unit(unit), &drafts, now)?;
        for ((at, key), event) in places.into_iter().zip(events) {
            once.put(key, event);
            told[at] = Some(Told::Done(event));
        }
    }
    Ok((
        told.into_iter().map(|one| one.unwrap_or(Told::Moved(None))).collect(),
        units,
    ))
}
