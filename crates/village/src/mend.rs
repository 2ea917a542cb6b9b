//! When the log fails: it is closed, opened and checked again, and repaired where it is damaged.

use event_log::{Damage, Level, Report, SledStore, Store as _, StoreError};
use link::{Problem, ProblemKind};

use crate::folder::open_store;
use crate::post::{Post, RETRY_MS, problem_of};
use crate::writer::Order;
use crate::{Node, NodeError, VillageConfig, VillageError, repair};

/// Shortest pause between two repairs, in milliseconds.
const REPAIR_MS: u64 = 600_000;

/// Opens the node in its folder; a damaged log is repaired first.
pub(crate) fn open_node(config: &VillageConfig) -> Result<Node<SledStore>, VillageError> {
    match try_open(config) {
        Err(error) if is_damage(&error) => {
            tracing::error!(%error, "the log is damaged and is being repaired");
            repair(config)?;
            try_open(config)
        }
        opened => opened,
    }
}

fn try_open(config: &VillageConfig) -> Result<Node<SledStore>, VillageError> {
    Ok(Node::open(open_store(config)?)?)
}

/// Whether the log cannot be read as it is: what was written is missing or changed, or reading what was just
/// opened and checked fails.
const fn is_damage(error: &VillageError) -> bool {
    matches!(
        error,
        VillageError::Store(StoreError::Damaged(_) | StoreError::Unknown { .. } | StoreError::Poisoned { .. })
    )
}

impl Post {
    /// The outcome of the full check behind.
    pub(crate) fn checked(&mut self, outcome: Result<Report, StoreError>) {
        match outcome {
            Ok(report) if report.is_sound() => {
                self.failed_checks = 0;
                tracing::info!(entries = report.entries, "the whole log was checked");
            }
            Ok(report) => {
                for problem in &report.problems {
                    tracing::error!(%problem, "the log is damaged");
                }
                let problems = report.problems;
                self.close(&StoreError::Damaged(Damage { problems }).into());
                self.repair();
            }
            Err(error) => {
                // The engine cannot read what it opened. Once may be the disk's bad moment; twice is damage.
                tracing::error!(%error, "the log could not be checked");
                self.failed_checks += 1;
                self.close(&error.into());
                if self.failed_checks > 1 {
                    self.repair();
                } else {
                    self.reopen();
                }
            }
        }
        self.tell(false);
        self.bells.at_once.notify_one();
    }

    /// The log is not to be used as it is.
    pub(crate) fn close(&mut self, error: &NodeError) {
        self.node = None;
        let problem = problem_of(error);
        self.bulletin.send_modify(|bulletin| bulletin.closed = Some(problem));
    }

    /// Repairs the log, unless that was tried just now, and opens it.
    pub(crate) fn repair(&mut self) {
        let now = self.surroundings.now();
        if now.mono_ms < self.repair_at_ms {
            return;
        }
        self.repair_at_ms = now.mono_ms.saturating_add(REPAIR_MS);
        if let Err(error) = repair(&self.config) {
            tracing::error!(%error, "the log could not be repaired");
            return;
        }
        self.failed_checks = 0;
        self.retry_at_ms = 0;
        self.reopen();
    }

    /// One try to open the log again, unless the last one was just now.
    pub(crate) fn reopen(&mut self) {
        let now = self.surroundings.now();
        if now.mono_ms < self.retry_at_ms {
            return;
        }
        self.retry_at_ms = now.mono_ms.saturating_add(RETRY_MS);
        match try_open(&self.config) {
            Ok(node) => {
                tracing::info!("the log is open again and was checked");
                self.node = Some(node);
                self.opened += 1;
                self.check_behind();
                self.tell(true);
            }
            Err(error) => {
                tracing::error!(%error, "the log cannot be opened");
                let problem = Problem::new(ProblemKind::StoreUnavailable, error.to_string()).after_s(15);
                self.bulletin.send_modify(|bulletin| bulletin.closed = Some(problem));
                if matches!(error, VillageError::Store(StoreError::Damaged(_))) {
                    self.repair();
                }
            }
        }
    }

    /// Checks the whole log on a thread of its own.
    pub(crate) fn check_behind(&self) {
        let Some(node) = &self.node else { return };
        let (log, opened, to_self) = (node.store().reader(), self.opened, self.to_self.clone());
        let thread = std::thread::Builder::new().name("village-check".to_owned());
        let thread = thread.spawn(move || {
            let outcome = log.verify(Level::Full, &mut |_, _| ());
            if let Some(orders) = to_self.upgrade() {
                // Fails only when the node is closing.
                let _ = orders.blocking_send(Order::Checked(opened, outcome));
            }
        });
        if let Err(error) = thread {
            tracing::error!(%error, "the log cannot be checked: the system gives no thread");
        }
    }
}
