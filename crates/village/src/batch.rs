//! Many records at once, from a file: every line is answered for, and running it again records nothing twice.
//!
//! **NDJSON**: one form a line ([`event::form::Form`]). **CSV** (UTF-8, with or without a byte-order mark): a
//! header line names the columns; an empty cell means that the field is absent.
//!
//! | columns | what stands there |
//! |---|---|
//! | `kind` | the event's kind: `visit_recorded`, `request_raised`, … |
//! | `household`, `request`, `pairing`, `person`, `origin` | what it is about: one of them, the one that the kind calls for |
//! | `occurred` | `2026-08-31`, `2026-08-31 am`, `2026-08-31 14:05` |
//! | `recorder`, `actors` | who typed; who did it (several: separated by `;`) |
//! | `unit`, `causes`, `entry_mode` | as in a form; `entry_mode` is the form's `mode` |
//! | `text`, `head`, `address`, `phone`, `language`, `contact`, `class`, `theme`, `topics`, `presence` | the personal part (`topics`: separated by `;`) |
//! | `mode`, `outcome`, `minutes`, `requests` | a visit: how, what came of it, how long, requests spoken of (separated by `;`) |
//! | `for_household`, `channel`, `request_kind`, `urgency`, `people` | a request: whose, the way it came, its sort, how soon, for how many |
//! | `path`, `rule`, `accepted_on`, `due`, `to_unit`, `handler`, `blocked`, `reply`, `in_writing`, `reached`, `solved`, `satisfaction`, `closing` | the steps of a request |
//! | `group`, `size` | a household that is registered |
//! | `day`, `visits` | a diary entry; its `requests` as above |
//! | `follow_up`, `cadre`, `from`, `until`, `on`, `reason`, `change`, `since`, `into` | talks, pairings, changes of a household |
//!
//! Corrections and imported history have facts within facts: write them as NDJSON.
//!
//! A line is known again by SHA-256 over the batch's name and the line's content, whatever its spacing or
//! the order of its fields. The mark is written in the same commit as the record. So two lines of one batch
//! with the same content are one record; two batches with different names may hold the same line.

use event::form::Form;
use link::{Problem, ProblemKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::lines::{Line, Outcome};
use crate::table::csv_lines;
use crate::{Office, Recorded};

/// Longest batch, in bytes.
pub const BATCH_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Longest name of a batch, in bytes.
pub const BATCH_NAME_BYTES_MAX: usize = 200;
/// Lines in one order to the writer: others get their turn in between.
const ORDER_LINES: usize = 256;

/// How a batch is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object a line.
    Ndjson,
    /// A table with a header line.
    Csv,
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchReport {
    /// Lines that hold something.
    pub lines: usize,
    /// Recorded now.
    pub recorded: usize,
    /// Recorded before, and not again.
    pub known: usize,
    /// No records: see each line's `why`.
    pub refused: usize,
    /// Lines after which the log could take no more; run the batch again later.
    pub not_reached: usize,
    /// Why it stopped early, if it did.
    pub stopped: Option<Problem>,
    /// Line by line.
    pub report: Vec<LineReport>,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineReport {
    /// Line in the file, from 1.
    pub line: u64,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: LineOutcome,
}

/// The outcome of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum LineOutcome {
    /// It is on the disk.
    Recorded(Recorded),
    /// It was recorded before, here.
    Known(Recorded),
    /// It is no record.
    Refused {
        /// For the person who wrote it.
        why: String,
    },
}

/// Records a batch. `name` tells batches apart that may hold the same line on purpose; empty for none.
///
/// # Errors
/// `malformed` if the file as a whole cannot be read; then nothing was recorded.
pub async fn record(office: &Office, name: &str, format: Format, bytes: &[u8]) -> Result<BatchReport, Problem> {
    if bytes.len() > BATCH_BYTES_MAX || name.len() > BATCH_NAME_BYTES_MAX {
        let words = format!("a batch has at most {BATCH_BYTES_MAX} bytes, its name {BATCH_NAME_BYTES_MAX}: divide it");
        return Err(Problem::new(ProblemKind::TooLarge, words).at_most_bytes(BATCH_BYTES_MAX as u64));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let words = format!("not UTF-8 after byte {}: save the file as UTF-8", error.valid_up_to());
        Problem::new(ProblemKind::Malformed, words)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let forms = match format {
        Format::Ndjson => ndjson(text),
        Format::Csv => csv_lines(text)?,
    };
    let mut report = BatchReport {
        lines: forms.len(),
        recorded: 0,
        known: 0,
        refused: 0,
        not_reached: 0,
        stopped: None,
        report: Vec::with_capacity(forms.len()),
    };
    let home = office.bulletin.borrow().unit;
    let mut forms = forms.into_iter();
    while report.stopped.is_none() {
        let piece: Vec<_> = forms.by_ref().take(ORDER_LINES).collect();
        if piece.is_empty() {
            break;
        }
        let (mut numbers, mut lines) = (Vec::new(), Vec::new());
        for (number, form) in piece {
            let read = form.and_then(|value| {
                let key = Some(key(name, &value));
                let form: Form<Value> = serde_json::from_value(value).map_err(|error| error.to_string())?;
                let draft = form.into_draft(home).map_err(|error| error.to_string())?;
                Ok(Line { draft, key })
            });
            match read {
                Ok(line) => {
                    numbers.push(number);
                    lines.push(line);
                }
                Err(why) => report.add(number, LineOutcome::Refused { why }),
            }
        }
        match office.writer.record(lines).await {
            Ok(outcomes) => {
                for (number, outcome) in numbers.into_iter().zip(outcomes) {
                    report.add(number, outcome.into());
                }
            }
            Err(problem) => report.stopped = Some(problem),
        }
    }
    report.report.sort_by_key(|line| line.line);
    report.not_reached = report.lines - report.report.len();
    Ok(report)
}

impl BatchReport {
    fn add(&mut self, line: u64, outcome: LineOutcome) {
        match &outcome {
            LineOutcome::Recorded(_) => self.recorded += 1,
            LineOutcome::Known(_) => self.known += 1,
            LineOutcome::Refused { .. } => self.refused += 1,
        }
        self.report.push(LineReport { line, outcome });
    }
}

impl From<Outcome> for LineOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Recorded(recorded) => Self::Recorded(recorded),
            Outcome::Known(recorded) => Self::Known(recorded),
            Outcome::Refused(error) => Self::Refused { why: error.to_string() },
        }
    }
}

/// What a line is known by: its content in one spelling (keys sorted, no spaces), under the batch's name.
fn key(name: &str, form: &Value) -> [u8; 32] {
    Sha256::new_with_prefix(b"minqing batch line v1\0")
        .chain_update(name)
        .chain_update([0])
        .chain_update(form.to_string())
        .finalize()
        .into()
}

/// A line's number and its content, or why it has none.
pub(crate) type Read = (u64, Result<Value, String>);

fn ndjson(text: &str) -> Vec<Read> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| (number, serde_json::from_str(line).map_err(|error| error.to_string())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_known_by_its_content_not_by_its_spelling() {
        let one: Value = serde_json::from_str(r#"{"a":1,"b":[2]}"#).unwrap();
        let two: Value = serde_json::from_str("{ \"b\": [2],\t\"a\": 1 }").unwrap();
        assert_eq!(key("x", &one), key("x", &two));
        assert_ne!(key("x", &one), key("y", &one));
    }
}
