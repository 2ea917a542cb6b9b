//! Who cosigned what, and whether that is enough: a witness vouches for a record if it cosigned any tree beyond it that
//! the tree here begins with.

use std::collections::BTreeMap;

use event::{JournalId, Origin, Position};
use proof::{Cosigned, KeyKind, Policy, PublicKey, VerifierKey, cosignatures, origin_log_name};

use crate::kept::{Kept, KeptStatements};
use crate::records::Records;
use crate::said::LogLines;
use crate::verified::{QuorumVerdict, Verified, WitnessVerdict};
use crate::{Finding, Log};

impl KeptStatements {
    /// Judges every cosignature under a statement: of the policy's witnesses, and of the enrolled machines.
    pub(crate) fn judge_cosignatures(&mut self, keys: &[VerifierKey], verified: &mut Verified) {
        for kept in &mut self.kept {
            let Some(note) = &kept.note else { continue };
            for key in keys
                .iter()
                .filter(|key| note.contains(&format!("\u{2014} {} ", key.name)))
            {
                match cosignatures(note, std::slice::from_ref(key)) {
                    Ok(found) => {
                        verified.checked.cosignatures += found.len() as u64;
                        verified.checked.signatures += found.len() as u64;
                        kept.witnesses.extend(found);
                    }
                    Err(error) => {
                        let words = format!("under the checkpoint of {} entries: {error}", kept.size);
                        let place = kept.size.saturating_sub(1);
                        let finding = kept.log.finding("cosignature", words, place, place + 1);
                        verified.find(finding.in_file(kept.from.clone()).between(vec![kept.statement.clone()]));
                    }
                }
            }
        }
    }

    /// For every witness the largest tree that it cosigned and that stands.
    pub(crate) fn witnesses(&self, policy: Option<&Policy>) -> Vec<WitnessVerdict> {
        let mut largest: BTreeMap<(String, String), (u64, u64, PublicKey)> = BTreeMap::new();
        for kept in self.kept.iter().filter(|kept| kept.verdict == "held") {
            for one in &kept.witnesses {
                let entry = largest
                    .entry((one.name.clone(), kept.log.name()))
                    .or_insert((0, 0, one.key));
                *entry = (*entry).max((kept.size, one.time_s, one.key));
            }
        }
        let in_policy = |key: &PublicKey| {
            policy.is_some_and(|policy| policy.witnesses().iter().any(|witness| witness.key.key == *key))
        };
        let verdict = |((name, log), (size, time_s, key)): ((String, String), (u64, u64, PublicKey))| WitnessVerdict {
            in_policy: in_policy(&key),
            name,
            log,
            size,
            time_s,
        };
        largest.into_iter().map(verdict).collect()
    }

    /// The most records of the journal that a quorum vouches for, and whether freshly at `now_s`: the time of the journal's
    /// last record, so that an old export can still be judged.
    pub(crate) fn quorum(&self, policy: &Policy, journal: JournalId, now_s: u64) -> (u64, bool) {
        let stands = |kept: &&Kept| kept.verdict == "held" && kept.log == Log::Journal(journal);
        let mut sizes: Vec<u64> = self.kept.iter().filter(stands).map(|kept| kept.size).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes.dedup();
        for size in sizes {
            // Whoever cosigned a larger tree vouches for this one too.
            let beyond = self.kept.iter().filter(stands).filter(|kept| kept.size >= size);
            // What was seen after that moment was seen no less freshly: witnesses are asked when nothing is recorded, too.
            let at = |one: &Cosigned| Cosigned {
                time_s: one.time_s.min(now_s),
                ..one.clone()
            };
            let cosigned: Vec<Cosigned> = beyond.flat_map(|kept| kept.witnesses.iter().map(at)).collect();
            if policy.quorum(&cosigned.iter().map(|one| one.key).collect()) {
                return (size, policy.is_fresh(&cosigned, now_s));
            }
        }
        (0, false)
    }
}

/// What the policy comes to for the newest journal.
pub(crate) fn judge_policy(
    kept: &KeptStatements,
    (policy, came_along): (&Policy, bool),
    journal: Option<(JournalId, u64)>,
    now_s: u64,
    verified: &mut Verified,
) {
    let nobody = std::collections::BTreeSet::new();
    let asked = !policy.quorum(&nobody);
    let Some((journal, records)) = journal else { return };
    let (size, fresh) = kept.quorum(policy, journal, now_s);
    verified.quorum = Some(QuorumVerdict {
        came_along,
        asked,
        size,
        fresh,
    });
    if !asked {
        return;
    }
    if size == 0 {
        let words = "no checkpoint of the journal that stands was cosigned by as many witnesses as the policy asks for";
        let mut finding = Finding::new("quorum", words);
        finding.journal = Some(journal);
        verified.find(finding);
    } else if !fresh {
        let words = "the cosignatures of the quorum are older than the policy allows at the time of the last record";
        verified.find(Finding::new("quorum", words).at(journal, Position(size - 1)));
    } else if size < records {
        let words = format!("a quorum vouches for the first {size} of {records} records; the rest is newer");
        let mut note = Finding::new("vouched", words).at(journal, Position(size));
        note.until = Some(Position(records - 1));
        verified.note(note);
    }
}

/// The keys under which enrolled machines cosign.
pub(crate) fn cosigner_keys(records: &Records) -> Vec<VerifierKey> {
    let villages = records.logs.iter().filter(|(_, lines)| lines.is_village);
    let key = |(origin, lines): (&Origin, &LogLines)| VerifierKey {
        name: origin_log_name(*origin),
        kind: KeyKind::Cosigner,
        key: lines.key,
    };
    villages.map(key).collect()
}
