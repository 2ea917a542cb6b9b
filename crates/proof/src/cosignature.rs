//! Cosignatures: what a witness says of a log it has watched (c2sp.org/tlog-cosignature, Ed25519, version 1).
//!
//! A cosignature states that at its time the tree of this size and root was the largest that its signer had seen of
//! this log, and that every tree it had seen before is a beginning of it. It says nothing of the entries.

use crate::checkpoint::text_of;
use crate::note::{Note, SignatureLine, write_line};
use crate::vkey::{KeyKind, key_id};
use crate::{NoteError, OriginKey, PublicKey, VerifierKey};

/// Greatest time of a cosignature, in seconds since 1970.
const TIME_S_MAX: u64 = i64::MAX as u64;
/// Bytes of time and signature.
const STAMPED: usize = 8 + 64;

/// A cosignature that was verified.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cosigned {
    /// Name of the witness, as in its verifier key.
    pub name: String,
    /// Its key.
    pub key: PublicKey,
    /// When it signed, by its own clock: seconds since 1970-01-01T00:00:00Z.
    pub time_s: u64,
}

/// What is signed: two lines, then the note's text.
fn message(text: &str, time_s: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time_s}\n{text}").into_bytes()
}

/// Cosigns a checkpoint and gives the signature line, from its dash to its newline. `note` is the note or its text
/// alone: no line of a checkpoint's text is empty, so both mean the same. The caller has verified the log's signature
/// and that the tree continues the largest one it ever cosigned: that is what it states here.
#[must_use]
pub fn cosign(note: &str, name: &str, key: &OriginKey, time_s: u64) -> String {
    let time_s = time_s.min(TIME_S_MAX);
    let signature = key.sign_raw(&message(text_of(note), time_s));
    let stamped = [&time_s.to_be_bytes()[..], &signature].concat();
    write_line(name, key_id(name, KeyKind::Cosigner, &key.public()), &stamped)
}

/// Time and signature of a line that has the form of a cosignature.
fn stamped(line: &SignatureLine<'_>) -> Option<(u64, [u8; 64])> {
    let stamped: &[u8; STAMPED] = line.signature.as_array()?;
    let (time, signature) = stamped.split_first_chunk::<8>()?;
    let time_s = u64::from_be_bytes(*time);
    (time_s <= TIME_S_MAX).then_some((time_s, signature.try_into().ok()?))
}

/// The cosignatures of `keys` under a note, in the order of `keys`, of each its newest. Lines of other names or keys
/// pass unjudged, and so do keys of logs. Nothing is said about the log's own signature.
///
/// # Errors
/// [`NoteError::TooLong`] or [`NoteError::Form`] for no note; [`NoteError::Cosignature`] if a line is of one of the
/// keys and wrong, even if another line of that key is right.
pub fn cosignatures(note: &str, keys: &[VerifierKey]) -> Result<Vec<Cosigned>, NoteError> {
    let note = Note::parse(note)?;
    let mut found = Vec::new();
    for vkey in keys.iter().filter(|key| key.kind == KeyKind::Cosigner) {
        let id = vkey.id();
        let mut newest = None;
        for line in note.signatures.iter().filter(|line| line.is_of(&vkey.name, id)) {
            let time_s = verified(line, note.text, &vkey.key);
            let time_s = time_s.ok_or_else(|| NoteError::Cosignature(vkey.name.clone()))?;
            newest = newest.max(Some(time_s));
        }
        found.extend(newest.map(|time_s| Cosigned {
            name: vkey.name.clone(),
            key: vkey.key,
            time_s,
        }));
    }
    Ok(found)
}

fn verified(line: &SignatureLine<'_>, text: &str, key: &PublicKey) -> Option<u64> {
    let (time_s, signature) = stamped(line)?;
    key.verify_raw(&message(text, time_s), &signature).then_some(time_s)
}

/// Puts a cosignature line under a note. A line of the same key that is there already stays if it is as new and is
/// replaced if it is older. Nothing is verified: a caller that took the line from elsewhere uses [`merge`].
///
/// # Errors
/// [`NoteError::Form`] if `line` is no cosignature line or `note` no note; [`NoteError::TooLong`] if the note would
/// become longer than [`NOTE_BYTES_MAX`](crate::NOTE_BYTES_MAX).
pub fn add_line(note: &str, line: &str) -> Result<String, NoteError> {
    let line = line.strip_suffix('\n').unwrap_or(line);
    if line.contains('\n') {
        return Err(NoteError::Form("more than one signature line"));
    }
    let new = SignatureLine::parse(line)?;
    let (time_s, _) = stamped(&new).ok_or(NoteError::Form("a line that is no cosignature"))?;
    let parsed = Note::parse(note)?;
    let same_key = |old: &&SignatureLine<'_>| old.is_of(new.name, new.key_id);
    let times = parsed.signatures.iter().filter(same_key);
    let newest = times.filter_map(|old| Some((stamped(old)?.0, old.line))).max();
    let stays = newest.filter(|(old_s, _)| *old_s >= time_s).map(|(_, line)| line);
    let mut lines: Vec<&str> = Vec::new();
    for old in &parsed.signatures {
        if !same_key(&old) || (stays == Some(old.line) && !lines.contains(&old.line)) {
            lines.push(old.line);
        }
    }
    if stays.is_none() {
        lines.push(line);
    }
    let text = format!("{}\n{}\n", parsed.text, lines.join("\n"));
    Note::parse(&text)?;
    Ok(text)
}

/// Puts under a note those of the `lines` that are verified cosignatures of `keys`. Other lines are left out.
///
/// # Errors
/// [`NoteError::Form`] if `lines` or `note` cannot be read, [`NoteError::Cosignature`] if a line of one of the keys
/// is wrong (then nothing is added), [`NoteError::TooLong`].
pub fn merge(note: &str, lines: &str, keys: &[VerifierKey]) -> Result<String, NoteError> {
    let text = Note::parse(note)?.text;
    let mut merged = note.to_owned();
    for line in lines.lines() {
        if !cosignatures(&format!("{text}\n{line}\n"), keys)?.is_empty() {
            merged = add_line(&merged, line)?;
        }
    }
    Ok(merged)
}
