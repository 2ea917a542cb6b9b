//! Sealed periods, against the ledgers as they follow from the receipts up to each seal's own cut.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use event::{EventId, Facts, Hash256, Kind, LedgerSealed, Position, UnitCode};
use event_log::LogRead as _;
use leads::Journals;
use ledger::{Author, Ledger, Query, RULE_VERSION, Receipt, SealRoot, View, ViewRoot};
use serde::Serialize;

use crate::book::Covering;
use crate::published::published;
use crate::{AuditError, Log, Replay, RowDifference, Served, rows_of};

/// What a seal comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum SealVerdict {
    /// The receipts up to its cut give the sealed root.
    Equal,
    /// They give another one.
    Differs {
        /// The root that follows.
        ours: Hash256,
        /// How many (unit, view) roots stand under it.
        ours_count: u32,
        /// Where, if somebody kept what was served at that cut: the event holds one root over all units and views, and
        /// from it nobody can tell which of them differs.
        at: Option<SealDifference>,
    },
    /// It was sealed by rules of another version than these.
    OtherRules {
        /// The version of this program.
        ours: u16,
    },
    /// A seal is over every village, and this mirror holds some alone.
    Partial,
    /// Its cut is not here, or lies behind the seal itself.
    NoSuchCut,
}

/// Where a replay departs from what was served at the cut, whose roots give the sealed one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SealDifference {
    /// The first unit.
    pub unit: UnitCode,
    /// Its first view.
    pub view: String,
    /// Its first row, where rows were kept.
    pub row: Option<RowDifference>,
}

/// One seal in effect. One that was sealed anew stays in effect beside the newer one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SealCheck {
    /// The event.
    pub event: EventId,
    /// Its receipt, counted over all journals.
    pub position: Position,
    /// When that was written, in milliseconds.
    pub received_at_ms: u64,
    /// What it says.
    pub seal: LedgerSealed,
    /// Its cut, counted over all journals; absent where it is not here.
    pub cut: Option<Position>,
    /// What it comes to.
    #[serde(flatten)]
    pub verdict: SealVerdict,
}

impl Replay {
    /// Checks every seal in effect, in one further pass over the entries: the ledgers are folded up to one cut after the
    /// other. `kept` may hold what was served at the cut of one of them. `progress` hears receipts done and in all.
    ///
    /// # Errors
    /// [`AuditError::Store`].
    pub fn check_seals(
        &self,
        kept: Option<&Served>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Vec<SealCheck>, AuditError> {
        let journals = self.mirror().journals();
        let journals = Journals::new(journals.map(|(journal, _, frozen)| (journal, frozen)));
        let mut checks: Vec<SealCheck> = Vec::new();
        for (step, facts) in published(self.ledger(), &journals, Kind::LEDGER_SEALED, self)? {
            let Facts::LedgerSealed(seal) = facts else { continue };
            // The record at the cut counts, so the size is one more.
            let size = Position(seal.position.0.saturating_add(1));
            let cut = journals.size_over_all(seal.journal, size);
            let cut = cut.map(|size| Position(size.0 - 1));
            let cut = cut.filter(|cut| *cut < step.position && Some(*cut) <= self.book().cut);
            let verdict = match cut {
                None => SealVerdict::NoSuchCut,
                Some(_) if self.book().whole().is_err() => SealVerdict::Partial,
                Some(_) if seal.rule != RULE_VERSION => SealVerdict::OtherRules { ours: RULE_VERSION },
                Some(_) => SealVerdict::Equal,
            };
            checks.push(SealCheck {
                event: step.event,
                position: step.position,
                received_at_ms: step.received_at_ms,
                seal,
                cut,
                verdict,
            });
        }
        self.compare_seals(&mut checks, kept, progress)?;
        Ok(checks)
    }

    fn compare_seals(
        &self,
        checks: &mut [SealCheck],
        kept: Option<&Served>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), AuditError> {
        let mut by_cut: BTreeMap<Position, Vec<&mut SealCheck>> = BTreeMap::new();
        for check in checks {
            if let (Some(cut), SealVerdict::Equal) = (check.cut, &check.verdict) {
                by_cut.entry(cut).or_default().push(check);
            }
        }
        let mut receipts: Vec<(&Log, &Covering)> = self
            .book()
            .logs
            .values()
            .flat_map(|log| log.receipts.iter().map(move |receipt| (log, receipt)))
            .collect();
        receipts.sort_by_key(|(_, receipt)| receipt.global);
        let all = receipts.len() as u64;
        let (mut ledger, mut receipts) = (Ledger::new(), receipts.into_iter().zip(1_u64..).peekable());
        for (cut, checks) in by_cut {
            while let Some(((log, receipt), done)) = receipts.next_if(|((_, receipt), _)| receipt.global <= cut) {
                self.take(&mut ledger, log, receipt)?;
                progress(done, all);
            }
            ledger.settle();
            ledger.advance(cut);
            let ours = ledger.seal_root();
            for check in checks {
                if (ours.root, ours.count) != (check.seal.root, check.seal.count) {
                    let at = kept.and_then(|kept| located(&ledger, cut, &check.seal, kept));
                    check.verdict = SealVerdict::Differs {
                        ours: ours.root,
                        ours_count: ours.count,
                        at,
                    };
                }
            }
        }
        Ok(())
    }

    /// Folds in the entries of one receipt.
    fn take(&self, ledger: &mut Ledger, log: &Log, receipt: &Covering) -> Result<(), AuditError> {
        let author = if log.audience.is_some() {
            Author::Hub
        } else {
            Author::Village
        };
        let told = Receipt {
            position: receipt.global,
            received_at_ms: receipt.received_at_ms,
        };
        let origin = log.key.origin();
        self.store().scan(log.id, receipt.first, &mut |sequence, bytes, _| {
            if sequence.get() > receipt.size {
                return ControlFlow::Break(());
            }
            ledger.apply(bytes, origin, sequence, author, told);
            ControlFlow::Continue(())
        })?;
        Ok(())
    }
}

/// Where the ledgers differ from what was served at the same cut; `None` where that is not what was sealed either.
fn located(ledger: &Ledger, cut: Position, seal: &LedgerSealed, kept: &Served) -> Option<SealDifference> {
    let at = kept.digests.cut;
    if at.position != Some(cut) || at.rule_version != seal.rule {
        return None;
    }
    let mut theirs: BTreeMap<(UnitCode, &str), (View, ViewRoot)> = BTreeMap::new();
    for unit in &kept.digests.units {
        for (view, digest) in &unit.views {
            let root: Hash256 = digest.root.as_ref()?.parse().ok()?;
            let (view, root) = (View::from_key(view)?, ViewRoot(root.0));
            // Views without rows have no leaf.
            if root != ViewRoot::of_rows(view, unit.unit, &[]) {
                theirs.insert((unit.unit, view.key()), (view, root));
            }
        }
    }
    let roots = theirs.iter().map(|((unit, _), (view, root))| (*unit, *view, *root));
    if SealRoot::of_roots(roots).root != seal.root {
        return None;
    }
    let empty = |view, unit| ViewRoot::of_rows(view, unit, &[]);
    let units = ledger.units().chain(theirs.keys().map(|(unit, _)| *unit));
    let units: std::collections::BTreeSet<UnitCode> = units.collect();
    for unit in units {
        for view in View::ALL {
            let served = theirs.get(&(unit, view.key())).map(|(_, root)| *root);
            if ledger.root(view, unit) != served.unwrap_or_else(|| empty(view, unit)) {
                let rows = kept.as_of.map(|day| rows_of(ledger, view, unit, Query::as_of(day)));
                return Some(SealDifference {
                    unit,
                    view: view.key().to_owned(),
                    row: rows.and_then(|ours| kept.row_difference(unit, view, &ours)),
                });
            }
        }
    }
    None
}
