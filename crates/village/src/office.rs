//! The node in office: what the local interface, the command line and the demo use, with or without a hub in reach.

use std::thread::JoinHandle;
use std::time::Duration;

use event::form::Form;
use event::{ClockQuality, ClockReading, Day, Draft, DraftError};
use event_log::{Health, State};
use link::{Problem, ProblemKind, Surroundings};
use pages::{AccountsKept, CodeQuestion};
use serde_json::Value;
use tokio::sync::watch;

use crate::books::Books;
use crate::bulletin::Bulletin;
use crate::drafts::{Drafts, Now};
use crate::folder::{HubAddress, hub};
use crate::lines::{Line, Outcome};
use crate::writer::Writer;
use crate::{Recorded, VillageConfig, VillageError};

/// Folder of the ledgers' snapshot. It may be deleted at any time: the ledgers are rebuilt from the log.
const VIEWS: &str = "views";
/// Longest wait for the ledgers of a node that is opened without running.
const CATCH_UP: Duration = Duration::from_secs(15);

/// A node that is open in this process. Cheap to clone; [`Office::close`] ends it for all clones.
#[derive(Clone)]
pub struct Office {
    pub(crate) config: VillageConfig,
    pub(crate) surroundings: Surroundings,
    pub(crate) hub: HubAddress,
    pub(crate) writer: Writer,
    pub(crate) bulletin: watch::Receiver<Bulletin>,
    pub(crate) books: Books,
    /// Who may sign in at the pages.
    pub(crate) accounts: AccountsKept,
    /// What they have not finished there.
    pub(crate) drafts: Drafts,
    /// Whether this process syncs; without it what is recorded waits for the node to run.
    pub(crate) syncs: bool,
}

/// The threads of an open node.
pub(crate) struct Threads {
    writer: JoinHandle<()>,
    books: JoinHandle<()>,
}

/// Opens the node without syncing: the same functions, in this process, while no other one runs it.
///
/// # Errors
/// [`VillageError::Store`] with [`event_log::StoreError::Locked`] if the node is running; what stands in the way otherwise.
pub async fn open_offline(config: &VillageConfig, surroundings: &Surroundings) -> Result<OfflineOffice, VillageError> {
    let (office, threads) = Office::open(config, surroundings, false).await?;
    let edition = office.bulletin.borrow().edition;
    // Whoever asks a node that was opened for this one question gets figures of everything that is here. Where the log
    // cannot be read there are none, and the node says why.
    if tokio::time::timeout(CATCH_UP, office.books.all_of(edition))
        .await
        .is_err()
    {
        tracing::warn!("the ledgers are not complete yet; their cut says how far they have come");
    }
    Ok(OfflineOffice { office, threads })
}

/// A node that is open without syncing. Close it with [`OfflineOffice::close`].
pub struct OfflineOffice {
    office: Office,
    threads: Threads,
}

impl OfflineOffice {
    /// The office.
    #[must_use]
    pub const fn office(&self) -> &Office {
        &self.office
    }

    /// Closes the node; another process may open it when this returns.
    ///
    /// # Errors
    /// [`VillageError::Thread`] if a thread of it had panicked.
    pub async fn close(self) -> Result<(), VillageError> {
        self.office.close(self.threads).await
    }
}

impl Office {
    pub(crate) async fn open(
        config: &VillageConfig,
        surroundings: &Surroundings,
        syncs: bool,
    ) -> Result<(Self, Threads), VillageError> {
        let hub = hub(&config.data_dir)?;
        let (start, at) = (config.clone(), surroundings.clone());
        let (writer, bulletin, writer_thread) = blocking(move || Writer::start(&start, &at)).await??;
        let (books, books_thread) = Books::start(bulletin.clone(), config.data_dir.join(VIEWS))?;
        let office = Self {
            config: config.clone(),
            surroundings: surroundings.clone(),
            hub,
            writer,
            bulletin,
            books,
            accounts: AccountsKept::open(&config.data_dir),
            drafts: Drafts::open(&config.data_dir, surroundings),
            syncs,
        };
        let threads = Threads {
            writer: writer_thread,
            books: books_thread,
        };
        Ok((office, threads))
    }

    /// Has the log closed, and waits for that.
    pub(crate) async fn close(self, threads: Threads) -> Result<(), VillageError> {
        self.writer.stop().await;
        drop(self);
        let joined = blocking(move || threads.writer.join().and_then(|()| threads.books.join())).await?;
        joined.map_err(|_| VillageError::Thread("it panicked; see the program's log".to_owned()))
    }

    /// Records one form. It is on the disk when this returns.
    ///
    /// # Errors
    /// `malformed` if it is no record; `disk-full`, `store-unavailable` if nothing can be saved.
    pub async fn record(&self, form: Form<Value>) -> Result<Recorded, Problem> {
        let home = self.bulletin.borrow().unit;
        let draft = form.into_draft(home);
        let draft = draft.map_err(|error| Problem::new(ProblemKind::Malformed, error.to_string()))?;
        let outcome = self.writer.record(vec![Line { draft, key: None }]).await?.pop();
        match outcome {
            Some(Outcome::Recorded(recorded) | Outcome::Known(recorded)) => Ok(recorded),
            Some(Outcome::Refused(error)) => Err(Problem::new(ProblemKind::Malformed, error.to_string())),
            None => Err(Problem::new(ProblemKind::Internal, "the writer gave no answer")),
        }
    }

    /// Records drafts, in order and durable together; each has its own outcome.
    ///
    /// # Errors
    /// `disk-full`, `store-unavailable`: none of them counts as saved.
    pub async fn record_drafts(&self, drafts: Vec<Draft>) -> Result<Vec<Result<Recorded, DraftError>>, Problem> {
        let lines = drafts.into_iter().map(|draft| Line { draft, key: None });
        let outcomes = self.writer.record(lines.collect()).await?;
        let outcomes = outcomes.into_iter().map(|outcome| match outcome {
            Outcome::Recorded(recorded) | Outcome::Known(recorded) => Ok(recorded),
            Outcome::Refused(error) => Err(error),
        });
        Ok(outcomes.collect())
    }

    /// Syncs now, as far as the link allows.
    ///
    /// # Errors
    /// `busy` if this process does not sync.
    pub async fn sync(&self) -> Result<(), Problem> {
        self.wake().await.map(drop)
    }

    /// Syncs now and waits until everything that is recorded here is receipted, and everything that the hub
    /// has for this node is in its ledgers. Without a link that takes as long as it takes.
    ///
    /// # Errors
    /// `busy` if this process does not sync, or the node is closing.
    pub async fn synced(&self) -> Result<(), Problem> {
        let round = self.wake().await?;
        let mut bulletin = self.bulletin.clone();
        let there = bulletin.wait_for(|bulletin| bulletin.rounds >= round && bulletin.pending == 0);
        let edition = there.await.map_err(|_| closing())?.edition;
        self.books.all_of(edition).await
    }

    async fn wake(&self) -> Result<u64, Problem> {
        if self.syncs {
            self.writer.wake().await.ok_or_else(closing)
        } else {
            let words = "this process does not sync; what was recorded is sent when `minqing village run` is started";
            Err(Problem::new(ProblemKind::Busy, words))
        }
    }

    /// How the node is doing: what `GET /status` shows.
    #[must_use]
    pub fn status(&self) -> Value {
        crate::status::status(self)
    }

    /// Today, by the time that this node trusts.
    pub(crate) fn today(&self) -> Day {
        let ms = self.bulletin.borrow().trusted_ms(&self.now());
        Day::of_instant(i64::try_from(ms).unwrap_or(i64::MAX))
    }

    /// Now, as drafts count their days.
    pub(crate) fn now_for_drafts(&self) -> Now {
        let bulletin = self.bulletin.borrow();
        let (_, quality, _) = bulletin.trusted;
        Now {
            ms: bulletin.trusted_ms(&self.now()),
            is_checked: !matches!(quality, ClockQuality::Floor | ClockQuality::Unknown),
        }
    }

    pub(crate) fn now(&self) -> ClockReading {
        self.surroundings.now()
    }

    /// Now, for accounts: the time that the node trusts, in milliseconds.
    pub(crate) fn trusted_ms(&self) -> u64 {
        self.bulletin.borrow().trusted_ms(&self.now())
    }

    pub(crate) async fn code(&self, question: CodeQuestion) -> Result<String, Problem> {
        self.accounts
            .code(question, &self.surroundings, self.trusted_ms())
            .await
    }

    /// The code of the first start: made where nobody has an account and no code is outstanding. It is said once and
    /// kept as a hash.
    ///
    /// # Errors
    /// `store-unavailable` if the accounts file is damaged.
    pub async fn first_code(&self) -> Result<Option<String>, Problem> {
        self.accounts.first_code(&self.surroundings, self.trusted_ms()).await
    }

    /// Does something that may block, on a thread for that.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let office = self.clone();
        let done = blocking(move || work(&office)).await;
        done.unwrap_or_else(|error| Err(Problem::new(ProblemKind::Internal, error.to_string())))
    }

    /// How the log is doing.
    pub(crate) fn health(&self) -> Health {
        let log = self.bulletin.borrow().log.clone();
        log.health()
    }
}

fn closing() -> Problem {
    Problem::new(ProblemKind::Busy, "the node is closing")
}

/// The word for a state of the log in JSON.
pub(crate) const fn state_word(state: &State) -> &'static str {
    match state {
        State::Ready => "ok",
        State::Verifying => "verifying",
        State::Full { .. } => "disk-full",
        State::Damaged => "damaged",
        State::Poisoned => "store-unavailable",
    }
}

pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, VillageError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| VillageError::Thread(error.to_string()))
}
