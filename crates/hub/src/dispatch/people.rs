//! To whom a matter can be given: people of the request's village, by what the township has seen of them, and the
//! township's own.

use std::collections::{BTreeMap, BTreeSet};

use event::{PersonId, UnitCode};
use ledger::{Ledger, Request};
use screen::Words;
use screen::township::{Group, Person};

use super::PEOPLE_MAX;
use super::names::Names;
use super::texts::Entry;

/// What people did in one matter, by the event kinds' words.
pub(crate) type Deeds = BTreeMap<PersonId, BTreeSet<String>>;

/// Who did what in the steps of a story; its last handler is marked.
pub(crate) fn deeds<'a>(row: &Request, steps: impl IntoIterator<Item = &'a Entry>) -> Deeds {
    let mut deeds = Deeds::new();
    for entry in steps {
        for person in entry.people() {
            deeds.entry(person).or_default().insert(entry.kind.to_string());
        }
    }
    if let Some(handler) = row.handler {
        deeds.entry(handler).or_default().insert("handler".to_owned());
    }
    deeds
}

/// The village's people and the township's, in the order of their identities. No figure orders people.
pub(crate) fn groups(ledger: &Ledger, row: &Request, deeds: &Deeds, names: &Names, w: Words) -> Vec<Group> {
    let seen = ledger.people_of(row.unit);
    let mut newest: Vec<_> = seen.iter().map(|(person, last)| (*last, *person)).collect();
    newest.sort_unstable_by(|a, b| b.cmp(a));
    let of_township: BTreeSet<PersonId> = names.own().map(|(person, _)| person).collect();
    let acted = deeds
        .keys()
        .copied()
        .filter(|person| seen.contains_key(person) || !of_township.contains(person));
    let chosen: BTreeSet<PersonId> = newest
        .into_iter()
        .take(PEOPLE_MAX)
        .map(|(_, person)| person)
        .chain(acted)
        .collect();
    let person = |unit: UnitCode, person: PersonId| Person {
        value: value(unit, person),
        name: names.person(person, w),
        did: deeds.get(&person).into_iter().flatten().cloned().collect(),
    };
    let village = Group {
        name: names.unit(row.unit),
        people: chosen.into_iter().map(|one| person(row.unit, one)).collect(),
    };
    let township = Group {
        name: names.unit(names.township),
        people: of_township.into_iter().map(|one| person(names.township, one)).collect(),
    };
    vec![village, township]
}

/// What the form sends for a person at a unit.
pub(crate) fn value(unit: UnitCode, person: PersonId) -> String {
    format!("{unit}:{person}")
}

/// The unit and person that a form sent, if it was offered.
pub(crate) fn chosen(groups: &[Group], value: &str) -> Option<(UnitCode, PersonId)> {
    let is_offered = groups
        .iter()
        .flat_map(|group| &group.people)
        .any(|person| person.value == value);
    let (unit, person) = value.split_once(':').filter(|_| is_offered)?;
    Some((unit.parse().ok()?, person.parse().ok()?))
}
