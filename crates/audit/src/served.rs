//! What the hub served, kept: digests with their roots, and if wanted the rows behind them, so that a replay can be
//! compared without a link, and the first row that differs be named.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::Path;

use event::{Day, Position, UnitCode};
use ledger::View;
use link::Client;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::compare::Digests;
use crate::mirror::ask;
use crate::{AuditError, RowDifference, row_difference};

/// Longest file with served figures that is read, in bytes.
const SERVED_BYTES_MAX: u64 = 256 << 20;

/// Rows of one view and unit, as they were served.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedRows {
    /// The unit.
    pub unit: UnitCode,
    /// The view's word.
    pub view: String,
    /// The rows.
    pub rows: Vec<Value>,
}

/// What was served at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The digests, as `GET /v1/digests` gave them.
    #[serde(flatten)]
    pub digests: Digests,
    /// The day that "today" means in the rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Day>,
    /// The rows; empty where only digests were kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<ServedRows>,
}

impl Served {
    /// Asks the hub for digests once it has come as far as `at_least`, and with a day for the rows behind them.
    ///
    /// # Errors
    /// [`AuditError::Link`], [`AuditError::Refused`], [`AuditError::Answer`].
    pub async fn ask(client: &Client, at_least: Option<Position>, rows: Option<Day>) -> Result<Self, AuditError> {
        let at_least = at_least.map_or_else(String::new, |position| format!("&at_least={position}"));
        let answer = ask(client, &format!("/v1/digests?roots=true{at_least}")).await?;
        let digests: Digests = serde_json::from_value(answer).map_err(|error| AuditError::Answer(error.to_string()))?;
        let mut served = Self {
            digests,
            as_of: rows,
            rows: Vec::new(),
        };
        if let Some(day) = rows {
            for unit in served.digests.units.iter().map(|unit| unit.unit) {
                for view in View::ALL {
                    let rows = served_rows(client, unit, view, day).await?;
                    served.rows.push(ServedRows {
                        unit,
                        view: view.key().to_owned(),
                        rows,
                    });
                }
            }
        }
        Ok(served)
    }

    /// Reads what was kept.
    ///
    /// # Errors
    /// [`AuditError::File`], [`AuditError::Content`].
    pub fn load(path: &Path) -> Result<Self, AuditError> {
        let file = File::open(path).map_err(|source| AuditError::file(path, source))?;
        let file = BufReader::new(file.take(SERVED_BYTES_MAX));
        serde_json::from_reader(file).map_err(|error| {
            AuditError::content(
                path,
                format!("not digests as the hub serves them, or cut short: {error}"),
            )
        })
    }

    /// Writes it into a new file.
    ///
    /// # Errors
    /// [`AuditError::File`], also where the file is there already.
    pub fn save(&self, path: &Path) -> Result<(), AuditError> {
        let put = || {
            let mut file = BufWriter::new(File::create_new(path)?);
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.flush()
        };
        put().map_err(|source| AuditError::file(path, source))
    }

    /// The first row in which `ours` differ; `None` where the rows were not kept.
    #[must_use]
    pub fn row_difference(&self, unit: UnitCode, view: View, ours: &[Value]) -> Option<RowDifference> {
        let kept = self
            .rows
            .iter()
            .find(|kept| kept.unit == unit && kept.view == view.key())?;
        row_difference(ours, &kept.rows)
    }
}

/// Rows of one view and unit, as the hub serves them.
///
/// # Errors
/// [`AuditError::Link`], [`AuditError::Refused`], [`AuditError::Answer`].
pub async fn served_rows(client: &Client, unit: UnitCode, view: View, as_of: Day) -> Result<Vec<Value>, AuditError> {
    let word = if view == View::SyncHealth { "sync" } else { view.key() };
    let mut answer = ask(client, &format!("/v1/views/{word}?unit={unit}&as_of={as_of}")).await?;
    match answer["units"][0]["rows"].take() {
        Value::Array(rows) => Ok(rows),
        _ => Ok(Vec::new()),
    }
}
