//! The mapping: what a table's columns, labels and words mean.

use std::collections::{BTreeMap, BTreeSet};

use event::{EntityId, PersonId, SubjectKind, UnitCode};

use crate::moment::{Moment, Read};
use crate::rule::{Cells, Derived, Fault, Key, Recipe, Words};
use crate::{MappingError, compile, identity};

/// Version of the mapping file that this program reads.
pub const MAPPING_FORMAT: u32 = 1;

/// How one table is read. Made from a file, checked as a whole, then applied row by row.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub(crate) id: String,
    pub(crate) unit: Option<UnitCode>,
    pub(crate) delimiter: u8,
    /// Names of the columns that are called for; everything else names them by index.
    pub(crate) columns: Vec<String>,
    pub(crate) case: usize,
    pub(crate) case_without: Vec<String>,
    pub(crate) label: Label,
    pub(crate) actor: Option<usize>,
    pub(crate) key: Option<usize>,
    pub(crate) number: Option<usize>,
    pub(crate) at: usize,
    pub(crate) moments: Vec<Moment>,
    pub(crate) words: Vec<Words>,
    pub(crate) keys: Vec<Key>,
    pub(crate) rules: Vec<Recipe>,
    pub(crate) by_label: BTreeMap<String, usize>,
    pub(crate) default: Option<usize>,
    pub(crate) skip: BTreeSet<String>,
    pub(crate) derived: Vec<Derived>,
}

/// Where a row's label comes from.
#[derive(Clone, Debug)]
pub(crate) enum Label {
    Column(usize),
    /// The same for every row.
    Text(String),
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// [`MappingError`] names the line and the key: unknown or missing keys, names that nothing defines, a kind or
    /// fact that does not exist, a word that does not fit the fact it is for.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        compile::mapping(text)
    }

    /// The mapping's own name, a part of every identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The unit that the rows belong to, where the mapping says so.
    #[must_use]
    pub const fn unit(&self) -> Option<UnitCode> {
        self.unit
    }

    /// The entity that the source calls by this text: a case as it stands in the table, or a key.
    #[must_use]
    pub fn entity(&self, sort: SubjectKind, text: &str) -> EntityId {
        identity::entity(&self.id, sort, self.case_name(text))
    }

    /// The person whom the source calls by this text.
    #[must_use]
    pub fn person(&self, text: &str) -> PersonId {
        identity::person(&self.id, text)
    }

    /// The case without the prefix that one of several systems put before it.
    pub(crate) fn case_name<'a>(&self, cell: &'a str) -> &'a str {
        let mut bare = self.case_without.iter().filter_map(|prefix| cell.strip_prefix(prefix));
        bare.next().unwrap_or(cell)
    }

    pub(crate) fn actor_of(&self, cells: Cells<'_>) -> Option<PersonId> {
        let text = cells.get(self.actor?);
        (!text.is_empty()).then(|| self.person(text))
    }

    pub(crate) fn moment(&self, moment: usize, cells: Cells<'_>) -> Result<Option<Read>, Fault> {
        let moment = &self.moments[moment];
        moment
            .read(cells.get(moment.column))
            .map_err(|reason| Fault::at(moment.column, reason))
    }
}
