//! One root over all views: what a seal says of the ledgers at a cut.

use event::{Hash256, UnitCode};
use proof::{Frontier, leaf_hash};

use crate::{Ledger, RULE_VERSION, View, ViewRoot};

/// The roots of every (unit, view) that has rows, condensed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealRoot {
    /// Root of the RFC 6962 tree over the leaves.
    pub root: Hash256,
    /// How many leaves there are, at most 2^32 − 1.
    pub count: u32,
}

impl SealRoot {
    /// Condenses the roots of views, in whatever order they are given. `protocol/views.md` §8 has the leaves.
    #[must_use]
    pub fn of_roots(roots: impl IntoIterator<Item = (UnitCode, View, ViewRoot)>) -> Self {
        let leaf = |(unit, view, root)| Self::leaf(unit, view, root);
        let mut leaves: Vec<Vec<u8>> = roots.into_iter().map(leaf).collect();
        leaves.sort_unstable();
        let mut tree = Frontier::new();
        leaves.iter().for_each(|leaf| tree.push(leaf_hash(leaf)));
        Self {
            root: Hash256(tree.root()),
            count: u32::try_from(leaves.len()).unwrap_or(u32::MAX),
        }
    }

    /// The leaf of one unit and view.
    #[must_use]
    pub fn leaf(unit: UnitCode, view: View, root: ViewRoot) -> Vec<u8> {
        let head = format!("minqing/seal/{unit}/{}/{RULE_VERSION}\n", view.key());
        [head.as_bytes(), &root.0].concat()
    }
}

impl Ledger {
    /// The root that a seal at this ledger's cut states, as of the last settling.
    #[must_use]
    pub fn seal_root(&self) -> SealRoot {
        let mut roots = Vec::new();
        for unit in self.units() {
            for view in View::ALL {
                let rows = self.rows(view, unit);
                if !rows.is_empty() {
                    roots.push((unit, view, ViewRoot::of_rows(view, unit, &rows)));
                }
            }
        }
        SealRoot::of_roots(roots)
    }
}
