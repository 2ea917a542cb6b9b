//! What an auditor keeps beside its mirror: every checkpoint it ever saw, with the cosignatures that were under it, and
//! pairs of which the later one does not go on from the earlier one.
//!
//! ```text
//! <data_dir>/checkpoints/<journal>/<size>-<first digits of the note's hash>
//! <data_dir>/evidence/parted-<size>-<digits>.kept, .shown
//! ```
//!
//! Nothing here is ever written over or removed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use archive::KeptNote;
use proof::{NOTE_BYTES_MAX, PublicKey, SignedCheckpoint, journal_of_log_name};
use sha2::{Digest as _, Sha256};

use crate::{AuditError, folder};

const CHECKPOINTS: &str = "checkpoints";
const EVIDENCE: &str = "evidence";

fn digits(note: &str) -> String {
    let hash = Sha256::digest(note);
    hash[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Keeps a checkpoint of a journal that the hub signed. Returns whether it is new here.
pub(crate) fn keep(dir: &Path, note: &str, hub_key: &PublicKey) -> Result<bool, AuditError> {
    let untrue = || AuditError::Answer("it shows a checkpoint that it did not sign".to_owned());
    let signed = SignedCheckpoint::parse(note).map_err(|_| untrue())?;
    let name = &signed.claim().name;
    let journal = journal_of_log_name(name).ok_or_else(untrue)?;
    SignedCheckpoint::verify(note, name, hub_key).map_err(|_| untrue())?;
    let folder = dir.join(CHECKPOINTS).join(journal.to_string());
    let file = format!("{}-{}", signed.claim().size, digits(note));
    if folder.join(&file).exists() {
        return Ok(false);
    }
    folder::make(&folder)?;
    folder::put_file(&folder, &file, note.as_bytes())?;
    Ok(true)
}

/// Every checkpoint that was kept, journal by journal.
pub(crate) fn kept(dir: &Path) -> Result<Vec<KeptNote>, AuditError> {
    let mut kept = Vec::new();
    for journal in list(&dir.join(CHECKPOINTS))? {
        for file in list(&journal)? {
            kept.extend(note(dir, &file)?);
        }
    }
    Ok(kept)
}

/// The largest tree of a journal of which a checkpoint was kept.
pub(crate) fn largest(kept: &[KeptNote], log: &str) -> Option<(u64, String)> {
    let claims = kept.iter().filter_map(|kept| {
        let signed = SignedCheckpoint::parse(&kept.note).ok()?;
        (signed.claim().name == log).then(|| (signed.claim().size, kept.note.clone()))
    });
    claims.max_by_key(|(size, _)| *size)
}

/// Keeps two checkpoints that do not go on from one another. Returns where.
pub(crate) fn part(dir: &Path, kept: &str, shown: &str) -> Result<PathBuf, AuditError> {
    let size = SignedCheckpoint::parse(kept).map_or(0, |signed| signed.claim().size);
    let (folder, stem) = (dir.join(EVIDENCE), format!("parted-{size}-{}", digits(shown)));
    folder::make(&folder)?;
    folder::put_file(&folder, &format!("{stem}.kept"), kept.as_bytes())?;
    folder::put_file(&folder, &format!("{stem}.shown"), shown.as_bytes())?;
    Ok(folder.join(stem))
}

/// The pairs that were kept.
pub(crate) fn parted(dir: &Path) -> Result<Vec<(KeptNote, KeptNote)>, AuditError> {
    let mut pairs = Vec::new();
    for file in list(&dir.join(EVIDENCE))? {
        if file.extension().is_some_and(|ending| ending == "kept") {
            let shown = note(dir, &file.with_extension("shown"))?;
            pairs.extend(note(dir, &file)?.zip(shown));
        }
    }
    Ok(pairs)
}

fn note(dir: &Path, file: &Path) -> Result<Option<KeptNote>, AuditError> {
    let Some((folder, name)) = file.parent().zip(file.file_name().and_then(|name| name.to_str())) else {
        return Ok(None);
    };
    let Some(bytes) = folder::get_file(folder, name, NOTE_BYTES_MAX as u64)? else {
        return Ok(None);
    };
    let from = file.strip_prefix(dir).unwrap_or(file).display().to_string();
    let note = String::from_utf8(bytes).map_err(|error| AuditError::content(file, error))?;
    Ok(Some(KeptNote { from, note }))
}

/// What stands in a folder, in order; nothing if there is none. Files that were not finished are left out.
fn list(dir: &Path) -> Result<Vec<PathBuf>, AuditError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(AuditError::file(dir, error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| AuditError::file(dir, error))?.path();
        if path.extension().is_none_or(|ending| ending != "new") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
