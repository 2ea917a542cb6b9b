//! What the township itself does: events in an origin for each audience, each with its receipt in the same commit.

use event::{ClockReading, Draft, Entry, EventId, Position, Sequence, Stamp};
use event_log::{Commit, LogEntry, Store};
use proof::{Checkpoint, leaf_hash, origin_log_name};
use serde_bytes::ByteArray;
use sync::record::{Audience, HubOriginName, JournalRecord};

use crate::{Hub, Refusal, meta};

/// Random bytes for one event: 10 for its identity, 16 for the salt of its personal part.
pub type Entropy = [u8; 26];

impl<S: Store> Hub<S> {
    /// Records events of the township for one audience: durable and receipted when this returns.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] names a draft that breaks a bound; then nothing was recorded.
    pub fn record(
        &mut self,
        audience: Audience,
        drafts: &[(Draft, Entropy)],
        now: &ClockReading,
    ) -> Result<Vec<EventId>, Refusal> {
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        let mut tail = self.tail();
        let name = HubOriginName {
            journal: tail.journal,
            audience,
            generation: self.generation,
        };
        let key = self.keys.derive(&name.label());
        let origin = key.origin();
        let at_ms = self.clock.next(now);
        if self.registry().party(origin).is_none() {
            tail.add(JournalRecord::HubOrigin {
                origin,
                key: ByteArray::new(key.public().0),
                name,
                at_ms,
            })?;
        }
        // The hub mints at the journal's own time, which is above every receipt before it.
        let received_at_ms = self.clock.next(now);
        let mut mint = self.mint.clone();
        mint.anchor(received_at_ms, now);
        let head = self.store.head(origin.into());
        let mut frontier = head.frontier.clone();
        let (mut entries, mut ids) = (Vec::new(), Vec::new());
        for (at, (draft, entropy)) in (head.size..).zip(drafts) {
            let (random, salt) = split(entropy);
            let minted = mint.next(now, random).map_err(|e| Refusal::Encode(e.to_string()))?;
            let stamp = Stamp {
                origin,
                sequence: Sequence::after_size(at),
                id: minted.id,
                clock: minted.quality,
                wall_ms: now.wall_ms,
                mono_ms: now.mono_ms,
                boot: now.boot,
                seen: None,
            };
            let entry = Entry::write(draft, &stamp, salt).map_err(|e| Refusal::Malformed(e.to_string()))?;
            frontier.push(leaf_hash(&entry.bytes));
            entries.push(LogEntry {
                bytes: entry.bytes,
                personal: entry.personal,
            });
            ids.push(minted.id);
        }
        let checkpoint = Checkpoint {
            name: origin_log_name(origin),
            size: frontier.size(),
            root: frontier.root(),
        };
        let unit = audience.unit();
        let _: Position = tail.add(JournalRecord::Receipt {
            origin,
            unit,
            first: Sequence::after_size(head.size),
            size: frontier.size(),
            note: checkpoint.sign(&key),
            received_at_ms,
        })?;
        let mut commit = Commit::new();
        commit.append(origin, Sequence::after_size(head.size), entries);
        commit.put_meta(
            meta::MINT,
            rmp_serde::to_vec_named(&mint.state()).map_err(|e| Refusal::Encode(e.to_string()))?,
        );
        self.commit_journal(commit, tail)?;
        self.mint = mint;
        Ok(ids)
    }
}

fn split(entropy: &Entropy) -> ([u8; 10], [u8; 16]) {
    let (mut random, mut salt) = ([0; 10], [0; 16]);
    random.copy_from_slice(&entropy[..10]);
    salt.copy_from_slice(&entropy[10..]);
    (random, salt)
}
