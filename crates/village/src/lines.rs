//! Lines that are recorded, and how a line that comes again is known.

use std::collections::HashMap;

use event::{ClockReading, Draft, DraftError, Event, EventId, Origin, Sequence};
use event_log::{LogRead, SledStore, StoreError};

use crate::{Entropy, Node, NodeError, Recorded};

/// One thing to be recorded.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) draft: Draft,
    /// What the line is known by when it comes again; `None` for a fact that is always new.
    pub(crate) key: Option<[u8; 32]>,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is on the disk.
    Recorded(Recorded),
    /// It was recorded before.
    Known(Recorded),
    /// It is no record; the words are for the person who wrote it.
    Refused(DraftError),
}

/// Records what is new of `lines`; `told` gets the outcomes before the commit, for the case that it fails.
pub(crate) fn write_to(
    node: &mut Node<SledStore>,
    lines: &[&Line],
    entropy: &[Entropy],
    now: &ClockReading,
    told: &mut Vec<Outcome>,
) -> Result<Vec<Outcome>, NodeError> {
    enum Place {
        Known(Recorded),
        /// The draft with this number.
        Draft(usize),
        /// The same line as the draft with this number.
        Again(usize),
    }
    let mut places = Vec::with_capacity(lines.len());
    let mut drafts: Vec<(Draft, Entropy)> = Vec::with_capacity(lines.len());
    let mut keys: HashMap<[u8; 32], usize> = HashMap::new();
    for (line, entropy) in lines.iter().zip(entropy) {
        if let Some(key) = line.key {
            if let Some(known) = known_line(node, &key)? {
                places.push(Place::Known(known));
                continue;
            }
            if let Some(same) = keys.get(&key) {
                places.push(Place::Again(*same));
                continue;
            }
            keys.insert(key, drafts.len());
        }
        places.push(Place::Draft(drafts.len()));
        drafts.push((line.draft.clone(), *entropy));
    }
    let outcome = |place: &Place, done: &[Result<Recorded, DraftError>]| match place {
        Place::Known(known) => Outcome::Known(known.clone()),
        Place::Draft(at) => done[*at].clone().map_or_else(Outcome::Refused, Outcome::Recorded),
        Place::Again(at) => done[*at].clone().map_or_else(Outcome::Refused, Outcome::Known),
    };
    let done = node.record_with(&drafts, now, &mut |commit, done| {
        *told = places.iter().map(|place| outcome(place, done)).collect();
        for (key, at) in &keys {
            if let Ok(recorded) = &done[*at] {
                commit.put_meta(line_key(key), line_value(recorded));
            }
        }
    })?;
    Ok(places.iter().map(|place| outcome(place, &done)).collect())
}

/// After a commit with an unknown outcome: the outcomes, if the log now shows that it went through. A
/// commit is whole or not there at all, so its last entry speaks for it.
pub(crate) fn settled(node: &Node<SledStore>, told: Vec<Outcome>) -> Option<Vec<Outcome>> {
    let last = told.iter().rev().find_map(|outcome| match outcome {
        Outcome::Recorded(recorded) => Some(recorded),
        _ => None,
    })?;
    let entries = node
        .store()
        .read(last.origin.into(), last.sequence, 1, usize::MAX)
        .ok()?;
    let event = Event::decode(&entries.first()?.bytes).ok()?;
    (event.header.id == last.id).then_some(told)
}

/// What the keys of the marks of batch lines begin with.
pub(crate) const LINES: &[u8] = b"node/line/";

fn line_key(key: &[u8; 32]) -> Vec<u8> {
    [LINES, key].concat()
}

/// `event (16) ‖ origin (16) ‖ sequence (8, big endian)`.
fn line_value(recorded: &Recorded) -> Vec<u8> {
    let (id, origin) = (recorded.id.to_bytes(), recorded.origin.to_bytes());
    [&id[..], &origin, &recorded.sequence.get().to_be_bytes()].concat()
}

fn known_line(node: &Node<SledStore>, key: &[u8; 32]) -> Result<Option<Recorded>, NodeError> {
    match node.store().get_meta(&line_key(key))? {
        None => Ok(None),
        Some(value) => recorded(&value)
            .map(Some)
            .ok_or_else(|| NodeError::State("a line of a batch".to_owned())),
    }
}

/// What the line with this key became, if it was recorded.
///
/// # Errors
/// [`StoreError`] if the store cannot be read.
pub(crate) fn recorded_as(log: &dyn LogRead, key: &[u8; 32]) -> Result<Option<Recorded>, StoreError> {
    Ok(log.get_meta(&line_key(key))?.and_then(|value| recorded(&value)))
}

fn recorded(value: &[u8]) -> Option<Recorded> {
    let (id, rest) = value.split_first_chunk::<16>()?;
    let (origin, rest) = rest.split_first_chunk::<16>()?;
    let sequence = u64::from_be_bytes(rest.try_into().ok()?);
    Some(Recorded {
        id: EventId::from_bytes(*id),
        origin: Origin::from_bytes(*origin),
        sequence: Sequence::new(sequence).ok()?,
    })
}
