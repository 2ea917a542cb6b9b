//! Enrolment, revocation and successors.

use event::{ClockReading, Origin, UnitCode};
use event_log::{Commit, Store};
use proof::PublicKey;
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};
use sha2::{Digest, Sha256};
use sync::message::{ENROLMENT_DOMAIN, Enrolled, EnrolmentProof, SUCCESSOR_DOMAIN, Successor, SuccessorReason};
use sync::record::{JournalRecord, Role};

use crate::{Hub, Refusal, meta};

/// How long an enrolment file is good, in milliseconds (72 hours).
pub const ENROLMENT_MS: u64 = 72 * 3_600_000;

/// An enrolment that was offered: what the hub keeps of the file, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Offer {
    unit: UnitCode,
    role: Role,
    name: String,
    until_ms: u64,
}

impl<S: Store> Hub<S> {
    /// Keeps an offer under the hash of its secret. Returns when it ends, in milliseconds of hub time.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] for a name beyond 120 bytes; [`Refusal::Store`].
    pub fn offer(
        &mut self,
        secret: &[u8; 16],
        unit: UnitCode,
        role: Role,
        name: &str,
        now: &ClockReading,
    ) -> Result<u64, Refusal> {
        if name.len() > 120 {
            return Err(Refusal::TooLarge("a name has at most 120 bytes".to_owned()));
        }
        let until_ms = self
            .clock
            .told_ms(now)
            .unwrap_or_else(|| self.clock.last_ms())
            .saturating_add(ENROLMENT_MS);
        let offer = Offer {
            unit,
            role,
            name: name.to_owned(),
            until_ms,
        };
        let mut commit = Commit::new();
        commit.put_meta(offer_key(secret), sync::message::encode(&offer));
        self.store.commit(commit)?;
        Ok(until_ms)
    }

    /// Enrols the holder of `key` against the secret of an offer, once.
    ///
    /// The same key may ask again with the same secret: its first answer may have been lost.
    ///
    /// # Errors
    /// [`Refusal::EnrolmentSecret`], [`Refusal::EnrolmentExpired`]; [`Refusal::Revoked`] for a key that was
    /// revoked: its machine begins anew, under another key.
    pub fn enrol(&mut self, key: &PublicKey, secret: &[u8], now: &ClockReading) -> Result<Enrolled, Refusal> {
        let offer_key = offer_key(secret);
        let used_key = [meta::USED_OFFER, &offer_key[meta::OFFER.len()..]].concat();
        let origin = key.origin();
        let used = self.store.get_meta(&used_key)?;
        if let Some(by) = used {
            let known = self
                .registry()
                .party(origin)
                .and_then(|party| Some((party.unit?, party.role?, party.name.clone())));
            return match known {
                Some((unit, role, name)) if by == origin.to_bytes() => self.enrolled(key, unit, role, name),
                _ => Err(Refusal::EnrolmentSecret),
            };
        }
        if self.registry().party(origin).is_some_and(|party| party.revoked) {
            return Err(Refusal::Revoked);
        }
        let offer: Offer = match self.store.get_meta(&offer_key)? {
            Some(bytes) => sync::message::decode(&bytes)?,
            None => return Err(Refusal::EnrolmentSecret),
        };
        let at_ms = self.clock.next(now);
        if at_ms > offer.until_ms {
            return Err(Refusal::EnrolmentExpired);
        }
        let mut tail = self.tail();
        tail.add(JournalRecord::Enrolled {
            origin,
            key: ByteArray::new(key.0),
            unit: offer.unit,
            role: offer.role,
            name: offer.name.clone(),
            at_ms,
        })?;
        let mut commit = Commit::new();
        commit.remove_meta(offer_key);
        commit.put_meta(used_key, origin.to_bytes());
        self.commit_journal(commit, tail)?;
        self.enrolled(key, offer.unit, offer.role, offer.name)
    }

    fn enrolled(&self, key: &PublicKey, unit: UnitCode, role: Role, name: String) -> Result<Enrolled, Refusal> {
        let statement = EnrolmentProof::statement(&key.0, unit, role, &name);
        let signature = ByteBuf::from(self.keys.journal().sign(ENROLMENT_DOMAIN, &statement));
        Ok(Enrolled {
            journal: self.registry().journal,
            hub_key: ByteArray::new(self.keys.journal().public().0),
            note: self.note()?,
            proof: EnrolmentProof {
                unit,
                role,
                name,
                signature,
            },
        })
    }

    /// Ends an origin's authority from here on. What it pushed before stays.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for an unknown origin, and for the hub's own.
    pub fn revoke(&mut self, origin: Origin, reason: &str, now: &ClockReading) -> Result<(), Refusal> {
        let unit = self
            .registry()
            .party(origin)
            .filter(|party| party.role.is_some())
            .and_then(|party| party.unit)
            .ok_or(Refusal::NotFound("no machine with such an origin"))?;
        let mut tail = self.tail();
        let reason: String = reason.chars().take(200).collect();
        tail.add(JournalRecord::Revoked {
            origin,
            unit,
            reason,
            at_ms: self.clock.next(now),
        })?;
        self.commit_journal(Commit::new(), tail).map(drop)
    }

    /// Lets another origin go on for one of the peer's. Asking twice for the same one changes nothing.
    ///
    /// # Errors
    /// [`Refusal::Signature`], [`Refusal::Forbidden`].
    pub fn successor(&mut self, peer: Origin, ask: &Successor, now: &ClockReading) -> Result<Enrolled, Refusal> {
        let key = PublicKey(*ask.key);
        let new = key.origin();
        let (party, second, known) = {
            let registry = self.registry();
            if !registry.same_machine(peer, ask.old) {
                return Err(Refusal::Forbidden("a machine names successors of its own origins only"));
            }
            let party = registry.party(ask.old).cloned().ok_or(Refusal::NotEnrolled)?;
            let second = !party.successors.is_empty();
            (party, second, registry.party(new).is_some())
        };
        let (unit, role) = (party.unit.unwrap_or_default(), party.role.unwrap_or(Role::Village));
        if known && !party.successors.contains(&new) {
            return Err(Refusal::Forbidden("that key is known here as somebody else's"));
        }
        if known {
            return self.enrolled(&key, unit, role, party.name);
        }
        if party.revoked {
            return Err(Refusal::Revoked);
        }
        let signature = <[u8; 64]>::try_from(&ask.signature[..]).map_err(|_| Refusal::Signature)?;
        if !party.key.verify(
            SUCCESSOR_DOMAIN,
            &[&ask.old.to_bytes()[..], &key.0].concat(),
            &signature,
        ) {
            return Err(Refusal::Signature);
        }
        if ask.reason == SuccessorReason::Forked {
            // The evidence is kept if it is the old origin's own checkpoint and says otherwise than the hub's log.
            let name = proof::origin_log_name(ask.old);
            let valid = ask
                .evidence
                .as_deref()
                .and_then(|note| proof::SignedCheckpoint::verify(note, &name, &party.key).ok());
            if let Some(shown) = valid {
                let size = self.store.head(ask.old.into()).size;
                let agrees = shown.size > size || self.store.root_at(ask.old.into(), shown.size)? == shown.root;
                if !agrees || shown.size > size {
                    self.record_fork(ask.old, ask.evidence.as_deref(), now)?;
                }
            }
        }
        let mut tail = self.tail();
        tail.add(JournalRecord::Successor {
            old: ask.old,
            size: self.store.head(ask.old.into()).size,
            new,
            key: ask.key,
            unit,
            reason: ask.reason,
            signature: ask.signature.clone(),
            second,
            at_ms: self.clock.next(now),
        })?;
        let mut commit = Commit::new();
        commit.drop_stage(ask.old);
        self.commit_journal(commit, tail)?;
        self.enrolled(&key, unit, role, party.name)
    }
}

fn offer_key(secret: &[u8]) -> Vec<u8> {
    [meta::OFFER, &Sha256::digest(secret)].concat()
}
