//! The township's ledgers: a thread of their own follows the journal, behind sync and never before it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, TryLockError};
use std::thread::JoinHandle;
use std::time::Duration;

use event::{Day, Position, UnitCode};
use follower::{Follower, Scribe, ShelfState, Track};
use ledger::{
    CoverageRow, Cut, DiaryRow, Exception, HouseholdRow, Ledger, Period, Query, RequestFigures, RequestRow,
    SyncHealthRow, View,
};
use link::{Problem, ProblemKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sync::record::{Audience, Role};
use tokio::sync::watch;

use crate::seal::Sealing;
use crate::writer::Desks;
use crate::{Desk, HubError, Registry};

/// Pause after a failure of the store below.
const RETRY: Duration = Duration::from_secs(2);
/// Longest wait for an asked cut.
const WAIT_MAX: Duration = Duration::from_secs(15);

/// The ledgers, shared between the thread that follows and everybody who reads.
#[derive(Clone)]
pub(crate) struct Views {
    follower: Arc<RwLock<Follower>>,
    reached: watch::Receiver<Reached>,
    shelf: watch::Receiver<ShelfState>,
}

/// How far the ledgers have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reached {
    /// Last position folded in, counted over all journals.
    pub(crate) position: Option<Position>,
    /// Whether that was everything there was.
    pub(crate) at_end: bool,
}

/// Whose figures somebody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Everybody's: the township and auditors.
    All,
    /// One village's.
    Unit(UnitCode),
}

impl Sight {
    pub(crate) const fn of(role: Role, unit: UnitCode) -> Self {
        match role {
            Role::Auditor => Self::All,
            Role::Village => Self::Unit(unit),
        }
    }
}

/// What is asked of a view, as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Question {
    unit: Option<UnitCode>,
    as_of: Option<Day>,
    known_at: Option<u64>,
    occurred_until: Option<Day>,
    from: Option<Day>,
    to: Option<Day>,
    at_least: Option<u64>,
    roots: bool,
}

/// An answer. It is written as text at once: as a tree of values it would take ten times the room.
#[derive(Serialize)]
pub(crate) struct Shown {
    view: String,
    cut: Cut,
    as_of: Option<Day>,
    units: Vec<UnitShown>,
}

#[derive(Serialize)]
struct UnitShown {
    unit: UnitCode,
    #[serde(flatten)]
    rows: Rows,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Rows {
    Requests {
        rows: Vec<RequestRow>,
        figures: Option<RequestFigures>,
    },
    Households {
        rows: Vec<HouseholdRow>,
    },
    Diary {
        rows: Vec<DiaryRow>,
    },
    Coverage {
        row: CoverageRow,
    },
    Sync {
        rows: Vec<SyncHealthRow>,
        exceptions: Vec<Exception>,
    },
}

/// A unit's figures of a period.
#[derive(Serialize, PartialEq, Eq)]
pub(crate) struct Figures {
    requests: RequestFigures,
    coverage: CoverageRow,
}

/// A unit's figures as they were sealed and as they are now.
#[derive(Serialize)]
pub(crate) struct Beside {
    unit: UnitCode,
    changed: bool,
    sealed: Figures,
    now: Figures,
}

impl Views {
    /// Starts to follow; the snapshot lies in `dir`. The thread ends when the other end of `bell` is dropped.
    ///
    /// # Errors
    /// [`HubError::Thread`] if the system gives no thread.
    pub(crate) fn start(
        desks: Desks,
        bell: mpsc::Receiver<()>,
        dir: PathBuf,
    ) -> Result<(Self, JoinHandle<()>), HubError> {
        let (tell, reached) = watch::channel(Reached::default());
        let (tell_shelf, shelf) = watch::channel(ShelfState::default());
        let follower = Arc::new(RwLock::new(Follower::new()));
        let views = Self {
            follower: Arc::clone(&follower),
            reached,
            shelf,
        };
        let scribe = Scribe::new(follower, dir);
        let thread = std::thread::Builder::new().name("hub-views".to_owned());
        let thread = thread.spawn(move || follow(scribe, &desks, &bell, (&tell, &tell_shelf)));
        Ok((views, thread.map_err(|error| HubError::Thread(error.to_string()))?))
    }

    fn follower(&self) -> RwLockReadGuard<'_, Follower> {
        self.follower.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the ledgers say, for whoever needs more than one answer of the same moment.
    pub(crate) fn with_ledger<T>(&self, ask: impl FnOnce(&Ledger) -> T) -> T {
        ask(self.follower().ledger())
    }

    /// The same without waiting: `None` while the ledgers are written to. For whoever holds up others.
    pub(crate) fn glance<T>(&self, ask: impl FnOnce(&Ledger) -> T) -> Option<T> {
        match self.follower.try_read() {
            Ok(follower) => Some(ask(follower.ledger())),
            Err(TryLockError::Poisoned(follower)) => Some(ask(follower.into_inner().ledger())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Waits until the ledgers have come to a position, counted over all journals, and no longer than `patience`. Returns
    /// whether they have.
    pub(crate) async fn until(&self, position: Position, patience: Duration) -> bool {
        let mut reached = self.reached.clone();
        let there = reached.wait_for(|reached| reached.position >= Some(position));
        matches!(tokio::time::timeout(patience, there).await, Ok(Ok(_)))
    }

    /// The same, and whether the ledgers had come to the journal's end.
    pub(crate) fn with_ledger_at<T>(&self, ask: impl FnOnce(&Ledger, bool) -> T) -> T {
        let follower = self.follower();
        ask(follower.ledger(), self.reached().at_end)
    }

    /// What a seal would state now.
    ///
    /// # Errors
    /// `busy` while the ledgers have not come to the journal's end: a seal is not to miss what was received.
    pub(crate) fn sealing(&self) -> Result<Sealing, Problem> {
        let follower = self.follower();
        let ledger = follower.ledger();
        if !self.reached().at_end || !ledger.is_settled() {
            return Err(Problem::new(ProblemKind::Busy, "the ledgers are still reading the journal").after_s(5));
        }
        Ok(Sealing {
            cut: ledger.cut(),
            root: ledger.seal_root(),
        })
    }

    /// The figures of a period with what was known at a time, and beside them what is known now.
    pub(crate) fn beside(&self, period: Period, known_at_ms: u64) -> Vec<Beside> {
        let follower = self.follower();
        let ledger = follower.ledger();
        let now = Query::as_of(period.to);
        let then = Query {
            known_at_ms: Some(known_at_ms),
            ..now
        };
        let figures = |unit, query| Figures {
            requests: ledger.request_figures(unit, period, query),
            coverage: ledger.coverage(unit, period, query),
        };
        let units = ledger.units().map(|unit| {
            let (sealed, now) = (figures(unit, then), figures(unit, now));
            let changed = sealed != now;
            Beside {
                unit,
                changed,
                sealed,
                now,
            }
        });
        units.collect()
    }

    /// How far the ledgers have come.
    pub(crate) fn reached(&self) -> Reached {
        *self.reached.borrow()
    }

    /// How the ledgers began, and how their snapshot is doing.
    pub(crate) fn shelf(&self) -> ShelfState {
        self.shelf.borrow().clone()
    }

    /// Waits until the ledgers have come as far as the question asks.
    ///
    /// # Errors
    /// `busy` if that takes too long; the ledgers go on meanwhile.
    pub(crate) async fn wait_for(&self, question: &Question) -> Result<(), Problem> {
        let Some(at_least) = question.at_least.map(Position) else {
            return Ok(());
        };
        let mut reached = self.reached.clone();
        let there = reached.wait_for(|reached| reached.position >= Some(at_least));
        match tokio::time::timeout(WAIT_MAX, there).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(Problem::new(ProblemKind::Busy, "the hub is closing")),
            Err(_) => {
                let words = format!("the ledgers have not reached position {at_least} yet");
                Err(Problem::new(ProblemKind::Busy, words).after_s(5))
            }
        }
    }

    /// Waits until the ledgers have read the journals to their end as it is now.
    ///
    /// # Errors
    /// `busy` if that takes too long.
    pub(crate) async fn all_of(&self, desk: &Desk) -> Result<(), Problem> {
        let records = {
            let registry = desk.registry();
            let frozen: u64 = registry.frozen.iter().map(|frozen| frozen.size.0).sum();
            frozen + desk.log.head(registry.journal.into()).size
        };
        let last = records.checked_sub(1).map(Position);
        let mut reached = self.reached.clone();
        let there = reached.wait_for(|reached| reached.at_end && reached.position >= last);
        match tokio::time::timeout(WAIT_MAX, there).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Problem::new(ProblemKind::Busy, "the ledgers are still reading the journal").after_s(5)),
        }
    }

    /// The answer to a question, with its cut.
    ///
    /// # Errors
    /// `forbidden` for another village's figures, `malformed` if the view needs a date that was not given.
    pub(crate) fn answer(&self, view: &str, question: &Question, sight: Sight) -> Result<Shown, Problem> {
        let follower = self.follower();
        let ledger = follower.ledger();
        let units = units(ledger, question, sight)?;
        let cut = ledger.cut();
        let period = question.period()?;
        let mut shown = Vec::with_capacity(units.len());
        for unit in units {
            let rows = match view {
                "requests" => {
                    let query = question.query()?;
                    Rows::Requests {
                        rows: ledger.requests(unit, query),
                        figures: period.map(|period| ledger.request_figures(unit, period, query)),
                    }
                }
                "households" => Rows::Households {
                    rows: ledger.households(unit, question.query()?),
                },
                "diary" => Rows::Diary {
                    rows: ledger.diary(unit, question.query()?),
                },
                "coverage" => {
                    let period = period.ok_or_else(|| missing("from` and `to"))?;
                    Rows::Coverage {
                        row: ledger.coverage(unit, period, question.query()?),
                    }
                }
                "sync" => Rows::Sync {
                    rows: ledger.sync_health(unit),
                    exceptions: ledger.exceptions(unit),
                },
                _ => {
                    let words = "the views are requests, coverage, households, diary and sync";
                    return Err(Problem::new(ProblemKind::NotFound, words));
                }
            };
            shown.push(UnitShown { unit, rows });
        }
        Ok(Shown {
            view: view.to_owned(),
            cut,
            as_of: question.as_of,
            units: shown,
        })
    }

    /// The digests of every view and unit, each unit with the position of the last receipt in its scope:
    /// two parties compare where these are equal.
    ///
    /// # Errors
    /// `forbidden` for another village's digests.
    pub(crate) fn digests(&self, question: &Question, sight: Sight, registry: &Registry) -> Result<Value, Problem> {
        let follower = self.follower();
        let ledger = follower.ledger();
        let cut = ledger.cut();
        let digest = |view, unit| {
            let live = ledger.live_digest(view, unit).to_string();
            let root = question.roots.then(|| ledger.root(view, unit));
            json!({ "live": live, "root": root })
        };
        let units = units(ledger, question, sight)?.into_iter().map(|unit| {
            let views = View::ALL.into_iter().map(|view| (view.key(), digest(view, unit)));
            let views: BTreeMap<_, _> = views.collect();
            json!({ "unit": unit, "scope_position": scope_position(registry, unit, cut), "views": views })
        });
        Ok(json!({ "cut": cut, "units": units.collect::<Vec<_>>() }))
    }
}

impl Question {
    fn query(&self) -> Result<Query, Problem> {
        Ok(Query {
            as_of: self.as_of.ok_or_else(|| missing("as_of"))?,
            known_at_ms: self.known_at,
            occurred_until: self.occurred_until,
        })
    }

    fn period(&self) -> Result<Option<Period>, Problem> {
        match (self.from, self.to) {
            (None, None) => Ok(None),
            (Some(from), Some(to)) if from <= to => Ok(Some(Period { from, to })),
            _ => Err(missing("from` and `to")),
        }
    }
}

fn missing(what: &str) -> Problem {
    let words = format!("this view needs `{what}` as dates, such as 2026-08-31: no figure depends on an unsaid today");
    Problem::new(ProblemKind::Malformed, words)
}

/// The units asked for that may be seen.
fn units(ledger: &Ledger, question: &Question, sight: Sight) -> Result<Vec<UnitCode>, Problem> {
    match (sight, question.unit) {
        (Sight::Unit(own), Some(asked)) if own != asked => {
            Err(Problem::new(ProblemKind::Forbidden, "another village's figures"))
        }
        (Sight::Unit(own), _) => Ok(vec![own]),
        (Sight::All, Some(asked)) => Ok(vec![asked]),
        (Sight::All, None) => Ok(ledger.units().collect()),
    }
}

/// Position, counted over all journals, of the last receipt up to the cut that a unit's villages see.
fn scope_position(registry: &Registry, unit: UnitCode, cut: Cut) -> Option<Position> {
    let cut = cut.position?;
    let mut bases = BTreeMap::new();
    let mut base = 0;
    for frozen in &registry.frozen {
        bases.insert(frozen.journal, base);
        base += frozen.size.0;
    }
    bases.insert(registry.journal, base);
    let parties = registry.parties().map(|(_, party)| party);
    let seen = parties.filter(|party| party.unit == Some(unit) || party.audience == Some(Audience::All));
    let positions = seen.flat_map(|party| &party.receipts);
    let positions = positions.filter_map(|(_, journal, position)| Some(Position(bases.get(journal)? + position.0)));
    positions.filter(|position| *position <= cut).max()
}

fn follow(
    mut scribe: Scribe,
    desks: &Desks,
    bell: &mpsc::Receiver<()>,
    (tell, tell_shelf): (&watch::Sender<Reached>, &watch::Sender<ShelfState>),
) {
    // Whether the hub is closing is asked between two pieces of work, without waiting for the bell. A ring that is
    // heard so is not lost: more work follows.
    let is_open = || bell.try_recv() != Err(mpsc::TryRecvError::Disconnected);
    loop {
        let desk = desks.get();
        let track = {
            let registry = desk.registry();
            let frozen = registry.frozen.iter().map(|frozen| (frozen.journal, Some(frozen.size)));
            Track::of_hub(&frozen.chain([(registry.journal, None)]).collect::<Vec<_>>())
        };
        let outcome = scribe.step(&*desk.log, &track, &mut || is_open());
        tell_shelf.send_if_modified(|known| {
            let is_new = known != scribe.state();
            if is_new {
                known.clone_from(scribe.state());
            }
            is_new
        });
        let rested = match outcome {
            Ok(progress) => {
                let position = scribe.position();
                let at_end = progress.at_end;
                tell.send_replace(Reached { position, at_end });
                if at_end {
                    bell.recv().map_err(|_| RecvTimeoutError::Disconnected)
                } else if is_open() {
                    continue;
                } else {
                    Err(RecvTimeoutError::Disconnected)
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the ledgers cannot follow the journal");
                bell.recv_timeout(RETRY)
            }
        };
        if rested == Err(RecvTimeoutError::Disconnected) {
            scribe.end(&*desk.log, &track);
            return;
        }
    }
}
