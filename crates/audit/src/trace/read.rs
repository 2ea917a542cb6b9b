//! From entries to steps.

use std::collections::BTreeMap;

use event::{Event, EventId, Facts, Origin, Sequence, StoryKey, When};
use ledger::{Effect, NoEffect};
use serde_json::{Value, json};

use super::{Corrected, FieldChange, Machine, PersonalPart, Repeat, TraceStep};
use crate::AuditError;
use diff::Standing;

use crate::opened::{Entries, Known};

/// Reads entries, joins copies and corrections to what they are of, and puts all in the order of the story.
pub(super) fn steps(
    standings: Vec<Standing>,
    known: &Known,
    entries: &dyn Entries,
) -> Result<Vec<TraceStep>, AuditError> {
    let mut steps: BTreeMap<EventId, TraceStep> = BTreeMap::new();
    let mut copies: Vec<(EventId, Repeat)> = Vec::new();
    for standing in standings {
        let Some(entry) = entries.entry(standing.origin, standing.sequence)? else {
            continue;
        };
        let Ok(event) = Event::decode(&entry.bytes) else {
            continue;
        };
        let effect = known.ledger.effect_at(standing.origin, standing.sequence);
        let effect = effect.unwrap_or(Effect::NotUnderstood);
        if let Effect::NoEffect(reason @ (NoEffect::Duplicate | NoEffect::OtherContent)) = effect {
            let copy = Repeat {
                machine: machine(&standing, known),
                position: standing.receipt.position,
                received_at_ms: standing.receipt.received_at_ms,
                same: reason == NoEffect::Duplicate,
            };
            copies.push((event.header.id, copy));
            // Where the first one is about something else, the copy is all that is seen of it here.
            if reason == NoEffect::Duplicate {
                continue;
            }
        }
        let id = event.header.id;
        let step = step(&standing, event, entry.personal.is_some(), effect, known);
        if matches!(effect, Effect::NoEffect(NoEffect::OtherContent)) {
            steps.entry(id).or_insert(step);
        } else {
            steps.insert(id, step);
        }
    }
    for (id, copy) in copies {
        if let Some(step) = steps.get_mut(&id).filter(|step| step.machine != copy.machine) {
            step.copies.push(copy);
        }
    }
    let mut steps: Vec<TraceStep> = steps.into_values().collect();
    steps.sort_by_key(|step| step.story);
    join_corrections(&mut steps);
    Ok(steps)
}

fn step(standing: &Standing, event: Event<'_>, has_personal: bool, effect: Effect, known: &Known) -> TraceStep {
    let header = event.header;
    let facts = Facts::decode(header.kind, header.schema, event.facts).ok().flatten();
    let covering = known.book.receipt_of(standing.origin, standing.sequence);
    TraceStep {
        event: header.id,
        kind: header
            .kind
            .key()
            .map_or_else(|| header.kind.0.to_string(), str::to_owned),
        subject: header.subject,
        unit: header.unit,
        facts: facts.map_or(Value::Null, |facts| json!(facts)),
        occurred: header.occurred,
        precision: precision(header.occurred),
        story: StoryKey::of(&header, Some(standing.receipt.received_at_ms)),
        actors: header.actors,
        recorder: header.recorder,
        by_hub: standing.by_hub,
        mode: header.mode,
        source: header.source,
        machine: machine(standing, known),
        recorded_ms: header.wall_ms,
        recorded_corrected_ms: corrected(known, standing.origin, standing.sequence, header.wall_ms),
        clock: header.clock,
        received_at_ms: standing.receipt.received_at_ms,
        journal: covering.map(|receipt| receipt.journal),
        journal_position: covering.map(|receipt| receipt.position),
        position: standing.receipt.position,
        effect,
        corrections: Vec::new(),
        copies: Vec::new(),
        carried_from: header.carried_from,
        causes: header.causes,
        personal: header.personal.map(|personal| PersonalPart {
            len: personal.len,
            here: has_personal,
        }),
        proof: None,
    }
}

fn machine(standing: &Standing, known: &Known) -> Machine {
    let log = known.book.logs.get(&standing.origin);
    Machine {
        origin: standing.origin,
        sequence: standing.sequence,
        unit: log.and_then(|log| log.unit),
        name: log.map_or_else(String::new, |log| log.name.clone()),
    }
}

const fn precision(when: When) -> &'static str {
    match when {
        When::Day(_) => "day",
        When::HalfDay { .. } => "half_day",
        When::Minute(_) => "minute",
        When::Instant(_) => "instant",
    }
}

/// A recorded time after the township's corrections of that clock: the last one that covers the entry decides.
fn corrected(known: &Known, origin: Origin, sequence: Sequence, wall_ms: u64) -> Option<i64> {
    let spans = known.ledger.clock_of(origin);
    let covers = spans
        .iter()
        .rev()
        .find(|span| (span.first..=span.last).contains(&sequence))?;
    Some(wall_ms.cast_signed().saturating_add(covers.offset_ms))
}

/// Puts each correction beside the step that it is of; it stays a step of its own, too.
fn join_corrections(steps: &mut [TraceStep]) {
    let at: BTreeMap<EventId, usize> = steps.iter().enumerate().map(|(at, step)| (step.event, at)).collect();
    let mut found = Vec::new();
    for step in steps.iter() {
        if step.kind != event::Kind::RECORD_CORRECTED.key().unwrap_or_default() {
            continue;
        }
        let Some(target) = step.target().and_then(|target| at.get(&target)) else {
            continue;
        };
        found.push((*target, corrected_by(step, &steps[*target])));
    }
    for (target, corrected) in found {
        steps[target].corrections.push(corrected);
    }
}

fn corrected_by(correction: &TraceStep, target: &TraceStep) -> Corrected {
    let mut fields = Vec::new();
    // The new facts stand under the word of their kind.
    let replacement = correction.facts.get("replacement").and_then(Value::as_object);
    if let Some(facts) = replacement.and_then(|by_kind| by_kind.values().next()?.as_object()) {
        let old = target.facts.as_object();
        let names = old.into_iter().chain([facts]).flat_map(serde_json::Map::keys);
        let names: std::collections::BTreeSet<&String> = names.collect();
        for name in names {
            let before = old.and_then(|old| old.get(name)).cloned().unwrap_or(Value::Null);
            let after = facts.get(name).cloned().unwrap_or(Value::Null);
            if before != after {
                fields.push(FieldChange {
                    field: name.clone(),
                    before,
                    after,
                });
            }
        }
    }
    if let Some(occurred) = correction.facts.get("occurred").filter(|occurred| !occurred.is_null()) {
        fields.push(FieldChange {
            field: "occurred".to_owned(),
            before: json!(target.occurred),
            after: occurred.clone(),
        });
    }
    let is_void = correction.facts.get("correction").is_some_and(|word| word == "void");
    Corrected {
        event: correction.event,
        correction: if is_void { "void" } else { "correct" },
        fields,
        recorder: correction.recorder,
        actors: correction.actors.clone(),
        position: correction.position,
        received_at_ms: correction.received_at_ms,
        effect: correction.effect,
    }
}
