//! The journals that a mirror knows, and the copies of them: what a restored hub takes back and what stays.

use event::{JournalId, Origin, Position, Sequence};
use event_log::{Commit, LogId, LogRead, Store};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sync::message::{Cursor, Frozen, encode};
use sync::record::JournalRecord;

use super::{ALIAS, CHAIN, CURSOR, FROZEN_SEEN, GIVES_BACK, Mirror, MirrorError, NOTE};

/// Entries copied in one commit when a log is set apart.
const COPY_ENTRIES: usize = 2_000;

/// One journal of the hub as this reader knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) journal: JournalId,
    /// Its final size, once a newer journal has followed.
    pub(crate) frozen: Option<Position>,
    /// How often its copy was begun anew because receipts turned void.
    pub(crate) copy: u32,
    /// The hub has lost it for good: its receipts count no more.
    pub(crate) is_void: bool,
}

impl Known {
    /// The log that holds this reader's copy of the journal's records.
    pub(crate) fn scope_log(&self) -> LogId {
        derived(
            "scope",
            &[&self.journal.to_bytes()[..], &self.copy.to_be_bytes()].concat(),
        )
    }
}

/// A log that is no origin's own: named by what it is for.
fn derived(purpose: &str, of: &[u8]) -> LogId {
    let digest = Sha256::new_with_prefix("minqing/log/v1/")
        .chain_update(purpose)
        .chain_update([0])
        .chain_update(of)
        .finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    LogId(id)
}

impl Mirror {
    /// The journals known, oldest first, each with the log that holds its copy and its first global position.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &Known> {
        self.chain.iter().filter(|known| !known.is_void)
    }

    /// The journals that count, oldest first: each with the log that holds this reader's copy of its records
    /// ([`split`] reads its entries), and its final size once a newer one has followed.
    pub fn journals(&self) -> impl Iterator<Item = (JournalId, LogId, Option<Position>)> {
        self.chain()
            .map(|known| (known.journal, known.scope_log(), known.frozen))
    }

    /// From now on the receipted entries of one of the reader's own origins, whose log here says
    /// otherwise from `common` on, are kept in a log of their own. What stands here stays, as evidence.
    ///
    /// # Errors
    /// [`MirrorError::Store`].
    pub fn set_apart(&mut self, store: &mut impl Store, origin: Origin, common: u64) -> Result<LogId, MirrorError> {
        let apart = derived("receipted", &origin.to_bytes());
        if self.log_of(origin) == apart {
            return Ok(apart);
        }
        // In pieces, so that a long log never stands in memory; begun again, it goes on where it stopped.
        loop {
            let at = store.head(apart).size;
            let room = usize::try_from(common.saturating_sub(at))
                .unwrap_or(usize::MAX)
                .min(COPY_ENTRIES);
            if room == 0 {
                break;
            }
            let entries = store.read(origin.into(), Sequence::after_size(at), room, usize::MAX)?;
            if entries.is_empty() {
                return Err(MirrorError::State(
                    "the log is shorter than what both sides share".to_owned(),
                ));
            }
            let mut commit = Commit::new();
            commit.append(apart, Sequence::after_size(at), entries);
            store.commit(commit)?;
        }
        let mut commit = Commit::new();
        commit.put_meta([ALIAS, &origin.to_bytes()].concat(), apart.0);
        store.commit(commit)?;
        self.aliases.insert(origin, apart);
        Ok(apart)
    }

    /// Begins the copy of a forked log anew, in another place, and reads the journals again for it. What
    /// stands in the old place stays, as evidence. Every view is to be rebuilt.
    ///
    /// # Errors
    /// [`MirrorError::Store`].
    pub fn begin_anew(&mut self, store: &mut impl Store, origin: Origin) -> Result<(), MirrorError> {
        let apart = |n: u32| derived("receipted again", &[&origin.to_bytes()[..], &n.to_be_bytes()].concat());
        let fresh = (0..)
            .map(apart)
            .find(|log| *log != self.log_of(origin) && store.head(*log).staged_size == 0);
        let fresh = fresh.ok_or(MirrorError::Untrue("a log forks without end"))?;
        self.chain.iter_mut().for_each(|known| known.copy += 1);
        let journal = self.chain.first().map_or(self.cursor.journal, |known| known.journal);
        self.cursor = Cursor {
            journal,
            ..Cursor::default()
        };
        self.aliases.insert(origin, fresh);
        let mut commit = Commit::new();
        commit.put_meta([ALIAS, &origin.to_bytes()].concat(), fresh.0);
        commit.put_meta(CHAIN, encode(&self.chain));
        commit.put_meta(CURSOR, encode(&self.cursor));
        store.commit(commit)?;
        Ok(())
    }

    /// Whether the hub's journals are not the ones that this mirror knows: the hub was restored from a backup.
    #[must_use]
    pub fn is_overtaken(&self, current: JournalId, frozen: &[Frozen]) -> bool {
        let at = self.cursor.journal;
        let is_nowhere =
            at != JournalId::default() && at != current && frozen.iter().all(|freeze| freeze.journal != at);
        let mut known = self.chain.iter().filter(|known| !known.is_void);
        is_nowhere
            || known.any(|known| {
                let now = frozen.iter().find(|freeze| freeze.journal == known.journal);
                match now {
                    Some(freeze) => known.frozen != Some(freeze.size),
                    None => known.journal != current,
                }
            })
    }

    /// Learns what became of the journals of a hub that was restored. Every copy is begun anew: nothing
    /// shows which of the records still stand.
    /// Every view is to be rebuilt afterwards. What was copied stays, as evidence and to be given back.
    ///
    /// # Errors
    /// [`MirrorError::Store`].
    pub fn learn_journals(
        &mut self,
        store: &mut impl Store,
        current: JournalId,
        frozen: &[Frozen],
    ) -> Result<(), MirrorError> {
        let mut chain = self.chain.clone();
        for known in &mut chain {
            let now = frozen.iter().find(|freeze| freeze.journal == known.journal);
            known.is_void = now.is_none() && known.journal != current;
            known.frozen = now.map(|freeze| freeze.size);
            known.copy += 1;
        }
        // In the hub's own order, the void ones last.
        let order = |journal: JournalId| frozen.iter().position(|freeze| freeze.journal == journal);
        chain.sort_by_key(|known| (known.is_void, order(known.journal).unwrap_or(usize::MAX)));
        let journal = frozen.first().map_or(current, |freeze| freeze.journal);
        self.cursor = Cursor {
            journal,
            ..Cursor::default()
        };
        // The checkpoint that is kept may be one that the restored hub no longer reaches: it has done its work.
        self.note = None;
        (self.chain, self.gives_back) = (chain, true);
        let mut commit = Commit::new();
        commit.remove_meta(NOTE);
        commit.put_meta(CHAIN, encode(&self.chain));
        commit.put_meta(CURSOR, encode(&self.cursor));
        commit.put_meta(GIVES_BACK, [1]);
        store.commit(commit)?;
        Ok(())
    }

    /// Whether the hub has lost something that this mirror may hold.
    #[must_use]
    pub const fn gives_back(&self) -> bool {
        self.gives_back
    }

    /// Takes note of the journals that the hub has frozen. One more than last time means that the hub was
    /// restored meanwhile, even if nothing that this mirror has read has changed: what it holds is to be offered.
    ///
    /// # Errors
    /// [`MirrorError::Store`].
    pub fn see_frozen(&mut self, store: &mut impl Store, frozen: &[Frozen]) -> Result<(), MirrorError> {
        if self.frozen_seen == frozen {
            return Ok(());
        }
        let mut commit = Commit::new();
        commit.put_meta(FROZEN_SEEN, encode(&frozen));
        commit.put_meta(GIVES_BACK, [1]);
        store.commit(commit)?;
        self.frozen_seen = frozen.to_vec();
        self.gives_back = true;
        Ok(())
    }

    /// The hub has less than it had: whatever this mirror holds is to be offered.
    ///
    /// # Errors
    /// [`MirrorError::Store`].
    pub fn offer_back(&mut self, store: &mut impl Store) -> Result<(), MirrorError> {
        if !self.gives_back {
            let mut commit = Commit::new();
            commit.put_meta(GIVES_BACK, [1]);
            store.commit(commit)?;
            self.gives_back = true;
        }
        Ok(())
    }

    /// The hub wants nothing back any more.
    ///
    /// # Errors
    /// [`MirrorError::Store`].
    pub fn gave_back(&mut self, store: &mut impl Store) -> Result<(), MirrorError> {
        if self.gives_back {
            let mut commit = Commit::new();
            commit.remove_meta(GIVES_BACK);
            store.commit(commit)?;
            self.gives_back = false;
        }
        Ok(())
    }

    /// Every copy that was ever begun of every journal, void ones too.
    pub(super) fn copies(&self) -> Vec<Known> {
        let copies = |known: &Known| {
            (0..=known.copy)
                .map(|copy| Known { copy, ..known.clone() })
                .collect::<Vec<_>>()
        };
        self.chain.iter().flat_map(copies).collect()
    }

    pub(super) fn known_mut(&mut self, journal: JournalId) -> &mut Known {
        let at = self
            .chain
            .iter()
            .position(|known| known.journal == journal)
            .unwrap_or_else(|| {
                self.chain.push(Known {
                    journal,
                    frozen: None,
                    copy: 0,
                    is_void: false,
                });
                self.chain.len() - 1
            });
        &mut self.chain[at]
    }

    /// The next receipt of a log beyond a size: the size it reaches and the checkpoint its origin signed.
    ///
    /// # Errors
    /// [`MirrorError::Store`].
    pub fn receipt_beyond(
        &self,
        store: &impl LogRead,
        origin: Origin,
        beyond: u64,
    ) -> Result<Option<(u64, String)>, MirrorError> {
        let mut found: Option<(u64, String)> = None;
        for known in self.copies() {
            store.scan(known.scope_log(), Sequence::FIRST, &mut |_, bytes, _| {
                if let Some(Ok(JournalRecord::Receipt {
                    origin: of, size, note, ..
                })) = split(bytes).map(|(_, record)| JournalRecord::decode(record))
                    && of == origin
                    && size > beyond
                    && found.as_ref().is_none_or(|(known, _)| size < *known)
                {
                    found = Some((size, note));
                }
                std::ops::ControlFlow::Continue(())
            })?;
        }
        Ok(found)
    }
}

impl Mirror {
    /// The first receipt that counts and covers an entry: its journal, its position, its bytes.
    ///
    /// # Errors
    /// [`MirrorError::Store`].
    pub fn receipt_of(
        &self,
        store: &(impl LogRead + ?Sized),
        origin: Origin,
        sequence: Sequence,
    ) -> Result<Option<(JournalId, Position, Vec<u8>)>, MirrorError> {
        for (journal, log, frozen) in self.journals() {
            let mut found = None;
            store.scan(log, Sequence::FIRST, &mut |_, entry, _| {
                let Some((position, bytes)) = split(entry) else {
                    return std::ops::ControlFlow::Continue(());
                };
                let counts = frozen.is_none_or(|frozen| position < frozen);
                if counts
                    && let Ok(JournalRecord::Receipt {
                        origin: of,
                        first,
                        size,
                        ..
                    }) = JournalRecord::decode(bytes)
                    && of == origin
                    && (first.get()..=size).contains(&sequence.get())
                {
                    found = Some((journal, position, bytes.to_vec()));
                    return std::ops::ControlFlow::Break(());
                }
                std::ops::ControlFlow::Continue(())
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// An entry of a log of records ([`Mirror::journals`]): the record's position, its bytes.
#[must_use]
pub fn split(entry: &[u8]) -> Option<(Position, &[u8])> {
    let (position, record) = entry.split_first_chunk::<8>()?;
    Some((Position(u64::from_be_bytes(*position)), record))
}
