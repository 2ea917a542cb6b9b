//! Checkpoints of the journal that others have cosigned: for every witness the newest one, with its line.
//!
//! A witness states that it saw this tree at that time, and that it follows on every tree it saw before
//! (c2sp.org/tlog-cosignature). The newest statement therefore covers every older record.

use std::collections::BTreeMap;

use event_log::{LogRead, StoreError};
use proof::{Cosigned, SignedCheckpoint, VerifierKey, add_line, cosignatures};
use serde::{Deserialize, Serialize};

use crate::{Refusal, meta};

/// Witnesses whose statements are kept, at most; who comes beyond is not heard.
pub(crate) const WITNESSES_MAX: usize = 4_096;

/// What one witness said last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Statement {
    /// The checkpoint's name.
    pub(crate) log: String,
    /// Its size.
    pub(crate) size: u64,
    /// When the witness signed, in seconds since 1970-01-01T00:00:00Z, by its own clock.
    pub(crate) time_s: u64,
    /// The checkpoint as the hub signed it, with this witness's line alone.
    pub(crate) note: String,
}

/// The newest statements, by the witness's name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statements(BTreeMap<String, Statement>);

impl Statements {
    /// Reads what the store holds.
    pub(crate) fn read(store: &impl LogRead) -> Result<Self, StoreError> {
        let rows = store.scan_meta(meta::COSIGNED)?;
        let statement = |(key, value): (Vec<u8>, Vec<u8>)| {
            let name = String::from_utf8(key[meta::COSIGNED.len()..].to_vec()).ok()?;
            Some((name, sync::message::decode(&value).ok()?))
        };
        Ok(Self(rows.into_iter().filter_map(statement).collect()))
    }

    /// What this witness said last of that log, by size; 0 if nothing.
    pub(crate) fn size_of(&self, witness: &str, log: &str) -> u64 {
        self.0
            .get(witness)
            .filter(|known| known.log == log)
            .map_or(0, |known| known.size)
    }

    /// Takes in a line under a checkpoint that this hub signed and that its journal holds; `bare` has no line but the
    /// hub's own. Returns the statement if it says something new: a larger tree, or the same one at a later time.
    ///
    /// # Errors
    /// [`Refusal::Signature`] if the line is not the witness's own over this checkpoint.
    pub(crate) fn hear(&mut self, bare: &str, line: &str, witness: &VerifierKey) -> Result<Option<Statement>, Refusal> {
        let (note, time_s) = under(bare, line, witness)?;
        let claim = SignedCheckpoint::parse(&note)
            .map_err(|_| Refusal::Signature)?
            .claim()
            .clone();
        let known = self.0.get(&witness.name);
        let is_new =
            known.is_none_or(|known| known.log != claim.name || (known.size, known.time_s) < (claim.size, time_s));
        if !is_new || (known.is_none() && self.0.len() >= WITNESSES_MAX) {
            return Ok(None);
        }
        let statement = Statement {
            log: claim.name,
            size: claim.size,
            time_s,
            note,
        };
        self.0.insert(witness.name.clone(), statement.clone());
        Ok(Some(statement))
    }

    /// The statements over one log, the largest trees first; those over one tree as one note.
    pub(crate) fn notes(&self, log: &str) -> Vec<String> {
        let mut by_size: BTreeMap<u64, String> = BTreeMap::new();
        for statement in self.0.values().filter(|statement| statement.log == log) {
            let line = statement.note.lines().last().unwrap_or_default();
            by_size
                .entry(statement.size)
                .and_modify(|note| {
                    if let Ok(more) = add_line(note, &format!("{line}\n")) {
                        *note = more;
                    }
                })
                .or_insert_with(|| statement.note.clone());
        }
        by_size.into_values().rev().collect()
    }

    /// The note over a tree beyond `position` that most witnesses have cosigned.
    pub(crate) fn best(&self, log: &str, position: u64) -> Option<String> {
        let covers = |note: &String| crate::prove::size_of(note).is_ok_and(|size| size > position);
        let lines = |note: &String| note.lines().filter(|line| line.starts_with('\u{2014}')).count();
        self.notes(log).into_iter().filter(covers).max_by_key(lines)
    }
}

/// The note with this line alone behind the hub's own, and the time that the line states.
fn under(bare: &str, line: &str, witness: &VerifierKey) -> Result<(String, u64), Refusal> {
    let whole = add_line(bare, line).map_err(|_| Refusal::Signature)?;
    let found = cosignatures(&whole, std::slice::from_ref(witness)).map_err(|_| Refusal::Signature)?;
    let [Cosigned { time_s, .. }] = &found[..] else {
        return Err(Refusal::Signature);
    };
    Ok((whole, *time_s))
}

/// Where a witness's statement is kept.
pub(crate) fn key_of(witness: &str) -> Vec<u8> {
    [meta::COSIGNED, witness.as_bytes()].concat()
}
