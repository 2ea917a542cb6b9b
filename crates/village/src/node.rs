//! The village node without sockets and clock: its log, its keys, its mint, its mirror of the hub.

use event::{
    ClockReading, Draft, DraftError, Entry, EventId, Mint, MintError, MintState, Origin, SeenJournal, Sequence, Stamp,
    UnitCode,
};
use event_log::{Commit, LogEntry, LogRead, Store, StoreError};
use follower::{Mirror, MirrorError, Track};
use proof::{OriginKey, PublicKey};
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};
use sync::HashBytes;
use sync::message::{Enrolled, EnrolmentProof, SuccessorReason, decode, encode};

/// Random bytes for one event: 10 for its identity, 16 for the salt of its personal part.
pub type Entropy = [u8; 26];

/// What the node knows of itself; one value of the store, changed in the commit it belongs to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Own {
    /// Installations of this machine, oldest first; the last one records.
    pub(crate) origins: Vec<Installation>,
    /// The hub's key.
    pub(crate) hub_key: HashBytes,
    /// A successor that was decided on and is not yet in force.
    pub(crate) next: Option<Next>,
    /// Logs that hold what the hub had receipted of an origin before it was restored and took in something else.
    #[serde(default)]
    pub(crate) overtaken: Vec<ByteArray<16>>,
}

/// One origin of this machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Installation {
    pub(crate) origin: Origin,
    /// Seed of its signing key.
    pub(crate) seed: ByteBuf,
    /// Entries that the hub has receipted.
    pub(crate) received: u64,
    /// Set when a successor has taken over: nothing is pushed any more.
    pub(crate) closed: bool,
    /// The hub's statement that it is enrolled.
    pub(crate) proof: EnrolmentProof,
}

/// A successor in the making.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Next {
    pub(crate) seed: ByteBuf,
    pub(crate) reason: SuccessorReason,
    /// Size up to which our log and the hub's agree.
    pub(crate) common: u64,
    /// Size of the hub's log.
    pub(crate) hub_size: u64,
    /// The hub's statement for the new key, once it was given.
    pub(crate) proof: Option<EnrolmentProof>,
    /// Whether `hub_size` was read after the hub had closed the old origin: then it grows no more.
    pub(crate) is_final: bool,
}

impl Own {
    /// What the node in this store knows of itself.
    pub(crate) fn read(store: &(impl LogRead + ?Sized)) -> Result<Self, NodeError> {
        let own = store.get_meta(OWN)?;
        let own = own.ok_or(NodeError::Setup("no node here: run `minqing village init` first"))?;
        decode(&own).map_err(|e| NodeError::State(e.to_string()))
    }

    /// The key of the installation that records.
    pub(crate) fn newest_key(&self) -> Result<OriginKey, NodeError> {
        let newest = self.origins.last();
        newest.ok_or(NodeError::Setup("the node has no installation"))?.key()
    }

    /// The public key of one of this machine's origins.
    pub(crate) fn key_of(&self, origin: Origin) -> Option<PublicKey> {
        let one = self.origins.iter().find(|one| one.origin == origin)?;
        one.key().ok().map(|key| key.public())
    }
}

impl Installation {
    pub(crate) fn key(&self) -> Result<OriginKey, NodeError> {
        key_of(&self.seed)
    }
}

pub(crate) fn key_of(seed: &[u8]) -> Result<OriginKey, NodeError> {
    let seed = seed
        .try_into()
        .map_err(|_| NodeError::State("a seed of another length".to_owned()))?;
    Ok(OriginKey::from_seed(seed))
}

/// Why the node cannot do something. Nothing that was saved is lost.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The store. Nothing of this call counts as saved.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The copy of the hub's journal.
    #[error(transparent)]
    Mirror(MirrorError),
    /// The clock.
    #[error(transparent)]
    Mint(#[from] MintError),
    /// The store holds no node, or one already.
    #[error("{0}")]
    Setup(&'static str),
    /// What the node keeps of itself cannot be read.
    #[error("the node's own state cannot be read: {0}")]
    State(String),
    /// The hub's answer does not hold.
    #[error("the hub's answer does not hold: {0}")]
    Untrue(&'static str),
}

impl From<MirrorError> for NodeError {
    fn from(error: MirrorError) -> Self {
        match error {
            MirrorError::Store(error) => Self::Store(error),
            other => Self::Mirror(other),
        }
    }
}

/// Adds to a commit of records; sees the outcome of every draft.
pub type Beside<'a> = dyn FnMut(&mut Commit, &[Result<Recorded, DraftError>]) + 'a;

/// What became of a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Identity of the fact.
    pub id: EventId,
    /// The log.
    pub origin: Origin,
    /// Place in it.
    pub sequence: Sequence,
}

/// The node. One writer owns it; readers go through the store's reader.
pub struct Node<S> {
    pub(crate) store: S,
    pub(crate) own: Own,
    pub(crate) mint: Mint,
    pub(crate) mirror: Mirror,
    pub(crate) sync: crate::session::Session,
    pub(crate) runaway: bool,
    /// The push that follows the one under way.
    pub(crate) ahead: Option<crate::outbox::Ahead>,
    /// Proved receipts that the next commit takes along.
    pub(crate) proved: Vec<crate::proved::ProvedReceipt>,
}

pub(crate) const OWN: &[u8] = b"node/own";
pub(crate) const MINT: &[u8] = b"node/mint";

impl<S: Store> Node<S> {
    /// Makes a node in an empty store, enrolled at the hub under the key of `seed`.
    ///
    /// # Errors
    /// [`NodeError::Setup`] if the store holds a node; [`NodeError::Untrue`] if the hub's answer is not over this key.
    pub fn init(mut store: S, seed: [u8; 32], enrolled: &Enrolled) -> Result<Self, NodeError> {
        if store.get_meta(OWN)?.is_some() {
            return Err(NodeError::Setup("this folder holds a node already"));
        }
        let key = OriginKey::from_seed(seed);
        check_enrolment(&PublicKey(*enrolled.hub_key), &key.public(), &enrolled.proof)?;
        let own = Own {
            origins: vec![Installation {
                origin: key.origin(),
                seed: ByteBuf::from(seed),
                received: 0,
                closed: false,
                proof: enrolled.proof.clone(),
            }],
            hub_key: enrolled.hub_key,
            next: None,
            overtaken: Vec::new(),
        };
        let mut commit = Commit::new();
        commit.put_meta(OWN, encode(&own));
        store.commit(commit)?;
        let mut node = Self::open(store)?;
        node.mirror
            .take_note(&mut node.store, enrolled.journal, &enrolled.note, &[])?;
        Ok(node)
    }

    /// Opens the node that a store holds.
    ///
    /// # Errors
    /// [`NodeError::Setup`] for a store without a node.
    pub fn open(store: S) -> Result<Self, NodeError> {
        let own = Own::read(&store)?;
        let state: MintState = match store.get_meta(MINT)? {
            Some(bytes) => decode(&bytes).map_err(|e| NodeError::State(e.to_string()))?,
            None => MintState::default(),
        };
        let mirror = Mirror::open(&store, PublicKey(*own.hub_key))?.asking_first();
        let mut node = Self {
            mint: Mint::resume(state),
            sync: crate::session::Session::default(),
            runaway: false,
            ahead: None,
            proved: Vec::new(),
            store,
            own,
            mirror,
        };
        node.observe_last()?;
        Ok(node)
    }

    /// A store that was salvaged may have lost the mint's state, but not the last entry's identity.
    fn observe_last(&mut self) -> Result<(), NodeError> {
        let origin = self.origin();
        let size = self.store.head(origin.into()).size;
        if let Some(last) = size.checked_sub(1) {
            for entry in self
                .store
                .read(origin.into(), Sequence::after_size(last), 1, usize::MAX)?
            {
                if let Ok(event) = event::Event::decode(&entry.bytes) {
                    self.mint.observe(event.header.id);
                }
            }
        }
        Ok(())
    }

    /// The installation that records now.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.current().origin
    }

    pub(crate) fn current(&self) -> &Installation {
        // `init` puts one in and nothing takes the last one out.
        &self.own.origins[self.own.origins.len() - 1]
    }

    /// Its key.
    ///
    /// # Errors
    /// [`NodeError::State`].
    pub fn key(&self) -> Result<OriginKey, NodeError> {
        self.current().key()
    }

    /// The village.
    #[must_use]
    pub fn unit(&self) -> UnitCode {
        self.current().proof.unit
    }

    /// Its name, as the township gave it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.current().proof.name
    }

    /// Every origin of this machine, oldest first.
    #[must_use]
    pub fn origins(&self) -> Vec<Origin> {
        self.own.origins.iter().map(|one| one.origin).collect()
    }

    /// The store, for reading.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Gives the store back, to be closed.
    pub fn into_store(self) -> S {
        self.store
    }

    /// The copy of the hub's journal.
    #[must_use]
    pub const fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// What a ledger follows.
    #[must_use]
    pub fn track(&self) -> Track {
        Track::of_mirror(&self.mirror)
    }

    /// Entries recorded here that the hub has not receipted yet.
    #[must_use]
    pub fn pending(&self) -> u64 {
        let open = self.own.origins.iter().filter(|one| !one.closed);
        open.map(|one| self.store.head(one.origin.into()).size.saturating_sub(one.received))
            .sum()
    }

    /// Receipted entries of the current origin.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.current().received
    }

    /// The entries that [`Node::pending`] counts, at most `max` of them, oldest first.
    ///
    /// # Errors
    /// [`NodeError::Store`].
    pub fn pending_entries(&self, max: usize) -> Result<Vec<LogEntry>, NodeError> {
        let mut pending = Vec::new();
        for one in self.own.origins.iter().filter(|one| !one.closed) {
            let room = max - pending.len().min(max);
            if room > 0 {
                pending.extend(self.store.read(
                    one.origin.into(),
                    Sequence::after_size(one.received),
                    room,
                    usize::MAX,
                )?);
            }
        }
        Ok(pending)
    }

    /// Records drafts in one commit. Each has its own outcome; those that are `Ok` are on the disk when this returns.
    ///
    /// # Errors
    /// [`NodeError::Store`]: none of them counts as saved. [`NodeError::Mint`].
    pub fn record(
        &mut self,
        drafts: &[(Draft, Entropy)],
        now: &ClockReading,
    ) -> Result<Vec<Result<Recorded, DraftError>>, NodeError> {
        self.record_with(drafts, now, &mut |_, _| {})
    }

    /// As [`Node::record`]; `beside` sees what will have become of each draft and may add to the commit what must be
    /// durable together with the entries.
    ///
    /// # Errors
    /// As [`Node::record`].
    pub fn record_with(
        &mut self,
        drafts: &[(Draft, Entropy)],
        now: &ClockReading,
        beside: &mut Beside<'_>,
    ) -> Result<Vec<Result<Recorded, DraftError>>, NodeError> {
        let origin = self.origin();
        let first = self.store.head(origin.into()).size;
        let seen = self.seen();
        let mut mint = self.mint.clone();
        let mut runaway = self.runaway;
        let mut entries = Vec::with_capacity(drafts.len());
        let mut outcomes = Vec::with_capacity(drafts.len());
        for (draft, entropy) in drafts {
            let (random, salt) = split(entropy);
            let before = mint.clone();
            let minted = mint.next(now, random)?;
            let sequence = Sequence::after_size(first + entries.len() as u64);
            let stamp = Stamp {
                origin,
                sequence,
                id: minted.id,
                clock: minted.quality,
                wall_ms: now.wall_ms.min(event::bounds::ULID_MS_MAX),
                mono_ms: now.mono_ms.min(event::bounds::ULID_MS_MAX),
                boot: now.boot,
                seen,
            };
            outcomes.push(match Entry::write(draft, &stamp, salt) {
                Ok(entry) => {
                    runaway |= minted.runaway;
                    entries.push(LogEntry {
                        bytes: entry.bytes,
                        personal: entry.personal,
                    });
                    Ok(Recorded {
                        id: minted.id,
                        origin,
                        sequence,
                    })
                }
                Err(refused) => {
                    mint = before;
                    Err(refused)
                }
            });
        }
        let mut commit = Commit::new();
        beside(&mut commit, &outcomes);
        if !entries.is_empty() {
            commit.append(origin, Sequence::after_size(first), entries);
            commit.put_meta(MINT, encode(&mint.state()));
        }
        if !commit.is_empty() {
            self.store.commit(commit)?;
        }
        (self.mint, self.runaway) = (mint, runaway);
        Ok(outcomes)
    }

    fn seen(&self) -> Option<SeenJournal> {
        let journal = self.mirror.cursor().journal;
        let checkpoint = self
            .mirror
            .checkpoint()
            .filter(|at| at.name == proof::journal_log_name(journal))?;
        let mut root = [0; 16];
        root.copy_from_slice(&checkpoint.root[..16]);
        Some(SeenJournal {
            journal,
            size: event::Position(checkpoint.size),
            root,
        })
    }

    pub(crate) fn put_own(&self, commit: &mut Commit) {
        commit.put_meta(OWN, encode(&self.own));
    }

    pub(crate) fn put_mint(&self, commit: &mut Commit) {
        commit.put_meta(MINT, encode(&self.mint.state()));
    }

    pub(crate) fn save_own(&mut self) -> Result<(), NodeError> {
        let mut commit = Commit::new();
        self.put_own(&mut commit);
        self.store.commit(commit)?;
        Ok(())
    }

    /// Signs a checkpoint over the first `size` entries of one of this machine's logs.
    pub(crate) fn checkpoint(&self, one: &Installation, size: u64) -> Result<String, NodeError> {
        let root = self.store.root_at(one.origin.into(), size)?;
        let name = proof::origin_log_name(one.origin);
        Ok(proof::Checkpoint { name, size, root }.sign(&one.key()?))
    }
}

/// The hub's statement must be over this key, under the hub's own.
pub(crate) fn check_enrolment(hub: &PublicKey, key: &PublicKey, proof: &EnrolmentProof) -> Result<(), NodeError> {
    let statement = EnrolmentProof::statement(&key.0, proof.unit, proof.role, &proof.name);
    let signature =
        <[u8; 64]>::try_from(&proof.signature[..]).map_err(|_| NodeError::Untrue("its enrolment is not signed"))?;
    if hub.verify(sync::message::ENROLMENT_DOMAIN, &statement, &signature) {
        Ok(())
    } else {
        Err(NodeError::Untrue("its enrolment is not signed by its key"))
    }
}

pub(crate) fn hash(bytes: [u8; 32]) -> HashBytes {
    ByteArray::new(bytes)
}

fn split(entropy: &Entropy) -> ([u8; 10], [u8; 16]) {
    let (mut random, mut salt) = ([0; 10], [0; 16]);
    random.copy_from_slice(&entropy[..10]);
    salt.copy_from_slice(&entropy[10..]);
    (random, salt)
}
