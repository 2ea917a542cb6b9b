//! Answering a hello: what the hub has of each log, and whether the hub itself has lost something.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use event::{ClockReading, JournalId, Origin, Position, Sequence};
use event_log::{Commit, LogRead, Store};
use proof::{Hash, KeyKind, PublicKey, SignedCheckpoint, VerifierKey, journal_log_name, leaf_hash, origin_log_name};
use serde_bytes::ByteArray;
use sync::limits::{BODY_BYTES_MAX, HELLO_LOGS_MAX, PROTOCOL_VERSION};
use sync::message::{ENROLMENT_DOMAIN, EnrolmentProof, Frozen, Held, Hello, HelloReply, HubLog, KeyProof, LogState};
use sync::record::{JournalRecord, Previous};

use crate::{Hub, Refusal};

/// How long a node with nothing to do waits before it asks again, in milliseconds.
pub const NEXT_HELLO_MS: u64 = 60_000;
/// How far a village's clock may be from the hub's to confirm it, in milliseconds (ten minutes).
const CLOCK_AGREES_MS: u64 = 600_000;

/// Villages with a time server that agree with the hub's wall clock, in this boot.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClockVotes(BTreeSet<Origin>);

impl<S: Store> Hub<S> {
    /// Answers a hello of `peer`, whose certificate is over `key`. `fresh` is 16 random bytes, used only
    /// if the hello shows that this hub was restored from a backup.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn hello(
        &mut self,
        peer: Origin,
        key: &PublicKey,
        hello: &Hello,
        fresh: [u8; 16],
        now: &ClockReading,
    ) -> Result<HelloReply, Refusal> {
        if hello.logs.len() > HELLO_LOGS_MAX || hello.holds.len() > HELLO_LOGS_MAX {
            return Err(Refusal::TooLarge(format!(
                "a hello names at most {HELLO_LOGS_MAX} logs"
            )));
        }
        if self.registry().party(peer).is_none()
            && !hello
                .enrolments
                .iter()
                .any(|known| *known.key == key.0 && self.signed(known))
        {
            return Err(Refusal::NotEnrolled);
        }
        if self.registry().party(peer).is_some_and(|party| party.revoked) {
            return Err(Refusal::Revoked);
        }
        if let Some(note) = &hello.seen {
            self.check_own_past(note, JournalId::from_bytes(fresh), now)?;
        }
        self.take_back(&hello.enrolments, now)?;
        self.count_vote(peer, hello, now);
        self.learn_held_hub_origins(&hello.holds, now)?;
        let logs = hello
            .logs
            .iter()
            .map(|log| self.hub_log(peer, log))
            .collect::<Result<Vec<_>, _>>()?;
        let note = self.note()?;
        let consistency = self.consistency_from(hello.seen.as_deref(), &note)?;
        self.hear_cosignature(peer, hello)?;
        let registry = self.registry();
        let wants = hello
            .holds
            .iter()
            .map(|held| &held.log)
            .filter(|held| !registry.frozen.is_empty() && registry.party(held.origin).is_some());
        let wants = wants.filter_map(|held| {
            let head = self.store.head(held.origin.into());
            (head.size < held.size).then(|| LogState {
                origin: held.origin,
                size: head.size,
                root: ByteArray::new(head.frontier.root()),
            })
        });
        Ok(HelloReply {
            version: PROTOCOL_VERSION,
            journal: registry.journal,
            note,
            frozen: registry.frozen.clone(),
            logs: logs.into_iter().flatten().collect(),
            wants: wants.collect(),
            time_ms: self.clock.told_ms(now),
            body_bytes_max: BODY_BYTES_MAX as u64,
            next_hello_ms: NEXT_HELLO_MS,
            consistency,
        })
    }

    /// A village's word that it saw the journal's checkpoint. A line that does not hold is passed over: the hello
    /// itself is none the worse for it.
    fn hear_cosignature(&mut self, peer: Origin, hello: &Hello) -> Result<(), Refusal> {
        let (Some(note), Some(line)) = (&hello.seen, &hello.cosignature) else {
            return Ok(());
        };
        let key = self.registry().party(peer).map(|party| party.key);
        let Some(key) = key else { return Ok(()) };
        match self.hear_witness(note, line, &cosigner(peer, key)) {
            Err(Refusal::Signature) => {
                tracing::warn!(origin = %peer, "a cosignature does not hold");
                Ok(())
            }
            heard => heard,
        }
    }

    /// Takes in a witness's line under a checkpoint of the current journal. It is on the disk with the journal's
    /// next commit; a witness says it again.
    ///
    /// # Errors
    /// [`Refusal::Signature`] if the checkpoint is not this journal's or the line not the witness's.
    pub(crate) fn hear_witness(&mut self, note: &str, line: &str, witness: &VerifierKey) -> Result<(), Refusal> {
        let journal = self.registry().journal;
        let key = self.keys.journal().public();
        let shown = SignedCheckpoint::verify(note, &journal_log_name(journal), &key).map_err(|_| Refusal::Signature)?;
        let head = self.store.head(journal.into());
        if shown.size > head.size || self.store.root_at(journal.into(), shown.size)? != shown.root {
            return Err(Refusal::Signature);
        }
        let bare = SignedCheckpoint::parse(note).map_err(|_| Refusal::Signature)?;
        let bare = bare.without_cosignatures(&key);
        let mut statements = self.statements.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(statement) = statements.hear(&bare, line, witness)? {
            self.heard.insert(witness.name.clone(), statement);
        }
        Ok(())
    }

    fn hub_log(&self, peer: Origin, theirs: &LogState) -> Result<Option<HubLog>, Refusal> {
        let registry = self.registry();
        let Some(party) = registry.party(theirs.origin) else {
            return Ok(None);
        };
        // A hub that was restored may have lost which origin followed which.
        if !registry.same_machine(peer, theirs.origin) && registry.frozen.is_empty() {
            return Err(Refusal::Forbidden("a machine asks about its own origins only"));
        }
        let head = self.store.head(theirs.origin.into());
        let mut staged = head.frontier.clone();
        if head.staged_size > head.size {
            let entries = self.store.read_staged(
                theirs.origin.into(),
                Sequence::after_size(head.size),
                usize::MAX,
                usize::MAX,
            )?;
            entries.iter().for_each(|entry| staged.push(leaf_hash(&entry.bytes)));
        }
        let root_at_yours = (theirs.size <= head.size).then(|| self.store.root_at(theirs.origin.into(), theirs.size));
        Ok(Some(HubLog {
            origin: theirs.origin,
            size: head.size,
            root: ByteArray::new(head.frontier.root()),
            staged: staged.size(),
            staged_root: ByteArray::new(staged.root()),
            root_at_yours: root_at_yours.transpose()?.map(ByteArray::new),
            closed: party.closed_at.is_some(),
        }))
    }

    /// Whether this hub itself signed the statement.
    fn signed(&self, known: &KeyProof) -> bool {
        let KeyProof { key, proof } = known;
        let statement = EnrolmentProof::statement(key, proof.unit, proof.role, &proof.name);
        let signature = <[u8; 64]>::try_from(&proof.signature[..]);
        signature.is_ok_and(|signature| {
            self.keys
                .journal()
                .public()
                .verify(ENROLMENT_DOMAIN, &statement, &signature)
        })
    }

    /// Origins that this hub once enrolled and has forgotten are enrolled again, on its own signature.
    fn take_back(&mut self, enrolments: &[KeyProof], now: &ClockReading) -> Result<(), Refusal> {
        let mut tail = self.tail();
        let mut found = false;
        for known in enrolments.iter().take(HELLO_LOGS_MAX) {
            let origin = PublicKey(*known.key).origin();
            if self.registry().party(origin).is_none() && self.signed(known) {
                let proof = known.proof.clone();
                let (unit, role, name) = (proof.unit, proof.role, proof.name);
                let at_ms = self.clock.next(now);
                tail.add(JournalRecord::Enrolled {
                    origin,
                    key: known.key,
                    unit,
                    role,
                    name,
                    at_ms,
                })?;
                found = true;
            }
        }
        if found {
            self.commit_journal(Commit::new(), tail).map(drop)
        } else {
            Ok(())
        }
    }

    /// A checkpoint that this hub signed and that its journal does not reach means that the hub was
    /// restored: the journal is frozen and a new one begins.
    fn check_own_past(&mut self, note: &str, fresh: JournalId, now: &ClockReading) -> Result<(), Refusal> {
        let Ok(parsed) = SignedCheckpoint::parse(note) else {
            return Ok(());
        };
        let name = parsed.claim().name.clone();
        let Ok(shown) = SignedCheckpoint::verify(note, &name, &self.keys.journal().public()) else {
            return Ok(());
        };
        let (journal, unit, township, frozen) = {
            let registry = self.registry();
            (
                registry.journal,
                registry.unit,
                registry.name.clone(),
                registry.frozen.clone(),
            )
        };
        let is_frozen = |frozen: &Frozen| journal_log_name(frozen.journal) == name;
        if frozen.iter().any(is_frozen) {
            return Ok(());
        }
        let head = self.store.head(journal.into());
        let holds = name == journal_log_name(journal)
            && shown.size <= head.size
            && self.store.root_at(journal.into(), shown.size)? == shown.root;
        if holds {
            return Ok(());
        }
        let previous = Previous {
            journal,
            size: Position(head.size),
            root: ByteArray::new(head.frontier.root()),
            // Whatever stands under the hub's own line came from elsewhere, and a record is short.
            evidence: parsed.without_cosignatures(&self.keys.journal().public()),
        };
        self.open_journal(fresh, unit, &township, Some(previous), now)
    }

    /// Origins of this hub that only the nodes still know: their keys follow from the seed, so they are recognised.
    fn learn_held_hub_origins(&mut self, holds: &[Held], now: &ClockReading) -> Result<(), Refusal> {
        let mut tail = self.tail();
        let mut found = false;
        for held in holds {
            let Some(name) = held.hub else { continue };
            let key = self.keys.derive(&name.label());
            // Nobody but this hub can name an origin whose key follows from its seed.
            let is_new = self.registry().party(key.origin()).is_none();
            if is_new && key.origin() == held.log.origin {
                let (origin, key) = (key.origin(), ByteArray::new(key.public().0));
                let at_ms = self.clock.next(now);
                tail.add(JournalRecord::HubOrigin {
                    origin,
                    key,
                    name,
                    at_ms,
                })?;
                found = true;
            }
        }
        if found {
            self.commit_journal(Commit::new(), tail).map(drop)
        } else {
            Ok(())
        }
    }

    /// Where the wall clock is in doubt, a majority of the villages, each with a time server, settles it.
    fn count_vote(&mut self, peer: Origin, hello: &Hello, now: &ClockReading) {
        if self.clock.alarm().is_none() || !hello.ntp || hello.wall_ms.abs_diff(now.wall_ms) > CLOCK_AGREES_MS {
            return;
        }
        self.votes.0.insert(peer);
        let registry = self.registry();
        let open = |(_, party): &(Origin, &crate::Party)| {
            party.role == Some(sync::record::Role::Village) && !party.revoked && party.closed_at.is_none()
        };
        let villages = registry.parties().filter(open).count();
        drop(registry);
        if self.votes.0.len() * 2 > villages {
            self.clock.confirm(now);
        }
    }
}

/// The key under which a machine cosigns.
pub(crate) fn cosigner(origin: Origin, key: PublicKey) -> VerifierKey {
    VerifierKey {
        name: origin_log_name(origin),
        kind: KeyKind::Cosigner,
        key,
    }
}

/// Root of a log at a size, for finding where two logs part.
///
/// # Errors
/// [`Refusal::Store`] if the log is shorter.
pub(crate) fn root_at(log: &(impl LogRead + ?Sized), origin: Origin, size: u64) -> Result<Hash, Refusal> {
    Ok(log.root_at(origin.into(), size)?)
}
