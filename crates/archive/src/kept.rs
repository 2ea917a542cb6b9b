//! Checkpoints that were kept: in earlier exports, in files, on paper. What is here must begin with every one of them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event::{JournalId, Origin, Position};
use proof::{Cosigned, Hash, PublicKey, SignedCheckpoint};

use crate::check::{Mark, Outcome};
use crate::finding::Statement;
use crate::records::Records;
use crate::said::{JournalMark, NEWEST};
use crate::typed::Typed;
use crate::verified::{KeptVerdict, Verified};
use crate::{Finding, KeptNote, Log};

/// Where the newest checkpoint of a journal stands, for people.
pub(crate) const NEWEST_WORD: &str = "newest";

/// One kept statement, read.
pub(crate) struct Kept {
    pub(crate) from: String,
    pub(crate) note: Option<String>,
    pub(crate) statement: Statement,
    pub(crate) log: Log,
    pub(crate) size: u64,
    pub(crate) root: Hash,
    /// Whether somebody brought it along; else it came with the source.
    pub(crate) is_brought: bool,
    /// Whether it is a journal's own newest checkpoint: that is judged with the journal itself.
    pub(crate) is_newest: bool,
    /// Why it cannot be held against anything.
    pub(crate) fault: Option<String>,
    pub(crate) verdict: &'static str,
    /// Why, where it does not hold.
    pub(crate) words: String,
    pub(crate) witnesses: Vec<Cosigned>,
}

/// All statements that were kept.
#[derive(Default)]
pub(crate) struct KeptStatements {
    pub(crate) kept: Vec<Kept>,
}

impl KeptStatements {
    /// Reads notes, of which the first `brought` were brought along, and typed figures as those of `current`. Duplicates
    /// are one.
    pub(crate) fn new(
        (notes, brought): (&[KeptNote], usize),
        typed: &[Typed],
        current: Option<JournalId>,
        verified: &mut Verified,
    ) -> Self {
        let mut all = Self::default();
        for (at, KeptNote { from, note }) in notes.iter().enumerate() {
            let is_brought = at < brought;
            match SignedCheckpoint::parse(note) {
                Ok(signed) => {
                    let claim = signed.claim();
                    let fault = Log::of_name(&claim.name).is_none();
                    let log = Log::of_name(&claim.name).unwrap_or(Log::Journal(JournalId::default()));
                    if all.kept.iter().any(|known| known.note.as_ref() == Some(note)) {
                        continue;
                    }
                    if fault {
                        let words = format!("a checkpoint was kept of a log of another sort, {}", claim.name);
                        verified.find(Finding::new("kept", words).in_file(from.clone()));
                    }
                    all.kept.push(Kept {
                        fault: fault.then(|| format!("it is of a log of another sort, {}", claim.name)),
                        is_brought,
                        is_newest: !is_brought && from == NEWEST_WORD,
                        ..Kept::new(from, log, claim.size, claim.root, Some(note.clone()))
                    });
                }
                Err(error) => {
                    let words = format!("a checkpoint that was kept cannot be read: {error}");
                    verified.find(Finding::new("kept", words).in_file(from.clone()));
                }
            }
        }
        let log = current.map(Log::Journal);
        for (typed, log) in typed.iter().zip(log.into_iter().cycle()) {
            all.kept.push(Kept::new("typed", log, typed.size, typed.root, None));
        }
        verified.checked.kept = all.kept.len() as u64;
        all
    }

    /// Judges the signatures under the journals' checkpoints.
    pub(crate) fn judge_journals(&mut self, hub_key: PublicKey, verified: &mut Verified) {
        for kept in &mut self.kept {
            if matches!(kept.log, Log::Journal(_)) && !kept.is_newest {
                kept.judge_signature(&hub_key, verified);
            }
        }
    }

    /// The roots to be found in the journals.
    pub(crate) fn marks(&self) -> Vec<JournalMark> {
        let sound = self.kept.iter().enumerate();
        let sound = sound.filter(|(_, kept)| kept.fault.is_none() && !kept.is_newest);
        sound
            .filter_map(|(tag, kept)| match kept.log {
                Log::Journal(journal) => Some(JournalMark {
                    journal,
                    mark: kept.mark(tag),
                }),
                Log::Origin(_) => None,
            })
            .collect()
    }

    /// The roots to be found in one origin's log, their signatures judged; and which statements they are.
    pub(crate) fn marks_of(
        &mut self,
        origin: Origin,
        key: &PublicKey,
        verified: &mut Verified,
    ) -> (Vec<Mark>, Vec<usize>) {
        let mut of = Vec::new();
        for (at, kept) in self.kept.iter_mut().enumerate() {
            if kept.log == Log::Origin(origin) {
                kept.judge_signature(key, verified);
                if kept.fault.is_none() {
                    of.push(at);
                }
            }
        }
        let marks = of
            .iter()
            .enumerate()
            .map(|(tag, at)| self.kept[*at].mark(tag))
            .collect();
        (marks, of)
    }

    /// Statements of a log whose entries the source does not hold: their signatures are judged, nothing else can be.
    pub(crate) fn leave_out(&mut self, origin: Origin, key: &PublicKey, verified: &mut Verified) {
        for kept in self.kept.iter_mut().filter(|kept| kept.log == Log::Origin(origin)) {
            kept.judge_signature(key, verified);
            if kept.fault.is_none() {
                kept.verdict = "left-out";
            }
        }
    }

    /// A statement that does not hold, of a log of which nothing else was found, is a finding: nothing that was kept
    /// fails in silence.
    pub(crate) fn judge_rest(&mut self, verified: &mut Verified) {
        for at in 0..self.kept.len() {
            let kept = &self.kept[at];
            let is_told = |finding: &Finding| match kept.log {
                Log::Journal(journal) => finding.journal == Some(journal) && finding.origin.is_none(),
                Log::Origin(origin) => finding.origin == Some(origin),
            };
            let silent = kept.verdict == "failed" && kept.fault.is_none() && kept.words.is_empty();
            if silent && !verified.findings.iter().any(is_told) {
                self.fail(at, "what is here has another root at its size", None, verified);
            }
        }
    }

    /// Statements of logs that the journals know nothing of.
    pub(crate) fn judge_strangers(&mut self, records: &Records, verified: &mut Verified) {
        for at in 0..self.kept.len() {
            if let Log::Origin(origin) = self.kept[at].log
                && self.kept[at].fault.is_none()
                && !records.logs.contains_key(&origin)
            {
                self.fail(at, "it is of a log that nobody enrolled", None, verified);
            }
        }
    }

    /// What the walk over a log says of the statements whose place among all is `of[tag]`.
    pub(crate) fn hear_origin(
        &mut self,
        outcome: &Outcome,
        of: &[usize],
        newest: Option<Statement>,
        verified: &mut Verified,
    ) {
        for (tag, at) in of.iter().enumerate() {
            self.hear(*at, tag, outcome, newest.clone(), verified);
        }
    }

    /// What the walk over the journals says.
    pub(crate) fn hear_journals(
        &mut self,
        records: &Records,
        newest: &BTreeMap<JournalId, Statement>,
        verified: &mut Verified,
    ) {
        for at in 0..self.kept.len() {
            let Log::Journal(journal) = self.kept[at].log else {
                continue;
            };
            if self.kept[at].fault.is_some() {
                continue;
            }
            let statement = newest.get(&journal).cloned();
            match records.journal_of(journal) {
                Some(read) => {
                    let size = self.kept[at].size;
                    if read.frozen.is_some_and(|frozen| size > frozen) {
                        self.beyond_freeze(at, journal, records, verified);
                    } else {
                        self.hear(at, at, &read.outcome, statement, verified);
                    }
                }
                None => self.fail(at, "it is of a journal that is not here", None, verified),
            }
        }
    }

    fn beyond_freeze(&mut self, at: usize, journal: JournalId, records: &Records, verified: &mut Verified) {
        if records.restore_from(journal).is_some() {
            self.kept[at].verdict = "restored";
            let kept = &self.kept[at];
            let words = format!(
                "a checkpoint of {} records was kept ({}); the hub lost its end, was restored and declared it",
                kept.size, kept.from
            );
            verified.note(Finding::new("restored", words).at(journal, Position(kept.size)));
        } else {
            let words = "the journal ends before it, and no restore was declared with evidence";
            self.fail(at, words, None, verified);
        }
    }

    fn hear(&mut self, at: usize, tag: usize, outcome: &Outcome, newest: Option<Statement>, verified: &mut Verified) {
        if self.kept[at].is_newest {
            let failed = outcome.failed.iter().map(|failed| failed.mark.tag);
            let mut wrong = failed.chain(outcome.beyond.iter().map(|mark| mark.tag));
            if !wrong.any(|tag| tag == NEWEST) {
                self.kept[at].verdict = "held";
            }
        } else if let Some(failed) = outcome.failed.iter().find(|failed| failed.mark.tag == tag) {
            // Where the newest signed root is wrong too, the entries were altered: that is found, and located, already.
            if outcome.ends_right {
                let here = STANDARD.encode(failed.root);
                let (size, right_until) = (failed.mark.size, failed.right_until);
                let words = if self.kept[at].note.is_none() {
                    format!("what is here has another root at its size, {here}: mistyped, or of another history")
                } else if right_until < size {
                    format!(
                        "what is here has another root at its size, {here}: two histories were signed, which are the same \
                         up to entry {right_until} and differ at entry {size} or before it"
                    )
                } else {
                    format!("what is here has another root at its size, {here}: two roots were signed of one size")
                };
                self.fail(at, &words, newest, verified);
            }
        } else if outcome.beyond.iter().any(|mark| mark.tag == tag) {
            let words = format!(
                "only {} entries are here: the log went backwards, its end was dropped",
                outcome.size
            );
            self.fail(at, &words, newest, verified);
        } else {
            self.kept[at].verdict = "held";
        }
    }

    fn fail(&mut self, at: usize, words: &str, newest: Option<Statement>, verified: &mut Verified) {
        let kept = &mut self.kept[at];
        kept.verdict = "failed";
        words.clone_into(&mut kept.words);
        let words = format!(
            "the checkpoint of {} entries that was kept does not hold: {words}",
            kept.size
        );
        let place = kept.size.saturating_sub(1);
        let finding = kept.log.finding("kept", words, place, place + 1);
        let statements = std::iter::once(kept.statement.clone()).chain(newest).collect();
        verified.find(finding.between(statements));
    }

    /// Signed statements that do not hold: the log, the note, where it was kept, why.
    pub(crate) fn failed(&self) -> impl Iterator<Item = (Log, &str, &str, &str)> {
        let failed = self
            .kept
            .iter()
            .filter(|kept| kept.verdict == "failed" && kept.fault.is_none());
        failed.filter_map(|kept| Some((kept.log, kept.note.as_deref()?, &kept.from[..], &kept.words[..])))
    }

    pub(crate) fn verdicts(&self) -> Vec<KeptVerdict> {
        let verdict = |kept: &Kept| KeptVerdict {
            from: kept.from.clone(),
            log: kept.log.name(),
            size: kept.size,
            verdict: kept.verdict,
            witnesses: kept.witnesses.iter().map(|one| one.name.clone()).collect(),
        };
        // Nobody kept apart what is the source's own.
        let apart = self.kept.iter().filter(|kept| kept.is_brought || !is_own(&kept.from));
        apart.map(verdict).collect()
    }
}

/// Whether a checkpoint is the source's own newest one of a log or part of a proof.
fn is_own(from: &str) -> bool {
    from == NEWEST_WORD || from.ends_with("/checkpoint") || from.starts_with("proofs/")
}

impl Kept {
    fn new(from: &str, log: Log, size: u64, root: Hash, note: Option<String>) -> Self {
        Self {
            from: from.to_owned(),
            statement: Statement {
                who: if note.is_some() { log.name() } else { "typed".to_owned() },
                from: from.to_owned(),
                log: log.name(),
                size,
                root: STANDARD.encode(root),
            },
            note,
            log,
            size,
            root,
            is_brought: true,
            is_newest: false,
            fault: None,
            verdict: "failed",
            words: String::new(),
            witnesses: Vec::new(),
        }
    }

    const fn mark(&self, tag: usize) -> Mark {
        debug_assert!(tag != NEWEST);
        Mark {
            size: self.size,
            root: self.root,
            tag,
        }
    }

    fn judge_signature(&mut self, key: &PublicKey, verified: &mut Verified) {
        let Some(note) = self.note.as_ref().filter(|_| self.fault.is_none()) else {
            return;
        };
        verified.checked.signatures += 1;
        if let Err(error) = SignedCheckpoint::verify(note, &self.log.name(), key) {
            let words = format!(
                "the checkpoint of {} entries that was kept is not signed with the key of {}: {error}",
                self.size, self.log
            );
            let place = self.size.saturating_sub(1);
            let finding = self.log.finding("kept", words.clone(), place, place + 1);
            verified.find(finding.in_file(self.from.clone()).between(vec![self.statement.clone()]));
            self.fault = Some(words);
        }
    }
}
