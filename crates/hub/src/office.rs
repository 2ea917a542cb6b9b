//! What every handler needs: who is asking, the writer, the readers' side, the bounds.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use event::{Origin, UnitCode};
use event_log::{Health, State};
use link::{Authority, Gate, GateLimits, Pass, Peer, Pin, Problem, ProblemKind, Surroundings};
use pages::AccountsKept;
use proof::PublicKey;
use sync::limits::MESSAGE_BYTES_MAX;
use sync::message::Hello;
use sync::record::Role;

use crate::answers::Reading;
use crate::attempts::Attempts;
use crate::dispatch::Once;
use crate::heard::HeardKept;
use crate::views::Views;
use crate::villages::Townwide;
use crate::witnesses::Askings;
use crate::writer::{Desks, Writer};
use crate::{Desk, HubConfig, Refusal};

/// Pages, roots and figures that are put together at once.
const READS_MAX: usize = 4;
/// Hellos and the like that are read from the link or wait for the writer at once.
const TURNS_MAX: usize = 512;
/// How long the state that strangers may ask for is kept, in milliseconds: they cannot make the disk work.
const HEALTH_MS: u64 = 1_000;

/// The hub in office.
pub(crate) struct Office {
    pub(crate) config: HubConfig,
    pub(crate) surroundings: Surroundings,
    pub(crate) fingerprint: Pin,
    pub(crate) writer: Writer,
    pub(crate) desks: Desks,
    pub(crate) views: Views,
    pub(crate) pushes: Gate<Origin>,
    pub(crate) attempts: Attempts,
    /// Hellos of machines that nobody enrolled.
    pub(crate) strangers: Attempts,
    /// Who may sign in at the pages.
    pub(crate) accounts: AccountsKept,
    /// Where the pages are, if there are any.
    pub(crate) web: OnceLock<SocketAddr>,
    /// Which forms at the pages have recorded something.
    pub(crate) once: Once,
    /// How the witnesses were doing.
    pub(crate) askings: Askings,
    /// What ledgers were asked at the pages.
    pub(crate) reading: Reading,
    turns: Gate<Origin>,
    reads: Gate<Origin>,
    /// What machines said of themselves.
    pub(crate) heard: HeardKept,
    /// The figures of all villages, kept while nothing changes.
    pub(crate) townwide: Townwide,
    health: Mutex<Option<(u64, State)>>,
}

/// Somebody who is enrolled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    pub(crate) origin: Origin,
    pub(crate) role: Role,
    pub(crate) unit: UnitCode,
}

impl Office {
    pub(crate) fn new(
        config: HubConfig,
        surroundings: Surroundings,
        authority: &Authority,
        writer: Writer,
        desks: Desks,
        views: Views,
    ) -> Self {
        let heard = HeardKept::open(&config.data_dir);
        let reads = GateLimits {
            running_max: READS_MAX,
            inside_max: 1_024,
            inside_per_origin_max: 8,
            ..GateLimits::default()
        };
        let turns = GateLimits {
            running_max: TURNS_MAX,
            inside_max: 1_024,
            inside_per_origin_max: 4,
            ..GateLimits::default()
        };
        Self {
            pushes: Gate::new(config.pushes.clone()),
            reads: Gate::new(reads),
            fingerprint: authority.ca_fingerprint(),
            accounts: AccountsKept::open(&config.data_dir),
            web: OnceLock::new(),
            config,
            surroundings,
            writer,
            desks,
            views,
            attempts: Attempts::default(),
            strangers: Attempts::default(),
            once: Once::default(),
            askings: Askings::default(),
            reading: Reading::default(),
            turns: Gate::new(turns),
            heard,
            townwide: Townwide::default(),
            health: Mutex::default(),
        }
    }

    /// The key that the peer proved to hold.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub(crate) fn key(peer: &Peer) -> Result<PublicKey, Problem> {
        peer.key.ok_or_else(|| Refusal::Unauthenticated.into())
    }

    /// The peer, if it is enrolled.
    ///
    /// # Errors
    /// `unauthenticated`, `not-enrolled`, `revoked`.
    pub(crate) fn reader(&self, peer: &Peer) -> Result<Reader, Problem> {
        let origin = Self::key(peer)?.origin();
        let (role, unit) = self.desks.get().reader(origin)?;
        Ok(Reader { origin, role, unit })
    }

    /// Waits for a machine's turn: its small requests are taken one after another.
    ///
    /// # Errors
    /// `rate-limited` or `busy`.
    pub(crate) async fn turn(&self, origin: Origin) -> Result<Pass<Origin>, Problem> {
        self.turns.admit(origin, MESSAGE_BYTES_MAX as u64, self.spread()).await
    }

    /// Now, for pages and accounts, in milliseconds: the wall clock, and never before what the journal has said.
    pub(crate) fn now_ms(&self) -> u64 {
        let last_ms = self.desks.get().registry().last_ms;
        self.surroundings.now().wall_ms.max(last_ms)
    }

    /// Spreads the waits that refusals ask for.
    pub(crate) fn spread(&self) -> u32 {
        u32::from_be_bytes(self.surroundings.random())
    }

    /// Reads something for `reader` on a thread that may block, a few at once, each reader in its turn.
    ///
    /// # Errors
    /// `rate-limited` or `busy`; the refusal as a problem.
    pub(crate) async fn read<T, E>(
        &self,
        reader: Origin,
        work: impl FnOnce(&Desk) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let pass = self.reads.admit(reader, 0, self.spread()).await?;
        let desk = self.desks.get();
        let done = tokio::task::spawn_blocking(move || {
            let outcome = work(&desk);
            drop(pass);
            outcome
        });
        let done = done.await.map_err(|error| {
            tracing::error!(%error, "reading failed");
            Problem::new(ProblemKind::Internal, "the failure is in the hub's log")
        })?;
        done.map_err(Into::into)
    }

    /// Notes what a machine said of itself.
    pub(crate) fn hear(&self, origin: Origin, hello: &Hello) {
        self.heard.hear(origin, hello, self.surroundings.now().wall_ms);
    }

    /// How the log is doing.
    pub(crate) async fn log_health(&self) -> Option<Health> {
        let log = self.desks.get().log;
        tokio::task::spawn_blocking(move || log.health()).await.ok()
    }

    /// Whether entries can be taken in, looked at once a second at most. Where it is looked at, that takes a moment.
    pub(crate) fn takes_in(&self) -> bool {
        let mono_ms = self.surroundings.now().mono_ms;
        let mut kept = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.clone().filter(|(at_ms, _)| mono_ms.abs_diff(*at_ms) < HEALTH_MS);
        let (at_ms, state) = known.unwrap_or_else(|| (mono_ms, self.desks.get().log.health().state));
        *kept = Some((at_ms, state.clone()));
        matches!(state, State::Ready | State::Verifying)
    }

    /// The log's state, looked at once a second at most.
    pub(crate) async fn state(&self) -> State {
        let mono_ms = self.surroundings.now().mono_ms;
        let known = self.health.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, state)) = known.filter(|(at_ms, _)| mono_ms.abs_diff(*at_ms) < HEALTH_MS) {
            return state;
        }
        let state = self.log_health().await.map_or(State::Poisoned, |health| health.state);
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = Some((mono_ms, state.clone()));
        state
    }
}

/// The word for a state in JSON.
pub(crate) const fn state_word(state: &State) -> &'static str {
    match state {
        State::Ready => "ok",
        State::Verifying => "verifying",
        State::Full { .. } => "disk-full",
        State::Damaged => "damaged",
        State::Poisoned => "store-unavailable",
    }
}

/// The office as handlers share it.
pub(crate) type Shared = Arc<Office>;
