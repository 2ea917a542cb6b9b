//! Names of units and people as the township knows them. Accounts do not travel: of a villager the township has the
//! identity alone, unless they have an account here too.

use std::collections::BTreeMap;

use event::{EntityId, PersonId, Position, UnitCode};
use screen::Words;
use sync::record::Role;

use crate::Registry;
use crate::heard::HeardKept;

/// Characters of an identity's end that tell it apart for people.
const END_CHARS: usize = 4;

/// Names for the time of one page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    people: BTreeMap<PersonId, String>,
    units: BTreeMap<UnitCode, String>,
    /// The township.
    pub(crate) township: UnitCode,
    /// How many records, counted over all journals, the villages' machines said that they hold.
    held: BTreeMap<UnitCode, u64>,
}

impl Names {
    /// The villages' names are those of their newest machines' enrolments; `people` are the township's accounts.
    pub(crate) fn new(
        registry: &Registry,
        heard: &HeardKept,
        people: impl IntoIterator<Item = (PersonId, String)>,
    ) -> Self {
        let mut held = BTreeMap::new();
        let mut units = BTreeMap::from([(registry.unit, registry.name.clone())]);
        for (origin, party) in registry
            .parties()
            .filter(|(_, party)| party.role == Some(Role::Village))
        {
            let Some(unit) = party.unit.filter(|unit| *unit != registry.unit) else {
                continue;
            };
            if let Some((journal, records)) = heard.of(origin).and_then(|heard| heard.holds) {
                let records = registry.base(journal) + records;
                let most = held.entry(unit).or_insert(records);
                *most = records.max(*most);
            }
            let is_open = !party.revoked && party.closed_at.is_none();
            if (is_open || !units.contains_key(&unit)) && !party.name.is_empty() {
                units.insert(unit, party.name.clone());
            }
        }
        Self {
            people: people.into_iter().collect(),
            units,
            township: registry.unit,
            held,
        }
    }

    /// A unit's name; its code where it has none.
    pub(crate) fn unit(&self, unit: UnitCode) -> String {
        self.units.get(&unit).cloned().unwrap_or_else(|| unit.to_string())
    }

    /// Whether a record at this position has come to a machine of the village, by what its machines said in their hellos;
    /// `None` where none of them has said anything.
    pub(crate) fn has_come(&self, unit: UnitCode, position: Position) -> Option<bool> {
        self.held.get(&unit).map(|records| *records > position.0)
    }

    /// Villages that have, or had, a machine: code and name, in the order of their codes.
    pub(crate) fn villages(&self) -> Vec<(UnitCode, String)> {
        let villages = self.units.iter().filter(|(unit, _)| **unit != self.township);
        villages.map(|(unit, name)| (*unit, name.clone())).collect()
    }

    /// The township's own people: those who have an account here.
    pub(crate) fn own(&self) -> impl Iterator<Item = (PersonId, &str)> {
        self.people.iter().map(|(person, name)| (*person, name.as_str()))
    }

    /// A person's name, or the end of their identity.
    pub(crate) fn person(&self, person: PersonId, w: Words) -> String {
        let known = self.people.get(&person).cloned();
        known.unwrap_or_else(|| w.matter_person(&end_of(&person.to_string())))
    }

    /// 「枫台-0177」: the village without the word for its rank, and the end of the request's identity.
    pub(crate) fn number(&self, unit: UnitCode, request: EntityId, w: Words) -> String {
        let name = self.unit(unit);
        let ranks = ["社区居委会", "村委会", "社区", "村"];
        let short = ranks
            .iter()
            .find_map(|rank| name.strip_suffix(rank))
            .filter(|short| !short.is_empty());
        w.number_of(short.unwrap_or(&name), &end_of(&request.to_string()))
    }
}

fn end_of(identity: &str) -> String {
    let skip = identity.chars().count().saturating_sub(END_CHARS);
    identity.chars().skip(skip).collect()
}
