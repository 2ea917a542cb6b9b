//! After a repair: own entries that were found beyond a gap come back once it is known what the hub has.

use event::{Entry, Event, Sequence};
use event_log::{Commit, LogEntry, Store};
use link::Problem;

use crate::repair::{forget_leftovers, leftovers};
use crate::{Node, NodeError, Office};

/// Marks, in the commit that carries them, that an entry was carried.
const CARRIED: &[u8] = b"node/carried/";

impl<S: Store> Node<S> {
    /// Appends entries of this machine's own under its current origin, with the identities they have. One that
    /// was carried before is passed over.
    pub(crate) fn carry(&mut self, entries: &[LogEntry]) -> Result<(), NodeError> {
        let origin = self.origin();
        let first = self.store.head(origin.into()).size;
        let (mut commit, mut carried) = (Commit::new(), Vec::new());
        for entry in entries {
            let Ok(event) = Event::decode(&entry.bytes) else {
                continue;
            };
            let mark = [CARRIED, &event.header.id.to_bytes()].concat();
            if self.store.get_meta(&mark)?.is_some() {
                continue;
            }
            // Whatever is recorded from now on sorts after it.
            self.mint.observe(event.header.id);
            let entry = Entry {
                bytes: entry.bytes.clone(),
                personal: entry.personal.clone(),
            };
            let sequence = Sequence::after_size(first + carried.len() as u64);
            let entry = entry.carry(origin, sequence);
            let entry = entry.map_err(|error| NodeError::State(error.to_string()))?;
            commit.put_meta(mark, sequence.get().to_be_bytes());
            carried.push(LogEntry {
                bytes: entry.bytes,
                personal: entry.personal,
            });
        }
        if !carried.is_empty() {
            commit.append(origin, Sequence::after_size(first), carried);
            self.put_mint(&mut commit);
            self.store.commit(commit)?;
        }
        Ok(())
    }
}

/// Entries carried in one commit.
const CARRY_MAX: usize = 256;

/// Whenever this node is level with the hub: carries what a repair put by and the hub never got.
pub(crate) async fn bring_back(office: Office) {
    let mut rounds = 0;
    let mut bulletin = office.bulletin.clone();
    loop {
        match bulletin.wait_for(|bulletin| bulletin.rounds > rounds).await {
            Ok(now) => rounds = now.rounds,
            Err(_) => return,
        }
        bring_back_once(&office).await;
    }
}

async fn bring_back_once(office: &Office) {
    let dir = office.config.data_dir.clone();
    let put_by = match leftovers(&dir) {
        Ok(put_by) if put_by.is_empty() => return,
        Ok(put_by) => put_by,
        Err(error) => {
            tracing::error!(%error, "what the repair put by cannot be read");
            return;
        }
    };
    tracing::info!(
        entries = put_by.len(),
        "a repair put entries by; they come back when the node is level with the hub"
    );
    if office.synced().await.is_err() {
        return;
    }
    let missing: Vec<LogEntry> = {
        let follower = office.books.follower();
        let is_missing = |bytes: &[u8]| {
            Event::decode(bytes).is_ok_and(|event| follower.ledger().effect_of(event.header.id).is_none())
        };
        let missing = put_by.into_iter().filter(|entry| is_missing(&entry.bytes));
        missing
            .map(|entry| LogEntry {
                bytes: entry.bytes.into_vec(),
                personal: entry.personal.map(serde_bytes::ByteBuf::into_vec),
            })
            .collect()
    };
    let count = missing.len();

    for piece in missing.chunks(CARRY_MAX) {
        let carried: Result<(), Problem> = office.writer.carry(piece.to_vec()).await;
        if let Err(problem) = carried {
            tracing::warn!(%problem, "what the repair put by stays put by until the next round");
            return;
        }
    }
    match forget_leftovers(&dir) {
        Ok(()) => tracing::info!(entries = count, "what the hub did not have was carried into the log"),
        Err(error) => tracing::warn!(%error, "the file of what was put by stays; its entries are in the log"),
    }
}
