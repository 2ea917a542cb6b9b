//! A mapping file as it is written. Unknown keys are refused: they are typing errors.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Spanned, Table, Value};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MappingForm {
    pub(crate) format: Spanned<u32>,
    pub(crate) id: Spanned<String>,
    pub(crate) unit: Option<Spanned<String>>,
    pub(crate) delimiter: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) skip: Vec<Spanned<String>>,
    pub(crate) row: RowForm,
    #[serde(default)]
    pub(crate) time: TimeForm,
    pub(crate) moments: BTreeMap<String, Spanned<TimeForm>>,
    #[serde(default)]
    pub(crate) words: BTreeMap<String, Spanned<WordsForm>>,
    #[serde(default)]
    pub(crate) keys: BTreeMap<String, Spanned<KeyForm>>,
    #[serde(default)]
    pub(crate) rule: Vec<Spanned<RuleForm>>,
    pub(crate) default: Option<Spanned<RuleForm>>,
    #[serde(default)]
    pub(crate) derived: Vec<Spanned<DerivedForm>>,
}

/// What every row has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowForm {
    pub(crate) case: String,
    #[serde(default)]
    pub(crate) case_without: Vec<String>,
    pub(crate) label: Option<Spanned<String>>,
    pub(crate) label_text: Option<Spanned<String>>,
    pub(crate) actor: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) number: Option<String>,
    pub(crate) at: Spanned<String>,
}

/// How moments are written: in `[time]` for all of them, in a moment for that one.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimeForm {
    pub(crate) column: Option<String>,
    pub(crate) format: Option<Spanned<String>>,
    pub(crate) precision: Option<Precision>,
    pub(crate) offset: Option<OffsetIs>,
    pub(crate) false_offset: Option<Spanned<String>>,
    pub(crate) local: Option<Spanned<String>>,
    pub(crate) repeated_hour: Option<RepeatedHour>,
    #[serde(default)]
    pub(crate) repeated: BTreeMap<String, RepeatedHour>,
}

/// What is claimed of a moment; never more than is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Precision {
    Day,
    Minute,
    Instant,
}

/// What the offset behind a moment is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OffsetIs {
    AsWritten,
    False,
    Absent,
}

/// Which of the two a local time is that a clock showed twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RepeatedHour {
    Refuse,
    Earlier,
    Later,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WordsForm {
    pub(crate) column: String,
    #[serde(default)]
    pub(crate) map: BTreeMap<String, Value>,
    pub(crate) other: Option<Value>,
    #[serde(default)]
    pub(crate) number: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyForm {
    pub(crate) column: String,
    pub(crate) sort: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleForm {
    #[serde(default)]
    pub(crate) labels: Vec<Spanned<String>>,
    pub(crate) kind: Spanned<String>,
    #[serde(default)]
    pub(crate) facts: Table,
    #[serde(default)]
    pub(crate) from: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(crate) personal: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DerivedForm {
    pub(crate) labels: Vec<Spanned<String>>,
    pub(crate) kind: Spanned<String>,
    pub(crate) at: Spanned<String>,
    pub(crate) place: Place,
    #[serde(default)]
    pub(crate) if_empty: IfEmpty,
    #[serde(default)]
    pub(crate) facts: Table,
    #[serde(default)]
    pub(crate) from: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(crate) personal: BTreeMap<String, String>,
}

/// Where a derived event stands among the rows of its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    Before,
    After,
}

/// What an empty moment means for a derived event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IfEmpty {
    #[default]
    Refuse,
    Leave,
}
