//! Evidence: what cannot both be true, apart from everything else, with the signed statements byte for byte, so that
//! somebody who was not there can judge it. A restore that was declared is benign, and says so.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use event::{JournalId, Origin};
use proof::{Hash, PublicKey, SignedCheckpoint, leaf_hash};
use serde::Serialize;

use crate::finding::hex;
use crate::kept::KeptStatements;
use crate::pen::put;
use crate::records::Records;
use crate::said::{Fork, Named, Restore};
use crate::tree::Tree;
use crate::{ArchiveError, KeptNote, Log, Piece, Source, SourceError, Verified};

/// One thing that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// `fork`, `second-successor`, `checkpoints` or `restore`.
    pub kind: &'static str,
    /// The log.
    pub log: String,
    /// Whether a declared restore explains it.
    pub is_benign: bool,
    /// The first entry in which two histories differ, from 1, if both are held; a bound from above otherwise says so in
    /// the words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differs_at: Option<u64>,
    /// What it is, in Chinese and in English.
    pub words: (String, String),
    /// The statements, each with who signed it, byte for byte.
    pub notes: Vec<(String, String)>,
}

/// Gathers the evidence that a source holds. `parted` are pairs of journal checkpoints that did not go on from one
/// another when they were shown: kept, shown.
///
/// # Errors
/// Where the source cannot be read.
pub fn evidence(
    source: &dyn Source,
    kept: &[KeptNote],
    parted: &[(KeptNote, KeptNote)],
) -> Result<Vec<Evidence>, SourceError> {
    let (key, chapters, mut verified) = (source.hub_key(), source.journals()?, Verified::default());
    let mut notes = source.kept()?;
    notes.extend(kept.iter().cloned());
    let current = chapters.last().map(|chapter| chapter.journal);
    let mut statements = KeptStatements::new((&notes, 0), &[], current, &mut verified);
    statements.judge_journals(key, &mut verified);
    let records = Records::read(source, key, &statements.marks(), &mut |_, _| (), &mut verified)?;
    statements.hear_journals(&records, &BTreeMap::new(), &mut verified);
    let newest: BTreeMap<JournalId, String> = chapters
        .into_iter()
        .filter_map(|chapter| Some((chapter.journal, chapter.note?)))
        .collect();
    let mut found = Vec::new();
    for fork in &records.forks {
        found.push(forked(source, fork, &records)?);
    }
    found.extend(seconds(&records));
    for (log, note, from, words) in statements.failed() {
        let Log::Journal(journal) = log else { continue };
        let shown = newest.get(&journal).map(|note| (who(note, &key), note.clone()));
        let notes = std::iter::once((format!("{} ({from})", who(note, &key)), note.to_owned())).chain(shown);
        found.push(Evidence {
            kind: "checkpoints",
            log: log.name(),
            is_benign: false,
            differs_at: None,
            words: (
                "总台签过的一个检查点，跟现在的流水账对不上，也没有声明过从备份恢复。".to_owned(),
                format!("A checkpoint that the hub signed and what it shows now cannot both be true: {words}."),
            ),
            notes: notes.collect(),
        });
    }
    found.extend(parted.iter().map(|(kept, shown)| pair(kept, shown, &key, &records)));
    found.extend(records.restores.iter().map(|restore| restored(restore, &key)));
    Ok(found)
}

/// Who signed a note, if this key did.
fn who(note: &str, key: &PublicKey) -> String {
    let Ok(signed) = SignedCheckpoint::parse(note) else {
        return "unreadable".to_owned();
    };
    let name = &signed.claim().name;
    match SignedCheckpoint::verify(note, name, key) {
        Ok(_) => format!("signed by {name}, key {key}"),
        Err(error) => format!("claims to be of {name}, but: {error}"),
    }
}

fn size_and_root(note: &str) -> Option<(u64, Hash)> {
    let signed = SignedCheckpoint::parse(note).ok()?;
    Some((signed.claim().size, signed.claim().root))
}

/// Two checkpoints of an origin's log.
fn forked(source: &dyn Source, fork: &Fork, records: &Records) -> Result<Evidence, SourceError> {
    let (log, lines) = (Log::Origin(fork.origin), records.logs.get(&fork.origin));
    let key = lines.map_or(PublicKey([0; 32]), |lines| lines.key);
    let differs_at = first_difference(source, log)?;
    let shown = size_and_root(&fork.shown_note);
    let (mut zh, mut en) = (
        format!(
            "同一个密钥（{log}）签过两份不能同时为真的记录。收到于 {} 毫秒。",
            fork.at_ms
        ),
        format!(
            "One key ({log}) signed two histories that cannot both be true. Noticed at {} ms, journal {} record {}.",
            fork.at_ms, fork.place.0, fork.place.1
        ),
    );
    match (differs_at, shown) {
        (Some(at), _) => {
            let _ = write!(zh, "两份都在手里：从第 {at} 条起不同。");
            let _ = write!(en, " Both histories are held: they differ from entry {at} on.");
        }
        (None, Some((size, root))) => {
            let ours = root_at(source, log, size)?;
            if ours.is_some_and(|ours| ours != root) {
                let _ = write!(zh, "只有一份在手里：不同之处在第 {size} 条或更早。");
                let _ = write!(en, " One of them is held: they differ at entry {size} or before it.");
            } else if ours.is_some() {
                zh.push_str("另一份到它的检查点为止跟这里相同。");
                en.push_str(" Up to its checkpoint the other one is the same as what is held.");
            }
        }
        (None, None) => {}
    }
    // A machine that came back from a backup looks the same; a successor says that it was noticed and is over.
    if records.successors.iter().any(|named| named.old == fork.origin) {
        zh.push_str("后来换了密钥，原来的到此为止。");
        en.push_str(" A successor has taken over since; the old log is closed.");
    }
    Ok(Evidence {
        kind: "fork",
        log: log.name(),
        is_benign: false,
        differs_at,
        words: (zh, en),
        notes: vec![
            (who(&fork.hub_note, &key), fork.hub_note.clone()),
            (who(&fork.shown_note, &key), fork.shown_note.clone()),
        ],
    })
}

/// The first entry, from 1, in which the receipted log and the other copy of it differ.
fn first_difference(source: &dyn Source, log: Log) -> Result<Option<u64>, SourceError> {
    let mut apart = Vec::new();
    let is_held = source.scan_apart(log, &mut |piece| {
        if let Piece::Entry { bytes, .. } = piece {
            apart.push(leaf_hash(bytes));
        }
        ControlFlow::Continue(())
    })?;
    if !is_held {
        return Ok(None);
    }
    let mut first = None;
    source.scan(log, apart.len() as u64, &mut |piece| match piece {
        Piece::Entry { index, bytes, .. } => {
            let other = usize::try_from(index).ok().and_then(|at| apart.get(at));
            match other {
                Some(other) if *other == leaf_hash(bytes) => ControlFlow::Continue(()),
                Some(_) => {
                    first = Some(index + 1);
                    ControlFlow::Break(())
                }
                None => ControlFlow::Break(()),
            }
        }
        Piece::Missing { .. } => ControlFlow::Break(()),
    })?;
    Ok(first)
}

/// Root of the receipted log at a size; `None` if it does not reach as far.
fn root_at(source: &dyn Source, log: Log, size: u64) -> Result<Option<Hash>, SourceError> {
    let mut tree = Tree::default();
    source.scan(log, size, &mut |piece| match piece {
        Piece::Entry { bytes, .. } if tree.size() < size => {
            tree.push(leaf_hash(bytes));
            ControlFlow::Continue(())
        }
        _ => ControlFlow::Break(()),
    })?;
    Ok((tree.size() == size).then(|| tree.root()))
}

/// Successors of one origin beyond the first: two machines hold one key.
fn seconds(records: &Records) -> Vec<Evidence> {
    let statement = |named: &Named| {
        let words = format!(
            "signed by the key of {}: {} goes on for it (journal {} record {}, at {} ms)",
            named.old, named.new, named.place.0, named.place.1, named.at_ms
        );
        let domain = sync::message::SUCCESSOR_DOMAIN;
        let (bytes, signature) = (hex(&named.statement), hex(&named.signature));
        (
            words,
            format!("domain {domain}\nstatement {bytes}\nsignature {signature}\n"),
        )
    };
    let mut by_old: BTreeMap<Origin, Vec<&Named>> = BTreeMap::new();
    for named in &records.successors {
        by_old.entry(named.old).or_default().push(named);
    }
    let several = by_old
        .into_iter()
        .filter(|(_, named)| named.len() > 1 || named.iter().any(|named| named.second));
    several
        .map(|(old, named)| Evidence {
            kind: "second-successor",
            log: Log::Origin(old).name(),
            is_benign: false,
            differs_at: named.first().map(|first| first.size + 1),
            words: (
                format!("同一个密钥（{old}）指定过不止一个继任：有两台机器拿着同一个密钥。"),
                format!(
                    "One key ({old}) named more than one successor: two machines hold it. Its receipted log ends with entry {}.",
                    named.first().map_or(0, |first| first.size)
                ),
            ),
            notes: named.into_iter().map(statement).collect(),
        })
        .collect()
}

/// A pair that was shown to the auditor.
fn pair(kept: &KeptNote, shown: &KeptNote, key: &PublicKey, records: &Records) -> Evidence {
    let sizes = size_and_root(&kept.note).zip(size_and_root(&shown.note));
    let log = SignedCheckpoint::parse(&kept.note).map_or_else(|_| String::new(), |signed| signed.claim().name.clone());
    let is_benign = match Log::of_name(&log) {
        Some(Log::Journal(journal)) => records.restore_from(journal).is_some(),
        _ => false,
    };
    let (zh, en) = match sizes {
        Some(((old, a), (new, b))) if old == new && a != b => (
            format!("总台在 {old} 条处签过两个不同的树根。"),
            format!(
                "The hub signed two roots at one size, {old}: its journals differ at record {} or before.",
                old.max(1) - 1
            ),
        ),
        Some(((old, _), (new, _))) if new < old => (
            format!("总台给过 {old} 条的检查点，后来只有 {new} 条。"),
            format!("The hub had signed {old} records and then showed {new}: the records from {new} on were missing."),
        ),
        _ => (
            "总台没有证明新的流水账是接着旧的写的。".to_owned(),
            "The hub did not prove that the newer journal goes on from the older one.".to_owned(),
        ),
    };
    let notes = [kept, shown].map(|one| (format!("{} ({})", who(&one.note, key), one.from), one.note.clone()));
    Evidence {
        kind: "checkpoints",
        log,
        is_benign,
        differs_at: None,
        words: (zh, en),
        notes: notes.to_vec(),
    }
}

/// A journal that was frozen.
fn restored(restore: &Restore, key: &PublicKey) -> Evidence {
    let previous = &restore.previous;
    let shown = size_and_root(&previous.evidence).map_or(0, |(size, _)| size);
    Evidence {
        kind: "restore",
        log: Log::Journal(previous.journal).name(),
        is_benign: restore.is_shown,
        differs_at: Some(previous.size.0 + 1),
        words: (
            format!(
                "总台从备份恢复过：账本冻结在 {} 条，此前签过 {shown} 条。新账本 {} 的第一条写明了这件事。",
                previous.size, restore.journal
            ),
            format!(
                "The hub was restored from a backup: its journal stands at {} records (root {}), after {shown} had been \
                 signed. The first record of journal {} says so.",
                previous.size,
                hex(&*previous.root),
                restore.journal
            ),
        ),
        notes: vec![(who(&previous.evidence, key), previous.evidence.clone())],
    }
}

impl Evidence {
    /// The evidence as a text for people; the notes stand in it byte for byte, between lines of dashes.
    #[must_use]
    pub fn text(&self) -> String {
        let verdict = match (self.is_benign, self.kind) {
            (true, _) => ("已声明的恢复：不是篡改。", "A declared restore explains this: benign."),
            (false, "restore") => (
                "没有站得住的证据：要有人查。",
                "Not shown by evidence that holds: look into it.",
            ),
            (false, _) => (
                "没有声明过恢复：要有人查。",
                "No declared restore explains this: look into it.",
            ),
        };
        let mut text = format!(
            "{} · {}\n\n{}\n{}\n\n{}\n{}\n",
            self.kind, self.log, self.words.0, verdict.0, self.words.1, verdict.1
        );
        for (who, note) in &self.notes {
            // Writing into a string cannot fail.
            let _ = write!(text, "\n{who}\n----------------\n{note}----------------\n");
        }
        text
    }
}

/// Writes every piece of evidence as a text, and its notes beside it as they were signed.
///
/// # Errors
/// [`ArchiveError::File`].
pub fn write_evidence(dir: &Path, found: &[Evidence]) -> Result<Vec<PathBuf>, ArchiveError> {
    let mut written = Vec::new();
    for (number, one) in (1..).zip(found) {
        let number: usize = number;
        let name = format!("{number:03}-{}", one.kind);
        let text = dir.join(format!("{name}.txt"));
        put(&text, one.text().as_bytes())?;
        for (at, (_, note)) in (1..).zip(&one.notes) {
            let at: usize = at;
            put(&dir.join(format!("{name}.{at}.note")), note.as_bytes())?;
        }
        written.push(text);
    }
    Ok(written)
}
