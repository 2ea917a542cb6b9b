//! Reading entries and their personal parts from the log. Whatever cannot be read is missing, never an error: texts may
//! have been erased, and a page shows what is here.

use std::collections::BTreeMap;

use event::{EntityId, Event, Facts, Kind, Origin, PersonId, Personal, PersonalContent, Sequence, UnitCode, When};
use ledger::{EntityKey, Ledger};
use screen::township::Wording;

use crate::{Desk, Refusal};

/// An entry, read.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) unit: UnitCode,
    pub(crate) kind: Kind,
    pub(crate) facts: Option<Facts>,
    pub(crate) occurred: When,
    pub(crate) recorder: PersonId,
    pub(crate) actors: Vec<PersonId>,
    /// Whether the event names a personal part.
    names_personal: bool,
    pub(crate) personal: Option<PersonalContent>,
}

impl Entry {
    /// Its text.
    pub(crate) fn wording(&self) -> Wording {
        let text = self.personal.as_ref().and_then(|content| content.text.clone());
        match text {
            Some(text) => Wording::Here(text),
            None if self.names_personal && self.personal.is_none() => Wording::Missing,
            None => Wording::None,
        }
    }

    /// Everybody who typed or did it.
    pub(crate) fn people(&self) -> impl Iterator<Item = PersonId> {
        std::iter::once(self.recorder).chain(self.actors.iter().copied())
    }
}

/// Reads one entry; `None` if it cannot be read.
///
/// # Errors
/// [`Refusal::Store`].
pub(crate) fn entry(desk: &Desk, origin: Origin, sequence: Sequence) -> Result<Option<Entry>, Refusal> {
    let read = desk.log.read(origin.into(), sequence, 1, usize::MAX)?;
    let Some(entry) = read.into_iter().next() else {
        return Ok(None);
    };
    let Ok(event) = Event::decode(&entry.bytes) else {
        return Ok(None);
    };
    let header = event.header;
    Ok(Some(Entry {
        unit: header.unit,
        kind: header.kind,
        facts: Facts::decode(header.kind, header.schema, event.facts).ok().flatten(),
        occurred: header.occurred,
        recorder: header.recorder,
        actors: header.actors,
        names_personal: header.personal.is_some(),
        personal: entry.personal.as_deref().and_then(|blob| Personal::open(blob).ok()),
    }))
}

/// Where the records that raised these requests stand.
pub(crate) fn raised_at(
    ledger: &Ledger,
    requests: impl IntoIterator<Item = EntityId>,
) -> BTreeMap<EntityId, (Origin, Sequence)> {
    let places = requests.into_iter().filter_map(|request| {
        let story = ledger.story(EntityKey::request(request));
        let raised = story.into_iter().find(|step| step.kind == Kind::REQUEST_RAISED.0)?;
        Some((request, (raised.origin, raised.sequence)))
    });
    places.collect()
}

/// The wordings of these requests, where they are here.
///
/// # Errors
/// [`Refusal::Store`].
pub(crate) fn wordings(
    desk: &Desk,
    places: &BTreeMap<EntityId, (Origin, Sequence)>,
) -> Result<BTreeMap<EntityId, String>, Refusal> {
    let mut wordings = BTreeMap::new();
    for (request, (origin, sequence)) in places {
        if let Some(Wording::Here(text)) = entry(desk, *origin, *sequence)?.map(|entry| entry.wording()) {
            wordings.insert(*request, text);
        }
    }
    Ok(wordings)
}
