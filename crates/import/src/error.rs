//! What can be wrong with a mapping, a file, a row.

/// Why a mapping file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct MappingError {
    /// Line of the mapping file, from 1.
    pub line: usize,
    /// What is wrong there, naming the key.
    pub reason: String,
}

/// Why a table cannot be read at all under this mapping.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The first line.
    #[error("the first line, which names the columns, cannot be read: {0}")]
    Head(#[from] csv::Error),
    /// The first line is not UTF-8.
    #[error("the first line is not UTF-8: save the table as UTF-8 first")]
    HeadEncoding,
    /// Two columns of one name.
    #[error("two columns are named `{0}`")]
    Twice(String),
    /// Columns that the mapping calls for.
    #[error("the table has no column `{}`; it has `{}`", missing.join("`, `"), found.join("`, `"))]
    Missing {
        /// Those that are missing.
        missing: Vec<String>,
        /// Those that are there.
        found: Vec<String>,
    },
}

/// One row that is refused, as a whole: nothing of it is to be recorded.
#[derive(Debug, thiserror::Error)]
pub struct RowError {
    /// Row of the table, from 1; the line of column names does not count.
    pub row: u64,
    /// Line of the file, from 1; differs where a cell has line breaks.
    pub line: u64,
    /// The column, where one is at fault.
    pub column: Option<String>,
    /// What is wrong.
    pub reason: RowReason,
}

impl std::fmt::Display for RowError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "row {} (line {})", self.row, self.line)?;
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// What is wrong with a row.
#[derive(Debug, thiserror::Error)]
pub enum RowReason {
    /// The row as such.
    #[error("{0}")]
    Table(#[source] csv::Error),
    /// Not UTF-8.
    #[error("not UTF-8: save the table as UTF-8 first")]
    Encoding,
    /// Nothing in a cell that must not be empty.
    #[error("empty")]
    Empty,
    /// Not a moment in the declared form.
    #[error("{text:?} is not a moment of the form {format:?}: {reason}")]
    Moment {
        /// What is written.
        text: String,
        /// How it should be written.
        format: String,
        /// Where it differs.
        reason: String,
    },
    /// Another offset than the one that the mapping declares false.
    #[error("{text:?} has another offset than {declared}, which the mapping declares false")]
    OtherOffset {
        /// What is written.
        text: String,
        /// What the mapping says.
        declared: String,
    },
    /// A local time that the clock showed twice.
    #[error("{0:?} was shown twice that night: say under `repeated` whether it was the earlier or the later one")]
    ShownTwice(String),
    /// A local time that no clock showed.
    #[error("{0:?} was never shown: the clock was put forward over it")]
    NeverShown(String),
    /// A word without a meaning in the mapping.
    #[error("{0:?} is not in the mapping")]
    Word(String),
    /// Not a whole number.
    #[error("{0:?} is not a whole number")]
    Number(String),
    /// No number of a row, from 1, at the end.
    #[error("{0:?} does not end with a number from 1")]
    RowNumber(String),
    /// A label without a rule.
    #[error("no rule for {0:?}, and the mapping has no `default`")]
    NoRule(String),
    /// A label that no event can keep.
    #[error("the label has {len} bytes; {max} fit")]
    Label {
        /// Its length.
        len: usize,
        /// The bound.
        max: usize,
    },
    /// A key that an earlier row has.
    #[error("the same key as row {0}")]
    SameKey(u64),
    /// Facts that do not fit the kind.
    #[error("{kind}: {reason}")]
    Facts {
        /// The kind.
        kind: event::Kind,
        /// What is wrong.
        reason: String,
    },
}
