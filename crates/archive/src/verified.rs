//! The outcome of a verification: what was checked, what was found, and what such a proof cannot show.

use serde::Serialize;

use crate::Finding;

/// Most findings that are reported; and most notes.
pub const FINDINGS_MAX: usize = 200;

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Journals.
    pub journals: u64,
    /// Journal records.
    pub records: u64,
    /// Receipts among them.
    pub receipts: u64,
    /// Records of a later version, whose bytes count in the root and whose meaning is unknown here.
    pub unknown_records: u64,
    /// Signatures.
    pub signatures: u64,
    /// Roots that were computed again and held against a signed one.
    pub roots: u64,
    /// Logs.
    pub logs: u64,
    /// Logs whose entries are not here, because the mirror is of some villages alone: of them the receipts were checked.
    pub logs_left_out: u64,
    /// The entries that those receipts cover.
    pub entries_left_out: u64,
    /// Entries.
    pub entries: u64,
    /// Personal parts.
    pub personal_parts: u64,
    /// Bytes of events.
    pub event_bytes: u64,
    /// Files of hashes that were compared.
    pub tiles: u64,
    /// Checkpoints that had been kept.
    pub kept: u64,
    /// Cosignatures.
    pub cosignatures: u64,
    /// Proofs for one entry.
    pub proofs: u64,
    /// Entries whose time is bounded on both sides: by the journal that their machine had seen, and by their receipt.
    pub bounded: u64,
    /// The widest such bound, in milliseconds: so much could be claimed and not be contradicted.
    pub bound_ms_max: u64,
}

/// What became of a checkpoint that had been kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptVerdict {
    /// Where it was kept.
    pub from: String,
    /// The log that it is of.
    pub log: String,
    /// Its size.
    pub size: u64,
    /// `held`: what is here begins with it; `restored`: a declared restore lies between; `left-out`: its log is
    /// not here, and its signature alone was judged; else `failed`, with a finding.
    pub verdict: &'static str,
    /// Witnesses whose cosignature under it is right.
    pub witnesses: Vec<String>,
}

/// What one witness vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WitnessVerdict {
    /// Name, as in its cosignatures.
    pub name: String,
    /// Whether the policy names it.
    pub in_policy: bool,
    /// The log.
    pub log: String,
    /// The largest tree that it cosigned and that is a beginning of the one here: every record below this is vouched for.
    pub size: u64,
    /// When, by its own clock, in seconds since 1970.
    pub time_s: u64,
}

/// What the policy's witnesses vouch for together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuorumVerdict {
    /// Whether the policy came with what was verified, chosen by whoever made it.
    pub came_along: bool,
    /// Whether the policy asks for witnesses at all.
    pub asked: bool,
    /// Records of the current journal that a quorum vouches for: all below this size.
    pub size: u64,
    /// Whether those cosignatures were fresh, as the policy asks, at the time of the journal's last record.
    pub fresh: bool,
}

/// The outcome of a verification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How much was checked.
    pub checked: Checked,
    /// The newest checkpoint of the journal that the hub signed, byte for byte.
    pub checkpoint: Option<String>,
    /// The key that signs the journals, as a verifier key: compare it with the one on paper.
    pub hub_key: Option<String>,
    /// Checkpoints that had been kept.
    pub kept: Vec<KeptVerdict>,
    /// Witnesses.
    pub witnesses: Vec<WitnessVerdict>,
    /// What the policy comes to; absent without one.
    pub quorum: Option<QuorumVerdict>,
    /// What does not hold; empty if everything does.
    pub findings: Vec<Finding>,
    /// Findings beyond [`FINDINGS_MAX`], which are not listed.
    pub findings_unlisted: u64,
    /// What was noticed and proves nothing.
    pub notes: Vec<Finding>,
    /// Notes in all, also those beyond [`FINDINGS_MAX`].
    pub notes_in_all: u64,
    /// How long it took, in milliseconds, if whoever asked has measured it.
    pub took_ms: Option<u64>,
}

impl Verified {
    /// What no proof of this sort can show, in Chinese and in English.
    pub const LIMITS: [(&'static str, &'static str); 6] = [
        (
            "走访是不是真的去了：这里只证明当时记了什么，记了以后没有改过。",
            "whether a visit took place: only what was recorded, and that it was not changed afterwards.",
        ),
        ("从来没有记录的事。", "what was never recorded."),
        (
            "第一次同步之前，在村里那台机器上改过的内容。",
            "what was changed on the village's own machine before its first sync.",
        ),
        (
            "时间在两次同步之间可以怎么说：上下限之间的差，报告里写着。",
            "what time was claimed within the bounds between two syncs; the report says how wide they are.",
        ),
        (
            "所有见证人和总台串通、给每个人看同一份假账本。",
            "a hub and all of its witnesses who agree on one false journal from the beginning.",
        ),
        (
            "导出之后才发生的事；没有给你看、也没有人留过检查点的另一份账本。",
            "what came after the export; another journal that you were not shown and nobody kept a checkpoint of.",
        ),
    ];

    /// Whether everything holds. Notes do not count: they prove nothing.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.findings.is_empty()
    }

    /// Adds a finding, within the bound; beyond it findings are counted. Damage to the reader's own store comes last and
    /// decides what is to be done, so that it has a bound of its own.
    pub fn find(&mut self, finding: Finding) {
        let bound = if finding.rule == "store" {
            2 * FINDINGS_MAX
        } else {
            FINDINGS_MAX
        };
        if self.findings.len() < bound {
            self.findings.push(finding);
        } else {
            self.findings_unlisted += 1;
        }
    }

    /// Adds a note, within the bound. A note that is said of the entry before it, too, is said once of both.
    pub(crate) fn note(&mut self, note: Finding) {
        self.notes_in_all += 1;
        if let Some(last) = self.notes.last_mut()
            && (last.rule, last.origin, &last.what) == (note.rule, note.origin, &note.what)
            && last.to.zip(note.from).is_some_and(|(last, next)| last.plus(1) == next)
        {
            (last.to, last.event) = (note.to, None);
            return;
        }
        if self.notes.len() < FINDINGS_MAX {
            self.notes.push(note);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_beyond_the_bound_are_counted_and_damage_is_listed_all_the_same() {
        let mut verified = Verified::default();
        for _ in 0..FINDINGS_MAX + 3 {
            verified.find(Finding::new("root", "altered"));
        }
        verified.find(Finding::new("store", "a damaged frame"));
        assert_eq!(
            (verified.findings.len(), verified.findings_unlisted),
            (FINDINGS_MAX + 1, 3)
        );
        assert_eq!(verified.findings.last().map(|finding| finding.rule), Some("store"));
    }
}
