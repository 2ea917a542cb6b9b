//! Verifying an exported folder: everything that holds of any source, and the folder's own files beside it.

use std::collections::BTreeMap;

use event::Origin;
use proof::{NOTE_BYTES_MAX, PROOF_BYTES_MAX, PublicKey, SignedCheckpoint, TlogProof, VerifierKey};

use crate::folder::{CHECKPOINT, KEYS, PROOFS, get, get_text, get_text_or_none, names};
use crate::verify::{Asked, run};
use crate::{ArchiveError, Finding, Folder, Log, Verified};

/// Longest verifier key that is read, in bytes.
const VKEY_BYTES_MAX: usize = 1_024;

/// What the journals of a source say of its logs.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// How many entries every log must have.
    pub(crate) sizes: BTreeMap<Log, u64>,
    /// The key of every origin.
    pub(crate) keys: BTreeMap<Origin, PublicKey>,
    /// The key of the journals.
    pub(crate) hub_key: Option<PublicKey>,
}

/// Checks an exported folder against its own signatures and what is asked.
///
/// # Errors
/// Only where files cannot be read at all; everything that is wrong is a finding.
pub fn verify_folder(
    folder: &Folder,
    asked: &Asked,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, ArchiveError> {
    let mut verified = Verified::default();
    if !folder.is_finished() {
        let words = "the folder was not finished: export again into the same folder";
        verified.find(Finding::new("export", words).in_file(crate::folder::UNFINISHED));
    }
    let known = run(folder, asked, folder.policy(), progress, &mut verified)?;
    for (log, size) in &known.sizes {
        own_checkpoint(folder, *log, *size, &mut verified)?;
        if let Some(path) = folder.superfluous(*log, *size)? {
            let words = format!("a file that a log of {size} entries has no place for");
            let finding = log.finding("uncovered", words, *size, size.saturating_add(1));
            verified.find(finding.in_file(path));
        }
    }
    for origin in folder.origins()? {
        if !known.keys.contains_key(&origin) {
            let words = "a log that the journals know nothing of: nobody enrolled its origin";
            let mut finding = Finding::new("uncovered", words).in_file(Log::Origin(origin).folder());
            finding.origin = Some(origin);
            verified.find(finding);
        }
    }
    keys(folder, &known, &mut verified)?;
    proofs(folder, &known, &mut verified)?;
    Ok(verified)
}

/// A log's own checkpoint file is the one of the size that the journals say: it is what the tools of others read first.
fn own_checkpoint(folder: &Folder, log: Log, size: u64, verified: &mut Verified) -> Result<(), ArchiveError> {
    let Log::Origin(_) = log else { return Ok(()) };
    let path = format!("{}/{CHECKPOINT}", log.folder());
    let note = match get_text(&folder.dir().join(&path), NOTE_BYTES_MAX) {
        Ok(note) => note,
        Err(ArchiveError::Content { problem, .. }) => {
            verified.find(log.finding("export", problem, 0, size).in_file(path));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let words = match note.as_deref().map(SignedCheckpoint::parse) {
        None if size == 0 => return Ok(()),
        None => "the log has no checkpoint file".to_owned(),
        Some(Err(error)) => format!("the log's checkpoint file cannot be read: {error}"),
        Some(Ok(signed)) if signed.claim().name != log.name() => {
            format!("the log's checkpoint file is of another log, {}", signed.claim().name)
        }
        Some(Ok(signed)) if signed.claim().size != size => format!(
            "the log's checkpoint file is of {} entries; {size} were receipted",
            signed.claim().size
        ),
        Some(Ok(_)) => return Ok(()),
    };
    verified.find(log.finding("complete", words, 0, size).in_file(path));
    Ok(())
}

/// The verifier keys beside the logs are those of the journals.
fn keys(folder: &Folder, known: &Known, verified: &mut Verified) -> Result<(), ArchiveError> {
    for name in names(&folder.dir().join(KEYS))? {
        let path = format!("{KEYS}/{name}");
        let text = get_text_or_none(&folder.dir().join(&path), VKEY_BYTES_MAX)?;
        let words = match text.trim_end().parse::<VerifierKey>() {
            Err(error) => error.to_string(),
            Ok(vkey) => {
                let expected = match Log::of_name(&vkey.name) {
                    Some(Log::Origin(origin)) => known.keys.get(&origin).copied(),
                    Some(Log::Journal(_)) => known.hub_key,
                    None => Some(vkey.key),
                };
                if expected == Some(vkey.key) {
                    continue;
                }
                "the key is not the one that the journal names for it".to_owned()
            }
        };
        verified.find(Finding::new("key", words).in_file(path));
    }
    Ok(())
}

/// Every proof beside its leaf.
fn proofs(folder: &Folder, known: &Known, verified: &mut Verified) -> Result<(), ArchiveError> {
    let dir = folder.dir().join(PROOFS);
    for name in names(&dir)? {
        let Some(stem) = name.strip_suffix(".tlog-proof") else {
            continue;
        };
        verified.checked.proofs += 1;
        let path = format!("{PROOFS}/{name}");
        let text = get_text_or_none(&dir.join(&name), PROOF_BYTES_MAX)?;
        let leaf = match get(&dir.join(format!("{stem}.leaf")), proof::BUNDLED_ENTRY_BYTES_MAX) {
            Err(ArchiveError::Content { .. }) => None,
            leaf => leaf?,
        };
        let named = place_of(stem);
        if let Err(words) = proof(&text, leaf.as_deref(), named, known, verified) {
            let finding = match named {
                Some((log, index)) => log.finding("proof", words, index, index.saturating_add(1)),
                None => Finding::new("proof", words),
            };
            verified.find(finding.in_file(path));
        }
    }
    Ok(())
}

fn proof(
    text: &str,
    leaf: Option<&[u8]>,
    named: Option<(Log, u64)>,
    known: &Known,
    verified: &mut Verified,
) -> Result<(), String> {
    let (log, index) = named.ok_or("the file's name says no log and no place")?;
    let leaf = leaf.ok_or("the leaf that it proves is not beside it")?;
    let proof = TlogProof::parse(text).map_err(|error| error.to_string())?;
    let key = match log {
        Log::Journal(_) => known.hub_key,
        Log::Origin(origin) => known.keys.get(&origin).copied(),
    };
    let key = key.ok_or("nobody enrolled its origin")?;
    verified.checked.signatures += 1;
    if proof.index != index {
        return Err(format!("it is for place {}, the file's name says {index}", proof.index));
    }
    let proven = proof.verify(leaf, &log.name(), &key, None);
    proven.map(drop).map_err(|error| error.to_string())
}

/// The name of the proof for one entry, without its ending.
pub(crate) fn stem(log: Log, index: u64) -> String {
    match log {
        Log::Journal(journal) => format!("journal-{journal}-{index}"),
        Log::Origin(origin) => format!("origin-{origin}-{}", index + 1),
    }
}

/// The log and the leaf, from 0, that a proof's name says.
fn place_of(stem: &str) -> Option<(Log, u64)> {
    let (log, number) = stem.rsplit_once('-')?;
    let number = proof::plain_decimal(number)?;
    match log.split_once('-')? {
        ("journal", id) => Some((Log::Journal(id.parse().ok()?), number)),
        ("origin", id) => Some((Log::Origin(id.parse().ok()?), number.checked_sub(1)?)),
        _ => None,
    }
}
