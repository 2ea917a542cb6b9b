//! The verification: everything that a source holds against the signatures of those who wrote it. Nothing is repaired,
//! nothing is taken on trust, and no log stands in memory: entries are hashed as they pass.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event::JournalId;
use proof::{KeyKind, Policy, PublicKey, SignedCheckpoint, VerifierKey, journal_log_name};

use crate::entries::walk;
use crate::export::Known;
use crate::finding::Statement;
use crate::kept::{KeptStatements, NEWEST_WORD};
use crate::records::Records;
use crate::typed::Typed;
use crate::witnesses::{cosigner_keys, judge_policy};
use crate::{Chapter, Finding, KeptNote, Log, Source, SourceError, Verified};

/// What to hold the source against, beside its own signatures.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Checkpoints that were kept elsewhere: last month's, a printed one, an earlier export's.
    pub kept: Vec<KeptNote>,
    /// Figures typed in from a printed sheet: those of the current journal.
    pub typed: Vec<Typed>,
    /// Which witnesses must have cosigned. Without one, the policy that came with the source counts.
    pub policy: Option<Policy>,
    /// The key that signs the journals, if it is known from elsewhere: an enrolment, a sheet of paper.
    pub hub_key: Option<PublicKey>,
}

/// Checks everything that a source holds. `progress` hears entries and records done, and in all as far as is known.
///
/// # Errors
/// Only where the source cannot be read at all; everything that is wrong is a finding.
pub fn verify(
    source: &dyn Source,
    asked: &Asked,
    came_along: Option<&Policy>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, SourceError> {
    let mut verified = Verified::default();
    run(source, asked, came_along, progress, &mut verified)?;
    Ok(verified)
}

/// The same, beside what was found already. What is found before the source breaks off stands.
///
/// # Errors
/// As [`verify`].
pub fn verify_into(
    source: &dyn Source,
    asked: &Asked,
    came_along: Option<&Policy>,
    progress: &mut dyn FnMut(u64, u64),
    verified: &mut Verified,
) -> Result<(), SourceError> {
    run(source, asked, came_along, progress, verified).map(drop)
}

pub(crate) fn run(
    source: &dyn Source,
    asked: &Asked,
    came_along: Option<&Policy>,
    progress: &mut dyn FnMut(u64, u64),
    verified: &mut Verified,
) -> Result<Known, SourceError> {
    let chapters = source.journals()?;
    let current = chapters.last().map(|chapter| chapter.journal);
    let hub_key = anchored(source, asked, current, verified);
    verified.checkpoint = chapters.last().and_then(|chapter| chapter.note.clone());
    if chapters.is_empty() {
        verified.find(Finding::new(
            "complete",
            "there is no journal here: nothing was mirrored or exported yet",
        ));
        return Ok(Known::default());
    }
    // What somebody brought along stands first: of two copies of one note, the first is told of.
    let mut notes = asked.kept.clone();
    notes.extend(source.kept()?);
    // The newest checkpoint may carry cosignatures of its own.
    let own = chapters.iter().filter(|chapter| chapter.frozen.is_none());
    notes.extend(own.filter_map(|chapter| {
        let note = chapter.note.clone()?;
        let from = NEWEST_WORD.to_owned();
        Some(KeptNote { from, note })
    }));
    let mut kept = KeptStatements::new((&notes, asked.kept.len()), &asked.typed, current, verified);
    kept.judge_journals(hub_key, verified);
    let records = Records::read(source, hub_key, &kept.marks(), progress, verified)?;
    kept.hear_journals(&records, &newest(&chapters), verified);
    kept.judge_strangers(&records, verified);
    let held = records
        .logs
        .iter()
        .filter(|(origin, _)| source.holds(Log::Origin(**origin)));
    let all: u64 = held.map(|(_, lines)| lines.reached).sum();
    for (origin, lines) in &records.logs {
        if !source.holds(Log::Origin(*origin)) {
            verified.checked.logs_left_out += 1;
            verified.checked.entries_left_out += lines.reached;
            kept.leave_out(*origin, &lines.key, verified);
            continue;
        }
        verified.checked.logs += 1;
        let (marks, of) = kept.marks_of(*origin, &lines.key, verified);
        let outcome = walk(
            source,
            &records,
            (*origin, lines),
            marks,
            &mut |done| progress(done, all),
            verified,
        )?;
        kept.hear_origin(&outcome, &of, None, verified);
    }
    kept.judge_rest(verified);
    let policy = asked.policy.as_ref().map(|policy| (policy, false));
    let policy = policy.or(came_along.map(|policy| (policy, true)));
    let mut keys = policy.map(|(policy, _)| policy.witness_keys()).unwrap_or_default();
    keys.extend(cosigner_keys(&records));
    keys.sort();
    keys.dedup();
    kept.judge_cosignatures(&keys, verified);
    if let Some(policy) = policy {
        let last = records.journals.last().map(|read| (read.journal, read.outcome.size));
        judge_policy(&kept, policy, last, records.last_ms / 1_000, verified);
    }
    verified.witnesses = kept.witnesses(policy.map(|(policy, _)| policy));
    verified.kept = kept.verdicts();
    verified.checked.kept = verified.kept.len() as u64;
    let journals = records.journals.iter().map(|read| {
        let wanted = read.frozen.or(read.signed).unwrap_or(read.outcome.size);
        (Log::Journal(read.journal), wanted)
    });
    let origins = records
        .logs
        .iter()
        .map(|(origin, lines)| (Log::Origin(*origin), lines.reached))
        .filter(|(log, _)| source.holds(*log));
    Ok(Known {
        sizes: journals.chain(origins).collect(),
        keys: records
            .logs
            .iter()
            .map(|(origin, lines)| (*origin, lines.key))
            .collect(),
        hub_key: Some(hub_key),
    })
}

/// The key that everything hangs on: the one that is known from elsewhere, else the source's own.
fn anchored(source: &dyn Source, asked: &Asked, current: Option<JournalId>, verified: &mut Verified) -> PublicKey {
    let own = source.hub_key();
    let key = asked.hub_key.unwrap_or(own);
    let vkey = |key: PublicKey| {
        let name = current.map_or_else(|| "minqing/journal".to_owned(), journal_log_name);
        let kind = KeyKind::Log;
        VerifierKey { name, kind, key }.to_string()
    };
    if key != own {
        let words = format!(
            "what is here was made under another key than the one that is known for the hub: {} in place of {}",
            vkey(own),
            vkey(key)
        );
        verified.find(Finding::new("key", words));
    }
    verified.hub_key = Some(vkey(key));
    key
}

/// What the hub says newest of every journal.
fn newest(chapters: &[Chapter]) -> BTreeMap<JournalId, Statement> {
    let statement = |chapter: &Chapter| {
        let signed = SignedCheckpoint::parse(chapter.note.as_ref()?).ok()?;
        let claim = signed.claim();
        Some((
            chapter.journal,
            Statement {
                who: claim.name.clone(),
                from: NEWEST_WORD.to_owned(),
                log: claim.name.clone(),
                size: claim.size,
                root: STANDARD.encode(claim.root),
            },
        ))
    };
    chapters.iter().filter_map(statement).collect()
}
