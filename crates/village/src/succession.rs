//! Going on under a successor origin: after a restore, a fork, or a clock that ran away.
//!
//! Order: the new key is durable; the hub journals it; what the hub has of the old log and we lack is
//! pulled back beside ours, which stays as evidence; then one commit closes the old origin, carries
//! over what only we have, and lets the new one record. Until that commit recording goes on in the
//! predecessor, and there is no moment at which an entry could fall between the two.

use std::collections::BTreeSet;

use event::{ClockReading, Entry, Event, Sequence};
use event_log::{Commit, LogEntry, LogId, Store};
use proof::PublicKey;
use serde_bytes::ByteBuf;
use sync::message::{Enrolled, HubLog, SUCCESSOR_DOMAIN, Successor, SuccessorReason};

use crate::node::{Installation, Next, Node, NodeError, check_enrolment, hash, key_of};
use crate::session::{Ask, entries_of};

/// Entries carried in one commit.
const CARRY_ENTRIES: usize = 256;

/// What the session should do about a successor.
pub(crate) enum Course {
    /// Ask the hub.
    Ask(Ask),
    /// Say hello: with the successor, which is in force, or to learn where the old origin ends.
    Hello,
}

impl<S: Store> Node<S> {
    /// Decides on a successor, durably, before anybody hears of it.
    pub(crate) fn decide_successor(
        &mut self,
        reason: SuccessorReason,
        common: u64,
        hub_size: u64,
        fresh: [u8; 32],
    ) -> Result<(), NodeError> {
        if self.own.next.is_none() {
            self.own.next = Some(Next {
                seed: ByteBuf::from(fresh),
                reason,
                common,
                hub_size,
                proof: None,
                is_final: false,
            });
            self.save_own()?;
        }
        Ok(())
    }

    /// The next step towards the successor.
    pub(crate) fn pursue_successor(&mut self, fresh: [u8; 32], bytes: usize) -> Result<Course, NodeError> {
        let old = self.current().clone();
        if self.own.next.is_none() {
            let size = self.store.head(old.origin.into()).size;
            self.decide_successor(SuccessorReason::ClockRunaway, size, size, fresh)?;
        }
        let next = self
            .own
            .next
            .clone()
            .ok_or(NodeError::State("no successor was decided on".to_owned()))?;
        if next.proof.is_none() {
            let key = key_of(&next.seed)?.public();
            let statement = [&old.origin.to_bytes()[..], &key.0].concat();
            let signature = ByteBuf::from(old.key()?.sign(SUCCESSOR_DOMAIN, &statement));
            let size = self.store.head(old.origin.into()).size;
            let evidence = (next.reason == SuccessorReason::Forked)
                .then(|| self.checkpoint(&old, size))
                .transpose()?;
            return Ok(Course::Ask(Ask::Successor(Box::new(Successor {
                old: old.origin,
                key: hash(key.0),
                reason: next.reason,
                signature,
                evidence,
            }))));
        }
        if !next.is_final {
            return Ok(Course::Hello);
        }
        // Kept apart even if the hub has no more than both share: what stands here beyond that is ours alone.
        if next.hub_size > next.common || self.store.head(old.origin.into()).size > next.common {
            let apart = self.mirror.set_apart(&mut self.store, old.origin, next.common)?;
            let size = self.store.head(apart).size;
            if size < next.hub_size {
                return Ok(Course::Ask(Ask::Entries {
                    origin: old.origin,
                    from: Sequence::after_size(size),
                    bytes,
                }));
            }
        }
        self.switch(&old, &next)?;
        Ok(Course::Hello)
    }

    /// The hub has journalled the successor.
    pub(crate) fn take_successor(&mut self, enrolled: &Enrolled) -> Result<(), NodeError> {
        let hub = PublicKey(*self.own.hub_key);
        let next = self
            .own
            .next
            .as_mut()
            .ok_or(NodeError::Untrue("nobody asked for a successor"))?;
        check_enrolment(&hub, &key_of(&next.seed)?.public(), &enrolled.proof)?;
        next.proof = Some(enrolled.proof.clone());
        self.save_own()
    }

    /// The hub said again what it has of the old log. Until it has closed it, another machine with the same key may go on.
    pub(crate) fn review_successor(&mut self, hub: Option<&HubLog>) -> Result<(), NodeError> {
        let Some(next) = self.own.next.as_mut() else {
            return Ok(());
        };
        let (size, closed) = hub.map_or((0, false), |hub| (hub.size, hub.closed));
        next.is_final = closed && next.proof.is_some();
        if !closed {
            // Not asked yet, or asked of a hub that was restored since.
            next.proof = None;
        }
        // What the hub has lost stays agreed: it gets it back from us.
        let is_less = size < next.common;
        next.hub_size = size.max(next.common);
        self.save_own()?;
        if is_less {
            self.mirror.offer_back(&mut self.store)?;
        }
        Ok(())
    }

    /// Entries of our old log that the hub had and we had not. Their root is checked against the
    /// receipts when those come by; here they only have to follow on.
    pub(crate) fn take_pulled_back(&mut self, body: &[u8]) -> Result<(), NodeError> {
        let origin = self.origin();
        let log = self.mirror.log_of(origin);
        let size = self.store.head(log).size;
        let limit = self
            .own
            .next
            .as_ref()
            .map_or(0, |next| next.hub_size.saturating_sub(size));
        let mut entries = entries_of(body, origin, size)?;
        entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        if entries.is_empty() {
            return Err(NodeError::Untrue("it has fewer entries than it said"));
        }
        for entry in &entries {
            if let Ok(event) = Event::decode(&entry.bytes) {
                self.mint.observe(event.header.id);
            }
        }
        let mut commit = Commit::new();
        commit.append(log, Sequence::after_size(size), entries);
        self.put_mint(&mut commit);
        self.store.commit(commit)?;
        Ok(())
    }

    /// One commit: the old origin is closed, what only we have is carried over, the new origin records.
    fn switch(&mut self, old: &Installation, next: &Next) -> Result<(), NodeError> {
        let proof = next
            .proof
            .clone()
            .ok_or(NodeError::State("a successor without the hub's word".to_owned()))?;
        let origin = key_of(&next.seed)?.origin();
        let known = self.identities(self.mirror.log_of(old.origin), next.common)?;
        let mut carried = Vec::new();
        for entry in self.store.read(
            old.origin.into(),
            Sequence::after_size(next.common),
            usize::MAX,
            usize::MAX,
        )? {
            let Ok(event) = Event::decode(&entry.bytes) else {
                continue;
            };
            if next.hub_size > next.common && known.contains(&event.header.id) {
                continue;
            }
            let entry = Entry {
                bytes: entry.bytes,
                personal: entry.personal,
            };
            let sequence = Sequence::after_size(carried.len() as u64);
            let entry = entry
                .carry(origin, sequence)
                .map_err(|e| NodeError::State(e.to_string()))?;
            carried.push(LogEntry {
                bytes: entry.bytes,
                personal: entry.personal,
            });
        }
        let mut mint = self.mint.clone();
        if next.reason == SuccessorReason::ClockRunaway {
            mint.forget();
        }
        let mut own = self.own.clone();
        for one in own.origins.iter_mut().filter(|one| one.origin == old.origin) {
            (one.closed, one.received) = (true, next.hub_size);
        }
        own.origins.push(Installation {
            origin,
            seed: next.seed.clone(),
            received: 0,
            closed: false,
            proof,
        });
        own.next = None;
        let (before, before_mint) = (
            std::mem::replace(&mut self.own, own),
            std::mem::replace(&mut self.mint, mint),
        );
        let mut commit = Commit::new();
        if !carried.is_empty() {
            commit.append(origin, Sequence::FIRST, carried);
        }
        self.put_own(&mut commit);
        self.put_mint(&mut commit);
        if let Err(error) = self.store.commit(commit) {
            (self.own, self.mint) = (before, before_mint);
            return Err(error.into());
        }
        self.runaway = false;
        Ok(())
    }

    /// The hub was restored and took in another continuation of some log: what it had receipted of the
    /// first one, and nobody has brought back, this node carries on, if the log was of its own unit.
    pub(crate) fn carry_overtaken(&mut self) -> Result<(), NodeError> {
        if self.own.overtaken.is_empty() {
            return Ok(());
        }
        let current = self.origin();
        let mut known = self.identities(current.into(), 0)?;
        for origin in self.mirror.origins().collect::<Vec<_>>() {
            known.extend(self.identities(self.mirror.log_of(origin), 0)?);
        }
        let unit = self.unit();
        for log in self.own.overtaken.clone() {
            let mut lacking = Vec::new();
            self.store
                .scan(LogId(*log), Sequence::FIRST, &mut |_, bytes, personal| {
                    if let Ok(event) = Event::decode(bytes)
                        && event.header.unit == unit
                        && !known.contains(&event.header.id)
                    {
                        lacking.push(LogEntry {
                            bytes: bytes.to_vec(),
                            personal: personal.map(<[u8]>::to_vec),
                        });
                    }
                    std::ops::ControlFlow::Continue(())
                })?;
            for entries in lacking.chunks(CARRY_ENTRIES) {
                self.carry(entries)?;
            }
        }
        self.own.overtaken.clear();
        self.save_own()
    }

    /// Identities in a log beyond a size.
    fn identities(&self, log: LogId, beyond: u64) -> Result<BTreeSet<event::EventId>, NodeError> {
        let mut known = BTreeSet::new();
        self.store.scan(log, Sequence::after_size(beyond), &mut |_, bytes, _| {
            if let Ok(event) = Event::decode(bytes) {
                known.insert(event.header.id);
            }
            std::ops::ControlFlow::Continue(())
        })?;
        Ok(known)
    }

    /// Time that this node trusts now, in milliseconds, and where it comes from.
    #[must_use]
    pub fn trusted_now(&self, now: &ClockReading) -> (u64, event::ClockQuality) {
        self.mint.trusted_now(now)
    }
}
