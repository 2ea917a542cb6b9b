//! The village's ledgers: a thread of their own follows the journal, behind recording and syncing and never before them.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use event::Position;
use follower::{Follower, Scribe, ShelfState};
use link::{Problem, ProblemKind};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::VillageError;
use crate::bulletin::Bulletin;

/// Pause after a failure of the store below.
const RETRY: Duration = Duration::from_secs(2);
/// Longest wait for an asked cut.
const WAIT_MAX: Duration = Duration::from_secs(15);

/// The ledgers, shared between the thread that follows and everybody who reads.
#[derive(Clone)]
pub(crate) struct Books {
    follower: Arc<RwLock<Follower>>,
    reached: watch::Receiver<Reached>,
    shelf: watch::Receiver<ShelfState>,
}

/// How far the ledgers have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reached {
    /// Last position folded in.
    pub(crate) position: Option<Position>,
    /// Whether that was everything there was.
    pub(crate) at_end: bool,
    /// Edition of the bulletin that was followed.
    pub(crate) edition: u64,
}

impl Books {
    /// Starts to follow; the snapshot lies in `dir`. The thread ends when the writer is gone.
    ///
    /// # Errors
    /// [`VillageError::Thread`] if the system gives no thread.
    pub(crate) fn start(
        bulletin: watch::Receiver<Bulletin>,
        dir: PathBuf,
    ) -> Result<(Self, JoinHandle<()>), VillageError> {
        let (tell, reached) = watch::channel(Reached::default());
        let (tell_shelf, shelf) = watch::channel(ShelfState::default());
        let follower = Arc::new(RwLock::new(Follower::new()));
        let books = Self {
            follower: Arc::clone(&follower),
            reached,
            shelf,
        };
        let scribe = Scribe::new(follower, dir);
        let runtime = Handle::current();
        let thread = std::thread::Builder::new().name("village-books".to_owned());
        let thread = thread.spawn(move || follow(&runtime, scribe, bulletin, (&tell, &tell_shelf)));
        Ok((books, thread.map_err(|error| VillageError::Thread(error.to_string()))?))
    }

    /// The ledger and what it was folded from.
    pub(crate) fn follower(&self) -> RwLockReadGuard<'_, Follower> {
        self.follower.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the ledgers began, and how their snapshot is doing.
    pub(crate) fn shelf(&self) -> ShelfState {
        self.shelf.borrow().clone()
    }

    /// How far the ledgers have come.
    pub(crate) fn reached(&self) -> Reached {
        *self.reached.borrow()
    }

    /// Waits until everything is folded in that this edition of the bulletin told of.
    ///
    /// # Errors
    /// `busy` if the node is closing.
    pub(crate) async fn all_of(&self, edition: u64) -> Result<(), Problem> {
        let mut reached = self.reached.clone();
        let there = reached.wait_for(|reached| reached.at_end && reached.edition >= edition);
        let there = there.await.map(drop);
        there.map_err(|_| Problem::new(ProblemKind::Busy, "the node is closing"))
    }

    /// Waits until the ledgers have come as far as `at_least`.
    ///
    /// # Errors
    /// `busy` if that takes too long; the ledgers go on meanwhile.
    pub(crate) async fn wait_for(&self, at_least: Option<u64>) -> Result<(), Problem> {
        let Some(at_least) = at_least.map(Position) else {
            return Ok(());
        };
        let mut reached = self.reached.clone();
        let there = reached.wait_for(|reached| reached.position >= Some(at_least));
        match timeout(WAIT_MAX, there).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(Problem::new(ProblemKind::Busy, "the node is closing")),
            Err(_) => {
                let words = format!("the ledgers have not reached position {} yet", at_least.0);
                Err(Problem::new(ProblemKind::Busy, words).after_s(5))
            }
        }
    }
}

fn follow(
    runtime: &Handle,
    mut scribe: Scribe,
    mut bulletin: watch::Receiver<Bulletin>,
    (tell, tell_shelf): (&watch::Sender<Reached>, &watch::Sender<ShelfState>),
) {
    let mut era = 0;
    loop {
        let now = bulletin.borrow_and_update().clone();
        if era != now.era {
            tracing::info!("the hub was restored: the ledgers are rebuilt");
            scribe.begin_anew();
            era = now.era;
        }
        let outcome = scribe.step(&*now.log, &now.track, &mut || bulletin.has_changed().is_ok());
        tell_shelf.send_if_modified(|known| {
            let is_new = known != scribe.state();
            if is_new {
                known.clone_from(scribe.state());
            }
            is_new
        });
        let gone = match outcome {
            Ok(progress) => {
                tell.send_replace(Reached {
                    position: scribe.position(),
                    at_end: progress.at_end,
                    edition: now.edition,
                });
                if progress.at_end {
                    runtime.block_on(bulletin.changed()).is_err()
                } else {
                    bulletin.has_changed().is_err()
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the ledgers cannot follow the journal");
                std::thread::sleep(RETRY);
                bulletin.has_changed().is_err()
            }
        };
        if gone {
            scribe.end(&*now.log, &now.track);
            return;
        }
    }
}
